#include "tape.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check_main.h"
#include "support/ways.h"

enum { KNOWN = 4096 }; /* trades the mock remembers */

tape *tape_new(upbit_proxy *proxy)
{
    tape *t = calloc(1, sizeof *t);
    t->proxy = proxy;
    return t;
}

void tape_free(tape *t)
{
    upbit_proxy_close(t->proxy);
    free(t);
}

static void tape_put(tape *t, const upbit_event *e)
{
    ck_assert_uint_lt(t->count, TAPE);
    const upbit_trade *trade = upbit_event_trade(e);
    const upbit_gap *gap = upbit_event_gap(e);
    note *n = &t->at[t->count];
    if (gap != NULL && gap->count > 0) {
        ck_assert_msg(t->may_drop, "%llu events dropped", (unsigned long long)gap->count);
        t->dropped += gap->count;
        return;
    }
    if (e->type == UPBIT_TYPE_TICKER && e->epoch == t->epoch)
        t->tickers++;
    if (trade == NULL && gap == NULL)
        return;
    t->count++;
    *n = (note){.hole = gap != NULL, .origin = e->origin, .stream = e->stream, .epoch = e->epoch};
    memcpy(n->code, e->code, sizeof n->code);
    ck_assert_uint_ge(e->epoch, t->epoch); /* within a lane epochs never go back */
    if (e->epoch > t->epoch)
        t->live = t->tickers = 0;
    t->epoch = e->epoch;
    if (gap != NULL) {
        ck_assert_int_eq((int)gap->lane_type, UPBIT_TYPE_TRADE);
        n->after = gap->after_ms;
        n->before = gap->before_ms;
        t->holes++;
        return;
    }
    n->id = trade->sequential_id;
    n->ms = trade->trade_timestamp;
    t->filled += e->origin == UPBIT_ORIGIN_BACKFILL;
    t->live += e->origin == UPBIT_ORIGIN_STREAM;
}

void tape_drain(tape *t)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    while (upbit_proxy_next(t->proxy, &d) == 1) {
        tape_put(t, d.event);
        ways_check_event(d.event);
        upbit_event_unref(d.event);
    }
}

void tape_run(tape *t, uint32_t epoch, size_t live)
{
    double end = stream_now() + 20;
    for (tape_drain(t); t->epoch < epoch || t->live < live; tape_drain(t)) {
        ck_assert_msg(stream_now() < end, "epoch %u, %zu live, %zu in all", t->epoch, t->live,
                      t->count);
        poll(&(struct pollfd){upbit_proxy_fd(t->proxy), POLLIN, 0}, 1, 100);
    }
}

/* The newest trades of a code that the mock knows, oldest first. */
static size_t oracle(const mock *m, int64_t ids[KNOWN], const char *code)
{
    static int64_t newest_first[KNOWN + 500];
    char path[120];
    size_t count = 0, before;
    do {
        before = count;
        char cursor[40] = "";
        if (count > 0)
            snprintf(cursor, sizeof cursor, "&cursor=%lld", (long long)newest_first[count - 1]);
        snprintf(path, sizeof path, "/v1/trades/ticks?market=%s&count=500%s", code, cursor);
        int status = mock_call(m, "GET", path, "");
        if (status == 429) { /* 10 in a second */
            poll(NULL, 0, 100);
            before = count + 1;
            continue;
        }
        ck_assert_int_eq(status, 200);
        static const char name[] = "\"sequential_id\":";
        for (const char *at = mock_answer(); (at = strstr(at, name)) != NULL;) {
            at += sizeof name - 1;
            newest_first[count++] = strtoll(at, NULL, 10);
        }
    } while (count != before && count < KNOWN);
    if (count > KNOWN)
        count = KNOWN;
    for (size_t i = 0; i < count; i++)
        ids[i] = newest_first[count - 1 - i];
    return count;
}

size_t tape_check(const tape *t, const mock *m, const char *code)
{
    static int64_t ids[KNOWN];
    size_t known = oracle(m, ids, code), at = 0, needed = 0, checked = 0;
    const note *last = NULL, *hole = NULL;
    for (size_t i = 0; i < t->count; i++) {
        const note *n = &t->at[i];
        if (strcmp(n->code, code) != 0)
            continue;
        if (n->hole) {
            ck_assert_ptr_nonnull(last);
            ck_assert_int_le(n->after, n->before);
            hole = n;
            continue;
        }
        if (last != NULL)
            ck_assert_msg(n->id > last->id, "%lld behind %lld", (long long)n->id,
                          (long long)last->id);
        if (n->id < ids[0]) { /* before what the mock remembers */
            last = n;
            continue;
        }
        while (at < known && ids[at] < n->id && (last == NULL || ids[at] <= last->id))
            at++;
        if (last != NULL && at < known && ids[at] != n->id) {
            ck_assert_msg(hole != NULL, "%lld is missing, no GAP", (long long)ids[at]);
            needed++;
            while (at < known && ids[at] < n->id) {
                int64_t ms = ids[at++] / 10000;
                ck_assert_msg(ms >= hole->after && ms <= hole->before, "%lld is not in the GAP",
                              (long long)ms);
            }
        }
        ck_assert_msg(at < known && ids[at] == n->id, "%lld is not a trade", (long long)n->id);
        if (n->origin == UPBIT_ORIGIN_BACKFILL)
            ck_assert_int_eq(n->stream, UPBIT_STREAM_REALTIME);
        last = n;
        hole = NULL;
        checked++;
    }
    ck_assert_uint_gt(checked, 0);
    return needed;
}
