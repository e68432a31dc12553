#include "session.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inject.h"
#include "report.h"
#include "support/journal.h"
#include "support/stream.h"
#include "support/ways.h"
#include "upbit-live/credentials.h"

#define TRIES      40 /* more than a burst has */
#define TRADES_MAX 4096
#define HOLES_MAX  16

enum { A, B };

double session_patience = 20; /* nothing takes a tenth of it */

/* What the two widgets got. A has a waiter of its own, B one that could be shared. */
static upbit_manager *manager;
static upbit_proxy *proxies[2];
static upbit_waiter *waiter;
static struct got {
    uint64_t reply_id;
    int reply_error, closed, errors;
    uint32_t epoch; /* of A's newest trade */
    int books, tickers[3], orders, assets, rows;
    int64_t trades[TRADES_MAX];
    char gap_before[TRADES_MAX];
    size_t trade_count;
    struct hole {
        int64_t after_ms, before_ms;
    } holes[HOLES_MAX];
    size_t hole_count;
    uint64_t number;
    int gap;
} got;
static uint64_t next_id;

void require(int so, const char *format, ...)
{
    if (so)
        return;
    char text[256];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    report("  %s", text);
    _exit(1);
}

/* An error that a caller understands. Returns whether there was one. */
static int is_error(const char *what, int error)
{
    if (error >= 0)
        return 0;
    require(strcmp(upbit_error_name(error), "UNKNOWN") != 0, "%s: %d is no error", what, error);
    ways_check(error, strcmp(what, "reply") == 0 ? WAY_REPLY : WAY_RETURN, what);
    require(inject_failed() > 0, "%s: %s %s, and nothing failed", what, upbit_error_name(error),
            upbit_error_detail());
    return 1;
}

/* What could be had of a hole stands behind its GAP, with what is missing anywhere between. */
static int in_a_hole(int64_t id)
{
    int64_t ms = id / 10000; /* the mock's ids are times */
    for (size_t i = 0; i < got.hole_count; i++)
        if (ms >= got.holes[i].after_ms && ms <= got.holes[i].before_ms)
            return 1;
    return 0;
}

/* What found no memory was told by a GAP. After a cut REST brings it all the same: late, but in
 * that hole, and never twice. */
static int fills_a_gap(int64_t id)
{
    size_t i = 0;
    while (i < got.trade_count && got.trades[i] < id)
        i++;
    return i < got.trade_count && got.trades[i] != id && (got.gap_before[i] || in_a_hole(id));
}

static void take_trade(const upbit_delivery *d, const upbit_trade *t)
{
    struct got *g = &got;
    if (d->event->origin == UPBIT_ORIGIN_CACHE || d->request_id != 0) {
        g->rows++;
        return;
    }
    require(d->number == g->number + 1, "trade number %llu behind %llu",
            (unsigned long long)d->number, (unsigned long long)g->number);
    g->number = d->number;
    require(d->event->epoch >= g->epoch, "epoch %u behind %u", d->event->epoch, g->epoch);
    g->epoch = d->event->epoch;
    if (d->event->origin == UPBIT_ORIGIN_BACKFILL && fills_a_gap(t->sequential_id))
        return;
    require(g->trade_count < TRADES_MAX, "too many trades");
    g->gap_before[g->trade_count] = (char)g->gap;
    g->trades[g->trade_count++] = t->sequential_id;
    g->gap = 0;
}

static void take_gap(const upbit_delivery *d, const upbit_gap *gap)
{
    if (gap->lane_type != UPBIT_TYPE_TRADE)
        return;
    if (gap->count > 0) {
        require(gap->first == got.number + 1, "a gap from %llu behind %llu",
                (unsigned long long)gap->first, (unsigned long long)got.number);
        got.number = gap->last;
    } else {
        require(d->number == got.number + 1, "a hole's number");
        require(got.hole_count < HOLES_MAX, "too many holes");
        got.number = d->number;
        got.holes[got.hole_count++] = (struct hole){gap->after_ms, gap->before_ms};
        return;
    }
    got.gap = 1;
}

static void take(int who, const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    ways_check_event(e);
    if (upbit_event_reply(e) != NULL) {
        got.reply_id = d->request_id;
        got.reply_error = upbit_event_reply(e)->error;
    } else if (upbit_event_error(e) != NULL) {
        got.errors++;
    } else if (e->type == UPBIT_TYPE_CLOSED) {
        got.closed++;
    } else if (who == A && upbit_event_trade(e) != NULL) {
        take_trade(d, upbit_event_trade(e));
    } else if (who == A && upbit_event_gap(e) != NULL) {
        take_gap(d, upbit_event_gap(e));
    } else if (e->type == UPBIT_TYPE_ORDERBOOK) {
        got.books++;
    } else if (e->type == UPBIT_TYPE_TICKER) {
        got.tickers[0] += strcmp(e->code, "KRW-BTC") == 0;
        got.tickers[1] += strcmp(e->code, "KRW-ETH") == 0;
        got.tickers[2] += strcmp(e->code, "KRW-XRP") == 0;
    } else if (e->type == UPBIT_TYPE_CANDLE) {
        got.rows++;
    } else if (e->type == UPBIT_TYPE_MY_ORDER) {
        got.orders++;
    } else if (e->type == UPBIT_TYPE_MY_ASSET) {
        got.assets++;
    }
    upbit_event_unref(e);
}

