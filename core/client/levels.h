/* By what an order book's price can be grouped, market by market: the exchange meets a level it
 * does not support with silence, so it is refused here, with the supported ones named.
 *
 * Asked for by REST when a level is wanted of a market for the first time, and again before an old
 * answer refuses anything (the levels of a market move with its price). What cannot be had within
 * half a second passes unchecked. I/O thread only. */
#ifndef UPBIT_CLIENT_LEVELS_H
#define UPBIT_CLIENT_LEVELS_H

#include <stdbool.h>

#include "client/asking.h"
#include "client/listing.h"
#include "upbit-live/decimal.h"

typedef struct upbit__level_set upbit__level_set;

typedef struct upbit__levels {
    /* immutable */
    upbit__asking *asking;
    upbit__loop *loop;
    upbit__log *log;
    void (*settled)(void *context);
    void *context;
    /* I/O thread */
    upbit__ask *ask; /* on its way */
    bool give_up;    /* waited long enough: levels pass until the answer comes */
    bool told;       /* the present failure has been logged */
    upbit__timer patience;
    upbit__level_set *sets; /* one per market that was ever asked about */
    size_t count, capacity;
} upbit__levels;

/* `settled` is called when what was waited for has come, or is not waited for any longer. */
void upbit__levels_init(upbit__levels *l, upbit__asking *asking, upbit__loop *loop, upbit__log *log,
                        void (*settled)(void *context), void *context);
void upbit__levels_finish(upbit__levels *l);

/* NO: `detail` names the supported levels. WAIT: once all codes of a command have been looked at,
 * upbit__levels_ask asks for all that was not known. */
upbit__listed upbit__levels_check(upbit__levels *l, const char *code, const upbit_decimal *level,
                                  char *detail, size_t size);
/* False: it cannot be asked now, take WAIT for YES. */
bool upbit__levels_ask(upbit__levels *l);

#endif
