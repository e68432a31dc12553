/* RFC 6455, the server's half: frames out, frames in, and the opening handshake's arithmetic. The
 * code is this program's own on purpose: a bug shared with the client would hide itself. */
#ifndef MOCK_WEBSOCKET_H
#define MOCK_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "deflate.h"

enum {
    MOCK_OP_CONTINUE = 0,
    MOCK_OP_TEXT = 1,
    MOCK_OP_BINARY = 2,
    MOCK_OP_CLOSE = 8,
    MOCK_OP_PING = 9,
    MOCK_OP_PONG = 10
};

/* A message being put together out of fragments. */
struct mock_ws_reader {
    struct mock_buf message;
    struct mock_buf plain;        /* a compressed one's text */
    struct mock_deflate *deflate; /* NULL = not negotiated */
    bool packed;                  /* the message is compressed */
    int op;                       /* 0 = no message begun */
    unsigned char mask[4];        /* of the last frame */
    bool masked;                  /* there was one */
    bool mask_repeated;           /* two in a row had the same */
    bool unmasked;                /* what ended it all had none */
};

struct mock_ws_event {
    int op;           /* TEXT, BINARY, CLOSE, PING or PONG */
    const char *data; /* until the next call */
    size_t len;
};

/* 1: an event, 0: more bytes are needed, otherwise minus the close code the client has earned. */
int mock_ws_read(struct mock_ws_event *event, struct mock_ws_reader *reader, struct mock_buf *in,
                 size_t message_cap);

/* A whole unmasked frame. */
void mock_ws_write(struct mock_buf *out, int op, const void *data, size_t len);

/* The code of a close frame's payload: 1005 when empty, minus what to answer when it is wrong. */
int mock_ws_close_code(const char *data, size_t len);

/* Sec-WebSocket-Accept for a key; false when the key is no 16 bytes of base64. */
bool mock_ws_accept(char accept[29], const char *key);

#endif
