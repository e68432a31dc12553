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
 *   qt pyqt python process node ccxt
 *                  what users would take otherwise, see peer_*; left out, with the reason, where
 * they are not installed
 *
 * Each client is a process of its own, so its CPU time is what the kernel says of it. Server on one
 * processor, client on the other, rounds interleaved, medians. */
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
#include "queue/pool.h"
#include "upbit-live/upbit-live.h"
#ifdef HAVE_TREE
#include "../decode/tree.h"
#endif

static size_t messages = 200000;
enum { CODES = 24, ROUNDS_MAX = 15 };
enum {
    STREAM,
    API,
    DEFLATE,
    DECODE,
    AHEAD,
    READ,
    TREE,
    QT,
    PYQT,
    PYTHON,
    PROCESS,
    NODE,
    CCXT,
    MODES
};
static const char *const names[MODES] = {"stream",  "websocket-api", "deflate", "decode", "ahead",
                                         "read",    "tree",          "qt",      "pyqt",   "python",
                                         "process", "node",          "ccxt"};
/* Slow peers get fewer messages: starting up is not what is measured. */
static const size_t shares[MODES] = {1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 4, 2, 8};

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
    const upbit__decode_output out = {.context = pool, .allocate = one_block, .event = let_go};
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

/* ---- what users would take otherwise ---- */

static void run_peer(const flood *f, const char *program, const char *script, int mode)
{
    char url[64], count[24];
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    snprintf(count, sizeof count, "%zu", messages / shares[mode]);
    if (script != NULL)
        execlp(program, program, script, url, f->ca_file, count, (char *)NULL);
    else
        execlp(program, program, url, f->ca_file, count, (char *)NULL);
    fprintf(stderr, "%s is not installed\n", program);
    _exit(77);
}

static void qt_client(const flood *f)
{
#ifdef PEER_QT
    run_peer(f, PEER_QT, NULL, QT);
#else
    (void)f;
    fprintf(stderr, "built without Qt and libqt5websockets5-dev\n");
    _exit(77);
#endif
}

static void python_client(const flood *f)
{
    run_peer(f, "/usr/bin/python3", PEERS "/peer_websockets.py", PYTHON);
}

static void pyqt_client(const flood *f)
{
    setenv("QT_QPA_PLATFORM", "offscreen", 0);
    run_peer(f, "/usr/bin/python3", PEERS "/peer_pyqt.py", PYQT);
}

static void process_client(const flood *f)
{
    run_peer(f, "/usr/bin/python3", PEERS "/peer_process.py", PROCESS);
}

static void node_client(const flood *f)
{
    setenv("BENCH_CCXT", CCXT_FOLDER, 0);
    run_peer(f, "node", PEERS "/peer_ws.cjs", NODE);
}

static void ccxt_client(const flood *f)
{
    setenv("BENCH_CCXT", CCXT_FOLDER, 0);
    run_peer(f, "node", PEERS "/peer_ccxt.cjs", CCXT);
}

/* CPU seconds of a client in a process of its own; < 0: it cannot run here. */
static double measure(const flood *f, int mode)
{
    static void (*const clients[MODES])(const flood *) = {
        stream_client,  api_client,  deflate_client, decode_client, ahead_client,
        read_client,    tree_client, qt_client,      pyqt_client,   python_client,
        process_client, node_client, ccxt_client};
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        clients[mode](f);
        _exit(0);
    }
    int status;
    struct rusage u;
    if (wait4(pid, &status, 0, &u) != pid)
        give_up("a client failed");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        return -1;
    if (status != 0)
        give_up(names[mode]);
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
    flood_start_packed(&f, messages, 6, 1);
    double seconds[MODES][ROUNDS_MAX], ns[MODES], least[MODES], most[MODES];
    bool there[MODES];
    for (int r = 0; r < rounds; r++)
        for (int mode = 0; mode < MODES; mode++) {
            if (r > 0 && !there[mode])
                continue;
            seconds[mode][r] = measure(&f, mode);
            there[mode] = seconds[mode][r] >= 0;
        }
    flood_stop(&f);
    printf("%zu messages, mean %.0f bytes, %d rounds, CPU of the whole client process\n", messages,
           f.mean_bytes, rounds);
    printf("%-14s %14s %10s %10s %10s\n", "client", "ns/message", "min", "max", "of ours");
    for (int mode = 0; mode < MODES; mode++) {
        if (!there[mode]) {
            printf("%-14s skipped\n", names[mode]);
            continue;
        }
        qsort(seconds[mode], (size_t)rounds, sizeof(double), ascending);
        double scale = 1e9 / (double)(messages / shares[mode]);
        ns[mode] = seconds[mode][rounds / 2] * scale;
        least[mode] = seconds[mode][0] * scale;
        most[mode] = seconds[mode][rounds - 1] * scale;
        printf("%-14s %14.0f %10.0f %10.0f %10.2f\n", names[mode], ns[mode], least[mode],
               most[mode], ns[mode] / ns[STREAM]);
    }
    printf("stream/decode %.2f  stream/read %.2f  deflate/stream %.2f (%.0f bytes)\n",
           ns[STREAM] / ns[DECODE], ns[STREAM] / ns[READ], ns[DEFLATE] / ns[STREAM], f.mean_packed);
    printf("{");
    for (int mode = 0; mode < MODES; mode++)
        if (there[mode])
            printf("\"%s_ns\":%.0f,\"%s_min\":%.0f,\"%s_max\":%.0f,", names[mode], ns[mode],
                   names[mode], least[mode], names[mode], most[mode]);
    printf("\"p1\":%.3f,\"p2\":%.3f,\"p13\":%.3f}\n", ns[STREAM] / ns[DECODE],
           ns[STREAM] / ns[READ], ns[DEFLATE] / ns[STREAM]);
    return 0;
}
