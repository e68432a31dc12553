/* A week of the exchange's clock at speed: what goes on for days must cost nothing by the day, and
 * what happens once a day must go right every day.
 *
 *     week [--hours H] [--scale X]
 *
 * The mock's clock and the library's run X times as fast, from 23:00 UTC on. Two widgets stream
 * tickers, trades, books, candles of three units, orders and balances. Every day at midnight the
 * market's sums begin anew; at noon all connections end, and a market is listed and another one
 * taken off. Private connections end unless they are renewed in time. A line a day; TAP. */
#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/stream.h"
#include "upbit-live/credentials.h"

/* Sanitizers keep what was freed for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RSS_IS_OURS false
#else
#define RSS_IS_OURS true
#endif

#define BEGIN_MS INT64_C(1785279600000) /* 2026-07-28 23:00 UTC */
#define HOUR_MS  INT64_C(3600000)
#define DAY_MS   (24 * HOUR_MS)
#define LIFE_MS  600000 /* of a token, the library's default */

static double scale = 1000;
static int64_t real_begin_ns;
static mock exchange;
static upbit_manager *manager;
static int bad;

static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void wrong(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("# wrong: ", stdout);
    vprintf(format, list);
    putchar('\n');
    fflush(stdout);
    va_end(list);
    if (++bad > 50)
        exit(1);
}

/* All clocks of the library are one, so that nobody seems to have slept. */
static int64_t quick_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t real = (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec - real_begin_ns;
    return BEGIN_MS * UPBIT__MS + (int64_t)((double)real * scale);
}

static int64_t now_ms(void)
{
    return quick_ns() / UPBIT__MS;
}

/* What a machine that lets others wait takes of real time, it takes X times of this one. */
static void generous(upbit_options *o)
{
    o->ping_interval_ms = 60000;
    o->pong_timeout_ms = o->connect_timeout_ms = o->upgrade_timeout_ms = 3600000;
    o->send_timeout_ms = 3600000;
    o->silence_ms = 3600000;
    o->stale_ms = o->no_data_ms = 24 * 3600000;
    o->listing_ms = 600000;
    o->monitor_ms = 3600000;
    o->backoff_first_ms = 1000;
}

static upbit_stats stats(void)
{
    upbit_stats s = {0};
    upbit_manager_get_stats(manager, &s, sizeof s);
    return s;
}

static int entries_of(const char *path)
{
    int count = 0;
    DIR *d = opendir(path);
    for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        count += e->d_name[0] != '.';
    if (d != NULL)
        closedir(d);
    return count;
}

static long rss_kib(void)
{
    long pages = 0, size = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &size, &pages) != 2)
        wrong("no /proc/self/statm");
    if (f != NULL)
        fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* What one widget has seen. */
static struct seen {
    uint64_t events, trades, gaps, holes, orders, assets, delisted, errors, midnights, day_begins;
    int64_t last_id, last_day;
    int64_t window[3]; /* the newest, by unit */
    uint64_t windows[3];
    uint64_t number[16]; /* of the last event, by type */
    upbit_decimal volume;
} seen;

static const unsigned units[3] = {60, 3600, 14400};

static void see_ticker(const upbit_ticker *t)
{
    int64_t day = t->trade_timestamp / DAY_MS;
    if (strcmp(t->event.code, "KRW-BTC") != 0 || t->event.origin == UPBIT_ORIGIN_CACHE)
        return;
    int grew = upbit_decimal_compare(&t->acc_trade_volume, &seen.volume);
    if (seen.last_day != 0 && day == seen.last_day && grew < 0)
        wrong("the day's volume shrinks on day %" PRId64, day);
    if (seen.last_day != 0 && day > seen.last_day) {
        seen.midnights++;
        if (grew >= 0)
            wrong("the day's volume goes on over midnight");
    }
    if (day < seen.last_day)
        wrong("a ticker of the day before");
    seen.last_day = day;
    seen.volume = t->acc_trade_volume;
}

static void see_candle(const upbit_candle *c)
{
    for (int i = 0; i < 3; i++) {
        if (c->unit != units[i] || strcmp(c->event.code, "KRW-BTC") != 0)
            continue;
        if (c->start_ms % (units[i] * INT64_C(1000)) != 0)
            wrong("a candle of %u s begins at %" PRId64, units[i], c->start_ms);
        if (c->start_ms < seen.window[i])
            wrong("a candle of %u s goes back", units[i]);
        seen.windows[i] += c->start_ms > seen.window[i];
        seen.day_begins += units[i] == 14400 && c->start_ms > seen.window[i] &&
                           c->start_ms % DAY_MS == 0 && seen.window[i] != 0;
        seen.window[i] = c->start_ms;
    }
}

