/* A pocket: what a user of the exchange owns, and the orders that hold parts of it. Amounts are
 * integers of 10^-20, so that a fee of a volume times a price is exact. No I/O in here. */
#ifndef MOCK_ACCOUNTS_H
#define MOCK_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "market.h"
#include "police.h"

#define MOCK_FINE       20                     /* decimals of an amount */
#define MOCK_UNIT_FINE  INT64_C(1000000000000) /* 10^-8 in amounts: 10^12 */
#define MOCK_CURRENCIES 64

struct mock_order;

struct mock_balance {
    char currency[16];
    mock_wide free, locked;
    mock_wide average;                  /* price it was bought at, in KRW */
    mock_wide shown_free, shown_locked; /* as the newest myAsset said */
};

struct mock_pocket {
    char name[32];
    struct mock_balance balance[MOCK_CURRENCIES];
    size_t balances;
    struct mock_order *orders; /* newest first */
    size_t open, closed;
    uint64_t last_number; /* of an order */
    uint64_t last_fill;   /* of a fill */
    int64_t last_ms;      /* of an event: they never go back */
    size_t at;            /* its place among the pockets */
    struct mock_budget budget[MOCK_GROUPS];
    struct mock_guard guard; /* who goes on after 429 */
    double steps_due;
    uint64_t rng, rng_seed;
};

/* The balance of this currency, an empty one when it was not there; NULL: no room. */
struct mock_balance *mock_balance_of(struct mock_pocket *p, const char *currency);
/* "KRW" of KRW-BTC; the other one is market->base. */
const char *mock_quote_of(const struct mock_market *m);
/* The fee of an amount of 10^-16, in 10^-20. */
mock_wide mock_fee(const struct mock_market *m, mock_wide amount16);
/* A decimal text with up to 20 digits after the point, maybe negative. */
bool mock_parse_amount(mock_wide *amount, const char *text);

/* What every pocket begins with. */
void mock_pocket_seed(struct mock_pocket *p);

#endif
