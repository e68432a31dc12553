/* Back-fill without a network: trades as the stream and pages bring them. Trade
 * `id` happened at BASE + id * step ms; pages are answered by the test. */
#ifndef TESTS_UNIT_CLIENT_BACKFILL_RIG_H
#define TESTS_UNIT_CLIENT_BACKFILL_RIG_H

#include "base/clock.h"
#include "client/backfill.h"
#include "net/loop.h"
#include "rig.h"

#define BASE 1730336862000 /* 01:07:42 UTC */

enum { ASKS = 64, FULL = UPBIT__BACKFILL_ROWS };

static struct asked {
    upbit__fill *fill; /* NULL: answered or cancelled */
    int64_t cursor;
    unsigned days_ago;
    uint32_t timeout_ms;
    char code[24];
    bool cancelled;
} asks[ASKS];
static size_t ask_count;
static int ask_error;

static upbit__backfill backfill;
static upbit__loop *loop;
static upbit__log quiet_log;
static uint32_t epoch;
static int64_t now, step;

static inline int64_t read_now(void)
{
    return now;
}

static inline int ask(void *context, upbit__fill *fill, unsigned count, int64_t cursor,
                      unsigned days_ago, uint32_t timeout_ms, void **handle)
{
    (void)context;
    ck_assert_uint_eq(count, UPBIT__BACKFILL_ROWS);
    ck_assert_uint_lt(ask_count, ASKS);
    if (ask_error != 0)
        return ask_error;
    struct asked *a = &asks[ask_count++];
    *a = (struct asked){
        .fill = fill, .cursor = cursor, .days_ago = days_ago, .timeout_ms = timeout_ms};
    snprintf(a->code, sizeof a->code, "%s", upbit__fill_code(fill));
    *handle = a;
    return 0;
}

static inline void cancel(void *context, void *handle)
{
    (void)context;
    struct asked *a = handle;
    ck_assert_ptr_nonnull(a->fill);
    a->fill = NULL;
    a->cancelled = true;
}

static inline void begin_with(const upbit__backfill_source *source, void *context)
{
    static const upbit__clock clocks = {read_now, read_now, read_now};
    setup();
    upbit__clock_set(&clocks);
    now = 100 * UPBIT__SECOND;
    step = 100;
    epoch = 1;
    ask_count = 0;
    ask_error = 0;
    quiet_log = (upbit__log){.most = UPBIT_LOG_NONE};
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    upbit__backfill_init(&backfill, &fanout, loop, &quiet_log, &epoch, source, context);
}

static inline void begin(void)
{
    static const upbit__backfill_source source = {ask, cancel};
    begin_with(&source, NULL);
}

static inline void end(void)
{
    ck_assert_ptr_null(backfill.fills);
    for (size_t i = 0; i < ask_count; i++)
        ck_assert_ptr_null(asks[i].fill);
    upbit__loop_destroy(loop);
    upbit__clock_set(NULL);
    teardown();
}

static inline const char *message(const char *code, int64_t id, const char *stream)
{
    static char text[400];
    int n = snprintf(text, sizeof text,
                     "{\"type\":\"trade\",\"code\":\"%s\",\"timestamp\":%lld,\"trade_timestamp\":"
                     "%lld,\"trade_price\":1,\"trade_volume\":2,\"ask_bid\":\"ASK\",",
                     code, (long long)(BASE + id * step), (long long)(BASE + id * step));
    if (id != 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "\"sequential_id\":%lld,", (long long)id);
    snprintf(text + n, sizeof text - (size_t)n, "\"stream_type\":\"%s\"}", stream);
    return text;
}

static inline void streamed(void *context, upbit_event *e)
{
    (void)context;
    e->epoch = epoch;
    e->received_ns = now;
    upbit__fanout_event(&fanout, e);
}

static inline void row(void *context, upbit_event *e)
{
    e->received_ns = now;
    e->stream = UPBIT_STREAM_SNAPSHOT;
    upbit__fill_row(context, e);
}

