/* What a widget got of trades, written down and compared with what the mock knows of them: its ids
 * rise with each trade, so what a tape lacks is seen. */
#ifndef TESTS_INTEGRATION_CLIENT_TAPE_H
#define TESTS_INTEGRATION_CLIENT_TAPE_H

#include "support/stream.h"

enum { TAPE = 40000 };

typedef struct note {
    bool hole; /* a GAP of unknown size */
    uint8_t origin, stream;
    uint32_t epoch;
    int64_t id, ms;        /* of a trade */
    int64_t after, before; /* of a hole */
    char code[24];
} note;

/* All trades and GAPs a proxy got, in order. */
typedef struct tape {
    upbit_proxy *proxy;
    size_t count, holes, filled;
    uint32_t epoch; /* of the newest trade */
    size_t live;    /* trades of that epoch that came by the stream */
    size_t tickers; /* of that epoch */
    bool may_drop;  /* the memory is short */
    uint64_t dropped;
    note at[TAPE];
} tape;

/* The proxy is the tape's. */
tape *tape_new(upbit_proxy *proxy);
void tape_free(tape *t);
/* Takes what is there. */
void tape_drain(tape *t);
/* Until `live` trades came by the stream of this epoch or a later one. */
void tape_run(tape *t, uint32_t epoch, size_t live);
/* In order, once, and nothing missing without a GAP in its place. Returns how many GAPs that took.
 */
size_t tape_check(const tape *t, const mock *m, const char *code);

#endif
