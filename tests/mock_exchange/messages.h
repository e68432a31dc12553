/* Every data message in every format, with the exchange's key order and number spellings. */
#ifndef MOCK_MESSAGES_H
#define MOCK_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "market.h"
#include "request.h"

void mock_put_ticker(struct mock_buf *out, const struct mock_market *m, enum mock_format format,
                     bool snapshot, int64_t now_ms);
void mock_put_trade(struct mock_buf *out, const struct mock_market *m, const struct mock_trade *t,
                    enum mock_format format, bool snapshot, int64_t now_ms);
void mock_put_book(struct mock_buf *out, const struct mock_market *m, enum mock_format format,
                   int depth, int64_t level, bool snapshot);
void mock_put_candle(struct mock_buf *out, const struct mock_market *m, int unit,
                     const struct mock_candle *c, enum mock_format format, bool snapshot);

/* Moves every time stamp that is written, as if the exchange's clock were wrong: not the windows of
 * candles and not the sequential ids, which are names. */
extern int64_t mock_stamp_offset_ms;

/* Shared with REST. */
enum { MOCK_DATE_COMPACT, MOCK_DATE, MOCK_TIME_COMPACT, MOCK_TIME, MOCK_DATE_TIME };
void mock_put_time(struct mock_buf *out, int64_t ms, int shape);
/* |price - prev| / prev with ten decimals, times `sign`; `0` when even. */
void mock_put_rate(struct mock_buf *out, int64_t price, int64_t prev, bool is_signed);
const char *mock_change_word(int64_t price, int64_t prev);

#endif
