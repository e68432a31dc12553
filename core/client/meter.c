#include "client/meter.h"

#include "base/clock.h"

void upbit__meter_turn(upbit__meter *meter, const uint64_t totals[UPBIT__METERED], int64_t now_ns)
{
    int64_t second = now_ns / UPBIT__SECOND + 1; /* never 0 */
    unsigned at = (unsigned)second % UPBIT__METER_SECONDS;
    if (second != meter->second) {
        /* The exchange keeps the clearing behind it: who sees a cleared value sees no old stamp. */
        (void)atomic_exchange_explicit(&meter->buckets[at].stamp, 0, memory_order_acq_rel);
        for (int i = 0; i < UPBIT__METERED; i++)
            atomic_store_explicit(&meter->buckets[at].values[i], 0, memory_order_release);
        atomic_store_explicit(&meter->buckets[at].stamp, second, memory_order_release);
        meter->second = second;
    }
    for (int i = 0; i < UPBIT__METERED; i++) {
        uint64_t more = totals[i] - meter->before[i];
        if (more == 0)
            continue;
        _Atomic uint64_t *value = &meter->buckets[at].values[i];
        atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + more,
                              memory_order_release);
        meter->before[i] = totals[i];
    }
}

uint64_t upbit__meter_sum(const upbit__meter *meter, upbit__metered what, unsigned seconds,
                          int64_t now_ns)
{
    int64_t second = now_ns / UPBIT__SECOND + 1;
    uint64_t sum = 0;
    for (int64_t s = second - seconds; s < second; s++) {
        unsigned at = (unsigned)s % UPBIT__METER_SECONDS;
        const _Atomic int64_t *stamp = &meter->buckets[at].stamp;
        if (atomic_load_explicit(stamp, memory_order_acquire) != s)
            continue;
        uint64_t value =
            atomic_load_explicit(&meter->buckets[at].values[what], memory_order_acquire);
        /* The value's acquire: had it been cleared, the other stamp would be seen now. */
        if (atomic_load_explicit(stamp, memory_order_relaxed) == s)
            sum += value;
    }
    return sum;
}
