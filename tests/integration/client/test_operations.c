/* What an operator has: numbers that add up, a page for scrapers, who wants what, traces that can
 * be played, health with reasons, log files. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check_main.h"
#include "support/stream.h"
#include "support/transport.h"

static mock exchange;
static char folder[] = "/tmp/upbit-operations-XXXXXX";
static char path[128], other[128];

static void setup(void)
{
    static const char *const arguments[] = {"--codes", "30", "--rate", "500", NULL};
    mock_start(&exchange, arguments);
    strcpy(folder, "/tmp/upbit-operations-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/one", folder);
    snprintf(other, sizeof other, "%s/two", folder);
}

static void teardown(void)
{
    mock_stop(&exchange);
    unlink(path);
    unlink(other);
    rmdir(folder);
}

static char *read_file(const char *name)
{
    static char text[1 << 20];
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return NULL;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void take(upbit_proxy *p, int type, int count)
{
    for (int i = 0; i < count; i++) {
        const upbit_event *e = stream_event(p, type, NULL, 10);
        ck_assert_ptr_nonnull(e);
        upbit_event_unref(e);
    }
}

static void in_order(const upbit_latency *l)
{
    ck_assert_uint_gt(l->count, 0);
    ck_assert_uint_le(l->p50_us, l->p99_us);
    ck_assert_uint_le(l->p99_us, l->p999_us);
    ck_assert_uint_le(l->p999_us, l->max_us);
    ck_assert_uint_le(l->sum_us, l->count * l->max_us);
}

START_TEST(what_is_counted_adds_up)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "counter", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC,KRW-ETH", 1);
    take(p, UPBIT_TYPE_TRADE, 40);
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_gt(s.memory_key_bytes, 0);
    uint64_t cpu_ns = s.io_cpu_ns;
    ck_assert_uint_gt(cpu_ns, 0);
    if (test_transport() != UPBIT_TRANSPORT_WEBSOCKET_API)
        ck_assert_uint_gt(s.memory_stream_bytes, 0);
    upbit_manager_shutdown(m, 0); /* now nothing moves any more */
    ck_assert_int_eq(upbit_manager_get_stats(m, &s, sizeof s), 0);
    uint64_t data = 0;
    for (int i = 0; i < UPBIT_STATS_TYPES; i++)
        data += s.decoded_by_type[i];
    ck_assert_uint_ge(s.decoded_by_type[UPBIT_TYPE_TRADE], 40);
    ck_assert_uint_eq(data, s.decoded_by_type[UPBIT_TYPE_TRADE]);
    ck_assert_uint_gt(s.io_cpu_ns, cpu_ns); /* shutting down is work, too */
    ck_assert_uint_eq(s.epoch_switches, 1);
    ck_assert_uint_eq(s.losses, 0);
    ck_assert_uint_eq(s.down_ms, 0);
    ck_assert_uint_gt(s.bytes_decoded, 0);
    ck_assert_uint_eq(s.memory_stream_bytes, 0);
    ck_assert_uint_gt(s.memory_proxy_bytes, 0);
    ck_assert_uint_gt(s.uptime_ms, 0);
    ck_assert_int_gt(s.started_ms, 1600000000000);
    in_order(&s.lag_receive);
    in_order(&s.lag_consumer);
    in_order(&s.turns);
    ck_assert_uint_gt(s.rest_latency.count, 0); /* the market list */
    upbit_proxy_stats q;
    ck_assert_int_eq(upbit_proxy_get_stats(p, &q, sizeof q), 0);
    ck_assert_uint_eq(q.lag.count, s.lag_consumer.count);
    upbit_proxy_close(p); /* what it measured stays */
    upbit_stats after;
    ck_assert_int_eq(upbit_manager_get_stats(m, &after, sizeof after), 0);
    ck_assert_uint_eq(after.lag_consumer.count, s.lag_consumer.count);
    ck_assert_uint_eq(after.io_cpu_ns, s.io_cpu_ns); /* its thread has ended */
    upbit_manager_release(m);
}
END_TEST

