/* The conformance catalogue of messages: each case whole, one byte at a time and split at every
 * byte, always with the same result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/message.h"

#define LIMIT 1000u

/* What came out, as text: T(...) text, B(...) binary, I ping, O pong, C(code,reason), !code
 * error. */
static char seen[4096];

static void note(const upbit__item *item)
{
    static const char kinds[] = "?MIOC";
    size_t at = strlen(seen);
    char kind = kinds[item->kind];
    if (item->kind == UPBIT__ITEM_MESSAGE)
        kind = item->opcode == 1 ? 'T' : 'B';
    if (item->kind == UPBIT__ITEM_CLOSE)
        snprintf(seen + at, sizeof seen - at, "C(%d,%.*s)", item->close_code, (int)item->length,
                 (const char *)item->data);
    else if (item->length > 64)
        snprintf(seen + at, sizeof seen - at, "%c(#%d)", kind, (int)item->length);
    else
        snprintf(seen + at, sizeof seen - at, "%c(%.*s)", kind, (int)item->length,
                 (const char *)item->data);
}

/* Feeds a piece; returns false after an error. */
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
    if (rc < 0) {
        ck_assert_int_eq(rc, UPBIT_ERROR_PROTOCOL);
        ck_assert_ptr_nonnull(r->why);
        size_t at = strlen(seen);
        snprintf(seen + at, sizeof seen - at, "!%d", r->close_code);
        ck_assert_int_eq(upbit__receiver_next(r, &item), 0); /* nothing more comes out */
        return false;
    }
    return true;
}

static void run(const uint8_t *bytes, size_t length, size_t a, size_t b)
{
    upbit__receiver r;
    upbit__receiver_init(&r, LIMIT);
    seen[0] = '\0';
    if (feed(&r, bytes, a) && feed(&r, bytes + a, b - a))
        feed(&r, bytes + b, length - b);
    upbit__receiver_finish(&r);
}

/* How many bytes it takes until an error shows, fed one by one; 0: none. */
static size_t run_bytes(const uint8_t *bytes, size_t length)
{
    upbit__receiver r;
    size_t at = 0;
    upbit__receiver_init(&r, LIMIT);
    seen[0] = '\0';
    for (size_t i = 0; i < length && at == 0; i++) {
        if (!feed(&r, bytes + i, 1))
            at = i + 1;
    }
    upbit__receiver_finish(&r);
    return at;
}

typedef struct message_case {
    const char *label;
    const char *bytes;
    size_t length;
    const char *want;
    size_t fails_at; /* good ones 0 */
} message_case;

#define CASE(label, bytes, want)                                                                   \
    {                                                                                              \
        label, bytes, sizeof(bytes) - 1, want, 0                                                   \
    }
#define FAIL(label, bytes, want, at)                                                               \
    {                                                                                              \
        label, bytes, sizeof(bytes) - 1, want, at                                                  \
    }

