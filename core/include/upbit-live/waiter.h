/* upbit-live/waiter.h - one descriptor and one drain for many proxies.
 *
 * A GUI thread with a thousand widgets must not hold a thousand descriptors: give all its proxies one
 * waiter (upbit_proxy_options.waiter), hang upbit_waiter_fd into the loop once, and take events of all
 * of them, in turn, with upbit_waiter_next. Stop whenever your time is used up: the descriptor stays
 * readable until upbit_waiter_next has answered 0. */
#ifndef UPBIT_LIVE_WAITER_H
#define UPBIT_LIVE_WAITER_H

#include "upbit-live/proxy.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_waiter upbit_waiter;

/* @thread any. Returns 0, NO_MEMORY, SYSTEM. The caller owns it; it is freed when it was destroyed and
 * its last proxy is closed. */
UPBIT_API int upbit_waiter_create(upbit_waiter **out);
UPBIT_API void upbit_waiter_destroy(upbit_waiter *w);

/* Readable while there may be events. Owned by the waiter. @thread any. */
UPBIT_API int upbit_waiter_fd(upbit_waiter *w);

/* As upbit_proxy_set_wakeup, for all proxies of the waiter. @thread any except inside wakeup. */
UPBIT_API void upbit_waiter_set_wakeup(upbit_waiter *w, void (*wakeup)(void *context), void *context);

/* The next event of any proxy that has one, in turn. 1: *proxy and *out are set, the caller owns one
 * reference; 0: all are empty, the next event notifies; < 0: error.
 * @thread consumer (one at a time). A proxy may be closed between two calls, by that same thread. */
UPBIT_API int upbit_waiter_next(upbit_waiter *w, upbit_proxy **proxy, upbit_delivery *out);

#ifdef __cplusplus
}
#endif
#endif
