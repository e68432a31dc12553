/* The consumer's side of an inbox: the order of draining, barriers, and the GAP and EPOCH made
 * on the way.
 *
 * A turn is what is taken at one look: up to 8 events of one FIFO lane, claimed at once into
 * batch_events, or up to 8 cells popped one by one. Control is looked at between turns, never
 * within one: a barrier that is seen later than a claim lies behind what was claimed. One event
 * at a time stands in `held` while the EPOCH and the GAP that belong before it are handed out. */
#include <assert.h>

#include "base/clock.h"
#include "queue/inbox.h"
#include "queue/inbox_struct.h"

/* An event of the library's own, or NULL. */
static upbit_event *make(uint16_t type, size_t size)
{
    upbit_event *e = upbit__event_allocate(size);
    if (e == NULL)
        return NULL;
    e->type = type;
    e->schema = 1;
    e->origin = UPBIT_ORIGIN_LOCAL;
    e->received_ns = upbit__clock_monotonic_ns();
    e->received_wall_ns = upbit__clock_wall_ns();
    e->received_ms = e->received_wall_ns / UPBIT__MS;
    return e;
}

/* Whose connection it came by; a GAP that stood in a lane goes with the lane's events. */
static upbit_session session_of(const upbit_event *e)
{
    if (e->type == UPBIT_TYPE_GAP)
        return upbit__session_of((int)((const upbit_gap *)(const void *)e)->lane_type);
    return upbit__session_of(e->type);
}

