/* Connections that end again and again, peers that read nothing, segments of one byte, bits that
 * are wrong: what it costs, and that it changes nothing.
 *
 * UPBIT_CHAOS_RECONNECTS=N: so many in place of 60. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "road.h"
#include "support/check_main.h"

/* Sanitizers keep what was freed for a while: there only the library's own counters are looked at.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RSS_IS_OURS false
#else
#define RSS_IS_OURS true
#endif

static void without_haste(upbit_options *o)
{
    o->pong_timeout_ms = 600000; /* the clock is moved: no pong is late by that */
    o->ping_interval_ms = 600000;
    o->upgrade_timeout_ms = o->connect_timeout_ms = 600000;
}

struct drained {
    uint64_t events, epochs, closed, restored;
};

static void drain(upbit_proxy *p, struct drained *d)
{
    upbit_delivery next = UPBIT_DELIVERY_INIT;
    while (upbit_proxy_next(p, &next) == 1) {
        d->events++;
        d->epochs += next.event->type == UPBIT_TYPE_EPOCH;
        d->restored += next.event->type == UPBIT_TYPE_RESTORED;
        upbit_event_unref(next.event);
    }
}

/* Live over the nth connection. */
static void until_connected(upbit_proxy *p, struct drained *d, uint64_t nth)
{
    double end = stream_now() + 25;
    for (;;) {
        upbit_stats s = stage_stats();
        drain(p, d);
        if (s.connects >= nth && s.state == UPBIT_STATE_LIVE)
            return;
        ck_assert_msg(stream_now() < end, "connection %llu does not come", (unsigned long long)nth);
        poll(NULL, 0, 1);
    }
}

/* A connection for questions or two that are kept for the next one, or are just closing. */
enum { SPARE = 4 };

static void until_descriptors(int most)
{
    double end = stream_now() + 25;
    for (; road_descriptors() > most; poll(NULL, 0, 5))
        ck_assert_msg(stream_now() < end, "%d descriptors, there were %d", road_descriptors(),
                      most);
}

START_TEST(a_thousand_reconnects_leave_nothing)
{
    static const char *const arguments[] = {"--codes", "10", "--rate", "200", NULL};
    static const char *const cuts[] = {"cut how=rst", "cut how=fin", "cut how=half way=down"};
    const char *text = getenv("UPBIT_CHAOS_RECONNECTS");
    uint64_t all = text != NULL ? strtoull(text, NULL, 10) : 60, warm = all / 4;
    struct drained got = {0};
    road_time_moves();
    road_open(arguments, without_haste);
    upbit_proxy *p = stream_proxy(manager, "steady", NULL);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        stream_want(p, upbit_proxy_subscribe, type, "KRW-*", 0);
    until_connected(p, &got, 1);
    int descriptors = 0, threads = 0;
    long rss = 0;
    upbit_stats before = {0};
    for (uint64_t i = 1; i <= all; i++) {
        road_time_passes(1500); /* a second for the budget of connects, and its pauses */
        relay_order(&road, "%s", cuts[i % 3]);
        until_connected(p, &got, i + 1);
        if (i == warm) {
            before = stage_stats();
            descriptors = road_descriptors();
            threads = road_threads();
            rss = road_rss_kib();
        }
    }
    until_descriptors(descriptors + SPARE);
    ck_assert_int_eq(road_threads(), threads);
    upbit_stats after = stage_stats();
    ck_assert_uint_eq(after.reconnects, all);
    ck_assert_uint_eq(after.keys, before.keys);
    ck_assert_uint_le(after.memory_key_bytes, before.memory_key_bytes);
    ck_assert_uint_le(after.memory_proxy_bytes, before.memory_proxy_bytes + 65536);
    ck_assert_uint_le(after.memory_bytes, before.memory_bytes + 256 * 1024);
    printf("# %llu reconnects: %d descriptors, %d threads, RSS %ld -> %ld KiB\n",
           (unsigned long long)all, road_descriptors(), road_threads(), rss, road_rss_kib());
    if (RSS_IS_OURS)
        ck_assert_int_le(road_rss_kib(), rss + 2048);
    drain(p, &got);
    ck_assert_uint_ge(got.restored, all);
    upbit_proxy_close(p);
    road_close();
    road_time_is_real();
}
END_TEST

static const char *const deaf[] = {"stall", "blackhole", "cut how=silence", "stall way=up",
                                   "refuse how=closed"};

/* While nobody reads, or nobody is there, the loop turns for its timers and for nothing else. */
START_TEST(who_waits_does_not_spin)
{
    static const char *const arguments[] = {"--codes", "10", "--rate", "100", NULL};
    road_open(arguments, NULL);
    upbit_proxy *p = stream_proxy(manager, "steady", NULL);
    struct drained got = {0};
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-*", 0);
    until_connected(p, &got, 1);
    for (size_t i = 0; i < sizeof deaf / sizeof *deaf; i++) {
        uint64_t connects = stage_stats().connects;
        relay_order(&road, "%s", deaf[i]);
        if (i == 4)
            relay_order(&road, "cut how=rst");
        uint64_t turns = stage_stats().turns.count;
        double begin = stream_now();
        do {
            drain(p, &got);
            /* Wants change meanwhile: there is always something to send. */
            stream_want(p, upbit_proxy_replace, UPBIT_TYPE_TRADE,
                        stage_stats().turns.count % 2 == 0 ? "KRW-BTC" : "KRW-ETH", 0);
            poll(NULL, 0, 20);
        } while (stream_now() - begin < 0.25);
        double took = stream_now() - begin;
        turns = stage_stats().turns.count - turns;
        /* A spinning loop turns a hundred thousand times a second. */
        ck_assert_msg((double)turns < 300 + 2000 * took, "%s: %llu turns in %.2f s", deaf[i],
                      (unsigned long long)turns, took);
        relay_order(&road, "clear");
        relay_order(&road, "resume");
        relay_order(&road, "cut how=rst"); /* whatever the state is: from here on it is well */
        until_connected(p, &got, connects + 1);
    }
    upbit_proxy_close(p);
    road_close();
}
END_TEST

