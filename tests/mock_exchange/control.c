/* /mock: what has happened so far, and faults on command. */
#include <stdlib.h>
#include <string.h>

#include "server.h"

static void put_conn(struct mock_buf *b, const struct mock_conn *c, bool open)
{
    mock_buf_printf(b,
                    "{\"id\":%llu,\"open\":%s,\"requests\":%llu,\"messages_sent\":%llu,"
                    "\"pings\":%llu,\"pending\":%zu,\"headers\":%s,\"last_request\":",
                    (unsigned long long)c->id, open ? "true" : "false",
                    (unsigned long long)c->requests, (unsigned long long)c->messages_sent,
                    (unsigned long long)c->pings, mock_buf_pending(&c->out),
                    c->headers != NULL ? c->headers : "{}");
    mock_buf_json_string(
        b, mock_buf_pending(&c->last_request) > 0 ? mock_buf_front(&c->last_request) : "",
        mock_buf_pending(&c->last_request));
    mock_buf_putc(b, '}');
}

void mock_stats_closed(struct mock_server *s, const struct mock_conn *c)
{
    struct mock_buf *b = &s->closed[s->closed_next++ % 16];
    mock_buf_clear(b);
    put_conn(b, c, false);
}

static void put_stats(struct mock_server *s, struct mock_buf *b)
{
    const struct mock_stats *n = &s->stats;
    unsigned long long open = 0;
    for (const struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        open += c->websocket && !c->dead;
    }
    mock_buf_putc(b, '{');
#define PUT(name) mock_buf_printf(b, "\"" #name "\":%llu,", (unsigned long long)n->name)
    PUT(connections);
    PUT(websockets);
    mock_buf_printf(b, "\"open\":%llu,", open);
    PUT(http_requests);
    PUT(requests);
    PUT(messages_sent);
    PUT(bytes_sent);
    PUT(refused);
    PUT(rate_violations);
    PUT(books_skipped);
    PUT(cut_for_memory);
    PUT(idle_cuts);
    PUT(errors_sent);
    PUT(pings);
#undef PUT
    mock_buf_puts(b, "\"websocket_connections\":[");
    bool first = true;
    for (size_t i = 0; i < 16; i++) {
        const struct mock_buf *closed = &s->closed[(s->closed_next + i) % 16];
        if (mock_buf_pending(closed) > 0) {
            mock_buf_puts(b, first ? "" : ",");
            mock_buf_put(b, mock_buf_front(closed), mock_buf_pending(closed));
            first = false;
        }
    }
    for (const struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        if (c->websocket && !c->dead) {
            mock_buf_puts(b, first ? "" : ",");
            put_conn(b, c, true);
            first = false;
        }
    }
    mock_buf_puts(b, "]}");
}

/* An integer of the query, `standard` when it is not there; false when it is no number in range. */
static bool number(int64_t *out, const struct mock_http_request *r, const char *name,
                   int64_t standard, int64_t least, int64_t most)
{
    char text[24];
    *out = standard;
    if (!mock_http_query(text, sizeof text, r, name)) {
        return true;
    }
    char *end;
    long long value = strtoll(text, &end, 10);
    *out = value;
    return *text != '\0' && *end == '\0' && value >= least && value <= most;
}

static const char *cut(struct mock_server *s, const struct mock_http_request *r)
{
    char how[8] = "rst";
    mock_http_query(how, sizeof how, r, "how");
    if (strcmp(how, "rst") != 0 && strcmp(how, "fin") != 0) {
        return "how must be rst or fin";
    }
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        if (c->websocket) {
            c->dead = true;
            c->reset = how[0] == 'r';
        }
    }
    return NULL;
}

static const char *send_to_all(struct mock_server *s, const struct mock_http_request *r)
{
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        if (c->state == MOCK_STATE_WS) {
            mock_session_send(s, c, MOCK_OP_BINARY, r->body, r->body_len);
            mock_conn_flush(s, c);
        }
    }
    return NULL;
}

static const char *refuse(struct mock_server *s, const struct mock_http_request *r)
{
    int64_t count, status;
    if (!number(&count, r, "count", 1, 0, 1000000) ||
        !number(&status, r, "status", 503, 400, 599)) {
        return "count must be 0 or more, status 400 to 599";
    }
    s->refuse_count = (uint64_t)count;
    s->refuse_status = (int)status;
    return NULL;
}

static const char *silence(struct mock_server *s, const struct mock_http_request *r)
{
    int64_t on;
    if (!number(&on, r, "on", 1, 0, 1)) {
        return "on must be 0 or 1";
    }
    s->silent = on == 1;
    return NULL;
}

static const char *stop(struct mock_server *s, const struct mock_http_request *r)
{
    (void)r;
    s->stop = true;
    return NULL;
}

void mock_control(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    static const struct {
        const char *path;
        const char *(*run)(struct mock_server *s, const struct mock_http_request *r);
    } actions[] = {{"/mock/cut", cut},
                   {"/mock/send", send_to_all},
                   {"/mock/refuse", refuse},
                   {"/mock/silence", silence},
                   {"/mock/shutdown", stop}};
    static const char unknown[] = "{\"error\":\"no such control; see docs/MOCK.md\"}";
    static const char json[] = "application/json";
    if (strcmp(r->path, "/mock/stats") == 0 && strcmp(r->method, "GET") == 0) {
        struct mock_buf b = {0};
        put_stats(s, &b);
        mock_http_reply(&c->out, 200, json, "", mock_buf_front(&b), mock_buf_pending(&b),
                        r->keep_alive);
        mock_buf_finish(&b);
        return;
    }
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(r->path, actions[i].path) != 0) {
            continue;
        }
        if (strcmp(r->method, "POST") != 0) {
            static const char post[] = "{\"error\":\"this one is a POST\"}";
            mock_http_reply(&c->out, 405, json, "", post, sizeof post - 1, r->keep_alive);
            return;
        }
        const char *wrong = actions[i].run(s, r);
        struct mock_buf b = {0};
        mock_buf_puts(&b, wrong == NULL ? "{\"ok\":true}" : "{\"error\":");
        if (wrong != NULL) {
            mock_buf_json_string(&b, wrong, strlen(wrong));
            mock_buf_putc(&b, '}');
        }
        mock_http_reply(&c->out, wrong == NULL ? 200 : 400, json, "", mock_buf_front(&b),
                        mock_buf_pending(&b), r->keep_alive);
        mock_buf_finish(&b);
        return;
    }
    mock_http_reply(&c->out, 404, json, "", unknown, sizeof unknown - 1, r->keep_alive);
}
