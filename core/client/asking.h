/* The manager's REST questions: one queue in order of priority, within the budgets.
 *
 * A question waits for its group's budget, is sent (at most 4 of one group and 8 of all under way),
 * and is answered exactly once by `done` in a later turn, unless upbit__ask_cancel came first. What
 * is more urgent goes first, first come first served within a priority, across the groups. A 429
 * puts the question back to its place in the queue. I/O thread only. */
#ifndef UPBIT_CLIENT_ASKING_H
#define UPBIT_CLIENT_ASKING_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "client/config.h"
#include "client/counters.h"
#include "client/credentials.h"
#include "client/exchange_clock.h"
#include "limits/budget.h"
#include "net/rest.h"

/* The most urgent first. */
typedef enum upbit__ask_priority {
    UPBIT__ASK_APPLICATION, /* what the application sends itself */
    UPBIT__ASK_PRIVATE,
    UPBIT__ASK_LISTING,
    UPBIT__ASK_SNAPSHOT,
    UPBIT__ASK_BACKFILL,
    UPBIT__ASK_PRIORITIES
} upbit__ask_priority;

typedef struct upbit__ask upbit__ask;

typedef struct upbit__ask_list {
    upbit__ask *first, *last;
    uint32_t count;
} upbit__ask_list;

typedef struct upbit__asking {
    /* immutable */
    const upbit__config *config;
    upbit__loop *loop;
    upbit__log *log;
    upbit__counters *counters;
    upbit__budget *budget;
    upbit__credentials *credentials;
    upbit__exchange_clock *clock;
    /* I/O thread */
    upbit__ask_list waiting[UPBIT__GROUPS][UPBIT__ASK_PRIORITIES]; /* in the order of asking */
    upbit__ask_list under_way;
    upbit__ask_list over; /* will not be sent: to be told in this turn of the timer */
    unsigned under_way_count[UPBIT__GROUPS], under_way_total;
    upbit__budget *pocket; /* of what is signed; NULL: counted with the rest */
    uint64_t asked;        /* the last one's number */
    upbit__timer timer;
} upbit__asking;

/* All of it stays the caller's and outlives the asking. */
void upbit__asking_init(upbit__asking *a, const upbit__config *config, upbit__loop *loop,
                        upbit__log *log, upbit__counters *counters, upbit__budget *budget,
                        upbit__credentials *credentials, upbit__exchange_clock *clock);
/* The budget of the pocket the keys belong to, before the one that was there goes. Questions under
 * way are reported to that one, as without an answer. */
void upbit__asking_set_pocket(upbit__asking *a, upbit__budget *pocket);
/* Cancels all; no `done` is called. */
void upbit__asking_finish(upbit__asking *a);

/* path as upbit__rest_get, copied. timeout_ms (0: 5,000) counts from now, waiting included.
 * 0; INVALID_ARGUMENT, UNAVAILABLE (a recording is played) (upbit_error_detail says what),
 * NO_MEMORY: then `done` is never called.
 *
 * What `done` gets is what upbit__rest_get tells, and beside it, for a question that was not sent
 * (any more): LIMIT with http_status 429 or 418 when it was refused and cannot be asked again in
 * time; LIMIT with http_status 0 as soon as the budget cannot let it through in time; TIMEOUT when
 * slow answers to others left it no room. waited_ms says how long it waited for its budget. A 418
 * is answered at once. Inside `done` the handle is over; anything else may be asked or cancelled.
 */
int upbit__asking_get(upbit__asking *a, upbit__ask **out, upbit__group group,
                      upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                      void (*done)(void *context, const upbit__rest_result *result), void *context);
/* The same for what needs keys: signed when it is sent, with a token of its own, and again after a
 * 429. What the exchange says of the keys is told to the credentials. Answers UNAVAILABLE as well:
 * at once, or by `done`, when there are no keys (any more). INVALID_ARGUMENT also where a token
 * must not go: see upbit__credentials_check_url. */
int upbit__asking_get_signed(upbit__asking *a, upbit__ask **out, upbit__group group,
                             upbit__ask_priority priority, const char *path, uint32_t timeout_ms,
                             void (*done)(void *context, const upbit__rest_result *result),
                             void *context);
/* `cost` grants of the group (1 to its N) for requests that the caller sends and reports himself,
 * by upbit__asking_report: `done` gets error 0 when all are granted, else as above, and those that
 * were granted until then are used up. */
int upbit__asking_acquire(upbit__asking *a, upbit__ask **out, upbit__group group, unsigned cost,
                          uint32_t timeout_ms,
                          void (*done)(void *context, const upbit__rest_result *result),
                          void *context);
/* What became of one of them, as upbit__budget_report. */
void upbit__asking_report(upbit__asking *a, upbit__group group, int http_status,
                          const char *remaining_req, const char *body);
/* Not after `done` has begun; NULL allowed. How long it had waited for its budget, in ms. */
uint32_t upbit__ask_cancel(upbit__ask *ask);

#endif
