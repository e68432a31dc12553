/* upbit-live/proxy.h - one per widget: its wants, its own queue.
 *
 * The contract in one sentence: commands from any thread, events on one thread per proxy, callbacks
 * only signal.
 *
 *     upbit_proxy *p;
 *     upbit_proxy_open(&p, NULL, "ticker_main", NULL);          starts everything
 *     const char *codes[] = {"KRW-BTC", "KRW-ETH"};
 *     upbit_want want = UPBIT_WANT_INIT;
 *     want.type = UPBIT_TYPE_TICKER; want.codes = codes; want.code_count = 2;
 *     upbit_proxy_subscribe(p, &want, 0);
 *     for (;;) {                                                 or hang fd into your own loop
 *         poll on upbit_proxy_fd(p);
 *         upbit_delivery d;
 *         while (upbit_proxy_next(p, &d) > 0) { use(d.event); upbit_event_unref(d.event); }
 *     }
 *     upbit_proxy_close(p);
 *
 * Wants of different proxies never disturb one another: the library keeps their union on the wire. */
#ifndef UPBIT_LIVE_PROXY_H
#define UPBIT_LIVE_PROXY_H

#include "upbit-live/manager.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_proxy upbit_proxy;

/* m NULL: the default manager. client_id: 1..64 of [A-Za-z0-9_.:-], unique per manager while open
 * (DUPLICATE_CLIENT_ID); the recommended form is <module>_<instance>, e.g. "chart_btc", "orderbook_2".
 * Opening starts the connection; nothing else needs to be called. options may be NULL.
 * @thread any. Returns 0, INVALID_ARGUMENT, DUPLICATE_CLIENT_ID, CLOSED, NO_MEMORY, SYSTEM,
 * ILLEGAL_STATE (in a forked child). The caller owns the proxy: upbit_proxy_close. */
UPBIT_API int upbit_proxy_open(upbit_proxy **out, upbit_manager *m, const char *client_id,
                               const upbit_proxy_options *options);

/* Drops its wants and frees it; never waits for the network. Events taken before stay valid. Nobody may
 * use the proxy during or after the call. Before or after the manager's end; NULL is allowed.
 * @thread any, but with no other call on this proxy running. */
UPBIT_API void upbit_proxy_close(upbit_proxy *p);

/* Flags of a want: the present state and nothing more, or only what happens from now on. */
enum { UPBIT_WANT_SNAPSHOT_ONLY = 1, UPBIT_WANT_REALTIME_ONLY = 2 };

/* Which orders get_snapshot asks for. */
typedef enum upbit_orders {
    UPBIT_ORDERS_OPEN = 0,  /* wait, watch */
    UPBIT_ORDERS_CLOSED = 1 /* done, cancel */
} upbit_orders;

/* What a proxy wants: one type, and the codes of it. */
typedef struct upbit_want {
    size_t struct_size;
    int type;                 /* upbit_type: TICKER .. ANNOUNCEMENT                                  */
    unsigned flags;           /* UPBIT_WANT_...                                                      */
    const char *const *codes; /* upper case, quote first: "KRW-BTC"; "KRW-*": all markets of a quote
                                 currency; for MY_ORDER none means all (in replace: none at all);
                                 MY_ASSET and ANNOUNCEMENT have none                                 */
    size_t code_count;        /* of codes                                                            */
    unsigned candle_unit;     /* upbit_candle_unit, for CANDLE                                       */
    unsigned book_depth;      /* rows a side, 1..30, for ORDERBOOK; 0: all                           */
    upbit_decimal book_level; /* price grouping, for ORDERBOOK of KRW markets; 0: none               */
    /* For get_snapshot of TRADE and CANDLE only: */
    uint32_t count;           /* the newest so many of each code, 1..2,000; 0: 1                     */
    int64_t before;           /* TRADE: with sequential ids below this; CANDLE: of windows that start
                                 before this Unix time in ms; 0: the newest there are                */
    /* For get_snapshot of MY_ORDER only; CLOSED: count is 1..1,000 (0: 100), of each code if there are
       any; before: made before this Unix time in ms:                                                 */
    int orders;               /* upbit_orders                                                        */
    int64_t after;            /* CLOSED: made at or after this Unix time in ms, at most 7 days before
                                 `before`; 0: 7 days before it                                       */
    const char *order_uuid;   /* this one order, by the exchange's id; no codes then                 */
    const char *order_identifier; /* or by the one it was placed with                                */
} upbit_want;

