/* Inflates the messages of a connection with permessage-deflate (RFC 7692). No I/O, resumable after
 * every byte.
 *
 * One inflater per connection: with context takeover each message may point back into those before
 * it. It allocates when it is made and with its first message, never later. Our own messages go out
 * uncompressed, which every server must take: they are few and short, and a compressor would cost a
 * quarter of a megabyte per connection. */
#ifndef UPBIT_WIRE_DEFLATE_H
#define UPBIT_WIRE_DEFLATE_H

#include <stddef.h>

#include "base/buffer.h"
#include "wire/extension.h"

typedef struct upbit__inflater upbit__inflater;

typedef enum upbit__inflated {
    UPBIT__INFLATED = 0,
    UPBIT__INFLATE_CORRUPT,  /* *why says how; nothing that follows can be read either */
    UPBIT__INFLATE_TOO_LONG, /* the message has more than `most` bytes */
    UPBIT__INFLATE_NO_MEMORY
} upbit__inflated;

/* For messages compressed under these terms; NULL: out of memory. */
upbit__inflater *upbit__inflater_create(const upbit__deflate_terms *terms);
void upbit__inflater_destroy(upbit__inflater *i); /* NULL is allowed */

/* A compressed message begins. */
void upbit__inflater_begin(upbit__inflater *i);
/* The next piece of its payload: what it inflates to is appended to `out`, which holds the message
 * so far and nothing else. *why lives as long as the inflater. */
upbit__inflated upbit__inflater_feed(upbit__inflater *i, upbit__buffer *out, size_t most,
                                     const void *bytes, size_t count, const char **why);
/* Its payload is complete. */
upbit__inflated upbit__inflater_end(upbit__inflater *i, upbit__buffer *out, size_t most,
                                    const char **why);

#endif