static inline void feed(const char *text, void *context,
                        void (*event)(void *context, upbit_event *e))
{
    const upbit__decode_output out = {.context = context, .allocate = allocate, .event = event};
    char why[160] = "";
    ck_assert_msg(upbit__decode(decoder, text, strlen(text), &out, why, sizeof why) == 1, "%s",
                  why);
    upbit__batch_commit(&batch);
}

static inline void live_of(const char *code, int64_t id)
{
    feed(message(code, id, "REALTIME"), NULL, streamed);
}

static inline void snapshot_of(const char *code, int64_t id)
{
    feed(message(code, id, "SNAPSHOT"), NULL, streamed);
}

static inline void live(int64_t from, int64_t to)
{
    for (; from <= to; from++)
        live_of("KRW-BTC", from);
}

static inline void snapshot(int64_t id)
{
    snapshot_of("KRW-BTC", id);
}

static inline void lose(void)
{
    upbit__wanted_lost(&registry);
}

static inline void sent(void)
{
    static uint64_t requests;
    upbit__wanted_sent(&registry, now, ++requests);
}

static inline void connect(void)
{
    epoch++;
    sent();
}

static inline void pass_ms(int64_t ms)
{
    now += ms * UPBIT__MS;
    upbit__loop_turn(loop, 0);
    upbit__batch_commit(&batch);
}

/* The rows of a page, newest first. */
static inline void rows(struct asked *a, int64_t newest, int64_t oldest)
{
    for (int64_t id = newest; id >= oldest; id--)
        feed(message(a->code, id, "SNAPSHOT"), a->fill, row);
}

static inline void answer(struct asked *a, int error)
{
    upbit__fill *fill = a->fill;
    a->fill = NULL;
    upbit__fill_answer(fill, error);
    upbit__batch_commit(&batch);
}

static inline struct asked *last_ask(void)
{
    ck_assert_uint_gt(ask_count, 0);
    struct asked *a = &asks[ask_count - 1];
    ck_assert_ptr_nonnull(a->fill);
    return a;
}

/* "7" live, "S7" snapshot, "B7" back-filled, "gap(2-9)" by the trades' ids, "lost(3)" counted. */
static inline const char *got(side *s)
{
    static char text[1 << 16];
    static uint32_t at;
    size_t n = 0;
    text[0] = '\0';
    at = 0;
    for (const upbit_event *e; (e = take(s)) != NULL;) {
        const upbit_gap *gap = upbit_event_gap(e);
        const upbit_trade *t = upbit_event_trade(e);
        size_t left = sizeof text - n;
        ck_assert_uint_ge(e->epoch, at); /* epochs of a lane never go back */
        at = e->epoch;
        if (gap != NULL && gap->count == 0)
            n += (size_t)snprintf(text + n, left, "gap(%lld-%lld) ",
                                  (long long)((gap->after_ms - BASE) / step),
                                  (long long)((gap->before_ms - BASE) / step));
        else if (gap != NULL)
            n += (size_t)snprintf(text + n, left, "lost(%llu) ", (unsigned long long)gap->count);
        else if (t != NULL && e->origin == UPBIT_ORIGIN_BACKFILL)
            n += (size_t)snprintf(text + n, left, "%s%lld ",
                                  e->stream == UPBIT_STREAM_REALTIME ? "B" : "wrong",
                                  (long long)t->sequential_id);
        else if (t != NULL)
            n += (size_t)snprintf(text + n, left, "%s%lld ",
                                  e->stream == UPBIT_STREAM_SNAPSHOT ? "S" : "",
                                  (long long)t->sequential_id);
        upbit_event_unref(e);
    }
    return text;
}

/* One widget on KRW-BTC that has seen trades 1 and 2; then the stream is cut and made anew. */
static inline side *cut_after_two(unsigned flags)
{
    side *a = side_open(UPBIT_POLICY_LOSSLESS);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, flags);
    sent();
    live(1, 2);
    ck_assert_str_eq(got(a), "1 2 ");
    lose();
    return a;
}

#endif
