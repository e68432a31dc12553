/* The header of a WebSocket frame (RFC 6455 section 5.2) and the client's mask. Pure.
 *
 * Reading is what a client does: frames come from a server, so a masked one is an error. */
#ifndef UPBIT_WIRE_FRAME_H
#define UPBIT_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPBIT__FRAME_CONTINUATION 0u
#define UPBIT__FRAME_TEXT         1u
#define UPBIT__FRAME_BINARY       2u
#define UPBIT__FRAME_CLOSE        8u
#define UPBIT__FRAME_PING         9u
#define UPBIT__FRAME_PONG         10u

#define UPBIT__FRAME_HEADER_MAX   14  /* 2 + 8 length + 4 mask */
#define UPBIT__CONTROL_MAX        125 /* payload of a control frame */

typedef struct upbit__frame {
    bool final;
    bool compressed; /* RSV1 */
    uint8_t opcode;
    uint64_t length; /* of the payload, below 2^63 */
} upbit__frame;

/* Reads a header from the first `count` bytes. > 0: its size; 0: more bytes are needed;
 * PROTOCOL, with *why a static text: reserved bit or opcode, mask, fragmented or long control
 * frame, length not in its shortest form or with the highest bit. Told at the first byte that
 * shows it. deflate: RSV1 is no reserved bit on a message's first frame (RFC 7692 section 6). */
int upbit__frame_read(upbit__frame *out, const uint8_t *bytes, size_t count, bool deflate,
                      const char **why);

/* Writes a client's header with this mask: its size, 6 to 14. */
size_t upbit__frame_write(uint8_t out[UPBIT__FRAME_HEADER_MAX], bool final, uint8_t opcode,
                          uint64_t length, const uint8_t mask[4]);

/* to[i] = from[i] ^ mask[i % 4]; to may be from. */
void upbit__frame_mask(uint8_t *to, const uint8_t *from, size_t count, const uint8_t mask[4]);

#endif
