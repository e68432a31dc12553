/* End to end over loopback TLS: the whole client's CPU per message, beside what reading the bytes
 * costs at the least, in one run.
 *
 *   stream      this library: I/O thread, decode, queues, a consumer on another thread
 *   decode      one thread: SSL_read with read-ahead, frames by hand, our decoder, events thrown
 * away read        one thread: SSL_read with OpenSSL's default settings, everything thrown away
 *
 * Each client is a process of its own, so its CPU time is what the kernel says of it. Server on one
 * processor, client on the other, rounds interleaved, medians. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange/decode.h"
#include "flood.h"
#include "queue/pool.h"
#include "upbit-live/upbit-live.h"

static size_t messages = 200000;
enum { CODES = 24, MODES = 3, ROUNDS_MAX = 15 };
static const char *const names[MODES] = {"stream", "decode", "read"};

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "stream_bench: %s\n", what);
    exit(99);
}

/* ---- this library ---- */

static void want_all(upbit_proxy *p, char (*codes)[16])
{
    const char *list[CODES];
    for (int i = 0; i < CODES; i++)
        list[i] = codes[i];
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++) {
        upbit_want want = UPBIT_WANT_INIT;
        want.type = type;
        want.codes = list;
        want.code_count = CODES;
        if (upbit_proxy_subscribe(p, &want, 0) != 0)
            give_up(upbit_error_detail());
    }
}

/* The market list is answered 404, so every code passes; these are the codes of the mix. */
static void read_codes(char (*codes)[16])
{
    static const char *const first[] = {"BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT"};
    static const char *const last[] = {"", "A", "X"};
    for (int i = 0; i < CODES; i++)
        snprintf(codes[i], sizeof codes[i], "KRW-%s%s", first[i % 8], last[i / 8]);
}

static void stream_client(const flood *f)
{
    char url[64], codes[CODES][16];
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = url;
    o.ca_file = f->ca_file;
    o.format = UPBIT_FORMAT_DEFAULT;
    o.log_level = getenv("BENCH_VERBOSE") != NULL ? UPBIT_LOG_DEBUG : UPBIT_LOG_ERROR;
    upbit_proxy_options po = UPBIT_PROXY_OPTIONS_INIT;
    po.policy = UPBIT_POLICY_DROP_OLDEST;
    po.queue_messages = 65536;
    po.queue_bytes = 32u << 20;
    upbit_manager *m = NULL;
    upbit_proxy *p = NULL;
    if (upbit_manager_create(&m, &o) != 0 || upbit_proxy_open(&p, m, "bench", &po) != 0)
        give_up(upbit_error_detail());
    read_codes(codes);
    want_all(p, codes);
    size_t got = 0, missing = 0;
    struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
    while (got + missing < messages) {
        if (poll(&fd, 1, 20000) == 0)
            break;
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1) {
            got += d.event->type <= UPBIT_TYPE_RAW;
            if (d.event->type == UPBIT_TYPE_GAP)
                missing += upbit_event_gap(d.event)->count;
            upbit_event_unref(d.event);
        }
    }
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    if (got + missing < messages || s.decode_errors > 0)
        fprintf(stderr,
                "stream: got %zu missing %zu of %zu, unwanted %" PRIu64 " repeated %" PRIu64
                " errors %" PRIu64 "\n",
                got, missing, messages, s.events_unwanted, s.events_repeated, s.decode_errors);
    if (getenv("BENCH_VERBOSE") != NULL)
        fprintf(stderr,
                "# stream: got %zu missing %zu io_cpu_ns/message %" PRIu64 " batches %" PRIu64
                " notifications %" PRIu64 "\n",
                got, missing, s.io_cpu_ns / messages, s.read_batches, s.notifications);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}

/* ---- the limits ---- */

static SSL *dial(const flood *f, bool read_ahead)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
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

