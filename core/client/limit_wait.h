/* What has to wait because a limit of the exchange is used up, or closed: counted, told, measured.
 *
 * A line an episode: waits of a kind that begin within ten seconds of each other are one.
 *
 * @thread io */
#ifndef UPBIT_CLIENT_LIMIT_WAIT_H
#define UPBIT_CLIENT_LIMIT_WAIT_H

#include <stdint.h>

#include "base/log.h"
#include "client/counters.h"

typedef enum upbit__wait_kind {
    UPBIT__WAIT_CONNECT,
    UPBIT__WAIT_MESSAGE, /* a request by the stream */
    UPBIT__WAIT_REST
} upbit__wait_kind;

/* *since_ns says since when, 0 while nothing waits: a wait that goes on is none that begins.
 * until_ns: when it can go, as far as that is known. */
void upbit__wait_begin(upbit__counters *c, upbit__log *log, upbit__wait_kind kind,
                       int64_t *since_ns, int64_t now_ns, int64_t until_ns);

/* Why such waits are to come has been told: they are of that episode. */
void upbit__wait_told(upbit__counters *c, upbit__wait_kind kind, int64_t now_ns);

/* How long it was, in ms, rounded up; 0 when nothing waited. */
uint32_t upbit__wait_end(upbit__counters *c, int64_t *since_ns, int64_t now_ns);

#endif
