/* Which attributes each kind of event has. Those of data come from the library's own field tables,
 * so that a field the library learns appears here by itself; those of control events stand below.
 */
#include "core.h"

#include <stddef.h>

#define C(T, member, kind, enumeration)                                                            \
    {                                                                                              \
#member, enumeration, NULL, offsetof(T, member), kind, 0, -1, 1                            \
    }
#define AS(T, name, member, kind, base)                                                            \
    {                                                                                              \
        name, NULL, NULL, offsetof(T, member), kind, base, -1, 1                                   \
    }

static column header[] = {
    {"type", NULL, NULL, offsetof(upbit_event, type), UPBIT_FIELD_TYPE, 0, -1, 1},
    {"code", NULL, NULL, offsetof(upbit_event, code), UPBIT_FIELD_CODE, 0, -1, 1},
    {"stream_type", "stream_type", NULL, offsetof(upbit_event, stream), UPBIT_FIELD_STREAM, 0, -1,
     1},
    {"epoch", NULL, NULL, offsetof(upbit_event, epoch), COLUMN_INT32, 0, -1, 1},
    {"received_ms", NULL, NULL, offsetof(upbit_event, received_ms), COLUMN_INT64, 0, -1, 1},
    {"received_ns", NULL, NULL, offsetof(upbit_event, received_ns), COLUMN_INT64, 0, -1, 0},
    {"received_utc", NULL, NULL, offsetof(upbit_event, received_ms), COLUMN_UTC, 0, -1, 0},
    {"received_kst", NULL, NULL, offsetof(upbit_event, received_ms), COLUMN_KST, 0, -1, 0},
};
static column candle_more[] = {
    C(upbit_candle, unit, COLUMN_ENUM32, "unit"),
    C(upbit_candle, start_ms, COLUMN_INT64, NULL),
    {"start_utc", NULL, NULL, offsetof(upbit_candle, start_ms), COLUMN_UTC, 0, -1, 0},
    {"start_kst", NULL, NULL, offsetof(upbit_candle, start_ms), COLUMN_KST, 0, -1, 0},
};
static column state[] = {
    C(upbit_state_event, session, COLUMN_ENUM32, "session"),
    C(upbit_state_event, state, COLUMN_ENUM32, "state"),
    C(upbit_state_event, attempt, COLUMN_INT32, NULL),
    C(upbit_state_event, delay_ms, COLUMN_INT32, NULL),
    C(upbit_state_event, down_ms, COLUMN_INT32, NULL),
    C(upbit_state_event, error, COLUMN_INT32, NULL),
    C(upbit_state_event, tls, COLUMN_BOOL32, NULL),
};
static column restored[] = {
    C(upbit_restored_event, session, COLUMN_ENUM32, "session"),
    C(upbit_restored_event, down_ms, COLUMN_INT32, NULL),
    C(upbit_restored_event, attempts, COLUMN_INT32, NULL),
    C(upbit_restored_event, times, COLUMN_INT32, NULL),
};
static column epoch[] = {
    C(upbit_epoch_event, session, COLUMN_ENUM32, "session"),
    C(upbit_epoch_event, previous, COLUMN_INT32, NULL),
};
static column reply[] = {
    C(upbit_reply, error, COLUMN_INT32, NULL),
    C(upbit_reply, command, COLUMN_INT32, NULL),
    C(upbit_reply, detail, COLUMN_TEXT, NULL),
    C(upbit_reply, waited_ms, COLUMN_INT32, NULL),
};
static column gap[] = {
    C(upbit_gap, lane_type, COLUMN_TYPE32, NULL), C(upbit_gap, count, COLUMN_UINT64, NULL),
    C(upbit_gap, first, COLUMN_UINT64, NULL),     C(upbit_gap, last, COLUMN_UINT64, NULL),
    C(upbit_gap, after_ms, COLUMN_INT64, NULL),   C(upbit_gap, before_ms, COLUMN_INT64, NULL),
};
static column key[] = {
    C(upbit_key_event, key_type, COLUMN_TYPE32, NULL),
    C(upbit_key_event, candle_unit, COLUMN_ENUM32, "unit"),
    C(upbit_key_event, level, UPBIT_FIELD_DECIMAL, NULL),
    C(upbit_key_event, age_ms, COLUMN_INT64, NULL),
};
static column error[] = {
    C(upbit_error_event, error, COLUMN_INT32, NULL),
    C(upbit_error_event, session, COLUMN_ENUM32, "session"),
    C(upbit_error_event, http_status, COLUMN_INT32, NULL),
    C(upbit_error_event, count, COLUMN_INT32, NULL),
    C(upbit_error_event, name, COLUMN_TEXT, NULL),
    C(upbit_error_event, message, COLUMN_TEXT, NULL),
};
static column health[] = {
    C(upbit_health_event, level, COLUMN_ENUM32, "level"),
    C(upbit_health_event, session, COLUMN_ENUM32, "session"),
    C(upbit_health_event, reason, COLUMN_TEXT, NULL),
    C(upbit_health_event, reasons, COLUMN_INT32, NULL),
    C(upbit_health_event, doing, COLUMN_ENUM32, "doing"),
    C(upbit_health_event, since_ms, COLUMN_INT64, NULL),
    C(upbit_health_event, overall, COLUMN_ENUM32, "level"),
};
static column closed[] = {C(upbit_closed_event, error, COLUMN_INT32, NULL)};
static column overflow[] = {C(upbit_overflow_event, lane_type, COLUMN_TYPE32, NULL)};
static column raw[] = {
    C(upbit_raw, type_name, UPBIT_FIELD_STRING, NULL),
    C(upbit_raw, text, UPBIT_FIELD_STRING, NULL),
};
static column book_rows[] = {
    AS(upbit_book_row, "ask_price", price, UPBIT_FIELD_DECIMAL, 0),
    AS(upbit_book_row, "ask_size", size, UPBIT_FIELD_DECIMAL, 0),
    AS(upbit_book_row, "bid_price", price, UPBIT_FIELD_DECIMAL, 1),
    AS(upbit_book_row, "bid_size", size, UPBIT_FIELD_DECIMAL, 1),
};
static column asset_rows[] = {
    AS(upbit_asset, "currency", currency, UPBIT_FIELD_STRING, 0),
    AS(upbit_asset, "balance", balance, UPBIT_FIELD_DECIMAL, 0),
    AS(upbit_asset, "locked", locked, UPBIT_FIELD_DECIMAL, 0),
    AS(upbit_asset_cost, "avg_buy_price", avg_buy_price, UPBIT_FIELD_DECIMAL, 1),
    AS(upbit_asset_cost, "unit_currency", unit_currency, UPBIT_FIELD_STRING, 1),
    AS(upbit_asset_cost, "avg_buy_price_modified", avg_buy_price_modified, UPBIT_FIELD_BOOL, 1),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SHAPE(name, columns)                                                                       \
    {                                                                                              \
        name, columns, COUNT(columns), NULL                                                        \
    }
enum {
    PLAIN,
    TICKER,
    TRADE,
    ORDERBOOK,
    CANDLE,
    MY_ORDER,
    MY_ASSET,
    ANNOUNCEMENT,
    RAW,
    STATE,
    RESTORED,
    EPOCH,
    REPLY,
    GAP,
    KEY,
    ERROR,
    HEALTH,
    CLOSED,
    OVERFLOW,
    BOOK_ROW,
    ASSET_ROW,
    SHAPES
};
static shape shapes[SHAPES] = {
    [PLAIN] = SHAPE("Event", header),
    [TICKER] = {"Ticker", NULL, 0, NULL},
    [TRADE] = {"Trade", NULL, 0, NULL},
    [ORDERBOOK] = {"Orderbook", NULL, 0, NULL},
    [CANDLE] = {"Candle", NULL, 0, NULL},
    [MY_ORDER] = {"MyOrder", NULL, 0, NULL},
    [MY_ASSET] = {"MyAsset", NULL, 0, NULL},
    [ANNOUNCEMENT] = {"Announcement", NULL, 0, NULL},
    [RAW] = SHAPE("RawEvent", raw),
    [STATE] = SHAPE("StateEvent", state),
    [RESTORED] = SHAPE("RestoredEvent", restored),
    [EPOCH] = SHAPE("EpochEvent", epoch),
    [REPLY] = SHAPE("ReplyEvent", reply),
    [GAP] = SHAPE("GapEvent", gap),
    [KEY] = SHAPE("KeyEvent", key),
    [ERROR] = SHAPE("ErrorEvent", error),
    [HEALTH] = SHAPE("HealthEvent", health),
    [CLOSED] = SHAPE("ClosedEvent", closed),
    [OVERFLOW] = SHAPE("OverflowEvent", overflow),
    [BOOK_ROW] = SHAPE("OrderbookUnit", book_rows),
    [ASSET_ROW] = SHAPE("AssetRow", asset_rows),
};

/* "timestamp" gets "timestamp_utc" and "timestamp_kst" beside it. */
static const char *with_suffix(const char *name, const char *suffix)
{
    size_t size = strlen(name) + strlen(suffix) + 1;
    char *text = PyMem_RawMalloc(size);
    if (text != NULL)
        PyOS_snprintf(text, size, "%s%s", name, suffix);
    return text;
}

static int of_fields(shape *s, int type, const column *more, size_t more_count)
{
    size_t count;
    const upbit_field *fields = upbit_type_fields(type, &count);
    column *columns = PyMem_RawCalloc(3 * count + more_count, sizeof *columns);
    if (columns == NULL)
        return -1;
    s->columns = columns;
    column *c = columns;
    for (size_t i = 0; i < count; i++) {
        const upbit_field *f = &fields[i];
        if (f->kind == UPBIT_FIELD_TYPE || f->kind == UPBIT_FIELD_CODE ||
            f->kind == UPBIT_FIELD_STREAM)
            continue; /* the header's */
        *c = (column){
            .name = f->name, .offset = f->offset, .kind = f->kind, .field = (int8_t)i, .shown = 1};
        if (f->kind == UPBIT_FIELD_ENUM) /* the state of an order is not that of a connection */
            c->enumeration = strcmp(f->name, "state") == 0 ? "order_state" : f->name;
        c++;
        for (int korean = 0; f->kind == UPBIT_FIELD_TIMESTAMP && korean < 2; korean++) {
            *c = c[-1 - korean];
            c->name = with_suffix(f->name, korean ? "_kst" : "_utc");
            c->kind = korean ? COLUMN_KST : COLUMN_UTC;
            c->shown = 0;
            if (c++->name == NULL)
                return -1;
        }
    }
    for (size_t i = 0; i < more_count; i++)
        *c++ = more[i];
    s->count = (size_t)(c - columns);
    return 0;
}

int shapes_init(void)
{
    for (int i = TICKER; i <= ANNOUNCEMENT; i++) {
        int type = UPBIT_TYPE_TICKER + (i - TICKER);
        if (of_fields(&shapes[i], type, candle_more, i == CANDLE ? COUNT(candle_more) : 0) != 0) {
            PyErr_NoMemory();
            return -1;
        }
    }
    return 0;
}

shape *shapes_all(size_t *count)
{
    *count = SHAPES;
    return shapes;
}

const shape *shapes_of_type(int type)
{
    switch (type) {
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_TRADE:
    case UPBIT_TYPE_ORDERBOOK:
    case UPBIT_TYPE_CANDLE:
    case UPBIT_TYPE_MY_ORDER:
    case UPBIT_TYPE_MY_ASSET:
    case UPBIT_TYPE_ANNOUNCEMENT:
        return &shapes[TICKER + (type - UPBIT_TYPE_TICKER)];
    case UPBIT_TYPE_RAW:
        return &shapes[RAW];
    case UPBIT_TYPE_STATE:
        return &shapes[STATE];
    case UPBIT_TYPE_RESTORED:
        return &shapes[RESTORED];
    case UPBIT_TYPE_EPOCH:
        return &shapes[EPOCH];
    case UPBIT_TYPE_REPLY:
        return &shapes[REPLY];
    case UPBIT_TYPE_GAP:
        return &shapes[GAP];
    case UPBIT_TYPE_NO_DATA:
    case UPBIT_TYPE_STALE:
    case UPBIT_TYPE_FRESH:
    case UPBIT_TYPE_DELISTED:
    case UPBIT_TYPE_LISTED:
        return &shapes[KEY];
    case UPBIT_TYPE_ERROR:
        return &shapes[ERROR];
    case UPBIT_TYPE_HEALTH:
        return &shapes[HEALTH];
    case UPBIT_TYPE_CLOSED:
        return &shapes[CLOSED];
    case UPBIT_TYPE_OVERFLOW:
        return &shapes[OVERFLOW];
    default:
        return &shapes[PLAIN];
    }
}

const shape *shapes_of_rows(int type)
{
    return &shapes[type == UPBIT_TYPE_ORDERBOOK ? BOOK_ROW : ASSET_ROW];
}
