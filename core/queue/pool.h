/* Blocks of memory for events: counted references, a budget, and no malloc per event once warm.
 *
 * The I/O thread makes every event of the stream and any thread lets the last reference go. A
 * block that is let go elsewhere comes back on the stack `returns`, which only the I/O thread
 * empties, always all of it; what the I/O thread lets go itself it puts on a private free list.
 * The budget counts the blocks that are not on a free list, by the I/O thread alone.
 *
 * A pool lives until its last block is back: upbit__pool_release seals `returns`, from then on a
 * block that is let go is freed at once and the last one frees the pool.
 *
 * Atomics: refs, stored rlx before the first push (the push publishes it), fetch_sub(ar) in
 * unref (its partner is every other unref: the last one must see all uses before it), or a
 * load(acq) and a plain store by who has them all. returns:
 * see stack.h; its seal, exchange(ar), is read with acquire by the thread that met it. Gauges:
 * rlx, written by one thread. */
#ifndef UPBIT_QUEUE_POOL_H
#define UPBIT_QUEUE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "upbit-live/event.h"

typedef struct upbit__pool upbit__pool;

/* The value of a latest cell that was cleared while it hung on the dirty stack. Nobody counts
 * it: never ref, unref or deliver it. */
extern const upbit_event upbit__event_tomb;

/* budget: bytes of blocks (with their headers) that may be out at once. @thread any. 0,
 * NO_MEMORY. */
int upbit__pool_create(upbit__pool **out, uint64_t budget);

/* Gives the pool up; events that are out stay valid and may be let go later in any thread. NULL is
 * allowed. @thread io, or any once the I/O thread has ended. */
void upbit__pool_release(upbit__pool *p);

/* The calling thread is the I/O thread from now on. Only a debug build cares: it asserts that
 * allocate and unref_io come from one thread, by default the first that allocated. */
void upbit__pool_adopt(upbit__pool *p);

/* A block for `size` bytes, which begin with the header: refs 1, header zeroed apart from size,
 * payload NOT zeroed. Any size. NULL: no memory, or over budget even after `returns` was emptied
 * (then: upbit__batch_shed of inbox.h, try again, and refuse the event). @thread io. */
upbit_event *upbit__pool_allocate(upbit__pool *p, size_t size);

/* 1: an event of `size` bytes would fit the budget as far as is known. Empties `returns` before
 * it says no. @thread io. */
int upbit__pool_fits(upbit__pool *p, size_t size);

/* A block of its own by malloc, freed with its last reference: refs 1, header zeroed apart from
 * size, payload zeroed too. Counts against no budget. NULL: no memory. @thread any. */
upbit_event *upbit__event_allocate(size_t size);

/* How many references there are: one per lane the event is about to enter, plus one for the
 * caller if it keeps it. n >= 1, before the first push, while nobody else has the event. @thread
 * io. */
void upbit__event_set_refs(upbit_event *e, uint32_t n);

/* Empties `returns` now, so that the gauges are right. allocate does it by itself when it must.
 * @thread io. */
void upbit__pool_collect(upbit__pool *p);

/* A thread that drains many inboxes lets the same few events go over and over, and counting each
 * down for itself would cost as much as the rest of a delivery. From begin on the calling thread's
 * upbit_event_unref remembers what it lets go, of 16 blocks at a time, and tells a block when it is
 * the last that has it, when it gives way to another, or at the end of the drain: so an event that
 * nobody has any more goes back at once, unless two threads in a drain were the last to have it,
 * and then at the end of their drains. Without memory it does nothing. @thread consumer. */
enum { UPBIT__RELEASES = 16 };
void upbit__releases_begin(void);
/* Tells all. Nothing is remembered then, until the next unref. @thread any. */
void upbit__releases_end(void);

/* upbit_event_unref for the I/O thread of `p`: a block of p whose last reference this was goes
 * on the private free list. Events of other pools and stand-alone ones work too. NULL e is
 * allowed. @thread io. */
void upbit__event_unref_io(upbit__pool *p, const upbit_event *e);

/* Bytes of blocks out now and the most there were. What lies on `returns` still counts. @thread
 * any. */
uint64_t upbit__pool_bytes(const upbit__pool *p);
uint64_t upbit__pool_peak(const upbit__pool *p);
/* Bytes of blocks on the free lists. @thread any. */
uint64_t upbit__pool_free_bytes(const upbit__pool *p);
/* Blocks got from malloc so far: stands still once warm. @thread any. */
uint64_t upbit__pool_allocations(const upbit__pool *p);

#endif