static const message_case cases[] = {
    CASE("empty text", "\x81\x00", "T()"),
    CASE("empty binary", "\x82\x00", "B()"),
    CASE("text", "\x81\x05hello", "T(hello)"),
    CASE("binary is not checked", "\x82\x02\xff\xfe", "B(\xff\xfe)"),
    CASE("characters in one frame", "\x81\x07\xed\x95\x9c\xf0\x90\x80\x80",
         "T(\xed\x95\x9c\xf0\x90\x80\x80)"),
    CASE("two messages",
         "\x81\x01"
         "a\x82\x01"
         "b",
         "T(a)B(b)"),
    CASE("two fragments", "\x01\x03hel\x80\x02lo", "T(hello)"),
    CASE("three fragments",
         "\x02\x01"
         "a\x00\x01"
         "b\x80\x01"
         "c",
         "B(abc)"),
    CASE("empty fragments", "\x01\x00\x00\x00\x80\x00", "T()"),
    CASE("empty fragments around", "\x01\x00\x00\x01x\x80\x00", "T(x)"),
    CASE("character across fragments", "\x01\x01\xed\x00\x01\x95\x80\x01\x9c", "T(\xed\x95\x9c)"),
    CASE("ping", "\x89\x00", "I()"),
    CASE("ping with payload",
         "\x89\x04"
         "abcd",
         "I(abcd)"),
    CASE("ping with bytes", "\x89\x03\x00\xff\xfe", "I()"),
    CASE("pong unasked", "\x8a\x02xy\x81\x01z", "O(xy)T(z)"),
    CASE("ping inside a message",
         "\x01\x01"
         "a\x89\x01p\x80\x01"
         "b",
         "I(p)T(ab)"),
    CASE("pings and pongs inside",
         "\x01\x01"
         "a\x89\x00\x8a\x01q\x00\x01"
         "b\x89\x01r\x80\x01"
         "c",
         "I()O(q)I(r)T(abc)"),
    CASE("ping inside a character", "\x01\x01\xed\x89\x01p\x80\x02\x95\x9c", "I(p)T(\xed\x95\x9c)"),
    CASE("message after fragments",
         "\x01\x01"
         "a\x80\x01"
         "b\x81\x01"
         "c\x01\x01"
         "d\x80\x00",
         "T(ab)T(c)T(d)"),
    CASE("close empty", "\x88\x00", "C(1005,)"),
    CASE("close", "\x88\x02\x03\xe8", "C(1000,)"),
    CASE("close with reason",
         "\x88\x05\x03\xe8"
         "bye",
         "C(1000,bye)"),
    CASE("close inside a message",
         "\x01\x01"
         "a\x88\x02\x03\xe9\x80\x01"
         "b",
         "C(1001,)"),
    CASE("data after close",
         "\x88\x02\x03\xe8\x81\x01"
         "a\xff\xff",
         "C(1000,)"),
    CASE("double close", "\x88\x02\x03\xe8\x88\x02\x03\xe8", "C(1000,)"),
    CASE("ping after close", "\x88\x00\x89\x00", "C(1005,)"),
    FAIL("continuation without start",
         "\x80\x01"
         "a",
         "!1002", 2),
    FAIL("open continuation without start",
         "\x00\x01"
         "a",
         "!1002", 2),
    FAIL("continuation after a message",
         "\x81\x01"
         "a\x80\x01"
         "b",
         "T(a)!1002", 5),
    FAIL("continuation after the last",
         "\x01\x01"
         "a\x80\x01"
         "b\x80\x01"
         "c",
         "T(ab)!1002", 8),
    FAIL("text inside text",
         "\x01\x01"
         "a\x81\x01"
         "b",
         "!1002", 5),
    FAIL("start inside text",
         "\x01\x01"
         "a\x01\x01"
         "b",
         "!1002", 5),
    FAIL("binary inside text",
         "\x01\x01"
         "a\x82\x01"
         "b",
         "!1002", 5),
    FAIL("RSV1",
         "\x81\x01"
         "a\xc1\x01"
         "b",
         "T(a)!1002", 4),
    FAIL("RSV2 with pings before",
         "\x89\x00\xa1\x01"
         "b",
         "I()!1002", 3),
    FAIL("RSV3 on a pong", "\x9a\x00", "!1002", 1),
    FAIL("reserved data opcode", "\x83\x00", "!1002", 1),
    FAIL("reserved control opcode", "\x8f\x00", "!1002", 1),
    FAIL("masked", "\x81\x81\x01\x02\x03\x04x", "!1002", 2),
    FAIL("long ping", "\x89\x7e\x00\x7e", "!1002", 2),
    FAIL("fragmented ping", "\x09\x00\x80\x00", "!1002", 1),
    FAIL("long form of a length", "\x81\x7e\x00\x05hello", "!1002", 4),
    FAIL("length 2^63", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", "!1002", 3),
    FAIL("length 2^62", "\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", "!1009", 10),
    FAIL("over the limit", "\x82\x7e\x03\xe9", "!1009", 4),
    FAIL("over the limit in fragments",
         "\x02\x02"
         "ab\x80\x7e\x03\xe7",
         "!1009", 8),
    FAIL("bad text",
         "\x81\x03"
         "a\xffz",
         "!1007", 4),
    FAIL("bad text fails before its end", "\x81\x7d\xed\xa0", "!1007", 4),
    FAIL("text ends in a character", "\x81\x02\xed\x95", "!1007", 4),
    FAIL("fragments end in a character", "\x01\x01\xed\x80\x01\x95", "!1007", 6),
    FAIL("bad text across fragments", "\x01\x01\xed\x80\x02\xa0\x80", "!1007", 6),
    FAIL("bad text in a first fragment",
         "\x01\x05"
         "a\xc0xxx",
         "!1007", 4),
    FAIL("close of one byte", "\x88\x01\x03", "!1002", 3),
    FAIL("close with a bad reason", "\x88\x04\x03\xe8\xc0\x80", "!1007", 6),
    FAIL("close with half a character", "\x88\x04\x03\xe8\xed\x95", "!1007", 6),
    FAIL("close longer than 125", "\x88\x7e\x00\x7e\x03\xe8", "!1002", 2),
};

START_TEST(catalogue)
{
    const message_case *k = &cases[_i];
    const uint8_t *bytes = (const uint8_t *)k->bytes;
    size_t at = run_bytes(bytes, k->length);
    ck_assert_msg(strcmp(seen, k->want) == 0, "%s by bytes: %s, not %s", k->label, seen, k->want);
    ck_assert_msg(at == k->fails_at, "%s: fails at %d, not %d", k->label, (int)at,
                  (int)k->fails_at);
    for (size_t a = 0; a <= k->length; a++) {
        for (size_t b = a; b <= k->length; b++) {
            run(bytes, k->length, a, b);
            ck_assert_msg(strcmp(seen, k->want) == 0, "%s split at %d, %d: %s, not %s", k->label,
                          (int)a, (int)b, seen, k->want);
        }
    }
}
END_TEST

START_TEST(every_close_code)
{
    for (int code = 0; code < 65536; code++) {
        uint8_t frame[4] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code};
        char want[32];
        bool legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                     (code >= 3000 && code <= 4999);
        snprintf(want, sizeof want, legal ? "C(%d,)" : "!1002", code);
        run(frame, sizeof frame, 0, 0);
        ck_assert_msg(strcmp(seen, want) == 0, "code %d: %s", code, seen);
    }
}
END_TEST

