/* What an open connection makes of a server's frames, good and bad, in one piece and byte by byte.
 * Over each transport: whoever takes the frames apart, the promises are the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "plain_fixture.h"
#include "support/check_main.h"
#include "support/transport.h"

#define SIZE_MAX_OF_MESSAGE 200

typedef struct frames_case {
    const char *label;
    const char *bytes;
    size_t length;
    int messages;
    const char *last; /* of the messages */
    int error;        /* of the end */
    int sent_code;    /* with which we closed */
    int pings, pongs;
    bool raw_only; /* libcurl is laxer */
} frames_case;

#define BYTES(text) .bytes = (text), .length = sizeof(text) - 1
#define FORTY       "0123456789012345678901234567890123456789"
#define GOOD        .sent_code = 1000
#define BAD(code)   .error = UPBIT_ERROR_PROTOCOL, .sent_code = (code)

/* The good ones are ended by the server's close frame with 1000. */
static const frames_case cases[] = {
    {"text", BYTES("\x81\x05hello"), .messages = 1, .last = "hello", GOOD},
    {"binary that is no UTF-8", BYTES("\x82\x02\xff\xfe"), .messages = 1, .last = "\xff\xfe", GOOD},
    {"empty messages", BYTES("\x81\x00\x82\x00"), .messages = 2, .last = "", GOOD},
    {"fragments", BYTES("\x01\x02he\x00\x01l\x80\x02lo"), .messages = 1, .last = "hello", GOOD},
    {"a character in two fragments", BYTES("\x01\x01\xe2\x80\x02\x82\xac"), .messages = 1,
     .last = "\xe2\x82\xac", GOOD},
    {"empty fragments", BYTES("\x02\x00\x00\x01x\x80\x00"), .messages = 1, .last = "x", GOOD},
    {"a fragmented message, then one in one", BYTES("\x01\x01\x61\x80\x01\x62\x82\x01\x63"),
     .messages = 2, .last = "c", GOOD},
    {"pings and pongs between fragments", BYTES("\x01\x02he\x89\x02pq\x00\x01l\x8a\x01z\x80\x02lo"),
     .messages = 1, .last = "hello", .pings = 1, .pongs = 1, GOOD},
    {"an empty ping and pong", BYTES("\x89\x00\x8a\x00"), .pings = 1, .pongs = 1, GOOD},
    {"length in two bytes", BYTES("\x82\x7e\x00\xa0" FORTY FORTY FORTY FORTY), .messages = 1,
     .last = FORTY FORTY FORTY FORTY, GOOD},
    {"exactly as large as allowed", BYTES("\x82\x7e\x00\xc8" FORTY FORTY FORTY FORTY FORTY),
     .messages = 1, .last = FORTY FORTY FORTY FORTY FORTY, GOOD},
    {"a reserved bit", BYTES("\xc1\x01x"), BAD(1002)},
    {"a reserved bit in a continuation", BYTES("\x01\x01x\xa0\x01y"), BAD(1002)},
    {"a reserved opcode", BYTES("\x83\x00"), BAD(1002)},
    {"a reserved control opcode", BYTES("\x8b\x00"), BAD(1002)},
    {"a masked frame", BYTES("\x81\x81\x01\x02\x03\x04x"), BAD(1002)},
    {"a fragmented ping", BYTES("\x09\x00"), BAD(1002)},
    {"a ping of 126 bytes", BYTES("\x89\x7e\x00\x7e" FORTY FORTY FORTY "123456"), BAD(1002)},
    {"a continuation of nothing", BYTES("\x80\x01x"), BAD(1002)},
    {"a continuation of a message that is over", BYTES("\x81\x01x\x80\x01y"), .messages = 1,
     .last = "x", BAD(1002)},
    {"a message inside a message", BYTES("\x01\x01x\x81\x01y"), BAD(1002)},
    {"a length of 2^63", BYTES("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), BAD(1002)},
    {"a length that is not in its shortest form", BYTES("\x82\x7e\x00\x05hello"), BAD(1002),
     .raw_only = true},
    {"text that is no UTF-8", BYTES("\x81\x01\xff"), BAD(1007)},
    {"text that ends within a character", BYTES("\x81\x02\xe2\x82"), BAD(1007)},
    {"fragments that are no UTF-8", BYTES("\x01\x01\xe2\x80\x01\x28"), BAD(1007)},
    {"one byte too large", BYTES("\x82\x7e\x00\xc9" FORTY FORTY FORTY FORTY FORTY "x"), BAD(1009)},
    {"fragments that are too large",
     BYTES("\x02\x50" FORTY FORTY "\x00\x50" FORTY FORTY "\x80\x50" FORTY FORTY), BAD(1009)},
    {"4 GiB announced", BYTES("\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00" FORTY), BAD(1009)},
    {"a close frame without a code", BYTES("\x88\x00"), .sent_code = 1005},
    {"a close frame of one byte", BYTES("\x88\x01x"), BAD(1002)},
    {"a close code nobody may send", BYTES("\x88\x02\x03\xed"), BAD(1002)},
    {"a close reason that is no UTF-8", BYTES("\x88\x03\x03\xe8\xff"), BAD(1007)},
    {"a close for an error", BYTES("\x88\x07\x03\xf3oops!"), BAD(1011)},
    {"nothing behind a close frame counts", BYTES("\x88\x02\x03\xe8\x81\x01x"), GOOD},
};

typedef struct script {
    const frames_case *frames;
    bool slowly;
    char ponged[200]; /* payloads of the pongs that came back */
} script;

static void serve_script(peer *p, void *context)
{
    script *what = context;
    uint8_t *payload;
    size_t length;
    int opcode;
    if (!peer_upgrade(p))
        return;
    for (size_t i = 0; what->slowly && i < what->frames->length; i++)
        if (!peer_write(p, what->frames->bytes + i, 1))
            return;
    if (!what->slowly && !peer_write(p, what->frames->bytes, what->frames->length))
        return;
    peer_frame(p, 0x88, "\x03\xe8", 2);
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0 && opcode != 8) {
        if (opcode == 10)
            strncat(what->ponged, (const char *)payload, length);
        free(payload);
    }
    if (opcode == 8)
        free(payload);
}

START_TEST(frames)
{
    const frames_case *k = &cases[_i / 2];
    script what = {.frames = k, .slowly = _i % 2 == 1};
    if (k->raw_only && test_transport() != UPBIT_TRANSPORT_DEFAULT)
        return;
    begin(serve_script, &what);
    config.message_size_max = SIZE_MAX_OF_MESSAGE;
    open_plain();
    ck_assert_msg(client_wait(&c, &c.closed, 1), "%s: no end", k->label);
    ck_assert_msg(c.messages == k->messages, "%s: %d messages", k->label, c.messages);
    if (k->messages > 0) {
        ck_assert_msg(c.last.length == strlen(k->last), "%s: %d bytes", k->label,
                      (int)c.last.length);
        if (c.last.length > 0)
            ck_assert_msg(memcmp(upbit__buffer_bytes(&c.last), k->last, c.last.length) == 0, "%s",
                          k->label);
    }
    ck_assert_msg(c.close.error == k->error, "%s: error %d, %s", k->label, c.close.error,
                  c.close.reason);
    ck_assert_msg(c.close.sent_code == k->sent_code, "%s: closed with %d", k->label,
                  c.close.sent_code);
    ck_assert_msg(k->error == 0 || c.close.reason[0] != '\0', "%s: no reason", k->label);
    upbit__transport_counters n;
    upbit__transport_counters_get(c.transport, &n);
    ck_assert_msg((int)n.pings_in == k->pings && (int)n.pongs_out == k->pings, "%s: %d pings",
                  k->label, (int)n.pings_in);
    ck_assert_msg(c.pongs == k->pongs, "%s: %d pongs", k->label, c.pongs);
    end();
    if (k->pings > 0 && strstr(k->label, "between") != NULL)
        ck_assert_str_eq(what.ponged, "pq");
}
END_TEST

#define BIG ((size_t)16 * 1024 * 1024)

static bool is_big(const uint8_t *bytes, size_t length)
{
    size_t i = 0;
    while (i < BIG && length == BIG && bytes[i] == (uint8_t)(i * 2654435761u >> 13))
        i++;
    return i == BIG;
}

static void serve_ping_into_a_send(peer *p, void *context)
{
    int *good = context;
    if (!peer_upgrade(p))
        return;
    usleep(50000); /* the client's message fills the socket and stands */
    if (!peer_frame(p, 0x89, "first", 5))
        return;
    usleep(50000);
    for (int i = 0; i < 2; i++) { /* on a slow machine the pong may come before the message */
        uint8_t *payload = NULL;
        size_t length;
        int opcode = peer_read_frame(p, &payload, &length);
        *good += opcode == 2 && is_big(payload, length);
        *good += opcode == 10 && length == 5 && memcmp(payload, "first", 5) == 0;
        free(payload);
    }
    if (peer_frame(p, 0x82, "ok", 2))
        peer_finish(p);
}

/* The pong waits its turn and tears no frame. */
START_TEST(a_ping_while_a_message_is_half_sent)
{
    int good = 0;
    begin(serve_ping_into_a_send, &good);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    uint8_t *bytes = malloc(BIG);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    ck_assert_int_eq(upbit__transport_send(c.transport, 2, bytes, BIG), 0);
    free(bytes);
    ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    ck_assert_uint_eq(upbit__transport_pending(c.transport), 0);
    upbit__transport_counters n;
    upbit__transport_counters_get(c.transport, &n);
    ck_assert_uint_ge(n.bytes_out, BIG + 14 + 5 + 6);
    ck_assert_uint_lt(n.bytes_out, BIG + 1000);
    end();
    ck_assert_int_eq(good, 2);
}
END_TEST

static void serve_much_at_once(peer *p, void *context)
{
    (void)context;
    static uint8_t bytes[42 * 40000];
    for (size_t i = 0; i < sizeof bytes; i += 42)
        memcpy(bytes + i, "\x82\x28" FORTY, 42);
    if (peer_upgrade(p) && peer_write(p, bytes, sizeof bytes))
        peer_finish(p);
}

/* A turn ends, whatever the server sends: others are served in between. */
START_TEST(a_turn_is_bounded)
{
    begin(serve_much_at_once, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.opened, 1));
    usleep(100000); /* as much as fits waits in the socket; a turn may read by event and by timer */
    int most = 0;
    while (c.messages < 40000) {
        int before = c.messages;
        ck_assert_int_ge(upbit__loop_turn(c.loop, UPBIT__SECOND), 0);
        most = c.messages - before > most ? c.messages - before : most;
    }
    ck_assert_msg(most <= 2 * (256 * 1024 + 65536) / 42 + 2, "%d messages in one turn", most);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net frames");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, frames, 0, 2 * (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(t, a_ping_while_a_message_is_half_sent);
    tcase_add_test(t, a_turn_is_bounded);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
