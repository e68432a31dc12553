/* What one further consumer of an event costs, by either lane, and what a wake-up costs.
 *
 * One thread plays both sides in turn, so that what is timed is the work and not the scheduler:
 * events are made and pushed to N inboxes in batches of 8, as the fan-out pushes what goes to all
 * takers of a key, then all inboxes are drained through their shared waiter. Every figure is the
 * median of 31 short rounds, and the quickest of them: times are ns per event and consumer, and
 * "more" is what one further consumer adds (of the quickest, both sides): N times the figure of N,
 * less that of one, by N - 1. The round trip is two threads: push, commit, eventfd, poll, take,
 * command, eventfd, poll, take.
 *
 * "floor" is what nobody gets below who hands events out one by one through a call, and takes them
 * back through another: a plain ring per consumer, one store to show eight, one load to see them,
 * no wake-up, no caps, no numbers that can be missing, references let go eight at a time.
 *
 * A table goes to stderr, one JSON object to stdout. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "queue/command.h"
#include "queue/inbox.h"

enum { BATCH = 8, ROUNDS = 31, PAIRS = 1 << 17, TRIPS = 5000 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_fanout: %s failed\n", what);
        exit(1);
    }
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

typedef struct stage {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__waiter *waiter;
    upbit__inbox **in;
    upbit__cell *(*cells)[BATCH];
    upbit__taker *takers; /* as the fan-out has them */
    uint64_t crowd;
    int consumers;
} stage;

static void open_stage(stage *s, int consumers)
{
    memset(s, 0, sizeof *s);
    s->consumers = consumers;
    s->in = calloc((size_t)consumers, sizeof *s->in);
    s->cells = calloc((size_t)consumers, sizeof *s->cells);
    s->takers = calloc((size_t)consumers, sizeof *s->takers);
    must(s->in != NULL && s->cells != NULL && s->takers != NULL, "calloc");
    must(upbit__pool_create(&s->pool, 64 << 20) == 0, "pool");
    upbit__batch_init(&s->batch, s->pool);
    must(upbit__waiter_create(&s->waiter) == 0, "waiter");
    upbit__inbox_config config;
    must(upbit__inbox_config_init(&config, NULL) == 0, "config");
    config.batch = &s->batch;
    config.waiter = s->waiter;
    for (int i = 0; i < consumers; i++) {
        must(upbit__inbox_create(&s->in[i], &config) == 0, "inbox");
        s->takers[i].inbox = s->in[i];
        for (int k = 0; k < BATCH; k++)
            must((s->cells[i][k] = upbit__inbox_cell(s->in[i])) != NULL, "cell");
    }
}

static void close_stage(stage *s)
{
    for (int i = 0; i < s->consumers; i++) {
        upbit__inbox_detach(s->in[i]);
        upbit__inbox_destroy(s->in[i]);
    }
    upbit__waiter_unref(s->waiter);
    upbit__pool_release(s->pool);
    free(s->in);
    free(s->cells);
    free(s->takers);
}

static upbit_event *make(stage *s, int type)
{
    upbit_event *e = upbit__pool_allocate(s->pool, 600);
    must(e != NULL, "allocate");
    e->type = (uint16_t)type;
    e->epoch = 1;
    upbit__event_set_refs(e, (uint32_t)s->consumers);
    return e;
}

static void push_batch(stage *s, int latest)
{
    for (int k = 0; k < BATCH; k++) {
        const upbit_event *e = make(s, latest ? UPBIT_TYPE_TICKER : UPBIT_TYPE_TRADE);
        if (!latest &&
            upbit__crowd_push(&s->batch, s->takers, (uint32_t)s->consumers, &s->crowd, e))
            continue;
        for (int i = 0; i < s->consumers; i++) {
            if (latest)
                upbit__inbox_put(s->in[i], s->cells[i][k], e);
            else
                upbit__inbox_push(s->in[i], e);
        }
    }
    upbit__batch_commit(&s->batch);
}

static uint64_t drain(stage *s)
{
    uint64_t n = 0;
    void *owner;
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit__waiter_take(s->waiter, &owner, &d) > 0) {
        upbit_event_unref(d.event);
        n++;
    }
    return n;
}

/* ---- the floor ---- */

enum { SLOTS = 32 };

