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

/* How often it rests in so many turns of a message each. */
static int rests_of(int turns, int64_t apart_ns)
{
    int rests = 0;
    for (int i = 0; i < turns; i++) {
        messages(1, apart_ns);
        rests += upbit__pace_rest(&pace) > 0;
    }
    return rests;
}

START_TEST(rests_at_100000_a_second_for_a_probe_only)
{
    int first = rests_of(100000, 10000), later = rests_of(100000, 10000);
    ck_assert_int_ge(first, 6); /* after 10, 20, 40, 80, 160, 160 ... ms */
    ck_assert_int_le(first, 10);
    ck_assert_int_ge(later, 5);
    ck_assert_int_le(later, 7);
}
END_TEST

START_TEST(who_was_held_up_makes_no_flood)
{
    messages(1, 10000);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    messages(1, 2000000); /* and makes up for it */
    messages(25, 0);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
    messages(200, 10000);
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
}
END_TEST

START_TEST(a_probe_finds_who_waits_for_us)
{
    rests_of(1, UPBIT__PACE_FIRST_NS);
    int turns = 0;
    do {
        messages(1, 31000);
        turns++;
    } while (upbit__pace_rest(&pace) == 0);
    ck_assert_int_ge(turns, (int)(UPBIT__PACE_FIRST_NS / 31000));
    ck_assert_int_le(turns, (int)(UPBIT__PACE_FIRST_NS / 31000) + 2);
    now += UPBIT__PACE_REST_NS;
    messages(100, 0);
    ck_assert_int_eq(upbit__pace_rest(&pace), UPBIT__PACE_REST_NS);
    ck_assert(pace.flood);
    now += UPBIT__PACE_REST_NS;
    messages(16, 0); /* now it does not */
    ck_assert_int_eq(upbit__pace_rest(&pace), 0);
}
END_TEST

START_TEST(a_calm_pace_is_never_probed)
{
    ck_assert_int_eq(rests_of(50000, 100000), 0); /* 10,000 a second */
    ck_assert_int_eq(rests_of(5000, 1000000), 0);
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
    tcase_add_test(t, rests_at_100000_a_second_for_a_probe_only);
    tcase_add_test(t, who_was_held_up_makes_no_flood);
    tcase_add_test(t, a_probe_finds_who_waits_for_us);
    tcase_add_test(t, a_calm_pace_is_never_probed);
    tcase_add_test(t, a_burst_is_no_flood);
    tcase_add_test(t, ends_with_the_flood);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
