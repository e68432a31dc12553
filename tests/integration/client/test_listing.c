/* The market list is followed: what vanishes from it, what the stream says against it, and the
 * levels of its markets. */
#include "list_fixture.h"

START_TEST(a_delisted_code_leaves_and_is_told_to_its_owners)
{
    start(150, BOTH);
    upbit_proxy *all = stream_proxy(manager, "all", NULL);
    upbit_proxy *one = stream_proxy(manager, "one", NULL);
    upbit_proxy *other = stream_proxy(manager, "other", NULL);
    stream_want(all, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 0);
    stream_want(one, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-ADA,KRW-BTC", 0);
    stream_want(other, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    has_event(all, UPBIT_TYPE_TICKER, "KRW-ADA");
    has_event(one, UPBIT_TYPE_ORDERBOOK, "KRW-ADA");
    listing_set(&list, 200, "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE," BTC);
    told_once(all, UPBIT_TYPE_DELISTED, "KRW-ADA", UPBIT_TYPE_TICKER);
    told_once(one, UPBIT_TYPE_DELISTED, "KRW-ADA", UPBIT_TYPE_ORDERBOOK);
    no_event(other, UPBIT_TYPE_DELISTED, NULL, 0.05);
    no_event(one, UPBIT_TYPE_ERROR, NULL, 0.05);
    ck_assert(wire_gets("KRW-ADA", false));
    has_event(one, UPBIT_TYPE_ORDERBOOK, "KRW-BTC");
    has_event(all, UPBIT_TYPE_TICKER, "KRW-ETH");
    has_event(other, UPBIT_TYPE_TICKER, "KRW-BTC");
    /* Listed again it joins the selector; who named it had been told and asks again. */
    listing_set(&list, 200, BOTH);
    told_once(all, UPBIT_TYPE_LISTED, "KRW-ADA", UPBIT_TYPE_TICKER);
    has_event(all, UPBIT_TYPE_TICKER, "KRW-ADA");
    no_event(one, UPBIT_TYPE_ORDERBOOK, "KRW-ADA", 0.2);
    upbit_proxy_close(all);
    upbit_proxy_close(one);
    upbit_proxy_close(other);
    end();
}
END_TEST

START_TEST(a_list_that_lacks_much_is_asked_for_twice)
{
    start(150, BOTH);
    upbit_proxy *p = stream_proxy(manager, "all", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 0);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-ADA");
    /* Once: an accident. */
    int asked = listing_asked(&list);
    listing_set(&list, 200, "KRW-BTC,KRW-ETH");
    for (int i = 0; i < 200 && listing_asked(&list) == asked; i++)
        wait_ms(5);
    listing_set(&list, 200, BOTH);
    no_event(p, UPBIT_TYPE_DELISTED, NULL, 1.5);
    ck_assert_int_gt(listing_asked(&list), asked + 1);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-ADA");
    /* Twice: the truth. */
    listing_set(&list, 200, "KRW-BTC,KRW-ETH");
    has_event(p, UPBIT_TYPE_DELISTED, "KRW-ADA");
    ck_assert(wire_gets("KRW-SOL", false));
    ck_assert(on_wire("KRW-ETH"));
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(the_list_is_asked_for_while_anything_is_wanted)
{
    start(60, BOTH);
    upbit_proxy *p = stream_proxy(manager, "idle", NULL);
    wait_ms(1300);
    ck_assert_int_le(listing_asked(&list), 1); /* when it was opened, and no more */
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    wait_ms(1500);
    int asked = listing_asked(&list);
    ck_assert_int_ge(asked, 2);
    ck_assert_int_eq(upbit_proxy_unsubscribe_all(p, 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    wait_ms(200); /* one may be on its way */
    asked = listing_asked(&list);
    wait_ms(1200);
    ck_assert_int_eq(listing_asked(&list), asked);
    upbit_proxy_close(p);
    end();
}
END_TEST

static void send_ticker(const char *code, const char *state, const char *date)
{
    static int64_t time = 4070908800000; /* later than anything the mock says */
    char text[1200];
    snprintf(
        text, sizeof text,
        "{\"type\":\"ticker\",\"code\":\"%s\",\"opening_price\":1,\"high_price\":1,\"low_price\":1,"
        "\"trade_price\":1,\"prev_closing_price\":1,\"acc_trade_price\":1,\"change\":\"EVEN\","
        "\"change_price\":0,\"signed_change_price\":0,\"change_rate\":0,\"signed_change_rate\":0,"
        "\"ask_bid\":\"BID\",\"trade_volume\":1,\"acc_trade_volume\":1,\"trade_date\":\"20250926\","
        "\"trade_time\":\"081530\",\"trade_timestamp\":1758874530123,\"acc_ask_volume\":1,"
        "\"acc_bid_volume\":1,\"highest_52_week_price\":1,\"highest_52_week_date\":\"2025-10-09\","
        "\"lowest_52_week_price\":1,\"lowest_52_week_date\":\"2025-04-07\",\"market_state\":"
        "\"%s\",\"is_trading_suspended\":false,\"delisting_date\":%s,\"market_warning\":\"NONE\","
        "\"timestamp\":%lld,\"acc_trade_price_24h\":1,\"acc_trade_volume_24h\":1,"
        "\"stream_type\":\"REALTIME\"}",
        code, state, date, (long long)time++);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send", text), 200);
}

static int asked_within(int ms)
{
    wait_ms(ms);
    return listing_asked(&list);
}

START_TEST(the_stream_may_contradict_the_list)
{
    start_at("0", 0, BOTH);
    upbit_proxy *p = stream_proxy(manager, "news", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 0);
    has_event(p, UPBIT_TYPE_TICKER, "KRW-BTC");
    ck_assert_int_eq(asked_within(300), 1);
    send_ticker("KRW-BTC", "ACTIVE", "null");
    ck_assert_int_eq(asked_within(300), 1);
    send_ticker("KRW-BTC", "ACTIVE", "\"2026-12-24\"");
    ck_assert_int_eq(asked_within(1300), 2);
    send_ticker("KRW-BTC", "ACTIVE", "\"2026-12-24\""); /* known for weeks: not asked every time */
    ck_assert_int_eq(asked_within(1300), 2);
    listing_set(&list, 200, "KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE,KRW-ADA," BTC);
    send_ticker("KRW-BTC", "DELISTED", "\"2026-12-24\"");
    has_event(p, UPBIT_TYPE_DELISTED, "KRW-BTC");
    int asked = listing_asked(&list);
    send_ticker("KRW-NEW", "ACTIVE", "null"); /* a code nobody knows */
    ck_assert_int_eq(asked_within(1300), asked + 1);
    upbit_proxy_close(p);
    end();
}
END_TEST

static int level_reply(upbit_proxy *p, const char *code, int64_t level, char detail[96])
{
    static uint64_t id = 100;
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    upbit_decimal_from_int64(&want.book_level, level, 0);
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, code, ++id), 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_REPLY, NULL, 5);
    ck_assert_ptr_nonnull(e);
    int error = upbit_event_reply(e)->error;
    snprintf(detail, 96, "%s", upbit_event_reply(e)->detail);
    upbit_event_unref(e);
    return error;
}

START_TEST(a_level_that_is_not_supported_is_refused)
{
    start(0, BOTH);
    listing_instruments(&list, "[{\"market\":\"KRW-BTC\",\"quote_currency\":\"KRW\",\"tick_size\":"
                               "\"1000\",\"supported_levels\":[\"0\",\"10000\",\"100000\"]}]");
    upbit_proxy *p = stream_proxy(manager, "level", NULL);
    char detail[96];
    ck_assert_int_eq(level_reply(p, "KRW-BTC", 7, detail), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(detail, "KRW-BTC"));
    ck_assert_ptr_nonnull(strstr(detail, "0 10000 100000"));
    ck_assert_int_eq(level_reply(p, "KRW-BTC", 10000, detail), 0);
    ck_assert(wire_gets("\\\"level\\\":10000", true));
    ck_assert_int_eq(listing_instruments_asked(&list), 1); /* asked once, and only for a level */
    /* What cannot be had passes, and soon. */
    listing_instruments(&list, "");
    double asked = stream_now();
    ck_assert_int_eq(level_reply(p, "KRW-ETH", 7, detail), 0);
    ck_assert_double_lt(stream_now() - asked, 3);
    ck_assert_int_eq(level_reply(p, "KRW-ETH", 8, detail), 0);
    ck_assert_int_eq(listing_instruments_asked(&list), 2);
    ck_assert_int_eq(level_reply(p, "KRW-*", 10000, detail), 0);
    upbit_proxy_close(p);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client listing");
    TCase *tests = tcase_create("listing");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_delisted_code_leaves_and_is_told_to_its_owners);
    tcase_add_test(tests, a_list_that_lacks_much_is_asked_for_twice);
    tcase_add_test(tests, the_list_is_asked_for_while_anything_is_wanted);
    tcase_add_test(tests, the_stream_may_contradict_the_list);
    tcase_add_test(tests, a_level_that_is_not_supported_is_refused);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
