/* Bytes from the server in, messages and control frames out: no I/O, resumable after every byte.
 *
 * The receiver owns the read buffer. The caller reads straight into it (room, commit) and then
 * takes items until there is none. A message in one frame is handed out where it lies, without a
 * copy; one in fragments is gathered in one flat buffer. The bound is on the bytes of a message,
 * never on the number of its fragments. Text is checked as it comes, so that bad UTF-8 fails at
 * its first bad byte. A compressed message is inflated as it comes and handed out where that was
 * done (deflate.h); the bound is on what it inflates to. */
#ifndef UPBIT_WIRE_MESSAGE_H
#define UPBIT_WIRE_MESSAGE_H

#include "base/buffer.h"
#include "wire/deflate.h"
#include "wire/frame.h"
#include "wire/utf8.h"

typedef struct upbit__receiver {
    size_t size_max;
    upbit__buffer in;          /* as read, from the next frame's header on */
    upbit__buffer gathered;    /* the fragments so far */
    upbit__inflater *inflater; /* NULL: no compression */
    uint64_t packed;           /* of the compressed message: bytes of its payload so far */
    size_t spent;              /* bytes of `in` under the last item, given back by the next call */
    upbit__frame frame;        /* the current one, when in_frame */
    uint64_t left;             /* of its payload, not yet gathered (fragments) */
    size_t checked;            /* of its payload, known to be UTF-8 (unfragmented text) */
    upbit__utf8 utf8;
    bool in_frame;
    bool item_gathered; /* the last item lies there, or in the inflater */
    bool over;          /* after a close frame or an error: nothing more is read */
    bool compressed;    /* the message in fragments is */
    bool deflate_fault; /* after an error: compression was the reason */
    uint8_t opcode;     /* of the message in fragments or compressed, 0: none has begun */
    int close_code;     /* after an error: what to close with */
    const char *why;    /* after an error: static text */
} upbit__receiver;

typedef enum upbit__item_kind {
    UPBIT__ITEM_MESSAGE = 1,
    UPBIT__ITEM_PING,
    UPBIT__ITEM_PONG,
    UPBIT__ITEM_CLOSE
} upbit__item_kind;

typedef struct upbit__item {
    upbit__item_kind kind;
    int opcode;          /* message: 1 text, 2 binary */
    int close_code;      /* close: its code, 1005 when it had none */
    const uint8_t *data; /* payload; close: the reason. Until the next call of the receiver */
    size_t length;
    bool compressed; /* message: it came so, */
    uint64_t packed; /* in so many bytes of payload */
} upbit__item;

void upbit__receiver_init(upbit__receiver *r, size_t size_max);
void upbit__receiver_finish(upbit__receiver *r);
/* Before the first frame: messages may come compressed under these terms. 0 or NO_MEMORY. */
int upbit__receiver_deflate(upbit__receiver *r, const upbit__deflate_terms *terms);

/* Where to read to, `least` bytes or more (their number in *room); NULL: out of memory. */
uint8_t *upbit__receiver_room(upbit__receiver *r, size_t least, size_t *room);
void upbit__receiver_commit(upbit__receiver *r, size_t count);

/* 1: an item; 0: more bytes are needed (always after a close frame); NO_MEMORY; PROTOCOL:
 * close_code and why say what to close with, and nothing more will come out. */
int upbit__receiver_next(upbit__receiver *r, upbit__item *out);

/* May a close frame carry this code? */
bool upbit__close_code_valid(int code);

#endif
