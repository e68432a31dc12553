/* What each format costs, plain and compressed: bytes on the wire, and CPU from the socket to the
 * event.
 *
 *     formats_bench [--check]
 *
 * The mix of the targets in each of the four formats, as it is, with permessage-deflate and a
 * window that goes on from message to message, and with one that begins anew. One thread plays both
 * ends of a TLS connection over a socket pair: 32 messages are written, one record each, untimed;
 * then they are read as the library reads them (a buffer below OpenSSL), inflated and decoded, and
 * of that the CPU is counted. Each arm's rounds are interleaved with the others'; every figure is a
 * median. A table goes to stderr, one JSON object to stdout. */
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "../../integration/net/certificates.h"
#include "../decode/messages.h"
#include "base/clock.h"
#include "exchange/decode.h"
#include "queue/pool.h"
#include "wire/deflate.h"

enum { MIX = 800, AT_ONCE = 32, ROUNDS = 9, FORMATS = 4, WAYS = 3, ROOM = 65536 };

static const char *const formats[FORMATS] = {"DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"};
static const char *const ways[WAYS] = {"plain", "deflate", "deflate, no takeover"};
static size_t repeats = 10;

typedef struct payload {
    unsigned char *bytes;
    size_t length;
} payload;

typedef struct arm {
    payload sent[MIX];
    double wire;     /* bytes of a message, its frame's header with it */
    double total_ns; /* socket to event */
    double inflate_ns, decode_ns;
    double totals[ROUNDS], inflates[ROUNDS], decodes[ROUNDS];
} arm;

static arm arms[FORMATS][WAYS];
static upbit__pool *pool;
static upbit__decoder *decoder;
static uint64_t events;
static SSL *server, *client;

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "formats_bench: %s failed\n", what);
        exit(1);
    }
}

/* ---- what is sent ---- */

static void compress_one(payload *out, z_stream *z, const char *text, size_t length)
{
    out->bytes = malloc(length + 64);
    must(out->bytes != NULL, "malloc");
    z->next_in = (Bytef *)(uintptr_t)text;
    z->avail_in = (uInt)length;
    z->next_out = out->bytes;
    z->avail_out = (uInt)(length + 64);
    must(deflate(z, Z_SYNC_FLUSH) == Z_OK && z->avail_in == 0 && z->avail_out > 0, "deflate");
    out->length = length + 64 - z->avail_out - 4; /* without 00 00 ff ff */
}

static void make_arm(arm *a, message *const *lists, int format, int way)
{
    static const message_kind pattern[] = {MESSAGE_TICKER,  MESSAGE_TRADE,   MESSAGE_BOOK_15,
                                           MESSAGE_TRADE,   MESSAGE_BOOK_30, MESSAGE_TICKER,
                                           MESSAGE_BOOK_15, MESSAGE_TRADE};
    size_t used[MESSAGE_KINDS] = {0}, total = 0;
    z_stream z = {0};
    must(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK, "deflateInit2");
    for (size_t i = 0; i < MIX; i++) {
        message_kind kind = pattern[i % (sizeof pattern / sizeof *pattern)];
        const message *m = &lists[kind][used[kind]++];
        char *text = malloc(m->length + 3);
        must(text != NULL, "malloc");
        int n = sprintf(text, format >= 2 ? "[%s]" : "%s", m->text);
        if (way == 0) {
            a->sent[i] = (payload){(unsigned char *)text, (size_t)n};
        } else {
            if (way == 2)
                deflateReset(&z);
            compress_one(&a->sent[i], &z, text, (size_t)n);
            free(text);
        }
        total += a->sent[i].length + (a->sent[i].length < 126 ? 2 : 4);
    }
    deflateEnd(&z);
    a->wire = (double)total / MIX;
}

