/* The loop alone: order of timers, wake-ups, watches, and what callbacks may do to one another. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"
#include "support/check_main.h"

static upbit__loop *loop;
static int64_t fake_now;

static int64_t fake_monotonic(void)
{
    return fake_now;
}

static const upbit__clock fake_clock = {fake_monotonic, fake_monotonic, fake_monotonic};

static void begin(void)
{
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    fake_now = 1000;
    upbit__clock_set(&fake_clock);
}

static void end(void)
{
    upbit__loop_destroy(loop);
    upbit__clock_set(NULL);
}

static int fired[2000], fired_count;

typedef struct numbered {
    upbit__timer timer;
    int number;
} numbered;

static void on_numbered(void *context)
{
    numbered *n = context;
    ck_assert(!upbit__timer_running(&n->timer));
    fired[fired_count++] = n->number;
}

START_TEST(timers_fire_in_order)
{
    static numbered timers[500];
    begin();
    fired_count = 0;
    srand(7);
    for (int i = 0; i < 500; i++) {
        timers[i] =
            (numbered){.timer = {.callback = on_numbered, .context = &timers[i]}, .number = i};
        /* many equal times: those fire in the order started */
        ck_assert_int_eq(upbit__timer_start(loop, &timers[i].timer, 2000 + rand() % 50), 0);
    }
    for (int i = 0; i < 500; i += 7)
        upbit__timer_stop(&timers[i].timer);
    for (int i = 0; i < 500; i += 5)
        ck_assert_int_eq(upbit__timer_start(loop, &timers[i].timer, 1900 + rand() % 300), 0);
    int64_t at[500];
    int running = 0;
    for (int i = 0; i < 500; i++) {
        at[i] = timers[i].timer.at_ns;
        running += upbit__timer_running(&timers[i].timer);
    }
    for (fake_now = 1890; fake_now <= 2300; fake_now++) {
        int before = fired_count;
        ck_assert_int_ge(upbit__loop_turn(loop, 0), 0);
        for (int i = before; i < fired_count; i++)
            ck_assert_int_eq(at[fired[i]], fake_now);
    }
    ck_assert_int_eq(fired_count, running);
    end();
}
END_TEST

START_TEST(equal_times_in_the_order_started)
{
    static numbered timers[40];
    begin();
    fired_count = 0;
    for (int i = 0; i < 40; i++) {
        timers[i] =
            (numbered){.timer = {.callback = on_numbered, .context = &timers[i]}, .number = i};
        upbit__timer_start(loop, &timers[i].timer, 5000);
    }
    fake_now = 4999;
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    fake_now = 5000;
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 40);
    for (int i = 0; i < 40; i++)
        ck_assert_int_eq(fired[i], i);
    end();
}
END_TEST

static int again_count;

static void on_again(void *context)
{
    again_count++;
    upbit__timer_start(loop, context, 0);
}

START_TEST(timer_that_starts_itself_lets_the_turn_end)
{
    upbit__timer timer = {.callback = on_again};
    timer.context = &timer;
    begin();
    again_count = 0;
    upbit__timer_start(loop, &timer, 0);
    for (int i = 1; i <= 5; i++) {
        fake_now += 10;
        upbit__loop_turn(loop, -1); /* would wait for ever if it did not see the timer */
        ck_assert_int_eq(again_count, i);
    }
    end();
}
END_TEST

/* Each frees both: whichever comes first, the other must not be called. */
typedef struct pair {
    numbered *a, *b;
    int calls;
} pair;

static void on_pair(void *context)
{
    pair *p = context;
    p->calls++;
    upbit__timer_stop(&p->a->timer);
    upbit__timer_stop(&p->b->timer);
    free(p->a);
    free(p->b);
}

START_TEST(timer_callback_frees_timers)
{
    pair p = {calloc(1, sizeof(numbered)), calloc(1, sizeof(numbered)), 0};
    begin();
    p.a->timer = (upbit__timer){.callback = on_pair, .context = &p};
    p.b->timer = p.a->timer;
    upbit__timer_start(loop, &p.a->timer, 1);
    upbit__timer_start(loop, &p.b->timer, 1);
    upbit__loop_turn(loop, 0);
    ck_assert_int_eq(p.calls, 1);
    end();
}
END_TEST

typedef struct pipes {
    int fd[2][2];
    upbit__watch *watch[2];
    int calls;
    unsigned events;
} pipes;

static void on_either(void *context, unsigned events)
{
    pipes *p = context;
    p->calls++;
    p->events |= events;
    for (int i = 0; i < 2; i++) {
        upbit__watch_stop(p->watch[i]);
        free(p->watch[i]);
    }
}

