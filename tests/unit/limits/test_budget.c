/* The budgets of the process: N in any second of the exchange's however answers come, shares,
 * closing by 429, 418 and Remaining-Req. Time is the test's own. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "limits/budget.h"
#include "support/check_main.h"

#define MS     1000000LL
#define SECOND 1000000000LL
#define WINDOW (SECOND + 100 * MS)

static int64_t now; /* never goes back from test to test: hosts outlive them */
static int names;
static char name[32];
static uint64_t state = 88172645463325252ull;

static uint64_t below(uint64_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % bound;
}

static upbit__budget *seat(unsigned percent)
{
    upbit__budget *b;
    ck_assert_int_eq(
        upbit__budget_get(&b, &(upbit__budget_place){.host = name, .percent = percent}, now), 0);
    return b;
}

/* A host nobody has used. */
static upbit__budget *new_host(unsigned percent)
{
    snprintf(name, sizeof name, "host-%d:443", ++names);
    now += 10 * SECOND;
    return seat(percent);
}

static int64_t take(upbit__budget *b, upbit__group group)
{
    int64_t at = upbit__budget_take(b, group, now);
    ck_assert_msg(at == 0 || at > now, "ask again in the past");
    return at;
}

static int64_t answer(upbit__budget *b, upbit__group group, int status, const char *remaining,
                      uint32_t retry_after_ms, const char *body)
{
    return upbit__budget_report(b, group, status, remaining, retry_after_ms, body, strlen(body),
                                now);
}

static unsigned take_all(upbit__budget *b, upbit__group group)
{
    unsigned n = 0;
    for (; take(b, group) == 0; n++)
        ck_assert_uint_lt(n, 100);
    return n;
}

/* Waits as it is told to until a grant comes; how long that was. */
static int64_t wait_for(upbit__budget *b, upbit__group group)
{
    int64_t from = now, at;
    while ((at = take(b, group)) != 0) {
        now = at;
        ck_assert_int_lt(now - from, 2 * 24 * 3600 * SECOND);
    }
    return now - from;
}

START_TEST(shares_of_each_group)
{
    static const struct {
        unsigned percent, connects, requests;
    } rows[] = {{100, 5, 10}, {80, 4, 8}, {50, 2, 5}, {1, 1, 1}};
    upbit__budget *b = new_host(rows[_i].percent);
    for (int g = 0; g < UPBIT__GROUPS; g++) {
        unsigned n = take_all(b, (upbit__group)g);
        uint32_t share = upbit__group_limits[g].limit * rows[_i].percent / 100;
        ck_assert_uint_eq(n, share > 0 ? share : 1);
        if (g <= UPBIT__GROUP_CANDLE)
            ck_assert_uint_eq(n, g == UPBIT__GROUP_CONNECT ? rows[_i].connects : rows[_i].requests);
    }
    upbit__budget_release(b);
}
END_TEST

START_TEST(connects_come_back_one_window_later)
{
    upbit__budget *b = new_host(100);
    int64_t first = now;
    for (int i = 0; i < 5; i++, now += 10 * MS)
        ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), first + WINDOW);
    now = first + WINDOW - 1;
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), first + WINDOW);
    now = first + WINDOW;
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), first + WINDOW + 10 * MS);
    upbit__budget_release(b);
}
END_TEST

/* One in two seconds, and it counts from its answer. */
START_TEST(orders_are_cancelled_every_two_seconds)
{
    upbit__budget *b = new_host(100);
    ck_assert_int_eq(take(b, UPBIT__GROUP_ORDER_CANCEL_ALL), 0);
    now += 300 * MS;
    answer(b, UPBIT__GROUP_ORDER_CANCEL_ALL, 200, NULL, 0, "{}");
    ck_assert_int_eq(take(b, UPBIT__GROUP_ORDER_CANCEL_ALL), now + 2 * SECOND + 100 * MS);
    ck_assert_int_eq(take(b, UPBIT__GROUP_ORDER), 0);
    upbit__budget_release(b);
}
END_TEST

