#include "client/want.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "exchange/request.h"

#define INVALID(...) upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, __VA_ARGS__)
#define HISTORY_MAX  2000  /* events of one code: ten pages of candles, four of trades */
#define ANSWER_MAX   20000 /* events of one answer: twice what the budgets give in 5 s */
#define BEFORE_MAX   4102444799000
#define CODES_MAX    10000 /* the exchange lists fewer than a thousand; more is a mistake */

static int check_type(const upbit_want *w)
{
    switch (w->type) {
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_TRADE:
    case UPBIT_TYPE_ORDERBOOK:
        if (w->candle_unit != 0)
            return INVALID("candle_unit: only for candles");
        break;
    case UPBIT_TYPE_CANDLE:
        if (upbit_candle_unit_name(w->candle_unit) == NULL)
            return INVALID("candle_unit: %u is not one of 1s 1m 3m 5m 10m 15m 30m 60m 240m",
                           w->candle_unit);
        break;
    case UPBIT_TYPE_MY_ORDER:
    case UPBIT_TYPE_MY_ASSET:
    case UPBIT_TYPE_ANNOUNCEMENT:
        if (w->candle_unit != 0)
            return INVALID("candle_unit: only for candles");
        if (w->type != UPBIT_TYPE_MY_ORDER && w->code_count > 0)
            return INVALID("codes: %s has none", upbit_type_name(w->type));
        if (w->type == UPBIT_TYPE_ANNOUNCEMENT && (w->flags & UPBIT_WANT_SNAPSHOT_ONLY) != 0)
            return INVALID("flags: there is no snapshot of announcements");
        break;
    default:
        return INVALID("type: %d is not a type that can be subscribed to", w->type);
    }
    if (w->type != UPBIT_TYPE_ORDERBOOK) {
        if (w->book_depth != 0)
            return INVALID("book_depth: only for order books");
        if (!upbit_decimal_is_zero(&w->book_level))
            return INVALID("book_level: only for order books");
    }
    return 0;
}

static int check_wishes(const upbit_want *w)
{
    unsigned known = UPBIT_WANT_SNAPSHOT_ONLY | UPBIT_WANT_REALTIME_ONLY;
    if ((w->flags & ~known) != 0)
        return INVALID("flags: unknown bits 0x%x", w->flags & ~known);
    if (w->flags == known)
        return INVALID("flags: snapshot only and realtime only exclude each other");
    if (w->book_depth > 30)
        return INVALID("book_depth: %u is more than the exchange's 30 rows a side", w->book_depth);
    if (w->book_level.null || upbit_decimal_sign(&w->book_level) < 0)
        return INVALID("book_level: must be 0 (no grouping) or a positive number");
    return 0;
}

/* What only a snapshot request can ask for. */
static int check_history(const upbit_want *w, upbit__order_kind kind)
{
    bool history = w->type == UPBIT_TYPE_TRADE || w->type == UPBIT_TYPE_CANDLE;
    if (kind != UPBIT__ORDER_SNAPSHOT) {
        if (w->count != 0 || w->before != 0)
            return INVALID("%s: only for upbit_proxy_get_snapshot",
                           w->count != 0 ? "count" : "before");
        return 0;
    }
    if ((w->flags & UPBIT_WANT_REALTIME_ONLY) != 0)
        return INVALID("flags: realtime only asks for no snapshot");
    if (!history && (w->count > 1 || w->before != 0))
        return INVALID("%s: only for trades and candles", w->count > 1 ? "count" : "before");
    if (w->count > HISTORY_MAX)
        return INVALID("count: %u is more than %d; ask for the rest with before", w->count,
                       HISTORY_MAX);
    if (w->before < 0)
        return INVALID("before: must be 0 (the newest) or positive");
    if (w->type == UPBIT_TYPE_CANDLE && w->before > BEFORE_MAX)
        return INVALID("before: is behind the year 2099, it is Unix time in ms");
    if (w->count > 0 && w->code_count > ANSWER_MAX / w->count)
        return INVALID("count: %u events of %zu codes are more than %d", w->count, w->code_count,
                       ANSWER_MAX);
    return 0;
}

static uint32_t hash_code(const char code[24])
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < 24; i++)
        h = (h ^ (unsigned char)code[i]) * 16777619u;
    return h ^ h >> 15;
}

