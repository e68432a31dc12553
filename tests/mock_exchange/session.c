/* What a WebSocket connection says and hears after its upgrade: requests, PING, control frames,
 * errors and their close, the silence that ends it. */
#include "private.h"
#include "server.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seen: 150 to 180 ms between an error and the close, an UP every ten seconds whose first one
 * follows the server's own tick, 0.6 to 8.9 s after the PING. */
#define ERROR_DELAY       150
#define UP_EVERY          10000
#define UP_FIRST          600
#define UP_FIRST_SPAN     8300
#define CLOSE_PATIENCE_NS INT64_C(2000000000)

/* RSV1 marks a compressed message. */
#define COMPRESSED 0x40

static bool send_message(struct mock_server *s, struct mock_conn *c, int op, const void *data,
                         size_t len, bool pack)
{
    if (c->dead || c->close_sent || c->mute || s->faults.silent) {
        return false;
    }
    struct mock_buf *packed = pack ? mock_deflate_scratch(c->deflate) : NULL;
    if (pack && mock_deflate_pack(c->deflate, packed, data, len)) {
        mock_ws_write(&c->out, op | COMPRESSED, mock_buf_front(packed), mock_buf_pending(packed));
        s->stats.messages_compressed++;
        s->stats.bytes_plain += len;
        s->stats.bytes_packed += mock_buf_pending(packed);
    } else {
        c->dead |= pack; /* what is left out of the context cannot be sent later */
        mock_ws_write(&c->out, op, data, len);
    }
    if (op == MOCK_OP_TEXT || op == MOCK_OP_BINARY) {
        c->messages_sent++;
        s->stats.messages_sent++;
    }
    if (c->out.failed || mock_buf_pending(&c->out) > MOCK_OUT_CAP) {
        mock_log(s, "#%llu reads too slowly: cut", (unsigned long long)c->id);
        s->stats.cut_for_memory++;
        c->dead = c->reset = true;
    }
    return !c->dead;
}

bool mock_session_send(struct mock_server *s, struct mock_conn *c, int op, const void *data,
                       size_t len)
{
    bool message = op == MOCK_OP_TEXT || op == MOCK_OP_BINARY;
    return send_message(s, c, op, data, len,
                        message && c->deflate != NULL && !mock_odds_hit(s, &s->faults.plain));
}

bool mock_session_send_plain(struct mock_server *s, struct mock_conn *c, int op, const void *data,
                             size_t len)
{
    return send_message(s, c, op, data, len, false);
}

void mock_session_close(struct mock_server *s, struct mock_conn *c, int code, const char *reason)
{
    unsigned char payload[125];
    size_t len = 0;
    if (code != 1005) {
        payload[0] = (unsigned char)(code >> 8);
        payload[1] = (unsigned char)(code & 0xFF);
        len = strlen(reason);
        len = len < 123 ? len : 123;
        memcpy(payload + 2, reason, len);
        len += 2;
    }
    mock_session_close_with(s, c, payload, len);
}

void mock_session_close_with(struct mock_server *s, struct mock_conn *c, const void *payload,
                             size_t len)
{
    if (c->close_sent || c->dead || c->mute) {
        return;
    }
    mock_subs_clear(s, c);
    mock_deliver_drop(c);
    c->replaying = false;
    mock_ws_write(&c->out, MOCK_OP_CLOSE, payload, len);
    c->close_sent = true;
    c->deadline_ns = s->now_ns + CLOSE_PATIENCE_NS;
    mock_log(s, "#%llu close sent", (unsigned long long)c->id);
}

void mock_session_error(struct mock_server *s, struct mock_conn *c, const struct mock_buf *text)
{
    mock_session_send(s, c, MOCK_OP_BINARY, text->data, text->len);
    s->stats.errors_sent++;
    mock_subs_clear(s, c);
    mock_deliver_drop(c);
    c->asked_count = 0;
    c->replaying = false;
    c->error_close_ms = s->now_ms + ERROR_DELAY + (int64_t)mock_random_below(&s->rng, 30);
    mock_log(s, "#%llu error %.*s", (unsigned long long)c->id, (int)text->len, text->data);
}

