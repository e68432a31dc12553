/* What the mock exchange has sent and what has happened in its markets: what the widgets' events
 * are compared with, when all is over. */
#ifndef PROPERTY_TRUTH_H
#define PROPERTY_TRUTH_H

#include "support/journal.h"
#include "universe.h"

/* One message of the journal. */
typedef struct fact {
    uint8_t kind, code;
    mock_stream stream;
    bool late;
    int64_t id, timestamp, window; /* id: of a trade */
    uint64_t n, conn;              /* the order of the wire */
    const char *values;
} fact;

typedef struct truth {
    mock_journal journal;
    fact *facts; /* by kind, code, what it is of, and n */
    size_t count;
    size_t connections;       /* that carried data */
    int64_t *happened[CODES]; /* ids of all trades, ascending */
    size_t happenings[CODES];
    uint64_t *received; /* by connection: n of the last frame that somebody is known to have had */
    size_t received_count;
} truth;

/* Reads on; may be called at any time, often enough for the mock's rings. */
void truth_gather(truth *t, const mock *m);
/* Puts it in order, when nothing follows any more. */
void truth_settle(truth *t);
void truth_free(truth *t);

/* This frame was read by the library, and so was all that went before it on its connection. */
void truth_learn(truth *t, const fact *f);
bool truth_was_received(const truth *t, const fact *f);

/* All messages about the same: a trade's id; a ticker's or book's timestamp; a candle's window and
 * timestamp. NULL, *count 0: there was none. */
const fact *truth_find(const truth *t, int kind, int code, int64_t id, int64_t timestamp,
                       int64_t window, size_t *count);

#endif
