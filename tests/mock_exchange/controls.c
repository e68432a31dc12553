/* /mock over HTTP: which command is meant, with what, and what is answered. */
#include <stdio.h>
#include <string.h>

#include "private.h"
#include "scenario.h"

static const char json[] = "application/json";

const struct mock_command *mock_command_find(const char *name)
{
    const struct mock_command *const lists[] = {mock_stream_commands,  mock_traffic_commands,
                                                mock_hostile_commands, mock_deflate_commands,
                                                mock_service_commands, mock_private_commands};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct mock_command *c = lists[i]; c->name != NULL; c++) {
            if (strcmp(c->name, name) == 0) {
                return c;
            }
        }
    }
    return NULL;
}

void mock_command_names(char *out, size_t size)
{
    const struct mock_command *const lists[] = {mock_stream_commands,  mock_traffic_commands,
                                                mock_hostile_commands, mock_deflate_commands,
                                                mock_service_commands, mock_private_commands};
    size_t len = 0;
    *out = '\0';
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (const struct mock_command *c = lists[i]; c->name != NULL && len < size; c++) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", c->name);
        }
    }
}

bool mock_args_filter(struct mock_filter *f, struct mock_args *a, size_t type, size_t code)
{
    *f = (struct mock_filter){.kind = -1};
    if (a->at[type].given) {
        f->kind = mock_kind_of(a->at[type].text);
        if (f->kind < 0) {
            return mock_args_wrong(a, "type must be ticker, trade, orderbook, candle.UNIT (1s 1m "
                                      "3m 5m 10m 15m 30m 60m 240m), myOrder, myAsset or "
                                      "announcement");
        }
    }
    snprintf(f->code, sizeof f->code, "%s", a->at[code].text);
    /* Currencies and announcements have names of their own. */
    bool market = f->kind != MOCK_MY_ASSET && f->kind != MOCK_ANNOUNCEMENT;
    if (a->at[code].given && market && strchr(f->code, '-') == NULL) {
        return mock_args_wrong(a, "code must be one like KRW-BTC");
    }
    return true;
}

bool mock_args_error_name(struct mock_args *a, size_t name, size_t message)
{
    return !a->at[name].given || a->at[message].given ||
           mock_error_text(a->at[name].text) != NULL ||
           mock_args_wrong(a, "name must be one of the exchange's (WRONG_FORMAT, NO_TICKET, "
                              "NO_TYPE, NO_CODES, INVALID_PARAM, INVALID_AUTH, TOO_MANY_REQUEST, "
                              "Too Many Requests, I'm a teapot), or come with a message");
}

size_t mock_each_websocket(struct mock_server *s, const struct mock_args *a, size_t who,
                           void (*each)(struct mock_server *s, struct mock_conn *c, void *arg),
                           void *arg)
{
    size_t count = 0;
    uint64_t id = (uint64_t)a->at[who].number;
    int64_t stream = a->at[who + 1].number;
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        bool meant = (id == 0 || c->id == id) &&
                     (stream == 0 || (stream == 1) == (c->stream == MOCK_STREAM_PUBLIC));
        if (c->websocket && !c->dead && meant) {
            each(s, c, arg);
            count++;
        }
    }
    return count;
}

static void reply(struct mock_conn *c, int status, const char *error, bool keep_alive)
{
    struct mock_buf b = {0};
    mock_buf_puts(&b, error == NULL ? "{\"ok\":true}" : "{\"error\":");
    if (error != NULL) {
        mock_buf_json_string(&b, error, strlen(error));
        mock_buf_putc(&b, '}');
    }
    mock_http_reply(&c->out, status, json, "", mock_buf_front(&b), mock_buf_pending(&b),
                    keep_alive);
    mock_buf_finish(&b);
}

static const struct mock_param since_params[] = {
    MOCK_NUMBER("since", 0, 0, INT64_MAX), MOCK_NUMBER("limit", 10000, 1, 1000000), {0}};
static const struct mock_param trade_params[] = {
    MOCK_CODE, MOCK_NUMBER("since", 0, 0, INT64_MAX), MOCK_NUMBER("limit", 1000, 1, 10000), {0}};
static const struct mock_param no_params[] = {{0}};

