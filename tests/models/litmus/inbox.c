/* The whole of core/queue, from its own sources: an I/O thread that fills an inbox and a consumer
 * that drains it through its waiter, scene by scene (-DSCENE=...). As
 * tests/unit/queue/test_model.c, but with what weak memory adds.
 *
 * The promises are those of inbox.h and waiter.h; at rest: whatever still waits, the eventfd is
 * readable, and draining then gives all of it. */
#include "queue/inbox.c"
#include "litmus.h"
#include "queue/batch.c"
#include "queue/bundle.c"
#include "queue/crowd.c"
#include "queue/inbox_control.c"
#include "queue/inbox_push.c"
#include "queue/inbox_take.c"
#include "queue/pool.c"
#include "queue/releases.c"
#include "queue/waiter.c"

#ifndef LITMUS_EXPLORED
#include <poll.h>
#endif
#ifndef SCENE
#define SCENE two_lanes
#endif
#define JOINED_(a, b) a##b
#define JOINED(a, b)  JOINED_(a, b)

enum { BUDGET = 3, LOG = 16 };

static upbit__pool *pool;
static upbit__batch batch;
static upbit__waiter *waiter;
static upbit__inbox *in;
static int drains; /* of the consumer while the I/O thread runs */
/* the consumer's */
static struct {
    int type;
    int64_t value;
} got[LOG];
static int got_count;

static int is_readable(int fd)
{
#ifdef LITMUS_EXPLORED
    return explore_readable(fd);
#else
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
#endif
}

/* ---- the I/O thread's part of a scene ---- */

static upbit_event *event_of(int type, int64_t value)
{
    upbit_event *e = upbit__pool_allocate(pool, sizeof *e);
    assert(e != NULL);
    e->type = (uint16_t)type;
    e->exchange_ms = value;
    return e;
}

static void push(int type, int64_t value)
{
    upbit__inbox_push(in, event_of(type, value));
}

static void closed(void)
{
    upbit__inbox_closed(in, event_of(UPBIT_TYPE_CLOSED, 0));
}

static void commit(void)
{
    upbit__batch_commit(&batch);
}

/* What the consumer got: the values of one type in order; how many. */
static int values(int type, int64_t *out)
{
    int n = 0;
    for (int i = 0; i < got_count; i++)
        if (got[i].type == type)
            out[n++] = got[i].value;
    return n;
}

static int place(int type, int64_t value)
{
    for (int i = 0; i < got_count; i++)
        if (got[i].type == type && got[i].value == value)
            return i;
    return -1;
}

/* ---- a FIFO lane, then a second and a cell: nothing is slept through ---- */

static void io_two_lanes(void)
{
    push(UPBIT_TYPE_TRADE, 1);
    commit();
    push(UPBIT_TYPE_CANDLE, 3);
    upbit__inbox_put(in, upbit__inbox_cell(in), event_of(UPBIT_TYPE_TICKER, 2));
    commit();
}

static void check_two_lanes(void)
{
    int64_t v[LOG];
    assert(values(UPBIT_TYPE_TRADE, v) == 1 && v[0] == 1);
    assert(values(UPBIT_TYPE_TICKER, v) == 1 && v[0] == 2);
    assert(values(UPBIT_TYPE_CANDLE, v) == 1 && v[0] == 3);
}

/* ---- a full lane: what was dropped is said exactly, CLOSED is last ---- */

static void io_full(void)
{
    for (int64_t i = 1; i <= 3; i++) {
        push(UPBIT_TYPE_TRADE, i);
        commit();
    }
    closed();
    commit();
}

static void check_full(void)
{
    int64_t next = 1;
    for (int i = 0; i < got_count; i++)
        if (got[i].type == UPBIT_TYPE_GAP)
            next += got[i].value;
        else if (got[i].type == UPBIT_TYPE_TRADE)
            assert(got[i].value == next++);
    assert(next == 4 && got[got_count - 1].type == UPBIT_TYPE_CLOSED);
}

/* ---- unsubscribe: nothing old after the answer, nothing old lost ---- */

static void io_barrier(void)
{
    upbit__cell *c = upbit__inbox_cell(in);
    push(UPBIT_TYPE_TRADE, 1);
    upbit__inbox_put(in, c, event_of(UPBIT_TYPE_TICKER, 1));
    commit();
    int r = upbit__inbox_promise(in);
    assert(r == 0);
    (void)r;
    upbit__inbox_cell_release(in, c);
    upbit__inbox_reply(in, event_of(UPBIT_TYPE_REPLY, 7), 7, UPBIT__LANES_ALL);
    push(UPBIT_TYPE_TRADE, 2);
    commit();
}

static void check_barrier(void)
{
    int reply = place(UPBIT_TYPE_REPLY, 7), old = place(UPBIT_TYPE_TICKER, 1);
    assert(reply >= 0 && old < reply);
    assert(place(UPBIT_TYPE_TRADE, 1) >= 0 && place(UPBIT_TYPE_TRADE, 1) < reply);
    assert(place(UPBIT_TYPE_TRADE, 2) > reply);
}

