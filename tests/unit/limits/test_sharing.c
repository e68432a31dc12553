/* Budgets that processes share by a file: what they may do together. */
#include "limits/budget.h"
#include "sharing_fixture.h"

static uint64_t state = 88172645463325252ull;

static uint64_t below(uint64_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % bound;
}

/* Somebody who holds the lock. */
static int hold(void)
{
    char path[128];
    path_of(path, sizeof path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ck_assert_int_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

START_TEST(processes_count_together)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(take(i % 2 == 0 ? &a : &b, UPBIT__GROUP_CONNECT), 0);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CONNECT), now + WINDOW);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_CONNECT), now + WINDOW);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), 0); /* each group for itself */
    stop(&a);
    process late;
    start(&late); /* who comes later does not begin anew */
    ck_assert_int_ne(take(&late, UPBIT__GROUP_CONNECT), 0);
    now += WINDOW;
    ck_assert_uint_eq(take_all(&late, UPBIT__GROUP_CONNECT), 5);
    stop(&late);
    stop(&b);
}
END_TEST

START_TEST(each_settles_its_own)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(take(i < 4 ? &a : &b, UPBIT__GROUP_TRADE), 0);
    for (int i = 0; i < 9; i++) /* more than it has */
        answered(&a, UPBIT__GROUP_TRADE);
    now += WINDOW;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TRADE), 4);
    /* One that was killed gives its grants back in the end. */
    stop(&b);
    now += 12 * SECOND;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TRADE), 10);
    stop(&a);
}
END_TEST

START_TEST(bans_and_closings_are_shared)
{
    process a, b;
    new_file();
    start(&a);
    start(&b);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_TICKER), 0);
    ck_assert_int_eq(upbit__sharing_begin(&a.sharing, &a.tally, UPBIT__GROUP_TICKER, true, now), 0);
    upbit__counter_refused(&a.tally.groups[UPBIT__GROUP_TICKER], UPBIT__GROUP_TICKER, 7000, now);
    upbit__sharing_end(&a.sharing, &a.tally, UPBIT__GROUP_TICKER);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TICKER), now + 7 * SECOND);
    ck_assert_int_eq(take(&b, UPBIT__GROUP_TRADE), 0);
    ck_assert_int_eq(upbit__sharing_begin(&b.sharing, &b.tally, UPBIT__GROUP_TRADE, true, now), 0);
    b.tally.banned_ns = now + 60 * SECOND;
    b.tally.bans = 3;
    upbit__sharing_end(&b.sharing, &b.tally, UPBIT__GROUP_TRADE);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CANDLE), now + 60 * SECOND);
    ck_assert_uint_eq(a.tally.bans, 3);
    stop(&a);
    stop(&b);
}
END_TEST

/* A holder that does not let go: asked again in 1, 2, 4 ... 20 ms; after 250 ms a fifth, and not
 * before what others may have been granted is over. */
START_TEST(a_stopped_holder_blocks_nobody)
{
    process a;
    new_file();
    start(&a);
    ck_assert_int_eq(take(&a, UPBIT__GROUP_CONNECT), 0);
    int fd = hold();
    int64_t since = now, at;
    static const int waits[] = {1, 2, 4, 8, 16, 20, 20, 20};
    for (size_t i = 0; (at = take(&a, UPBIT__GROUP_TICKER)) < now + 50 * MS; i++) {
        if (i < sizeof waits / sizeof waits[0])
            ck_assert_int_eq(at - now, waits[i] * MS);
        now = at;
        ck_assert_int_lt(now - since, SECOND);
    }
    ck_assert_int_ge(now - since, 250 * MS);
    ck_assert(a.sharing.alone);
    ck_assert_ptr_nonnull(strstr(a.sharing.trouble, "holds"));
    ck_assert_int_eq(at, now + WINDOW);
    now = at;
    ck_assert_uint_eq(take_all(&a, UPBIT__GROUP_TICKER), 10 / 5);
    a.sharing.trouble = NULL;
    now += 5 * SECOND; /* tried again all the time, told once */
    take(&a, UPBIT__GROUP_TICKER);
    ck_assert(a.sharing.alone);
    ck_assert_ptr_null(a.sharing.trouble);
    /* Let go: the file has what was granted alone, and others still may be alone. */
    close(fd);
    process b;
    start(&b);
    ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_TICKER), 10 / 5);
    now += 100 * MS;
    ck_assert_int_ne(take(&a, UPBIT__GROUP_TICKER), 0);
    ck_assert(!a.sharing.alone);
    now += 2300 * MS;
    ck_assert_uint_eq(take_all(&b, UPBIT__GROUP_TICKER), 10 - 10 / 5 * 2);
    stop(&a);
    stop(&b);
}
END_TEST

