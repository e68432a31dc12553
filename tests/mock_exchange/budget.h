/* The budgets of the groups of calls, by the exchange's own seconds; and what a rule for clients
 * needs that no fixed second shows: the most calls there ever were in a sliding one. */
#ifndef MOCK_BUDGET_H
#define MOCK_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

struct mock_server;

enum mock_group {
    MOCK_GROUP_MARKET,
    MOCK_GROUP_TICKER,
    MOCK_GROUP_BOOK,
    MOCK_GROUP_TRADES,
    MOCK_GROUP_CANDLES,
    MOCK_QUOTATION_GROUPS, /* those before it are counted by address, those after it by pocket */
    MOCK_GROUP_DEFAULT = MOCK_QUOTATION_GROUPS,
    MOCK_GROUP_ORDER,
    MOCK_GROUP_ORDER_TEST,
    MOCK_GROUP_CANCEL_ALL,
    MOCK_GROUPS
};

#define MOCK_BUDGET_RING 256

struct mock_budget {
    int64_t window; /* which one the count is of */
    int used;
    int64_t recent[MOCK_BUDGET_RING];
    uint64_t calls;
    int busiest; /* most calls in any sliding window, those refused included */
};

const char *mock_group_name(enum mock_group group);

/* One more call. True: it is one too many. */
bool mock_budget_take(struct mock_budget *b, enum mock_group group, int64_t now_ms);
/* Counts a call that has no budget, for `busiest` alone. */
void mock_budget_note(struct mock_budget *b, int64_t window_ms, int64_t now_ms);
/* The Remaining-Req header with its line end. */
void mock_budget_header(char *out, unsigned long size, const struct mock_budget *b,
                        enum mock_group group);

/* "busiest_second":{...}, */
void mock_budgets_put(const struct mock_server *s, struct mock_buf *b);

#endif
