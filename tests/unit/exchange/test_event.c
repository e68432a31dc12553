/* What an event answers about itself: its payload to the accessor of its type and to no other, its
 * names, which members its message had; and which two events are the same. */
#include <stdbool.h>

#include "exchange/decode.h"
#include "rig.h"
#include "upbit-live/account.h"
#include "upbit-live/control.h"
#include "upbit-live/market.h"

typedef const void *payload(const upbit_event *e);
#define PAYLOAD(function)                                                                          \
    static const void *payload_##function(const upbit_event *e)                                    \
    {                                                                                              \
        return upbit_event_##function(e);                                                          \
    }
/* X(accessor, type, its name) */
#define TYPES(X)                                                                                   \
    X(ticker, TICKER, "ticker")                                                                    \
    X(trade, TRADE, "trade")                                                                       \
    X(orderbook, ORDERBOOK, "orderbook")                                                           \
    X(candle, CANDLE, "candle")                                                                    \
    X(my_order, MY_ORDER, "myOrder")                                                               \
    X(my_asset, MY_ASSET, "myAsset")                                                               \
    X(announcement, ANNOUNCEMENT, "announcement")                                                  \
    X(raw, RAW, "raw")                                                                             \
    X(state, STATE, "state")                                                                       \
    X(restored, RESTORED, "restored")                                                              \
    X(epoch, EPOCH, "epoch")                                                                       \
    X(reply, REPLY, "reply")                                                                       \
    X(gap, GAP, "gap")                                                                             \
    X(error, ERROR, "error")                                                                       \
    X(health, HEALTH, "health")                                                                    \
    X(closed, CLOSED, "closed")                                                                    \
    X(overflow, OVERFLOW, "overflow")                                                              \
    X(status, STATUS, "status")                                                                    \
    X(subscriptions, SUBSCRIPTIONS, "subscriptions")
#define KEY_TYPES(X)                                                                               \
    X(key, NO_DATA, "no_data")                                                                     \
    X(key, STALE, "stale")                                                                         \
    X(key, FRESH, "fresh")                                                                         \
    X(key, DELISTED, "delisted")                                                                   \
    X(key, LISTED, "listed")
#define DEFINE(accessor, type, name) PAYLOAD(accessor)
TYPES(DEFINE)
PAYLOAD(key)

static const struct type {
    payload *own;
    int type;
    const char *name;
} types[] = {
#define ROW(accessor, type, name) {payload_##accessor, UPBIT_TYPE_##type, name},
    TYPES(ROW) KEY_TYPES(ROW)};
enum { COUNT = sizeof types / sizeof *types };

START_TEST(each_type_has_its_accessor_and_its_name)
{
    const struct type *t = &types[_i];
    const upbit_event e = {.type = (uint8_t)t->type};
    for (int i = 0; i < COUNT; i++)
        ck_assert_msg(types[i].own(&e) == (types[i].own == t->own ? &e : NULL), "%s by that of %s",
                      t->name, types[i].name);
    ck_assert_ptr_null(t->own(NULL));
    ck_assert_str_eq(upbit_type_name(t->type), t->name);
}
END_TEST

START_TEST(what_is_unknown_has_a_name_that_says_so)
{
    ck_assert_str_eq(upbit_type_name(-1), "unknown");
    ck_assert_str_eq(upbit_origin_name(UPBIT_ORIGIN_LOCAL), "local");
    ck_assert_str_eq(upbit_origin_name(UPBIT_ORIGIN_LOCAL + 1), "unknown");
    ck_assert_str_eq(upbit_origin_name(-1), "unknown");
    ck_assert_str_eq(upbit_state_name(UPBIT_STATE_STALE), "stale");
    ck_assert_str_eq(upbit_state_name(UPBIT_STATE_STALE + 1), "unknown");
    ck_assert_str_eq(upbit_state_name(-1), "unknown");
    ck_assert_str_eq(upbit_stream_name(99), "");
    ck_assert_ptr_null(upbit_candle_unit_name(7));
    ck_assert_uint_eq(upbit_candle_unit_from_name("7m"), UPBIT_CANDLE_NONE);
    ck_assert_uint_eq(upbit_candle_unit_from_name(NULL), UPBIT_CANDLE_NONE);
}
END_TEST

START_TEST(a_member_is_there_or_null_or_absent)
{
    const upbit_event e = {.type = UPBIT_TYPE_TICKER, .present = 5, .nulls = 4, .extra = "{}"};
    ck_assert_int_eq(upbit_event_has(&e, 0), 1);
    ck_assert_int_eq(upbit_event_has(&e, 1), -1);
    ck_assert_int_eq(upbit_event_has(&e, 2), 0);
    ck_assert_int_eq(upbit_event_has(&e, 64), -1);
    ck_assert_int_eq(upbit_event_has(NULL, 0), -1);
    ck_assert_str_eq(upbit_event_extra(&e), "{}");
    ck_assert_ptr_null(upbit_event_extra(NULL));
}
END_TEST

