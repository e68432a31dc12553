/* GET /mock/stats: what has happened so far, in numbers. */
#include <string.h>

#include "private.h"
#include "server.h"

static const char *const streams[] = {"public", "private", "info"};

static void put_conn(const struct mock_server *s, struct mock_buf *b, const struct mock_conn *c,
                     bool open)
{
    mock_buf_printf(
        b,
        "{\"id\":%llu,\"open\":%s,\"stream\":\"%s\",\"requests\":%llu,\"messages_sent\":%llu,"
        "\"pings\":%llu,\"ping_gap_ms\":%lld,\"pending\":%zu,\"headers\":%s,",
        (unsigned long long)c->id, open ? "true" : "false", streams[c->stream],
        (unsigned long long)c->requests, (unsigned long long)c->messages_sent,
        (unsigned long long)c->pings, (long long)mock_police_ping_gap(s, c),
        mock_buf_pending(&c->out), c->headers != NULL ? c->headers : "{}");
    if (c->token.key != NULL) {
        mock_buf_printf(b, "\"auth\":{\"alg\":\"%s\",\"access_key\":", c->token.alg);
        mock_buf_json_string(b, c->token.key->access, strlen(c->token.key->access));
        mock_buf_puts(b, ",\"nonce\":");
        mock_buf_json_string(b, c->token.nonce, strlen(c->token.nonce));
        mock_buf_puts(b, "},");
    }
    mock_buf_puts(b, "\"last_request\":");
    mock_buf_json_string(
        b, mock_buf_pending(&c->last_request) > 0 ? mock_buf_front(&c->last_request) : "",
        mock_buf_pending(&c->last_request));
    mock_buf_putc(b, '}');
}

void mock_stats_closed(struct mock_server *s, const struct mock_conn *c)
{
    struct mock_buf *b = &s->closed[s->closed_next++ % 16];
    mock_buf_clear(b);
    put_conn(s, b, c, false);
}

void mock_stats_put(struct mock_server *s, struct mock_buf *b)
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
    PUT(longest_turn_ms);
    PUT(books_skipped);
    PUT(cut_for_memory);
    PUT(idle_cuts);
    PUT(errors_sent);
    PUT(pings);
    PUT(rejected);
    PUT(messages_compressed);
    PUT(bytes_plain);
    PUT(bytes_packed);
#undef PUT
    unsigned long long orders = 0;
    for (size_t i = 0; i < s->private->count; i++) {
        orders += (unsigned long long)s->private->pockets[i]->open;
    }
    mock_buf_printf(b, "\"open_orders\":%llu,", orders);
    mock_buf_printf(b, "\"burst_left\":%llu,",
                    (unsigned long long)(s->faults.burst_total - s->faults.burst_done));
    mock_police_put(s, b);
    mock_budgets_put(s, b);
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
            put_conn(s, b, c, true);
            first = false;
        }
    }
    mock_buf_puts(b, "]}");
}
