/* Streams of random messages, packed by zlib in every way it knows, whole and damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/message.h"

static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

typedef struct bytes {
    uint8_t *data;
    size_t length, capacity;
} bytes;

static void put(bytes *b, const void *data, size_t length)
{
    while (b->length + length > b->capacity) {
        b->capacity = b->capacity == 0 ? 4096 : b->capacity * 2;
        b->data = realloc(b->data, b->capacity);
        ck_assert_ptr_nonnull(b->data);
    }
    if (length > 0)
        memcpy(b->data + b->length, data, length);
    b->length += length;
}

static void put_frame(bytes *b, unsigned first, const void *data, size_t length)
{
    uint8_t head[4] = {(uint8_t)first, (uint8_t)(length < 126 ? length : 126),
                       (uint8_t)(length >> 8), (uint8_t)length};
    ck_assert_uint_lt(length, 65536);
    put(b, head, length < 126 ? 2 : 4);
    put(b, data, length);
}

/* JSON-like text, long runs, noise, nothing. */
static size_t invent(uint8_t *out, size_t most)
{
    static const char *const words[] = {
        "\"type\":\"ticker\",", "\"code\":\"KRW-BTC\",", "{",   "}", "\"trade_price\":",
        "1.16539E8,",           "0.00012345,",           "null"};
    size_t length = 0, want = below(8) == 0 ? 0 : below((unsigned)most);
    unsigned kind = below(4);
    while (length < want) {
        const char *word = words[below(8)];
        size_t n = strlen(word);
        if (kind == 0)
            out[length++] = (uint8_t)below(256);
        else if (kind == 1)
            out[length++] = (uint8_t)('a' + want % 7);
        else if (length + n <= want)
            length += (size_t)snprintf((char *)out + length, n + 1, "%s", word);
        else
            out[length++] = (uint8_t)('0' + below(10));
    }
    return length;
}

/* A server's compressor. zlib has no raw window of 8 bits; that of 9 never points back by more
 * than 250. */
static void compressor(z_stream *z, int bits, int level, int strategy, int memory)
{
    *z = (z_stream){0};
    ck_assert_int_eq(deflateInit2(z, level, Z_DEFLATED, bits == 8 ? -9 : -bits, memory, strategy),
                     Z_OK);
}

static size_t compress_with(z_stream *z, uint8_t *out, size_t room, const uint8_t *data,
                            size_t length, int flush)
{
    z->next_in = data;
    z->avail_in = (uInt)length;
    z->next_out = out;
    z->avail_out = (uInt)room;
    deflate(z, flush);
    ck_assert_uint_eq(z->avail_in, 0);
    return room - z->avail_out;
}

/* A message in compressed form, its tail off, perhaps made of several blocks and flushes. */
static size_t pack(z_stream *z, uint8_t *out, size_t room, const uint8_t *data, size_t length)
{
    static const int flushes[] = {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_PARTIAL_FLUSH, Z_BLOCK, Z_NO_FLUSH};
    size_t done = 0, size = 0;
    while (done < length && below(3) == 0) {
        size_t part = 1 + below((unsigned)(length - done));
        size += compress_with(z, out + size, room - size, data + done, part, flushes[below(5)]);
        done += part;
    }
    size += compress_with(z, out + size, room - size, data + done, length - done, Z_SYNC_FLUSH);
    if (size >= 4 && memcmp(out + size - 4, "\0\0\xff\xff", 4) == 0)
        return size - 4;
    out[size] = 0; /* nothing new to flush */
    return size + 1;
}

enum { MESSAGES = 40, BIG = 20000 };

/* A stream of compressed and other messages in fragments; *plain is what has to come out. */
static void make_stream(bytes *stream, bytes *plain, int bits, bool takeover)
{
    static uint8_t text[BIG + 64], packed[BIG * 2 + 4096];
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE,
                                     Z_FILTERED};
    z_stream z;
    compressor(&z, bits, (int)below(10), strategies[below(5)], 1 + (int)below(9));
    for (int i = 0; i < MESSAGES; i++) {
        size_t length = invent(text, below(5) == 0 ? BIG : 700);
        bool compressed = below(6) != 0;
        const uint8_t *payload = text;
        size_t size = length;
        put(plain, &length, sizeof length);
        put(plain, text, length);
        if (compressed) {
            size = pack(&z, packed, sizeof packed, text, length);
            payload = packed;
            if (!takeover)
                deflateReset(&z);
        }
        for (unsigned first = compressed ? 0x42 : 0x02;; first = 0) {
            size_t part = below(3) == 0 ? below((unsigned)size + 1) : size;
            put_frame(stream, first | (part == size ? 0x80u : 0u), payload, part);
            payload += part;
            size -= part;
            if (size == 0)
                break;
            if (below(4) == 0)
                put_frame(stream, 0x89, "ping", 4);
        }
    }
    deflateEnd(&z);
}

