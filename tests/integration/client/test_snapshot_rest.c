/* get_snapshot against the mock exchange, from REST: in few questions, whole or with the reason why
 * not, and ended in the middle. */
#include <stdio.h>
#include <string.h>

#include "snapshot_rig.h"
#include "support/check_main.h"

static void setup(void)
{
    begin("3000", "60");
}

static void setup_still(void)
{
    begin("0", "60"); /* nothing moves: what is cached gets old */
}

static void setup_whole(void)
{
    begin("0", "700");
}

START_TEST(what_is_not_streamed_comes_by_rest)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_CANDLE};
    static answer r;
    upbit_proxy *p = stream_proxy(manager, "rest", NULL);
    ck_assert(stream_is_live(p, 5));
    long asked = stream_requests();
    for (uint64_t i = 0; i < 4; i++) {
        ask(p, types[i], "KRW-ETH,KRW-BTC", 0, i + 1);
        answer_read(&r, p, i + 1, 5);
        ck_assert_msg(r.error == 0, "%s", r.detail);
        ck_assert_int_eq(r.count, 2);
        ck_assert_str_eq(r.events[0]->code, "KRW-ETH");
        ck_assert_str_eq(r.events[1]->code, "KRW-BTC");
        for (int k = 0; k < 2; k++) {
            ck_assert_uint_eq(r.events[k]->type, (unsigned)types[i]);
            ck_assert_int_eq(r.events[k]->origin, UPBIT_ORIGIN_REST);
            ck_assert_uint_eq(r.events[k]->epoch, 1);
            ck_assert_int_gt(r.events[k]->received_ns, 0);
            ck_assert_int_gt(r.events[k]->received_ms, 1000000000000);
        }
        answer_drop(&r);
    }
    ck_assert_int_eq(stream_requests(), asked);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(an_old_value_is_not_taken_for_a_new_one)
{
    upbit_proxy *p = streaming("still", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 8);
    answer_read(&r, p, 8, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_CACHE);
    answer_drop(&r);
    wait_ms(1100); /* nothing trades */
    double start = stream_now();
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
    ck_assert_double_lt(stream_now() - start, 0.9); /* no message is due to be waited for */
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_shallow_book_is_not_taken_for_a_deep_one)
{
    upbit_proxy *p = stream_proxy(manager, "shallow", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 5;
    stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    upbit_event_unref(stream_event(p, UPBIT_TYPE_ORDERBOOK, NULL, 5));
    static answer r;
    for (unsigned depth = 0; depth <= 15; depth += 15) {
        want.book_depth = depth;
        ask_full(p, want, "KRW-BTC", 9);
        answer_read(&r, p, 9, 5);
        ck_assert_int_eq(r.count, 1);
        ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
        ck_assert_uint_eq(upbit_event_orderbook(r.events[0])->ask_count, depth == 0 ? 30 : depth);
        answer_drop(&r);
    }
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_level_the_exchange_does_not_know_is_told)
{
    upbit_proxy *p = stream_proxy(manager, "level", NULL);
    static answer r;
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    upbit_decimal_from_int64(&want.book_level, 10000, 0);
    ask_full(p, want, "KRW-BTC", 8);
    answer_read(&r, p, 8, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(
        upbit_decimal_compare(&upbit_event_orderbook(r.events[0])->level, &want.book_level), 0);
    answer_drop(&r);
    upbit_decimal_from_int64(&want.book_level, 777, 0);
    ask_full(p, want, "KRW-BTC", 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(r.detail, "KRW-BTC"));
    ck_assert_int_eq(r.count, 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(cache_and_rest_make_one_answer)
{
    upbit_proxy *p = streaming("mixed", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-BTC,KRW-XRP", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.count, 3);
    ck_assert_str_eq(r.events[0]->code, "KRW-ETH");
    ck_assert_str_eq(r.events[1]->code, "KRW-BTC");
    ck_assert_str_eq(r.events[2]->code, "KRW-XRP");
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
    ck_assert_int_eq(r.events[1]->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_int_eq(r.events[2]->origin, UPBIT_ORIGIN_REST);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(an_unknown_code_spoils_nothing)
{
    upbit_proxy *p = stream_proxy(manager, "unknown", NULL);
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-NOSUCH,KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_ptr_nonnull(strstr(r.detail, "KRW-NOSUCH"));
    ck_assert_int_eq(r.count, 2);
    answer_drop(&r);
    ck_assert_uint_eq(rest_requests(), 2); /* the list knew it: the list and the tickers */
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.snapshots, 1);
    ck_assert_uint_eq(s.snapshot_failures, 1);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(without_a_list_the_unknown_code_is_found_by_halves)
{
    control("limit?group=market&count=100&status=500");
    upbit_proxy *p = stream_proxy(manager, "halves", NULL);
    static answer r;
    ask(p, UPBIT_TYPE_ORDERBOOK, "KRW-ETH,KRW-XRP,KRW-NOSUCH,KRW-SOL,KRW-BTC,BTC-ETH,KRW-ADA", 0,
        9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_ptr_nonnull(strstr(r.detail, "KRW-NOSUCH"));
    ck_assert_int_eq(r.count, 6);
    ck_assert_str_eq(r.events[0]->code, "KRW-ETH");
    ck_assert_str_eq(r.events[5]->code, "KRW-ADA");
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_429_is_asked_again)
{
    upbit_proxy *p = stream_proxy(manager, "limit", NULL);
    static answer r;
    control("limit?group=ticker&count=1&status=429");
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 6);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
    answer_drop(&r);
    control("limit?group=ticker&count=100&status=429");
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 1000, 10);
    answer_read(&r, p, 10, 6);
    ck_assert_msg(r.error == UPBIT_ERROR_LIMIT || r.error == UPBIT_ERROR_TIMEOUT, "%s", r.detail);
    ck_assert_int_eq(r.count, 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(an_error_of_the_exchange_is_told)
{
    upbit_proxy *p = streaming("error", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    control("limit?group=ticker&count=1&status=500");
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_EXCHANGE);
    ck_assert_ptr_nonnull(strstr(r.detail, "KRW-ETH"));
    ck_assert_int_eq(r.count, 1); /* what could be had */
    ck_assert_str_eq(r.events[0]->code, "KRW-BTC");
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(the_time_is_kept)
{
    upbit_proxy *p = streaming("slow", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    control("delay?ms=1500&what=http");
    double start = stream_now();
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 150, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_double_ge(stream_now() - start, 0.15);
    ck_assert_double_lt(stream_now() - start, 1.4);
    ck_assert_int_eq(r.error, UPBIT_ERROR_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(r.detail, "KRW-ETH"));
    ck_assert_int_eq(r.count, 1);
    answer_drop(&r);
    answer_read(&r, p, 9, 1.6); /* its late answer is nobody's */
    ck_assert_int_eq(r.error, 1);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(while_the_stream_is_down_rest_answers)
{
    upbit_proxy *p = streaming("down", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    control("refuse?count=1000");
    control("cut");
    upbit_event_unref(stream_event(p, UPBIT_TYPE_STATE, NULL, 5)); /* waiting */
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST); /* not the cache: who knows */
    answer_drop(&r);
    control("refuse?count=0");
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_stream_that_says_nothing_is_not_waited_for_long)
{
    upbit_proxy *p = stream_proxy(manager, "mute", NULL);
    ck_assert(stream_is_live(p, 5));
    control("answer?ms=30000");
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    static answer r;
    double start = stream_now();
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 800, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
    ck_assert_double_ge(stream_now() - start, 0.4); /* half of the time */
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_stream_that_dies_is_not_waited_for)
{
    upbit_proxy *p = stream_proxy(manager, "dies", NULL);
    ck_assert(stream_is_live(p, 5));
    control("answer?ms=30000");
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    static answer r;
    double start = stream_now();
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 60000, 9);
    wait_ms(50);
    control("refuse?count=1000");
    control("cut");
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_REST);
    ck_assert_double_lt(stream_now() - start, 0.9);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

/* The codes of the mock's list that begin with `quote`. */
static size_t list_codes(char (*codes)[24], size_t most, const char *quote)
{
    ck_assert_int_eq(mock_call(&exchange, "GET", "/v1/market/all", ""), 200);
    size_t n = 0;
    for (const char *at = mock_answer(); n < most && (at = strstr(at, "\"market\":\"")) != NULL;) {
        at += 10;
        if (strncmp(at, quote, strlen(quote)) == 0)
            snprintf(codes[n++], sizeof codes[n], "%.*s", (int)strcspn(at, "\""), at);
    }
    return n;
}

/* _i: 0: two quote currencies of 150, asked for whole; 1: three of 90, in URLs of 100 codes. */
START_TEST(three_hundred_tickers_take_few_requests)
{
    static char codes[300][24];
    const char *list[300];
    size_t each = _i == 0 ? 150 : 90;
    size_t n = list_codes(codes, each, "KRW-");
    n += list_codes(codes + n, each, "BTC-");
    if (_i == 1)
        n += list_codes(codes + n, each, "USDT-");
    ck_assert_uint_eq(n, _i == 0 ? 300 : 270);
    for (size_t i = 0; i < n; i++)
        list[i] = codes[n - 1 - i];
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.codes = list;
    want.code_count = n;
    upbit_proxy *p = stream_proxy(manager, "many", NULL);
    ck_assert(stream_is_live(p, 5));
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 8); /* the market list is settled by then */
    answer_read(&r, p, 8, 5);
    answer_drop(&r);
    uint64_t before = rest_requests();
    long seen = http_requests();
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &want, 0, 9), 0);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, (int)n);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(r.events[i]->code, list[i]);
    answer_drop(&r);
    ck_assert_uint_eq(rest_requests() - before, _i == 0 ? 2 : 3);
    ck_assert_int_eq(http_requests() - seen, _i == 0 ? 2 : 3);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(cancelled_while_rest_is_asked)
{
    upbit_proxy *p = stream_proxy(manager, "cancel", NULL);
    ck_assert(stream_is_live(p, 5));
    wait_ms(100); /* the market list has come */
    control("delay?ms=1000&what=http");
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH", 60000, 5);
    ask(p, UPBIT_TYPE_CANDLE, "KRW-BTC,KRW-ETH", 60000, 6);
    wait_ms(50);
    cancelled_once(p, 5);
    cancelled_once(p, 6);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(cancelled_while_it_waits_for_the_list)
{
    control("delay?ms=1000&what=http");
    upbit_proxy *p = stream_proxy(manager, "cancel", NULL);
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 60000, 5);
    cancelled_once(p, 5);
    upbit_proxy_close(p);
}
END_TEST

/* _i: 0: the widget goes; 1: the manager is shut down. */
START_TEST(ends_with_rest_under_way)
{
    upbit_proxy *p = stream_proxy(manager, "ends", NULL);
    ck_assert(stream_is_live(p, 5));
    wait_ms(100);
    control("delay?ms=1000&what=http");
    for (uint64_t id = 1; id <= 100; id++)
        ask(p, id % 2 ? UPBIT_TYPE_TICKER : UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH", 60000, id);
    wait_ms(50);
    if (_i == 1) {
        upbit_manager_shutdown(manager, 1000);
        int replies = 0;
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1) {
            const upbit_reply *reply = upbit_event_reply(d.event);
            if (reply != NULL)
                ck_assert_int_eq(reply->error, UPBIT_ERROR_CLOSED);
            replies += reply != NULL;
            upbit_event_unref(d.event);
        }
        ck_assert_int_eq(replies, 100);
    }
    upbit_proxy_close(p);
}
END_TEST

/* A code that is named, too, stands where it is named; one from the cache is not there twice. */
START_TEST(a_star_is_every_ticker_of_its_currency_once)
{
    static char codes[64][24];
    size_t n = list_codes(codes, 64, "KRW-");
    upbit_proxy *p = streaming("star", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-*,BTC-ETH,KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, (int)n + 1);
    ck_assert_str_eq(r.events[0]->code, "KRW-ETH");
    ck_assert_str_eq(r.events[n - 1]->code, "BTC-ETH");
    ck_assert_str_eq(r.events[n]->code, "KRW-BTC");
    ck_assert_int_eq(r.events[n]->origin, UPBIT_ORIGIN_CACHE);
    size_t at = 1;
    for (size_t i = 0; i < n; i++) /* the others as the exchange has them */
        if (strcmp(codes[i], "KRW-ETH") != 0 && strcmp(codes[i], "KRW-BTC") != 0)
            ck_assert_str_eq(r.events[at++]->code, codes[i]);
    ck_assert_uint_eq(at, n - 1);
    answer_drop(&r);
    ck_assert_uint_eq(rest_requests(), 3); /* the list, KRW as a whole, BTC-ETH */
    upbit_want want = UPBIT_WANT_INIT;
    const char *star = "KRW-*";
    want.codes = &star;
    want.code_count = 1;
    want.type = UPBIT_TYPE_TRADE;
    ck_assert_int_eq(upbit_proxy_get_snapshot(p, &want, 0, 10), UPBIT_ERROR_INVALID_ARGUMENT);
    upbit_proxy_close(p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client snapshot rest");
    TCase *t = tcase_create("moving market");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, cache_and_rest_make_one_answer);
    tcase_add_test(t, a_star_is_every_ticker_of_its_currency_once);
    tcase_add_test(t, an_error_of_the_exchange_is_told);
    tcase_add_test(t, the_time_is_kept);
    tcase_add_test(t, while_the_stream_is_down_rest_answers);
    suite_add_tcase(s, t);
    t = tcase_create("still market");
    tcase_add_checked_fixture(t, setup_still, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_not_streamed_comes_by_rest);
    tcase_add_test(t, an_old_value_is_not_taken_for_a_new_one);
    tcase_add_test(t, a_shallow_book_is_not_taken_for_a_deep_one);
    tcase_add_test(t, a_level_the_exchange_does_not_know_is_told);
    tcase_add_test(t, an_unknown_code_spoils_nothing);
    tcase_add_test(t, without_a_list_the_unknown_code_is_found_by_halves);
    tcase_add_test(t, a_429_is_asked_again);
    tcase_add_test(t, a_stream_that_says_nothing_is_not_waited_for_long);
    tcase_add_test(t, a_stream_that_dies_is_not_waited_for);
    tcase_add_test(t, cancelled_while_rest_is_asked);
    tcase_add_test(t, cancelled_while_it_waits_for_the_list);
    tcase_add_loop_test(t, ends_with_rest_under_way, 0, 2);
    suite_add_tcase(s, t);
    t = tcase_create("whole market");
    tcase_add_checked_fixture(t, setup_whole, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, three_hundred_tickers_take_few_requests, 0, 2);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
