/* Which codes the exchange lists, by its REST market list: so that a typing error is told to its
 * author instead of being met with the exchange's silence.
 *
 * When the list cannot be had, codes pass unchecked. I/O thread only. */
#ifndef UPBIT_CLIENT_LISTING_H
#define UPBIT_CLIENT_LISTING_H

#include <stdbool.h>

#include "base/log.h"
#include "client/asking.h"
#include "exchange/markets.h"

typedef enum upbit__listed {
    UPBIT__LISTED_YES, /* or: cannot be known */
    UPBIT__LISTED_NO,
    UPBIT__LISTED_WAIT /* the list is on its way: `settled` will be called */
} upbit__listed;

typedef struct upbit__listing {
    /* immutable */
    upbit__asking *asking;
    upbit__loop *loop;
    upbit__log *log;
    void (*settled)(void *context);
    void *context;
    /* I/O thread */
    upbit__ask *ask;         /* on its way */
    upbit__markets *markets; /* NULL: not known */
    bool begun, told;        /* told: the present failure has been logged */
    bool give_up;            /* waited long enough: codes pass until the answer comes */
    int64_t known_ns, tried_ns;
    upbit__timer patience;
} upbit__listing;

void upbit__listing_init(upbit__listing *l, upbit__asking *asking, upbit__loop *loop,
                         upbit__log *log, void (*settled)(void *context), void *context);
void upbit__listing_finish(upbit__listing *l);

/* Asks for the list unless it is known or on its way; after a failure not again within 30 s. */
void upbit__listing_start(upbit__listing *l);

/* A code that an old list does not hold makes the list be asked for anew before the answer is no.
 */
upbit__listed upbit__listing_check(upbit__listing *l, const char *code);

#endif
