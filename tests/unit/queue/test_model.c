/* The lock-free code run step by step, in every order that a few preemptions can make.
 *
 * The stress tests hope to meet the few nanoseconds between "it is empty" and "I am idle"; this one
 * goes there. The sources are compiled into the test with each atomic operation preceded by step().
 * Two coroutines, the I/O thread and the consumer, run one at a time; an execution is given by the
 * steps at which it is preempted, and all sets of up to two such steps that are near each other
 * (three with UPBIT_STRESS of 10 or more) are tried. That is sequential consistency: what weak
 * memory adds is not seen here. */
#include <check.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static void step(void);

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_or_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#define atomic_load_explicit(p, o) (step(), *(p))
#define atomic_store_explicit(p, v, o) (step(), (void)(*(p) = (v)))
#define CHANGE(p, expression)                                                                      \
    __extension__({                                                                                \
        step();                                                                                    \
        __typeof__((void)0, *(p)) old_ = *(p);                                                     \
        *(p) = (expression);                                                                       \
        old_;                                                                                      \
    })
#define atomic_exchange_explicit(p, v, o) CHANGE(p, v)
#define atomic_fetch_sub_explicit(p, v, o) CHANGE(p, old_ - (v))
#define atomic_fetch_add_explicit(p, v, o) CHANGE(p, old_ + (v))
#define atomic_fetch_or_explicit(p, v, o) CHANGE(p, old_ | (v))
#define atomic_compare_exchange_strong_explicit(p, e, v, o, f)                                     \
    __extension__({                                                                                \
        step();                                                                                    \
        __typeof__((void)0, *(p)) old_ = *(p);                                                     \
        int same_ = old_ == *(e);                                                                  \
        if (same_)                                                                                 \
            *(p) = (v);                                                                            \
        else                                                                                       \
            *(e) = old_;                                                                           \
        same_;                                                                                     \
    })
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#include "../../../core/queue/batch.c"
#include "../../../core/queue/bundle.c"
#include "../../../core/queue/crowd.c"
#include "../../../core/queue/inbox.c"
#include "../../../core/queue/inbox_control.c"
#include "../../../core/queue/inbox_push.c"
#include "../../../core/queue/inbox_take.c"
#include "../../../core/queue/pool.c"
#include "../../../core/queue/releases.c"
#include "../../../core/queue/waiter.c"

#include "support/check_main.h"

/* ---- coroutines ---- */

enum { SIDES = 2, STACK = 256 * 1024, PREEMPTIONS_MAX = 3, NEAR = 60, FAR = 120 };

static struct {
    ucontext_t home, side[SIDES];
    char *stack[SIDES];
    int done[SIDES], asleep[SIDES];
    int current; /* -1: nobody, step() does nothing */
    int fd;      /* what a sleeper waits for */
    int called;  /* or this */
    unsigned steps;
    unsigned preempt_at[PREEMPTIONS_MAX];
    int preemptions, next;
    int stuck;
} m;

static int is_readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

static int is_awoken(void);

static int is_runnable(int side)
{
    return !m.done[side] && (!m.asleep[side] || is_awoken());
}

static void switch_to_other(void)
{
    int me = m.current;
    m.current = 1 - me;
    swapcontext(&m.side[me], &m.side[1 - me]);
}

static void step(void)
{
    if (m.current < 0)
        return;
    unsigned now = m.steps++;
    if (m.next >= m.preemptions || m.preempt_at[m.next] != now)
        return;
    m.next++;
    if (is_runnable(1 - m.current))
        switch_to_other();
}

/* Until it is woken. 0: it never will be. */
static int model_sleep(void)
{
    while (!is_awoken()) {
        m.asleep[m.current] = 1;
        if (m.done[1 - m.current]) {
            m.stuck = 1;
            return 0;
        }
        switch_to_other();
        m.asleep[m.current] = 0;
    }
    m.called = 0;
    return 1;
}

typedef struct world {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__waiter *waiter;
    upbit__inbox *in;
    char log[512]; /* what the consumer got */
    int detached;
} world;

