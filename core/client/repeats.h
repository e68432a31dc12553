/* Which trades have been seen: a window of the last sequential ids of one market.
 *
 * The exchange's ids are unique but not ordered, and a (re)subscription sends the last old trade
 * again, so a repeat is known by its id alone: the whole of it, as one that only looks like another
 * would be an event lost. The window holds at least the last 1,024 ids and at least ten seconds of
 * them, but no more than 65,535; a burst's memory is given back when it is over, by and by.
 *
 * An id takes 12 bytes: itself, in the order they came, and four of the table that finds it. When
 * they came is known to half a second, by marks. I/O thread only. */
#ifndef UPBIT_CLIENT_REPEATS_H
#define UPBIT_CLIENT_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of this number came at this time, and those before it before. */
typedef struct upbit__sid_mark {
    int64_t at_ns;
    uint64_t number;
} upbit__sid_mark;

typedef struct upbit__sids {
    int64_t *ring;   /* the ids in the order they came; NULL until the first. `room` of them, and
                        behind them in the same memory: */
    uint16_t *slots; /* hash table of 2 * capacity: place in the ring + 1, 0 free */
    uint32_t capacity, room, count, next;
    uint64_t number;        /* of ids that ever came */
    upbit__sid_mark *marks; /* a ring; NULL in small windows, which do not ask for the time */
    uint32_t mark_first, mark_count;
} upbit__sids; /* zeroed is empty and ready */

/* Memory for the first ids, so that no repeat can pass for want of it; false: there is none.
 * Without this call it is taken when it is needed. */
bool upbit__sids_reserve(upbit__sids *s);
void upbit__sids_finish(upbit__sids *s);
bool upbit__sids_seen(const upbit__sids *s, int64_t id);
/* Smaller ids than this one may have been seen and forgotten: of them nothing can be said.
 * INT64_MIN: nothing has been forgotten. */
int64_t upbit__sids_reach(const upbit__sids *s);
/* False: it was there. Out of memory forgets the oldest instead of growing; without any memory
 * nothing is remembered, and everything is new. */
bool upbit__sids_add(upbit__sids *s, int64_t id, int64_t now_ns);

#endif