#define UPBIT_WANT_INIT { sizeof(upbit_want), 0, 0, 0, 0, 0, 0, { 0, 0, 0, 0, 0, 0 }, 0, 0, 0, 0, 0, 0 }

/* Checked at once (INVALID_ARGUMENT; upbit_error_detail says which code), done on the I/O thread; a
 * REPLY event with request_id follows (0: no reply wanted). Repeating is harmless.
 *   subscribe        adds the want's codes
 *   unsubscribe      takes them away; after its REPLY no event of them follows
 *   replace          this type's (for candles: this unit's) set becomes the want's, in one step;
 *                    code_count 0 empties it. After its REPLY no event of the old set follows
 *   unsubscribe_all  takes everything away
 * A selector like KRW-* is a want of its own: it follows the exchange's market list, new listings join
 * (LISTED) and vanished codes leave (DELISTED) by themselves. It may be mixed with codes; a code that is
 * wanted by name too has the wishes (depth, flags) of the want that names it, and each of the two can be
 * unsubscribed without the other. While the list cannot be had a selector waits for it, its REPLY does
 * not. A want by name of a code that is delisted ends with a DELISTED event.
 * A book_level that a market does not support is answered INVALID_ARGUMENT, with the supported ones named.
 * A code the exchange does not list is refused to the asker only: REPLY (or ERROR, if request_id is 0)
 * with UNKNOWN_CODE; nothing of that command is done.
 * What is private is answered UNAVAILABLE as long as there are no keys.
 * @thread any. Returns 0, INVALID_ARGUMENT, CLOSED, COMMAND_FULL, NO_MEMORY, ILLEGAL_STATE. */
UPBIT_API int upbit_proxy_subscribe(upbit_proxy *p, const upbit_want *want, uint64_t request_id);
UPBIT_API int upbit_proxy_unsubscribe(upbit_proxy *p, const upbit_want *want, uint64_t request_id);
UPBIT_API int upbit_proxy_replace(upbit_proxy *p, const upbit_want *want, uint64_t request_id);
UPBIT_API int upbit_proxy_unsubscribe_all(upbit_proxy *p, uint64_t request_id);

/* How things stand now, once, without subscribing: TICKER, TRADE, ORDERBOOK, CANDLE; KRW-* for TICKER only;
 * MY_ASSET and MY_ORDER, which need keys (below).
 * The answer comes in one piece: for each code of the want, in its order, its events from the oldest to
 * the newest, and then one REPLY (command SNAPSHOT), all with this request_id, which must not be 0 and not
 * that of a request under way (such a REPLY says INVALID_ARGUMENT). Nothing else of this proxy stands
 * between them but an EPOCH. It comes behind events of its type that were queued in a first-in-first-out
 * lane before. `event->origin` says where each came from: CACHE, where the code is streamed and its value
 * is younger than a second; STREAM, where its first message was due; REST otherwise, also while the stream
 * is down.
 * The REPLY's error is 0, or that of the first code that could not be had, which its detail names; the
 * other codes are delivered all the same. UNKNOWN_CODE: not listed. TIMEOUT: not all came within
 * timeout_ms (0: 5,000) of the call. LIMIT: the exchange's budgets do not allow it in time; or the answer
 * does not fit the memory budget: then it holds no data.
 * @thread any. Returns as above; count times codes must not exceed 20,000.
 *
 * MY_ASSET: one event with all currencies of the account. MY_ORDER: an event for each order, the oldest
 * first: all open ones (of the codes, if there are any), closed ones, or one by its id. Always by REST,
 * origin REST, and without exchange_ms: REST does not say when an order or a balance last changed.
 * Errors of the REPLY beside those above: UNAVAILABLE: there are no keys. AUTH: the exchange refuses them,
 * or they lack the permission; the detail begins with the exchange's name for it and says what to do.
 * INVALID_ARGUMENT: rest_url is one that no token may go to. EXCHANGE with "order_not_found": no such
 * order. */
UPBIT_API int upbit_proxy_get_snapshot(upbit_proxy *p, const upbit_want *want, uint32_t timeout_ms,
                                       uint64_t request_id);

/* Ends a request of get_snapshot: its REPLY comes at once and says CANCELLED, without data. If the answer
 * was sent already, that is the one REPLY. An id that is unknown or answered is harmless.
 * @thread any. Returns 0, INVALID_ARGUMENT, CLOSED, COMMAND_FULL, NO_MEMORY, ILLEGAL_STATE. */
UPBIT_API int upbit_proxy_cancel(upbit_proxy *p, uint64_t request_id);

