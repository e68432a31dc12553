/* See accounts.h. */
#include "accounts.h"

#include <stdio.h>
#include <string.h>

static const char *const quotes[] = {"KRW", "BTC", "USDT"};

/* More digits than a double holds, as the exchange's own balances have. */
static const struct {
    const char *currency, *free, *average;
} seeds[] = {{"KRW", "25386929.37231066771348207123", "0"},
             {"BTC", "2.05", "104350127.45"},
             {"ETH", "31.40592653", "4213500.5"},
             {"XRP", "12007.5", "812.34"},
             {"USDT", "3000.12345678", "1391.2"}};

struct mock_balance *mock_balance_of(struct mock_pocket *p, const char *currency)
{
    for (size_t i = 0; i < p->balances; i++) {
        if (strcmp(p->balance[i].currency, currency) == 0) {
            return &p->balance[i];
        }
    }
    if (p->balances == MOCK_CURRENCIES || strlen(currency) >= sizeof p->balance[0].currency) {
        return NULL;
    }
    struct mock_balance *b = &p->balance[p->balances++];
    *b = (struct mock_balance){0};
    snprintf(b->currency, sizeof b->currency, "%s", currency);
    return b;
}

const char *mock_quote_of(const struct mock_market *m)
{
    return quotes[m->quote];
}

mock_wide mock_fee(const struct mock_market *m, mock_wide amount16)
{
    /* 0.05 %, and 0.25 % outside the KRW market: 5 and 25 of 10^-4, which 10^-20 holds exactly. */
    return amount16 * (m->quote == MOCK_KRW ? 5 : 25);
}

bool mock_parse_amount(mock_wide *amount, const char *text)
{
    bool negative = *text == '-';
    mock_wide sum = 0;
    int whole = 0, decimals = 0;
    text += negative;
    for (; *text >= '0' && *text <= '9' && whole < 13; text++, whole++) {
        sum = sum * 10 + (*text - '0');
    }
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9' && decimals < MOCK_FINE; text++, decimals++) {
            sum = sum * 10 + (*text - '0');
        }
    }
    for (int i = decimals; i < MOCK_FINE; i++) {
        sum *= 10;
    }
    *amount = negative ? -sum : sum;
    return *text == '\0' && whole > 0;
}

void mock_pocket_seed(struct mock_pocket *p)
{
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        struct mock_balance *b = mock_balance_of(p, seeds[i].currency);
        mock_parse_amount(&b->free, seeds[i].free);
        b->shown_free = b->free;
        mock_parse_amount(&b->average, seeds[i].average);
    }
}
