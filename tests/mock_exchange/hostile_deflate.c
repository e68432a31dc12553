/* What compression can do wrong, and what it may do though nobody expects it: single messages, the
 * answer to an offer. Nothing here is in the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

#define RSV1 0x40

enum kind {
    CORRUPT,
    FLIP,
    CUT,
    TRAILING,
    BOMB,
    CONTEXT,
    RSV1_CONTINUATION,
    RSV1_PING,
    FINAL,
    EMPTY,
    SPLIT,
    PLAIN
};
static const char kinds[] =
    "corrupt flip cut trailing bomb context rsv1_continuation rsv1_ping final empty split plain";

struct strike {
    enum kind kind;
    size_t bytes;
    size_t hit; /* connections */
};

/* A frame with the first byte as it is to be. */
static void frame(struct mock_conn *c, unsigned first, const void *data, size_t len)
{
    size_t at = mock_buf_pending(&c->out);
    mock_ws_write(&c->out, MOCK_OP_BINARY, data, len);
    if (!c->out.failed) {
        mock_buf_front(&c->out)[at] = (char)first;
    }
}

/* A mebibyte of zeros, compressed so that it can be repeated: it needs nothing that was before. */
static void bomb(struct mock_conn *c, struct mock_buf *packed, size_t bytes)
{
    static char zeros[1 << 20];
    struct mock_terms alone = {.on = true, .server_no_context_takeover = true};
    struct mock_deflate *d = mock_deflate_make(&alone, 9);
    struct mock_buf whole = {0};
    if (d != NULL && mock_deflate_pack(d, packed, zeros, sizeof zeros)) {
        mock_buf_put(packed, "\0\0\xff\xff", 4); /* each piece ends with its empty block */
        for (size_t i = 0; i < bytes; i += sizeof zeros) {
            mock_buf_put(&whole, mock_buf_front(packed), mock_buf_pending(packed));
        }
        mock_buf_putc(&whole, 0);
        frame(c, 0x80 | RSV1 | MOCK_OP_BINARY, mock_buf_front(&whole), mock_buf_pending(&whole));
    }
    mock_buf_finish(&whole);
    mock_deflate_free(d);
}

/* A byte a frame, a ping between any two. */
static void split(struct mock_conn *c, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned first = i == 0 ? RSV1 | MOCK_OP_BINARY : MOCK_OP_CONTINUE;
        frame(c, first | (i + 1 == len ? 0x80 : 0), data + i, 1);
        if (i + 1 < len) {
            mock_ws_write(&c->out, MOCK_OP_PING, "split", 5);
        }
    }
}

/* What is lost is a message and a bit: a message alone might be like the one before it, and what
 * points into it would find the same there. */
static bool lose(struct mock_conn *c, const char *text, size_t len)
{
    struct mock_buf lost = {0};
    mock_buf_put(&lost, text, len);
    for (int i = 0; i < 101; i++) {
        mock_buf_putc(&lost, (char)('A' + i % 50));
    }
    bool good = !lost.failed &&
                mock_deflate_break(c->deflate, mock_buf_front(&lost), mock_buf_pending(&lost));
    mock_buf_finish(&lost);
    return good;
}

static void strike_with(struct mock_server *s, struct mock_conn *c, const struct strike *k,
                        const char *text, size_t len)
{
    const unsigned whole = 0x80 | RSV1 | MOCK_OP_BINARY;
    struct mock_buf *packed = mock_deflate_scratch(c->deflate);
    bool final = k->kind == FINAL || k->kind == TRAILING;
    if (k->kind == EMPTY) {
        len = 0;
    }
    bool needed = k->kind != CORRUPT && k->kind != BOMB && k->kind != CONTEXT &&
                  k->kind != RSV1_PING && k->kind != PLAIN;
    if (needed && !(final ? mock_deflate_pack_final(c->deflate, packed, text, len)
                          : mock_deflate_pack(c->deflate, packed, text, len))) {
        c->dead = true;
        return;
    }
    char *data = mock_buf_front(packed);
    size_t size = mock_buf_pending(packed);
    switch (k->kind) {
    case CORRUPT: /* a block of the type there is none of */
        frame(c, whole, "\x06\xde\xad\xbe\xef", 5);
        break;
    case FLIP:
        data[size / 2] ^= 0x10;
        frame(c, whole, data, size);
        break;
    case CUT:
        frame(c, whole, data, size / 2);
        break;
    case TRAILING:
        mock_buf_puts(packed, "\x06trailing");
        frame(c, whole, mock_buf_front(packed), mock_buf_pending(packed));
        break;
    case BOMB:
        bomb(c, packed, k->bytes);
        break;
    case CONTEXT:
        c->dead |= !lose(c, text, len);
        break;
    case RSV1_CONTINUATION:
        frame(c, RSV1 | MOCK_OP_BINARY, data, size / 2);
        frame(c, 0x80 | RSV1 | MOCK_OP_CONTINUE, data + size / 2, size - size / 2);
        break;
    case RSV1_PING:
        frame(c, 0x80 | RSV1 | MOCK_OP_PING, "", 0);
        break;
    case FINAL:
    case EMPTY:
        frame(c, whole, data, size);
        break;
    case SPLIT:
        split(c, data, size);
        break;
    case PLAIN:
        mock_session_send_plain(s, c, MOCK_OP_BINARY, text, len);
        break;
    }
}

static void strike_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    struct strike *k = arg;
    if (c->deflate == NULL || c->close_sent || c->mute || s->faults.silent) {
        return;
    }
    struct mock_buf text = {0};
    mock_publish_sample(s, c, &text);
    if (!text.failed) {
        strike_with(s, c, k, mock_buf_front(&text), mock_buf_pending(&text));
        k->hit++;
    }
    mock_buf_finish(&text);
}

static bool deflate_message(struct mock_server *s, struct mock_args *a)
{
    struct strike k = {(enum kind)a->at[0].number, (size_t)a->at[1].number, 0};
    if (a->at[2].given) {
        s->faults.plain = (struct mock_odds){.every = a->at[2].number};
        return k.kind == PLAIN || mock_args_wrong(a, "deflate: every goes with kind=plain");
    }
    mock_each_websocket(s, a, 3, strike_one, &k);
    return k.hit > 0 || mock_args_wrong(a, "deflate: no WebSocket is compressed");
}

static bool extensions(struct mock_server *s, struct mock_args *a)
{
    snprintf(s->faults.extensions, sizeof s->faults.extensions, "%s", a->at[0].text);
    s->faults.extensions_count = (uint64_t)a->at[1].number;
    return true;
}

const struct mock_command mock_deflate_commands[] = {
    {"deflate",
     NULL,
     deflate_message,
     {MOCK_WORD("kind", kinds), MOCK_NUMBER("bytes", 1 << 30, 1, (int64_t)4 << 30),
      MOCK_NUMBER("every", 0, 0, 1000000), MOCK_WHO}},
    {"extensions",
     NULL,
     extensions,
     {MOCK_TEXT("answer", 250), MOCK_NUMBER("count", 1, 0, 1000000)}},
    {0},
};
