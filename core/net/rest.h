/* HTTP GET on the loop's REST CURLM: no redirect is followed, the body is bounded, TLS is as
 * strict as the stream's. Connections are kept and reused.
 *
 * Threads: the loop's. `done` comes exactly once, in a later turn, unless upbit__rest_cancel
 * came first; inside `done` the handle is already over and anything else may be freed. */
#ifndef UPBIT_NET_REST_H
#define UPBIT_NET_REST_H

#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"
#include "upbit-live/error.h"

typedef struct upbit__rest_call upbit__rest_call;

/* Everything is copied. 0 and NULL are the defaults. */
typedef struct upbit__rest_config {
    const char *base_url; /* http:// or https://host[:port][/path], e.g. https://api.upbit.com/v1 */
    const char *ca_file;  /* as in net/transport.h */
    const char *proxy;    /* as in net/transport.h */
    /* One header line, "Authorization: ...", visible ASCII and blanks; sent to the URL's host only,
     * never to a proxy. Our copies of it are wiped with the call. */
    const char *authorization;
    uint32_t timeout_ms; /* for the whole call; default 5,000 */
    uint32_t body_max;   /* bytes of the unpacked body; default 16 MiB */
} upbit__rest_config;

typedef struct upbit__rest_result {
    /* 0: an answer came, of whatever http_status. Else RESOLVE, CONNECT, TLS, TIMEOUT, LIMIT (body
     * larger than body_max), PROTOCOL (not HTTP), NO_MEMORY. */
    int error;
    int http_status;  /* 0 when no answer came */
    const char *body; /* NUL behind it; never NULL; valid during the call */
    size_t length;
    const char *remaining_req;    /* the Remaining-Req header, or NULL; valid during the call */
    uint32_t retry_after_ms;      /* Retry-After, 0 none */
    int64_t date_ms;              /* the Date header, Unix ms (whole seconds); 0 none */
    int64_t sent_ms, received_ms; /* by our clock, Unix ms: the call and its answer */
    const char *reason;           /* for people, "" when error is 0 */
    uint32_t waited_ms;           /* before it was sent, for a budget: client/asking.h; else 0 */
} upbit__rest_result;

/* path: what follows base_url, begins with '/', e.g. "/market/all?isDetails=true"; already escaped.
 * 0; INVALID_ARGUMENT (upbit_error_detail says what), NO_MEMORY, SYSTEM. */
int upbit__rest_get(upbit__rest_call **out, upbit__loop *loop, const upbit__rest_config *config,
                    const char *path, void (*done)(void *context, const upbit__rest_result *result),
                    void *context);

/* Would upbit__rest_get take these? 0; INVALID_ARGUMENT (upbit_error_detail says what), NO_MEMORY.
 */
int upbit__rest_check(const upbit__rest_config *config, const char *path);

/* Forgets the call; no event. Accepts NULL. Not after `done` has begun. */
void upbit__rest_cancel(upbit__rest_call *call);

#endif
