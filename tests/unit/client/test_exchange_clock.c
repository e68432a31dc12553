/* The exchange's clock out of dates with whole seconds: what is surely known, and what is said. */
#include "client/exchange_clock.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "support/check_main.h"

static int64_t mono_ns;
static int changes, lines;
static char last_line[512];
static upbit__counters counters;
static upbit__log logger;
static upbit__exchange_clock c;

static int64_t mono(void)
{
    return mono_ns;
}

static const upbit__clock fake = {.monotonic_ns = mono, .boottime_ns = mono, .wall_ns = mono};

static void on_changed(void *context)
{
    (void)context;
    changes++;
}

static void on_log(void *context, int level, const char *module, const char *line)
{
    (void)context;
    ck_assert_int_eq(level, UPBIT_LOG_WARNING);
    ck_assert_str_eq(module, "rest");
    snprintf(last_line, sizeof last_line, "%s", line);
    lines++;
}

static void setup(void)
{
    upbit__clock_set(&fake);
    mono_ns = UPBIT__SECOND;
    changes = lines = 0;
    upbit__log_init(&logger, on_log, NULL, UPBIT_LOG_DEBUG);
    upbit__exchange_clock_init(&c, &logger, &counters, on_changed, NULL);
}

static void finish(void)
{
    upbit__log_finish(&logger);
    upbit__clock_set(NULL);
}

/* An answer after `way` ms at our time `now`, written in the middle by a clock that is `offset`
 * ahead of ours. */
static void hear(int64_t now_ms, int64_t way, int64_t offset)
{
    const upbit__rest_result r = {.sent_ms = now_ms,
                                  .received_ms = now_ms + way,
                                  .date_ms = (now_ms + way / 2 + offset) / 1000 * 1000};
    mono_ns += 10 * UPBIT__MS;
    upbit__exchange_clock_heard(&c, &r);
}

START_TEST(answers_narrow_each_other)
{
    int64_t t = 1785395043000;
    ck_assert_int_eq(upbit__exchange_clock_offset_ms(&c), 0);
    for (int64_t i = 0; i < 40; i++)
        hear(t + i * 137, 40, 2345);
    int64_t offset = upbit__exchange_clock_offset_ms(&c);
    ck_assert_msg(offset > 2300 && offset < 2390, "%lld", (long long)offset);
    ck_assert_int_le(c.low_ms, 2345);
    ck_assert_int_ge(c.high_ms, 2345);
    ck_assert_int_eq(atomic_load(&counters.clock_offset_ms), offset);
    ck_assert_int_eq(changes, 0);
}
END_TEST

START_TEST(five_seconds_are_said_when_they_are_sure)
{
    int64_t t = 1785395043000;
    hear(t + 500, 40, 5200); /* between 4.7 and 5.7: it may be less */
    hear(t + 900, 8000, 5200);
    ck_assert_int_eq(changes, 0);
    hear(t + 2810, 40, 5200); /* a date of 0 ms: surely more */
    ck_assert_int_eq(changes, 1);
    ck_assert(c.wrong);
    ck_assert_int_eq(lines, 1);
    ck_assert_ptr_nonnull(strstr(last_line, "behind the exchange's; set it"));
    for (int64_t i = 0; i < 20; i++)
        hear(t + 3000 + i * 137, 40, 5200);
    ck_assert_int_eq(lines, 1); /* once an episode */
    hear(t + 9000, 40, 0);      /* it was set */
    ck_assert_int_eq(changes, 2);
    ck_assert(!c.wrong);
    ck_assert_ptr_nonnull(strstr(last_line, "right again"));
    hear(t + 10000, 40, -20000);
    ck_assert_int_eq(changes, 3);
    ck_assert_ptr_nonnull(strstr(last_line, "ahead of"));
}
END_TEST

START_TEST(a_slow_answer_says_little)
{
    hear(1785395043000, 30000, 10000); /* somewhere within half a minute */
    ck_assert_int_eq(changes, 0);
    ck_assert_int_le(c.low_ms, 10000 - 14000);
}
END_TEST

START_TEST(what_is_known_wears_off)
{
    for (int64_t i = 0; i < 40; i++)
        hear(1785395043000 + i * 137, 40, 1000);
    int64_t width = c.high_ms - c.low_ms;
    mono_ns += 3600 * UPBIT__SECOND;
    hear(1785398643500, 40, 1000);
    ck_assert_int_gt(c.high_ms - c.low_ms, width);
    ck_assert_int_le(c.high_ms - c.low_ms, 1100);
}
END_TEST

START_TEST(answers_that_say_nothing_change_nothing)
{
    const upbit__rest_result none[] = {
        {.sent_ms = 1785395043000, .received_ms = 1785395043040},
        {.error = UPBIT_ERROR_TIMEOUT, .date_ms = 1785395099000, .received_ms = 1785395043040},
        {.date_ms = 1785395099000, .sent_ms = 1785395099000, .received_ms = 1785395043040},
    };
    hear(1785395043000, 40, 1000);
    int64_t low = c.low_ms, high = c.high_ms;
    /* The last one: our clock was set back by more than a second meanwhile. */
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        upbit__exchange_clock_heard(&c, &none[i]);
    ck_assert_int_eq(c.low_ms, low);
    ck_assert_int_eq(c.high_ms, high);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("exchange clock");
    TCase *t = tcase_create("exchange clock");
    tcase_add_checked_fixture(t, setup, finish);
    tcase_add_test(t, answers_narrow_each_other);
    tcase_add_test(t, five_seconds_are_said_when_they_are_sure);
    tcase_add_test(t, a_slow_answer_says_little);
    tcase_add_test(t, what_is_known_wears_off);
    tcase_add_test(t, answers_that_say_nothing_change_nothing);
    suite_add_tcase(s, t);
    return check_main(s);
}
