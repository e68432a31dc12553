/* Trades missed in a cut: had back in order and once, or told by a GAP. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "support/check_main.h"
#include "tape.h"

static mock exchange;
static upbit_manager *manager;
static tape *first;

static upbit_stats stats(void)
{
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    return s;
}

static void order(const char *what)
{
    char path[160];
    snprintf(path, sizeof path, "/mock/%s", what);
    ck_assert_msg(mock_call(&exchange, "POST", path, "") == 200, "%s: %s", what, mock_answer());
}

static void begin(const char *codes, const char *rate, void (*change)(upbit_options *options))
{
    const char *const arguments[] = {"--codes", codes, "--rate", rate, NULL};
    mock_start(&exchange, arguments);
    manager = stream_manager(&exchange, change);
}

/* One widget on KRW-BTC, whose trades flow. */
static void begin_one(const char *rate, void (*change)(upbit_options *options))
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_messages = 1 << 15;
    o.queue_bytes = 64u << 20;
    begin("1", rate, change);
    first = tape_new(stream_proxy(manager, "first", &o));
    stream_want(first->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    tape_run(first, 1, 20);
}

static void finish(void)
{
    if (first != NULL)
        tape_free(first);
    first = NULL;
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

START_TEST(trades_of_an_outage_come_once_and_in_order)
{
    begin_one("600", NULL);
    order(_i == 0 ? "cut?how=rst&for_ms=400" : "cut?how=fin&for_ms=400");
    tape_run(first, 2, 30);
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 0);
    ck_assert_uint_eq(first->holes, 0);
    ck_assert_uint_gt(first->filled, 20);
    ck_assert_uint_eq(stats().trades_backfilled, first->filled);
    ck_assert_uint_eq(stats().holes_told, 0);
    finish();
}
END_TEST

START_TEST(what_rest_refuses_is_a_gap)
{
    static const char *const how[] = {"limit?group=trades&count=100&status=503",
                                      "limit?group=trades&count=100&status=404",
                                      "limit?group=trades&count=1&status=418"};
    begin_one("600", NULL);
    order(how[_i]);
    order("cut?how=rst&for_ms=300");
    tape_run(first, 2, 30);
    order("reset");
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 1);
    ck_assert_uint_eq(first->holes, 1);
    ck_assert_uint_eq(stats().holes_told, 1);
    finish();
}
END_TEST

static void no_rest(upbit_options *o)
{
    o->rest_url = "http://127.0.0.1:1/v1";
}

START_TEST(without_rest_a_cut_is_a_gap)
{
    begin_one("600", no_rest);
    order("cut?how=rst&for_ms=300");
    tape_run(first, 2, 30);
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 1);
    ck_assert_uint_eq(first->holes, 1);
    finish();
}
END_TEST

START_TEST(a_refusal_that_passes_is_no_gap)
{
    begin_one("600", NULL);
    order("limit?group=trades&count=1&status=429");
    order("cut?how=rst&for_ms=100");
    tape_run(first, 2, 30);
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 0);
    ck_assert_uint_eq(first->holes, 0);
    finish();
}
END_TEST

