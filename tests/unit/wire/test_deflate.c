/* permessage-deflate: every example of RFC 7692, what else a server may send, and what it must not;
 * each stream whole, one byte at a time and split at every byte, always with the same result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define ZLIB_CONST
#include <zlib.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/message.h"

#define LIMIT 1000u

static char seen[8192]; /* T(...) text, B(...) binary, I ping, O pong, C(code), !code error */
static bool fault;      /* the error was put on compression */

static void note(const upbit__item *item)
{
    static const char kinds[] = "?MIOC";
    size_t at = strlen(seen);
    char kind = kinds[item->kind];
    if (item->kind == UPBIT__ITEM_MESSAGE)
        kind = item->opcode == 1 ? 'T' : 'B';
    snprintf(seen + at, sizeof seen - at, "%c(%.*s)", kind, (int)item->length,
             (const char *)item->data);
}

static bool feed(upbit__receiver *r, const uint8_t *bytes, size_t count)
{
    size_t room;
    uint8_t *to = upbit__receiver_room(r, count > 0 ? count : 1, &room);
    ck_assert_ptr_nonnull(to);
    if (count > 0)
        memcpy(to, bytes, count);
    upbit__receiver_commit(r, count);
    upbit__item item;
    int rc;
    while ((rc = upbit__receiver_next(r, &item)) == 1)
        note(&item);
    if (rc == 0)
        return true;
    ck_assert_int_eq(rc, UPBIT_ERROR_PROTOCOL);
    ck_assert_ptr_nonnull(r->why);
    size_t at = strlen(seen);
    snprintf(seen + at, sizeof seen - at, "!%d", r->close_code);
    fault = r->deflate_fault;
    ck_assert_int_eq(upbit__receiver_next(r, &item), 0);
    return false;
}

static void start(upbit__receiver *r, int bits, bool takeover, size_t limit)
{
    const upbit__deflate_terms terms = {.on = true,
                                        .server_no_context_takeover = !takeover,
                                        .server_max_window_bits = (uint8_t)bits,
                                        .client_max_window_bits = 15};
    upbit__receiver_init(r, limit);
    ck_assert_int_eq(upbit__receiver_deflate(r, &terms), 0);
    seen[0] = '\0';
    fault = false;
}

typedef struct deflate_case {
    const char *label;
    int bits; /* of the server's window; negative: without context takeover */
    const char *bytes;
    size_t length;
    const char *want;
    bool fault;
} deflate_case;

#define CASE(label, bits, bytes, want)                                                             \
    {                                                                                              \
        label, bits, bytes, sizeof(bytes) - 1, want, false                                         \
    }
#define FAIL(label, bits, bytes, want)                                                             \
    {                                                                                              \
        label, bits, bytes, sizeof(bytes) - 1, want, true                                          \
    }

#define HELLO   "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
#define AGAIN   "\xc1\x05\xf2\x00\x11\x00\x00"
#define PLAIN   "\x81\x05Hello"
#define FINAL   "\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
#define STORED  "\xc1\x0b\x00\x05\x00\xfa\xffHello\x00"
#define BLOCKS  "\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"
#define NOTHING "\xc1\x01\x00"

