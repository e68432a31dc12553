/* The control lane's ring: replies, errors, and the barriers they carry. Nothing in it is ever
 * dropped.
 *
 * There is always room, because a place is promised before it is needed; the ring itself only
 * checks.
 *
 * A barrier says for each FIFO lane of a mask how far the lane's head must be before the entry
 * is delivered. The consumer looks here after it has read a lane's tail: a barrier it does not
 * see then is newer than that tail, so what it takes lies before the barrier.
 *
 * Atomics and their partners: tail store(rel) by push, load(acq) by the consumer; head
 * store(rel) by the consumer when it has read the slot, load(acq) by push before it writes one.
 * Slots rlx, ordered by these. */
#ifndef UPBIT_QUEUE_RING_H
#define UPBIT_QUEUE_RING_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define UPBIT__RING_LANES 8

typedef struct upbit__ring_slot {
    _Atomic(const void *) event;
    _Atomic uint64_t request_id;
    _Atomic uint32_t barrier; /* mask of lanes */
    _Atomic uint32_t kind;    /* whose place it uses; the owner's business */
    _Atomic uint64_t after[UPBIT__RING_LANES];
} upbit__ring_slot;

typedef struct upbit__ring_entry {
    const void *event;
    uint64_t request_id;
    uint32_t barrier, kind;
    uint64_t after[UPBIT__RING_LANES]; /* valid for the lanes in barrier */
} upbit__ring_entry;

typedef struct upbit__ring {
    /* immutable */
    upbit__ring_slot *slots;
    uint32_t mask;
    /* I/O thread */
    uint64_t ptail;
    /* either side, atomic */
    _Atomic uint64_t tail;
    _Atomic uint64_t head;
    /* consumer */
    uint64_t phead;
} upbit__ring;

/* capacity: a power of two; slots need no content. */
static inline void upbit__ring_init(upbit__ring *r, upbit__ring_slot *slots, uint32_t capacity)
{
    r->slots = slots;
    r->mask = capacity - 1;
    r->ptail = r->phead = 0;
    atomic_init(&r->tail, 0);
    atomic_init(&r->head, 0);
}

/* 1: pushed; 0: no place, which a promise rules out. @thread io. */
static inline int upbit__ring_push(upbit__ring *r, const upbit__ring_entry *e)
{
    if (r->ptail - atomic_load_explicit(&r->head, memory_order_acquire) > r->mask) /* pop */
        return 0;
    upbit__ring_slot *slot = &r->slots[r->ptail & r->mask];
    atomic_store_explicit(&slot->event, e->event, memory_order_relaxed);
    atomic_store_explicit(&slot->request_id, e->request_id, memory_order_relaxed);
    atomic_store_explicit(&slot->barrier, e->barrier, memory_order_relaxed);
    atomic_store_explicit(&slot->kind, e->kind, memory_order_relaxed);
    for (unsigned i = 0; i < UPBIT__RING_LANES; i++)
        if (e->barrier >> i & 1U)
            atomic_store_explicit(&slot->after[i], e->after[i], memory_order_relaxed);
    r->ptail++;
    atomic_store_explicit(&r->tail, r->ptail, memory_order_release); /* upbit__ring_waiting */
    return 1;
}

/* How many entries wait. @thread consumer. */
static inline uint64_t upbit__ring_waiting(upbit__ring *r)
{
    return atomic_load_explicit(&r->tail, memory_order_acquire) - r->phead; /* push */
}

/* The barrier mask of waiting entry i, and its position in one of the lanes. @thread consumer. */
static inline uint32_t upbit__ring_barrier(upbit__ring *r, uint64_t i)
{
    return atomic_load_explicit(&r->slots[(r->phead + i) & r->mask].barrier, memory_order_relaxed);
}

static inline uint64_t upbit__ring_after(upbit__ring *r, uint64_t i, unsigned lane)
{
    return atomic_load_explicit(&r->slots[(r->phead + i) & r->mask].after[lane],
                                memory_order_relaxed);
}

/* Takes the first entry out (`after` is left alone); one waits. @thread consumer. */
static inline void upbit__ring_pop(upbit__ring *r, upbit__ring_entry *out)
{
    upbit__ring_slot *slot = &r->slots[r->phead & r->mask];
    out->event = atomic_load_explicit(&slot->event, memory_order_relaxed);
    out->request_id = atomic_load_explicit(&slot->request_id, memory_order_relaxed);
    out->barrier = atomic_load_explicit(&slot->barrier, memory_order_relaxed);
    out->kind = atomic_load_explicit(&slot->kind, memory_order_relaxed);
    r->phead++;
    atomic_store_explicit(&r->head, r->phead, memory_order_release); /* push */
}

#endif
