/* HTTP and SOCKS5 proxies, for REST and for the stream: what works goes through them, and what does
 * not fails closed. Nothing ever goes past a proxy that was set, and nothing but our own setting
 * sets one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "certificates.h"
#include "client.h"
#include "net/rest.h"
#include "relay.h"
#include "support/check_main.h"

enum { PLENTY_MS = 8000 }; /* for what works, on a machine that has other things to do */

static server target, proxy;
static relay road;
static client c; /* its loop is used for REST too */

static void serve_target(peer *p, void *context)
{
    (void)context;
    while (peer_request(p)) {
        if (strcasestr(p->request, "\r\nOrigin:") != NULL ||
            strcasestr(p->request, "\r\nProxy-") != NULL ||
            strcasestr(p->request, "secret") != NULL)
            return; /* what is the proxy's business stays there */
        if (strcasestr(p->request, "\r\nUpgrade: websocket\r\n") == NULL) {
            if (!peer_text(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"))
                return;
            continue;
        }
        char accept[32], answer[256];
        peer_accept_value(p, accept);
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                 accept);
        if (peer_text(p, answer) && peer_frame(p, 0x81, "hi", 2))
            peer_finish(p);
        return;
    }
}

static void begin(SSL_CTX *tls, bool socks, relay_mood mood)
{
    server_start(&target, tls, serve_target, NULL);
    road = (relay){.socks = socks, .mood = mood, .port = target.port};
    server_start(&proxy, NULL, serve_relay, &road);
    client_init(&c);
}

static void end(void)
{
    client_finish(&c);
    server_stop(&proxy);
    server_stop(&target);
}

static const char *proxy_url(const char *user)
{
    static char url[80];
    snprintf(url, sizeof url, "%s://%s127.0.0.1:%d", road.socks ? "socks5h" : "http", user,
             proxy.port);
    return url;
}

typedef struct answer {
    int count, error, http_status;
    char reason[300];
} answer;

static void on_done(void *context, const upbit__rest_result *result)
{
    answer *a = context;
    a->count++;
    a->error = result->error;
    a->http_status = result->http_status;
    snprintf(a->reason, sizeof a->reason, "%s", result->reason);
}

static answer get(const upbit__rest_config *config)
{
    answer a = {0};
    upbit__rest_call *call;
    ck_assert_int_eq(upbit__rest_get(&call, c.loop, config, "/x", on_done, &a), 0);
    ck_assert(client_wait(&c, &a.count, 1));
    return a;
}

/* By the name that only the proxy can resolve. */
static answer get_behind(const char *url)
{
    const upbit__rest_config config = {
        .base_url = "http://behind.invalid:8080/v1", .proxy = url, .timeout_ms = PLENTY_MS};
    return get(&config);
}

static void open_behind(const char *url)
{
    upbit__transport_config config = {.proxy = url, .connect_timeout_ms = PLENTY_MS};
    client_open(&c, "ws", "behind.invalid", 8080, &config);
}

START_TEST(both_kinds_carry_both)
{
    begin(NULL, _i == 1, RELAY_WORKS);
    for (int i = 0; i < 2; i++) {
        answer a = get_behind(proxy_url(""));
        ck_assert_msg(a.error == 0 && a.http_status == 200, "%d %s", a.error, a.reason);
    }
    ck_assert_int_eq(atomic_load(&proxy.accepted), 1); /* the tunnel is kept */
    ck_assert_str_eq(road.asked, "behind.invalid:8080");
    ck_assert(!road.socks || road.by_name);
    ck_assert_ptr_null(strcasestr(road.head, "\r\nOrigin:"));
    end();
    begin(NULL, _i == 1, RELAY_WORKS);
    open_behind(proxy_url(""));
    ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    ck_assert_str_eq(road.asked, "behind.invalid:8080");
    ck_assert_ptr_null(strcasestr(road.head, "\r\nOrigin:"));
    end();
}
END_TEST

START_TEST(a_login_is_the_proxys_alone)
{
    begin(NULL, _i == 1, RELAY_WANTS_LOGIN);
    answer a = get_behind(proxy_url("user:secret@"));
    ck_assert_msg(a.error == 0 && a.http_status == 200, "%d %s", a.error, a.reason);
    end();
    begin(NULL, _i == 1, RELAY_WANTS_LOGIN);
    open_behind(proxy_url("user:secret@"));
    ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    end();
    begin(NULL, _i == 1, RELAY_WANTS_LOGIN);
    a = get_behind(proxy_url("user:wrong@"));
    ck_assert_int_eq(a.error, UPBIT_ERROR_CONNECT);
    ck_assert_ptr_null(strstr(a.reason, "wrong"));
    ck_assert_int_eq(atomic_load(&target.accepted), 0);
    end();
}
END_TEST

/* What the proxy does ends it, and not the time; a proxy that hangs is the one thing that time
 * ends. */
static void check_end(bool hangs, int error, const char *reason)
{
    ck_assert_int_ne(error, 0);
    ck_assert_msg(hangs == (error == UPBIT_ERROR_TIMEOUT), "mood %d: %d %s", (int)road.mood, error,
                  reason);
    ck_assert_str_ne(reason, "");
}

/* The server can be reached directly, and is not: by REST, by the stream. */
START_TEST(fails_closed)
{
    relay_mood mood = (relay_mood)(RELAY_REFUSES + _i / 2);
    bool hangs = mood == RELAY_HANGS || mood == RELAY_HANGS_HALF;
    uint32_t limit_ms = hangs ? 300 : PLENTY_MS;
    char url[80];
    begin(NULL, _i % 2 == 1, mood);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {
        .base_url = url, .proxy = proxy_url(""), .timeout_ms = limit_ms};
    answer a = get(&config);
    check_end(hangs, a.error, a.reason);
    ck_assert_int_eq(a.http_status, 0);

    upbit__transport_config stream = {.proxy = proxy_url(""), .connect_timeout_ms = limit_ms};
    client_open(&c, "ws", "127.0.0.1", target.port, &stream);
    ck_assert(client_wait(&c, &c.closed, 1));
    check_end(hangs, c.close.error, c.close.reason);
    ck_assert_int_eq(c.opened, 0);
    ck_assert_int_eq(c.close.http_status, 0);
    ck_assert(hangs || atomic_load(&proxy.accepted) == 2);
    ck_assert_int_eq(atomic_load(&road.tunnels), 0);
    ck_assert_int_eq(atomic_load(&target.accepted), 0);
    end();
}
END_TEST

/* libcurl reads an answer to CONNECT byte by byte, as long as there are some: bounded by us, so
 * that the thread is not held up. */
START_TEST(an_endless_proxy_holds_up_nobody)
{
    begin(NULL, false, RELAY_ENDLESS);
    answer a = get_behind(proxy_url(""));
    ck_assert_msg(a.error == UPBIT_ERROR_LIMIT, "%d %s", a.error, a.reason);
    open_behind(proxy_url(""));
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_CONNECT, "%d", c.close.error);
    end();
}
END_TEST

