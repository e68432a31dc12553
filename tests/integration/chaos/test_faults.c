/* Whatever the network does: it is noticed, told, and survived. One session lives through all of
 * it, one fault after the other, and at the end the mock says what had to arrive. */
#include <stdio.h>
#include <string.h>

#include "../scenarios/oracle.h"
#include "road.h"
#include "support/check_main.h"

static const char *const arguments[] = {"--codes",   "5",       "--rate", "60",
                                        "--journal", "1000000", NULL};
static const int types[] = {UPBIT_TYPE_TICKER, UPBIT_TYPE_TRADE, UPBIT_TYPE_ORDERBOOK,
                            UPBIT_TYPE_CANDLE};
enum { TYPES = sizeof types / sizeof *types };

static void open_dashboard(tape **t)
{
    *t = tape_open("dashboard");
    for (int i = 0; i < TYPES; i++)
        tape_want(*t, upbit_proxy_subscribe, types[i], "KRW-BTC", 0);
    for (int i = 0; i < TYPES; i++)
        tape_wait(*t, 0, types[i], "KRW-BTC", ANY, 1);
}

/* What was delivered was sent, in order, nothing twice, and no trade is missing that no GAP tells.
 */
static void judge(tape *t)
{
    oracle_hush();
    tape_only(t, 0, "ticker KRW-BTC, trade KRW-BTC, orderbook KRW-BTC, candle KRW-BTC");
    for (int i = 0; i < TYPES; i++)
        ck_assert_uint_gt(oracle_true(t, types[i], "KRW-BTC"), 0);
    oracle_order(t, "KRW-BTC");
    (void)oracle_trades(t, "KRW-BTC");
}

/* What the connection outlives: it may take its time, but nothing is lost. */
static const char *const hardships[] = {
    "latency ms=60 jitter_ms=40",
    "rate bytes=60000 way=down",
    "stall",
    "slice bytes=1 pause_us=1",
    "slice bytes=7",
    "latency ms=0..30 jitter_ms=0..30",
};

static void patient(upbit_options *o)
{
    o->pong_timeout_ms = 20000;
}