typedef struct ring {
    _Alignas(64) _Atomic uint32_t shown;
    uint32_t filled;
    _Alignas(64) uint32_t taken;
    uint32_t seen;
    const upbit_event *slots[SLOTS];
} ring;

typedef struct rings {
    ring *at;
    int count, current;
    uint32_t owed; /* references */
} rings;

static void floor_push(rings *all, const upbit_event **events)
{
    for (int i = 0; i < all->count; i++) {
        ring *r = &all->at[i];
        for (int k = 0; k < BATCH; k++)
            r->slots[r->filled++ % SLOTS] = events[k];
        atomic_store_explicit(&r->shown, r->filled, memory_order_release);
    }
}

__attribute__((noinline)) static int floor_take(rings *all, void **owner, upbit_delivery *d)
{
    for (; all->current < all->count; all->current++) {
        ring *r = &all->at[all->current];
        if (r->taken == r->seen)
            r->seen = atomic_load_explicit(&r->shown, memory_order_acquire);
        if (r->taken != r->seen) {
            d->event = r->slots[r->taken++ % SLOTS];
            d->number = r->taken;
            *owner = r;
            return 1;
        }
    }
    return 0;
}

__attribute__((noinline)) static void floor_let_go(rings *all, const upbit_event *e)
{
    all->owed += e->type == UPBIT_TYPE_TRADE;
}

/* Least ns per event and consumer, both sides. */
static double floor_of(stage *s, double clock_ns)
{
    rings all = {.count = s->consumers};
    all.at = aligned_alloc(64, (size_t)s->consumers * sizeof *all.at);
    must(all.at != NULL, "aligned_alloc");
    memset(all.at, 0, (size_t)s->consumers * sizeof *all.at);
    int batches = PAIRS / BATCH / s->consumers;
    batches = batches < 16 ? 16 : batches;
    double least = 1e9;
    for (int r = 0; r < ROUNDS; r++) {
        double spent = 0;
        for (int b = 0; b < batches; b++) {
            const upbit_event *events[BATCH];
            double begin = now_ns();
            for (int k = 0; k < BATCH; k++)
                events[k] = make(s, UPBIT_TYPE_TRADE);
            floor_push(&all, events);
            void *owner;
            upbit_delivery d = UPBIT_DELIVERY_INIT;
            all.current = 0;
            all.owed = 0;
            while (floor_take(&all, &owner, &d) > 0)
                floor_let_go(&all, d.event);
            must(all.owed == (uint32_t)(BATCH * s->consumers), "every event once");
            for (int k = 0; k < BATCH; k++) {
                upbit__event_set_refs((upbit_event *)(uintptr_t)events[k], 1);
                upbit_event_unref(events[k]);
            }
            spent += now_ns() - begin - clock_ns;
        }
        double ns = spent / ((double)batches * BATCH * s->consumers);
        least = ns < least ? ns : least;
    }
    free(all.at);
    return least;
}

typedef struct cost {
    double push, take, push_least, take_least;
} cost;

static cost measure(stage *s, int latest, double clock_ns)
{
    int batches = PAIRS / BATCH / s->consumers;
    batches = batches < 16 ? 16 : batches;
    double pushes[ROUNDS], takes[ROUNDS];
    for (int w = 0; w < 8; w++) { /* warm: EPOCH, lanes, free lists */
        push_batch(s, latest);
        drain(s);
    }
    for (int r = 0; r < ROUNDS; r++) {
        double push = 0, take = 0;
        uint64_t got = 0;
        for (int b = 0; b < batches; b++) {
            double t0 = now_ns();
            push_batch(s, latest);
            double t1 = now_ns();
            got += drain(s);
            push += t1 - t0 - clock_ns;
            take += now_ns() - t1 - clock_ns;
        }
        double events = (double)batches * BATCH * s->consumers;
        must((double)got == events, "every event once");
        pushes[r] = push / events;
        takes[r] = take / events;
    }
    double push = median(pushes, ROUNDS), take = median(takes, ROUNDS); /* sorts */
    return (cost){push, take, pushes[0], takes[0]};
}

/* ---- round trip ---- */

typedef struct trip {
    stage s;
    upbit__command_queue commands;
    int fd;
} trip;

