/* A strict, small HTTP/1.1 server side: one request out of a buffer, one reply into one. */
#ifndef MOCK_HTTP_H
#define MOCK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

#define MOCK_HTTP_HEADERS 100

struct mock_http_header {
    const char *name, *value; /* NUL-terminated, inside the buffer */
};

struct mock_http_request {
    char *method, *path, *query; /* path is decoded; query is raw, "" if none */
    struct mock_http_header header[MOCK_HTTP_HEADERS];
    int headers;
    const char *body;
    size_t body_len;
    size_t total; /* bytes to consume */
    bool keep_alive;
    bool http11;
};

/* 1: a whole request (the buffer's bytes were made into strings in place: consume `total` after
 * use), 0: more bytes are needed (*expect says that the client waits for a 100), otherwise minus
 * the status to answer with before closing. */
int mock_http_parse(struct mock_http_request *r, bool *expect, struct mock_buf *in);

/* NULL when there is none; the first when there are several. */
const char *mock_http_header(const struct mock_http_request *r, const char *name);
/* Whether a comma-separated header holds the token, in any case. */
bool mock_http_has_token(const struct mock_http_request *r, const char *name, const char *token);
/* Decodes percent escapes in place, and a plus as a blank when told to; false for a broken escape
 * or a hidden NUL. */
bool mock_http_decode(char *text, bool plus);
/* The decoded value of a query parameter into out; false when absent. One that is too long is cut:
 * no value that means something is as long as the buffers it is read into. */
bool mock_http_query(char *out, size_t size, const struct mock_http_request *r, const char *name);
/* The same without a limit: the caller frees. */
char *mock_http_query_alloc(const struct mock_http_request *r, const char *name);

/* What every answer says the time is. */
extern int64_t mock_http_date_ms;
void mock_http_put_date(struct mock_buf *out);

const char *mock_http_reason(int status);
void mock_http_reply(struct mock_buf *out, int status, const char *type, const char *extra,
                     const void *body, size_t len, bool keep_alive);

#endif
