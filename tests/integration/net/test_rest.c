/* GET against scripted servers: answers, refusals, bounds, cancelling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "certificates.h"
#include "net/rest.h"
#include "server.h"
#include "support/check_main.h"

typedef struct answer {
    int count;
    upbit__rest_result result;
    char body[4096], remaining[200], reason[300];
} answer;

static void on_done(void *context, const upbit__rest_result *result)
{
    answer *a = context;
    a->count++;
    a->result = *result;
    snprintf(a->body, sizeof a->body, "%.*s", (int)result->length, result->body);
    snprintf(a->remaining, sizeof a->remaining, "%s",
             result->remaining_req == NULL ? "" : result->remaining_req);
    snprintf(a->reason, sizeof a->reason, "%s", result->reason);
}

static upbit__loop *loop;
static server s;

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

static upbit__rest_call *get(answer *a, upbit__rest_config *config, const char *scheme,
                             const char *path)
{
    char url[100];
    upbit__rest_call *call;
    snprintf(url, sizeof url, "%s://localhost:%d/v1", scheme, s.port);
    config->base_url = url;
    *a = (answer){0};
    int rc = upbit__rest_get(&call, loop, config, path, on_done, a);
    config->base_url = NULL;
    ck_assert_int_eq(rc, 0);
    return call;
}

static void wait_for(answer *a)
{
    int64_t end_ns = upbit__clock_monotonic_ns() + 10 * UPBIT__SECOND;
    while (a->count == 0 && upbit__clock_monotonic_ns() < end_ns)
        ck_assert_int_ge(upbit__loop_turn(loop, 100 * UPBIT__MS), 0);
    ck_assert_int_eq(a->count, 1);
}

/* Answers every request of a connection the same way, so that keeping it can be seen. */
static void serve_fixed(peer *p, void *context)
{
    while (peer_request(p) && peer_text(p, context))
        ;
}

static const char ok_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "remaining-req: group=market; min=600; sec=9\r\nContent-Length: 13\r\n\r\n[{\"a\":\"1.0\"}]";

START_TEST(answers)
{
    answer a;
    upbit__rest_config config = {0};
    begin(NULL, serve_fixed, ok_answer);
    for (int i = 0; i < 3; i++) { /* the second and third reuse the connection */
        get(&a, &config, "http", "/market/all?isDetails=true");
        wait_for(&a);
        ck_assert_msg(a.result.error == 0, "%s", a.reason);
        ck_assert_int_eq(a.result.http_status, 200);
        ck_assert_str_eq(a.body, "[{\"a\":\"1.0\"}]");
        ck_assert_str_eq(a.remaining, "group=market; min=600; sec=9");
    }
    end();
}
END_TEST

static void serve_path(peer *p, void *context)
{
    bool *good = context;
    *good =
        peer_request(p) &&
        strstr(p->request, "GET /v1/candles/../x?market=KRW-BTC&to=2025-01-01T00%3A00 HTTP/1.1") ==
            p->request &&
        strcasestr(p->request, "\r\nOrigin:") == NULL;
    peer_text(p, "HTTP/1.1 204 No Content\r\n\r\n");
}

START_TEST(request_as_given)
{
    answer a;
    bool good = false;
    upbit__rest_config config = {0};
    begin(NULL, serve_path, &good);
    get(&a, &config, "http", "/candles/../x?market=KRW-BTC&to=2025-01-01T00%3A00");
    wait_for(&a);
    ck_assert_int_eq(a.result.http_status, 204);
    ck_assert_str_eq(a.body, "");
    ck_assert(good);
    end();
}
END_TEST

