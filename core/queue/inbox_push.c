/* The I/O thread's side of an inbox: pushing, promising, committing. See inbox.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

static void let_go(upbit__inbox *in, const upbit_event *e)
{
    upbit__event_unref_io(in->batch->pool, e);
}

static void touch(upbit__inbox *in)
{
    if (in->touched)
        return;
    upbit__batch *b = in->batch;
    in->touched = 1;
    in->touched_next = b->touched;
    b->touched = in;
    if (in->listed)
        return;
    in->listed = 1;
    in->all_next = b->inboxes;
    if (b->inboxes != NULL)
        b->inboxes->all_previous = in;
    b->inboxes = in;
}

static void count_dropped(upbit__inbox *in)
{
    upbit__count(&in->dropped, 1);
    in->batch->dropped++;
}

static upbit__slot *new_array(upbit__inbox *in, uint32_t capacity)
{
    size_t size = (upbit__fifo_array(capacity) + UPBIT__CACHE_LINE - 1) / UPBIT__CACHE_LINE *
                  UPBIT__CACHE_LINE;
    upbit__slot *slots = aligned_alloc(UPBIT__CACHE_LINE, size);
    upbit__count(&in->memory, slots != NULL ? size : 0);
    return slots;
}

/* The first event of a type: makes its lane. NULL: no memory. */
static upbit__lane *open_lane(upbit__inbox *in, unsigned lane)
{
    int lossless = in->policy[lane] == UPBIT__LANE_LOSSLESS;
    uint32_t most = lossless ? in->lossless_messages : in->messages;
    uint32_t capacity = most < UPBIT__RING_FIRST ? most : UPBIT__RING_FIRST;
    upbit__lane *l = &in->first_lane;
    if (l->fifo.slots != NULL)
        l = aligned_alloc(UPBIT__CACHE_LINE, sizeof *l);
    upbit__slot *slots = new_array(in, capacity);
    if (l == NULL || slots == NULL) {
        if (l != &in->first_lane)
            free(l);
        free(slots);
        return NULL;
    }
    upbit__fifo_init(&l->fifo, slots, capacity, most, lossless ? in->lossless_bytes : in->bytes);
    l->fifo.number = in->missed[lane];
    l->fifo.lossless = (uint32_t)lossless;
    l->shut = l->arrays = 0;
    l->resync = lossless && in->missed[lane] > 0;
    atomic_store_explicit(&in->lanes[lane], l, memory_order_relaxed);
    atomic_store_explicit(&in->open,
                          atomic_load_explicit(&in->open, memory_order_relaxed) | 1U << lane,
                          memory_order_release); /* the consumer's load of open */
    return l;
}

/* Room by a larger ring, where the caps allow it. Without memory for one the lane is full: what is
 * waiting stays, and what does not fit is counted as ever. */
static void grow(upbit__inbox *in, upbit__lane *l)
{
    upbit__fifo *f = &l->fifo;
    upbit__slot *slots = upbit__fifo_may_grow(f) ? new_array(in, 2 * (f->mask + 1)) : NULL;
    if (slots != NULL)
        l->array[l->arrays++] = upbit__fifo_grow(f, slots);
}

/* Makes room by dropping the oldest. The loop ends: an empty lane has room for anything. */
static void make_room(upbit__inbox *in, upbit__fifo *f, uint32_t size)
{
    while (!upbit__fifo_has_room(f, size)) {
        const upbit_event *oldest = upbit__fifo_drop(f);
        if (oldest == NULL)
            continue; /* the consumer took it, that is room too */
        let_go(in, oldest);
        count_dropped(in);
    }
}

/* 1: takes events. Once full it stays shut until the consumer has taken all of it, so that the
 * hole is one hole and the consumer's state is made anew once, not after every few events. */
static int lossless_takes(upbit__inbox *in, upbit__lane *l, unsigned lane, uint32_t size)
{
    if (l->shut && l->fifo.hseen == l->fifo.ptail)
        l->shut = 0;
    if (l->shut)
        return 0;
    grow(in, l);
    if (upbit__fifo_has_room(&l->fifo, size))
        return 1;
    l->shut = l->resync = 1;
    (void)atomic_fetch_or_explicit(&in->overflow, 1U << lane, memory_order_release); /* take */
    touch(in);
    return 0;
}

static int put_event(upbit__inbox *in, upbit__fifo *f, const upbit_event *e, uint32_t lane_bit)
{
    upbit__fifo_put(f, e, e->size);
    in->lanes_touched |= lane_bit;
    in->batch->delivered++;
    touch(in);
    return 1;
}