/* A code that was named twice is asked for and answered once, where it was named first. */
static int drop_repeats(upbit__order *order)
{
    size_t size = 4;
    while (size < order->code_count * 2)
        size *= 2;
    uint32_t *table = calloc(size, sizeof *table); /* index + 1 */
    if (table == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    size_t kept = 0;
    for (size_t i = 0; i < order->code_count; i++) {
        size_t slot = hash_code(order->codes[i]) & (size - 1);
        while (table[slot] != 0 &&
               memcmp(order->codes[table[slot] - 1], order->codes[i], sizeof order->codes[i]) != 0)
            slot = (slot + 1) & (size - 1);
        if (table[slot] != 0)
            continue;
        if (kept != i)
            memcpy(order->codes[kept], order->codes[i], sizeof order->codes[i]);
        table[slot] = (uint32_t)++kept;
    }
    order->code_count = kept;
    free(table);
    return 0;
}

/* QUOTE-*: what is left when the star is a letter must be a code. */
static bool is_selector(const char *code)
{
    char plain[24] = "";
    size_t length = strlen(code);
    if (length < 3 || length >= sizeof plain || !upbit__is_selector(code) ||
        code[length - 2] != '-')
        return false;
    memcpy(plain, code, length + 1);
    plain[length - 1] = 'X';
    return upbit__code_check(plain);
}

static int check_code(const upbit_want *w, upbit__order_kind kind, size_t i)
{
    const char *code = w->codes[i];
    if (code == NULL)
        return INVALID("codes[%zu]: is NULL", i);
    if (strchr(code, '*') != NULL && w->type == UPBIT_TYPE_MY_ORDER)
        return INVALID(
            "codes[%zu]: \"%.40s\": orders are asked for by codes, or without any for all", i,
            code);
    if (strchr(code, '*') != NULL) {
        if (!is_selector(code))
            return INVALID(
                "codes[%zu]: \"%.40s\": a star stands for all markets of one quote currency, "
                "as in KRW-*, and for nothing else",
                i, code);
        if (kind == UPBIT__ORDER_SNAPSHOT && w->type != UPBIT_TYPE_TICKER)
            return INVALID("codes[%zu]: \"%.40s\": a request for a snapshot names its codes, but "
                           "for tickers; subscribe with the flag for a snapshot only instead",
                           i, code);
    } else if (!upbit__code_check(code)) {
        return INVALID(
            "codes[%zu]: \"%.40s\" is not a market code; write it in upper case with the "
            "quote currency first, e.g. KRW-BTC",
            i, code);
    }
    if (!upbit_decimal_is_zero(&w->book_level) && strncmp(code, "KRW-", 4) != 0)
        return INVALID("codes[%zu]: book_level is for KRW markets only, %s is none", i, code);
    return 0;
}

int upbit__want_order(upbit__order **out, upbit__order_kind kind, const upbit_want *want)
{
    if (want == NULL)
        return INVALID("want: must not be NULL");
    if (want->struct_size < sizeof want->struct_size)
        return INVALID("want: struct_size is not set; use UPBIT_WANT_INIT");
    upbit_want w = UPBIT_WANT_INIT;
    memcpy(&w, want, want->struct_size < sizeof w ? want->struct_size : sizeof w);
    if (kind == UPBIT__ORDER_SNAPSHOT &&
        (w.type == UPBIT_TYPE_MY_ORDER || w.type == UPBIT_TYPE_MY_ASSET))
        return upbit__want_account(out, &w);
    int error = check_type(&w);
    if (error == 0)
        error = upbit__want_no_account(&w);
    if (error == 0)
        error = check_wishes(&w);
    if (error == 0)
        error = check_history(&w, kind);
    if (error != 0)
        return error;
    if (w.code_count > CODES_MAX || (w.code_count > 0 && w.codes == NULL))
        return INVALID("codes: %zu codes, but at most %d and none without an array", w.code_count,
                       CODES_MAX);
    /* All of them are one code, "". */
    bool all = w.code_count == 0 && upbit__is_private(w.type) && kind != UPBIT__ORDER_REPLACE;
    if (w.code_count == 0 && kind != UPBIT__ORDER_REPLACE && !all)
        return INVALID("codes: at least one is needed for %s", upbit_type_name(w.type));
    for (size_t i = 0; i < w.code_count; i++)
        if ((error = check_code(&w, kind, i)) != 0)
            return error;
    size_t codes = all ? 1 : w.code_count;
    upbit__order *order = calloc(1, sizeof *order + codes * sizeof *order->codes);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = kind;
    order->type = w.type;
    order->unit = w.candle_unit;
    order->depth = w.book_depth;
    order->flags = w.flags;
    order->level = w.book_level;
    order->count = w.count;
    order->before = w.before;
    order->code_count = codes;
    for (size_t i = 0; i < w.code_count; i++)
        memcpy(order->codes[i], w.codes[i], strlen(w.codes[i]));
    if (kind == UPBIT__ORDER_SNAPSHOT && (error = drop_repeats(order)) != 0) {
        free(order);
        return error;
    }
    *out = order;
    return 0;
}
