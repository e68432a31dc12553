/* Inflates the messages of a connection with permessage-deflate (RFC 7692, RFC 1951). No I/O,
 * resumable after every byte.
 *
 * One inflater per connection. Messages come out in its own memory, one behind the other: with
 * context takeover what is before a message is what it may point back into, so nothing is copied,
 * and nothing allocated once it is warm. A pointer further back than the window that was agreed is
 * refused however the bytes come in. Our own messages go out uncompressed, which every server must
 * take: they are few and short, and a compressor would cost a quarter of a megabyte per
 * connection. */
#ifndef UPBIT_WIRE_DEFLATE_H
#define UPBIT_WIRE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/extension.h"

typedef struct upbit__inflater upbit__inflater;

typedef enum upbit__inflated {
    UPBIT__INFLATED = 0,
    UPBIT__INFLATE_CORRUPT,  /* *why says how; nothing that follows can be read either */
    UPBIT__INFLATE_TOO_LONG, /* the message has more than `most` bytes */
    UPBIT__INFLATE_NO_MEMORY
} upbit__inflated;

/* For messages of up to `most` bytes compressed under these terms; NULL: out of memory. */
upbit__inflater *upbit__inflater_create(const upbit__deflate_terms *terms, size_t most);
void upbit__inflater_destroy(upbit__inflater *i); /* NULL is allowed */

/* A compressed message begins; the one before is gone. */
void upbit__inflater_begin(upbit__inflater *i);
/* The next piece of its payload. *why is a static text. */
upbit__inflated upbit__inflater_feed(upbit__inflater *i, const uint8_t *bytes, size_t count,
                                     const char **why);
/* Its payload is complete. */
upbit__inflated upbit__inflater_end(upbit__inflater *i, const char **why);
/* The message so far, until the next call of the inflater. */
const uint8_t *upbit__inflater_bytes(const upbit__inflater *i, size_t *length);
/* The message is not needed any more: so is no memory of its size. */
void upbit__inflater_rest(upbit__inflater *i);
/* Bytes of memory it holds. */
size_t upbit__inflater_memory(const upbit__inflater *i);

#endif
