/* The I/O thread's side of an inbox: its control lane, places that are promised, barriers. See
 * inbox.h. */
#include <assert.h>
#include <string.h>

#include "queue/inbox.h"
#include "queue/inbox_struct.h"

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
    upbit__inbox_unstage(in);
    for (uint32_t left = in->lanes_touched & lanes; left != 0; left &= left - 1)
        upbit__fifo_commit(&upbit__inbox_lane(in, (unsigned)__builtin_ctz(left))->fifo);
    in->lanes_touched &= ~lanes;
}

static int push_control(upbit__inbox *in, upbit__ring_entry *entry)
{
    upbit__latest_show(&in->latest, &in->fresh); /* what was put before is there before */
    int pushed = upbit__ring_push(&in->ring, entry);
    assert(pushed && "a place was used that was not promised");
    upbit__inbox_touch(in);
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
        upbit__inbox_let_go(in, e);
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
        upbit__inbox_let_go(in, e);
        return;
    }
    upbit__fresh fresh = {NULL, NULL};
    const upbit_event *old = upbit__latest_put(&fresh, &in->fixed[cell], e);
    upbit__latest_show(&in->control, &fresh);
    if (old != NULL) /* no tomb: these cells are never cleared */
        upbit__inbox_let_go(in, old);
    upbit__inbox_touch(in);
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
        upbit__inbox_let_go(in, e);
        return;
    }
    in->errors_lost = 0;
    memcpy(copy, e, e->size);
    copy->size = (uint32_t)size;
    copy->extra = NULL; /* it points into the other */
    upbit__inbox_let_go(in, e);

    upbit_error_event *mine = (upbit_error_event *)(void *)copy;
    upbit__cell *cell = &in->fixed[UPBIT__CELL_ERROR];
    const upbit_event *last = in->error_last;
    uint64_t both = count + in->error_count;
    uint32_t stands_for = both < UINT32_MAX ? (uint32_t)both : UINT32_MAX;
    mine->count = stands_for;
    in->error_last = copy;
    if (last != NULL && upbit__latest_replace(cell, last, copy)) {
        in->error_count = stands_for; /* not mine->count: the copy may be taken and freed by now */
        upbit__inbox_let_go(in, last);
        return;
    }
    in->error_count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    mine->count = in->error_count;
    put_fixed(in, UPBIT__CELL_ERROR, copy);
}

void upbit__inbox_error(upbit__inbox *in, const upbit_event *e)
{
    if (in->io_closed) {
        upbit__inbox_let_go(in, e);
        return;
    }
    uint64_t taken = atomic_load_explicit(&in->errors_taken, memory_order_acquire); /* consumer */
    int collecting =
        atomic_load_explicit(&in->fixed[UPBIT__CELL_ERROR].val, memory_order_relaxed) != NULL;
    if (collecting || in->errors_pushed - taken >= UPBIT__ERRORS_MAX) {
        error_for_many(in, e);
        upbit__inbox_touch(in);
        return;
    }
    upbit__ring_entry entry = {.event = e, .kind = UPBIT__PLACE_ERROR};
    if (push_control(in, &entry))
        in->errors_pushed++;
    else
        upbit__inbox_let_go(in, e);
}

void upbit__inbox_closed(upbit__inbox *in, const upbit_event *e)
{
    if (in->io_closed) {
        upbit__inbox_let_go(in, e);
        return;
    }
    commit_lanes(in, UPBIT__LANES_ALL);
    upbit__latest_show(&in->latest, &in->fresh);
    in->io_closed = 1;
    in->stages = 0;
    upbit__crowd_end(in->batch);
    atomic_store_explicit(&in->closed, e, memory_order_release); /* upbit__inbox_take */
    upbit__inbox_touch(in);
}
