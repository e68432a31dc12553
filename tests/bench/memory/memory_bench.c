/* What the library takes of memory, by the kernel's account (resident set) of a process of its own:
 *
 *   at rest      a manager, its connection to the simulated exchange, a proxy that wants one ticker
 *   855 books    the same with the order books of every market, each of which has come
 *   1,000 proxies, each with a ticker and the trades of one market, each of which has got something
 *   stalled      a flood of a million messages over TLS to two proxies that want all of it, one of
 * which never takes anything: what the process has grown by since the first message, and since a
 * tenth of them had come
 *
 * Five rounds, medians with the least and the most. A table goes to stderr, one JSON object to
 * stdout.
 * --check: one round of little, for the tests. */
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../stream/flood.h"
#include "support/mock.h"
#include "upbit-live/upbit-live.h"

enum { MARKETS = 855, PROXIES = 1000, FLOOD_CODES = 24, ROUNDS_MAX = 15 };
enum { REST, BOOKS, MANY, FLOOD, STALLED, MODES };
static const char *const names[MODES] = {"at rest", "855 books", "1,000 proxies", "flood",
                                         "stalled"};

typedef struct figures {
    double grown; /* KiB since the process began; in a flood: since the first message */
    double late;  /* in a flood: KiB since a tenth of the messages */
    double all;   /* KiB resident at the end */
} figures;

static size_t messages = 1000000;

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "memory_bench: %s\n", what);
    exit(99);
}

static double resident_kib(void)
{
    long pages = -1;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%*s %ld", &pages) != 1)
        give_up("no /proc/self/statm");
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static upbit_manager *open_manager(const char *url, const char *ca_file)
{
    upbit_options o = UPBIT_OPTIONS_INIT;
    upbit_manager *m;
    o.url = url;
    o.ca_file = ca_file;
    o.log_level = UPBIT_LOG_ERROR;
    if (upbit_manager_create(&m, &o) != 0)
        give_up(upbit_error_detail());
    return m;
}

static void want(upbit_proxy *p, int type, const char *const *codes, size_t count)
{
    upbit_want w = UPBIT_WANT_INIT;
    w.type = type;
    w.codes = codes;
    w.code_count = count;
    if (upbit_proxy_subscribe(p, &w, 0) != 0)
        give_up(upbit_error_detail());
}

/* Takes until `count` different texts of the sort (codes, proxies) have come with that type. */
typedef struct seen {
    char name[PROXIES][32];
    int count;
} seen;

static void see(seen *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->name[i], name) == 0)
            return;
    if (s->count < PROXIES)
        snprintf(s->name[s->count++], sizeof s->name[0], "%s", name);
}

static void take_until(upbit_waiter *waiter, int type, bool by_proxy, int count)
{
    static seen s;
    struct pollfd fd = {upbit_waiter_fd(waiter), POLLIN, 0};
    for (s.count = 0; s.count < count;) {
        if (poll(&fd, 1, 60000) <= 0)
            give_up("nothing comes");
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        upbit_proxy *from;
        while (upbit_waiter_next(waiter, &from, &d) == 1) {
            char name[32];
            snprintf(name, sizeof name, "%p", (void *)from);
            if (d.event->type == type)
                see(&s, by_proxy ? name : d.event->code);
            upbit_event_unref(d.event);
        }
    }
}

