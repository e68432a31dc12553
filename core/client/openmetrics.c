/* Families of metrics, one for each field of the statistics: its name with "upbit_" before it, in
 * base units (seconds, bytes), counters with "_total" behind. What has kinds has labels; histograms
 * have buckets at powers of two, which ours have exactly.
 *
 * docs/STATISTICS.md says what each field means; the help lines here say it in few words. */
#include "client/openmetrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "client/manager.h"
#include "client/statistics.h"

typedef enum kind { COUNTER, GAUGE } kind;
typedef enum unit { NUMBER, BYTES, MS, NS } unit;
typedef enum width { U64, U32, I64, DOUBLE } width;

typedef struct row {
    const char *name, *help;
    uint8_t kind, unit, width;
    size_t at;
} row;

#define ROW(field, name, kind, unit, width, help)                                                  \
    {                                                                                              \
        name, help, kind, unit, width, offsetof(upbit_stats, field)                                \
    }
#define COUNT(field, help)                ROW(field, #field, COUNTER, NUMBER, U64, help)
#define NOW(field, help)                  ROW(field, #field, GAUGE, NUMBER, U64, help)
#define NAMED(field, name, k, u, w, help) ROW(field, name, k, u, w, help)

static const row rows[] = {
    COUNT(messages_received, "WebSocket messages"),
    NAMED(bytes_received, "received_bytes", COUNTER, BYTES, U64, "Of the stream, after TLS"),
    NAMED(bytes_sent, "sent_bytes", COUNTER, BYTES, U64, "Of the stream, before TLS"),
    NAMED(bytes_decoded, "decoded_bytes", COUNTER, BYTES, U64, "Of messages, inflated"),
    COUNT(events_decoded, "Events decoded"),
    COUNT(decode_errors, "Messages rejected"),
    COUNT(events_unwanted, "Frames nobody wants any more"),
    COUNT(events_delivered, "Events handed to lanes"),
    COUNT(events_dropped, "Events pushed out of or refused by full lanes"),
    COUNT(events_coalesced, "Values replaced by newer ones"),
    COUNT(events_refused, "Events that did not fit the memory budget"),
    COUNT(events_repeated, "Repeats and older states left out"),
    COUNT(messages_ignored, "Status frames and the like"),
    COUNT(requests_sent, "Subscription requests"),
    COUNT(connects, "Connections that went live"),
    COUNT(reconnects, "Connections that went live after a cut"),
    COUNT(connect_failures, "Attempts that did not go live"),
    COUNT(losses, "Live connections lost"),
    COUNT(epoch_switches, "Epochs begun, of both sessions"),
    COUNT(pings_sent, "Pings sent"),
    COUNT(pongs_received, "Pongs received"),
    COUNT(exchange_errors, "Error frames"),
    COUNT(notifications, "Wake-ups of consumers"),
    COUNT(read_batches, "Turns of the loop that read data"),
    COUNT(rest_requests, "REST requests sent"),
    COUNT(rest_failures, "REST questions without a good answer"),
    COUNT(http_429, "Answers 429"),
    COUNT(http_418, "Answers 418"),
    COUNT(limit_waits, "Requests and connects that waited for a limit"),
    NAMED(limit_wait_ms, "limit_wait_seconds", COUNTER, MS, U64, "Time waited for limits"),
    NAMED(limit_wait_longest_ms, "limit_wait_longest_seconds", GAUGE, MS, U64,
          "The longest wait for a limit"),
    COUNT(snapshots, "Snapshots answered"),
    COUNT(snapshot_failures, "Snapshots answered with an error"),
    COUNT(clock_moved, "Events accepted though older by 5 s or more"),
    COUNT(trades_backfilled, "Trades missed in a cut and had back"),
    COUNT(holes_told, "Cuts after which trades stayed missing"),
    COUNT(verifications, "LIST_SUBSCRIPTIONS asked"),
    COUNT(repairs, "Requests repeated because it differed"),
    COUNT(messages_compressed, "Messages that came compressed"),
    NAMED(bytes_compressed, "compressed_bytes", COUNTER, BYTES, U64, "Payloads of those"),
    NAMED(bytes_inflated, "inflated_bytes", COUNTER, BYTES, U64, "What these inflated to"),
    COUNT(compression_faults, "Connections ended because of compression"),
    COUNT(renewals, "Private connections followed by one with a new token"),
    COUNT(renewal_failures, "Renewals that failed"),
    NAMED(io_cpu_ns, "io_cpu_seconds", COUNTER, NS, U64, "CPU time of the I/O thread"),
    COUNT(log_lines, "Lines logged"),
    COUNT(log_lines_held, "Lines kept back"),
    COUNT(trace_frames, "Frames written to traces"),
    COUNT(trace_failures, "Traces ended by an error"),
    NAMED(uptime_ms, "uptime_seconds", GAUGE, MS, U64, "Age of the manager"),
    NAMED(lag_ms, "lag_seconds", GAUGE, MS, I64, "Exchange to receipt of the last realtime event"),
    NAMED(clock_offset_ms, "clock_offset_seconds", GAUGE, MS, I64,
          "The exchange's clock minus this machine's"),
    NOW(proxies, "Open proxies"),
    NOW(keys, "Wanted keys"),
    NOW(queued, "Events waiting in all lanes"),
    NOW(queued_peak, "The most that ever waited for one proxy"),
    NAMED(dropped_per_min, "dropped_per_minute", GAUGE, NUMBER, U64, "Events, last 60 seconds"),
    NAMED(coalesced_per_min, "coalesced_per_minute", GAUGE, NUMBER, U64, "Values, last 60 seconds"),
    NAMED(messages_per_s, "messages_per_second", GAUGE, NUMBER, DOUBLE, "Last 10 seconds"),
    NAMED(bytes_per_s, "received_bytes_per_second", GAUGE, NUMBER, DOUBLE, "Last 10 seconds"),
    NAMED(inflated_per_s, "decoded_bytes_per_second", GAUGE, NUMBER, DOUBLE, "Last 10 seconds"),
    NAMED(compression, "compression_window_bits", GAUGE, NUMBER, U32,
          "Of the public stream; 0: not compressed"),
};