static void see(const upbit_delivery *d)
{
    const upbit_event *e = d->event;
    const upbit_gap *gap = upbit_event_gap(e);
    seen.events++;
    if (gap != NULL) {
        seen.gaps += gap->count;
        seen.holes += gap->count == 0;
        seen.number[gap->lane_type] = gap->count > 0 ? gap->last : d->number;
    } else if (e->type <= UPBIT_TYPE_RAW) {
        if ((e->type == UPBIT_TYPE_TRADE || e->type == UPBIT_TYPE_MY_ORDER) &&
            d->number != seen.number[e->type] + 1)
            wrong("%s %" PRIu64 " behind %" PRIu64, upbit_type_name(e->type), d->number,
                  seen.number[e->type]);
        seen.number[e->type] = d->number;
    }
    if (upbit_event_trade(e) != NULL && strcmp(e->code, "KRW-BTC") == 0) {
        int64_t id = upbit_event_trade(e)->sequential_id;
        if (id <= seen.last_id)
            wrong("trade %" PRId64 " after %" PRId64, id, seen.last_id);
        seen.last_id = id;
        seen.trades++;
    } else if (upbit_event_ticker(e) != NULL) {
        see_ticker(upbit_event_ticker(e));
    } else if (upbit_event_candle(e) != NULL) {
        see_candle(upbit_event_candle(e));
    }
    seen.orders += e->type == UPBIT_TYPE_MY_ORDER;
    seen.assets += e->type == UPBIT_TYPE_MY_ASSET;
    seen.delisted += e->type == UPBIT_TYPE_DELISTED;
    seen.errors += e->type == UPBIT_TYPE_ERROR;
}

static void take(upbit_proxy *const *p, int count)
{
    struct pollfd fds[2];
    for (int i = 0; i < count; i++)
        fds[i] = (struct pollfd){upbit_proxy_fd(p[i]), POLLIN, 0};
    poll(fds, (nfds_t)count, 5);
    for (int i = 0; i < count; i++) {
        upbit_delivery d = UPBIT_DELIVERY_INIT;
        while (upbit_proxy_next(p[i], &d) == 1) {
            if (i == 0)
                see(&d);
            upbit_event_unref(d.event);
        }
    }
}

static void order(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void order(const char *format, ...)
{
    char path[160];
    va_list list;
    va_start(list, format);
    vsnprintf(path, sizeof path, format, list);
    va_end(list);
    if (mock_call(&exchange, "POST", path, "") != 200)
        wrong("%s: %s", path, mock_answer());
}

/* The exchange's daily work: everybody is put out, and the list changes. */
static void noon(int day)
{
    static const char *const how[] = {"rst", "fin"};
    order("/mock/list?add=KRW-DAY%d%s%s", day, day > 1 ? "&remove=KRW-DAY" : "",
          day > 1 ? (char[]){(char)('0' + (day - 1) % 10), '\0'} : "");
    order("/mock/cut?how=%s&stream=all", how[day % 2]);
}

static void subscribe(upbit_proxy *p)
{
    for (int type = UPBIT_TYPE_TICKER; type <= UPBIT_TYPE_ORDERBOOK; type++)
        stream_want(p, upbit_proxy_subscribe, type, "KRW-*", 0);
    for (int i = 0; i < 3; i++) {
        upbit_want want = UPBIT_WANT_INIT;
        want.type = UPBIT_TYPE_CANDLE;
        want.candle_unit = units[i];
        stream_want_full(p, upbit_proxy_subscribe, want, "KRW-BTC", 0);
    }
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_MY_ORDER, "", 0);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_MY_ASSET, "", 0);
}

