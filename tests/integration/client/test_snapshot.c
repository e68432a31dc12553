/* get_snapshot against the mock exchange: where the answer comes from, that it comes once and
 * whole, and what becomes of it when something goes wrong on the way. */
#include <stdio.h>
#include <string.h>

#include "snapshot_rig.h"
#include "support/check_main.h"

static void setup(void)
{
    begin("3000", "60");
}

/* ---- arguments ---- */

START_TEST(wrong_arguments_are_refused_at_once)
{
    static const char *const codes[] = {"KRW-BTC"};
    upbit_proxy *p = stream_proxy(manager, "wrong", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.codes = codes;
    want.code_count = 1;
#define REFUSED(call, word)                                                                        \
    do {                                                                                           \
        ck_assert_int_eq(call, UPBIT_ERROR_INVALID_ARGUMENT);                                      \
        ck_assert_msg(strstr(upbit_error_detail(), word) != NULL, "%s", upbit_error_detail());     \
    } while (0)
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 0), "request_id");
    REFUSED(upbit_proxy_get_snapshot(p, NULL, 0, 1), "want");
    want.flags = UPBIT_WANT_REALTIME_ONLY;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "flags");
    want.flags = 0;
    want.count = 2;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "count");
    want.count = 0;
    want.before = 5;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "before");
    want.type = UPBIT_TYPE_TRADE;
    REFUSED(upbit_proxy_subscribe(p, &want, 1), "before");
    want.before = -1;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "before");
    want.before = 0;
    want.count = 2001;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "count");
    want.count = 5;
    REFUSED(upbit_proxy_replace(p, &want, 1), "count");
    const char *many[30];
    for (int i = 0; i < 30; i++)
        many[i] = "KRW-BTC";
    want.codes = many;
    want.code_count = 30;
    want.count = 1000;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "20000");
    want.code_count = 0;
    REFUSED(upbit_proxy_get_snapshot(p, &want, 0, 1), "codes");
#undef REFUSED
    ck_assert_int_eq(upbit_proxy_cancel(NULL, 1), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_proxy_cancel(p, 77), 0); /* unknown: harmless */
    ck_assert_int_eq(upbit_proxy_cancel(p, 0), 0);
    upbit_proxy_close(p);
}
END_TEST

/* ---- cache ---- */

START_TEST(a_young_value_comes_from_the_cache)
{
    upbit_proxy *a = streaming("streams", UPBIT_TYPE_TICKER, "KRW-BTC");
    upbit_proxy *b = stream_proxy(manager, "asks", NULL);
    static answer r;
    long asked = stream_requests();
    ask(b, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 9);
    answer_read(&r, b, 9, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_str_eq(r.detail, "");
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_CACHE);
    ck_assert_str_eq(r.events[0]->code, "KRW-BTC");
    ck_assert_uint_eq(r.events[0]->epoch, 1);
    answer_drop(&r);
    /* Nothing was subscribed by it, nothing was sent for it, and nothing follows. */
    ck_assert_int_eq(stream_requests(), asked);
    ck_assert_ptr_null(stream_event(b, UPBIT_TYPE_TICKER, NULL, 0.3));
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.snapshots, 1);
    ck_assert_uint_eq(s.snapshot_failures, 0);
    upbit_proxy_close(a);
    upbit_proxy_close(b);
}
END_TEST