typedef struct page {
    upbit__buffer *to;
    int error;
} page;

static void put(page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(page *p, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (p->error == 0 && length > 0)
        p->error = upbit__buffer_append(
            p->to, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* Whole and fraction by integers: no locale may put a comma there. */
static void put_parts(page *p, int64_t value, int64_t per)
{
    int digits = per == 1000 ? 3 : per == 1000000 ? 6 : 9;
    uint64_t whole = value < 0 ? (uint64_t)-value : (uint64_t)value;
    put(p, "%s%" PRIu64 ".%0*" PRIu64 "\n", value < 0 ? "-" : "", whole / (uint64_t)per, digits,
        whole % (uint64_t)per);
}

static void head(page *p, const char *name, const char *type, const char *in, const char *help)
{
    put(p, "# TYPE upbit_%s %s\n", name, type);
    if (in != NULL)
        put(p, "# UNIT upbit_%s %s\n", name, in);
    put(p, "# HELP upbit_%s %s\n", name, help);
}

static void put_row(page *p, const row *r, const upbit_stats *s)
{
    const char *at = (const char *)s + r->at;
    int64_t value = 0;
    double real = 0;
    uint32_t narrow;
    if (r->width == U32) {
        memcpy(&narrow, at, sizeof narrow);
        value = narrow;
    } else if (r->width == DOUBLE) {
        memcpy(&real, at, sizeof real);
        value = (int64_t)(real * 1000);
    } else {
        memcpy(&value, at, sizeof value);
    }
    head(p, r->name, r->kind == COUNTER ? "counter" : "gauge",
         r->unit == BYTES    ? "bytes"
         : r->unit != NUMBER ? "seconds"
                             : NULL,
         r->help);
    put(p, "upbit_%s%s ", r->name, r->kind == COUNTER ? "_total" : "");
    if (r->unit == MS || r->width == DOUBLE)
        put_parts(p, value, 1000);
    else if (r->unit == NS)
        put_parts(p, value, 1000000000);
    else
        put(p, "%" PRId64 "\n", value);
}

static void put_kinds(page *p, const upbit_stats *s)
{
    head(p, "events_decoded_by_type", "counter", NULL, "Of the events decoded");
    for (int i = UPBIT_TYPE_TICKER; i < UPBIT_STATS_TYPES; i++)
        if (i <= UPBIT_TYPE_ANNOUNCEMENT || i == UPBIT_TYPE_RAW)
            put(p, "upbit_events_decoded_by_type_total{type=\"%s\"} %" PRIu64 "\n",
                upbit_type_name(i), s->decoded_by_type[i]);
    head(p, "connection_ends", "counter", NULL, "Connections lost and attempts failed, by why");
    for (int i = 0; i < UPBIT_STATS_ERRORS; i++)
        if (i <= -UPBIT_ERROR_SYSTEM)
            put(p, "upbit_connection_ends_total{error=\"%s\"} %" PRIu64 "\n", upbit_error_name(-i),
                s->ends_by_error[i]);
    head(p, "memory_bytes", "gauge", "bytes", "In use, by part");
    put(p, "upbit_memory_bytes{part=\"events\"} %" PRIu64 "\n", s->memory_bytes);
    put(p, "upbit_memory_bytes{part=\"free_events\"} %" PRIu64 "\n", s->memory_free_bytes);
    put(p, "upbit_memory_bytes{part=\"proxies\"} %" PRIu64 "\n", s->memory_proxy_bytes);
    put(p, "upbit_memory_bytes{part=\"keys\"} %" PRIu64 "\n", s->memory_key_bytes);
    put(p, "upbit_memory_bytes{part=\"streams\"} %" PRIu64 "\n", s->memory_stream_bytes);
    head(p, "memory_peak_bytes", "gauge", "bytes", "Of events, the most there were");
    put(p, "upbit_memory_peak_bytes %" PRIu64 "\n", s->memory_peak_bytes);
    head(p, "down_seconds", "counter", "seconds", "Without a live stream, from the first loss on");
    put(p, "upbit_down_seconds_total{session=\"public\"} ");
    put_parts(p, (int64_t)s->down_ms, 1000);
    put(p, "upbit_down_seconds_total{session=\"private\"} ");
    put_parts(p, (int64_t)s->private_down_ms, 1000);
    head(p, "epoch", "gauge", NULL, "Connections of the session, as events carry it");
    put(p, "upbit_epoch{session=\"public\"} %" PRIu32 "\n", s->epoch);
    put(p, "upbit_epoch{session=\"private\"} %" PRIu32 "\n", s->private_epoch);
    head(p, "state", "gauge", NULL, "upbit_state of the session: 4 is live");
    put(p, "upbit_state{session=\"public\"} %" PRIu32 "\n", s->state);
    put(p, "upbit_state{session=\"private\"} %" PRIu32 "\n", s->private_state);
}

/* From a microsecond to more than a minute. */
enum { POWER_FIRST = 4, POWER_LAST = 27 };

static void put_histogram(page *p, const char *name, const char *help, const upbit__distribution *d)
{
    char family[64];
    snprintf(family, sizeof family, "%s_seconds", name);
    head(p, family, "histogram", "seconds", help);
    for (unsigned power = POWER_FIRST; power <= POWER_LAST; power++) {
        /* A bucket holds what is at most its bound, ours what is below: they differ by a
         * microsecond of which the bound is one less. */
        uint64_t bound = ((uint64_t)1 << power) - 1;
        put(p, "upbit_%s_bucket{le=\"%" PRIu64 ".%06" PRIu64 "\"} %" PRIu64 "\n", family,
            bound / 1000000, bound % 1000000, upbit__distribution_below(d, power));
    }
    put(p, "upbit_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", family, d->count);
    put(p, "upbit_%s_count %" PRIu64 "\nupbit_%s_sum ", family, d->count, family);
    put_parts(p, (int64_t)d->sum_us, 1000000);
    snprintf(family, sizeof family, "%s_max_seconds", name);
    head(p, family, "gauge", "seconds", "The longest of these");
    put(p, "upbit_%s ", family);
    put_parts(p, (int64_t)d->max_us, 1000000);
}

static void put_histograms(page *p, upbit_manager *m)
{
    static const struct {
        const char *name, *help;
        size_t at;
    } of[] = {{"lag_receive", "Exchange to receipt of realtime events",
               offsetof(upbit__counters, lag_receive)},
              {"rest_latency", "REST requests, sending to answer",
               offsetof(upbit__counters, rest_latency)},
              {"turn", "Turns of the I/O thread's loop, without the waiting",
               offsetof(upbit__counters, turns)}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        upbit__distribution d = {0};
        upbit__distribution_add(
            &d, (const upbit__histogram *)(const void *)((const char *)&m->counters + of[i].at));
        put_histogram(p, of[i].name, of[i].help, &d);
    }
    upbit__proxy_sums sums;
    upbit__proxies_sum(m, &sums);
    put_histogram(p, "lag_consumer", "Receipt to the consumer's thread", &sums.lag);
}

static void put_health(page *p, upbit_manager *m)
{
    static const char *const names[] = {"public", "private"};
    static const struct {
        uint32_t bit;
        const char *name;
    } reasons[] = {{UPBIT_REASON_CONNECTING, "connecting"},
                   {UPBIT_REASON_RECONNECTING, "reconnecting"},
                   {UPBIT_REASON_SILENT, "silent"},
                   {UPBIT_REASON_CLOSED, "closed"},
                   {UPBIT_REASON_REFUSED, "refused"},
                   {UPBIT_REASON_LIMITED, "limited"},
                   {UPBIT_REASON_COMPRESSION, "compression"},
                   {UPBIT_REASON_CLOCK, "clock"},
                   {UPBIT_REASON_DROPPING, "dropping"},
                   {UPBIT_REASON_MEMORY, "memory"},
                   {UPBIT_REASON_BAD_MESSAGES, "bad_messages"},
                   {UPBIT_REASON_POLLING, "polling"},
                   {UPBIT_REASON_PRIVATE, "private"}};
    upbit_health h[3] = {0};
    for (int i = 0; i < 2; i++)
        (void)upbit_manager_get_stream_health(m, i, &h[i], sizeof h[i]);
    (void)upbit_manager_get_health(m, &h[2], sizeof h[2]);
    head(p, "health", "gauge", NULL, "0 healthy, 1 degraded, 2 critical");
    for (int i = 0; i < 3; i++)
        put(p, "upbit_health{session=\"%s\"} %d\n", i < 2 ? names[i] : "all", (int)h[i].level);
    head(p, "health_since_seconds", "gauge", "seconds", "Unix time since when it is so");
    for (int i = 0; i < 3; i++) {
        put(p, "upbit_health_since_seconds{session=\"%s\"} ", i < 2 ? names[i] : "all");
        put_parts(p, h[i].since_ms, 1000);
    }
    head(p, "health_reason", "gauge", NULL, "1 while it is one of the reasons");
    for (int i = 0; i < 3; i++)
        for (size_t r = 0; r < sizeof reasons / sizeof *reasons; r++)
            put(p, "upbit_health_reason{session=\"%s\",reason=\"%s\"} %d\n",
                i < 2 ? names[i] : "all", reasons[r].name, (h[i].reasons & reasons[r].bit) != 0);
}

static void put_proxies(page *p, upbit_manager *m)
{
    static const struct {
        const char *name, *help;
        kind kind;
        size_t at;
    } of[] = {
        {"proxy_delivered", "Events taken", COUNTER, offsetof(upbit_proxy_stats, delivered)},
        {"proxy_dropped", "Events never got", COUNTER, offsetof(upbit_proxy_stats, dropped)},
        {"proxy_coalesced", "Values replaced", COUNTER, offsetof(upbit_proxy_stats, coalesced)},
        {"proxy_gaps", "GAP events made", COUNTER, offsetof(upbit_proxy_stats, gaps)},
        {"proxy_queued", "Events waiting", GAUGE, offsetof(upbit_proxy_stats, queued)},
        {"proxy_queued_peak", "The most", GAUGE, offsetof(upbit_proxy_stats, queued_peak)},
        {"proxy_dropped_per_minute", "Last minute", GAUGE,
         offsetof(upbit_proxy_stats, dropped_per_min)},
        {"proxy_coalesced_per_minute", "Last minute", GAUGE,
         offsetof(upbit_proxy_stats, coalesced_per_min)}};
    upbit__proxy_row *list;
    size_t count;
    if (p->error == 0)
        p->error = upbit__proxies_list(m, &list, &count);
    if (p->error != 0)
        return;
    for (size_t f = 0; f < sizeof of / sizeof *of; f++) {
        head(p, of[f].name, of[f].kind == COUNTER ? "counter" : "gauge", NULL, of[f].help);
        for (size_t i = 0; i < count; i++) { /* a client_id needs no escaping */
            uint64_t value;
            memcpy(&value, (const char *)&list[i].stats + of[f].at, sizeof value);
            put(p, "upbit_%s%s{client_id=\"%s\"} %" PRIu64 "\n", of[f].name,
                of[f].kind == COUNTER ? "_total" : "", list[i].client_id, value);
        }
    }
    head(p, "proxy_lag_p99_seconds", "gauge", "seconds", "Receipt to the consumer's thread");
    for (size_t i = 0; i < count; i++) {
        put(p, "upbit_proxy_lag_p99_seconds{client_id=\"%s\"} ", list[i].client_id);
        put_parts(p, (int64_t)list[i].stats.lag.p99_us, 1000000);
    }
    free(list);
}

int upbit__openmetrics_write(upbit__buffer *to, upbit_manager *m)
{
    page p = {.to = to};
    upbit_stats s;
    int error = upbit_manager_get_stats(m, &s, sizeof s);
    if (error != 0)
        return error;
    head(&p, "build", "info", NULL, "The library");
    put(&p, "upbit_build_info{version=\"%s\"} 1\n", upbit_version_string());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        put_row(&p, &rows[i], &s);
    head(&p, "started_seconds", "gauge", "seconds", "Unix time when the manager was made");
    put(&p, "upbit_started_seconds ");
    put_parts(&p, s.started_ms, 1000);
    put_kinds(&p, &s);
    put_histograms(&p, m);
    put_health(&p, m);
    put_proxies(&p, m);
    put(&p, "# EOF\n");
    return p.error;
}

int64_t upbit_manager_to_openmetrics(upbit_manager *m, char *buffer, size_t size)
{
    upbit__error_set(0, "%s", "");
    if (m == NULL || (buffer == NULL && size > 0) || upbit__manager_forked(m))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    upbit__buffer text = {0};
    int error = upbit__openmetrics_write(&text, m);
    if (error == 0 && size > 0) {
        size_t n = text.length < size ? text.length : size - 1;
        memcpy(buffer, upbit__buffer_bytes(&text), n);
        buffer[n] = '\0';
    }
    int64_t length = (int64_t)text.length;
    upbit__buffer_finish(&text);
    return error != 0 ? error : length;
}
