/* Wake-ups under fire: a consumer that really sleeps in poll() and must never oversleep. */
#include "stress.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/command.h"
#include "support/check_main.h"

#define TRADE UPBIT_TYPE_TRADE

enum { INBOXES = 40 };

typedef struct crowd {
    rig r; /* its own inbox carries CLOSED */
    upbit__inbox *in[INBOXES];
    uint64_t count;
    uint64_t pushed[INBOXES]; /* producer; read after join            */
    uint64_t taken[INBOXES];  /* consumer                             */
    _Atomic uint64_t seen;    /* trades taken so far; rel, acq        */
    _Atomic int stop;
} crowd;

static void open_crowd(crowd *c)
{
    rig_open(&c->r, NULL);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, NULL), 0);
    config.batch = &c->r.batch;
    config.waiter = c->r.waiter;
    config.messages = 1U << 16;
    for (int i = 0; i < INBOXES; i++) {
        config.owner = &c->in[i];
        ck_assert_int_eq(upbit__inbox_create(&c->in[i], &config), 0);
    }
}

static void close_crowd(crowd *c)
{
    for (int i = 0; i < INBOXES; i++) {
        upbit__inbox_detach(c->in[i]);
        upbit__inbox_destroy(c->in[i]);
    }
    rig_close(&c->r);
}

static void push_one(crowd *c, int i)
{
    upbit_event *e = new_event(c->r.pool, TRADE, 0, (int64_t)++c->pushed[i]);
    ck_assert_ptr_nonnull(e);
    upbit__inbox_push(c->in[i], e);
}

static void push_closed(crowd *c)
{
    upbit__inbox_closed(c->r.in, new_event(c->r.pool, UPBIT_TYPE_CLOSED, 0, 0));
    upbit__batch_commit(&c->r.batch);
}

/* One small batch, then nothing until it was taken: each round needs its own wake-up. */
static void *ping(void *context)
{
    crowd *c = context;
    uint32_t seed = 2024;
    upbit__pool_adopt(c->r.pool);
    for (uint64_t n = 0, total = 0; n < c->count; n++) {
        for (uint32_t k = 1 + roll(&seed, 3); k > 0; k--, total++)
            push_one(c, (int)roll(&seed, INBOXES));
        upbit__batch_commit(&c->r.batch);
        /* Mostly wait, now and then run ahead: both ends of the race between push and sleep. */
        if (roll(&seed, 4) != 0)
            while (atomic_load_explicit(&c->seen, memory_order_acquire) < total)
                if (roll(&seed, 50) == 0)
                    sched_yield();
    }
    push_closed(c);
    return NULL;
}

/* Until CLOSED; stops early at random, as a drain budget does. */
static void drain(crowd *c, uint32_t seed, uint32_t budget_max)
{
    uint64_t *next = c->taken, seen = 0;
    for (int closed = 0; !closed;) {
        sleep_on(upbit__waiter_fd(c->r.waiter));
        for (uint32_t budget = 1 + roll(&seed, budget_max); budget > 0; budget--) {
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            void *owner;
            int got = upbit__waiter_take(c->r.waiter, &owner, &d);
            ck_assert_int_ge(got, 0);
            if (got == 0)
                break;
            if (d.event->type == TRADE) {
                long i = (upbit__inbox **)owner - c->in;
                ck_assert_uint_eq(d.number, ++next[i]);
                ck_assert(is_whole(d.event));
                atomic_store_explicit(&c->seen, ++seen, memory_order_release);
            } else {
                ck_assert_uint_eq(d.event->type, UPBIT_TYPE_CLOSED);
                closed = 1; /* the others may still hold something: one turn each */
            }
            upbit_event_unref(d.event);
        }
    }
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    while (upbit__waiter_take(c->r.waiter, &owner, &d) > 0) {
        ck_assert_uint_eq(d.number, ++next[(upbit__inbox **)owner - c->in]);
        upbit_event_unref(d.event);
    }
}

START_TEST(no_wake_up_is_lost)
{
    static crowd c;
    memset(&c, 0, sizeof c);
    c.count = scaled(2000);
    open_crowd(&c);
    pthread_t producer;
    start(&producer, ping, &c);
    drain(&c, 17, 6);
    pthread_join(producer, NULL);
    upbit__pool_adopt(c.r.pool);
    ck_assert_mem_eq(c.taken, c.pushed, sizeof c.taken);
    close_crowd(&c);
}
END_TEST

