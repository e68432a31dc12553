/* The sliding-window budget: never more than N in any window, and no wait that is not needed. */
#include "limits/window.h"
#include "support/check_main.h"

#define SECOND 1000000000LL

START_TEST(never_more_than_n_in_any_window)
{
    upbit__window w;
    upbit__window_init(&w, 5, SECOND);
    int64_t grants[200];
    int64_t now = 1000 * SECOND;
    for (int i = 0; i < 200; i++) {
        int64_t at = upbit__window_next_ns(&w);
        if (at > now)
            now = at;
        upbit__window_take(&w, now);
        grants[i] = now;
        now += (i % 7) * 30000000LL; /* uneven askers */
    }
    for (int i = 5; i < 200; i++)
        ck_assert_int_gt(grants[i] - grants[i - 5], SECOND);
}
END_TEST

START_TEST(first_n_are_free_and_the_next_waits)
{
    upbit__window w;
    upbit__window_init(&w, 3, SECOND);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_le(upbit__window_next_ns(&w), 0);
        upbit__window_take(&w, 10);
    }
    ck_assert_int_eq(upbit__window_next_ns(&w), 10 + SECOND + 100000000LL);
}
END_TEST

START_TEST(limit_is_kept_in_range)
{
    upbit__window w;
    upbit__window_init(&w, 0, SECOND);
    ck_assert_uint_eq(w.limit, 1);
    upbit__window_init(&w, 1000000, SECOND);
    ck_assert_uint_eq(w.limit, UPBIT__WINDOW_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits window");
    TCase *tests = tcase_create("window");
    tcase_add_test(tests, never_more_than_n_in_any_window);
    tcase_add_test(tests, first_n_are_free_and_the_next_waits);
    tcase_add_test(tests, limit_is_kept_in_range);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
