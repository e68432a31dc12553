/* Scenarios 2, 3, 10 and 12: widgets beside widgets. One switches, one wants a snapshot only, one
 * is slow, there are a thousand: the others get what they always got. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "support/check_main.h"
#include "wire.h"

static void open_lively(void)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "400", "--police", NULL};
    stage_open(arguments, NULL);
}

START_TEST(scenario_02_coin_selection)
{
    open_lively();
    /* Whatever is switched away from keeps coming for two more messages. */
    stage_order("late?frames=2");
    tape *list = tape_open("coin_list_1"), *book = tape_open("orderbook_1"),
         *trades = tape_open("trades_1");
    tape_want(list, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC,KRW-ETH,KRW-XRP", 0);
    tape_want(book, upbit_proxy_subscribe, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 0);
    tape_want(trades, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    size_t requests = wire_wait("orderbook KRW-BTC, ticker KRW-BTC, ticker KRW-ETH, "
                                "ticker KRW-XRP, trade KRW-BTC");
    tape_wait(list, 0, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 3);
    tape_wait(list, 0, UPBIT_TYPE_TICKER, "KRW-ETH", UPBIT_STREAM_REALTIME, 1);
    tape_wait(list, 0, UPBIT_TYPE_TICKER, "KRW-XRP", UPBIT_STREAM_REALTIME, 1);
    tape_wait(book, 0, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    tape_wait(trades, 0, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    size_t before = list->count;
    /* Something of the old coin waits in both. */
    book->asleep = trades->asleep = true;
    stage_order("burst?rate=500&ms=100&code=KRW-BTC");
    tape_wait(list, before, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 30);
    upbit_proxy_stats waiting[2];
    double end = stream_now() + 25;
    do {
        ck_assert_double_lt(stream_now(), end);
        stage_run(20);
        upbit_proxy_get_stats(book->proxy, &waiting[0], sizeof waiting[0]);
        upbit_proxy_get_stats(trades->proxy, &waiting[1], sizeof waiting[1]);
    } while (waiting[0].queued == 0 || waiting[1].queued == 0);
    /* To Ethereum, both in the same moment. */
    tape_want(book, upbit_proxy_replace, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", 7);
    tape_want(trades, upbit_proxy_replace, UPBIT_TYPE_TRADE, "KRW-ETH", 7);
    wire_wait("orderbook KRW-ETH, ticker KRW-BTC, ticker KRW-ETH, ticker KRW-XRP, trade KRW-ETH");
    book->asleep = trades->asleep = false;
    size_t book_at = tape_reply(book, 7), trades_at = tape_reply(trades, 7);
    tape_wait(book, book_at, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", UPBIT_STREAM_REALTIME, 2);
    tape_wait(trades, trades_at, UPBIT_TYPE_TRADE, "KRW-ETH", UPBIT_STREAM_REALTIME, 2);
    /* One request for the two of them: nowhere on the wire is one coin's book beside the other's
     * trades. */
    ck_assert_uint_eq(wire_wait("orderbook KRW-ETH, ticker KRW-BTC, ticker KRW-ETH, "
                                "ticker KRW-XRP, trade KRW-ETH"),
                      requests + 1);
    wire_rests(requests + 1);
    oracle_hush();
    tape_only(book, book_at, "orderbook KRW-ETH");
    tape_only(trades, trades_at, "trade KRW-ETH");
    ck_assert_uint_eq(tape_count(book, 0, UPBIT_TYPE_ORDERBOOK, "KRW-ETH", UPBIT_STREAM_SNAPSHOT),
                      1);
    oracle_whole(book, UPBIT_TYPE_ORDERBOOK, "KRW-ETH");
    oracle_whole(trades, UPBIT_TYPE_TRADE, "KRW-ETH");
    /* The tickers went on. */
    tape_undisturbed(list, before);
    ck_assert_uint_gt(oracle_whole(list, UPBIT_TYPE_TICKER, "KRW-BTC"), 3);
    oracle_whole(list, UPBIT_TYPE_TICKER, "KRW-ETH");
    oracle_whole(list, UPBIT_TYPE_TICKER, "KRW-XRP");
    ck_assert_uint_eq(stage_stats().connects, 1);
    stage_close();
}
END_TEST

static void ask_once(tape *t, const char *codes)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TICKER;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    ck_assert_int_eq(stream_want_full(t->proxy, upbit_proxy_subscribe, want, codes, 0), 0);
}

/* 0: what is known is fresh; 1: it is older than a second; 2: nothing is known of the code. */
START_TEST(scenario_03_snapshot_beside_realtime)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "0", "--police", NULL};
    const char *code = _i == 2 ? "KRW-ETH" : "KRW-BTC";
    stage_open(arguments, NULL);
    tape *live = tape_open("chart_btc"), *once = tape_open("once_1"), *other = tape_open("other");
    tape_want(live, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 0);
    tape_want(other, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-XRP", 0);
    tape_wait(live, 0, UPBIT_TYPE_TICKER, "KRW-BTC", ANY, 1);
    tape_wait(other, 0, UPBIT_TYPE_TICKER, "KRW-XRP", ANY, 1);
    size_t requests = wire_wait("ticker KRW-BTC, ticker KRW-XRP");
    if (_i == 1)
        stage_run(1100);
    stage_order("burst?rate=100&ms=%d&code=KRW-BTC", _i == 1 ? 10 : 600);
    tape_wait(live, 0, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    if (_i == 1)
        stage_run(1100);
    size_t at_live = live->count, at_other = other->count;
    ask_once(once, code);
    tape_wait(once, 0, UPBIT_TYPE_TICKER, code, ANY, 1);
    const note *got = tape_find(once, 0, UPBIT_TYPE_TICKER, code);
    ck_assert_int_eq(got->stream, UPBIT_STREAM_SNAPSHOT);
    ck_assert_int_eq(got->origin, _i == 0 ? UPBIT_ORIGIN_CACHE : UPBIT_ORIGIN_STREAM);
    if (_i == 0)
        wire_rests(requests); /* nobody had to be asked */
    else if (_i == 1)
        ck_assert_uint_eq(wire_wait("ticker KRW-BTC, ticker KRW-XRP"), requests + 1);
    else
        ck_assert_uint_eq(wire_wait("ticker KRW-BTC, ticker KRW-ETH once, ticker KRW-XRP"),
                          requests + 1);
    /* The stream of the first goes on; the second got one, of nothing else, and no other. */
    stage_order("burst?rate=200&ms=200&code=KRW-BTC");
    tape_wait(live, at_live, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_STREAM_REALTIME, 20);
    stage_order("burst?rate=200&ms=200&code=KRW-ETH");
    stage_run(600);
    oracle_hush();
    ck_assert_uint_eq(tape_count(once, 0, UPBIT_TYPE_TICKER, NULL, ANY), 1);
    tape_only(once, 0, code[4] == 'E' ? "ticker KRW-ETH" : "ticker KRW-BTC");
    tape_undisturbed(live, at_live);
    tape_undisturbed(other, at_other);
    tape_only(live, 0, "ticker KRW-BTC");
    tape_only(other, 0, "ticker KRW-XRP");
    oracle_whole(live, UPBIT_TYPE_TICKER, "KRW-BTC");
    /* The next change takes what was wanted once off the wire, if anything still is there. */
    tape_want(other, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-XRP", 0);
    wire_wait("ticker KRW-BTC, ticker KRW-XRP, trade KRW-XRP");
    ck_assert_uint_eq(stage_stats().connects, 1);
    stage_close();
}
END_TEST

enum { CAP = 64, CALLS = 9 };

/* The C side: a consumer that takes one event in 200 ms. */
START_TEST(scenario_10_slow_widget)
{
    static const char codes[] = "KRW-BTC,KRW-ETH,KRW-XRP";
    upbit_proxy_options small = UPBIT_PROXY_OPTIONS_INIT;
    small.queue_messages = CAP;
    open_lively();
    tape *slow = tape_open_with("slow", &small), *quick = tape_open("quick");
    tape *const both[] = {slow, quick};
    slow->asleep = true;
    for (int i = 0; i < 2; i++) {
        tape_want(both[i], upbit_proxy_subscribe, UPBIT_TYPE_TRADE, codes, 0);
        tape_want(both[i], upbit_proxy_subscribe, UPBIT_TYPE_TICKER, codes, 0);
    }
    tape_wait(quick, 0, UPBIT_TYPE_TRADE, "KRW-BTC", ANY, 1);
    stage_order("burst?rate=500&ms=%d", CALLS * 200);
    for (int i = 0; i < CALLS; i++) {
        tape_take_one(slow);
        stage_run(200);
    }
    oracle_hush();
    upbit_proxy_stats s, q;
    ck_assert_int_eq(upbit_proxy_get_stats(slow->proxy, &s, sizeof s), 0);
    ck_assert_int_eq(upbit_proxy_get_stats(quick->proxy, &q, sizeof q), 0);
    /* It cost its own queue, which is at its cap; up to eight are in its hand. */
    ck_assert_uint_ge(s.queued, CAP);
    ck_assert_uint_lt(s.queued, CAP + 8);
    ck_assert_uint_le(s.queued_peak, CAP);
    ck_assert_uint_gt(s.dropped, CAP);
    ck_assert_uint_gt(s.coalesced, 0);
    /* Nobody else noticed. */
    ck_assert_uint_eq(q.dropped, 0);
    ck_assert_uint_eq(tape_count(quick, 0, UPBIT_TYPE_GAP, NULL, ANY), 0);
    static const char *const each[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP"};
    for (int i = 0; i < 3; i++) {
        oracle_whole(quick, UPBIT_TYPE_TRADE, each[i]);
        oracle_whole(quick, UPBIT_TYPE_TICKER, each[i]);
    }
    /* What it lost is what it is told: every number is there or in one GAP. */
    slow->asleep = false;
    stage_take();
    uint64_t next = 1, lost = 0;
    size_t newest_on_quick = tape_count(quick, 0, UPBIT_TYPE_TRADE, NULL, ANY), taken = 0;
    for (size_t i = 0; i < slow->count; i++) {
        const note *n = &slow->at[i];
        if (n->type == UPBIT_TYPE_GAP) {
            ck_assert_uint_eq(n->first, next);
            ck_assert_uint_eq(n->last, next + n->count - 1);
            next = n->last + 1;
            lost += n->count;
        } else if (n->type == UPBIT_TYPE_TRADE) {
            ck_assert_uint_eq(n->number, next++);
            taken++;
        }
    }
    ck_assert_uint_eq(lost, s.dropped);
    ck_assert_uint_eq(taken + lost, newest_on_quick);
    /* And what it shows in the end is the last value of each. */
    for (int i = 0; i < 3; i++) {
        const note *shown = tape_last(slow, UPBIT_TYPE_TICKER, each[i]),
                   *newest = tape_last(quick, UPBIT_TYPE_TICKER, each[i]);
        ck_assert(shown != NULL && newest != NULL);
        ck_assert_int_eq(shown->ms, newest->ms);
        ck_assert_int_eq(upbit_decimal_compare(&shown->price, &newest->price), 0);
    }
    ck_assert_int_eq(tape_last(slow, UPBIT_TYPE_TRADE, NULL)->id,
                     tape_last(quick, UPBIT_TYPE_TRADE, NULL)->id);
    stage_close();
}
END_TEST

/* How the work of one event is counted: `takers` of all `proxies` want KRW-BTC's trades, the others
 * want those of markets in which nothing happens. */
struct work {
    uint64_t events, delivered, notified, batches;
};

static struct work work_of(int proxies, int takers)
{
    static const char *const arguments[] = {"--codes", "300", "--rate", "0", NULL};
    static char krw[100][24];
    upbit_waiter *waiter = NULL;
    upbit_proxy *all[1000];
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    stage_open(arguments, NULL);
    size_t codes = 0;
    ck_assert_int_eq(mock_call(&exchange, "GET", "/v1/market/all", ""), 200);
    for (const char *at = mock_answer(); codes < 100 && (at = strstr(at, "\"KRW-")) != NULL; at++)
        if (sscanf(at, "\"%23[^\"]", krw[codes]) == 1 && strcmp(krw[codes], "KRW-BTC") != 0)
            codes++;
    ck_assert_uint_eq(codes, 100);
    ck_assert_int_eq(upbit_waiter_create(&waiter), 0);
    o.waiter = waiter;
    uint64_t got = 0, first = (uint64_t)proxies;
    for (int i = 0; i < proxies; i++) {
        char id[16];
        snprintf(id, sizeof id, "widget_%d", i);
        all[i] = stream_proxy(manager, id, &o);
        stream_want(all[i], upbit_proxy_subscribe, UPBIT_TYPE_TRADE,
                    i < takers ? "KRW-BTC" : krw[i % 100], 0);
    }
    upbit_stats before = {0}, after = {0};
    enum { EVENTS = 200 };
    uint64_t goal = first; /* the last trade of each one's market */
    for (double end = stream_now() + 30; got < goal || before.proxies == 0;) {
        ck_assert_msg(stream_now() < end, "%llu of %llu", (unsigned long long)got,
                      (unsigned long long)goal);
        poll(&(struct pollfd){upbit_waiter_fd(waiter), POLLIN, 0}, 1, 20);
        upbit_proxy *from = NULL;
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_waiter_next(waiter, &from, &d) == 1) {
            got += d.event->type == UPBIT_TYPE_TRADE;
            ck_assert_int_ne(d.event->type, UPBIT_TYPE_GAP);
            upbit_event_unref(d.event);
        }
        if (got == first && before.proxies == 0) { /* quiet: now the trades that are counted */
            before = stage_stats();
            goal += (uint64_t)takers * EVENTS;
            stage_order("burst?rate=1000&ms=%d&code=KRW-BTC", EVENTS);
        }
    }
    after = stage_stats();
    ck_assert_uint_eq(got, goal);
    for (int i = 0; i < proxies; i++)
        upbit_proxy_close(all[i]);
    upbit_waiter_destroy(waiter);
    stage_close();
    return (struct work){after.events_decoded - before.events_decoded,
                         after.events_delivered - before.events_delivered,
                         after.notifications - before.notifications,
                         after.read_batches - before.read_batches};
}

START_TEST(scenario_12_fifty_and_a_thousand_proxies)
{
    static const struct {
        int proxies, takers;
    } runs[] = {{50, 5}, {1000, 5}, {50, 50}, {1000, 1000}};
    for (size_t i = 0; i < 4; i++) {
        struct work w = work_of(runs[i].proxies, runs[i].takers);
        /* An event is decoded once, and handed to those who want it, and to nobody else. */
        ck_assert_uint_eq(w.events, 200);
        ck_assert_uint_eq(w.delivered, 200 * (uint64_t)runs[i].takers);
        /* One wake-up for all of a batch, however many there are; a few are a timer's. */
        ck_assert_uint_le(w.notified, w.batches + 10);
        ck_assert_uint_gt(w.notified, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenarios widgets");
    TCase *tests = tcase_create("widgets");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, scenario_02_coin_selection);
    tcase_add_loop_test(tests, scenario_03_snapshot_beside_realtime, 0, 3);
    tcase_add_test(tests, scenario_10_slow_widget);
    tcase_add_test(tests, scenario_12_fifty_and_a_thousand_proxies);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
