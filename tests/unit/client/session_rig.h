/* A private session without a network and without time: its connections are the test's, which says
 * what they tell, and the clock stands until the test moves it. Linked with
 * --wrap=upbit__transport_open. */
#ifndef TESTS_UNIT_CLIENT_SESSION_RIG_H
#define TESTS_UNIT_CLIENT_SESSION_RIG_H

#include "base/clock.h"
#include "client/config.h"
#include "client/session_inside.h"
#include "rig.h"
#include "upbit-live/account.h"

#define WIRES 64

/* One connection, kept after its end. */
typedef struct wire {
    upbit__transport base; /* first */
    bool destroyed;
    int sent, pings, closes;
    int send_error, ping_error, close_error;
    size_t pending;    /* bytes the socket has not taken */
    char text[2][400]; /* the last sent, and the one before */
    uint8_t ping[64];
    size_t ping_length;
} wire;

static wire *wires[WIRES];
static int wire_count, open_error;
static int64_t clock_at = 1000 * UPBIT__SECOND;
static int64_t asleep_for; /* ns that the machine has slept */
static upbit__loop *loop;
static upbit__log log_to;
static upbit__config config;
static upbit__session session;
static upbit__budget *budget;
static side *owner;

/* What the session told. */
static struct {
    char events[512]; /* uuid/epoch of each, a blank behind */
    int states, failures, error;
    upbit_state state;
    char name[48], message[400];
    bool refuses; /* what `refused` answers */
    int asked;    /* it was asked so often */
    int authorized;
} told;

static inline int64_t standing(void)
{
    return clock_at;
}

static inline int64_t since_boot(void)
{
    return clock_at + asleep_for;
}

static inline int wire_send(upbit__transport *t, int opcode, const void *bytes, size_t length)
{
    wire *w = (wire *)t;
    ck_assert(!w->destroyed && opcode == UPBIT__OPCODE_TEXT);
    if (w->send_error != 0)
        return w->send_error;
    ck_assert_uint_lt(length, sizeof w->text[0]);
    memcpy(w->text[1], w->text[0], sizeof w->text[0]);
    snprintf(w->text[0], sizeof w->text[0], "%.*s", (int)length, (const char *)bytes);
    w->sent++;
    return 0;
}

static inline int wire_ping(upbit__transport *t, const void *payload, size_t length)
{
    wire *w = (wire *)t;
    ck_assert(!w->destroyed && length <= sizeof w->ping);
    if (w->ping_error != 0)
        return w->ping_error;
    memcpy(w->ping, payload, length);
    w->ping_length = length;
    w->pings++;
    return 0;
}

static inline int wire_close(upbit__transport *t, int code, const char *reason, int64_t deadline_ns)
{
    wire *w = (wire *)t;
    (void)reason;
    ck_assert(!w->destroyed && code == 1000 && deadline_ns > clock_at);
    w->closes++;
    return w->close_error;
}

static inline void wire_destroy(upbit__transport *t)
{
    wire *w = (wire *)t;
    ck_assert(!w->destroyed);
    w->destroyed = true;
}

static inline size_t wire_pending(const upbit__transport *t)
{
    return ((const wire *)t)->pending;
}

static inline const char *wire_header(const upbit__transport *t, const char *name)
{
    (void)t;
    (void)name;
    return NULL;
}

int __wrap_upbit__transport_open(upbit__transport **out, int kind, upbit__loop *l,
                                 const upbit__transport_config *c,
                                 const upbit__transport_events *events, void *context);
int __wrap_upbit__transport_open(upbit__transport **out, int kind, upbit__loop *l,
                                 const upbit__transport_config *c,
                                 const upbit__transport_events *events, void *context)
{
    static const upbit__transport_operations operations = {wire_send,    wire_ping,    wire_close,
                                                           wire_destroy, wire_pending, wire_header};
    (void)kind;
    (void)l;
    (void)c;
    if (open_error != 0)
        return open_error;
    ck_assert_int_lt(wire_count, WIRES);
    wire *w = calloc(1, sizeof *w);
    w->base = (upbit__transport){.operations = &operations, .events = *events, .context = context};
    wires[wire_count++] = w;
    *out = &w->base;
    return 0;
}

