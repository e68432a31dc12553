/* Latency from the server's send to the consumer, and CPU, at a given pace; memory; allocations.
 *
 *     paced_bench [--check]
 *
 * Trades at 1,000, 10,000 and 100,000 messages a second over loopback TLS, one record each, to
 *   stream   this library: I/O thread, consumer woken by the descriptor
 *   frames   this library, its consumer looking every 16 ms, as a window does (CPU only)
 *   loop     one thread: a blocking SSL_read, frames by hand, our decoder
 * Each trade's sequential_id is the monotonic clock in ns when it was sent. Each client is a
 * process of its own; rounds are interleaved: p50 is the median of the rounds, p99 and p99.9 are
 * the quietest's, since on a shared machine a round measures its neighbours, too.
 *
 * And how often malloc is called per message, by the library and all below it, once the first fifth
 * is through. */
#include <dlfcn.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "exchange/decode.h"
#include "flood.h"
#include "queue/pool.h"
#include "upbit-live/upbit-live.h"

enum { STREAM, FRAMES, LOOP, CLIENTS, RATES = 3, ROUNDS_MAX = 9, MOST = 300000 };
static const char *const names[CLIENTS] = {"stream", "frames", "loop"};
static const unsigned rates[RATES] = {1000, 10000, 100000};
static double seconds = 3;
static int rounds = 5;

typedef struct outcome {
    double p50, p99, p999; /* us */
    double cpu_ns;         /* per message, of the whole process */
} outcome;

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "paced_bench: %s\n", what);
    exit(99);
}

/* ---- malloc, counted ---- */

static _Atomic bool counting;
static _Atomic uint64_t mallocs;
static void *(*real_malloc)(size_t);

void *malloc(size_t size)
{
    if (real_malloc == NULL)
        real_malloc = (void *(*)(size_t))(uintptr_t)dlsym(RTLD_NEXT, "malloc");
    if (atomic_load_explicit(&counting, memory_order_relaxed))
        atomic_fetch_add_explicit(&mallocs, 1, memory_order_relaxed);
    return real_malloc(size);
}

/* ---- the clients ---- */

static int64_t *late;
static size_t seen;
static double begin_cpu;

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6 +
           (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

static void got(int64_t sent_ns)
{
    if (seen == 0)
        begin_cpu = cpu_seconds();
    if (seen < MOST)
        late[seen] = upbit__clock_monotonic_ns() - sent_ns;
    seen++;
}

static void library(const flood *f, size_t messages, bool frames)
{
    char url[64];
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = url;
    o.ca_file = f->ca_file;
    o.log_level = UPBIT_LOG_ERROR;
    upbit_proxy_options po = UPBIT_PROXY_OPTIONS_INIT;
    po.queue_messages = 65536;
    po.queue_bytes = 64u << 20;
    upbit_manager *m = NULL;
    upbit_proxy *p = NULL;
    const char *code = "KRW-BTC";
    upbit_want want = UPBIT_WANT_INIT;
    want.type = UPBIT_TYPE_TRADE;
    want.codes = &code;
    want.code_count = 1;
    if (upbit_manager_create(&m, &o) != 0 || upbit_proxy_open(&p, m, "paced", &po) != 0 ||
        upbit_proxy_subscribe(p, &want, 0) != 0)
        give_up(upbit_error_detail());
    struct pollfd fd = {upbit_proxy_fd(p), POLLIN, 0};
    const struct timespec frame = {.tv_nsec = 16 * UPBIT__MS};
    while (seen < messages) {
        if (frames)
            nanosleep(&frame, NULL);
        else if (poll(&fd, 1, 20000) == 0)
            give_up("nothing comes");
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p, &d) == 1) {
            const upbit_trade *t = upbit_event_trade(d.event);
            if (t != NULL)
                got(t->sequential_id);
            upbit_event_unref(d.event);
            atomic_store_explicit(&counting, seen > messages / 5 && seen < messages,
                                  memory_order_relaxed);
        }
    }
}

static upbit__pool *pool;

static upbit_event *one_block(void *context, size_t size)
{
    (void)context;
    return upbit__pool_allocate(pool, size);
}

static void no_event(void *context, upbit_event *block)
{
    (void)context;
    upbit__event_unref_io(pool, block);
}

static void one_event(void *context, upbit_event *e)
{
    (void)context;
    if (upbit_event_trade(e) != NULL)
        got(upbit_event_trade(e)->sequential_id);
    upbit__event_unref_io(pool, e);
}