static const deflate_case cases[] = {
    CASE("7.2.3.1 a message", 15, HELLO, "T(Hello)"),
    CASE("7.2.3.1 in two fragments", 15, "\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00",
         "T(Hello)"),
    CASE("7.2.3.2 the window is shared", 15, HELLO AGAIN, "T(Hello)T(Hello)"),
    CASE("7.2.3.2 the smallest window is shared", 8, HELLO AGAIN, "T(Hello)T(Hello)"),
    CASE("7.2.3.2 and is not", -15, HELLO HELLO, "T(Hello)T(Hello)"),
    CASE("7.2.3.3 a block without compression", 15, STORED, "T(Hello)"),
    CASE("7.2.3.4 a final block", 15, FINAL, "T(Hello)"),
    CASE("7.2.3.5 two blocks", 15, BLOCKS, "T(Hello)"),
    CASE("7.2.3.6 an empty fragment", 15,
         "\x41\x0b\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff"
         "\x80\x01\x00",
         "T(Hello)"),
    CASE("empty", 15, NOTHING, "T()"),
    CASE("empty, then not", 15, NOTHING HELLO NOTHING AGAIN NOTHING, "T()T(Hello)T()T(Hello)T()"),
    CASE("empty as one fixed block", 15, "\xc1\x02\x02\x00", "T()"),
    CASE("empty without a byte", 15, "\xc1\x00", "T()"),
    CASE("empty without a byte, between", 15, HELLO "\xc1\x00" AGAIN, "T(Hello)T()T(Hello)"),
    CASE("empty fragments around", 15, "\x41\x00\x00\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x80\x00",
         "T(Hello)"),
    CASE("a fragment a byte", 15,
         "\x41\x01\xf2\x00\x01\x48\x00\x01\xcd\x00\x01\xc9\x00\x01\xc9\x00\x01\x07\x80\x01\x00",
         "T(Hello)"),
    CASE("the empty block left in, nothing in the last frame", 15,
         "\x41\x0b\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x80\x00", "T(Hello)"),
    CASE("the empty block left in", 15, "\xc1\x0b\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff",
         "T(Hello)"),
    CASE("binary", 15, "\xc2\x07\xf2\x48\xcd\xc9\xc9\x07\x00", "B(Hello)"),
    CASE("uncompressed", 15, PLAIN, "T(Hello)"),
    CASE("sandwich", 15, HELLO PLAIN AGAIN PLAIN AGAIN, "T(Hello)T(Hello)T(Hello)T(Hello)T(Hello)"),
    CASE("sandwich of fragments", 15, HELLO "\x01\x02He\x80\x03llo" AGAIN,
         "T(Hello)T(Hello)T(Hello)"),
    CASE("sandwich without takeover", -15, HELLO PLAIN HELLO, "T(Hello)T(Hello)T(Hello)"),
    CASE("ping between fragments", 15, "\x41\x03\xf2\x48\xcd\x89\x02hi\x80\x04\xc9\xc9\x07\x00",
         "I(hi)T(Hello)"),
    CASE("several final blocks", 15, FINAL FINAL AGAIN, "T(Hello)T(Hello)T(Hello)"),
    CASE("a final block, then one that points into it", 15,
         "\xc1\x0c\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00", "T(HelloHello)"),
    CASE("a final block without the octet behind", 15, "\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00" AGAIN,
         "T(Hello)T(Hello)"),
    CASE("characters across fragments", 15, "\x41\x09\x00\x03\x00\xfc\xff\xed\x95\x9c\x00\x80\x00",
         "T(\xed\x95\x9c)"),
    CASE("a close after", 15, HELLO "\x88\x02\x03\xe8", "T(Hello)C()"),

    FAIL("a block type that is none", 15, "\xc1\x01\x06", "!1007"),
    FAIL("... of a later message", 15, HELLO "\xc1\x01\x06", "T(Hello)!1007"),
    FAIL("a stored block whose length is not its complement", 15, "\xc1\x05\x00\x05\x00\x00\x00",
         "!1007"),
    FAIL("a distance into nothing", 15, AGAIN, "!1007"),
    FAIL("a distance into nothing without takeover", -15, HELLO AGAIN, "T(Hello)!1007"),
    FAIL("too many lengths", 15, "\xc1\x02\xfc\xff", "!1007"),
    FAIL("cut off in a block", 15, "\xc1\x04\xf2\x48\xcd\xc9", "!1007"),
    FAIL("cut off in a stored block", 15, "\xc1\x07\x00\x05\x00\xfa\xffHe", "!1007"),
    FAIL("cut off so that the tail fills it up", 15,
         "\xc1\x09\x00\x08\x00\xf7\xff"
         "Hell",
         "!1007"),
    FAIL("cut off in a header", 15, "\xc1\x03\x00\x05\x00", "!1007"),
    FAIL("the header of a tree", 15, "\xc1\x01\x04", "!1007"),
    FAIL("two bytes of the empty block", 15, "\xc1\x09\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00",
         "!1007"),
    FAIL("bytes behind a final block", 15, "\xc1\x0a\xf3\x48\xcd\xc9\xc9\x07\x00\x07\x01\x02",
         "!1007"),
    FAIL("text behind a final block", 15,
         "\xc1\x0b\xf3\x48\xcd\xc9\xc9\x07\x00"
         "Hell",
         "!1007"),
    FAIL("RSV1 on a continuation", 15, "\x41\x03\xf2\x48\xcd\xc0\x04\xc9\xc9\x07\x00", "!1002"),
    FAIL("RSV1 on a continuation of plain text", 15, "\x01\x02He\xc0\x03llo", "!1002"),
    FAIL("RSV1 on a ping", 15, "\xc9\x00", "!1002"),
    FAIL("RSV1 on a pong", 15, "\xca\x00", "!1002"),
    FAIL("RSV1 on a close", 15, "\xc8\x02\x03\xe8", "!1002"),
    CASE("RSV2", 15, "\xa1\x05Hello", "!1002"),
    CASE("RSV3", 15, "\x91\x05Hello", "!1002"),
    FAIL("RSV1 and RSV2", 15, "\xe1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", "!1002"),
    FAIL("RSV1 and RSV3", 15, "\xd1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", "!1002"),
    CASE("text that is no UTF-8", 15, "\xc1\x08\x00\x02\x00\xfd\xff\xc3\x28\x00", "!1007"),
    CASE("text that ends in a character", 15, "\xc1\x08\x00\x02\x00\xfd\xff\xed\x95\x00", "!1007"),
    /* Of two faults the first is told, however the bytes were cut into reads. */
    CASE("text that is no UTF-8, and a block type that is none", 15,
         "\xc1\x08\x00\x02\x00\xfd\xff\xc3\x28\x06", "!1007"),
    CASE("text that is no UTF-8, in binary", 15, "\xc2\x08\x00\x02\x00\xfd\xff\xc3\x28\x00",
         "B(\xc3\x28)"),
};

