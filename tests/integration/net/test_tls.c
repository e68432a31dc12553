/* Whom the transport trusts, and that a refused server sees no byte of ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "certificates.h"
#include "client.h"
#include "server.h"
#include "support/check_main.h"

static identity authority, stranger;
static char authority_file[64];

static void make_authorities(void)
{
    certificate_make(&authority, &(certificate_wish){.name = "test authority", .authority = true});
    certificate_make(&stranger, &(certificate_wish){.name = "stranger", .authority = true});
    certificate_write(authority_file, &authority);
}

static void free_authorities(void)
{
    certificate_free(&authority);
    certificate_free(&stranger);
    unlink(authority_file);
}

static void serve_greeting(peer *p, void *context)
{
    (void)context;
    if (peer_upgrade(p) && peer_frame(p, 0x81, "hi", 2))
        peer_finish(p);
}

enum { BY_AUTHORITY, BY_STRANGER, BY_ITSELF };

typedef struct trust_case {
    const char *label, *host;
    certificate_wish wish;
    int issuer;
    bool trusted;
    bool system;         /* no CA file given */
    int version;         /* of TLS at most */
    const char *ciphers; /* of TLS 1.2 */
} trust_case;

#define LONG_AGO (-864000L)
static const trust_case cases[] = {
    {.label = "by name",
     .host = "localhost",
     .trusted = true,
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "by name, one of several, other case",
     .host = "LOCALHOST",
     .trusted = true,
     .wish = {.name = "x", .san = "DNS:a.example,DNS:LocalHost,IP:10.0.0.1"}},
    {.label = "by name with a last dot",
     .host = "localhost.",
     .trusted = true,
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "by address",
     .host = "127.0.0.1",
     .trusted = true,
     .wish = {.name = "x", .san = "IP:127.0.0.1"}},
    {.label = "server authentication",
     .host = "localhost",
     .trusted = true,
     .wish = {.name = "x", .san = "DNS:localhost", .usage = "serverAuth"}},
    {.label = "TLS 1.2 with a good cipher",
     .host = "localhost",
     .trusted = true,
     .version = TLS1_2_VERSION,
     .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "TLS 1.2 with ChaCha20",
     .host = "localhost",
     .trusted = true,
     .version = TLS1_2_VERSION,
     .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305",
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "RSA of 2,048 bits",
     .host = "localhost",
     .trusted = true,
     .wish = {.name = "x", .san = "DNS:localhost", .rsa_bits = 2048}},
    {.label = "RSA of 1,024 bits",
     .host = "localhost",
     .wish = {.name = "x", .san = "DNS:localhost", .rsa_bits = 1024}},
    {.label = "signed with SHA-1",
     .host = "localhost",
     .wish = {.name = "x", .san = "DNS:localhost", .sha1 = true}},
    {.label = "self-signed",
     .host = "localhost",
     .issuer = BY_ITSELF,
     .wish = {.name = "localhost", .san = "DNS:localhost"}},
    {.label = "unknown authority",
     .host = "localhost",
     .issuer = BY_STRANGER,
     .wish = {.name = "localhost", .san = "DNS:localhost"}},
    {.label = "authority unknown to the system",
     .host = "localhost",
     .system = true,
     .wish = {.name = "localhost", .san = "DNS:localhost"}},
    {.label = "another host", .host = "localhost", .wish = {.name = "x", .san = "DNS:example.org"}},
    {.label = "another host, right CN",
     .host = "localhost",
     .wish = {.name = "localhost", .san = "DNS:example.org"}},
    {.label = "CN only", .host = "localhost", .wish = {.name = "localhost"}},
    {.label = "CN only, address", .host = "127.0.0.1", .wish = {.name = "127.0.0.1"}},
    {.label = "address as a DNS name",
     .host = "127.0.0.1",
     .wish = {.name = "x", .san = "DNS:127.0.0.1"}},
    {.label = "another address", .host = "127.0.0.1", .wish = {.name = "x", .san = "IP:127.0.0.2"}},
    {.label = "name only, asked by address",
     .host = "127.0.0.1",
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "partial wildcard", .host = "localhost", .wish = {.name = "x", .san = "DNS:local*"}},
    {.label = "bare wildcard", .host = "localhost", .wish = {.name = "x", .san = "DNS:*"}},
    {.label = "expired",
     .host = "localhost",
     .wish = {.name = "x", .san = "DNS:localhost", .from_s = LONG_AGO, .to_s = -3600}},
    {.label = "not yet valid",
     .host = "localhost",
     .wish = {.name = "x", .san = "DNS:localhost", .from_s = 3600, .to_s = 86400}},
    {.label = "client authentication only",
     .host = "localhost",
     .wish = {.name = "x", .san = "DNS:localhost", .usage = "clientAuth"}},
    {.label = "TLS 1.1",
     .host = "localhost",
     .version = TLS1_1_VERSION,
     .wish = {.name = "x", .san = "DNS:localhost"}},
    {.label = "TLS 1.2 with CBC",
     .host = "localhost",
     .version = TLS1_2_VERSION,
     .ciphers = "ECDHE-ECDSA-AES128-SHA",
     .wish = {.name = "x", .san = "DNS:localhost"}},
};