START_TEST(watch_callback_frees_watches)
{
    pipes p = {0};
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(p.fd[i]), 0);
        ck_assert_int_eq((int)write(p.fd[i][1], "x", 1), 1);
        p.watch[i] = calloc(1, sizeof(upbit__watch));
        *p.watch[i] = (upbit__watch){
            .fd = p.fd[i][0], .events = UPBIT__READ, .callback = on_either, .context = &p};
        ck_assert_int_eq(upbit__watch_start(loop, p.watch[i]), 0);
    }
    ck_assert_int_eq(upbit__loop_turn(loop, -1), 1); /* both are ready in the same turn */
    ck_assert_int_eq(p.calls, 1);
    ck_assert_uint_eq(p.events, UPBIT__READ);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    for (int i = 0; i < 2; i++) {
        close(p.fd[i][0]);
        close(p.fd[i][1]);
    }
    upbit__loop_destroy(loop);
}
END_TEST

static unsigned last_events;

static void on_events(void *context, unsigned events)
{
    (void)context;
    last_events = events;
}

START_TEST(interest_and_faults)
{
    int fd[2];
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(pipe(fd), 0);
    upbit__watch w = {.fd = fd[1], .events = 0, .callback = on_events};
    ck_assert_int_eq(upbit__watch_start(loop, &w), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    ck_assert_int_eq(upbit__watch_set(&w, UPBIT__WRITE), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    ck_assert_uint_eq(last_events, UPBIT__WRITE);
    ck_assert_int_eq(upbit__watch_set(&w, 0), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    close(fd[0]); /* the reader is gone */
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    ck_assert_uint_eq(last_events & UPBIT__FAULT, UPBIT__FAULT);
    upbit__watch_stop(&w);
    upbit__watch_stop(&w);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    close(fd[1]);
    upbit__watch bad = {.fd = fd[1], .callback = on_events};
    ck_assert_int_lt(upbit__watch_start(loop, &bad), 0);
    upbit__loop_destroy(loop);
}
END_TEST

static void *wake_later(void *context)
{
    (void)context;
    usleep(5000);
    for (int i = 0; i < 100; i++)
        upbit__loop_wake(loop);
    return NULL;
}

START_TEST(wake_from_another_thread)
{
    pthread_t thread;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, NULL), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, -1), 0); /* returns, or the test times out */
    pthread_join(thread, NULL);
    upbit__loop_turn(loop, 0);
    int64_t from = upbit__clock_monotonic_ns();
    upbit__loop_turn(loop, 2 * UPBIT__MS); /* all wake-ups are spent: this one waits */
    ck_assert_int_ge(upbit__clock_monotonic_ns() - from, 2 * UPBIT__MS);
    upbit__loop_wake(loop); /* before the turn counts too */
    ck_assert_int_eq(upbit__loop_turn(loop, -1), 0);
    upbit__loop_destroy(loop);
}
END_TEST

static _Atomic bool woken;

static void *wake_once(void *context)
{
    (void)context;
    usleep(5000);
    atomic_store(&woken, true);
    upbit__loop_wake(loop);
    return NULL;
}

static void on_readable(void *context, unsigned events)
{
    (void)events;
    ++*(int *)context;
}

static void wake_and_turn(void)
{
    upbit__loop_wake(loop);
    upbit__loop_turn(loop, -1); /* the alarm is set before it waits */
}

/* The kernel is told the next time only when one comes before what it knows. */
START_TEST(alarm_follows_the_timers)
{
    static numbered late, soon;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    fired_count = 0;
    late = (numbered){.timer = {.callback = on_numbered, .context = &late}, .number = 1};
    soon = (numbered){.timer = {.callback = on_numbered, .context = &soon}, .number = 2};
    int64_t now = upbit__clock_monotonic_ns();
    upbit__timer_start(loop, &late.timer, now + 3600 * UPBIT__SECOND);
    wake_and_turn();
    upbit__timer_start(loop, &soon.timer, now + 5 * UPBIT__MS);
    wake_and_turn();
    while (fired_count == 0) /* or the test times out */
        upbit__loop_turn(loop, -1);
    ck_assert_int_eq(fired[0], 2);
    /* One that was moved on: the alarm rings for nothing, and is set again. */
    for (int i = 0; i < 3; i++) {
        upbit__timer_start(loop, &soon.timer, upbit__clock_monotonic_ns() + 2 * UPBIT__MS);
        wake_and_turn();
        int64_t at = upbit__clock_monotonic_ns() + 4 * UPBIT__MS;
        upbit__timer_start(loop, &soon.timer, at);
        for (int before = fired_count; fired_count == before;)
            upbit__loop_turn(loop, -1);
        ck_assert_int_ge(upbit__clock_monotonic_ns(), at);
    }
    ck_assert(upbit__timer_running(&late.timer));
    upbit__timer_stop(&late.timer);
    /* Nothing is left: turns end by the alarm of the stopped one, once, and by the
     * wake-up. */
    upbit__timer_start(loop, &soon.timer, upbit__clock_monotonic_ns() + 2 * UPBIT__MS);
    wake_and_turn();
    upbit__timer_stop(&soon.timer);
    pthread_t thread;
    int turns = 0;
    atomic_store(&woken, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_once, NULL), 0);
    for (; !atomic_load(&woken); turns++)
        upbit__loop_turn(loop, -1);
    pthread_join(thread, NULL);
    ck_assert_int_le(turns, 3);
    upbit__loop_destroy(loop);
}
END_TEST

