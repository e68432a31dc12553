/* One bell and one drain for many inboxes: an eventfd or a callback.
 *
 * architecture.md section 5, Wake-up. `armed` is 1 while the consumer sleeps or may go to sleep;
 * whoever turns it to 0 notifies. `ready` is the stack of inboxes that stopped being empty. The
 * consumer takes it whole onto its private run list and drains in turn; see upbit__waiter_take.
 *
 * The mutex guards the callback only: it is held while the callback runs, which makes unsetting
 * it a barrier. It is the one lock of this layer and the callback the one piece of user code on
 * the I/O thread.
 *
 * References: the creator's, and two per inbox, one for either side. When the last goes nobody
 * is left who could push or drain, and what still hangs here are inboxes their consumers left:
 * they are freed.
 *
 * Atomics: armed, idle: flag.h. ready: stack.h. by_callback: rlx, a hint that saves the consumer
 * a read(). */
#ifndef UPBIT_QUEUE_WAITER_H
#define UPBIT_QUEUE_WAITER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "queue/flag.h"
#include "queue/stack.h"
#include "upbit-live/proxy.h"

typedef struct upbit__batch upbit__batch;
typedef struct upbit__inbox upbit__inbox;

typedef struct upbit__waiter {
    /* immutable */
    int fd; /* eventfd, non-blocking, close-on-exec */

    /* any thread, atomic */
    _Atomic uint32_t refs;
    _Atomic uint32_t by_callback; /* 1: a callback is set, nothing is written to fd */
    upbit__flag armed;
    upbit__stack ready;            /* of upbit__inbox.ready */
    _Atomic(upbit__batch *) batch; /* of the first manager that uses it: see `touched` */

    /* any thread, under the mutex */
    pthread_mutex_t mutex;
    void (*wakeup)(void *context);
    void *context;

    /* I/O thread of `batch` */
    struct upbit__waiter *touched_next;
    upbit__link *rising, *rising_last; /* inboxes that go on `ready` with this commit */
    int touched;

    /* consumer */
    upbit__inbox *run, *run_last; /* being drained, linked by upbit__inbox.run_next */
    uint32_t turn;                /* events the first of run may still give in its turn */
    _Atomic uint32_t draining;    /* rlx; a debug build's look for a second consumer */
} upbit__waiter;

/* One reference, the caller's. @thread any. 0, NO_MEMORY, SYSTEM (no descriptors left). */
int upbit__waiter_create(upbit__waiter **out);
void upbit__waiter_ref(upbit__waiter *w);
/* NULL is allowed. Nobody drains a waiter whose creator has given up its reference. @thread any. */
void upbit__waiter_unref(upbit__waiter *w);

/* Readable while there may be events; stays so until upbit__waiter_take has answered 0. -1 while a
 * callback is set. @thread any. */
int upbit__waiter_fd(upbit__waiter *w);

/* Non-NULL: called once at once, in this thread, then in place of the write by whoever notifies
 * (the I/O thread). NULL: back to the descriptor, which becomes readable (it may spuriously be
 * so). When this returns no call with the old context runs or will run. @thread any but inside
 * wakeup. */
void upbit__waiter_set_wakeup(upbit__waiter *w, void (*wakeup)(void *context), void *context);

/* If it is armed: disarms it and rings. 1: rang. @thread any (the I/O thread after its commits). */
int upbit__waiter_notify(upbit__waiter *w);

/* Makes the descriptor readable for ever, whatever armed says: after CLOSED nobody reads it any
 * more. @thread consumer. */
void upbit__waiter_ring(upbit__waiter *w);

/* The next event of any inbox that has one: 1 and *owner (upbit__inbox_config.owner) and *out
 * (one reference for the caller); 0: all are empty and the next event notifies; NO_MEMORY: a GAP
 * or EPOCH could not be made, nothing was lost, call again. At most 8 events of one inbox before
 * the next has its turn. An inbox that has delivered CLOSED is passed over. Stop calling
 * whenever the budget of the moment is used up: nothing was read from the descriptor and nothing
 * armed, so it is still readable. With a callback the caller remembers that it has not seen 0.
 * @thread consumer (one at a time; a debug build asserts it). */
int upbit__waiter_take(upbit__waiter *w, void **owner, upbit_delivery *out);

#endif
