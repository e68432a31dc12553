/* What was sent, message by message: the truth that a test compares its client's events with. A
 * ring, so that a mock that runs for days stays as big as it was. */
#ifndef MOCK_JOURNAL_H
#define MOCK_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "numbers.h"

/* One data message, by what tells it from others. */
struct mock_about {
    int kind;
    char code[24];
    int64_t level;     /* of a book, units of 10^-8 */
    int depth;         /* of a book */
    int64_t id;        /* sequential_id of a trade, else 0 */
    int64_t timestamp; /* the message's own; of a trade, its trade_timestamp */
    int64_t window;    /* start of a candle's window, else 0 */
    /* The numbers in it, units of 10^-8: price and volume of a trade, a ticker (accumulated), a
     * candle; best ask, best bid and the two totals of a book. */
    mock_wide value[4];
    int values;
    bool snapshot;
    bool rest;     /* a row of a REST answer */
    bool late;     /* of the set before the running one */
    bool repeated; /* sent once more */
    bool held;     /* sent after its successors */
};

struct mock_entry {
    struct mock_about about;
    uint64_t conn;
    int64_t ms; /* since the start */
};

struct mock_journal {
    struct mock_entry *ring;
    size_t cap;    /* 0: none is kept */
    uint64_t next; /* number of the next entry, counted from 1 */
};

bool mock_journal_init(struct mock_journal *j, size_t cap);
void mock_journal_finish(struct mock_journal *j);
void mock_journal_add(struct mock_journal *j, uint64_t conn, int64_t ms,
                      const struct mock_about *about);
/* The entries from number `since` on, at most `limit`, as JSON. */
void mock_journal_put(struct mock_buf *out, const struct mock_journal *j, uint64_t since,
                      uint64_t limit);

#endif
