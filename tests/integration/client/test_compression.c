/* permessage-deflate over TLS with the mock: every set of terms, what a server may do, what it must
 * not, and what the client makes of a server that never gets it right. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../net/certificates.h"
#include "support/check_main.h"
#include "support/stream.h"

static certificate_files files;
static mock exchange;
static upbit_manager *manager;
static upbit_proxy *proxy;

static int compression;

static void trusting(upbit_options *o)
{
    o->ca_file = files.authority;
    o->compression = compression;
    o->message_size_max = 4u << 20;
}

static upbit_stats stats(void)
{
    upbit_stats s;
    ck_assert_int_eq(upbit_manager_get_stats(manager, &s, sizeof s), 0);
    return s;
}

static upbit_health health(void)
{
    upbit_health h;
    ck_assert_int_eq(upbit_manager_get_health(manager, &h, sizeof h), 0);
    return h;
}

static bool of_epoch(const upbit_event *e, const void *context)
{
    return e->type == UPBIT_TYPE_TICKER && e->epoch >= *(const uint32_t *)context;
}

/* Data, by a connection of at least this epoch. */
static void expect_data_of_epoch(uint32_t epoch)
{
    const upbit_event *e = stream_until(proxy, of_epoch, &epoch, 10, NULL);
    ck_assert_msg(e != NULL, "no data of epoch %u", epoch);
    upbit_event_unref(e);
}

/* The next ERROR: which, and a part of what it says. */
static void expect_error(int error, const char *says)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 10);
    ck_assert_msg(e != NULL, "no error, instead of: %s", says);
    const upbit_error_event *x = upbit_event_error(e);
    ck_assert_msg(x->error == error && strstr(x->message, says) != NULL, "%s: %s, not: %s",
                  upbit_error_name(x->error), x->message, says);
    upbit_event_unref(e);
}

/* One HTTP request to the mock, over TLS; its status, and all of its answer in `answer`. */
static char answer[65536];

static int call(const char *method, const char *path)
{
    char request[512];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)exchange.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = -1, got;
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    ck_assert_int_eq(SSL_connect(ssl), 1);
    int n = snprintf(request, sizeof request,
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                     "Content-Length: 0\r\n\r\n",
                     method, path);
    ck_assert_int_eq(SSL_write(ssl, request, n), n);
    size_t length = 0;
    while (length < sizeof answer - 1 &&
           (got = SSL_read(ssl, answer + length, (int)(sizeof answer - 1 - length))) > 0)
        length += (size_t)got;
    answer[length] = '\0';
    sscanf(answer, "HTTP/1.1 %d", &status);
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(fd);
    return status;
}

static void order(const char *path)
{
    ck_assert_msg(call("POST", path) == 200, "%s: %s", path, answer);
}

static void start(const char *terms, const char *rate, int wish)
{
    const char *const arguments[] = {"--codes",   "20",      "--rate",        rate,
                                     "--seed",    "3",       "--tls-cert",    files.certificate,
                                     "--tls-key", files.key, "--compression", terms,
                                     NULL};
    mock_start(&exchange, arguments);
    compression = wish;
    manager = stream_manager(&exchange, trusting);
    proxy = stream_proxy(manager, "compressed", NULL);
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        stream_want(proxy, upbit_proxy_subscribe, type, "KRW-BTC,KRW-ETH,KRW-XRP", 0);
    expect_data_of_epoch(1);
}

static void end(void)
{
    upbit_proxy_close(proxy);
    upbit_manager_release(manager);
    mock_stop(&exchange);
}

static void wait_messages(uint64_t count)
{
    for (int i = 0; i < 500 && stats().messages_received < count; i++)
        poll(NULL, 0, 20);
    ck_assert_uint_ge(stats().messages_received, count);
}

static void usual(void)
{
    start("on", "1000", UPBIT_AUTO);
}

