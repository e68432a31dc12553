/* The read-ahead of TLS between two ends in memory: what comes in which piece is the test's choice,
 * and every call of OpenSSL and libcurl that it begins with can fail. */
#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../integration/net/certificates.h"
#include "net/tls_ahead.h"
#include "support/check_main.h"

static identity self;
static SSL_CTX *server_context, *client_context;
static SSL *server, *client;
static BIO *wire;                    /* the other end of the client's socket, */
static BIO *from_server, *to_server; /* and what the server has written and is to read */
static BIO *socket_bio;              /* the client's own */
static upbit__tls_ahead *ahead;

/* ---- what is called first ---- */

static CURLcode get_code;
static struct curl_tlssessioninfo session;
static struct curl_tlssessioninfo *given;
static const char *fails; /* the next call of this name; NULL: none */

CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, void *out);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, void *out)
{
    (void)easy;
    ck_assert_int_eq(info, CURLINFO_TLS_SSL_PTR);
    if (get_code == CURLE_OK)
        *(struct curl_tlssessioninfo **)out = given;
    return get_code;
}

static unsigned spared; /* how many calls of that name go well before */

static bool is_to_fail(const char *name)
{
    bool now = fails != NULL && strcmp(fails, name) == 0 && spared-- == 0;
    if (now) {
        fails = NULL;
        spared = 0;
    }
    return now;
}

#define WRAP(type, name, parameters, arguments, failure)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return is_to_fail(#name) ? (failure) : __real_##name arguments;                            \
    }
WRAP(int, BIO_get_new_index, (void), (), -1)
WRAP(BIO_METHOD *, BIO_meth_new, (int type, const char *name), (type, name), NULL)
WRAP(int, BIO_meth_set_read, (BIO_METHOD * m, int (*f)(BIO *, char *, int)), (m, f), 0)
WRAP(int, BIO_meth_set_write, (BIO_METHOD * m, int (*f)(BIO *, const char *, int)), (m, f), 0)
WRAP(int, BIO_meth_set_ctrl, (BIO_METHOD * m, long (*f)(BIO *, int, long, void *)), (m, f), 0)
WRAP(int, BIO_meth_set_destroy, (BIO_METHOD * m, int (*f)(BIO *)), (m, f), 0)
WRAP(BIO *, BIO_new, (const BIO_METHOD *m), (m), NULL)
WRAP(int, BIO_up_ref, (BIO * b), (b), 0)

static void install(void)
{
    session = (struct curl_tlssessioninfo){CURLSSLBACKEND_OPENSSL, client};
    given = &session;
    get_code = CURLE_OK;
    upbit__tls_ahead_install(NULL, -1, &ahead);
}

/* ---- two ends ---- */

/* What the server wrote reaches the client's socket: up to `most` bytes of it. */
static void bring(size_t most)
{
    char *bytes;
    size_t length = (size_t)BIO_get_mem_data(from_server, &bytes);
    length = length < most ? length : most;
    ck_assert_int_eq(BIO_write(wire, bytes, (int)length), (int)length);
    char gone[4096];
    for (int got; length > 0; length -= (size_t)got)
        got = BIO_read(from_server, gone, (int)(length < sizeof gone ? length : sizeof gone));
}

static void bring_all(void)
{
    char bytes[4096];
    if (BIO_pending(from_server) > 0)
        bring(SIZE_MAX);
    for (int got; (got = BIO_read(wire, bytes, sizeof bytes)) > 0;)
        ck_assert_int_eq(BIO_write(to_server, bytes, got), got);
}

static void connect_both(void)
{
    server_context = certificate_context(&self);
    client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_num_tickets(server_context, 0);
    server = SSL_new(server_context);
    client = SSL_new(client_context);
    ck_assert_int_eq(BIO_new_bio_pair(&socket_bio, 1 << 16, &wire, 1 << 16), 1);
    to_server = BIO_new(BIO_s_mem());
    from_server = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(to_server, -1);
    BIO_set_mem_eof_return(from_server, -1);
    SSL_set_bio(server, to_server, from_server);
    SSL_set_bio(client, socket_bio, socket_bio);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    for (int i = 0; i < 10 && (!SSL_is_init_finished(server) || !SSL_is_init_finished(client));
         i++) {
        (void)SSL_do_handshake(client);
        bring_all();
        (void)SSL_do_handshake(server);
        bring_all();
    }
    ck_assert(SSL_is_init_finished(server) && SSL_is_init_finished(client));
    ERR_clear_error();
}

