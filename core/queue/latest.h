/* The latest lane: one value per key, the newest; a reader that sleeps loses only what was
 * overtaken.
 *
 * A cell holds the value of one key. val != NULL exactly while the cell hangs on `dirty` or is
 * in the consumer's hand, so a key is there at most once and there is no ring to overflow. Only
 * the consumer stores NULL: an I/O thread that did would link a cell twice; to clear it puts the
 * tomb.
 *
 * Cells with a new value hang on a chain of the I/O thread's own first, and go on `dirty` together,
 * an inbox at a time: upbit__latest_show.
 *
 * Atomics and their partners:
 *   val     exchange(ar) by either side: what one takes out was complete when the other put it
 *           in. But where the I/O thread reads NULL (acq) the consumer's exchange was the last and
 *           it is done with the cell's link: then the value is stored (rlx), and shown with
 * `dirty`. dirty   stack.h: pushed with CAS(rel, rlx), emptied with exchange(acq). the cell's link
 * rlx; see stack.h. The consumer reads it before it empties val. */
#ifndef UPBIT_QUEUE_LATEST_H
#define UPBIT_QUEUE_LATEST_H

#include <stdatomic.h>
#include <stddef.h>

#include "queue/about.h"
#include "queue/stack.h"

typedef struct upbit__cell upbit__cell;

/* What only the I/O thread needs of a cell: apart, so that the cells of an inbox lie close
 * together. */
typedef struct upbit__cell_rest {
    upbit__cell *free_next; /* cleared, without a key   */
    upbit__about about;     /* retired: what waits in it */
} upbit__cell_rest;

struct upbit__cell {
    /* either side, atomic */
    upbit__link link;
    _Atomic(const void *) val;
    /* I/O thread */
    upbit__cell_rest *rest;
};

typedef struct upbit__latest {
    /* immutable */
    const void *tomb;
    /* either side, atomic */
    upbit__stack dirty;
    /* consumer */
    upbit__link *own; /* taken from dirty, oldest first */
} upbit__latest;

/* I/O thread: cells that are not on `dirty` yet, newest first. All zero: none. */
typedef struct upbit__fresh {
    upbit__link *newest, *oldest;
} upbit__fresh;

static inline void upbit__latest_init(upbit__latest *l, const void *tomb)
{
    l->tomb = tomb;
    upbit__stack_init(&l->dirty);
    l->own = (upbit__link *)0;
}

static inline void upbit__cell_init(upbit__cell *c)
{
    atomic_init(&c->link.next, (upbit__link *)0);
    atomic_init(&c->val, (const void *)0);
    c->rest = (upbit__cell_rest *)0;
}

/* ---- I/O thread ---- */

/* What was there before: NULL, the tomb, or a value that is the caller's again. The consumer sees
 * it after upbit__latest_show at the latest. */
static inline const void *upbit__latest_put(upbit__fresh *fresh, upbit__cell *c, const void *value)
{
    if (atomic_load_explicit(&c->val, memory_order_acquire) == (const void *)0) { /* pop */
        atomic_store_explicit(&c->val, value, memory_order_relaxed);
    } else {
        const void *old = atomic_exchange_explicit(&c->val, value, memory_order_acq_rel); /* pop */
        if (old != (const void *)0)
            return old;
    }
    upbit__link_set_next(&c->link, fresh->newest);
    if (fresh->newest == (upbit__link *)0)
        fresh->oldest = &c->link;
    fresh->newest = &c->link;
    return (const void *)0;
}

static inline void upbit__latest_show(upbit__latest *l, upbit__fresh *fresh)
{
    if (fresh->newest != (upbit__link *)0)
        upbit__stack_push_chain(&l->dirty, fresh->newest, fresh->oldest, (upbit__link *)0);
    fresh->newest = (upbit__link *)0;
}

/* A value that waits is not delivered any more; it is the caller's again. NULL or the tomb:
 * none. */
static inline const void *upbit__latest_clear(upbit__latest *l, upbit__fresh *fresh, upbit__cell *c)
{
    if (atomic_load_explicit(&c->val, memory_order_relaxed) == (const void *)0)
        return (const void *)0; /* only this thread could make it anything else */
    return upbit__latest_put(fresh, c, l->tomb);
}

/* 1: `old` still waited and is the caller's again, `value` stands in its place; 0: nothing was
 * done. */
static inline int upbit__latest_replace(upbit__cell *c, const void *old, const void *value)
{
    return atomic_compare_exchange_strong_explicit(&c->val, &old, value, memory_order_acq_rel,
                                                   memory_order_acquire); /* pop, either way */
}

/* ---- consumer ---- */

/* The value of the next cell that was taken from `dirty` before; the tomb: it was cleared. NULL:
 * there is none. */
static inline const void *upbit__latest_pop_own(upbit__latest *l)
{
    if (l->own == (upbit__link *)0)
        return (const void *)0;
    upbit__cell *c = UPBIT__LINK_OWNER(l->own, upbit__cell, link);
    l->own = upbit__link_next(l->own); /* before the exchange: after it the link is not ours */
    return atomic_exchange_explicit(&c->val, (const void *)0, memory_order_acq_rel); /* put */
}

/* The next value, NULL if there is none. */
static inline const void *upbit__latest_pop(upbit__latest *l)
{
    for (;;) {
        if (l->own == (upbit__link *)0) {
            if (!upbit__stack_any(&l->dirty))
                return (const void *)0;
            l->own = upbit__link_reverse(upbit__stack_take(&l->dirty));
        }
        const void *value = upbit__latest_pop_own(l);
        if (value != l->tomb)
            return value;
    }
}

static inline int upbit__latest_any(upbit__latest *l)
{
    return l->own != (upbit__link *)0 || upbit__stack_any(&l->dirty);
}

#endif