static void pump(void)
{
    upbit_delivery d = UPBIT_DELIVERY_INIT;
    upbit_proxy *of = NULL;
    while (proxies[A] != NULL && upbit_proxy_next(proxies[A], &d) == 1)
        take(A, &d);
    while (waiter != NULL && upbit_waiter_next(waiter, &of, &d) == 1)
        take(B, &d);
}

/* Until *what >= least; everything is taken meanwhile. */
#define AWAIT(what, least)                                                                         \
    do {                                                                                           \
        double until = stream_now() + session_patience;                                            \
        for (pump(); !((what) >= (least)); pump()) {                                               \
            require(stream_now() < until, "no more than %lld of " #what, (long long)(what));       \
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);                               \
        }                                                                                          \
    } while (0)

/* A command and its REPLY; again while it is answered with an error. */
static void command(int who, stream_command *what, upbit_want want, const char *codes)
{
    for (int i = 0;; i++) {
        require(i < TRIES, "a command fails again and again");
        got.reply_id = 0;
        uint64_t id = ++next_id;
        int error;
        if (what == NULL)
            error = upbit_proxy_unsubscribe_all(proxies[who], id);
        else
            error = stream_want_full(proxies[who], what, want, codes, id);
        if (is_error("command", error))
            continue;
        AWAIT(got.reply_id, id);
        if (!is_error("reply", got.reply_error))
            return;
    }
}

static int ask(upbit_proxy *p, const upbit_want *want, uint64_t id)
{
    return upbit_proxy_get_snapshot(p, want, 0, id);
}

static upbit_want want_of(int type, uint32_t count)
{
    upbit_want want = UPBIT_WANT_INIT;
    want.type = type;
    want.count = count;
    if (type == UPBIT_TYPE_CANDLE)
        want.candle_unit = UPBIT_CANDLE_1M;
    return want;
}

static void no_log(void *context, int level, const char *module, const char *line)
{
    (void)context;
    if (getenv("TEST_VERBOSE") != NULL)
        fprintf(stderr, "# %d %s %s\n", level, module, line);
}

static void open_manager_with(upbit_options o, const mock *m, const char *ca_file,
                              const char *recording)
{
    o.url = m->url;
    o.ca_file = ca_file;
    o.replay_file = recording;
    o.replay_speed = -1;
    o.log = no_log;
    o.log_level = UPBIT_LOG_DEBUG;
    o.settle_ms = 10;
    o.settle_max_ms = 50;
    o.backoff_first_ms = 20;
    o.connect_timeout_ms = 2000;
    o.upgrade_timeout_ms = 2000;
    o.ping_interval_ms = 500;
    o.pong_timeout_ms = 2000;
    o.limit_strategy = UPBIT_LIMIT_AGGRESSIVE;
    o.limit_sharing = UPBIT_ON;
    int error;
    for (int i = 0; is_error("manager", error = upbit_manager_create(&manager, &o)); i++) {
        require(i < TRIES, "no manager: %s", upbit_error_name(error));
        if (o.trace_file != NULL)
            unlink(o.trace_file); /* what is there is not written into */
    }
}

static void open_manager(const mock *m, const char *ca_file, const char *recording)
{
    open_manager_with((upbit_options)UPBIT_OPTIONS_INIT, m, ca_file, recording);
}

static void open_proxies(void)
{
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.queue_messages = 4096;
    for (int i = 0; is_error("proxy", upbit_proxy_open(&proxies[A], manager, "a", &o)); i++)
        require(i < TRIES, "no proxy");
    for (int i = 0; is_error("waiter", upbit_waiter_create(&waiter)); i++)
        require(i < TRIES, "no waiter");
    o = (upbit_proxy_options)UPBIT_PROXY_OPTIONS_INIT;
    o.waiter = waiter;
    for (int i = 0; is_error("proxy", upbit_proxy_open(&proxies[B], manager, "b", &o)); i++)
        require(i < TRIES, "no proxy");
}

/* The end, with everybody told. */
static void close_all(void)
{
    require(upbit_manager_shutdown(manager, 5000) == 0, "shutdown took too long");
    AWAIT(got.closed, 2);
    upbit_proxy_close(proxies[A]);
    upbit_proxy_close(proxies[B]);
    upbit_waiter_destroy(waiter);
    upbit_manager_release(manager);
}