START_TEST(close_reason_of_123_bytes)
{
    uint8_t frame[127] = {0x88, 125, 0x0b, 0xb8};
    memset(frame + 4, 'r', 123);
    run(frame, sizeof frame, 60, 61);
    ck_assert_uint_eq(strlen(seen), strlen("C(3000,)") + 123);
}
END_TEST

/* Sizes around every form of the length, in one piece and in pieces of several sizes. */
START_TEST(sizes)
{
    static const size_t lengths[] = {0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20, 4 << 20};
    static const size_t pieces[] = {1, 997, 1024, 65536, SIZE_MAX};
    size_t length = lengths[_i];
    uint8_t *bytes = malloc(length + 10);
    ck_assert_ptr_nonnull(bytes);
    size_t head = length < 126 ? 2 : length < 65536 ? 4 : 10;
    bytes[0] = 0x81;
    bytes[1] = (uint8_t)(head == 2 ? length : head == 4 ? 126 : 127);
    for (size_t i = 2; i < head; i++)
        bytes[i] = (uint8_t)((uint64_t)length >> (8 * (head - 1 - i)));
    memset(bytes + head, '*', length);
    for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
        upbit__receiver r;
        upbit__item item = {0};
        int got = 0;
        if (pieces[k] == 1 && length > 70000)
            continue;
        upbit__receiver_init(&r, 4u << 20);
        for (size_t at = 0; at < length + head && got == 0;) {
            size_t n = pieces[k] < length + head - at ? pieces[k] : length + head - at, room;
            memcpy(upbit__receiver_room(&r, n, &room), bytes + at, n);
            upbit__receiver_commit(&r, n);
            at += n;
            got = upbit__receiver_next(&r, &item);
        }
        ck_assert_int_eq(got, 1);
        ck_assert_uint_eq(item.length, length);
        ck_assert(length == 0 || memcmp(item.data, bytes + head, length) == 0);
        ck_assert_int_eq(upbit__receiver_next(&r, &item), 0);
        upbit__receiver_finish(&r);
    }
    free(bytes);
}
END_TEST

