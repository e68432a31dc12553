/* What an event costs the I/O thread with N proxies, the fan-out alone: find the key, judge, push,
 * commit. No network, no decoding; what the consumers take is not timed.
 *
 *   one key     N proxies want the key of every event: the cost grows with its takers
 *   other keys  one proxy wants it, N others want a key of their own each: it must not grow
 *
 * Rounds are interleaved, every figure is a median with the least and the most. A table goes to
 * stderr, one JSON object to stdout. --check: short, and only the counts are looked at. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../decode/messages.h"
#include "client/fanout.h"
#include "exchange/decode.h"

enum { BATCH = 8, ROUNDS = 7, PUSHES = 1 << 18, STEPS = 4, KINDS = 4 };

static const int steps[STEPS] = {1, 10, 100, 1000};
static const struct kind {
    const char *name;
    message_kind message;
    int type;
    unsigned depth;
} kinds[KINDS] = {{"trade, FIFO lane", MESSAGE_TRADE, UPBIT_TYPE_TRADE, 0},
                  {"ticker, latest lane", MESSAGE_TICKER, UPBIT_TYPE_TICKER, 0},
                  {"book of 30, latest lane", MESSAGE_BOOK_30, UPBIT_TYPE_ORDERBOOK, 0},
                  {"book cut to 5, latest lane", MESSAGE_BOOK_30, UPBIT_TYPE_ORDERBOOK, 5}};

static bool check;
static double clock_ns; /* of reading the clock */

_Noreturn static void give_up(const char *what)
{
    fprintf(stderr, "fanout_bench: %s\n", what);
    exit(99);
}

/* Of this thread alone: what others do on the machine does not count. */
static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

typedef struct stage {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__registry registry;
    upbit__counters counters;
    upbit__fanout fanout;
    upbit__waiter *waiter;
    upbit__client *clients;
    int count, takers;
    upbit_event *model; /* copied for every event */
    int64_t number;     /* of events so far */
    double ns[ROUNDS];  /* per event */
} stage;

static upbit_event *allocate(void *context, size_t size)
{
    return upbit__fanout_allocate(context, size);
}

static void keep(void *context, upbit_event *event)
{
    *(upbit_event **)context = event;
}

static upbit_event *heap_block(void *context, size_t size)
{
    (void)context;
    return calloc(1, size);
}

/* One event of the mix, with the key's code. */
static upbit_event *make_model(const struct kind *k)
{
    upbit__decoder *decoder;
    upbit_event *e = NULL;
    message *list = messages_make(k->message, 0, 1);
    if (list == NULL || upbit__decoder_create(&decoder) != 0)
        give_up("out of memory");
    const upbit__decode_output out = {.context = &e, .allocate = heap_block, .event = keep};
    if (upbit__decode(decoder, list[0].text, list[0].length, &out, NULL, 0) != 1)
        give_up("the message does not decode");
    upbit__decoder_destroy(decoder);
    messages_free(list, 1);
    memset(e->code, 0, sizeof e->code);
    strcpy(e->code, "KRW-HOT");
    return e;
}

static void open_stage(stage *s, const struct kind *k, int proxies, bool same)
{
    *s = (stage){.count = same ? proxies : proxies + 1, .takers = same ? proxies : 1};
    if (upbit__pool_create(&s->pool, 64 << 20) != 0 || upbit__waiter_create(&s->waiter) != 0 ||
        upbit__registry_init(&s->registry, s->pool) != 0)
        give_up("out of memory");
    upbit__batch_init(&s->batch, s->pool);
    s->fanout = (upbit__fanout){
        .registry = &s->registry, .pool = s->pool, .counters = &s->counters, .batch = &s->batch};
    s->clients = calloc((size_t)s->count, sizeof *s->clients);
    s->model = make_model(k);
    if (s->clients == NULL)
        give_up("out of memory");
    for (int i = 0; i < s->count; i++) {
        upbit__client *c = &s->clients[i];
        upbit__inbox_config config;
        upbit__key_id id = {.type = k->type};
        upbit__entry *entry;
        bool joined;
        if (upbit__inbox_config_init(&config, NULL) != 0)
            give_up("no inbox");
        config.batch = &s->batch;
        config.waiter = s->waiter;
        if (upbit__inbox_create(&c->inbox, &config) != 0)
            give_up("no inbox");
        c->coalesce[k->type] = upbit__inbox_policy(c->inbox, k->type) == UPBIT__LANE_LATEST;
        if (i < s->takers)
            strcpy(id.code, "KRW-HOT");
        else
            snprintf(id.code, sizeof id.code, "KRW-X%d", i);
        if (upbit__registry_add(&s->registry, c, &id, k->depth, 0, &entry, &joined) != 0)
            give_up("out of memory");
    }
}

static void close_stage(stage *s)
{
    for (int i = 0; i < s->count; i++) {
        upbit__client *c = &s->clients[i];
        while (c->entry_count > 0)
            upbit__registry_remove(&s->registry, c->entries[0]);
        upbit__inbox_detach(c->inbox);
        upbit__inbox_destroy(c->inbox);
        free(c->entries);
    }
    upbit__registry_finish(&s->registry);
    upbit__waiter_unref(s->waiter);
    upbit__pool_release(s->pool);
    free(s->clients);
    free(s->model);
}