START_TEST(every_case)
{
    const deflate_case *k = &cases[_i];
    int bits = k->bits < 0 ? -k->bits : k->bits;
    const uint8_t *bytes = (const uint8_t *)k->bytes;
    for (size_t a = 0; a <= k->length; a++) { /* length: one byte at a time; else split at a */
        upbit__receiver r;
        start(&r, bits, k->bits > 0, LIMIT);
        if (a == k->length) {
            bool going = true;
            for (size_t i = 0; i < k->length && going; i++)
                going = feed(&r, bytes + i, 1);
        } else if (feed(&r, bytes, a)) {
            feed(&r, bytes + a, k->length - a);
        }
        upbit__receiver_finish(&r);
        ck_assert_msg(strcmp(seen, k->want) == 0, "%s at %d: %s, not %s", k->label, (int)a, seen,
                      k->want);
        ck_assert_msg(fault == k->fault, "%s at %d", k->label, (int)a);
    }
}
END_TEST

START_TEST(rsv1_is_reserved_when_nothing_was_agreed)
{
    upbit__receiver r;
    upbit__receiver_init(&r, LIMIT);
    seen[0] = '\0';
    fault = false;
    ck_assert(!feed(&r, (const uint8_t *)HELLO, 9));
    ck_assert_str_eq(seen, "!1002");
    ck_assert(!fault);
    upbit__receiver_finish(&r);
}
END_TEST

/* ---- bounds ---- */

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

/* Zeros that inflate to `mebibytes`, a thousandth of that long, as one frame. */
static void make_bomb(bytes *b, size_t mebibytes)
{
    static uint8_t zeros[1 << 20], packed[8192];
    z_stream z = {
        .next_in = zeros, .avail_in = sizeof zeros, .next_out = packed, .avail_out = sizeof packed};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    deflate(&z, Z_FULL_FLUSH);
    ck_assert_uint_eq(z.avail_in, 0);
    size_t size = sizeof packed - z.avail_out;
    uint64_t length = size * mebibytes + 1;
    size_t head = length < 65536 ? 4 : 10;
    put(b, "\xc2", 1);
    put(b, head == 4 ? "\x7e" : "\x7f", 1);
    for (size_t i = 2; i < head; i++) {
        uint8_t digit = (uint8_t)(length >> (8 * (head - 1 - i)));
        put(b, &digit, 1);
    }
    for (size_t i = 0; i < mebibytes; i++)
        put(b, packed, size);
    put(b, "", 1);
    deflateEnd(&z);
}

static bool throw_bomb(upbit__receiver *r, const bytes *b)
{
    bool going = true;
    for (size_t at = 0; at < b->length && going; at += 16384)
        going = feed(r, b->data + at, b->length - at < 16384 ? b->length - at : 16384);
    return going;
}

/* A gibibyte out of a mebibyte: refused as soon as it is larger than the limit, with no more memory
 * than the limit and a little. */
