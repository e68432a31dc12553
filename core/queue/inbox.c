/* An inbox's life, its configuration and its counters. See inbox.h, inbox_struct.h. */
#include "queue/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "queue/inbox_struct.h"

enum { MESSAGES_MAX = 1 << 24 };

static upbit__lane_policy policy_of(int type, int policy)
{
    switch (type) {
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_ORDERBOOK:
        if (policy == UPBIT_POLICY_DEFAULT)
            return UPBIT__LANE_LATEST;
        break;
    case UPBIT_TYPE_CANDLE:
        break;
    case UPBIT_TYPE_MY_ORDER:
    case UPBIT_TYPE_MY_ASSET:
        if (policy == UPBIT_POLICY_DEFAULT || policy == UPBIT_POLICY_COALESCE)
            return UPBIT__LANE_LOSSLESS;
        break;
    default: /* trade, announcement, raw: every one counts, so coalescing is not for them */
        if (policy == UPBIT_POLICY_COALESCE)
            return UPBIT__LANE_DROP_OLDEST;
        break;
    }
    if (policy == UPBIT_POLICY_COALESCE)
        return UPBIT__LANE_LATEST;
    return policy == UPBIT_POLICY_LOSSLESS ? UPBIT__LANE_LOSSLESS : UPBIT__LANE_DROP_OLDEST;
}

int upbit__inbox_config_init(upbit__inbox_config *config, const upbit_proxy_options *options)
{
    memset(config, 0, sizeof *config);
    int policy = options == NULL ? UPBIT_POLICY_DEFAULT : options->policy;
    if (policy < UPBIT_POLICY_DEFAULT || policy > UPBIT_POLICY_LOSSLESS)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_RAW; type++)
        if (upbit__lane_of(type) >= 0)
            config->policy[upbit__lane_of(type)] = (uint8_t)policy_of(type, policy);
    if (options != NULL) {
        config->messages = config->lossless_messages = options->queue_messages;
        config->bytes = config->lossless_bytes = options->queue_bytes;
    }
    return 0;
}