enum { MESSAGES = 120 };

/* A recording that ends: the mock plays it to whoever asks. */
static void write_recording(char *path)
{
    int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < MESSAGES; i++)
        fprintf(
            f,
            "{\"ty\":\"trade\",\"cd\":\"KRW-BTC\",\"tms\":%lld,\"td\":\"2026-07-29\","
            "\"ttm\":\"00:00:%02d\",\"ttms\":%lld,\"tp\":%d.5,\"tv\":0.00%d,\"ab\":\"ASK\","
            "\"pcp\":1E8,\"c\":\"RISE\",\"cp\":0,\"sid\":%lld0000,\"bap\":1,\"bas\":1,\"bbp\":1,"
            "\"bbs\":1,\"st\":\"REALTIME\"}\n",
            1785283200020LL + i, i % 60, 1785283200000LL + i, 100000000 + i * 7, i + 1,
            1785283200000LL + i);
    ck_assert_int_eq(fclose(f), 0);
}

static tape *play(const char *path, const char *slices)
{
    const char *const arguments[] = {"--replay", path, "--replay-speed", "0", NULL};
    road_open(arguments, NULL);
    relay_order(&road, "%s", slices);
    tape *t = tape_open("player");
    tape_want(t, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 0);
    tape_wait(t, 0, UPBIT_TYPE_TRADE, "KRW-BTC", ANY, MESSAGES);
    return t;
}

START_TEST(segments_of_a_byte_change_nothing)
{
    static const char *const slices[] = {"slice bytes=0", "slice bytes=1 pause_us=1",
                                         "slice bytes=3"};
    static note trades[3][MESSAGES];
    char path[] = "/tmp/upbit-slices-XXXXXX";
    write_recording(path);
    for (int i = 0; i < 3; i++) {
        const tape *t = play(path, slices[i]);
        size_t count = 0;
        for (size_t k = 0; k < t->count; k++)
            if (t->at[k].type == UPBIT_TYPE_TRADE) {
                ck_assert_uint_lt(count, MESSAGES);
                trades[i][count++] = t->at[k];
            }
        ck_assert_uint_eq(stage_stats().decode_errors, 0);
        ck_assert_uint_eq(stage_stats().connects, 1);
        road_close();
    }
    for (int i = 1; i < 3; i++)
        for (int k = 0; k < MESSAGES; k++) {
            const note *whole = &trades[0][k], *sliced = &trades[i][k];
            ck_assert_int_eq(sliced->id, whole->id);
            ck_assert_uint_eq(sliced->number, whole->number);
            ck_assert_int_eq(sliced->ms, whole->ms);
            ck_assert_int_eq(upbit_decimal_compare(&sliced->price, &whole->price), 0);
            ck_assert_int_eq(upbit_decimal_compare(&sliced->volume, &whole->volume), 0);
        }
    unlink(path);
}
END_TEST

/* Without TLS nothing says which bits are wrong: the frames and what is in them have to bear it. */
START_TEST(wrong_bits_do_no_harm)
{
    static const char *const arguments[] = {"--codes",      "10", "--rate", "500",
                                            "--time-scale", "4",  NULL};
    road_open(arguments, NULL);
    upbit_proxy *p = stream_proxy(manager, "steady", NULL);
    struct drained got = {0};
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        stream_want(p, upbit_proxy_subscribe, type, "KRW-*", 0);
    until_connected(p, &got, 1);
    relay_order(&road, "flip per_million=300 way=down");
    double end = stream_now() + 25;
    for (; stage_stats().losses < 3; poll(NULL, 0, 5)) {
        drain(p, &got);
        ck_assert_double_lt(stream_now(), end);
    }
    ck_assert_int_gt(relay_stat(&road, "flips"), 3);
    relay_order(&road, "clear");
    relay_order(&road, "cut how=rst");
    until_connected(p, &got, stage_stats().connects + 1);
    upbit_proxy_close(p);
    road_close();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("chaos reconnects");
    TCase *tests = tcase_create("reconnects");
    tcase_set_timeout(tests, getenv("UPBIT_CHAOS_RECONNECTS") != NULL ? 3600 : 300);
    tcase_add_test(tests, a_thousand_reconnects_leave_nothing);
    tcase_add_test(tests, who_waits_does_not_spin);
    tcase_add_test(tests, segments_of_a_byte_change_nothing);
    tcase_add_test(tests, wrong_bits_do_no_harm);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