/* The newest connection. */
static inline wire *newest(void)
{
    return wires[wire_count - 1];
}

/* ---- what a connection tells ---- */

static inline void say_opened(wire *w)
{
    ck_assert(!w->destroyed);
    w->base.events.opened(w->base.context, &(upbit__transport_info){.http_status = 101});
}

static inline void say(wire *w, const char *text)
{
    ck_assert(!w->destroyed);
    w->base.events.message(w->base.context, UPBIT__OPCODE_BINARY, (const uint8_t *)text,
                           strlen(text), clock_at);
    if (!w->destroyed && w->base.events.batch != NULL)
        w->base.events.batch(w->base.context);
}

static inline void say_pong(wire *w)
{
    ck_assert(!w->destroyed);
    w->base.events.pong(w->base.context, w->ping, w->ping_length);
}

static inline void say_closed(wire *w, int error, int http_status, const char *body)
{
    ck_assert(!w->destroyed);
    const upbit__close_info info = {.error = error,
                                    .http_status = http_status,
                                    .body = body,
                                    .body_length = strlen(body),
                                    .reason = "said the wire"};
    w->base.events.closed(w->base.context, &info);
}

static inline const char *order_of(const char *uuid)
{
    static char text[300];
    snprintf(text, sizeof text,
             "{\"type\":\"myOrder\",\"code\":\"KRW-BTC\",\"uuid\":\"%s\",\"ask_bid\":\"BID\","
             "\"order_type\":\"limit\",\"state\":\"wait\",\"price\":1,\"volume\":1,"
             "\"order_timestamp\":1710751590000,\"timestamp\":1710751597500,\"stream_type\":"
             "\"REALTIME\"}",
             uuid);
    return text;
}

/* The answer to the question that was sent last on it. */
static inline const char *list_of(const wire *w)
{
    static char text[300];
    char ticket[64] = "";
    const char *at = strstr(w->text[0], "\"ticket\":\"");
    ck_assert_msg(at != NULL && strstr(w->text[0], "LIST_SUBSCRIPTIONS") != NULL, "%s", w->text[0]);
    sscanf(at, "\"ticket\":\"%60[^\"]", ticket);
    snprintf(text, sizeof text,
             "{\"method\":\"LIST_SUBSCRIPTIONS\",\"result\":[{\"type\":\"myOrder\"}],"
             "\"ticket\":\"%s\"}",
             ticket);
    return text;
}

/* ---- what the session tells: as io.c ---- */

static inline void note_event(void *context, upbit__session *s, upbit_event *e)
{
    (void)context;
    (void)s;
    size_t length = strlen(told.events);
    if (length < sizeof told.events - 40)
        snprintf(told.events + length, sizeof told.events - length, "%s/%u ",
                 upbit_event_my_order(e)->uuid, e->epoch);
    upbit__event_unref_io(pool, e);
}

static inline void on_decoded(void *context, upbit_event *e)
{
    upbit__session *s = context;
    e->epoch = s->epoch;
    e->received_ns = clock_at;
    if (s->by_next) {
        upbit__renewal_event(s, e);
        return;
    }
    if (e->type <= UPBIT_TYPE_RAW) {
        note_event(NULL, s, e);
        return;
    }
    if (e->type == UPBIT_TYPE_SUBSCRIPTIONS)
        upbit__session_listed(s, (const void *)e);
    else if (e->type == UPBIT_TYPE_ERROR)
        upbit__session_refused(s, (const void *)e, 0, false);
    upbit__event_unref_io(pool, e);
}

static inline void on_said(void *context, upbit__session *s, const uint8_t *data, size_t length,
                           int64_t received_ns)
{
    const upbit__decode_output out = {.context = s, .allocate = allocate, .event = on_decoded};
    char reason[160] = "";
    (void)context;
    (void)received_ns;
    ck_assert_msg(upbit__decode(decoder, (const char *)data, length, &out, reason, sizeof reason) >=
                      0,
                  "%s", reason);
}

static inline void on_said_all(void *context)
{
    (void)context;
}

