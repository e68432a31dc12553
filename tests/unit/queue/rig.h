/* What the queue tests share: an inbox with all around it, events by the handful, and a drain that
 * writes down what it got as a line of text, so that a test is one comparison. */
#ifndef TESTS_QUEUE_RIG_H
#define TESTS_QUEUE_RIG_H

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/inbox.h"

typedef struct rig {
    upbit__pool *pool;
    upbit__batch batch;
    upbit__waiter *waiter;
    upbit__inbox *in;
} rig;

static inline void rig_open_budget(rig *r, const upbit_proxy_options *options, uint64_t budget)
{
    ck_assert_int_eq(upbit__pool_create(&r->pool, budget), 0);
    upbit__batch_init(&r->batch, r->pool);
    ck_assert_int_eq(upbit__waiter_create(&r->waiter), 0);
    upbit__inbox_config config;
    ck_assert_int_eq(upbit__inbox_config_init(&config, options), 0);
    config.batch = &r->batch;
    config.waiter = r->waiter;
    config.owner = r;
    ck_assert_int_eq(upbit__inbox_create(&r->in, &config), 0);
}

static inline void rig_open(rig *r, const upbit_proxy_options *options)
{
    rig_open_budget(r, options, 64 << 20);
}

static inline void rig_close(rig *r)
{
    upbit__inbox_detach(r->in);
    upbit__inbox_destroy(r->in);
    upbit__waiter_unref(r->waiter);
    upbit__pool_collect(r->pool);
    ck_assert_uint_eq(upbit__pool_bytes(r->pool), 0); /* every event came back */
    upbit__pool_release(r->pool);
}

/* One reference, value in exchange_ms. */
static inline upbit_event *event_sized(rig *r, int type, int64_t value, size_t size)
{
    upbit_event *e = upbit__pool_allocate(r->pool, size);
    ck_assert_ptr_nonnull(e);
    e->type = (uint16_t)type;
    e->epoch = 1;
    e->exchange_ms = value;
    return e;
}

static inline upbit_event *event_of(rig *r, int type, int64_t value)
{
    return event_sized(r, type, value, sizeof(upbit_event));
}

static inline upbit_event *error_of(rig *r, int64_t value)
{
    upbit_error_event *e = (upbit_error_event *)(void *)event_sized(
        r, UPBIT_TYPE_ERROR, value, sizeof(upbit_error_event));
    memset((char *)e + sizeof e->event, 0, sizeof *e - sizeof e->event);
    e->count = 1;
    return &e->event;
}

/* A GAP of unknown size in the lane of a type. */
static inline int push_hole(rig *r, int type, uint32_t epoch)
{
    upbit_gap *g = (upbit_gap *)(void *)event_sized(r, UPBIT_TYPE_GAP, 0, sizeof(upbit_gap));
    memset((char *)g + sizeof g->event, 0, sizeof *g - sizeof g->event);
    g->event.epoch = epoch;
    g->lane_type = (uint32_t)type;
    return upbit__inbox_push_into(r->in, type, &g->event);
}

static inline void push(rig *r, int type, int64_t from, int64_t to)
{
    for (int64_t v = from; v <= to; v++)
        upbit__inbox_push(r->in, event_of(r, type, v));
}

/* "#3=30": number 3, value 30. "gap(2,1-2)": count, first-last. "epoch(0:1)": session, epoch. */
static inline void describe(const upbit_delivery *d, char *out, size_t size)
{
    const upbit_event *e = d->event;
    long long value = e->exchange_ms;
    switch (e->type) {
    case UPBIT_TYPE_GAP: {
        const upbit_gap *g = (const upbit_gap *)(const void *)e;
        if (d->number != 0)
            snprintf(out, size, "hole%u#%llu ", g->lane_type, (unsigned long long)d->number);
        else
        snprintf(out, size, "gap%u(%llu,%llu-%llu) ", g->lane_type, (unsigned long long)g->count,
                 (unsigned long long)g->first, (unsigned long long)g->last);
        break;
    }
    case UPBIT_TYPE_EPOCH: {
        const upbit_epoch_event *p = (const upbit_epoch_event *)(const void *)e;
        snprintf(out, size, "epoch%u(%u>%u) ", p->session, p->previous, e->epoch);
        break;
    }
    case UPBIT_TYPE_OVERFLOW:
        snprintf(out, size, "overflow%u ",
                 ((const upbit_overflow_event *)(const void *)e)->lane_type);
        break;
    case UPBIT_TYPE_ERROR:
        snprintf(out, size, "error(%lld,%u) ", value,
                 ((const upbit_error_event *)(const void *)e)->count);
        break;
    case UPBIT_TYPE_REPLY:
        snprintf(out, size, "reply%llu ", (unsigned long long)d->request_id);
        break;
    case UPBIT_TYPE_STATE:
        snprintf(out, size, "state=%lld ", value);
        break;
    case UPBIT_TYPE_CLOSED:
        snprintf(out, size, "closed ");
        break;
    default:
        if (d->number != 0)
            snprintf(out, size, "%u#%llu=%lld ", e->type, (unsigned long long)d->number, value);
        else
            snprintf(out, size, "%u=%lld ", e->type, value);
    }
}

/* Takes at most `most` events and says what they were; "." at the end: empty; "!": closed. */
static inline const char *take_some(rig *r, int most)
{
    static char text[1 << 16];
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < most; i++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        int got = upbit__inbox_take(r->in, &d);
        if (got <= 0) {
            snprintf(text + length, sizeof text - length, got == 0 ? "." : "!");
            return text;
        }
        describe(&d, text + length, sizeof text - length);
        length += strlen(text + length);
        upbit_event_unref(d.event);
    }
    return text;
}

static inline const char *take_all(rig *r)
{
    return take_some(r, 1 << 30);
}

static inline int readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

#endif
