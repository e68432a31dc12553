/* A view of one's own manager. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top_source.h"

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double ms_of(const upbit_latency *l, uint64_t us)
{
    return l->count == 0 ? -1 : (double)us / 1e3;
}

static void add_sessions(top_view *v, const upbit_inspection *i)
{
    const upbit_session_info *s;
    for (size_t n = 0; (s = upbit_inspection_session(i, n)) != NULL; n++) {
        top_session *rows = top_grow(v->sessions, &v->session_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->sessions = rows;
        to = &rows[v->session_count - 1];
        snprintf(to->name, sizeof to->name, "%s",
                 s->session == UPBIT_SESSION_PUBLIC ? "public" : "private");
        snprintf(to->state, sizeof to->state, "%s", upbit_state_name((int)s->state));
        snprintf(to->url, sizeof to->url, "%s", s->url);
        snprintf(to->reason, sizeof to->reason, "%s", s->reason);
        to->epoch = s->epoch;
        to->heard_ms = (double)s->heard_ms;
        to->pong_ms = (double)s->pong_ms;
        to->down_ms = (double)s->down_ms;
        to->comebacks = s->comebacks;
        to->wanted = s->keys > 0 || s->session == UPBIT_SESSION_PUBLIC;
        to->tls = s->tls != 0;
        to->compression = s->compression;
        if (s->session == UPBIT_SESSION_PUBLIC)
            snprintf(v->title, sizeof v->title, "%s", s->url);
    }
}

static void name_type(char out[16], uint32_t type, uint32_t unit)
{
    if (type == UPBIT_TYPE_CANDLE)
        snprintf(out, 16, "candle.%s", upbit_candle_unit_name(unit));
    else
        snprintf(out, 16, "%s", upbit_type_name((int)type));
}

/* KRW-BTC, KRW-BTC.5 with the rows, KRW-BTC/1000 with the level; "-" for all. */
static void name_code(char out[48], const upbit_key_info *k, uint32_t depth)
{
    char level[UPBIT_DECIMAL_STRING_SIZE] = "", rows[12] = "";
    if (!upbit_decimal_is_null(&k->level) && !upbit_decimal_is_zero(&k->level))
        upbit_decimal_to_string(&k->level, level, sizeof level);
    if (depth > 0)
        snprintf(rows, sizeof rows, ".%u", depth);
    snprintf(out, 48, "%.20s%s%s%.8s", k->code[0] != '\0' ? k->code : "-", rows,
             level[0] != '\0' ? "/" : "", level);
}

