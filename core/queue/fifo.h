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
 * A slot is a pointer and nothing else, for what a delivery costs is the lines it touches. Numbers
 * are counted: an event's is its position plus a constant (`offset`), until an event is refused
 * before it came here (upbit__fifo_skip). Then, and wherever else the consumer has to look closely
 * (another epoch, no data: upbit__fifo_mark), what is put in is marked by the lowest bit of its
 * pointer, and its number stands beside the slots. All that follows is marked, too, until the
 * consumer is seen to have taken one of them: whatever is dropped, the first it gets is marked.
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
 *   slot, number   rlx; ordered by head, tail and where. A pointer read from one is dead until the
 *           CAS succeeded.
 *
 * Plain C11 and pointers to anything at an even address, so that a memory-model checker can include
 * this file alone. */
#ifndef UPBIT_QUEUE_FIFO_H
#define UPBIT_QUEUE_FIFO_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/line.h"

typedef struct upbit__slot {
    _Atomic(const void *) event; /* either side; the lowest bit is its mark */
} upbit__slot;

typedef struct upbit__fifo {
    /* I/O thread, all that a push needs, in one line; of it the consumer reads where and tail,
     * which are written when the rest is */
    _Alignas(
        UPBIT__CACHE_LINE) _Atomic uintptr_t where; /* slots + log2(capacity): slots are aligned
                                                       to a cache line; see upbit__fifo_array */
    _Atomic uint64_t tail;
    uint64_t ptail;     /* where the next event goes */
    uint64_t hseen;     /* head as last seen: slots before it are no longer in bytes */
    uint64_t number;    /* of the last event meant for this lane, whether it found room or not */
    uint64_t odd;       /* marked from here on; taken by the consumer, if less than head */
    uint32_t bytes_max; /* immutable */
    uint32_t bytes;     /* of slots hseen..ptail-1: never more than fit, see has_room */
    uint32_t put;       /* bytes of all events ever put in, modulo 2^32 */
    uint32_t epoch;     /* the owner's: of the last event put in */

    /* consumer and I/O thread, atomic; a line of its own, so that neither's store disturbs the
     * other's read */
    _Alignas(UPBIT__CACHE_LINE) _Atomic uint64_t head;
    /* consumer */
    uint64_t offset;   /* an event's number less its position */
    uint64_t expected; /* the number that comes next if none is missing */
    /* immutable */
    uint32_t most;     /* how large the ring may become */
    uint32_t lossless; /* the owner's: it drops nothing to make room */
} upbit__fifo;

/* Bytes of an array of `capacity` slots, of the numbers of marked ones, and of where in `put` what
 * lies in them begins. */
static inline size_t upbit__fifo_array(uint32_t capacity)
{
    return capacity * (sizeof(upbit__slot) + sizeof(uint64_t) + sizeof(uint32_t));
}

static inline upbit__slot *upbit__fifo_slots(uintptr_t where)
{
    return (upbit__slot *)(where & ~(uintptr_t)(UPBIT__CACHE_LINE - 1));
}

static inline uint32_t upbit__fifo_capacity(uintptr_t where)
{
    return (uint32_t)1 << (where & (UPBIT__CACHE_LINE - 1));
}

static inline _Atomic uint64_t *upbit__fifo_numbers(uintptr_t where)
{
    return (_Atomic uint64_t *)(void *)(upbit__fifo_slots(where) + upbit__fifo_capacity(where));
}

/* `put` before each event in the slots; nobody but the I/O thread looks at them. */
static inline uint32_t *upbit__fifo_begins(uintptr_t where)
{
    return (uint32_t *)(void *)(upbit__fifo_numbers(where) + upbit__fifo_capacity(where));
}

static inline const void *upbit__fifo_marked(const void *event, uintptr_t mark)
{
    return (const void *)((uintptr_t)event | mark);
}

static inline const void *upbit__fifo_unmarked(const void *event)
{
    return (const void *)((uintptr_t)event & ~(uintptr_t)1);
}

