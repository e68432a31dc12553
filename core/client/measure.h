/* What the I/O thread measures of itself and of the stream, for the statistics.
 *
 * What is added for every event is inline here; what is added once a turn or once in 10 s stands in
 * measure.c. I/O thread only. */
#ifndef UPBIT_CLIENT_MEASURE_H
#define UPBIT_CLIENT_MEASURE_H

#include "client/counters.h"
#include "upbit-live/event.h"

struct upbit_manager;

/* Once in so long, while anything comes: what is told of the last minute moves on. */
#define UPBIT__MARK_NS 10000000000LL

/* An event of the stream was decoded; its receive times are set. */
static inline void upbit__measure_event(upbit__counters *c, const upbit_event *e)
{
    if (e->type < UPBIT_STATS_TYPES)
        upbit__count(&c->decoded_by_type[e->type], 1);
    if (e->stream != UPBIT_STREAM_REALTIME)
        return;
    atomic_store_explicit(&c->lag_ms, e->received_ms - e->exchange_ms, memory_order_relaxed);
    upbit__histogram_add(&c->lag_receive, e->received_wall_ns / 1000 - e->exchange_ms * 1000);
}

/* At the end of a turn, when all that it did has been counted. */
void upbit__measure_turn(struct upbit_manager *m);
/* Timer callback: a mark is set. */
void upbit__measure_mark(void *manager);

#endif