START_TEST(a_code_named_twice_is_answered_once)
{
    upbit_proxy *p = streaming("twice", UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH");
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TICKER, "KRW-ETH", 5));
    upbit_event_unref(stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 5));
    static answer r;
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH,KRW-BTC,KRW-ETH,KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.count, 2);
    ck_assert_str_eq(r.events[0]->code, "KRW-ETH"); /* in the order of the want */
    ck_assert_str_eq(r.events[1]->code, "KRW-BTC");
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_cached_book_is_cut_to_the_rows_asked_for)
{
    upbit_proxy *p = streaming("book", UPBIT_TYPE_ORDERBOOK, "KRW-BTC");
    static answer r;
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 3;
    ask_full(p, want, "KRW-BTC", 9);
    answer_read(&r, p, 9, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_eq(r.events[0]->origin, UPBIT_ORIGIN_CACHE);
    const upbit_orderbook *book = upbit_event_orderbook(r.events[0]);
    ck_assert_uint_eq(book->ask_count, 3);
    ck_assert_uint_eq(book->bid_count, 3);
    upbit_decimal sum = book->asks[0].size;
    upbit_decimal_add(&sum, &sum, &book->asks[1].size);
    upbit_decimal_add(&sum, &sum, &book->asks[2].size);
    ck_assert_int_eq(upbit_decimal_compare(&sum, &book->total_ask_size), 0);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(what_is_queued_comes_before_the_answer)
{
    upbit_proxy *p = streaming("trades", UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH,KRW-XRP");
    wait_ms(600); /* trades queue up, more than the consumer has in hand */
    int64_t asked_ns = (int64_t)(stream_now() * 1e9);
    ask(p, UPBIT_TYPE_TRADE, "KRW-BTC", 0, 9);
    wait_ms(200);
    int before = 0;
    bool over = false;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit_proxy_next(p, &d) == 1) {
        if (d.request_id == 9) {
            over = over || d.event->type == UPBIT_TYPE_REPLY;
        } else if (d.event->type == UPBIT_TYPE_TRADE) {
            before += !over;
            if (over)
                ck_assert_int_gt(d.event->received_ns, asked_ns);
        }
        upbit_event_unref(d.event);
    }
    ck_assert(over);
    ck_assert_int_gt(before, 8);
    upbit_proxy_close(p);
}
END_TEST

/* ---- stream ---- */

START_TEST(a_first_message_that_is_due_is_waited_for)
{
    upbit_proxy *a = stream_proxy(manager, "streams", NULL);
    upbit_proxy *b = stream_proxy(manager, "asks", NULL);
    ck_assert(stream_is_live(a, 5));
    static const char *const codes[] = {"KRW-BTC,KRW-ETH", "KRW-XRP,KRW-SOL", "KRW-ADA,KRW-DOGE"};
    static answer r;
    bool streamed = false;
    /* A machine with much to do may take longer than the second that the stream has. */
    for (int i = 0; i < 3 && !streamed; i++) {
        long asked = stream_requests();
        stream_want(a, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, codes[i], 0);
        upbit_want want = UPBIT_WANT_INIT;
        want.type = UPBIT_TYPE_ORDERBOOK;
        want.book_depth = 5;
        ask_full(b, want, codes[i], 9);
        answer_read(&r, b, 9, 5);
        ck_assert_msg(r.error == 0, "%s", r.detail);
        ck_assert_int_eq(r.count, 2);
        for (int k = 0; k < 2; k++) {
            ck_assert_int_eq(strncmp(r.events[k]->code, codes[i] + 8 * k, 7), 0);
            ck_assert_uint_eq(upbit_event_orderbook(r.events[k])->ask_count, 5);
        }
        streamed = r.events[0]->origin == UPBIT_ORIGIN_STREAM &&
                   r.events[1]->origin == UPBIT_ORIGIN_STREAM;
        answer_drop(&r);
        upbit_event_unref(stream_event(a, UPBIT_TYPE_ORDERBOOK, NULL, 5)); /* undisturbed */
        ck_assert_int_eq(stream_requests(), asked + 1); /* the subscription's own */
    }
    ck_assert(streamed);
    upbit_proxy_close(a);
    upbit_proxy_close(b);
}
END_TEST

START_TEST(a_subscription_that_waits_for_the_list_is_waited_for)
{
    control("delay?ms=450&what=http"); /* the market list */
    upbit_proxy *p = stream_proxy(manager, "early", NULL);
    ck_assert(stream_is_live(p, 5));
    static answer r;
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    ask(p, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0, 9);
    answer_read(&r, p, 9, 5);
    ck_assert_msg(r.error == 0, "%s", r.detail);
    ck_assert_int_eq(r.count, 1);
    ck_assert_int_ne(r.events[0]->origin, UPBIT_ORIGIN_REST);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

/* ---- cancelling and ending ---- */

/* A request that waits: for a stream that does not answer, and then for a REST that is slow. */
static upbit_proxy *waiting(uint64_t id, uint32_t timeout_ms)
{
    upbit_proxy *p = stream_proxy(manager, "waits", NULL);
    ck_assert(stream_is_live(p, 5));
    control("answer?ms=60000");
    control("delay?ms=60000&what=http");
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", timeout_ms, id);
    return p;
}

START_TEST(cancelled_while_it_waits_for_the_stream)
{
    upbit_proxy *p = waiting(5, 60000);
    wait_ms(50);
    cancelled_once(p, 5);
    control("reset");
    upbit_proxy_close(p);
}
END_TEST

START_TEST(cancelled_after_the_answer_is_the_answer)
{
    upbit_proxy *p = streaming("late", UPBIT_TYPE_TICKER, "KRW-BTC");
    ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, 5);
    ck_assert_int_eq(upbit_proxy_cancel(p, 5), 0);
    static answer r;
    answer_read(&r, p, 5, 5);
    ck_assert_int_eq(r.error, 0);
    ck_assert_int_eq(r.count, 1);
    answer_drop(&r);
    answer_read(&r, p, 5, 0.3);
    ck_assert_int_eq(r.error, 1);
    answer_drop(&r);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(an_id_under_way_is_not_taken_twice)
{
    upbit_proxy *p = waiting(5, 60000);
    ask(p, UPBIT_TYPE_TICKER, "KRW-ETH", 0, 5);
    static answer r;
    answer_read(&r, p, 5, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_INVALID_ARGUMENT);
    cancelled_once(p, 5); /* the first is still there */
    upbit_proxy_close(p);
}
END_TEST

START_TEST(shutdown_answers_what_is_under_way)
{
    upbit_proxy *p = waiting(5, 60000);
    wait_ms(50);
    int ended = upbit_manager_shutdown(manager, 1000);
    ck_assert(ended == 0 || ended == UPBIT_ERROR_TIMEOUT);
    static answer r;
    answer_read(&r, p, 5, 5);
    ck_assert_int_eq(r.error, UPBIT_ERROR_CLOSED);
    const upbit_event *closed = stream_event(p, UPBIT_TYPE_CLOSED, NULL, 5);
    ck_assert_ptr_nonnull(closed);
    upbit_event_unref(closed);
    ck_assert_int_eq(upbit_proxy_cancel(p, 5), UPBIT_ERROR_CLOSED);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_widget_may_go_with_requests_under_way)
{
    upbit_proxy *p = waiting(5, 60000);
    for (uint64_t id = 6; id < 400; id++)
        ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 60000, id);
    upbit_proxy_close(p);
    control("reset");
    p = streaming("next", UPBIT_TYPE_TICKER, "KRW-BTC");
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.snapshots, 0);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(places_come_back)
{
    upbit_proxy *p = streaming("many", UPBIT_TYPE_TICKER, "KRW-BTC");
    static answer r;
    for (int round = 0; round < 3; round++) {
        for (uint64_t id = 1; id <= 400; id++)
            ask(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0, id);
        for (uint64_t id = 1; id <= 400; id++) {
            answer_read(&r, p, id, 5);
            ck_assert_int_eq(r.error, 0);
            answer_drop(&r);
        }
    }
    upbit_proxy_close(p);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client snapshot");
    TCase *t = tcase_create("moving market");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, wrong_arguments_are_refused_at_once);
    tcase_add_test(t, a_young_value_comes_from_the_cache);
    tcase_add_test(t, a_code_named_twice_is_answered_once);
    tcase_add_test(t, a_cached_book_is_cut_to_the_rows_asked_for);
    tcase_add_test(t, what_is_queued_comes_before_the_answer);
    tcase_add_test(t, a_first_message_that_is_due_is_waited_for);
    tcase_add_test(t, a_subscription_that_waits_for_the_list_is_waited_for);
    tcase_add_test(t, cancelled_while_it_waits_for_the_stream);
    tcase_add_test(t, cancelled_after_the_answer_is_the_answer);
    tcase_add_test(t, an_id_under_way_is_not_taken_twice);
    tcase_add_test(t, shutdown_answers_what_is_under_way);
    tcase_add_test(t, a_widget_may_go_with_requests_under_way);
    tcase_add_test(t, places_come_back);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
