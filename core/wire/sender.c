#include "wire/sender.h"

#include <string.h>

#include "base/random.h"
#include "upbit-live/error.h"

/* An empty queue larger than this is given back. */
#define KEEP ((size_t)256 * 1024)

void upbit__sender_finish(upbit__sender *s)
{
    upbit__buffer_finish(&s->out);
    *s = (upbit__sender){0};
}

#define RECORD_SIZE (1 + sizeof(size_t))

size_t upbit__sender_record(upbit__record *out, const uint8_t *bytes)
{
    out->opcode = bytes[0];
    memcpy(&out->length, bytes + 1, sizeof out->length);
    return RECORD_SIZE;
}

static int put_record(upbit__sender *s, uint8_t opcode, const void *payload, size_t length)
{
    uint8_t *to = upbit__buffer_reserve(&s->out, RECORD_SIZE + length);
    if (to == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    to[0] = opcode;
    memcpy(to + 1, &length, sizeof length);
    if (length > 0)
        memcpy(to + RECORD_SIZE, payload, length);
    upbit__buffer_commit(&s->out, RECORD_SIZE + length);
    return 0;
}

int upbit__sender_frame(upbit__sender *s, uint8_t opcode, const void *payload, size_t length)
{
    uint8_t mask[4];
    if (s->closed)
        return UPBIT_ERROR_CLOSED;
    if (length > SIZE_MAX / 4)
        return UPBIT_ERROR_NO_MEMORY;
    if (s->records)
        return put_record(s, opcode, payload, length);
    /* A mask that could be guessed would let the payload choose the bytes on the wire. */
    int rc = upbit__random_bytes(mask, sizeof mask);
    if (rc != 0)
        return rc;
    uint8_t *to = upbit__buffer_reserve(&s->out, UPBIT__FRAME_HEADER_MAX + length);
    if (to == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    size_t head = upbit__frame_write(to, true, opcode, length, mask);
    if (length > 0)
        upbit__frame_mask(to + head, payload, length, mask);
    upbit__buffer_commit(&s->out, head + length);
    return 0;
}

int upbit__sender_close(upbit__sender *s, int code, const char *reason, size_t length)
{
    uint8_t payload[UPBIT__CONTROL_MAX];
    size_t size = 0;
    if (code != 0) {
        payload[0] = (uint8_t)(code >> 8);
        payload[1] = (uint8_t)code;
        if (length > sizeof payload - 2) {
            length = sizeof payload - 2;
            while (length > 0 && ((uint8_t)reason[length] & 0xc0) == 0x80)
                length--;
        }
        if (length > 0)
            memcpy(payload + 2, reason, length);
        size = 2 + length;
    }
    int rc = upbit__sender_frame(s, UPBIT__FRAME_CLOSE, payload, size);
    if (rc == 0) {
        s->closed = true;
        s->held = false;
    }
    return rc;
}

static int queue_pong(upbit__sender *s, const uint8_t *payload, size_t length)
{
    size_t before = s->out.length;
    int rc = upbit__sender_frame(s, UPBIT__FRAME_PONG, payload, length);
    if (rc != 0)
        return rc;
    s->pongs += s->out.length - before;
    s->pongs_end = s->gone + s->out.length;
    return 1;
}

int upbit__sender_pong(upbit__sender *s, const uint8_t *payload, size_t length)
{
    if (s->closed)
        return 0;
    if (!s->held && s->pongs < UPBIT__PONG_ROOM)
        return queue_pong(s, payload, length);
    s->held = true;
    s->latest_length = length;
    if (length > 0)
        memcpy(s->latest, payload, length);
    return 0;
}

int upbit__sender_gone(upbit__sender *s, size_t count)
{
    upbit__buffer_consume(&s->out, count);
    s->gone += count;
    if (s->gone >= s->pongs_end)
        s->pongs = 0;
    int rc = 0;
    if (s->held && s->pongs == 0) {
        s->held = false;
        rc = queue_pong(s, s->latest, s->latest_length);
    }
    if (s->out.length == 0)
        upbit__buffer_trim(&s->out, KEEP);
    return rc;
}