typedef struct scene {
    void (*produce)(world *w);
    int (*is_right)(const char *log);
    int wanted; /* events the consumer waits for; 0: until CLOSED; -1: it drains four times */
    uint32_t cap;
    int by_callback; /* the consumer is called, not woken by its descriptor */
} scene;

static world *stage;
static const scene *play;

static int is_awoken(void)
{
    return play->by_callback ? m.called : is_readable(m.fd);
}

static void call(void *context)
{
    (void)context;
    m.called = 1;
}

static void note(const upbit_delivery *d, char *log)
{
    static const char names[] = "0123456789abcdefSERGxxxxxCOxxxxxx";
    size_t n = strlen(log);
    snprintf(log + n, sizeof stage->log - n, "%c%lld ", names[d->event->type & 31],
             d->event->type == UPBIT_TYPE_GAP
                 ? (long long)((const upbit_gap *)(const void *)d->event)->count
                 : (long long)d->event->exchange_ms);
}

static void consume(world *w)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    int wanted = play->wanted == 0 ? 1 << 30 : play->wanted < 0 ? 4 : play->wanted;
    for (int got = 0; got < wanted;) {
        if (play->wanted >= 0 && !model_sleep())
            return;
        got += play->wanted < 0; /* looks, not events */
        while (upbit__waiter_take(w->waiter, &owner, &d) > 0) {
            got += play->wanted > 0;
            if (d.event->type == UPBIT_TYPE_CLOSED)
                got = wanted;
            note(&d, w->log);
            upbit_event_unref(d.event);
        }
    }
}

static void run_side(int side)
{
    if (side == 0)
        play->produce(stage);
    else
        consume(stage);
    m.done[side] = 1;
    if (!m.done[1 - side])
        switch_to_other(); /* asleep or not: a sleeper looks for itself */
    m.current = -1;
    swapcontext(&m.side[side], &m.home);
}

static upbit_event *event_of(world *w, int type, int64_t value)
{
    upbit_event *e = upbit__pool_allocate(w->pool, type == UPBIT_TYPE_ERROR
                                                       ? sizeof(upbit_error_event)
                                                       : sizeof *e);
    ck_assert_ptr_nonnull(e);
    e->type = (uint16_t)type;
    e->exchange_ms = value;
    return e;
}

/* One execution with the preemptions in m; the number of steps it had. */
static unsigned execute(int first)
{
    world w = { .log = "" };
    ck_assert_int_eq(upbit__pool_create(&w.pool, 1 << 20), 0);
    upbit__batch_init(&w.batch, w.pool);
    ck_assert_int_eq(upbit__waiter_create(&w.waiter), 0);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &w.batch;
    config.waiter = w.waiter;
    config.messages = play->cap;
    ck_assert_int_eq(upbit__inbox_create(&w.in, &config), 0);

    stage = &w;
    m.fd = w.waiter->fd;
    if (play->by_callback)
        upbit__waiter_set_wakeup(w.waiter, call, NULL);
    m.steps = 0;
    m.next = m.stuck = 0;
    for (int i = 0; i < SIDES; i++) {
        m.done[i] = m.asleep[i] = 0;
        getcontext(&m.side[i]);
        m.side[i].uc_stack.ss_sp = m.stack[i];
        m.side[i].uc_stack.ss_size = STACK;
        m.side[i].uc_link = &m.home;
        makecontext(&m.side[i], (void (*)(void))run_side, 1, i);
    }
    m.current = first;
    swapcontext(&m.home, &m.side[first]);
    m.current = -1;

    ck_assert_msg(!m.stuck, "lost wake-up: got \"%s\"; preempted at %u %u %u, side %d first", w.log,
                  m.preempt_at[0], m.preempt_at[1], m.preempt_at[2], first);
    ck_assert_msg(play->is_right(w.log), "got \"%s\"; preempted at %u %u %u, side %d first", w.log,
                  m.preempt_at[0], m.preempt_at[1], m.preempt_at[2], first);
    if (!w.detached) {
        upbit__inbox_detach(w.in);
        upbit__inbox_destroy(w.in);
    }
    upbit__waiter_unref(w.waiter);
    upbit__pool_collect(w.pool);
    ck_assert_msg(upbit__pool_bytes(w.pool) == 0, "leak; preempted at %u %u %u", m.preempt_at[0],
                  m.preempt_at[1], m.preempt_at[2]);
    upbit__pool_release(w.pool);
    return m.steps;
}

