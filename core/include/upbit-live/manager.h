/* upbit-live/manager.h - one I/O thread, its connections, the union of all wants.
 *
 * Most programs never name a manager: upbit_proxy_open(&p, NULL, "chart_btc", NULL) uses the default
 * one, which is made on first use and lives until upbit_manager_shutdown or the process's end. Further
 * instances are for tests and for programs that talk to two exchanges.
 *
 * A manager is reference-counted: by its creator and by its open proxies' use of it. Shutting down is
 * a message to the I/O thread and bounded in time; proxies outlive their manager as harmless shells
 * that deliver what they still hold, then CLOSED, then nothing.
 *
 * Fork: a child process inherits no thread. In it every call on an inherited manager or proxy answers
 * ILLEGAL_STATE (closing and releasing are harmless). */
#ifndef UPBIT_LIVE_MANAGER_H
#define UPBIT_LIVE_MANAGER_H

#include "upbit-live/options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_manager upbit_manager;

/* The process-wide instance, made on first use. Do not release it; upbit_manager_shutdown ends it, and
 * the next use makes a new one.
 * @thread any. Returns 0, NO_MEMORY, SYSTEM. */
UPBIT_API int upbit_manager_default(upbit_manager **out);

/* An instance of your own; give it back with upbit_manager_release. options may be NULL.
 * @thread any. Returns 0; INVALID_ARGUMENT (see upbit_error_detail: which option and why),
 * UNAVAILABLE (a part this build does not have), NO_MEMORY, SYSTEM. */
UPBIT_API int upbit_manager_create(upbit_manager **out, const upbit_options *options);

/* Stops the I/O thread: every proxy gets CLOSED, connections are closed in order, the thread is joined.
 * Takes at most deadline_ms (0: 1,000). Repeating is harmless.
 * @thread any but io (WRONG_THREAD). Returns 0, or TIMEOUT when the connections had to be cut. */
UPBIT_API int upbit_manager_shutdown(upbit_manager *m, uint32_t deadline_ms);

/* Gives up the reference of upbit_manager_create; the last one shuts down. NULL is allowed.
 * @thread any but io. */
UPBIT_API void upbit_manager_release(upbit_manager *m);

/* Every manager of this process stops as if shut down. Does not wait.
 * @thread any, and inside signal handlers. */
UPBIT_API void upbit_manager_request_stop(void);

/* Log lines go to `log` from now on (NULL: stderr), down to `level` (upbit_log_level; 0: as before). For
 * the default manager, which is made without options. When it returns, no line runs in the old function.
 * @thread any, but not from within a log function. Returns 0, INVALID_ARGUMENT, ILLEGAL_STATE. */
UPBIT_API int upbit_manager_set_log(upbit_manager *m, upbit_log_function log, void *context,
                                    int level);

/* Counters since the manager was made; cheap, may be asked often. A counter only grows; a gauge says
 * how things are now. Single counters are exact; between them a message may be counted in one and not
 * yet in another. */
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
    uint64_t pings_sent, pongs_received; /* counters:                                         */
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
} upbit_stats;

/* Fills at most `size` bytes of *out (give sizeof *out). @thread any. Returns 0, INVALID_ARGUMENT. */
UPBIT_API int upbit_manager_get_stats(upbit_manager *m, upbit_stats *out, size_t size);

typedef enum upbit_health_level {
    UPBIT_HEALTH_HEALTHY = 0,
    UPBIT_HEALTH_DEGRADED = 1, /* e.g. connecting, or messages being dropped */
    UPBIT_HEALTH_CRITICAL = 2  /* no data is coming */
} upbit_health_level;

/* How the library is doing, in a word, and why. */
typedef struct upbit_health {
    int32_t level;    /* upbit_health_level                                  */
    int32_t error;    /* the last connection's end, upbit_error; 0 if none   */
    uint32_t state;   /* upbit_state of the public session                   */
    uint32_t attempt; /* connection attempts since the last LIVE             */
    int64_t since_ms; /* Unix time since when the level is as it is          */
    char reason[128]; /* for people                                          */
    char compression[160]; /* for people: "permessage-deflate", with its terms; "none": the server
                              did not agree; "off"; or why it was given up, and until when */
} upbit_health;

/* As upbit_manager_get_stats. @thread any. */
UPBIT_API int upbit_manager_get_health(upbit_manager *m, upbit_health *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