void mock_session_unauthorized(struct mock_server *s, struct mock_conn *c)
{
    struct mock_buf text = {0};
    mock_error_frame(&text, "INVALID_AUTH", mock_error_text("INVALID_AUTH"));
    if (!text.failed && c->error_close_ms == 0) {
        mock_session_error(s, c, &text);
    }
    mock_buf_finish(&text);
}

void mock_session_start(struct mock_server *s, struct mock_conn *c)
{
    c->state = MOCK_STATE_WS;
    c->websocket = true;
    c->ping_ms = s->now_ms;
    s->stats.websockets++;
    if (c->bad_token && s->private->answer != MOCK_ANSWER_REQUEST) {
        mock_session_unauthorized(s, c);
    }
}

static void record(struct mock_server *s, const struct mock_conn *c, const char *what,
                   const char *data, size_t len)
{
    struct mock_receipt entry = {.conn = c->id,
                                 .ms = mock_run_ms(s),
                                 .what = what,
                                 .text = (char *)(uintptr_t)data,
                                 .len = len};
    mock_received_add(&s->received, &entry);
}

/* Five messages a second and a hundred a minute are allowed; the error and its close are what the
 * documentation of one of the streams says. */
static bool too_many(struct mock_server *s, struct mock_conn *c, const char *data, size_t len)
{
    s->stats.requests++;
    bool over = mock_police_message(s, c);
    record(s, c, "message", data, len);
    mock_buf_clear(&c->last_request);
    mock_buf_put(&c->last_request, data, len < MOCK_KEPT_TEXT ? len : MOCK_KEPT_TEXT);
    mock_log(s, "#%llu request %.*s", (unsigned long long)c->id, (int)(len < 400 ? len : 400),
             data);
    if (over) {
        struct mock_buf text = {0};
        mock_fault_error(&text, "TOO_MANY_REQUEST", "", "");
        if (!text.failed) {
            mock_session_error(s, c, &text);
        }
        mock_buf_finish(&text);
    }
    return over;
}

static void answer(struct mock_server *s, struct mock_conn *c, const char *data, size_t len)
{
    struct mock_request request;
    struct mock_buf text = {0};
    if (c->bad_token) {
        mock_session_unauthorized(s, c);
        return;
    }
    bool private_stream = c->stream == MOCK_STREAM_PRIVATE;
    bool bad = mock_request_read(&request, &text, data, len, private_stream) != 0;
    if (bad || mock_fault_request(s, &text, &request) ||
        (private_stream && !mock_private_allows(c, &request, &text))) {
        if (!text.failed) {
            mock_session_error(s, c, &text);
        }
        mock_buf_finish(&text);
        mock_request_finish(&request);
        return;
    }
    mock_deliver_release(s, c);
    c->late_format = c->format;
    c->format = request.format;
    if (request.list) {
        mock_list_frame(&text, c->has_request ? &c->request : NULL, request.ticket, request.format);
        if (!text.failed) {
            mock_session_send(s, c, MOCK_OP_BINARY, text.data, text.len);
        }
        mock_buf_finish(&text);
        mock_request_finish(&request);
        return;
    }
    mock_buf_finish(&text);
    mock_request_finish(&c->request);
    c->request = request;
    c->has_request = true;
    if (private_stream) {
        /* Nothing comes until something happens: there are no snapshots. */
    } else if (s->replay != NULL) {
        mock_replay_start(s, c);
    } else {
        mock_subs_install(s, c);
    }
    if (s->faults.forget_count > 0) {
        s->faults.forget_count--;
        mock_fault_forget(s, c, &s->faults.forget);
    }
}

/* The exchange takes its time for an answer; meanwhile the old set goes on. */
static void answer_later(struct mock_server *s, struct mock_conn *c, const char *data, size_t len)
{
    if (c->asked_count == c->asked_cap) {
        size_t cap = c->asked_cap == 0 ? 4 : c->asked_cap * 2;
        struct mock_asked *list = realloc(c->asked_list, cap * sizeof *list);
        if (list == NULL) {
            c->dead = true;
            return;
        }
        c->asked_list = list;
        c->asked_cap = cap;
    }
    mock_buf_put(&c->asked, data, len);
    c->asked_list[c->asked_count++] = (struct mock_asked){len, s->now_ms + s->faults.answer_ms};
    c->dead |= c->asked.failed || mock_buf_pending(&c->asked) > MOCK_OUT_CAP;
}