static int push_lossless(upbit__inbox *in, upbit__lane *l, unsigned lane, const upbit_event *e)
{
    upbit__fifo_refresh(&l->fifo);
    if (lossless_takes(in, l, lane, e->size))
        return put_event(in, &l->fifo, e, 1U << lane);
    l->fifo.number++;
    let_go(in, e);
    count_dropped(in);
    return 0;
}

static int push_dropping(upbit__inbox *in, upbit__lane *l, unsigned lane, const upbit_event *e)
{
    upbit__fifo *f = &l->fifo;
    /* hseen may be old: then there is more room than it says; no slot that is still read. */
    if (!upbit__fifo_has_room(f, e->size)) {
        upbit__fifo_refresh(f);
        grow(in, l);
        make_room(in, f, e->size);
    }
    return put_event(in, f, e, 1U << lane);
}

int upbit__inbox_push_into(upbit__inbox *in, int type, const upbit_event *e)
{
    int at = upbit__lane_of(type);
    unsigned lane = (unsigned)at;
    if (at < 0 || in->io_closed || in->policy[lane] == UPBIT__LANE_LATEST) {
        assert(in->io_closed && "pushed to a lane that does not exist");
        let_go(in, e);
        return 0;
    }
    upbit__lane *l = upbit__inbox_lane(in, lane);
    if (l == NULL && (l = open_lane(in, lane)) == NULL) {
        upbit__inbox_skip(in, type);
        let_go(in, e);
        return 0;
    }
    if (l->fifo.lossless)
        return push_lossless(in, l, lane, e);
    return push_dropping(in, l, lane, e);
}

int upbit__inbox_push(upbit__inbox *in, const upbit_event *e)
{
    unsigned lane = e->type - 1U; /* upbit__lane_of, but for RAW */
    upbit__lane *l = lane < UPBIT__LANES - 1 ? upbit__inbox_lane(in, lane) : NULL;
    if (l == NULL || l->fifo.lossless || in->io_closed)
        return upbit__inbox_push_into(in, e->type, e);
    return push_dropping(in, l, lane, e);
}

_Static_assert(offsetof(upbit__inbox, batch) == UPBIT__INBOX_FIRST_LINE &&
                   offsetof(upbit__inbox, lanes) == UPBIT__INBOX_FIRST_LINE + UPBIT__CACHE_LINE,
               "upbit__inbox_expect fetches what a push needs");

void upbit__inbox_expect_push(upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    upbit__lane *l = lane < 0 ? NULL : upbit__inbox_lane(in, (unsigned)lane);
    if (l != NULL)
        UPBIT__PREFETCH(&l->fifo);
}

void upbit__inbox_skip(upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    if (lane < 0 || in->io_closed || in->policy[lane] == UPBIT__LANE_LATEST)
        return;
    upbit__lane *l = upbit__inbox_lane(in, (unsigned)lane);
    if (l != NULL) {
        l->fifo.number++;
        if (l->fifo.lossless)
            l->resync = 1;
    } else {
        in->missed[lane]++;
    }
    count_dropped(in);
}

int upbit__inbox_spare(upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    if (lane < 0 || in->io_closed || in->policy[lane] == UPBIT__LANE_LATEST)
        return 0;
    upbit__lane *l = upbit__inbox_lane(in, (unsigned)lane);
    if (l == NULL)
        return 1;
    upbit__fifo *f = &l->fifo;
    upbit__fifo_refresh(f);
    uint64_t waiting = f->ptail - f->hseen;
    return waiting == 0 || (!l->shut && waiting < f->most / 2 && f->bytes <= f->bytes_max / 2);
}

static upbit__lane *lossless_lane(upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    upbit__lane *l = lane < 0 ? NULL : upbit__inbox_lane(in, (unsigned)lane);
    return l != NULL && l->fifo.lossless ? l : NULL;
}

int upbit__inbox_wants_resync(upbit__inbox *in, int type)
{
    upbit__lane *l = lossless_lane(in, type);
    if (l == NULL || !l->resync)
        return 0;
    upbit__fifo_refresh(&l->fifo);
    return !l->shut || l->fifo.hseen == l->fifo.ptail;
}

void upbit__inbox_resynced(upbit__inbox *in, int type)
{
    upbit__lane *l = lossless_lane(in, type);
    if (l != NULL)
        l->resync = 0;
}

/* ---- latest ---- */

