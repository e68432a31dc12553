/* Counters of a manager: written by the I/O thread alone, read by any thread.
 *
 * One writer, so adding is a load and a store, both relaxed: each counter is exact by itself, and
 * nothing is read off one counter about another. */
#ifndef UPBIT_CLIENT_COUNTERS_H
#define UPBIT_CLIENT_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

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

#endif