START_TEST(a_proxy_that_is_down)
{
    char url[80];
    begin(NULL, _i == 1, RELAY_WORKS);
    server_stop(&proxy);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {.base_url = url, .proxy = proxy_url("")};
    ck_assert_int_eq(get(&config).error, UPBIT_ERROR_CONNECT);
    upbit__transport_config stream = {.proxy = proxy_url("")};
    client_open(&c, "ws", "127.0.0.1", target.port, &stream);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, UPBIT_ERROR_CONNECT);
    ck_assert_int_eq(atomic_load(&target.accepted), 0);
    client_finish(&c);
    server_stop(&target);
}
END_TEST

START_TEST(a_proxy_that_nobody_knows)
{
    char url[80];
    begin(NULL, false, RELAY_WORKS);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {
        .base_url = url, .proxy = _i == 0 ? "http://no.invalid:1" : "socks5h://no.invalid:1"};
    ck_assert_int_eq(get(&config).error, UPBIT_ERROR_RESOLVE);
    ck_assert_int_eq(atomic_load(&target.accepted), 0);
    end();
}
END_TEST

/* A tunnel that worked and a proxy that then went away: the next call does not go around. */
START_TEST(a_proxy_that_goes_away)
{
    char url[80];
    begin(NULL, _i == 1, RELAY_WORKS);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {.base_url = url, .proxy = proxy_url("")};
    ck_assert_int_eq(get(&config).error, 0);
    server_stop(&proxy);
    ck_assert_int_eq(get(&config).error, UPBIT_ERROR_CONNECT);
    ck_assert_int_eq(atomic_load(&target.accepted), 1);
    client_finish(&c);
    server_stop(&target);
}
END_TEST

/* With and without a proxy are different roads: neither takes the other's kept connection. The
 * server serves one at a time, so the second question gets no answer. */
START_TEST(roads_are_not_mixed)
{
    char url[80];
    begin(NULL, _i / 2 == 1, RELAY_WORKS);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    upbit__rest_config config = {
        .base_url = url, .proxy = _i % 2 == 0 ? NULL : proxy_url(""), .timeout_ms = 1000};
    ck_assert_int_eq(get(&config).error, 0);
    ck_assert_int_eq(atomic_load(&proxy.accepted), _i % 2);
    config.proxy = _i % 2 == 0 ? proxy_url("") : NULL;
    ck_assert_int_eq(get(&config).error, UPBIT_ERROR_TIMEOUT);
    ck_assert_int_eq(atomic_load(&proxy.accepted), 1);
    ck_assert_int_eq(atomic_load(&road.tunnels), 1);
    end();
}
END_TEST

