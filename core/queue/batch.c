/* The end of a read batch: shows what was pushed, and wakes who sleeps. And: making room in the
 * budget. */
#include <string.h>

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

void upbit__batch_init(upbit__batch *b, upbit__pool *pool)
{
    memset(b, 0, sizeof *b);
    b->pool = pool;
}

/* Events in the lanes, of which the consumer may have taken some since the heads were last seen. */
static uint64_t waiting_at_most(upbit__inbox *in)
{
    uint64_t waiting = 0;
    uint32_t open = atomic_load_explicit(&in->open, memory_order_relaxed); /* written here */
    for (uint32_t left = open; left != 0; left &= left - 1) {
        upbit__fifo *f = &upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo;
        waiting += f->ptail - f->hseen;
    }
    return waiting;
}

/* Shows the consumer what is in the lanes; control was seen already. */
static void show(upbit__inbox *in)
{
    upbit__latest_show(&in->latest, &in->fresh);
    if (in->lanes_touched == 0)
        return;
    for (uint32_t left = in->lanes_touched; left != 0; left &= left - 1)
        upbit__fifo_commit(&upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo);
    in->lanes_touched = 0;
    if (waiting_at_most(in) <= in->queued_most)
        return;
    /* The heads lie in lines the consumer writes: looked at only where it could be a new peak. */
    uint32_t open = atomic_load_explicit(&in->open, memory_order_relaxed);
    for (uint32_t left = open; left != 0; left &= left - 1)
        upbit__fifo_refresh(&upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo);
    uint64_t waiting = waiting_at_most(in);
    if (waiting > in->queued_most) {
        in->queued_most = waiting;
        atomic_store_explicit(&in->queued_peak, waiting, memory_order_relaxed);
    }
}

int upbit__inbox_commit(upbit__inbox *in)
{
    if (!in->touched)
        return 0;
    upbit__inbox_unstage(in);
    show(in);
    if (upbit__flag_take(&in->idle))
        upbit__inbox_make_ready(in);
    int rang = upbit__waiter_notify(in->waiter);
    in->batch->notifications += (uint64_t)rang;
    return rang;
}

/* Where hundreds are touched, what the next ones need has left the near caches since the last
 * commit. */
static void foresee_touched(upbit__inbox *next)
{
    if (next == NULL)
        return;
    uint32_t open = atomic_load_explicit(&next->open, memory_order_relaxed); /* written here */
    for (; open != 0; open &= open - 1) {
        upbit__fifo *f = &upbit__inbox_lane(next, (unsigned)__builtin_ctz(open))->fifo;
        UPBIT__PREFETCH(f);
        UPBIT__PREFETCH(&f->tail);
    }
    if (next->touched_next != NULL) {
        UPBIT__PREFETCH(&next->touched_next->batch);
        UPBIT__PREFETCH(&next->touched_next->lanes);
        UPBIT__PREFETCH(&next->touched_next->idle);
    }
}

/* It stops being empty: with the others of its waiter, as far as that is this batch's. */
static void rise(upbit__inbox *in)
{
    upbit__waiter *w = in->waiter;
    if (!in->grouped) {
        upbit__inbox_make_ready(in);
        return;
    }
    upbit__link_set_next(&in->ready, w->rising);
    if (w->rising == NULL)
        w->rising_last = &in->ready;
    w->rising = &in->ready;
}

int upbit__batch_commit(upbit__batch *b)
{
    int rang = 0;
    upbit__inbox *in = b->touched;
    b->touched = NULL;
    b->barren = 0;
    for (upbit__inbox *next; in != NULL; in = next) {
        next = in->touched_next;
        foresee_touched(next);
        in->touched = 0;
        upbit__inbox_unstage(in);
        show(in);
        if (upbit__flag_take(&in->idle))
            rise(in);
        upbit__waiter *w = in->waiter;
        if (!in->grouped) {
            rang += upbit__waiter_notify(w); /* another manager's waiter: its list is not ours */
        } else if (!w->touched) {
            w->touched = 1;
            w->touched_next = b->waiters;
            b->waiters = w;
        }
    }
    upbit__batch_clear_stage(b);
    upbit__waiter *w = b->waiters;
    b->waiters = NULL;
    for (upbit__waiter *next; w != NULL; w = next) {
        next = w->touched_next;
        w->touched = 0;
        if (w->rising != NULL)
            upbit__stack_push_chain(&w->ready, w->rising, w->rising_last, NULL);
        w->rising = NULL;
        rang += upbit__waiter_notify(w);
    }
    b->notifications += (uint64_t)rang;
    return rang;
}

void upbit__inbox_destroy(upbit__inbox *in)
{
    if (in == NULL)
        return;
    upbit__batch *b = in->batch;
    upbit__inbox_commit(in); /* what was pushed is for the consumer, who may go on without us */
    if (in->touched) {
        upbit__inbox **at = &b->touched;
        while (*at != in)
            at = &(*at)->touched_next;
        *at = in->touched_next;
    }
    if (in->listed) {
        if (in->all_previous != NULL)
            in->all_previous->all_next = in->all_next;
        else
            b->inboxes = in->all_next;
        if (in->all_next != NULL)
            in->all_next->all_previous = in->all_previous;
    }
    upbit__waiter *w = in->waiter;
    upbit__inbox_unref(in);
    upbit__waiter_unref(w);
}

/* ---- the budget ---- */

static upbit__fifo *droppable(upbit__inbox *in, unsigned lane)
{
    upbit__lane *l = upbit__inbox_lane(in, lane);
    return l == NULL || l->fifo.lossless ? NULL : &l->fifo;
}

static uint64_t fullest(upbit__batch *b)
{
    uint64_t most = 0;
    for (upbit__inbox *in = b->inboxes; in != NULL; in = in->all_next)
        for (unsigned i = 0; i < UPBIT__LANES; i++) {
            upbit__fifo *f = droppable(in, i);
            if (f == NULL)
                continue;
            upbit__fifo_refresh(f);
            most = f->bytes > most ? f->bytes : most;
        }
    return most;
}

static void cut_to(upbit__inbox *in, upbit__fifo *f, uint64_t bytes)
{
    while (f->bytes > bytes) {
        const upbit_event *oldest = upbit__fifo_drop(f);
        if (oldest == NULL)
            continue;
        upbit__event_unref_io(in->batch->pool, oldest);
        upbit__count(&in->dropped, 1);
        in->batch->dropped++;
    }
}

int upbit__batch_shed(upbit__batch *b, size_t size)
{
    if (b->pool == NULL)
        return 0;
    upbit__batch_unstage(b);
    if (upbit__pool_fits(b->pool, size))
        return 1;
    if (b->barren)
        return 0; /* a look at every lane once per read batch is enough when there is nothing */
    /* Half of the fullest lane's content goes from every lane that holds more than that, and
     * again: an event that many lanes share is free only when all have dropped it, and lane by
     * lane that would take a walk over all of them per lane. */
    for (uint64_t most; (most = fullest(b)) != 0;) {
        for (upbit__inbox *in = b->inboxes; in != NULL; in = in->all_next)
            for (unsigned i = 0; i < UPBIT__LANES; i++) {
                upbit__fifo *f = droppable(in, i);
                if (f != NULL)
                    cut_to(in, f, most / 2);
            }
        if (upbit__pool_fits(b->pool, size))
            return 1;
    }
    b->barren = 1;
    return 0;
}
