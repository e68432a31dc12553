/* KRW-* and its like: what the market list holds, and what joins it. */
#include "list_fixture.h"

START_TEST(a_selector_is_every_market_of_its_currency)
{
    static const char *const codes[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL", "KRW-ADA"};
    start(0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "all", NULL), *q = stream_proxy(manager, "mixed", NULL);
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    stream_want(q, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "BTC-*,KRW-BTC", 2);
    ck_assert_int_eq(stream_reply(q, 2, 5), 0);
    for (size_t i = 0; i < 5; i++)
        has_event(p, UPBIT_TYPE_TICKER, codes[i]);
    ck_assert(on_wire("[\\\"KRW-ADA\\\",\\\"KRW-BTC\\\",\\\"KRW-DOGE\\\",\\\"KRW-ETH\\\","
                      "\\\"KRW-SOL\\\",\\\"KRW-XRP\\\"]"));
    ck_assert(wire_gets("[\\\"BTC-ETH\\\",\\\"BTC-XRP\\\",\\\"KRW-BTC\\\"]", true));
    has_event(q, UPBIT_TYPE_TRADE, "BTC-XRP");
    no_event(p, UPBIT_TYPE_TICKER, "BTC-ETH", 0.1);
    upbit_proxy_close(p);
    upbit_proxy_close(q);
    end();
}
END_TEST

START_TEST(every_type_takes_a_selector)
{
    start(0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "all", NULL);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_CANDLE; type++)
        ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, type, "BTC-*", 0), 0);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_CANDLE; type++)
        has_event(p, type, "BTC-XRP");
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(other_stars_are_refused)
{
    static const char *const bad[] = {"*",      "KRW*",   "KRW-B*", "-*",       "krw-*", "*-BTC",
                                      "KRW-*X", "KRW-**", "K-R-*",  "KRW-BTC*", "KRW-*-"};
    start(0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "stars", NULL);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, bad[i], 0),
                         UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "KRW-*"));
    }
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    upbit_decimal_from_int64(&want.book_level, 1000, 0);
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "BTC-*", 0),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    /* A currency without markets is a code the exchange does not list. */
    ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "EUR-*", 3), 0);
    ck_assert_int_eq(stream_reply(p, 3, 5), UPBIT_ERROR_UNKNOWN_CODE);
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(a_new_listing_joins_and_is_told)
{
    start(150, BOTH);
    upbit_proxy *p = stream_proxy(manager, "all", NULL), *q = stream_proxy(manager, "one", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-*", 0);
    stream_want(q, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    has_event(p, UPBIT_TYPE_TRADE, "KRW-ADA");
    has_event(q, UPBIT_TYPE_TRADE, "KRW-BTC");
    listing_set(&list, 200, BOTH ",KRW-TRX");
    told_once(p, UPBIT_TYPE_LISTED, "KRW-TRX", UPBIT_TYPE_TRADE);
    has_event(p, UPBIT_TYPE_TRADE, "KRW-TRX");
    no_event(q, UPBIT_TYPE_LISTED, NULL, 0.05);
    no_event(q, UPBIT_TYPE_TRADE, "KRW-TRX", 0.05);
    /* Nobody's stream was cut for it, and nothing came to anybody twice. */
    no_event(q, UPBIT_TYPE_EPOCH, NULL, 0.05);
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.reconnects, 0);
    ck_assert_uint_eq(s.keys, 7);
    upbit_proxy_close(p);
    upbit_proxy_close(q);
    end();
}
END_TEST

START_TEST(by_name_and_by_selector_are_two_holds)
{
    start(0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "both", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 0);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 1);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-BTC");
    stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 2);
    ck_assert_int_eq(stream_reply(p, 2, 5), 0);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-BTC");
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-ETH", 0);
    stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TICKER, "KRW-*", 3);
    ck_assert_int_eq(stream_reply(p, 3, 5), 0);
    no_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0.1);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-ETH");
    ck_assert(wire_gets("KRW-BTC", false));
    ck_assert(on_wire("KRW-ETH"));
    upbit_proxy_close(p);
    end();
}
END_TEST

static bool has_rows(const upbit_event *e, const void *context)
{
    const upbit_orderbook *book = upbit_event_orderbook(e);
    return book != NULL && strcmp(e->code, "KRW-BTC") == 0 &&
           book->ask_count == *(const uint32_t *)context;
}

static bool shows(upbit_proxy *p, uint32_t rows)
{
    const upbit_event *e = stream_until(p, has_rows, &rows, 5, NULL);
    upbit_event_unref(e);
    return e != NULL;
}

