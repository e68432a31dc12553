/* Opening a connection to plain servers: what comes over, what is refused, by which road. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "plain_fixture.h"
#include "support/check_main.h"
#include "support/transport.h"

START_TEST(opens_and_receives)
{
    begin(serve_greeting, NULL);
    const upbit__header headers[] = {{"Authorization", "Bearer x.y.z"}};
    config.headers = headers;
    config.header_count = 1;
    open_plain();
    ck_assert(client_wait(&c, &c.messages, 1));
    ck_assert_int_eq(c.opened, 1);
    ck_assert(!c.info.tls);
    ck_assert_int_eq(c.info.http_status, 101);
    ck_assert(c.info.started_ns <= c.info.connected_ns);
    ck_assert(c.info.connected_ns <= c.info.upgraded_ns);
    ck_assert_str_eq(c.header, "group=websocket; min=300; sec=3");
    ck_assert_int_eq(c.opcode, 2);
    ck_assert_int_eq((int)c.last.length, 5);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), "hello", 5) == 0);
    ck_assert_int_ge(c.batches, 1);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, "bye",
                                            upbit__clock_monotonic_ns() + 5 * UPBIT__SECOND),
                     0);
    ck_assert_int_eq(upbit__transport_send(c.transport, 1, "x", 1), UPBIT_ERROR_CLOSED);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, 0);
    ck_assert(c.close.clean);
    ck_assert_int_eq(c.close.close_code, 1000);
    ck_assert_int_eq(c.close.sent_code, 1000);
    ck_assert_int_eq(upbit__transport_send(c.transport, 1, "x", 1), UPBIT_ERROR_CLOSED);
    upbit__loop_turn(c.loop, 0);
    ck_assert_int_eq(c.closed, 1);
    end();
}
END_TEST

static void serve_request_check(peer *p, void *context)
{
    bool *good = context;
    if (!peer_upgrade(p))
        return;
    *good = strstr(p->request, "GET /websocket/v1 HTTP/1.1\r\n") == p->request &&
            strstr(p->request, "\r\nAuthorization: Bearer x\r\n") != NULL &&
            strstr(p->request, "\r\nSec-WebSocket-Version: 13\r\n") != NULL &&
            strcasestr(p->request, "\r\nOrigin:") == NULL &&
            strcasestr(p->request, "\r\nSec-WebSocket-Extensions:") == NULL;
    peer_frame(p, 0x88, "\x03\xe8", 2);
    peer_finish(p);
}

START_TEST(request_and_server_close)
{
    bool good = false;
    begin(serve_request_check, &good);
    const upbit__header headers[] = {{"Authorization", "Bearer x"}};
    config.headers = headers;
    config.header_count = 1;
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert(good);
    ck_assert_int_eq(c.close.error, 0);
    ck_assert_int_eq(c.close.close_code, 1000);
    ck_assert_int_eq(c.close.sent_code, 1000);
    ck_assert(c.close.clean && c.close.opened);
    end();
}
END_TEST

/* The 101 and the first frames in one segment, then a cut in the middle of a frame. */
static void serve_all_at_once(peer *p, void *context)
{
    (void)context;
    char accept[32], answer[512];
    if (!peer_request(p))
        return;
    peer_accept_value(p, accept);
    int head =
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 101 x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n\r\n",
                 accept);
    memcpy(answer + head, "\x81\x02hi\x82\x02yo\x81\x7e\x01\x00partial", 19);
    peer_write(p, answer, (size_t)head + 19);
}

START_TEST(bytes_with_the_101_and_cut_mid_frame)
{
    begin(serve_all_at_once, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.messages, 2);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), "yo", 2) == 0);
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_CONNECT);
    ck_assert(!c.close.clean);
    ck_assert_int_eq(c.close.close_code, 0);
    end();
}
END_TEST

static void serve_bytes(peer *p, void *context)
{
    (void)context;
    char accept[32], answer[700];
    uint8_t frames[] = {0x89, 2, 'p', 'q', 0x01, 2, 0xed, 0x95, 0x8a, 0, 0x80, 1, 0x9c};
    if (!peer_request(p))
        return;
    peer_accept_value(p, accept);
    int head = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
    memcpy(answer + head, frames, sizeof frames);
    for (size_t i = 0; i < (size_t)head + sizeof frames; i++) {
        if (!peer_write(p, answer + i, 1))
            return;
    }
    peer_finish(p);
}

START_TEST(one_byte_segments)
{
    begin(serve_bytes, NULL);
    open_plain();
    ck_assert(client_wait(&c, &c.messages, 1));
    ck_assert_int_eq(c.opcode, 1);
    ck_assert_int_eq((int)c.last.length, 3);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), "\xed\x95\x9c", 3) == 0);
    upbit__transport_counters n;
    upbit__transport_counters_get(c.transport, &n);
    ck_assert_int_eq((int)n.pings_in, 1);
    ck_assert_int_eq((int)n.pongs_out, 1);
    end();
}
END_TEST

