/* Subscriptions to one snapshot that the stream does not answer: REST does, once. */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "snapshot_rig.h"
#include "support/check_main.h"

static _Atomic int64_t ahead; /* of the machine's clocks */

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec + atomic_load(&ahead);
}

static int64_t monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t boottime(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

static int64_t wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

static void setup(void)
{
    static const upbit__clock clocks = {monotonic, boottime, wall};
    upbit__clock_set(&clocks);
    begin("3000", "60");
}

static void teardown_clock(void)
{
    teardown();
    upbit__clock_set(NULL);
}

/* Time passes for the library; a command lets it look at its clock. */
static void pass(upbit_proxy *p, int64_t seconds)
{
    atomic_fetch_add(&ahead, seconds * UPBIT__SECOND);
    ck_assert_int_eq(upbit_proxy_cancel(p, 12345), 0);
}

static void want_once(upbit_proxy *p, int type, unsigned depth, const char *codes)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    want.book_depth = depth;
    want.candle_unit = type == UPBIT_TYPE_CANDLE ? UPBIT_CANDLE_1M : 0;
    ck_assert_int_eq(stream_want_full(p, upbit_proxy_subscribe, want, codes, 1), 0);
    ck_assert_int_eq(stream_reply(p, 1, 5), 0);
}

/* The next event of the type comes from `origin`. */
static const upbit_event *comes(upbit_proxy *p, int type, const char *code, int origin)
{
    const upbit_event *e = stream_event(p, type, code, 3);
    ck_assert_msg(e != NULL, "no %s", upbit_type_name(type));
    ck_assert_str_eq(upbit_origin_name(e->origin), upbit_origin_name(origin));
    ck_assert_int_eq(e->stream, UPBIT_STREAM_SNAPSHOT);
    return e;
}

static void no_more(upbit_proxy *p, int type)
{
    ck_assert_ptr_null(stream_event(p, type, NULL, 0.5));
}

/* The manager waits for its next attempt, which will be refused too. */
static void stream_down(upbit_proxy *p)
{
    ck_assert(stream_is_live(p, 5));
    wait_ms(100); /* the market list has come */
    control("refuse?count=100000");
    control("cut");
    upbit_event_unref(stream_event(p, UPBIT_TYPE_ERROR, NULL, 5));
}

/* And is back: its next attempt may be far away by now. */
static void stream_up(upbit_proxy *p)
{
    control("refuse?count=0");
    ck_assert(stream_is_live(p, 30));
}

START_TEST(while_the_stream_is_down_they_come_by_rest)
{
    upbit_proxy *p = stream_proxy(manager, "down", NULL);
    stream_down(p);
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC,KRW-ETH");
    want_once(p, UPBIT_TYPE_TRADE, 0, "KRW-BTC");
    want_once(p, UPBIT_TYPE_CANDLE, 0, "KRW-BTC");
    want_once(p, UPBIT_TYPE_ORDERBOOK, 3, "KRW-BTC");
    const upbit_event *e = stream_event(p, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", 3);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(e->origin, UPBIT_ORIGIN_REST);
    ck_assert_uint_eq(upbit_event_orderbook(e)->ask_count, 3);
    upbit_event_unref(e);
    upbit_proxy_close(p);
}
END_TEST

/* One type at a time, so that no event is passed over. */
START_TEST(each_is_answered_once)
{
    static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK,
                                UPBIT_TYPE_CANDLE};
    upbit_proxy *p = stream_proxy(manager, "each", NULL);
    stream_down(p);
    want_once(p, types[_i], 0, "KRW-BTC");
    upbit_event_unref(comes(p, types[_i], "KRW-BTC", UPBIT_ORIGIN_REST));
    stream_up(p);
    no_more(p, types[_i]); /* the wire was not asked either */
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_eq(s.keys, 0);
    ck_assert_uint_eq(s.snapshots, 0); /* these are none of get_snapshot's */
    upbit_proxy_close(p);
}
END_TEST

