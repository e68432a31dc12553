/* The inside of an inbox, for the files of this directory: who may touch what.
 *
 * Atomics not explained in fifo.h, latest.h, ring.h, flag.h and stack.h:
 *   refs       fetch_sub(ar), its partners are the other ones. Three: the I/O thread's, the
 *              consumer's, the waiter's. The last is let go by the consumer's drain, or by the
 *              waiter's end, when it meets the inbox detached on its lists; the consumer's keeps
 *              the memory while upbit__inbox_detach still works on it.
 *   detached   store(rel) before the take of idle, load(acq) by the drain. A drain that misses
 *              it has set idle before that take, and then the detacher links the inbox.
 *   open, lanes[]  a lane is stored (rlx) before its bit in open (rel); the consumer reads open
 *                  (acq) first.
 *   overflow   fetch_or(rel) by the I/O thread, exchange(acq) by the consumer.
 *   closed     store(rel) after everything else, load(acq) by the consumer before it looks at
 *              the rest.
 *   promised   CAS(acq) in promise, fetch_sub(rel) when the place has been read: with the
 *              command queue in between, the I/O thread that uses the place sees the ring's head
 *              past it.
 *   errors_taken  store(rel) by the consumer when the slot has been read, load(acq) by the I/O
 *                 thread.
 *   counters   rlx, each written by one thread. */
#ifndef UPBIT_QUEUE_INBOX_STRUCT_H
#define UPBIT_QUEUE_INBOX_STRUCT_H

#include "base/histogram.h"
#include "queue/fifo.h"
#include "queue/inbox.h"
#include "queue/latest.h"
#include "queue/ring.h"

/* A lane begins with so many slots (640 bytes) and doubles them up to its cap of messages, 2^24 at
 * most. */
enum { UPBIT__RING_FIRST = 32, UPBIT__RING_GROWTHS = 19 };

/* Once in 10 s: the newest that is a minute old is never the next to be overwritten. */
enum { UPBIT__MARKS = 8 };

typedef struct upbit__lane {
    upbit__fifo fifo;
    /* I/O thread */
    int shut;   /* lossless: was full, takes nothing until the consumer has emptied it */
    int resync; /* lossless: has a hole, see upbit__inbox_wants_resync                 */
    int arrays; /* how many the ring has grown out of */
    upbit__slot *array[UPBIT__RING_GROWTHS]; /* which; kept as long as the lane: see fifo.h */
} upbit__lane;

/* Cells are made in blocks, each twice as large as the one before: a turn then finds its cells in a
 * few lines, one behind the other. */
enum { UPBIT__CELLS_FIRST = 4, UPBIT__CELLS_MOST = 64 };
typedef struct upbit__cells {
    struct upbit__cells *next;
    uint32_t used, count;
    _Alignas(UPBIT__CACHE_LINE) upbit__cell cells[]; /* then count of upbit__cell_rest */
} upbit__cells;

/* upbit__ring_entry.kind; of BUNDLE the entry's `event` is an upbit__bundle */
enum { UPBIT__PLACE_PROMISED = 0, UPBIT__PLACE_ERROR = 1, UPBIT__PLACE_BUNDLE = 2 };
enum {
    UPBIT__CELL_PUBLIC,
    UPBIT__CELL_PRIVATE,
    UPBIT__CELL_RESTORED_PUBLIC,
    UPBIT__CELL_RESTORED_PRIVATE,
    UPBIT__CELL_HEALTH_PUBLIC,
    UPBIT__CELL_HEALTH_PRIVATE,
    UPBIT__CELL_ERROR,
    UPBIT__CELL_FIXED /* how many */
};

/* Fields that are used together share a cache line: with a thousand inboxes the lines touched per
 * event are what an event costs. */
struct upbit__inbox {
    /* immutable */
    upbit__waiter *waiter;
    uint32_t messages, bytes, lossless_messages, lossless_bytes;
    uint8_t policy[UPBIT__LANES];
    int grouped; /* batch is the waiter's: its touched fields may be used */