static uint32_t power_of_two(uint32_t n, uint32_t otherwise)
{
    if (n == 0)
        return otherwise;
    if (n > MESSAGES_MAX)
        return MESSAGES_MAX;
    uint32_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

int upbit__inbox_create(upbit__inbox **out, const upbit__inbox_config *config)
{
    *out = NULL;
    upbit__inbox *in = aligned_alloc(UPBIT__CACHE_LINE, sizeof *in);
    upbit__ring_slot *slots = malloc(UPBIT__CONTROL_RING * sizeof *slots);
    if (in == NULL || slots == NULL) {
        free(in);
        free(slots);
        return UPBIT_ERROR_NO_MEMORY;
    }
    memset(in, 0, sizeof *in); /* all counters, masks, lists; atomics are initialised below again */
    in->batch = config->batch;
    in->waiter = config->waiter;
    in->owner = config->owner;
    in->messages = power_of_two(config->messages, 1024);
    in->bytes = config->bytes != 0 ? config->bytes : 1U << 20;
    in->lossless_messages = power_of_two(config->lossless_messages, 65536);
    in->lossless_bytes = config->lossless_bytes != 0 ? config->lossless_bytes : 64U << 20;
    memcpy(in->policy, config->policy, sizeof in->policy);

    upbit__latest_init(&in->latest, &upbit__event_tomb);
    upbit__latest_init(&in->control, &upbit__event_tomb);
    upbit__ring_init(&in->ring, slots, UPBIT__CONTROL_RING);
    upbit__flag_init(&in->idle, 1);
    atomic_init(&in->refs, 3);
    atomic_init(&in->ready.next, (upbit__link *)NULL);
    atomic_init(&in->closed, (const upbit_event *)NULL);
    for (int i = 0; i < UPBIT__LANES; i++) {
        atomic_init(&in->lanes[i], (upbit__lane *)NULL);
    }
    for (int i = 0; i < UPBIT__CELL_FIXED; i++)
        upbit__cell_init(&in->fixed[i]);

    upbit__batch *nobody = NULL; /* the first manager wins; rlx: only the pointer is compared */
    atomic_compare_exchange_strong_explicit(&in->waiter->batch, &nobody, in->batch,
                                            memory_order_relaxed, memory_order_relaxed);
    atomic_init(&in->memory, sizeof *in + UPBIT__CONTROL_RING * sizeof *slots);
    in->grouped = nobody == NULL || nobody == in->batch;
    upbit__waiter_ref(in->waiter); /* the I/O thread's side */
    upbit__waiter_ref(in->waiter); /* the consumer's side   */
    *out = in;
    return 0;
}

upbit__lane_policy upbit__inbox_policy(const upbit__inbox *in, int type)
{
    int lane = upbit__lane_of(type);
    return lane < 0 ? UPBIT__LANE_DROP_OLDEST : (upbit__lane_policy)in->policy[lane];
}

void *upbit__inbox_owner(const upbit__inbox *in)
{
    return in->owner;
}

/* Nobody else is left: the acquire of the last unref shows all they did, so the lanes are read
 * as the consumer would. */
static void finish(upbit__inbox *in)
{
    upbit_event_unref(in->held);
    upbit__bundle_destroy(in->bundle);
    for (uint64_t left = upbit__inbox_held(in); left > 0; left--)
        upbit_event_unref(in->batch_events[UPBIT__TURN - left]);
    for (unsigned i = 0; i < UPBIT__LANES; i++) {
        upbit__lane *lane = upbit__inbox_lane(in, i);
        if (lane == NULL)
            continue;
        upbit__fifo *f = &lane->fifo;
        upbit__slot *slots = upbit__fifo_slots(upbit__fifo_where(f));
        uint64_t mask = upbit__fifo_capacity(upbit__fifo_where(f)) - 1;
        for (uint64_t at = upbit__fifo_head(f); at != f->ptail; at++)
            upbit_event_unref(upbit__fifo_unmarked(
                atomic_load_explicit(&slots[at & mask].event, memory_order_relaxed)));
        free(slots);
        for (int k = 0; k < lane->arrays; k++)
            free(lane->array[k]);
        if (lane != &in->first_lane)
            free(lane);
    }
    const upbit_event *e;
    while ((e = upbit__latest_pop(&in->latest)) != NULL)
        upbit_event_unref(e);
    while ((e = upbit__latest_pop(&in->control)) != NULL)
        upbit_event_unref(e);
    while (upbit__ring_waiting(&in->ring) != 0) {
        upbit__ring_entry entry;
        upbit__ring_pop(&in->ring, &entry);
        if (entry.kind == UPBIT__PLACE_BUNDLE)
            upbit__bundle_destroy((upbit__bundle *)(uintptr_t)entry.event);
        else
            upbit_event_unref(entry.event);
    }
    upbit_event_unref(atomic_load_explicit(&in->closed, memory_order_relaxed));
    for (upbit__cells *block = in->cells, *next; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
    free(in->ring.slots);
    free(in);
}

void upbit__inbox_unref(upbit__inbox *in)
{
    if (atomic_fetch_sub_explicit(&in->refs, 1, memory_order_acq_rel) == 1) /* the other two */
        finish(in);
}

void upbit__inbox_detach(upbit__inbox *in)
{
    if (in == NULL)
        return;
    upbit__waiter *w = in->waiter;
    atomic_store_explicit(&in->detached, 1, memory_order_release); /* upbit__waiter_take */
    if (upbit__flag_take(&in->idle))
        upbit__inbox_make_ready(in); /* no notification: the next drain, whenever, cleans up */
    upbit__inbox_unref(in);
    upbit__waiter_unref(w);
}

uint64_t upbit__inbox_memory(const upbit__inbox *in)
{
    return atomic_load_explicit(&in->memory, memory_order_relaxed);
}

const upbit__histogram *upbit__inbox_lag(const upbit__inbox *in)
{
    return &in->lag;
}

void upbit__inbox_mark(upbit__inbox *in, int64_t now_ns)
{
    unsigned at = in->mark++ % UPBIT__MARKS;
    atomic_store_explicit(&in->marks[at].dropped,
                          atomic_load_explicit(&in->dropped, memory_order_relaxed),
                          memory_order_relaxed);
    atomic_store_explicit(&in->marks[at].coalesced,
                          atomic_load_explicit(&in->coalesced, memory_order_relaxed),
                          memory_order_relaxed);
    atomic_store_explicit(&in->marks[at].at_ns, now_ns, memory_order_release); /* last_minute */
}

/* From the newest mark that is a minute old; without one from the beginning. */
static void last_minute(const upbit__inbox *in, upbit_proxy_stats *out)
{
    int64_t newest = 0, before = upbit__clock_monotonic_ns() - 60 * UPBIT__SECOND;
    uint64_t dropped = 0, coalesced = 0;
    for (int i = 0; i < UPBIT__MARKS; i++) {
        int64_t at = atomic_load_explicit(&in->marks[i].at_ns, memory_order_acquire); /* _mark */
        if (at == 0 || at > before || at <= newest)
            continue;
        newest = at;
        dropped = atomic_load_explicit(&in->marks[i].dropped, memory_order_relaxed);
        coalesced = atomic_load_explicit(&in->marks[i].coalesced, memory_order_relaxed);
    }
    out->dropped_per_min = out->dropped - dropped;
    out->coalesced_per_min = out->coalesced - coalesced;
}

void upbit__inbox_stats(upbit__inbox *in, upbit_proxy_stats *out)
{
    memset(out, 0, sizeof *out);
    uint64_t progress = atomic_load_explicit(&in->progress, memory_order_relaxed);
    out->delivered = upbit__progress_delivered(progress);
    out->dropped = atomic_load_explicit(&in->dropped, memory_order_relaxed);
    out->coalesced = atomic_load_explicit(&in->coalesced, memory_order_relaxed);
    out->queued = upbit__progress_held(progress);
    uint32_t open = atomic_load_explicit(&in->open, memory_order_acquire); /* open_lane */
    for (unsigned i = 0; i < UPBIT__LANES; i++)
        if (open >> i & 1U)
            out->queued += upbit__fifo_waiting(&upbit__inbox_lane(in, i)->fifo);
    out->queued_peak = atomic_load_explicit(&in->queued_peak, memory_order_relaxed);
    out->gaps = atomic_load_explicit(&in->gaps, memory_order_relaxed);
    last_minute(in, out);
}
