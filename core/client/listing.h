/* Which codes the exchange lists, by its REST market list: so that a typing error is told to its
 * author instead of being met with the exchange's silence, and so that KRW-* means what it says.
 *
 * When the list cannot be had, codes pass unchecked. While it is needed the list is asked for
 * every listing_ms, after a failure after 1, 2, 4 .. 30 s, and soon when the stream contradicts it.
 * A list that lacks more than a fifth of the codes known before is asked for once more before it is
 * believed. While a recording is played the list is what it has frames of. I/O thread only. */
#ifndef UPBIT_CLIENT_LISTING_H
#define UPBIT_CLIENT_LISTING_H

#include <stdbool.h>

#include "base/log.h"
#include "client/asking.h"
#include "client/recorded_markets.h"
#include "exchange/markets.h"

typedef enum upbit__listed {
    UPBIT__LISTED_YES, /* or: cannot be known */
    UPBIT__LISTED_NO,
    UPBIT__LISTED_WAIT /* the list is on its way: `settled` will be called */
} upbit__listed;

typedef struct upbit__listing_events {
    /* A list was believed. `before` is NULL for the first and gone when this returns. */
    void (*changed)(void *context, const upbit__markets *before, const upbit__markets *now);
    /* An asking has ended, well or not, or has taken too long for commands to wait for. */
    void (*settled)(void *context);
} upbit__listing_events;

typedef struct upbit__listing {
    /* immutable */
    upbit__asking *asking;
    upbit__loop *loop;
    upbit__log *log;
    upbit__listing_events events;
    void *context;
    /* I/O thread */
    upbit__ask *ask;               /* on its way */
    upbit__recorded_markets *scan; /* of the recording, on its way */
    upbit__markets *markets;       /* NULL: not known */
    bool begun, told;              /* told: the present failure has been logged */
    bool give_up;                  /* waited long enough: codes pass until the answer comes */
    bool needed;                   /* somebody wants it kept fresh */
    bool doubted;                  /* the last answer was too short to be believed at once */
    bool unreachable;              /* the last failure was without an answer */
    uint32_t failures;             /* in a row */
    int64_t known_ns, tried_ns;
    upbit__timer patience, refresh;
} upbit__listing;

void upbit__listing_init(upbit__listing *l, upbit__asking *asking, upbit__loop *loop,
                         upbit__log *log, const upbit__listing_events *events, void *context);
void upbit__listing_finish(upbit__listing *l);

/* Asks for the list unless it is on its way or was asked for a moment ago. */
void upbit__listing_start(upbit__listing *l);
/* Whether somebody wants anything of the exchange: then the list is kept fresh. */
void upbit__listing_keep(upbit__listing *l, bool needed);
/* The stream contradicts the list: asks soon, at most once a second. */
void upbit__listing_recheck(upbit__listing *l);

/* A code, or KRW-* for any code of that quote currency. What an old list does not hold makes the
 * list be asked for anew before the answer is no. */
upbit__listed upbit__listing_check(upbit__listing *l, const char *code);

#endif
