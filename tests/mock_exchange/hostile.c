/* Bytes and texts that no exchange should send: what a client has to survive. Nothing here is in
 * the journal: none of it is an event of the market. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "messages.h"

#define DEEP 20000 /* brackets, more than any reader should follow */

enum garbage {
    BYTES,
    TRUNCATED,
    TYPES,
    NULLS,
    BARE,
    DEEPLY,
    NUMBERS,
    UTF8,
    NUL,
    EMPTY,
    UNKNOWN,
    HTML
};
static const char garbage_kinds[] =
    "bytes truncated types nulls bare deep numbers utf8 nul empty unknown html";

/* A copy of a message in which each value is of another type than it was, or null, or the members
 * are not there: all but those that say what the message is about, so that it is believed. */
static void twist(struct mock_buf *out, const char *text, size_t len, enum garbage how)
{
    bool kept = true, is_key = true;
    for (size_t i = 0; i < len;) {
        size_t end = i + 1;
        bool value = true;
        if (text[i] == '"') {
            while (end < len && text[end] != '"') {
                end++;
            }
            end++;
            if (is_key) {
                static const char *const names[] = {"\"type\"", "\"ty\"", "\"code\"", "\"cd\""};
                kept = false;
                for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
                    kept |= strlen(names[n]) == end - i && memcmp(text + i, names[n], end - i) == 0;
                }
                value = false;
            }
        } else if (strchr("{}[],:", text[i]) != NULL) {
            is_key = text[i] == '{' || text[i] == ',';
            value = false;
        } else {
            end = i + strcspn(text + i, ",]}");
        }
        if (!value || kept) {
            mock_buf_put(out, text + i, end - i);
        } else {
            mock_buf_puts(out, how == NULLS ? "null" : text[i] == '"' ? "{}" : "\"abc\"");
        }
        i = end;
    }
}

static void make(struct mock_server *s, struct mock_conn *c, struct mock_buf *out,
                 enum garbage kind)
{
    struct mock_buf real = {0};
    mock_publish_sample(s, c, &real);
    mock_buf_putc(&real, '\0');
    size_t len = real.failed ? 0 : mock_buf_pending(&real) - 1;
    const char *text = real.failed ? "" : mock_buf_front(&real);
    switch (kind) {
    case BYTES:
        for (int i = 0; i < 64; i++) {
            mock_buf_putc(out, (char)mock_random_below(&s->faults.rng, 256));
        }
        break;
    case TRUNCATED:
        mock_buf_put(out, text, len / 2);
        break;
    case TYPES:
    case NULLS:
        twist(out, text, len, kind);
        break;
    case BARE:
        mock_buf_puts(out, "{\"type\":\"trade\",\"code\":\"KRW-BTC\"}");
        break;
    case DEEPLY:
        for (int i = 0; i < DEEP; i++) {
            mock_buf_putc(out, '[');
        }
        break;
    case NUMBERS:
        mock_buf_puts(out, "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"timestamp\":1e999999999,"
                           "\"trade_timestamp\":-99999999999999999999,\"trade_price\":");
        for (int i = 0; i < 400; i++) {
            mock_buf_putc(out, '9');
        }
        mock_buf_puts(out, ",\"trade_volume\":1E-999999999,\"ask_bid\":\"BID\",\"sequential_id\":"
                           "1.5,\"stream_type\":\"REALTIME\"}");
        break;
    case UTF8:
        mock_buf_puts(out, "{\"type\":\"trade\",\"code\":\"KRW-\xC3\x28\",\"trade_price\":1}");
        break;
    case NUL:
        mock_buf_put(out, "{\"type\":\"trade\"\0,\"code\":\"KRW-BTC\0\"}", 35);
        break;
    case EMPTY:
        break;
    case UNKNOWN:
        mock_buf_puts(out, "{\"type\":\"moon\",\"code\":\"KRW-BTC\",\"phase\":0.5}");
        break;
    case HTML:
        mock_buf_puts(out, "<html><body>502 Bad Gateway</body></html>");
        break;
    }
    mock_buf_finish(&real);
}

