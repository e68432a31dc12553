#include "messages.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const message_kind_names[MESSAGE_KINDS] = {"ticker", "trade", "orderbook 15", "orderbook 30",
                                                       "candle.1m"};

static uint64_t state = 88172645463325252ULL;

static uint64_t next(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

typedef struct text {
    char *to;
    size_t length, size;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->to + t->length, t->size - t->length, format, arguments);
    va_end(arguments);
}

/* A price as a Java double prints it: 1.16539E8 from 10^7 on, else 4407000.0. SIMPLE writes it plain. */
static void put_book_price(text *t, uint64_t price, int simple)
{
    if (simple || price < 10000000) {
        put(t, simple ? "%llu" : "%llu.0", (unsigned long long)price);
        return;
    }
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)price), last = n;
    while (last > 2 && digits[last - 1] == '0')
        last--;
    put(t, "%c.%.*sE%d", digits[0], last - 1, digits + 1, n - 1);
}

/* Sizes have up to eight places, nine in ten all of them; now and then a trailing zero. */
static void put_size(text *t, int simple)
{
    uint64_t whole = next(10) < 6 ? 0 : next(1000), part = next(100000000);
    if (next(10) == 0)
        part = part / 10000 * 10000;
    if (simple && whole == 0 && part > 0 && part < 100000) {
        put(t, "%llu.%04lluE-4", (unsigned long long)(1 + next(9)), (unsigned long long)next(10000));
        return;
    }
    put(t, "%llu.%08llu", (unsigned long long)whole, (unsigned long long)part);
}

static uint64_t price_of(size_t code)
{
    static const uint64_t prices[] = {116539000, 4407000, 23450, 712, 91157000, 250100, 1318, 63210000};
    return prices[code % 8] + next(50) * (prices[code % 8] > 1000000 ? 1000 : 1);
}

static void put_head(text *t, const char *type, size_t code, int simple)
{
    static const char *const first[] = {"BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT"};
    put(t, simple ? "{\"ty\":\"%s\",\"cd\":\"KRW-%s%s\"" : "{\"type\":\"%s\",\"code\":\"KRW-%s%s\"", type,
        first[code % 8], code < 8 ? "" : code % 3 == 0 ? "X" : "A");
}

static void put_name(text *t, int simple, const char *name, const char *abbreviation)
{
    put(t, ",\"%s\":", simple ? abbreviation : name);
}

static void put_price(text *t, uint64_t price)
{
    put(t, "%llu.00000000", (unsigned long long)price);
}

static uint64_t now_ms(void)
{
    return 1790134742106ULL + next(100000000);
}

static void book(text *t, size_t code, int simple, unsigned units)
{
    uint64_t price = price_of(code), step = price > 10000000 ? 1000 : price > 100000 ? 100 : 1;
    put_head(t, "orderbook", code, simple);
    put_name(t, simple, "timestamp", "tms");
    put(t, "%llu", (unsigned long long)now_ms());
    put_name(t, simple, "total_ask_size", "tas");
    put_size(t, simple);
    put_name(t, simple, "total_bid_size", "tbs");
    put_size(t, simple);
    put_name(t, simple, "orderbook_units", "obu");
    for (unsigned i = 0; i < units; i++) {
        put(t, "%c{\"%s\":", i == 0 ? '[' : ',', simple ? "ap" : "ask_price");
        put_book_price(t, price + (i + 1) * step, simple);
        put_name(t, simple, "bid_price", "bp");
        put_book_price(t, price - i * step, simple);
        put_name(t, simple, "ask_size", "as");
        put_size(t, simple);
        put_name(t, simple, "bid_size", "bs");
        put_size(t, simple);
        put(t, "}");
    }
    put(t, "]");
    put_name(t, simple, "stream_type", "st");
    put(t, "\"REALTIME\"");
    put_name(t, simple, "level", "lv");
    put(t, "0}");
}

