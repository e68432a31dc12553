/* The I/O thread's side of an inbox: what goes into its lanes. See inbox.h. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

void upbit__inbox_put_on_list(upbit__inbox *in)
{
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
    if (upbit__fifo_where(&l->fifo) != 0)
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
    if (!lossless)
        in->stages = (uint8_t)(in->stages | 1U << lane);
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
    upbit__slot *slots = upbit__fifo_may_grow(f)
                             ? new_array(in, 2 * upbit__fifo_capacity(upbit__fifo_where(f)))
                             : NULL;
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
        upbit__inbox_let_go(in, oldest);
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
    upbit__inbox_touch(in);
    return 0;
}

/* What the consumer may have to make an EPOCH for, and what is none of the lane's data. */
static void mark_odd(upbit__fifo *f, const upbit_event *e)
{
    if (e->epoch != f->epoch || e->type >= UPBIT_TYPE_STATE)
        upbit__fifo_mark(f);
    f->epoch = e->epoch;
}

static int put_event(upbit__inbox *in, upbit__fifo *f, const upbit_event *e, uint32_t lane_bit)
{
    mark_odd(f, e);
    upbit__fifo_put(f, e, e->size);
    in->lanes_touched |= lane_bit;
    in->batch->delivered++;
    upbit__inbox_touch(in);
    return 1;
}

static int push_lossless(upbit__inbox *in, upbit__lane *l, unsigned lane, const upbit_event *e)
{
    upbit__fifo_refresh(&l->fifo);
    if (lossless_takes(in, l, lane, e->size))
        return put_event(in, &l->fifo, e, 1U << lane);
    upbit__fifo_skip(&l->fifo);
    upbit__inbox_let_go(in, e);
    count_dropped(in);
    return 0;
}

static void put_dropping(upbit__inbox *in, upbit__lane *l, const upbit_event *e, uint32_t size)
{
    upbit__fifo *f = &l->fifo;
    /* hseen may be old: then there is more room than it says; no slot that is still read. */
    if (!upbit__fifo_has_room(f, size)) {
        upbit__fifo_refresh(f);
        grow(in, l);
        make_room(in, f, size);
    }
    upbit__fifo_put(f, e, size);
}

static int push_dropping(upbit__inbox *in, upbit__lane *l, unsigned lane, const upbit_event *e)
{
    mark_odd(&l->fifo, e);
    put_dropping(in, l, e, e->size);
    in->lanes_touched |= 1U << lane;
    in->batch->delivered++;
    upbit__inbox_touch(in);
    return 1;
}

/* ---- the stage ---- */

/* The events of `which` into their lane. With room for all of them none is looked at alone. */
static unsigned unstage_lane(upbit__inbox *in, unsigned lane, uint64_t which)
{
    const upbit__batch *b = in->batch;
    upbit__lane *l = upbit__inbox_lane(in, lane);
    upbit__fifo *f = &l->fifo;
    if (b->stage_epoch[lane] != f->epoch) {
        upbit__fifo_mark(f);
        f->epoch = b->stage_epoch[lane];
    }
    /* What all inboxes were pushed is a bound that costs nothing to know. */
    if (!upbit__fifo_has_room_for(f, b->staged, b->stage_bytes[lane]))
        upbit__fifo_refresh(f);
    if (upbit__fifo_has_room_for(f, b->staged, b->stage_bytes[lane]))
        return upbit__fifo_put_all(f, which, b->stage, b->stage_size);
    unsigned count = 0;
    for (; which != 0; which &= which - 1, count++) {
        unsigned at = (unsigned)__builtin_ctzll(which);
        put_dropping(in, l, b->stage[at], b->stage_size[at]);
    }
    return count;
}

