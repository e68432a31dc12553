/* Which prices exist: the tick table of each quote currency and the grouping levels above it. */
#include <string.h>

#include "market.h"

struct band {
    int64_t from, tick; /* units of 10^-8 */
};

static const struct band krw_bands[] = {
    {1000000 * MOCK_ONE, 1000 * MOCK_ONE},
    {500000 * MOCK_ONE, 500 * MOCK_ONE},
    {100000 * MOCK_ONE, 100 * MOCK_ONE},
    {50000 * MOCK_ONE, 50 * MOCK_ONE},
    {10000 * MOCK_ONE, 10 * MOCK_ONE},
    {5000 * MOCK_ONE, 5 * MOCK_ONE},
    {100 * MOCK_ONE, MOCK_ONE},
    {10 * MOCK_ONE, 10000000},
    {MOCK_ONE, 1000000},
    {10000000, 100000},
    {1000000, 10000},
    {100000, 1000},
    {10000, 100},
    {1000, 10},
    {0, 1},
};
static const struct band usdt_bands[] = {
    {10 * MOCK_ONE, 1000000},
    {MOCK_ONE, 100000},
    {10000000, 10000},
    {1000000, 1000},
    {100000, 100},
    {10000, 10},
    {0, 1},
};

int64_t mock_tick(enum mock_quote quote, const char *base, int64_t price)
{
    if (quote == MOCK_BTC) {
        return 1;
    }
    if (quote == MOCK_KRW && price >= 1000 * MOCK_ONE && price < 10000 * MOCK_ONE &&
        (strcmp(base, "USDT") == 0 || strcmp(base, "USDC") == 0)) {
        return MOCK_ONE / 2;
    }
    const struct band *band = quote == MOCK_KRW ? krw_bands : usdt_bands;
    while (price < band->from) {
        band++;
    }
    return band->tick;
}

int64_t mock_price_up(const struct mock_market *m, int64_t price)
{
    return price + mock_tick(m->quote, m->base, price);
}

int64_t mock_price_down(const struct mock_market *m, int64_t price)
{
    if (price <= 1) {
        return 0;
    }
    /* The tick just below a band's edge is the lower band's. */
    int64_t tick = mock_tick(m->quote, m->base, price - 1);
    return price > tick ? price - tick : 0;
}

int64_t mock_price_round(const struct mock_market *m, int64_t price)
{
    if (price < 1) {
        price = 1;
    }
    int64_t tick = mock_tick(m->quote, m->base, price);
    int64_t rounded = (price + tick / 2) / tick * tick;
    return rounded > 0 ? rounded : tick;
}

int64_t mock_supported_level(const struct mock_market *m, int n)
{
    if (m->quote != MOCK_KRW) {
        return n == 0 ? 0 : -1;
    }
    int64_t level = mock_tick(m->quote, m->base, m->reference);
    for (int i = 0; i < n; i++) {
        level *= 10;
    }
    return n == 0 ? 0 : level <= m->reference ? level : -1;
}

bool mock_level_ok(const struct mock_market *m, int64_t level)
{
    for (int n = 0; n < 16; n++) {
        int64_t supported = mock_supported_level(m, n);
        if (supported < 0) {
            return false;
        }
        if (supported == level) {
            return true;
        }
    }
    return false;
}
