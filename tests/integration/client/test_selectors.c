/* KRW-* and its like: what the market list holds, and what comes and goes with it. The list is the
 * test's own, the streams are the mock exchange's. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/check_main.h"
#include "support/listing.h"
#include "support/stream.h"

#define KRW  "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE,KRW-ADA"
#define BTC  "BTC-ETH,BTC-XRP"
#define BOTH KRW "," BTC

static mock exchange;
static listing list;
static upbit_manager *manager;
static uint32_t listing_ms;

static void options(upbit_options *o)
{
    o->rest_url = list.url;
    o->listing_ms = listing_ms;
    o->no_data_ms = 5000;
}

static void start_at(const char *rate, uint32_t every_ms, const char *codes)
{
    const char *const arguments[] = {"--codes", "60", "--rate", rate, NULL};
    mock_start(&exchange, arguments);
    listing_start(&list, codes);
    if (codes[0] == '\0')
        listing_set(&list, 503, "");
    listing_ms = every_ms;
    manager = stream_manager(&exchange, options);
}

static void start(uint32_t every_ms, const char *codes)
{
    start_at("2000", every_ms, codes);
}

static void end(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
    listing_stop(&list);
}

static void wait_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static bool on_wire(const char *item)
{
    if (mock_call(&exchange, "GET", "/mock/stats", "") != 200)
        return false;
    return strstr(mock_answer(), item) != NULL;
}

/* The request the exchange got last is the one with this in it, or will be soon. */
static bool wire_gets(const char *item, bool there)
{
    for (double stop = stream_now() + 5; stream_now() < stop; wait_ms(10))
        if (on_wire(item) == there)
            return true;
    return false;
}

static void no_event(upbit_proxy *p, int type, const char *code, double seconds)
{
    const upbit_event *e = stream_event(p, type, code, seconds);
    ck_assert_msg(e == NULL, "%s %s came", upbit_type_name(type), e->code);
}

static void has_event(upbit_proxy *p, int type, const char *code)
{
    const upbit_event *e = stream_event(p, type, code, 5);
    ck_assert_msg(e != NULL, "no %s %s", upbit_type_name(type), code);
    upbit_event_unref(e);
}

/* The event about a key that is told exactly once. */
static void told_once(upbit_proxy *p, int type, const char *code, int key_type)
{
    const upbit_event *e = stream_event(p, type, code, 5);
    ck_assert_msg(e != NULL, "no %s %s", upbit_type_name(type), code);
    ck_assert_ptr_nonnull(upbit_event_key(e));
    ck_assert_int_eq((int)upbit_event_key(e)->key_type, key_type);
    upbit_event_unref(e);
    no_event(p, type, NULL, 0.3);
}

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
    start(0, "");
    upbit_proxy *p = stream_proxy(manager, "once", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    stream_want_full(p, upbit_proxy_subscribe, want, "BTC-*", 1);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
    listing_set(&list, 200, BOTH);
    has_event(p, UPBIT_TYPE_TICKER, "BTC-XRP");
    listing_set(&list, 200, BOTH ",BTC-ADA");
    no_event(p, UPBIT_TYPE_TICKER, "BTC-ADA", 0.3);
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(replace_takes_selectors_over_untouched)
{
    start(0, BOTH);
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
    upbit_proxy_close(p);
    end();
}
END_TEST

START_TEST(the_list_is_asked_for_while_anything_is_wanted)
{
    start(60, BOTH);
    upbit_proxy *p = stream_proxy(manager, "idle", NULL);
    wait_ms(300);
    ck_assert_int_le(listing_asked(&list), 1);
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

int main(void)
{
    Suite *suite = suite_create("client selectors");
    TCase *tests = tcase_create("selectors");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_selector_is_every_market_of_its_currency);
    tcase_add_test(tests, every_type_takes_a_selector);
    tcase_add_test(tests, other_stars_are_refused);
    tcase_add_test(tests, a_new_listing_joins_and_is_told);
    tcase_add_test(tests, a_delisted_code_leaves_and_is_told_to_its_owners);
    tcase_add_test(tests, a_list_that_lacks_much_is_asked_for_twice);
    tcase_add_test(tests, by_name_and_by_selector_are_two_holds);
    tcase_add_test(tests, the_wishes_of_the_name_count);
    tcase_add_test(tests, a_selector_waits_for_the_list);
    tcase_add_test(tests, a_selector_for_a_snapshot_is_expanded_once);
    tcase_add_test(tests, a_selector_for_a_snapshot_waits_for_the_list_too);
    tcase_add_test(tests, replace_takes_selectors_over_untouched);
    tcase_add_test(tests, the_list_is_asked_for_while_anything_is_wanted);
    tcase_add_test(tests, the_stream_may_contradict_the_list);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
