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
#include "upbit-live/stats.h"

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

typedef enum upbit_health_level {
    UPBIT_HEALTH_HEALTHY = 0,
    UPBIT_HEALTH_DEGRADED = 1, /* e.g. connecting, or messages being dropped */
    UPBIT_HEALTH_CRITICAL = 2  /* no data is coming */
} upbit_health_level;

/* Why the level is as it is: a set of bits, 0 when all is well. New ones may be added. */
typedef enum upbit_health_reason {
    UPBIT_REASON_CONNECTING = 1,      /* not live yet                                           */
    UPBIT_REASON_RECONNECTING = 2,    /* the connection was lost, or could not be had           */
    UPBIT_REASON_SILENT = 4,          /* connected, but a sign of life is overdue               */
    UPBIT_REASON_CLOSED = 8,          /* shut down, or a recording is over                      */
    UPBIT_REASON_REFUSED = 16,        /* the exchange refused: keys, a request, a certificate   */
    UPBIT_REASON_LIMITED = 32,        /* it wants nothing from us for a while: 429, 418         */
    UPBIT_REASON_COMPRESSION = 64,    /* compression was given up after faults                  */
    UPBIT_REASON_CLOCK = 128,         /* this machine's clock is wrong                          */
    UPBIT_REASON_DROPPING = 256,      /* a consumer was too slow in the last minute: events of
                                         its lanes were dropped                                 */
    UPBIT_REASON_MEMORY = 512,        /* events did not fit the memory budget in that minute    */
    UPBIT_REASON_BAD_MESSAGES = 1024, /* messages could not be decoded in that minute           */
    UPBIT_REASON_POLLING = 2048,      /* no private connection: orders and balances by REST     */
    UPBIT_REASON_PRIVATE = 4096       /* of the manager: the private session is not healthy     */
} upbit_health_reason;

/* What the library does about it. */
typedef enum upbit_health_doing {
    UPBIT_DOING_NOTHING = 0,      /* all is well, or nothing can be done: see `action`  */
    UPBIT_DOING_CONNECTING = 1,   /* a connection is being made                         */
    UPBIT_DOING_WAITING = 2,      /* the next attempt comes at retry_ms                 */
    UPBIT_DOING_PROBING = 3,      /* a ping was sent; without its answer: a new connection */
    UPBIT_DOING_MAKING_ROOM = 4,  /* the oldest events of full lanes go; GAP names them */
    UPBIT_DOING_SKIPPING = 5,     /* bad messages are left out                          */
    UPBIT_DOING_POLLING = 6,      /* REST stands in for the stream                      */
    UPBIT_DOING_UNCOMPRESSED = 7  /* connections are made without compression           */
} upbit_health_doing;

/* How the library is doing, in a word, and why. */
typedef struct upbit_health {
    int32_t level;    /* upbit_health_level                                  */
    int32_t error;    /* the last connection's end, upbit_error; 0 if none   */
    uint32_t state;   /* upbit_state of the session; overall: of the public  */
    uint32_t attempt; /* connection attempts since the last LIVE             */
    int64_t since_ms; /* Unix time since when the level is as it is          */
    char reason[128]; /* for people                                          */
    char compression[160]; /* for people: "permessage-deflate", with its terms; "none": the server
                              did not agree; "off"; or why it was given up, and until when */
    uint32_t reasons; /* upbit_health_reason, a set                          */
    uint32_t doing;   /* upbit_health_doing about the gravest of them        */
    int64_t retry_ms; /* WAITING: Unix time of the next attempt; 0 otherwise */
    int64_t uptime_ms; /* since the manager was made                         */
    char action[128]; /* for people: what the library is doing about it      */
} upbit_health;

/* The manager's health: the public session's, and DEGRADED with PRIVATE among its reasons while the
 * private one is not healthy. As upbit_manager_get_stats. @thread any. */
UPBIT_API int upbit_manager_get_health(upbit_manager *m, upbit_health *out, size_t size);

/* One session's (upbit_session). The private one is HEALTHY while nothing private is wanted. As
 * above. @thread any. */
UPBIT_API int upbit_manager_get_stream_health(upbit_manager *m, int session, upbit_health *out,
                                              size_t size);

/* Levels for some modules, as the option log_levels says; NULL or "": log_level for all. Debug a
 * connection while it runs: "stream=debug". @thread any, but not from within a log function. Returns 0,
 * INVALID_ARGUMENT, ILLEGAL_STATE. */
UPBIT_API int upbit_manager_set_log_levels(upbit_manager *m, const char *levels);

/* Every frame of a session (upbit_session) from now on goes to a new file as well, as a recording that
 * transport_replay and upbit-mock --replay play (docs/GUIDE.md, Recordings): messages as sent and
 * received, inflated, never the upgrade with its Authorization. The file must not exist and is for its
 * owner alone (0600); a private session's holds orders and balances. What was traced to before is
 * complete on the disk when this returns; NULL ends it. A trace that cannot be written to any more ends
 * with an ERROR line and in upbit_stats.trace_failures.
 * @thread any but io (WRONG_THREAD). Returns 0, INVALID_ARGUMENT, ILLEGAL_STATE, CLOSED, NO_MEMORY, SYSTEM
 * (upbit_error_detail says what: the new file, or the end of the old one). */
UPBIT_API int upbit_manager_set_trace(upbit_manager *m, int session, const char *path);

#ifdef __cplusplus
}
#endif
#endif