/* 4 MiB in fragments of 64 bytes is legal: bytes are bounded, not fragments. */
START_TEST(many_fragments)
{
    const size_t count = (4u << 20) / 64;
    upbit__receiver r;
    upbit__item item = {0};
    int got = 0;
    upbit__receiver_init(&r, 4u << 20);
    for (size_t i = 0; i < count; i++) {
        uint8_t frame[66] = {(uint8_t)((i == 0 ? 2 : 0) | (i + 1 == count ? 0x80 : 0)), 64};
        size_t room;
        ck_assert_int_eq(got, 0);
        memset(frame + 2, (int)(i & 0xff), 64);
        memcpy(upbit__receiver_room(&r, 66, &room), frame, 66);
        upbit__receiver_commit(&r, 66);
        got = upbit__receiver_next(&r, &item);
    }
    ck_assert_int_eq(got, 1);
    ck_assert_uint_eq(item.length, 4u << 20);
    for (size_t i = 0; i < item.length; i++) {
        if (item.data[i] != (i / 64 & 0xff))
            ck_abort_msg("byte %d", (int)i);
    }
    ck_assert_msg(r.gathered.capacity <= (8u << 20), "%d", (int)r.gathered.capacity);
    ck_assert_int_eq(upbit__receiver_next(&r, &item), 0);
    ck_assert_msg(r.gathered.capacity <= (256u << 10), "a huge message stays in memory");
    upbit__receiver_finish(&r);
}
END_TEST

/* Streams of likely and unlikely bytes: however they are cut, the same comes out. */
START_TEST(random_streams)
{
    static const uint8_t likely[] = {0x81, 0x82, 0x01, 0x02, 0x80, 0x00, 0x88, 0x89, 0x8a, 3,
                                     126,  127,  0,    1,    2,    5,    0xed, 0x95, 0x9c, 'a'};
    static char whole[sizeof seen];
    int errors = 0;
    srand(11);
    for (int n = 0; n < 20000; n++) {
        uint8_t bytes[60];
        size_t length = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = rand() % 8 == 0 ? (uint8_t)rand() : likely[(size_t)rand() % sizeof likely];
        run(bytes, length, length, length);
        memcpy(whole, seen, sizeof whole);
        errors += run_bytes(bytes, length) != 0;
        ck_assert_str_eq(seen, whole);
        size_t a = length == 0 ? 0 : (size_t)rand() % length;
        run(bytes, length, a, a + (length - a) / 2);
        ck_assert_str_eq(seen, whole);
    }
    ck_assert_int_gt(errors, 1000);
    ck_assert_int_lt(errors, 19900);
}
END_TEST

/* A single-frame message lies where it was read. */
START_TEST(in_place)
{
    upbit__receiver r;
    upbit__item item;
    size_t room;
    upbit__receiver_init(&r, LIMIT);
    uint8_t *to = upbit__receiver_room(&r, 100, &room);
    memcpy(to,
           "\x82\x03"
           "abc\x81\x02"
           "de",
           9);
    upbit__receiver_commit(&r, 9);
    ck_assert_int_eq(upbit__receiver_next(&r, &item), 1);
    ck_assert_ptr_eq(item.data, to + 2);
    ck_assert_int_eq(upbit__receiver_next(&r, &item), 1);
    ck_assert_ptr_eq(item.data, to + 7);
    upbit__receiver_finish(&r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire message");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, catalogue, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(t, every_close_code);
    tcase_add_test(t, close_reason_of_123_bytes);
    tcase_add_loop_test(t, sizes, 0, 10);
    tcase_add_test(t, many_fragments);
    tcase_add_test(t, random_streams);
    tcase_add_test(t, in_place);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
