/* The exchange's budgets.
 *
 * One set of budgets per exchange host ("api.upbit.com", "127.0.0.1:40913") and scope, shared by
 * all managers of the process, because the exchange counts by address or by pocket. A seat at it is
 * got and released; the strictest seat decides how much of each budget is used. What was granted
 * and what is closed outlives the last seat for as long as it matters.
 *
 * A group gives N grants per window + 100 ms. A grant of a REST group is in use until it is
 * reported, and its window counts from there: the exchange counts a request somewhere between its
 * sending and its answer, and a first request spends round trips on connecting that the next ones
 * do not. So no window of the exchange's sees more than N, however uneven the road is.
 *
 * @thread any: one mutex for all budgets, held for a few instructions and, where processes share,
 * a few system calls that never wait. Budgets are the only state that two I/O threads share. Time
 * is the caller's: monotonic ns. */
#ifndef UPBIT_LIMITS_BUDGET_H
#define UPBIT_LIMITS_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "limits/groups.h"

typedef struct upbit__budget upbit__budget; /* a seat */

typedef struct upbit__budget_place {
    const char *host;  /* copied, its case does not matter */
    const char *scope; /* copied; NULL: what is counted by address, else a pocket's name */
    unsigned percent;  /* 1 to 100: how much of each N this seat wants to be used at most */
    bool shared;       /* with the other processes of this user, by a file: sharing.h */
    upbit__log *log;   /* NULL: none; told, once each time, what keeps it from being shared */
} upbit__budget_place;

/* 0 or NO_MEMORY. */
int upbit__budget_get(upbit__budget **out, const upbit__budget_place *place, int64_t now_ns);
void upbit__budget_release(upbit__budget *b); /* NULL allowed */

/* 0: a grant was taken at now; every grant of a REST group wants a report. Else when to ask again,
 * > now: never later than a grant may be possible, sometimes earlier; in a few ms while another
 * process has the file. */
int64_t upbit__budget_take(upbit__budget *b, upbit__group group, int64_t now_ns);

/* What became of the oldest grant of the group that has not been reported: http_status 0: no
 * answer. 429 closes the group until the next second, or as long as Retry-After says, and twice as
 * long each time it comes again. 418 closes the whole host for the time that the body or
 * Retry-After names, else for 2 minutes, twice as long at each repeat, up to an hour. remaining_req
 * ("group=ticker; min=600; sec=0", NULL: none) with sec=0 closes the group for a second.
 * Returns until when a 429 or 418 closed what was open until now (one line in the log is due),
 * else 0. */
int64_t upbit__budget_report(upbit__budget *b, upbit__group group, int http_status,
                             const char *remaining_req, uint32_t retry_after_ms, const char *body,
                             size_t body_length, int64_t now_ns);

/* How far the exchange's clock is ahead of ours (below 0: behind), for the whole host: a 418 may
 * name the instant at which it ends. Until it is told, 0. */
void upbit__budget_clock(upbit__budget *b, int64_t offset_ms);
/* How a group stands, for people. */
typedef struct upbit__budget_view {
    uint32_t allowed, in_use; /* grants a window as the strictest seat wants it; not free now */
    int64_t window_ns;
    int64_t closed_ns; /* for so long the exchange wants none; 0: open */
    bool shared;       /* with other processes, now */
} upbit__budget_view;
void upbit__budget_look(upbit__budget *b, upbit__group group, int64_t now_ns,
                        upbit__budget_view *out);

/* "ticker", ... Static. */
const char *upbit__group_name(upbit__group group);

/* Around a fork, so that a child never inherits the mutex locked; by the handlers of whoever holds
 * other locks while calling here, inside them. */
void upbit__budgets_before_fork(void);
void upbit__budgets_after_fork(bool child);

#endif
