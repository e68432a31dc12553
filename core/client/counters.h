/* Counters of a manager: written by the I/O thread alone, read by any thread.
 *
 * One writer, so adding is a load and a store, both relaxed: each counter is exact by itself, and
 * nothing is read off one counter about another. */
#ifndef UPBIT_CLIENT_COUNTERS_H
#define UPBIT_CLIENT_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

typedef _Atomic uint64_t upbit__counter;

#define UPBIT__COUNTERS(X)                                                                         \
    X(messages_received)                                                                           \
    X(bytes_received)                                                                              \
    X(bytes_sent)                                                                                  \
    X(events_decoded)                                                                              \
    X(decode_errors)                                                                               \
    X(events_unwanted)                                                                             \
    X(events_delivered)                                                                            \
    X(events_dropped)                                                                              \
    X(events_coalesced)                                                                            \
    X(events_refused)                                                                              \
    X(requests_sent)                                                                               \
    X(connects)                                                                                    \
    X(reconnects)                                                                                  \
    X(connect_failures)                                                                            \
    X(pings_sent)                                                                                  \
    X(pongs_received)                                                                              \
    X(exchange_errors)                                                                             \
    X(notifications)                                                                               \
    X(read_batches)                                                                                \
    X(proxies)                                                                                     \
    X(keys)                                                                                        \
    X(io_cpu_ns)                                                                                   \
    X(events_repeated)                                                                             \
    X(messages_ignored)                                                                            \
    X(rest_requests)                                                                               \
    X(rest_failures)                                                                               \
    X(limit_waits)                                                                                 \
    X(limit_wait_ms)                                                                               \
    X(limit_wait_longest_ms)                                                                       \
    X(snapshots)                                                                                   \
    X(snapshot_failures)                                                                           \
    X(clock_moved)                                                                                 \
    X(trades_backfilled)                                                                           \
    X(holes_told)                                                                                  \
    X(renewals)                                                                                    \
    X(renewal_failures)                                                                            \
    X(verifications)                                                                               \
    X(repairs)                                                                                     \
    X(messages_compressed)                                                                         \
    X(bytes_compressed)                                                                            \
    X(bytes_inflated)                                                                              \
    X(compression_faults)

typedef struct upbit__counters {
#define UPBIT__COUNTER_FIELD(name) upbit__counter name;
    UPBIT__COUNTERS(UPBIT__COUNTER_FIELD)
#undef UPBIT__COUNTER_FIELD
    _Atomic uint32_t state, epoch, compression, private_state, private_epoch;
    _Atomic int64_t lag_ms, clock_offset_ms;
} upbit__counters;

static inline void upbit__count(upbit__counter *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

/* Something has to wait for a budget: `since` says since when, 0 while nothing waits. Counted when
 * it begins, and its time when it is over. */
static inline void upbit__wait_begin(upbit__counters *c, int64_t *since_ns, int64_t now_ns)
{
    if (*since_ns != 0)
        return;
    *since_ns = now_ns;
    upbit__count(&c->limit_waits, 1);
}

/* How long it was, in ms, rounded up; 0 when nothing waited. */
static inline uint32_t upbit__wait_end(upbit__counters *c, int64_t *since_ns, int64_t now_ns)
{
    if (*since_ns == 0)
        return 0;
    uint64_t ms = (uint64_t)(now_ns - *since_ns + UPBIT__MS - 1) / UPBIT__MS;
    *since_ns = 0;
    upbit__count(&c->limit_wait_ms, ms);
    uint64_t longest = atomic_load_explicit(&c->limit_wait_longest_ms, memory_order_relaxed);
    if (ms > longest)
        upbit__count(&c->limit_wait_longest_ms, ms - longest);
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

#endif