static void begin(upbit_proxy *p[2])
{
    static const upbit__clock clock = {quick_ns, quick_ns, quick_ns};
    char factor[24], start[24], life[24];
    snprintf(factor, sizeof factor, "%g", scale);
    snprintf(start, sizeof start, "%" PRId64, BEGIN_MS);
    snprintf(life, sizeof life, "%d", 4 * LIFE_MS / 1000);
    const char *const arguments[] = {"--codes",
                                     "10",
                                     "--rate",
                                     "300",
                                     "--time-scale",
                                     factor,
                                     "--start-ms",
                                     start,
                                     "--private-rate",
                                     "20",
                                     "--token-life",
                                     life,
                                     "--idle-timeout",
                                     "0",
                                     "--journal",
                                     "1000",
                                     NULL};
    struct timespec t;
    mock_start(&exchange, arguments);
    clock_gettime(CLOCK_MONOTONIC, &t);
    real_begin_ns = (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
    upbit__clock_set(&clock);
    manager = stream_manager(&exchange, generous);
    if (upbit_manager_set_credentials(manager, "test-access", "test-secret") != 0)
        wrong("no keys");
    for (int i = 0; i < 2; i++) {
        p[i] = stream_proxy(manager, i == 0 ? "watcher" : "second", NULL);
        subscribe(p[i]);
    }
}

static void tell(int64_t hours, uint64_t renewals)
{
    upbit_stats s = stats();
    printf("# hour %" PRId64 ": RSS %ld KiB, %d descriptors, %d threads, %" PRIu64
           " events, %" PRIu64 " renewals, %" PRIu64 " reconnects, %" PRIu64 " holes, %" PRIu64
           " bytes of events\n",
           hours, rss_kib(), entries_of("/proc/self/fd"), entries_of("/proc/self/task"),
           seen.events, renewals, s.reconnects, seen.holes, s.memory_bytes);
    fflush(stdout);
}

static void judge(int64_t hours)
{
    upbit_stats s = stats();
    int64_t days = (hours + 23) / 24; /* it begins an hour before midnight */
    if (seen.midnights != (uint64_t)days || seen.day_begins != (uint64_t)days)
        wrong("%" PRIu64 " midnights of the ticker and %" PRIu64 " of the candles in %" PRId64
              " days",
              seen.midnights, seen.day_begins, days);
    /* Minutes may be without a trade, and a machine may sleep through some; hours not. */
    if (seen.windows[1] + 2 < (uint64_t)hours)
        wrong("%" PRIu64 " candles of an hour in %" PRId64 " hours", seen.windows[1], hours);
    if (s.decode_errors != 0 || s.events_refused != 0)
        wrong("%" PRIu64 " messages rejected, %" PRIu64 " events refused", s.decode_errors,
              s.events_refused);
    /* Four fifths of its life; a busy machine is late. */
    if (s.renewals < (uint64_t)(hours * HOUR_MS / LIFE_MS / 2))
        wrong("%" PRIu64 " renewals in %" PRId64 " hours", s.renewals, hours);
    if (seen.orders == 0 || seen.assets == 0 || seen.trades == 0)
        wrong("%" PRIu64 " orders, %" PRIu64 " balances, %" PRIu64 " trades", seen.orders,
              seen.assets, seen.trades);
    if (s.state != UPBIT_STATE_LIVE)
        wrong("at the end it is %s", upbit_state_name((int)s.state));
}

int main(int argc, char **argv)
{
    int64_t hours = 2;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--hours") == 0)
            hours = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--scale") == 0)
            scale = strtod(argv[i + 1], NULL);
        else
            argc = 0;
    }
    if (argc % 2 == 0 || hours < 1 || scale < 1 || scale > 10000) {
        fprintf(stderr, "usage: %s [--hours H] [--scale X], X from 1 to 10000\n", argv[0]);
        return 2;
    }
    upbit_proxy *p[2];
    begin(p);
    int descriptors = 0, threads = 0, day = 0;
    long rss = 0;
    int64_t warm_ms = BEGIN_MS + hours * HOUR_MS / 4, told_ms = BEGIN_MS;
    for (int64_t now; (now = now_ms()) < BEGIN_MS + hours * HOUR_MS;) {
        take(p, 2);
        if (rss == 0 && now > warm_ms) {
            rss = rss_kib();
            descriptors = entries_of("/proc/self/fd");
            threads = entries_of("/proc/self/task");
        }
        if (now > BEGIN_MS + 13 * HOUR_MS + day * DAY_MS)
            noon(++day);
        if (now > told_ms + DAY_MS) {
            told_ms += DAY_MS;
            tell((now - BEGIN_MS) / HOUR_MS, stats().renewals);
        }
    }
    double end = stream_now() + 25; /* the last noon's reconnect */
    while (stats().state != UPBIT_STATE_LIVE && stream_now() < end)
        take(p, 2);
    tell(hours, stats().renewals);
    judge(hours);
    /* A connection on its way, a question or two: they come and go. */
    if (entries_of("/proc/self/fd") > descriptors + 8 || entries_of("/proc/self/task") != threads)
        wrong("%d descriptors and %d threads, there were %d and %d", entries_of("/proc/self/fd"),
              entries_of("/proc/self/task"), descriptors, threads);
    if (RSS_IS_OURS && rss_kib() > rss + 8192)
        wrong("RSS %ld KiB, it was %ld", rss_kib(), rss);
    for (int i = 0; i < 2; i++)
        upbit_proxy_close(p[i]);
    upbit_manager_release(manager);
    upbit__clock_set(NULL);
    mock_stop(&exchange);
    printf("1..1\n%s 1 - %" PRId64 " hours at %g times the speed\n", bad == 0 ? "ok" : "not ok",
           hours, scale);
    return bad > 0;
}
