/* Commands about WebSocket connections and what they are sent. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

static void cut_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    (void)s;
    int how = *(int *)arg;
    if (how == 2) {
        c->mute = true;
    } else {
        c->dead = true;
        c->reset = how == 0;
    }
}

static bool no_such(struct mock_args *a, int64_t id)
{
    return mock_args_wrong(a, "no WebSocket has the id %lld; GET /mock/stats lists them",
                           (long long)id);
}

static bool cut(struct mock_server *s, struct mock_args *a)
{
    int how = (int)a->at[0].number;
    if (mock_each_websocket(s, a, 1, cut_one, &how) == 0 && a->at[1].given) {
        return no_such(a, a->at[1].number);
    }
    if (a->at[3].number > 0 && !mock_outage_begin(s, a->at[3].number)) {
        return mock_args_wrong(a, "the port cannot be closed now");
    }
    return true;
}

static bool outage(struct mock_server *s, struct mock_args *a)
{
    return mock_outage_begin(s, a->at[0].number) ||
           mock_args_wrong(a, "the port cannot be closed now");
}

struct message {
    int op;
    const char *data;
    size_t len;
};

static void send_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    const struct message *m = arg;
    mock_session_send_plain(s, c, m->op, m->data, m->len);
}

static bool send_check(struct mock_args *a)
{
    return a->at[0].number < 2 || a->body_len <= 125 ||
           mock_args_wrong(a, "send: a ping or pong holds at most 125 bytes");
}

static bool send_to(struct mock_server *s, struct mock_args *a)
{
    static const int ops[] = {MOCK_OP_BINARY, MOCK_OP_TEXT, MOCK_OP_PING, MOCK_OP_PONG};
    struct message m = {ops[a->at[0].number], a->body, a->body_len};
    return mock_each_websocket(s, a, 1, send_one, &m) > 0 || !a->at[1].given ||
           no_such(a, a->at[1].number);
}

static bool silence(struct mock_server *s, struct mock_args *a)
{
    s->faults.silent = a->at[0].number == 1;
    return true;
}

static bool delay(struct mock_server *s, struct mock_args *a)
{
    s->faults.delay_ms = a->at[0].number;
    s->faults.jitter_ms = a->at[1].number;
    s->faults.delay_what = (int)a->at[2].number;
    return true;
}

static bool answer(struct mock_server *s, struct mock_args *a)
{
    s->faults.answer_ms = a->at[0].number;
    return true;
}

static bool rejecting(struct mock_filter *f, struct mock_args *a)
{
    if (!mock_args_filter(f, a, 0, 1) || !mock_args_error_name(a, 2, 3)) {
        return false;
    }
    return a->at[0].given || a->at[1].given || a->at[4].number == 0 ||
           mock_args_wrong(a, "reject needs a type, a code or both");
}

static bool reject_check(struct mock_args *a)
{
    struct mock_filter f;
    return rejecting(&f, a);
}

static bool reject(struct mock_server *s, struct mock_args *a)
{
    struct mock_rule rule = {.what = MOCK_RULE_REJECT, .every = 1};
    rejecting(&rule.filter, a);
    if (a->at[4].number == 0) {
        mock_rule_clear(s, MOCK_RULE_REJECT, &rule.filter);
        return true;
    }
    snprintf(rule.name, sizeof rule.name, "%s", a->at[2].given ? a->at[2].text : "INVALID_PARAM");
    snprintf(rule.message, sizeof rule.message, "%s", a->at[3].text);
    return mock_rule_set(s, &rule) || mock_args_wrong(a, "out of memory");
}

static bool forget_check(struct mock_args *a)
{
    struct mock_filter f;
    return mock_args_filter(&f, a, 0, 1) &&
           (a->at[0].given || a->at[1].given || (a->at[4].given && a->at[4].number == 0) ||
            mock_args_wrong(a, "forget needs a type, a code or both"));
}

static void forget_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    mock_fault_forget(s, c, arg);
}

static bool forget(struct mock_server *s, struct mock_args *a)
{
    struct mock_filter f;
    mock_args_filter(&f, a, 0, 1);
    if (a->at[4].given) {
        s->faults.forget_count = (uint64_t)a->at[4].number;
        s->faults.forget = f;
        return true;
    }
    return mock_each_websocket(s, a, 2, forget_one, &f) > 0 || !a->at[2].given ||
           no_such(a, a->at[2].number);
}

const struct mock_command mock_stream_commands[] = {
    {"cut",
     NULL,
     cut,
     {MOCK_WORD("how", "rst fin silence"), MOCK_WHO, MOCK_NUMBER("for_ms", 0, 1, 600000)}},
    {"outage", NULL, outage, {MOCK_NUMBER("for_ms", 1000, 1, 600000)}},
    {"send", send_check, send_to, {MOCK_WORD("op", "binary text ping pong"), MOCK_WHO}},
    {"silence", NULL, silence, {MOCK_ON}},
    {"delay",
     NULL,
     delay,
     {MOCK_NUMBER("ms", 0, 0, 60000), MOCK_NUMBER("jitter_ms", 0, 0, 60000),
      MOCK_WORD("what", "all ws http")}},
    {"answer", NULL, answer, {MOCK_NUMBER("ms", 0, 0, 60000)}},
    {"reject",
     reject_check,
     reject,
     {MOCK_TYPE, MOCK_CODE, MOCK_TEXT("name", 31), MOCK_TEXT("message", 199), MOCK_ON}},
    {"forget",
     forget_check,
     forget,
     {MOCK_TYPE, MOCK_CODE, MOCK_WHO, MOCK_NUMBER("requests", 1, 0, 1000000)}},
    {0},
};
