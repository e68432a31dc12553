/* One order: a name and what it says, `latency ms=80 jitter_ms=0..40 way=down`. */
#ifndef RELAY_ORDER_H
#define RELAY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAY_UP, WAY_DOWN, WAYS, WAY_BOTH = WAYS }; /* up: from the client to the server */

typedef enum deed {
    DEED_LATENCY,
    DEED_RATE,
    DEED_SLICE,
    DEED_FLIP,
    DEED_STALL,
    DEED_RESUME,
    DEED_BLACKHOLE,
    DEED_CUT,
    DEED_LOSE,
    DEED_REFUSE,
    DEED_CLEAR,
    DEED_STATS,
    DEED_QUIT,
    DEEDS
} deed;

enum { CUT_RST, CUT_FIN, CUT_HALF, CUT_SILENCE, CUTS };
enum { REFUSE_CLOSED, REFUSE_RESET, REFUSES };

/* What may be said; which of them an order takes its table tells. */
enum {
    SAYS_MS,
    SAYS_JITTER_MS,
    SAYS_BYTES,
    SAYS_PAUSE_US,
    SAYS_COUNT,
    SAYS_PER_MILLION,
    SAYS_FOR_MS,
    NUMBERS
};

typedef struct order {
    deed what;
    int way, how;
    int64_t least[NUMBERS], most[NUMBERS]; /* the same, or a range for the dice */
} order;

/* False: why, in one line. */
bool order_read(order *o, const char *line, char *why, size_t size);
void order_help(void); /* on stdout */

#endif
