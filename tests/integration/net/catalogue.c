#include "catalogue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "upbit-live/error.h"

enum {
    MORE = 0,
    FIN = 0x80,
    PACKED = 0x40,
    CONTINUATION = 0,
    TEXT = 1,
    BINARY = 2,
    CLOSE = 8,
    PING,
    PONG
};

static conformance_case *list;
static size_t listed, room;

static void put(run_of_bytes *to, const void *bytes, size_t length)
{
    if (to->length + length > to->room) {
        to->room = (to->length + length) * 2;
        to->bytes = realloc(to->bytes, to->room);
        if (to->bytes == NULL)
            abort();
    }
    if (length > 0)
        memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void put_number(run_of_bytes *to, uint64_t number, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        put(to, &(uint8_t){(uint8_t)(number >> 8 * i)}, 1);
}

/* A case that ends well, by the server's close; bad() makes it another. */
static conformance_case *begin(int group, const char *format, ...)
{
    if (listed == room) {
        room = room == 0 ? 256 : room * 2;
        list = realloc(list, room * sizeof *list);
        if (list == NULL)
            abort();
    }
    conformance_case *c = &list[listed++];
    *c = (conformance_case){.group = group, .code = 1000, .says_close = true};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->label, sizeof c->label, format, arguments);
    va_end(arguments);
    return c;
}

static void bad(conformance_case *c, int code)
{
    c->code = code;
    c->error = UPBIT_ERROR_PROTOCOL;
    c->says_close = false;
}

static void sends(conformance_case *c, int first, const void *payload, size_t length)
{
    put_number(&c->sends, (unsigned)first, 1);
    put_number(&c->sends, length < 126 ? length : length < 65536 ? 126 : 127, 1);
    if (length >= 126)
        put_number(&c->sends, length, length < 65536 ? 2 : 8);
    put(&c->sends, payload, length);
}

static void wants(conformance_case *c, int opcode, const void *payload, size_t length)
{
    put_number(&c->wants, (unsigned)opcode, 1);
    put_number(&c->wants, length, 8);
    put(&c->wants, payload, length);
}

/* A message in one frame and its echo. */
static void both(conformance_case *c, int opcode, const void *payload, size_t length)
{
    sends(c, FIN | opcode, payload, length);
    wants(c, opcode, payload, length);
}

/* A message in frames of `piece` bytes and its echo. */
static void in_frames(conformance_case *c, int opcode, const uint8_t *bytes, size_t length,
                      size_t piece)
{
    for (size_t at = 0; at < length; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        sends(c, (at == 0 ? opcode : CONTINUATION) | (at + n == length ? FIN : MORE), bytes + at,
              n);
    }
    wants(c, opcode, bytes, length);
}

static const uint8_t *stars(size_t length)
{
    static uint8_t *bytes;
    if (bytes == NULL && (bytes = malloc((size_t)4 << 20)) == NULL)
        abort();
    memset(bytes, '*', length);
    return bytes;
}

static void framing(void)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 65535, 65536};
    static const size_t chops[] = {0, 1, 997};
    for (int opcode = TEXT; opcode <= BINARY; opcode++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            for (size_t k = 0; k < 3; k++) {
                if (chops[k] == 1 && sizes[i] > 128)
                    continue;
                conformance_case *c =
                    begin(1, "opcode %d, %zu bytes, writes of %zu", opcode, sizes[i], chops[k]);
                both(c, opcode, stars(sizes[i]), sizes[i]);
                c->chop = chops[k];
            }
}

static void pings(void)
{
    static const size_t sizes[] = {0, 5, 125};
    for (size_t i = 0; i < 3; i++)
        for (size_t chop = 0; chop < 2; chop++) {
            conformance_case *c = begin(2, "ping of %zu bytes, writes of %zu", sizes[i], chop);
            sends(c, FIN | PING, stars(sizes[i]), sizes[i]);
            wants(c, PONG, stars(sizes[i]), sizes[i]);
            c->chop = chop;
        }
    conformance_case *c = begin(2, "ping of bytes that are no text");
    sends(c, FIN | PING, "\x00\xff\xfe\xfd", 4);
    wants(c, PONG, "\x00\xff\xfe\xfd", 4);
    c = begin(2, "ping of 126 bytes");
    sends(c, FIN | PING, stars(126), 126);
    bad(c, 1002);
    for (size_t length = 0; length < 10; length += 5) {
        c = begin(2, "unsolicited pong of %zu bytes, then a ping", length);
        sends(c, FIN | PONG, stars(length), length);
        sends(c, FIN | PING, "p", 1);
        wants(c, PONG, "p", 1);
    }
    for (size_t chop = 0; chop < 2; chop++) {
        c = begin(2, "ten pings, writes of %zu", chop);
        for (char i = '0'; i <= '9'; i++) {
            sends(c, FIN | PING, &i, 1);
            wants(c, PONG, &i, 1);
        }
        c->chop = chop;
    }
}

