/* See private.h. */
#include "private.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "messages.h"
#include "server.h"

static bool add_pocket(struct mock_server *s, struct mock_key *key)
{
    struct mock_private *v = s->private;
    for (key->pocket_at = 0; key->pocket_at < v->count; key->pocket_at++) {
        if (strcmp(v->pockets[key->pocket_at]->name, key->pocket) == 0) {
            return true;
        }
    }
    struct mock_pocket *p = calloc(1, sizeof *p);
    struct mock_pocket **list = realloc(v->pockets, (v->count + 1) * sizeof *list);
    v->pockets = list != NULL ? list : v->pockets;
    if (p == NULL || list == NULL) {
        free(p);
        return false;
    }
    snprintf(p->name, sizeof p->name, "%s", key->pocket);
    p->at = v->count;
    p->rng = p->rng_seed = s->options.seed ^ (UINT64_C(0x9E3779B97F4A7C15) * (p->at + 1));
    v->pockets[v->count++] = p;
    mock_pocket_seed(p);
    mock_autopilot_seed(s, p);
    return true;
}

bool mock_private_open(struct mock_server *s)
{
    struct mock_private *v = s->private = calloc(1, sizeof *v);
    if (v == NULL) {
        return false;
    }
    v->next = 1;
    v->rate = s->options.private_rate;
    v->stepped_ns = s->now_ns;
    v->events = calloc(MOCK_EVENTS, sizeof *v->events); /* unused pages cost nothing */
    if (v->events == NULL || !mock_keys_load(&v->keys, s->options.keys_file)) {
        return false;
    }
    for (size_t i = 0; i < v->keys.count; i++) {
        if (!add_pocket(s, &v->keys.list[i])) {
            return false;
        }
    }
    return true;
}

void mock_private_finish(struct mock_server *s)
{
    struct mock_private *v = s->private;
    if (v == NULL) {
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        mock_orders_free(v->pockets[i]);
        free(v->pockets[i]);
    }
    free(v->pockets);
    free(v->events);
    mock_keys_finish(&v->keys);
    free(v);
    s->private = NULL;
}

void mock_private_reset(struct mock_server *s)
{
    s->private->answer = MOCK_ANSWER_FRAME;
    mock_keys_reset(&s->private->keys);
}

void mock_private_run(struct mock_server *s)
{
    struct mock_private *v = s->private;
    double elapsed = (double)(s->now_ns - v->stepped_ns) / 1e9;
    v->stepped_ns = s->now_ns;
    for (size_t i = 0; i < v->count; i++) {
        struct mock_pocket *p = v->pockets[i];
        mock_orders_follow(s, p);
        /* After a stop nobody races to catch up. */
        p->steps_due += (elapsed < 0.25 ? elapsed : 0.25) * v->rate;
        for (; p->steps_due >= 1; p->steps_due--) {
            mock_autopilot_step(s, p);
        }
    }
}

int64_t mock_private_now(const struct mock_server *s, const struct mock_pocket *p)
{
    int64_t now = s->private->at_ms != 0 ? s->private->at_ms : s->now_ms;
    return now > p->last_ms ? now : p->last_ms;
}

void mock_private_uuid(char out[37], int kind, const struct mock_pocket *p, uint64_t number)
{
    snprintf(out, 37, "%08x-%04x-4%03x-8000-%012llx", (unsigned)(p->rng_seed & 0xFFFFFFFFu),
             (unsigned)kind & 0xFFFFu, (unsigned)p->at & 0xFFFu,
             (unsigned long long)(number & UINT64_C(0xFFFFFFFFFFFF)));
}

struct mock_pocket *mock_private_pocket(const struct mock_server *s, const struct mock_key *key)
{
    return s->private->pockets[key->pocket_at];
}

int mock_private_busiest(const struct mock_server *s, enum mock_group group)
{
    int most = 0;
    for (size_t i = 0; i < s->private->count; i++) {
        int here = s->private->pockets[i]->budget[group].busiest;
        most = here > most ? here : most;
    }
    return most;
}

static void address_of(char *out, size_t size, const struct mock_conn *c)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } from;
    socklen_t len = sizeof from;
    *out = '\0';
    if (getpeername(c->fd, &from.any, &len) == 0) {
        bool four = from.any.sa_family == AF_INET;
        inet_ntop(from.any.sa_family,
                  four ? (const void *)&from.four.sin_addr : (const void *)&from.six.sin6_addr, out,
                  (socklen_t)size);
    }
}