static void add_keys(top_view *v, const upbit_inspection *i)
{
    const upbit_key_info *k;
    for (size_t n = 0; (k = upbit_inspection_key(i, n)) != NULL; n++) {
        top_key *rows = top_grow(v->keys, &v->key_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->keys = rows;
        to = &rows[v->key_count - 1];
        name_type(to->type, k->type, k->candle_unit);
        name_code(to->code, k, 0);
        snprintf(to->note, sizeof to->note, "%s",
                 k->quiet == UPBIT_TYPE_NO_DATA ? "no data"
                 : k->quiet == UPBIT_TYPE_STALE ? "stale"
                 : !k->on_wire                  ? "not asked"
                                                : "");
        to->per_s = k->per_s;
        to->lag_ms = k->lag_ms == INT64_MIN ? -1 : k->lag_ms < 0 ? 0 : (double)k->lag_ms;
        to->age_ms = (double)k->age_ms;
        to->takers = k->takers;
        to->events = (double)k->events;
    }
}

static void add_proxies(top_view *v, const upbit_inspection *i)
{
    const upbit_proxy_info *x;
    for (size_t n = 0; (x = upbit_inspection_proxy(i, n)) != NULL; n++) {
        top_proxy *rows = top_grow(v->proxies, &v->proxy_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->proxies = rows;
        to = &rows[v->proxy_count - 1];
        snprintf(to->client_id, sizeof to->client_id, "%s", x->client_id);
        to->wants = x->wants;
        to->queued = (double)x->stats->queued;
        to->peak = (double)x->stats->queued_peak;
        to->dropped = (double)x->stats->dropped;
        to->dropped_per_min = (double)x->stats->dropped_per_min;
        to->coalesced = (double)x->stats->coalesced;
        to->lag_ms = ms_of(&x->stats->lag, x->stats->lag.p99_us);
    }
}

static void add_limits(top_view *v, const upbit_inspection *i)
{
    const upbit_limit_info *l;
    for (size_t n = 0; (l = upbit_inspection_limit(i, n)) != NULL; n++) {
        top_limit *rows = top_grow(v->limits, &v->limit_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->limits = rows;
        to = &rows[v->limit_count - 1];
        snprintf(to->name, sizeof to->name, "%s", l->name);
        to->in_use = l->in_use;
        to->allowed = l->allowed;
        to->window_ms = l->window_ms;
        to->waiting = l->waiting;
        to->closed_ms = (double)l->closed_ms;
        to->shared = l->shared != 0;
    }
}

static void add_wants(top_view *v, const upbit_inspection *i)
{
    const upbit_want_info *w;
    for (size_t n = 0; (w = upbit_inspection_want(i, n)) != NULL; n++) {
        top_want *rows = top_grow(v->wants, &v->want_count, sizeof *rows), *to;
        if (rows == NULL)
            return;
        v->wants = rows;
        to = &rows[v->want_count - 1];
        snprintf(to->client_id, sizeof to->client_id, "%s", w->proxy->client_id);
        name_type(to->type, w->key->type, w->key->candle_unit);
        name_code(to->code, w->key, w->depth);
        snprintf(to->how, sizeof to->how, "%s%s%s%s%s", w->by_name ? "by name" : "",
                 w->by_name && w->by_selector ? ", " : "", w->by_selector ? "by selector" : "",
                 w->flags & UPBIT_WANT_SNAPSHOT_ONLY ? ", once" : "",
                 w->flags & UPBIT_WANT_REALTIME_ONLY ? ", realtime" : "");
    }
}

static void set_health(top_view *v, upbit_manager *m)
{
    static const char *const levels[] = {"healthy", "degraded", "critical"};
    upbit_health h;
    if (upbit_manager_get_health(m, &h, sizeof h) != 0)
        return;
    int level = h.level >= 0 && h.level < 3 ? h.level : 2;
    v->uptime_ms = (double)h.uptime_ms;
    v->health_style = level == 0 ? PAGE_GOOD : level == 1 ? PAGE_WARN : PAGE_BAD;
    if (level == 0)
        snprintf(v->health, sizeof v->health, "healthy");
    else
        snprintf(v->health, sizeof v->health, "%s: %s", levels[level], h.reason);
    snprintf(v->doing, sizeof v->doing, "%s", level == 0 ? "" : h.action);
}

static void set_totals(top_view *v, top_before *before, upbit_manager *m)
{
    upbit_stats s;
    upbit_manager_get_stats(m, &s, sizeof s);
    v->lag_p50_ms = ms_of(&s.lag_receive, s.lag_receive.p50_us);
    v->lag_p99_ms = ms_of(&s.lag_receive, s.lag_receive.p99_us);
    v->lag_max_ms = ms_of(&s.lag_receive, s.lag_receive.max_us);
    v->take_p99_ms = ms_of(&s.lag_consumer, s.lag_consumer.p99_us);
    v->rest_p50_ms = ms_of(&s.rest_latency, s.rest_latency.p50_us);
    v->turn_p99_ms = ms_of(&s.turns, s.turns.p99_us);
    v->events = (double)s.events_decoded;
    v->dropped = (double)s.events_dropped;
    v->coalesced = (double)s.events_coalesced;
    v->decode_errors = (double)s.decode_errors;
    v->reconnects = (double)s.reconnects;
    v->waits = (double)s.limit_waits;
    v->http_429 = (double)s.http_429;
    v->http_418 = (double)s.http_418;
    v->memory = (double)(s.memory_bytes + s.memory_free_bytes + s.memory_proxy_bytes +
                         s.memory_key_bytes + s.memory_stream_bytes);
    int64_t now = now_ns();
    double ns = before->known && now > before->at_ns ? (double)(now - before->at_ns) : 0;
    top_before this = {.known = true,
                       .at_ns = now,
                       .cpu = (double)s.io_cpu_ns,
                       .messages = (double)s.messages_received,
                       .bytes = (double)s.bytes_received,
                       .decoded = (double)s.bytes_decoded};
    /* Of the time since the last page: the library's own gauges need ten seconds to begin with. */
    v->messages_per_s = ns > 0 ? (this.messages - before->messages) * 1e9 / ns : 0;
    v->bytes_per_s = ns > 0 ? (this.bytes - before->bytes) * 1e9 / ns : 0;
    v->inflated_per_s = ns > 0 ? (this.decoded - before->decoded) * 1e9 / ns : 0;
    v->cpu_percent = ns > 0 ? (this.cpu - before->cpu) * 100 / ns : 0;
    *before = this;
}

static int busiest(const void *a, const void *b)
{
    const top_key *x = a, *y = b;
    return x->per_s < y->per_s ? 1 : x->per_s > y->per_s ? -1 : strcmp(x->code, y->code);
}

int top_from_manager(top_view *v, top_before *before, upbit_manager *m, bool by_rate)
{
    upbit_inspection *i;
    int error = upbit_manager_inspect(m, &i, 0);
    if (error != 0)
        return error;
    top_view_free(v);
    add_sessions(v, i);
    add_keys(v, i);
    add_proxies(v, i);
    add_limits(v, i);
    add_wants(v, i);
    upbit_inspection_free(i);
    set_health(v, m);
    set_totals(v, before, m);
    if (by_rate && v->key_count > 0)
        qsort(v->keys, v->key_count, sizeof *v->keys, busiest);
    return 0;
}
