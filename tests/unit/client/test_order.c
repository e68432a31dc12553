/* Epochs, order, repeats: the rules that docs/TESTING.md lists, where no other test has them. */
#include "client/resync.h"
#include "rig.h"

#define AT 1730336862100

static const char *candle(int second, int64_t time, int close)
{
    static char text[600];
    snprintf(text, sizeof text,
             "{\"type\":\"candle.1s\",\"code\":\"KRW-BTC\",\"candle_date_time_utc\":"
             "\"2024-10-31T01:07:%02d\",\"candle_date_time_kst\":\"2024-10-31T10:07:%02d\","
             "\"opening_price\":1,\"high_price\":9,\"low_price\":1,\"trade_price\":%d,"
             "\"candle_acc_trade_volume\":1,\"candle_acc_trade_price\":1,\"timestamp\":%lld,"
             "\"stream_type\":\"REALTIME\"}",
             second, second, close, (long long)time);
    return text;
}

START_TEST(time_orders_candles_within_their_window_only)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST);
    upbit__key_id id = id_of(UPBIT_TYPE_CANDLE, "KRW-BTC");
    id.unit = UPBIT_CANDLE_1S;
    upbit__entry *e;
    bool joined;
    ck_assert_int_eq(upbit__registry_add(&registry, &a->client, &id, 0, 0, &e, &joined), 0);
    receive(candle(42, AT, 2));
    receive(candle(42, AT + 10, 3));
    receive(candle(42, AT + 5, 2));  /* older, the same window */
    receive(candle(42, AT + 10, 3)); /* the same again */
    ck_assert_uint_eq(drain(a), 2);
    receive(candle(43, AT + 900, 4));
    receive(candle(42, AT + 20, 5)); /* the last of the window before comes late */
    ck_assert_uint_eq(drain(a), 2);
    ck_assert_uint_eq(counters.events_repeated, 2);
    receive(candle(42, AT + 20, 5)); /* and is repeated, and then something older of it */
    receive(candle(42, AT + 15, 4));
    receive(candle(43, AT + 900, 4));
    ck_assert_uint_eq(drain(a), 0);
    ck_assert_uint_eq(counters.events_repeated, 5);
    /* The latest value is that of the latest window. */
    upbit__wanted_sent(&registry, 1, 1);
    ck_assert(upbit__fanout_cached(&fanout, e));
    upbit__batch_commit(&batch);
    const upbit_event *last = take(a);
    ck_assert_int_eq(last->exchange_ms, AT + 900);
    upbit_event_unref(last);
    side_close(a);
}
END_TEST

START_TEST(the_last_of_a_window_that_was_refused_makes_no_repeat_news)
{
    upbit_proxy_options options = UPBIT_PROXY_OPTIONS_INIT;
    options.policy = UPBIT_POLICY_LOSSLESS;
    options.queue_messages = 2;
    side *a = side_open_with(&options);
    upbit__key_id id = id_of(UPBIT_TYPE_CANDLE, "KRW-BTC");
    id.unit = UPBIT_CANDLE_1S;
    upbit__entry *e;
    bool joined;
    ck_assert_int_eq(upbit__registry_add(&registry, &a->client, &id, 0, 0, &e, &joined), 0);
    receive(candle(42, AT, 2));
    receive(candle(43, AT + 900, 4));
    receive(candle(42, AT + 20, 5)); /* late, and the lane is full */
    ck_assert_uint_eq(drain(a), 3);  /* OVERFLOW with them */
    receive(candle(43, AT + 900, 4));
    ck_assert_ptr_null(take(a));
    receive(candle(43, AT + 910, 5));
    receive(candle(42, AT + 30, 5));
    receive(candle(43, AT + 920, 6)); /* lost */
    receive(candle(42, AT + 40, 6));  /* lost as well, and changes nothing */
    ck_assert_uint_eq(drain(a), 4);   /* GAP, two, OVERFLOW */
    receive(candle(43, AT + 920, 6));
    ck_assert_uint_eq(drain(a), 2);
    upbit__resync_forget(&fanout, &a->client);
    side_close(a);
}
END_TEST

START_TEST(a_clock_that_moved_is_accepted_and_counted)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    receive(book("KRW-BTC", AT, "1", "REALTIME"));
    receive(book("KRW-BTC", AT - 4999, "2", "REALTIME"));
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(counters.clock_moved, 0);
    receive(book("KRW-BTC", AT - 5000, "3", "REALTIME"));
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(counters.clock_moved, 1);
    receive(book("KRW-BTC", AT - 4900, "4", "REALTIME")); /* the new time counts */
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(counters.clock_moved, 1);
    side_close(a);
}
END_TEST

START_TEST(a_cached_value_has_the_epoch_of_now)
{
    uint32_t epoch = 1;
    side *a = side_open(0), *b = side_open(0);
    fanout.epoch = &epoch;
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(trade("KRW-BTC", 1, "REALTIME"));
    epoch = 2; /* another connection, nothing has come by it */
    upbit__wanted_lost(&registry);
    upbit__wanted_sent(&registry, 1, 2);
    upbit__entry *entry = want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    ck_assert(upbit__fanout_cached(&fanout, entry));
    upbit__batch_commit(&batch);
    const upbit_event *e = take(b);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_uint_eq(e->epoch, 2);
    upbit_event_unref(e);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(what_was_received_before_a_cut_was_received)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    want(a, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(trade("KRW-BTC", 1, "REALTIME"));
    receive(trade("KRW-BTC", 2, "REALTIME"));
    upbit__wanted_lost(&registry);
    upbit__wanted_sent(&registry, 1, 2);
    receive(trade("KRW-BTC", 2, "SNAPSHOT"));
    ck_assert_uint_eq(drain(a), 2);
    side_close(a);
}
END_TEST

START_TEST(trades_come_in_the_order_received)
{
    static const int64_t ids[] = {5, 3, 9, 1};
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    for (int i = 0; i < 4; i++)
        receive(trade("KRW-BTC", ids[i], "REALTIME"));
    for (int i = 0; i < 4; i++) {
        const upbit_event *e = take(a);
        ck_assert_int_eq(upbit_event_trade(e)->sequential_id, ids[i]);
        upbit_event_unref(e);
    }
    side_close(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client order");
    TCase *t = tcase_create("order");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, time_orders_candles_within_their_window_only);
    tcase_add_test(t, the_last_of_a_window_that_was_refused_makes_no_repeat_news);
    tcase_add_test(t, a_clock_that_moved_is_accepted_and_counted);
    tcase_add_test(t, a_cached_value_has_the_epoch_of_now);
    tcase_add_test(t, what_was_received_before_a_cut_was_received);
    tcase_add_test(t, trades_come_in_the_order_received);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
