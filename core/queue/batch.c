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

/* Shows the consumer what is in the lanes; control was seen already. */
static void show(upbit__inbox *in)
{
    upbit__latest_show(&in->latest, &in->fresh);
    if (in->lanes_touched == 0)
        return;
    /* The consumer may have taken some of what is counted here since the heads were last seen. */
    uint64_t waiting = 0;
    uint32_t open = atomic_load_explicit(&in->open, memory_order_relaxed); /* written here */
    for (uint32_t left = open; left != 0; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctz(left);
        upbit__fifo *f = &upbit__inbox_lane(in, lane)->fifo;
        if (in->lanes_touched >> lane & 1U)
            upbit__fifo_commit(f);
        waiting += f->ptail - f->hseen;
    }
    in->lanes_touched = 0;
    if (waiting <= in->queued_most)
        return;
    /* The heads lie in lines the consumer writes: looked at only where it could be a new peak. */
    waiting = 0;
    for (uint32_t left = open; left != 0; left &= left - 1) {
        upbit__fifo *f = &upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo;
        upbit__fifo_refresh(f);
        waiting += f->ptail - f->hseen;
    }
    if (waiting > in->queued_most) {
        in->queued_most = waiting;
        atomic_store_explicit(&in->queued_peak, waiting, memory_order_relaxed);
    }
}

int upbit__inbox_commit(upbit__inbox *in)
{
    upbit__crowd_spill(in->batch);
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

static void foresee_touched(const upbit__inbox *next)
{
    if (next == NULL)
        return;
    upbit__inbox_foresee_push(next);
    if (next->touched_next != NULL)
        upbit__inbox_foresee_commit(next->touched_next);
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

int upbit__inbox_show(upbit__inbox *in)
{
    upbit__waiter *w = in->waiter;
    show(in);
    if (upbit__flag_take(&in->idle))
        rise(in);
    if (!in->grouped)
        return upbit__waiter_notify(w); /* another manager's waiter: its list is not ours */
    if (!w->touched) {
        upbit__batch *b = in->batch;
        w->touched = 1;
        w->touched_next = b->waiters;
        b->waiters = w;
    }
    return 0;
}

int upbit__batch_commit(upbit__batch *b)
{
    int rang = upbit__crowd_commit(b);
    upbit__inbox *in = b->touched;
    b->touched = NULL;
    b->barren = 0;
    for (upbit__inbox *next; in != NULL; in = next) {
        next = in->touched_next;
        foresee_touched(next);
        in->touched = 0;
        upbit__inbox_unstage_own(in);
        rang += upbit__inbox_show(in);
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
    upbit__crowd_end(b);
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
