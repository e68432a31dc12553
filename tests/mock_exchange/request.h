/* A client's request: the array of ticket, type objects, method and format, judged the way the
 * exchange judges it. */
#ifndef MOCK_REQUEST_H
#define MOCK_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "market.h"

enum mock_format { MOCK_DEFAULT, MOCK_SIMPLE, MOCK_JSON_LIST, MOCK_SIMPLE_LIST };

/* The types of the private streams; those of the public ones are enum mock_kind. */
enum { MOCK_MY_ORDER = MOCK_KINDS, MOCK_MY_ASSET, MOCK_ANNOUNCEMENT, MOCK_ALL_KINDS };

struct mock_want {
    int kind;     /* enum mock_kind plus the candle unit */
    char **codes; /* categories of announcements */
    size_t count; /* 0 in a private stream: all */
    bool include_body;
    int64_t level; /* units of 10^-8 */
    bool has_level;
    bool only_snapshot, only_realtime;
};

struct mock_request {
    char *ticket;
    struct mock_want *wants;
    size_t count;
    enum mock_format format;
    bool list; /* LIST_SUBSCRIPTIONS */
};

/* 0 when the request is good for a public or a private stream. Otherwise -1, and `error` holds the
 * error frame to send. */
int mock_request_read(struct mock_request *request, struct mock_buf *error, const char *text,
                      size_t len, bool private_stream);
void mock_request_finish(struct mock_request *request);

/* The error frame of this name, with the exchange's Korean text. */
void mock_error_frame(struct mock_buf *out, const char *name, const char *message);
/* The exchange's text of an error name, NULL when it has no such name. INVALID_PARAM's follows the
 * word it complains of. */
const char *mock_error_text(const char *name);

/* "candle.1m" to its kind, -1 when there is no such type; and back. */
int mock_kind_of(const char *type);
const char *mock_kind_name(int kind);

/* The reply to LIST_SUBSCRIPTIONS; `running` may be NULL. */
void mock_list_frame(struct mock_buf *out, const struct mock_request *running, const char *ticket,
                     enum mock_format format);

#endif