/* One event at a time, at a random moment after the last was taken: while the consumer finds its
 * inbox empty, sets it idle, looks again, reads the descriptor, arms, looks again. It does not
 * sleep but asks the descriptor again and again, so that a round is short and each gap is met
 * thousands of times; for a second at most (UPBIT_STRESS seconds), however busy the machine. */
static void *poke(void *context)
{
    crowd *c = context;
    uint32_t seed = 71;
    int64_t end = upbit__clock_monotonic_ns() + (int64_t)scaled(1000) * UPBIT__MS;
    upbit__pool_adopt(c->r.pool);
    for (uint64_t n = 1; n <= c->count && upbit__clock_monotonic_ns() < end; n++) {
        dawdle(&seed, 1000);
        push_one(c, 0);
        upbit__batch_commit(&c->r.batch);
        for (uint32_t tries = 0; atomic_load_explicit(&c->seen, memory_order_acquire) < n; tries++)
            if (atomic_load_explicit(&c->stop, memory_order_relaxed))
                return NULL;
            else if (tries % 10000 == 9999)
                sched_yield();
    }
    push_closed(c);
    return NULL;
}

START_TEST(no_gap_in_going_to_sleep)
{
    static crowd c;
    memset(&c, 0, sizeof c);
    c.count = scaled(100000);
    open_crowd(&c);
    pthread_t producer;
    start(&producer, poke, &c);
    int64_t last = upbit__clock_monotonic_ns();
    int closed = 0;
    while (!closed && upbit__clock_monotonic_ns() - last < 20 * UPBIT__SECOND) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        void *owner;
        while (readable(upbit__waiter_fd(c.r.waiter)) &&
               upbit__waiter_take(c.r.waiter, &owner, &d) > 0) {
            if (d.event->type == TRADE)
                atomic_store_explicit(&c.seen, ++c.taken[0], memory_order_release);
            else
                closed = 1;
            upbit_event_unref(d.event);
            last = upbit__clock_monotonic_ns();
        }
    }
    atomic_store_explicit(&c.stop, 1, memory_order_relaxed);
    pthread_join(producer, NULL);
    upbit__pool_adopt(c.r.pool);
    ck_assert_msg(closed, "lost wake-up: nothing for 20 s after %lu events",
                  (unsigned long)c.taken[0]);
    ck_assert_uint_eq(c.taken[0], c.pushed[0]);
    close_crowd(&c);
}
END_TEST

/* As fast as it goes, never more than a lane holds. */
static void *flood(void *context)
{
    crowd *c = context;
    uint32_t seed = 909;
    upbit__pool_adopt(c->r.pool);
    for (uint64_t total = 0; total < c->count;) {
        for (uint32_t k = 1 + roll(&seed, 200); k > 0; k--, total++)
            push_one(c, (int)roll(&seed, INBOXES));
        upbit__batch_commit(&c->r.batch);
        while (total - atomic_load_explicit(&c->seen, memory_order_acquire) > 20000)
            sched_yield();
    }
    push_closed(c);
    return NULL;
}

START_TEST(many_inboxes_one_descriptor)
{
    static crowd c;
    memset(&c, 0, sizeof c);
    c.count = scaled(60000);
    open_crowd(&c);
    pthread_t producer;
    start(&producer, flood, &c);
    drain(&c, 18, 300);
    pthread_join(producer, NULL);
    upbit__pool_adopt(c.r.pool);
    ck_assert_mem_eq(c.taken, c.pushed, sizeof c.taken);
    close_crowd(&c);
}
END_TEST

/* A callback's context dies when unsetting it returned: sanitizers see a late call. */
typedef struct bell {
    uint64_t rings;
} bell;

static void ring_bell(void *context)
{
    ((bell *)context)->rings++; /* under the waiter's mutex, so plain */
}

static void *toggle(void *context)
{
    crowd *c = context;
    while (!atomic_load_explicit(&c->stop, memory_order_acquire)) {
        bell *b = calloc(1, sizeof *b);
        ck_assert_ptr_nonnull(b);
        upbit__waiter_set_wakeup(c->r.waiter, ring_bell, b);
        sched_yield();
        upbit__waiter_set_wakeup(c->r.waiter, NULL, NULL);
        b->rings = UINT64_MAX;
        free(b);
        sched_yield();
    }
    return NULL;
}

