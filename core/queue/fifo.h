/* The FIFO lane: a ring of 2^k slots between the I/O thread and one consumer, both of whom may
 * take from its front: the consumer to deliver, the I/O thread to make room.
 *
 * Positions are u64 and never wrap: slot[i & mask]. The I/O thread fills slots behind `tail` and
 * shows them with one store per read batch. It may drop what it has not shown yet, so head may
 * pass tail for a while: a = (int64)(tail - head) <= 0 is empty, never test for inequality.
 *
 * A lane goes round its slots however few events wait in it, and the slots of a thousand lanes
 * should stay in the processor's cache: so the ring begins small and gives way to a larger one
 * (upbit__fifo_grow) when that is full and the cap is not reached. Positions stay what they are;
 * the old array is never written again, and kept as long as the lane: a consumer may be reading
 * it, and what it reads there before its claim succeeds is what the new one holds, too.
 *
 * Atomics and their partners:
 *   head    CAS(ok ar, fail acq) by either side, load(acq) by either. The release of the
 *           consumer's CAS and the acquire of the I/O thread's load keep the next store out of a
 *           slot that is still being read; with an acquire-only CAS the consumer can get an
 *           event twice on weakly ordered machines.
 *   tail    store(rel) by upbit__fifo_commit, load(acq) by the consumer, after head and never
 *           before.
 *   where   store(rel) by upbit__fifo_grow, load(acq) by the consumer, after tail: so an array
 *           that has what tail shows, and the copies complete.
 *   slot    rlx; ordered by head, tail and where. A pointer read from one is dead until the CAS
 *           succeeded.
 *
 * Plain C11 and pointers to anything, so that a memory-model checker can include this file
 * alone. */
#ifndef UPBIT_QUEUE_FIFO_H
#define UPBIT_QUEUE_FIFO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/line.h"

typedef struct upbit__slot {
    /* either side, atomic */
    _Atomic(const void *) event;
    _Atomic uint64_t number;
} upbit__slot;

typedef struct upbit__taken {
    const void *event;
    uint64_t number;
} upbit__taken;

typedef struct upbit__fifo {
    /* I/O thread; all that a push needs, in one line */
    _Alignas(UPBIT__CACHE_LINE) upbit__slot *slots; /* mask + 1 of them, then upbit__fifo_begins */
    uint32_t mask;
    uint32_t most;      /* immutable: how large the ring may become */
    uint32_t bytes_max; /* immutable */
    uint32_t lossless;  /* immutable; the owner's: it drops nothing to make room */
    uint32_t bytes;     /* of slots hseen..ptail-1: never more than fit, see has_room */
    uint32_t put;       /* bytes of all events ever put in, modulo 2^32 */
    uint64_t ptail;     /* where the next event goes */
    uint64_t hseen;     /* head as last seen: slots before it are no longer in bytes */
    uint64_t number;    /* of the last event meant for this lane, whether it found room or not */

    /* consumer and I/O thread, atomic; a line for what either writes, so that neither's store
     * disturbs the other's read */
    _Alignas(UPBIT__CACHE_LINE) _Atomic uint64_t head;
    _Alignas(UPBIT__CACHE_LINE) _Atomic uint64_t tail;
    _Atomic uintptr_t where; /* slots + log2(mask + 1): slots are aligned to a cache line */
} upbit__fifo;

/* Bytes of an array of `capacity` slots and of where in `put` what lies in them begins. */
static inline size_t upbit__fifo_array(uint32_t capacity)
{
    return capacity * (sizeof(upbit__slot) + sizeof(uint32_t));
}

static inline void upbit__fifo_point(upbit__fifo *f, upbit__slot *slots, uint32_t capacity)
{
    uintptr_t where = (uintptr_t)slots;
    f->slots = slots;
    f->mask = capacity - 1;
    while ((capacity >>= 1) != 0)
        where++;
    atomic_store_explicit(&f->where, where, memory_order_release); /* upbit__fifo_claim */
}

