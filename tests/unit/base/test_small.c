/* Buffer, back-off, clock, log and error texts: small things that everything stands on. */
#include <string.h>

#include "base/backoff.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error_detail.h"
#include "base/log.h"
#include "support/check_main.h"

START_TEST(buffer_keeps_what_was_put_in_order)
{
    upbit__buffer b = {0};
    char expected[4096];
    size_t in = 0, out = 0;
    for (unsigned i = 0; i < 200; i++) {
        char piece[37];
        memset(piece, 'a' + (int)(i % 26), sizeof piece);
        ck_assert_int_eq(upbit__buffer_append(&b, piece, 1 + i % 37), 0);
        for (unsigned k = 0; k < 1 + i % 37; k++)
            expected[in++ % sizeof expected] = piece[0];
        if (i % 3 == 2) {
            size_t take = b.length / 2;
            for (size_t k = 0; k < take; k++)
                ck_assert_int_eq(upbit__buffer_bytes(&b)[k], expected[out++ % sizeof expected]);
            upbit__buffer_consume(&b, take);
        }
    }
    ck_assert_uint_eq(b.length, in - out);
    upbit__buffer_consume(&b, b.length);
    ck_assert_uint_eq(b.start, 0);
    upbit__buffer_trim(&b, 16);
    ck_assert_ptr_null(b.data);
    upbit__buffer_finish(&b);
}
END_TEST

START_TEST(buffer_refuses_a_size_that_overflows)
{
    upbit__buffer b = {0};
    ck_assert_int_eq(upbit__buffer_append_text(&b, "abc"), 0);
    ck_assert_ptr_null(upbit__buffer_reserve(&b, SIZE_MAX - 1));
    ck_assert_uint_eq(b.length, 3);
    ck_assert_mem_eq(upbit__buffer_bytes(&b), "abc", 3);
    upbit__buffer_clear(&b);
    ck_assert_uint_eq(b.length, 0);
    upbit__buffer_finish(&b);
}
END_TEST

START_TEST(network_failures_are_tried_again_soon)
{
    upbit__backoff b;
    upbit__backoff_init(&b, 1000);
    ck_assert_uint_eq(upbit__backoff_bound(&b, UPBIT__BACKOFF_NETWORK), 1000);
    for (int i = 0; i < 40; i++)
        ck_assert_uint_eq(upbit__backoff_bound(&b, UPBIT__BACKOFF_NETWORK), 2000);
}
END_TEST

START_TEST(refusals_double_up_to_a_minute)
{
    upbit__backoff b;
    uint32_t want = 1000;
    upbit__backoff_init(&b, 1000);
    for (int i = 0; i < 40; i++) {
        ck_assert_uint_eq(upbit__backoff_bound(&b, UPBIT__BACKOFF_REFUSED), want);
        want = want * 2 > 60000 ? 60000 : want * 2;
    }
    upbit__backoff_reset(&b);
    ck_assert_uint_eq(upbit__backoff_bound(&b, UPBIT__BACKOFF_REFUSED), 1000);
}
END_TEST

START_TEST(jitter_is_spread_and_keeps_the_least)
{
    uint32_t low = UINT32_MAX, high = 0;
    for (int i = 0; i < 500; i++) {
        uint32_t delay = upbit__backoff_jitter(1000, 0);
        ck_assert_uint_le(delay, 1000);
        low = delay < low ? delay : low;
        high = delay > high ? delay : high;
        ck_assert_uint_ge(upbit__backoff_jitter(1000, 5000), 5000);
    }
    ck_assert_uint_lt(low, 300); /* 500 draws: fails once in 10^77 */
    ck_assert_uint_gt(high, 700);
}
END_TEST

static int64_t fixed_time(void)
{
    return 42;
}

START_TEST(the_clock_can_be_set_and_runs_again)
{
    const upbit__clock still = {fixed_time, fixed_time, fixed_time};
    upbit__clock_set(&still);
    ck_assert_int_eq(upbit__clock_monotonic_ns(), 42);
    ck_assert_int_eq(upbit__clock_boottime_ns(), 42);
    ck_assert_int_eq(upbit__clock_wall_ns(), 42);
    upbit__clock_set(NULL);
    int64_t before = upbit__clock_monotonic_ns();
    ck_assert_int_gt(before, 42);
    ck_assert_int_ge(upbit__clock_monotonic_ns(), before);
    ck_assert_int_gt(upbit__clock_wall_ns(), 1500000000LL * UPBIT__SECOND);
    ck_assert_int_ge(upbit__clock_thread_cpu_ns(), 0);
}
END_TEST

