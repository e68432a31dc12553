#include "client/want.h"

#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "exchange/request.h"

#define INVALID(...) upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, __VA_ARGS__)
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
        return upbit__error_set(
            UPBIT_ERROR_UNAVAILABLE,
            "type: %s needs the private connection, which this version does not "
            "have",
            upbit_type_name(w->type));
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

static int check_code(const upbit_want *w, size_t i)
{
    const char *code = w->codes[i];
    if (code == NULL)
        return INVALID("codes[%zu]: is NULL", i);
    if (!upbit__code_check(code))
        return INVALID(
            "codes[%zu]: \"%.40s\" is not a market code; write it in upper case with the "
            "quote currency first, e.g. KRW-BTC",
            i, code);
    if (!upbit_decimal_is_zero(&w->book_level) && strncmp(code, "KRW-", 4) != 0)
        return INVALID("codes[%zu]: book_level is for KRW markets only, %s is none", i, code);
    return 0;
}

int upbit__want_order(upbit__order **out, upbit__order_kind kind, const upbit_want *want,
                      const upbit__inbox *inbox)
{
    if (want == NULL)
        return INVALID("want: must not be NULL");
    if (want->struct_size < sizeof want->struct_size)
        return INVALID("want: struct_size is not set; use UPBIT_WANT_INIT");
    upbit_want w = UPBIT_WANT_INIT;
    memcpy(&w, want, want->struct_size < sizeof w ? want->struct_size : sizeof w);
    int error = check_type(&w);
    if (error == 0)
        error = check_wishes(&w);
    if (error != 0)
        return error;
    if (w.type == UPBIT_TYPE_TRADE &&
        upbit__inbox_policy(inbox, UPBIT_TYPE_TRADE) == UPBIT__LANE_LATEST)
        return INVALID("policy: trades cannot be coalesced, each one counts");
    if (w.code_count > CODES_MAX || (w.code_count > 0 && w.codes == NULL))
        return INVALID("codes: %zu codes, but at most %d and none without an array", w.code_count,
                       CODES_MAX);
    if (w.code_count == 0 && kind != UPBIT__ORDER_REPLACE)
        return INVALID("codes: at least one is needed for %s", upbit_type_name(w.type));
    for (size_t i = 0; i < w.code_count; i++)
        if ((error = check_code(&w, i)) != 0)
            return error;
    upbit__order *order = calloc(1, sizeof *order + w.code_count * sizeof *order->codes);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = kind;
    order->type = w.type;
    order->unit = w.candle_unit;
    order->depth = w.book_depth;
    order->flags = w.flags;
    order->level = w.book_level;
    order->code_count = w.code_count;
    for (size_t i = 0; i < w.code_count; i++)
        memcpy(order->codes[i], w.codes[i], strlen(w.codes[i]));
    *out = order;
    return 0;
}