/* What is signed is counted by pocket, beside the address and beside other pockets. */
START_TEST(scopes_are_counted_apart)
{
    upbit__budget *address = new_host(100), *one, *same, *other;
    const upbit__budget_place pocket = {.host = name, .scope = "a1", .percent = 100};
    ck_assert_int_eq(upbit__budget_get(&one, &pocket, now), 0);
    ck_assert_int_eq(upbit__budget_get(&same, &pocket, now), 0);
    ck_assert_int_eq(
        upbit__budget_get(
            &other, &(upbit__budget_place){.host = name, .scope = "a11", .percent = 100}, now),
        0);
    ck_assert_uint_eq(take_all(one, UPBIT__GROUP_CONNECT), 5);
    ck_assert_int_ne(take(same, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(other, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(address, UPBIT__GROUP_CONNECT), 0);
    int64_t until = answer(one, UPBIT__GROUP_DEFAULT, 418, NULL, 0, "30 seconds");
    ck_assert_int_eq(take(same, UPBIT__GROUP_ORDER), until);
    ck_assert_int_eq(take(address, UPBIT__GROUP_TICKER), 0);
    upbit__budget_release(address);
    upbit__budget_release(one);
    upbit__budget_release(same);
    upbit__budget_release(other);
}
END_TEST

/* Askers at random times, answers after random times; the exchange counts each request at a random
 * time between. No second of its clock sees more than N, and nobody starves. */
START_TEST(never_more_than_n_in_any_second)
{
    static const unsigned percents[] = {100, 80, 50};
    enum { REQUESTS = 3000 };
    static int64_t counted[REQUESTS];
    const unsigned percent = percents[_i % 3], most = 10 * percent / 100;
    const int64_t slowest = (_i < 3 ? 50 : 3000) * MS;
    upbit__budget *one = new_host(percent), *other = seat(100);
    int64_t answers[16], grants[16], start = now;
    int open = 0, n = 0;
    while (n < REQUESTS) {
        int64_t next = now + (int64_t)below((uint64_t)(below(4) == 0 ? 2 * SECOND : 30 * MS));
        for (int i = 0; i < open;) { /* the answers until then */
            if (answers[i] > next) {
                i++;
                continue;
            }
            counted[n++] = grants[i] + (int64_t)below((uint64_t)(answers[i] - grants[i] + 1));
            int64_t at = now;
            now = answers[i] > now ? answers[i] : now;
            answer(below(2) == 0 ? one : other, UPBIT__GROUP_TICKER, 200, NULL, 0, "[]");
            now = at;
            answers[i] = answers[--open];
            grants[i] = grants[open];
            if (n == REQUESTS)
                break;
        }
        now = next;
        while (open < 10 && take(below(2) == 0 ? one : other, UPBIT__GROUP_TICKER) == 0) {
            grants[open] = now;
            answers[open++] = now + 1 + (int64_t)below((uint64_t)slowest);
        }
    }
    for (int i = 1; i < REQUESTS; i++) /* nearly sorted */
        for (int j = i; j > 0 && counted[j - 1] > counted[j]; j--) {
            int64_t swap = counted[j];
            counted[j] = counted[j - 1];
            counted[j - 1] = swap;
        }
    for (int i = (int)most; i < REQUESTS; i++)
        ck_assert_msg(counted[i] - counted[i - (int)most] >= SECOND,
                      "%u + 1 requests within %lld ms", most,
                      (long long)((counted[i] - counted[i - (int)most]) / MS));
    ck_assert_int_lt(now - start, REQUESTS / most * (WINDOW + slowest + 2 * SECOND));
    upbit__budget_release(one);
    upbit__budget_release(other);
}
END_TEST

START_TEST(held_until_the_answer)
{
    upbit__budget *b = new_host(100);
    ck_assert_uint_eq(take_all(b, UPBIT__GROUP_TRADE), 10);
    now += 5 * SECOND; /* no answer yet: nobody knows when they were counted */
    int64_t again = take(b, UPBIT__GROUP_TRADE); /* an answer may come at any time */
    ck_assert(again > now && again <= now + 100 * MS);
    answer(b, UPBIT__GROUP_TRADE, 200, NULL, 0, "[]");
    answer(b, UPBIT__GROUP_TRADE, 0, NULL, 0, ""); /* cancelled: counted all the same */
    ck_assert_int_ge(wait_for(b, UPBIT__GROUP_TRADE), WINDOW);
    ck_assert_int_eq(take(b, UPBIT__GROUP_TRADE), 0);
    ck_assert_int_ne(take(b, UPBIT__GROUP_TRADE), 0);
    now += 12 * SECOND; /* answers that were never reported stop nobody for ever */
    ck_assert_uint_eq(take_all(b, UPBIT__GROUP_TRADE), 10);
    upbit__budget_release(b);
}
END_TEST

START_TEST(one_host_one_budget)
{
    upbit__budget *a = new_host(100), *b = seat(100);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take(i % 2 == 0 ? a : b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_ne(take(a, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_ne(take(b, UPBIT__GROUP_CONNECT), 0);
    char upper[32];
    for (size_t i = 0; i < sizeof name; i++)
        upper[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i]);
    upbit__budget *c;
    ck_assert_int_eq(
        upbit__budget_get(&c, &(upbit__budget_place){.host = upper, .percent = 100}, now), 0);
    ck_assert_int_ne(take(c, UPBIT__GROUP_CONNECT), 0);
    /* Neither the last seat's end nor a new one gives anything back. */
    upbit__budget_release(a);
    upbit__budget_release(b);
    upbit__budget_release(c);
    upbit__budget *other;
    ck_assert_int_eq(
        upbit__budget_get(&other, &(upbit__budget_place){.host = "another", .percent = 100}, now),
        0); /* forgets old hosts */
    ck_assert_uint_eq(take_all(other, UPBIT__GROUP_CONNECT), 5);
    a = seat(100);
    ck_assert_int_ne(take(a, UPBIT__GROUP_CONNECT), 0);
    upbit__budget_release(a);
    upbit__budget_release(other);
    upbit__budget_release(NULL);
}
END_TEST

/* What is looked up for another host forgets those that nobody needs, and no other. */
START_TEST(hosts_in_use_are_kept)
{
    upbit__budget *one = new_host(100), *other, *two;
    now += 24 * 3600 * SECOND;
    ck_assert_int_eq(
        upbit__budget_get(&other, &(upbit__budget_place){.host = "one-more", .percent = 100}, now),
        0);
    two = seat(100);
    ck_assert_uint_eq(take_all(one, UPBIT__GROUP_CONNECT), 5);
    ck_assert_int_ne(take(two, UPBIT__GROUP_CONNECT), 0);
    int64_t until = answer(one, UPBIT__GROUP_TICKER, 418, NULL, 0, "");
    upbit__budget_release(one);
    upbit__budget_release(two);
    upbit__budget_release(other);
    now = until + 60 * SECOND; /* the ban is over, that there was one is not */
    ck_assert_int_eq(
        upbit__budget_get(&other, &(upbit__budget_place){.host = "one-more", .percent = 100}, now),
        0);
    one = seat(100);
    ck_assert_int_eq(answer(one, UPBIT__GROUP_TICKER, 418, NULL, 0, ""), now + 240 * SECOND);
    upbit__budget_release(one);
    upbit__budget_release(other);
}
END_TEST

START_TEST(the_strictest_seat_decides)
{
    upbit__budget *wide = new_host(100), *narrow = seat(50);
    ck_assert_uint_eq(take_all(wide, UPBIT__GROUP_MARKET), 5);
    upbit__budget_release(narrow); /* and when it goes, the rest is free */
    ck_assert_uint_eq(take_all(wide, UPBIT__GROUP_MARKET), 5);
    for (int i = 0; i < 10; i++)
        answer(wide, UPBIT__GROUP_MARKET, 200, NULL, 0, "");
    now += WINDOW;
    narrow = seat(80);
    ck_assert_uint_eq(take_all(wide, UPBIT__GROUP_MARKET), 8);
    upbit__budget_release(narrow);
    upbit__budget_release(wide);
}
END_TEST

START_TEST(too_many_requests)
{
    upbit__budget *b = new_host(100);
    int64_t wait = WINDOW;
    for (int i = 0; i < 8; i++) {
        wait_for(b, UPBIT__GROUP_CANDLE);
        ck_assert_int_eq(take(b, UPBIT__GROUP_CANDLE), 0);
        ck_assert_int_eq(answer(b, UPBIT__GROUP_CANDLE, 429, NULL, 0, "{}"), now + wait);
        /* One that was under way at the time is not another offence. */
        ck_assert_int_eq(answer(b, UPBIT__GROUP_CANDLE, 429, NULL, 0, "{}"), 0);
        ck_assert_int_eq(take(b, UPBIT__GROUP_CANDLE), now + wait);
        ck_assert_int_eq(take(b, UPBIT__GROUP_TICKER), 0); /* the other groups go on */
        answer(b, UPBIT__GROUP_TICKER, 200, NULL, 0, "");
        now += wait;
        if (i < 4)
            wait *= 2;
    }
    now += 60 * SECOND;
    ck_assert_int_eq(take(b, UPBIT__GROUP_CANDLE), 0);
    answer(b, UPBIT__GROUP_CANDLE, 200, NULL, 0, "[]"); /* an answer: all is forgiven */
    ck_assert_int_eq(take(b, UPBIT__GROUP_CANDLE), 0);
    ck_assert_int_eq(answer(b, UPBIT__GROUP_CANDLE, 429, NULL, 0, ""), now + WINDOW);
    upbit__budget_release(b);
}
END_TEST

START_TEST(retry_after_is_obeyed)
{
    upbit__budget *b = new_host(100);
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(answer(b, UPBIT__GROUP_CONNECT, 429, NULL, 7000, ""), now + 7 * SECOND);
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), now + 7 * SECOND);
    upbit__budget_release(b);
}
END_TEST

static void all_closed_until(upbit__budget *b, int64_t until)
{
    for (int g = 0; g < UPBIT__GROUPS; g++)
        ck_assert_int_eq(take(b, (upbit__group)g), until);
}

START_TEST(blocked)
{
    static const char unknown[] = "{\"error\":{\"name\":418,\"message\":\"I'm a teapot\"}}";
    upbit__budget *b = new_host(100), *other = seat(100);
    int64_t until = answer(b, UPBIT__GROUP_TICKER, 418, NULL, 0, "blocked for 30 seconds");
    ck_assert_int_eq(until, now + 30 * SECOND + 100 * MS);
    all_closed_until(b, until);
    all_closed_until(other, until);
    now += SECOND; /* a longer one may follow, a shorter one changes nothing */
    ck_assert_int_eq(answer(b, UPBIT__GROUP_MARKET, 418, NULL, 5000, ""), 0);
    all_closed_until(b, until);
    upbit__budget_release(b);
    upbit__budget_release(other);
    b = seat(100); /* a new manager is still blocked */
    all_closed_until(b, until);
    now = until;
    ck_assert_int_eq(take(b, UPBIT__GROUP_CONNECT), 0);
    /* No time named: the second of a row, then the third ... an hour at most. */
    static const int minutes[] = {4, 8, 16, 32, 60, 60};
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++) {
        until = answer(b, UPBIT__GROUP_TICKER, 418, NULL, 0, unknown);
        ck_assert_int_eq(until, now + minutes[i] * 60 * SECOND);
        now = until + SECOND;
    }
    now += 2 * 3600 * SECOND; /* long quiet: the next is a first one */
    ck_assert_int_eq(answer(b, UPBIT__GROUP_TICKER, 418, NULL, 0, unknown), now + 120 * SECOND);
    upbit__budget_release(b);
}
END_TEST

START_TEST(remaining_requests)
{
    static const struct {
        const char *text;
        bool closes;
    } rows[] = {{"group=ticker; min=600; sec=0", true},
                {"group=ticker;min=600;sec=0", true},
                {"sec=0; group=ticker", true},
                {"group=ticker; min=600; sec=3", false},
                {"group=ticker; min=0; sec=10", false},
                {"group=ticker; millisec=0", false},
                {"sec=", false},
                {"sec=x", false},
                {"", false},
                {"group=ticker; sec=00", true}};
    upbit__budget *b = new_host(100);
    ck_assert_int_eq(take(b, UPBIT__GROUP_TICKER), 0);
    ck_assert_int_eq(answer(b, UPBIT__GROUP_TICKER, 200, rows[_i].text, 0, "[]"), 0);
    ck_assert_int_eq(take(b, UPBIT__GROUP_TICKER), rows[_i].closes ? now + WINDOW : 0);
    ck_assert_int_eq(take(b, UPBIT__GROUP_TRADE), 0);
    upbit__budget_release(b);
}
END_TEST

static void *ask_often(void *granted)
{
    upbit__budget *b;
    if (upbit__budget_get(&b, &(upbit__budget_place){.host = name, .percent = 100}, now) != 0)
        return NULL;
    for (int i = 0; i < 2000; i++)
        if (upbit__budget_take(b, UPBIT__GROUP_CONNECT, now) == 0)
            ++*(int *)granted;
    upbit__budget_release(b);
    return NULL;
}

START_TEST(threads_share)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int granted[THREADS] = {0}, sum = 0;
    upbit__budget_release(new_host(100));
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_often, &granted[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += granted[i];
    }
    ck_assert_int_eq(sum, 5);
}
END_TEST

