/* What is measured, and what is said about it: histograms, rates, the verdict on health, how often
 * a line is logged, a frame as a line of a recording. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/log.h"
#include "client/health.h"
#include "client/meter.h"
#include "support/check_main.h"
#include "wire/recording_write.h"

static int64_t now_ns;

static int64_t read_now(void)
{
    return now_ns;
}

static void setup(void)
{
    static const upbit__clock clocks = {read_now, read_now, read_now};
    now_ns = 1000 * UPBIT__SECOND;
    upbit__clock_set(&clocks);
}

static void teardown(void)
{
    upbit__clock_set(NULL);
}

/* ---- histograms ---- */

START_TEST(every_value_is_in_a_bucket_that_holds_it)
{
    for (uint64_t us = 0; us < (1ull << 32); us = us < 5000 ? us + 1 : us + us / 97) {
        unsigned b = upbit__histogram_bucket(us);
        ck_assert_uint_lt(b, UPBIT__HISTOGRAM_BUCKETS);
        uint64_t begin = b == 0 ? 0 : upbit__histogram_end(b - 1), end = upbit__histogram_end(b);
        ck_assert_uint_le(begin, us);
        ck_assert_uint_lt(us, end);
        ck_assert_uint_le((end - begin) * 16, begin < 16 ? 16 : begin); /* a sixteenth wide */
    }
    ck_assert_uint_eq(upbit__histogram_bucket(UINT64_MAX), UPBIT__HISTOGRAM_BUCKETS - 1);
}
END_TEST

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

START_TEST(quantiles_are_off_by_a_32nd_at_most)
{
    static upbit__histogram h;
    enum { COUNT = 20000 };
    static int64_t values[COUNT];
    uint64_t random = 88172645463325252ull, sum = 0;
    for (int i = 0; i < COUNT; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        values[i] = (int64_t)(random % (1ull << (1 + random % 31)));
        sum += (uint64_t)values[i];
        upbit__histogram_add(&h, values[i]);
    }
    qsort(values, COUNT, sizeof *values, ascending);
    upbit__distribution d = {0};
    upbit__distribution_add(&d, &h);
    ck_assert_uint_eq(d.count, COUNT);
    ck_assert_uint_eq(d.sum_us, sum);
    ck_assert_uint_eq(d.max_us, (uint64_t)values[COUNT - 1]);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        double exact = (double)values[COUNT / 1000 * permille - 1];
        double told = (double)upbit__distribution_quantile(&d, permille);
        ck_assert_msg(fabs(told - exact) <= exact / 32 + 0.5, "%u: %g %g", permille, told, exact);
    }
    uint64_t below = 0;
    while (below < COUNT && values[below] < 1024)
        below++;
    ck_assert_uint_eq(upbit__distribution_below(&d, 10), below);
    upbit__distribution_add(&d, &h);
    ck_assert_uint_eq(d.count, 2 * COUNT);
}
END_TEST

START_TEST(the_edges_of_a_histogram)
{
    upbit__histogram h;
    memset(&h, 0, sizeof h);
    upbit__distribution none = {0}, d = {0};
    ck_assert_uint_eq(upbit__distribution_quantile(&none, 500), 0);
    upbit__histogram_add(&h, -5); /* two clocks */
    upbit__histogram_add(&h, INT64_MAX);
    upbit__distribution_add(&d, &h);
    ck_assert_uint_eq(d.count, 2);
    ck_assert_uint_eq(d.max_us, INT64_MAX);
    ck_assert_uint_eq(upbit__distribution_quantile(&d, 500), 0);
    ck_assert_uint_gt(upbit__distribution_quantile(&d, 1000), 4000000000u);
}
END_TEST

/* ---- rates ---- */

static void turn(upbit__meter *m, uint64_t messages, int64_t at_ms)
{
    const uint64_t totals[UPBIT__METERED] = {[UPBIT__METERED_MESSAGES] = messages};
    upbit__meter_turn(m, totals, at_ms * UPBIT__MS);
}

START_TEST(whole_seconds_are_summed)
{
    static upbit__meter m;
    turn(&m, 5, 100000);
    turn(&m, 7, 100999);
    turn(&m, 17, 101000); /* ten in the next second */
    turn(&m, 117, 105500);
#define SUM(seconds, at_ms)                                                                        \
    upbit__meter_sum(&m, UPBIT__METERED_MESSAGES, seconds, (at_ms)*UPBIT__MS)
    ck_assert_uint_eq(SUM(1, 101500), 7); /* the one that runs is not in it */
    ck_assert_uint_eq(SUM(1, 102000), 10);
    ck_assert_uint_eq(SUM(10, 105999), 17);
    ck_assert_uint_eq(SUM(10, 106000), 117);
    ck_assert_uint_eq(SUM(10, 111999), 110);
    ck_assert_uint_eq(SUM(10, 112000), 100); /* 101 is the eleventh */
    ck_assert_uint_eq(SUM(60, 165999), 100);
    ck_assert_uint_eq(SUM(60, 166000), 0);
    ck_assert_uint_eq(upbit__meter_sum(&m, UPBIT__METERED_BYTES, 10, 106000 * UPBIT__MS), 0);
    turn(&m, 118, 164100); /* the ring comes round: 100's bucket is 164's */
    ck_assert_uint_eq(SUM(1, 165000), 1);
}
END_TEST

