/* Back-fill's pages from the exchange's REST interface. I/O thread only. */
#ifndef UPBIT_CLIENT_BACKFILL_REST_H
#define UPBIT_CLIENT_BACKFILL_REST_H

#include "client/asking.h"
#include "client/backfill.h"
#include "exchange/decode.h"

typedef struct upbit__backfill_rest {
    upbit__asking *asking;
    upbit__pool *pool;
    upbit__decoder *decoder;
    upbit__log *log;
} upbit__backfill_rest;

void upbit__backfill_rest_init(upbit__backfill_rest *r, upbit__asking *asking, upbit__pool *pool,
                               upbit__decoder *decoder, upbit__log *log);

/* With an upbit__backfill_rest as its context. */
extern const upbit__backfill_source upbit__backfill_from_rest;

#endif
