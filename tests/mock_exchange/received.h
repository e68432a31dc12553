/* What clients sent: requests, control frames, HTTP. Bounded in entries and in bytes; the oldest
 * make room. */
#ifndef MOCK_RECEIVED_H
#define MOCK_RECEIVED_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define MOCK_RECEIVED       4096
#define MOCK_RECEIVED_BYTES ((size_t)16 << 20)

struct mock_receipt {
    uint64_t conn;
    int64_t ms;       /* since the start */
    const char *what; /* "message", "ping", "pong", "close" or "http" */
    char method[16];
    int status; /* of the answer to an HTTP request */
    char *text; /* of a message; path and query of an HTTP request */
    size_t len;
};

struct mock_received {
    struct mock_receipt *ring;
    uint64_t first, next; /* numbers, counted from 1 */
    size_t bytes;
};

/* Takes a copy of the text, which may be cut; without memory the entry goes without one. */
void mock_received_add(struct mock_received *r, const struct mock_receipt *entry);
void mock_received_put(struct mock_buf *out, const struct mock_received *r, uint64_t since,
                       uint64_t limit);
void mock_received_finish(struct mock_received *r);

#endif
