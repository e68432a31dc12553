/* Statistics and health as dicts; docs/STATISTICS.md says what each entry is. */
#include "core.h"

#include <stddef.h>

typedef enum kind { U64, U32, I64, F64, LATENCY } kind;
typedef struct entry {
    const char *name;
    size_t offset;
    kind kind;
} entry;

#define M(member, kind)                                                                            \
    {                                                                                              \
#member, offsetof(upbit_stats, member), kind                                               \
    }
static const entry manager_entries[] = {
    M(messages_received, U64),
    M(bytes_received, U64),
    M(bytes_sent, U64),
    M(events_decoded, U64),
    M(decode_errors, U64),
    M(events_unwanted, U64),
    M(events_delivered, U64),
    M(events_dropped, U64),
    M(events_coalesced, U64),
    M(events_refused, U64),
    M(requests_sent, U64),
    M(connects, U64),
    M(reconnects, U64),
    M(connect_failures, U64),
    M(pings_sent, U64),
    M(pongs_received, U64),
    M(exchange_errors, U64),
    M(notifications, U64),
    M(read_batches, U64),
    M(memory_bytes, U64),
    M(memory_peak_bytes, U64),
    M(proxies, U64),
    M(keys, U64),
    M(io_cpu_ns, U64),
    M(state, U32),
    M(epoch, U32),
    M(lag_ms, I64),
    M(events_repeated, U64),
    M(messages_ignored, U64),
    M(rest_requests, U64),
    M(rest_failures, U64),
    M(limit_waits, U64),
    M(snapshots, U64),
    M(snapshot_failures, U64),
    M(clock_moved, U64),
    M(trades_backfilled, U64),
    M(holes_told, U64),
    M(verifications, U64),
    M(repairs, U64),
    M(messages_compressed, U64),
    M(bytes_compressed, U64),
    M(bytes_inflated, U64),
    M(compression_faults, U64),
    M(compression, U32),
    M(clock_offset_ms, I64),
    M(renewals, U64),
    M(renewal_failures, U64),
    M(private_state, U32),
    M(private_epoch, U32),
    M(limit_wait_ms, U64),
    M(limit_wait_longest_ms, U64),
    M(started_ms, I64),
    M(uptime_ms, U64),
    M(bytes_decoded, U64),
    M(messages_per_s, F64),
    M(bytes_per_s, F64),
    M(inflated_per_s, F64),
    M(dropped_per_min, U64),
    M(coalesced_per_min, U64),
    M(queued, U64),
    M(queued_peak, U64),
    M(epoch_switches, U64),
    M(losses, U64),
    M(down_ms, U64),
    M(private_down_ms, U64),
    M(http_429, U64),
    M(http_418, U64),
    M(memory_free_bytes, U64),
    M(memory_proxy_bytes, U64),
    M(memory_key_bytes, U64),
    M(memory_stream_bytes, U64),
    M(log_lines, U64),
    M(log_lines_held, U64),
    M(trace_frames, U64),
    M(trace_failures, U64),
    M(lag_receive, LATENCY),
    M(lag_consumer, LATENCY),
    M(rest_latency, LATENCY),
    M(turns, LATENCY),
};
#undef M
#define P(member, kind)                                                                            \
    {                                                                                              \
#member, offsetof(upbit_proxy_stats, member), kind                                         \
    }
static const entry proxy_entries[] = {
    P(delivered, U64),       P(dropped, U64),           P(coalesced, U64),
    P(queued, U64),          P(queued_peak, U64),       P(gaps, U64),
    P(dropped_per_min, U64), P(coalesced_per_min, U64), P(lag, LATENCY),
};
#undef P

static int put(PyObject *dict, const char *name, PyObject *value)
{
    int result = value == NULL ? -1 : PyDict_SetItemString(dict, name, value);
    Py_XDECREF(value);
    return result;
}