/* By edge a descriptor tells once what there is, and again when there is more, or the end. */
START_TEST(edge_is_told_once)
{
    int ends[2];
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    upbit__watch w = {.fd = ends[0], .events = UPBIT__READ | UPBIT__EDGE, .callback = on_events};
    ck_assert_int_eq(upbit__watch_start(loop, &w), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
        ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
        ck_assert_uint_eq(last_events, UPBIT__READ);
        ck_assert_int_eq(upbit__loop_turn(loop, 0), 0);
    }
    ck_assert_int_eq(upbit__watch_set(&w, UPBIT__READ), 0); /* told until it is read */
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    ck_assert_int_eq(upbit__watch_set(&w, UPBIT__READ | UPBIT__EDGE), 0);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    shutdown(ends[1], SHUT_WR);
    ck_assert_int_eq(upbit__loop_turn(loop, 0), 1);
    ck_assert_uint_eq(last_events, UPBIT__READ | UPBIT__END);
    upbit__watch_stop(&w);
    close(ends[0]);
    close(ends[1]);
    upbit__loop_destroy(loop);
}
END_TEST

START_TEST(rest_dispatches_nothing)
{
    static numbered n;
    int ends[2], readable = 0;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    upbit__watch watch = {
        .fd = ends[0], .events = UPBIT__READ, .callback = on_readable, .context = &readable};
    ck_assert_int_eq(upbit__watch_start(loop, &watch), 0);
    fired_count = 0;
    int64_t from = upbit__clock_monotonic_ns();
    upbit__loop_rest(loop, 2 * UPBIT__MS); /* though there is something to read */
    ck_assert_int_ge(upbit__clock_monotonic_ns() - from, 2 * UPBIT__MS);
    n = (numbered){.timer = {.callback = on_numbered, .context = &n}};
    upbit__timer_start(loop, &n.timer, upbit__clock_monotonic_ns() + UPBIT__MS);
    upbit__loop_rest(loop, 3600 * UPBIT__SECOND); /* a timer ends it, or the test times out */
    upbit__loop_rest(loop, 3600 * UPBIT__SECOND); /* due already */
    ck_assert_int_eq(readable, 0);
    ck_assert_int_eq(fired_count, 0);
    while (fired_count == 0) /* the clocks of the wait and of timers may differ by a little */
        upbit__loop_turn(loop, -1);
    ck_assert_int_ge(readable, 1);
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_once, NULL), 0);
    upbit__loop_rest(loop, 3600 * UPBIT__SECOND); /* a wake-up ends it, too */
    pthread_join(thread, NULL);
    ck_assert_int_ge(upbit__loop_turn(loop, -1), 0); /* and is still there for the turn */
    upbit__watch_stop(&watch);
    close(ends[0]);
    close(ends[1]);
    upbit__loop_destroy(loop);
}
END_TEST

START_TEST(never_early)
{
    static numbered n;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    fired_count = 0;
    n = (numbered){.timer = {.callback = on_numbered, .context = &n}};
    int64_t at = upbit__clock_monotonic_ns() + 3 * UPBIT__MS + 123456;
    upbit__timer_start(loop, &n.timer, at);
    while (fired_count == 0)
        upbit__loop_turn(loop, -1);
    ck_assert_int_ge(upbit__clock_monotonic_ns(), at);
    upbit__loop_destroy(loop);
    upbit__loop_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net loop");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, timers_fire_in_order);
    tcase_add_test(t, equal_times_in_the_order_started);
    tcase_add_test(t, timer_that_starts_itself_lets_the_turn_end);
    tcase_add_test(t, timer_callback_frees_timers);
    tcase_add_test(t, watch_callback_frees_watches);
    tcase_add_test(t, interest_and_faults);
    tcase_add_test(t, wake_from_another_thread);
    tcase_add_test(t, alarm_follows_the_timers);
    tcase_add_test(t, edge_is_told_once);
    tcase_add_test(t, rest_dispatches_nothing);
    tcase_add_test(t, never_early);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