START_TEST(trust)
{
    const trust_case *k = &cases[_i];
    server s;
    client c;
    identity own;
    certificate_wish wish = k->wish;
    wish.issuer = k->issuer == BY_ITSELF ? NULL : k->issuer == BY_STRANGER ? &stranger : &authority;
    certificate_make(&own, &wish);
    SSL_CTX *tls = certificate_context(&own);
    if (k->version != 0)
        SSL_CTX_set_max_proto_version(tls, k->version);
    if (k->version == TLS1_1_VERSION) {
        SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
        SSL_CTX_set_cipher_list(tls, "ALL:@SECLEVEL=0");
    }
    if (k->ciphers != NULL)
        ck_assert_int_eq(SSL_CTX_set_cipher_list(tls, k->ciphers), 1);
    server_start(&s, tls, serve_greeting, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = k->system ? NULL : authority_file};
    client_open(&c, "wss", k->host, s.port, &config);
    if (k->trusted) {
        ck_assert_msg(client_wait(&c, &c.messages, 1), "%s: %s", k->label, c.close.reason);
        ck_assert(c.info.tls);
    } else {
        ck_assert_msg(client_wait(&c, &c.closed, 1), "%s: not refused", k->label);
        ck_assert_msg(c.close.error == UPBIT_ERROR_TLS, "%s: error %d, %s", k->label, c.close.error,
                      c.close.reason);
        ck_assert_int_eq(c.opened, 0);
        ck_assert_msg(c.close.reason[0] != '\0', "%s: no reason", k->label);
    }
    client_finish(&c);
    server_stop(&s);
    if (!k->trusted)
        ck_assert_msg(atomic_load(&s.requests) == 0, "%s: %d bytes leaked", k->label,
                      atomic_load(&s.requests));
    SSL_CTX_free(tls);
    certificate_free(&own);
}
END_TEST

/* 0: revoked, 1: not on the list, 2: a list that is not there. */
START_TEST(revocation)
{
    server s;
    client c;
    identity own;
    char list[64] = "/nonexistent/list.pem";
    certificate_make(
        &own, &(certificate_wish){.name = "x", .san = "DNS:localhost", .issuer = &authority});
    if (_i < 2)
        revocation_write(list, &authority, _i == 0 ? &own : NULL);
    SSL_CTX *tls = certificate_context(&own);
    server_start(&s, tls, serve_greeting, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file, .crl_file = list};
    client_open(&c, "wss", "localhost", s.port, &config);
    if (_i == 1) {
        ck_assert_msg(client_wait(&c, &c.messages, 1), "%s", c.close.reason);
    } else {
        ck_assert(client_wait(&c, &c.closed, 1));
        ck_assert_msg(c.close.error == UPBIT_ERROR_TLS, "%d %s", c.close.error, c.close.reason);
    }
    client_finish(&c);
    server_stop(&s);
    if (_i < 2)
        unlink(list);
    SSL_CTX_free(tls);
    certificate_free(&own);
}
END_TEST