#define BOOK(asks, bids, more)                                                                     \
    "{\"type\":\"orderbook\",\"code\":\"KRW-BTC\",\"timestamp\":1790134742106,"                    \
    "\"total_ask_size\":3,\"total_bid_size\":3,\"orderbook_units\":["                              \
    "{\"ask_price\":6,\"bid_price\":5,\"ask_size\":1,\"bid_size\":2},"                             \
    "{\"ask_price\":7,\"bid_price\":4,\"ask_size\":" asks ",\"bid_size\":" bids                    \
    "}],\"stream_type\":\"REALTIME\"" more "}"
#define ASSETS(list)                                                                               \
    "{\"type\":\"myAsset\",\"asset_uuid\":\"e\",\"assets\":[" list "],"                            \
    "\"asset_timestamp\":1790134742106,\"timestamp\":1790134742107,\"stream_type\":\"REALTIME\"}"
#define ASSET(currency, balance, locked)                                                           \
    "{\"currency\":\"" currency "\",\"balance\":" balance ",\"locked\":" locked "}"
#define CANDLE(unit, price)                                                                        \
    "{\"type\":\"candle." unit "\",\"code\":\"KRW-BTC\",\"candle_date_time_utc\":"                 \
    "\"2026-09-23T03:39:00\",\"candle_date_time_kst\":\"2026-09-23T12:39:00\","                    \
    "\"opening_price\":1,\"high_price\":3,\"low_price\":1,\"trade_price\":" price ","              \
    "\"candle_acc_trade_volume\":4,\"candle_acc_trade_price\":5,\"timestamp\":1790134742106,"      \
    "\"stream_type\":\"REALTIME\"}"

static const struct pair {
    const char *a, *b;
    bool same;
} pairs[] = {
    {BOOK("1", "2", ""), BOOK("1", "2", ""), true},
    {BOOK("1", "2", ""), BOOK("1.0", "2", ""), true},
    {BOOK("1", "2", ""), BOOK("3", "2", ""), false},
    {BOOK("1", "2", ""), BOOK("1", "3", ""), false},
    {BOOK("1", "2", ""), BOOK("0", "2", ""), false}, /* a row less on that side */
    {BOOK("1", "2", ""), BOOK("1", "0", ""), false},
    {BOOK("1", "2", ""), BOOK("1", "2", ",\"level\":0"), false},
    {BOOK("1", "2", ""), BOOK("1", "2", ",\"new\":1"), false},
    {BOOK("1", "2", ",\"new\":1"), BOOK("1", "2", ",\"new\":1"), true},
    {BOOK("1", "2", ",\"new\":1"), BOOK("1", "2", ",\"new\":2"), false},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(ASSET("KRW", "1", "2")), true},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(ASSET("KRW", "1.00", "2")), true},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(ASSET("BTC", "1", "2")), false},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(ASSET("KRW", "3", "2")), false},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(ASSET("KRW", "1", "3")), false},
    {ASSETS(ASSET("KRW", "1", "2")), ASSETS(""), false},
    {CANDLE("1m", "2"), CANDLE("1m", "2"), true},
    {CANDLE("1m", "2"), CANDLE("1m", "3"), false},
    {CANDLE("1m", "2"), CANDLE("3m", "2"), false},
    {CANDLE("1m", "2"), BOOK("1", "2", ""), false},
    {"{\"status\":\"UP\"}", "{\"status\":\"UP\"}", false}, /* nothing is compared of these */
};

START_TEST(the_same_is_what_differs_in_nothing)
{
    const struct pair *p = &pairs[_i];
    decoded a, b;
    const upbit_event *first = rig_one(&a, p->a), *second = rig_one(&b, p->b);
    ck_assert_msg(upbit__event_same(first, second) == p->same, "%s\n%s", p->a, p->b);
    ck_assert_int_eq(upbit__event_same(second, first), p->same);
    rig_free(&a);
    rig_free(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, each_type_has_its_accessor_and_its_name, 0, COUNT);
    tcase_add_test(t, what_is_unknown_has_a_name_that_says_so);
    tcase_add_test(t, a_member_is_there_or_null_or_absent);
    tcase_add_loop_test(t, the_same_is_what_differs_in_nothing, 0, sizeof pairs / sizeof *pairs);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
