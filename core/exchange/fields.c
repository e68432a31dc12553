#include "exchange/fields.h"

#include <string.h>

#include "exchange/field_lists.h"

#define FIELD(T, kind, required, enumeration, member, name, simple)                                \
    {#name,                                                                                        \
     #simple,                                                                                      \
     UPBIT_FIELD_##kind,                                                                           \
     required,                                                                                     \
     UPBIT__ENUM_##enumeration,                                                                    \
     0,                                                                                            \
     offsetof(T, member)},

#define PATTERN(text)                                                                              \
    {"\"" text "\":", (uint32_t)((1ULL << (sizeof(text) + 2)) - 1), sizeof(text) + 2},
#define PATTERN_DEFAULT(T, kind, required, enumeration, member, name, simple) PATTERN(#name)
#define PATTERN_SIMPLE(T, kind, required, enumeration, member, name, simple)  PATTERN(#simple)
/* Behind the last member: a byte that is in no good message, and a field that the quick readers
 * leave to the careful one, which finds nothing there. In a bad message the byte may well stand
 * there. */
#define FIELD_NONE                                                                                 \
    {                                                                                              \
        .kind = UPBIT_FIELD_TYPE                                                                   \
    }
#define PATTERN_NONE                                                                               \
    {                                                                                              \
        "\1", 1, 0                                                                                 \
    }

/* T_at_SIMPLE is a field's index; the masks are made of those. */
#define INDEX(T, kind, required, enumeration, member, name, simple)   T##_at_##simple,
#define ANY_BIT(T, kind, required, enumeration, member, name, simple) | 1ULL << T##_at_##simple
#define REQUIRED_BIT(T, kind, required, enumeration, member, name, simple)                         \
    | (uint64_t)required << T##_at_##simple
