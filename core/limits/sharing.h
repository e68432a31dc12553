/* One host's counts, kept together with the other processes of this user as far as that works.
 *
 *     busy lock      -> ask again in 1, 2, 4 ... 20 ms
 *     250 ms of that -> count alone with a fifth of N, one window later; try the file again all
 *                       the time
 *     no file        -> count alone with a fifth of N
 *
 * Whoever counts alone marks the file, which needs no lock: while the mark is fresh the file too is
 * used with a fifth of N. So up to four processes never exceed N together, whoever of them holds
 * the lock, dies and comes back, or is stopped.
 *
 * Pure but for the file; the caller has the lock between threads. Times are CLOCK_BOOTTIME, or any
 * clock where nothing is shared. */
#ifndef UPBIT_LIMITS_SHARING_H
#define UPBIT_LIMITS_SHARING_H

#include "limits/ledger.h"

/* The counts of a host. */
typedef struct upbit__tally {
    upbit__counter groups[UPBIT__GROUPS];
    int64_t banned_ns;
    int64_t banned_wall_ms;
    uint32_t bans;
} upbit__tally;

typedef struct upbit__sharing {
    upbit__ledger *ledger; /* NULL: not shared */
    uint32_t owner;        /* this process in the file; never 0 */
    bool locked, alone;
    unsigned tries;      /* the lock was busy that often in a row */
    int64_t busy_ns;     /* since when, while tries > 0 */
    int64_t alone_ns;    /* since when, while alone; LONG_AGO when nobody else counts */
    int64_t marked_ns;   /* alone: how long the file says so */
    int64_t again_ns;    /* when to try again */
    const char *trouble; /* not yet told; NULL: none */
    upbit__ledger_head head;
} upbit__sharing;

void upbit__tally_init(upbit__tally *t);

/* shared: name is the file's. 0 or NO_MEMORY. */
int upbit__sharing_init(upbit__sharing *s, bool shared, const char *name);
void upbit__sharing_finish(upbit__sharing *s);
void upbit__sharing_forked(upbit__sharing *s);

/* Brings t's group up to date. 0: it may be looked at and changed until _end; else when to ask
 * again. insist: for what must be entered now; not 0 then means that only t knows of it, and the
 * next _begin enters it. */
int64_t upbit__sharing_begin(upbit__sharing *s, upbit__tally *t, upbit__group group, bool insist,
                             int64_t now);
/* Before this nothing may be granted: what others have been granted may still count. */
int64_t upbit__sharing_open_ns(const upbit__sharing *s, upbit__group group);
/* How many of N may be used, `allowed` when all is well. Between _begin and _end. */
uint32_t upbit__sharing_share(const upbit__sharing *s, upbit__group group, uint32_t allowed,
                              int64_t now);
void upbit__sharing_end(upbit__sharing *s, const upbit__tally *t, upbit__group group);

#endif
