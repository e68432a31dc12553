/* The shell of a message: an object, or an array of one, whose keys have a long and a short name.
 */
#ifndef MOCK_WRITER_H
#define MOCK_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "request.h"

struct mock_writer {
    struct mock_buf *out;
    bool simple, list, first;
};

struct mock_writer mock_writer_begin(struct mock_buf *out, enum mock_format format);
void mock_writer_end(struct mock_writer *w);
void mock_writer_key(struct mock_writer *w, const char *full, const char *brief);
/* Only for words that need no escaping. */
void mock_writer_word(struct mock_writer *w, const char *full, const char *brief,
                      const char *value);
/* Any text; NULL is null. */
void mock_writer_text(struct mock_writer *w, const char *full, const char *brief,
                      const char *value);
void mock_writer_whole(struct mock_writer *w, const char *full, const char *brief, int64_t value);
/* A time stamp, moved by mock_stamp_offset_ms. */
void mock_writer_stamp(struct mock_writer *w, const char *full, const char *brief, int64_t ms);

#endif