upbit__cell *upbit__inbox_cell(upbit__inbox *in)
{
    upbit__cell *c = in->free_cells;
    if (c != NULL) {
        in->free_cells = c->free_next;
        c->free_next = NULL;
        return c;
    }
    for (upbit__cell **link = &in->retired_cells; *link != NULL; link = &(*link)->free_next) {
        c = *link;
        /* NULL is stored by the consumer's pop alone; put, the next to touch it, is an exchange. */
        if (atomic_load_explicit(&c->val, memory_order_relaxed) == NULL) {
            *link = c->free_next;
            c->free_next = NULL;
            return c;
        }
    }
    c = malloc(sizeof *c);
    if (c == NULL)
        return NULL;
    upbit__cell_init(c);
    upbit__count(&in->memory, sizeof *c);
    c->all_next = in->cells;
    in->cells = c;
    return c;
}

void upbit__inbox_cell_clear(upbit__inbox *in, upbit__cell *c)
{
    const upbit_event *old = upbit__latest_clear(&in->latest, c);
    if (old != NULL && old != &upbit__event_tomb)
        let_go(in, old); /* nobody has to be woken for a tomb */
}

void upbit__inbox_cell_release(upbit__inbox *in, upbit__cell *c)
{
    if (c == NULL)
        return;
    upbit__inbox_cell_clear(in, c);
    c->free_next = in->free_cells;
    in->free_cells = c;
}

void upbit__inbox_cell_retire(upbit__inbox *in, upbit__cell *c, const upbit__about *about)
{
    c->about = about != NULL ? *about : (upbit__about){0};
    c->free_next = in->retired_cells;
    in->retired_cells = c;
}

void upbit__inbox_retired_clear(upbit__inbox *in,
                                int (*gone)(const void *context, const upbit__about *about),
                                const void *context)
{
    for (upbit__cell *c = in->retired_cells; c != NULL; c = c->free_next)
        if (c->about.type != 0 && gone(context, &c->about))
            upbit__inbox_cell_clear(in, c);
}

int upbit__inbox_put(upbit__inbox *in, upbit__cell *c, const upbit_event *e)
{
    if (in->io_closed) {
        let_go(in, e);
        return 0;
    }
    const upbit_event *old = upbit__latest_put(&in->latest, c, e);
    in->batch->delivered++;
    touch(in);
    if (old == NULL || old == &upbit__event_tomb)
        return 1;
    let_go(in, old);
    upbit__count(&in->coalesced, 1);
    in->batch->coalesced++;
    return 0;
}

/* ---- control ---- */

int upbit__inbox_promise(upbit__inbox *in)
{
    uint32_t n = atomic_load_explicit(&in->promised, memory_order_relaxed);
    do {
        if (n >= UPBIT__PROMISES_MAX)
            return UPBIT_ERROR_COMMAND_FULL;
    } while (!atomic_compare_exchange_weak_explicit(&in->promised, &n, n + 1,
                                                    memory_order_acquire, /* take_ring */
                                                    memory_order_relaxed));
    return 0;
}

void upbit__inbox_unpromise(upbit__inbox *in)
{
    (void)atomic_fetch_sub_explicit(&in->promised, 1, memory_order_release);
}

static void commit_lanes(upbit__inbox *in, uint32_t lanes)
{
    for (uint32_t left = in->lanes_touched & lanes; left != 0; left &= left - 1)
        upbit__fifo_commit(&upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo);
    in->lanes_touched &= ~lanes;
}

static int push_control(upbit__inbox *in, upbit__ring_entry *entry)
{
    int pushed = upbit__ring_push(&in->ring, entry);
    assert(pushed && "a place was used that was not promised");
    touch(in);
    return pushed;
}

/* Uses a promised place. 0: the inbox is closed, the place was given back. */
static int push_promised(upbit__inbox *in, const void *content, uint32_t kind, uint64_t request_id,
                         uint32_t barrier)
{
    if (in->io_closed) {
        upbit__inbox_unpromise(in);
        return 0;
    }
    upbit__ring_entry entry = {.event = content, .request_id = request_id, .kind = kind};
    commit_lanes(in, barrier);
    for (unsigned i = 0; i < UPBIT__LANES; i++) {
        upbit__lane *l = barrier >> i & 1U ? upbit__inbox_lane(in, i) : NULL;
        if (l == NULL)
            continue; /* nothing ever went through it */
        entry.barrier |= 1U << i;
        entry.after[i] = l->fifo.ptail;
    }
    return push_control(in, &entry);
}

void upbit__inbox_reply(upbit__inbox *in, const upbit_event *e, uint64_t request_id,
                        uint32_t barrier)
{
    if (!push_promised(in, e, UPBIT__PLACE_PROMISED, request_id, barrier))
        let_go(in, e);
}

