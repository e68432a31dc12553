/* How long to wait before the next connection: full jitter under a growing bound.
 *
 * A network that failed (look-up, connect, reset, time-out) heals suddenly: the bound stays at
 * twice the first delay, so that a healed network is used within 5 s. A server that refused is
 * given more room: the bound doubles up to a minute. A stable minute starts over. Pure; the caller
 * has the clock. */
#ifndef UPBIT_BASE_BACKOFF_H
#define UPBIT_BASE_BACKOFF_H

#include <stdint.h>

typedef enum upbit__backoff_kind {
    UPBIT__BACKOFF_NETWORK,
    UPBIT__BACKOFF_REFUSED
} upbit__backoff_kind;

typedef struct upbit__backoff {
    uint32_t first_ms;
    uint32_t network, refused; /* failures in a row of each kind */
} upbit__backoff;

void upbit__backoff_init(upbit__backoff *b, uint32_t first_ms);
void upbit__backoff_reset(upbit__backoff *b);

/* The bound for this failure; counts it. Network: first, 2 first, 2 first ...; refused: first, 2, 4
 * ... 60 s. */
uint32_t upbit__backoff_bound(upbit__backoff *b, upbit__backoff_kind kind);

/* bound with full jitter: even in 0 .. bound, but not below `least` (a Retry-After, a ban). */
uint32_t upbit__backoff_jitter(uint32_t bound_ms, uint32_t least_ms);

#endif
