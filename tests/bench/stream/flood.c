#include "flood.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "../../integration/net/certificates.h"
#include "../decode/messages.h"

#define MIX 800 /* different messages, sent round and round with new times and ids */

typedef struct frame {
    unsigned char *bytes;
    size_t length;
    char *stamp,
        *id; /* where the last digits of timestamp and sequential_id stand; id may be NULL */
} frame;

typedef struct server {
    SSL_CTX *context;
    frame frames[MIX];
    size_t count;
    unsigned rate; /* messages a second; 0: as fast as they are taken */
    int listener;
    int gate;              /* a byte of it for each stream; -1: they begin at once */
    unsigned char *packed; /* all frames of a compressed stream; NULL: none */
    size_t *ends;          /* where each of them ends */
} server;

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "flood: %s\n", what);
    exit(99);
}

void flood_pin(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Behind `name`, the place of a number's last nine digits. */
static char *digits_of(char *text, const char *name)
{
    char *at = strstr(text, name);
    if (at == NULL)
        return NULL;
    at += strlen(name);
    return at + strspn(at, "0123456789") - 9;
}

static void make_frame(frame *f, const message *m)
{
    size_t head = m->length < 126 ? 2 : 4;
    f->bytes = malloc(head + m->length + 1);
    if (f->bytes == NULL)
        give_up("out of memory");
    f->bytes[0] = 0x82;
    f->bytes[1] = m->length < 126 ? (unsigned char)m->length : 126;
    if (head == 4) {
        f->bytes[2] = (unsigned char)(m->length >> 8);
        f->bytes[3] = (unsigned char)m->length;
    }
    memcpy(f->bytes + head, m->text, m->length);
    f->bytes[head + m->length] = '\0';
    f->length = head + m->length;
    f->stamp = digits_of((char *)f->bytes + head, "\"timestamp\":");
    f->id = digits_of((char *)f->bytes + head, "\"sequential_id\":");
}

static void write_number(char *at, size_t n)
{
    for (int i = 8; i >= 0; i--, n /= 10)
        at[i] = (char)('0' + n % 10);
}

/* Two tickers and three trades to three books of 15 and two of 30 units: the mix of the
 * measurements. */
static double make_frames(server *s)
{
    static const message_kind pattern[] = {MESSAGE_TICKER,  MESSAGE_TRADE,   MESSAGE_BOOK_15,
                                           MESSAGE_TRADE,   MESSAGE_BOOK_30, MESSAGE_TICKER,
                                           MESSAGE_BOOK_15, MESSAGE_TRADE};
    message *lists[MESSAGE_KINDS] = {0};
    size_t used[MESSAGE_KINDS] = {0}, total = 0;
    for (int kind = 0; kind < MESSAGE_KINDS; kind++)
        if ((lists[kind] = messages_make((message_kind)kind, 0, MIX)) == NULL)
            give_up("out of memory");
    for (size_t i = 0; i < MIX; i++) {
        message_kind kind = pattern[i % (sizeof pattern / sizeof *pattern)];
        make_frame(&s->frames[i], &lists[kind][used[kind]++]);
        total += s->frames[i].length;
    }
    for (int kind = 0; kind < MESSAGE_KINDS; kind++)
        messages_free(lists[kind], MIX);
    return (double)total / MIX;
}

static void accept_key(char *out, const char *request)
{
    const char *name = strcasestr(request, "sec-websocket-key:");
    char joined[128] = "";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (name != NULL)
        sscanf(name + 18, " %60s", joined);
    strcat(joined, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    EVP_Digest(joined, strlen(joined), digest, &length, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)out, digest, (int)length);
}

/* Message i, with its own time and id. */
static const frame *stamped(server *s, size_t i)
{
    frame *f = &s->frames[i % MIX];
    write_number(f->stamp, i + 1);
    if (f->id != NULL)
        write_number(f->id, i + 1);
    return f;
}

/* The whole stream beforehand: compressing costs more than all the rest. */
static double pack_all(server *s, int level)
{
    z_stream z = {0};
    size_t length = 0, room = s->count * 1024 + 65536;
    s->packed = malloc(room);
    s->ends = malloc(s->count * sizeof *s->ends);
    if (s->packed == NULL || s->ends == NULL ||
        deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        give_up("out of memory");
    for (size_t i = 0; i < s->count; i++) {
        const frame *f = stamped(s, i);
        size_t head = f->bytes[1] < 126 ? 2 : 4;
        unsigned char *to = s->packed + length;
        z.next_in = f->bytes + head;
        z.avail_in = (uInt)(f->length - head);
        z.next_out = to + 4;
        z.avail_out = (uInt)(room - length - 4);
        deflate(&z, Z_SYNC_FLUSH);
        size_t size = room - length - 4 - z.avail_out - 4; /* without the empty block's tail */
        if (z.avail_in > 0 || length + size + 4096 > room)
            give_up("a message that does not compress as expected");
        to[0] = 0xc2;
        to[1] = size < 126 ? (unsigned char)size : 126;
        to[2] = (unsigned char)(size >> 8);
        to[3] = (unsigned char)size;
        if (size < 126)
            memmove(to + 2, to + 4, size);
        length += size + (size < 126 ? 2 : 4);
        s->ends[i] = length;
    }
    deflateEnd(&z);
    return (double)length / (double)s->count;
}

static void send_packed(server *s, SSL *ssl)
{
    size_t at = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (SSL_write(ssl, s->packed + at, (int)(s->ends[i] - at)) <= 0)
            return;
        at = s->ends[i];
    }
}

static void send_all(server *s, SSL *ssl)
{
    for (size_t i = 0; i < s->count; i++) {
        const frame *f = stamped(s, i);
        if (SSL_write(ssl, f->bytes, (int)f->length) <= 0)
            return;
    }
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Trades that say in their sequential_id when they were sent. */
static void send_paced(server *s, SSL *ssl)
{
    unsigned char bytes[600];
    int64_t begin = now_ns();
    for (size_t i = 0; i < s->count; i++) {
        int64_t due = begin + (int64_t)(i * (1000000000ull / s->rate)), now = now_ns();
        if (due > now) {
            struct timespec until = {due / 1000000000, due % 1000000000};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        }
        int n = snprintf((char *)bytes + 4, sizeof bytes - 4,
                         "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"timestamp\":%lld,"
                         "\"trade_date\":\"2026-07-30\",\"trade_time\":\"07:00:00\","
                         "\"trade_timestamp\":%lld,\"trade_price\":116539000.0,"
                         "\"trade_volume\":0.01234567,\"ask_bid\":\"BID\","
                         "\"prev_closing_price\":116000000.0,\"change\":\"RISE\","
                         "\"change_price\":539000.0,\"sequential_id\":%lld,"
                         "\"best_ask_price\":116540000,\"best_ask_size\":0.5,"
                         "\"best_bid_price\":116539000,\"best_bid_size\":0.25,"
                         "\"stream_type\":\"REALTIME\"}",
                         1785394800000ll + (long long)i, 1785394800000ll + (long long)i,
                         (long long)now_ns());
        bytes[0] = 0x82;
        bytes[1] = 126;
        bytes[2] = (unsigned char)(n >> 8);
        bytes[3] = (unsigned char)n;
        if (SSL_write(ssl, bytes, n + 4) <= 0)
            return;
    }
}

struct visit {
    server *server;
    int fd;
};

static bool may_send(const server *s)
{
    char byte;
    return s->gate < 0 || read(s->gate, &byte, 1) == 1;
}

static void *serve(void *argument)
{
    struct visit v = *(struct visit *)argument;
    free(argument);
    SSL *ssl = SSL_new(v.server->context);
    SSL_set_fd(ssl, v.fd);
    char request[8192] = "";
    int length = 0, got;
    if (SSL_accept(ssl) == 1) {
        while (strstr(request, "\r\n\r\n") == NULL &&
               (got = SSL_read(ssl, request + length, (int)sizeof request - 1 - length)) > 0)
            length += got;
        if (strcasestr(request, "upgrade: websocket") != NULL) {
            char key[64], answer[320];
            /* Others that ask for it are not what is measured. */
            bool packed = v.server->packed != NULL && strstr(request, "upbit-live/") != NULL &&
                          strcasestr(request, "permessage-deflate") != NULL;
            accept_key(key, request);
            int n = snprintf(answer, sizeof answer,
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
                             key, packed ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : "");
            SSL_write(ssl, answer, n);
            if (SSL_read(ssl, request, sizeof request) > 0 /* the subscription */ &&
                may_send(v.server))
                (v.server->rate > 0 ? send_paced : packed ? send_packed : send_all)(v.server, ssl);
            while (SSL_read(ssl, request, sizeof request) > 0)
                continue;
        } else if (v.server->rate > 0 && strstr(request, " /v1/market/all") != NULL) {
            /* Or a client asks for it again and again, which is no part of reading a stream. */
            static const char list[] =
                "HTTP/1.1 200 OK\r\nContent-Length: 65\r\nConnection: close\r\n\r\n"
                "[{\"market\":\"KRW-BTC\",\"korean_name\":\"B\",\"english_name\":\"Bitcoin\"}]";
            SSL_write(ssl, list, sizeof list - 1);
        } else {
            static const char no[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
                                     "Connection: close\r\n\r\n";
            SSL_write(ssl, no, sizeof no - 1);
        }
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(v.fd);
    return NULL;
}

static void run(server *s)
{
    for (;;) {
        struct visit *v = malloc(sizeof *v);
        if (v == NULL)
            give_up("out of memory");
        *v = (struct visit){s, accept(s->listener, NULL, NULL)};
        pthread_t thread;
        if (v->fd < 0 || pthread_create(&thread, NULL, serve, v) != 0)
            give_up("cannot serve");
        pthread_detach(thread);
    }
}

static void start(flood *f, size_t count, unsigned rate, int level, bool held, int processor)
{
    static server s;
    int gate[2] = {-1, -1};
    if (held && pipe(gate) != 0)
        give_up("no pipe");
    s.gate = gate[0];
    f->gate = gate[1];
    identity authority, self;
    certificate_make(&authority, &(certificate_wish){.name = "flood authority", .authority = true});
    certificate_make(&self, &(certificate_wish){.name = "flood",
                                                .san = "IP:127.0.0.1,DNS:localhost",
                                                .issuer = &authority});
    certificate_write(f->ca_file, &authority);
    s.context = certificate_context(&self);
    certificate_free(&authority);
    s.count = count;
    s.rate = rate;
    f->mean_bytes = make_frames(&s);
    if (level > 0)
        f->mean_packed = pack_all(&s, level);
    s.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (s.listener < 0 || bind(s.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(s.listener, 16) != 0 || getsockname(s.listener, (struct sockaddr *)&at, &size) != 0)
        give_up("cannot listen");
    f->port = ntohs(at.sin_port);
    f->pid = fork();
    if (f->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        flood_pin(processor);
        run(&s);
    }
    /* The child has its own. */
    for (size_t i = 0; i < MIX; i++)
        free(s.frames[i].bytes);
    free(s.packed);
    free(s.ends);
    s.packed = NULL;
    s.ends = NULL;
    close(s.listener);
    if (held)
        close(s.gate);
    certificate_free(&self);
    SSL_CTX_free(s.context);
}

void flood_start(flood *f, size_t count, int processor)
{
    start(f, count, 0, 0, false, processor);
}

void flood_start_held(flood *f, size_t count, int processor)
{
    start(f, count, 0, 0, true, processor);
}

void flood_go(const flood *f)
{
    if (write(f->gate, "", 1) != 1)
        give_up("cannot let it begin");
}

void flood_start_packed(flood *f, size_t count, int level, int processor)
{
    start(f, count, 0, level, false, processor);
}

void flood_start_paced(flood *f, size_t count, unsigned rate, int processor)
{
    start(f, count, rate, 0, false, processor);
}

void flood_stop(flood *f)
{
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
    if (f->gate >= 0)
        close(f->gate);
    unlink(f->ca_file);
}

SSL *flood_dial(const flood *f, bool read_ahead)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256"); /* the library's first choice */
    SSL_CTX_set_read_ahead(context, read_ahead);
    if (read_ahead)
        SSL_CTX_set_default_read_buffer_len(context, 65536);
    SSL *ssl = SSL_new(context);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        give_up("cannot connect");
    SSL_set_fd(ssl, fd);
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
                                  "Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                                  "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[1024];
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, request, sizeof request - 1) <= 0 ||
        SSL_read(ssl, answer, sizeof answer) <= 0 || SSL_write(ssl, "go", 2) <= 0)
        give_up("no upgrade");
    return ssl;
}