static void close_both(void)
{
    SSL_free(client);
    ck_assert_ptr_null(ahead); /* it went with its connection, and its owner knows */
    SSL_free(server);
    BIO_free(wire);
    SSL_CTX_free(server_context);
    SSL_CTX_free(client_context);
    ERR_clear_error();
}

static void begin(void)
{
    connect_both();
    install();
    ck_assert_ptr_nonnull(ahead);
}

static void send_text(const char *text, size_t length)
{
    ck_assert_int_eq(SSL_write(server, text, (int)length), (int)length);
}

/* As libcurl reads: the socket, and what has come with it. */
static int read_socket(char *to, size_t room)
{
    bring_all();
    int got = SSL_read(client, to, (int)room);
    ERR_clear_error();
    return got;
}

START_TEST(records_come_one_by_one_from_what_was_read_at_once)
{
    char to[64];
    begin();
    send_text("one", 3);
    send_text("two", 3);
    send_text("three", 5);
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 0); /* nothing is read yet */
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_int_eq(read_socket(to, sizeof to), 3);
    ck_assert_int_eq(BIO_pending(socket_bio), 0); /* all of it came */
    ck_assert_int_gt(BIO_pending(SSL_get_rbio(client)), 0);
    ck_assert_int_eq(BIO_eof(SSL_get_rbio(client)), 0);
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, 2), 2); /* a part of a record */
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 1); /* the rest of it */
    ck_assert_int_eq(to[0], 'o');
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 5);
    ck_assert(memcmp(to, "three", 5) == 0);
    close_both();
}
END_TEST

/* A byte that the connection keeps is not in the buffer, and not to be waited for. */
START_TEST(what_openssl_keeps_is_no_drought)
{
    char to[64];
    begin();
    send_text("abc", 3);
    ck_assert_int_eq(read_socket(to, 1), 1);
    ck_assert_int_eq(SSL_pending(client), 2);
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_int_eq(read_socket(to, sizeof to), 2);
    ck_assert(upbit__tls_ahead_dry(ahead));
    upbit__tls_ahead_ready(ahead, false);
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_int_le(BIO_pending(SSL_get_rbio(client)), 0);
    send_text("d", 1);
    ck_assert_int_eq(read_socket(to, sizeof to), 1);
    ck_assert(upbit__tls_ahead_dry(ahead));
    upbit__tls_ahead_ready(ahead, true);
    send_text("e", 1);
    ck_assert_int_eq(read_socket(to, sizeof to), 1);
    ck_assert(!upbit__tls_ahead_dry(ahead));            /* behind it is the end */
    ck_assert_int_eq(upbit__tls_ahead_fill(ahead), -1); /* it has no socket of its own */
    close_both();
}
END_TEST

/* New keys ask for an answer, and come with nothing behind them: the socket is left alone. */
START_TEST(a_record_that_brings_no_bytes)
{
    char to[64];
    begin();
    send_text("one", 3);
    ck_assert_int_eq(SSL_key_update(server, SSL_KEY_UPDATE_REQUESTED), 1);
    ck_assert_int_eq(SSL_do_handshake(server), 1);
    ck_assert_int_eq(read_socket(to, sizeof to), 3);
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 0);
    ck_assert_ptr_null(upbit__tls_ahead_fault(ahead));
    send_text("two", 3);
    ck_assert_int_eq(read_socket(to, sizeof to), 3);
    ck_assert(memcmp(to, "two", 3) == 0);
    ck_assert_int_eq(SSL_write(client, "back", 4), 4);
    bring_all();
    ck_assert_int_eq(SSL_read(server, to, sizeof to), 4);
    close_both();
}
END_TEST

/* Longer than OpenSSL takes, not longer than a record might say to be. */
START_TEST(a_record_that_is_too_long)
{
    static char record[5 + 18000] = {0x17, 3, 3, 18000 >> 8, 18000 & 255};
    char to[64];
    begin();
    send_text("one", 3);
    ck_assert_int_eq(BIO_write(from_server, record, sizeof record), (int)sizeof record);
    ck_assert_int_eq(read_socket(to, sizeof to), 3);
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 0);
    ck_assert_ptr_nonnull(upbit__tls_ahead_fault(ahead));
    ck_assert(!upbit__tls_ahead_dry(ahead)); /* it is to be told */
    ck_assert_int_le(read_socket(to, sizeof to), 0);
    close_both();
}
END_TEST