static void reserved_bits_and_opcodes(void)
{
    static const int opcodes[] = {TEXT, BINARY, CLOSE, PING, PONG};
    for (int bits = 1; bits < 8; bits++)
        for (size_t i = 0; i < 5; i++) {
            conformance_case *c =
                begin(3, "bits %d on opcode %d behind a message", bits, opcodes[i]);
            both(c, TEXT, "before", 6);
            sends(c, FIN | bits << 4 | opcodes[i], "xy", 2);
            bad(c, 1002);
            c->chop = (size_t)bits % 2;
        }
    conformance_case *c = begin(3, "a bit on a continuation");
    sends(c, TEXT, "a", 1);
    sends(c, FIN | 0x20 | CONTINUATION, "b", 1);
    bad(c, 1002);
    for (int opcode = 3; opcode < 16; opcode += opcode == 7 ? 4 : 1)
        for (size_t length = 0; length < 6; length += 5) {
            c = begin(4, "opcode %d with %zu bytes", opcode, length);
            both(c, TEXT, "before", 6);
            sends(c, FIN | opcode, stars(length), length);
            sends(c, FIN | PING, "after", 5);
            bad(c, 1002);
            c->chop = length;
        }
}

/* Frames as text: t b c: text, binary, continuation without FIN; T B C: with it; P ping, O pong;
 * each with the digits behind it as its payload. What the client has to send follows; '!': and then
 * 1002. */