static void make_arms(void)
{
    for (int simple = 0; simple < 2; simple++) {
        message *lists[MESSAGE_KINDS];
        for (int kind = 0; kind < MESSAGE_KINDS; kind++)
            must((lists[kind] = messages_make((message_kind)kind, simple, MIX)) != NULL, "malloc");
        for (int list = 0; list < 2; list++)
            for (int way = 0; way < WAYS; way++)
                make_arm(&arms[simple + 2 * list][way], lists, simple + 2 * list, way);
        for (int kind = 0; kind < MESSAGE_KINDS; kind++)
            messages_free(lists[kind], MIX);
    }
}

/* ---- the connection ---- */

static void connect_both(void)
{
    int fds[2], size = 4 << 20;
    identity self;
    certificate_make(&self, &(certificate_wish){.name = "formats", .san = "DNS:localhost"});
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0, "socketpair");
    for (int i = 0; i < 2; i++)
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    SSL_CTX *contexts[2] = {certificate_context(&self), SSL_CTX_new(TLS_client_method())};
    server = SSL_new(contexts[0]);
    client = SSL_new(contexts[1]);
    for (int i = 0; i < 2; i++)
        SSL_CTX_free(contexts[i]); /* each connection has a reference of its own */
    SSL_set_fd(server, fds[0]);
    SSL_set_fd(client, fds[1]);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(server);
    }
    must(SSL_is_init_finished(client) && SSL_is_init_finished(server), "handshake");
    BIO *socket = SSL_get_rbio(client), *buffer = BIO_new(BIO_f_buffer());
    must(buffer != NULL && BIO_set_read_buffer_size(buffer, 32768) == 1 && BIO_up_ref(socket),
         "BIO");
    BIO_push(buffer, socket);
    SSL_set0_rbio(client, buffer);
    certificate_free(&self);
}

/* ---- measuring ---- */

static upbit_event *allocate(void *context, size_t size)
{
    (void)context;
    return upbit__pool_allocate(pool, size);
}

static void take(void *context, upbit_event *event)
{
    (void)context;
    events++;
    upbit__event_unref_io(pool, event);
}

static void discard(void *context, upbit_event *block)
{
    (void)context;
    upbit__event_unref_io(pool, block);
}

static const upbit__decode_output output = {NULL, allocate, take, NULL, discard};

static void decode_one(const void *text, size_t length)
{
    char reason[160];
    if (upbit__decode(decoder, text, length, &output, reason, sizeof reason) != 1) {
        fprintf(stderr, "%s\n%.*s\n", reason, (int)length, (const char *)text);
        exit(1);
    }
}

static void inflate_one(upbit__inflater *inflater, const void *bytes, size_t length)
{
    const char *why = "";
    upbit__inflater_begin(inflater);
    must(upbit__inflater_feed(inflater, bytes, length, &why) == UPBIT__INFLATED &&
             upbit__inflater_end(inflater, &why) == UPBIT__INFLATED,
         "inflate");
}

static upbit__inflater *new_inflater(int way)
{
    const upbit__deflate_terms terms = {.on = true,
                                        .server_no_context_takeover = way == 2,
                                        .server_max_window_bits = 15,
                                        .client_max_window_bits = 15};
    upbit__inflater *i = way == 0 ? NULL : upbit__inflater_create(&terms, 1 << 20);
    must(way == 0 || i != NULL, "inflater");
    return i;
}

static double from_socket(const arm *a, int way)
{
    static unsigned char bytes[ROOM];
    int64_t spent = 0;
    for (size_t n = 0; n < repeats; n++) {
        upbit__inflater *inflater =
            new_inflater(way); /* each round begins where the sender began */
        for (size_t i = 0; i < MIX; i += AT_ONCE) {
            for (size_t k = i; k < i + AT_ONCE; k++)
                must(SSL_write(server, a->sent[k].bytes, (int)a->sent[k].length) > 0, "write");
            int64_t begin = upbit__clock_thread_cpu_ns();
            for (size_t k = i; k < i + AT_ONCE; k++) {
                int got = SSL_read(client, bytes, sizeof bytes);
                must(got == (int)a->sent[k].length, "read");
                if (inflater == NULL) {
                    decode_one(bytes, (size_t)got);
                } else {
                    size_t length;
                    inflate_one(inflater, bytes, (size_t)got);
                    const uint8_t *text = upbit__inflater_bytes(inflater, &length);
                    decode_one(text, length);
                }
            }
            spent += upbit__clock_thread_cpu_ns() - begin;
        }
        upbit__inflater_destroy(inflater);
    }
    return (double)spent / (double)(repeats * MIX);
}

