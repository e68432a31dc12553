/* A growable run of bytes with a read head: what a connection has read and not used, what it has
 * to send and has not sent, and every text being composed. Out of memory does not end the program
 * in the middle of a frame: the buffer marks itself `failed`, takes nothing more, and whoever owns
 * it gives the connection up. */
#ifndef MOCK_BUFFER_H
#define MOCK_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct mock_buf {
    char *data;
    size_t head; /* first byte not yet used */
    size_t len;  /* end of the bytes, counted from data */
    size_t cap;
    bool failed;
};

/* Room for `more` bytes at the end; NULL when there is no memory. */
char *mock_buf_reserve(struct mock_buf *b, size_t more);
void mock_buf_put(struct mock_buf *b, const void *bytes, size_t len);
void mock_buf_puts(struct mock_buf *b, const char *text);
void mock_buf_putc(struct mock_buf *b, char c);
void mock_buf_printf(struct mock_buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes `count` bytes off the front. */
void mock_buf_consume(struct mock_buf *b, size_t count);
void mock_buf_clear(struct mock_buf *b);
void mock_buf_finish(struct mock_buf *b);

static inline size_t mock_buf_pending(const struct mock_buf *b)
{
    return b->len - b->head;
}

static inline char *mock_buf_front(const struct mock_buf *b)
{
    return b->data == NULL ? NULL : b->data + b->head;
}

/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void mock_buf_json_string(struct mock_buf *b, const char *text, size_t len);

/* Length of the valid UTF-8 sequence at p, 0 when there is none. */
size_t mock_utf8_step(const unsigned char *p, size_t len);
bool mock_utf8_valid(const char *text, size_t len);

#endif