void upbit__inbox_answer(upbit__inbox *in, upbit__bundle *bundle, uint64_t request_id,
                         uint32_t barrier)
{
    uint32_t data = 0; /* counted before the bundle is the consumer's */
    for (uint32_t i = 0; i < bundle->count; i++)
        data += bundle->events[i]->type < UPBIT_TYPE_STATE;
    if (push_promised(in, bundle, UPBIT__PLACE_BUNDLE, request_id, barrier))
        in->batch->delivered += data;
    else
        upbit__bundle_destroy(bundle);
}

static void put_fixed(upbit__inbox *in, int cell, const upbit_event *e)
{
    if (in->io_closed) {
        let_go(in, e);
        return;
    }
    const upbit_event *old = upbit__latest_put(&in->control, &in->fixed[cell], e);
    if (old != NULL && old != &upbit__event_tomb)
        let_go(in, old);
    touch(in);
}

void upbit__inbox_state(upbit__inbox *in, int session, const upbit_event *e)
{
    put_fixed(in, session == UPBIT_SESSION_PRIVATE ? UPBIT__CELL_PRIVATE : UPBIT__CELL_PUBLIC, e);
}

void upbit__inbox_restored(upbit__inbox *in, int session, const upbit_event *e)
{
    put_fixed(in,
              session == UPBIT_SESSION_PRIVATE ? UPBIT__CELL_RESTORED_PRIVATE
                                               : UPBIT__CELL_RESTORED_PUBLIC,
              e);
}

void upbit__inbox_health(upbit__inbox *in, int session, const upbit_event *e)
{
    put_fixed(in,
              session == UPBIT_SESSION_PRIVATE ? UPBIT__CELL_HEALTH_PRIVATE
                                               : UPBIT__CELL_HEALTH_PUBLIC,
              e);
}

/* The 33rd error and those after it: one event, a copy of the newest, that says how many it
 * stands for. A copy, because the event itself may be shared with other inboxes. If the consumer
 * takes the one that waits while this one is made, this one stands for itself alone: hence
 * replace, not put. */
static void error_for_many(upbit__inbox *in, const upbit_event *e)
{
    const upbit_error_event *error = (const upbit_error_event *)(const void *)e;
    uint64_t count = in->errors_lost + (error->count != 0 ? error->count : 1);
    size_t size = e->size < sizeof *error ? sizeof *error : e->size;
    upbit_event *copy = upbit__event_allocate(size);
    if (copy == NULL) {
        in->errors_lost = count;
        let_go(in, e);
        return;
    }
    in->errors_lost = 0;
    memcpy(copy, e, e->size);
    copy->size = (uint32_t)size;
    copy->extra = NULL; /* it points into the other */
    let_go(in, e);

    upbit_error_event *mine = (upbit_error_event *)(void *)copy;
    upbit__cell *cell = &in->fixed[UPBIT__CELL_ERROR];
    const upbit_event *last = in->error_last;
    uint64_t both = count + in->error_count;
    uint32_t stands_for = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX;
    mine->count = stands_for;
    in->error_last = copy;
    if (last != NULL && upbit__latest_replace(cell, last, copy)) {
        in->error_count = stands_for; /* not mine->count: the copy may be taken and freed by now */
        let_go(in, last);
        return;
    }
    in->error_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    mine->count = in->error_count;
    put_fixed(in, UPBIT__CELL_ERROR, copy);
}

void upbit__inbox_error(upbit__inbox *in, const upbit_event *e)
{
    if (in->io_closed) {
        let_go(in, e);
        return;
    }
    uint64_t taken = atomic_load_explicit(&in->errors_taken, memory_order_acquire); /* consumer */
    int collecting =
        atomic_load_explicit(&in->fixed[UPBIT__CELL_ERROR].val, memory_order_relaxed) != NULL;
    if (collecting || in->errors_pushed - taken >= UPBIT__ERRORS_MAX) {
        error_for_many(in, e);
        touch(in);
        return;
    }
    upbit__ring_entry entry = {.event = e, .kind = UPBIT__PLACE_ERROR};
    if (push_control(in, &entry))
        in->errors_pushed++;
    else
        let_go(in, e);
}

void upbit__inbox_closed(upbit__inbox *in, const upbit_event *e)
{
    if (in->io_closed) {
        let_go(in, e);
        return;
    }
    commit_lanes(in, UPBIT__LANES_ALL);
    in->io_closed = 1;
    atomic_store_explicit(&in->closed, e, memory_order_release); /* upbit__inbox_take */
    touch(in);
}