static int deliver_epoch(upbit__inbox *in, upbit_delivery *out, const upbit_event *before)
{
    upbit_session session = session_of(before);
    upbit_epoch_event *epoch = (upbit_epoch_event *)(void *)make(UPBIT_TYPE_EPOCH, sizeof *epoch);
    if (epoch == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    epoch->event.epoch = before->epoch;
    epoch->session = session;
    epoch->previous = in->epoch[session];
    in->epoch[session] = before->epoch;
    return upbit__deliver(out, &epoch->event, 0, 0);
}

static int is_new_epoch(const upbit__inbox *in, const upbit_event *e)
{
    return e->epoch > in->epoch[session_of(e)];
}

static int deliver_gap(upbit__inbox *in, upbit_delivery *out, const upbit_event *before,
                       uint64_t number)
{
    upbit__fifo *f = &upbit__inbox_lane(in, in->batch_lane)->fifo;
    upbit_gap *gap = (upbit_gap *)(void *)make(UPBIT_TYPE_GAP, sizeof *gap);
    if (gap == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    gap->event.epoch = before->epoch;
    gap->lane_type = (uint32_t)upbit__type_of_lane(in->batch_lane);
    gap->first = f->expected;
    gap->last = number - 1;
    gap->count = number - f->expected;
    f->expected = number;
    upbit__count(&in->gaps, 1);
    return upbit__deliver(out, &gap->event, 0, 0);
}

/* How far the turn goes on without a GAP or an EPOCH between its events. Their numbers are at
 * hand. */
static void see_plain(upbit__inbox *in)
{
    upbit__fifo *f = &upbit__inbox_lane(in, in->batch_lane)->fifo;
    uint64_t held = upbit__inbox_held(in), left = held;
    uint32_t epoch = in->epoch[upbit__session_of(upbit__type_of_lane(in->batch_lane))];
    in->batch_number = f->expected + held;
    for (; left > 0; left--, f->expected++) {
        const upbit_event *e = in->batch_events[UPBIT__TURN - left];
        if (in->batch_numbers[UPBIT__TURN - left] != f->expected || e->type >= UPBIT_TYPE_STATE ||
            e->epoch > epoch)
            break;
    }
    in->batch_closely = (uint32_t)left;
}

/* The next event of the turn, or what has to come before it: each call one step. */
__attribute__((noinline)) static int deliver_batch(upbit__inbox *in, upbit_delivery *out)
{
    if (upbit__inbox_take_quick(in, out))
        return 1;
    uint64_t at = UPBIT__TURN - upbit__inbox_held(in), number = in->batch_numbers[at];
    const upbit_event *e = in->batch_events[at];
    upbit__fifo *f = &upbit__inbox_lane(in, in->batch_lane)->fifo;
    if (is_new_epoch(in, e))
        return deliver_epoch(in, out, e);
    if (number != f->expected)
        return deliver_gap(in, out, e, number);
    f->expected++;
    upbit__count(&in->progress, (uint64_t)-1);
    upbit__count(&in->gaps, e->type == UPBIT_TYPE_GAP);
    see_plain(in); /* one EPOCH, one GAP, and what follows is as usual again */
    return upbit__deliver(out, e, number, 0);
}

/* Hands out the cell's event that is held, or the EPOCH that has to come before it. */
static int deliver_held(upbit__inbox *in, upbit_delivery *out)
{
    const upbit_event *e = in->held;
    if (e->type < UPBIT_TYPE_STATE) {
        if (is_new_epoch(in, e))
            return deliver_epoch(in, out, e);
        upbit__inbox_delivered(in);
    }
    in->held = NULL;
    return upbit__deliver(out, e, 0, 0);
}

/* ---- control ---- */

/* The next event of the bundle at hand; the bundle goes with its last. */
static int deliver_bundle(upbit__inbox *in, upbit_delivery *out)
{
    upbit__bundle *b = in->bundle;
    const upbit_event *e = b->events[b->at];
    if (e->type < UPBIT_TYPE_STATE) {
        if (is_new_epoch(in, e))
            return deliver_epoch(in, out, e);
        upbit__inbox_delivered(in);
    }
    if (++b->at == b->count) {
        in->bundle = NULL;
        upbit__bundle_destroy(b);
    }
    return upbit__deliver(out, e, 0, in->bundle_request);
}

static int is_reached(upbit__inbox *in, uint32_t barrier)
{
    for (; barrier != 0; barrier &= barrier - 1) {
        unsigned lane = (unsigned)__builtin_ctz(barrier);
        uint64_t after = upbit__ring_after(&in->ring, 0, lane);
        /* The entry's acquire shows the lane, which is older than its barrier. */
        if ((int64_t)(after - upbit__fifo_head(&upbit__inbox_lane(in, lane)->fifo)) > 0)
            return 0;
    }
    return 1;
}

static int take_ring(upbit__inbox *in, upbit_delivery *out)
{
    if (upbit__ring_waiting(&in->ring) == 0)
        return 0;
    if (!is_reached(in, upbit__ring_barrier(&in->ring, 0)))
        return 0;
    upbit__ring_entry entry;
    upbit__ring_pop(&in->ring, &entry);
    if (entry.kind == UPBIT__PLACE_ERROR)
        atomic_store_explicit(&in->errors_taken,
                              atomic_load_explicit(&in->errors_taken, memory_order_relaxed) + 1,
                              memory_order_release); /* upbit__inbox_error */
    else
        (void)atomic_fetch_sub_explicit(&in->promised, 1, memory_order_release); /* promise */
    if (entry.kind != UPBIT__PLACE_BUNDLE)
        return upbit__deliver(out, entry.event, 0, entry.request_id);
    in->bundle = (upbit__bundle *)(uintptr_t)entry.event; /* ours: nobody else has the pointer */
    in->bundle_request = entry.request_id;
    return deliver_bundle(in, out);
}

static int take_overflow(upbit__inbox *in, upbit_delivery *out)
{
    if (atomic_load_explicit(&in->overflow, memory_order_relaxed) != 0)
        in->overflow_pending |=
            atomic_exchange_explicit(&in->overflow, 0, memory_order_acquire); /* lossless_takes */
    if (in->overflow_pending == 0)
        return 0;
    upbit_overflow_event *e = (upbit_overflow_event *)(void *)make(UPBIT_TYPE_OVERFLOW, sizeof *e);
    if (e == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    unsigned lane = (unsigned)__builtin_ctz(in->overflow_pending);
    in->overflow_pending &= in->overflow_pending - 1;
    e->lane_type = (uint32_t)upbit__type_of_lane(lane);
    return upbit__deliver(out, &e->event, 0, 0);
}

/* Nothing of take_control's is there: nearly always. */
static inline int is_control_empty(upbit__inbox *in)
{
    return upbit__ring_waiting(&in->ring) == 0 && !upbit__latest_any(&in->control) &&
           (in->overflow_pending | atomic_load_explicit(&in->overflow, memory_order_relaxed)) == 0;
}

__attribute__((noinline)) static int take_control(upbit__inbox *in, upbit_delivery *out)
{
    int r = take_ring(in, out);
    if (r != 0)
        return r;
    const upbit_event *e = upbit__latest_pop(&in->control);
    if (e != NULL)
        return upbit__deliver(out, e, 0, 0);
    return take_overflow(in, out);
}

/* ---- data ---- */

/* How many of the `ahead` events from `head` on lie before the first barrier that concerns the
 * lane. */
__attribute__((noinline)) static uint64_t before_barrier(upbit__inbox *in, unsigned lane,
                                                         uint64_t head, uint64_t ahead)
{
    uint64_t waiting = upbit__ring_waiting(&in->ring);
    for (uint64_t i = 0; i < waiting; i++) {
        if (!(upbit__ring_barrier(&in->ring, i) >> lane & 1U))
            continue;
        int64_t free_to_take = (int64_t)(upbit__ring_after(&in->ring, i, lane) - head);
        if (free_to_take <= 0)
            return 0;
        return (uint64_t)free_to_take < ahead ? (uint64_t)free_to_take : ahead;
    }
    return ahead;
}

/* 1: a turn of this lane stands in batch_events; 0: empty; -1: a barrier has to be delivered
 * first. */
static int claim_turn(upbit__inbox *in, unsigned lane)
{
    upbit__fifo *f = &upbit__inbox_lane(in, lane)->fifo;
    uint64_t head = upbit__fifo_head(f);
    for (;;) {
        int64_t ahead = upbit__fifo_ahead(f, head);
        if (ahead <= 0)
            return 0;
        uint64_t count = (uint64_t)ahead;
        if (upbit__ring_waiting(&in->ring) != 0 &&
            (count = before_barrier(in, lane, head, count)) == 0)
            return -1;
        if (count > UPBIT__TURN)
            count = UPBIT__TURN;
        int claimed =
            upbit__fifo_claim(f, &head, (unsigned)count, &in->batch_events[UPBIT__TURN - count],
                              &in->batch_numbers[UPBIT__TURN - count]);
        if (claimed == 0)
            continue;
        in->batch_lane = lane;
        in->batch_more = (uint64_t)ahead > count;
        in->batch_number = f->expected;
        in->batch_closely = 0;
        upbit__inbox_claimed(in, count);
        if (claimed > 1)
            see_plain(in);
        return 1;
    }
}

/* The first event of a look into the queue is the one that has waited longest. Reading the clock
 * costs more than taking an event, so one look in 16 is measured, the first of all among them. */
static inline void look(upbit__inbox *in, const upbit_event *e)
{
    if (in->look++ % 16 == 0 && e->origin == UPBIT_ORIGIN_STREAM &&
        e->stream == UPBIT_STREAM_REALTIME)
        upbit__histogram_add(&in->lag, (upbit__clock_monotonic_ns() - e->received_ns) / 1000);
}

static int take_latest(upbit__inbox *in, upbit_delivery *out)
{
    const upbit_event *e = upbit__latest_pop(&in->latest);
    if (e == NULL) {
        in->latest_left = 0;
        return 0;
    }
    if (in->latest_left-- == UPBIT__TURN)
        look(in, e);
    if (e->type < UPBIT_TYPE_STATE && e->epoch <= in->epoch[upbit__session_of(e->type)]) {
        upbit__inbox_delivered(in);
        return upbit__deliver(out, e, 0, 0);
    }
    in->held = e;
    return deliver_held(in, out);
}

/* The next turn of whichever lane has one, beginning where the last turn ended. */
static int take_data(upbit__inbox *in, upbit_delivery *out, int *blocked)
{
    uint32_t left = atomic_load_explicit(&in->open, memory_order_acquire); /* open_lane */
    if (upbit__latest_any(&in->latest))
        left |= 1U << UPBIT__LANES;
    while (left != 0) {
        uint32_t from_here = left & ~((1U << in->cursor) - 1);
        unsigned lane = (unsigned)__builtin_ctz(from_here != 0 ? from_here : left);
        left &= ~(1U << lane);
        in->cursor = lane == UPBIT__LANES ? 0 : lane + 1;
        if (lane == UPBIT__LANES) {
            in->latest_left = UPBIT__TURN;
            int r = take_latest(in, out);
            if (r != 0)
                return r;
            continue;
        }
        int r = claim_turn(in, lane);
        if (r > 0) {
            look(in, in->batch_events[UPBIT__TURN - upbit__inbox_held(in)]);
            return upbit__inbox_take_quick(in, out) ? 1 : deliver_batch(in, out);
        }
        *blocked |= r < 0;
    }
    return 0;
}

/* Of the turn that runs. 0: there was nothing left of it. */
__attribute__((noinline)) static int take_at_hand(upbit__inbox *in, upbit_delivery *out)
{
    if (in->bundle != NULL)
        return deliver_bundle(in, out); /* nothing else is at hand: it was taken from control */
    if (in->held != NULL)
        return deliver_held(in, out);
    if (upbit__inbox_held(in) > 0)
        return deliver_batch(in, out);
    return take_latest(in, out);
}

int upbit__inbox_take(upbit__inbox *in, upbit_delivery *out)
{
    if (in->bundle != NULL || in->held != NULL || upbit__inbox_held(in) > 0 ||
        in->latest_left > 0) {
        int r = take_at_hand(in, out);
        if (r != 0)
            return r;
    }
    if (in->done)
        return UPBIT_ERROR_CLOSED;
    for (;;) {
        /* Before the rest: what was pushed before CLOSED is seen below if CLOSED is seen here. */
        const upbit_event *closed = atomic_load_explicit(&in->closed, memory_order_acquire);
        int blocked = 0;
        int r = is_control_empty(in) ? 0 : take_control(in, out);
        if (r == 0)
            r = take_data(in, out, &blocked);
        if (r != 0)
            return r;
        if (blocked)
            continue; /* the barrier came after our look at control; it is deliverable now */
        if (closed == NULL)
            return 0;
        in->done = 1; /* the reference in `closed` goes to the caller */
        atomic_store_explicit(&in->closed, (const upbit_event *)NULL, memory_order_relaxed);
        return upbit__deliver(out, closed, 0, 0);
    }
}

int upbit__inbox_any(upbit__inbox *in)
{
    if (atomic_load_explicit(&in->detached, memory_order_acquire)) /* upbit__inbox_detach */
        return 1;
    if (in->done)
        return 0; /* a tomb may still hang here, put by a clear that crossed our last pop */
    assert(in->bundle == NULL && in->held == NULL && upbit__inbox_held(in) == 0 &&
           "looked at with something at hand");
    if (in->overflow_pending != 0 || upbit__latest_any(&in->latest) ||
        upbit__ring_waiting(&in->ring) != 0 || upbit__latest_any(&in->control) ||
        atomic_load_explicit(&in->overflow, memory_order_acquire) != 0 || /* lossless_takes */
        atomic_load_explicit(&in->closed, memory_order_acquire) != NULL)  /* upbit__inbox_closed */
        return 1;
    uint32_t open = atomic_load_explicit(&in->open, memory_order_acquire); /* open_lane */
    for (; open != 0; open &= open - 1) {
        upbit__fifo *f = &upbit__inbox_lane(in, (unsigned)__builtin_ctz(open))->fifo;
        if (upbit__fifo_ahead(f, upbit__fifo_head(f)) > 0)
            return 1;
    }
    return 0;
}

int upbit__inbox_next(upbit__inbox *in, upbit_delivery *out)
{
    if (in->done)
        return UPBIT_ERROR_CLOSED;
    void *owner;
    int r = upbit__waiter_take(in->waiter, &owner, out);
    if (r > 0 && in->done)
        upbit__waiter_ring(in->waiter);
    return r;
}
