/* Commands about everything that is not one connection's stream: refusals, the list of markets, the
 * program itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

static bool deny(struct mock_args *a, struct mock_denial *d, size_t first)
{
    char *body = NULL;
    if (a->body_len > 0) {
        body = strndup(a->body, a->body_len);
        if (body == NULL) {
            return mock_args_wrong(a, "out of memory");
        }
    }
    free(d->body);
    *d = (struct mock_denial){(uint64_t)a->at[first].number, (int)a->at[first + 1].number,
                              a->at[first + 2].given ? a->at[first + 2].number : -1, body};
    return true;
}

static bool refuse(struct mock_server *s, struct mock_args *a)
{
    return deny(a, &s->faults.deny[MOCK_DENY_UPGRADE + a->at[3].number], 0);
}

static bool limit(struct mock_server *s, struct mock_args *a)
{
    int64_t group = a->at[0].number;
    bool good = true;
    for (int i = MOCK_DENY_REST; i < MOCK_DENIALS && good; i++) {
        if (group == 0 || group == i - MOCK_DENY_REST + 1) {
            good = deny(a, &s->faults.deny[i], 1);
        }
    }
    return good;
}

/* Calls `each` for every code of a list with commas; false when one is none. */
static bool each_code(struct mock_args *a, size_t at,
                      bool (*each)(struct mock_server *s, const char *code), struct mock_server *s)
{
    for (const char *p = a->at[at].text; *p != '\0';) {
        char code[24];
        size_t len = strcspn(p, ",");
        snprintf(code, sizeof code, "%.*s", (int)(len < sizeof code ? len : sizeof code), p);
        if (len >= sizeof code || !mock_code_spelt(code)) {
            return mock_args_wrong(a,
                                   "list: %s must be codes like KRW-NEW (KRW, BTC, USDT, SGD, IDR "
                                   "or THB, and 1 to 12 of A-Z 0-9) with commas between",
                                   at == 0 ? "add" : "remove");
        }
        if (each != NULL && !each(s, code)) {
            return mock_args_wrong(
                a, at == 0 ? "list: no room for %s: 256 can be added" : "list: %s is not listed",
                code);
        }
        p += len + (p[len] == ',' ? 1 : 0);
    }
    return true;
}

static bool list_check(struct mock_args *a)
{
    if (!a->at[0].given && !a->at[1].given) {
        return mock_args_wrong(a, "list needs add, remove or both");
    }
    return each_code(a, 0, NULL, NULL) && each_code(a, 1, NULL, NULL);
}

static bool add(struct mock_server *s, const char *code)
{
    return mock_exchange_list(&s->exchange, code, s->now_ms);
}

static bool take_off(struct mock_server *s, const char *code)
{
    struct mock_market *m = mock_exchange_find(&s->exchange, code, strlen(code));
    if (m != NULL) {
        m->delisted = true;
        mock_subs_drop(s, m);
    }
    return m != NULL;
}

static bool list(struct mock_server *s, struct mock_args *a)
{
    if (s->replay != NULL) {
        return mock_args_wrong(a, "list: a recording has no market");
    }
    return each_code(a, 0, add, s) && each_code(a, 1, take_off, s);
}

static bool reset(struct mock_server *s, struct mock_args *a)
{
    (void)a;
    mock_faults_reset(s);
    return true;
}

static bool stop(struct mock_server *s, struct mock_args *a)
{
    (void)a;
    s->stop = true;
    return true;
}

const struct mock_command mock_service_commands[] = {
    {"refuse",
     NULL,
     refuse,
     {MOCK_NUMBER("count", 1, 0, 1000000), MOCK_NUMBER("status", 503, 400, 599),
      MOCK_NUMBER("retry_after", 0, 0, 1000000), MOCK_STREAM}},
    {"limit",
     NULL,
     limit,
     {MOCK_WORD(
          "group",
          "all market ticker orderbook trades candles default order order-test order-cancel-all"),
      MOCK_NUMBER("count", 1, 0, 1000000), MOCK_NUMBER("status", 429, 400, 599),
      MOCK_NUMBER("retry_after", 0, 0, 1000000)}},
    {"list", list_check, list, {MOCK_TEXT("add", 4000), MOCK_TEXT("remove", 4000)}},
    {"reset", NULL, reset, {{0}}},
    {"shutdown", NULL, stop, {{0}}},
    {0},
};