void upbit__inbox_unstage_own(upbit__inbox *in)
{
    uint64_t staged = in->staged;
    if (staged == 0)
        return;
    upbit__batch *b = in->batch;
    in->staged = 0;
    b->stage_last = NULL; /* its lane may drop it: another may come to lie where it lay */
    for (uint32_t left = b->stage_lanes; left != 0; left &= left - 1) {
        unsigned lane = (unsigned)__builtin_ctz(left);
        uint64_t which = staged & b->stage_of[lane];
        if (which == 0)
            continue;
        b->delivered += unstage_lane(in, lane, which);
        in->lanes_touched |= 1U << lane;
    }
}

void upbit__inbox_unstage(upbit__inbox *in)
{
    upbit__crowd_spill(in->batch);
    upbit__inbox_unstage_own(in);
}

void upbit__batch_unstage(upbit__batch *b)
{
    if (b->staged == 0)
        return;
    upbit__crowd_unstage(b);
    for (upbit__inbox *in = b->touched; in != NULL; in = in->touched_next) {
        if (in->touched_next != NULL)
            UPBIT__PREFETCH(&in->touched_next->batch);
        upbit__inbox_unstage_own(in);
    }
    upbit__batch_clear_stage(b);
}

void upbit__batch_stage(upbit__batch *b, const upbit_event *e, unsigned lane)
{
    uint32_t bit = 1U << lane;
    if (b->staged == UPBIT__STAGE ||
        ((b->stage_lanes & bit) != 0 && b->stage_epoch[lane] != e->epoch))
        upbit__batch_unstage(b);
    b->stage_epoch[lane] = e->epoch;
    uint32_t at = b->staged++;
    b->stage[at] = b->stage_last = e;
    b->stage_size[at] = e->size;
    b->stage_bit = (uint64_t)1 << at;
    b->stage_of[lane] |= b->stage_bit;
    b->stage_bytes[lane] += e->size;
    b->stage_lane = bit;
    b->stage_lanes |= bit;
}

int upbit__inbox_push_into(upbit__inbox *in, int type, const upbit_event *e)
{
    int at = upbit__lane_of(type);
    unsigned lane = (unsigned)at;
    if (at < 0 || in->io_closed || in->policy[lane] == UPBIT__LANE_LATEST) {
        assert(in->io_closed && "pushed to a lane that does not exist");
        upbit__inbox_let_go(in, e);
        return 0;
    }
    upbit__inbox_unstage(in);
    upbit__lane *l = upbit__inbox_lane(in, lane);
    if (l == NULL && (l = open_lane(in, lane)) == NULL) {
        upbit__inbox_skip(in, type);
        upbit__inbox_let_go(in, e);
        return 0;
    }
    if (l->fifo.lossless)
        return push_lossless(in, l, lane, e);
    return push_dropping(in, l, lane, e);
}

/* The first taker of an event, or the first event of a taker since the last commit. */
__attribute__((noinline)) static int push_first(upbit__inbox *in, const upbit_event *e)
{
    unsigned lane = e->type - 1U; /* upbit__lane_of, but for RAW */
    if (lane >= UPBIT__LANES - 1 || !(1U << lane & in->stages))
        return upbit__inbox_push_into(in, e->type, e);
    upbit__batch *b = in->batch;
    if (b->stage_last != e || (in->staged & b->stage_bit) != 0)
        upbit__batch_stage(b, e, lane);
    in->staged |= b->stage_bit;
    upbit__inbox_touch(in);
    return 1;
}

int upbit__inbox_push(upbit__inbox *in, const upbit_event *e)
{
    const upbit__batch *b = in->batch;
    if (b->stage_last != e || (in->staged & b->stage_bit) != 0 || !(in->stages & b->stage_lane) ||
        !in->touched)
        return push_first(in, e);
    in->staged |= b->stage_bit;
    return 1;
}

_Static_assert(offsetof(upbit__inbox, batch) == UPBIT__INBOX_FIRST_LINE,
               "upbit__inbox_expect fetches what a push needs");

