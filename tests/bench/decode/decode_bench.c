/* CPU time per message of decoding to an event, against a tree parse of the same bytes in the same
 * run.
 *
 *     decode_bench [--rounds N] [--machine plain|avx2|avx512] [--check] [--ours KIND FORMAT]
 *
 * An event costs what it costs in the stream: the block comes from the pool and goes back to it.
 * The two are timed in turn, round by round, and the medians compared: absolute figures drift with
 * the machine. --check only decodes everything once (that is what the tests run); --ours only
 * decodes one kind (0 ticker, 1 trade, ... as in messages.h) in one format (0 DEFAULT, 1 SIMPLE),
 * rounds times: for a profiler. --machine: our code for that kind of machine; simdjson's is chosen
 * by SIMDJSON_FORCE_IMPLEMENTATION=westmere|haswell|icelake. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exchange/decoder.h"
#include "messages.h"
#include "queue/pool.h"
#ifdef HAVE_TREE
#include "tree.h"
#endif

enum { MESSAGES = 400, ROUNDS_MAX = 99 };

static upbit__pool *pool;
static upbit__decoder *decoder;
static uint64_t events;

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

static int decode_all(const message *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char reason[160];
        if (upbit__decode(decoder, list[i].text, list[i].length, &output, reason, sizeof reason) !=
            1) {
            fprintf(stderr, "%s\n%s\n", reason, list[i].text);
            return 0;
        }
    }
    return 1;
}

static int tree_all(const message *list, size_t count)
{
#ifdef HAVE_TREE
    for (size_t i = 0; i < count; i++)
        if (!tree_parse(list[i].text, list[i].length))
            return 0;
    return 1;
#else
    (void)list;
    (void)count;
    return 0;
#endif
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

/* Medians over the rounds of ns per message, ours and the tree's. */
static int measure(const message *list, size_t count, int rounds, double *ours, double *tree)
{
    double a[ROUNDS_MAX], b[ROUNDS_MAX];
    enum { REPEAT = 20 };
    int have_tree = tree_all(list, count);
    for (int round = 0; round < rounds; round++) {
        int64_t start = upbit__clock_thread_cpu_ns();
        for (int i = 0; i < REPEAT; i++)
            if (!decode_all(list, count))
                return 0;
        a[round] = (double)(upbit__clock_thread_cpu_ns() - start) / (double)(count * REPEAT);
        start = upbit__clock_thread_cpu_ns();
        for (int i = 0; have_tree && i < REPEAT; i++)
            tree_all(list, count);
        b[round] = (double)(upbit__clock_thread_cpu_ns() - start) / (double)(count * REPEAT);
    }
    *ours = median(a, rounds);
    *tree = have_tree ? median(b, rounds) : 0;
    return 1;
}

static int check(void)
{
    for (int kind = 0; kind < MESSAGE_KINDS; kind++) {
        for (int simple = 0; simple < 2; simple++) {
            message *list = messages_make((message_kind)kind, simple, MESSAGES);
            int ok = list != NULL && decode_all(list, MESSAGES);
            messages_free(list, MESSAGES);
            if (!ok)
                return 1;
        }
    }
    printf("%llu events decoded\n", (unsigned long long)events);
    return 0;
}

static int profile(int kind, int simple, int rounds)
{
    message *list = messages_make((message_kind)kind, simple, MESSAGES);
    int ok = list != NULL;
    for (int round = 0; ok && round < rounds; round++)
        ok = decode_all(list, MESSAGES);
    messages_free(list, MESSAGES);
    return !ok;
}

/* One table to stderr, one JSON object to stdout; a mix is one message of each kind of the stream
 * in turn. */
static int run(int rounds)
{
#ifdef HAVE_TREE
    const char *peer = tree_name();
#else
    const char *peer = "no tree parser installed";
#endif
    fprintf(stderr, "%-24s %8s %12s %12s %8s   (%s)\n", "message", "bytes", "ours ns", "tree ns",
            "ratio", peer);
    printf("{\"benchmark\":\"decode\",\"tree\":\"%s\",\"results\":[", peer);
    for (int simple = 0; simple < 2; simple++) {
        message *all = calloc(MESSAGES, sizeof *all), *kinds[MESSAGE_KINDS];
        if (all == NULL)
            return 1;
        for (int kind = 0; kind <= MESSAGE_KINDS; kind++) {
            message *list = all;
            if (kind < MESSAGE_KINDS) {
                list = kinds[kind] = messages_make((message_kind)kind, simple, MESSAGES);
                if (list == NULL)
                    return 1;
                /* The mix of the targets: ticker, trade and both depths of books. */
                for (size_t i = 0; i < MESSAGES && kind < MESSAGE_CANDLE; i++)
                    if ((i * 7 + i / 4) % 4 == (size_t)kind)
                        all[i] = list[i];
            }
            double ours, tree, bytes = 0;
            for (size_t i = 0; i < MESSAGES; i++)
                bytes += (double)list[i].length / MESSAGES;
            if (!measure(list, MESSAGES, rounds, &ours, &tree))
                return 1;
            const char *name = kind < MESSAGE_KINDS ? message_kind_names[kind] : "mix";
            const char *format = simple ? "SIMPLE" : "DEFAULT";
            fprintf(stderr, "%-13s %-10s %8.0f %12.1f %12.1f %8.3f\n", name, format, bytes, ours,
                    tree, tree > 0 ? ours / tree : 0);
            printf("%s{\"message\":\"%s\",\"format\":\"%s\",\"bytes\":%.0f,\"ns\":%.1f,"
                   "\"tree_ns\":%.1f}",
                   simple == 0 && kind == 0 ? "" : ",", name, format, bytes, ours, tree);
        }
        for (int kind = 0; kind < MESSAGE_KINDS; kind++)
            messages_free(kinds[kind], MESSAGES);
        free(all);
    }
    printf("],\"allocations\":%llu}\n", (unsigned long long)upbit__pool_allocations(pool));
    fprintf(stderr, "pool blocks from malloc in all: %llu\n",
            (unsigned long long)upbit__pool_allocations(pool));
    return 0;
}

/* -1: there is none of that name. */
static int machine_of(const char *name)
{
    static const char *const names[UPBIT__DECODER_KINDS] = {"plain", "avx2", "avx512"};
    int kind = 0;
    while (kind < UPBIT__DECODER_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    return kind < UPBIT__DECODER_KINDS ? kind : -1;
}

int main(int argc, char **argv)
{
    int rounds = 9, only_check = 0, kind = -1, simple = 0, machine = -1, status;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            only_check = 1;
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            rounds = atoi(argv[++i]);
        else if (strcmp(argv[i], "--machine") == 0 && i + 1 < argc) {
            machine = machine_of(argv[++i]);
            if (machine < 0)
                return 2;
        } else if (strcmp(argv[i], "--ours") == 0 && i + 2 < argc) {
            kind = atoi(argv[++i]);
            simple = atoi(argv[++i]) != 0;
        } else
            return 2;
    }
    if (kind >= MESSAGE_KINDS || rounds < 1 || (kind < 0 && rounds > ROUNDS_MAX))
        return 2;
    if (upbit__pool_create(&pool, 64 << 20) != 0 || upbit__decoder_create(&decoder) != 0)
        return 1;
    if (machine >= 0 && !upbit__decoder_use(decoder, machine)) {
        fprintf(stderr, "this machine is not of that kind\n");
        return 1;
    }
    status = only_check ? check() : kind >= 0 ? profile(kind, simple, rounds) : run(rounds);
    upbit__decoder_destroy(decoder);
    upbit__pool_release(pool);
    return status;
}
