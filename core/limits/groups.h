/* The exchange's groups of requests and what it allows of each.
 *
 * The exchange counts connections and the public half of REST by address, everything that is
 * signed by pocket (rate limit document of the exchange). The numbers in this enum are those of the
 * file that processes share: never change them, only append. */
#ifndef UPBIT_LIMITS_GROUPS_H
#define UPBIT_LIMITS_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum upbit__group {
    UPBIT__GROUP_CONNECT, /* WebSocket connections: 5 a second */
    UPBIT__GROUP_MARKET,  /* REST: 10 a second each */
    UPBIT__GROUP_TICKER,
    UPBIT__GROUP_TRADE,
    UPBIT__GROUP_ORDERBOOK, /* also its instruments */
    UPBIT__GROUP_CANDLE,
    UPBIT__GROUP_DEFAULT,          /* signed REST that is in no other group: 30 a second */
    UPBIT__GROUP_ORDER,            /* create, cancel and new: 12 a second */
    UPBIT__GROUP_ORDER_TEST,       /* 8 a second */
    UPBIT__GROUP_ORDER_CANCEL_ALL, /* 1 in two seconds */
    UPBIT__GROUPS
} upbit__group;

typedef struct upbit__group_limit {
    const char *name;  /* as in Remaining-Req */
    uint32_t limit;    /* N, at most UPBIT__SLOTS */
    int64_t window_ns; /* of the exchange */
    bool held;         /* a grant is in use until it is reported */
} upbit__group_limit;

#define UPBIT__SLOTS 32 /* the largest N */

extern const upbit__group_limit upbit__group_limits[UPBIT__GROUPS];

#endif