#define STRING_BIT(T, kind, required, enumeration, member, name, simple)                           \
    | (uint64_t)(UPBIT_FIELD_##kind == UPBIT_FIELD_STRING) << T##_at_##simple

#define TABLES(LIST, T)                                                                            \
    enum { LIST(INDEX, T) T##_count };                                                             \
    _Static_assert(T##_count <= 64, "present and nulls have 64 bits");                             \
    static const upbit_field T##_fields[] = {LIST(FIELD, T) FIELD_NONE};                           \
    static const upbit__pattern T##_default[] = {LIST(PATTERN_DEFAULT, T) PATTERN_NONE};           \
    static const upbit__pattern T##_simple[] = {LIST(PATTERN_SIMPLE, T) PATTERN_NONE}

TABLES(TICKER, upbit_ticker);
TABLES(TRADE, upbit_trade);
TABLES(ORDERBOOK, upbit_orderbook);
TABLES(CANDLE, upbit_candle);
TABLES(MY_ORDER, upbit_my_order);
TABLES(MY_ASSET, upbit_my_asset);
TABLES(ANNOUNCEMENT, upbit_announcement);

#define INFO_WITH(LIST, T, name, required, aliases)                                                \
    {                                                                                              \
        name, T##_fields, {T##_default, T##_simple}, T##_count, sizeof(T), 0 LIST(ANY_BIT, T),     \
            required, 0 LIST(STRING_BIT, T), aliases                                               \
    }
#define INFO(LIST, T, name) INFO_WITH(LIST, T, name, 0 LIST(REQUIRED_BIT, T), NULL)

static const upbit__type_info infos[] = {
    [UPBIT_TYPE_TICKER] = INFO(TICKER, upbit_ticker, "ticker"),
    [UPBIT_TYPE_TRADE] = INFO(TRADE, upbit_trade, "trade"),
    [UPBIT_TYPE_ORDERBOOK] = INFO(ORDERBOOK, upbit_orderbook, "orderbook"),
    [UPBIT_TYPE_CANDLE] = INFO(CANDLE, upbit_candle, "candle"),
    [UPBIT_TYPE_MY_ORDER] = INFO(MY_ORDER, upbit_my_order, "myOrder"),
    [UPBIT_TYPE_MY_ASSET] = INFO(MY_ASSET, upbit_my_asset, "myAsset"),
    [UPBIT_TYPE_ANNOUNCEMENT] = INFO(ANNOUNCEMENT, upbit_announcement, "announcement"),
};

_Static_assert((int)UPBIT__TRADE_TIMESTAMP_INDEX == (int)upbit_trade_at_ttms, "see fields.h");
_Static_assert((int)UPBIT__TRADE_CHANGE_INDEX == (int)upbit_trade_at_c, "see fields.h");
_Static_assert((int)UPBIT__ORDER_SIDE_INDEX == (int)upbit_my_order_at_ab, "see fields.h");
_Static_assert((int)UPBIT__ORDER_TIME_INDEX == (int)upbit_my_order_at_otms, "see fields.h");
_Static_assert((int)UPBIT__ASSET_ROWS_INDEX == (int)upbit_my_asset_at_ast, "see fields.h");

static const upbit__alias rest_trade_names[] = {
    {"trade_date_utc", upbit_trade_at_td}, {"trade_time_utc", upbit_trade_at_ttm}, {NULL, 0}};

/* `timestamp` is the trade's own time there, and a row without its id could not be told from one
 * that the stream has brought. */
#define REST_TRADE_REQUIRED                                                                        \
    (((0 TRADE(REQUIRED_BIT, upbit_trade)) & ~(1ULL << upbit_trade_at_ttms)) |                     \
     1ULL << upbit_trade_at_tms | 1ULL << upbit_trade_at_sid)

static const upbit__alias rest_order_names[] = {{"side", upbit_my_order_at_ab},
                                                {"ord_type", upbit_my_order_at_ot},
                                                {"created_at", upbit_my_order_at_otms},
                                                {NULL, 0}};

/* There is no time of the last change there; when it was made stands in another form. */
#define REST_ORDER_REQUIRED                                                                        \
    ((0 MY_ORDER(REQUIRED_BIT, upbit_my_order)) &                                                  \
     ~(1ULL << upbit_my_order_at_otms | 1ULL << upbit_my_order_at_tms))

static const upbit__type_info rest_infos[] = {
    [UPBIT_TYPE_TICKER] = INFO(TICKER, upbit_ticker, "ticker"),
    [UPBIT_TYPE_TRADE] =
        INFO_WITH(TRADE, upbit_trade, "trade", REST_TRADE_REQUIRED, rest_trade_names),
    [UPBIT_TYPE_ORDERBOOK] = INFO(ORDERBOOK, upbit_orderbook, "orderbook"),
    [UPBIT_TYPE_CANDLE] = INFO(CANDLE, upbit_candle, "candle"),
    [UPBIT_TYPE_MY_ORDER] =
        INFO_WITH(MY_ORDER, upbit_my_order, "myOrder", REST_ORDER_REQUIRED, rest_order_names),
};

const upbit__type_info *upbit__rest_table(int type)
{
    if (type < UPBIT_TYPE_TICKER || type > UPBIT_TYPE_MY_ORDER)
        return NULL;
    return &rest_infos[type];
}

const upbit__type_info *upbit__type_table(int type)
{
    if (type < UPBIT_TYPE_TICKER || type > UPBIT_TYPE_ANNOUNCEMENT)
        return NULL;
    return &infos[type];
}

const upbit_field *upbit_type_fields(int type, size_t *count)
{
    const upbit__type_info *info = upbit__type_table(type);
    if (count != NULL)
        *count = info == NULL ? 0 : info->count;
    return info == NULL ? NULL : info->fields;
}

/* A name with its quotes has at most 16 bytes. */
#define E(name, value)                                                                             \
    {                                                                                              \
        "\"" name "\"", (1U << (sizeof(name) + 1)) - 1, sizeof(name) + 1, value, name              \
    }
#define END                                                                                        \
    {                                                                                              \
        "", 0, 0, 255, NULL                                                                        \
    }

const upbit__enum_entry upbit__enum_table[UPBIT__ENUMS][10] = {
    [UPBIT__ENUM_NONE] = {END},
    [UPBIT__ENUM_CHANGE] = {E("RISE", UPBIT_CHANGE_RISE), E("FALL", UPBIT_CHANGE_FALL),
                            E("EVEN", UPBIT_CHANGE_EVEN), END},
    [UPBIT__ENUM_SIDE] = {E("ASK", UPBIT_SIDE_ASK), E("BID", UPBIT_SIDE_BID), END},
    [UPBIT__ENUM_MARKET_STATE] = {E("ACTIVE", UPBIT_MARKET_ACTIVE),
                                  E("PREVIEW", UPBIT_MARKET_PREVIEW),
                                  E("DELISTED", UPBIT_MARKET_DELISTED),
                                  E("PREDELISTED", UPBIT_MARKET_PREDELISTED), END},
    [UPBIT__ENUM_MARKET_WARNING] = {E("NONE", UPBIT_WARNING_NONE),
                                    E("CAUTION", UPBIT_WARNING_CAUTION), END},
    [UPBIT__ENUM_ORDER_TYPE] = {E("limit", UPBIT_ORDER_TYPE_LIMIT),
                                E("price", UPBIT_ORDER_TYPE_PRICE),
                                E("market", UPBIT_ORDER_TYPE_MARKET),
                                E("best", UPBIT_ORDER_TYPE_BEST), END},
    [UPBIT__ENUM_ORDER_STATE] = {E("wait", UPBIT_ORDER_STATE_WAIT),
                                 E("watch", UPBIT_ORDER_STATE_WATCH),
                                 E("trade", UPBIT_ORDER_STATE_TRADE),
                                 E("done", UPBIT_ORDER_STATE_DONE),
                                 E("cancel", UPBIT_ORDER_STATE_CANCEL),
                                 E("prevented", UPBIT_ORDER_STATE_PREVENTED), END},
    [UPBIT__ENUM_TIME_IN_FORCE] = {E("ioc", UPBIT_TIF_IOC), E("fok", UPBIT_TIF_FOK),
                                   E("post_only", UPBIT_TIF_POST_ONLY), END},
    [UPBIT__ENUM_SMP_TYPE] = {E("reduce", UPBIT_SMP_REDUCE),
                              E("cancel_maker", UPBIT_SMP_CANCEL_MAKER),
                              E("cancel_taker", UPBIT_SMP_CANCEL_TAKER), E("none", UPBIT_SMP_NONE),
                              END},
    [UPBIT__ENUM_ANNOUNCEMENT] = {E("CREATED", UPBIT_ANNOUNCEMENT_CREATED),
                                  E("UPDATED", UPBIT_ANNOUNCEMENT_UPDATED), END},
    [UPBIT__ENUM_CATEGORY] = {E("notice", UPBIT_CATEGORY_NOTICE), E("trade", UPBIT_CATEGORY_TRADE),
                              E("wallet", UPBIT_CATEGORY_WALLET),
                              E("maintenance", UPBIT_CATEGORY_MAINTENANCE),
                              E("digital_asset", UPBIT_CATEGORY_DIGITAL_ASSET),
                              E("nft", UPBIT_CATEGORY_NFT), E("service", UPBIT_CATEGORY_SERVICE),
                              E("event", UPBIT_CATEGORY_EVENT), END},
};

unsigned upbit__enum_value(unsigned enumeration, const char *at, size_t length)
{
    const upbit__enum_entry *e = upbit__enum_table[enumeration];
    while (e->mask != 0 && (e->length != length + 2 || memcmp(e->name, at, length) != 0))
        e++;
    return e->value;
}

const char *upbit_field_enum_name(const upbit_field *field, int value)
{
    if (field == NULL || field->kind != UPBIT_FIELD_ENUM || field->enumeration >= UPBIT__ENUMS)
        return NULL;
    const upbit__enum_entry *e = upbit__enum_table[field->enumeration];
    while (e->mask != 0 && e->value != value)
        e++;
    return e->name;
}
