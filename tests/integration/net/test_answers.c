/* Answers to the upgrade that must not be taken, with frames right behind them. Over each
 * transport: what libcurl takes by itself must not pass either. */
#include <stdio.h>
#include <string.h>

#include "plain_fixture.h"
#include "support/check_main.h"

#define HEAD  "HTTP/1.1 101 Switching Protocols\r\n"
#define UP    "Upgrade: websocket\r\n"
#define CON   "Connection: Upgrade\r\n"
#define RIGHT "Sec-WebSocket-Accept: %s\r\n"

typedef struct answer_case {
    const char *label, *answer; /* %s is the right Sec-WebSocket-Accept */
} answer_case;

static const answer_case bad[] = {
    {"no Upgrade", HEAD CON RIGHT "\r\n"},
    {"another Upgrade", HEAD "Upgrade: h2c\r\n" CON RIGHT "\r\n"},
    {"two of Upgrade", HEAD UP UP CON RIGHT "\r\n"},
    {"no Connection", HEAD UP RIGHT "\r\n"},
    {"another Connection", HEAD UP "Connection: keep-alive\r\n" RIGHT "\r\n"},
    {"no accept", HEAD UP CON "\r\n"},
    {"an empty accept", HEAD UP CON "Sec-WebSocket-Accept:\r\n\r\n"},
    {"the accept of another key",
     HEAD UP CON "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"},
    {"the accept and one letter more", HEAD UP CON "Sec-WebSocket-Accept: %s=\r\n\r\n"},
    {"two accepts", HEAD UP CON RIGHT "Sec-WebSocket-Accept: x\r\n\r\n"},
    {"an extension", HEAD UP CON RIGHT "Sec-WebSocket-Extensions: x-unasked\r\n\r\n"},
    {"a sub-protocol", HEAD UP CON RIGHT "Sec-WebSocket-Protocol: chat\r\n\r\n"},
    {"a body by length", HEAD UP CON RIGHT "Content-Length: 5\r\n\r\n"},
    {"a body in chunks", HEAD UP CON RIGHT "Transfer-Encoding: chunked\r\n\r\n"},
    {"HTTP/1.0", "HTTP/1.0 101 Switching Protocols\r\n" UP CON RIGHT "\r\n"},
    {"HTTP/2", "HTTP/2 101\r\n" UP CON RIGHT "\r\n"},
    {"no HTTP", "ICY 101 OK\r\n" UP CON RIGHT "\r\n"},
    {"a status of two digits", "HTTP/1.1 10 x\r\n" UP CON RIGHT "\r\n"},
    {"lines that end in LF", "HTTP/1.1 101 x\n" UP CON RIGHT "\r\n"},
    {"a header without a colon", HEAD UP "Colonless\r\n" CON RIGHT "\r\n"},
    {"a folded header", HEAD UP CON " folded\r\n" RIGHT "\r\n"},
    {"a space before the colon", HEAD UP CON "X : y\r\n" RIGHT "\r\n"},
};

static void serve_answer(peer *p, void *context)
{
    char accept[32], answer[600];
    if (!peer_request(p))
        return;
    peer_accept_value(p, accept);
    int head = snprintf(answer, sizeof answer, context, accept);
    memcpy(answer + head, "\x81\x05hello", 7);
    if (peer_write(p, answer, (size_t)head + 7))
        peer_finish(p);
}

START_TEST(bad_answers_open_nothing)
{
    const answer_case *k = &bad[_i];
    begin(serve_answer, k->answer);
    config.upgrade_timeout_ms = 3000;
    open_plain();
    ck_assert_msg(client_wait(&c, &c.closed, 1), "%s: no end", k->label);
    ck_assert_msg(c.close.error == UPBIT_ERROR_UPGRADE, "%s: error %d, %s", k->label, c.close.error,
                  c.close.reason);
    ck_assert_msg(c.close.reason[0] != '\0', "%s: no reason", k->label);
    ck_assert_msg(c.opened == 0 && !c.close.opened, "%s: opened", k->label);
    ck_assert_msg(c.messages == 0, "%s: a message was believed", k->label);
    end();
}
END_TEST

/* The same with nothing wrong: the table's parts are good ones. */
START_TEST(a_good_answer)
{
    begin(serve_answer, _i == 0 ? HEAD UP CON RIGHT "\r\n"
                                : "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" HEAD
                                  "upgrade: WebSocket\r\nconnection: x, UPGRADE\r\n" RIGHT "\r\n");
    open_plain();
    ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    ck_assert_int_eq(c.opened, 1);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net answers");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, bad_answers_open_nothing, 0, (int)(sizeof bad / sizeof bad[0]));
    tcase_add_loop_test(t, a_good_answer, 0, 2);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
