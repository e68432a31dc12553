#include "base/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * UPBIT__SECOND + t.tv_nsec;
}

/* Set before threads start and read by all: relaxed is enough, atomic keeps it defined. */
static _Atomic(const upbit__clock *) override;

int64_t upbit__clock_monotonic_ns(void)
{
    const upbit__clock *c = atomic_load_explicit(&override, memory_order_relaxed);
    return c != NULL ? c->monotonic_ns() : read_clock(CLOCK_MONOTONIC);
}

int64_t upbit__clock_boottime_ns(void)
{
    const upbit__clock *c = atomic_load_explicit(&override, memory_order_relaxed);
    return c != NULL ? c->boottime_ns() : read_clock(CLOCK_BOOTTIME);
}

int64_t upbit__clock_wall_ns(void)
{
    const upbit__clock *c = atomic_load_explicit(&override, memory_order_relaxed);
    return c != NULL ? c->wall_ns() : read_clock(CLOCK_REALTIME);
}

void upbit__clock_set(const upbit__clock *clock)
{
    atomic_store_explicit(&override, clock, memory_order_relaxed);
}

bool upbit__clock_is_real(void)
{
    return atomic_load_explicit(&override, memory_order_relaxed) == NULL;
}

int64_t upbit__clock_thread_cpu_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