/* The rules of the OpenMetrics text format that a scraper holds one to. */
static void check_openmetrics(char *text)
{
    char family[80] = "", type[16] = "", unit[16] = "";
    int families = 0, samples = 0, ended = 0;
    uint64_t bucket = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ck_assert_msg(!ended, "behind the end: %s", line);
        if (strcmp(line, "# EOF") == 0) {
            ended = 1;
            continue;
        }
        char name[80], word[16];
        if (sscanf(line, "# TYPE %79s %15s", name, word) == 2) {
            ck_assert_msg(strcmp(name, family) != 0, "twice: %s", name);
            strcpy(family, name);
            strcpy(type, word);
            unit[0] = '\0';
            bucket = 0;
            families++;
            continue;
        }
        if (sscanf(line, "# UNIT %79s %15s", name, unit) == 2) {
            size_t n = strlen(name), u = strlen(unit);
            ck_assert_msg(n > u && strcmp(name + n - u, unit) == 0 && name[n - u - 1] == '_',
                          "unit: %s", line);
            continue;
        }
        if (strncmp(line, "# HELP ", 7) == 0)
            continue;
        size_t n = strcspn(line, "{ "), f = strlen(family);
        ck_assert_msg(n >= f && strncmp(line, family, f) == 0, "no family: %s", line);
        const char *suffix = line + f;
        size_t left = n - f;
        const char *const wants[] = {"counter",   "_total", "gauge",     "",
                                     "info",      "_info",  "histogram", "_bucket",
                                     "histogram", "_count", "histogram", "_sum"};
        int good = 0;
        for (size_t i = 0; i < sizeof wants / sizeof *wants; i += 2)
            good |= strcmp(type, wants[i]) == 0 && strlen(wants[i + 1]) == left &&
                    strncmp(suffix, wants[i + 1], left) == 0;
        ck_assert_msg(good, "suffix of a %s: %s", type, line);
        const char *value = strrchr(line, ' ');
        char *end;
        double number = strtod(value, &end);
        ck_assert_msg(*end == '\0' && end != value, "value: %s", line);
        if (strcmp(type, "counter") == 0 || strcmp(type, "histogram") == 0)
            ck_assert_msg(number >= 0, "below 0: %s", line);
        if (left == 7 && strncmp(suffix, "_bucket", 7) == 0) {
            ck_assert_msg((uint64_t)number >= bucket, "buckets fall: %s", line);
            bucket = (uint64_t)number;
        }
        samples++;
    }
    ck_assert_int_eq(ended, 1);
    ck_assert_int_gt(families, 70);
    ck_assert_int_gt(samples, families);
}

static void to_file(upbit_options *o)
{
    o->metrics_file = path;
    o->metrics_interval_ms = 100;
}