/* Each trade between the first and the last is there, once, in order; or it lies in a hole that was
 * told, or a GAP that counts stands in its place. */
static void compare_trades(const mock *m)
{
    static int64_t ids[8192];
    inject_pause();
    size_t known = mock_trades(m, "KRW-BTC", ids, sizeof ids / sizeof *ids), at = 0;
    inject_resume();
    for (size_t i = 0; i < got.trade_count; i++) {
        while (at < known && ids[at] < got.trades[0])
            at++;
        long long before = i > 0 ? got.trades[i - 1] : 0;
        require(got.trades[i] > before, "trade %lld after %lld", (long long)got.trades[i], before);
        while (at < known && ids[at] < got.trades[i] && (got.gap_before[i] || in_a_hole(ids[at])))
            at++;
        require(at < known && ids[at] == got.trades[i],
                "trade %lld is missing, and no GAP tells it", at < known ? (long long)ids[at] : 0);
        at++;
    }
}

static int call(const mock *m, const char *path)
{
    inject_pause();
    int status = mock_call(m, "POST", path, "");
    inject_resume();
    return status;
}

void session_full(const place *at)
{
    open_manager(&at->plain, NULL, NULL);
    for (int i = 0;
         is_error("keys", upbit_manager_set_credentials(manager, "test-access", "test-secret"));
         i++)
        require(i < TRIES, "no keys");
    open_proxies();
    command(A, upbit_proxy_subscribe, want_of(UPBIT_TYPE_TRADE, 0), "KRW-BTC");
    command(A, upbit_proxy_subscribe, want_of(UPBIT_TYPE_ORDERBOOK, 0), "KRW-BTC");
    command(B, upbit_proxy_subscribe, want_of(UPBIT_TYPE_TICKER, 0), "KRW-*");
    AWAIT(got.trade_count, 2);
    AWAIT(got.books, 1);
    AWAIT(got.tickers[0], 1);
    AWAIT(got.tickers[1], 1);
    command(B, upbit_proxy_replace, want_of(UPBIT_TYPE_TICKER, 0), "KRW-XRP");
    got.tickers[2] = 0;
    AWAIT(got.tickers[2], 1);

    got.rows = 0;
    command(B, ask, want_of(UPBIT_TYPE_CANDLE, 3), "KRW-BTC,KRW-ETH");
    AWAIT(got.rows, 6);
    command(B, ask, want_of(UPBIT_TYPE_TRADE, 3), "KRW-ETH");
    command(B, ask, want_of(UPBIT_TYPE_TICKER, 0), "KRW-ETH");
    command(B, ask, want_of(UPBIT_TYPE_ORDERBOOK, 0), "KRW-ETH");

    command(B, upbit_proxy_subscribe, want_of(UPBIT_TYPE_MY_ORDER, 0), "");
    command(B, upbit_proxy_subscribe, want_of(UPBIT_TYPE_MY_ASSET, 0), "");
    AWAIT(got.orders, 4);
    AWAIT(got.assets, 1);
    got.assets = 0;
    command(B, ask, want_of(UPBIT_TYPE_MY_ASSET, 0), "");
    AWAIT(got.assets, 1);

    uint32_t epoch = got.epoch;
    require(call(&at->plain, "/mock/cut?how=rst&for_ms=300") == 200, "the mock cuts nothing");
    AWAIT(got.epoch, epoch + 1);
    size_t before = got.trade_count;
    AWAIT(got.trade_count, before + 2);
    got.orders = 0;
    AWAIT(got.orders, 2);
    got.tickers[2] = 0;
    AWAIT(got.tickers[2], 1);

    command(B, NULL, want_of(0, 0), "");
    close_all();
    compare_trades(&at->plain);
}

void session_tls(const place *at)
{
    open_manager(&at->tls, at->ca_file, NULL);
    open_proxies();
    command(A, upbit_proxy_subscribe, want_of(UPBIT_TYPE_TRADE, 0), "KRW-BTC");
    AWAIT(got.trade_count, 2);
    command(B, ask, want_of(UPBIT_TYPE_CANDLE, 3), "KRW-BTC");
    AWAIT(got.rows, 3);
    close_all();
}

static uint64_t without_memory(void)
{
    upbit_stats stats = {0};
    upbit_manager_get_stats(manager, &stats, sizeof stats);
    return stats.events_refused + stats.events_dropped;
}

