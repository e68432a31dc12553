/* One per proxy: its lanes, and the order in which they are drained.
 *
 * The I/O thread fills an inbox, one consumer empties it. architecture.md section 5 is the law
 * here:
 *
 *   FIFO lanes    one per type with policy drop_oldest or lossless (fifo.h), made with the first
 *                 push
 *   latest lane   one for all types with policy latest, a cell per key (latest.h)
 *   control lane  a ring of replies, errors and barriers (ring.h), a second small latest lane
 *                 for STATE, HEALTH and the ERROR that stands for many, a bit per lossless lane
 *                 for OVERFLOW, one place for CLOSED. Nothing in it is ever dropped: places are
 *                 promised before.
 *
 * Order of draining: control; then in turn up to 8 from each FIFO lane and up to 8 cells. GAP
 * and EPOCH are made by the consumer, right before the event they concern: EPOCH, GAP, event.
 * CLOSED comes when everything else is gone.
 *
 * A place of the ring may hold a bundle (bundle.h): its events are handed out one after the other,
 * with nothing between them but the EPOCH that belongs before one of them.
 *
 * Life: two references, the I/O thread's and the consumer's. upbit__inbox_destroy gives up the
 * first, upbit__inbox_detach the second; in either order. The consumer's is handed to the
 * waiter, whose lists may hold the inbox: the next drain or the waiter's end lets it go. Unread
 * events go with the last reference. */
#ifndef UPBIT_QUEUE_INBOX_H
#define UPBIT_QUEUE_INBOX_H

#include <stdint.h>

#include "base/histogram.h"
#include "queue/about.h"
#include "queue/bundle.h"
#include "queue/crowd.h"
#include "queue/line.h"
#include "queue/pool.h"
#include "queue/waiter.h"
#include "upbit-live/control.h"
#include "upbit-live/options.h"
#include "upbit-live/proxy.h"

enum {
    UPBIT__TURN = 8,           /* events of one lane or inbox before the next has its turn */
    UPBIT__LANES = 8,          /* TICKER .. ANNOUNCEMENT and RAW */
    UPBIT__CONTROL_RING = 512, /* places: */
    UPBIT__PROMISES_MAX = 480, /* of those for promised replies */
    UPBIT__ERRORS_MAX = 32     /* of those for ERROR */
};

/* Where in an inbox what the I/O thread touches begins. */
#define UPBIT__INBOX_FIRST_LINE UPBIT__CACHE_LINE

typedef enum upbit__lane_policy {
    UPBIT__LANE_DROP_OLDEST = 0, /* upbit__inbox_push */
    UPBIT__LANE_LOSSLESS = 1,    /* upbit__inbox_push */
    UPBIT__LANE_LATEST = 2       /* upbit__inbox_cell, upbit__inbox_put */
} upbit__lane_policy;

/* 0..7 for TICKER..ANNOUNCEMENT and RAW; -1: not a data type. */
static inline int upbit__lane_of(int type)
{
    if (type >= UPBIT_TYPE_TICKER && type <= UPBIT_TYPE_ANNOUNCEMENT)
        return type - 1;
    return type == UPBIT_TYPE_RAW ? UPBIT__LANES - 1 : -1;
}

/* For masks of barriers. 0: not a data type. */
static inline uint32_t upbit__lane_bit(int type)
{
    int lane = upbit__lane_of(type);
    return lane < 0 ? 0 : (uint32_t)1 << lane;
}

#define UPBIT__LANES_ALL 0xffU

/* Pushes wait on the stage of their batch, and go into the lanes an inbox at a time: what an
 * inbox's lanes need is then looked at once per read batch, and not once per event. */
enum { UPBIT__STAGE = 64 };

/* What the inboxes of one manager share on the I/O thread's side. I/O thread only. */
struct upbit__batch {
    /* the stage: upbit__inbox.staged says of each inbox which of these it has been pushed */
    const upbit_event *stage_last;      /* stage[staged - 1]; NULL: do not look for it there */
    uint64_t stage_bit;                 /* its bit */
    uint32_t stage_lane;                /* and its lane, as a bit */
    uint32_t staged;                    /* how many there are */
    uint32_t stage_lanes;               /* which types are among them, by lane */
    uint64_t stage_of[UPBIT__LANES];    /* by lane: their bits */
    uint64_t stage_bytes[UPBIT__LANES]; /* by lane: their bytes */
    uint32_t stage_epoch[UPBIT__LANES]; /* by lane: which they all have */
    const void *stage[UPBIT__STAGE];    /* events; references are those of the inboxes */
    uint32_t stage_size[UPBIT__STAGE];
    /* the crowd: see crowd.h */
    upbit__inbox *crowd;    /* linked by crowd_next */
    uint64_t crowd_number;  /* 0: there is none */
    uint64_t crowds;        /* how many there have been */
    uint64_t crowd_staged;  /* what of the stage all of them have been pushed */
    uint32_t crowd_unshown; /* 1: something is in their lanes and not shown */
    uint32_t crowd_stages;  /* lanes that all of them fill by the stage */
    uint32_t crowd_looks;   /* which of the others were looked at once, which twice */
    upbit__pool *pool;      /* whose events are let go here; may be NULL (tests) */
    upbit__inbox *touched;  /* inboxes pushed to since the last commit            */
    upbit__waiter *waiters; /* their waiters, while committing                    */
    upbit__inbox *inboxes;  /* all pushed to and not destroyed, for shedding        */
    int barren;             /* upbit__batch_shed found nothing since the last commit */
    uint64_t delivered;     /* events that entered a lane or cell                  */
    uint64_t dropped;       /* pushed out, refused by a full lane, or skipped      */
    uint64_t coalesced;     /* replaced by a newer value                           */
    uint64_t notifications; /* waiters rung                                        */
};

