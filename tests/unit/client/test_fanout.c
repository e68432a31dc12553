/* The fan-out: who gets which event, and what is news to whom. */
#include "rig.h"

START_TEST(nobody_gets_a_strangers_event)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    want(b, UPBIT_TYPE_TRADE, "KRW-ETH", 0, 0);
    receive(trade("KRW-BTC", 1, "REALTIME"));
    receive(trade("KRW-XRP", 2, "REALTIME"));
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(drain(b), 0);
    ck_assert_uint_eq(counters.events_unwanted, 1);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(a_repeated_trade_goes_to_newcomers_only)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    receive(trade("KRW-BTC", 7, "REALTIME"));
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    receive(trade("KRW-BTC", 7, "SNAPSHOT"));
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(drain(b), 1);
    receive(trade("KRW-BTC", 7, "SNAPSHOT"));
    receive(trade("KRW-BTC", 6, "REALTIME")); /* a lower id is no older trade */
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(drain(b), 1);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(trades_without_an_id_are_all_news)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    for (int i = 0; i < 2; i++)
        receive(
            "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"trade_price\":1,\"trade_volume\":2,"
            "\"ask_bid\":\"ASK\",\"trade_timestamp\":1730336862082,\"stream_type\":\"REALTIME\"}");
    ck_assert_uint_eq(drain(a), 2);
    side_close(a);
}
END_TEST

START_TEST(an_older_book_is_dropped_unless_the_clock_moved)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));
    receive(book("KRW-BTC", 1730336862000, "1.5", "REALTIME")); /* 100 ms older */
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));   /* the same again */
    ck_assert_uint_eq(drain(a), 1);
    receive(book("KRW-BTC", 1730336862100, "1.7", "REALTIME")); /* same time, other content */
    ck_assert_uint_eq(drain(a), 1);
    receive(book("KRW-BTC", 1730336852000, "1.8", "REALTIME")); /* ten seconds back */
    ck_assert_uint_eq(drain(a), 1);
    side_close(a);
}
END_TEST

START_TEST(one_cut_book_for_all_who_want_that_depth)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST), *b = side_open(UPBIT_POLICY_DROP_OLDEST);
    side *c = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1, 0);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1, 0);
    want(c, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    const upbit_event *ea = take(a), *eb = take(b), *ec = take(c);
    ck_assert_ptr_eq(ea, eb);
    ck_assert_ptr_ne(ea, ec);
    const upbit_orderbook *cut = upbit_event_orderbook(ea);
    ck_assert_uint_eq(cut->ask_count, 1);
    ck_assert_uint_eq(cut->total_bid_size.lo, 2); /* the exact sum of the rows that are left */
    ck_assert_uint_eq(upbit_event_orderbook(ec)->ask_count, 3);
    upbit_event_unref(ea);
    upbit_event_unref(eb);
    upbit_event_unref(ec);
    /* Only deeper rows changed: nothing new for those who see one row. */
    static char deeper[700];
    snprintf(deeper, sizeof deeper, "%s", book("KRW-BTC", 1730336862200, "1", "REALTIME"));
    char *third = strstr(deeper, "\"ask_size\":5");
    third[11] = '7';
    receive(deeper);
    ck_assert_uint_eq(drain(a), 0);
    ck_assert_uint_eq(drain(b), 0);
    ck_assert_uint_eq(drain(c), 1);
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

static const char *thin_book(int64_t time)
{
    static char text[400];
    snprintf(text, sizeof text,
             "{\"type\":\"orderbook\",\"code\":\"KRW-BTC\",\"timestamp\":%lld,\"total_ask_size\":8,"
             "\"total_bid_size\":8,\"orderbook_units\":[{\"ask_price\":105.0,\"bid_price\":90.0,"
             "\"ask_size\":8,\"bid_size\":8}],\"stream_type\":\"REALTIME\",\"level\":0}",
             (long long)time);
    return text;
}

/* A cut is "the same as before" only against what its takers were shown last. */
START_TEST(a_book_that_was_thin_in_between_is_shown_again)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));
    receive(thin_book(1730336862200)); /* one row: taken whole */
    receive(book("KRW-BTC", 1730336862300, "1", "REALTIME"));
    ck_assert_uint_eq(drain(a), 3);
    side_close(a);
}
END_TEST