/* What comes out of a stream that is read in pieces of up to `most` bytes, in the form of `plain`
 * above; false after an error. */
static bool receive(bytes *out, const bytes *stream, int bits, bool takeover, unsigned most)
{
    upbit__receiver r;
    upbit__item item;
    int rc = 0;
    const upbit__deflate_terms terms = {.on = true,
                                        .server_no_context_takeover = !takeover,
                                        .server_max_window_bits = (uint8_t)bits,
                                        .client_max_window_bits = 15};
    upbit__receiver_init(&r, 65536);
    ck_assert_int_eq(upbit__receiver_deflate(&r, &terms), 0);
    for (size_t at = 0; at < stream->length && rc == 0;) {
        size_t n = 1 + below(most), room;
        n = n < stream->length - at ? n : stream->length - at;
        memcpy(upbit__receiver_room(&r, n, &room), stream->data + at, n);
        upbit__receiver_commit(&r, n);
        at += n;
        while ((rc = upbit__receiver_next(&r, &item)) == 1) {
            if (item.kind != UPBIT__ITEM_MESSAGE)
                continue;
            put(out, &item.length, sizeof item.length);
            put(out, item.data, item.length);
        }
    }
    ck_assert(rc == 0 || rc == UPBIT_ERROR_PROTOCOL);
    ck_assert(rc == 0 || r.why != NULL);
    upbit__receiver_finish(&r);
    return rc == 0;
}

START_TEST(every_window_with_and_without_takeover)
{
    int bits = 8 + _i / 2;
    bool takeover = _i % 2 == 0;
    seed = (unsigned)_i + 1;
    for (int round = 0; round < 15; round++) {
        bytes stream = {0}, plain = {0}, out = {0};
        make_stream(&stream, &plain, bits, takeover);
        ck_assert(receive(&out, &stream, bits, takeover, round % 2 == 0 ? 16384 : 7));
        ck_assert_uint_eq(out.length, plain.length);
        ck_assert(memcmp(out.data, plain.data, plain.length) == 0);
        free(stream.data);
        free(plain.data);
        free(out.data);
    }
}
END_TEST

/* What was compressed in a large window does not fit a small one: refused, never misread. */
START_TEST(a_window_that_was_not_agreed)
{
    int refused = 0;
    seed = 5;
    for (int round = 0; round < 16; round++) {
        bytes stream = {0}, plain = {0}, out = {0};
        make_stream(&stream, &plain, 15, true);
        bool good = receive(&out, &stream, 8 + round % 4, true, 4096);
        refused += !good;
        ck_assert_uint_le(out.length, plain.length);
        ck_assert(out.length == 0 || memcmp(out.data, plain.data, out.length) == 0);
        free(stream.data);
        free(plain.data);
        free(out.data);
    }
    ck_assert_int_ge(refused, 5);
}
END_TEST

/* Damaged streams: however they are cut into reads, the same comes out, and the bounds hold (the
 * sanitizers watch). */
START_TEST(damaged_streams)
{
    int errors = 0;
    for (unsigned round = 0; round < 150; round++) {
        bytes stream = {0}, plain = {0}, one = {0}, two = {0};
        seed = round;
        make_stream(&stream, &plain, 8 + (int)round % 8, round % 3 != 0);
        for (unsigned n = 1 + below(3); n > 0; n--) {
            size_t at = below((unsigned)stream.length);
            if (below(2) == 0)
                stream.data[at] ^= (uint8_t)(1u << below(8));
            else
                stream.data[at] = (uint8_t)below(256);
        }
        bool a = receive(&one, &stream, 8 + (int)round % 8, round % 3 != 0, 65536);
        bool b = receive(&two, &stream, 8 + (int)round % 8, round % 3 != 0, 1 + below(40));
        errors += !a;
        ck_assert_int_eq(a, b);
        ck_assert_uint_eq(one.length, two.length);
        ck_assert(one.length == 0 || memcmp(one.data, two.data, one.length) == 0);
        free(stream.data);
        free(plain.data);
        free(one.data);
        free(two.data);
    }
    ck_assert_int_gt(errors, 15);
}
END_TEST

/* ---- beside zlib ---- */