/* ---- health ---- */

static const struct {
    upbit__signs signs;
    int level;
    uint32_t reasons, doing;
} verdicts[] = {
    {{.state = UPBIT_STATE_LIVE}, UPBIT_HEALTH_HEALTHY, 0, UPBIT_DOING_NOTHING},
    {{.state = UPBIT_STATE_IDLE}, UPBIT_HEALTH_HEALTHY, 0, UPBIT_DOING_NOTHING},
    {{.state = UPBIT_STATE_CONNECTING},
     UPBIT_HEALTH_DEGRADED,
     UPBIT_REASON_CONNECTING,
     UPBIT_DOING_CONNECTING},
    {{.state = UPBIT_STATE_RECONNECTING, .error = UPBIT_ERROR_CONNECT},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_RECONNECTING,
     UPBIT_DOING_WAITING},
    {{.state = UPBIT_STATE_RECONNECTING, .error = UPBIT_ERROR_TLS},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_RECONNECTING | UPBIT_REASON_REFUSED,
     UPBIT_DOING_WAITING},
    {{.state = UPBIT_STATE_RECONNECTING, .error = UPBIT_ERROR_UPGRADE, .limited = true},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_RECONNECTING | UPBIT_REASON_REFUSED | UPBIT_REASON_LIMITED,
     UPBIT_DOING_WAITING},
    {{.state = UPBIT_STATE_STALE}, UPBIT_HEALTH_DEGRADED, UPBIT_REASON_SILENT, UPBIT_DOING_PROBING},
    {{.state = UPBIT_STATE_CLOSED},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_CLOSED,
     UPBIT_DOING_NOTHING},
    {{.state = UPBIT_STATE_CLOSING, .unwanted = true},
     UPBIT_HEALTH_HEALTHY,
     0,
     UPBIT_DOING_NOTHING},
    {{.state = UPBIT_STATE_LIVE, .uncompressed = true},
     UPBIT_HEALTH_DEGRADED,
     UPBIT_REASON_COMPRESSION,
     UPBIT_DOING_UNCOMPRESSED},
    {{.state = UPBIT_STATE_LIVE, .clock_ahead_s = -7},
     UPBIT_HEALTH_DEGRADED,
     UPBIT_REASON_CLOCK,
     UPBIT_DOING_NOTHING},
    {{.state = UPBIT_STATE_LIVE, .dropped = 3, .not_fitted = 1, .bad = 9},
     UPBIT_HEALTH_DEGRADED,
     UPBIT_REASON_DROPPING | UPBIT_REASON_MEMORY | UPBIT_REASON_BAD_MESSAGES,
     UPBIT_DOING_MAKING_ROOM},
    {{.state = UPBIT_STATE_LIVE, .bad = 9},
     UPBIT_HEALTH_DEGRADED,
     UPBIT_REASON_BAD_MESSAGES,
     UPBIT_DOING_SKIPPING},
    {{.state = UPBIT_STATE_RECONNECTING, .error = UPBIT_ERROR_CONNECT, .dropped = 3},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_RECONNECTING | UPBIT_REASON_DROPPING,
     UPBIT_DOING_WAITING}, /* the gravest is what is done about */
    {{.session = UPBIT_SESSION_PRIVATE, .state = UPBIT_STATE_IDLE, .refused = true},
     UPBIT_HEALTH_CRITICAL,
     UPBIT_REASON_REFUSED,
     UPBIT_DOING_NOTHING},
};

START_TEST(the_verdict_follows_from_the_signs)
{
    upbit_health h;
    memset(&h, 'x', sizeof h);
    upbit__health_judge(&h, &verdicts[_i].signs);
    ck_assert_int_eq(h.level, verdicts[_i].level);
    ck_assert_uint_eq(h.reasons, verdicts[_i].reasons);
    ck_assert_uint_eq(h.doing, verdicts[_i].doing);
    ck_assert_str_ne(h.reason, "");
    ck_assert_str_ne(h.action, "");
    ck_assert_ptr_nonnull(memchr(h.action, '\0', sizeof h.action));
}
END_TEST

/* ---- lines ---- */

static int lines, last_level;
static char last_line[600];