static inline void upbit__fifo_point(upbit__fifo *f, upbit__slot *slots, uint32_t capacity)
{
    uintptr_t where = (uintptr_t)slots;
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
    f->ptail = f->hseen = f->number = f->odd = 0;
    f->bytes = f->put = f->epoch = 0;
    f->offset = f->expected = 1;
    atomic_init(&f->head, 0);
    atomic_init(&f->tail, 0);
    atomic_init(&f->where, (uintptr_t)0);
    upbit__fifo_point(f, slots, capacity);
}

/* ---- I/O thread ---- */

static inline uintptr_t upbit__fifo_where(const upbit__fifo *f)
{
    return atomic_load_explicit(&f->where, memory_order_relaxed); /* written here */
}

static inline void upbit__fifo_settle(upbit__fifo *f, uint64_t head)
{
    uintptr_t where = upbit__fifo_where(f);
    f->hseen = head;
    f->bytes = head == f->ptail
                   ? 0
                   : f->put - upbit__fifo_begins(where)[head & (upbit__fifo_capacity(where) - 1)];
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
    return waiting < upbit__fifo_capacity(upbit__fifo_where(f)) &&
           (waiting == 0 || (uint64_t)f->bytes + size <= f->bytes_max);
}

/* The same for `count` events of `bytes` at most together. */
static inline int upbit__fifo_has_room_for(const upbit__fifo *f, unsigned count, uint64_t bytes)
{
    return f->ptail - f->hseen + count <= upbit__fifo_capacity(upbit__fifo_where(f)) &&
           f->bytes + bytes <= f->bytes_max;
}

/* 1: all slots are in use, as of the last refresh or drop, and there may be more. */
static inline int upbit__fifo_may_grow(const upbit__fifo *f)
{
    uint32_t capacity = upbit__fifo_capacity(upbit__fifo_where(f));
    return f->ptail - f->hseen >= capacity && capacity < f->most;
}

/* `slots`, twice as many as there are, take the place of the present ones, which stay readable as
 * long as the lane and are returned for that. */
static inline upbit__slot *upbit__fifo_grow(upbit__fifo *f, upbit__slot *slots)
{
    uintptr_t where = upbit__fifo_where(f);
    upbit__slot *old = upbit__fifo_slots(where);
    const _Atomic uint64_t *numbers = upbit__fifo_numbers(where);
    const uint32_t *begins = upbit__fifo_begins(where);
    uint32_t capacity = 2 * upbit__fifo_capacity(where), mask = capacity - 1, was = mask / 2;
    _Atomic uint64_t *to = (_Atomic uint64_t *)(void *)(slots + capacity);
    uint32_t *begins_to = (uint32_t *)(void *)(to + capacity);
    for (uint64_t i = f->hseen; i != f->ptail; i++) {
        const void *event = atomic_load_explicit(&old[i & was].event, memory_order_relaxed);
        atomic_store_explicit(&slots[i & mask].event, event, memory_order_relaxed);
        if (event != upbit__fifo_unmarked(event))
            atomic_store_explicit(&to[i & mask],
                                  atomic_load_explicit(&numbers[i & was], memory_order_relaxed),
                                  memory_order_relaxed);
        begins_to[i & mask] = begins[i & was];
    }
    upbit__fifo_point(f, slots, capacity);
    return old;
}

/* Takes the oldest event out; NULL: the consumer was quicker. Only when hseen != ptail. */
static inline const void *upbit__fifo_drop(upbit__fifo *f)
{
    uintptr_t where = upbit__fifo_where(f);
    uint64_t head = f->hseen;
    upbit__slot *slot = &upbit__fifo_slots(where)[head & (upbit__fifo_capacity(where) - 1)];
    const void *oldest = atomic_load_explicit(&slot->event, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&f->head, &head, head + 1, memory_order_acq_rel,
                                                memory_order_acquire)) { /* claim, either way */
        f->odd += head == f->odd; /* the next one has to tell it then */
        upbit__fifo_settle(f, head + 1);
        return upbit__fifo_unmarked(oldest);
    }
    upbit__fifo_settle(f, head);
    return (const void *)0;
}