static void trade(text *t, size_t code, int simple)
{
    uint64_t ms = now_ms(), price = price_of(code);
    put_head(t, "trade", code, simple);
    put_name(t, simple, "timestamp", "tms");
    put(t, "%llu", (unsigned long long)ms);
    put_name(t, simple, "trade_date", "td");
    put(t, "\"2026-09-%02u\"", (unsigned)(1 + next(30)));
    put_name(t, simple, "trade_time", "ttm");
    put(t, "\"%02u:%02u:%02u\"", (unsigned)next(24), (unsigned)next(60), (unsigned)next(60));
    put_name(t, simple, "trade_timestamp", "ttms");
    put(t, "%llu", (unsigned long long)(ms - next(60)));
    put_name(t, simple, "trade_price", "tp");
    put_price(t, price);
    put_name(t, simple, "trade_volume", "tv");
    put_size(t, simple);
    put_name(t, simple, "ask_bid", "ab");
    put(t, next(2) ? "\"ASK\"" : "\"BID\"");
    put_name(t, simple, "prev_closing_price", "pcp");
    put_price(t, price - 500);
    put_name(t, simple, "change", "c");
    put(t, next(2) ? "\"RISE\"" : "\"FALL\"");
    put_name(t, simple, "change_price", "cp");
    put(t, "%llu.00000000", (unsigned long long)next(900000));
    put_name(t, simple, "sequential_id", "sid");
    put(t, "%llu", (unsigned long long)(ms * 10000 + next(5)));
    put_name(t, simple, "best_ask_price", "bap");
    put(t, "%llu", (unsigned long long)price + 1);
    put_name(t, simple, "best_ask_size", "bas");
    put_size(t, simple);
    put_name(t, simple, "best_bid_price", "bbp");
    put(t, "%llu", (unsigned long long)price);
    put_name(t, simple, "best_bid_size", "bbs");
    put_size(t, simple);
    put_name(t, simple, "stream_type", "st");
    put(t, "\"REALTIME\"}");
}

static void ticker(text *t, size_t code, int simple)
{
    static const char *const prices[5][2] = {{"opening_price", "op"},
                                             {"high_price", "hp"},
                                             {"low_price", "lp"},
                                             {"trade_price", "tp"},
                                             {"prev_closing_price", "pcp"}};
    uint64_t ms = now_ms(), price = price_of(code);
    put_head(t, "ticker", code, simple);
    for (unsigned i = 0; i < 5; i++) {
        put_name(t, simple, prices[i][0], prices[i][1]);
        put_price(t, price - next(300));
    }
    put_name(t, simple, "acc_trade_price", "atp");
    put(t, "%llu.%08llu00000000", (unsigned long long)next(400000000000), (unsigned long long)next(100000000));
    put_name(t, simple, "change", "c");
    put(t, next(2) ? "\"RISE\"" : "\"FALL\"");
    put_name(t, simple, "change_price", "cp");
    put(t, "%llu.00000000", (unsigned long long)next(900000));
    put_name(t, simple, "signed_change_price", "scp");
    put(t, "-%llu.00000000", (unsigned long long)next(900000));
    put_name(t, simple, "change_rate", "cr");
    put(t, "0.%010llu", (unsigned long long)next(300000000));
    put_name(t, simple, "signed_change_rate", "scr");
    put(t, "-0.%010llu", (unsigned long long)next(300000000));
    put_name(t, simple, "ask_bid", "ab");
    put(t, next(2) ? "\"ASK\"" : "\"BID\"");
    put_name(t, simple, "trade_volume", "tv");
    put_size(t, simple);
    put_name(t, simple, "acc_trade_volume", "atv");
    put(t, "%llu.%08llu", (unsigned long long)next(90000), (unsigned long long)next(100000000));
    put_name(t, simple, "trade_date", "tdt");
    put(t, "\"202609%02u\"", (unsigned)(1 + next(30)));
    put_name(t, simple, "trade_time", "ttm");
    put(t, "\"%02u%02u%02u\"", (unsigned)next(24), (unsigned)next(60), (unsigned)next(60));
    put_name(t, simple, "trade_timestamp", "ttms");
    put(t, "%llu", (unsigned long long)(ms - next(60)));
    put_name(t, simple, "acc_ask_volume", "aav");
    put(t, "%llu.%08llu", (unsigned long long)next(90000), (unsigned long long)next(100000000));
    put_name(t, simple, "acc_bid_volume", "abv");
    put(t, "%llu.%08llu", (unsigned long long)next(90000), (unsigned long long)next(100000000));
    put_name(t, simple, "highest_52_week_price", "h52wp");
    put_price(t, price * 2);
    put_name(t, simple, "highest_52_week_date", "h52wdt");
    put(t, "\"2025-10-09\"");
    put_name(t, simple, "lowest_52_week_price", "l52wp");
    put_price(t, price / 2);
    put_name(t, simple, "lowest_52_week_date", "l52wdt");
    put(t, "\"2026-02-0%u\"", (unsigned)(1 + next(9)));
    put_name(t, simple, "market_state", "ms");
    put(t, "\"ACTIVE\"");
    put_name(t, simple, "is_trading_suspended", "its");
    put(t, "false");
    put_name(t, simple, "delisting_date", "dd");
    put(t, "null");
    put_name(t, simple, "market_warning", "mw");
    put(t, "\"NONE\"");
    put_name(t, simple, "timestamp", "tms");
    put(t, "%llu", (unsigned long long)ms);
    put_name(t, simple, "acc_trade_price_24h", "atp24h");
    put(t, "%llu.%05llu", (unsigned long long)next(400000000000), (unsigned long long)next(100000));
    put_name(t, simple, "acc_trade_volume_24h", "atv24h");
    put(t, "%llu.%08llu", (unsigned long long)next(90000), (unsigned long long)next(100000000));
    put_name(t, simple, "stream_type", "st");
    put(t, "\"REALTIME\"}");
}