/* ---- a lossless lane that overflows: one hole, said by OVERFLOW and GAP ---- */

static void io_lossless(void)
{
    for (int64_t i = 1; i <= 4; i++) {
        push(UPBIT_TYPE_MY_ORDER, i);
        commit();
    }
}

static void check_lossless(void)
{
    int64_t v[LOG], next = 1, last = 0;
    int overflows = values(UPBIT_TYPE_OVERFLOW, v);
    for (int i = 0; i < got_count; i++)
        if (got[i].type == UPBIT_TYPE_GAP)
            next += got[i].value;
        else if (got[i].type == UPBIT_TYPE_MY_ORDER) {
            assert(got[i].value == next++);
            last = got[i].value;
        }
    assert(last == 4 || overflows > 0);
}

/* ---- state, health and CLOSED: the last of each, before CLOSED ---- */

static void io_control(void)
{
    upbit__inbox_state(in, UPBIT_SESSION_PUBLIC, event_of(UPBIT_TYPE_STATE, 1));
    commit();
    upbit__inbox_state(in, UPBIT_SESSION_PUBLIC, event_of(UPBIT_TYPE_STATE, 2));
    closed();
    commit();
}

static void check_control(void)
{
    int64_t v[LOG];
    int n = values(UPBIT_TYPE_STATE, v);
    assert(n >= 1 && v[n - 1] == 2);
    assert(got[got_count - 1].type == UPBIT_TYPE_CLOSED);
}

/* ---- the consumer leaves: nothing leaks and nothing is freed twice ---- */

static void io_leaving(void)
{
    push(UPBIT_TYPE_TRADE, 1);
    commit();
    push(UPBIT_TYPE_TRADE, 2);
    commit();
    upbit__inbox_destroy(in);
}

static void check_leaving(void)
{
}

enum { two_lanes, full, barrier, lossless, control, leaving };

/* ---- the frame of all scenes ---- */

static void *io(void *unused)
{
    upbit__pool_adopt(pool);
    JOINED(io_, SCENE)();
    return unused;
}

/* 1: stopped by the budget. */
static int drain(int budget)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    void *owner;
    for (; budget > 0; budget--) {
        int r = upbit__waiter_take(waiter, &owner, &d);
        assert(r >= 0);
        if (r == 0)
            return 0;
        assert(got_count < LOG);
        got[got_count].type = d.event->type;
        got[got_count++].value = d.event->type == UPBIT_TYPE_GAP
                                     ? (int64_t)((const upbit_gap *)(const void *)d.event)->count
                                     : d.event->exchange_ms;
        upbit_event_unref(d.event);
    }
    return 1;
}

static void *consumer(void *unused)
{
    for (int i = 0; i < drains; i++)
        drain(BUDGET);
    if (SCENE == leaving) {
        upbit__inbox_detach(in);
        drain(BUDGET);
    }
    return unused;
}

int main(void)
{
    drains = SCENE == leaving ? 1 : 2;
    got_count = 0;
    upbit__inbox_config config;
    int r = upbit__pool_create(&pool, 1 << 16);
    assert(r == 0);
    upbit__batch_init(&batch, pool);
    r = upbit__waiter_create(&waiter);
    assert(r == 0);
    upbit__inbox_config_init(&config, NULL);
    config.batch = &batch;
    config.waiter = waiter;
    config.messages = config.lossless_messages = 2;
    r = upbit__inbox_create(&in, &config);
    assert(r == 0);
    (void)r;
    LITMUS_NAME(in->idle.on);
    LITMUS_NAME(in->open);
    LITMUS_NAME(in->closed);
    LITMUS_NAME(in->detached);
    LITMUS_NAME(in->overflow);
    LITMUS_NAME(in->refs);
    LITMUS_NAME(in->first_lane.fifo.head);
    LITMUS_NAME(in->first_lane.fifo.tail);
    LITMUS_NAME(in->latest.dirty.top);
    LITMUS_NAME(in->ring.tail);
    LITMUS_NAME(waiter->armed.on);
    LITMUS_NAME(waiter->ready.top);

    pthread_t a = litmus_start(io), b = litmus_start(consumer);
    litmus_join(a);
    litmus_join(b);

    int before = got_count, left = SCENE != leaving;
    int rings = left && is_readable(waiter->fd);
    for (int i = 0; left && i < 3; i++)
        drain(LOG);
    assert((got_count == before || rings) && "lost wake-up");
    JOINED(check_, SCENE)();
    if (left) {
        upbit__inbox_detach(in);
        upbit__inbox_destroy(in);
    }
    upbit__waiter_unref(waiter);
    upbit__pool_release(pool);
    return 0;
}
