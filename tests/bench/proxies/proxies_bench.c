/* The whole client with N proxies, through the public API over loopback TLS: CPU per message of the
 * process, from the first event to the last.
 *
 *   fifo N    N proxies each take every event of the mix, all types drop_oldest
 *   latest N  N proxies each take every ticker and order book, coalesced; trades come unwanted
 *   others N  one proxy takes every event, N others want keys nothing comes of
 *
 * All proxies share one waiter and one consumer thread, as a GUI's do. Each run is a process of its
 * own, server on one processor, client on the other; rounds are interleaved, every figure is a
 * median with the least and the most. A table goes to stderr, one JSON object to stdout. */
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../stream/flood.h"
#include "upbit-live/inspect.h"
#include "upbit-live/upbit-live.h"

enum { CODES = 24, ROUNDS_MAX = 15, FLOODS = 3 };
typedef enum arm { FIFO, LATEST, OTHERS } arm;

/* The more takers, the fewer messages are needed to measure as well. */
static size_t counts[FLOODS] = {200000, 50000, 10000};

static const struct run {
    const char *name;
    arm arm;
    int proxies, flood;
} runs[] = {
    {"fifo", FIFO, 1, 0},       {"fifo", FIFO, 10, 0},       {"fifo", FIFO, 100, 1},
    {"fifo", FIFO, 1000, 2},    {"latest", LATEST, 1, 0},    {"latest", LATEST, 10, 0},
    {"latest", LATEST, 100, 1}, {"latest", LATEST, 1000, 2}, {"others", OTHERS, 10, 0},
    {"others", OTHERS, 100, 0}, {"others", OTHERS, 1000, 0},
};
enum { RUNS = sizeof runs / sizeof *runs };

/* What a run says of itself. */
typedef struct outcome {
    double ns;      /* CPU of the process per message */
    double io_ns;   /* of that, the I/O thread's */
    double taken;   /* events per message, all proxies */
    double dropped; /* share of the events pushed that lanes dropped */
} outcome;

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "proxies_bench: %s\n", what);
    exit(99);
}

/* The codes of the mix, and codes nothing comes of. */
static void write_code(char *to, size_t size, int i)
{
    static const char *const first[] = {"BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT"};
    static const char *const last[] = {"", "A", "X"};
    if (i < CODES)
        snprintf(to, size, "KRW-%s%s", first[i % 8], last[i / 8]);
    else
        snprintf(to, size, "KRW-Q%d", i);
}

static void want(upbit_proxy *p, int type, int from, int to)
{
    char codes[CODES][24];
    const char *list[CODES];
    upbit_want w = UPBIT_WANT_INIT;
    for (int i = from; i < to; i++) {
        write_code(codes[i - from], sizeof codes[0], i);
        list[i - from] = codes[i - from];
    }
    w.type = type;
    w.codes = list;
    w.code_count = (size_t)(to - from);
    if (upbit_proxy_subscribe(p, &w, 0) != 0)
        give_up(upbit_error_detail());
}

static void open_proxies(upbit_manager *m, upbit_waiter *waiter, const struct run *r,
                         upbit_proxy **proxies, int count)
{
    for (int i = 0; i < count; i++) {
        char id[32];
        upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
        snprintf(id, sizeof id, "bench%d", i);
        o.policy = r->arm == LATEST ? UPBIT_POLICY_DEFAULT : UPBIT_POLICY_DROP_OLDEST;
        o.waiter = waiter;
        if (upbit_proxy_open(&proxies[i], m, id, &o) != 0)
            give_up(upbit_error_detail());
    }
    for (int i = 0; i < count; i++) {
        bool other = r->arm == OTHERS && i > 0;
        for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++) {
            if (other)
                want(proxies[i], type, CODES + i, CODES + i + 1);
            else if (type != UPBIT_TYPE_TRADE || r->arm != LATEST)
                want(proxies[i], type, 0, CODES);
        }
    }
}

/* All wants are held by the I/O thread, which takes commands in their order. */
static void wants_arrive(upbit_manager *m)
{
    upbit_inspection *i = NULL;
    int error;
    while ((error = upbit_manager_inspect(m, &i, 10000)) == UPBIT_ERROR_TIMEOUT)
        continue;
    if (error != 0)
        give_up(upbit_error_detail());
    upbit_inspection_free(i);
}

static double cpu_ns(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec * 1e9 + (double)u.ru_utime.tv_usec * 1e3 +
           (double)u.ru_stime.tv_sec * 1e9 + (double)u.ru_stime.tv_usec * 1e3;
}

/* What must hold whatever the speed, once all has come: NULL, or what does not. A message is
 * counted when it is read, and its events are in the lanes a moment later. */
static const char *fault(const struct run *r, const upbit_stats *s, size_t messages, uint64_t taken,
                         uint64_t missing)
{
    uint64_t takers = r->arm == OTHERS ? 1 : (uint64_t)r->proxies;
    if (s->decode_errors > 0 || s->messages_received < messages)
        return "not every message was decoded";
    if (r->arm != LATEST && (s->events_unwanted > 0 || taken + missing != takers * messages))
        return "not every event came once";
    if (r->arm == LATEST &&
        taken + s->events_coalesced != takers * (s->events_decoded - s->events_unwanted))
        return "events got lost without being replaced";
    return NULL;
}

