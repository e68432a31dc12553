#include "universe.h"

#include <stdlib.h>
#include <string.h>

/* The markets of `upbit-mock --codes 20`, those that are taken off and put on last. */
const char *const universe_code[CODES] = {
    "KRW-BTC",  "KRW-ETH",  "KRW-XRP",  "KRW-SOL",  "KRW-DOGE", "KRW-ADA",  "BTC-ETH",  "BTC-XRP",
    "BTC-SOL",  "BTC-ADA",  "BTC-DOGE", "BTC-USDT", "BTC-TRX",  "BTC-AVAX", "USDT-BTC", "USDT-ETH",
    "USDT-XRP", "USDT-SOL", "KRW-USDT", "KRW-TRX",  "KRW-NEWA", "KRW-NEWB"};

int universe_find(const char *code)
{
    for (int i = 0; i < CODES; i++)
        if (strcmp(universe_code[i], code) == 0)
            return i;
    return -1;
}

int universe_type(subject k)
{
    static const int types[KINDS] = {UPBIT_TYPE_TICKER,    UPBIT_TYPE_TRADE,  UPBIT_TYPE_ORDERBOOK,
                                     UPBIT_TYPE_ORDERBOOK, UPBIT_TYPE_CANDLE, UPBIT_TYPE_CANDLE};
    return types[k];
}

unsigned universe_unit(subject k)
{
    return k == KIND_SECOND ? UPBIT_CANDLE_1S : k == KIND_MINUTE ? UPBIT_CANDLE_1M : 0;
}

int universe_kind(const upbit_event *e)
{
    switch (e->type) {
    case UPBIT_TYPE_TICKER:
        return KIND_TICKER;
    case UPBIT_TYPE_TRADE:
        return KIND_TRADE;
    case UPBIT_TYPE_ORDERBOOK: {
        upbit_decimal level = upbit_event_orderbook(e)->level, ten_thousand;
        if (upbit_decimal_is_null(&level) || upbit_decimal_is_zero(&level))
            return KIND_BOOK;
        (void)upbit_decimal_from_int64(&ten_thousand, 10000, 0);
        return upbit_decimal_compare(&level, &ten_thousand) == 0 ? KIND_LEVEL : -1;
    }
    case UPBIT_TYPE_CANDLE: {
        unsigned unit = upbit_event_candle(e)->unit;
        return unit == UPBIT_CANDLE_1S ? KIND_SECOND : unit == UPBIT_CANDLE_1M ? KIND_MINUTE : -1;
    }
    default:
        return -1;
    }
}

int universe_kind_of(const char *type, const char *level)
{
    if (strcmp(type, "orderbook") == 0) {
        double value = strtod(level, NULL);
        return value == 0 ? KIND_BOOK : value == 10000 ? KIND_LEVEL : -1;
    }
    return strcmp(type, "ticker") == 0      ? KIND_TICKER
           : strcmp(type, "trade") == 0     ? KIND_TRADE
           : strcmp(type, "candle.1s") == 0 ? KIND_SECOND
           : strcmp(type, "candle.1m") == 0 ? KIND_MINUTE
                                            : -1;
}

/* splitmix64 */
uint64_t dice_next(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned dice_below(dice *d, unsigned n)
{
    return (unsigned)(dice_next(d) >> 32) % n;
}

bool dice_percent(dice *d, unsigned percent)
{
    return dice_below(d, 100) < percent;
}