START_TEST(refused_connection)
{
    begin(serve_greeting, NULL);
    server_stop(&s); /* the port is free now */
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_CONNECT);
    ck_assert_int_eq(c.opened, 0);
    ck_assert(!c.close.opened);
    ck_assert_msg(c.close.reason[0] != '\0', "no reason");
    client_finish(&c);
}
END_TEST

START_TEST(unknown_host)
{
    client_init(&c);
    config = (upbit__transport_config){0};
    client_open(&c, "ws", "no-such-host.invalid", 80, &config);
    config.connect_timeout_ms = 2000;
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_RESOLVE || c.close.error == UPBIT_ERROR_TIMEOUT,
                  "error %d", c.close.error);
    client_finish(&c);
}
END_TEST

static void serve_429(peer *p, void *context)
{
    if (peer_request(p) && peer_text(p, context))
        while (peer_read(p, p->request, 1) > 0)
            ;
}

static const char *const refusals[] = {
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nRemaining-Req: group=w; min=0; sec=0\r\n"
    "Content-Length: 8\r\n\r\n{\"e\":42}",
    "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
    "HTTP/1.1 429 \r\nretry-after: 3\r\nREMAINING-REQ: group=w; min=0; sec=0\r\n"
    "Transfer-Encoding: chunked\r\n\r\n4;x=y\r\n{\"e\"\r\n4\r\n:42}\r\n0\r\n\r\n",
};

START_TEST(refused_upgrade_429)
{
    begin(serve_429, refusals[_i]);
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_UPGRADE);
    ck_assert_int_eq(c.close.http_status, 429);
    ck_assert_uint_eq(c.close.retry_after_ms, 3000);
    ck_assert_str_eq(c.body, test_transport_sees_bodies() ? "{\"e\":42}" : "");
    ck_assert_str_eq(c.header, "group=w; min=0; sec=0");
    ck_assert(!c.close.opened);
    end();
}
END_TEST

START_TEST(redirect_is_not_followed)
{
    begin(serve_429, "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n"
                     "Content-Length: 0\r\n\r\n");
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_UPGRADE);
    ck_assert_int_eq(c.close.http_status, 302);
    end();
}
END_TEST

static void serve_drip(peer *p, void *context)
{
    (void)context;
    if (!peer_request(p) || !peer_text(p, "HTTP/1.1 101 x\r\nX: "))
        return;
    while (peer_text(p, "y"))
        usleep(20000);
}

START_TEST(slow_drip_hits_the_deadline)
{
    begin(serve_drip, NULL);
    config.upgrade_timeout_ms = 150;
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_TIMEOUT);
    end();
}
END_TEST

static void serve_flood(peer *p, void *context)
{
    const char *what = context;
    if (!peer_request(p) || !peer_text(p, "HTTP/1.1 101 x\r\n"))
        return;
    while (peer_text(p, what))
        ;
}

static const char *const floods[] = {"Header: value\r\n", "endless line ",
                                     "\r\nHTTP/1.1 100 Continue\r\n"};

START_TEST(floods_end_in_an_error)
{
    begin(serve_flood, floods[_i]);
    open_plain();
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_UPGRADE);
    upbit__transport_counters n;
    upbit__transport_counters_get(c.transport, &n);
    ck_assert_msg(n.bytes_in < 400000, "%d bytes read", (int)n.bytes_in);
    end();
}
END_TEST

static void serve_silence(peer *p, void *context)
{
    (void)context;
    while (peer_read(p, p->request, sizeof p->request) > 0)
        ;
}

START_TEST(connect_deadline_covers_tls)
{
    begin(serve_silence, NULL);
    config.connect_timeout_ms = 100;
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_TIMEOUT);
    end();
}
END_TEST

START_TEST(close_before_open)
{
    begin(serve_drip, NULL);
    open_plain();
    int64_t soon = upbit__clock_monotonic_ns() + UPBIT__SECOND;
    for (int i = 0; i < _i; i++)
        upbit__loop_turn(c.loop, 20 * UPBIT__MS);
    ck_assert_int_eq(upbit__transport_send(c.transport, 1, "x", 1), UPBIT_ERROR_ILLEGAL_STATE);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL, soon), 0);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL, soon), UPBIT_ERROR_CLOSED);
    ck_assert_int_eq(c.closed, 0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_CANCELLED);
    end();
}
END_TEST