static outcome client(const flood *f, const struct run *r, size_t messages)
{
    char url[64];
    int count = r->arm == OTHERS ? r->proxies + 1 : r->proxies;
    upbit_proxy **proxies = calloc((size_t)count, sizeof(upbit_proxy *));
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit_manager *m = NULL;
    upbit_waiter *waiter = NULL;
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    o.url = url;
    o.ca_file = f->ca_file;
    o.format = UPBIT_FORMAT_DEFAULT;
    o.log_level = getenv("BENCH_VERBOSE") != NULL ? UPBIT_LOG_DEBUG : UPBIT_LOG_ERROR;
    if (proxies == NULL || upbit_manager_create(&m, &o) != 0 || upbit_waiter_create(&waiter) != 0)
        give_up(upbit_error_detail());
    open_proxies(m, waiter, r, proxies, count);
    wants_arrive(m);
    flood_go(f);
    uint64_t taken = 0, missing = 0;
    double begin = 0, io_begin = 0;
    upbit_stats s = {0};
    struct pollfd fd = {upbit_waiter_fd(waiter), POLLIN, 0};
    uint64_t all = (uint64_t)(r->arm == OTHERS ? 1 : r->proxies) * messages;
    /* The statistics add up those of every proxy, which no consumer does at each wake-up: they are
     * asked for when all has come, and when nothing comes. The last messages may be wanted by
     * nobody and wake nobody. */
    const char *wrong = "";
    for (int idle = 0; wrong != NULL;) {
        bool still = poll(&fd, 1, 20) == 0;
        if (begin == 0 || still || taken + missing >= all) {
            uint64_t before = s.messages_received;
            upbit_manager_get_stats(m, &s, sizeof s);
            if (s.messages_received != before)
                idle = 0;
            else if (idle++ > 1000)
                give_up(wrong[0] != '\0' ? wrong : "nothing comes");
            if (begin == 0 && s.messages_received > 0) {
                begin = cpu_ns();
                io_begin = (double)s.io_cpu_ns;
            }
        }
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        upbit_proxy *from;
        while (upbit_waiter_next(waiter, &from, &d) == 1) {
            taken += d.event->type < UPBIT_TYPE_RAW;
            if (d.event->type == UPBIT_TYPE_GAP)
                missing += upbit_event_gap(d.event)->count;
            upbit_event_unref(d.event);
        }
        if (s.messages_received >= messages)
            wrong = fault(r, &s, messages, taken, missing);
    }
    double ns = (cpu_ns() - begin) / (double)messages;
    outcome result = {ns, ((double)s.io_cpu_ns - io_begin) / (double)messages,
                      (double)taken / (double)messages,
                      (double)missing / (double)(taken + missing)};
    for (int i = 0; i < count; i++)
        upbit_proxy_close(proxies[i]);
    upbit_waiter_destroy(waiter);
    upbit_manager_release(m);
    free(proxies);
    return result;
}

static outcome measure(const flood *f, const struct run *r, size_t messages)
{
    outcome result;
    int out[2], status;
    fflush(NULL);
    if (pipe(out) != 0)
        give_up("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        result = client(f, r, messages);
        _exit(write(out[1], &result, sizeof result) == sizeof result ? 0 : 99);
    }
    close(out[1]);
    if (read(out[0], &result, sizeof result) != sizeof result)
        give_up(r->name);
    close(out[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        give_up("a client failed");
    return result;
}

static int ascending(const void *a, const void *b)
{
    double x = ((const outcome *)a)->ns, y = ((const outcome *)b)->ns;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static outcome results[RUNS][ROUNDS_MAX];
    flood floods[FLOODS];
    int rounds = 5;
    if (argc > 1 && strcmp(argv[1], "--check") == 0) {
        for (int i = 0; i < FLOODS; i++)
            counts[i] = 800;
        rounds = 1;
    } else if (argc > 1) {
        rounds = atoi(argv[1]);
    }
    if (rounds < 1 || rounds > ROUNDS_MAX)
        give_up("usage: proxies_bench [--check | ROUNDS up to 15]");
    for (int i = 0; i < FLOODS; i++)
        flood_start_held(&floods[i], counts[i], 1);
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < RUNS; i++)
            results[i][r] = measure(&floods[runs[i].flood], &runs[i], counts[runs[i].flood]);
    for (int i = 0; i < FLOODS; i++)
        flood_stop(&floods[i]);
    fprintf(stderr, "%-8s %7s %11s %9s %9s %9s %14s %9s %8s\n", "", "proxies", "ns/message", "min",
            "max", "I/O", "speed against 1", "taken", "dropped");
    printf("{\"proxies\":[");
    for (int i = 0; i < RUNS; i++) {
        const struct run *r = &runs[i];
        qsort(results[i], (size_t)rounds, sizeof **results, ascending);
        const outcome *o = &results[i][rounds / 2];
        double one = results[r->arm == LATEST ? 4 : 0][rounds / 2].ns;
        fprintf(stderr, "%-8s %7d %11.0f %9.0f %9.0f %9.0f %14.2f %9.2f %7.1f%%\n", r->name,
                r->proxies, o->ns, results[i][0].ns, results[i][rounds - 1].ns, o->io_ns,
                one / o->ns, o->taken, o->dropped * 100);
        printf("%s{\"run\":\"%s\",\"proxies\":%d,\"ns\":%.0f,\"min\":%.0f,\"max\":%.0f,"
               "\"io_ns\":%.0f,\"speed\":%.3f,\"taken\":%.2f,\"dropped\":%.4f}",
               i == 0 ? "" : ",", r->name, r->proxies, o->ns, results[i][0].ns,
               results[i][rounds - 1].ns, o->io_ns, one / o->ns, o->taken, o->dropped);
    }
    printf("]}\n");
    return 0;
}