/* Can private data be had? 1: they come, by the private connection or by polling; 0: that will turn out
 * (nothing private was asked for yet, or it is being connected); < 0: why not. UNAVAILABLE: there are no
 * keys, or private_url is one that no token may go to; AUTH: the exchange refuses them; another error:
 * what keeps the connection and REST from coming about. A STATE event of the private session follows every
 * change of the answer.
 * @thread any. Returns as above, or INVALID_ARGUMENT, CLOSED, ILLEGAL_STATE. */
UPBIT_API int upbit_proxy_is_private_available(upbit_proxy *p);

/* The same for one kind of private data. */
typedef struct upbit_capability {
    int32_t available;   /* 1, 0 or an upbit_error, as above                                            */
    uint32_t origin;     /* available 1: UPBIT_ORIGIN_STREAM; UPBIT_ORIGIN_REST while it is polled      */
    char permission[32]; /* what the key must be allowed to do at the exchange, "view orders"; "": nothing */
    char reason[160];    /* for people: why not, and what to do; ""                                     */
} upbit_capability;

/* What private data can be had, and why not. */
typedef struct upbit_capabilities {
    int32_t available; /* upbit_proxy_is_private_available */
    uint32_t reserved;
    upbit_capability orders, assets, announcements; /* each kind */
} upbit_capabilities;

/* Fills at most `size` bytes of *out. @thread any. Returns 0, INVALID_ARGUMENT, CLOSED, ILLEGAL_STATE. */
UPBIT_API int upbit_proxy_get_capabilities(upbit_proxy *p, upbit_capabilities *out, size_t size);

/* An event on its way to one proxy. */
typedef struct upbit_delivery {
    size_t struct_size;
    const upbit_event *event; /* the caller owns one reference                                       */
    uint64_t number;          /* counts the events of this type meant for this proxy, delivered or
                                 not, from 1 on; 0 for the library's own and for coalesced types     */
    uint64_t request_id;      /* of a REPLY, or of an event get_snapshot asked for; 0 otherwise      */
} upbit_delivery;

#define UPBIT_DELIVERY_INIT { sizeof(upbit_delivery), 0, 0, 0 }

/* 1: one event, the caller owns one reference; 0: empty, the next one notifies; < 0: error. Never
 * waits. GAP names the events that were dropped right before this one.
 * @thread consumer (one at a time). For proxies with a waiter of their own; ILLEGAL_STATE for those that
 * share one (use upbit_waiter_next). CLOSED after the CLOSED event was taken. */
UPBIT_API int upbit_proxy_next(upbit_proxy *p, upbit_delivery *out);

/* Readable while there may be events; never read from it yourself. Owned by the proxy. -1 when the
 * proxy shares a waiter or has a wake-up function. @thread any. */
UPBIT_API int upbit_proxy_fd(upbit_proxy *p);

/* Instead of the descriptor: a function that is called when the queue stops being empty. A non-NULL
 * wakeup is called once at once, in the calling thread; afterwards it runs on the I/O thread: hand the
 * signal over, call nothing of this library. When this returns no call with the old context runs or
 * will run. NULL goes back to the descriptor.
 * @thread any except inside wakeup. Ignored for proxies that share a waiter. */
UPBIT_API void upbit_proxy_set_wakeup(upbit_proxy *p, void (*wakeup)(void *context), void *context);

UPBIT_API const char *upbit_proxy_client_id(const upbit_proxy *p); /* @thread any */
UPBIT_API void *upbit_proxy_user_data(const upbit_proxy *p);       /* @thread any */

/* Counters of one proxy since it was opened. */
typedef struct upbit_proxy_stats {
    uint64_t delivered;     /* counter: events taken by the consumer                        */
    uint64_t dropped;       /* counter: events of drop_oldest and lossless lanes never got  */
    uint64_t coalesced;     /* counter: values replaced by newer ones                       */
    uint64_t queued;        /* gauge: events waiting in first-in-first-out lanes            */
    uint64_t queued_peak;   /* gauge: the most that ever waited                             */
    uint64_t gaps;          /* counter: GAP events made                                     */
    uint64_t dropped_per_min;   /* gauge: of dropped, in the last minute, in steps of 10 s  */
    uint64_t coalesced_per_min; /* gauge: of coalesced, likewise                            */
    upbit_latency lag;      /* receipt to the consumer's thread: upbit_stats.lag_consumer   */
} upbit_proxy_stats;

/* Fills at most `size` bytes of *out. @thread any. Returns 0, INVALID_ARGUMENT. */
UPBIT_API int upbit_proxy_get_stats(upbit_proxy *p, upbit_proxy_stats *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
