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

START_TEST(what_may_have_been_forgotten_is_told)
{
    upbit__sids s = {0};
    ck_assert_int_eq(upbit__sids_reach(&s), INT64_MIN);
    for (int64_t i = 1; i <= 3000; i++) {
        upbit__sids_add(&s, i, i * 20 * SECOND);
        int64_t oldest = i - s.count + 1;
        ck_assert_int_eq(upbit__sids_reach(&s), oldest > 1 ? oldest : INT64_MIN);
    }
    ck_assert_int_gt(upbit__sids_reach(&s), 1);
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

/* As many as half a second more are kept, the rest goes: a steady stream takes no more and more. */
START_TEST(ten_seconds_are_enough)
{
    upbit__sids s = {0};
    for (int64_t i = 0; i < 200000; i++)
        upbit__sids_add(&s, i, i * SECOND / 1000);
    ck_assert_uint_eq(s.capacity, 16384);
    for (int64_t i = 200000 - 10000; i < 200000; i++)
        ck_assert_msg(upbit__sids_seen(&s, i), "%ld", (long)i);
    ck_assert(!upbit__sids_seen(&s, 200000 - 16385));
    upbit__sids_finish(&s);
}
END_TEST

START_TEST(no_burst_takes_more_than_its_bound)
{
    upbit__sids s = {0};
    for (int64_t i = 1; i <= 200000; i++)
        if (!upbit__sids_add(&s, i, i * SECOND / 100000) ||
            upbit__sids_add(&s, i, i * SECOND / 100000))
            ck_abort_msg("%ld", (long)i);
    ck_assert_uint_eq(s.capacity, 65536);
    ck_assert_uint_eq(s.count, 65535);
    for (int64_t i = 1; i <= 200000; i++)
        if (upbit__sids_seen(&s, i) != (i > 200000 - 65535))
            ck_abort_msg("%ld", (long)i);
    upbit__sids_finish(&s);
}
END_TEST

/* And what is younger than ten seconds is known all the while. */
START_TEST(a_window_shrinks_when_it_is_quiet)
{
    upbit__sids s = {0};
    int64_t id = 0, now = 0;
    for (; id < 30000; id++, now += SECOND / 5000)
        upbit__sids_add(&s, id, now);
    ck_assert_uint_eq(s.capacity, 32768);
    for (int i = 0; i < 300; i++, id++, now += SECOND / 10) {
        upbit__sids_add(&s, id, now);
        for (int64_t back = id - 1023; back <= id; back++)
            if (!upbit__sids_seen(&s, back))
                ck_abort_msg("%ld at %ld", (long)back, (long)now);
        /* 30,000 came in the first six seconds. */
        for (int64_t back = 0; back < 30000; back += 100)
            if (back * SECOND / 5000 > now - 10 * SECOND && !upbit__sids_seen(&s, back))
                ck_abort_msg("%ld at %ld", (long)back, (long)now);
    }
    ck_assert_uint_eq(s.capacity, 1024);
    ck_assert(!upbit__sids_seen(&s, id - 1025));
    for (; id < 100000; id++, now += SECOND / 5000) /* it grows again */
        upbit__sids_add(&s, id, now);
    for (int64_t back = id - 49999; back < id; back++)
        ck_assert(upbit__sids_seen(&s, back));
    upbit__sids_finish(&s);
}
END_TEST

/* Any pace, ids in any order, with all their bits: never a repeat that is none, and none younger
 * than ten seconds that passes. */
START_TEST(any_pace_agrees_with_a_plain_list)
{
    enum { MOST = 60000 };
    static struct {
        int64_t id, at;
    } list[MOST];
    upbit__sids s = {0};
    uint64_t r = 88172645463325252u;
    int64_t now = 0;
    size_t n = 0;
    while (n < MOST) {
        r ^= r << 13;
        r ^= r >> 7;
        r ^= r << 17;
        /* By turns 4,000 a second, 40, and a pause of up to eight seconds. */
        size_t phase = n / 7000 % 3;
        now += phase == 0   ? SECOND / 4000
               : phase == 1 ? SECOND / 40
                            : (int64_t)(r % 1000 == 0) * 8 * SECOND;
        if (n > 0 && r % 3 == 0) { /* one of the last so many again */
            size_t which = n - 1 - (size_t)(r >> 32) % (n < 45000 ? n : 45000);
            bool must = n - which <= 1024 || now - list[which].at <= 10 * SECOND;
            bool seen = upbit__sids_seen(&s, list[which].id);
            ck_assert_msg(seen || !must, "%zu of %zu", which, n);
            if (seen) {
                ck_assert(!upbit__sids_add(&s, list[which].id, now));
                continue;
            }
        }
        list[n].id = (int64_t)(r * 0x2545f4914f6cdd1du); /* never twice so soon */
        list[n].at = now;
        if (upbit__sids_seen(&s, list[n].id) || !upbit__sids_add(&s, list[n].id, now))
            ck_abort_msg("%zu", n);
        n++;
    }
    upbit__sids_finish(&s);
}
END_TEST

/* What lives in the same neighbourhood of the table stays apart, whoever of it goes. */
START_TEST(many_markets_have_their_own)
{
    enum { MARKETS = 40 };
    static upbit__sids s[MARKETS];
    for (int64_t i = 0; i < 2000; i++)
        for (int64_t k = 0; k < MARKETS; k++)
            if (!upbit__sids_add(&s[k], i * (k + 1), i * SECOND))
                ck_abort_msg("%ld of %ld", (long)i, (long)k);
    for (int64_t k = 0; k < MARKETS; k++) {
        ck_assert(!upbit__sids_seen(&s[k], 1999 * (k + 1) + 1) || k == 0);
        ck_assert(upbit__sids_seen(&s[k], 1999 * (k + 1)));
        ck_assert(!upbit__sids_seen(&s[k], 2000 * (k + 1)));
        ck_assert_uint_eq(s[k].capacity, 1024);
        upbit__sids_finish(&s[k]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client repeats");
    TCase *tests = tcase_create("repeats");
    tcase_add_test(tests, ids_that_go_backwards_are_no_repeats);
    tcase_add_test(tests, the_last_1024_are_remembered);
    tcase_add_test(tests, ten_seconds_of_a_burst_are_remembered);
    tcase_add_test(tests, what_may_have_been_forgotten_is_told);
    tcase_add_test(tests, the_window_agrees_with_a_plain_list);
    tcase_add_test(tests, ten_seconds_are_enough);
    tcase_add_test(tests, no_burst_takes_more_than_its_bound);
    tcase_add_test(tests, a_window_shrinks_when_it_is_quiet);
    tcase_add_test(tests, any_pace_agrees_with_a_plain_list);
    tcase_add_test(tests, many_markets_have_their_own);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
