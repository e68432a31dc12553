/* REST against servers that pack, trickle, cut and forget: kept connections, gzip, bounds in time
 * and memory, cancelling in every phase. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "certificates.h"
#include "net/rest.h"
#include "server.h"
#include "support/check_main.h"

static upbit__loop *loop;
static server s;

typedef struct answer {
    int count, error, http_status;
    size_t length;
    char body[64], reason[300];
} answer;

static void on_done(void *context, const upbit__rest_result *result)
{
    answer *a = context;
    a->count++;
    a->error = result->error;
    a->http_status = result->http_status;
    a->length = result->length;
    snprintf(a->body, sizeof a->body, "%.*s", (int)(result->length < 60 ? result->length : 60),
             result->body);
    snprintf(a->reason, sizeof a->reason, "%s", result->reason);
}

static void begin(SSL_CTX *tls, serve_function serve, const void *context)
{
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    server_start(&s, tls, serve, (void *)(uintptr_t)context);
}

static void end(void)
{
    upbit__loop_destroy(loop);
    server_stop(&s);
}

static upbit__rest_call *start(answer *a, upbit__rest_config *config)
{
    char url[80];
    upbit__rest_call *call;
    *a = (answer){0};
    snprintf(url, sizeof url, "%s://localhost:%d", s.tls != NULL ? "https" : "http", s.port);
    config->base_url = url;
    ck_assert_int_eq(upbit__rest_get(&call, loop, config, "/x", on_done, a), 0);
    config->base_url = NULL;
    return call;
}

static answer get(upbit__rest_config config)
{
    answer a;
    start(&a, &config);
    int64_t until = upbit__clock_monotonic_ns() + 10 * UPBIT__SECOND;
    while (a.count == 0 && upbit__clock_monotonic_ns() < until)
        ck_assert_int_ge(upbit__loop_turn(loop, 100 * UPBIT__MS), 0);
    ck_assert_int_eq(a.count, 1);
    return a;
}

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";

static void serve_fixed(peer *p, void *context)
{
    while (peer_request(p) && peer_text(p, context))
        ;
}

START_TEST(connections_are_kept)
{
    begin(NULL, serve_fixed, ok_answer);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(get((upbit__rest_config){0}).error, 0);
    ck_assert_int_eq(atomic_load(&s.accepted), 1);
    end();
}
END_TEST

START_TEST(tls_connections_are_kept)
{
    char file[64];
    identity authority, own;
    certificate_make(&authority, &(certificate_wish){.name = "a", .authority = true});
    certificate_make(
        &own, &(certificate_wish){.name = "x", .san = "DNS:localhost", .issuer = &authority});
    certificate_write(file, &authority);
    SSL_CTX *tls = certificate_context(&own);
    begin(tls, serve_fixed, ok_answer);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(get((upbit__rest_config){.ca_file = file}).error, 0);
    ck_assert_int_eq(atomic_load(&s.handshakes), 1);
    /* One that trusts others does not ride on it. */
    ck_assert_int_eq(get((upbit__rest_config){.timeout_ms = 300}).error != 0, 1);
    end();
    SSL_CTX_free(tls);
    certificate_free(&own);
    certificate_free(&authority);
    remove(file);
}
END_TEST

/* The server gives up a kept connection, between two questions or as the second one comes. */
static void serve_and_forget(peer *p, void *context)
{
    if (peer_request(p) && peer_text(p, ok_answer) && *(int *)context == 1)
        peer_request(p);
}

START_TEST(a_kept_connection_that_is_gone)
{
    begin(NULL, serve_and_forget, &(int){_i});
    for (int i = 0; i < 3; i++) {
        answer a = get((upbit__rest_config){0});
        ck_assert_msg(a.error == 0, "%d: %s", i, a.reason);
    }
    ck_assert_int_eq(atomic_load(&s.accepted), 3);
    end();
}
END_TEST

/* `length` bytes of zeros, by gzip. */
static size_t pack(uint8_t *out, size_t room, size_t length)
{
    static uint8_t zeros[65536];
    z_stream z = {0};
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out;
    z.avail_out = (uInt)room;
    for (size_t put = 0; put < length; put += sizeof zeros) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        ck_assert_int_eq(deflate(&z, put + sizeof zeros >= length ? Z_FINISH : Z_NO_FLUSH) >= Z_OK,
                         1);
    }
    size_t size = room - z.avail_out;
    deflateEnd(&z);
    return size;
}

static struct {
    uint8_t bytes[131072];
    size_t size;
} packed;

static void serve_packed(peer *p, void *context)
{
    char head[200];
    (void)context;
    while (peer_request(p)) {
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                 packed.size);
        if (strcasestr(p->request, "\r\nAccept-Encoding: gzip\r\n") == NULL ||
            !peer_text(p, head) || !peer_write(p, packed.bytes, packed.size))
            return;
    }
}

START_TEST(gzip_is_unpacked_within_bounds)
{
    const size_t mib = 1024 * 1024;
    packed.size = pack(packed.bytes, sizeof packed.bytes, 20 * mib);
    ck_assert_uint_lt(packed.size, 30000);
    begin(NULL, serve_packed, NULL);
    answer a = get((upbit__rest_config){.body_max = (uint32_t)(20 * mib)});
    ck_assert_msg(a.error == 0, "%s", a.reason);
    ck_assert_uint_eq(a.length, 20 * mib);
    a = get((upbit__rest_config){.body_max = (uint32_t)(20 * mib) - 1});
    ck_assert_int_eq(a.error, UPBIT_ERROR_LIMIT);
    a = get((upbit__rest_config){0}); /* a bomb, by the default of 16 MiB */
    ck_assert_int_eq(a.error, UPBIT_ERROR_LIMIT);
    ck_assert_uint_eq(a.length, 0);
    end();
}
END_TEST

