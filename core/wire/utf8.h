/* Is this UTF-8? Resumable after every byte and failing at the first byte that can belong to no
 * valid text (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
#ifndef UPBIT_WIRE_UTF8_H
#define UPBIT_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct upbit__utf8 {
    uint8_t left;      /* continuation bytes still to come, 0: between characters */
    uint8_t low, high; /* what the next one may be */
} upbit__utf8;         /* zeroed is ready */

/* false: invalid, for ever. */
bool upbit__utf8_feed(upbit__utf8 *u, const uint8_t *bytes, size_t count);

/* The text may end here. */
static inline bool upbit__utf8_complete(const upbit__utf8 *u)
{
    return u->left == 0;
}

bool upbit__utf8_valid(const uint8_t *bytes, size_t count);

#endif
