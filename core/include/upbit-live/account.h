/* upbit-live/account.h - private data: my orders and my assets; and the exchange's announcements.
 *
 * Follows docs.upbit.com: websocket-myorder, websocket-myasset, websocket-announcement. Arrives on the
 * private connection only, which needs API keys. Times are Unix ms. */
#ifndef UPBIT_LIVE_ACCOUNT_H
#define UPBIT_LIVE_ACCOUNT_H

#include "upbit-live/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How an order is priced. */
typedef enum upbit_order_type {
    UPBIT_ORDER_TYPE_NONE = 0,
    UPBIT_ORDER_TYPE_LIMIT = 1,
    UPBIT_ORDER_TYPE_PRICE = 2,  /* market buy by amount */
    UPBIT_ORDER_TYPE_MARKET = 3, /* market sell          */
    UPBIT_ORDER_TYPE_BEST = 4,
    UPBIT_ORDER_TYPE_UNKNOWN = 255
} upbit_order_type;

/* Where in its life an order is. */
typedef enum upbit_order_state {
    UPBIT_ORDER_STATE_NONE = 0,
    UPBIT_ORDER_STATE_WAIT = 1,
    UPBIT_ORDER_STATE_WATCH = 2, /* reserved order */
    UPBIT_ORDER_STATE_TRADE = 3, /* a fill         */
    UPBIT_ORDER_STATE_DONE = 4,
    UPBIT_ORDER_STATE_CANCEL = 5,
    UPBIT_ORDER_STATE_PREVENTED = 6, /* self-match prevention */
    UPBIT_ORDER_STATE_UNKNOWN = 255
} upbit_order_state;

/* How long an order waits: immediate or cancel, fill or kill, never as a taker. */
typedef enum upbit_time_in_force {
    UPBIT_TIF_NONE = 0,
    UPBIT_TIF_IOC = 1,
    UPBIT_TIF_FOK = 2,
    UPBIT_TIF_POST_ONLY = 3,
    UPBIT_TIF_UNKNOWN = 255
} upbit_time_in_force;

/* What is done when an order would meet another of the same owner. */
typedef enum upbit_smp_type {
    UPBIT_SMP_NULL = 0,
    UPBIT_SMP_REDUCE = 1,
    UPBIT_SMP_CANCEL_MAKER = 2,
    UPBIT_SMP_CANCEL_TAKER = 3,
    UPBIT_SMP_NONE = 4, /* the exchange said "none" */
    UPBIT_SMP_UNKNOWN = 255
} upbit_smp_type;

/* In state TRADE price and volume are the fill's, not the order's. */
typedef struct upbit_my_order {
    upbit_event event;
    const char *uuid;       /* the order's         */
    const char *trade_uuid; /* NULL unless a fill  */
    const char *identifier; /* the client's own id; NULL if none was given */
    upbit_decimal price, avg_price; /* asked for; of the fills so far; quote currency */
    upbit_decimal volume, remaining_volume, executed_volume; /* base currency         */
    upbit_decimal reserved_fee, remaining_fee, paid_fee; /* set aside, still so, taken */
    upbit_decimal locked;           /* set aside for the order, fee included          */
    upbit_decimal executed_funds;   /* quote turnover of the fills so far             */
    upbit_decimal trade_fee;        /* of this fill; null unless a fill               */
    upbit_decimal prevented_volume, prevented_locked; /* by self-match prevention     */
    int64_t trades_count;           /* fills so far                                   */
    int64_t trade_timestamp; /* 0 unless a fill; see upbit_event_has */
    int64_t order_timestamp; /* when it was placed                   */
    uint8_t ask_bid;       /* upbit_side of the order */
    uint8_t order_type;    /* upbit_order_type        */
    uint8_t state;         /* upbit_order_state       */
    uint8_t time_in_force; /* upbit_time_in_force     */
    uint8_t smp_type;      /* upbit_smp_type          */
    uint8_t is_maker;      /* 0 unless a fill; see upbit_event_has */
} upbit_my_order;

/* What is owned of one currency. */
typedef struct upbit_asset {
    const char *currency;  /* e.g. "KRW", "BTC" */
    upbit_decimal balance; /* available */
    upbit_decimal locked;  /* in orders or withdrawals */
} upbit_asset;

/* What REST says of an account beside its balance. */
typedef struct upbit_asset_cost {
    upbit_decimal avg_buy_price;    /* null when it is not said                     */
    const char *unit_currency;      /* of avg_buy_price; NULL when it is not said   */
    uint8_t avg_buy_price_modified; /* by hand                                      */
} upbit_asset_cost;

/* From the stream: only the currencies that changed; one business event can come as several messages.
 * From get_snapshot (origin REST): all currencies of the account, without a time: exchange_ms is 0. */
typedef struct upbit_my_asset {
    upbit_event event;
    const char *asset_uuid;  /* the account's                           */
    int64_t asset_timestamp; /* when the balances were so; 0 from REST  */
    uint32_t asset_count, reserved; /* of assets */
    const upbit_asset *assets; /* inside the event */
    const upbit_asset_cost *costs; /* one for each of assets, origin REST only; else NULL */
} upbit_my_asset;

/* What became of an announcement. */
typedef enum upbit_announcement_event {
    UPBIT_ANNOUNCEMENT_NONE = 0,
    UPBIT_ANNOUNCEMENT_CREATED = 1,
    UPBIT_ANNOUNCEMENT_UPDATED = 2,
    UPBIT_ANNOUNCEMENT_UNKNOWN = 255
} upbit_announcement_event;

/* What an announcement is about. */
typedef enum upbit_announcement_category {
    UPBIT_CATEGORY_NONE = 0,
    UPBIT_CATEGORY_NOTICE = 1,
    UPBIT_CATEGORY_TRADE = 2,
    UPBIT_CATEGORY_WALLET = 3,
    UPBIT_CATEGORY_MAINTENANCE = 4,
    UPBIT_CATEGORY_DIGITAL_ASSET = 5,
    UPBIT_CATEGORY_NFT = 6,
    UPBIT_CATEGORY_SERVICE = 7,
    UPBIT_CATEGORY_EVENT = 8,
    UPBIT_CATEGORY_UNKNOWN = 255
} upbit_announcement_category;

/* What the exchange announces to its customers, all categories. Strings are NULL when they were left out
 * or null; the body is, when the exchange finds it too large. */
typedef struct upbit_announcement {
    upbit_event event;
    const char *uuid, *title, *url, *body; /* its name, and what people read */
    const char *first_listed_at, *listed_at; /* ISO 8601 with the offset of Korea: ...T16:36:34+09:00 */
    uint8_t event_type; /* upbit_announcement_event    */
    uint8_t category;   /* upbit_announcement_category */
} upbit_announcement;

/* NULL when e is NULL or of another type. The payload lives as long as the event. @thread any. */
UPBIT_API const upbit_announcement *upbit_event_announcement(const upbit_event *e);
UPBIT_API const upbit_my_order *upbit_event_my_order(const upbit_event *e);
UPBIT_API const upbit_my_asset *upbit_event_my_asset(const upbit_event *e);

#ifdef __cplusplus
}
#endif
#endif
