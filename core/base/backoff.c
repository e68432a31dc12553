#include "base/backoff.h"

#include "base/random.h"

#define BOUND_MAX_MS 60000u

void upbit__backoff_init(upbit__backoff *b, uint32_t first_ms)
{
    *b = (upbit__backoff){.first_ms = first_ms};
}

void upbit__backoff_reset(upbit__backoff *b)
{
    b->network = b->refused = 0;
}

uint32_t upbit__backoff_bound(upbit__backoff *b, upbit__backoff_kind kind)
{
    uint32_t *failures = kind == UPBIT__BACKOFF_NETWORK ? &b->network : &b->refused;
    uint32_t most = kind == UPBIT__BACKOFF_NETWORK ? 1 : 16;
    uint32_t doublings = *failures < most ? *failures : most;
    if (*failures < UINT32_MAX)
        ++*failures;
    uint64_t bound = (uint64_t)b->first_ms << doublings;
    return bound < BOUND_MAX_MS ? (uint32_t)bound : BOUND_MAX_MS;
}

uint32_t upbit__backoff_jitter(uint32_t bound_ms, uint32_t least_ms)
{
    uint32_t delay = upbit__random_below(bound_ms + 1);
    return delay > least_ms ? delay : least_ms;
}
