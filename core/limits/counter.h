/* The grants of one group: who has how many out, and until when the group is closed.
 *
 * N grants, each of which comes back one window plus a margin after it was taken or, in a group
 * whose grants are held, after it was reported. A bucket that refills steadily would let 2N - 1
 * through in one window. Pure: the caller has the clock (any that never goes back) and the lock. */
#ifndef UPBIT_LIMITS_COUNTER_H
#define UPBIT_LIMITS_COUNTER_H

#include "limits/groups.h"
#include "limits/window.h"

/* A grant that nobody reports is given up after this: no answer takes longer. */
#define UPBIT__HELD_MAX_NS 10000000000LL

#define UPBIT__LONG_AGO    INT64_MIN

/* One grant: free again at free_ns. */
typedef struct upbit__slot {
    int64_t free_ns;
    uint32_t owner; /* whose: only he reports it */
    bool held;
} upbit__slot;

typedef struct upbit__counter {
    upbit__slot slots[UPBIT__SLOTS]; /* the first N are used */
    int64_t closed_ns;               /* nothing before this */
    uint32_t strikes;                /* 429 in a row */
} upbit__counter;

void upbit__counter_init(upbit__counter *c);

/* How many slots are not free at now, and 0 or when the next grant is possible, of `allowed` <= N:
 * never later than one may be, sometimes earlier. Takes nothing. */
int64_t upbit__counter_next(const upbit__counter *c, upbit__group group, uint32_t allowed,
                            int64_t now);
/* As _next, and takes a grant where it says 0. */
int64_t upbit__counter_take(upbit__counter *c, upbit__group group, uint32_t allowed, uint32_t owner,
                            int64_t now);

/* The oldest held grant of this owner counts from `now` on. */
void upbit__counter_settle(upbit__counter *c, upbit__group group, uint32_t owner, int64_t now);

/* A 429 at now: closed until the next window or as long as retry_after_ms, twice as long each time
 * it comes again. Until when, or 0 when the group was closed already: answers that come then are
 * those that were under way, and no new offence. */
int64_t upbit__counter_refused(upbit__counter *c, upbit__group group, uint32_t retry_after_ms,
                               int64_t now);

void upbit__counter_close(upbit__counter *c, int64_t until_ns);

/* Every slot busy for one window from now, nobody's: for one who cannot know what was granted. */
void upbit__counter_fill(upbit__counter *c, upbit__group group, int64_t now);

/* Forgets all grants but the owner's. */
void upbit__counter_keep(upbit__counter *c, uint32_t owner);

/* Enters a grant that was made elsewhere; where no slot is free, those that are busy longest stay.
 */
void upbit__counter_add(upbit__counter *c, upbit__group group, upbit__slot slot);

/* What the owner knows better than `c`: his own grants, and whatever closes. `own` is his copy. */
void upbit__counter_adopt(upbit__counter *c, const upbit__counter *own, upbit__group group,
                          uint32_t owner);

/* A fresh counter would behave the same from now on, but for the strikes. */
bool upbit__counter_idle(const upbit__counter *c, upbit__group group, int64_t now);

#endif
