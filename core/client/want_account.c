/* Requests for a snapshot of what is ours: which of the want's wishes make sense together. */
#include <stdlib.h>
#include <string.h>

#include "base/error_detail.h"
#include "client/want.h"
#include "exchange/request.h"

#define INVALID(...)   upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, __VA_ARGS__)
#define CLOSED_DEFAULT 100
#define CODES_MAX      100 /* each is a request of its own */
#define WEEK_MS        (7LL * 24 * 3600 * 1000)

int upbit__want_no_account(const upbit_want *w)
{
    if (w->orders != UPBIT_ORDERS_OPEN || w->after != 0 || w->order_uuid != NULL ||
        w->order_identifier != NULL)
        return INVALID("%s: only for upbit_proxy_get_snapshot of MY_ORDER",
                       w->orders != UPBIT_ORDERS_OPEN ? "orders"
                       : w->after != 0                ? "after"
                       : w->order_uuid != NULL        ? "order_uuid"
                                                      : "order_identifier");
    return 0;
}

/* What the other types' requests can have. */
static int check_plain(const upbit_want *w)
{
    if (w->candle_unit != 0)
        return INVALID("candle_unit: only for candles");
    if (w->book_depth != 0 || !upbit_decimal_is_zero(&w->book_level))
        return INVALID("%s: only for order books",
                       w->book_depth != 0 ? "book_depth" : "book_level");
    if ((w->flags & ~(unsigned)UPBIT_WANT_SNAPSHOT_ONLY) != 0)
        return INVALID("flags: 0x%x has no meaning for a snapshot", w->flags);
    return 0;
}

static int check_one(const upbit_want *w)
{
    if (w->order_uuid != NULL && w->order_identifier != NULL)
        return INVALID("order_uuid, order_identifier: give one of them");
    if (w->orders != UPBIT_ORDERS_OPEN || w->code_count != 0 || w->count > 1 || w->before != 0 ||
        w->after != 0)
        return INVALID("order_uuid, order_identifier: one order needs no codes, orders, count, "
                       "before or after");
    if (w->order_uuid != NULL && !upbit__rest_uuid_check(w->order_uuid))
        return INVALID("order_uuid: must be 1 to 64 letters, digits and '-'");
    if (w->order_identifier != NULL && !upbit__rest_identifier_check(w->order_identifier))
        return INVALID("order_identifier: must be 1 to %d bytes without control characters",
                       UPBIT__REST_IDENTIFIER_MAX);
    return 0;
}

static int check_closed(const upbit_want *w)
{
    if (w->count > UPBIT__REST_CLOSED_MAX)
        return INVALID("count: %u is more than %d closed orders; ask for the rest with before",
                       w->count, UPBIT__REST_CLOSED_MAX);
    if (w->before < 0 || w->before >= UPBIT__YEAR_2100_MS || w->after < 0 ||
        w->after >= UPBIT__YEAR_2100_MS)
        return INVALID("%s: must be Unix time in ms before the year 2100",
                       w->before < 0 || w->before >= UPBIT__YEAR_2100_MS ? "before" : "after");
    if (w->before != 0 && w->after != 0 &&
        (w->after >= w->before || w->before - w->after > WEEK_MS))
        return INVALID("after: must be less than `before`, and by 7 days at most");
    return 0;
}

static int check_orders(const upbit_want *w)
{
    if (w->order_uuid != NULL || w->order_identifier != NULL)
        return check_one(w);
    if (w->orders == UPBIT_ORDERS_CLOSED)
        return check_closed(w);
    if (w->orders != UPBIT_ORDERS_OPEN)
        return INVALID("orders: %d is neither open nor closed", w->orders);
    if (w->count != 0 || w->before != 0 || w->after != 0)
        return INVALID("%s: only for closed orders; of the open ones all are given",
                       w->count != 0    ? "count"
                       : w->before != 0 ? "before"
                                        : "after");
    return 0;
}

static int check_assets(const upbit_want *w)
{
    if (w->code_count != 0)
        return INVALID("codes: assets are those of the account, they have no market codes");
    if (w->count > 1 || w->before != 0)
        return INVALID("%s: only for trades, candles and closed orders",
                       w->count > 1 ? "count" : "before");
    return upbit__want_no_account(w);
}

static int check_codes(const upbit_want *w)
{
    if (w->code_count > CODES_MAX || (w->code_count > 0 && w->codes == NULL))
        return INVALID("codes: %zu codes, but at most %d and none without an array; without codes "
                       "all markets' orders come at once",
                       w->code_count, CODES_MAX);
    for (size_t i = 0; i < w->code_count; i++) {
        if (w->codes[i] == NULL)
            return INVALID("codes[%zu]: is NULL", i);
        if (!upbit__code_check(w->codes[i]))
            return INVALID("codes[%zu]: \"%.40s\" is not a market code; write it in upper case "
                           "with the quote currency first, e.g. KRW-BTC",
                           i, w->codes[i]);
        for (size_t k = 0; k < i; k++)
            if (strcmp(w->codes[k], w->codes[i]) == 0)
                return INVALID("codes[%zu]: %s is there twice", i, w->codes[i]);
    }
    return 0;
}

int upbit__want_account(upbit__order **out, const upbit_want *w)
{
    int error = check_plain(w);
    if (error == 0)
        error = w->type == UPBIT_TYPE_MY_ASSET ? check_assets(w) : check_orders(w);
    if (error == 0)
        error = check_codes(w);
    if (error != 0)
        return error;
    size_t count = w->code_count > 0 ? w->code_count : 1;
    upbit__order *order = calloc(1, sizeof *order + count * sizeof *order->codes);
    if (order == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    order->kind = UPBIT__ORDER_SNAPSHOT;
    order->type = w->type;
    order->flags = w->flags;
    order->level = w->book_level;
    order->orders = w->orders;
    order->count = w->orders == UPBIT_ORDERS_CLOSED && w->count == 0 ? CLOSED_DEFAULT : w->count;
    order->before = w->before;
    order->after = w->after;
    order->code_count = count;
    order->by_identifier = w->order_identifier != NULL;
    const char *which = order->by_identifier ? w->order_identifier : w->order_uuid;
    if (which != NULL)
        memcpy(order->which, which, strlen(which) + 1);
    for (size_t i = 0; i < w->code_count; i++)
        memcpy(order->codes[i], w->codes[i], strlen(w->codes[i]));
    *out = order;
    return 0;
}
