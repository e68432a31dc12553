/* Counters of a manager: written by the I/O thread alone, read by any thread.
 *
 * One writer, so adding is a load and a store, both relaxed: each counter is exact by itself, and
 * nothing is read off one counter about another. */
#ifndef UPBIT_CLIENT_COUNTERS_H
#define UPBIT_CLIENT_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "client/meter.h"
#include "upbit-live/stats.h"

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
    X(compression_faults)                                                                          \
    X(bytes_decoded)                                                                               \
    X(epoch_switches)                                                                              \
    X(losses)                                                                                      \
    X(http_429)                                                                                    \
    X(http_418)                                                                                    \
    X(memory_key_bytes)                                                                            \
    X(memory_stream_bytes)                                                                         \
    X(trace_frames)                                                                                \
    X(trace_failures)

typedef struct upbit__counters {
#define UPBIT__COUNTER_FIELD(name) upbit__counter name;
    UPBIT__COUNTERS(UPBIT__COUNTER_FIELD)
#undef UPBIT__COUNTER_FIELD
    _Atomic uint32_t state, epoch, compression, private_state, private_epoch;
    _Atomic int64_t lag_ms, clock_offset_ms;
    upbit__counter decoded_by_type[UPBIT_STATS_TYPES], ends_by_error[UPBIT_STATS_ERRORS];
    /* Of a session: how long it was down until it was up again, and since when it is (of
     * CLOCK_BOOTTIME; 0: it is not). By upbit_session. */
    upbit__counter down_ns[2];
    _Atomic int64_t down_since_ns[2];
    upbit__histogram lag_receive, rest_latency, turns;
    upbit__meter meter;
    int64_t waits_ns[3]; /* limit_wait.c's: when the last one of a kind began */
} upbit__counters;

static inline void upbit__count(upbit__counter *counter, uint64_t more)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

static inline uint64_t upbit__counted(const upbit__counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* A connection is over, or was not had: why. */
static inline void upbit__count_end(upbit__counters *c, int error)
{
    unsigned at = error < 0 && -error < UPBIT_STATS_ERRORS ? (unsigned)-error : 0;
    upbit__count(&c->ends_by_error[at], 1);
}

/* What the exchange answered when it was asked for something. */
static inline void upbit__count_status(upbit__counters *c, int http_status)
{
    if (http_status == 429)
        upbit__count(&c->http_429, 1);
    else if (http_status == 418)
        upbit__count(&c->http_418, 1);
}

#endif