START_TEST(what_a_connection_outlives)
{
    tape *t;
    road_open(arguments, patient);
    open_dashboard(&t);
    for (size_t i = 0; i < sizeof hardships / sizeof *hardships; i++) {
        relay_order(&road, "%s", hardships[i]);
        size_t from = t->count;
        stage_run(150);
        relay_order(&road, "clear");
        relay_order(&road, "resume");
        tape_wait(t, from, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    }
    stage_order("mute");
    /* The mute comes behind what was sent; the journal ends with it. */
    oracle_hush();
    ck_assert_uint_eq(stage_stats().connects, 1);
    ck_assert_uint_eq(stage_stats().losses, 0);
    ck_assert_uint_eq(tape_count(t, 0, UPBIT_TYPE_GAP, NULL, ANY), 0);
    ck_assert_uint_eq(tape_count(t, 0, UPBIT_TYPE_ERROR, NULL, ANY), 0);
    for (int i = 0; i < TYPES; i++)
        (void)oracle_whole(t, types[i], "KRW-BTC");
    road_close();
}
END_TEST

static const struct fault {
    const char *orders[2];
    int error; /* that is told */
} faults[] = {
    {{"cut how=rst"}, UPBIT_ERROR_CONNECT},
    {{"cut how=fin"}, UPBIT_ERROR_CONNECT},
    {{"cut how=half way=down"}, UPBIT_ERROR_CONNECT},
    {{"cut how=half way=up"}, UPBIT_ERROR_CONNECT},
    {{"cut how=silence"}, UPBIT_ERROR_TIMEOUT},
    {{"cut how=silence way=down"}, UPBIT_ERROR_TIMEOUT},
    {{"cut how=silence way=up"}, UPBIT_ERROR_TIMEOUT},
    {{"blackhole"}, UPBIT_ERROR_TIMEOUT},
    {{"stall"}, UPBIT_ERROR_TIMEOUT},
    {{"blackhole", "cut how=rst"}, UPBIT_ERROR_CONNECT},
    {{"refuse how=closed", "cut how=rst"}, UPBIT_ERROR_CONNECT},
    {{"refuse how=reset", "cut how=fin"}, UPBIT_ERROR_CONNECT},
    {{"lose bytes=0..200 count=2", "cut how=rst"}, UPBIT_ERROR_CONNECT},
    {{"lose bytes=0..300 count=2 how=fin way=up", "cut how=rst"}, UPBIT_ERROR_CONNECT},
    {{"lose bytes=0..150 how=silence", "cut how=fin"}, UPBIT_ERROR_CONNECT},
};
enum { FAULTS = sizeof faults / sizeof *faults };

static void quick(upbit_options *o)
{
    o->ping_interval_ms = 50;
    o->pong_timeout_ms = 300;
    o->connect_timeout_ms = o->upgrade_timeout_ms = 400;
}

static bool was_lost(const void *losses)
{
    return stage_stats().losses > *(const uint64_t *)losses;
}

/* Ends one fault, and shows that all is as before. */
static void recover(tape *t, size_t from, uint32_t epoch)
{
    double over = stream_now();
    relay_order(&road, "clear");
    relay_order(&road, "resume");
    road_until_live(epoch + 1);
    tape_wait(t, from, UPBIT_TYPE_RESTORED, NULL, ANY, 1);
    size_t back = t->count;
    for (int i = 0; i < TYPES; i++)
        if (types[i] != UPBIT_TYPE_CANDLE) /* which come once a second */
            tape_wait(t, back, types[i], "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    ck_assert_double_lt(stream_now() - over, 50); /* the plan says 5 */
}

START_TEST(what_it_is_brought_back_from)
{
    tape *t;
    road_open(arguments, quick);
    open_dashboard(&t);
    for (int i = 0; i < FAULTS; i++) {
        upbit_stats before = stage_stats();
        size_t from = t->count;
        double begin = stream_now();
        for (int k = 0; k < 2 && faults[i].orders[k] != NULL; k++)
            relay_order(&road, "%s", faults[i].orders[k]);
        road_until(was_lost, &before.losses, faults[i].orders[0]);
        ck_assert_double_lt(stream_now() - begin, 10); /* ping and time-out are 0.35 */
        tape_wait(t, from, UPBIT_TYPE_ERROR, NULL, ANY, 1);
        ck_assert_msg(tape_find(t, from, UPBIT_TYPE_ERROR, NULL)->value == faults[i].error,
                      "%s is told as %s", faults[i].orders[0],
                      upbit_error_name(tape_find(t, from, UPBIT_TYPE_ERROR, NULL)->value));
        double noticed = stream_now();
        recover(t, from, before.epoch);
        printf("# %s: told after %.2f s, back %.2f s after its end\n", faults[i].orders[0],
               noticed - begin, stream_now() - noticed);
    }
    ck_assert_int_le(relay_stat(&road, "busiest_second"), 8); /* the plan says 5; a machine waits */
    judge(t);
    road_close();
}
END_TEST

static void quick_and_all(upbit_options *o)
{
    quick(o);
    road_rest_too(o);
}

/* Thirty seconds of the relay's clock, three times. The questions go the same road. */
START_TEST(three_cuts_of_thirty_seconds)
{
    static const char *const cuts[] = {"cut how=rst", "cut how=fin", "cut how=silence"};
    tape *t;
    road_scale = "100";
    road_open(arguments, quick_and_all);
    road_scale = NULL;
    open_dashboard(&t);
    for (uint32_t i = 0; i < 3; i++) {
        size_t from = t->count;
        relay_order(&road, "refuse how=closed for_ms=30000");
        relay_order(&road, "%s", cuts[i]);
        road_until_live(i + 2);
        tape_wait(t, from, UPBIT_TYPE_RESTORED, NULL, ANY, 1);
        tape_wait(t, t->count, UPBIT_TYPE_TRADE, "KRW-BTC", UPBIT_STREAM_REALTIME, 1);
    }
    judge(t);
    ck_assert_uint_eq(stage_stats().reconnects, 3);
    road_close();
}
END_TEST

/* Who could not ask for the market list while there was no network asks as soon as there is one:
 * KRW-* is nothing without it. */
START_TEST(a_list_that_could_not_be_had_is_had_soon)
{
    tape *t;
    road_time_moves();
    road_open(arguments, road_rest_too);
    relay_order(&road, "refuse how=closed");
    t = tape_open("all");
    tape_want(t, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-*", 0);
    for (uint64_t i = 1; i <= 7; i++) { /* so often that it has lost its patience */
        double end = stream_now() + 25;
        for (; stage_stats().rest_failures < i; stage_run(5)) {
            ck_assert_double_lt(stream_now(), end);
            road_time_passes(500);
        }
    }
    relay_order(&road, "clear");
    size_t from = t->count;
    for (int i = 0; i < 5; i++) { /* five seconds, in which every timer has its turns */
        road_time_passes(1000);
        stage_run(50);
    }
    tape_wait(t, from, UPBIT_TYPE_TICKER, NULL, ANY, 2);
    ck_assert_int_lt(road_time_passed(), 60000);
    road_close();
    road_time_is_real();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaos faults");
    TCase *tests = tcase_create("faults");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, what_a_connection_outlives);
    tcase_add_test(tests, what_it_is_brought_back_from);
    tcase_add_test(tests, three_cuts_of_thirty_seconds);
    tcase_add_test(tests, a_list_that_could_not_be_had_is_had_soon);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