void session_replay(const place *at)
{
    open_manager(&at->plain, NULL, at->recording);
    open_proxies();
    command(A, upbit_proxy_subscribe, want_of(UPBIT_TYPE_TRADE, 0), "KRW-BTC");
    /* A recording is played once: what cannot be read is told, and that is the end. Where there is
     * no memory for any of its events, nothing follows that a GAP could come before. */
    AWAIT(got.trade_count >= 3 || got.errors > 0 || got.gap > 0 || without_memory() > 0, 1);
    close_all();
}

/* ---- what desks and services use besides ---- */

static char paths[3][128]; /* the driver removes their directory */

static int look_inside(void)
{
    upbit_inspection *i = NULL;
    int error = upbit_manager_inspect(manager, &i, 10000);
    if (error == 0)
        require(upbit_inspection_proxy(i, 1) != NULL && upbit_inspection_want(i, 0) != NULL &&
                    upbit_inspection_session(i, 1) != NULL && upbit_inspection_limit(i, 0) != NULL,
                "an inspection lacks something");
    upbit_inspection_free(i);
    return error;
}

static int measure(void)
{
    static char text[1 << 17];
    int64_t n = upbit_manager_to_openmetrics(manager, text, sizeof text);
    require(n < 0 || strstr(text, "# EOF") != NULL, "metrics without an end");
    return n < 0 ? (int)n : 0;
}

static int write_metrics(void)
{
    return upbit_manager_write_openmetrics(manager, paths[0]);
}

/* A file that is there is not written into, and what failed may have made one. */
static int trace_private(void)
{
    static int number;
    char path[160];
    snprintf(path, sizeof path, "%s-%d", paths[2], ++number);
    return upbit_manager_set_trace(manager, UPBIT_SESSION_PRIVATE, path);
}

static int trace_no_more(void)
{
    return upbit_manager_set_trace(manager, UPBIT_SESSION_PRIVATE, NULL);
}

static int report_usage(void)
{
    return upbit_limiter_report(manager, UPBIT_LIMIT_GROUP_ORDER, 0, NULL, NULL);
}

static int set_keys(void)
{
    return upbit_manager_set_credentials(manager, "test-access", "test-secret");
}

static void until_done(const char *what, int (*work)(void))
{
    for (int i = 0; is_error(what, work()); i++)
        require(i < TRIES, "%s fails again and again", what);
}

static int acquire(upbit_proxy *p, const upbit_want *want, uint64_t id)
{
    (void)want;
    return upbit_limiter_acquire(p, UPBIT_LIMIT_GROUP_ORDER, 1, 5000, id);
}

static uint64_t private_epoch(void)
{
    upbit_stats stats = {0};
    upbit_manager_get_stats(manager, &stats, sizeof stats);
    return stats.private_epoch;
}

void session_desk(const place *at)
{
    static const char *const names[3] = {"metrics", "trace", "private"};
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s-%d", getenv("TMPDIR"), names[i], (int)getpid());
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.metrics_file = paths[0];
    o.metrics_interval_ms = 100;
    o.trace_file = paths[1];
    o.limit_group = "desk";
    o.token_life_ms = 1500;
    open_manager_with(o, &at->plain, NULL, NULL);
    until_done("keys", set_keys);
    open_proxies();
    upbit_want want = want_of(UPBIT_TYPE_ORDERBOOK, 0);
    upbit_decimal_from_int64(&want.book_level, 10000, 0);
    command(A, upbit_proxy_subscribe, want, "KRW-BTC");
    want = want_of(UPBIT_TYPE_TICKER, 0);
    want.flags = UPBIT_WANT_SNAPSHOT_ONLY;
    command(A, upbit_proxy_subscribe, want, "KRW-ETH,KRW-XRP");
    command(B, upbit_proxy_subscribe, want_of(UPBIT_TYPE_CANDLE, 0), "KRW-*");
    command(B, upbit_proxy_subscribe, want_of(UPBIT_TYPE_MY_ORDER, 0), "");
    AWAIT(got.orders, 2);
    AWAIT(got.books, 1);
    until_done("inspect", look_inside);
    until_done("metrics", measure);
    until_done("metrics into a file", write_metrics);
    until_done("a trace", trace_private);
    until_done("no trace", trace_no_more);
    command(A, acquire, want_of(0, 0), "");
    until_done("report", report_usage);
    want = want_of(UPBIT_TYPE_MY_ORDER, 10);
    want.orders = UPBIT_ORDERS_CLOSED;
    command(B, ask, want, "");
    command(B, ask, want_of(UPBIT_TYPE_MY_ORDER, 0), "");
    command(B, upbit_proxy_unsubscribe, want_of(UPBIT_TYPE_CANDLE, 0), "KRW-*");
    AWAIT(private_epoch(), 2); /* the connection is followed by another */
    require(call(&at->plain, "/mock/cut?how=rst") == 200, "the mock cuts nothing");
    int books = got.books;
    AWAIT(got.books, books + 1);
    close_all();
}