static const struct terms {
    const char *terms;
    unsigned bits;
    const char *text;
} terms[] = {
    {"on", 15, "permessage-deflate"},
    {"server_no_context_takeover", 15, "permessage-deflate; server_no_context_takeover"},
    {"client_no_context_takeover", 15, "permessage-deflate; client_no_context_takeover"},
    {"server_no_context_takeover,client_no_context_takeover", 15,
     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"},
    {"server_max_window_bits=8", 8, "permessage-deflate; server_max_window_bits=8"},
    {"server_max_window_bits=9", 9, "permessage-deflate; server_max_window_bits=9"},
    {"server_max_window_bits=10", 10, "permessage-deflate; server_max_window_bits=10"},
    {"server_max_window_bits=11", 11, "permessage-deflate; server_max_window_bits=11"},
    {"server_max_window_bits=12", 12, "permessage-deflate; server_max_window_bits=12"},
    {"server_max_window_bits=13", 13, "permessage-deflate; server_max_window_bits=13"},
    {"server_max_window_bits=14", 14, "permessage-deflate; server_max_window_bits=14"},
    {"server_max_window_bits=15", 15, "permessage-deflate"},
    {"server_max_window_bits=8,server_no_context_takeover", 8,
     "permessage-deflate; server_no_context_takeover; server_max_window_bits=8"},
    {"client_max_window_bits=8", 15, "permessage-deflate; client_max_window_bits=8"},
    {"client_max_window_bits=12,server_max_window_bits=12", 12,
     "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"},
};

START_TEST(every_set_of_terms)
{
    const struct terms *t = &terms[_i];
    start(t->terms, "1000", _i % 2 == 0 ? UPBIT_AUTO : UPBIT_ON);
    wait_messages(300);
    upbit_stats s = stats(); /* some are counted by the message, some by the batch */
    for (int i = 0; i < 5000 && s.messages_compressed != s.messages_received; i++, s = stats())
        poll(NULL, 0, 3);
    ck_assert_uint_eq(s.compression, t->bits);
    ck_assert_uint_eq(s.messages_compressed, s.messages_received);
    ck_assert_uint_eq(s.decode_errors, 0);
    ck_assert_uint_eq(s.reconnects, 0);
    ck_assert_uint_lt(s.bytes_compressed, s.bytes_received);
    ck_assert_uint_gt(s.bytes_inflated, s.bytes_compressed * 3 / 2);
    ck_assert_str_eq(health().compression, t->text);
    ck_assert_int_eq(health().level, UPBIT_HEALTH_HEALTHY);
    end();
}
END_TEST

START_TEST(none_when_the_server_has_none_or_nobody_asks)
{
    start(_i == 0 ? "off" : "on", "1000", _i == 0 ? UPBIT_ON : UPBIT_OFF);
    wait_messages(50);
    upbit_stats s = stats();
    ck_assert_uint_eq(s.compression, 0);
    ck_assert_uint_eq(s.messages_compressed, 0);
    ck_assert_uint_eq(s.bytes_inflated, 0);
    ck_assert_str_eq(health().compression, _i == 0 ? "none" : "off");
    ck_assert_int_eq(call("GET", "/mock/stats"), 200);
    const char *offer = strstr(answer, "permessage-deflate; client_max_window_bits");
    ck_assert((offer != NULL) == (_i == 0));
    end();
}
END_TEST

START_TEST(what_a_server_may_do)
{
    static const char *const orders[] = {"/mock/deflate?kind=final", "/mock/deflate?kind=split",
                                         "/mock/deflate?kind=plain",
                                         "/mock/deflate?kind=plain&every=2"};
    usual();
    uint64_t before = stats().messages_received;
    for (int i = 0; i < 3; i++)
        order(orders[_i]);
    wait_messages(before + 100);
    upbit_stats s = stats();
    ck_assert_uint_eq(s.decode_errors, 0);
    ck_assert_uint_eq(s.reconnects, 0);
    if (_i >= 2)
        ck_assert_uint_lt(s.messages_compressed, s.messages_received);
    ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 0.1));
    end();
}
END_TEST

/* No JSON, but no fault of compression either. */
START_TEST(an_empty_message)
{
    usual();
    order("/mock/deflate?kind=empty");
    expect_error(UPBIT_ERROR_DECODE, "");
    expect_data_of_epoch(1);
    ck_assert_uint_eq(stats().compression_faults, 0);
    end();
}
END_TEST

static const struct fault {
    const char *order, *says;
} faults[] = {
    {"/mock/deflate?kind=corrupt", "corrupt compressed data: a block of no known type"},
    {"/mock/deflate?kind=cut", "corrupt compressed data"},
    {"/mock/deflate?kind=trailing", "corrupt compressed data"},
    {"/mock/deflate?kind=bomb", "inflates to more than the limit"},
    {"/mock/deflate?kind=bomb&bytes=4294967296", "inflates to more than the limit"},
    {"/mock/deflate?kind=rsv1_continuation", "a reserved bit is set"},
    {"/mock/deflate?kind=rsv1_ping", "a reserved bit is set"},
};

START_TEST(what_a_server_must_not_do)
{
    usual();
    order(faults[_i].order);
    expect_error(UPBIT_ERROR_PROTOCOL, faults[_i].says);
    expect_data_of_epoch(2);
    upbit_stats s = stats();
    ck_assert_uint_eq(s.compression_faults, 1);
    ck_assert_uint_eq(s.compression, 15); /* asked for again */
    ck_assert_uint_eq(s.reconnects, 1);
    ck_assert_uint_lt(s.memory_peak_bytes, 8u << 20);
    ck_assert_int_eq(health().level, UPBIT_HEALTH_HEALTHY);
    end();
}
END_TEST

/* A message is missing in the context: what follows is text of other places, or points to where
 * there is none. Nothing of it is delivered. */
