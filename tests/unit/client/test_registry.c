/* The registry and its one request: the union, depths, levels, what lingers. */
#include "rig.h"

START_TEST(the_request_is_the_union_whatever_the_order)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_TICKER, "KRW-XRP", 0, 0);
    want(a, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 0);
    want(b, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 0);
    want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    ck_assert_str_eq(
        request(), "[{\"ticket\":\"T\"},{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\",\"KRW-XRP\"]},"
                   "{\"type\":\"trade\",\"codes\":[\"KRW-BTC\"]},{\"format\":\"DEFAULT\"}]");
    side_close(a); /* only what nobody else wants leaves */
    ck_assert_str_eq(request(),
                     "[{\"ticket\":\"T\"},{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\"]},"
                     "{\"type\":\"trade\",\"codes\":[\"KRW-BTC\"]},{\"format\":\"DEFAULT\"}]");
    side_close(b);
}
END_TEST

START_TEST(depths_and_levels_and_snapshots_in_the_request)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 3, 0);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 7, 0);
    want(b, UPBIT_TYPE_TICKER, "KRW-ETH", 0, UPBIT_WANT_SNAPSHOT_ONLY);
    ck_assert_str_eq(
        request(),
        "[{\"ticket\":\"T\"},{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC.15\"]},{\"type\":"
        "\"ticker\",\"codes\":[\"KRW-ETH\"],\"is_only_snapshot\":true},{\"format\":\"DEFAULT\"}]");
    upbit__wanted_sent(&registry, 1, 1);
    side_close(b);
    /* Shallower waits for the next request; it is no reason for one. */
    ck_assert_str_eq(request(),
                     "[{\"ticket\":\"T\"},{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC.5\"]},"
                     "{\"format\":\"DEFAULT\"}]");
    ck_assert(!registry.dirty);
    side_close(a);
    ck_assert(registry.dirty);
    ck_assert_str_eq(request(), "[{\"ticket\":\"T\"},{\"type\":\"ticker\",\"codes\":[\"KRW-BTC\"],"
                                "\"is_only_snapshot\":true},{\"format\":\"DEFAULT\"}]");
}
END_TEST

START_TEST(the_text_is_the_same_however_it_came_about)
{
    static const char *const codes[] = {"KRW-XRP", "BTC-ETH", "KRW-BTC", "USDT-BTC", "KRW-ETH"};
    char first[600];
    for (int turn = 0; turn < 5; turn++) {
        side *a = side_open(0), *b = side_open(0);
        for (int i = 0; i < 5; i++) {
            side *s = (turn + i) % 2 ? a : b;
            want(s, UPBIT_TYPE_TRADE, codes[(turn + i) % 5], 0, 0);
            want(s, UPBIT_TYPE_TICKER, codes[(2 * turn + i) % 5], 0, 0);
        }
        if (turn == 0)
            snprintf(first, sizeof first, "%s", request());
        ck_assert_str_eq(request(), first);
        side_close(a);
        side_close(b);
    }
}
END_TEST

static upbit__entry *want_level(side *s, const char *code, int64_t level, unsigned depth)
{
    upbit__key_id id = id_of(UPBIT_TYPE_ORDERBOOK, code);
    ck_assert_int_eq(upbit_decimal_from_int64(&id.level, level, 0), 0);
    upbit__entry *e;
    bool joined;
    ck_assert_int_eq(upbit__registry_add(&registry, &s->client, &id, depth, 0, &e, &joined), 0);
    return e;
}

START_TEST(one_suffix_for_each_code_and_level)
{
    side *a = side_open(0), *b = side_open(0), *c = side_open(0);
    want_level(a, "KRW-BTC", 0, 1);
    want_level(b, "KRW-BTC", 0, 5);
    want_level(c, "KRW-BTC", 0, 2);
    want_level(a, "KRW-BTC", 10000, 15);
    want_level(b, "KRW-BTC", 10000, 6);
    ck_assert_str_eq(
        request(),
        "[{\"ticket\":\"T\"},{\"type\":\"orderbook\",\"codes\":[\"KRW-BTC.5\"]},{\"type\":"
        "\"orderbook\",\"codes\":[\"KRW-BTC.15\"],\"level\":10000},{\"format\":\"DEFAULT\"}]");
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

START_TEST(the_smallest_depth_that_covers_every_asker)
{
    static const struct {
        unsigned asked, other;
        const char *suffix;
    } cases[] = {{1, 1, ".1\""},   {2, 1, ".5\""},   {5, 1, ".5\""},   {6, 5, ".15\""},
                 {15, 1, ".15\""}, {16, 2, ".30\""}, {30, 1, ".30\""}, {3, 0, "BTC\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        side *a = side_open(0), *b = side_open(0);
        want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", cases[i].asked, 0);
        want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", cases[i].other, 0);
        ck_assert_msg(strstr(request(), cases[i].suffix) != NULL, "%zu: %s", i, request());
        side_close(a);
        side_close(b);
    }
}
END_TEST

START_TEST(deeper_is_asked_for_at_once_shallower_waits)
{
    side *a = side_open(0), *b = side_open(0), *c = side_open(0);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5, 0);
    upbit__wanted_sent(&registry, 1, 1);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 4, 0); /* covered */
    ck_assert(!registry.dirty);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 6, 0);
    ck_assert(registry.dirty);
    upbit__wanted_sent(&registry, 2, 2);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 1, 0); /* shallower again */
    ck_assert(!registry.dirty);
    want(c, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 15, 0); /* the wire still has 15 */
    ck_assert(!registry.dirty);
    want(c, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    ck_assert(registry.dirty);
    upbit__wanted_sent(&registry, 3, 3);
    want(c, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 2, 0);
    ck_assert(!registry.dirty);
    want(c, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 0); /* a reason to ask takes the depth along */
    ck_assert_ptr_nonnull(strstr(request(), "KRW-BTC.5"));
    side_close(a);
    side_close(b);
    side_close(c);
}
END_TEST

