/* Durations in buckets: log-linear, 16 to each power of two, from 1 us to 71 minutes.
 *
 * A quantile is the middle of its bucket, whose width is a sixteenth of its lower bound: off by
 * 1/32 at most (below 16 us a bucket is one microsecond wide). Sum and maximum are exact to the
 * microsecond. What is longer than the range stands in the last bucket, and as it is in sum and
 * maximum.
 *
 * One thread adds, any thread reads: plain loads and stores, relaxed. A reader may see an addition
 * in the buckets and not yet in the sum. */
#ifndef UPBIT_BASE_HISTOGRAM_H
#define UPBIT_BASE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define UPBIT__HISTOGRAM_SUB     16 /* buckets of a power of two */
#define UPBIT__HISTOGRAM_BITS    32 /* us: the longest is one less than 2^this */
#define UPBIT__HISTOGRAM_BUCKETS (UPBIT__HISTOGRAM_SUB * (UPBIT__HISTOGRAM_BITS - 3))

typedef struct upbit__histogram {
    _Atomic uint64_t sum_us, max_us;
    _Atomic uint64_t buckets[UPBIT__HISTOGRAM_BUCKETS];
} upbit__histogram; /* zeroed is empty and ready */

/* A copy, or the sum of several. One owner. */
typedef struct upbit__distribution {
    uint64_t count, sum_us, max_us;
    uint64_t buckets[UPBIT__HISTOGRAM_BUCKETS];
} upbit__distribution;

static inline unsigned upbit__histogram_bucket(uint64_t us)
{
    if (us < UPBIT__HISTOGRAM_SUB)
        return (unsigned)us;
    if (us >> UPBIT__HISTOGRAM_BITS != 0)
        return UPBIT__HISTOGRAM_BUCKETS - 1;
    unsigned power = 63U - (unsigned)__builtin_clzll(us);
    return UPBIT__HISTOGRAM_SUB * (power - 4) + (unsigned)(us >> (power - 4));
}

/* Below 0 counts as 0: clocks of two machines differ. */
static inline void upbit__histogram_add(upbit__histogram *h, int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0;
    _Atomic uint64_t *bucket = &h->buckets[upbit__histogram_bucket(value)];
    atomic_store_explicit(bucket, atomic_load_explicit(bucket, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    atomic_store_explicit(&h->sum_us,
                          atomic_load_explicit(&h->sum_us, memory_order_relaxed) + value,
                          memory_order_relaxed);
    if (value > atomic_load_explicit(&h->max_us, memory_order_relaxed))
        atomic_store_explicit(&h->max_us, value, memory_order_relaxed);
}

/* The first value above the bucket. */
uint64_t upbit__histogram_end(unsigned bucket);

/* Adds what the histogram holds. */
void upbit__distribution_add(upbit__distribution *d, const upbit__histogram *h);

/* What `permille` of 1,000 took at most, us; 0 when nothing was measured. */
uint64_t upbit__distribution_quantile(const upbit__distribution *d, unsigned permille);

/* How many took less than 2^power us; power 0 to UPBIT__HISTOGRAM_BITS - 1. */
uint64_t upbit__distribution_below(const upbit__distribution *d, unsigned power);

#endif
