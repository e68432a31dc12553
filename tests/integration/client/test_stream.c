/* The public stream from the mock exchange to proxies: what is asked for arrives, and nothing else.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/stream.h"

static mock exchange;
static upbit_manager *manager;

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "60", "--rate", "2000", "--seed", "7", NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, NULL);
}

static void teardown(void)
{
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static uint64_t requests(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s.requests_sent;
}

static void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

START_TEST(every_public_type_arrives)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_CANDLE};
    upbit_proxy *p = stream_proxy(manager, "all_types", NULL);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(stream_want(p, upbit_proxy_subscribe, types[i], "KRW-BTC", i + 1), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(stream_reply(p, i + 1, 5), 0);
    for (size_t i = 0; i < 4; i++) {
        const upbit_event *e = stream_event(p, types[i], "KRW-BTC", 5);
        ck_assert_msg(e != NULL, "no %s", upbit_type_name(types[i]));
        ck_assert_uint_eq(e->epoch, 1);
        ck_assert_int_eq(e->origin, UPBIT_ORIGIN_STREAM);
        ck_assert_int_gt(e->received_ns, 0);
        upbit_event_unref(e);
    }
    upbit_proxy_close(p);
}
END_TEST

START_TEST(five_widgets_become_one_request)
{
    upbit_proxy *p[5];
    static const char *const codes[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-BTC,KRW-ETH",
                                        "KRW-SOL"};
    for (int i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "widget_%d", i);
        p[i] = stream_proxy(manager, id, NULL);
        ck_assert_int_eq(stream_want(p[i], upbit_proxy_subscribe, UPBIT_TYPE_TICKER, codes[i], 0),
                         0);
    }
    for (int i = 0; i < 5; i++)
        upbit_event_unref(stream_event(p[i], UPBIT_TYPE_TICKER, NULL, 5));
    ck_assert_uint_eq(requests(), 1);
    /* One of them goes: only what nobody else wants leaves the wire, which takes a second request.
     */
    upbit_proxy_close(p[4]);
    for (int i = 0; i < 100 && requests() < 2; i++)
        wait_ms(10);
    ck_assert_uint_eq(requests(), 2);
    upbit_proxy_close(
        p[3]); /* BTC and ETH are still wanted by others: nothing to tell the exchange */
    wait_ms(300);
    ck_assert_uint_eq(requests(), 2);
    for (int i = 0; i < 3; i++)
        upbit_proxy_close(p[i]);
}
END_TEST

