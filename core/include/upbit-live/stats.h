/* upbit-live/stats.h - what a manager has counted and measured.
 *
 * A counter only grows while the manager lives; a gauge says how things are now. Each has one writer
 * and is exact by itself; between two a message may be counted in one and not yet in the other.
 * docs/STATISTICS.md lists every field with its unit. The structs grow at their end. */
#ifndef UPBIT_LIVE_STATS_H
#define UPBIT_LIVE_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "upbit-live/version.h"

#ifdef __cplusplus
extern "C" {
#endif

struct upbit_manager;

/* What a histogram of durations says, in microseconds; all since the manager (or proxy) was made. The
 * quantiles are the middle of a bucket that is a sixteenth wide: off by 1/32 (3.2 %) at most, and by
 * half a microsecond. The maximum is exact. count 0: nothing was measured, and the rest is 0. */
typedef struct upbit_latency {
    uint64_t count;   /* counter: how many were measured                       */
    uint64_t sum_us;  /* counter: all of them together                         */
    uint64_t p50_us;  /* gauge: half of them took at most this                 */
    uint64_t p99_us;  /* gauge: 99 of 100                                      */
    uint64_t p999_us; /* gauge: 999 of 1,000                                   */
    uint64_t max_us;  /* gauge: the longest                                    */
} upbit_latency;

enum {
    UPBIT_STATS_TYPES = 16, /* indexed by upbit_type, TICKER to RAW             */
    UPBIT_STATS_ERRORS = 32 /* indexed by -upbit_error; 0: none, ended in order */
};

/* Everything a manager counts and measures. */
typedef struct upbit_stats {
    uint64_t messages_received;   /* counter: WebSocket messages                             */
    uint64_t bytes_received;      /* counter: of the stream, after TLS                       */
    uint64_t bytes_sent;          /* counter: of the stream, before TLS                      */
    uint64_t events_decoded;      /* counter                                                 */
    uint64_t decode_errors;       /* counter: messages rejected                              */
    uint64_t events_unwanted;     /* counter: frames nobody wants (any more)                 */
    uint64_t events_delivered;    /* counter: handed to lanes                                */
    uint64_t events_dropped;      /* counter: pushed out of or refused by full lanes         */
    uint64_t events_coalesced;    /* counter: replaced by a newer value                      */
    uint64_t events_refused;      /* counter: did not fit the memory budget                  */
    uint64_t requests_sent;       /* counter: subscription requests                          */
    uint64_t connects;            /* counter: connections that went live                     */
    uint64_t reconnects;          /* counter: of those, after a cut                          */
    uint64_t connect_failures;    /* counter: attempts that did not go live                  */
    uint64_t pings_sent, pongs_received; /* counters:                                        */
    uint64_t exchange_errors;     /* counter: error frames                                   */
    uint64_t notifications;       /* counter: wake-ups of consumers                          */
    uint64_t read_batches;        /* counter: turns of the loop that read data               */
    uint64_t memory_bytes;        /* gauge: event blocks in use                              */
    uint64_t memory_peak_bytes;   /* gauge: the most there were                              */
    uint64_t proxies;             /* gauge: open proxies                                     */
    uint64_t keys;                /* gauge: wanted keys                                      */
    uint64_t io_cpu_ns;           /* counter: CPU time of the I/O thread                     */
    uint32_t state;               /* gauge: upbit_state of the public session                */
    uint32_t epoch;               /* gauge: of the public session                            */
    int64_t lag_ms;               /* gauge: exchange to receipt of the last realtime event   */
    uint64_t events_repeated;     /* counter: repeats and older states that were left out    */
    uint64_t messages_ignored;    /* counter: status frames and the like                     */
    uint64_t rest_requests;       /* counter: REST requests sent, repeats after a 429 too    */
    uint64_t rest_failures;       /* counter: questions by REST without a good answer        */
    uint64_t limit_waits;         /* counter: requests and connects that waited for a limit  */
    uint64_t snapshots;           /* counter: upbit_proxy_get_snapshot, answered             */
    uint64_t snapshot_failures;   /* counter: of those, with an error                        */
    uint64_t clock_moved;         /* counter: accepted though older by 5 s or more           */
    uint64_t trades_backfilled;   /* counter: missed in a cut and had back                   */
    uint64_t holes_told;          /* counter: cuts after which a code's trades stayed missing */
    uint64_t verifications;       /* counter: LIST_SUBSCRIPTIONS asked                       */
    uint64_t repairs;             /* counter: it differed, and all was requested again       */
    uint64_t messages_compressed; /* counter: of messages_received, came compressed          */
    uint64_t bytes_compressed;    /* counter: of bytes_received, their payloads              */
    uint64_t bytes_inflated;      /* counter: what these inflated to                         */
    uint64_t compression_faults;  /* counter: connections that ended because of compression  */
    uint32_t compression;         /* gauge: the window of the public stream's compression,
                                     bits, 8 to 15; 0: not compressed                        */
    uint32_t reserved;
    int64_t clock_offset_ms;      /* gauge: the exchange's clock minus this machine's, by the dates
                                     of REST answers, within a second; 0 while not known     */
    uint64_t renewals;            /* counter: private connections followed by one with a new token */
    uint64_t renewal_failures;    /* counter: attempts at that which failed                  */
    uint32_t private_state;       /* gauge: upbit_state of the private session               */
    uint32_t private_epoch;       /* gauge: of the private session                           */
    uint64_t limit_wait_ms;       /* counter: how long those of limit_waits waited in all    */
    uint64_t limit_wait_longest_ms; /* gauge: the longest of these waits                     */
    int64_t started_ms;           /* gauge: Unix time when the manager was made              */
    uint64_t uptime_ms;           /* counter: since then                                     */
    uint64_t bytes_decoded;       /* counter: of messages, inflated, as the decoder got them */
    double messages_per_s;        /* gauge: over the last 10 whole seconds, as the next ones */
    double bytes_per_s;           /* gauge: of the stream, after TLS                         */
    double inflated_per_s;        /* gauge: of messages, inflated                            */
    uint64_t dropped_per_min;     /* gauge: events dropped in the last 60 whole seconds      */
    uint64_t coalesced_per_min;   /* gauge: values replaced in the last 60 whole seconds     */
    uint64_t queued;              /* gauge: events waiting in the lanes of all proxies       */
    uint64_t queued_peak;         /* gauge: the most that ever waited for one open proxy     */
    uint64_t epoch_switches;      /* counter: epochs begun, of both sessions                 */
    uint64_t losses;              /* counter: connections lost that were live                */
    uint64_t down_ms;             /* counter: time without a live public stream, from the first
                                     loss on; an outage that lasts is in it                  */
    uint64_t private_down_ms;     /* counter: the same of the private one while it is wanted */
    uint64_t http_429;            /* counter: answers 429, by REST and to connects           */
    uint64_t http_418;            /* counter: answers 418, likewise                          */
    uint64_t memory_free_bytes;   /* gauge: event blocks kept for the next events            */
    uint64_t memory_proxy_bytes;  /* gauge: queues of the open proxies, without the events   */
    uint64_t memory_key_bytes;    /* gauge: the wanted keys and who wants them               */
    uint64_t memory_stream_bytes; /* gauge: buffers of the connections in use (transport raw) */
    uint64_t log_lines;           /* counter: lines logged                                   */
    uint64_t log_lines_held;      /* counter: lines kept back: too many of one kind          */
    uint64_t trace_frames;        /* counter: frames written to traces                       */
    uint64_t trace_failures;      /* counter: traces ended by an error, as on a full disk    */
    uint64_t decoded_by_type[UPBIT_STATS_TYPES];   /* counter: of events_decoded             */
    uint64_t ends_by_error[UPBIT_STATS_ERRORS];    /* counter: connections lost and attempts
                                                      failed, by why                         */
    upbit_latency lag_receive;    /* exchange to receipt of realtime events; both clocks are in it */
    upbit_latency lag_consumer;   /* receipt to the consumer's thread: of the first event of every
                                     16th look into a queue, which is that which waited longest */
    upbit_latency rest_latency;   /* REST requests, sending to answer                        */
    upbit_latency turns;          /* turns of the I/O thread's loop, without the waiting     */
} upbit_stats;

/* Fills at most `size` bytes of *out (give sizeof *out). @thread any. Returns 0, INVALID_ARGUMENT. */
UPBIT_API int upbit_manager_get_stats(struct upbit_manager *m, upbit_stats *out, size_t size);

/* The statistics and the health as OpenMetrics text (also what Prometheus reads), ending in "# EOF\n".
 * Returns the length needed without the NUL, like snprintf, or INVALID_ARGUMENT. @thread any. */
UPBIT_API int64_t upbit_manager_to_openmetrics(struct upbit_manager *m, char *buffer, size_t size);

/* The same into a file, in one step: readers see the old text or the new one. Written to a new file
 * beside it, which is renamed. @thread any but io; waits for the disk. Returns 0, INVALID_ARGUMENT,
 * NO_MEMORY, SYSTEM (upbit_error_detail says what). */
UPBIT_API int upbit_manager_write_openmetrics(struct upbit_manager *m, const char *path);

#ifdef __cplusplus
}
#endif
#endif