START_TEST(damage_is_told_and_not_waited_for)
{
    char to[64], *bytes;
    begin();
    send_text("one", 3);
    send_text("two", 3);
    long length = BIO_get_mem_data(from_server, &bytes);
    bytes[length - 1] ^= 1;
    ck_assert_int_eq(read_socket(to, sizeof to), 3);
    ck_assert_uint_eq(upbit__tls_ahead_take(ahead, to, sizeof to), 0);
    ck_assert_ptr_nonnull(upbit__tls_ahead_fault(ahead));
    ck_assert(!upbit__tls_ahead_dry(ahead));
    ck_assert_int_le(read_socket(to, sizeof to), 0);
    close_both();
}
END_TEST

/* Without it libcurl reads by itself, and nothing is lost. */
static void expect_plain(void)
{
    char to[64];
    ck_assert_ptr_null(ahead);
    ck_assert_ptr_eq(SSL_get_rbio(client), socket_bio);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    send_text("plain", 5);
    ck_assert_int_eq(read_socket(to, sizeof to), 5);
}

START_TEST(only_where_it_can_be_had)
{
    connect_both();
    get_code = CURLE_BAD_FUNCTION_ARGUMENT;
    upbit__tls_ahead_install(NULL, -1, &ahead);
    expect_plain();
    get_code = CURLE_OK;
    given = NULL;
    upbit__tls_ahead_install(NULL, -1, &ahead);
    expect_plain();
    given = &session;
    session = (struct curl_tlssessioninfo){CURLSSLBACKEND_GNUTLS, client};
    upbit__tls_ahead_install(NULL, -1, &ahead);
    expect_plain();
    session = (struct curl_tlssessioninfo){CURLSSLBACKEND_OPENSSL, NULL};
    upbit__tls_ahead_install(NULL, -1, &ahead);
    expect_plain();
    SSL *none = SSL_new(client_context); /* has no socket */
    session.internals = none;
    upbit__tls_ahead_install(NULL, -1, &ahead);
    expect_plain();
    SSL_free(none);
    close_both();
}
END_TEST

/* The rest of a record is inside OpenSSL, or a part of one: the buffer would begin in its middle.
 */
START_TEST(not_in_the_middle_of_a_record)
{
    char to[64];
    connect_both();
    send_text("rest", 4);
    if (_i == 0) {
        ck_assert_int_eq(read_socket(to, 1), 1);
        install();
        ck_assert_ptr_null(ahead);
        ck_assert_int_eq(read_socket(to, sizeof to), 3);
    } else {
        bring(_i == 1 ? 3 : 9); /* of its head, of its body */
        ck_assert_int_lt(SSL_read(client, to, sizeof to), 0);
        install();
        ck_assert_ptr_null(ahead);
        ck_assert_int_eq(read_socket(to, sizeof to), 4);
    }
    expect_plain();
    close_both();
}
END_TEST

/* The first in its process: what failed is tried again, what is there is kept. */
START_TEST(calls_that_fail)
{
    static const char *const names[] = {
        "BIO_get_new_index", "BIO_meth_new",         "BIO_meth_set_read", "BIO_meth_set_write",
        "BIO_meth_set_ctrl", "BIO_meth_set_destroy", "BIO_new",           "BIO_up_ref",
        "BIO_up_ref", /* the second: what was held by the first is let go of */
    };
    const size_t count = sizeof names / sizeof *names;
    connect_both();
    for (size_t i = 0; i < count; i++) {
        fails = names[i];
        spared = i == count - 1;
        install();
        ck_assert_msg(fails == NULL, "%s is not called", names[i]);
        expect_plain();
    }
    install();
    ck_assert_ptr_nonnull(ahead);
    close_both();
}
END_TEST

static void make(void)
{
    certificate_make(&self, &(certificate_wish){.name = "x", .san = "IP:127.0.0.1"});
}

static void let_go(void)
{
    certificate_free(&self);
}

int main(void)
{
    Suite *suite = suite_create("tls ahead");
    TCase *t = tcase_create("ahead");
    tcase_add_unchecked_fixture(t, make, let_go);
    tcase_add_test(t, calls_that_fail);
    tcase_add_test(t, only_where_it_can_be_had);
    tcase_add_loop_test(t, not_in_the_middle_of_a_record, 0, 3);
    tcase_add_test(t, records_come_one_by_one_from_what_was_read_at_once);
    tcase_add_test(t, what_openssl_keeps_is_no_drought);
    tcase_add_test(t, a_record_that_brings_no_bytes);
    tcase_add_test(t, a_record_that_is_too_long);
    tcase_add_test(t, damage_is_told_and_not_waited_for);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