static void loop(const flood *f, size_t messages)
{
    static unsigned char buffer[65536];
    const upbit__decode_output out = {
        .allocate = one_block, .event = one_event, .discard = no_event};
    upbit__decoder *decoder = NULL;
    if (upbit__decoder_create(&decoder) != 0 || upbit__pool_create(&pool, 64 << 20) != 0)
        give_up("out of memory");
    SSL *ssl = flood_dial(f, false);
    while (seen < messages) {
        int n = SSL_read(ssl, buffer, sizeof buffer); /* one record: one frame */
        if (n <= 0)
            give_up("nothing comes");
        size_t head = (buffer[1] & 127) == 126 ? 4 : 2;
        upbit__decode(decoder, (char *)buffer + head, (size_t)n - head, &out, NULL, 0);
        atomic_store_explicit(&counting, seen > messages / 5 && seen < messages,
                              memory_order_relaxed);
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

typedef struct report {
    outcome outcome;
    double mallocs; /* per message */
} report;

static report run(const flood *f, int client, size_t messages)
{
    report r;
    int out[2], status;
    fflush(NULL);
    if (pipe(out) != 0)
        give_up("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        late = calloc(MOST, sizeof *late);
        if (late == NULL)
            give_up("out of memory");
        memset(late, 1, MOST * sizeof *late);
        if (client == LOOP)
            loop(f, messages);
        else
            library(f, messages, client == FRAMES);
        double cpu = cpu_seconds() - begin_cpu;
        size_t n = seen < MOST ? seen : MOST;
        qsort(late, n, sizeof *late, by_time);
        r.outcome = (outcome){(double)late[n / 2] / 1e3, (double)late[n * 99 / 100] / 1e3,
                              (double)late[n * 999 / 1000] / 1e3, cpu * 1e9 / (double)seen};
        r.mallocs = (double)mallocs / ((double)messages * 0.8);
        _exit(write(out[1], &r, sizeof r) == sizeof r ? 0 : 99);
    }
    close(out[1]);
    if (read(out[0], &r, sizeof r) != sizeof r)
        give_up(names[client]);
    close(out[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        give_up("a client failed");
    return r;
}

static int by_p50(const void *a, const void *b)
{
    double x = ((const report *)a)->outcome.p50, y = ((const report *)b)->outcome.p50;
    return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static report reports[RATES][CLIENTS][ROUNDS_MAX];
    int speeds = RATES;
    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        rounds = 1, seconds = 0.2, speeds = 2;
    flood floods[RATES];
    size_t counts[RATES];
    for (int i = 0; i < speeds; i++) {
        counts[i] = (size_t)(rates[i] * seconds);
        flood_start_paced(&floods[i], counts[i], rates[i], 1);
    }
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < speeds; i++)
            for (int c = 0; c < CLIENTS; c++)
                reports[i][c][r] = run(&floods[i], c, counts[i]);
    fprintf(stderr, "%9s %-8s %9s %9s %9s %12s %10s\n", "a second", "client", "p50 us", "p99",
            "p99.9", "CPU ns each", "mallocs");
    printf("{\"paced\":[");
    for (int i = 0; i < speeds; i++) {
        flood_stop(&floods[i]);
        for (int c = 0; c < CLIENTS; c++) {
            report *list = reports[i][c];
            double cpu[ROUNDS_MAX], p99 = 1e18, p999 = 1e18;
            for (int r = 0; r < rounds; r++) {
                cpu[r] = list[r].outcome.cpu_ns;
                p99 = list[r].outcome.p99 < p99 ? list[r].outcome.p99 : p99;
                p999 = list[r].outcome.p999 < p999 ? list[r].outcome.p999 : p999;
            }
            qsort(list, (size_t)rounds, sizeof *list, by_p50);
            qsort(cpu, (size_t)rounds, sizeof *cpu, by_value);
            const report *middle = &list[rounds / 2];
            fprintf(stderr, "%9u %-8s %9.1f %9.1f %9.1f %12.0f %10.4f\n", rates[i], names[c],
                    middle->outcome.p50, p99, p999, cpu[rounds / 2], middle->mallocs);
            printf(
                "%s{\"rate\":%u,\"client\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,"
                "\"cpu_ns\":%.0f,\"cpu_min\":%.0f,\"cpu_max\":%.0f,\"mallocs\":%.4f}",
                i + c == 0 ? "" : ",", rates[i], names[c], middle->outcome.p50, p99, p999,
                cpu[rounds / 2], cpu[0], cpu[rounds - 1], middle->mallocs);
        }
    }
    printf("]}\n");
    return 0;
}