void mock_hostile_garbage(struct mock_server *s, struct mock_conn *c, int kind)
{
    struct mock_buf text = {0};
    make(s, c, &text, (enum garbage)kind);
    if (!text.failed) {
        mock_session_send_plain(s, c, MOCK_OP_BINARY, mock_buf_pending(&text) > 0 ? text.data : "",
                                mock_buf_pending(&text));
    }
    mock_buf_finish(&text);
}

struct litter {
    int kind;
    int64_t count;
};

static void litter_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    const struct litter *l = arg;
    for (int64_t i = 0; i < l->count && !c->dead; i++) {
        mock_hostile_garbage(s, c, l->kind);
    }
}

static bool no_such(struct mock_args *a, size_t at)
{
    return !a->at[at].given || mock_args_wrong(a,
                                               "no WebSocket has the id %lld; GET /mock/stats "
                                               "lists them",
                                               (long long)a->at[at].number);
}

static bool garbage(struct mock_server *s, struct mock_args *a)
{
    struct litter l = {(int)a->at[0].number, a->at[1].number};
    if (a->at[2].given) {
        s->faults.garbage = (struct mock_odds){.every = a->at[2].number};
        s->faults.garbage_kind = l.kind;
        return true;
    }
    return mock_each_websocket(s, a, 3, litter_one, &l) > 0 || no_such(a, 3);
}

/* Frames that break RFC 6455, as they go over the wire. */
static const struct {
    const char *name;
    const char *bytes;
    size_t len;
    size_t filler; /* bytes of x after them */
} frames[] = {
    {"masked", "\x82\x82\x01\x02\x03\x04\x7a\x7f", 8, 0},
    {"rsv1", "\xc2\x02{}", 4, 0},
    {"rsv2", "\xa2\x02{}", 4, 0},
    {"rsv3", "\x92\x02{}", 4, 0},
    {"rsv_ping", "\xc9\x00", 2, 0},
    {"opcode3", "\x83\x02{}", 4, 0},
    {"opcode11", "\x8b\x00", 2, 0},
    {"long_ping", "\x89\x7e\x00\x7e", 4, 126},
    {"split_ping", "\x09\x01x", 3, 0},
    {"bad_utf8", "\x81\x04\"\xc3\x28\"", 6, 0},
    {"bad_utf8_split", "\x01\x02\"\xe2\x80\x02\xff\"", 8, 0},
    {"continuation", "\x80\x02{}", 4, 0},
    {"begin_twice", "\x02\x01{\x82\x02{}", 7, 0},
    {"long_length16", "\x82\x7e\x00\x02{}", 6, 0},
    {"long_length64", "\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x02{}", 12, 0},
    {"length63", "\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", 10, 16},
    {"length62", "\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00", 10, 16},
    {"close_1", "\x88\x01\x03", 3, 0},
    {"close_utf8", "\x88\x04\x03\xe8\xc3\x28", 6, 0},
    {"long_close", "\x88\x7e\x00\x80\x03\xe8", 6, 126},
    {"split_close", "\x08\x02\x03\xe8", 4, 0},
    {"half", "\x82\x7e\xff\xff{", 5, 10}, /* and nothing more: see below */
};
static const char frame_kinds[] =
    "masked rsv1 rsv2 rsv3 rsv_ping opcode3 opcode11 long_ping split_ping bad_utf8 bad_utf8_split "
    "continuation begin_twice long_length16 long_length64 length63 length62 close_1 close_utf8 "
    "long_close split_close half";

static void frame_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    size_t which = *(const size_t *)arg;
    if (c->close_sent || c->mute || s->faults.silent) {
        return;
    }
    mock_buf_put(&c->out, frames[which].bytes, frames[which].len);
    for (size_t i = 0; i < frames[which].filler; i++) {
        mock_buf_putc(&c->out, 'x');
    }
    if (strcmp(frames[which].name, "half") == 0) {
        c->mute = true; /* the rest never comes */
    }
}

