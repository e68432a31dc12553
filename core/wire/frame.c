#include "wire/frame.h"

#include <string.h>

#include "upbit-live/error.h"

static int wrong(const char **why, const char *text)
{
    *why = text;
    return UPBIT_ERROR_PROTOCOL;
}

static uint64_t big_endian(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

int upbit__frame_read(upbit__frame *out, const uint8_t *bytes, size_t count, bool deflate,
                      const char **why)
{
    if (count < 1)
        return 0;
    uint8_t opcode = bytes[0] & 0x0f;
    bool control = opcode >= 8;
    out->final = (bytes[0] & 0x80) != 0;
    out->opcode = opcode;
    out->compressed = (bytes[0] & 0x40) != 0;
    bool begins = opcode == UPBIT__FRAME_TEXT || opcode == UPBIT__FRAME_BINARY;
    if ((bytes[0] & 0x30) != 0 || (out->compressed && !(deflate && begins)))
        return wrong(why, "a reserved bit is set");
    if (opcode > UPBIT__FRAME_PONG || (opcode > UPBIT__FRAME_BINARY && !control))
        return wrong(why, "a reserved opcode");
    if (control && !out->final)
        return wrong(why, "a fragmented control frame");
    if (count < 2)
        return 0;
    if ((bytes[1] & 0x80) != 0)
        return wrong(why, "a masked frame from the server");
    uint8_t small = bytes[1];
    if (control && small > UPBIT__CONTROL_MAX)
        return wrong(why, "a control frame of more than 125 bytes");
    if (small < 126) {
        out->length = small;
        return 2;
    }
    if (small == 126) {
        if (count < 4)
            return 0;
        out->length = big_endian(bytes + 2, 2);
        if (out->length < 126)
            return wrong(why, "a length that is not in its shortest form");
        return 4;
    }
    if (count > 2 && (bytes[2] & 0x80) != 0)
        return wrong(why, "a length of 2^63 or more");
    if (count < 10)
        return 0;
    out->length = big_endian(bytes + 2, 8);
    if (out->length < 65536)
        return wrong(why, "a length that is not in its shortest form");
    return 10;
}

size_t upbit__frame_write(uint8_t out[UPBIT__FRAME_HEADER_MAX], bool final, uint8_t opcode,
                          uint64_t length, const uint8_t mask[4])
{
    size_t size = 2;
    out[0] = (uint8_t)((final ? 0x80u : 0u) | opcode);
    if (length < 126) {
        out[1] = (uint8_t)(0x80u | length);
    } else {
        size_t bytes = length < 65536 ? 2 : 8;
        out[1] = (uint8_t)(0x80u | (bytes == 2 ? 126u : 127u));
        for (size_t i = 0; i < bytes; i++)
            out[2 + i] = (uint8_t)(length >> (8 * (bytes - 1 - i)));
        size += bytes;
    }
    memcpy(out + size, mask, 4);
    return size + 4;
}

void upbit__frame_mask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t mask[4])
{
    uint64_t wide;
    memcpy(&wide, mask, 4);
    memcpy((uint8_t *)&wide + 4, mask, 4);
    size_t i = 0;
    for (; count - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        word ^= wide;
        memcpy(to + i, &word, 8);
    }
    for (; i < count; i++)
        to[i] = from[i] ^ mask[i % 4];
}