    /* I/O thread: all a push needs of the inbox, with the lanes below */
    _Alignas(UPBIT__CACHE_LINE) upbit__batch *batch; /* immutable */
    upbit__inbox *touched_next;
    uint64_t staged;    /* what of batch->stage it has been pushed */
    upbit__fresh fresh; /* of `latest`                             */
    uint8_t touched;    /* 1: on batch->touched                    */
    uint8_t listed;     /* 1: on batch->inboxes                    */
    uint8_t io_closed;
    uint8_t stages;         /* lanes whose events go by the stage      */
    uint32_t lanes_touched; /* FIFO lanes with something uncommitted   */
    uint64_t queued_most;   /* queued_peak */
    upbit__inbox *crowd_next;

    /* written by the I/O thread, once each, read by the consumer; atomic */
    _Alignas(UPBIT__CACHE_LINE) _Atomic(upbit__lane *) lanes[UPBIT__LANES];

    /* The first lane that is opened, most often the only one: next to the lines above, on one
     * page. */
    upbit__lane first_lane;

    /* I/O thread: the rest */
    _Alignas(UPBIT__CACHE_LINE) upbit__cells *cells; /* newest block first */
    upbit__cell *free_cells;    /* cleared                                     */
    upbit__cell *retired_cells; /* given back, perhaps with a value that waits */
    upbit__inbox *all_next, *all_previous;
    const upbit_event *error_last; /* the consumer may have freed it: only compared */
    uint64_t errors_pushed;
    uint64_t errors_lost;          /* no memory for the copy; told with the next one */
    uint32_t error_count;          /* what error_last stands for */
    uint64_t missed[UPBIT__LANES]; /* numbers used up before the lane could be made */

    /* either side, atomic: what a commit writes and a turn looks at */
    _Alignas(UPBIT__CACHE_LINE) upbit__flag idle; /* 0: linked on ready or run */
    _Atomic uint32_t detached;
    _Atomic uint32_t open;
    _Atomic uint32_t overflow;
    upbit__link ready; /* on waiter->ready */
    _Atomic(const upbit_event *) closed;
    upbit__latest latest; /* own is the consumer's */

    /* either side, atomic */
    _Alignas(UPBIT__CACHE_LINE) upbit__ring ring; /* with private positions of either */
    upbit__latest control;                        /* own is the consumer's */
    _Atomic uint64_t errors_taken;
    upbit__cell fixed[UPBIT__CELL_FIXED];

    /* any thread, atomic */
    _Atomic uint32_t refs;
    _Atomic uint32_t promised;

    /* written by the I/O thread, read by any */
    _Alignas(UPBIT__CACHE_LINE) _Atomic uint64_t dropped;
    _Atomic uint64_t coalesced;
    _Atomic uint64_t queued_peak;
    _Atomic uint64_t memory; /* bytes of its own, without events */
    struct {                 /* upbit__inbox_mark */
        _Atomic int64_t at_ns;
        _Atomic uint64_t dropped, coalesced;
    } marks[UPBIT__MARKS];
    uint32_t mark; /* I/O thread: where the next one goes */

    /* consumer: what each event of a turn needs, in one line */
    _Alignas(UPBIT__CACHE_LINE) void *owner; /* immutable */
    _Atomic uint64_t progress;               /* upbit__inbox_claimed; read by any */
    uint64_t batch_number;  /* of the last that take_quick may hand out, and batch_closely + 1 */
    uint32_t batch_closely; /* how many at the turn's end are to be looked at closely */
    uint32_t batch_lane;
    int batch_more; /* behind it the lane showed more */
    upbit__inbox *run_next;
    uint32_t cursor;      /* whose turn: a FIFO lane, or UPBIT__LANES for latest */
    uint32_t latest_left; /* cells of the turn that runs */
    uint32_t epoch[2];    /* by upbit_session: of the last EPOCH */
    uint32_t look;        /* into the queue; see take_data */
    int done;             /* CLOSED was handed out */
    /* the turn of a FIFO lane: its last event stands last */
    _Alignas(UPBIT__CACHE_LINE) const void *batch_events[UPBIT__TURN];
    uint64_t batch_numbers[UPBIT__TURN]; /* of the last batch_closely */
    const upbit_event *held;             /* a cell's, the next to hand out; EPOCH may go first */
    upbit__bundle *bundle;               /* being handed out; NULL when none */
    uint64_t bundle_request;
    _Atomic uint64_t gaps; /* read by any */
    uint32_t overflow_pending;

    /* written by the consumer, read by any */
    upbit__histogram lag;
};