static void read_client(const flood *f)
{
    static char buffer[65536];
    SSL *ssl = dial(f, false);
    double left = f->mean_bytes * (double)messages;
    int got;
    while (left > 0.5 && (got = SSL_read(ssl, buffer, sizeof buffer)) > 0)
        left -= got;
}

static upbit_event *one_block(void *context, size_t size)
{
    return upbit__pool_allocate(context, size);
}

static void let_go(void *context, upbit_event *e)
{
    upbit__event_unref_io(context, e);
}

static void decode_client(const flood *f)
{
    static unsigned char buffer[262144];
    upbit__decoder *decoder = NULL;
    upbit__pool *pool = NULL;
    if (upbit__decoder_create(&decoder) != 0 || upbit__pool_create(&pool, 64 << 20) != 0)
        give_up("out of memory");
    const upbit__decode_output out = {.context = pool, .allocate = one_block, .event = let_go};
    SSL *ssl = dial(f, true);
    size_t length = 0, done = 0;
    int got;
    while (done < messages &&
           (got = SSL_read(ssl, buffer + length, (int)(sizeof buffer - length))) > 0) {
        length += (size_t)got;
        size_t at = 0;
        for (;;) {
            if (length - at < 4)
                break;
            size_t size = buffer[at + 1] & 127, head = 2;
            if (size == 126) {
                size = (size_t)buffer[at + 2] << 8 | buffer[at + 3];
                head = 4;
            }
            if (length - at < head + size)
                break;
            upbit__decode(decoder, (char *)buffer + at + head, size, &out, NULL, 0);
            at += head + size;
            done++;
        }
        memmove(buffer, buffer + at, length - at);
        length -= at;
    }
}

/* CPU seconds of a client in a process of its own. */
static double measure(const flood *f, int mode)
{
    static void (*const clients[MODES])(const flood *) = {stream_client, decode_client,
                                                          read_client};
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        clients[mode](f);
        _exit(0);
    }
    int status;
    struct rusage u;
    if (wait4(pid, &status, 0, &u) != pid || status != 0)
        give_up("a client failed");
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    int rounds = 5;
    if (argc > 1 && strcmp(argv[1], "--check") == 0) {
        messages = 2000;
        rounds = 1;
    } else if (argc > 1) {
        rounds = atoi(argv[1]);
    }
    if (rounds < 1 || rounds > ROUNDS_MAX)
        give_up("usage: stream_bench [--check | ROUNDS up to 15]");
    flood f;
    flood_start(&f, messages, 1);
    double seconds[MODES][ROUNDS_MAX], ns[MODES], least[MODES], most[MODES];
    for (int r = 0; r < rounds; r++)
        for (int mode = 0; mode < MODES; mode++)
            seconds[mode][r] = measure(&f, mode);
    flood_stop(&f);
    printf("%zu messages, mean %.0f bytes, %d rounds, CPU of the whole client process\n", messages,
           f.mean_bytes, rounds);
    printf("%-8s %14s %10s %10s\n", "client", "ns/message", "min", "max");
    for (int mode = 0; mode < MODES; mode++) {
        qsort(seconds[mode], (size_t)rounds, sizeof(double), ascending);
        double scale = 1e9 / (double)messages;
        ns[mode] = seconds[mode][rounds / 2] * scale;
        least[mode] = seconds[mode][0] * scale;
        most[mode] = seconds[mode][rounds - 1] * scale;
        printf("%-8s %14.0f %10.0f %10.0f\n", names[mode], ns[mode], least[mode], most[mode]);
    }
    printf("stream/decode %.2f  stream/read %.2f\n", ns[0] / ns[1], ns[0] / ns[2]);
    printf("{\"stream_ns\":%.0f,\"decode_ns\":%.0f,\"read_ns\":%.0f,\"p1\":%.3f,\"p2\":%.3f}\n",
           ns[0], ns[1], ns[2], ns[0] / ns[1], ns[0] / ns[2]);
    return 0;
}