static void fragmentation(void)
{
    static const struct {
        const char *frames, *answers;
    } rows[] = {
        {"p1", "!"},
        {"o1", "!"},
        {"t1C2", "T12"},
        {"b1C2", "B12"},
        {"tC", "T"},
        {"t1cC2", "T12"},
        {"tc1C", "T1"},
        {"t1P9C2", "P9T12"},
        {"t1O9C2", "T12"},
        {"t1P8c2P9C3", "P8P9T123"},
        {"C1T2", "!"},
        {"c1T2", "!"},
        {"c1C2T3", "!"},
        {"t1C2C3", "T12!"},
        {"t1C2c3", "T12!"},
        {"t1T2C3", "!"},
        {"t1B2", "!"},
        {"t1t2", "!"},
        {"T1C2", "T1!"},
        {"t1C2t3C4", "T12T34"},
        {"t1P1c2P2c3P3C4", "P1P2P3T1234"},
        {"t1c2c3c4c5c6c7C8", "T12345678"},
        {"t1C2P3C4", "T12P3!"},
        {"T1b2P3C4T5", "T1P3B24T5"},
        {"tcccccC", "T"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t chop = 0; chop < 2; chop++) {
            conformance_case *c = begin(5, "%s, writes of %zu", rows[i].frames, chop);
            c->chop = chop;
            static const char letters[] = "cCtTbBpPoO";
            static const int firsts[] = {0,    FIN,        TEXT, FIN | TEXT, BINARY, FIN | BINARY,
                                         PING, FIN | PING, PONG, FIN | PONG};
            for (const char *f = rows[i].frames; *f != '\0';) {
                int first = firsts[strchr(letters, *f++) - letters];
                size_t n = strspn(f, "0123456789");
                sends(c, first, f, n);
                f += n;
            }
            for (const char *a = rows[i].answers; *a != '\0';) {
                char kind = *a++;
                size_t n = strspn(a, "0123456789");
                if (kind == '!')
                    bad(c, 1002);
                else
                    wants(c, kind == 'P' ? PONG : kind == 'T' ? TEXT : BINARY, a, n);
                a += n;
            }
        }
}

static void utf8(void)
{
    static const char *const good[] = {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                                       "\xed\x95\x9c\xea\xb8\x80",
                                       "\x7f",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xef\xbf\xbd",
                                       "\xef\xbf\xbe",
                                       "\xef\xbf\xbf",
                                       "\xf0\x90\x80\x80",
                                       "\xf0\x9f\xbf\xbe",
                                       "\xf4\x8f\xbf\xbf",
                                       "a\xf3\xa0\x80\x81z"};
    static const char *const wrong[] = {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"
                                        "edited",
                                        "\x80",
                                        "\xbf",
                                        "\x80\xbf\x80",
                                        "\xc0\x20",
                                        "\xc1 ",
                                        "\xe0 ",
                                        "\xf0 ",
                                        "\xf5\x80\x80\x80",
                                        "\xf8\x88\x80\x80\x80",
                                        "\xfc\x84\x80\x80\x80\x80",
                                        "\xfe",
                                        "\xff",
                                        "\xfe\xfe\xff\xff",
                                        "\xc0\xaf",
                                        "\xe0\x80\xaf",
                                        "\xf0\x80\x80\xaf",
                                        "\xc1\xbf",
                                        "\xe0\x9f\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xc0\x80",
                                        "\xed\xa0\x80",
                                        "\xed\xad\xbf",
                                        "\xed\xae\x80",
                                        "\xed\xbf\xbf",
                                        "\xed\xa0\x80\xed\xb0\x80",
                                        "\xf4\x90\x80\x80",
                                        "ok\xf7\xbf\xbf\xbf",
                                        "\xe1\xbd",
                                        "\xf4\x8f\xbf",
                                        "\xc2"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        size_t length = strlen(good[i]);
        both(begin(6, "good text %zu", i), TEXT, good[i], length);
        conformance_case *c = begin(6, "good text %zu, a byte a frame", i);
        in_frames(c, TEXT, (const uint8_t *)good[i], length, 1);
        c = begin(6, "good text %zu, writes of 1", i);
        both(c, TEXT, good[i], length);
        c->chop = 1;
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t length = strlen(wrong[i]);
        for (size_t split = 0; split <= length; split++) {
            conformance_case *c = begin(6, "bad text %zu, split at %zu", i, split);
            if (split > 0 && split < length)
                sends(c, TEXT, wrong[i], split);
            else
                split = split == 0 ? 0 : length;
            if (split > 0 && split < length)
                sends(c, FIN | CONTINUATION, wrong[i] + split, length - split);
            else
                sends(c, FIN | TEXT, wrong[i], length);
            c->chop = split == length;
            bad(c, 1007);
        }
    }
    conformance_case *c = begin(6, "what is no text in binary");
    both(c, BINARY, "\xff\xfe\x80", 3);
    c = begin(6, "fails at the first byte that can be none, not at the end");
    sends(c, TEXT, "ok\xf4\x90", 4); /* the rest of the message never comes */
    bad(c, 1007);
}

static void closing(void)
{
    static const int codes[] = {0,    1,    500,  999,  1000, 1001, 1002, 1003, 1004, 1005,
                                1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
                                1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        int code = codes[i];
        bool legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
        conformance_case *c = begin(7, "close code %d", code);
        uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
        both(c, TEXT, "before", 6);
        sends(c, FIN | CLOSE, payload, 2);
        bad(c, legal ? code : 1002);
        c->error = code == 1000 || code == 1001 ? 0 : UPBIT_ERROR_PROTOCOL;
    }
    static const struct {
        const char *label, *payload;
        size_t length;
        int code, error;
    } rows[] = {
        {"no code", "", 0, 1005, 0},
        {"one byte", "\x03", 1, 1002, UPBIT_ERROR_PROTOCOL},
        {"a reason",
         "\x03\xe8"
         "bye",
         5, 1000, 0},
        {"a reason that is no text", "\x03\xe8\xce\xba\xed\xa0\x80", 7, 1007, UPBIT_ERROR_PROTOCOL},
    };
    for (size_t i = 0; i < 4; i++) {
        conformance_case *c = begin(7, "close with %s", rows[i].label);
        sends(c, FIN | CLOSE, rows[i].payload, rows[i].length);
        bad(c, rows[i].code);
        c->error = rows[i].error;
    }
    for (size_t length = 125; length < 127; length++) {
        conformance_case *c = begin(7, "close of %zu bytes", length);
        uint8_t payload[126] = {3, 0xe8};
        memset(payload + 2, 'r', sizeof payload - 2);
        sends(c, FIN | CLOSE, payload, length);
        bad(c, length == 125 ? 1000 : 1002);
        c->error = length == 125 ? 0 : UPBIT_ERROR_PROTOCOL;
    }
    static const char *const behind[] = {"\x81\x01x", "\x89\x01x", "\x88\x02\x03\xe9", "\xff\xff"};
    for (size_t i = 0; i < 4; i++) {
        conformance_case *c = begin(7, "close, and %zu behind it", i);
        sends(c, FIN | CLOSE, "\x03\xe8", 2);
        put(&c->sends, behind[i], strlen(behind[i]));
        c->says_close = false;
    }
    conformance_case *c = begin(7, "close inside a message");
    sends(c, TEXT, "a", 1);
    sends(c, FIN | CLOSE, "\x03\xe8", 2);
    c->says_close = false;
}

static void limits(void)
{
    static const size_t sizes[] = {65536, 262144, 1 << 20, 4 << 20};
    static const size_t frames[] = {64, 1024, 65536};
    static const size_t chops[] = {64, 2048};
    for (int opcode = TEXT; opcode <= BINARY; opcode++) {
        for (size_t i = 0; i < 4; i++)
            both(begin(9, "opcode %d, %zu bytes", opcode, sizes[i]), opcode, stars(sizes[i]),
                 sizes[i]);
        for (size_t i = 0; i < 3; i++)
            in_frames(begin(9, "opcode %d, 1 MiB in frames of %zu", opcode, frames[i]), opcode,
                      stars(1 << 20), (size_t)1 << 20, frames[i]);
        for (size_t i = 0; i < 2; i++) {
            conformance_case *c = begin(9, "opcode %d, 256 KiB in writes of %zu", opcode, chops[i]);
            both(c, opcode, stars(1 << 18), 1 << 18);
            c->chop = chops[i];
        }
    }
    conformance_case *c = begin(10, "64 KiB of text in frames of 1300 bytes");
    in_frames(c, TEXT, stars(65536), 65536, 1300);
    c = begin(9, "one byte more than is allowed");
    sends(c, FIN | BINARY, stars((4 << 20) - 1), (4 << 20) - 1);
    wants(c, BINARY, stars((4 << 20) - 1), (4 << 20) - 1);
    c->sends.length = c->wants.length = 0;
    put_number(&c->sends, FIN | BINARY, 1);
    put_number(&c->sends, 127, 1);
    put_number(&c->sends, ((size_t)4 << 20) + 1, 8);
    bad(c, 1009);
}

/* Messages of many sizes and contents, compressed by zlib under these terms. */
static void compression(int bits, bool takeover, bool client_takeover, size_t fragment)
{
    static const size_t sizes[] = {0, 16, 64, 256, 1024, 4096, 8192, 32768, 131072};
    conformance_case *c = begin(fragment > 0 ? 12 : 13, "window %d, takeover %d %d, frames of %zu",
                                bits, takeover, client_takeover, fragment);
    snprintf(c->extension, sizeof c->extension, "permessage-deflate; server_max_window_bits=%d%s%s",
             bits, takeover ? "" : "; server_no_context_takeover",
             client_takeover ? "" : "; client_no_context_takeover");
    z_stream z = {0};
    if (deflateInit2(&z, 6, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    static uint8_t plain[131072], packed[200000];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t k = 0; k < sizes[i]; k++) /* repeats near and far, and some that never do */
            plain[k] = (uint8_t)((size_t) "{\"tp\":100.5,\"cd\":\"KRW-BTC\"}"[k % 27] ^
                                 (k % (41 + i) == 0 ? k >> 5 & 15U : 0U));
        if (!takeover)
            deflateReset(&z);
        z.next_in = plain;
        z.avail_in = (uInt)sizes[i];
        z.next_out = packed;
        z.avail_out = sizeof packed;
        if (deflate(&z, Z_SYNC_FLUSH) != Z_OK && sizes[i] > 0)
            abort();
        size_t length = sizeof packed - z.avail_out;
        length = length >= 4 ? length - 4 : 0; /* the empty block is left out */
        if (length == 0)
            packed[length++] = 0;
        size_t piece = fragment > 0 ? fragment : length;
        for (size_t at = 0; at < length; at += piece) {
            size_t n = length - at < piece ? length - at : piece;
            sends(c, (at == 0 ? PACKED | BINARY : CONTINUATION) | (at + n == length ? FIN : MORE),
                  packed + at, n);
        }
        wants(c, BINARY, plain, sizes[i]);
        if (i % 3 == 1)
            both(c, TEXT, "not compressed", 14);
    }
    deflateEnd(&z);
}

const conformance_case *catalogue(size_t *count)
{
    if (listed == 0) {
        framing();
        pings();
        reserved_bits_and_opcodes();
        fragmentation();
        utf8();
        closing();
        limits();
        for (int bits = 9; bits <= 15; bits++)
            for (int how = 0; how < 4; how++) {
                compression(bits, how % 2 == 0, how < 2, 0);
                compression(bits, how % 2 == 0, how < 2, 97);
            }
    }
    *count = listed;
    return list;
}
