/* Registry, request and fan-out without a network: wants of several clients, messages decoded, what
 * each of their inboxes then holds. */
#ifndef TESTS_UNIT_CLIENT_RIG_H
#define TESTS_UNIT_CLIENT_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/fanout.h"
#include "client/wanted.h"
#include "exchange/decode.h"
#include "support/check_main.h"

static upbit__pool *pool;
static upbit__batch batch;
static upbit__registry registry;
static upbit__counters counters;
static upbit__fanout fanout;
static upbit__decoder *decoder;

typedef struct side {
    upbit__client client;
    upbit__waiter *waiter;
} side;

static inline void setup(void)
{
    ck_assert_int_eq(upbit__pool_create(&pool, 64 << 20), 0);
    upbit__batch_init(&batch, pool);
    ck_assert_int_eq(upbit__registry_init(&registry, pool), 0);
    memset(&counters, 0, sizeof counters);
    fanout = (upbit__fanout){
        .registry = &registry, .pool = pool, .counters = &counters, .batch = &batch};
    ck_assert_int_eq(upbit__decoder_create(&decoder), 0);
}

static inline void teardown(void)
{
    ck_assert_uint_eq(registry.key_count, 0);
    upbit__registry_finish(&registry);
    upbit__decoder_destroy(decoder);
    ck_assert_uint_eq(upbit__pool_bytes(pool), 0); /* every event came back */
    upbit__pool_release(pool);
}

static inline side *side_open_with(const upbit_proxy_options *options)
{
    side *s = calloc(1, sizeof *s);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, options), 0);
    ck_assert_int_eq(upbit__waiter_create(&s->waiter), 0);
    config.batch = &batch;
    config.waiter = s->waiter;
    ck_assert_int_eq(upbit__inbox_create(&s->client.inbox, &config), 0);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_CANDLE; type++)
        s->client.coalesce[type] = upbit__inbox_policy(s->client.inbox, type) == UPBIT__LANE_LATEST;
    return s;
}

static inline side *side_open(int policy)
{
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.policy = policy;
    return side_open_with(&options);
}

static inline void side_close(side *s)
{
    while (s->client.entry_count > 0)
        upbit__registry_remove(&registry, s->client.entries[0]);
    upbit__inbox_detach(s->client.inbox);
    upbit__inbox_destroy(s->client.inbox);
    upbit__waiter_unref(s->waiter);
    free(s->client.entries);
    free(s);
    upbit__pool_fits(pool, 128u << 20); /* takes back what the consumer let go before it says no */
}

static inline upbit__key_id id_of(int type, const char *code)
{
    upbit__key_id id = {.type = type};
    memcpy(id.code, code, strlen(code));
    return id;
}

static inline upbit__entry *want(side *s, int type, const char *code, unsigned depth,
                                 unsigned flags)
{
    upbit__key_id id = id_of(type, code);
    upbit__entry *e;
    bool joined;
    ck_assert_int_eq(upbit__registry_add(&registry, &s->client, &id, depth, flags, &e, &joined), 0);
    return e;
}

static inline upbit_event *allocate(void *context, size_t size)
{
    (void)context;
    return upbit__fanout_allocate(&fanout, size);
}

static int64_t clock_ns = 1;

static inline void deliver(void *context, upbit_event *e)
{
    (void)context;
    e->epoch = 1;
    e->received_ns = clock_ns++;
    upbit__fanout_event(&fanout, e);
}

static inline void lacking(void *context, const upbit_event *e)
{
    (void)context;
    if (e != NULL)
        upbit__fanout_refused(&fanout, e);
}

static inline void receive(const char *message)
{
    const upbit__decode_output out = {.allocate = allocate, .event = deliver, .refused = lacking};
    char reason[160] = "";
    /* No assertion that holds: it would ask for memory where there is none. */
    if (upbit__decode(decoder, message, strlen(message), &out, reason, sizeof reason) < 0)
        ck_abort_msg("%s", reason);
    upbit__batch_commit(&batch);
}

static inline const upbit_event *take(side *s)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    for (;;) {
        int got = upbit__inbox_next(s->client.inbox, &d);
        ck_assert_int_ge(got, 0);
        if (got == 0)
            return NULL;
        if (d.event->type != UPBIT_TYPE_EPOCH)
            return d.event;
        upbit_event_unref(d.event);
    }
}

static inline size_t drain(side *s)
{
    size_t n = 0;
    for (const upbit_event *e; (e = take(s)) != NULL; n++)
        upbit_event_unref(e);
    return n;
}

static inline const char *trade(const char *code, int64_t sid, const char *stream)
{
    static char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"trade\",\"code\":\"%s\",\"timestamp\":1730336862082,\"trade_date\":"
             "\"2024-10-31\",\"trade_time\":\"01:07:42\",\"trade_timestamp\":1730336862047,"
             "\"trade_price\":100473000.00000000,\"trade_volume\":0.00014208,\"ask_bid\":\"BID\","
             "\"prev_closing_price\":100571000.00000000,\"change\":\"FALL\",\"change_price\":"
             "98000.00000000,\"sequential_id\":%lld,\"stream_type\":\"%s\"}",
             code, (long long)sid, stream);
    return text;
}

static inline const char *book(const char *code, int64_t time, const char *first_size,
                               const char *stream)
{
    static char text[700];
    snprintf(
        text, sizeof text,
        "{\"type\":\"orderbook\",\"code\":\"%s\",\"timestamp\":%lld,\"total_ask_size\":9,"
        "\"total_bid_size\":9,\"orderbook_units\":[{\"ask_price\":101.0,\"bid_price\":100.0,"
        "\"ask_size\":%s,\"bid_size\":2},{\"ask_price\":102.0,\"bid_price\":99.0,\"ask_size\":3,"
        "\"bid_size\":4},{\"ask_price\":103.0,\"bid_price\":98.0,\"ask_size\":5,\"bid_size\":6}],"
        "\"stream_type\":\"%s\",\"level\":0}",
        code, (long long)time, first_size, stream);
    return text;
}

static inline const char *request(void)
{
    static upbit__buffer b;
    size_t count;
    upbit__buffer_clear(&b);
    ck_assert_int_eq(upbit__wanted_write(&b, &registry, "T", UPBIT_FORMAT_DEFAULT, &count), 0);
    ck_assert_int_eq(upbit__buffer_append(&b, "", 1), 0);
    return (const char *)upbit__buffer_bytes(&b);
}

#endif