/* slots: upbit__fifo_array(capacity) bytes aligned to a cache line, without content. capacity and
 * most: powers of two, capacity <= most. */
static inline void upbit__fifo_init(upbit__fifo *f, upbit__slot *slots, uint32_t capacity,
                                    uint32_t most, uint32_t bytes_max)
{
    f->most = most;
    f->bytes_max = bytes_max;
    f->lossless = 0;
    f->ptail = f->hseen = f->number = 0;
    f->bytes = f->put = 0;
    atomic_init(&f->head, 0);
    atomic_init(&f->tail, 0);
    atomic_init(&f->where, (uintptr_t)0);
    upbit__fifo_point(f, slots, capacity);
}

/* ---- I/O thread ---- */

/* `put` before each event in the slots; nobody else looks at them. */
static inline uint32_t *upbit__fifo_begins(const upbit__fifo *f)
{
    return (uint32_t *)(void *)(f->slots + f->mask + 1);
}

static inline void upbit__fifo_settle(upbit__fifo *f, uint64_t head)
{
    f->hseen = head;
    f->bytes = head == f->ptail ? 0 : f->put - upbit__fifo_begins(f)[head & f->mask];
}

/* Sees what the consumer has taken. */
static inline void upbit__fifo_refresh(upbit__fifo *f)
{
    upbit__fifo_settle(f, atomic_load_explicit(&f->head, memory_order_acquire)); /* claim */
}

/* As of the last refresh or drop. An event larger than the whole byte cap fits an empty lane. */
static inline int upbit__fifo_has_room(const upbit__fifo *f, uint32_t size)
{
    uint64_t waiting = f->ptail - f->hseen;
    return waiting <= f->mask && (waiting == 0 || (uint64_t)f->bytes + size <= f->bytes_max);
}

/* The same for `count` events of `bytes` at most together. */
static inline int upbit__fifo_has_room_for(const upbit__fifo *f, unsigned count, uint64_t bytes)
{
    return f->ptail - f->hseen + count <= (uint64_t)f->mask + 1 && f->bytes + bytes <= f->bytes_max;
}

/* 1: all slots are in use, as of the last refresh or drop, and there may be more. */
static inline int upbit__fifo_may_grow(const upbit__fifo *f)
{
    return f->ptail - f->hseen > f->mask && f->mask + 1 < f->most;
}

/* `slots`, twice as many as there are, take the place of the present ones, which stay readable as
 * long as the lane and are returned for that. */
static inline upbit__slot *upbit__fifo_grow(upbit__fifo *f, upbit__slot *slots)
{
    upbit__slot *old = f->slots;
    uint32_t mask = f->mask * 2 + 1;
    uint32_t *to = (uint32_t *)(void *)(slots + mask + 1);
    const uint32_t *from = upbit__fifo_begins(f);
    for (uint64_t i = f->hseen; i != f->ptail; i++) {
        atomic_store_explicit(&slots[i & mask].event,
                              atomic_load_explicit(&old[i & f->mask].event, memory_order_relaxed),
                              memory_order_relaxed);
        atomic_store_explicit(&slots[i & mask].number,
                              atomic_load_explicit(&old[i & f->mask].number, memory_order_relaxed),
                              memory_order_relaxed);
        to[i & mask] = from[i & f->mask];
    }
    upbit__fifo_point(f, slots, mask + 1);
    return old;
}

/* Takes the oldest event out; NULL: the consumer was quicker. Only when hseen != ptail. */
static inline const void *upbit__fifo_drop(upbit__fifo *f)
{
    uint64_t head = f->hseen;
    const void *oldest =
        atomic_load_explicit(&f->slots[head & f->mask].event, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&f->head, &head, head + 1, memory_order_acq_rel,
                                                memory_order_acquire)) { /* claim, either way */
        upbit__fifo_settle(f, head + 1);
        return oldest;
    }
    upbit__fifo_settle(f, head);
    return (const void *)0;
}

