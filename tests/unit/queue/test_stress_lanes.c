/* Two threads on one inbox: nothing twice, nothing unaccounted for, the last value always. */
#include "stress.h"
#include "support/check_main.h"

#define TRADE UPBIT_TYPE_TRADE

typedef struct feed {
    rig r;
    uint64_t count;
    uint32_t batch; /* events of a commit, at most */
    uint32_t keys;
    /* what the producer knows at its end; read after join */
    uint64_t pushed, entered;
    int64_t last[32]; /* by key */
} feed;

static upbit_event *make_closed(feed *f)
{
    upbit_event *e;
    while ((e = new_event(f->r.pool, UPBIT_TYPE_CLOSED, 0, 0)) == NULL)
        sched_yield();
    return e;
}

static void *push_numbers(void *context)
{
    feed *f = context;
    uint32_t seed = 12345;
    upbit__pool_adopt(f->r.pool);
    for (uint64_t n = 1; n <= f->count;) {
        for (uint32_t batch = 1 + roll(&seed, f->batch); batch > 0 && n <= f->count; batch--, n++) {
            upbit_event *e = roll(&seed, 500) == 0
                                 ? NULL
                                 : new_event(f->r.pool, TRADE, (uint32_t)(n >> 12) + 1, (int64_t)n);
            if (e != NULL)
                f->entered += (uint64_t)upbit__inbox_push(f->r.in, e);
            else
                upbit__inbox_skip(f->r.in, TRADE);
            f->pushed++;
        }
        upbit__batch_commit(&f->r.batch);
        if (roll(&seed, 200) == 0)
            sched_yield();
    }
    upbit__inbox_closed(f->r.in, make_closed(f));
    upbit__batch_commit(&f->r.batch);
    return NULL;
}

/* number = taken + gaps (+ what was skipped after the last event). */
static void run_numbers(int policy, uint32_t cap, uint32_t bytes, uint32_t batch, uint64_t count)
{
    feed f = { .count = count, .batch = batch };
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.policy = policy;
    o.queue_messages = cap;
    o.queue_bytes = bytes;
    rig_open(&f.r, &o);
    pthread_t producer;
    start(&producer, push_numbers, &f);

    uint32_t seed = 777, epoch = 0;
    uint64_t next = 1, taken = 0, missing = 0, gaps = 0, overflows = 0;
    for (int closed = 0; !closed;) {
        if (roll(&seed, 4) == 0)
            sleep_on(upbit__waiter_fd(f.r.waiter)); /* else spin: both sides at it at once */
        for (uint32_t budget = 1 + roll(&seed, 400); budget > 0 && !closed; budget--) {
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            dawdle(&seed, 100);
            int got = upbit__inbox_next(f.r.in, &d);
            ck_assert_int_ge(got, 0);
            if (got == 0)
                break;
            if (d.event->type == TRADE) {
                ck_assert_uint_eq(d.number, next);
                ck_assert_int_eq(d.event->exchange_ms, (int64_t)next);
                ck_assert_uint_eq(d.event->epoch, epoch);
                ck_assert_msg(is_whole(d.event), "event %lu is not whole", (unsigned long)next);
                next++;
                taken++;
            } else if (d.event->type == UPBIT_TYPE_GAP) {
                const upbit_gap *g = (const upbit_gap *)(const void *)d.event;
                ck_assert_uint_eq(g->first, next);
                ck_assert_uint_eq(g->count, g->last - g->first + 1);
                next = g->last + 1;
                missing += g->count;
                gaps++;
            } else if (d.event->type == UPBIT_TYPE_EPOCH) {
                ck_assert_uint_gt(d.event->epoch, epoch);
                epoch = d.event->epoch;
            } else if (d.event->type == UPBIT_TYPE_OVERFLOW) {
                overflows++;
            } else {
                ck_assert_uint_eq(d.event->type, UPBIT_TYPE_CLOSED);
                closed = 1;
            }
            upbit_event_unref(d.event);
        }
    }
    pthread_join(producer, NULL);
    upbit__pool_adopt(f.r.pool);
    upbit_proxy_stats s;
    upbit__inbox_stats(f.r.in, &s);
    uint64_t trailing = count - (next - 1);
    ck_assert_uint_eq(f.pushed, count);
    ck_assert_uint_eq(taken + missing + trailing, count);
    ck_assert_uint_eq(s.delivered, taken);
    ck_assert_uint_eq(s.dropped, missing + trailing);
    ck_assert_uint_eq(s.gaps, gaps);
    ck_assert_uint_eq(s.queued, 0);
    ck_assert_uint_le(s.queued_peak, cap);
    if (policy == UPBIT_POLICY_LOSSLESS)
        ck_assert_uint_eq(f.entered, taken); /* what entered is never dropped */
    else
        ck_assert_uint_eq(overflows, 0);
    rig_close(&f.r);
}