/* One entry for each figure, lag_receive_p50_us and so on: a metric is a name and a number. */
static int put_latency(PyObject *dict, const char *name, const upbit_latency *l)
{
    const struct {
        const char *suffix;
        uint64_t value;
    } figures[] = {{"count", l->count},   {"sum_us", l->sum_us},   {"p50_us", l->p50_us},
                   {"p99_us", l->p99_us}, {"p999_us", l->p999_us}, {"max_us", l->max_us}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char full[64];
        PyOS_snprintf(full, sizeof full, "%s_%s", name, figures[i].suffix);
        if (put(dict, full, PyLong_FromUnsignedLongLong(figures[i].value)) != 0)
            return -1;
    }
    return 0;
}

static int put_entry(PyObject *dict, const entry *e, const void *from)
{
    const void *at = (const char *)from + e->offset;
    switch (e->kind) {
    case U64:
        return put(dict, e->name, PyLong_FromUnsignedLongLong(*(const uint64_t *)at));
    case U32:
        return put(dict, e->name, PyLong_FromUnsignedLong(*(const uint32_t *)at));
    case I64:
        return put(dict, e->name, PyLong_FromLongLong(*(const int64_t *)at));
    case F64:
        return put(dict, e->name, PyFloat_FromDouble(*(const double *)at));
    default:
        return put_latency(dict, e->name, at);
    }
}

static PyObject *dict_of(const entry *entries, size_t count, const void *from)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < count; i++)
        if (put_entry(dict, &entries[i], from) != 0)
            Py_CLEAR(dict);
    return dict;
}

PyObject *manager_stats_of(upbit_manager *m)
{
    upbit_stats s = {0};
    int error = upbit_manager_get_stats(m, &s, sizeof s);
    if (error < 0)
        return convert_raise(error);
    PyObject *dict = dict_of(manager_entries, sizeof manager_entries / sizeof *manager_entries, &s);
    for (int type = 1; dict != NULL && type < UPBIT_STATS_TYPES; type++) {
        char name[64];
        PyOS_snprintf(name, sizeof name, "decoded_%s", upbit_type_name(type));
        if (s.decoded_by_type[type] != 0 &&
            put(dict, name, PyLong_FromUnsignedLongLong(s.decoded_by_type[type])) != 0)
            Py_CLEAR(dict);
    }
    for (int code = 0; dict != NULL && code < UPBIT_STATS_ERRORS; code++) {
        char name[64];
        PyOS_snprintf(name, sizeof name, "ends_%s", upbit_error_name(-code));
        if (s.ends_by_error[code] != 0 &&
            put(dict, name, PyLong_FromUnsignedLongLong(s.ends_by_error[code])) != 0)
            Py_CLEAR(dict);
    }
    return dict;
}

PyObject *stats_of_proxy(const upbit_proxy_stats *s)
{
    return dict_of(proxy_entries, sizeof proxy_entries / sizeof *proxy_entries, s);
}

PyObject *proxy_stats_of(upbit_proxy *p)
{
    upbit_proxy_stats s = {0};
    int error = upbit_proxy_get_stats(p, &s, sizeof s);
    if (error < 0)
        return convert_raise(error);
    return stats_of_proxy(&s);
}

PyObject *manager_health_of(upbit_manager *m, int session)
{
    upbit_health h = {0};
    int error = session < 0 ? upbit_manager_get_health(m, &h, sizeof h)
                            : upbit_manager_get_stream_health(m, session, &h, sizeof h);
    if (error < 0)
        return convert_raise(error);
    return Py_BuildValue("{sisisssIsLsssssIsIsLsLss}", "level", (int)h.level, "error", (int)h.error,
                         "state", upbit_state_name((int)h.state), "attempt", (unsigned)h.attempt,
                         "since_ms", (long long)h.since_ms, "reason", h.reason, "compression",
                         h.compression, "reasons", (unsigned)h.reasons, "doing", (unsigned)h.doing,
                         "retry_ms", (long long)h.retry_ms, "uptime_ms", (long long)h.uptime_ms,
                         "action", h.action);
}
