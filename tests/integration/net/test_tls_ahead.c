/* Records of TLS by the socketful: cut anywhere, many at once, keys that change in between, ends in
 * the middle of one; and how often the socket is asked. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "certificates.h"
#include "client.h"
#include "server.h"
#include "support/check_main.h"
#include "support/transport.h"

/* libcurl's reading, counted: the client's thread has its own. */
static _Thread_local long asked;

ssize_t recv(int fd, void *to, size_t room, int flags)
{
    asked++;
    return syscall(SYS_recvfrom, fd, to, room, flags, NULL, NULL);
}

static identity authority, self;
static char authority_file[64];

static void make_authority(void)
{
    certificate_make(&authority, &(certificate_wish){.name = "test authority", .authority = true});
    certificate_make(&self,
                     &(certificate_wish){.name = "x", .san = "IP:127.0.0.1", .issuer = &authority});
    certificate_write(authority_file, &authority);
}

static void free_authority(void)
{
    certificate_free(&authority);
    certificate_free(&self);
    unlink(authority_file);
}

typedef struct script {
    int version;         /* of TLS */
    size_t slice;        /* bytes in one write to the socket */
    int count;           /* messages */
    const size_t *sizes; /* of messages, taken in turn */
    size_t size_count;
    int update;          /* keys change before every so many messages; 0: never */
    const char *garbage; /* behind the messages, instead of a record; NULL: none */
    size_t garbage_size;
    bool damage;   /* the last record has a wrong bit */
    size_t keep;   /* of the last record so much is sent, then the end; 0: all */
    bool answered; /* each message waits for the answer to the one before */
    bool leaves;   /* says by TLS that no more comes, and leaves the connection open */
    bool waits;    /* for `go`, when the connection is open */
    _Atomic int go, done;
} script;

static bool send_slices(peer *p, const char *bytes, size_t length, size_t slice)
{
    for (size_t at = 0; at < length; at += slice) {
        size_t piece = length - at < slice ? length - at : slice;
        for (size_t done = 0; done < piece;) {
            ssize_t put = send(p->fd, bytes + at + done, piece - done, MSG_NOSIGNAL);
            if (put <= 0)
                return false;
            done += (size_t)put;
        }
    }
    return true;
}

static char content(size_t i, int n)
{
    return (char)('a' + (i * 7 + (size_t)n) % 26);
}

/* What was encrypted since the last call; the memory is OpenSSL's. */
static size_t encrypted(SSL *ssl, char **bytes)
{
    return (size_t)BIO_get_mem_data(SSL_get_wbio(ssl), bytes);
}

static void serve_script(peer *p, void *context)
{
    script *s = context;
    if (!peer_upgrade(p))
        return;
    SSL_set0_wbio(p->ssl, BIO_new(BIO_s_mem()));
    while (s->waits && !atomic_load(&s->go))
        usleep(1000);
    char *bytes, *payload = malloc(1 << 20);
    size_t last = 0;
    bool ok = payload != NULL;
    for (int n = 0; ok && n < s->count; n++) {
        size_t size = s->sizes[(size_t)n % s->size_count];
        for (size_t i = 0; i < size; i++)
            payload[i] = content(i, n);
        if (s->update > 0 && n % s->update == s->update - 1)
            SSL_key_update(p->ssl, SSL_KEY_UPDATE_REQUESTED);
        last = encrypted(p->ssl, &bytes);
        ok = peer_frame(p, 0x82, payload, size);
        if (s->answered) {
            uint8_t *answer;
            size_t length;
            length = encrypted(p->ssl, &bytes);
            ok = ok && send_slices(p, bytes, length, s->slice);
            BIO_reset(SSL_get_wbio(p->ssl));
            ok = ok && peer_read_frame(p, &answer, &length) == 2;
            free(answer);
        }
    }
    size_t length = encrypted(p->ssl, &bytes);
    if (s->damage)
        bytes[length - 1] ^= 1;
    if (s->keep > 0)
        length = last + s->keep;
    ok = ok && send_slices(p, bytes, length, s->slice);
    BIO_reset(SSL_get_wbio(p->ssl));
    free(payload);
    if (s->garbage != NULL)
        send_slices(p, s->garbage, s->garbage_size, s->slice);
    SSL_set_fd(p->ssl, p->fd);
    if (s->leaves)
        SSL_shutdown(p->ssl);
    if (s->keep > 0)
        shutdown(p->fd, SHUT_WR);
    atomic_store(&s->done, 1);
    if (ok)
        peer_finish(p);
}

