/* The upgrade's answer, honest and hostile: whole, one byte at a time, split at every byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"
#include "upbit-live/error.h"
#include "wire/upgrade.h"

/* The key and answer of RFC 6455, section 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define START  "HTTP/1.1 101 Switching Protocols\r\n"
#define UP     "Upgrade: websocket\r\n"
#define CONN   "Connection: Upgrade\r\n"
#define GOOD   START UP CONN ACCEPT "\r\n"

static int feed_in(upbit__upgrade *u, const char *text, size_t piece, size_t *taken)
{
    size_t length = strlen(text);
    int rc = 0;
    *taken = 0;
    while (*taken < length && rc == 0) {
        size_t n = piece < length - *taken ? piece : length - *taken, used;
        rc = upbit__upgrade_feed(u, (const uint8_t *)text + *taken, n, &used);
        *taken += used;
    }
    return rc;
}

typedef struct answer_case {
    const char *label, *text;
    int result;
    const char *rest; /* accepted ones: what is left over */
} answer_case;

#define OK   UPBIT__UPGRADE_ACCEPTED
#define BAD  UPBIT_ERROR_UPGRADE
#define NO   UPBIT__UPGRADE_REFUSED
#define MORE UPBIT__UPGRADE_MORE

static const answer_case answers[] = {
    {"good", GOOD, OK, ""},
    {"good, frames behind", GOOD "\x81\x02hi", OK, "\x81\x02hi"},
    {"other cases and order",
     "HTTP/1.1 101 x\r\n"
     "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
     "UPGRADE: WebSocket\r\ncOnNection: keep-alive , uPGRADE\r\n\r\n",
     OK, ""},
    {"connection in two headers", START UP "Connection: keep-alive\r\n" CONN ACCEPT "\r\n", OK, ""},
    {"spaces around", START "Upgrade: \t websocket \t\r\n" CONN ACCEPT "\r\n", OK, ""},
    {"no reason phrase", "HTTP/1.1 101 \r\n" UP CONN ACCEPT "\r\n", OK, ""},
    {"nor the space before it", "HTTP/1.1 101\r\n" UP CONN ACCEPT "\r\n", OK, ""},
    {"other headers",
     START "Date: x\r\nremaining-req: group=websocket; min=300; sec=3\r\n" UP CONN ACCEPT
           "Content-Length: 0\r\n\r\n",
     OK, ""},
    {"after a 100", "HTTP/1.1 100 Continue\r\n\r\n" GOOD, OK, ""},
    {"after eight 1xx",
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 102 a\r\n\r\nHTTP/1.1 103 a\r\nLink: x\r\n\r\n"
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
     "HTTP/1.1 100 a\r\n\r\n" GOOD,
     OK, ""},

    {"accept missing", START UP CONN "\r\n", BAD, NULL},
    {"accept wrong", START UP CONN "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
     BAD, NULL},
    {"accept of another key",
     START UP CONN "Sec-WebSocket-Accept: "
                   "HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n",
     BAD, NULL},
    {"accept is our key", START UP CONN "Sec-WebSocket-Accept: " KEY "\r\n\r\n", BAD, NULL},
    {"accept in another case",
     START UP CONN "Sec-WebSocket-Accept: "
                   "S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n\r\n",
     BAD, NULL},
    {"accept cut short", START UP CONN "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n\r\n",
     BAD, NULL},
    {"accept with more",
     START UP CONN "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x\r\n\r\n", BAD, NULL},
    {"accept empty", START UP CONN "Sec-WebSocket-Accept:\r\n\r\n", BAD, NULL},
    {"accept twice", START UP CONN ACCEPT ACCEPT "\r\n", BAD, NULL},
    {"accept twice, one wrong", START UP CONN ACCEPT "Sec-WebSocket-Accept: x\r\n\r\n", BAD, NULL},
    {"accept only in a 1xx before", "HTTP/1.1 100 x\r\n" ACCEPT "\r\n" START UP CONN "\r\n", BAD,
     NULL},
    {"no upgrade", START CONN ACCEPT "\r\n", BAD, NULL},
    {"upgrade h2c", START "Upgrade: h2c\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"upgrade to two", START "Upgrade: websocket, h2c\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"upgrade twice", START UP UP CONN ACCEPT "\r\n", BAD, NULL},
    {"upgrade with a version", START "Upgrade: websocket/13\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"upgrade empty", START "Upgrade:\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"no connection", START UP ACCEPT "\r\n", BAD, NULL},
    {"connection close", START UP "Connection: close\r\n" ACCEPT "\r\n", BAD, NULL},
    {"connection upgraded", START UP "Connection: upgraded\r\n" ACCEPT "\r\n", BAD, NULL},
    {"extension", START UP CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", BAD,
     NULL},
    {"extension unknown", START UP CONN ACCEPT "Sec-WebSocket-Extensions: x\r\n\r\n", BAD, NULL},
    {"subprotocol", START UP CONN ACCEPT "Sec-WebSocket-Protocol: chat\r\n\r\n", BAD, NULL},
    {"HTTP/1.0", "HTTP/1.0 101 x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"HTTP/2", "HTTP/2 101\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"HTTP/1.2", "HTTP/1.2 101 x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"http in small letters", "http/1.1 101 x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"HTTP/11.1", "HTTP/11.1 101 x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"no space behind the version", "HTTP/1.1x101 x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"status of two digits", "HTTP/1.1 10 x\r\n", BAD, NULL},
    {"status of four digits", "HTTP/1.1 1010 x\r\n", BAD, NULL},
    {"status 000", "HTTP/1.1 000 x\r\n", BAD, NULL},
    {"status 999", "HTTP/1.1 999 x\r\n", BAD, NULL},
    {"status with a letter behind", "HTTP/1.1 101x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"status with a sign", "HTTP/1.1 +01 x\r\n", BAD, NULL},
    {"two spaces", "HTTP/1.1  101 x\r\n", BAD, NULL},
    {"no HTTP", "SSH-2.0-x\r\n", BAD, NULL},
    {"WebSocket frames at once", "\x81\x02hi", BAD, NULL},
    {"empty first line", "\r\n" GOOD, BAD, NULL},
    {"bare LF", "HTTP/1.1 101 x\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"bare LF in the headers", START "Upgrade: websocket\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"bare CR", START "X: a\rb\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"two CR", START "X: a\r\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"folded", START "Upgrade:\r\n websocket\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"folded by a tab", START "Upgrade:\r\n\twebsocket\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"folded, a colon in it", START "X: a\r\n\tb:c\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"space before the colon", START "Upgrade : websocket\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"no colon", START "Upgrade websocket\r\n" CONN ACCEPT "\r\n", BAD, NULL},
    {"no name", START ": x\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"control in a value", START "X: \x01\r\n" UP CONN ACCEPT "\r\n", BAD, NULL},
    {"101 with a body", START UP CONN ACCEPT "Content-Length: 5\r\n\r\nhello", BAD, NULL},
    {"101 chunked", START UP CONN ACCEPT "Transfer-Encoding: chunked\r\n\r\n", BAD, NULL},
    {"nine 1xx",
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 102 a\r\n\r\nHTTP/1.1 103 a\r\n\r\n"
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
     "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n" GOOD,
     BAD, NULL},

    {"200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NO, NULL},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", NO, NULL},
    {"304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", NO, NULL},
    {"301", "HTTP/1.1 301 Moved\r\nLocation: wss://other/\r\nContent-Length: 2\r\n\r\n{}", NO,
     NULL},
    {"429", "HTTP/1.1 429 x\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}", NO, NULL},
    {"503 over HTTP/1.0", "HTTP/1.0 503 x\r\nContent-Length: 2\r\n\r\n{}", NO, NULL},
    {"all the same but 200", "HTTP/1.1 200 OK\r\n" UP CONN ACCEPT "Content-Length: 2\r\n\r\n{}", NO,
     NULL},
    {"chunked",
     "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\nA;x\r\n0123456789\r\n0\r\n\r\n",
     NO, NULL},
    {"chunked badly", "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{]\r\n", NO, NULL},
    {"chunk lines that end in LF alone",
     "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n01\n{\n1\n}\n0\n", NO, NULL},
    {"a length beyond what is kept",
     "HTTP/1.1 400 x\r\nContent-Length: 99999999999999999999\r\n\r\nb", MORE, NULL},
    {"a length that is none", "HTTP/1.1 400 x\r\nContent-Length: 2x\r\n\r\n{}", MORE, NULL},
    {"a chunk beyond what is kept",
     "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\nb", MORE, NULL},
    {"a chunk's line without end",
     "HTTP/1.1 400 x\r\nTransfer-Encoding: "
     "chunked\r\n\r\n1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     NO, NULL},
    {"body to the end", "HTTP/1.1 400 x\r\n\r\nbody", MORE, NULL},
    {"incomplete", START UP CONN ACCEPT, MORE, NULL},
};

START_TEST(every_answer)
{
    const answer_case *k = &answers[_i];
    size_t length = strlen(k->text);
    for (size_t a = 0; a <= length; a++) { /* a 0: one byte at a time; else split behind a */
        upbit__upgrade u;
        size_t used = 0, taken;
        ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
        int rc = 0;
        if (a == 0) {
            rc = feed_in(&u, k->text, 1, &taken);
        } else {
            rc = upbit__upgrade_feed(&u, (const uint8_t *)k->text, a, &taken);
            if (rc == 0) {
                ck_assert_uint_eq(taken, a);
                rc = upbit__upgrade_feed(&u, (const uint8_t *)k->text + a, length - a, &used);
            }
            taken += used;
        }
        ck_assert_msg(rc == k->result, "%s at %d: %d (%s), not %d", k->label, (int)a, rc,
                      u.why == NULL ? "" : u.why, k->result);
        if (rc == OK)
            ck_assert_msg(strcmp(k->text + taken, k->rest) == 0, "%s at %d", k->label, (int)a);
        if (rc == BAD)
            ck_assert_ptr_nonnull(u.why);
        if (strncmp(k->label, "folded", 6) == 0)
            ck_assert_str_eq(u.why, "a folded header");
        upbit__upgrade_finish(&u);
    }
}
END_TEST

/* With compression asked for, the answer may agree, in one header, or say nothing. */
START_TEST(compression_is_agreed_or_not)
{
    static const struct {
        const char *text;
        bool good, on;
    } list[] = {
        {GOOD, true, false},
        {START UP CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", true, true},
        {START UP CONN ACCEPT "sec-websocket-extensions:permessage-deflate; "
                              "server_max_window_bits=9\r\n\r\n",
         true, true},
        {START UP CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
         false, false},
        {START UP CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                              "Sec-WebSocket-Extensions: x\r\n\r\n",
         false, false},
        {START UP CONN ACCEPT "Sec-WebSocket-Extensions:\r\n\r\n", false, false},
        {START UP CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate; "
                              "server_max_window_bits=16\r\n\r\n",
         false, false},
    };
    const upbit__deflate_offer offer = {.on = true};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        upbit__upgrade u;
        size_t taken;
        ck_assert_int_eq(upbit__upgrade_init(&u, KEY, &offer), 0);
        int rc =
            upbit__upgrade_feed(&u, (const uint8_t *)list[i].text, strlen(list[i].text), &taken);
        ck_assert_msg(rc == (list[i].good ? OK : BAD), "%d: %d", (int)i, rc);
        ck_assert_int_eq(u.deflate.on, list[i].on);
        ck_assert_int_eq(u.deflate_fault, !list[i].good);
        upbit__upgrade_finish(&u);
    }
}
END_TEST

START_TEST(body_and_headers_of_a_refusal)
{
    upbit__upgrade u;
    size_t taken;
    unsigned count;
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(feed_in(&u,
                             "HTTP/1.1 103 x\r\nOld: y\r\n\r\nHTTP/1.1 400 x\r\nA: 1\r\na: 2\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nA;x\r\n0123456789\r\n"
                             "b\n01234567890\nB:\r\n98765432109\r\n0\r\n\r\n",
                             3, &taken),
                     NO);
    ck_assert_int_eq(u.status, 400);
    ck_assert_str_eq(u.body, "{01234567890123456789098765432109");
    ck_assert_str_eq(upbit__upgrade_header(&u, "A", &count), "1");
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_null(upbit__upgrade_header(&u, "Old", &count));
    ck_assert_uint_eq(count, 0);
    upbit__upgrade_finish(&u);
}
END_TEST

START_TEST(ends)
{
    upbit__upgrade u;
    size_t taken;
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_ptr_null(upbit__upgrade_header(&u, "Upgrade", NULL)); /* of which nothing came */
    ck_assert_int_eq(upbit__upgrade_end(&u), BAD);
    ck_assert_int_eq(upbit__upgrade_feed(&u, (const uint8_t *)"x", 1, &taken), MORE);
    ck_assert_uint_eq(taken, 0); /* it is over */
    upbit__upgrade_finish(&u);
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(feed_in(&u, "HTTP/1.1 400 x\r\n\r\nbody", 100, &taken), MORE);
    ck_assert_int_eq(upbit__upgrade_end(&u), NO);
    ck_assert_str_eq(u.body, "body");
    upbit__upgrade_finish(&u);
    static const char *const cut[] = {"", "4", "4\r\n", "4\r\nbo", "4\r\nbody", "4\r\nbody\r\n"};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) { /* a chunk is cut anywhere */
        ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
        ck_assert_int_eq(
            feed_in(&u, "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n", 100, &taken), MORE);
        ck_assert_int_eq(feed_in(&u, cut[i], 100, &taken), MORE);
        ck_assert_int_eq(upbit__upgrade_end(&u), NO);
        ck_assert_str_eq(u.body, i < 3 ? "" : i == 3 ? "bo" : "body");
        upbit__upgrade_finish(&u);
    }
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(feed_in(&u, START UP, 100, &taken), MORE);
    ck_assert_int_eq(upbit__upgrade_end(&u), BAD);
    upbit__upgrade_finish(&u);
}
END_TEST

/* Things without end, of which little may be kept. */
START_TEST(endless)
{
    static char wide[602] = "W: ";
    const char *const repeats[] = {"X: y\r\n", "Long: value ", "a", "\r\nHTTP/1.1 100 a\r\n", wide};
    memset(wide + 3, 'w', sizeof wide - 6);
    memcpy(wide + sizeof wide - 3, "\r\n", 3);
    upbit__upgrade u;
    size_t taken, total = 0;
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(feed_in(&u, START, 100, &taken), MORE);
    int rc = 0;
    while (rc == 0 && total < ((size_t)64 << 20)) {
        rc = feed_in(&u, repeats[_i], 100, &taken);
        total += taken;
    }
    ck_assert_msg(rc == BAD, "%d", rc);
    ck_assert_msg(total <= UPBIT__UPGRADE_HEAD_MAX, "%d bytes", (int)total);
    ck_assert(u.line.capacity + u.headers.capacity <= 4 * UPBIT__UPGRADE_HEAD_MAX);
    upbit__upgrade_finish(&u);
}
END_TEST

START_TEST(endless_body)
{
    upbit__upgrade u;
    size_t taken;
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(feed_in(&u, "HTTP/1.1 400 x\r\n\r\n", 100, &taken), MORE);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2000; i++)
        rc = feed_in(&u, "b", 1, &taken);
    ck_assert_int_eq(rc, NO);
    ck_assert_uint_eq(u.body_length, UPBIT__UPGRADE_BODY_MAX);
    ck_assert_uint_eq(strlen(u.body), UPBIT__UPGRADE_BODY_MAX);
    upbit__upgrade_finish(&u);
}
END_TEST

START_TEST(nul_byte)
{
    static const char text[] = START "X: a\0b\r\n" UP CONN ACCEPT "\r\n";
    upbit__upgrade u;
    size_t used;
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(upbit__upgrade_feed(&u, (const uint8_t *)text, sizeof text - 1, &used), BAD);
    upbit__upgrade_finish(&u);
    /* In a chunk's size it ends the number, here before it has begun: there is no more. */
    static const char chunk[] = "HTTP/1.1 400 x\r\nTransfer-Encoding: chunked\r\n\r\n\0"
                                "5\r\nhello";
    ck_assert_int_eq(upbit__upgrade_init(&u, KEY, NULL), 0);
    ck_assert_int_eq(upbit__upgrade_feed(&u, (const uint8_t *)chunk, sizeof chunk - 1, &used), NO);
    ck_assert_uint_eq(u.body_length, 0);
    upbit__upgrade_finish(&u);
}
END_TEST

/* A key of ours has 24 letters. */
START_TEST(a_key_that_is_too_long)
{
    upbit__upgrade u;
    char key[200];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    ck_assert_int_eq(upbit__upgrade_init(&u, key, NULL), UPBIT_ERROR_NO_MEMORY);
    upbit__upgrade_finish(&u);
}
END_TEST

START_TEST(request)
{
    upbit__buffer out = {0};
    char key[UPBIT__UPGRADE_KEY_SIZE], other[UPBIT__UPGRADE_KEY_SIZE], want[200];
    const upbit__header headers[] = {{"Authorization", "Bearer abc"}};
    const upbit__upgrade_request r = {
        .authority = "h.example:81", .path = "/a?b=c", .headers = headers, .header_count = 1};
    ck_assert_int_eq(upbit__upgrade_write(&out, key, &r), 0);
    ck_assert_int_eq(upbit__buffer_append(&out, "", 1), 0);
    const char *text = (const char *)upbit__buffer_bytes(&out);
    ck_assert(strncmp(text, "GET /a?b=c HTTP/1.1\r\nHost: h.example:81\r\n", 41) == 0);
    ck_assert_ptr_nonnull(strstr(text, "\r\nUpgrade: websocket\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nConnection: Upgrade\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nSec-WebSocket-Version: 13\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nAuthorization: Bearer abc\r\n"));
    ck_assert_ptr_null(strcasestr(text, "origin:"));
    snprintf(want, sizeof want, "\r\nSec-WebSocket-Key: %s\r\n", key);
    ck_assert_uint_eq(strlen(key), 24);
    ck_assert_ptr_nonnull(strstr(text, want));
    ck_assert_str_eq(text + strlen(text) - 4, "\r\n\r\n");
    upbit__buffer_clear(&out);
    ck_assert_int_eq(upbit__upgrade_write(&out, other, &r), 0);
    ck_assert_str_ne(key, other);
    upbit__buffer_finish(&out);
}
END_TEST

START_TEST(headers_that_are_refused)
{
    static const upbit__header bad[] = {{"X", "a\rb"},
                                        {"X", "a\nb"},
                                        {"X\n", "a"},
                                        {"X:", "a"},
                                        {"", "a"},
                                        {"X Y", "a"},
                                        {"Host", "a"},
                                        {"ORIGIN", "a"},
                                        {"Upgrade", "a"},
                                        {"Connection", "a"},
                                        {"Sec-WebSocket-Extensions", "a"},
                                        {"Content-Length", "0"},
                                        {"Transfer-Encoding", "a"},
                                        {"X", "\x7f"},
                                        {NULL, "a"},
                                        {"X", NULL}};
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(upbit__upgrade_header_check(&bad[i], &why), UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_nonnull(why);
    }
    const upbit__header good = {"X-Any", "value with\ttab, \xc3\xa9"};
    ck_assert_int_eq(upbit__upgrade_header_check(&good, &why), 0);
    /* And nothing is asked with one of them. */
    const upbit__header both[] = {good, bad[0]};
    const upbit__upgrade_request r = {
        .authority = "h", .path = "/", .headers = both, .header_count = 2};
    upbit__buffer out = {0};
    char key[UPBIT__UPGRADE_KEY_SIZE];
    ck_assert_int_eq(upbit__upgrade_write(&out, key, &r), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_uint_eq(out.length, 0);
    upbit__buffer_finish(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wire upgrade");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, every_answer, 0, (int)(sizeof answers / sizeof answers[0]));
    tcase_add_test(t, compression_is_agreed_or_not);
    tcase_add_test(t, body_and_headers_of_a_refusal);
    tcase_add_test(t, ends);
    tcase_add_loop_test(t, endless, 0, 5);
    tcase_add_test(t, endless_body);
    tcase_add_test(t, nul_byte);
    tcase_add_test(t, a_key_that_is_too_long);
    tcase_add_test(t, request);
    tcase_add_test(t, headers_that_are_refused);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
