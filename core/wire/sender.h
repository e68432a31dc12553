/* The out-queue of a connection: frames masked and waiting in one append-only buffer.
 *
 * Bytes once queued never change and leave in order from the front, so the TLS layer can be offered
 * the same bytes again. Pongs are bounded: every ping is answered while fewer than
 * UPBIT__PONG_ROOM bytes of pongs wait; beyond that only the latest ping is, when there is room
 * again (RFC 6455 5.5.3 allows it; a ping flood must not fill memory). */
#ifndef UPBIT_WIRE_SENDER_H
#define UPBIT_WIRE_SENDER_H

#include "base/buffer.h"
#include "wire/frame.h"

#define UPBIT__PONG_ROOM 16384u

/* What stands in front of a frame's payload when somebody else makes the frames. */
typedef struct upbit__record {
    uint8_t opcode;
    size_t length;
} upbit__record;

typedef struct upbit__sender {
    bool records; /* set before the first frame: records in place of frames, no mask */
    upbit__buffer out;
    uint64_t gone;      /* bytes that have left since the start */
    uint64_t pongs_end; /* position behind the last pong queued */
    size_t pongs;       /* bytes of pongs queued since none waited */
    bool held, closed;  /* a ping waits in `latest`; a close frame is queued: nothing after it */
    size_t latest_length;
    uint8_t latest[UPBIT__CONTROL_MAX];
} upbit__sender; /* zeroed is empty and ready */

void upbit__sender_finish(upbit__sender *s);

/* Queues one frame, masked with a fresh random mask. 0; CLOSED after a close frame; NO_MEMORY;
 * SYSTEM (no random numbers): then nothing was queued. */
int upbit__sender_frame(upbit__sender *s, uint8_t opcode, const void *payload, size_t length);
/* code 0: an empty close frame. reason: cut at a character's start when longer than 123 bytes. */
int upbit__sender_close(upbit__sender *s, int code, const char *reason, size_t length);
/* Answers a ping, now or later. 1: queued, 0: held or nothing to do, or an error as above. */
int upbit__sender_pong(upbit__sender *s, const uint8_t *payload, size_t length);
/* Reads the record at the front of the queue; its size, without the payload behind it. */
size_t upbit__sender_record(upbit__record *out, const uint8_t *bytes);
/* The first `count` bytes have left. The number of held pings queued (0 or 1), or an error. */
int upbit__sender_gone(upbit__sender *s, size_t count);

#endif
