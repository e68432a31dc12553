/* How far the exchange's clock is from ours, from the Date headers of its REST answers.
 *
 * A Date has whole seconds and was written somewhere between our question and its answer: each
 * answer is an interval the offset lies in, and the intervals of several answers narrow each other.
 * Clocks drift, so what is known widens with time; an answer that contradicts it (one of the clocks
 * was set) replaces it.
 *
 * No token depends on it: the exchange's have no time in them. A wrong clock shows elsewhere: lag,
 * ages and times on screen are off. So it is said, once an episode, when the offset is surely more
 * than 5 s; the interval is the leeway. I/O thread only. */
#ifndef UPBIT_CLIENT_EXCHANGE_CLOCK_H
#define UPBIT_CLIENT_EXCHANGE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "client/counters.h"
#include "net/rest.h"

typedef struct upbit__exchange_clock {
    /* immutable */
    upbit__log *log;
    upbit__counters *counters;
    void (*changed)(void *context); /* `wrong` did */
    void *context;
    /* I/O thread */
    int64_t low_ms, high_ms; /* exchange minus ours lies between */
    int64_t heard_ns;        /* monotonic; 0: never */
    bool wrong;              /* surely more than 5 s off */
} upbit__exchange_clock;

void upbit__exchange_clock_init(upbit__exchange_clock *c, upbit__log *log,
                                upbit__counters *counters, void (*changed)(void *context),
                                void *context);
/* An answer, whatever it says; without a Date it is ignored. */
void upbit__exchange_clock_heard(upbit__exchange_clock *c, const upbit__rest_result *result);
/* The middle of what is known; 0 when nothing is. */
int64_t upbit__exchange_clock_offset_ms(const upbit__exchange_clock *c);
/* The exchange's clock is ahead of ours by this at least (below 0: behind by that at most): what is
 * to be over by the exchange's clock is over by then. 0 when nothing is known. */
int64_t upbit__exchange_clock_least_ms(const upbit__exchange_clock *c);

#endif
