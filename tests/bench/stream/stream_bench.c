/* End to end over loopback TLS: the whole client's CPU per message, beside what reading the bytes
 * costs at the least, in one run.
 *
 *   stream         this library: I/O thread, decode, queues, a consumer on another thread
 *   websocket-api  the same by libcurl's own WebSocket, where libcurl has one
 *   deflate        as stream, with permessage-deflate, context takeover, zlib's level 6
 *   decode         one thread: SSL_read with read-ahead, frames by hand, our decoder, events let go
 *   ahead          one thread: SSL_read with read-ahead, everything thrown away
 *   read           one thread: SSL_read as OpenSSL does it by default, everything thrown away
 *   tree           one thread: SSL_read with read-ahead, frames by hand, each parsed to a tree
 *   beast ...      what users would take otherwise, see peers.c and peer_*; left out, with the
 *                  reason, where they are not installed
 *
 * Each client is a process of its own, so its CPU time is what the kernel says of it. Server on one
 * processor, client on the other, rounds interleaved, medians. What starting costs is measured by
 * itself and taken off. */
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange/decode.h"
#include "flood.h"
#include "peers.h"
#include "queue/pool.h"
#include "upbit-live/upbit-live.h"
#ifdef HAVE_TREE
#include "../decode/tree.h"
#endif

static size_t messages = 200000;
static bool checking; /* that it works; too few messages for a verdict */
/* The first messages and all that comes before them are a run of their own, which is taken off. */
enum { CODES = 24, ROUNDS_MAX = 15, FIRST = 200 };
enum { STREAM, API, DEFLATE, DECODE, AHEAD, READ, TREE, PEERS, MODES = PEERS + PEER_COUNT };

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

static void run_client(const flood *f, int compression, int transport)
{
    char url[64], codes[CODES][16];
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = url;
    o.ca_file = f->ca_file;
    o.format = UPBIT_FORMAT_DEFAULT;
    o.compression = compression;
    o.transport = transport;
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

static void stream_client(const flood *f)
{
    run_client(f, UPBIT_OFF, UPBIT_TRANSPORT_RAW);
}

static void api_client(const flood *f)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit_manager *m;
    o.transport = UPBIT_TRANSPORT_WEBSOCKET_API;
    if (upbit_manager_create(&m, &o) != 0) {
        fprintf(stderr, "websocket-api: %s\n", upbit_error_detail());
        _exit(77);
    }
    upbit_manager_release(m);
    run_client(f, UPBIT_OFF, UPBIT_TRANSPORT_WEBSOCKET_API);
}

static void deflate_client(const flood *f)
{
    run_client(f, UPBIT_ON, UPBIT_TRANSPORT_RAW);
}

/* ---- the limits ---- */

static void throw_away(const flood *f, bool read_ahead)
{
    static char buffer[65536];
    SSL *ssl = flood_dial(f, read_ahead);
    double left = f->mean_bytes * (double)messages;
    int got;
    while (left > 0.5 && (got = SSL_read(ssl, buffer, sizeof buffer)) > 0)
        left -= got;
}

static void read_client(const flood *f)
{
    throw_away(f, false);
}

static void ahead_client(const flood *f)
{
    throw_away(f, true);
}

static upbit_event *one_block(void *context, size_t size)
{
    return upbit__pool_allocate(context, size);
}

static void let_go(void *context, upbit_event *e)
{
    upbit__event_unref_io(context, e);
}

/* Reads to the end; each message is given to `each`, with 64 readable bytes behind it. */
static void read_frames(const flood *f, void (*each)(const unsigned char *text, size_t length))
{
    static unsigned char buffer[262144 + 64];
    SSL *ssl = flood_dial(f, true);
    size_t length = 0, done = 0;
    int got;
    while (done < messages &&
           (got = SSL_read(ssl, buffer + length, (int)(sizeof buffer - 64 - length))) > 0) {
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
            each(buffer + at + head, size);
            at += head + size;
            done++;
        }
        memmove(buffer, buffer + at, length - at);
        length -= at;
    }
}

static upbit__decoder *decoder;
static upbit__pool *pool;

static void decode_one(const unsigned char *text, size_t length)
{
    const upbit__decode_output out = {
        .context = pool, .allocate = one_block, .event = let_go, .discard = let_go};
    upbit__decode(decoder, (const char *)text, length, &out, NULL, 0);
}

static void decode_client(const flood *f)
{
    if (upbit__decoder_create(&decoder) != 0 || upbit__pool_create(&pool, 64 << 20) != 0)
        give_up("out of memory");
    read_frames(f, decode_one);
}

#ifdef HAVE_TREE
static void tree_one(const unsigned char *text, size_t length)
{
    if (!tree_parse((const char *)text, length))
        give_up("the tree parser refused a message");
}
#endif

static void tree_client(const flood *f)
{
#ifdef HAVE_TREE
    read_frames(f, tree_one);
#else
    (void)f;
    fprintf(stderr, "no tree parser is installed (libsimdjson-dev)\n");
    _exit(77);
#endif
}

/* ---- all of them ---- */

typedef struct client {
    const char *name;
    void (*run)(const flood *);
} client;

static const client clients[] = {
    [STREAM] = {"stream", stream_client},    [API] = {"websocket-api", api_client},
    [DEFLATE] = {"deflate", deflate_client}, [DECODE] = {"decode", decode_client},
    [AHEAD] = {"ahead", ahead_client},       [READ] = {"read", read_client},
    [TREE] = {"tree", tree_client},
};

static const char *name_of(int mode)
{
    return mode < PEERS ? clients[mode].name : peers[mode - PEERS].name;
}

