/* upbit-live/decode.h - the exchange's messages as events, without a connection.
 *
 * For post-mortems, tests and tools: the same decoder the stream uses, on a text you have. */
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
 * required field or has it with the wrong type: `reason` (size bytes, may be NULL) then says which. The
 * events before a fault in the JSON have been delivered, and those of all the other elements of a LIST
 * message when only some were refused. INVALID_ARGUMENT, NO_MEMORY likewise.
 * @thread any. `message` is not kept. */
UPBIT_API int upbit_decode(const char *message, size_t length,
                           void (*each)(void *context, const upbit_event *event), void *context,
                           char *reason, size_t size);

#ifdef __cplusplus
}
#endif
#endif
