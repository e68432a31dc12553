/* Requests with a token: where it goes, where it never goes, and what dates of answers mean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/rest.h"
#include "server.h"
#include "support/check_main.h"

#define TOKEN "Authorization: Bearer aaaa.bbbb.cccc"

static upbit__loop *loop;
static server s;

typedef struct answer {
    int count;
    upbit__rest_result result;
} answer;

static void on_done(void *context, const upbit__rest_result *result)
{
    answer *a = context;
    a->count++;
    a->result = *result;
}

/* What the server was asked, one head after another. */
static struct heads {
    char text[4][8192];
    atomic_int count;
    const char *answers[4];
} heads;

static void serve(peer *p, void *context)
{
    (void)context;
    while (heads.count < 4 && peer_request(p)) {
        int i = heads.count;
        snprintf(heads.text[i], sizeof heads.text[i], "%s", p->request);
        heads.count = i + 1;
        if (heads.answers[i] == NULL || !peer_text(p, heads.answers[i]))
            return;
    }
}

static void begin(void)
{
    memset(&heads, 0, sizeof heads);
    ck_assert_int_eq(upbit__loop_create(&loop), 0);
    server_start(&s, NULL, serve, NULL);
}

static void end(void)
{
    upbit__loop_destroy(loop);
    server_stop(&s);
}

static void get(answer *a, const char *base_url, const char *proxy)
{
    const upbit__rest_config config = {
        .base_url = base_url, .proxy = proxy, .authorization = TOKEN, .timeout_ms = 5000};
    upbit__rest_call *call;
    *a = (answer){0};
    ck_assert_int_eq(upbit__rest_get(&call, loop, &config, "/accounts", on_done, a), 0);
    int64_t end_ns = upbit__clock_monotonic_ns() + 10 * UPBIT__SECOND;
    while (a->count == 0 && upbit__clock_monotonic_ns() < end_ns)
        ck_assert_int_ge(upbit__loop_turn(loop, 100 * UPBIT__MS), 0);
    ck_assert_int_eq(a->count, 1);
}

static const char *here(void)
{
    static char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", s.port);
    return url;
}

static int times(const char *text, const char *what)
{
    int n = 0;
    while ((text = strstr(text, what)) != NULL) {
        n++;
        text += strlen(what);
    }
    return n;
}

START_TEST(the_token_goes_to_the_host)
{
    answer a;
    heads.answers[0] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
    get(&a, here(), NULL);
    ck_assert_int_eq(a.result.http_status, 200);
    ck_assert_int_eq(times(heads.text[0], TOKEN "\r\n"), 1);
    ck_assert_int_eq(times(heads.text[0], "uthorization"), 1);
    ck_assert_int_eq(strncmp(heads.text[0], "GET /v1/accounts HTTP/1.1\r\n", 27), 0);
    ck_assert_ptr_null(strstr(heads.text[0], "Origin:"));
}
END_TEST

/* CVE-2018-1000007, and worse: to another port, another path, another scheme. */
START_TEST(no_redirect_takes_it_along)
{
    static const char *const codes[] = {"301", "302", "303", "307", "308"};
    char text[300];
    answer a;
    snprintf(text, sizeof text,
             "HTTP/1.1 %s Elsewhere\r\nLocation: http://127.0.0.1:%d/elsewhere\r\n"
             "Content-Length: 0\r\n\r\n",
             codes[_i], s.port);
    heads.answers[0] = text;
    get(&a, here(), NULL);
    ck_assert_int_eq(a.result.error, 0);
    ck_assert_int_eq(a.result.http_status, atoi(codes[_i]));
    for (int i = 0; i < 3; i++)
        upbit__loop_turn(loop, 20 * UPBIT__MS);
    ck_assert_int_eq(heads.count, 1);
}
END_TEST

START_TEST(a_proxy_sees_only_the_tunnel)
{
    char proxy[64];
    answer a;
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", s.port);
    heads.answers[0] = "HTTP/1.1 200 Connection established\r\n\r\n";
    heads.answers[1] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
    get(&a, "http://exchange.test/v1", proxy);
    ck_assert_int_eq(a.result.http_status, 200);
    ck_assert_int_eq(heads.count, 2);
    ck_assert_int_eq(strncmp(heads.text[0], "CONNECT exchange.test:80 ", 25), 0);
    ck_assert_int_eq(times(heads.text[0], "uthorization"), 0);
    ck_assert_int_eq(times(heads.text[0], "aaaa"), 0);
    ck_assert_int_eq(times(heads.text[1], TOKEN "\r\n"), 1);
}
END_TEST

/* Nor does a proxy that refuses get it afterwards. */
START_TEST(a_proxy_that_refuses_learns_nothing)
{
    char proxy[64];
    answer a;
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", s.port);
    heads.answers[0] = "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n"
                       "Content-Length: 0\r\n\r\n";
    get(&a, "http://exchange.test/v1", proxy);
    ck_assert_int_ne(a.result.error, 0);
    for (int i = 0; i < heads.count; i++)
        ck_assert_int_eq(times(heads.text[i], "aaaa"), 0);
}
END_TEST

START_TEST(a_line_that_is_no_header_is_refused)
{
    static const char *const bad[] = {"Authorization: Bearer a\r\nX: y",
                                      "Authorization: Bearer a\n",
                                      "X-Other: Bearer a",
                                      "authorization",
                                      "",
                                      "Authorization: Bearer \x01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const upbit__rest_config config = {.base_url = here(), .authorization = bad[i]};
        upbit__rest_call *call;
        ck_assert_int_eq(upbit__rest_get(&call, loop, &config, "/accounts", on_done, NULL),
                         UPBIT_ERROR_INVALID_ARGUMENT);
        ck_assert_ptr_null(call);
    }
    upbit__loop_turn(loop, 20 * UPBIT__MS);
    ck_assert_int_eq(s.accepted, 0);
}
END_TEST

/* A date in Retry-After is one of the server's clock, whatever ours is. */
START_TEST(dates_are_the_servers)
{
    answer a;
    heads.answers[0] = "HTTP/1.1 429 Slow down\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                       "Retry-After: Sun, 06 Nov 1994 08:49:40 GMT\r\nContent-Length: 0\r\n\r\n";
    heads.answers[1] = "HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n";
    int64_t before = upbit__clock_wall_ns() / UPBIT__MS;
    get(&a, here(), NULL);
    int64_t after = upbit__clock_wall_ns() / UPBIT__MS;
    ck_assert_int_eq(a.result.date_ms, 784111777000);
    ck_assert_uint_eq(a.result.retry_after_ms, 3000);
    ck_assert_int_ge(a.result.sent_ms, before);
    ck_assert_int_ge(a.result.received_ms, a.result.sent_ms);
    ck_assert_int_le(a.result.received_ms, after);
    get(&a, here(), NULL);
    ck_assert_int_eq(a.result.date_ms, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest signed");
    TCase *t = tcase_create("rest signed");
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, the_token_goes_to_the_host);
    tcase_add_loop_test(t, no_redirect_takes_it_along, 0, 5);
    tcase_add_test(t, a_proxy_sees_only_the_tunnel);
    tcase_add_test(t, a_proxy_that_refuses_learns_nothing);
    tcase_add_test(t, a_line_that_is_no_header_is_refused);
    tcase_add_test(t, dates_are_the_servers);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