static inline void on_session_state(void *context, upbit__session *s)
{
    (void)context;
    told.states++;
    told.state = s->state;
}

static inline void on_failure(void *context, upbit__session *s, int error, int http_status,
                              const char *name, const char *message)
{
    (void)context;
    (void)s;
    (void)http_status;
    told.failures++;
    told.error = error;
    snprintf(told.name, sizeof told.name, "%s", name);
    snprintf(told.message, sizeof told.message, "%s", message);
}

static inline int on_authorize(void *context, char *value, size_t size)
{
    (void)context;
    snprintf(value, size, "Bearer %d", ++told.authorized);
    return 0;
}

static inline bool on_refused_keys(void *context, const char *name, char *message, size_t size)
{
    (void)context;
    (void)name;
    size_t length = strlen(message);
    snprintf(message + length, size - length, " (advice)");
    told.asked++;
    return told.refuses;
}

/* ---- time ---- */

static inline void move(int64_t ms)
{
    clock_at += ms * UPBIT__MS;
    for (int i = 0; i < 4; i++)
        ck_assert_int_ge(upbit__loop_turn(loop, 0), 0);
}

/* ---- beginning and end ---- */

static inline void open_session(const upbit_options *options)
{
    static const upbit__clock clock = {standing, since_boot, standing};
    static _Atomic uint32_t state, epoch;
    static int hosts;
    static char host[32];
    const upbit__endpoint endpoint = {.id = UPBIT_SESSION_PRIVATE,
                                      .name = "private",
                                      .url = "wss://127.0.0.1:1/",
                                      .on_demand = true,
                                      .authorize = on_authorize,
                                      .refused = on_refused_keys,
                                      .state = &state,
                                      .epoch = &epoch};
    const upbit__session_events events = {.message = on_said,
                                          .batch = on_said_all,
                                          .state = on_session_state,
                                          .failure = on_failure,
                                          .deliver = note_event};
    clock_at += 1000 * UPBIT__SECOND; /* budgets of the tests before are full again */
    upbit__clock_set(&clock);
    memset(&told, 0, sizeof told);
    wire_count = open_error = 0;
    setup();
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(upbit__config_init(&config, options), 0);
    ck_assert_int_eq(upbit__log_init(&log_to, NULL, NULL, UPBIT_LOG_NONE), 0);
    snprintf(host, sizeof host, "session-%d:443", ++hosts);
    ck_assert_int_eq(
        upbit__budget_get(&budget, &(upbit__budget_place){.host = host, .percent = 100}, clock_at),
        0);
    upbit__session_init(&session, &endpoint, &config, loop, &log_to, &registry, &counters, budget,
                        &events, NULL);
    owner = side_open(UPBIT_POLICY_DEFAULT);
}

static inline void close_session(void)
{
    upbit__session_finish(&session);
    for (int i = 0; i < wire_count; i++) {
        ck_assert_msg(wires[i]->destroyed, "connection %d is left", i);
        free(wires[i]);
    }
    upbit__budget_release(budget);
    upbit__log_finish(&log_to);
    side_close(owner);
    upbit__config_finish(&config);
    upbit__loop_destroy(loop);
    teardown();
    upbit__clock_set(NULL);
}

/* Wants the orders, and has them. */
static inline wire *go_live(void)
{
    want(owner, UPBIT_TYPE_MY_ORDER, "", 0, 0);
    upbit__session_wants_changed(&session);
    ck_assert_int_eq(wire_count, 1);
    say_opened(wires[0]);
    move(1000);
    ck_assert_int_eq(told.state, UPBIT_STATE_LIVE);
    ck_assert_ptr_nonnull(strstr(wires[0]->text[0], "myOrder"));
    return wires[0];
}

/* A live session in which no watchdog comes in between; 0: tokens live by default. */
static inline wire *begin_live(uint32_t token_life_ms, uint32_t monitor_ms)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = "ws://127.0.0.1:1/";
    o.token_life_ms = token_life_ms;
    o.ping_interval_ms = 3600000;
    o.pong_timeout_ms = 3600000;
    o.monitor_ms = monitor_ms;
    o.limit_sharing = UPBIT_OFF;
    open_session(&o);
    return go_live();
}

#endif