START_TEST(refusals_are_answers)
{
    static const char *const texts[] = {
        "HTTP/1.1 429 Too Many\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    };
    static const int statuses[] = {429, 302, 500};
    answer a;
    upbit__rest_config config = {0};
    begin(NULL, serve_fixed, texts[_i]);
    get(&a, &config, "http", "/x");
    wait_for(&a);
    ck_assert_int_eq(a.result.error, 0);
    ck_assert_int_eq(a.result.http_status, statuses[_i]);
    ck_assert_str_eq(a.body, "{}");
    ck_assert_uint_eq(a.result.retry_after_ms, _i == 0 ? 2000 : 0);
    end();
}
END_TEST

/* "hello" by gzip, one stored block. */
static void serve_gzip(peer *p, void *context)
{
    (void)context;
    static const uint8_t packed[] = {0x1f, 0x8b, 8,    0,    0,    0,   0,   0,   0,   3,
                                     1,    5,    0,    0xfa, 0xff, 'h', 'e', 'l', 'l', 'o',
                                     0x86, 0xa6, 0x10, 0x36, 5,    0,   0,   0};
    if (peer_request(p) && strcasestr(p->request, "gzip") != NULL &&
        peer_text(p, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 28\r\n\r\n"))
        peer_write(p, packed, sizeof packed);
}

START_TEST(gzip)
{
    answer a;
    upbit__rest_config config = {0};
    begin(NULL, serve_gzip, NULL);
    get(&a, &config, "http", "/x");
    wait_for(&a);
    ck_assert_msg(a.result.error == 0, "%s", a.reason);
    ck_assert_str_eq(a.body, "hello");
    end();
}
END_TEST

static void serve_endless(peer *p, void *context)
{
    const char *what = context;
    if (!peer_request(p) || !peer_text(p, "HTTP/1.1 200 OK\r\n"))
        return;
    while (peer_text(p, what))
        ;
}

START_TEST(endless_answers)
{
    static const char *const texts[] = {"\r\nbody without end ", "Header: without end\r\n"};
    answer a;
    upbit__rest_config config = {.body_max = 100000};
    begin(NULL, serve_endless, texts[_i]);
    get(&a, &config, "http", "/x");
    wait_for(&a);
    ck_assert_msg(a.result.error == UPBIT_ERROR_LIMIT, "%d %s", a.result.error, a.reason);
    end();
}
END_TEST

static void serve_nothing(peer *p, void *context)
{
    (void)context;
    while (peer_read(p, p->request, 100) > 0)
        ;
}

START_TEST(no_answer_in_time)
{
    answer a;
    upbit__rest_config config = {.timeout_ms = 100};
    begin(NULL, serve_nothing, NULL);
    get(&a, &config, "http", "/x");
    wait_for(&a);
    ck_assert_int_eq(a.result.error, UPBIT_ERROR_TIMEOUT);
    ck_assert_msg(a.reason[0] != '\0', "no reason");
    end();
}
END_TEST

START_TEST(nobody_there)
{
    answer a;
    upbit__rest_config config = {0};
    begin(NULL, serve_nothing, NULL);
    server_stop(&s);
    get(&a, &config, "http", "/x");
    wait_for(&a);
    ck_assert_int_eq(a.result.error, UPBIT_ERROR_CONNECT);
    upbit__loop_destroy(loop);
}
END_TEST

START_TEST(cancel)
{
    answer a;
    upbit__rest_config config = {0};
    begin(NULL, serve_nothing, NULL);
    upbit__rest_call *call = get(&a, &config, "http", "/x");
    for (int i = 0; i < _i; i++)
        upbit__loop_turn(loop, 10 * UPBIT__MS);
    upbit__rest_cancel(call);
    upbit__loop_turn(loop, 0);
    ck_assert_int_eq(a.count, 0);
    upbit__rest_cancel(NULL);
    end();
}
END_TEST

START_TEST(parallel)
{
    answer a[8];
    upbit__rest_config config = {0};
    begin(NULL, serve_fixed, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1");
    for (int i = 0; i < 8; i++)
        get(&a[i], &config, "http", "/x");
    /* The server serves one connection at a time and ends none by itself but by our closing. */
    for (int i = 0; i < 8; i++)
        wait_for(&a[i]);
    for (int i = 0; i < 8; i++)
        ck_assert_msg(a[i].result.error == 0, "%d %s", a[i].result.error, a[i].reason);
    end();
}
END_TEST

START_TEST(tls_trust)
{
    answer a;
    identity authority, own;
    char file[64];
    certificate_make(&authority, &(certificate_wish){.name = "a", .authority = true});
    certificate_make(&own,
                     &(certificate_wish){.name = "localhost",
                                         .san = _i == 1 ? NULL : "DNS:localhost", /* 1: CN only */
                                         .issuer = &authority});
    certificate_write(file, &authority);
    SSL_CTX *tls = certificate_context(&own);
    upbit__rest_config config = {.ca_file = _i == 2 ? NULL : file}; /* 2: unknown authority */
    begin(tls, serve_fixed, ok_answer);
    get(&a, &config, "https", "/x");
    wait_for(&a);
    ck_assert_msg(a.result.error == (_i == 0 ? 0 : UPBIT_ERROR_TLS), "%d %s", a.result.error,
                  a.reason);
    end();
    ck_assert(_i == 0 || atomic_load(&s.requests) == 0);
    SSL_CTX_free(tls);
    certificate_free(&own);
    certificate_free(&authority);
    unlink(file);
}
END_TEST

START_TEST(bad_arguments)
{
    static const char *const bad[][2] = {{"ftp://h/v1", "/x"},          {"http://h/v1", "x"},
                                         {"http://h/v1?a=b", "/x"},     {"http://h/v1", "/x y"},
                                         {"http://h/v1", "/x\r\nA: b"}, {"http://u:p@h/", "/x"},
                                         {"http:///v1", "/x"},          {"http://h", "/x#y"}};
    answer a = {0};
    upbit__rest_call *call;
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const upbit__rest_config config = {.base_url = bad[i][0]};
        ck_assert_msg(upbit__rest_get(&call, loop, &config, bad[i][1], on_done, &a) ==
                          UPBIT_ERROR_INVALID_ARGUMENT,
                      "%s %s", bad[i][0], bad[i][1]);
        ck_assert_ptr_null(call);
    }
    ck_assert_int_eq(a.count, 0);
    upbit__loop_destroy(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net rest");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, answers);
    tcase_add_test(t, request_as_given);
    tcase_add_loop_test(t, refusals_are_answers, 0, 3);
    tcase_add_test(t, gzip);
    tcase_add_loop_test(t, endless_answers, 0, 2);
    tcase_add_test(t, no_answer_in_time);
    tcase_add_test(t, nobody_there);
    tcase_add_loop_test(t, cancel, 0, 3);
    tcase_add_test(t, parallel);
    tcase_add_loop_test(t, tls_trust, 0, 3);
    tcase_add_test(t, bad_arguments);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
