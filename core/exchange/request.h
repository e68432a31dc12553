/* What is said to the exchange: one request that replaces everything subscribed before.
 *
 *     [{"ticket":..},{"type":..,"codes":[..],..},..,{"format":..}]
 *
 * No I/O; the text is appended to a buffer. */
#ifndef UPBIT_EXCHANGE_REQUEST_H
#define UPBIT_EXCHANGE_REQUEST_H

#include "base/buffer.h"
#include "upbit-live/decimal.h"
#include "upbit-live/options.h"

enum { UPBIT__REQUEST_SNAPSHOT_ONLY = 1, UPBIT__REQUEST_REALTIME_ONLY = 2 };

typedef struct upbit__request_code {
    const char *code;
    unsigned depth; /* order book: written as a suffix, KRW-BTC.5; 0: none */
} upbit__request_code;

typedef struct upbit__request_item {
    int type;             /* upbit_type, TICKER .. ANNOUNCEMENT                              */
    unsigned candle_unit; /* upbit_candle_unit, for CANDLE                                   */
    upbit_decimal level;  /* for ORDERBOOK; written only when neither null nor zero          */
    unsigned flags;       /* UPBIT__REQUEST_...                                              */
    const upbit__request_code *codes;
    size_t code_count; /* MY_ORDER: 0 means all (codes left out); MY_ASSET never has any  */
} upbit__request_item;

/* format: upbit_format; AUTO is written as DEFAULT. 0; INVALID_ARGUMENT for an item that makes no
 * sense (unknown type or unit, no codes where they are needed, codes for myAsset, a code that is
 * none; nothing is appended then); NO_MEMORY. */
int upbit__request_write(upbit__buffer *out, const char *ticket, const upbit__request_item *items,
                         size_t count, int format);

/* [{"ticket":..},{"method":"LIST_SUBSCRIPTIONS"},{"format":..}]: the exchange switches the running
 * streams to the format named here, so name the one in use. 0 or NO_MEMORY. */
int upbit__request_write_list(upbit__buffer *out, const char *ticket, int format);

/* "DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST". */
const char *upbit__format_name(int format);

/* 1 when `code` has the shape of a market code: QUOTE-BASE, upper-case letters and digits, 23 bytes
 * at most; else 0. Whether the exchange lists it is another question. */
int upbit__code_check(const char *code);

#endif