static inline void upbit__count(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + by,
                          memory_order_relaxed); /* one writer */
}

static inline upbit__lane *upbit__inbox_lane(upbit__inbox *in, unsigned lane)
{
    return atomic_load_explicit(&in->lanes[lane], memory_order_relaxed); /* after open, see above */
}

/* Links an inbox whose idle the caller has just taken. @thread any. */
static inline void upbit__inbox_make_ready(upbit__inbox *in)
{
    upbit__stack_push(&in->waiter->ready, &in->ready);
}

static inline int upbit__deliver(upbit_delivery *out, const upbit_event *e, uint64_t number,
                                 uint64_t request_id)
{
    out->event = e;
    out->number = number;
    out->request_id = request_id;
    return 1;
}

static inline upbit_session upbit__session_of(int type)
{
    return type >= UPBIT_TYPE_MY_ORDER && type <= UPBIT_TYPE_ANNOUNCEMENT ? UPBIT_SESSION_PRIVATE
                                                                          : UPBIT_SESSION_PUBLIC;
}

/* The type whose lane it is. */
static inline int upbit__type_of_lane(unsigned lane)
{
    return lane == UPBIT__LANES - 1 ? UPBIT_TYPE_RAW : (int)lane + 1;
}

/* `progress` is two counts in one word, so that an event handed out is one store: in the low bits
 * what was claimed from a FIFO lane and not handed out yet (a turn at most), above them all that
 * was claimed. */
enum { UPBIT__HELD_BITS = 4 };
_Static_assert(UPBIT__TURN < 1 << UPBIT__HELD_BITS, "a turn fits the low bits");

/* `count` events of a FIFO turn are claimed; each goes with upbit__count(&in->progress, -1). */
static inline void upbit__inbox_claimed(upbit__inbox *in, uint64_t count)
{
    upbit__count(&in->progress, (count << UPBIT__HELD_BITS) + count);
}

/* An event that was in no FIFO lane is handed out. */
static inline void upbit__inbox_delivered(upbit__inbox *in)
{
    upbit__count(&in->progress, (uint64_t)1 << UPBIT__HELD_BITS);
}

static inline uint64_t upbit__progress_held(uint64_t progress)
{
    return progress & ((1U << UPBIT__HELD_BITS) - 1);
}

/* Of the turn that runs: batch_events[UPBIT__TURN - held] is the next. @thread consumer. */
static inline uint64_t upbit__inbox_held(const upbit__inbox *in)
{
    return upbit__progress_held(atomic_load_explicit(&in->progress, memory_order_relaxed));
}

static inline uint64_t upbit__progress_delivered(uint64_t progress)
{
    return (progress >> UPBIT__HELD_BITS) - upbit__progress_held(progress);
}

/* The next event of the FIFO turn that runs, if there is one and neither EPOCH nor GAP belongs
 * before it: nearly always. 0: ask upbit__inbox_take. @thread consumer. */
static inline int upbit__inbox_take_quick(upbit__inbox *in, upbit_delivery *out)
{
    uint64_t progress = atomic_load_explicit(&in->progress, memory_order_relaxed);
    uint64_t held = upbit__progress_held(progress);
    if (held <= in->batch_closely)
        return 0;
    atomic_store_explicit(&in->progress, progress - 1, memory_order_relaxed); /* one writer */
    return upbit__deliver(out, in->batch_events[UPBIT__TURN - held], in->batch_number - held, 0);
}

/* The same of the latest lane's turn, but for its first. */
static inline int upbit__inbox_take_cell(upbit__inbox *in, upbit_delivery *out)
{
    if (in->latest_left - 1 >= UPBIT__TURN - 1 || in->held != NULL)
        return 0;
    const upbit_event *e = upbit__latest_pop_own(&in->latest);
    if (e == NULL || e == &upbit__event_tomb)
        return 0; /* nothing at hand, or what was is cleared */
    in->latest_left--;
    if (e->type >= UPBIT_TYPE_STATE || e->epoch > in->epoch[upbit__session_of(e->type)]) {
        in->held = e;
        return 0;
    }
    upbit__inbox_delivered(in);
    return upbit__deliver(out, e, 0, 0);
}

/* 1: something is at hand, or was seen to wait behind what the turn took. 0 says nothing: only
 * upbit__inbox_any looks at everything. @thread consumer. */