static void candle(text *t, size_t code, int simple)
{
    static const char *const prices[4][2] = {
        {"opening_price", "op"}, {"high_price", "hp"}, {"low_price", "lp"}, {"trade_price", "tp"}};
    uint64_t price = price_of(code);
    put_head(t, "candle.1m", code, simple);
    put_name(t, simple, "candle_date_time_utc", "cdttmu");
    put(t, "\"2026-07-30T07:%02u:00\"", (unsigned)next(60));
    put_name(t, simple, "candle_date_time_kst", "cdttmk");
    put(t, "\"2026-07-30T16:%02u:00\"", (unsigned)next(60));
    for (unsigned i = 0; i < 4; i++) {
        put_name(t, simple, prices[i][0], prices[i][1]);
        put_price(t, price - next(300));
    }
    put_name(t, simple, "candle_acc_trade_volume", "catv");
    put_size(t, simple);
    put_name(t, simple, "candle_acc_trade_price", "catp");
    put(t, "%llu.%08llu", (unsigned long long)next(100000000), (unsigned long long)next(100000000));
    put_name(t, simple, "timestamp", "tms");
    put(t, "%llu", (unsigned long long)now_ms());
    put_name(t, simple, "stream_type", "st");
    put(t, "\"REALTIME\"}");
}

void messages_free(message *list, size_t count)
{
    for (size_t i = 0; list != NULL && i < count; i++)
        free(list[i].text);
    free(list);
}

message *messages_make(message_kind kind, int simple, size_t count)
{
    message *list = calloc(count, sizeof *list);
    char *scratch = malloc(16384);
    for (size_t i = 0; list != NULL && scratch != NULL && i < count; i++) {
        text t = {scratch, 0, 16384};
        switch (kind) {
        case MESSAGE_TICKER:
            ticker(&t, i % 100, simple);
            break;
        case MESSAGE_TRADE:
            trade(&t, i % 100, simple);
            break;
        case MESSAGE_CANDLE:
            candle(&t, i % 100, simple);
            break;
        default:
            book(&t, i % 100, simple, kind == MESSAGE_BOOK_15 ? 15 : 30);
            break;
        }
        list[i].length = t.length;
        list[i].text = calloc(1, t.length + 64);
        if (list[i].text == NULL) {
            messages_free(list, count);
            list = NULL;
        } else {
            memcpy(list[i].text, scratch, t.length);
        }
    }
    free(scratch);
    return list;
}