static char last_line[256];
static int lines, last_level;

static void sink(void *context, int level, const char *module, const char *line)
{
    ck_assert_str_eq(context, "context");
    ck_assert_str_eq(module, "stream");
    strncpy(last_line, line, sizeof last_line - 1);
    last_level = level;
    lines++;
}

START_TEST(log_drops_levels_and_control_characters)
{
    upbit__log log;
    lines = 0;
    ck_assert_int_eq(upbit__log_init(&log, sink, (void *)(uintptr_t) "context", UPBIT_LOG_WARNING),
                     0);
    upbit__log_write(&log, UPBIT_LOG_INFO, "stream", "not this");
    ck_assert_int_eq(lines, 0);
    upbit__log_write(&log, UPBIT_LOG_ERROR, "stream", "refused reason=%s", "a\nb\033c");
    ck_assert_int_eq(lines, 1);
    ck_assert_int_eq(last_level, UPBIT_LOG_ERROR);
    ck_assert_str_eq(last_line, "refused reason=a?b?c");
    upbit__log_write(NULL, UPBIT_LOG_ERROR, "stream", "nowhere");
    upbit__log_finish(&log);
}
END_TEST

static void other_sink(void *context, int level, const char *module, const char *line)
{
    (void)level, (void)module, (void)line;
    ++*(int *)context;
}

START_TEST(log_goes_where_it_is_redirected)
{
    upbit__log log;
    int others = 0;
    lines = 0;
    ck_assert_int_eq(upbit__log_init(&log, sink, (void *)(uintptr_t) "context", UPBIT_LOG_WARNING),
                     0);
    upbit__log_redirect(&log, other_sink, &others, 0);
    upbit__log_write(&log, UPBIT_LOG_WARNING, "stream", "one");
    upbit__log_write(&log, UPBIT_LOG_INFO, "stream", "below the level, which is as before");
    ck_assert_int_eq(others, 1);
    upbit__log_redirect(&log, other_sink, &others, UPBIT_LOG_INFO);
    upbit__log_write(&log, UPBIT_LOG_INFO, "stream", "two");
    ck_assert_int_eq(others, 2);
    upbit__log_redirect(&log, other_sink, &others, UPBIT_LOG_NONE);
    upbit__log_write(&log, UPBIT_LOG_ERROR, "stream", "nothing at all");
    ck_assert_int_eq(others, 2);
    ck_assert_int_eq(lines, 0);
    upbit__log_finish(&log);
}
END_TEST

START_TEST(every_error_has_a_name_and_a_sentence)
{
#define NAMES(name, number, text) {number, #name},
    static const struct {
        int error;
        const char *name;
    } errors[] = {UPBIT_ERROR_LIST(NAMES)};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        ck_assert_str_eq(upbit_error_name(errors[i].error), errors[i].name);
        ck_assert_uint_gt(strlen(upbit_error_string(errors[i].error)), 20);
    }
    ck_assert_str_eq(upbit_error_name(3), "OK");
    ck_assert_str_eq(upbit_error_name(-999), "UNKNOWN");
    ck_assert_int_eq(upbit__error_set(UPBIT_ERROR_UNKNOWN_CODE, "code %s", "KRW-NOPE"),
                     UPBIT_ERROR_UNKNOWN_CODE);
    ck_assert_str_eq(upbit_error_detail(), "code KRW-NOPE");
}
END_TEST

static Suite *suite_of_tests(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    tcase_add_test(t, buffer_keeps_what_was_put_in_order);
    tcase_add_test(t, buffer_refuses_a_size_that_overflows);
    tcase_add_test(t, network_failures_are_tried_again_soon);
    tcase_add_test(t, refusals_double_up_to_a_minute);
    tcase_add_test(t, jitter_is_spread_and_keeps_the_least);
    tcase_add_test(t, the_clock_can_be_set_and_runs_again);
    tcase_add_test(t, log_drops_levels_and_control_characters);
    tcase_add_test(t, log_goes_where_it_is_redirected);
    tcase_add_test(t, every_error_has_a_name_and_a_sentence);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite_of_tests());
}
