/* permessage-deflate (RFC 7692), the server's half, by zlib: what the exchange does when it is
 * asked to. Negotiated per connection, context takeover as agreed. */
#ifndef MOCK_DEFLATE_H
#define MOCK_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct mock_deflate; /* of one connection */

/* What both sides keep to. */
struct mock_terms {
    bool on;
    bool server_no_context_takeover, client_no_context_takeover;
    int server_max_window_bits, client_max_window_bits; /* 8 to 15; 0: not said, which is 15 */
};

/* "on", "off", or parameters as an answer has them, with commas: false when it is none of these. */
bool mock_terms_read(struct mock_terms *terms, const char *text);

/* The first offer of the header that can be had; `ours` bounds it. False: none. The answer's
 * header value is appended. */
bool mock_terms_agree(struct mock_terms *agreed, struct mock_buf *answer,
                      const struct mock_terms *ours, const char *offers);

/* level: 1 to 9. NULL: out of memory. */
struct mock_deflate *mock_deflate_make(const struct mock_terms *terms, int level);
void mock_deflate_free(struct mock_deflate *d);

/* One message, compressed into `packed` (cleared first). False: out of memory. */
bool mock_deflate_pack(struct mock_deflate *d, struct mock_buf *packed, const void *data,
                       size_t len);
/* The same as one final block, with the octet that makes a whole message of it. What was sent
 * before is not pointed into, and what follows does not point into this. */
bool mock_deflate_pack_final(struct mock_deflate *d, struct mock_buf *packed, const void *data,
                             size_t len);
/* From here on what was agreed is not kept to: a message is lost to the context, the window is 15
 * bits and is taken over. False: out of memory. */
bool mock_deflate_break(struct mock_deflate *d, const void *data, size_t len);
/* A compressed message of the client's; 0, or the code to close with. */
int mock_deflate_unpack(struct mock_deflate *d, struct mock_buf *plain, const void *data,
                        size_t len, size_t cap);
/* Where mock_session_send puts the bytes of a message on their way. */
struct mock_buf *mock_deflate_scratch(struct mock_deflate *d);
const struct mock_terms *mock_deflate_terms(const struct mock_deflate *d);

#endif
