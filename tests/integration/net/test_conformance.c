/* The catalogue, case by case over real sockets: our transport echoes, the server compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "plain_fixture.h"
#include "support/check_main.h"

typedef struct judge {
    const conformance_case *c;
    char wrong[200]; /* "": nothing */
} judge;

static bool accept_upgrade(peer *p, const char *extension)
{
    char accept[32], answer[400];
    if (!peer_request(p))
        return false;
    peer_accept_value(p, accept);
    snprintf(answer, sizeof answer,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
             accept, extension[0] != '\0' ? "Sec-WebSocket-Extensions: " : "", extension,
             extension[0] != '\0' ? "\r\n" : "");
    return peer_text(p, answer);
}

static void compare(judge *j, peer *p)
{
    const run_of_bytes *wants = &j->c->wants;
    uint8_t *payload;
    size_t length, at = 0;
    int opcode;
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0) {
        if (opcode == 8) {
            int code = length >= 2 ? payload[0] << 8 | payload[1] : 1005;
            if (at < wants->length)
                snprintf(j->wrong, sizeof j->wrong, "closed too early, with %d", code);
            else if (code != j->c->code)
                snprintf(j->wrong, sizeof j->wrong, "closed with %d, not %d", code, j->c->code);
            free(payload);
            return;
        }
        uint64_t size = 0;
        for (size_t i = 0; at < wants->length && i < 8; i++)
            size = size << 8 | wants->bytes[at + 1 + i];
        if (at == wants->length || wants->bytes[at] != opcode || size != length ||
            memcmp(wants->bytes + at + 9, payload, length) != 0) {
            snprintf(j->wrong, sizeof j->wrong, "opcode %d, %zu bytes at %zu: not what was wanted",
                     opcode, length, at);
            free(payload);
            return;
        }
        at += 9 + length;
        free(payload);
    }
    snprintf(j->wrong, sizeof j->wrong, "no close frame");
}

static void serve_case(peer *p, void *context)
{
    judge *j = context;
    const run_of_bytes *sends = &j->c->sends;
    size_t piece = j->c->chop > 0 ? j->c->chop : sends->length;
    if (!accept_upgrade(p, j->c->extension)) {
        snprintf(j->wrong, sizeof j->wrong, "no upgrade");
        return;
    }
    for (size_t at = 0; at < sends->length; at += piece) {
        size_t n = sends->length - at < piece ? sends->length - at : piece;
        if (!peer_write(p, sends->bytes + at, n))
            break; /* cut after an error: what it said is read all the same */
    }
    if (j->c->says_close)
        peer_frame(p, 0x88, "\x03\xe8", 2);
    compare(j, p);
}

START_TEST(each)
{
    size_t count, ran = 0;
    const conformance_case *list = catalogue(&count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].group != _i)
            continue;
        judge j = {.c = &list[i]};
        begin(serve_case, &j);
        config.message_size_max = 4 << 20;
        config.deflate =
            (upbit__deflate_offer){.on = j.c->extension[0] != '\0', .client_max_window_bits = true};
        if (config.deflate.on)
            config.deflate.server_max_window_bits = 15;
        c.echo = true;
        open_plain();
        bool ended = client_wait(&c, &c.closed, 1);
        int error = c.close.error;
        end();
        ck_assert_msg(ended, "%d %s: no end", _i, j.c->label);
        ck_assert_msg(j.wrong[0] == '\0', "%d %s: %s", _i, j.c->label, j.wrong);
        ck_assert_msg(error == j.c->error, "%d %s: error %d, %s", _i, j.c->label, error,
                      c.close.reason);
        ran++;
    }
    printf("# group %d: %zu cases\n", _i, ran);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net conformance");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, each, 1, 8);
    tcase_add_loop_test(t, each, 9, 11);
    tcase_add_loop_test(t, each, 12, 14);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
