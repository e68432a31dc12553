/* Many events that travel as one: the answer to a request that was promised a single place.
 *
 * The I/O thread fills a bundle and gives it away (upbit__inbox_answer); the consumer unpacks it
 * one event at a time and frees it with the last. One thread owns it at a time, the control ring
 * hands it over: nothing in here is atomic. The array is plain memory, the events are blocks of the
 * pool and count against its budget like any others. */
#ifndef UPBIT_QUEUE_BUNDLE_H
#define UPBIT_QUEUE_BUNDLE_H

#include <stdint.h>

#include "upbit-live/event.h"

typedef struct upbit__bundle {
    uint32_t count, capacity;
    uint32_t at; /* the next one to be delivered */
    const upbit_event **events;
} upbit__bundle;

/* Room for `capacity` events, so that adding that many cannot fail. NULL: no memory. */
upbit__bundle *upbit__bundle_create(uint32_t capacity);

/* Takes over one reference. There is room: see upbit__bundle_create. */
void upbit__bundle_add(upbit__bundle *b, const upbit_event *e);

/* Lets go what was not delivered. NULL is allowed. Any thread. */
void upbit__bundle_destroy(upbit__bundle *b);

#endif
