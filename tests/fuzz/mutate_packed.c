/* Compressed messages: what is in them is changed, and packed again by zlib in any way it has. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mutate.h"

enum { PLAIN = 6000, TAIL = 4 };
static const uint8_t tail[TAIL] = {0, 0, 0xff, 0xff};

/* What a payload says, as far as it can be read; the number of bytes. */
static size_t unpack(uint8_t *to, size_t room, const uint8_t *from, size_t size)
{
    z_stream z = {0};
    if (inflateInit2(&z, -15) != Z_OK)
        return 0;
    z.next_out = to;
    z.avail_out = (uInt)room;
    for (int i = 0; i < 2; i++) {
        z.next_in = (Bytef *)(uintptr_t)(i == 0 ? from : tail);
        z.avail_in = i == 0 ? (uInt)size : TAIL;
        if (inflate(&z, Z_SYNC_FLUSH) != Z_OK)
            break;
    }
    inflateEnd(&z);
    return room - z.avail_out;
}

static int begin(z_stream *z, fuzz_dice *d, int bits)
{
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
                                     Z_FIXED};
    *z = (z_stream){0};
    return deflateInit2(z, (int)fuzz_below(d, 10), Z_DEFLATED, -(bits < 9 ? 9 : bits),
                        1 + (int)fuzz_below(d, 4), strategies[fuzz_below(d, 5)]) == Z_OK;
}

/* One message in pieces, each flushed in some way; without the tail. 0: no room. */
static size_t pack(z_stream *z, fuzz_dice *d, uint8_t *to, size_t room, const uint8_t *from,
                   size_t size)
{
    static const int flushes[] = {Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK};
    z->next_out = to;
    z->avail_out = (uInt)room;
    for (size_t at = 0; at <= size;) {
        size_t n = fuzz_below(d, 3) == 0 ? fuzz_below(d, size - at + 1) : size - at;
        int last = at + n == size;
        z->next_in = (Bytef *)(uintptr_t)(from + at);
        z->avail_in = (uInt)n;
        if (deflate(z, last ? Z_SYNC_FLUSH : flushes[fuzz_below(d, 5)]) == Z_STREAM_ERROR ||
            z->avail_in > 0 || z->avail_out == 0)
            return 0;
        at += n;
        if (last)
            break;
    }
    size_t length = room - z->avail_out;
    return length >= TAIL && memcmp(to + length - TAIL, tail, TAIL) == 0 ? length - TAIL : length;
}

/* Often what was just said is said again: far matches, and those into the message before. */
static size_t enlarge(uint8_t *plain, size_t size, size_t most, fuzz_dice *d)
{
    for (size_t i = fuzz_below(d, 6); i > 0 && size > 0; i--) {
        size_t from = fuzz_below(d, size), n = 1 + fuzz_below(d, size - from);
        if (n > most - size)
            break;
        memmove(plain + size, plain + from, n);
        size += n;
    }
    return size;
}

size_t fuzz_mutate_inflate(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                           fuzz_damage *damage)
{
    fuzz_dice d = {seed | 1};
    uint8_t *plain = malloc(PLAIN);
    z_stream z;
    if (plain == NULL || size < 2 || most < 64 || fuzz_below(&d, 3) == 0 ||
        !begin(&z, &d, 8 + (bytes[0] >> 1) % 8)) {
        free(plain);
        return damage(bytes, size, most);
    }
    size_t length = unpack(plain, PLAIN / 4, bytes + 1, size - 1);
    if (fuzz_below(&d, 4) > 0)
        length = damage(plain, length, PLAIN / 2);
    length = enlarge(plain, length, PLAIN, &d);
    size_t packed = pack(&z, &d, bytes + 1, most - 1, plain, length);
    deflateEnd(&z);
    free(plain);
    return 1 + packed;
}

/* The plan of frames that fuzz_frames reads: a byte of FIN, RSV1 and opcode, a byte of length, so
 * many bytes. Returns the new end. */
static size_t put_frames(uint8_t *to, size_t at, size_t most, fuzz_dice *d, uint8_t first,
                         const uint8_t *payload, size_t length)
{
    for (size_t done = 0;; first = 0) {
        size_t n = fuzz_below(d, 3) == 0 ? fuzz_below(d, length - done + 1) : length - done;
        n = n < 125 ? n : 125;
        int last = done + n == length;
        if (at + 4 + n > most)
            return at;
        to[at++] = (uint8_t)(first | (last ? 0x80 : 0));
        to[at++] = (uint8_t)n;
        memcpy(to + at, payload + done, n);
        at += n;
        done += n;
        if (last)
            return at;
        if (fuzz_below(d, 4) == 0) { /* a ping or a pong in between */
            to[at++] = (uint8_t)(0x89 + fuzz_below(d, 2));
            to[at++] = 0;
        }
    }
}

enum { ON = 1, NO_TAKEOVER = 2, PLANNED = 0x20, RSV1 = 0x40 };

size_t fuzz_mutate_messages(uint8_t *bytes, size_t size, size_t most, uint64_t seed,
                            fuzz_damage *damage)
{
    fuzz_dice d = {seed | 1};
    uint8_t *plain = malloc(PLAIN), *packed = malloc(PLAIN);
    z_stream z;
    if (plain == NULL || packed == NULL || size < 2 || most < 64 || fuzz_below(&d, 2) == 0 ||
        !begin(&z, &d, 8 + (bytes[0] >> 2) % 8)) {
        free(packed);
        free(plain);
        return damage(bytes, size, most);
    }
    size_t length = size - 1 < PLAIN / 4 ? size - 1 : PLAIN / 4, at = 1;
    memcpy(plain, bytes + 1, length);
    if (fuzz_below(&d, 2) == 0) /* most bytes are no text */
        for (size_t i = 0; i < length; i++)
            plain[i] = (uint8_t)(32 + plain[i] % 90);
    bytes[0] = (uint8_t)((bytes[0] & 0x1e) | PLANNED | (fuzz_below(&d, 4) > 0 ? ON : 0));
    for (size_t messages = 1 + fuzz_below(&d, 4); messages > 0; messages--) {
        length = enlarge(plain, length, PLAIN / 2, &d);
        uint8_t opcode = (uint8_t)(1 + fuzz_below(&d, 2));
        if ((bytes[0] & ON) == 0 || fuzz_below(&d, 4) == 0) {
            at = put_frames(bytes, at, most, &d, opcode, plain, length);
            continue;
        }
        size_t count = pack(&z, &d, packed, PLAIN, plain, length);
        at = put_frames(bytes, at, most, &d, (uint8_t)(opcode | RSV1), packed, count);
        if ((bytes[0] & NO_TAKEOVER) != 0)
            deflateReset(&z);
    }
    deflateEnd(&z);
    free(packed);
    free(plain);
    return at;
}
