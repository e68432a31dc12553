#include "wire/recording_write.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "upbit-live/error.h"
#include "wire/utf8.h"

/* At most six bytes for one. */
static size_t escape(uint8_t *to, const uint8_t *from, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t *at = to;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = from[i];
        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = c;
        } else if (c >= 0x20) {
            *at++ = c;
        } else {
            *at++ = '\\';
            *at++ = 'u';
            *at++ = '0';
            *at++ = '0';
            *at++ = (uint8_t)hex[c >> 4];
            *at++ = (uint8_t)hex[c & 15];
        }
    }
    return (size_t)(at - to);
}

int upbit__recording_write(upbit__buffer *to, const upbit__recorded *frame)
{
    char head[96];
    bool text = frame->length > 0 && upbit__utf8_valid(frame->data, frame->length);
    int head_length =
        snprintf(head, sizeof head, "{\"t_ns\":%" PRId64 ",\"dir\":\"%s\",\"op\":%d%s", frame->t_ns,
                 frame->in ? "in" : "out", frame->opcode,
                 frame->length == 0 ? ""
                 : text             ? ",\"text\":\""
                                    : ",\"base64\":\"");
    if (frame->length > (SIZE_MAX - sizeof head) / 6 || frame->length > INT32_MAX)
        return UPBIT_ERROR_NO_MEMORY;
    size_t room = text ? frame->length * 6 : (frame->length + 2) / 3 * 4 + 1;
    if (upbit__buffer_reserve(to, (size_t)head_length + room + 4) == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    (void)upbit__buffer_append(to, head, (size_t)head_length); /* there is room for all of it */
    uint8_t *at = upbit__buffer_reserve(to, room);
    if (text)
        upbit__buffer_commit(to, escape(at, frame->data, frame->length));
    else if (frame->length > 0)
        upbit__buffer_commit(to, (size_t)EVP_EncodeBlock(at, frame->data, (int)frame->length));
    (void)upbit__buffer_append_text(to, frame->length > 0 ? "\"}\n" : "}\n");
    return 0;
}
