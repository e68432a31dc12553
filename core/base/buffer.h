/* A growing byte buffer: append behind, consume in front. One owner, no thread safety.
 *
 * The bytes are data[start .. start + length). Appending may move them: keep offsets, not pointers.
 */
#ifndef UPBIT_BASE_BUFFER_H
#define UPBIT_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

typedef struct upbit__buffer {
    uint8_t *data;
    size_t start, length, capacity;
} upbit__buffer; /* zeroed is empty and ready */

void upbit__buffer_finish(upbit__buffer *b); /* frees; zeroed again */

/* Room for `more` bytes behind the content; where they go, or NULL (out of memory; nothing lost).
 */
uint8_t *upbit__buffer_reserve(upbit__buffer *b, size_t more);
/* `count` bytes have been written where upbit__buffer_reserve pointed. */
void upbit__buffer_commit(upbit__buffer *b, size_t count);
int upbit__buffer_append(upbit__buffer *b, const void *bytes, size_t count); /* 0 or NO_MEMORY */
int upbit__buffer_append_text(upbit__buffer *b, const char *text);           /* without the NUL */
/* Drops `count` bytes in front, count <= length. */
void upbit__buffer_consume(upbit__buffer *b, size_t count);
void upbit__buffer_clear(upbit__buffer *b); /* keeps the memory */
/* Gives memory above `keep` bytes back when the buffer is empty. */
void upbit__buffer_trim(upbit__buffer *b, size_t keep);

static inline const uint8_t *upbit__buffer_bytes(const upbit__buffer *b)
{
    return b->data + b->start;
}

#endif