static bool frame(struct mock_server *s, struct mock_args *a)
{
    size_t which = (size_t)a->at[0].number;
    return mock_each_websocket(s, a, 1, frame_one, &which) > 0 || no_such(a, 1);
}

struct giant {
    int64_t bytes, frames;
    int op;
};

static void giant_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    static const char head[] = "{\"type\":\"trade\",\"code\":\"KRW-BTC\",\"filler\":\"";
    const struct giant *g = arg;
    size_t size = (size_t)g->bytes, pieces = (size_t)g->frames;
    char *text = c->close_sent || c->mute || s->faults.silent ? NULL : malloc(size);
    if (text == NULL) {
        return;
    }
    memset(text, 'x', size);
    if (size >= sizeof head + 2) {
        memcpy(text, head, sizeof head - 1);
        memcpy(text + size - 2, "\"}", 2);
    }
    size_t sent = 0;
    for (size_t i = 0; i < pieces; i++) {
        size_t next = (i + 1) * size / pieces;
        size_t at = mock_buf_pending(&c->out);
        mock_ws_write(&c->out, i == 0 ? g->op : MOCK_OP_CONTINUE, text + sent, next - sent);
        if (i + 1 < pieces && !c->out.failed) {
            mock_buf_front(&c->out)[at] &= 0x7F; /* not the last one */
        }
        sent = next;
    }
    free(text);
}

static bool giant(struct mock_server *s, struct mock_args *a)
{
    struct giant g = {a->at[0].number, a->at[1].number,
                      a->at[2].number == 0 ? MOCK_OP_BINARY : MOCK_OP_TEXT};
    return mock_each_websocket(s, a, 3, giant_one, &g) > 0 || no_such(a, 3);
}

struct ending {
    int code;
    const char *reason;
};

static void close_one(struct mock_server *s, struct mock_conn *c, void *arg)
{
    const struct ending *e = arg;
    char payload[125] = {(char)(e->code >> 8), (char)(e->code & 0xFF)};
    size_t len = strlen(e->reason);
    memcpy(payload + 2, e->reason, len); /* the parameter is no longer than fits */
    mock_session_close_with(s, c, payload, e->code == 0 ? 0 : len + 2);
}

static bool close_with(struct mock_server *s, struct mock_args *a)
{
    struct ending e = {(int)a->at[0].number, a->at[1].text};
    return mock_each_websocket(s, a, 2, close_one, &e) > 0 || no_such(a, 2);
}

static bool segments(struct mock_server *s, struct mock_args *a)
{
    s->faults.segment = a->at[0].number;
    s->faults.segment_pause_us = a->at[1].number;
    return true;
}

const struct mock_command mock_hostile_commands[] = {
    {"garbage",
     NULL,
     garbage,
     {MOCK_WORD("kind", garbage_kinds), MOCK_NUMBER("count", 1, 1, 10000),
      MOCK_NUMBER("every", 0, 0, 1000000), MOCK_WHO}},
    {"frame", NULL, frame, {MOCK_WORD("kind", frame_kinds), MOCK_WHO}},
    {"giant",
     NULL,
     giant,
     {MOCK_NUMBER("bytes", 1 << 20, 0, 60 << 20), MOCK_NUMBER("frames", 1, 1, 1000000),
      MOCK_WORD("op", "binary text"), MOCK_WHO}},
    {"close",
     NULL,
     close_with,
     {MOCK_NUMBER("code", 1000, 0, 65535), MOCK_TEXT("reason", 123), MOCK_WHO}},
    {"segments",
     NULL,
     segments,
     {MOCK_NUMBER("bytes", 1, 0, 65536), MOCK_NUMBER("pause_us", 0, 0, 1000)}},
    {0},
};