static size_t messages_of(int mode)
{
    return mode < PEERS ? messages : messages / peers[mode - PEERS].share;
}

/* CPU seconds of a client in a process of its own; < 0: it cannot run here. */
static double measure(const flood *f, int mode, size_t count)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        messages = count;
        if (mode < PEERS)
            clients[mode].run(f);
        else
            peer_run(&peers[mode - PEERS], f, count);
        _exit(0);
    }
    int status;
    struct rusage u;
    if (wait4(pid, &status, 0, &u) != pid)
        give_up("a client failed");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return -1;
    if (status != 0)
        give_up(name_of(mode));
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

typedef struct figures {
    double ns, least, most; /* a message */
    double times;           /* of ours, the median of each round's ratio */
    double start_ms;        /* the process, connecting and the first messages */
} figures;

/* Medians of `rounds`; sorts them. */
static figures figures_of(double *seconds, double *starts, const double *ours, int mode, int rounds)
{
    double ratio[ROUNDS_MAX];
    for (int r = 0; r < rounds; r++)
        ratio[r] = seconds[r] / (double)(messages_of(mode) - FIRST) /
                   (ours[r] / (double)(messages - FIRST));
    qsort(ratio, (size_t)rounds, sizeof *ratio, ascending);
    qsort(seconds, (size_t)rounds, sizeof *seconds, ascending);
    qsort(starts, (size_t)rounds, sizeof *starts, ascending);
    double scale = 1e9 / (double)(messages_of(mode) - FIRST);
    return (figures){seconds[rounds / 2] * scale, seconds[0] * scale, seconds[rounds - 1] * scale,
                     ratio[rounds / 2], starts[rounds / 2] * 1e3};
}

static void print_row(int mode, const figures *n)
{
    double must = mode < PEERS ? 0 : peers[mode - PEERS].must;
    printf("%-14s %11.0f %9.0f %9.0f %8.0f %8.2f", name_of(mode), n->ns, n->least, n->most,
           n->start_ms, n->times);
    if (must > 0 && !checking)
        printf("   %s: at least %.1f: %s", peers[mode - PEERS].row, must,
               n->times >= must ? "reached" : "missed");
    printf("\n");
}

static void report(const flood *f, double (*seconds)[ROUNDS_MAX], double (*starts)[ROUNDS_MAX],
                   const bool *there, int rounds)
{
    double ours[ROUNDS_MAX];
    figures n[MODES];
    memcpy(ours, seconds[STREAM], sizeof ours);
    printf("%zu messages, mean %.0f bytes, %d rounds, CPU of the whole client process\n", messages,
           f->mean_bytes, rounds);
    printf("%-14s %11s %9s %9s %8s %8s\n", "client", "ns/message", "min", "max", "start ms",
           "of ours");
    for (int mode = 0; mode < MODES; mode++) {
        if (!there[mode]) {
            printf("%-14s skipped\n", name_of(mode));
            continue;
        }
        n[mode] = figures_of(seconds[mode], starts[mode], ours, mode, rounds);
        print_row(mode, &n[mode]);
    }
    double p1 = 1 / n[DECODE].times, p2 = 1 / n[READ].times;
    printf("P1 stream/decode %.2f (at most 1.30)  P2 stream/read %.2f (0.85)  P13 deflate/stream "
           "%.2f (2.4; %.0f bytes)\n",
           p1, p2, n[DEFLATE].times, f->mean_packed);
    printf("{\"benchmark\":\"stream\",\"messages\":%zu,\"rounds\":%d,\"clients\":[", messages,
           rounds);
    for (int mode = 0; mode < MODES; mode++)
        if (there[mode])
            printf("%s{\"client\":\"%s\",\"ns\":%.0f,\"min\":%.0f,\"max\":%.0f,\"of_ours\":%.3f,"
                   "\"start_ms\":%.1f,\"must\":%.1f}",
                   mode > 0 ? "," : "", name_of(mode), n[mode].ns, n[mode].least, n[mode].most,
                   n[mode].times, n[mode].start_ms, mode < PEERS ? 0 : peers[mode - PEERS].must);
    printf("],\"p1\":%.3f,\"p2\":%.3f,\"p13\":%.3f}\n", p1, p2, n[DEFLATE].times);
}

int main(int argc, char **argv)
{
    int rounds = 5;
    if (argc > 1 && strcmp(argv[1], "--check") == 0) {
        messages = 2000;
        checking = true;
        rounds = 1;
    } else if (argc > 1) {
        rounds = atoi(argv[1]);
    }
    if (rounds < 1 || rounds > ROUNDS_MAX)
        give_up("usage: stream_bench [--check | ROUNDS up to 15]");
    /* Only as many: our own thread reads ahead, and must not have more of them in its start. Peers
     * stop at the count; one that misses a message (ccxt may) would wait for ever. */
    flood f, first;
    flood_start_packed(&first, FIRST, 6, 1);
    flood_start_packed(&f, messages, 6, 1);
    double seconds[MODES][ROUNDS_MAX], starts[MODES][ROUNDS_MAX];
    bool there[MODES];
    for (int r = 0; r < rounds; r++)
        for (int mode = 0; mode < MODES; mode++) {
            if (r > 0 && !there[mode])
                continue;
            double start = measure(mode < PEERS ? &first : &f, mode, FIRST);
            there[mode] = start >= 0;
            if (!there[mode])
                continue;
            starts[mode][r] = start;
            seconds[mode][r] = measure(&f, mode, messages_of(mode)) - start;
        }
    flood_stop(&f);
    flood_stop(&first);
    report(&f, seconds, starts, there, rounds);
    return 0;
}