static void put_stats(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    (void)a;
    mock_stats_put(s, b);
}

static void put_journal(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    mock_journal_put(b, &s->journal, (uint64_t)a->at[0].number, (uint64_t)a->at[1].number);
}

static void put_received(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    mock_received_put(b, &s->received, (uint64_t)a->at[0].number, (uint64_t)a->at[1].number);
}

static void put_events(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    mock_private_put(b, s, (uint64_t)a->at[0].number, (uint64_t)a->at[1].number);
}

static void put_scenario(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    (void)a;
    mock_scenario_put(b, s->scenario);
}

/* What has happened in a market, whether it was sent to anybody or not; oldest first. */
static void put_trades(struct mock_server *s, struct mock_buf *b, const struct mock_args *a)
{
    const char *code = a->at[0].text;
    const struct mock_market *m = mock_exchange_find(&s->exchange, code, strlen(code));
    const struct mock_trade *t;
    size_t known = 0;
    while (m != NULL && (t = mock_trade_at(m, known)) != NULL && t->id >= a->at[1].number) {
        known++;
    }
    mock_buf_puts(b, "{\"trades\":[");
    int64_t put = 0;
    for (size_t n = known; n > 0 && put < a->at[2].number; n--, put++) {
        t = mock_trade_at(m, n - 1);
        mock_buf_printf(b, "%s{\"id\":%lld,\"timestamp\":%lld}", put == 0 ? "\n" : ",\n",
                        (long long)t->id, (long long)t->timestamp);
    }
    mock_buf_puts(b, "]}\n");
}

static const struct question {
    const char *name;
    void (*put)(struct mock_server *s, struct mock_buf *b, const struct mock_args *a);
    const struct mock_param *params;
} questions[] = {{"stats", put_stats, no_params},          {"journal", put_journal, since_params},
                 {"received", put_received, since_params}, {"events", put_events, since_params},
                 {"trades", put_trades, trade_params},     {"scenario", put_scenario, no_params}};

/* A new timeline in place of the running one; an empty one ends it. */
static void take_scenario(struct mock_server *s, struct mock_conn *c,
                          const struct mock_http_request *r)
{
    char wrong[400];
    struct mock_scenario *scenario = mock_scenario_read(wrong, r->body, r->body_len, s->now_ns);
    if (scenario != NULL) {
        mock_scenario_free(s->scenario);
        s->scenario = scenario;
    }
    reply(c, scenario != NULL ? 200 : 400, scenario != NULL ? NULL : wrong, r->keep_alive);
}

static void ask(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                const struct question *q)
{
    struct mock_args a;
    if (strcmp(r->method, "GET") != 0) {
        reply(c, 405, "this one is a GET", r->keep_alive);
    } else if (!mock_args_query(&a, q->name, q->params, r)) {
        reply(c, 400, a.wrong, r->keep_alive);
        mock_args_finish(&a);
    } else {
        struct mock_buf b = {0};
        q->put(s, &b, &a);
        mock_http_reply(&c->out, b.failed ? 500 : 200, json, "", mock_buf_front(&b),
                        b.failed ? 0 : mock_buf_pending(&b), r->keep_alive);
        mock_buf_finish(&b);
        mock_args_finish(&a);
    }
}

void mock_control(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    const char *name = r->path + strlen("/mock/");
    if (strcmp(name, "scenario") == 0 && strcmp(r->method, "POST") == 0) {
        take_scenario(s, c, r);
        return;
    }
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (strcmp(questions[i].name, name) == 0) {
            ask(s, c, r, &questions[i]);
            return;
        }
    }
    const struct mock_command *command = mock_command_find(name);
    if (command == NULL) {
        reply(c, 404, "no such control; see docs/MOCK.md", r->keep_alive);
        return;
    }
    if (strcmp(r->method, "POST") != 0) {
        reply(c, 405, "this one is a POST", r->keep_alive);
        return;
    }
    struct mock_args a;
    bool good = mock_args_query(&a, name, command->params, r) &&
                (command->check == NULL || command->check(&a)) && command->run(s, &a);
    reply(c, good ? 200 : 400, good ? NULL : a.wrong, r->keep_alive);
    mock_args_finish(&a);
}
