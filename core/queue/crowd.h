/* The crowd: inboxes that take the same events, most often all that want a key, and the keys beside
 * it. An event for all of them is put on the stage and noted once, however many they are; at the
 * commit each of them gets the whole run of such events at a time.
 *
 * A batch has one. Who they are is learned from what is pushed: the first event after a commit that
 * goes to others makes those the crowd. Whatever is asked of one of its inboxes alone before the
 * commit first writes down for each what it was pushed (upbit__crowd_spill). I/O thread only. */
#ifndef UPBIT_QUEUE_CROWD_H
#define UPBIT_QUEUE_CROWD_H

#include <stdint.h>

#include "upbit-live/event.h"

typedef struct upbit__batch upbit__batch;
typedef struct upbit__cell upbit__cell;
typedef struct upbit__inbox upbit__inbox;

/* Where an event of a key goes. */
typedef struct upbit__taker {
    upbit__inbox *inbox;
    upbit__cell *cell; /* NULL: its FIFO lane */
} upbit__taker;

/* upbit__inbox_push of `e`, a new event, to all takers at once; one reference of each is taken
 * over. *known is the caller's, one for this list of takers, 0 at first and whenever the list has
 * changed. 0: nothing was done, push to each by itself: they are few, are not the crowd of this
 * batch, or their lanes are not of the kind that takes whatever comes. */
int upbit__crowd_push(upbit__batch *b, const upbit__taker *takers, uint32_t count, uint64_t *known,
                      const upbit_event *e);

/* What the crowd was pushed goes into its lanes, not yet shown. */
void upbit__crowd_unstage(upbit__batch *b);

/* What the crowd was pushed is from now on as if each had been pushed it alone. */
void upbit__crowd_spill(upbit__batch *b);

/* There is no crowd any more: one of its inboxes takes nothing more, or goes. */
void upbit__crowd_end(upbit__batch *b);

#endif