static void wait_for(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    must(poll(&p, 1, 10000) == 1, "wake-up");
}

static void *answer(void *context)
{
    trip *t = context;
    upbit__command command;
    uint64_t one = 1;
    for (int n = 0; n < TRIPS; n++) {
        do
            wait_for(upbit__waiter_fd(t->s.waiter));
        while (drain(&t->s) == 0);
        if (upbit__command_push(&t->commands, &command) == 1)
            must(write(t->fd, &one, sizeof one) == sizeof one, "write");
    }
    return NULL;
}

static double round_trip(void)
{
    trip t;
    open_stage(&t.s, 1);
    upbit__command_queue_init(&t.commands);
    t.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    must(t.fd >= 0, "eventfd");
    pthread_t thread;
    must(pthread_create(&thread, NULL, answer, &t) == 0, "thread");
    static double trips[TRIPS];
    for (int n = 0; n < TRIPS; n++) {
        double begin = now_ns();
        upbit_event *e = make(&t.s, UPBIT_TYPE_TRADE);
        e->epoch = 0;
        upbit__inbox_push(t.s.in[0], e);
        upbit__batch_commit(&t.s.batch);
        do {
            uint64_t count;
            if (upbit__command_arm(&t.commands))
                wait_for(t.fd);
            if (read(t.fd, &count, sizeof count) < 0)
                count = 0;
        } while (upbit__command_take_all(&t.commands) == NULL);
        trips[n] = now_ns() - begin;
    }
    pthread_join(thread, NULL);
    close(t.fd);
    close_stage(&t.s);
    return median(trips, TRIPS);
}

int main(void)
{
    static const int consumers[] = {1, 10, 100, 1000};
    double clock_ns = 1e9; /* the quickest of a hundred: what disturbs one would be taken off all */
    for (int k = 0; k < 100; k++) {
        double begin = now_ns(), end = begin;
        for (int i = 0; i < 1000; i++)
            end = now_ns();
        clock_ns = (end - begin) / 1000 < clock_ns ? (end - begin) / 1000 : clock_ns;
    }
    double alone[2] = {0, 0}, floor_alone = 0;
    fprintf(stderr, "%9s  %28s              %28s\n", "ns", "FIFO push   least  take least",
            "latest push least  take least");
    printf("{\"fanout\":[");
    for (size_t i = 0; i < sizeof consumers / sizeof *consumers; i++) {
        stage s;
        open_stage(&s, consumers[i]);
        cost lanes[2];
        for (int latest = 0; latest < 2; latest++)
            lanes[latest] = measure(&s, latest, clock_ns);
        double least = floor_of(&s, clock_ns);
        if (consumers[i] == 1)
            floor_alone = least;
        else
            least = (least * consumers[i] - floor_alone) / (consumers[i] - 1);
        close_stage(&s);
        fprintf(stderr, "%9d", consumers[i]);
        printf("%s{\"consumers\":%d", i == 0 ? "" : ",", consumers[i]);
        for (int latest = 0; latest < 2; latest++) {
            const cost *c = &lanes[latest];
            const char *name = latest ? "latest" : "fifo";
            fprintf(stderr, "  %9.1f %5.1f  %6.1f %5.1f", c->push, c->push_least, c->take,
                    c->take_least);
            double all = c->push_least + c->take_least, more = all;
            if (consumers[i] == 1)
                alone[latest] = all;
            else
                more = (all * consumers[i] - alone[latest]) / (consumers[i] - 1);
            fprintf(stderr, "  more %5.1f", more);
            printf(",\"%s_more_ns\":%.2f", name, more);
            printf(",\"%s_push_ns\":%.2f,\"%s_push_least_ns\":%.2f,\"%s_take_ns\":%.2f,"
                   "\"%s_take_least_ns\":%.2f",
                   name, c->push, name, c->push_least, name, c->take, name, c->take_least);
        }
        fprintf(stderr, "  floor, more %5.1f\n", least);
        printf(",\"floor_more_ns\":%.2f}", least);
    }
    double trip_ns = round_trip();
    fprintf(stderr, "round trip over two wake-ups: %.1f us (median of %d)\n", trip_ns / 1e3, TRIPS);
    printf("],\"round_trip_ns\":%.0f}\n", trip_ns);
    return 0;
}