START_TEST(a_taker_who_left_and_came_back_misses_no_cut)
{
    side *a = side_open(UPBIT_POLICY_DROP_OLDEST), *b = side_open(UPBIT_POLICY_DROP_OLDEST);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    upbit__entry *entry = want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));
    upbit__registry_remove(&registry, entry);
    receive(book("KRW-BTC", 1730336862200, "2", "REALTIME"));
    entry = want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    ck_assert(upbit__fanout_cached(&fanout, entry));
    receive(book("KRW-BTC", 1730336862300, "1", "REALTIME")); /* as before it left */
    ck_assert_uint_eq(drain(a), 3);
    ck_assert_uint_eq(drain(b), 3);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(what_found_no_room_uses_up_its_takers_numbers_only)
{
    side *a = side_open(0), *b = side_open(0), *c = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    want(b, UPBIT_TYPE_TRADE, "KRW-ETH", 0, 0);
    want(c, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_REALTIME_ONLY);
    upbit_trade refused = {
        .event = {.type = UPBIT_TYPE_TRADE, .stream = UPBIT_STREAM_SNAPSHOT, .code = "KRW-BTC"},
        .sequential_id = 4};
    upbit__fanout_refused(&fanout, &refused.event);
    receive(trade("KRW-BTC", 5, "REALTIME"));
    receive(trade("KRW-ETH", 6, "REALTIME"));
    const upbit_event *e = take(a);
    ck_assert_int_eq(e->type, UPBIT_TYPE_GAP);
    ck_assert_uint_eq(upbit_event_gap(e)->count, 1);
    upbit_event_unref(e);
    ck_assert_uint_eq(drain(a), 1);
    ck_assert_uint_eq(drain(b), 1);
    ck_assert_uint_eq(drain(c), 1);
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

START_TEST(a_snapshot_wish_gets_exactly_one)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, UPBIT_WANT_SNAPSHOT_ONLY);
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));
    ck_assert_uint_eq(drain(b), 0);
    receive(book("KRW-BTC", 1730336862200, "2", "SNAPSHOT"));
    receive(book("KRW-BTC", 1730336862300, "3", "SNAPSHOT"));
    const upbit_event *e = take(b);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(upbit_event_orderbook(e)->asks[0].size.lo, 2);
    upbit_event_unref(e);
    ck_assert_uint_eq(drain(b), 0);
    ck_assert_uint_eq(drain(a), 1); /* coalesced to the last */
    ck_assert_uint_eq(b->client.entry_count, 0);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(a_young_cache_serves_snapshots_an_old_one_asks)
{
    side *a = side_open(0), *b = side_open(0);
    upbit__key_id id = id_of(UPBIT_TYPE_ORDERBOOK, "KRW-BTC");
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    clock_ns = 1000000000;
    receive(book("KRW-BTC", 1730336862100, "1", "REALTIME"));
    ck_assert(upbit__fanout_snapshot(&fanout, &b->client, &id, 2, clock_ns + 900000000));
    upbit__batch_commit(&batch);
    const upbit_event *e = take(b);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_uint_eq(upbit_event_orderbook(e)->ask_count, 2);
    upbit_event_unref(e);
    ck_assert_uint_eq(b->client.entry_count, 0);
    ck_assert(!registry.dirty);
    ck_assert(!upbit__fanout_snapshot(&fanout, &b->client, &id, 2, clock_ns + 1100000000));
    ck_assert_uint_eq(drain(b), 0);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, UPBIT_WANT_SNAPSHOT_ONLY);
    ck_assert(registry.dirty && registry.again);
    side_close(a);
    side_close(b);
}
END_TEST

START_TEST(realtime_only_gets_no_snapshot)
{
    side *a = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, UPBIT_WANT_REALTIME_ONLY);
    receive(trade("KRW-BTC", 1, "SNAPSHOT"));
    receive(trade("KRW-BTC", 2, "REALTIME"));
    const upbit_event *e = take(a);
    ck_assert_int_eq(upbit_event_trade(e)->sequential_id, 2);
    upbit_event_unref(e);
    ck_assert_uint_eq(drain(a), 0);
    side_close(a);
}
END_TEST

START_TEST(a_late_joiner_gets_the_cached_value)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    upbit__entry *entry = want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    ck_assert(upbit__fanout_cached(&fanout, entry));
    upbit__batch_commit(&batch);
    const upbit_event *e = take(b);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT); /* whatever it was when it came */
    ck_assert_uint_eq(upbit_event_orderbook(e)->bid_count, 2);
    upbit_event_unref(e);
    /* The snapshot that the exchange sends again is no news to either. */
    receive(book("KRW-BTC", 1730336862100, "1", "SNAPSHOT"));
    ck_assert_uint_eq(drain(b), 0);
    ck_assert_uint_eq(drain(a), 1);
    side_close(a);
    side_close(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client fanout");
    TCase *tests = tcase_create("fanout");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, nobody_gets_a_strangers_event);
    tcase_add_test(tests, a_repeated_trade_goes_to_newcomers_only);
    tcase_add_test(tests, trades_without_an_id_are_all_news);
    tcase_add_test(tests, an_older_book_is_dropped_unless_the_clock_moved);
    tcase_add_test(tests, one_cut_book_for_all_who_want_that_depth);
    tcase_add_test(tests, a_book_that_was_thin_in_between_is_shown_again);
    tcase_add_test(tests, a_taker_who_left_and_came_back_misses_no_cut);
    tcase_add_test(tests, what_found_no_room_uses_up_its_takers_numbers_only);
    tcase_add_test(tests, a_snapshot_wish_gets_exactly_one);
    tcase_add_test(tests, a_young_cache_serves_snapshots_an_old_one_asks);
    tcase_add_test(tests, realtime_only_gets_no_snapshot);
    tcase_add_test(tests, a_late_joiner_gets_the_cached_value);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