static void answer_due(struct mock_server *s, struct mock_conn *c)
{
    while (c->asked_count > 0 && c->asked_list[0].due_ms <= s->now_ms && !c->dead &&
           !c->close_sent && c->error_close_ms == 0) {
        size_t len = c->asked_list[0].len;
        c->asked_count--;
        memmove(c->asked_list, c->asked_list + 1, c->asked_count * sizeof *c->asked_list);
        answer(s, c, mock_buf_front(&c->asked), len);
        mock_buf_consume(&c->asked, len);
    }
}

static void on_message(struct mock_server *s, struct mock_conn *c, const char *data, size_t len)
{
    if (too_many(s, c, data, len)) {
        return;
    }
    if (len == 4 && memcmp(data, "PING", 4) == 0) {
        s->stats.pings++;
        if (c->up_ms == 0) {
            c->up_ms = s->now_ms + UP_FIRST + (int64_t)mock_random_below(&s->rng, UP_FIRST_SPAN);
        }
    } else if (s->faults.answer_ms > 0 || c->asked_count > 0) {
        answer_later(s, c, data, len);
    } else {
        answer(s, c, data, len);
    }
}

static void on_close(struct mock_server *s, struct mock_conn *c, const char *data, size_t len)
{
    int code = mock_ws_close_code(data, len);
    char number[16];
    snprintf(number, sizeof number, "%d", code < 0 ? -code : code);
    record(s, c, "close", number, strlen(number));
    mock_log(s, "#%llu close %d received", (unsigned long long)c->id, code);
    mock_session_close(s, c, code < 0 ? -code : code, "");
    c->finish = true;
}

void mock_session_read(struct mock_server *s, struct mock_conn *c)
{
    if (c->mute) {
        mock_buf_clear(&c->in);
    }
    while (!c->dead && !c->finish) {
        struct mock_ws_event event;
        int got = mock_ws_read(&event, &c->reader, &c->in, MOCK_MESSAGE_CAP);
        mock_police_frame(s, c, got);
        if (got == 0) {
            return;
        }
        if (got < 0) {
            mock_log(s, "#%llu broke the protocol: %d", (unsigned long long)c->id, -got);
            mock_session_close(s, c, -got, got == -1009 ? "message too big" : "protocol error");
            c->finish = true;
            return;
        }
        if (event.op == MOCK_OP_CLOSE) {
            on_close(s, c, event.data, event.len);
        } else if (event.op == MOCK_OP_PING) {
            c->pings++;
            mock_police_ping(s, c);
            record(s, c, "ping", event.data, event.len);
            mock_session_send(s, c, MOCK_OP_PONG, event.data, event.len);
        } else if (event.op == MOCK_OP_PONG) {
            record(s, c, "pong", event.data, event.len);
        } else if (!c->close_sent && c->error_close_ms == 0) {
            on_message(s, c, event.data, event.len);
        }
    }
}

void mock_session_timers(struct mock_server *s, struct mock_conn *c)
{
    int64_t life_ms = (int64_t)(s->options.token_life * 1000);
    if (c->token.key != NULL && life_ms > 0 && s->now_ms - c->opened_ms >= life_ms &&
        !c->close_sent && c->error_close_ms == 0) {
        mock_session_unauthorized(s, c);
    }
    answer_due(s, c);
    mock_subs_timers(s, c);
    mock_deliver_timers(s, c);
    if (c->error_close_ms != 0 && s->now_ms >= c->error_close_ms) {
        c->error_close_ms = 0;
        mock_session_close(s, c, 1000, "");
    }
    if (c->up_ms != 0 && s->now_ms >= c->up_ms && c->error_close_ms == 0) {
        static const char up[] = "{\"status\":\"UP\"}";
        mock_session_send(s, c, MOCK_OP_BINARY, up, sizeof up - 1);
        c->up_ms += UP_EVERY;
        if (c->up_ms <= s->now_ms) {
            c->up_ms = s->now_ms + UP_EVERY;
        }
    }
    if (c->close_sent && c->deadline_ns != 0 && s->now_ns >= c->deadline_ns) {
        c->dead = true;
    }
}