static void explore(int first, int depth, int most)
{
    unsigned steps = execute(first);
    if (depth == most)
        return;
    m.preemptions = depth + 1;
    unsigned from = depth == 0 ? 0 : m.preempt_at[depth - 1] + 1;
    unsigned near = play->by_callback ? FAR : NEAR;
    if (depth > 0 && steps > from + near)
        steps = from + near; /* what belongs together lies together */
    for (unsigned at = from; at < steps; at++) {
        m.preempt_at[depth] = at;
        explore(first, depth + 1, most);
        m.preemptions = depth + 1;
    }
    m.preempt_at[depth] = 0;
    m.preemptions = depth;
}

static void try_all(const scene *s)
{
    const char *stress = getenv("UPBIT_STRESS");
    int most = stress != NULL && atof(stress) >= 10 ? 3 : 2;
    play = s;
    m.current = -1;
    for (int i = 0; i < SIDES; i++)
        ck_assert_ptr_nonnull(m.stack[i] = malloc(STACK));
    for (int first = 0; first < SIDES; first++) {
        m.preemptions = 0;
        memset(m.preempt_at, 0, sizeof m.preempt_at);
        explore(first, 0, most);
    }
    for (int i = 0; i < SIDES; i++)
        free(m.stack[i]);
}

/* ---- scenes; the log has the type as a digit and the value, e.g. "21 22 " ---- */

static void push(world *w, int type, int64_t value)
{
    upbit__inbox_push(w->in, event_of(w, type, value));
}

static void produce_two(world *w)
{
    push(w, UPBIT_TYPE_TRADE, 1);
    upbit__batch_commit(&w->batch);
    push(w, UPBIT_TYPE_TRADE, 2);
    upbit__batch_commit(&w->batch);
}

static int is_two(const char *log)
{
    return strcmp(log, "21 22 ") == 0;
}

START_TEST(two_events_are_never_slept_through)
{
    static const scene s = { produce_two, is_two, 2, 8, 0 };
    try_all(&s);
}
END_TEST

/* The same by a callback, whose owner takes until there is nothing. From the first event to the
 * arming it is a long way. */
START_TEST(two_events_are_never_left_uncalled)
{
    static const scene s = { produce_two, is_two, 2, 8, 1 };
    try_all(&s);
}
END_TEST

static void produce_cells(world *w)
{
    upbit__cell *a = upbit__inbox_cell(w->in), *b = upbit__inbox_cell(w->in);
    upbit__inbox_put(w->in, a, event_of(w, UPBIT_TYPE_TICKER, 1));
    upbit__inbox_put(w->in, b, event_of(w, UPBIT_TYPE_TICKER, 2));
    upbit__batch_commit(&w->batch); /* from here on the consumer has both in hand */
    upbit__inbox_put(w->in, a, event_of(w, UPBIT_TYPE_TICKER, 3));
    upbit__inbox_closed(w->in, event_of(w, UPBIT_TYPE_CLOSED, 0));
    upbit__batch_commit(&w->batch);
}

/* 3 and 2 in any order, 1 before 3 or not at all, CLOSED last. */
static int are_cells(const char *log)
{
    return strcmp(log, "13 12 C0 ") == 0 || strcmp(log, "11 12 13 C0 ") == 0 ||
           strcmp(log, "11 13 12 C0 ") == 0 || strcmp(log, "12 13 C0 ") == 0;
}

START_TEST(the_last_value_of_a_key_comes)
{
    static const scene s = { produce_cells, are_cells, 0, 8, 0 };
    try_all(&s);
}
END_TEST