START_TEST(what_is_given_up_and_wanted_again_has_its_value)
{
    side *a = side_open(0), *b = side_open(0);
    want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    want(a, UPBIT_TYPE_TICKER, "KRW-ETH", 0, 0);
    upbit__wanted_sent(&registry, 1, 1);
    receive(trade("KRW-BTC", 1, "SNAPSHOT"));
    side_close(a);
    ck_assert_uint_eq(registry.key_count, 0);
    ck_assert(registry.dirty);
    receive(trade("KRW-BTC", 2, "REALTIME")); /* still on the wire, nobody's */
    ck_assert_uint_eq(counters.events_unwanted, 1);
    upbit__entry *entry = want(b, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0);
    ck_assert_uint_eq(registry.key_count, 1);
    /* The request may turn out equal to the last: then nothing else brings it. */
    ck_assert(upbit__fanout_cached(&fanout, entry));
    upbit__batch_commit(&batch);
    const upbit_event *e = take(b);
    ck_assert_int_eq(upbit_event_trade(e)->sequential_id, 2);
    upbit_event_unref(e);
    receive(trade("KRW-BTC", 2, "SNAPSHOT"));
    ck_assert_uint_eq(drain(b), 0); /* and the repeat is known as one */
    upbit__wanted_sent(&registry, 2, 2);
    ck_assert_uint_eq(registry.lingering, 0); /* the ticker has gone for good */
    upbit__key_id id = id_of(UPBIT_TYPE_TICKER, "KRW-ETH");
    ck_assert_ptr_null(upbit__registry_find(&registry, &id));
    side_close(b);
}
END_TEST

START_TEST(what_lingers_goes_with_the_connection)
{
    side *a = side_open(0);
    for (int i = 0; i < 200; i++) { /* more than the first buckets */
        char code[16];
        snprintf(code, sizeof code, "KRW-C%d", i);
        want(a, UPBIT_TYPE_TICKER, code, 0, 0);
    }
    upbit__wanted_sent(&registry, 1, 1);
    side_close(a);
    ck_assert_uint_eq(registry.lingering, 200);
    upbit__wanted_lost(&registry);
    ck_assert_uint_eq(registry.lingering, 0);
    ck_assert(!registry.dirty);
}
END_TEST

/* Without room for the first ids a repeat could pass: it is there before the first trade. */
START_TEST(a_key_of_trades_has_room_for_ids_from_the_start)
{
    side *a = side_open(0);
    ck_assert_uint_gt(want(a, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 0)->key->sids.capacity, 0);
    ck_assert_uint_eq(want(a, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 0)->key->sids.capacity, 0);
    side_close(a);
}
END_TEST

/* Where nobody has wishes of his own, the fan-out does not look at each entry. */
START_TEST(wishes_of_single_entries_are_counted)
{
    side *a = side_open(0), *b = side_open(0);
    upbit__key *key = want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0)->key;
    ck_assert_uint_eq(key->particular, 0);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5, 0);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, UPBIT_WANT_REALTIME_ONLY);
    ck_assert_uint_eq(key->particular, 2);
    want(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 3, UPBIT_WANT_REALTIME_ONLY); /* still one entry */
    ck_assert_uint_eq(key->particular, 2);
    want(a, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 0);
    ck_assert_uint_eq(key->particular, 1);
    side_close(b);
    ck_assert_uint_eq(key->particular, 0);
    side_close(a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client registry");
    TCase *tests = tcase_create("registry");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_request_is_the_union_whatever_the_order);
    tcase_add_test(tests, depths_and_levels_and_snapshots_in_the_request);
    tcase_add_test(tests, the_text_is_the_same_however_it_came_about);
    tcase_add_test(tests, a_key_of_trades_has_room_for_ids_from_the_start);
    tcase_add_test(tests, one_suffix_for_each_code_and_level);
    tcase_add_test(tests, the_smallest_depth_that_covers_every_asker);
    tcase_add_test(tests, deeper_is_asked_for_at_once_shallower_waits);
    tcase_add_test(tests, what_is_given_up_and_wanted_again_has_its_value);
    tcase_add_test(tests, what_lingers_goes_with_the_connection);
    tcase_add_test(tests, wishes_of_single_entries_are_counted);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