/* Four processes at random, one of which dies and is born again, while somebody sits on the lock
 * now and then: no second sees more than N. */
START_TEST(never_more_than_n_together)
{
    enum { PROCESSES = 4, GRANTS = 2000 };
    static int64_t granted[GRANTS];
    process all[PROCESSES];
    int64_t asks[PROCESSES] = {0};
    unsigned open[PROCESSES] = {0};
    int n = 0, holder = -1, alone = 0;
    int64_t held_until = 0, started;
    const upbit__group group = _i % 2 == 0 ? UPBIT__GROUP_CONNECT : UPBIT__GROUP_ORDER;
    new_file();
    started = now;
    for (int i = 0; i < PROCESSES; i++) {
        start(&all[i]);
        asks[i] = now;
    }
    while (n < GRANTS) {
        int next = 0;
        for (int i = 1; i < PROCESSES; i++)
            if (asks[i] < asks[next])
                next = i;
        now = asks[next] > now ? asks[next] : now;
        if (holder >= 0 && now >= held_until) {
            close(holder);
            holder = -1;
        } else if (holder < 0 && n > 0 && below(400) == 0) {
            holder = hold();
            held_until = now + (int64_t)below(below(3) == 0 ? 6000 : 100) * MS;
        }
        if (below(500) == 0) { /* killed: its answers never come */
            stop(&all[next]);
            start(&all[next]);
            open[next] = 0;
        }
        while (open[next] > 0 && below(3) != 0) {
            answered(&all[next], group);
            open[next]--;
        }
        int64_t at = take(&all[next], group);
        alone += all[next].sharing.alone;
        if (at == 0) {
            granted[n++] = now;
            open[next] += upbit__group_limits[group].held;
            asks[next] = now + (int64_t)below(50 * MS);
        } else {
            asks[next] = at < now + 100 * MS ? at : now + (int64_t)below(100 * MS);
        }
    }
    ck_assert_int_gt(alone, 0);
    const int limit = (int)upbit__group_limits[group].limit;
    for (int i = limit; i < GRANTS; i++)
        ck_assert_msg(granted[i] - granted[i - limit] >= SECOND, "%d + 1 within %lld ms at %d",
                      limit, (long long)((granted[i] - granted[i - limit]) / MS), i);
    /* And it is of use: what is held up by others is not lost for all. */
    ck_assert_int_lt((now - started) / SECOND, 6 * GRANTS / limit);
    for (int i = 0; i < PROCESSES; i++)
        stop(&all[i]);
    if (holder >= 0)
        close(holder);
}
END_TEST

/* A machine with much to do holds up the way to the lock again and again: each grant that came of
 * it was for nobody, and is not waited for as if it had been sent. */
START_TEST(a_grant_that_came_too_late_is_given_back)
{
    enum { LATE = 8 };
    new_file();
    char host[32];
    snprintf(host, sizeof host, "%.*s", (int)strcspn(name, "#"), name);
    const upbit__budget_place place = {.host = host, .percent = 100, .shared = true};
    upbit__budget *b;
    process other;
    ck_assert_int_eq(upbit__budget_get(&b, &place, now), 0);
    start(&other);
    for (int i = 0; i < LATE; i++) {
        held_up = 51 * MS;
        ck_assert_int_gt(upbit__budget_take(b, UPBIT__GROUP_TICKER, now), now);
        held_up = 0;
        now += MS;
    }
    held_up = 49 * MS;
    ck_assert_int_eq(upbit__budget_take(b, UPBIT__GROUP_TICKER, now), 0);
    held_up = 0;
    ck_assert_uint_eq(take_all(&other, UPBIT__GROUP_TICKER), 10 - LATE - 1);
    now += WINDOW;
    answered(&other, UPBIT__GROUP_TICKER);
    ck_assert_uint_eq(take_all(&other, UPBIT__GROUP_TICKER), LATE);
    stop(&other);
    upbit__budget_release(b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits sharing");
    TCase *tests = tcase_create("sharing");
    tcase_add_test(tests, processes_count_together);
    tcase_add_test(tests, each_settles_its_own);
    tcase_add_test(tests, bans_and_closings_are_shared);
    tcase_add_test(tests, a_stopped_holder_blocks_nobody);
    tcase_add_test(tests, a_grant_that_came_too_late_is_given_back);
    tcase_add_loop_test(tests, never_more_than_n_together, 0, 6);
    suite_add_tcase(suite, tests);
    return run_at_home(suite);
}