static void keep_line(void *context, int level, const char *module, const char *line)
{
    (void)context;
    (void)module;
    lines++;
    last_level = level;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void repeat(upbit__log *log, int i)
{
    upbit__log_write(log, UPBIT_LOG_WARNING, "stream", "again i=%d", i);
}

START_TEST(what_repeats_is_kept_back_and_counted)
{
    upbit__log log;
    lines = 0;
    ck_assert_int_eq(upbit__log_init(&log, keep_line, NULL, UPBIT_LOG_INFO), 0);
    for (int i = 0; i < 100; i++)
        repeat(&log, i);
    ck_assert_int_eq(lines, 20);
    ck_assert_str_eq(last_line, "again i=19");
    upbit__log_write(&log, UPBIT_LOG_WARNING, "stream", "another"); /* not its fault */
    ck_assert_int_eq(lines, 21);
    now_ns += 10 * UPBIT__SECOND;
    repeat(&log, 100);
    ck_assert_int_eq(lines, 22);
    ck_assert_str_eq(last_line, "again i=100 held_back=80");
    for (int i = 101; i < 122; i++)
        repeat(&log, i);
    ck_assert_int_eq(lines, 21 + 20);
    ck_assert_uint_eq(upbit__log_lines_held(&log), 82);
    upbit__log_flush(&log);
    ck_assert_str_eq(last_line, "the end: held_back=2 lines like earlier ones");
    upbit__log_finish(&log);
}
END_TEST

START_TEST(modules_have_levels_of_their_own)
{
    upbit__log log;
    const char *why = NULL;
    lines = 0;
    ck_assert_int_eq(upbit__log_init(&log, keep_line, NULL, UPBIT_LOG_WARNING), 0);
    ck_assert_int_eq(upbit__log_set_levels(&log, "limit=debug,stream=error", &why), 0);
    upbit__log_write(&log, UPBIT_LOG_DEBUG, "limit", "a");
    upbit__log_write(&log, UPBIT_LOG_WARNING, "stream", "b");
    upbit__log_write(&log, UPBIT_LOG_ERROR, "stream", "c");
    upbit__log_write(&log, UPBIT_LOG_INFO, "rest", "d");
    upbit__log_write(&log, UPBIT_LOG_WARNING, "something", "e");
    ck_assert_int_eq(lines, 3);
    ck_assert_str_eq(last_line, "e");
    ck_assert_int_lt(upbit__log_set_levels(&log, "limit", &why), 0);
    ck_assert_int_lt(upbit__log_set_levels(&log, "limit=loud", &why), 0);
    ck_assert_ptr_nonnull(why);
    upbit__log_write(&log, UPBIT_LOG_DEBUG, "limit", "as before");
    ck_assert_int_eq(lines, 4);
    ck_assert_int_eq(upbit__log_set_levels(&log, "", &why), 0);
    upbit__log_write(&log, UPBIT_LOG_DEBUG, "limit", "f");
    ck_assert_int_eq(lines, 4);
    upbit__log_redirect(&log, keep_line, NULL, UPBIT_LOG_DEBUG);
    upbit__log_write(&log, UPBIT_LOG_DEBUG, "limit", "g\nh");
    ck_assert_str_eq(last_line, "g?h");
    upbit__log_finish(&log);
}
END_TEST

/* ---- recordings ---- */

START_TEST(a_frame_comes_back_as_it_was)
{
    static const struct {
        const char *bytes;
        size_t length;
    } frames[] = {{"{\"a\":\"b\\\\\"}", 10}, {"", 0},    {"\0\1\n\x1f", 4}, {"\xff\xfe binary", 9},
                  {"\xec\x97\x85", 3},       {"\xff", 1}};
    const upbit__recorded frame = {.in = _i % 2 == 0,
                                   .opcode = _i < 3 ? 1 : 2,
                                   .t_ns = 1700000000180000000 + _i,
                                   .data = (const uint8_t *)frames[_i].bytes,
                                   .length = frames[_i].length};
    upbit__buffer line = {0};
    ck_assert_int_eq(upbit__recording_write(&line, &frame), 0);
    char *text = (char *)line.data + line.start;
    ck_assert_int_eq(text[line.length - 1], '\n');
    upbit__recording_kind kind = UPBIT__RECORDING_UNKNOWN;
    upbit__recorded got;
    const char *why = "";
    ck_assert_msg(upbit__recording_read(&got, &kind, text, line.length - 1, &why) == 1, "%s", why);
    ck_assert_int_eq(got.in, frame.in);
    ck_assert_int_eq(got.opcode, frame.opcode);
    ck_assert_int_eq(got.t_ns, frame.t_ns);
    ck_assert_uint_eq(got.length, frame.length);
    ck_assert_int_eq(memcmp(got.data, frame.data, frame.length), 0);
    upbit__buffer_finish(&line);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("measures");
    TCase *c = tcase_create("measures");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, every_value_is_in_a_bucket_that_holds_it);
    tcase_add_test(c, quantiles_are_off_by_a_32nd_at_most);
    tcase_add_test(c, the_edges_of_a_histogram);
    tcase_add_test(c, whole_seconds_are_summed);
    tcase_add_loop_test(c, the_verdict_follows_from_the_signs, 0,
                        (int)(sizeof verdicts / sizeof *verdicts));
    tcase_add_test(c, what_repeats_is_kept_back_and_counted);
    tcase_add_test(c, modules_have_levels_of_their_own);
    tcase_add_loop_test(c, a_frame_comes_back_as_it_was, 0, 6);
    suite_add_tcase(s, c);
    return check_main(s);
}
