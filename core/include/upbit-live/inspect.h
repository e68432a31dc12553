/* upbit-live/inspect.h - who subscribed what, and how each part is doing: for tools and post-mortems.
 *
 *     upbit_inspection *i;
 *     if (upbit_manager_inspect(m, &i, 0) == 0) {
 *         for (size_t n = 0; upbit_inspection_key(i, n) != NULL; n++) show(upbit_inspection_key(i, n));
 *         upbit_inspection_free(i);
 *     }
 *
 * An inspection is a copy, made by the I/O thread between two turns: all of it is of one moment. Ask
 * once a second, not a thousand times. Rows end with NULL. Structs grow at their end. */
#ifndef UPBIT_LIVE_INSPECT_H
#define UPBIT_LIVE_INSPECT_H

#include "upbit-live/manager.h"
#include "upbit-live/proxy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_inspection upbit_inspection;

/* A connection and its state. */
typedef struct upbit_session_info {
    size_t struct_size;
    uint32_t session;      /* upbit_session                                            */
    uint32_t state;        /* upbit_state                                              */
    uint32_t epoch;        /* how many connections there were; the number events carry */
    uint32_t attempt;      /* connection attempts since the last LIVE                  */
    uint32_t next_ms;      /* until the next attempt; 0: none is due                   */
    uint32_t tls;          /* 1: encrypted                                             */
    uint32_t compression;  /* window in bits; 0: not compressed                        */
    int32_t error;         /* why the last connection ended                            */
    int64_t state_ms;      /* for how long the state has been as it is                 */
    int64_t heard_ms;      /* since the last byte of this connection; -1: none came    */
    int64_t pong_ms;       /* what the last answer to a ping took; -1: none yet        */
    uint64_t down_ms;      /* as upbit_stats.down_ms                                   */
    uint32_t comebacks;    /* after cuts                                               */
    uint32_t keys;         /* that are on the wire                                     */
    const char *url;       /* never a secret in it                                     */
    const char *reason;    /* for people: why the last connection ended; ""            */
} upbit_session_info;

/* What the exchange is asked for. */
typedef struct upbit_key_info {
    size_t struct_size;
    uint32_t type;         /* upbit_type                                               */
    uint32_t candle_unit;  /* upbit_candle_unit, of candles                            */
    upbit_decimal level;   /* price grouping, of order books; 0: none                  */
    char code[24];         /* "": all orders, assets, announcements                    */
    uint32_t takers;       /* proxies that want it; 0: it lingers                      */
    uint32_t depth;        /* rows a side asked of the exchange; 0: all                */
    uint32_t on_wire;      /* 1: the last request held it                              */
    uint32_t quiet;        /* UPBIT_TYPE_NO_DATA, UPBIT_TYPE_STALE or 0                */
    uint64_t events;       /* counter: that came of it                                 */
    double per_s;          /* gauge: events a second, over the last 10 to 20 s         */
    int64_t lag_ms;        /* exchange to receipt of the latest; INT64_MIN: none came  */
    int64_t age_ms;        /* since it came; -1: none came                             */
} upbit_key_info;

/* One who wants something. */
typedef struct upbit_proxy_info {
    size_t struct_size;
    const char *client_id; /* as it was opened with                                    */
    uint32_t wants;        /* keys                                                     */
    uint32_t selectors;    /* of them made by KRW-* and its like: how many such        */
    const upbit_proxy_stats *stats; /* of upbit_proxy_get_stats                        */
} upbit_proxy_info;

/* One proxy's want of one key. */
typedef struct upbit_want_info {
    size_t struct_size;
    const upbit_proxy_info *proxy; /* who wants                                        */
    const upbit_key_info *key;     /* what                                             */
    uint32_t depth;        /* rows a side; 0: all                                      */
    uint32_t flags;        /* UPBIT_WANT_...                                           */
    uint32_t by_name;      /* 1: its code was named                                    */
    uint32_t by_selector;  /* 1: a selector covers it                                  */
} upbit_want_info;

/* A budget of requests. */
typedef struct upbit_limit_info {
    size_t struct_size;
    const char *name;      /* of the exchange's group, "websocket-connect"             */
    uint32_t group;        /* upbit_limit_group; 0: messages of the public connection  */
    uint32_t allowed;      /* grants a window, as the strategy leaves them             */
    uint32_t in_use;       /* of those, not free now                                   */
    uint32_t waiting;      /* REST questions that wait for one                         */
    uint32_t window_ms;    /* of the exchange                                          */
    uint32_t shared;       /* 1: counted with the user's other processes               */
    int64_t closed_ms;     /* for how long the exchange wants none; 0: open            */
} upbit_limit_info;

/* Waits for the I/O thread, timeout_ms (0: 1,000) at most. @thread any but io (WRONG_THREAD). The
 * caller owns *out. Returns 0, INVALID_ARGUMENT, ILLEGAL_STATE, CLOSED, TIMEOUT, NO_MEMORY. */
UPBIT_API int upbit_manager_inspect(upbit_manager *m, upbit_inspection **out, uint32_t timeout_ms);
UPBIT_API void upbit_inspection_free(upbit_inspection *i); /* @thread any; NULL allowed */

/* Row `index`, or NULL behind the last; lives as long as the inspection. Sessions: public, private.
 * Keys: by type, then code. Proxies: by client_id. Wants: by proxy, then key. @thread any. */
UPBIT_API const upbit_session_info *upbit_inspection_session(const upbit_inspection *i, size_t index);
UPBIT_API const upbit_key_info *upbit_inspection_key(const upbit_inspection *i, size_t index);
UPBIT_API const upbit_proxy_info *upbit_inspection_proxy(const upbit_inspection *i, size_t index);
UPBIT_API const upbit_want_info *upbit_inspection_want(const upbit_inspection *i, size_t index);
UPBIT_API const upbit_limit_info *upbit_inspection_limit(const upbit_inspection *i, size_t index);

#ifdef __cplusplus
}
#endif
#endif
