/* Orders and balances without a network: messages of the stream and rows of REST, and what those
 * who want them then hold. */
#ifndef TESTS_UNIT_CLIENT_ACCOUNT_RIG_H
#define TESTS_UNIT_CLIENT_ACCOUNT_RIG_H

#include "client/account.h"
#include "rig.h"

static upbit__registry private_registry;
static upbit__account account;
static int64_t now_ns = 1000;
static uint32_t epoch;

static inline void begin(void)
{
    setup();
    ck_assert_int_eq(upbit__registry_init(&private_registry, pool), 0);
    fanout.private_registry = &private_registry;
    upbit__account_init(&account, &fanout);
    epoch = 1;
}

static inline void end(void)
{
    upbit__account_finish(&account);
    upbit__registry_finish(&private_registry);
    teardown();
}

static inline upbit__entry *hold(side *s, int type, const char *code, unsigned flags)
{
    upbit__key_id id = id_of(type, code);
    upbit__entry *e;
    bool joined;
    ck_assert_int_eq(upbit__registry_add(&private_registry, &s->client, &id, 0, flags, &e, &joined),
                     0);
    return e;
}

static inline void drop_side(side *s)
{
    while (s->client.entry_count > 0)
        upbit__registry_remove(&private_registry, s->client.entries[0]);
    side_close(s);
}

typedef struct came_by {
    bool rest;
    upbit__told told;
} came_by;

static inline void take_in(void *context, upbit_event *e)
{
    const came_by *w = context;
    e->epoch = epoch;
    e->received_ns = ++now_ns;
    if (!w->rest) {
        upbit__account_heard(&account, e);
        return;
    }
    e->origin = UPBIT_ORIGIN_REST;
    e->exchange_ms = 0;
    if (e->type == UPBIT_TYPE_MY_ORDER)
        upbit__account_order(&account, e, &w->told);
    else
        upbit__account_balances(&account, e, &w->told);
}

/* As io.c and account_ask.c have it. */
static inline void no_room(void *context, const upbit_event *e)
{
    const came_by *w = context;
    if (e == NULL)
        return;
    if (!w->rest)
        upbit__fanout_private_refused(&fanout, e, UPBIT__TO_ALL);
    else if (w->told.newcomers)
        upbit__fanout_private_refused(&fanout, e, UPBIT__TO_NEWCOMERS);
}

static inline void decode(const char *message, came_by *w)
{
    const upbit__decode_output out = {
        .context = w, .allocate = allocate, .event = take_in, .refused = no_room};
    char reason[160] = "";
    /* No assertion that holds: it would ask for memory where there is none. */
    if (upbit__decode(decoder, message, strlen(message), &out, reason, sizeof reason) != 1)
        ck_abort_msg("%s", reason);
    upbit__batch_commit(&batch);
}

static inline const char *order(const char *uuid, const char *state, int trades, const char *trade)
{
    static char text[1200];
    snprintf(
        text, sizeof text,
        "{\"type\":\"myOrder\",\"code\":\"KRW-BTC\",\"uuid\":\"%s\",\"ask_bid\":\"BID\","
        "\"order_type\":\"limit\",\"state\":\"%s\",\"trade_uuid\":%s%s%s,\"price\":1000.0,"
        "\"avg_price\":0,\"volume\":3,\"remaining_volume\":%d,\"executed_volume\":%d,"
        "\"trades_count\":%d,\"reserved_fee\":0,\"remaining_fee\":0,\"paid_fee\":0,\"locked\":0,"
        "\"executed_funds\":0,\"time_in_force\":null,\"trade_fee\":null,\"is_maker\":null,"
        "\"identifier\":null,\"smp_type\":null,\"prevented_volume\":0,\"prevented_locked\":0,"
        "\"trade_timestamp\":null,\"order_timestamp\":1710751590000,\"timestamp\":1710751597500,"
        "\"stream_type\":\"REALTIME\"}",
        uuid, state, *trade != '\0' ? "\"" : "", *trade != '\0' ? trade : "null",
        *trade != '\0' ? "\"" : "", 3 - trades, trades, trades);
    return text;
}

static inline const char *balance(const char *currency, int amount)
{
    static char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"myAsset\",\"asset_uuid\":\"u\",\"assets\":[{\"currency\":\"%s\","
             "\"balance\":%d,\"locked\":0}],\"asset_timestamp\":1710146517259,"
             "\"timestamp\":1710146517267,\"stream_type\":\"REALTIME\"}",
             currency, amount);
    return text;
}

static inline void stream(const char *message)
{
    decode(message, &(came_by){.rest = false});
}

static inline void rest(const char *message, int64_t asked_ns, uint32_t answer, bool newcomers)
{
    decode(message, &(came_by){true, {asked_ns, answer, newcomers, false}});
}

#endif
