/* See buffer.h: one kind of byte buffer for the whole program. */
#include "buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A buffer that once held a burst gives the memory back when it runs empty. */
#define KEEP_AT_MOST ((size_t)1 << 20)

char *mock_buf_reserve(struct mock_buf *b, size_t more)
{
    if (b->failed) {
        return NULL;
    }
    if (b->cap - b->len >= more) {
        return b->data + b->len;
    }
    /* Moving the rest to the front is paid by the bytes that were already consumed. */
    if (b->head > 0 && b->head >= b->len - b->head) {
        memmove(b->data, b->data + b->head, b->len - b->head);
        b->len -= b->head;
        b->head = 0;
        if (b->cap - b->len >= more) {
            return b->data + b->len;
        }
    }
    if (more > SIZE_MAX / 4 - b->len) {
        b->failed = true;
        return NULL;
    }
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap - b->len < more) {
        cap *= 2;
    }
    char *data = realloc(b->data, cap);
    if (data == NULL) {
        b->failed = true;
        return NULL;
    }
    b->data = data;
    b->cap = cap;
    return b->data + b->len;
}

void mock_buf_put(struct mock_buf *b, const void *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    char *to = mock_buf_reserve(b, len);
    if (to != NULL) {
        memcpy(to, bytes, len);
        b->len += len;
    }
}

void mock_buf_puts(struct mock_buf *b, const char *text)
{
    mock_buf_put(b, text, strlen(text));
}

void mock_buf_putc(struct mock_buf *b, char c)
{
    mock_buf_put(b, &c, 1);
}

void mock_buf_printf(struct mock_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *to = need < 0 ? NULL : mock_buf_reserve(b, (size_t)need + 1);
    if (to != NULL) {
        vsnprintf(to, (size_t)need + 1, format, again);
        b->len += (size_t)need;
    }
    va_end(again);
}

void mock_buf_consume(struct mock_buf *b, size_t count)
{
    b->head += count;
    if (b->head < b->len) {
        return;
    }
    if (b->cap > KEEP_AT_MOST) {
        mock_buf_finish(b);
    } else {
        b->head = 0;
        b->len = 0;
    }
}

void mock_buf_clear(struct mock_buf *b)
{
    b->head = 0;
    b->len = 0;
    b->failed = false;
}

void mock_buf_finish(struct mock_buf *b)
{
    free(b->data);
    *b = (struct mock_buf){0};
}

size_t mock_utf8_step(const unsigned char *p, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (p[0] < 0x80) {
        return 1;
    }
    size_t more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : 1;
    if (p[0] < 0xC2 || p[0] > 0xF4 || len <= more) {
        return 0;
    }
    for (size_t i = 1; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    /* Overlong forms, surrogates and values past U+10FFFF hide in the second byte. */
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F)) {
        return 0;
    }
    return more + 1;
}

bool mock_utf8_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    while (len > 0) {
        size_t step = mock_utf8_step(p, len);
        if (step == 0) {
            return false;
        }
        p += step;
        len -= step;
    }
    return true;
}

void mock_buf_json_string(struct mock_buf *b, const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    mock_buf_putc(b, '"');
    while (len > 0) {
        size_t step = mock_utf8_step(p, len);
        if (step == 0) {
            mock_buf_puts(b, "\\ufffd");
            step = 1;
        } else if (*p == '"' || *p == '\\') {
            mock_buf_putc(b, '\\');
            mock_buf_putc(b, (char)*p);
        } else if (*p < 0x20) {
            mock_buf_printf(b, "\\u%04x", *p);
        } else {
            mock_buf_put(b, p, step);
        }
        p += step;
        len -= step;
    }
    mock_buf_putc(b, '"');
}