static inline int upbit__inbox_goes_on(upbit__inbox *in)
{
    return upbit__inbox_held(in) > 0 || in->batch_more || in->held != NULL || in->bundle != NULL ||
           in->latest.own != NULL ||
           atomic_load_explicit(&in->detached, memory_order_relaxed); /* the drain looks again */
}

/* What the consumer's turn touches of an inbox; @thread consumer. */
static inline void upbit__inbox_foresee(const upbit__inbox *in)
{
    UPBIT__PREFETCH(&in->idle);
    UPBIT__PREFETCH(&in->lanes);
    UPBIT__PREFETCH(&in->ring);
    UPBIT__PREFETCH(&in->control);
    for (const char *at = (const char *)&in->owner; at < (const char *)&in->lag;
         at += UPBIT__CACHE_LINE)
        UPBIT__PREFETCH(at);
}

/* And of its lanes, once that has come. */
static inline void upbit__inbox_foresee_lanes(upbit__inbox *in)
{
    uint32_t open = atomic_load_explicit(&in->open, memory_order_acquire); /* open_lane */
    for (; open != 0; open &= open - 1) {
        upbit__lane *l = upbit__inbox_lane(in, (unsigned)__builtin_ctz(open));
        UPBIT__PREFETCH(&l->fifo.tail);
        UPBIT__PREFETCH(&l->fifo.head);
    }
}

/* The first touch since the last commit: upbit__inbox_touch. @thread io. */
void upbit__inbox_put_on_list(upbit__inbox *in);

/* The next commit has to come by. @thread io. */
static inline void upbit__inbox_touch(upbit__inbox *in)
{
    if (!in->touched)
        upbit__inbox_put_on_list(in);
}

static inline void upbit__inbox_let_go(upbit__inbox *in, const upbit_event *e)
{
    upbit__event_unref_io(in->batch->pool, e);
}

/* What it has been pushed goes from the stage into its lanes. @thread io. */
void upbit__inbox_unstage(upbit__inbox *in);
/* The same, but for what it was pushed with its crowd. */
void upbit__inbox_unstage_own(upbit__inbox *in);
/* A new event on the stage: b->stage_bit. @thread io. */
void upbit__batch_stage(upbit__batch *b, const upbit_event *e, unsigned lane);
/* The consumer sees what is in the lanes, and is woken; 1: now, 0: with the rest of the commit.
 * @thread io. */
int upbit__inbox_show(upbit__inbox *in);
/* What the crowd was pushed goes into its lanes and is shown. Returns how many it woke. */
int upbit__crowd_commit(upbit__batch *b);

/* Events of one lane and epoch, for many inboxes: see upbit__fifo_put_run. */
typedef struct upbit__run {
    const void **events;
    uint32_t *before;
    uint32_t lane, epoch, count, bytes;
} upbit__run;

/* What a commit needs of an inbox, and what it needs when that has come: where hundreds are visited
 * it has left the near caches since the last commit. */
static inline void upbit__inbox_foresee_commit(const upbit__inbox *in)
{
    UPBIT__PREFETCH(&in->batch);
    UPBIT__PREFETCH(&in->lanes);
    UPBIT__PREFETCH(&in->idle);
}

static inline void upbit__inbox_foresee_push(const upbit__inbox *in)
{
    uint32_t open = atomic_load_explicit(&in->open, memory_order_relaxed); /* written here */
    for (; open != 0; open &= open - 1) {
        const upbit__lane *l = atomic_load_explicit(&in->lanes[__builtin_ctz(open)],
                                                    memory_order_relaxed); /* written here */
        UPBIT__PREFETCH(&l->fifo);
    }
}

/* Nothing on it is any inbox's. @thread io. */
static inline void upbit__batch_clear_stage(upbit__batch *b)
{
    for (uint32_t left = b->stage_lanes; left != 0; left &= left - 1)
        b->stage_of[__builtin_ctz(left)] = b->stage_bytes[__builtin_ctz(left)] = 0;
    b->staged = b->stage_lanes = 0;
    b->stage_last = NULL;
}

/* Lets one of the three references go. @thread any. */
void upbit__inbox_unref(upbit__inbox *in);

/* 1: something waits, or the inbox was detached: the drain has to come back to it. @thread
 * consumer. */
int upbit__inbox_any(upbit__inbox *in);

#endif
