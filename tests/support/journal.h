/* The journal of the mock exchange, read: what it has sent, in the order of the wire. An oracle for
 * what a client must have got, and what it may have lost. docs/MOCK.md describes the fields. */
#ifndef TESTS_SUPPORT_JOURNAL_H
#define TESTS_SUPPORT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mock.h"

typedef enum { MOCK_SNAPSHOT, MOCK_REALTIME, MOCK_REST } mock_stream;

typedef struct mock_sent {
    uint64_t n; /* running number, from 1 */
    int64_t ms; /* since the mock's start */
    uint64_t conn;
    char type[16]; /* "trade", "candle.1m" */
    char code[24];
    mock_stream stream;
    int64_t id;        /* sequential_id of a trade, else 0 */
    int64_t window;    /* ms of a candle's start, else 0 */
    int depth;         /* of a book, else 0 */
    char level[24];    /* of a book, as the mock spells it, else "" */
    char values[96];   /* the numbers in it, see docs/MOCK.md, with a blank between them */
    int64_t timestamp; /* ms; of a trade its trade_timestamp */
    bool late, repeated, held;
} mock_sent;

typedef struct mock_journal {
    mock_sent *list; /* the caller frees */
    size_t count, cap;
    uint64_t next; /* number of the first entry that is not here */
    uint64_t lost; /* entries that had left the mock's ring before they were read */
} mock_journal;

/* Appends what has been sent since the last call; the first call begins with the first entry (or
 * set `next`). Rows of REST answers are entries too. Ends the test program when the mock does not
 * answer as it should. */
void mock_journal_read(const mock *m, mock_journal *journal);

/* Every trade the market of this code has had and still knows (the newest 4096), oldest first,
 * whether anybody was sent it or not: how many, their ids into `ids`, which has room for `cap`. */
size_t mock_trades(const mock *m, const char *code, int64_t *ids, size_t cap);

#endif