/* Each code of candles is a question of its own, eight of them fit a second. The first are answered
 * while the stream is down; it is back before the last, and with the last all go out. */
START_TEST(what_rest_answered_before_a_connection_is_of_its_epoch)
{
    static const char codes[] = "KRW-BTC,KRW-ETH,KRW-XRP,KRW-SOL,KRW-DOGE,KRW-ADA,BTC-ETH,BTC-XRP,"
                                "BTC-SOL,BTC-ADA,BTC-DOGE,BTC-USDT";
    upbit_proxy *p = stream_proxy(manager, "epoch", NULL);
    stream_down(p);
    upbit_stats stats;
    uint64_t before = rest_requests();
    want_once(p, UPBIT_TYPE_CANDLE, 0, codes);
    for (int i = 0; i < 100 && rest_requests() < before + 8; i++)
        wait_ms(10);
    wait_ms(50);                /* they are answered */
    control("answer?ms=60000"); /* the stream is asked too, and would be quicker */
    stream_up(p);
    upbit_manager_get_stats(manager, &stats, sizeof stats);
    ck_assert_uint_eq(stats.epoch, 2);
    bool in_time = rest_requests() < before + 12; /* else the machine is too slow for this */
    for (int i = 0; i < 12; i++) {
        const upbit_event *e = comes(p, UPBIT_TYPE_CANDLE, NULL, UPBIT_ORIGIN_REST);
        ck_assert(e->epoch == 2 || !in_time);
        upbit_event_unref(e);
    }
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_connection_that_is_lost_is_not_waited_for)
{
    upbit_proxy *p = stream_proxy(manager, "lost", NULL);
    ck_assert(stream_is_live(p, 5));
    control("answer?ms=60000"); /* requests are heard, but not answered */
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    wait_ms(200);
    control("refuse?count=100000");
    control("cut");
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_ORIGIN_REST));
    no_more(p, UPBIT_TYPE_TICKER);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_silent_stream_has_five_seconds)
{
    upbit_proxy *p = stream_proxy(manager, "silent", NULL);
    ck_assert(stream_is_live(p, 5));
    control("answer?ms=2500");
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    wait_ms(300); /* the request is sent */
    pass(p, 4);
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_TICKER, NULL, 0.3));
    pass(p, 1);
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_ORIGIN_REST));
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_TICKER, NULL, 2)); /* the stream's, too late */
    upbit_stats s;
    upbit_manager_get_stats(manager, &s, sizeof s);
    ck_assert_uint_ge(s.events_unwanted, 1);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(what_the_stream_answers_is_not_asked_for)
{
    upbit_proxy *p = stream_proxy(manager, "quick", NULL);
    ck_assert(stream_is_live(p, 5));
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_ORIGIN_STREAM));
    uint64_t asked = rest_requests();
    pass(p, 6);
    no_more(p, UPBIT_TYPE_TICKER);
    ck_assert_uint_eq(rest_requests(), asked);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(what_rest_has_not_either_is_asked_for_again)
{
    upbit_proxy *p = stream_proxy(manager, "again", NULL);
    ck_assert(stream_is_live(p, 5));
    wait_ms(100);
    control("answer?ms=60000");
    control("limit?group=ticker&count=1&status=500");
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC,KRW-ETH");
    want_once(p, UPBIT_TYPE_CANDLE, 0, "KRW-BTC");
    pass(p, 6);
    upbit_event_unref(comes(p, UPBIT_TYPE_CANDLE, "KRW-BTC", UPBIT_ORIGIN_REST));
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_TICKER, NULL, 0.3));
    pass(p, 6);
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, NULL, UPBIT_ORIGIN_REST));
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, NULL, UPBIT_ORIGIN_REST));
    no_more(p, UPBIT_TYPE_TICKER);
    upbit_proxy_close(p);
}
END_TEST