void upbit__inbox_skip(upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    if (lane < 0 || in->io_closed || in->policy[lane] == UPBIT__LANE_LATEST)
        return;
    upbit__inbox_unstage(in);
    upbit__lane *l = upbit__inbox_lane(in, (unsigned)lane);
    if (l != NULL) {
        upbit__fifo_skip(&l->fifo);
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
    upbit__inbox_unstage(in);
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

static upbit__cell *new_cell(upbit__inbox *in)
{
    upbit__cells *block = in->cells;
    if (block == NULL || block->used == block->count) {
        uint32_t count = block == NULL ? UPBIT__CELLS_FIRST : 2 * block->count;
        count = count < UPBIT__CELLS_MOST ? count : UPBIT__CELLS_MOST;
        size_t size = sizeof *block + count * (sizeof(upbit__cell) + sizeof(upbit__cell_rest));
        size = (size + UPBIT__CACHE_LINE - 1) / UPBIT__CACHE_LINE * UPBIT__CACHE_LINE;
        block = aligned_alloc(UPBIT__CACHE_LINE, size);
        if (block == NULL)
            return NULL;
        *block = (upbit__cells){.next = in->cells, .count = count};
        in->cells = block;
        upbit__count(&in->memory, size);
    }
    upbit__cell *c = &block->cells[block->used];
    upbit__cell_init(c);
    c->rest = (upbit__cell_rest *)(void *)&block->cells[block->count] + block->used++;
    *c->rest = (upbit__cell_rest){0};
    return c;
}

upbit__cell *upbit__inbox_cell(upbit__inbox *in)
{
    upbit__cell *c = in->free_cells;
    if (c != NULL) {
        in->free_cells = c->rest->free_next;
        c->rest->free_next = NULL;
        return c;
    }
    for (upbit__cell **link = &in->retired_cells; *link != NULL; link = &(*link)->rest->free_next) {
        c = *link;
        /* NULL is stored by the consumer's pop alone; put, the next to touch it, looks with
         * acquire. */
        if (atomic_load_explicit(&c->val, memory_order_relaxed) == NULL) {
            *link = c->rest->free_next;
            c->rest->free_next = NULL;
            return c;
        }
    }
    return new_cell(in);
}

void upbit__inbox_cell_clear(upbit__inbox *in, upbit__cell *c)
{
    const upbit_event *old = upbit__latest_clear(&in->latest, &in->fresh, c);
    upbit__latest_show(&in->latest, &in->fresh);
    if (old != NULL && old != &upbit__event_tomb)
        upbit__inbox_let_go(in, old); /* nobody has to be woken for a tomb */
}

void upbit__inbox_cell_release(upbit__inbox *in, upbit__cell *c)
{
    if (c == NULL)
        return;
    upbit__inbox_cell_clear(in, c);
    c->rest->free_next = in->free_cells;
    in->free_cells = c;
}

void upbit__inbox_cell_retire(upbit__inbox *in, upbit__cell *c, const upbit__about *about)
{
    c->rest->about = about != NULL ? *about : (upbit__about){0};
    c->rest->free_next = in->retired_cells;
    in->retired_cells = c;
}

void upbit__inbox_retired_clear(upbit__inbox *in,
                                int (*gone)(const void *context, const upbit__about *about),
                                const void *context)
{
    for (upbit__cell *c = in->retired_cells; c != NULL; c = c->rest->free_next)
        if (c->rest->about.type != 0 && gone(context, &c->rest->about))
            upbit__inbox_cell_clear(in, c);
}

int upbit__inbox_put(upbit__inbox *in, upbit__cell *c, const upbit_event *e)
{
    if (in->io_closed) {
        upbit__inbox_let_go(in, e);
        return 0;
    }
    const upbit_event *old = upbit__latest_put(&in->fresh, c, e);
    in->batch->delivered++;
    upbit__inbox_touch(in);
    if (old == NULL || old == &upbit__event_tomb)
        return 1;
    upbit__inbox_let_go(in, old);
    upbit__count(&in->coalesced, 1);
    in->batch->coalesced++;
    return 0;
}
