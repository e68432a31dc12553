/* What integration tests of the stream need again and again: a manager on the mock, a proxy,
 * waiting for an event that fits. */
#ifndef TESTS_SUPPORT_STREAM_H
#define TESTS_SUPPORT_STREAM_H

#include <stdbool.h>

#include "support/mock.h"
#include "upbit-live/upbit-live.h"

/* A manager for the mock with times a test can wait for; options may be changed by `change`. */
upbit_manager *stream_manager(const mock *m, void (*change)(upbit_options *options));
upbit_proxy *stream_proxy(upbit_manager *m, const char *id, const upbit_proxy_options *options);

/* codes: "KRW-BTC,KRW-ETH". */
typedef int stream_command(upbit_proxy *p, const upbit_want *want, uint64_t request_id);
int stream_want(upbit_proxy *p, stream_command *command, int type, const char *codes,
                uint64_t request_id);
int stream_want_full(upbit_proxy *p, stream_command *command, upbit_want want, const char *codes,
                     uint64_t request_id);

/* Takes events until one fits or `seconds` are over; the others are dropped. The event is the
 * caller's (upbit_event_unref); NULL when none came. `out` may be NULL. */
typedef bool stream_fits(const upbit_event *e, const void *context);
const upbit_event *stream_until(upbit_proxy *p, stream_fits *fits, const void *context,
                                double seconds, upbit_delivery *out);
/* Any event of this type (and code, unless NULL). */
const upbit_event *stream_event(upbit_proxy *p, int type, const char *code, double seconds);
/* The REPLY of this request; its error, or 1 if none came. */
int stream_reply(upbit_proxy *p, uint64_t request_id, double seconds);
bool stream_is_live(upbit_proxy *p, double seconds); /* waits for STATE LIVE */
double stream_now(void);                             /* monotonic seconds */

#endif