START_TEST(unsetting_a_callback_is_a_barrier)
{
    static crowd c;
    memset(&c, 0, sizeof c);
    c.count = scaled(40000);
    open_crowd(&c);
    pthread_t producer, toggler;
    start(&producer, flood, &c);
    start(&toggler, toggle, &c);
    /* This consumer does not sleep while callbacks come and go; afterwards it does. */
    uint64_t seen = 0, *next = c.taken;
    while (seen < c.count / 2) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        void *owner;
        if (upbit__waiter_take(c.r.waiter, &owner, &d) <= 0) {
            sched_yield();
            continue;
        }
        ck_assert_uint_eq(d.number, ++next[(upbit__inbox **)owner - c.in]);
        upbit_event_unref(d.event);
        atomic_store_explicit(&c.seen, ++seen, memory_order_release);
    }
    atomic_store_explicit(&c.stop, 1, memory_order_release);
    pthread_join(toggler, NULL);
    for (int closed = 0; !closed;) {
        sleep_on(upbit__waiter_fd(c.r.waiter));
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        void *owner;
        while (upbit__waiter_take(c.r.waiter, &owner, &d) > 0) {
            if (d.event->type == TRADE) {
                ck_assert_uint_eq(d.number, ++next[(upbit__inbox **)owner - c.in]);
                atomic_store_explicit(&c.seen, ++seen, memory_order_release);
            } else {
                closed = 1;
            }
            upbit_event_unref(d.event);
        }
    }
    pthread_join(producer, NULL);
    upbit__pool_adopt(c.r.pool);
    ck_assert_mem_eq(c.taken, c.pushed, sizeof c.taken);
    close_crowd(&c);
}
END_TEST

/* ---- commands ---- */

enum { PUSHERS = 3 };

typedef struct order {
    upbit__command command;
    uint32_t from, value;
} order;

typedef struct office {
    upbit__command_queue q;
    int fd;
    uint64_t count;
    _Atomic uint32_t next_pusher;
    _Atomic uint64_t full, refused, accepted;
} office;

static void *push_orders(void *context)
{
    office *o = context;
    uint32_t me = atomic_fetch_add(&o->next_pusher, 1), seed = me + 1;
    for (uint64_t n = 1; n <= o->count; n++) {
        order *c = malloc(sizeof *c);
        ck_assert_ptr_nonnull(c);
        c->from = me;
        c->value = (uint32_t)n;
        int r;
        while ((r = upbit__command_push(&o->q, &c->command)) == UPBIT_ERROR_COMMAND_FULL) {
            atomic_fetch_add(&o->full, 1);
            sched_yield();
        }
        if (r == UPBIT_ERROR_CLOSED) {
            atomic_fetch_add(&o->refused, 1);
            free(c);
            continue;
        }
        atomic_fetch_add(&o->accepted, 1);
        uint64_t one = 1;
        if (r == 1)
            ck_assert_int_eq(write(o->fd, &one, sizeof one), sizeof one);
        if (roll(&seed, 20) == 0)
            sched_yield();
    }
    return NULL;
}

static uint64_t work_off(upbit__command *c, uint32_t *last)
{
    uint64_t n = 0;
    for (upbit__command *next; c != NULL; c = next, n++) {
        next = upbit__command_next(c);
        order *o = UPBIT__LINK_OWNER(c, order, command);
        ck_assert_uint_eq(o->value, ++last[o->from]);
        free(o);
    }
    return n;
}

START_TEST(commands_keep_their_order_and_wake_the_sleeper)
{
    office o = { .count = scaled(10000) };
    upbit__command_queue_init(&o.q);
    o.fd = eventfd(0, EFD_NONBLOCK);
    ck_assert_int_ge(o.fd, 0);
    pthread_t pushers[PUSHERS];
    uint32_t last[PUSHERS] = { 0 };
    for (int i = 0; i < PUSHERS; i++)
        start(&pushers[i], push_orders, &o);
    uint64_t got = 0, almost = o.count * PUSHERS - o.count / 10;
    while (got < almost) {
        if (upbit__command_arm(&o.q))
            sleep_on(o.fd);
        uint64_t n;
        if (read(o.fd, &n, sizeof n) < 0)
            n = 0;
        got += work_off(upbit__command_take_all(&o.q), last);
    }
    got += work_off(upbit__command_seal(&o.q), last); /* while they still push */
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(pushers[i], NULL);
    ck_assert_uint_eq(got, atomic_load(&o.accepted));
    ck_assert_uint_eq(got + atomic_load(&o.refused), o.count * PUSHERS);
    close(o.fd);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue stress wake");
    TCase *t = tcase_create("sleepers");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, no_wake_up_is_lost);
    tcase_add_test(t, no_gap_in_going_to_sleep);
    tcase_add_test(t, many_inboxes_one_descriptor);
    tcase_add_test(t, unsetting_a_callback_is_a_barrier);
    tcase_add_test(t, commands_keep_their_order_and_wake_the_sleeper);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