static figures on_the_mock(const mock *exchange, int mode, int proxies)
{
    static const char *const every[] = {"KRW-*", "BTC-*", "USDT-*"};
    static const char *const some[] = {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL"};
    static upbit_proxy *list[PROXIES];
    double begin = resident_kib();
    upbit_waiter *waiter;
    upbit_manager *m = open_manager(exchange->url, NULL);
    if (upbit_waiter_create(&waiter) != 0)
        give_up(upbit_error_detail());
    for (int i = 0; i < proxies; i++) {
        char id[32];
        upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
        snprintf(id, sizeof id, "memory%d", i);
        o.waiter = waiter;
        if (upbit_proxy_open(&list[i], m, id, &o) != 0)
            give_up(upbit_error_detail());
        want(list[i], UPBIT_TYPE_TICKER, &some[i % 4], 1);
        if (mode == MANY)
            want(list[i], UPBIT_TYPE_TRADE, &some[i % 4], 1);
    }
    if (mode == BOOKS)
        want(list[0], UPBIT_TYPE_ORDERBOOK, every, 3);
    if (mode == BOOKS)
        take_until(waiter, UPBIT_TYPE_ORDERBOOK, false, MARKETS);
    else
        take_until(waiter, UPBIT_TYPE_TICKER, true, proxies);
    double end = resident_kib();
    for (int i = 0; i < proxies; i++)
        upbit_proxy_close(list[i]);
    upbit_waiter_destroy(waiter);
    upbit_manager_release(m);
    return (figures){end - begin, 0, end};
}

static figures in_the_flood(const flood *f, bool with_stalled)
{
    static const char *const first[] = {"BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT"};
    static const char *const last[] = {"", "A", "X"};
    char url[64], codes[FLOOD_CODES][24];
    const char *list[FLOOD_CODES];
    for (int i = 0; i < FLOOD_CODES; i++) {
        snprintf(codes[i], sizeof codes[i], "KRW-%s%s", first[i % 8], last[i / 8]);
        list[i] = codes[i];
    }
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", f->port);
    upbit_manager *m = open_manager(url, f->ca_file);
    upbit_proxy *taking, *stalled = NULL;
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    if (upbit_proxy_open(&taking, m, "taking", &o) != 0)
        give_up(upbit_error_detail());
    o.policy = UPBIT_POLICY_DROP_OLDEST; /* all it may have: three lanes full to their caps */
    if (with_stalled && upbit_proxy_open(&stalled, m, "stalled", &o) != 0)
        give_up(upbit_error_detail());
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++) {
        if (with_stalled)
            want(stalled, type, list, FLOOD_CODES);
        want(taking, type, list, FLOOD_CODES);
    }
    struct pollfd fd = {upbit_proxy_fd(taking), POLLIN, 0};
    double start = 0, tenth = 0;
    upbit_stats s = {0};
    while (s.messages_received < messages) {
        if (poll(&fd, 1, 60000) <= 0)
            give_up("nothing comes");
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(taking, &d) == 1)
            upbit_event_unref(d.event);
        upbit_manager_get_stats(m, &s, sizeof s);
        if (start == 0 && s.messages_received > 0)
            start = resident_kib();
        if (tenth == 0 && s.messages_received > messages / 10)
            tenth = resident_kib();
    }
    double end = resident_kib();
    if (getenv("BENCH_VERBOSE") != NULL)
        fprintf(stderr, "# pool %" PRIu64 " KiB, most %" PRIu64 " KiB\n", s.memory_bytes / 1024,
                s.memory_peak_bytes / 1024);
    upbit_proxy_close(taking);
    if (with_stalled)
        upbit_proxy_close(stalled);
    upbit_manager_release(m);
    return (figures){end - start, end - tenth, end};
}

static figures measure(const mock *exchange, const flood *f, int mode, int proxies)
{
    figures result;
    int out[2], status;
    fflush(NULL);
    if (pipe(out) != 0)
        give_up("no pipe");
    pid_t pid = fork();
    if (pid == 0) {
        result =
            mode >= FLOOD ? in_the_flood(f, mode == STALLED) : on_the_mock(exchange, mode, proxies);
        _exit(write(out[1], &result, sizeof result) == sizeof result ? 0 : 99);
    }
    close(out[1]);
    if (read(out[0], &result, sizeof result) != sizeof result)
        give_up(names[mode]);
    close(out[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        give_up("a client failed");
    return result;
}

static int ascending(const void *a, const void *b)
{
    double x = ((const figures *)a)->grown, y = ((const figures *)b)->grown;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static const char *const arguments[] = {"--codes", "855", "--rate", "200", NULL};
    static figures results[MODES][ROUNDS_MAX];
    int rounds = 5, many = PROXIES;
    if (argc > 1 && strcmp(argv[1], "--check") == 0) {
        rounds = 1;
        many = 20;
        messages = 2000;
    } else if (argc > 1) {
        rounds = atoi(argv[1]);
    }
    if (rounds < 1 || rounds > ROUNDS_MAX)
        give_up("usage: memory_bench [--check | ROUNDS up to 15]");
    mock exchange;
    flood f;
    mock_start(&exchange, arguments);
    flood_start(&f, messages, 1);
    for (int r = 0; r < rounds; r++)
        for (int mode = 0; mode < MODES; mode++)
            results[mode][r] = measure(&exchange, &f, mode, mode == MANY ? many : 1);
    flood_stop(&f);
    mock_stop(&exchange);
    fprintf(stderr, "%-14s %10s %8s %8s %14s %10s   KiB resident\n", "", "grown by", "min", "max",
            "after a tenth", "in all");
    printf("{\"memory\":[");
    for (int mode = 0; mode < MODES; mode++) {
        figures *list = results[mode];
        qsort(list, (size_t)rounds, sizeof *list, ascending);
        const figures *x = &list[rounds / 2];
        fprintf(stderr, "%-14s %10.0f %8.0f %8.0f %14.0f %10.0f\n", names[mode], x->grown,
                list[0].grown, list[rounds - 1].grown, x->late, x->all);
        printf("%s{\"what\":\"%s\",\"grown_kib\":%.0f,\"min\":%.0f,\"max\":%.0f,\"late_kib\":%.0f,"
               "\"resident_kib\":%.0f}",
               mode == 0 ? "" : ",", names[mode], x->grown, list[0].grown, list[rounds - 1].grown,
               x->late, x->all);
    }
    printf("],\"messages\":%zu,\"proxies\":%d}\n", messages, many);
    return 0;
}