START_TEST(the_wishes_of_the_name_count)
{
    start(0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "wishes", NULL);
    upbit_want all = UPBIT_WANT_INIT, one = UPBIT_WANT_INIT;
    all.type = one.type = UPBIT_TYPE_ORDERBOOK;
    all.book_depth = 4;
    one.book_depth = 2;
    stream_want_full(p, upbit_proxy_subscribe, all, "KRW-*", 0);
    ck_assert(shows(p, 4));
    stream_want_full(p, upbit_proxy_subscribe, one, "KRW-BTC", 1);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    ck_assert(shows(p, 2));
    stream_want_full(p, upbit_proxy_subscribe, all, "KRW-*", 2); /* repeating changes nothing */
    ck_assert_int_eq(stream_reply(p, 2, 5), 0);
    uint32_t four = 4;
    ck_assert_ptr_null(stream_until(p, has_rows, &four, 0.2, NULL));
    stream_want_full(p, upbit_proxy_unsubscribe, one, "KRW-BTC", 0);
    ck_assert(shows(p, 4));
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(a_selector_waits_for_the_list)
{
    start(0, "");
    upbit_proxy *p = stream_proxy(manager, "early", NULL);
    double asked = stream_now();
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*,BTC-XRP", 1);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "EUR-*", 2);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    ck_assert_int_eq(stream_reply(p, 2, 5), 0);
    ck_assert_double_lt(stream_now() - asked, 3);
    has_event(p, UPBIT_TYPE_TICKER, "BTC-XRP"); /* passes unchecked */
    listing_set(&list, 200, BOTH);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ERROR, NULL, 5);
    ck_assert_ptr_nonnull(e); /* only now is it known that there is no EUR-* */
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_ptr_nonnull(strstr(upbit_event_error(e)->message, "EUR-*"));
    upbit_event_unref(e);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-ADA");
    no_event(p, UPBIT_TYPE_LISTED, NULL, 0.05); /* nothing of it is new */
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(a_selector_for_a_snapshot_is_expanded_once)
{
    start(150, BOTH);
    upbit_proxy_options fifo = UPBIT_PROXY_OPTIONS_INIT;
    fifo.policy = UPBIT_POLICY_DROP_OLDEST;
    upbit_proxy *p = stream_proxy(manager, "once", &fifo);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    stream_want_full(p, upbit_proxy_subscribe, want, "KRW-*", 0);
    for (size_t i = 0; i < 6; i++)
        has_event(p, UPBIT_TYPE_TICKER, NULL);
    listing_set(&list, 200, BOTH ",KRW-TRX");
    no_event(p, UPBIT_TYPE_LISTED, NULL, 0.6);
    no_event(p, UPBIT_TYPE_TICKER, NULL, 0.1);
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(a_selector_for_a_snapshot_waits_for_the_list_too)
{
    start(150, "");
    upbit_proxy *p = stream_proxy(manager, "once", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    stream_want_full(p, upbit_proxy_subscribe, want, "BTC-*", 1);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    listing_set(&list, 200, BOTH);
    has_event(p, UPBIT_TYPE_TICKER, "BTC-XRP");
    listing_set(&list, 200, BOTH ",BTC-ADA");
    no_event(p, UPBIT_TYPE_LISTED, NULL, 1.5);
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(replace_takes_selectors_over_untouched)
{
    start(150, BOTH);
    upbit_proxy *p = stream_proxy(manager, "switch", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-*", 0);
    has_event(p, UPBIT_TYPE_TRADE, "KRW-BTC");
    stream_want(p, upbit_proxy_replace, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH", 1);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    no_event(p, UPBIT_TYPE_TRADE, "KRW-ADA", 0.2);
    has_event(p, UPBIT_TYPE_TRADE, "KRW-BTC");
    stream_want(p, upbit_proxy_replace, UPBIT_TYPE_TRADE, "BTC-*,KRW-ETH", 2);
    ck_assert_int_eq(stream_reply(p, 2, 5), 0);
    no_event(p, UPBIT_TYPE_TRADE, "KRW-BTC", 0.2);
    has_event(p, UPBIT_TYPE_TRADE, "BTC-XRP");
    has_event(p, UPBIT_TYPE_TRADE, "KRW-ETH");
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.keys, 3);
    stream_want(p, upbit_proxy_replace, UPBIT_TYPE_TRADE, "KRW-SOL", 3);
    ck_assert_int_eq(stream_reply(p, 3, 5), 0);
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.keys, 1);
    listing_set(&list, 200, BOTH ",KRW-TRX,BTC-ADA"); /* nothing follows the list any more */
    no_event(p, UPBIT_TYPE_LISTED, NULL, 1.5);
    upbit_proxy_close(p);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client selectors");
    TCase *tests = tcase_create("selectors");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_selector_is_every_market_of_its_currency);
    tcase_add_test(tests, every_type_takes_a_selector);
    tcase_add_test(tests, other_stars_are_refused);
    tcase_add_test(tests, a_new_listing_joins_and_is_told);
    tcase_add_test(tests, by_name_and_by_selector_are_two_holds);
    tcase_add_test(tests, the_wishes_of_the_name_count);
    tcase_add_test(tests, a_selector_waits_for_the_list);
    tcase_add_test(tests, a_selector_for_a_snapshot_is_expanded_once);
    tcase_add_test(tests, a_selector_for_a_snapshot_waits_for_the_list_too);
    tcase_add_test(tests, replace_takes_selectors_over_untouched);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