START_TEST(the_page_is_strict_and_its_file_whole)
{
    upbit_manager *m = stream_manager(&exchange, to_file);
    upbit_proxy *p = stream_proxy(m, "scraped", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    take(p, UPBIT_TYPE_TRADE, 20);
    int64_t length = upbit_manager_to_openmetrics(m, NULL, 0);
    ck_assert_int_gt(length, 1000);
    char *text = calloc(1, (size_t)length + 4096);
    ck_assert_int_gt(upbit_manager_to_openmetrics(m, text, (size_t)length + 4096), 1000);
    ck_assert_ptr_nonnull(strstr(text, "upbit_proxy_delivered_total{client_id=\"scraped\"}"));
    check_openmetrics(text);
    free(text);
    for (int i = 0; i < 200 && access(path, F_OK) != 0; i++)
        poll(NULL, 0, 50);
    text = read_file(path);
    ck_assert_ptr_nonnull(text);
    check_openmetrics(text);
    upbit_stats s;
    upbit_manager_shutdown(m, 0);
    upbit_manager_get_stats(m, &s, sizeof s);
    char last[64]; /* the file is that of the end */
    snprintf(last, sizeof last, "\nupbit_messages_received_total %" PRIu64 "\n",
             s.messages_received);
    text = read_file(path);
    ck_assert_ptr_nonnull(strstr(text, last));
    ck_assert_ptr_nonnull(strstr(text, "upbit_health{session=\"public\"} 2"));
    ck_assert_int_eq(upbit_manager_write_openmetrics(m, other), 0);
    ck_assert_int_eq(upbit_manager_write_openmetrics(m, "/nowhere/at/all"), UPBIT_ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(upbit_error_detail(), "/nowhere/at/all"));
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

START_TEST(it_is_told_who_wants_what)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *b = stream_proxy(m, "b", NULL), *a = stream_proxy(m, "a", NULL);
    stream_want(b, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-ETH,KRW-BTC", 1);
    stream_want(a, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    take(a, UPBIT_TYPE_TRADE, 3);
    take(b, UPBIT_TYPE_TRADE, 3);
    upbit_inspection *i;
    ck_assert_int_eq(upbit_manager_inspect(m, &i, 10000), 0);
    const upbit_session_info *s = upbit_inspection_session(i, UPBIT_SESSION_PUBLIC);
    ck_assert_uint_eq(s->state, UPBIT_STATE_LIVE);
    ck_assert_uint_eq(s->keys, 2);
    ck_assert_str_eq(s->url, exchange.url);
    ck_assert_uint_eq(upbit_inspection_session(i, 1)->state, UPBIT_STATE_IDLE);
    ck_assert_ptr_null(upbit_inspection_session(i, 2));
    const upbit_key_info *key = upbit_inspection_key(i, 0);
    ck_assert_str_eq(key->code, "KRW-BTC"); /* in order */
    ck_assert_uint_eq(key->takers, 2);
    ck_assert_uint_ge(key->events, 3);
    ck_assert(key->per_s > 0);
    ck_assert_int_ge(key->age_ms, 0);
    ck_assert_str_eq(upbit_inspection_key(i, 1)->code, "KRW-ETH");
    ck_assert_ptr_null(upbit_inspection_key(i, 2));
    ck_assert_str_eq(upbit_inspection_proxy(i, 0)->client_id, "a");
    ck_assert_uint_eq(upbit_inspection_proxy(i, 1)->wants, 2);
    ck_assert_uint_ge(upbit_inspection_proxy(i, 1)->stats->delivered, 3);
    const char *const wants[] = {"a KRW-BTC", "b KRW-BTC", "b KRW-ETH"};
    for (size_t n = 0; n < 3; n++) {
        const upbit_want_info *w = upbit_inspection_want(i, n);
        char text[64];
        snprintf(text, sizeof text, "%s %s", w->proxy->client_id, w->key->code);
        ck_assert_str_eq(text, wants[n]);
        ck_assert_uint_eq(w->by_name, 1);
    }
    ck_assert_ptr_null(upbit_inspection_want(i, 3));
    ck_assert_str_eq(upbit_inspection_limit(i, 0)->name, "websocket-connect");
    ck_assert_uint_gt(upbit_inspection_limit(i, 0)->allowed, 0);
    upbit_inspection_free(i);
    upbit_manager_shutdown(m, 0);
    ck_assert_int_eq(upbit_manager_inspect(m, &i, 0), UPBIT_ERROR_CLOSED);
    upbit_proxy_close(a);
    upbit_proxy_close(b);
    upbit_manager_release(m);
}
END_TEST

static void play(upbit_options *o)
{
    o->transport = UPBIT_TRANSPORT_REPLAY;
    o->replay_file = path;
    o->replay_speed = -1;
}

START_TEST(a_trace_is_a_recording)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy *p = stream_proxy(m, "traced", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    take(p, UPBIT_TYPE_TRADE, 1);
    ck_assert_int_eq(upbit_manager_set_trace(m, UPBIT_SESSION_PUBLIC, path), 0);
    ck_assert_int_eq(upbit_manager_set_trace(m, UPBIT_SESSION_PUBLIC, path), UPBIT_ERROR_SYSTEM);
    ck_assert_int_eq(upbit_manager_set_trace(m, 7, other), UPBIT_ERROR_INVALID_ARGUMENT);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TICKER, "KRW-BTC", 2);
    take(p, UPBIT_TYPE_TICKER, 3);
    take(p, UPBIT_TYPE_TRADE, 10);
    ck_assert_int_eq(upbit_manager_set_trace(m, UPBIT_SESSION_PUBLIC, NULL), 0);
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_ge(s.trace_frames, 10);
    ck_assert_uint_eq(s.trace_failures, 0);
    upbit_proxy_close(p);
    upbit_manager_release(m);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    char *text = read_file(path);
    ck_assert_ptr_nonnull(strstr(text, "\"dir\":\"out\"")); /* the request for tickers */
    uint64_t lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    ck_assert_uint_eq(lines, s.trace_frames);
    m = stream_manager(&exchange, play);
    p = stream_proxy(m, "player", NULL);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    take(p, UPBIT_TYPE_TRADE, 5);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

static bool has_reason(const upbit_event *e, const void *reason)
{
    const upbit_health_event *h = upbit_event_health(e);
    return h != NULL && (h->reasons & *(const uint32_t *)reason) != 0;
}

static bool is_healthy(const upbit_event *e, const void *unused)
{
    const upbit_health_event *h = upbit_event_health(e);
    (void)unused;
    return h != NULL && h->session == UPBIT_SESSION_PUBLIC && h->level == UPBIT_HEALTH_HEALTHY;
}

START_TEST(health_says_why_and_what_is_done)
{
    upbit_manager *m = stream_manager(&exchange, NULL);
    upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
    o.health = UPBIT_ON;
    upbit_proxy *p = stream_proxy(m, "nurse", &o);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    const upbit_event *e = stream_until(p, is_healthy, NULL, 10, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    int port = exchange.port;
    mock_stop(&exchange);
    const uint32_t lost = UPBIT_REASON_RECONNECTING;
    e = stream_until(p, has_reason, &lost, 10, NULL);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(upbit_event_health(e)->level, UPBIT_HEALTH_CRITICAL);
    ck_assert_int_eq(upbit_event_health(e)->overall, UPBIT_HEALTH_CRITICAL);
    upbit_event_unref(e);
    upbit_health h, all, none;
    ck_assert_int_eq(upbit_manager_get_stream_health(m, UPBIT_SESSION_PUBLIC, &h, sizeof h), 0);
    ck_assert_int_ne(h.level, UPBIT_HEALTH_HEALTHY);
    ck_assert_uint_ne(h.doing, UPBIT_DOING_NOTHING);
    ck_assert_int_gt(h.since_ms, 1600000000000);
    ck_assert_int_gt(h.uptime_ms, -1);
    ck_assert_str_ne(h.action, "");
    ck_assert_int_eq(upbit_manager_get_health(m, &all, sizeof all), 0);
    ck_assert_int_ne(all.level, UPBIT_HEALTH_HEALTHY);
    ck_assert_int_eq(upbit_manager_get_stream_health(m, UPBIT_SESSION_PRIVATE, &none, sizeof none),
                     0);
    ck_assert_int_eq(none.level, UPBIT_HEALTH_HEALTHY);
    ck_assert_int_eq(upbit_manager_get_stream_health(m, 2, &none, sizeof none),
                     UPBIT_ERROR_INVALID_ARGUMENT);
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_eq(s.losses, 1);
    uint64_t ends = 0;
    for (int i = 0; i < UPBIT_STATS_ERRORS; i++)
        ends += s.ends_by_error[i];
    ck_assert_uint_ge(ends, 1);
    char number[16];
    snprintf(number, sizeof number, "%d", port);
    const char *const arguments[] = {"--codes", "30", "--rate", "500", "--port", number, NULL};
    mock_start(&exchange, arguments);
    e = stream_until(p, is_healthy, NULL, 20, NULL);
    ck_assert_ptr_nonnull(e);
    upbit_event_unref(e);
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_gt(s.down_ms, 0);
    uint64_t down = s.down_ms; /* and no longer */
    poll(NULL, 0, 20);
    upbit_manager_get_stats(m, &s, sizeof s);
    ck_assert_uint_eq(s.down_ms, down);
    upbit_proxy_close(p);
    upbit_manager_release(m);
}
END_TEST

static void into_file(upbit_options *o)
{
    o->log = NULL;
    o->log_file = path;
    o->log_level = UPBIT_LOG_INFO;
}

START_TEST(lines_go_to_a_file_by_their_modules_level)
{
    upbit_manager *m = stream_manager(&exchange, into_file);
    upbit_proxy *p = stream_proxy(m, "logged", NULL);
    ck_assert(stream_is_live(p, 10));
    ck_assert_ptr_nonnull(strstr(read_file(path), " info stream: session=public state=live"));
    ck_assert_ptr_null(strstr(read_file(path), " debug "));
    ck_assert_int_eq(upbit_manager_set_log_levels(m, "stream=debug, rest=none"), 0);
    stream_want(p, upbit_proxy_subscribe, UPBIT_TYPE_TRADE, "KRW-BTC", 1);
    take(p, UPBIT_TYPE_TRADE, 1);
    ck_assert_ptr_nonnull(strstr(read_file(path), " debug stream: request keys=1"));
    ck_assert_int_eq(upbit_manager_set_log_levels(m, "stram=debug"), UPBIT_ERROR_INVALID_ARGUMENT);
    ck_assert_int_eq(upbit_manager_set_log_levels(m, "stream=loud"), UPBIT_ERROR_INVALID_ARGUMENT);
    upbit_proxy_close(p);
    upbit_manager_release(m);
    upbit_log_file *f;
    ck_assert_int_eq(upbit_log_file_open(&f, other), 0);
    upbit_log_file_write(f, UPBIT_LOG_ERROR, "stream", "first");
    ck_assert_int_eq(unlink(other), 0); /* as a rotation does */
    upbit_log_file_reopen(f);
    upbit_log_file_write(f, UPBIT_LOG_ERROR, "stream", "second");
    upbit_log_file_close(f);
    ck_assert_ptr_null(strstr(read_file(other), "first"));
    ck_assert_ptr_nonnull(strstr(read_file(other), "Z error stream: second\n"));
    ck_assert_int_eq(upbit_log_file_open(&f, "/nowhere/at/all"), UPBIT_ERROR_SYSTEM);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("operations");
    TCase *c = tcase_create("operations");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, what_is_counted_adds_up);
    tcase_add_test(c, the_page_is_strict_and_its_file_whole);
    tcase_add_test(c, it_is_told_who_wants_what);
    tcase_add_test(c, a_trace_is_a_recording);
    tcase_add_test(c, health_says_why_and_what_is_done);
    tcase_add_test(c, lines_go_to_a_file_by_their_modules_level);
    suite_add_tcase(s, c);
    return check_main(s);
}