START_TEST(unknown_code_is_refused_to_its_asker_only)
{
    upbit_proxy *good = stream_proxy(manager, "good", NULL);
    upbit_proxy *bad = stream_proxy(manager, "bad", NULL);
    stream_want(good, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 1);
    ck_assert_int_eq(
        stream_want(bad, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-NOSUCH", 2), 0);
    ck_assert_int_eq(stream_reply(bad, 2, 5), UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_int_eq(stream_reply(good, 1, 5), 0);
    const upbit_event *e = stream_event(good, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    /* Without a request id the refusal is an ERROR event that names the code. */
    stream_want(bad, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-NOSUCH", 0);
    e = stream_event(bad, UPBIT_TYPE_ERROR, NULL, 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_error(e)->error, UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_ptr_nonnull(strstr(upbit_event_error(e)->message, "KRW-NOSUCH"));
    upbit_event_unref(e);
    upbit_proxy_close(good);
    upbit_proxy_close(bad);
}
END_TEST

static bool is_old_code(const upbit_event *e, const void *context)
{
    return e->type == UPBIT_TYPE_TRADE && strcmp(e->code, context) == 0;
}

START_TEST(replace_switches_without_disturbing_others)
{
    upbit_proxy *book = stream_proxy(manager, "trades_1", NULL);
    upbit_proxy *list = stream_proxy(manager, "list_1", NULL);
    stream_want(list, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 0);
    stream_want(book, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    upbit_event_unref(stream_event(book, UPBIT_TYPE_TRADE, "KRW-BTC", 5));
    ck_assert_int_eq(stream_want(book, upbit_proxy_replace, UPBIT_TYPE_TRADE, "KRW-ETH", 9), 0);
    ck_assert_int_eq(stream_reply(book, 9, 5), 0);
    /* After the REPLY no event of the old set: look at everything for a while. */
    ck_assert_ptr_null(stream_until(book, is_old_code, "KRW-BTC", 0.7, NULL));
    upbit_event_unref(stream_event(list, UPBIT_TYPE_TICKER, "KRW-BTC", 5));
    stream_want(book, upbit_proxy_replace, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    const upbit_event *e = stream_event(book, UPBIT_TYPE_TRADE, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(book);
    upbit_proxy_close(list);
}
END_TEST

START_TEST(unsubscribe_is_a_barrier)
{
    upbit_proxy *p = stream_proxy(manager, "barrier", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TRADE, "KRW-BTC", 5));
    stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 3);
    ck_assert_int_eq(stream_reply(p, 3, 5), 0);
    ck_assert_ptr_null(stream_until(p, is_old_code, "KRW-BTC", 0.4, NULL));
    /* Repeating is harmless; so is leaving what was never wanted. */
    stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH", 4);
    ck_assert_int_eq(stream_reply(p, 4, 5), 0);
    ck_assert_int_eq(upbit_proxy_unsubscribe_all(p, 5), 0);
    ck_assert_int_eq(stream_reply(p, 5, 5), 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_snapshot_beside_a_stream_comes_exactly_once)
{
    upbit_proxy *live = stream_proxy(manager, "live", NULL),
                *once = stream_proxy(manager, "once", NULL);
    stream_want(live, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_event_unref(stream_event(live, UPBIT_TYPE_TICKER, "KRW-BTC", 5));
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    ck_assert_int_eq(stream_want_full(once, upbit_proxy_subscribe, want, "KRW-BTC", 0), 0);
    const upbit_event *e = stream_event(once, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT);
    upbit_event_unref(e);
    ck_assert_ptr_null(stream_event(once, UPBIT_TYPE_TICKER, NULL, 0.4));
    e = stream_event(live, UPBIT_TYPE_TICKER, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(live);
    upbit_proxy_close(once);
}
END_TEST

static bool is_snapshot(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_TICKER && e->stream == UPBIT_STREAM_SNAPSHOT;
}

static bool is_realtime(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_TICKER && e->stream == UPBIT_STREAM_REALTIME;
}

START_TEST(a_snapshot_of_what_one_streams_does_not_end_the_stream)
{
    upbit_proxy *p = stream_proxy(manager, "both", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_event_unref(stream_until(p, is_realtime, NULL, 5, NULL));
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=1", ""), 200);
    wait_ms(1100); /* the cached value is too old for others by then */
    for (const upbit_event *e; (e = stream_event(p, UPBIT_TYPE_TICKER, NULL, 0.01)) != NULL;)
        upbit_event_unref(e); /* what was on its way */
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0), 0);
    const upbit_event *e = stream_until(p, is_snapshot, NULL, 5, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    upbit_event_unref(e);
    ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/silence?on=0", ""), 200);
    for (int i = 0; i < 3; i++) {
        e = stream_until(p, is_realtime, NULL, 5, NULL);
        ck_assert_ptr_nonnull(e);
        upbit_event_unref(e);
    }
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_late_joiner_gets_the_cache_at_once)
{
    upbit_proxy *first = stream_proxy(manager, "first", NULL);
    stream_want(first, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    upbit_event_unref(stream_event(first, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5));
    uint64_t before = requests();
    upbit_proxy_options fifo = UPBIT_PROXY_OPTIONS_INIT;
    fifo.policy =
        UPBIT_POLICY_DROP_OLDEST; /* so that the first value is not overtaken by the next */
    upbit_proxy *late = stream_proxy(manager, "late", &fifo);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 5;
    stream_want_full(late, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    const upbit_event *e = stream_event(late, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_int_le(upbit_event_orderbook(e)->ask_count, 5);
    upbit_event_unref(e);
    wait_ms(200);
    ck_assert_uint_eq(requests(), before); /* the wire already has more than it needs */
    upbit_proxy_close(first);
    upbit_proxy_close(late);
}
END_TEST

static bool is_deeper_than_five(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_ORDERBOOK && upbit_event_orderbook(e)->ask_count > 5;
}

START_TEST(a_deeper_wish_makes_the_wire_deeper)
{
    upbit_proxy *flat = stream_proxy(manager, "flat", NULL);
    upbit_proxy *deep = stream_proxy(manager, "deep", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 1;
    stream_want_full(flat, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    upbit_event_unref(stream_event(flat, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5));
    want.book_depth = 12;
    stream_want_full(deep, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    const upbit_event *e = stream_until(deep, is_deeper_than_five, NULL, 5, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_le(upbit_event_orderbook(e)->ask_count, 12);
    upbit_event_unref(e);
    e = stream_event(flat, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_eq(upbit_event_orderbook(e)->ask_count, 1);
    upbit_event_unref(e);
    upbit_proxy_close(flat);
    upbit_proxy_close(deep);
}
END_TEST

START_TEST(a_change_that_is_undone_costs_no_request)
{
    upbit_proxy *p = stream_proxy(manager, "undone", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 5));
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-ETH", 0);
    stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TICKER, "KRW-ETH", 7);
    ck_assert_int_eq(stream_reply(p, 7, 5), 0);
    wait_ms(300);
    ck_assert_uint_eq(requests(), 1);
    upbit_proxy_close(p);
}
END_TEST

static bool is_gap(const upbit_event *e, const void *context)
{
    (void)context;
    return e->type == UPBIT_TYPE_GAP;
}

START_TEST(a_slow_widget_loses_exactly_what_its_gap_says)
{
    upbit_proxy_options slow_options = UPBIT_PROXY_OPTIONS_INIT;
    slow_options.queue_messages = 16;
    upbit_proxy *slow = stream_proxy(manager, "slow", &slow_options);
    upbit_proxy *quick = stream_proxy(manager, "quick", NULL);
    const char *codes = "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE,KRW-ADA";
    stream_want(slow, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes, 0);
    stream_want(quick, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes, 0);
    uint64_t dropped = 0;
    upbit_proxy_stats s;
    for (int i = 0; i < 200 && dropped == 0; i++) {
        const upbit_event *e = stream_event(quick, UPBIT_TYPE_TRADE, NULL, 0.05);
        upbit_event_unref(e);
        upbit_proxy_get_stats(slow, &s, sizeof s);
        dropped = s.dropped;
    }
    ck_assert_uint_gt(dropped, 0);
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    const upbit_event *gap = stream_until(slow, is_gap, NULL, 2, &d);
    ck_assert_ptr_nonnull(gap);
    const upbit_gap *g = upbit_event_gap(gap);
    ck_assert_int_eq((int)g->lane_type, UPBIT_TYPE_TRADE);
    ck_assert_uint_eq(g->last - g->first + 1, g->count);
    uint64_t next = g->last + 1;
    upbit_event_unref(gap);
    ck_assert_int_eq(upbit_proxy_next(slow, &d), 1);
    ck_assert_uint_eq(d.number, next);
    upbit_event_unref(d.event);
    upbit_proxy_get_stats(quick, &s, sizeof s);
    ck_assert_uint_eq(s.dropped, 0);
    upbit_proxy_close(slow);
    upbit_proxy_close(quick);
}
END_TEST

static void format_simple_list(upbit_options *o)
{
    o->format = UPBIT_FORMAT_SIMPLE_LIST;
}

static void format_json_list(upbit_options *o)
{
    o->format = UPBIT_FORMAT_JSON_LIST;
}

static void format_default(upbit_options *o)
{
    o->format = UPBIT_FORMAT_DEFAULT;
}

START_TEST(every_format_gives_the_same_events)
{
    static void (*const changes[])(upbit_options *) = {format_default, format_simple_list,
                                                       format_json_list};
    upbit_manager *m = stream_manager(&exchange, changes[_i]);
    upbit_proxy *p = stream_proxy(m, "format", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "BTC-ETH", 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_uint_gt(upbit_event_orderbook(e)->ask_count, 0);
    upbit_event_unref(e);
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_eq(s.decode_errors, 0);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

static bool is_trade_number(const upbit_event *e, const void *context)
{
    const upbit_trade *t = upbit_event_trade(e);
    return t != NULL && t->sequential_id == *(const int64_t *)context;
}

/* LIST_SUBSCRIPTIONS and a renewed request can make the exchange change its spelling at any frame.
 */
START_TEST(the_format_may_change_with_every_frame)
{
#define DEFAULT                                                                                    \
    "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"trade_price\":7E7,\"trade_volume\":0.5,"           \
    "\"ask_bid\":\"BID\",\"trade_timestamp\":1790000000000,\"sequential_id\":%lld,"                \
    "\"stream_type\":\"REALTIME\"}"
#define SIMPLE                                                                                     \
    "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\",\"tp\":70000000,\"tv\":0.5,\"ab\":\"BID\","              \
    "\"ttms\":1790000000000,\"sid\":%lld,\"st\":\"REALTIME\"}"
    static const char *const spellings[] = {DEFAULT, SIMPLE, "[" DEFAULT "]", "[" SIMPLE "]"};
#undef DEFAULT
#undef SIMPLE
    upbit_proxy *p = stream_proxy(manager, "spellings", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TRADE, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    for (int64_t n = 0; n < 16; n++) {
        char text[400];
        int64_t id = 1000 + n;
        /* Each spelling behind each other one. */
        snprintf(text, sizeof text, spellings[(n + n / 4) % 4], (long long)id);
        ck_assert_int_eq(mock_call(&exchange, "POST", "/mock/send", text), 200);
        e = stream_until(p, is_trade_number, &id, 5, NULL);
        ck_assert_msg(e != NULL, "not decoded: %s", text);
        char price[UPBIT_DECIMAL_STRING_SIZE];
        upbit_decimal_to_string(&upbit_event_trade(e)->trade_price, price, sizeof price);
        ck_assert_str_eq(price, "70000000");
        ck_assert_str_eq(e->code, "KRW-BTC");
        ck_assert_int_eq(upbit_event_trade(e)->trade_timestamp, 1790000000000);
        upbit_event_unref(e);
    }
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.decode_errors, 0);
    ck_assert_uint_eq(s.reconnects, 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(grouped_and_plain_books_of_one_market_are_two_keys)
{
    upbit_proxy *p = stream_proxy(manager, "grouped", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    ck_assert_int_eq(upbit_decimal_from_int64(&want.book_level, 10000, 0), 0);
    stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 5);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_decimal_compare(&upbit_event_orderbook(e)->level, &want.book_level), 0);
    upbit_event_unref(e);
    upbit_proxy_close(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client stream");
    TCase *tests = tcase_create("stream");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_public_type_arrives);
    tcase_add_test(tests, five_widgets_become_one_request);
    tcase_add_test(tests, unknown_code_is_refused_to_its_asker_only);
    tcase_add_test(tests, replace_switches_without_disturbing_others);
    tcase_add_test(tests, unsubscribe_is_a_barrier);
    tcase_add_test(tests, a_snapshot_beside_a_stream_comes_exactly_once);
    tcase_add_test(tests, a_snapshot_of_what_one_streams_does_not_end_the_stream);
    tcase_add_test(tests, a_late_joiner_gets_the_cache_at_once);
    tcase_add_test(tests, a_deeper_wish_makes_the_wire_deeper);
    tcase_add_test(tests, a_change_that_is_undone_costs_no_request);
    tcase_add_test(tests, a_slow_widget_loses_exactly_what_its_gap_says);
    tcase_add_loop_test(tests, every_format_gives_the_same_events, 0, 3);
    tcase_add_test(tests, the_format_may_change_with_every_frame);
    tcase_add_test(tests, grouped_and_plain_books_of_one_market_are_two_keys);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
