#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "upbit-live/error.h"

void upbit__buffer_finish(upbit__buffer *b)
{
    free(b->data);
    *b = (upbit__buffer){0};
}

uint8_t *upbit__buffer_reserve(upbit__buffer *b, size_t more)
{
    if (b->capacity - b->start - b->length >= more && b->data != NULL)
        return b->data + b->start + b->length;
    /* Moving to the front is cheaper than growing when it wins at least as much as it moves. */
    if (b->data != NULL && b->start >= b->length && b->capacity - b->length >= more) {
        memmove(b->data, b->data + b->start, b->length);
        b->start = 0;
        return b->data + b->length;
    }
    if (more > SIZE_MAX / 2 - b->length)
        return NULL;
    size_t capacity = b->capacity < 256 ? 256 : b->capacity;
    while (capacity < b->length + more)
        capacity *= 2;
    uint8_t *data = malloc(capacity);
    if (data == NULL)
        return NULL;
    if (b->data != NULL)
        memcpy(data, b->data + b->start, b->length);
    free(b->data);
    b->data = data;
    b->start = 0;
    b->capacity = capacity;
    return data + b->length;
}

void upbit__buffer_commit(upbit__buffer *b, size_t count)
{
    b->length += count;
}

int upbit__buffer_append(upbit__buffer *b, const void *bytes, size_t count)
{
    uint8_t *to = upbit__buffer_reserve(b, count);
    if (to == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    if (count > 0)
        memcpy(to, bytes, count);
    b->length += count;
    return 0;
}

int upbit__buffer_append_text(upbit__buffer *b, const char *text)
{
    return upbit__buffer_append(b, text, strlen(text));
}

void upbit__buffer_consume(upbit__buffer *b, size_t count)
{
    b->start += count;
    b->length -= count;
    if (b->length == 0)
        b->start = 0;
}

void upbit__buffer_clear(upbit__buffer *b)
{
    b->start = 0;
    b->length = 0;
}

void upbit__buffer_trim(upbit__buffer *b, size_t keep)
{
    if (b->length == 0 && b->capacity > keep)
        upbit__buffer_finish(b);
}