/* A proxy and the server behind it in one: what follows the tunnel's answer is the WebSocket. */
static void serve_http_proxy(peer *p, void *context)
{
    bool *asked = context;
    if (!peer_request(p))
        return;
    *asked = strncmp(p->request, "CONNECT behind.invalid:8080 HTTP/1.", 35) == 0 &&
             strstr(p->request, "Bearer") == NULL;
    if (peer_text(p, "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n") && peer_upgrade(p) &&
        peer_frame(p, 0x81, "hi", 2))
        peer_finish(p);
}

static void serve_socks_proxy(peer *p, void *context)
{
    static const uint8_t want[] = "\x05\x01\x00\x03\x0e"
                                  "behind.invalid\x1f\x90";
    uint8_t bytes[64];
    bool *asked = context;
    if (!peer_read_all(p, bytes, 2) || !peer_read_all(p, bytes + 2, bytes[1]) ||
        !peer_write(p, "\x05\x00", 2) || !peer_read_all(p, bytes, sizeof want - 1))
        return;
    *asked = memcmp(bytes, want, sizeof want - 1) == 0; /* the proxy looks the name up */
    if (peer_write(p, "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", 10) && peer_upgrade(p) &&
        peer_frame(p, 0x81, "hi", 2))
        peer_finish(p);
}

static void open_behind_proxy(const char *scheme)
{
    static const upbit__header headers[] = {{"Authorization", "Bearer secret"}};
    char proxy[60];
    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%d", scheme, s.port);
    config.proxy = proxy;
    config.headers = headers;
    config.header_count = 1;
    client_open(&c, "ws", "behind.invalid", 8080, &config);
    config.proxy = NULL;
}

START_TEST(proxies)
{
    bool asked = false;
    begin(_i == 0 ? serve_http_proxy : serve_socks_proxy, &asked);
    open_behind_proxy(_i == 0 ? "http" : "socks5h");
    ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    ck_assert(asked);
    end();
}
END_TEST

START_TEST(proxy_that_refuses)
{
    begin(serve_429, "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!!");
    open_behind_proxy("http");
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_CONNECT, "%d", c.close.error);
    ck_assert_int_eq(c.close.http_status, 0);
    ck_assert_msg(strstr(c.close.reason, "403") != NULL, "%s", c.close.reason);
    end();
}
END_TEST

START_TEST(bad_arguments)
{
    static const char *const urls[] = {"http://127.0.0.1/", "ws://",           "ws://a b/",
                                       "ws://u:p@h/",       "ws://h/#f",       "ws://h:0/",
                                       "ws://h:65536/",     "ws://h/\r\nX: y", "ws://127.1/",
                                       "ws://[::1/",        "ws://h:/"};
    client_init(&c);
    const upbit__transport_events events = {0};
    upbit__transport *t;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const upbit__transport_config bad = {.url = urls[i]};
        ck_assert_msg(upbit__transport_open(&t, test_transport(), c.loop, &bad, &events, NULL) ==
                          UPBIT_ERROR_INVALID_ARGUMENT,
                      "%s", urls[i]);
        ck_assert_ptr_null(t);
    }
    static const upbit__header headers[] = {
        {"X", "a\r\nY: b"},         {"X\r\nY", "b"}, {"", "b"},   {"Origin", "b"},
        {"sec-websocket-key", "b"}, {"Host", "b"},   {"X Y", "b"}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const upbit__transport_config bad = {
            .url = "ws://127.0.0.1:1/", .headers = headers + i, .header_count = 1};
        ck_assert_msg(upbit__transport_open(&t, test_transport(), c.loop, &bad, &events, NULL) ==
                          UPBIT_ERROR_INVALID_ARGUMENT,
                      "%s", headers[i].name);
    }
    const upbit__transport_config proxy = {.url = "ws://127.0.0.1:1/", .proxy = "ftp://x"};
    ck_assert_int_eq(upbit__transport_open(&t, test_transport(), c.loop, &proxy, &events, NULL),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    client_finish(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net connection");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, opens_and_receives);
    tcase_add_test(t, request_and_server_close);
    tcase_add_test(t, bytes_with_the_101_and_cut_mid_frame);
    tcase_add_test(t, one_byte_segments);
    tcase_add_test(t, refused_connection);
    tcase_add_test(t, unknown_host);
    tcase_add_loop_test(t, refused_upgrade_429, 0, 2);
    tcase_add_test(t, redirect_is_not_followed);
    tcase_add_test(t, slow_drip_hits_the_deadline);
    tcase_add_loop_test(t, floods_end_in_an_error, 0, 3);
    tcase_add_test(t, connect_deadline_covers_tls);
    tcase_add_loop_test(t, close_before_open, 0, 5);
    tcase_add_loop_test(t, proxies, 0, 2);
    tcase_add_test(t, proxy_that_refuses);
    tcase_add_test(t, bad_arguments);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