START_TEST(drop_oldest_accounts_for_every_number)
{
    run_numbers(UPBIT_POLICY_DROP_OLDEST, 64, 0, 100, scaled(500000));
}
END_TEST

START_TEST(drop_oldest_on_a_tiny_ring)
{
    run_numbers(UPBIT_POLICY_DROP_OLDEST, 2, 0, 6, scaled(500000));
}
END_TEST

START_TEST(drop_oldest_by_bytes)
{
    run_numbers(UPBIT_POLICY_DROP_OLDEST, 1024, 20 * (sizeof(upbit_event) + 64), 50,
                scaled(200000));
}
END_TEST

START_TEST(lossless_accounts_for_every_number)
{
    run_numbers(UPBIT_POLICY_LOSSLESS, 256, 0, 100, scaled(400000));
}
END_TEST

enum { KEYS = 32 };

/* Values of a key only grow; the last one comes. Now and then a key is cleared. */
static void *put_values(void *context)
{
    feed *f = context;
    uint32_t seed = 4242;
    upbit__pool_adopt(f->r.pool);
    upbit__cell *cells[KEYS];
    for (uint32_t k = 0; k < f->keys; k++)
        cells[k] = upbit__inbox_cell(f->r.in);
    for (uint64_t n = 1; n <= f->count;) {
        for (uint32_t batch = 1 + roll(&seed, 20); batch > 0 && n <= f->count; batch--, n++) {
            uint32_t key = roll(&seed, f->keys);
            upbit_event *e = new_event(f->r.pool, UPBIT_TYPE_TICKER, 1, (int64_t)n);
            if (e == NULL)
                continue;
            e->code[0] = (char)key;
            upbit__inbox_put(f->r.in, cells[key], e);
            f->last[key] = (int64_t)n;
            if (roll(&seed, 50) == 0) {
                upbit__inbox_cell_release(f->r.in, cells[key]);
                cells[key] = upbit__inbox_cell(f->r.in);
                f->last[key] = 0; /* may or may not have come */
            }
        }
        upbit__batch_commit(&f->r.batch);
        if (roll(&seed, 200) == 0)
            sched_yield();
    }
    upbit__inbox_closed(f->r.in, make_closed(f));
    upbit__batch_commit(&f->r.batch);
    return NULL;
}

static void run_values(uint32_t keys, uint64_t count)
{
    feed f = { .count = count, .keys = keys };
    rig_open(&f.r, NULL);
    pthread_t producer;
    start(&producer, put_values, &f);
    int64_t seen[KEYS] = { 0 };
    uint32_t seed = 99;
    for (int closed = 0; !closed;) {
        if (roll(&seed, 4) == 0)
            sleep_on(upbit__waiter_fd(f.r.waiter));
        for (uint32_t budget = 1 + roll(&seed, 60); budget > 0 && !closed; budget--) {
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            dawdle(&seed, 100);
            int got = upbit__inbox_next(f.r.in, &d);
            ck_assert_int_ge(got, 0);
            if (got == 0)
                break;
            if (d.event->type == UPBIT_TYPE_TICKER) {
                int key = d.event->code[0];
                ck_assert_int_gt(d.event->exchange_ms, seen[key]);
                ck_assert(is_whole(d.event));
                seen[key] = d.event->exchange_ms;
            }
            closed = d.event->type == UPBIT_TYPE_CLOSED;
            upbit_event_unref(d.event);
        }
    }
    pthread_join(producer, NULL);
    upbit__pool_adopt(f.r.pool);
    for (int k = 0; k < KEYS; k++)
        if (f.last[k] != 0)
            ck_assert_int_eq(seen[k], f.last[k]);
    rig_close(&f.r);
}

START_TEST(the_last_value_of_each_key_comes)
{
    run_values(KEYS, scaled(300000));
}
END_TEST

START_TEST(the_last_value_of_two_busy_keys_comes)
{
    run_values(2, scaled(600000));
}
END_TEST

