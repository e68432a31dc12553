/* upbit-live/decode.h - the exchange's messages as events, without a connection.
 *
 * For post-mortems, tests and tools: the same decoders the library uses, on a text you have. */
#ifndef UPBIT_LIVE_DECODE_H
#define UPBIT_LIVE_DECODE_H

#include "upbit-live/event.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Decodes one WebSocket message in any of the four formats and calls `each` once per event (a LIST
 * message may hold none or several). Each event is the callee's to keep: it owns one reference.
 *
 * Returns the number of events; DECODE when the message is not valid JSON, too deep, or lacks a
 * required field or has it with the wrong type: `reason` (size bytes, may be NULL) then says which, as
 * upbit_error_detail does. The events before a fault in the JSON have been delivered, and those of all
 * the other elements of a LIST message when only some were refused. INVALID_ARGUMENT, NO_MEMORY likewise.
 * @thread any. `message` is not kept. */
UPBIT_API int upbit_decode(const char *message, size_t length,
                           void (*each)(void *context, const upbit_event *event), void *context,
                           char *reason, size_t size);

/* The same for the body of an answer of the exchange's REST side: an array of tickers, trades
 * (/trades/ticks), order books or candles. type: upbit_type, TICKER to CANDLE; unit: upbit_candle_unit,
 * for CANDLE. Each row becomes the event the stream would have sent, with stream SNAPSHOT: a trade's
 * `timestamp` is its trade_timestamp too, its change_price loses the sign and `change` says it.
 *
 * Returns the number of events; DECODE when the body is not such an array (no event then) or when rows
 * were refused (the others have been delivered): `reason` names the first; EXCHANGE when it is an error
 * of the exchange, with its name and message in `reason`. INVALID_ARGUMENT, NO_MEMORY likewise.
 * @thread any. `body` is not kept. */
UPBIT_API int upbit_decode_rest(int type, unsigned unit, const char *body, size_t length,
                                void (*each)(void *context, const upbit_event *event),
                                void *context, char *reason, size_t size);

#ifdef __cplusplus
}
#endif
#endif
