/* See budget.h. Numbers: rate-limit page of the exchange. */
#include "budget.h"

#include <stdio.h>

#include "private.h"
#include "server.h"

static const struct {
    const char *name;
    int limit;
    int seconds;
} groups[MOCK_GROUPS] = {{"market", 10, 1}, {"ticker", 10, 1},    {"orderbook", 10, 1},
                         {"trades", 10, 1}, {"candles", 10, 1},   {"default", 30, 1},
                         {"order", 12, 1},  {"order-test", 8, 1}, {"order-cancel-all", 1, 2}};

const char *mock_group_name(enum mock_group group)
{
    return groups[group].name;
}

void mock_budget_note(struct mock_budget *b, int64_t window_ms, int64_t now_ms)
{
    b->recent[b->calls++ % MOCK_BUDGET_RING] = now_ms;
    int count = 0;
    for (uint64_t i = 0; i < MOCK_BUDGET_RING && i < b->calls; i++) {
        if (b->recent[(b->calls - 1 - i) % MOCK_BUDGET_RING] <= now_ms - window_ms) {
            break;
        }
        count++;
    }
    b->busiest = count > b->busiest ? count : b->busiest;
}

bool mock_budget_take(struct mock_budget *b, enum mock_group group, int64_t now_ms)
{
    int64_t length = groups[group].seconds * INT64_C(1000);
    int64_t window = now_ms / length;
    mock_budget_note(b, length, now_ms);
    if (b->window != window) {
        b->window = window;
        b->used = 0;
    }
    bool over = b->used >= groups[group].limit;
    b->used += !over;
    return over;
}

void mock_budget_header(char *out, unsigned long size, const struct mock_budget *b,
                        enum mock_group group)
{
    snprintf(out, size, "Remaining-Req: group=%s; min=%d; sec=%d\r\n", groups[group].name,
             groups[group].limit * 60 / groups[group].seconds, groups[group].limit - b->used);
}

void mock_budgets_put(const struct mock_server *s, struct mock_buf *b)
{
    mock_buf_puts(b, "\"busiest_second\":{");
    for (int g = 0; g < MOCK_GROUPS; g++) {
        int most = g < MOCK_QUOTATION_GROUPS ? s->budget[g].busiest
                                             : mock_private_busiest(s, (enum mock_group)g);
        mock_buf_printf(b, "\"%s\":%d,", groups[g].name, most);
    }
    mock_buf_printf(b, "\"connect\":%d,\"connect_private\":%d},", s->police.upgrades[0].busiest,
                    s->police.upgrades[1].busiest);
}