/* Generations: everything pushed carries its generation; unsubscribe ends one with a barrier. */
static void *push_generations(void *context)
{
    feed *f = context;
    uint32_t seed = 31337;
    upbit__pool_adopt(f->r.pool);
    upbit__cell *cell = upbit__inbox_cell(f->r.in);
    int64_t generation = 1;
    for (uint64_t n = 1; n <= f->count; n++) {
        upbit_event *e = new_event(f->r.pool, TRADE, 1, generation);
        if (e != NULL)
            upbit__inbox_push(f->r.in, e);
        e = new_event(f->r.pool, UPBIT_TYPE_TICKER, 1, generation);
        if (e != NULL)
            upbit__inbox_put(f->r.in, cell, e);
        if (roll(&seed, 16) == 0 && upbit__inbox_promise(f->r.in) == 0) {
            upbit__inbox_cell_release(f->r.in, cell);
            e = new_event(f->r.pool, UPBIT_TYPE_REPLY, 0, 0);
            ck_assert_ptr_nonnull(e);
            upbit__inbox_reply(f->r.in, e, (uint64_t)generation, UPBIT__LANES_ALL);
            generation++;
            cell = upbit__inbox_cell(f->r.in);
        }
        if (roll(&seed, 6) == 0)
            upbit__batch_commit(&f->r.batch);
        if (roll(&seed, 64) == 0)
            sched_yield();
    }
    f->last[0] = generation;
    upbit__inbox_closed(f->r.in, make_closed(f));
    upbit__batch_commit(&f->r.batch);
    return NULL;
}

START_TEST(no_event_of_the_old_set_after_its_reply)
{
    feed f = { .count = scaled(80000) };
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_messages = 32;
    rig_open(&f.r, &o);
    pthread_t producer;
    start(&producer, push_generations, &f);
    int64_t replied = 0;
    for (int closed = 0; !closed;) {
        sleep_on(upbit__waiter_fd(f.r.waiter));
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (!closed && upbit__inbox_next(f.r.in, &d) > 0) {
            if (d.event->type == TRADE)
                ck_assert_int_eq(d.event->exchange_ms, replied + 1); /* FIFO: neither old nor new */
            else if (d.event->type == UPBIT_TYPE_TICKER)
                ck_assert_int_gt(d.event->exchange_ms, replied);
            else if (d.event->type == UPBIT_TYPE_REPLY)
                ck_assert_uint_eq(d.request_id, (uint64_t)++replied);
            closed = d.event->type == UPBIT_TYPE_CLOSED;
            upbit_event_unref(d.event);
        }
    }
    pthread_join(producer, NULL);
    upbit__pool_adopt(f.r.pool);
    ck_assert_int_eq(replied + 1, f.last[0]);
    rig_close(&f.r);
}
END_TEST

/* Errors: each stands for itself or is in the count of another. */
static void *push_errors(void *context)
{
    feed *f = context;
    uint32_t seed = 5;
    upbit__pool_adopt(f->r.pool);
    for (uint64_t n = 1; n <= f->count; n++) {
        upbit__inbox_error(f->r.in, error_of(&f->r, (int64_t)n));
        if (roll(&seed, 10) == 0)
            upbit__batch_commit(&f->r.batch);
        if (roll(&seed, 100) == 0)
            sched_yield();
    }
    upbit__inbox_closed(f->r.in, make_closed(f));
    upbit__batch_commit(&f->r.batch);
    return NULL;
}

START_TEST(every_error_is_counted_once)
{
    feed f = { .count = scaled(50000) };
    rig_open(&f.r, NULL);
    pthread_t producer;
    start(&producer, push_errors, &f);
    uint64_t errors = 0;
    int64_t last = 0;
    for (int closed = 0; !closed;) {
        sleep_on(upbit__waiter_fd(f.r.waiter));
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (!closed && upbit__inbox_next(f.r.in, &d) > 0) {
            if (d.event->type == UPBIT_TYPE_ERROR) {
                errors += ((const upbit_error_event *)(const void *)d.event)->count;
                ck_assert_int_gt(d.event->exchange_ms, last);
                last = d.event->exchange_ms;
            }
            closed = d.event->type == UPBIT_TYPE_CLOSED;
            upbit_event_unref(d.event);
        }
    }
    pthread_join(producer, NULL);
    upbit__pool_adopt(f.r.pool);
    ck_assert_uint_eq(errors, f.count);
    ck_assert_int_eq(last, (int64_t)f.count);
    rig_close(&f.r);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("queue stress lanes");
    TCase *t = tcase_create("two threads");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, drop_oldest_accounts_for_every_number);
    tcase_add_test(t, drop_oldest_on_a_tiny_ring);
    tcase_add_test(t, drop_oldest_by_bytes);
    tcase_add_test(t, lossless_accounts_for_every_number);
    tcase_add_test(t, the_last_value_of_each_key_comes);
    tcase_add_test(t, the_last_value_of_two_busy_keys_comes);
    tcase_add_test(t, no_event_of_the_old_set_after_its_reply);
    tcase_add_test(t, every_error_is_counted_once);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return check_main(suite());
}
