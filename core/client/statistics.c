#include "client/statistics.h"

#include <string.h>

#include "base/clock.h"
#include "client/manager.h"
#include "client/thread.h"

static void latency_of(upbit_latency *out, const upbit__histogram *h)
{
    upbit__distribution d = {0};
    upbit__distribution_add(&d, h);
    upbit__latency_of(out, &d);
}

uint64_t upbit__down_ms(const upbit__counters *c, int session)
{
    int64_t down = (int64_t)upbit__counted(&c->down_ns[session]);
    int64_t since = atomic_load_explicit(&c->down_since_ns[session], memory_order_relaxed);
    if (since != 0)
        down += upbit__clock_boottime_ns() - since;
    return down > 0 ? (uint64_t)(down / UPBIT__MS) : 0;
}

static void rates(upbit_stats *s, const upbit_manager *m, int64_t now)
{
    const upbit__meter *meter = &m->counters.meter;
    /* A manager younger than that has its own seconds; its first is one. */
    int64_t age = (now - m->started_ns) / UPBIT__SECOND;
    unsigned seconds = age >= 10 ? 10 : age > 0 ? (unsigned)age : 1;
    double per = 1.0 / seconds;
    s->messages_per_s =
        per * (double)upbit__meter_sum(meter, UPBIT__METERED_MESSAGES, seconds, now);
    s->bytes_per_s = per * (double)upbit__meter_sum(meter, UPBIT__METERED_BYTES, seconds, now);
    s->inflated_per_s =
        per * (double)upbit__meter_sum(meter, UPBIT__METERED_INFLATED, seconds, now);
    s->dropped_per_min = upbit__meter_sum(meter, UPBIT__METERED_DROPPED, 60, now);
    s->coalesced_per_min = upbit__meter_sum(meter, UPBIT__METERED_COALESCED, 60, now);
}

static void histories(upbit_stats *s, upbit_manager *m)
{
    const upbit__counters *c = &m->counters;
    for (int i = 0; i < UPBIT_STATS_TYPES; i++)
        s->decoded_by_type[i] = upbit__counted(&c->decoded_by_type[i]);
    for (int i = 0; i < UPBIT_STATS_ERRORS; i++)
        s->ends_by_error[i] = upbit__counted(&c->ends_by_error[i]);
    latency_of(&s->lag_receive, &c->lag_receive);
    latency_of(&s->rest_latency, &c->rest_latency);
    latency_of(&s->turns, &c->turns);
    upbit__proxy_sums sums;
    upbit__proxies_sum(m, &sums);
    s->queued = sums.queued;
    s->queued_peak = sums.queued_peak;
    s->memory_proxy_bytes = sums.memory;
    upbit__latency_of(&s->lag_consumer, &sums.lag);
}

int upbit_manager_get_stats(upbit_manager *m, upbit_stats *out, size_t size)
{
    if (m == NULL || out == NULL || size == 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    upbit_stats s = {0};
    int64_t now = upbit__clock_monotonic_ns();
#define COPY(name) s.name = upbit__counted(&m->counters.name);
    UPBIT__COUNTERS(COPY)
#undef COPY
    /* Kept by the kernel; the thread leaves its last figure when it ends. */
    int64_t cpu_ns = upbit__thread_cpu_ns(m->thread);
    if (s.io_cpu_ns == 0 && cpu_ns > 0)
        s.io_cpu_ns = (uint64_t)cpu_ns;
    s.memory_bytes = upbit__pool_bytes(m->pool);
    s.memory_peak_bytes = upbit__pool_peak(m->pool);
    s.memory_free_bytes = upbit__pool_free_bytes(m->pool);
    s.state = atomic_load_explicit(&m->counters.state, memory_order_relaxed);
    s.epoch = atomic_load_explicit(&m->counters.epoch, memory_order_relaxed);
    s.compression = atomic_load_explicit(&m->counters.compression, memory_order_relaxed);
    s.private_state = atomic_load_explicit(&m->counters.private_state, memory_order_relaxed);
    s.private_epoch = atomic_load_explicit(&m->counters.private_epoch, memory_order_relaxed);
    s.lag_ms = atomic_load_explicit(&m->counters.lag_ms, memory_order_relaxed);
    s.clock_offset_ms = atomic_load_explicit(&m->counters.clock_offset_ms, memory_order_relaxed);
    s.started_ms = m->started_ms;
    s.uptime_ms = (uint64_t)((now - m->started_ns) / UPBIT__MS);
    s.down_ms = upbit__down_ms(&m->counters, UPBIT_SESSION_PUBLIC);
    s.private_down_ms = upbit__down_ms(&m->counters, UPBIT_SESSION_PRIVATE);
    s.log_lines = upbit__log_lines(&m->log);
    s.log_lines_held = upbit__log_lines_held(&m->log);
    rates(&s, m, now);
    histories(&s, m);
    memset(out, 0, size);
    memcpy(out, &s, size < sizeof s ? size : sizeof s);
    return 0;
}
