/* See writer.h. */
#include "writer.h"

#include <string.h>

#include "messages.h"

struct mock_writer mock_writer_begin(struct mock_buf *out, enum mock_format format)
{
    struct mock_writer w = {out, format == MOCK_SIMPLE || format == MOCK_SIMPLE_LIST,
                            format == MOCK_JSON_LIST || format == MOCK_SIMPLE_LIST, true};
    mock_buf_puts(out, w.list ? "[{" : "{");
    return w;
}

void mock_writer_end(struct mock_writer *w)
{
    mock_buf_puts(w->out, w->list ? "}]" : "}");
}

void mock_writer_key(struct mock_writer *w, const char *full, const char *brief)
{
    const char *name = w->simple ? brief : full;
    size_t len = strlen(name);
    char text[64];
    char *to = text;
    if (!w->first) {
        *to++ = ',';
    }
    w->first = false;
    *to++ = '"';
    memcpy(to, name, len);
    to += len;
    *to++ = '"';
    *to++ = ':';
    mock_buf_put(w->out, text, (size_t)(to - text));
}

void mock_writer_word(struct mock_writer *w, const char *full, const char *brief, const char *value)
{
    mock_writer_key(w, full, brief);
    mock_buf_putc(w->out, '"');
    mock_buf_puts(w->out, value);
    mock_buf_putc(w->out, '"');
}

void mock_writer_text(struct mock_writer *w, const char *full, const char *brief, const char *value)
{
    mock_writer_key(w, full, brief);
    if (value == NULL) {
        mock_buf_puts(w->out, "null");
    } else {
        mock_buf_json_string(w->out, value, strlen(value));
    }
}

void mock_writer_whole(struct mock_writer *w, const char *full, const char *brief, int64_t value)
{
    mock_writer_key(w, full, brief);
    mock_put_int(w->out, value);
}

void mock_writer_stamp(struct mock_writer *w, const char *full, const char *brief, int64_t ms)
{
    mock_writer_whole(w, full, brief, ms + mock_stamp_offset_ms);
}
