/* The public accessors and names of events. Reference counting is the queue's. */
#include <string.h>

#include "upbit-live/account.h"
#include "upbit-live/control.h"
#include "upbit-live/market.h"

#define ACCESSOR(function, T, wanted)                                                              \
    const T *upbit_event_##function(const upbit_event *e)                                          \
    {                                                                                              \
        return e != NULL && e->type == UPBIT_TYPE_##wanted ? (const T *)(const void *)e : NULL;    \
    }

ACCESSOR(ticker, upbit_ticker, TICKER)
ACCESSOR(trade, upbit_trade, TRADE)
ACCESSOR(orderbook, upbit_orderbook, ORDERBOOK)
ACCESSOR(candle, upbit_candle, CANDLE)
ACCESSOR(my_order, upbit_my_order, MY_ORDER)
ACCESSOR(my_asset, upbit_my_asset, MY_ASSET)
ACCESSOR(announcement, upbit_announcement, ANNOUNCEMENT)
ACCESSOR(raw, upbit_raw, RAW)
ACCESSOR(state, upbit_state_event, STATE)
ACCESSOR(restored, upbit_restored_event, RESTORED)
ACCESSOR(epoch, upbit_epoch_event, EPOCH)
ACCESSOR(reply, upbit_reply, REPLY)
ACCESSOR(gap, upbit_gap, GAP)
ACCESSOR(error, upbit_error_event, ERROR)
ACCESSOR(health, upbit_health_event, HEALTH)
ACCESSOR(closed, upbit_closed_event, CLOSED)
ACCESSOR(overflow, upbit_overflow_event, OVERFLOW)
ACCESSOR(status, upbit_status_event, STATUS)
ACCESSOR(subscriptions, upbit_subscriptions_event, SUBSCRIPTIONS)

const upbit_key_event *upbit_event_key(const upbit_event *e)
{
    if (e == NULL || (e->type != UPBIT_TYPE_NO_DATA && e->type != UPBIT_TYPE_STALE &&
                      e->type != UPBIT_TYPE_FRESH && e->type != UPBIT_TYPE_DELISTED &&
                      e->type != UPBIT_TYPE_LISTED))
        return NULL;
    return (const upbit_key_event *)(const void *)e;
}

const char *upbit_event_extra(const upbit_event *e)
{
    return e != NULL ? e->extra : NULL;
}

int upbit_event_has(const upbit_event *e, size_t index)
{
    if (e == NULL || index > 63 || !(e->present >> index & 1))
        return -1;
    return e->nulls >> index & 1 ? 0 : 1;
}

const char *upbit_type_name(int type)
{
    switch (type) {
    case UPBIT_TYPE_TICKER:
        return "ticker";
    case UPBIT_TYPE_TRADE:
        return "trade";
    case UPBIT_TYPE_ORDERBOOK:
        return "orderbook";
    case UPBIT_TYPE_CANDLE:
        return "candle";
    case UPBIT_TYPE_MY_ORDER:
        return "myOrder";
    case UPBIT_TYPE_MY_ASSET:
        return "myAsset";
    case UPBIT_TYPE_ANNOUNCEMENT:
        return "announcement";
    case UPBIT_TYPE_RAW:
        return "raw";
    case UPBIT_TYPE_STATE:
        return "state";
    case UPBIT_TYPE_EPOCH:
        return "epoch";
    case UPBIT_TYPE_REPLY:
        return "reply";
    case UPBIT_TYPE_GAP:
        return "gap";
    case UPBIT_TYPE_NO_DATA:
        return "no_data";
    case UPBIT_TYPE_STALE:
        return "stale";
    case UPBIT_TYPE_FRESH:
        return "fresh";
    case UPBIT_TYPE_ERROR:
        return "error";
    case UPBIT_TYPE_HEALTH:
        return "health";
    case UPBIT_TYPE_CLOSED:
        return "closed";
    case UPBIT_TYPE_OVERFLOW:
        return "overflow";
    case UPBIT_TYPE_DELISTED:
        return "delisted";
    case UPBIT_TYPE_LISTED:
        return "listed";
    case UPBIT_TYPE_RESTORED:
        return "restored";
    case UPBIT_TYPE_STATUS:
        return "status";
    case UPBIT_TYPE_SUBSCRIPTIONS:
        return "subscriptions";
    default:
        return "unknown";
    }
}

const char *upbit_stream_name(int stream)
{
    return stream == UPBIT_STREAM_SNAPSHOT   ? "SNAPSHOT"
           : stream == UPBIT_STREAM_REALTIME ? "REALTIME"
                                             : "";
}

const char *upbit_origin_name(int origin)
{
    static const char *const names[] = {"stream", "rest", "cache", "backfill", "local"};
    return origin >= UPBIT_ORIGIN_STREAM && origin <= UPBIT_ORIGIN_LOCAL ? names[origin]
                                                                         : "unknown";
}

const char *upbit_state_name(int state)
{
    static const char *const names[] = {"idle",         "connecting", "upgrading",
                                        "subscribing",  "live",       "closing",
                                        "reconnecting", "closed",     "stale"};
    return state >= UPBIT_STATE_IDLE && state <= UPBIT_STATE_STALE ? names[state] : "unknown";
}

static const struct {
    unsigned unit;
    const char *name;
} units[] = {
    {UPBIT_CANDLE_1S, "1s"},   {UPBIT_CANDLE_1M, "1m"},   {UPBIT_CANDLE_3M, "3m"},
    {UPBIT_CANDLE_5M, "5m"},   {UPBIT_CANDLE_10M, "10m"}, {UPBIT_CANDLE_15M, "15m"},
    {UPBIT_CANDLE_30M, "30m"}, {UPBIT_CANDLE_60M, "60m"}, {UPBIT_CANDLE_240M, "240m"},
};

const char *upbit_candle_unit_name(unsigned unit)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == unit)
            return units[i].name;
    return NULL;
}

unsigned upbit_candle_unit_from_name(const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].unit;
    return UPBIT_CANDLE_NONE;
}