static void serve_talk(peer *p, void *context)
{
    /* Plain text where TLS is expected. */
    (void)context;
    peer_text(p, "HTTP/1.1 400 Bad Request\r\n\r\n");
    while (peer_read(p, p->request, 100) > 0)
        ;
}

START_TEST(plain_server_behind_wss)
{
    server s;
    client c;
    server_start(&s, NULL, serve_talk, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "localhost", s.port, &config);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_TLS, "%d %s", c.close.error, c.close.reason);
    client_finish(&c);
    server_stop(&s);
}
END_TEST

#define BIG ((size_t)3 * 1024 * 1024)

/* Does not read for a while, so that TLS writes are cut in the middle of a record and tried
 * again. */
static void serve_slow_echo(peer *p, void *context)
{
    (void)context;
    uint8_t *payload;
    size_t length;
    int opcode;
    if (!peer_upgrade(p))
        return;
    usleep(50000);
    while ((opcode = peer_read_frame(p, &payload, &length)) >= 0) {
        peer_frame(p, 0x80 | (uint8_t)opcode, payload, length);
        free(payload);
        if (opcode == 8)
            return;
    }
}

START_TEST(big_messages_both_ways)
{
    server s;
    client c;
    identity own;
    certificate_make(&own,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    SSL_CTX *tls = certificate_context(&own);
    SSL_CTX_set_max_proto_version(tls, _i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
    server_start(&s, tls, serve_slow_echo, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.opened, 1));
    uint8_t *bytes = malloc(BIG);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < BIG; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 11);
    for (int n = 1; n <= 3; n++) {
        ck_assert_int_eq(upbit__transport_send(c.transport, 2, bytes, BIG), 0);
        ck_assert_int_eq(upbit__transport_send(c.transport, 1, "between", 7), 0);
    }
    ck_assert(client_wait(&c, &c.messages, 5));
    ck_assert(client_wait(&c, &c.messages, 6));
    ck_assert_uint_eq(c.bytes, 3 * (BIG + 7));
    ck_assert_uint_eq(c.last.length, 7);
    ck_assert_int_eq(upbit__transport_send(c.transport, 2, bytes, BIG), 0);
    ck_assert(client_wait(&c, &c.messages, 7));
    ck_assert_uint_eq(c.last.length, BIG);
    ck_assert(memcmp(upbit__buffer_bytes(&c.last), bytes, BIG) == 0);
    free(bytes);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL,
                                            upbit__clock_monotonic_ns() + 5 * UPBIT__SECOND),
                     0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, 0);
    client_finish(&c);
    server_stop(&s);
    SSL_CTX_free(tls);
    certificate_free(&own);
}
END_TEST

/* Many records arrive with one read of the socket: all must be handed out, none may wait in
 * OpenSSL. */
static void serve_burst(peer *p, void *context)
{
    (void)context;
    if (!peer_upgrade(p))
        return;
    for (int i = 0; i < 3000; i++) {
        if (!peer_frame(p, 0x82, "0123456789", 10))
            return;
    }
    while (peer_read(p, p->request, 100) > 0) /* then silence, but no end */
        ;
}

START_TEST(burst_of_records_then_silence)
{
    server s;
    client c;
    identity own;
    certificate_make(&own,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    SSL_CTX *tls = certificate_context(&own);
    server_start(&s, tls, serve_burst, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.messages, 3000));
    client_finish(&c);
    server_stop(&s);
    SSL_CTX_free(tls);
    certificate_free(&own);
}
END_TEST

/* More than one turn takes, all of it in the machine before the first read: when the turn's bound
 * is reached the rest lies inside OpenSSL, where epoll does not see it. */
static void serve_more_than_a_turn(peer *p, void *context)
{
    atomic_bool *sent = context;
    static char message[1000];
    if (!peer_upgrade(p))
        return;
    for (int i = 0; i < 270; i++) {
        if (!peer_frame(p, 0x82, message, sizeof message))
            return;
    }
    atomic_store(sent, true);
    while (peer_read(p, p->request, 100) > 0)
        ;
}