/* The consumer looks closely at what is put in next, or at the first it gets of what follows. */
static inline void upbit__fifo_mark(upbit__fifo *f)
{
    f->odd = f->ptail;
}

/* A number is used up by an event that does not come. */
static inline void upbit__fifo_skip(upbit__fifo *f)
{
    f->number++;
    upbit__fifo_mark(f);
}

/* 1: what is put in now is marked. */
static inline int upbit__fifo_is_marking(const upbit__fifo *f)
{
    return f->hseen <= f->odd;
}

/* Behind the last one; there must be room. Seen by the consumer after the next commit. */
static inline void upbit__fifo_put(upbit__fifo *f, const void *event, uint32_t size)
{
    uintptr_t where = upbit__fifo_where(f), mark = (uintptr_t)upbit__fifo_is_marking(f);
    uint32_t at = (uint32_t)f->ptail & (upbit__fifo_capacity(where) - 1);
    atomic_store_explicit(&upbit__fifo_slots(where)[at].event, upbit__fifo_marked(event, mark),
                          memory_order_relaxed);
    f->number++;
    if (mark)
        atomic_store_explicit(&upbit__fifo_numbers(where)[at], f->number, memory_order_relaxed);
    upbit__fifo_begins(where)[at] = f->put;
    f->put += size;
    f->bytes += size;
    f->ptail++;
}

/* The same for those of events[0..63] whose bit is set in `which`; there must be room for all.
 * Returns how many they were. */
static inline unsigned upbit__fifo_put_all(upbit__fifo *f, uint64_t which,
                                           const void *const *events, const uint32_t *sizes)
{
    unsigned count = 0;
    if (upbit__fifo_is_marking(f)) {
        for (; which != 0; which &= which - 1, count++)
            upbit__fifo_put(f, events[__builtin_ctzll(which)], sizes[__builtin_ctzll(which)]);
        return count;
    }
    /* By values of its own: what is stored might lie anywhere, as far as a compiler knows. */
    uintptr_t where = upbit__fifo_where(f);
    upbit__slot *slots = upbit__fifo_slots(where);
    uint32_t *begins = upbit__fifo_begins(where), put = f->put;
    uint32_t at = (uint32_t)f->ptail, mask = upbit__fifo_capacity(where) - 1;
    for (; which != 0; which &= which - 1, count++) {
        int i = __builtin_ctzll(which);
        atomic_store_explicit(&slots[(at + count) & mask].event, events[i], memory_order_relaxed);
        begins[(at + count) & mask] = put;
        put += sizes[i];
    }
    f->bytes += put - f->put;
    f->put = put;
    f->ptail += count;
    f->number += count;
    return count;
}

static inline void upbit__fifo_fill(upbit__slot *slot, const void *event)
{
    atomic_store_explicit(&slot->event, event, memory_order_relaxed);
}

/* `count` events, not marked, before[i] bytes of them before the i-th and `bytes` in all; there
 * must be room. */