START_TEST(groups_have_names)
{
    for (int g = 0; g < UPBIT__GROUPS; g++)
        ck_assert_uint_gt(strlen(upbit__group_name((upbit__group)g)), 0);
}
END_TEST

/* The instant a ban ends is one of the exchange's clock, which is ten minutes ahead of ours. */
START_TEST(a_ban_ends_by_the_exchanges_clock)
{
    upbit__budget *b = new_host(100);
    char body[80];
    int64_t theirs_ms = upbit__clock_wall_ns() / UPBIT__MS + 600000;
    snprintf(body, sizeof body, "{\"until\":%lld}", (long long)theirs_ms + 30000);
    upbit__budget_clock(b, 600000);
    ck_assert_int_eq(take(b, UPBIT__GROUP_TICKER), 0);
    int64_t until = answer(b, UPBIT__GROUP_TICKER, 418, NULL, 0, body);
    ck_assert_int_gt(until, now);
    ck_assert_int_le(until, now + 31 * SECOND);
    ck_assert_int_gt(until, now + 10 * SECOND); /* the test took less than 20 s */
    upbit__budget_release(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits budget");
    TCase *tests = tcase_create("budget");
    tcase_add_loop_test(tests, shares_of_each_group, 0, 4);
    tcase_add_test(tests, connects_come_back_one_window_later);
    tcase_add_test(tests, orders_are_cancelled_every_two_seconds);
    tcase_add_test(tests, scopes_are_counted_apart);
    tcase_add_loop_test(tests, never_more_than_n_in_any_second, 0, 6);
    tcase_add_test(tests, held_until_the_answer);
    tcase_add_test(tests, one_host_one_budget);
    tcase_add_test(tests, hosts_in_use_are_kept);
    tcase_add_test(tests, the_strictest_seat_decides);
    tcase_add_test(tests, too_many_requests);
    tcase_add_test(tests, retry_after_is_obeyed);
    tcase_add_test(tests, blocked);
    tcase_add_loop_test(tests, remaining_requests, 0, 10);
    tcase_add_test(tests, threads_share);
    tcase_add_test(tests, groups_have_names);
    tcase_add_test(tests, a_ban_ends_by_the_exchanges_clock);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