static server s;
static client c;
static SSL_CTX *context;

static void begin(script *what)
{
    context = certificate_context(&self);
    SSL_CTX_set_max_proto_version(context, what->version);
    server_start(&s, context, serve_script, what);
    client_init(&c);
    c.echo = what->answered;
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
}

static void end(void)
{
    client_finish(&c);
    server_stop(&s);
    SSL_CTX_free(context);
}

static void expect_last(const script *what, int count)
{
    int n = count - 1;
    size_t size = what->sizes[(size_t)n % what->size_count];
    ck_assert_uint_eq(c.last.length, size);
    for (size_t i = 0; i < size; i++)
        ck_assert_int_eq(upbit__buffer_bytes(&c.last)[i], content(i, n));
}

static const size_t mixed[] = {0, 1, 125, 126, 1153, 2830, 16384, 40000};
static const size_t small[] = {0, 1, 300};
static const size_t one[] = {460};
#define SIZES(list) .sizes = (list), .size_count = sizeof(list) / sizeof *(list)

START_TEST(records_cut_anywhere)
{
    static const size_t slices[] = {1, 4, 5, 6, 1000, 32767, 32768, 32769, 1 << 24};
    const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    size_t slice = slices[_i / 2];
    script what = {.version = versions[_i % 2], .slice = slice, .count = 200, SIZES(mixed)};
    if (slice < 1000) {
        what.count = 30;
        what.sizes = small;
        what.size_count = 3;
    }
    begin(&what);
    ck_assert_msg(client_wait(&c, &c.messages, what.count), "slices of %zu: %d messages", slice,
                  c.messages);
    expect_last(&what, what.count);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL,
                                            upbit__clock_monotonic_ns() + 5 * UPBIT__SECOND),
                     0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, 0);
    ck_assert(c.close.clean);
    end();
}
END_TEST

/* The exchange's end asks for new keys, and gets them with what we send next: its reading of our
 * close would fail without. */
START_TEST(keys_that_change_in_between)
{
    static const size_t slices[] = {5, 1000, 1 << 24};
    script what = {
        .version = TLS1_3_VERSION, .slice = slices[_i], .count = 60, SIZES(small), .update = 7};
    begin(&what);
    ck_assert(client_wait(&c, &c.messages, what.count));
    expect_last(&what, what.count);
    ck_assert_int_eq(upbit__transport_close(c.transport, 1000, NULL,
                                            upbit__clock_monotonic_ns() + 5 * UPBIT__SECOND),
                     0);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.close.error, 0);
    ck_assert(c.close.clean);
    end();
}
END_TEST

/* What came whole before it is delivered; then the connection is over, at once. */
START_TEST(what_is_no_record_ends_it)
{
    static const char zeros[64], text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const script scripts[] = {
        {.damage = true, .count = 20},
        {.garbage = text, .garbage_size = sizeof text - 1, .count = 19},
        {.garbage = zeros, .garbage_size = sizeof zeros, .count = 19},
        {.garbage = "\x17\x03\x03\xff\xff", .garbage_size = 5, .count = 19},
        /* So little came that the socket is not asked again: it is told all the same. */
        {.damage = true, .count = 2},
        {.keep = 3, .count = 20},
        {.keep = 100, .count = 20},
    };
    script what = scripts[_i];
    what.version = TLS1_3_VERSION;
    what.slice = 1 << 24;
    what.sizes = one;
    what.size_count = 1;
    begin(&what);
    ck_assert_msg(client_wait(&c, &c.closed, 1), "case %d", _i);
    /* A record that is cut off is the network's doing, one that is wrong is not. */
    ck_assert_msg(c.close.error == (what.keep == 0 ? UPBIT_ERROR_TLS : UPBIT_ERROR_CONNECT),
                  "%d %s", c.close.error, c.close.reason);
    int intact = what.garbage != NULL ? what.count : what.count - 1;
    ck_assert_int_eq(c.messages, intact);
    expect_last(&what, intact);
    end();
}
END_TEST