static inline void upbit__fifo_put_run(upbit__fifo *f, const void *const *events,
                                       const uint32_t *before, uint32_t count, uint32_t bytes)
{
    uintptr_t where = upbit__fifo_where(f);
    uint32_t capacity = upbit__fifo_capacity(where), at = (uint32_t)f->ptail & (capacity - 1);
    upbit__slot *slots = upbit__fifo_slots(where);
    uint32_t *begins = upbit__fifo_begins(where), put = f->put, i = 0;
    if (at + count <= capacity) /* without the ring's end between them; four at a time */
        for (; i + 4 <= count; i += 4) {
            upbit__fifo_fill(&slots[at + i], events[i]);
            upbit__fifo_fill(&slots[at + i + 1], events[i + 1]);
            upbit__fifo_fill(&slots[at + i + 2], events[i + 2]);
            upbit__fifo_fill(&slots[at + i + 3], events[i + 3]);
            begins[at + i] = put + before[i];
            begins[at + i + 1] = put + before[i + 1];
            begins[at + i + 2] = put + before[i + 2];
            begins[at + i + 3] = put + before[i + 3];
        }
    for (; i < count; i++) {
        upbit__fifo_fill(&slots[(at + i) & (capacity - 1)], events[i]);
        begins[(at + i) & (capacity - 1)] = put + before[i];
    }
    f->put = put + bytes;
    f->bytes += bytes;
    f->ptail += count;
    f->number += count;
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

/* Which number each of the taken ones has. Takes the marks off. */
static inline void upbit__fifo_count(upbit__fifo *f, uint64_t head, unsigned count,
                                     const void **events, uint64_t *numbers)
{
    for (unsigned i = 0; i < count; i++) {
        const void *event = upbit__fifo_unmarked(events[i]);
        if (event != events[i])
            f->offset = numbers[i] - (head + i);
        numbers[i] = head + i + f->offset;
        events[i] = event;
    }
}

static inline const void *upbit__fifo_read(const upbit__slot *slot)
{
    return atomic_load_explicit(&slot->event, memory_order_relaxed);
}

/* Takes the `count` slots from *head on, count <= ahead. 0: the I/O thread dropped some, *head is
 * where the lane begins now: ask upbit__fifo_ahead again. Else they are the caller's. 1: the first
 * has the number `expected`, each of the others the next, and nothing is remarkable; `expected` is
 * past them now. 2: not so, or not known to be; their numbers are in `numbers`. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the exchange writes *head */
static inline int upbit__fifo_claim(upbit__fifo *f, uint64_t *head, unsigned count,
                                    const void **events, uint64_t *numbers)
{
    uintptr_t where = atomic_load_explicit(&f->where, memory_order_acquire); /* point */
    const upbit__slot *slots = upbit__fifo_slots(where);
    uint32_t at = (uint32_t)*head, mask = upbit__fifo_capacity(where) - 1;
    uintptr_t marks = 0;
    unsigned n = 0;
    if ((at & mask) + count <= mask + 1) /* without the ring's end between them; four at a time */
        for (const upbit__slot *s = &slots[at & mask]; n + 4 <= count; n += 4) {
            events[n] = upbit__fifo_read(&s[n]);
            events[n + 1] = upbit__fifo_read(&s[n + 1]);
            events[n + 2] = upbit__fifo_read(&s[n + 2]);
            events[n + 3] = upbit__fifo_read(&s[n + 3]);
            marks |= (uintptr_t)events[n] | (uintptr_t)events[n + 1] | (uintptr_t)events[n + 2] |
                     (uintptr_t)events[n + 3];
        }
    for (; n < count; n++) {
        events[n] = upbit__fifo_read(&slots[(at + n) & mask]);
        marks |= (uintptr_t)events[n];
    }
    if (marks & 1U)
        for (unsigned i = 0; i < count; i++)
            if (events[i] != upbit__fifo_unmarked(events[i]))
                numbers[i] = atomic_load_explicit(&upbit__fifo_numbers(where)[(at + i) & mask],
                                                  memory_order_relaxed);
    /* The next turn's, about as many, come nearer while other lanes have theirs. */
    UPBIT__PREFETCH_READ(&slots[(at + count) & mask]);
    UPBIT__PREFETCH_READ(&slots[(at + 2 * count - 1) & mask]);
    if (!atomic_compare_exchange_strong_explicit(&f->head, head, *head + count,
                                                 memory_order_acq_rel,  /* refresh, drop */
                                                 memory_order_acquire)) /* drop */
        return 0;
    if (!(marks & 1U) && *head + f->offset == f->expected) {
        f->expected += count;
        return 1;
    }
    upbit__fifo_count(f, *head, count, events, numbers);
    return 2;
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
