/* Waits for a limit: counted once each, measured, and one line an episode and kind. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "client/limit_wait.h"
#include "support/check_main.h"

static upbit__counters counters;
static upbit__log writer;
static char last[200];
static int lines;

static void write_line(void *context, int level, const char *module, const char *line)
{
    (void)context;
    ck_assert_int_eq(level, UPBIT_LOG_WARNING);
    ck_assert_str_eq(module, "limit");
    snprintf(last, sizeof last, "%s", line);
    lines++;
}

static void setup(void)
{
    counters = (upbit__counters){0};
    lines = 0;
    ck_assert_int_eq(upbit__log_init(&writer, write_line, NULL, UPBIT_LOG_WARNING), 0);
}

static void teardown(void)
{
    upbit__log_finish(&writer);
}

/* Begins at `at` and lasts `ms`. */
static uint32_t waits(upbit__wait_kind kind, int64_t at, int64_t ms)
{
    int64_t since = 0;
    upbit__wait_begin(&counters, &writer, kind, &since, at, at + ms * UPBIT__MS);
    upbit__wait_begin(&counters, &writer, kind, &since, at + 1, at + ms * UPBIT__MS); /* goes on */
    return upbit__wait_end(&counters, &since, at + ms * UPBIT__MS);
}

START_TEST(a_wait_is_counted_once_and_measured)
{
    int64_t never = 0;
    ck_assert_uint_eq(upbit__wait_end(&counters, &never, UPBIT__SECOND), 0);
    ck_assert_uint_eq(waits(UPBIT__WAIT_REST, UPBIT__SECOND, 700), 700);
    ck_assert_uint_eq(waits(UPBIT__WAIT_REST, 3 * UPBIT__SECOND, 200), 200);
    ck_assert_uint_eq(counters.limit_waits, 2);
    ck_assert_uint_eq(counters.limit_wait_ms, 900);
    ck_assert_uint_eq(counters.limit_wait_longest_ms, 700);
    ck_assert_ptr_nonnull(strstr(last, "kind=rest for_ms=700"));
}
END_TEST

START_TEST(an_episode_is_one_line)
{
    int64_t at = 100 * UPBIT__SECOND;
    for (int i = 0; i < 30; i++, at += UPBIT__SECOND)
        waits(UPBIT__WAIT_MESSAGE, at, 10);
    ck_assert_int_eq(lines, 1);
    waits(UPBIT__WAIT_CONNECT, at, 10); /* another kind is another episode */
    ck_assert_int_eq(lines, 2);
    ck_assert_ptr_nonnull(strstr(last, "kind=connect"));
    waits(UPBIT__WAIT_MESSAGE, at + 12 * UPBIT__SECOND, 10);
    ck_assert_int_eq(lines, 3);
    ck_assert_ptr_nonnull(strstr(last, "kind=message"));
}
END_TEST

START_TEST(what_was_told_before_is_no_episode_of_its_own)
{
    upbit__wait_told(&counters, UPBIT__WAIT_REST, UPBIT__SECOND); /* "429 ..." */
    waits(UPBIT__WAIT_REST, 2 * UPBIT__SECOND, 500);
    ck_assert_int_eq(lines, 0);
    ck_assert_uint_eq(counters.limit_waits, 1);
    waits(UPBIT__WAIT_REST, 20 * UPBIT__SECOND, 500);
    ck_assert_int_eq(lines, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client limit_wait");
    TCase *tests = tcase_create("limit_wait");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_wait_is_counted_once_and_measured);
    tcase_add_test(tests, an_episode_is_one_line);
    tcase_add_test(tests, what_was_told_before_is_no_episode_of_its_own);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
