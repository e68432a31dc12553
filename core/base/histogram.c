#include "base/histogram.h"

uint64_t upbit__histogram_end(unsigned bucket)
{
    if (bucket < UPBIT__HISTOGRAM_SUB)
        return bucket + 1;
    unsigned shift = bucket / UPBIT__HISTOGRAM_SUB - 1;
    return (uint64_t)(UPBIT__HISTOGRAM_SUB + bucket % UPBIT__HISTOGRAM_SUB + 1) << shift;
}

void upbit__distribution_add(upbit__distribution *d, const upbit__histogram *h)
{
    for (unsigned i = 0; i < UPBIT__HISTOGRAM_BUCKETS; i++) {
        uint64_t n = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        d->buckets[i] += n;
        d->count += n;
    }
    d->sum_us += atomic_load_explicit(&h->sum_us, memory_order_relaxed);
    uint64_t max = atomic_load_explicit(&h->max_us, memory_order_relaxed);
    d->max_us = max > d->max_us ? max : d->max_us;
}

uint64_t upbit__distribution_quantile(const upbit__distribution *d, unsigned permille)
{
    if (d->count == 0)
        return 0;
    /* The so-manieth of them, rounded up; split so that no count overflows. */
    uint64_t rank = d->count / 1000 * permille + (d->count % 1000 * permille + 999) / 1000;
    uint64_t seen = 0;
    unsigned i = 0;
    while (i < UPBIT__HISTOGRAM_BUCKETS - 1 && (seen += d->buckets[i]) < rank)
        i++;
    uint64_t begin = i == 0 ? 0 : upbit__histogram_end(i - 1);
    uint64_t middle = begin + (upbit__histogram_end(i) - begin) / 2;
    return middle < d->max_us ? middle : d->max_us;
}

uint64_t upbit__distribution_below(const upbit__distribution *d, unsigned power)
{
    uint64_t n = 0, end = (uint64_t)1 << power;
    for (unsigned i = 0; i < UPBIT__HISTOGRAM_BUCKETS && upbit__histogram_end(i) <= end; i++)
        n += d->buckets[i];
    return n;
}