START_TEST(broken_gzip)
{
    packed.size = pack(packed.bytes, sizeof packed.bytes, 65536);
    if (_i == 0)
        memset(packed.bytes, 0, 10); /* no magic */
    else
        memset(packed.bytes + 12, 0xff, packed.size - 12);
    begin(NULL, serve_packed, NULL);
    answer a = get((upbit__rest_config){0});
    ck_assert_msg(a.error == UPBIT_ERROR_PROTOCOL, "%d %s", a.error, a.reason);
    end();
}
END_TEST

/* Every byte comes in time, the whole does not. */
static void serve_trickle(peer *p, void *context)
{
    if (!peer_request(p) || !peer_text(p, context))
        return;
    while (peer_text(p, "x"))
        usleep(10000);
}

START_TEST(trickling_answers)
{
    static const char *const heads[] = {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nX: ",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"};
    begin(NULL, serve_trickle, heads[_i]);
    answer a = get((upbit__rest_config){.timeout_ms = 200});
    ck_assert_msg(a.error == UPBIT_ERROR_TIMEOUT, "%d %s", a.error, a.reason);
    end();
}
END_TEST

static void serve_once(peer *p, void *context)
{
    if (peer_request(p))
        peer_text(p, context);
}

START_TEST(answers_that_break_off)
{
    static const struct {
        const char *text;
        int error;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", UPBIT_ERROR_CONNECT},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[", UPBIT_ERROR_CONNECT},
        {"HTTP/1.1 200 OK\r\nX-Hea", UPBIT_ERROR_CONNECT},
        {"", UPBIT_ERROR_CONNECT},
        {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", UPBIT_ERROR_PROTOCOL},
        {"SSH-2.0-OpenSSH\r\n", UPBIT_ERROR_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", UPBIT_ERROR_CONNECT}};
    begin(NULL, serve_once, rows[_i].text);
    answer a = get((upbit__rest_config){0});
    ck_assert_msg(a.error == rows[_i].error, "%d %s", a.error, a.reason);
    ck_assert_uint_eq(a.length, 0); /* half an answer is none */
    end();
}
END_TEST

/* Nobody accepts: the queue of the listener is full, so that not even TCP comes to be. */
START_TEST(connecting_that_hangs)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), waiting[8];
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 0), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (int i = 0; i < 8; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(waiting[i], (struct sockaddr *)&address, size);
    }
    begin(NULL, serve_fixed, ok_answer);
    int port = s.port;
    s.port = ntohs(address.sin_port);
    answer a = get((upbit__rest_config){.timeout_ms = 200});
    ck_assert_msg(a.error == UPBIT_ERROR_TIMEOUT, "%d %s", a.error, a.reason);
    upbit__rest_config config = {0};
    upbit__rest_call *call = start(&a, &config);
    for (int i = 0; i < 5; i++)
        upbit__loop_turn(loop, 5 * UPBIT__MS);
    upbit__rest_cancel(call);
    s.port = port;
    for (int i = 0; i < 8; i++)
        close(waiting[i]);
    close(listener);
    end();
}
END_TEST

static void serve_deaf(peer *p, void *context)
{
    (void)context;
    while (peer_read(p, p->request, 100) > 0)
        ;
}

/* After so many turns of looking up, connecting, shaking hands, asking, reading. */
START_TEST(cancel_in_every_phase)
{
    static const serve_function serve[] = {serve_trickle, serve_deaf, serve_fixed};
    identity authority;
    certificate_make(&authority, &(certificate_wish){.name = "localhost", .san = "DNS:localhost"});
    SSL_CTX *tls = certificate_context(&authority);
    begin(_i / 3 == 1 ? tls : NULL, serve[_i % 3],
          _i % 3 == 0 ? "HTTP/1.1 200 OK\r\n\r\n" : ok_answer);
    if (_i / 3 == 2)
        s.tls = tls; /* asked by https, answers plainly: a handshake that hangs */
    for (int turns = 0; turns < 8; turns++) {
        answer a;
        upbit__rest_config config = {0};
        upbit__rest_call *call = start(&a, &config);
        for (int i = 0; i < turns && a.count == 0; i++)
            upbit__loop_turn(loop, 2 * UPBIT__MS);
        int told = a.count;
        if (told == 0)
            upbit__rest_cancel(call);
        upbit__loop_turn(loop, 0);
        ck_assert_int_eq(a.count, told);
    }
    end();
    SSL_CTX_free(tls);
    certificate_free(&authority);
}
END_TEST

static void serve_origin_check(peer *p, void *context)
{
    bool *seen = context;
    while (peer_request(p) && peer_text(p, ok_answer))
        *seen |= strcasestr(p->request, "\r\nOrigin:") != NULL ||
                 strcasestr(p->request, "\r\nReferer:") != NULL ||
                 strcasestr(p->request, "\r\nCookie:") != NULL;
}

START_TEST(never_an_origin)
{
    bool seen = false;
    begin(NULL, serve_origin_check, &seen);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(get((upbit__rest_config){0}).error, 0);
    end();
    ck_assert(!seen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net rest faults");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, connections_are_kept);
    tcase_add_test(t, tls_connections_are_kept);
    tcase_add_loop_test(t, a_kept_connection_that_is_gone, 0, 2);
    tcase_add_test(t, gzip_is_unpacked_within_bounds);
    tcase_add_loop_test(t, broken_gzip, 0, 2);
    tcase_add_loop_test(t, trickling_answers, 0, 3);
    tcase_add_loop_test(t, answers_that_break_off, 0, 7);
    tcase_add_test(t, connecting_that_hangs);
    tcase_add_loop_test(t, cancel_in_every_phase, 0, 9);
    tcase_add_test(t, never_an_origin);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
