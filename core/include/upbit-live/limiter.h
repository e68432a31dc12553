/* upbit-live/limiter.h - the application's own REST calls within the same limits.
 *
 * A program that places orders by its own HTTP client and streams by this library is one client to
 * the exchange: what it sends counts together. Acquire a grant, send, report the answer:
 *
 *     upbit_limiter_acquire(proxy, UPBIT_LIMIT_GROUP_ORDER, 1, 2000, 7);
 *     ... the REPLY with request_id 7 comes, its error is 0: send ...
 *     upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_ORDER, 201, "group=order; min=720; sec=11", NULL);
 *
 * Follows the exchange's document on rate limits; docs/LIMITS.md has the groups, how processes share
 * them, and the file by which other programs can take part. */
#ifndef UPBIT_LIVE_LIMITER_H
#define UPBIT_LIVE_LIMITER_H

#include <stdint.h>

#include "upbit-live/version.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum upbit_limit_group {
    UPBIT_LIMIT_GROUP_CONNECT = 1,          /* WebSocket connections: 5 a second            */
    UPBIT_LIMIT_GROUP_MARKET = 2,           /* REST, the public half: 10 a second each      */
    UPBIT_LIMIT_GROUP_TICKER = 3,
    UPBIT_LIMIT_GROUP_TRADE = 4,
    UPBIT_LIMIT_GROUP_ORDERBOOK = 5,
    UPBIT_LIMIT_GROUP_CANDLE = 6,
    UPBIT_LIMIT_GROUP_DEFAULT = 7,          /* signed and in no other group: 30 a second    */
    UPBIT_LIMIT_GROUP_ORDER = 8,            /* create, cancel and new: 12 a second          */
    UPBIT_LIMIT_GROUP_ORDER_TEST = 9,       /* 8 a second                                   */
    UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL = 10 /* 1 in two seconds                             */
} upbit_limit_group;

struct upbit_manager;
struct upbit_proxy;

/* Waits for `cost` grants (1 to what the strategy leaves of the group's N) within timeout_ms (0:
 * 5,000), before everything the library itself wants to ask. @thread any. The answer is a REPLY of
 * the proxy with this request_id (not 0) and the command ACQUIRE: error 0, all are granted and each
 * wants a report; LIMIT, the budget allows none in time (at once), or the exchange has closed it;
 * TIMEOUT; CANCELLED, by upbit_proxy_cancel; CLOSED. Returns 0; INVALID_ARGUMENT, COMMAND_FULL, CLOSED,
 * NO_MEMORY: then no REPLY follows. */
UPBIT_API int upbit_limiter_acquire(struct upbit_proxy *p, int group, unsigned cost,
                                    uint32_t timeout_ms, uint64_t request_id);

/* What became of one grant; a request that was not sent or brought no answer: http_status 0. @thread
 * any. remaining_req: the answer's Remaining-Req header or NULL. body: the text of a 418, which says
 * for how long we are blocked, or NULL. Copied. A grant of REST that nobody reports is given up after
 * 10 s. Returns 0; INVALID_ARGUMENT, COMMAND_FULL, CLOSED, NO_MEMORY. */
UPBIT_API int upbit_limiter_report(struct upbit_manager *m, int group, int http_status,
                                   const char *remaining_req, const char *body);

#ifdef __cplusplus
}
#endif
#endif