static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                    "ALL_PROXY",  "ws_proxy",    "WS_PROXY"};

START_TEST(the_environment_does_not_redirect)
{
    char url[80], trap[80];
    begin(NULL, false, RELAY_WORKS);
    snprintf(trap, sizeof trap, "http://127.0.0.1:%d", proxy.port);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], trap, 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {.base_url = url};
    if (_i == 0) {
        ck_assert_int_eq(get(&config).error, 0);
    } else {
        upbit__transport_config stream = {0};
        client_open(&c, "ws", "127.0.0.1", target.port, &stream);
        ck_assert(client_wait(&c, &c.messages, 1));
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    ck_assert_int_eq(atomic_load(&proxy.accepted), 0);
    end();
}
END_TEST

START_TEST(the_environment_does_not_bypass)
{
    char url[80];
    begin(NULL, _i == 1, RELAY_REFUSES);
    setenv("no_proxy", "*", 1);
    setenv("NO_PROXY", "127.0.0.1,localhost", 1);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", target.port);
    const upbit__rest_config config = {.base_url = url, .proxy = proxy_url("")};
    ck_assert_int_ne(get(&config).error, 0);
    upbit__transport_config stream = {.proxy = proxy_url("")};
    client_open(&c, "ws", "127.0.0.1", target.port, &stream);
    ck_assert(client_wait(&c, &c.closed, 1));
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    ck_assert_int_eq(c.opened, 0);
    ck_assert_int_eq(atomic_load(&proxy.accepted), 2);
    ck_assert_int_eq(atomic_load(&target.accepted), 0);
    end();
}
END_TEST

/* TLS is end to end: the proxy is no reason to believe anybody. */
START_TEST(tls_through_a_proxy)
{
    char file[64], url[80];
    identity authority, own;
    certificate_make(&authority, &(certificate_wish){.name = "a", .authority = true});
    certificate_make(
        &own, &(certificate_wish){.name = "x", .san = "DNS:behind.invalid", .issuer = &authority});
    certificate_write(file, &authority);
    SSL_CTX *tls = certificate_context(&own);
    begin(tls, _i % 2 == 1, RELAY_WORKS);
    snprintf(url, sizeof url, "https://%s:8443/v1", _i < 4 ? "behind.invalid" : "other.invalid");
    const upbit__rest_config config = {
        .base_url = url, .proxy = proxy_url(""), .ca_file = _i < 2 || _i >= 4 ? file : NULL};
    answer a = get(&config);
    ck_assert_msg(a.error == (_i < 2 ? 0 : UPBIT_ERROR_TLS), "%d %s", a.error, a.reason);
    end();
    SSL_CTX_free(tls);
    certificate_free(&own);
    certificate_free(&authority);
    remove(file);
}
END_TEST

START_TEST(cancel_in_every_phase_of_a_proxy)
{
    begin(NULL, _i % 2 == 1, _i < 2 ? RELAY_WORKS : _i < 4 ? RELAY_HANGS : RELAY_HANGS_HALF);
    const upbit__rest_config config = {.base_url = "http://behind.invalid:8080/v1",
                                       .proxy = proxy_url("")};
    for (int turns = 0; turns < 8; turns++) {
        upbit__rest_call *call;
        answer a = {0};
        ck_assert_int_eq(upbit__rest_get(&call, c.loop, &config, "/x", on_done, &a), 0);
        for (int i = 0; i < turns && a.count == 0; i++)
            upbit__loop_turn(c.loop, 2 * UPBIT__MS);
        int told = a.count;
        if (told == 0)
            upbit__rest_cancel(call);
        upbit__loop_turn(c.loop, 0);
        ck_assert_int_eq(a.count, told);
    }
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net proxy");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, both_kinds_carry_both, 0, 2);
    tcase_add_loop_test(t, a_login_is_the_proxys_alone, 0, 2);
    tcase_add_loop_test(t, fails_closed, 0, 2 * (RELAY_MOODS - RELAY_REFUSES));
    tcase_add_test(t, an_endless_proxy_holds_up_nobody);
    tcase_add_loop_test(t, a_proxy_that_is_down, 0, 2);
    tcase_add_loop_test(t, a_proxy_that_nobody_knows, 0, 2);
    tcase_add_loop_test(t, a_proxy_that_goes_away, 0, 2);
    tcase_add_loop_test(t, roads_are_not_mixed, 0, 4);
    tcase_add_loop_test(t, the_environment_does_not_redirect, 0, 2);
    tcase_add_loop_test(t, the_environment_does_not_bypass, 0, 2);
    tcase_add_loop_test(t, tls_through_a_proxy, 0, 6);
    tcase_add_loop_test(t, cancel_in_every_phase_of_a_proxy, 0, 6);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