void upbit__batch_init(upbit__batch *b, upbit__pool *pool);

/* What was pushed goes into the lanes, where nobody sees it before the commit: the counters of the
 * batch are whole then. upbit__batch_commit does this itself. @thread io. */
void upbit__batch_unstage(upbit__batch *b);

/* At the end of a read batch (and of anything else that filled inboxes): commits every touched
 * inbox and notifies each touched waiter at most once. Returns the number of notifications.
 * @thread io. */
int upbit__batch_commit(upbit__batch *b);

/* The budget is used up: drops the oldest events of the fullest drop_oldest lanes until an event
 * of `size` bytes fits the pool. 1: fits now; 0: the application holds the rest, refuse the
 * event (upbit__inbox_skip for every lane it was meant for). @thread io. */
int upbit__batch_shed(upbit__batch *b, size_t size);

typedef struct upbit__inbox_config {
    upbit__batch *batch;
    upbit__waiter *waiter;        /* a reference is taken for either side               */
    void *owner;                  /* handed back by upbit__waiter_take                  */
    uint8_t policy[UPBIT__LANES]; /* upbit__lane_policy, by upbit__lane_of(type)        */
    uint32_t messages, bytes;     /* caps of a drop_oldest lane; 0: 1,024 and 1 MiB     */
    uint32_t lossless_messages, lossless_bytes; /* 0: 65,536 and 64 MiB                         */
} upbit__inbox_config; /* message caps are rounded up to a power of two, at most 2^24 */

/* Policies and caps as upbit-live/options.h says; options NULL: defaults. Leaves batch, waiter
 * and owner NULL. @thread any. 0, INVALID_ARGUMENT (an unknown policy). */
int upbit__inbox_config_init(upbit__inbox_config *config, const upbit_proxy_options *options);

/* @thread any. 0, NO_MEMORY. No lane is made before it is used. */
int upbit__inbox_create(upbit__inbox **out, const upbit__inbox_config *config);

upbit__lane_policy upbit__inbox_policy(const upbit__inbox *in, int type); /* @thread any */
void *upbit__inbox_owner(const upbit__inbox *in);                         /* @thread any */

/* ---- I/O thread. Everything is seen by the consumer at the latest after upbit__batch_commit.
 * ---- */

/* The inbox is going to be pushed to, or put, a few events from now: where hundreds take an event,
 * what they are pushed to lies beyond the near caches, and is fetched meanwhile. */
static inline void upbit__inbox_expect(const upbit__inbox *in)
{
    UPBIT__PREFETCH((const char *)in + UPBIT__INBOX_FIRST_LINE);
}

/* Into the FIFO lane of e->type: gives it the next number of that type and takes over ONE
 * reference that was counted in upbit__event_set_refs, whatever happens. 1: entered; 0: refused
 * (lossless and full, no memory for the lane, policy latest); its number is used up. */
int upbit__inbox_push(upbit__inbox *in, const upbit_event *e);
/* As push, into the lane of `type` whatever e is: a GAP of unknown size stands where the hole is
 * and uses up a number like an event, so that it cannot be lost: what drops it leaves a GAP. */
int upbit__inbox_push_into(upbit__inbox *in, int type, const upbit_event *e);
/* An event the memory budget refused: uses up its number; the consumer sees a GAP. */
void upbit__inbox_skip(upbit__inbox *in, int type);
/* 1: events of the type are taken, and the lane is less than half full. */
int upbit__inbox_spare(upbit__inbox *in, int type);

/* 1: a lossless lane overflowed and the consumer has emptied it since, or an event was skipped: it
 * takes events (by itself) and now is the time to send a fresh state; until
 * upbit__inbox_resynced. */
int upbit__inbox_wants_resync(upbit__inbox *in, int type);
void upbit__inbox_resynced(upbit__inbox *in, int type);

/* A cell for a key: a cleared one or a new one. NULL: no memory. It stays the inbox's; which key it
 * serves only the caller knows. */
upbit__cell *upbit__inbox_cell(upbit__inbox *in);
/* Clears it (a value that waits is not delivered any more) without giving it back: replace,
 * unsubscribe. */