static void produce_too_many(world *w)
{
    for (int64_t i = 1; i <= 4; i++) {
        push(w, UPBIT_TYPE_TRADE, i);
        upbit__batch_commit(&w->batch);
    }
    upbit__inbox_closed(w->in, event_of(w, UPBIT_TYPE_CLOSED, 0));
    upbit__batch_commit(&w->batch);
}

/* Trades in order, and each hole said exactly. */
static int is_accounted(const char *log)
{
    long next = 1;
    for (const char *p = log; *p != '\0'; p = strchr(p, ' ') + 1) {
        long value = strtol(p + 1, NULL, 10);
        if (*p == 'G')
            next += value;
        else if (*p == '2' && value != next++)
            return 0;
        else if (*p == 'C')
            return next == 5 && p[3] == '\0';
    }
    return 0;
}

START_TEST(what_was_dropped_is_said_exactly)
{
    static const scene s = { produce_too_many, is_accounted, 0, 2, 0 };
    try_all(&s);
}
END_TEST

static void produce_old_and_new(world *w)
{
    upbit__cell *c = upbit__inbox_cell(w->in);
    push(w, UPBIT_TYPE_TRADE, 1);
    upbit__inbox_put(w->in, c, event_of(w, UPBIT_TYPE_TICKER, 1));
    upbit__batch_commit(&w->batch);
    ck_assert_int_eq(upbit__inbox_promise(w->in), 0);
    upbit__inbox_cell_release(w->in, c);
    upbit__inbox_reply(w->in, event_of(w, UPBIT_TYPE_REPLY, 7), 7, UPBIT__LANES_ALL);
    push(w, UPBIT_TYPE_TRADE, 2);
    upbit__inbox_put(w->in, upbit__inbox_cell(w->in), event_of(w, UPBIT_TYPE_TICKER, 2));
    upbit__inbox_closed(w->in, event_of(w, UPBIT_TYPE_CLOSED, 0));
    upbit__batch_commit(&w->batch);
}

static int no_old_after_reply(const char *log)
{
    const char *reply = strstr(log, "R7 "), *new_trade = strstr(log, "22 ");
    const char *old_trade = strstr(log, "21 "), *old_value = strstr(log, "11 ");
    if (reply == NULL)
        return strstr(log, "C0 ") == NULL;
    return old_trade != NULL && old_trade < reply && (old_value == NULL || old_value < reply) &&
           (new_trade == NULL || new_trade > reply);
}

START_TEST(no_event_of_the_old_set_after_its_reply)
{
    static const scene s = { produce_old_and_new, no_old_after_reply, 0, 8, 0 };
    try_all(&s);
}
END_TEST

static void produce_and_leave(world *w)
{
    push(w, UPBIT_TYPE_TRADE, 1);
    upbit__batch_commit(&w->batch);
    w->detached = 1;
    upbit__inbox_detach(w->in); /* a third thread's close, as far as the lists can tell */
    push(w, UPBIT_TYPE_TRADE, 2);
    upbit__batch_commit(&w->batch);
    upbit__inbox_destroy(w->in);
}

static int anything(const char *log)
{
    (void)log;
    return 1;
}

START_TEST(leaving_leaks_nothing_and_frees_nothing_twice)
{
    static const scene s = { produce_and_leave, anything, -1, 8, 0 };
    try_all(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue model");
    TCase *t = tcase_create("every order");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, two_events_are_never_slept_through);
    tcase_add_test(t, two_events_are_never_left_uncalled);
    tcase_add_test(t, the_last_value_of_a_key_comes);
    tcase_add_test(t, what_was_dropped_is_said_exactly);
    tcase_add_test(t, no_event_of_the_old_set_after_its_reply);
    tcase_add_test(t, leaving_leaks_nothing_and_frees_nothing_twice);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
#if defined(__SANITIZE_THREAD__)
    puts("1..0 # SKIP coroutines are not threads to ThreadSanitizer"); /* the stress tests are */
    return (void)suite, 0;
#else
    return check_main(suite());
#endif
}
