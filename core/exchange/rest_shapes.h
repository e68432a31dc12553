/* The exchange's REST language: paths to ask for, bodies as events.
 *
 * No I/O. A path begins behind the base URL (.../v1) and needs no escaping: codes are checked
 * (upbit__code_check) before they get in.
 *
 * A row becomes the event the stream would have sent for the same thing, with stream SNAPSHOT:
 *   - `market` is the code;
 *   - a trade's `timestamp` is the time of the trade, so exchange_ms is trade_timestamp; its
 *     `change_price` is signed there and is made absolute here, and `change` follows from the sign;
 *     `trade_date_utc` and `trade_time_utc` are trade_date and trade_time; sequential_id is
 * required;
 *   - what the stream's fields say already (times in KST, a candle's unit) is left out, other
 * members this version does not know are carried on in `extra`. Fields that REST does not have (a
 * ticker's ask_bid, market_state ..., a trade's best_...) are absent. A candle of another unit than
 * was asked for is refused.
 *
 * Threads: a decoder belongs to one thread at a time; everything else is pure. */
#ifndef UPBIT_EXCHANGE_REST_SHAPES_H
#define UPBIT_EXCHANGE_REST_SHAPES_H

#include "base/buffer.h"
#include "exchange/decode.h"
#include "upbit-live/decimal.h"

#define UPBIT__REST_CODES_MAX   100 /* in one URL; more are several questions */
#define UPBIT__REST_TRADES_MAX  500 /* rows of one answer */
#define UPBIT__REST_DAYS_MAX    7   /* how far back trades are known */
#define UPBIT__REST_CANDLES_MAX 200
#define UPBIT__REST_DEPTH_MAX   30

/* Each appends a path with its query, and a NUL behind it that `length` does not count. 0;
 * INVALID_ARGUMENT (no code or too many, a code that is none, a count out of range, no such unit,
 * a time before 1970 or behind 2099); NO_MEMORY. Nothing is appended then. */
int upbit__rest_path_tickers(upbit__buffer *out, const char *const *codes, size_t count);
/* All markets of one quote currency or of several: "KRW", "KRW,BTC,USDT". */
int upbit__rest_path_tickers_all(upbit__buffer *out, const char *quotes);
/* level: NULL, null or 0: not grouped. depth: rows a side, 0: as many as there are. */
int upbit__rest_path_orderbooks(upbit__buffer *out, const char *const *codes, size_t count,
                                const upbit_decimal *level, unsigned depth);
/* The newest `count` trades before the one with sequential id `cursor`; 0: before none. The
 * exchange answers for one day (UTC): that of the newest trade, or days_ago (0 to 7) days before
 * it. */
int upbit__rest_path_trades(upbit__buffer *out, const char *code, unsigned count, int64_t cursor,
                            unsigned days_ago);
/* The newest `count` candles that start before before_ms (Unix ms); 0: the newest there are. */
int upbit__rest_path_candles(upbit__buffer *out, const char *code, unsigned unit, unsigned count,
                             int64_t before_ms);
int upbit__rest_path_instruments(upbit__buffer *out, const char *const *codes, size_t count);

/* A body of `type` (TICKER, TRADE, ORDERBOOK; CANDLE with its unit; MY_ORDER and MY_ASSET, see
 * rest_account.h) as events in its own order. As
 * with upbit__decode the callee stamps origin, epoch and received_*, and events that found no room
 * are counted too.
 * The number of events. A row that is refused costs only itself: it is counted in *bad (may be
 * NULL) and `reason` (may be NULL) names the first. Before the first event the whole body is known
 * to be JSON: DECODE when it is not, or is no array; EXCHANGE when it is an error, with its name
 * and message in `reason`. INVALID_ARGUMENT for another type or unit, NO_MEMORY. */
int upbit__rest_decode(upbit__decoder *d, int type, unsigned unit, const char *body, size_t length,
                       const upbit__decode_output *out, size_t *bad, char *reason,
                       size_t reason_size);

/* What a body that is not the wanted array says: EXCHANGE for {"error":{"name":404 or "text",
 * "message":..}}, with "name: message" in `reason`, cut between characters; else DECODE; NO_MEMORY.
 */
int upbit__rest_error(const char *body, size_t length, char *reason, size_t reason_size);

/* Of /orderbook/instruments: what an order book's price moves by, and by what it can be grouped. */
#define UPBIT__REST_LEVELS_MAX 16
typedef struct upbit__instrument {
    char code[24];
    upbit_decimal tick_size; /* null when it is not said */
    uint32_t level_count;    /* 0 when no levels are said, as on the regional hosts */
    upbit_decimal levels[UPBIT__REST_LEVELS_MAX];
} upbit__instrument;

/* *out: malloc'ed, in the body's order, to be freed by free; NULL when there are none. Rows without
 * a usable code are left out. 0, DECODE, EXCHANGE, NO_MEMORY; `reason` as above. */
int upbit__rest_instruments(upbit__instrument **out, size_t *count, const char *body, size_t length,
                            char *reason, size_t reason_size);

#endif
