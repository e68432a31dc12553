/* A budget of N grants in any sliding window, as the exchange counts them.
 *
 * A token comes back one window plus a margin after it was taken: the ring remembers the last N
 * grant times, and a grant is possible when the oldest of them is older than that. A bucket that
 * refills steadily would let 2N - 1 through in one window. Pure: the caller has the clock; one
 * owner. */
#ifndef UPBIT_LIMITS_WINDOW_H
#define UPBIT_LIMITS_WINDOW_H

#include <stdint.h>

#define UPBIT__WINDOW_MAX       128
#define UPBIT__WINDOW_MARGIN_NS 100000000LL /* clocks and queues between us and their counter */

typedef struct upbit__window {
    int64_t window_ns; /* with the margin */
    uint32_t limit;    /* 1 .. UPBIT__WINDOW_MAX */
    uint32_t next;     /* index of the oldest grant */
    int64_t granted_ns[UPBIT__WINDOW_MAX];
} upbit__window;

/* How many of N a share in percent is; never none. */
static inline uint32_t upbit__limit_share(uint32_t limit, unsigned percent)
{
    uint32_t share = limit * percent / 100;
    return share > 0 ? share : 1;
}

/* limit is cut to 1 .. UPBIT__WINDOW_MAX. */
void upbit__window_init(upbit__window *w, uint32_t limit, int64_t window_ns);

/* When a grant is possible: <= now means at once. Takes nothing. */
int64_t upbit__window_next_ns(const upbit__window *w);

/* How many grants are possible at `now`. */
uint32_t upbit__window_free(const upbit__window *w, int64_t now_ns);

/* Takes a grant at `now`; only when upbit__window_next_ns allows it. */
void upbit__window_take(upbit__window *w, int64_t now_ns);

#endif