START_TEST(bomb)
{
    bytes b = {0};
    upbit__receiver r;
    make_bomb(&b, 1024);
    ck_assert_uint_lt(b.length, 1200000);
    clock_t begin = clock();
    start(&r, 15, true, 16u << 20);
    ck_assert(!throw_bomb(&r, &b));
    double ms = (double)(clock() - begin) * 1000 / CLOCKS_PER_SEC;
    ck_assert_str_eq(seen, "!1009");
    ck_assert(fault);
    size_t memory = upbit__inflater_memory(r.inflater);
    ck_assert_msg(memory <= (17u << 20), "%d", (int)memory);
    ck_assert_msg(r.in.capacity <= (1u << 20), "%d", (int)r.in.capacity);
    ck_assert_msg(ms < 1000, "%f ms", ms);
    upbit__receiver_finish(&r);
    free(b.data);
}
END_TEST

START_TEST(the_limit_is_exact)
{
    bytes b = {0};
    for (size_t less = 0; less < 3; less++) {
        upbit__receiver r;
        upbit__item item;
        size_t limit = (1u << 20) + 1 - less, room;
        b.length = 0;
        make_bomb(&b, 1);
        start(&r, 15, true, limit);
        memcpy(upbit__receiver_room(&r, b.length, &room), b.data, b.length);
        upbit__receiver_commit(&r, b.length);
        int rc = upbit__receiver_next(&r, &item);
        ck_assert_int_eq(rc, less < 2 ? 1 : UPBIT_ERROR_PROTOCOL);
        if (rc == 1) {
            ck_assert_uint_eq(item.length, 1u << 20);
            ck_assert(item.compressed);
            ck_assert_uint_eq(item.packed, b.length - 4);
        } else {
            ck_assert_int_eq(r.close_code, 1009);
        }
        upbit__receiver_finish(&r);
    }
    free(b.data);
}
END_TEST

/* Blocks with nothing in them need no room and no end. */
START_TEST(endless_emptiness)
{
    upbit__receiver r;
    static uint8_t frame[2 + 125];
    int frames = 0;
    start(&r, 15, true, LIMIT);
    frame[0] = 0x42;
    frame[1] = 125;
    for (size_t i = 0; i < 25; i++)
        memcpy(frame + 2 + 5 * i, "\0\0\0\xff\xff", 5);
    while (feed(&r, frame, sizeof frame)) {
        frame[0] = 0x00;
        ck_assert_int_lt(++frames, 20);
    }
    ck_assert_str_eq(seen, "!1009");
    ck_assert(fault);
    upbit__receiver_finish(&r);
}
END_TEST

/* After the first messages nothing grows any more, and one huge message is not kept. */
START_TEST(memory_is_reused)
{
    bytes b = {0};
    upbit__receiver r;
    upbit__item item;
    size_t room;
    start(&r, 15, true, 4u << 20);
    ck_assert(feed(&r, (const uint8_t *)HELLO, 9));
    size_t memory = upbit__inflater_memory(r.inflater);
    for (int i = 0; i < 100000; i++) {
        ck_assert(feed(&r, (const uint8_t *)HELLO, 9));
        seen[0] = '\0';
    }
    ck_assert_uint_eq(upbit__inflater_memory(r.inflater), memory);
    ck_assert_uint_le(memory, 200000);
    make_bomb(&b, 4);
    memcpy(upbit__receiver_room(&r, b.length, &room), b.data, b.length);
    upbit__receiver_commit(&r, b.length);
    ck_assert_int_eq(upbit__receiver_next(&r, &item), 1);
    ck_assert_uint_eq(item.length, 4u << 20);
    ck_assert_uint_gt(upbit__inflater_memory(r.inflater), 4u << 20);
    ck_assert_int_eq(upbit__receiver_next(&r, &item), 0);
    ck_assert_uint_eq(upbit__inflater_memory(r.inflater), memory);
    ck_assert(feed(&r, (const uint8_t *)HELLO, 9)); /* and what came before is still known */
    upbit__receiver_finish(&r);
    free(b.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deflate");
    TCase *tests = tcase_create("deflate");
    tcase_add_loop_test(tests, every_case, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tests, rsv1_is_reserved_when_nothing_was_agreed);
    tcase_add_test(tests, bomb);
    tcase_add_test(tests, the_limit_is_exact);
    tcase_add_test(tests, endless_emptiness);
    tcase_add_test(tests, memory_is_reused);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