/* News each time: another id, another time, other best rows. */
static upbit_event *next_event(stage *s)
{
    upbit_event *e = upbit__event_copy(s->model, allocate, &s->fanout);
    if (e == NULL)
        give_up("the pool is full");
    int64_t n = ++s->number;
    e->epoch = 1;
    e->exchange_ms += n;
    e->received_ns = n * 1000000;
    if (e->type == UPBIT_TYPE_TRADE)
        ((upbit_trade *)(void *)e)->sequential_id += n;
    if (e->type == UPBIT_TYPE_ORDERBOOK) {
        upbit_orderbook *b = (upbit_orderbook *)(void *)e;
        ((upbit_book_row *)(uintptr_t)b->asks)->size.lo += (uint64_t)n;
    }
    return e;
}

static uint64_t drain(stage *s)
{
    uint64_t n = 0;
    void *owner;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit__waiter_take(s->waiter, &owner, &d) > 0) {
        n += d.event->type < UPBIT_TYPE_RAW;
        upbit_event_unref(d.event);
    }
    return n;
}

/* ns per event. Each taker's inbox is emptied after each batch, so every lane has room. */
static double run(stage *s, int batches)
{
    double total = 0;
    uint64_t got = 0;
    bool fifo = s->model->type == UPBIT_TYPE_TRADE;
    for (int b = 0; b < batches; b++) {
        upbit_event *events[BATCH];
        for (int i = 0; i < BATCH; i++)
            events[i] = next_event(s);
        double begin = now_ns();
        for (int i = 0; i < BATCH; i++)
            upbit__fanout_event(&s->fanout, events[i]);
        upbit__batch_commit(&s->batch);
        total += now_ns() - begin - clock_ns;
        got += drain(s);
    }
    /* Every taker got every event, or the last of each batch; nobody else got anything. */
    if (got != (uint64_t)batches * (uint64_t)s->takers * (fifo ? BATCH : 1))
        give_up("not every event came once");
    return total / batches / BATCH;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle(const stage *s)
{
    return s->ns[ROUNDS / 2];
}

static void print_kind(const struct kind *k, stage (*s)[2], bool first)
{
    fprintf(stderr, "%s\n", k->name);
    printf("%s{\"kind\":\"%s\",\"rows\":[", first ? "" : ",", k->name);
    for (int i = 0; i < STEPS; i++) {
        const stage *same = &s[i][0], *other = &s[i][1];
        double slope = i == 0 ? 0 : (middle(same) - middle(&s[0][0])) / (steps[i] - 1);
        fprintf(stderr, "%8d %11.0f %8.0f..%-8.0f %9.1f %13.0f %8.0f..%-8.0f %6.2f\n", steps[i],
                middle(same), same->ns[0], same->ns[ROUNDS - 1], slope, middle(other), other->ns[0],
                other->ns[ROUNDS - 1], middle(other) / middle(&s[0][0]));
        printf("%s{\"proxies\":%d,\"one_key_ns\":%.1f,\"one_key_min\":%.1f,\"one_key_max\":%.1f,"
               "\"further_taker_ns\":%.2f,\"other_keys_ns\":%.1f,\"other_keys_min\":%.1f,"
               "\"other_keys_max\":%.1f,\"other_keys_ratio\":%.3f}",
               i == 0 ? "" : ",", steps[i], middle(same), same->ns[0], same->ns[ROUNDS - 1], slope,
               middle(other), other->ns[0], other->ns[ROUNDS - 1],
               middle(other) / middle(&s[0][0]));
    }
    printf("]}");
}

int main(int argc, char **argv)
{
    static stage stages[KINDS][STEPS][2];
    check = argc > 1 && strcmp(argv[1], "--check") == 0;
    double begin = now_ns(), end = begin;
    for (int i = 0; i < 10000; i++)
        end = now_ns();
    clock_ns = (end - begin) / 10000;
    for (int k = 0; k < KINDS; k++)
        for (int i = 0; i < STEPS; i++)
            for (int other = 0; other < 2; other++)
                open_stage(&stages[k][i][other], &kinds[k], steps[i], other == 0);
    for (int r = -1; r < ROUNDS; r++) /* the first one warms up */
        for (int k = 0; k < KINDS; k++)
            for (int i = 0; i < STEPS; i++)
                for (int other = 0; other < 2; other++) {
                    stage *s = &stages[k][i][other];
                    int batches = check || r < 0 ? 8 : PUSHES / BATCH / (s->takers + 9);
                    double ns = run(s, batches);
                    if (r >= 0)
                        s->ns[r] = ns;
                }
    fprintf(stderr, "ns per event, medians of %d rounds\n", ROUNDS);
    fprintf(stderr, "%8s %11s %18s %9s %13s %18s %6s\n", "proxies", "on one key", "min..max",
            "a further", "on other keys", "min..max", "ratio");
    printf("{\"fanout\":[");
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < STEPS; i++)
            for (int other = 0; other < 2; other++)
                qsort(stages[k][i][other].ns, ROUNDS, sizeof(double), ascending);
        print_kind(&kinds[k], stages[k], k == 0);
    }
    printf("]}\n");
    for (int k = 0; k < KINDS; k++)
        for (int i = 0; i < STEPS; i++)
            for (int other = 0; other < 2; other++)
                close_stage(&stages[k][i][other]);
    return 0;
}