static void in_memory(const arm *a, int way, double *inflate_ns, double *decode_ns)
{
    int64_t inflated = 0;
    int64_t begin = upbit__clock_thread_cpu_ns();
    for (size_t n = 0; n < repeats; n++) {
        upbit__inflater *inflater = new_inflater(way);
        for (size_t i = 0; inflater != NULL && i < MIX; i++)
            inflate_one(inflater, a->sent[i].bytes, a->sent[i].length);
        upbit__inflater_destroy(inflater);
    }
    inflated = upbit__clock_thread_cpu_ns() - begin;
    begin = upbit__clock_thread_cpu_ns();
    for (size_t n = 0; way == 0 && n < repeats; n++)
        for (size_t i = 0; i < MIX; i++)
            decode_one(a->sent[i].bytes, a->sent[i].length);
    *inflate_ns = (double)inflated / (double)(repeats * MIX);
    *decode_ns = (double)(upbit__clock_thread_cpu_ns() - begin) / (double)(repeats * MIX);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

int main(int argc, char **argv)
{
    int rounds = ROUNDS;
    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        rounds = 1, repeats = 1;
    must(upbit__pool_create(&pool, 64 << 20) == 0 && upbit__decoder_create(&decoder) == 0, "start");
    make_arms();
    connect_both();
    for (int r = 0; r < rounds; r++)
        for (int format = 0; format < FORMATS; format++)
            for (int way = 0; way < WAYS; way++) {
                arm *a = &arms[format][way];
                a->totals[r] = from_socket(a, way);
                in_memory(a, way, &a->inflates[r], &a->decodes[r]);
            }
    for (int format = 0; format < FORMATS; format++)
        for (int way = 0; way < WAYS; way++) {
            arm *a = &arms[format][way];
            a->total_ns = median(a->totals, rounds);
            a->inflate_ns = way == 0 ? 0 : median(a->inflates, rounds);
            a->decode_ns = way == 0 ? median(a->decodes, rounds) : arms[format][0].decode_ns;
        }
    const arm *base = &arms[0][0];
    fprintf(stderr, "%-12s %-21s %7s %6s %9s %9s %9s %6s %7s..%-7s\n", "format", "", "bytes", "of",
            "inflate", "decode", "total ns", "of", "min", "max");
    printf("{\"formats\":[");
    for (int i = 0; i < FORMATS * WAYS; i++) {
        const arm *a = &arms[i / WAYS][i % WAYS];
        fprintf(stderr, "%-12s %-21s %7.0f %6.2f %9.0f %9.0f %9.0f %6.2f %7.0f..%-7.0f\n",
                formats[i / WAYS], ways[i % WAYS], a->wire, a->wire / base->wire, a->inflate_ns,
                a->decode_ns, a->total_ns, a->total_ns / base->total_ns, a->totals[0],
                a->totals[rounds - 1]);
        printf("%s{\"format\":\"%s\",\"way\":\"%s\",\"bytes\":%.0f,\"inflate_ns\":%.0f,\"decode_"
               "ns\":%.0f,"
               "\"total_ns\":%.0f,\"min\":%.0f,\"max\":%.0f}",
               i == 0 ? "" : ",", formats[i / WAYS], ways[i % WAYS], a->wire, a->inflate_ns,
               a->decode_ns, a->total_ns, a->totals[0], a->totals[rounds - 1]);
    }
    printf("]}\n");
    for (int i = 0; i < FORMATS * WAYS; i++)
        for (size_t k = 0; k < MIX; k++)
            free(arms[i / WAYS][i % WAYS].sent[k].bytes);
    SSL_free(server);
    SSL_free(client);
    upbit__decoder_destroy(decoder);
    upbit__pool_release(pool);
    return 0;
}
