/* The window of sequential ids: a repeat is known by its id, whatever the order. */
#include "client/repeats.h"
#include "support/check_main.h"

#define SECOND 1000000000LL

START_TEST(ids_that_go_backwards_are_no_repeats)
{
    upbit__sids s = {0};
    upbit__sids_add(&s, 1618678264000000, 0);
    ck_assert(!upbit__sids_seen(&s, 1618678263000005));
    upbit__sids_add(&s, 1618678263000005, 1);
    ck_assert(upbit__sids_seen(&s, 1618678263000005));
    ck_assert(upbit__sids_seen(&s, 1618678264000000));
    ck_assert(!upbit__sids_seen(&s, 1618678264000001));
    upbit__sids_finish(&s);
}
END_TEST

START_TEST(the_last_1024_are_remembered)
{
    upbit__sids s = {0};
    for (int64_t i = 0; i < 5000; i++) {
        ck_assert(!upbit__sids_seen(&s, i));
        upbit__sids_add(&s, i, i * 20 * SECOND); /* all older ones are older than ten seconds */
    }
    for (int64_t i = 5000 - 1024; i < 5000; i++)
        ck_assert_msg(upbit__sids_seen(&s, i), "%ld", (long)i);
    ck_assert_uint_eq(s.capacity, 1024);
    ck_assert(!upbit__sids_seen(&s, 5000 - 1025));
    upbit__sids_finish(&s);
}
END_TEST

START_TEST(ten_seconds_of_a_burst_are_remembered)
{
    upbit__sids s = {0};
    for (int64_t i = 0; i < 20000; i++)
        upbit__sids_add(&s, i, i * SECOND / 2000); /* 2,000 a second */
    for (int64_t i = 0; i < 20000; i += 37)
        ck_assert_msg(upbit__sids_seen(&s, i), "%ld", (long)i);
    upbit__sids_finish(&s);
    for (int64_t i = 0; i < 17000; i++) /* the table is full, half a second too early */
        upbit__sids_add(&s, i, i * SECOND / 1720);
    ck_assert(upbit__sids_seen(&s, 0));
    upbit__sids_finish(&s);
}
END_TEST

START_TEST(the_window_agrees_with_a_plain_list)
{
    upbit__sids s = {0};
    static int64_t list[200000];
    size_t n = 0;
    uint64_t r = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        int64_t id = (int64_t)(r % 3000) * 4096; /* many repeats, all with the same low bits */
        bool seen = false;
        for (size_t k = n > 1024 ? n - 1024 : 0; k < n; k++)
            seen = seen || list[k] == id;
        ck_assert_int_eq(upbit__sids_seen(&s, id), seen);
        if (!seen) {
            upbit__sids_add(&s, id, i * 20 * SECOND);
            list[n++] = id;
        }
    }
    ck_assert_uint_eq(s.capacity, 1024);
    upbit__sids_finish(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client repeats");
    TCase *tests = tcase_create("repeats");
    tcase_add_test(tests, ids_that_go_backwards_are_no_repeats);
    tcase_add_test(tests, the_last_1024_are_remembered);
    tcase_add_test(tests, ten_seconds_of_a_burst_are_remembered);
    tcase_add_test(tests, the_window_agrees_with_a_plain_list);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