/* What came whole is delivered, and the end behind it is found in the same turn: by edge the socket
 * does not tell of it again. TLS's own end comes without one of the socket's. */
START_TEST(the_end_behind_messages_is_found)
{
    bool leaves = _i == 1;
    script what = {.version = TLS1_3_VERSION, .slice = 1 << 24, .count = 2, SIZES(one)};
    what.leaves = leaves;
    what.waits = true;
    what.keep = leaves ? 0 : 100;
    begin(&what);
    ck_assert(client_wait(&c, &c.opened, 1));
    upbit__loop_turn(c.loop, 0);
    atomic_store(&what.go, 1);
    while (!atomic_load(&what.done)) /* all lies in the socket before it is looked at */
        usleep(1000);
    ck_assert(client_wait(&c, &c.closed, 1));
    ck_assert_int_eq(c.messages, leaves ? 2 : 1);
    end();
}
END_TEST

/* A message a time: the socket is asked once for each, not once more to hear that it is empty. */
START_TEST(an_empty_socket_is_not_asked)
{
    script what = {
        .version = TLS1_3_VERSION, .slice = 1 << 24, .count = 200, SIZES(one), .answered = true};
    begin(&what);
    ck_assert(client_wait(&c, &c.messages, 1));
    asked = 0;
    ck_assert(client_wait(&c, &c.messages, what.count));
    ck_assert_msg(asked >= 100 && asked < 300, "asked %ld times", asked);
    end();
}
END_TEST

/* Many records come with one call. */
START_TEST(a_call_brings_many_records)
{
    script what = {.version = TLS1_3_VERSION, .slice = 1 << 24, .count = 5000, SIZES(one)};
    asked = 0;
    begin(&what);
    ck_assert(client_wait(&c, &c.messages, what.count));
    ck_assert_msg(asked < 2500, "asked %ld times", asked);
    expect_last(&what, what.count);
    end();
}
END_TEST

static void serve_chosen(peer *p, void *chosen)
{
    if (peer_upgrade(p))
        snprintf(chosen, 64, "%s", SSL_get_cipher_name(p->ssl));
    peer_finish(p);
}

/* A server that leaves the choice to us takes AES of 128 bits; one that has but the others gets
 * them. */
START_TEST(the_cheaper_cipher_is_offered_first)
{
    static const struct {
        int version;
        const char *of_server, *chosen;
    } cases[] = {
        {TLS1_3_VERSION, NULL, "TLS_AES_128_GCM_SHA256"},
        {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"},
        {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"},
        {TLS1_2_VERSION, NULL, "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    };
    char chosen[64] = "";
    bool new = cases[_i].version == TLS1_3_VERSION;
    context = certificate_context(&self);
    SSL_CTX_set_max_proto_version(context, cases[_i].version);
    if (cases[_i].of_server != NULL)
        ck_assert_int_eq((new ? SSL_CTX_set_ciphersuites
                              : SSL_CTX_set_cipher_list)(context, cases[_i].of_server),
                         1);
    server_start(&s, context, serve_chosen, chosen);
    client_init(&c);
    upbit__transport_config config = {.ca_file = authority_file};
    client_open(&c, "wss", "127.0.0.1", s.port, &config);
    ck_assert(client_wait(&c, &c.opened, 1));
    end(); /* joins the server: its word can be read */
    ck_assert_str_eq(chosen, cases[_i].chosen);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net tls ahead");
    TCase *tests = tcase_create("tls ahead");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, make_authority, free_authority);
    tcase_add_loop_test(tests, records_cut_anywhere, 0, 18);
    tcase_add_loop_test(tests, keys_that_change_in_between, 0, 3);
    tcase_add_loop_test(tests, what_is_no_record_ends_it, 0, 7);
    if (test_transport() == UPBIT_TRANSPORT_DEFAULT) { /* libcurl asks as it does */
        tcase_add_test(tests, an_empty_socket_is_not_asked);
        tcase_add_loop_test(tests, the_end_behind_messages_is_found, 0, 2);
    }
    tcase_add_test(tests, a_call_brings_many_records);
    tcase_add_loop_test(tests, the_cheaper_cipher_is_offered_first, 0, 5);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
