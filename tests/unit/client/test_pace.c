/* When the I/O thread rests before it reads again: in a flood that lasts, and only after it has
 * read something. */
#include "client/pace.h"
#include "support/check_main.h"

static upbit__pace pace;
static int64_t now;

static void setup(void)
{
    pace = (upbit__pace){0};
    now = 1000000000000;
}

static void messages(int count, int64_t apart_ns)
{
    for (int i = 0; i < count; i++) {
        now += apart_ns;
        upbit__pace_message(&pace, now);
    }
}

START_TEST(rests_in_a_flood_that_lasts)
{
    messages(30, 4000);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0); /* not looked at long enough */
    messages(1000, 4000);
    ck_assert_int_eq(upbit__pace_rest(&pace), UPBIT__PACE_REST_NS);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0); /* nothing came since */
    messages(1, 4000);
    ck_assert_int_eq(upbit__pace_rest(&pace), UPBIT__PACE_REST_NS);
}
END_TEST

START_TEST(messages_of_one_read_have_one_time)
{
    for (int reads = 0; reads < 20; reads++) {
        now += UPBIT__PACE_REST_NS;
        messages(150, 0);
    }
    ck_assert_int_eq(upbit__pace_rest(&pace), UPBIT__PACE_REST_NS); /* it stays one by resting */
}
END_TEST

START_TEST(never_rests_at_100000_a_second)
{
    for (int i = 0; i < 2000; i++) {
        messages(1, 10000);
        ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    }
    messages(1, 2000000); /* the server was held up, and makes up for it */
    messages(25, 0);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    messages(200, 10000);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
}
END_TEST

START_TEST(a_burst_is_no_flood)
{
    messages(10, 50000000);
    messages(855, 0); /* the whole market at once */
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    messages(10, 1000000);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
}
END_TEST

START_TEST(ends_with_the_flood)
{
    messages(1000, 4000);
    ck_assert_int_gt(upbit__pace_rest(&pace), 0);
    messages(1, UPBIT__PACE_LOOK_NS * 4);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    messages(1000, 4000);
    ck_assert_int_gt(upbit__pace_rest(&pace), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client pace");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, rests_in_a_flood_that_lasts);
    tcase_add_test(t, messages_of_one_read_have_one_time);
    tcase_add_test(t, never_rests_at_100000_a_second);
    tcase_add_test(t, a_burst_is_no_flood);
    tcase_add_test(t, ends_with_the_flood);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