enum mock_auth mock_private_auth(struct mock_server *s, struct mock_conn *c,
                                 struct mock_token *token, const struct mock_http_request *r,
                                 const char *hashed, const char *hashed_too)
{
    char address[INET6_ADDRSTRLEN];
    address_of(address, sizeof address, c);
    struct mock_auth_case about = {.authorization = mock_http_header(r, "authorization"),
                                   .hashed = hashed,
                                   .hashed_too = hashed_too,
                                   .address = address,
                                   .now_ms = s->now_ms,
                                   .life_ms = (int64_t)(s->options.token_life * 1000)};
    int headers = 0;
    for (int i = 0; i < r->headers; i++) {
        headers += strcasecmp(r->header[i].name, "authorization") == 0;
    }
    about.twice = headers > 1;
    return mock_jwt_check(token, &s->private->keys, &about);
}

void mock_private_refuse(struct mock_conn *c, int status, const char *name, const char *message,
                         const char *extra, bool keep_alive)
{
    struct mock_buf body = {0};
    mock_buf_puts(&body, "{\"error\":{\"name\":");
    mock_buf_json_string(&body, name, strlen(name));
    mock_buf_puts(&body, ",\"message\":");
    mock_buf_json_string(&body, message, strlen(message));
    mock_buf_puts(&body, "}}");
    mock_http_reply(&c->out, status, "application/json;charset=UTF-8", extra, mock_buf_front(&body),
                    mock_buf_pending(&body), keep_alive);
    mock_buf_finish(&body);
    c->finish |= !keep_alive;
}

/* Whether the connection asked for this; *body: an announcement's too. */
static bool wants(const struct mock_conn *c, int kind, const char *word, bool *body)
{
    for (size_t i = 0; c->has_request && i < c->request.count; i++) {
        const struct mock_want *w = &c->request.wants[i];
        bool all = w->count == 0;
        for (size_t n = 0; n < w->count && !all; n++) {
            all = strcmp(w->codes[n], word) == 0;
        }
        if (w->kind == kind && all && !w->only_snapshot) {
            *body = w->include_body;
            return true;
        }
    }
    return false;
}

/* One event, composed once for each format. */
struct news {
    const struct mock_event *event;
    const struct mock_pocket *pocket; /* NULL: everybody's */
    const char *word;                 /* what a want is compared with */
    const struct mock_order *order;
    const struct mock_fill *fill;
    const struct mock_balance *balance;
    int64_t asset_ms;
    const struct mock_announcement *announcement;
};

static void compose(struct mock_buf *out, const struct news *n, enum mock_format format, bool body)
{
    if (n->order != NULL) {
        mock_put_my_order(out, n->order, format, n->event->state, n->fill, n->event->timestamp);
    } else if (n->balance != NULL) {
        mock_put_my_asset(out, n->pocket, n->balance, format, n->asset_ms, n->event->timestamp);
    } else {
        mock_put_announcement(out, n->announcement, format, body, n->event->timestamp);
    }
}

/* Tells who asked, and writes the event down. */
static void tell(struct mock_server *s, struct mock_event *event, struct news *n)
{
    struct mock_private *v = s->private;
    struct mock_about about = {.kind = event->kind,
                               .id = (int64_t)v->next,
                               .timestamp = event->timestamp + mock_stamp_offset_ms};
    snprintf(about.code, sizeof about.code, "%s", event->code);
    struct mock_buf text[8] = {{0}};
    n->event = event;
    for (struct mock_conn *c = s->conns; c != NULL; c = c->next) {
        bool body = false;
        if (c->stream != MOCK_STREAM_PRIVATE || c->token.key == NULL || c->dead || c->mute ||
            c->close_sent || c->error_close_ms != 0 || s->faults.silent ||
            (n->pocket != NULL && mock_private_pocket(s, c->token.key) != n->pocket) ||
            !wants(c, event->kind, n->word, &body) ||
            mock_deliver_left_out(s, event->kind, event->code, false)) {
            continue;
        }
        struct mock_buf *t = &text[(int)c->format * 2 + body];
        if (mock_buf_pending(t) == 0) {
            compose(t, n, c->format, body);
        }
        if (!t->failed) {
            mock_deliver(s, c, &about, mock_buf_front(t), mock_buf_pending(t));
            event->sent++;
        }
    }
    for (int i = 0; i < 8; i++) {
        mock_buf_finish(&text[i]);
    }
    event->ms = mock_run_ms(s);
    v->events[v->next++ % MOCK_EVENTS] = *event;
}

void mock_private_order(struct mock_server *s, struct mock_pocket *p, const struct mock_order *o,
                        const char *state, const struct mock_fill *fill)
{
    p->last_ms = mock_private_now(s, p);
    struct mock_event e = {.timestamp = p->last_ms, .kind = MOCK_MY_ORDER, .pocket = p->at};
    snprintf(e.code, sizeof e.code, "%s", o->wish.market->code);
    snprintf(e.uuid, sizeof e.uuid, "%s", o->wish.uuid);
    snprintf(e.state, sizeof e.state, "%s", state);
    snprintf(e.fill, sizeof e.fill, "%s", fill != NULL ? fill->uuid : "");
    struct news n = {.pocket = p, .word = e.code, .order = o, .fill = fill};
    tell(s, &e, &n);
}