void upbit__inbox_cell_clear(upbit__inbox *in, upbit__cell *c);
/* Clears it and gives it back for another key. NULL is allowed. */
void upbit__inbox_cell_release(upbit__inbox *in, upbit__cell *c);
/* Gives it back for another key once the value that waits has been taken: a snapshot's asker
 * still gets it though the key is given up. */
void upbit__inbox_cell_retire(upbit__inbox *in, upbit__cell *c, const upbit__about *about);
/* Takes back what waits in retired cells, where `gone` says so of what it is about: unsubscribed
 * before it was taken. */
void upbit__inbox_retired_clear(upbit__inbox *in,
                                int (*gone)(const void *context, const upbit__about *about),
                                const void *context);
/* The newest value of the cell's key: an event of any type. Takes over ONE reference. 1: it
 * waits now; 0: it replaced a value that still waited, which is counted as coalesced. */
int upbit__inbox_put(upbit__inbox *in, upbit__cell *c, const upbit_event *e);

/* Reserves a place for one REPLY or snapshot, before the command is accepted. 0, COMMAND_FULL.
 * @thread any. */
int upbit__inbox_promise(upbit__inbox *in);
/* Gives the place back unused: the command was not accepted after all. @thread any. */
void upbit__inbox_unpromise(upbit__inbox *in);
/* Uses one promised place for an event of any type. Takes over one reference. barrier:
 * upbit__lane_bit of types whose events that are in the FIFO lanes now, committed or not, must
 * be taken or dropped before it is delivered; clear the cells of the old set before. 0: no
 * barrier. */
void upbit__inbox_reply(upbit__inbox *in, const upbit_event *e, uint64_t request_id,
                        uint32_t barrier);

/* The same with many events for the one place, all of them with this request_id: data, and at the
 * end what closes the request. Takes over the bundle, which holds at least one event. */
void upbit__inbox_answer(upbit__inbox *in, upbit__bundle *bundle, uint64_t request_id,
                         uint32_t barrier);

/* An upbit_error_event; takes over one reference. 32 wait at most; those beyond become one
 * ERROR, a copy of the newest whose `count` says how many it stands for. */
void upbit__inbox_error(upbit__inbox *in, const upbit_event *e);
/* The newest STATE of a session (upbit_session). Takes over one reference. */
void upbit__inbox_state(upbit__inbox *in, int session, const upbit_event *e);
/* The newest RESTORED of a session. Takes over one reference. */
void upbit__inbox_restored(upbit__inbox *in, int session, const upbit_event *e);
/* The newest HEALTH of a session. Takes over one reference. */
void upbit__inbox_health(upbit__inbox *in, int session, const upbit_event *e);
/* CLOSED: delivered after everything that was pushed before. Takes over one reference. Push
 * nothing after it (what comes is let go); a second CLOSED is let go. */
void upbit__inbox_closed(upbit__inbox *in, const upbit_event *e);

/* Commits this inbox alone and notifies its waiter. Returns 1 if it rang. upbit__batch_commit does
 * it for all; quick when untouched. */
int upbit__inbox_commit(upbit__inbox *in);

/* Gives up the I/O thread's reference: when it has seen the proxy's close command, or at its own
 * end. */
void upbit__inbox_destroy(upbit__inbox *in);

/* ---- consumer ---- */

/* The next event in the order above, without the wake-up protocol (upbit__waiter_take is built
 * on it). 1: *out, one reference is the caller's; 0: empty; NO_MEMORY: a GAP or EPOCH could not
 * be made, nothing was lost, call again; CLOSED: CLOSED was delivered. */
int upbit__inbox_take(upbit__inbox *in, upbit_delivery *out);

/* For an inbox with a waiter of its own: upbit__waiter_take, and CLOSED after CLOSED (the
 * descriptor then stays readable for ever). */
int upbit__inbox_next(upbit__inbox *in, upbit_delivery *out);

/* The consumer is done with it; its pointer is dead afterwards. It notifies nobody and waits for
 * nobody. @thread any, with no other call on this inbox running and no upbit__waiter_take that
 * could return it. NULL is allowed. */
void upbit__inbox_detach(upbit__inbox *in);

/* delivered: data events taken, and GAPs that stood in a lane; dropped: numbers that will not come,
 * whatever the reason; coalesced; queued: in FIFO lanes; at rest the numbers of all lanes add up to
 * delivered from FIFO lanes + dropped + queued. @thread any. */
void upbit__inbox_stats(upbit__inbox *in, upbit_proxy_stats *out);
/* Bytes of the inbox itself: lanes, cells, rings, not the events. @thread any. */
uint64_t upbit__inbox_memory(const upbit__inbox *in);
/* How long events of the stream had waited when the consumer came for them: of the first of every
 * 16th look into the queue. @thread any. */
const upbit__histogram *upbit__inbox_lag(const upbit__inbox *in);
/* Remembers how much has been dropped and coalesced until now (monotonic ns), for the last minute's
 * part in upbit__inbox_stats: every 10 s while anything happens, and twice more. @thread io. */
void upbit__inbox_mark(upbit__inbox *in, int64_t now_ns);

#endif
