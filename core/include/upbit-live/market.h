/* upbit-live/market.h - public market data: ticker, trade, order book, candle.
 *
 * Field names are the exchange's own (docs.upbit.com: websocket-ticker, websocket-trade,
 * websocket-orderbook, websocket-candle). Decimals are exact. Times are Unix ms unless said otherwise.
 * Strings belong to the event and are NUL-terminated UTF-8; NULL when absent or null. */
#ifndef UPBIT_LIVE_MARKET_H
#define UPBIT_LIVE_MARKET_H

#include "upbit-live/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In all enums 0 means absent or null, 255 a value this version does not know (text in extra). */
typedef enum upbit_change {
    UPBIT_CHANGE_NONE = 0,
    UPBIT_CHANGE_RISE = 1,
    UPBIT_CHANGE_EVEN = 2,
    UPBIT_CHANGE_FALL = 3,
    UPBIT_CHANGE_UNKNOWN = 255
} upbit_change;

/* Who took: the side of a trade is its taker's. */
typedef enum upbit_side {
    UPBIT_SIDE_NONE = 0,
    UPBIT_SIDE_ASK = 1, /* taker sold   */
    UPBIT_SIDE_BID = 2, /* taker bought */
    UPBIT_SIDE_UNKNOWN = 255
} upbit_side;

/* The life of a market. */
typedef enum upbit_market_state {
    UPBIT_MARKET_NONE = 0,
    UPBIT_MARKET_PREVIEW = 1,
    UPBIT_MARKET_ACTIVE = 2,
    UPBIT_MARKET_DELISTED = 3,
    UPBIT_MARKET_PREDELISTED = 4,
    UPBIT_MARKET_UNKNOWN = 255
} upbit_market_state;

/* Whether the exchange asks for caution. */
typedef enum upbit_market_warning {
    UPBIT_WARNING_NULL = 0,
    UPBIT_WARNING_NONE = 1, /* the exchange said "NONE" */
    UPBIT_WARNING_CAUTION = 2,
    UPBIT_WARNING_UNKNOWN = 255
} upbit_market_warning;

/* How a market stands: the last trade, and the day since 00:00 UTC. */
typedef struct upbit_ticker {
    upbit_event event;
    upbit_decimal opening_price, high_price, low_price; /* of the day, in the quote currency */
    upbit_decimal trade_price;        /* of the last trade                                   */
    upbit_decimal prev_closing_price; /* the day's before                                    */
    upbit_decimal acc_trade_price;    /* quote turnover since 00:00 UTC                      */
    upbit_decimal change_price, signed_change_price; /* against the previous close: absolute, signed */
    upbit_decimal change_rate, signed_change_rate;   /* the same as a share: 0.01 is 1 %     */
    upbit_decimal trade_volume;       /* of the last trade, in the base currency             */
    upbit_decimal acc_trade_volume, acc_ask_volume, acc_bid_volume; /* base volume since 00:00 UTC:
                                         all, sold and bought by takers                      */
    upbit_decimal highest_52_week_price, lowest_52_week_price; /* in the last 52 weeks       */
    upbit_decimal acc_trade_price_24h, acc_trade_volume_24h; /* quote turnover and base volume of
                                         the last 24 hours                                   */
    int64_t trade_timestamp;          /* of the last trade                                   */
    const char *trade_date, *trade_time; /* UTC, yyyyMMdd and HHmmss                         */
    const char *highest_52_week_date, *lowest_52_week_date; /* yyyy-MM-dd                    */
    const char *delisting_date;       /* yyyy-MM-dd; NULL unless it ends                     */
    uint8_t change;         /* upbit_change, against the previous close */
    uint8_t ask_bid;        /* upbit_side of the last trade             */
    uint8_t market_state;   /* upbit_market_state                       */
    uint8_t market_warning; /* upbit_market_warning; deprecated         */
    uint8_t is_trading_suspended; /* deprecated                         */
} upbit_ticker;

/* One fill between a maker and a taker. */
typedef struct upbit_trade {
    upbit_event event;
    int64_t trade_timestamp; /* when it happened */
    int64_t sequential_id; /* unique, not ordered; the only key of a trade; exceeds 2^53 */
    upbit_decimal trade_price, trade_volume; /* in the quote and in the base currency */
    upbit_decimal prev_closing_price; /* the day's before */
    upbit_decimal change_price; /* absolute on the stream */
    upbit_decimal best_ask_price, best_ask_size, best_bid_price, best_bid_size; /* of the book, behind
                                  the trade */
    const char *trade_date, *trade_time; /* UTC, yyyy-MM-dd and HH:mm:ss */
    uint8_t change;  /* upbit_change */
    uint8_t ask_bid; /* upbit_side of the taker */
} upbit_trade;

/* One price of a side of the book. */
typedef struct upbit_book_row {
    upbit_decimal price, size; /* in the quote and in the base currency */
} upbit_book_row;

/* Every message is the whole book. asks ascend and bids descend from the best price; the empty slots
 * the exchange pads thin sides with (price or size 0) are dropped, so the sides differ in length. The
 * totals are the exchange's; for a whole book they equal the exact sums of the rows. */
typedef struct upbit_orderbook {
    upbit_event event;
    upbit_decimal total_ask_size, total_bid_size; /* base volume of each side */
    upbit_decimal level; /* price grouping; 0: none; null where the host does not send it */
    uint32_t ask_count, bid_count; /* rows of asks and bids */
    uint32_t unit_count; /* slots in the message, empty ones included */
    uint32_t reserved;
    const upbit_book_row *asks, *bids; /* inside the event */
} upbit_orderbook;

/* The value is the unit's length in seconds. */
typedef enum upbit_candle_unit {
    UPBIT_CANDLE_NONE = 0,
    UPBIT_CANDLE_1S = 1,
    UPBIT_CANDLE_1M = 60,
    UPBIT_CANDLE_3M = 180,
    UPBIT_CANDLE_5M = 300,
    UPBIT_CANDLE_10M = 600,
    UPBIT_CANDLE_15M = 900,
    UPBIT_CANDLE_30M = 1800,
    UPBIT_CANDLE_60M = 3600,
    UPBIT_CANDLE_240M = 14400
} upbit_candle_unit;

/* The same window is sent again whenever a trade changed it: the last one wins. No message says that a
 * window is closed; windows without trades do not exist. */
typedef struct upbit_candle {
    upbit_event event;
    uint32_t unit; /* upbit_candle_unit, in seconds */
    uint32_t reserved;
    int64_t start_ms; /* start of the window, from candle_date_time_utc */
    upbit_decimal opening_price, high_price, low_price, trade_price; /* trade_price: the close */
    upbit_decimal candle_acc_trade_volume, candle_acc_trade_price; /* base volume, quote turnover */
    const char *candle_date_time_utc, *candle_date_time_kst; /* yyyy-MM-ddTHH:mm:ss */
} upbit_candle;

/* NULL when e is NULL or of another type. The payload lives as long as the event. @thread any. */
UPBIT_API const upbit_ticker *upbit_event_ticker(const upbit_event *e);
UPBIT_API const upbit_trade *upbit_event_trade(const upbit_event *e);
UPBIT_API const upbit_orderbook *upbit_event_orderbook(const upbit_event *e);
UPBIT_API const upbit_candle *upbit_event_candle(const upbit_event *e);

/* "1s", "1m" ... "240m" and back; NULL or UPBIT_CANDLE_NONE when there is no such unit. @thread any. */
UPBIT_API const char *upbit_candle_unit_name(unsigned unit);
UPBIT_API unsigned upbit_candle_unit_from_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