void mock_private_asset(struct mock_server *s, struct mock_pocket *p, struct mock_balance *b,
                        int64_t asset_ms, int later_ms)
{
    struct mock_event e = {.timestamp = asset_ms + later_ms,
                           .kind = MOCK_MY_ASSET,
                           .pocket = p->at,
                           .free = b->free,
                           .locked = b->locked};
    snprintf(e.code, sizeof e.code, "%s", b->currency);
    struct news n = {.pocket = p, .word = e.code, .balance = b, .asset_ms = asset_ms};
    b->shown_free = b->free;
    b->shown_locked = b->locked;
    tell(s, &e, &n);
}

void mock_private_assets(struct mock_server *s, struct mock_pocket *p, const struct mock_order *o)
{
    const char *names[] = {mock_quote_of(o->wish.market), o->wish.market->base};
    int told = 0;
    for (int i = 0; i < 2; i++) {
        struct mock_balance *b = mock_balance_of(p, names[i]);
        if (b != NULL && (b->free != b->shown_free || b->locked != b->shown_locked)) {
            mock_private_asset(s, p, b, mock_private_now(s, p), told++);
        }
    }
}

void mock_private_announce(struct mock_server *s, const struct mock_announcement *a)
{
    struct mock_event e = {.timestamp = s->now_ms, .kind = MOCK_ANNOUNCEMENT};
    snprintf(e.code, sizeof e.code, "%s", a->uuid);
    snprintf(e.state, sizeof e.state, "%s", a->event);
    struct news n = {.word = a->category, .announcement = a};
    tell(s, &e, &n);
}

bool mock_private_allows(const struct mock_conn *c, const struct mock_request *request,
                         struct mock_buf *error)
{
    for (size_t i = 0; i < request->count; i++) {
        int kind = request->wants[i].kind;
        unsigned need = kind == MOCK_MY_ORDER   ? (unsigned)MOCK_SCOPE_ORDERS
                        : kind == MOCK_MY_ASSET ? (unsigned)MOCK_SCOPE_ASSETS
                                                : 0;
        if (c->token.key == NULL || (c->token.key->scopes & need) != need) {
            mock_error_frame(error, "INVALID_AUTH", mock_error_text("INVALID_AUTH"));
            return false;
        }
    }
    return true;
}

void mock_private_sample(const struct mock_server *s, const struct mock_conn *c,
                         struct mock_buf *out)
{
    const struct mock_pocket *p =
        c->token.key != NULL ? mock_private_pocket(s, c->token.key) : s->private->pockets[0];
    if (p->orders != NULL) {
        mock_put_my_order(out, p->orders, c->format, "wait", NULL, s->now_ms);
    } else {
        mock_put_my_asset(out, p, &p->balance[0], c->format, s->now_ms, s->now_ms);
    }
}

void mock_private_put(struct mock_buf *out, const struct mock_server *s, uint64_t since,
                      uint64_t limit)
{
    const struct mock_private *v = s->private;
    uint64_t first = v->next > MOCK_EVENTS ? v->next - MOCK_EVENTS : 1;
    uint64_t from = since > first ? since : first;
    from = from < v->next ? from : v->next;
    uint64_t to = v->next - from < limit ? v->next : from + limit;
    mock_buf_printf(out, "{\"first\":%llu,\"next\":%llu,\"newest\":%llu,\"events\":[",
                    (unsigned long long)first, (unsigned long long)to,
                    (unsigned long long)(v->next - 1));
    for (uint64_t n = from; n < to; n++) {
        const struct mock_event *e = &v->events[n % MOCK_EVENTS];
        mock_buf_printf(out, "%s{\"n\":%llu,\"ms\":%lld,\"pocket\":\"%s\",\"type\":\"%s\",",
                        n == from ? "\n" : ",\n", (unsigned long long)n, (long long)e->ms,
                        e->kind == MOCK_ANNOUNCEMENT ? "" : v->pockets[e->pocket]->name,
                        mock_kind_name(e->kind));
        mock_buf_puts(out, "\"code\":");
        mock_buf_json_string(out, e->code, strlen(e->code));
        if (e->kind == MOCK_MY_ASSET) {
            mock_buf_puts(out, ",\"balance\":\"");
            mock_put_plain(out, e->free, MOCK_FINE, 0);
            mock_buf_puts(out, "\",\"locked\":\"");
            mock_put_plain(out, e->locked, MOCK_FINE, 0);
            mock_buf_putc(out, '"');
        } else {
            mock_buf_printf(out, ",\"uuid\":\"%s\",\"state\":\"%s\",\"trade_uuid\":\"%s\"", e->uuid,
                            e->state, e->fill);
        }
        mock_buf_printf(out, ",\"timestamp\":%lld,\"sent\":%u}", (long long)e->timestamp, e->sent);
    }
    mock_buf_puts(out, "]}\n");
}