START_TEST(more_than_a_turn_then_silence)
{
    server s;
    client c;
    identity own;
    atomic_bool sent = false;
    certificate_make(&own,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    SSL_CTX *tls = certificate_context(&own);
    server_start(&s, tls, serve_more_than_a_turn, &sent);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.opened, 1));
    for (int i = 0; i < 2000 && !atomic_load(&sent); i++)
        usleep(1000);
    ck_assert(client_wait(&c, &c.messages, 270));
    client_finish(&c);
    server_stop(&s);
    SSL_CTX_free(tls);
    certificate_free(&own);
}
END_TEST

/* A handshake cut by the network is no matter of trust. */
static void serve_cut(peer *p, void *context)
{
    (void)context;
    peer_read(p, p->request, 1);
}

START_TEST(cut_during_the_handshake)
{
    server s;
    client c;
    server_start(&s, NULL, serve_cut, NULL);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_CONNECT, "%d %s", c.close.error, c.close.reason);
    client_finish(&c);
    server_stop(&s);
}
END_TEST

/* The first so many bytes of a good server's answer, then the end: all of it is far from enough,
 * because the client's own part is never read. */
typedef struct truncation {
    SSL_CTX *tls;
    size_t most;
    size_t sent;
} truncation;

static void serve_truncated(peer *p, void *context)
{
    truncation *t = context;
    uint8_t bytes[8192];
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL *ssl = SSL_new(t->tls);
    if (ssl == NULL || in == NULL || out == NULL)
        abort();
    SSL_set_bio(ssl, in, out);
    while (BIO_pending(out) == 0) {
        long got = peer_read(p, bytes, sizeof bytes);
        if (got <= 0)
            break;
        BIO_write(in, bytes, (int)got);
        SSL_accept(ssl);
    }
    int made = BIO_read(out, bytes, sizeof bytes);
    t->sent = made < 0 ? 0 : (size_t)made < t->most ? (size_t)made : t->most;
    peer_write(p, bytes, t->sent);
    SSL_free(ssl);
}

START_TEST(truncated_handshake)
{
    static const size_t most[] = {0, 1, 4, 5, 6, 9, 43, 90, 130, 200, 400};
    server s;
    client c;
    identity own;
    certificate_make(&own,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    truncation t = {.tls = certificate_context(&own), .most = most[_i]};
    server_start(&s, NULL, serve_truncated, &t);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_CONNECT, "%zu bytes: %d %s", most[_i], c.close.error,
                  c.close.reason);
    ck_assert_int_eq(c.opened, 0);
    client_finish(&c);
    server_stop(&s);
    ck_assert_uint_eq(t.sent, most[_i]);
    SSL_CTX_free(t.tls);
    certificate_free(&own);
}
END_TEST

START_TEST(ca_file_that_is_not_there)
{
    client c;
    client_init(&c);
    upbit__transport_config config = {.ca_file = "/nonexistent/ca.pem"};
    server s;
    server_start(&s, NULL, serve_cut, NULL);
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_msg(c.close.error == UPBIT_ERROR_TLS, "%d %s", c.close.error, c.close.reason);
    client_finish(&c);
    server_stop(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net tls");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_unchecked_fixture(t, make_authorities, free_authorities);
    tcase_add_loop_test(t, trust, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(t, revocation, 0, 3);
    tcase_add_test(t, plain_server_behind_wss);
    tcase_add_loop_test(t, big_messages_both_ways, 0, 2);
    tcase_add_test(t, burst_of_records_then_silence);
    tcase_add_test(t, more_than_a_turn_then_silence);
    tcase_add_test(t, cut_during_the_handshake);
    tcase_add_loop_test(t, truncated_handshake, 0, 11);
    tcase_add_test(t, ca_file_that_is_not_there);
    suite_add_tcase(suite, t);
    return check_main(suite);
}