START_TEST(a_want_given_up_is_not_answered)
{
    upbit_proxy *p = stream_proxy(manager, "given_up", NULL);
    upbit_proxy *other = stream_proxy(manager, "other", NULL);
    stream_down(p);
    control("delay?ms=400&what=http");
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC,KRW-ETH");
    want_once(other, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    wait_ms(100);
    ck_assert_int_eq(stream_want(p, upbit_proxy_unsubscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 2), 0);
    upbit_event_unref(comes(p, UPBIT_TYPE_TICKER, "KRW-ETH", UPBIT_ORIGIN_REST));
    no_more(p, UPBIT_TYPE_TICKER);
    upbit_event_unref(comes(other, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_ORIGIN_REST));
    upbit_proxy_close(p);
    want_once(other, UPBIT_TYPE_TICKER, 0, "KRW-BTC"); /* and the manager ends with it under way */
    upbit_proxy_close(other);
}
END_TEST

START_TEST(a_shallow_cached_book_is_not_enough)
{
    upbit_proxy *a = stream_proxy(manager, "shallow", NULL);
    upbit_proxy *b = stream_proxy(manager, "deep", NULL);
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_ORDERBOOK;
    want.book_depth = 5;
    stream_want_full(a, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    upbit_event_unref(stream_event(a, UPBIT_TYPE_ORDERBOOK, NULL, 5));
    want_once(b, UPBIT_TYPE_ORDERBOOK, 15, "KRW-BTC");
    const upbit_event *e = comes(b, UPBIT_TYPE_ORDERBOOK, "KRW-BTC", UPBIT_ORIGIN_STREAM);
    ck_assert_uint_eq(upbit_event_orderbook(e)->ask_count, 15);
    upbit_event_unref(e);
    upbit_proxy_close(a);
    upbit_proxy_close(b);
}
END_TEST

/* The value waits in the widget's queue when it is given up: it is of the old set, too. */
START_TEST(what_was_not_taken_in_time_is_taken_back)
{
    static stream_command *const commands[] = {upbit_proxy_unsubscribe, upbit_proxy_replace};
    upbit_proxy *p = stream_proxy(manager, "hasty", NULL);
    upbit_proxy *q = stream_proxy(manager, "patient", NULL);
    ck_assert(stream_is_live(p, 5));
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    want_once(q, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    upbit_event_unref(comes(q, UPBIT_TYPE_TICKER, "KRW-BTC", UPBIT_ORIGIN_STREAM));
    if (_i < 2)
        ck_assert_int_eq(
            stream_want(p, commands[_i], UPBIT_TYPE_TICKER, _i == 0 ? "KRW-BTC" : "KRW-ETH", 7), 0);
    else
        ck_assert_int_eq(upbit_proxy_unsubscribe_all(p, 7), 0);
    wait_ms(100); /* the REPLY is there before anything is taken */
    ck_assert_int_eq(stream_reply(p, 7, 5), 0);
    ck_assert_ptr_null(stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 0.5));
    /* What is wanted anew comes, whatever happened to the cell. */
    want_once(p, UPBIT_TYPE_TICKER, 0, "KRW-BTC");
    const upbit_event *e = stream_event(p, UPBIT_TYPE_TICKER, "KRW-BTC", 3);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_proxy_close(p);
    upbit_proxy_close(q);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client snapshot once");
    TCase *t = tcase_create("once");
    tcase_add_checked_fixture(t, setup, teardown_clock);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, while_the_stream_is_down_they_come_by_rest);
    tcase_add_loop_test(t, each_is_answered_once, 0, 4);
    tcase_add_test(t, what_rest_answered_before_a_connection_is_of_its_epoch);
    tcase_add_test(t, a_connection_that_is_lost_is_not_waited_for);
    tcase_add_test(t, a_silent_stream_has_five_seconds);
    tcase_add_test(t, what_the_stream_answers_is_not_asked_for);
    tcase_add_test(t, what_rest_has_not_either_is_asked_for_again);
    tcase_add_test(t, a_want_given_up_is_not_answered);
    tcase_add_loop_test(t, what_was_not_taken_in_time_is_taken_back, 0, 3);
    tcase_add_test(t, a_shallow_cached_book_is_not_enough);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