/* Behind the last one; there must be room. Seen by the consumer after the next commit. */
static inline void upbit__fifo_put(upbit__fifo *f, const void *event, uint32_t size)
{
    upbit__slot *slot = &f->slots[f->ptail & f->mask];
    atomic_store_explicit(&slot->event, event, memory_order_relaxed);
    atomic_store_explicit(&slot->number, ++f->number, memory_order_relaxed);
    upbit__fifo_begins(f)[f->ptail & f->mask] = f->put;
    f->put += size;
    f->bytes += size;
    f->ptail++;
}

/* The same for those of events[0..63] whose bit is set in `which`; there must be room for all.
 * Returns how many they were. */
static inline unsigned upbit__fifo_put_all(upbit__fifo *f, uint64_t which,
                                           const void *const *events, const uint32_t *sizes)
{
    /* By values of its own: what is stored might lie anywhere, as far as a compiler knows. */
    upbit__slot *slots = f->slots;
    uint32_t *begins = upbit__fifo_begins(f), mask = f->mask, put = f->put;
    uint64_t at = f->ptail, number = f->number;
    for (; which != 0; which &= which - 1, at++) {
        int i = __builtin_ctzll(which);
        upbit__slot *slot = &slots[at & mask];
        atomic_store_explicit(&slot->event, events[i], memory_order_relaxed);
        atomic_store_explicit(&slot->number, ++number, memory_order_relaxed);
        begins[at & mask] = put;
        put += sizes[i];
    }
    unsigned count = (unsigned)(at - f->ptail);
    f->bytes += put - f->put;
    f->put = put;
    f->ptail = at;
    f->number = number;
    return count;
}

static inline void upbit__fifo_commit(upbit__fifo *f)
{
    atomic_store_explicit(&f->tail, f->ptail, memory_order_release); /* upbit__fifo_ahead */
}

/* ---- consumer ---- */

static inline uint64_t upbit__fifo_head(upbit__fifo *f)
{
    return atomic_load_explicit(&f->head, memory_order_acquire); /* upbit__fifo_drop */
}

/* How many slots from `head` on are shown; <= 0: none. `head` was read before. */
static inline int64_t upbit__fifo_ahead(upbit__fifo *f, uint64_t head)
{
    return (int64_t)(atomic_load_explicit(&f->tail, memory_order_acquire) - head); /* commit */
}

/* Takes the `count` slots from *head on, count <= ahead. 1: they are the caller's. 0: the I/O
 * thread dropped some, *head is where the lane begins now: ask upbit__fifo_ahead again. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the exchange writes *head */
static inline int upbit__fifo_claim(upbit__fifo *f, uint64_t *head, unsigned count,
                                    upbit__taken *out)
{
    uintptr_t where = atomic_load_explicit(&f->where, memory_order_acquire); /* point */
    upbit__slot *slots = (upbit__slot *)(where & ~(uintptr_t)(UPBIT__CACHE_LINE - 1));
    uint64_t mask = ((uint64_t)1 << (where & (UPBIT__CACHE_LINE - 1))) - 1;
    for (unsigned i = 0; i < count; i++) {
        upbit__slot *slot = &slots[(*head + i) & mask];
        out[i].event = atomic_load_explicit(&slot->event, memory_order_relaxed);
        out[i].number = atomic_load_explicit(&slot->number, memory_order_relaxed);
    }
    return atomic_compare_exchange_strong_explicit(&f->head, head, *head + count,
                                                   memory_order_acq_rel,  /* refresh, drop */
                                                   memory_order_acquire); /* drop */
}

/* ---- any thread ---- */

/* A gauge: events shown and not taken. */
static inline uint64_t upbit__fifo_waiting(upbit__fifo *f)
{
    uint64_t head = atomic_load_explicit(&f->head, memory_order_relaxed);
    int64_t n = (int64_t)(atomic_load_explicit(&f->tail, memory_order_relaxed) - head);
    return n < 0 ? 0 : (uint64_t)n;
}

#endif