START_TEST(where_nothing_was_traded_nothing_is_asked)
{
    begin("1", "0", NULL);
    first = tape_new(stream_proxy(manager, "first", NULL));
    stream_want(first->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    stream_want(first->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    tape_run(first, 1, 1);
    uint64_t asked = stats().rest_requests;
    order("cut?how=rst");
    double end = stream_now() + 10;
    while (stats().events_repeated == 0 && stream_now() < end)
        poll(NULL, 0, 10);
    poll(NULL, 0, 300);
    tape_drain(first);
    ck_assert_uint_eq(first->count, 1);
    ck_assert_uint_eq(stats().rest_requests, asked);
    finish();
}
END_TEST

/* 2,000 trades are four pages. */
START_TEST(a_long_outage_has_its_newest_trades_back_behind_a_gap)
{
    begin_one("150", NULL);
    order("burst?rate=6000&ms=1500&code=KRW-BTC"); /* then slow: the mock forgets */
    order("cut?how=rst&for_ms=1700");
    tape_run(first, 2, 30);
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 1);
    ck_assert_uint_eq(first->holes, 1);
    ck_assert_uint_gt(first->filled, 0);
    finish();
}
END_TEST

START_TEST(twenty_codes_are_asked_for_the_others_have_a_gap)
{
    enum { CODES = 25 };
    static char list[CODES][24];
    begin("75", "6000", NULL);
    first = tape_new(stream_proxy(manager, "first", NULL));
    ck_assert_int_eq(mock_call(&exchange, "GET", "/v1/market/all", ""), 200);
    size_t codes = 0;
    for (const char *at = mock_answer(); codes < CODES && (at = strstr(at, "\"KRW-")) != NULL; at++)
        sscanf(at, "\"%23[^\"]", list[codes++]);
    ck_assert_uint_eq(codes, CODES);
    for (size_t i = 0; i < CODES; i++)
        stream_want(first->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, list[i], 0);
    tape_run(first, 1, 300);
    order("cut?how=rst&for_ms=500");
    tape_run(first, 2, 2000);
    size_t others = 0;
    for (size_t i = 0; i < CODES; i++) {
        size_t holes = 0, filled = 0;
        for (size_t k = 0; k < first->count; k++)
            if (strcmp(first->at[k].code, list[i]) == 0) {
                holes += first->at[k].hole;
                filled += first->at[k].origin == UPBIT_ORIGIN_BACKFILL;
            }
        if (i < CODES - 20) {
            ck_assert_msg(holes == 1 && filled == 1, "%s: %zu, %zu", list[i], holes, filled);
        } else {
            others += holes;
        }
    }
    ck_assert_uint_le(others, 10); /* the slowest machine gets the first ten pages */
    tape_check(first, &exchange, list[0]);
    tape_check(first, &exchange, list[CODES - 1]);
    finish();
}
END_TEST

START_TEST(a_second_cut_during_backfill_loses_and_doubles_nothing)
{
    begin_one("300", NULL);
    order("delay?ms=300&what=http");
    order("cut?how=rst&for_ms=200");
    double end = stream_now() + 10;
    while (stats().reconnects == 0 && stream_now() < end)
        poll(NULL, 0, 5);
    poll(NULL, 0, 150); /* the question is under way */
    order("cut?how=rst");
    tape_run(first, 3, 30);
    order("reset");
    tape_check(first, &exchange, "KRW-BTC");
    finish();
}
END_TEST

/* Nobody waits, nothing leaks (AddressSanitizer sees to that). */
START_TEST(leaving_during_backfill_is_clean)
{
    begin_one("600", NULL);
    upbit_proxy *other = stream_proxy(manager, "other", NULL);
    stream_want(other, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    ck_assert_int_eq(stream_reply(other, 1, 5), 0);
    order("delay?ms=800&what=http");
    order("cut?how=rst&for_ms=200");
    uint64_t asked = stats().rest_requests;
    double end = stream_now() + 10;
    while (stats().rest_requests == asked && stream_now() < end)
        poll(NULL, 0, 5);
    if (_i == 0) {
        stream_want(other, upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 2);
        ck_assert_int_eq(stream_reply(other, 2, 5), 0);
        ck_assert_ptr_null(stream_event(other, UPBIT_TYPE_TRADE, NULL, 0.5));
        ck_assert_ptr_null(stream_event(other, UPBIT_TYPE_GAP, NULL, 0.1));
        tape_run(first, 2, 30);
        order("reset");
        ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 0);
    } else if (_i == 1) {
        stream_want(first->proxy, upbit_proxy_unsubscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
        upbit_proxy_close(other);
        other = NULL;
        tape_drain(first);
        poll(NULL, 0, 300);
    } else {
        ck_assert_int_eq(upbit_manager_shutdown(manager, 1000), 0);
        tape_drain(first);
        ck_assert_uint_eq(first->epoch, 2); /* what was held came, and the GAP before it */
        ck_assert_uint_eq(first->holes, 1);
        tape_check(first, &exchange, "KRW-BTC");
    }
    upbit_proxy_close(other);
    finish();
}
END_TEST

static void little_memory(upbit_options *o)
{
    o->memory_budget = 64u << 10;
}

enum { BURST = 40 };

/* So many trades, and all of them have reached the manager; what comes out is taken. */
static void burst(void)
{
    uint64_t before = stats().messages_received;
    double end = stream_now() + 20;
    order("burst?rate=1000&ms=40&code=KRW-BTC");
    for (tape_drain(first); stats().messages_received < before + BURST; tape_drain(first)) {
        ck_assert_msg(stream_now() < end, "a burst does not come");
        poll(NULL, 0, 1);
    }
}

/* The exchange has the request when trades come. */
static void until_asked(void)
{
    double end = stream_now() + 20;
    for (uint64_t at = stats().messages_received; stats().messages_received == at;
         poll(NULL, 0, 5)) {
        ck_assert_msg(stream_now() < end, "nothing comes");
        order("burst?rate=1000&ms=1&code=KRW-BTC");
    }
}

/* A cut that misses trades, and then more and more that have to wait for REST, which does not
 * answer. Returns whether the memory for them ended it: on a slow machine its time may be over
 * before, and where the burst was over before the cut, nothing was missed. */
static bool wait_until_memory_is_used_up(void)
{
    uint32_t epoch = stats().epoch;
    uint64_t refused = stats().events_refused, holes = stats().holes_told;
    order("burst?rate=200&ms=300&code=KRW-BTC");
    order("cut?how=rst&for_ms=100");
    for (double end = stream_now() + 20;
         stats().epoch == epoch || stats().state != UPBIT_STATE_LIVE; poll(NULL, 0, 5))
        ck_assert_msg(stream_now() < end, "it does not come back");
    until_asked();
    for (int i = 0; i < 10 && stats().events_refused == refused && stats().holes_told == holes; i++)
        burst();
    if (stats().events_refused == refused)
        return false;
    burst();
    ck_assert_uint_eq(stats().holes_told, holes + 1); /* at once, not when its time was over */
    return true;
}

/* What is held counts: when the budget is used up it goes out instead of what comes being lost.
 * Lossless, as in other lanes the hole could be among what makes room when its taker is slow. */
START_TEST(held_trades_make_room_for_live_ones)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = UPBIT_POLICY_LOSSLESS;
    begin("1", "0", little_memory);
    first = tape_new(stream_proxy(manager, "first", &o));
    first->may_drop = true;
    stream_want(first->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    ck_assert_int_eq(stream_reply(first->proxy, 1, 20), 0);
    until_asked();
    burst();
    order("delay?ms=20000&what=http");
    for (int i = 0; !wait_until_memory_is_used_up(); i++)
        ck_assert_msg(i < 10, "the memory is never used up");
    /* All that follows comes, and is taken before more does. */
    for (int i = 0; i < 4; i++) {
        size_t live = first->live;
        burst();
        tape_run(first, first->epoch, live + BURST);
    }
    ck_assert_uint_le(first->dropped, 2 * BURST); /* what came before room was taken */
    ck_assert_uint_eq(first->dropped, stats().events_refused);
    ck_assert_uint_ge(first->holes, 1);
    ck_assert_uint_eq(first->holes, stats().holes_told);
    ck_assert_uint_eq(first->filled, first->holes); /* the first message of each connection */
    finish();
}
END_TEST

START_TEST(who_subscribes_during_the_outage_misses_nothing)
{
    begin_one("600", NULL);
    order("cut?how=rst&for_ms=500");
    double end = stream_now() + 10;
    while (stats().state == UPBIT_STATE_LIVE && stream_now() < end)
        poll(NULL, 0, 5);
    upbit_proxy *late = stream_proxy(manager, "late", NULL);
    stream_want(late, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    tape *second = tape_new(late);
    tape_run(first, 2, 30);
    tape_run(second, 2, 20);
    ck_assert_uint_eq(second->filled + second->holes, 0);
    ck_assert_int_eq(second->at[0].stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_uint_eq(tape_check(second, &exchange, "KRW-BTC"), 0);
    ck_assert_uint_eq(tape_check(first, &exchange, "KRW-BTC"), 0);
    tape_free(second);
    finish();
}
END_TEST

/* Scenario 8, the outages scaled down: 5 widgets, 3 cuts. */
START_TEST(five_widgets_and_three_cuts)
{
    begin("5", "400", NULL);
    ck_assert_int_eq(mock_call(&exchange, "GET", "/v1/market/all", ""), 200);
    char codes[5][25];
    size_t count = 0;
    for (const char *at = mock_answer(); count < 5 && (at = strstr(at, "\"market\":\"")) != NULL;
         at++)
        sscanf(at, "\"market\":\"%23[^\"]", codes[count++]);
    tape *widgets[5];
    for (int i = 0; i < 5; i++) {
        char id[16], list[64];
        snprintf(id, sizeof id, "widget_%d", i);
        snprintf(list, sizeof list, "%.24s,%.24s", codes[i], codes[(i + 1) % 5]);
        widgets[i] = tape_new(stream_proxy(manager, id, NULL));
        stream_want(widgets[i]->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, list, 0);
        stream_want(widgets[i]->proxy, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, codes[i], 0);
    }
    for (uint32_t cut = 1; cut <= 3; cut++) {
        for (int i = 0; i < 5; i++)
            tape_run(widgets[i], cut, 10);
        order("cut?how=rst&for_ms=300");
    }
    for (int i = 0; i < 5; i++)
        tape_run(widgets[i], 4, 10);
    for (int i = 0; i < 5; i++) {
        double end = stream_now() + 10;
        while (widgets[i]->tickers == 0 && stream_now() < end) {
            tape_drain(widgets[i]);
            poll(NULL, 0, 20);
        }
        ck_assert_uint_gt(widgets[i]->tickers, 0);
        ck_assert_uint_gt(widgets[i]->filled, 0);
        ck_assert_uint_eq(widgets[i]->holes, 0);
    }
    ck_assert_uint_eq(stats().reconnects, 3);
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(tape_check(widgets[i], &exchange, codes[i]), 0);
        ck_assert_uint_eq(tape_check(widgets[i], &exchange, codes[(i + 1) % 5]), 0);
        tape_free(widgets[i]);
    }
    finish();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client cuts");
    TCase *tests = tcase_create("backfill");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, trades_of_an_outage_come_once_and_in_order, 0, 2);
    tcase_add_loop_test(tests, what_rest_refuses_is_a_gap, 0, 3);
    tcase_add_test(tests, without_rest_a_cut_is_a_gap);
    tcase_add_test(tests, a_refusal_that_passes_is_no_gap);
    tcase_add_test(tests, where_nothing_was_traded_nothing_is_asked);
    tcase_add_test(tests, a_long_outage_has_its_newest_trades_back_behind_a_gap);
    tcase_add_test(tests, twenty_codes_are_asked_for_the_others_have_a_gap);
    tcase_add_test(tests, a_second_cut_during_backfill_loses_and_doubles_nothing);
    tcase_add_loop_test(tests, leaving_during_backfill_is_clean, 0, 3);
    tcase_add_test(tests, held_trades_make_room_for_live_ones);
    tcase_add_test(tests, who_subscribes_during_the_outage_misses_nothing);
    tcase_add_test(tests, five_widgets_and_three_cuts);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
