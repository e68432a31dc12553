/* Which trades have been seen: a window of the last sequential ids of one market.
 *
 * The exchange's ids are unique but not ordered, and a (re)subscription sends the last old trade
 * again, so a repeat is known by its id alone. The window holds at least the last 1,024 ids and at
 * least ten seconds of them. I/O thread only. */
#ifndef UPBIT_CLIENT_REPEATS_H
#define UPBIT_CLIENT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct upbit__sid {
    int64_t id, seen_ns;
} upbit__sid;

typedef struct upbit__sids {
    upbit__sid *ring; /* the ids in the order they came; NULL until the first */
    uint32_t *slots;  /* hash table of 2 * capacity: place in the ring + 1, 0 free */
    uint32_t capacity, count, next;
} upbit__sids; /* zeroed is empty and ready */

/* Memory for the first ids, so that no repeat can pass for want of it; false: there is none.
 * Without this call it is taken when it is needed. */
bool upbit__sids_reserve(upbit__sids *s);
void upbit__sids_finish(upbit__sids *s);
bool upbit__sids_seen(const upbit__sids *s, int64_t id);
/* Out of memory forgets the oldest instead of growing; without any memory nothing is remembered. */
void upbit__sids_add(upbit__sids *s, int64_t id, int64_t now_ns);

#endif