START_TEST(a_context_that_does_not_fit)
{
    usual();
    order("/mock/deflate?kind=context");
    for (;;) { /* single messages may be told before */
        const upbit_event *e = stream_event(proxy, UPBIT_TYPE_ERROR, NULL, 10);
        ck_assert_ptr_nonnull(e);
        int error = upbit_event_error(e)->error;
        upbit_event_unref(e);
        if (error == UPBIT_ERROR_PROTOCOL)
            break;
        ck_assert_int_eq(error, UPBIT_ERROR_DECODE);
    }
    expect_data_of_epoch(2);
    ck_assert_uint_eq(stats().compression_faults, 1);
    ck_assert_uint_le(stats().decode_errors, 10);
    end();
}
END_TEST

static void expect_health(const char *says)
{
    const upbit_event *e = stream_event(proxy, UPBIT_TYPE_HEALTH, NULL, 10);
    ck_assert_msg(e != NULL, "no HEALTH");
    ck_assert_msg(strstr(upbit_event_health(e)->reason, says) != NULL, "%s",
                  upbit_event_health(e)->reason);
    upbit_event_unref(e);
}

/* Without compression, and nothing is missing. */
static void expect_given_up(void)
{
    upbit_stats s = stats();
    ck_assert_uint_eq(s.compression, 0);
    ck_assert_uint_eq(s.compression_faults, 3);
    for (int i = 0; i < 100 && health().state != UPBIT_STATE_LIVE; i++)
        poll(NULL, 0, 20);
    upbit_health h = health();
    ck_assert_int_eq(h.level, UPBIT_HEALTH_DEGRADED);
    ck_assert_msg(strstr(h.reason, "compression was given up") != NULL, "%s", h.reason);
    ck_assert_msg(strstr(h.compression, "after 60 min") != NULL, "%s", h.compression);
    uint64_t compressed = s.messages_compressed;
    wait_messages(s.messages_received + 50);
    ck_assert_uint_eq(stats().messages_compressed, compressed);
    ck_assert_uint_eq(stats().compression_faults, 3);
}

START_TEST(three_faults_in_a_row_give_it_up)
{
    usual();
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(stream_event(proxy, UPBIT_TYPE_HEALTH, NULL, 0.05));
        order("/mock/deflate?kind=corrupt");
        expect_error(UPBIT_ERROR_PROTOCOL, "a block of no known type");
        if (i < 2)
            expect_data_of_epoch(i + 2);
    }
    expect_health("failed 3 times in a row");
    expect_data_of_epoch(4);
    expect_given_up();
    ck_assert_int_eq(call("POST", "/mock/deflate?kind=corrupt"), 400);
    end();
}
END_TEST

static const struct {
    const char *answer, *says;
} answers[] = {
    {"permessage-deflate;%20server_max_window_bits=16", "8 to 15"},
    {"permessage-deflate;%20mux", "unknown parameter"},
    {"permessage-deflate,permessage-deflate", "second extension"},
    {"x-webkit-deflate-frame", "not asked for"},
};

/* An answer that was not asked for is refused; a server that goes on like that is asked no more. */
START_TEST(wrong_answers)
{
    char path[160];
    usual();
    snprintf(path, sizeof path, "/mock/extensions?count=3&answer=%s", answers[_i].answer);
    order(path);
    order("/mock/cut");
    expect_error(UPBIT_ERROR_CONNECT, "");
    expect_error(UPBIT_ERROR_UPGRADE, answers[_i].says);
    expect_health("failed 3 times in a row");
    expect_data_of_epoch(2);
    expect_given_up();
    end();
}
END_TEST

/* Compressed though the answer did not say so: RSV1 is a reserved bit then. */
START_TEST(compressed_without_agreement)
{
    usual();
    order("/mock/extensions?count=1");
    order("/mock/cut");
    expect_error(UPBIT_ERROR_CONNECT, "");
    expect_error(UPBIT_ERROR_PROTOCOL, "a reserved bit is set");
    expect_data_of_epoch(3);
    ck_assert_uint_eq(stats().compression_faults, 0);
    ck_assert_uint_eq(stats().compression, 15);
    end();
}
END_TEST

int main(void)
{
    certificate_files_write(&files);
    Suite *suite = suite_create("compression");
    TCase *t = tcase_create("compression");
    tcase_set_timeout(t, 60);
#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))
    tcase_add_loop_test(t, every_set_of_terms, 0, COUNT(terms));
    tcase_add_loop_test(t, none_when_the_server_has_none_or_nobody_asks, 0, 2);
    tcase_add_loop_test(t, what_a_server_may_do, 0, 4);
    tcase_add_test(t, an_empty_message);
    tcase_add_loop_test(t, what_a_server_must_not_do, 0, COUNT(faults));
    tcase_add_test(t, a_context_that_does_not_fit);
    tcase_add_test(t, three_faults_in_a_row_give_it_up);
    tcase_add_loop_test(t, wrong_answers, 0, COUNT(answers));
    tcase_add_test(t, compressed_without_agreement);
    suite_add_tcase(suite, t);
    int status = check_main(suite);
    certificate_files_remove(&files);
    return status;
}
