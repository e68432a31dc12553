/* Commands about the flow of messages: which are missing, doubled, late or in another order, how
 * many there are, and what time they say it is. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "messages.h"

static bool odds_check(struct mock_args *a)
{
    return a->at[0].number == 0 || a->at[1].number == 0 ||
           mock_args_wrong(a, "every or percent, not both");
}

static struct mock_odds odds(const struct mock_args *a)
{
    return (struct mock_odds){a->at[0].number, a->at[1].number, a->at[2].number, 0};
}

static bool reorder(struct mock_server *s, struct mock_args *a)
{
    s->faults.reorder = odds(a);
    return true;
}

static bool repeat(struct mock_server *s, struct mock_args *a)
{
    s->faults.repeat = odds(a);
    return true;
}

static bool late(struct mock_server *s, struct mock_args *a)
{
    s->faults.late_frames = a->at[0].number;
    return true;
}

static bool filter_check(struct mock_args *a)
{
    struct mock_filter f;
    return mock_args_filter(&f, a, 0, 1);
}

/* A standing rule, or its end. */
static bool rule(struct mock_server *s, struct mock_args *a, enum mock_rule_what what, bool on,
                 int64_t every)
{
    struct mock_rule r = {.what = what, .every = every};
    mock_args_filter(&r.filter, a, 0, 1);
    if (!on) {
        mock_rule_clear(s, what, &r.filter);
        return true;
    }
    return mock_rule_set(s, &r) || mock_args_wrong(a, "out of memory");
}

static bool mute(struct mock_server *s, struct mock_args *a)
{
    return rule(s, a, MOCK_RULE_MUTE, a->at[2].number == 1, 1);
}

static bool snapshots(struct mock_server *s, struct mock_args *a)
{
    return rule(s, a, MOCK_RULE_NO_SNAPSHOT, a->at[2].number > 0, a->at[2].number);
}

static bool clock_offset(struct mock_server *s, struct mock_args *a)
{
    (void)s;
    mock_stamp_offset_ms = a->at[0].number;
    mock_clock_update(s);
    return true;
}

static bool burst(struct mock_server *s, struct mock_args *a)
{
    struct mock_faults *f = &s->faults;
    const char *code = a->at[2].text;
    struct mock_market *m = mock_exchange_find(&s->exchange, code, strlen(code));
    if (s->replay != NULL || (a->at[2].given && m == NULL)) {
        return mock_args_wrong(a, s->replay != NULL ? "burst: a recording has no market"
                                                    : "burst: no such market");
    }
    f->burst_market = m;
    f->burst_from_ns = s->now_ns;
    f->burst_for_ns = a->at[1].number * 1000000;
    f->burst_total = (uint64_t)(a->at[0].number * a->at[1].number / 1000);
    f->burst_done = 0;
    return true;
}

static bool error_check(struct mock_args *a)
{
    return mock_args_error_name(a, 0, 1);
}

static void error_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    if (!c->close_sent && c->error_close_ms == 0) {
        mock_session_error(s, c, arg);
    }
}

static bool error(struct mock_server *s, struct mock_args *a)
{
    const char *name = a->at[0].given ? a->at[0].text : "INVALID_PARAM";
    if (a->at[3].number == 0) {
        s->faults.error_count = (uint64_t)a->at[2].number;
        snprintf(s->faults.error_name, sizeof s->faults.error_name, "%s", name);
        snprintf(s->faults.error_message, sizeof s->faults.error_message, "%s", a->at[1].text);
        return true;
    }
    struct mock_buf text = {0};
    mock_fault_error(&text, name, a->at[1].text, "nope");
    bool good = !text.failed;
    if (good && mock_each_websocket(s, a, 4, error_one, &text) == 0 && a->at[4].given) {
        good = mock_args_wrong(a, "no WebSocket has the id %lld; GET /mock/stats lists them",
                               (long long)a->at[4].number);
    }
    mock_buf_finish(&text);
    return good;
}

const struct mock_command mock_traffic_commands[] = {
    {"error",
     error_check,
     error,
     {MOCK_TEXT("name", 31), MOCK_TEXT("message", 199), MOCK_NUMBER("count", 1, 0, 1000000),
      MOCK_WORD("when", "request now"), MOCK_WHO}},
    {"reorder",
     odds_check,
     reorder,
     {MOCK_NUMBER("every", 0, 0, 1000000), MOCK_NUMBER("percent", 0, 0, 100),
      MOCK_NUMBER("distance", 3, 1, 1000)}},
    {"repeat",
     odds_check,
     repeat,
     {MOCK_NUMBER("every", 0, 0, 1000000), MOCK_NUMBER("percent", 0, 0, 100),
      MOCK_NUMBER("distance", 0, 0, 1000)}},
    {"late", NULL, late, {MOCK_NUMBER("frames", 2, 0, 1000)}},
    {"mute", filter_check, mute, {MOCK_TYPE, MOCK_CODE, MOCK_ON}},
    {"snapshots",
     filter_check,
     snapshots,
     {MOCK_TYPE, MOCK_CODE, MOCK_NUMBER("every", 1, 0, 1000000)}},
    {"clock",
     NULL,
     clock_offset,
     {MOCK_NUMBER("offset_ms", 0, -INT64_C(31536000000), INT64_C(31536000000))}},
    {"burst",
     NULL,
     burst,
     {MOCK_NUMBER("rate", 1000, 1, 1000000), MOCK_NUMBER("ms", 1000, 1, 600000), MOCK_CODE}},
    {0},
};