/* What zlib makes of a message by itself: the tail back on, blocks behind final ones read on. */
static bool reference(bytes *out, const uint8_t *data, size_t length)
{
    static uint8_t in[8192], to[300000];
    z_stream z = {0};
    memcpy(in, data, length);
    memcpy(in + length, "\0\0\xff\xff", 4);
    ck_assert_int_eq(inflateInit2(&z, -15), Z_OK);
    z.next_in = in;
    z.avail_in = (uInt)length + 4;
    z.next_out = to;
    z.avail_out = sizeof to;
    int rc;
    while ((rc = inflate(&z, Z_SYNC_FLUSH)) == Z_STREAM_END && z.avail_in > 0)
        inflateResetKeep(&z);
    bool good = (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) && z.avail_in == 0 &&
                (rc == Z_STREAM_END || z.data_type == 128);
    put(out, to, sizeof to - z.avail_out);
    inflateEnd(&z);
    return good;
}

/* ours, in pieces; limit: as many bytes as zlib is given. */
static int ours(bytes *out, const uint8_t *data, size_t length, unsigned most, bool *broken_off)
{
    const upbit__deflate_terms terms = {
        .on = true, .server_max_window_bits = 15, .client_max_window_bits = 15};
    upbit__inflater *i = upbit__inflater_create(&terms, 300000);
    const char *why = NULL;
    upbit__inflated result = UPBIT__INFLATED;
    upbit__inflater_begin(i);
    for (size_t at = 0; at < length && result == UPBIT__INFLATED;) {
        size_t n = 1 + below(most);
        n = n < length - at ? n : length - at;
        uint8_t *piece = malloc(n); /* its end is where the sanitizer says */
        memcpy(piece, data + at, n);
        result = upbit__inflater_feed(i, piece, n, &why);
        free(piece);
        at += n;
    }
    if (result == UPBIT__INFLATED)
        result = upbit__inflater_end(i, &why);
    ck_assert((result == UPBIT__INFLATE_CORRUPT) == (why != NULL));
    *broken_off = why != NULL && strstr(why, "breaks off") != NULL;
    size_t size;
    const uint8_t *text = upbit__inflater_bytes(i, &size);
    put(out, text, size);
    upbit__inflater_destroy(i);
    return (int)result;
}

/* Messages of every kind, damaged, and pure noise: zlib and we take the same ones, and make the
 * same of them. But zlib takes the tail for what it may be, the end of a block's text even, and we
 * know that it is not. */
START_TEST(beside_zlib)
{
    static uint8_t text[1024], packed[4096];
    int good = 0, bad = 0, tails = 0;
    const char *more = getenv("UPBIT_DEFLATE_SEED"); /* for long runs by hand */
    seed = 77 + (unsigned)_i + (more != NULL ? 1000 * (unsigned)atoi(more) : 0);
    for (int n = 0; n < 4000; n++) {
        static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE};
        bytes theirs = {0}, mine = {0};
        z_stream z;
        size_t length = invent(text, 900), size;
        compressor(&z, 15, (int)below(10), strategies[below(4)], 8);
        size = pack(&z, packed, sizeof packed, text, length);
        deflateEnd(&z);
        if (below(4) == 0) {
            size = below(60);
            for (size_t i = 0; i < size; i++)
                packed[i] = (uint8_t)below(256);
        } else if (size > 0 && below(4) != 0) {
            for (unsigned k = 1 + below(4); k > 0; k--)
                packed[below((unsigned)(size < 80 ? size : 80))] ^= (uint8_t)(1u << below(8));
            if (below(4) == 0)
                size = below((unsigned)size + 1);
        }
        bool take = reference(&theirs, packed, size);
        bool broken_off;
        int result = ours(&mine, packed, size, n % 2 == 0 ? 8192 : 9, &broken_off);
        if (take && broken_off) {
            tails++;
        } else if (size > 0 && result == UPBIT__INFLATED && !take) {
            /* The message ended with a block: zlib, given the tail, waits for the rest of a head.
             */
            ck_assert_uint_eq(theirs.length, mine.length);
        } else if (size > 0) {
            ck_assert_msg(take == (result == UPBIT__INFLATED), "%d: zlib %d, we %d", n, take,
                          result);
            ck_assert(!take || theirs.length == mine.length);
        }
        if (result == UPBIT__INFLATED && mine.length > 0)
            ck_assert(memcmp(theirs.data, mine.data, mine.length) == 0);
        good += result == UPBIT__INFLATED;
        bad += result == UPBIT__INFLATE_CORRUPT;
        free(theirs.data);
        free(mine.data);
    }
    ck_assert_int_gt(good, 500);
    ck_assert_int_gt(bad, 500);
    ck_assert_int_lt(tails, 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deflate streams");
    TCase *tests = tcase_create("deflate streams");
    tcase_add_loop_test(tests, every_window_with_and_without_takeover, 0, 16);
    tcase_add_test(tests, a_window_that_was_not_agreed);
    tcase_add_test(tests, damaged_streams);
    tcase_add_loop_test(tests, beside_zlib, 0, 8);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
