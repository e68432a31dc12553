/* One TCP connection: bytes in and out through TLS or not, HTTP requests to their answers, and a
 * close that loses nothing that was sent (shut down, wait for the other end, then close: closing
 * with unread bytes makes an RST, and an RST eats what the client has not read yet). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "server.h"

#define READ_PIECE       65536
#define READ_PIECES      16 /* in one turn, so that one flood does not starve the others */
#define SEGMENTS_A_TURN  16384
#define PAUSES_A_TURN    256
#define HTTP_AHEAD       ((size_t)4 << 20)
#define DRAIN_NS         INT64_C(500000000)
#define HEAD_PATIENCE_MS 60000 /* for one HTTP request to arrive, however busily */

/* No descriptor is left: epoll would report the waiting client for ever, so it is let in over the
 * spare one and sent away. */
static void turn_away(struct mock_server *s)
{
    mock_log(s, "accept: %s", strerror(errno));
    if (s->spare_fd < 0) {
        return;
    }
    close(s->spare_fd);
    int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    s->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

void mock_conn_accept(struct mock_server *s)
{
    for (int i = 0; i < 64; i++) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE) {
                turn_away(s);
            }
            return;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct mock_conn *c = calloc(1, sizeof *c);
        SSL *ssl = c == NULL || s->tls == NULL ? NULL : mock_tls_accept(s, fd);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        if (c == NULL || (s->tls != NULL && ssl == NULL) ||
            epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
            SSL_free(ssl);
            free(c);
            close(fd);
            return;
        }
        c->fd = fd;
        c->ssl = ssl;
        c->events = EPOLLIN;
        c->id = ++s->next_id;
        c->state = ssl != NULL ? MOCK_STATE_TLS : MOCK_STATE_HTTP;
        c->active_ms = c->opened_ms = s->now_ms;
        c->next = s->conns;
        s->conns = c;
        s->stats.connections++;
    }
}

void mock_conn_free(struct mock_server *s, struct mock_conn *c)
{
    mock_subs_clear(s, c);
    if (c->websocket) {
        mock_stats_closed(s, c);
    }
    if (c->reset) {
        struct linger hard = {1, 0};
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    SSL_free(c->ssl);
    close(c->fd);
    mock_log(s, "#%llu gone", (unsigned long long)c->id);
    mock_request_finish(&c->request);
    mock_buf_finish(&c->in);
    mock_buf_finish(&c->out);
    mock_buf_finish(&c->reader.message);
    mock_buf_finish(&c->reader.plain);
    mock_deflate_free(c->deflate);
    mock_buf_finish(&c->last_request);
    mock_buf_finish(&c->asked);
    mock_deliver_drop(c);
    free(c->asked_list);
    free(c->late);
    free(c->headers);
    free(c);
}

void mock_conn_reap(struct mock_server *s)
{
    for (struct mock_conn **p = &s->conns; *p != NULL;) {
        struct mock_conn *c = *p;
        if (c->dead) {
            *p = c->next;
            mock_conn_free(s, c);
        } else {
            p = &c->next;
        }
    }
}

/* Bytes read, 0 for "not now", -1 for the end. */
static ssize_t receive(struct mock_conn *c, char *to, size_t size)
{
    if (c->ssl == NULL) {
        ssize_t got = recv(c->fd, to, size, 0);
        if (got > 0) {
            return got;
        }
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    ERR_clear_error();
    int got = SSL_read(c->ssl, to, (int)size);
    if (got > 0) {
        return got;
    }
    int why = SSL_get_error(c->ssl, got);
    if (why == SSL_ERROR_WANT_WRITE) {
        c->tls_wants_write = true;
    }
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t transmit(struct mock_conn *c, const char *from, size_t size)
{
    if (c->ssl == NULL) {
        ssize_t sent = send(c->fd, from, size, MSG_NOSIGNAL);
        if (sent >= 0) {
            return sent;
        }
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    ERR_clear_error();
    /* What OpenSSL has refused it wants offered again, no shorter. */
    size = size > c->tls_retry ? size : c->tls_retry;
    size = size < (1 << 20) ? size : 1 << 20;
    int sent = SSL_write(c->ssl, from, (int)size);
    c->tls_retry = sent > 0 ? 0 : size;
    if (sent > 0) {
        return sent;
    }
    int why = SSL_get_error(c->ssl, sent);
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static void answer(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    bool upgrade = strcmp(r->path, "/websocket/v1") == 0 ||
                   strcmp(r->path, "/websocket/v1/private") == 0 ||
                   strcmp(r->path, "/websocket/v1/info") == 0;
    if (mock_police_http(s, c, r, upgrade)) {
        return;
    }
    if (upgrade) {
        mock_upgrade(s, c, r);
    } else {
        mock_rest(s, c, r);
    }
}

/* What was asked and the status it got, which is in the answer's first line. */
static void record(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r,
                   size_t before)
{
    struct mock_buf path = {0};
    mock_buf_puts(&path, r->path);
    if (*r->query != '\0') {
        mock_buf_putc(&path, '?');
        mock_buf_puts(&path, r->query);
    }
    struct mock_receipt entry = {.conn = c->id,
                                 .ms = mock_run_ms(s),
                                 .what = "http",
                                 .text = path.data,
                                 .len = path.failed ? 0 : path.len};
    snprintf(entry.method, sizeof entry.method, "%s", r->method);
    size_t skip = before + strlen("HTTP/1.1 ");
    entry.status =
        mock_buf_pending(&c->out) > skip + 3 ? atoi(mock_buf_front(&c->out) + skip) : 500;
    mock_received_add(&s->received, &entry);
    mock_buf_finish(&path);
}

static void serve(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    s->stats.http_requests++;
    c->control = strncmp(r->path, "/mock/", 6) == 0;
    mock_log(s, "#%llu %s %s?%s", (unsigned long long)c->id, r->method, r->path, r->query);
    if (c->control) {
        mock_control(s, c, r);
    } else {
        size_t before = mock_buf_pending(&c->out);
        answer(s, c, r);
        record(s, c, r, before);
    }
    c->finish |= c->state == MOCK_STATE_HTTP && !r->keep_alive;
}

static void unreadable(struct mock_conn *c, int status)
{
    static const char body[] = "{\"error\":{\"name\":\"bad_request\",\"message\":\"this is "
                               "no request the server can read\"}}";
    mock_http_reply(&c->out, status, "application/json;charset=UTF-8", "", body, sizeof body - 1,
                    false);
    c->finish = true;
}

static void read_http(struct mock_server *s, struct mock_conn *c)
{
    c->held = false;
    while (c->state == MOCK_STATE_HTTP && !c->dead && !c->finish && mock_buf_pending(&c->in) > 0) {
        if (mock_buf_pending(&c->out) >= HTTP_AHEAD) {
            c->held = true;
            return;
        }
        struct mock_http_request r;
        bool expect;
        int got = mock_http_parse(&r, &expect, &c->in);
        if (got == 0) {
            if (expect && !c->continued) {
                mock_buf_puts(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
                c->continued = true;
            }
            c->request_ms = c->request_ms == 0 ? s->now_ms : c->request_ms;
            return;
        }
        c->request_ms = 0;
        c->continued = false;
        if (got < 0) {
            unreadable(c, -got);
            return;
        }
        serve(s, c, &r);
        mock_buf_consume(&c->in, r.total);
    }
}

static void process(struct mock_server *s, struct mock_conn *c)
{
    if (c->state == MOCK_STATE_HTTP) {
        read_http(s, c);
    }
    if (c->state == MOCK_STATE_WS) {
        mock_session_read(s, c);
    }
    if (c->in.failed || c->out.failed) {
        c->dead = true;
    }
}

static void shake_hands(struct mock_conn *c)
{
    ERR_clear_error();
    c->tls_wants_write = false;
    int done = SSL_accept(c->ssl);
    if (done == 1) {
        c->state = MOCK_STATE_HTTP;
        return;
    }
    int why = SSL_get_error(c->ssl, done);
    c->tls_wants_write = why == SSL_ERROR_WANT_WRITE;
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        c->dead = true;
    }
}

/* Whether more may come in: what nobody has answered or taken yet holds the rest back, or a flood
 * of requests whose answers are not read would fill the memory. */
static bool wants_read(const struct mock_conn *c)
{
    return c->state == MOCK_STATE_DRAIN || (!c->finish && !c->eof && !c->held);
}

static void read_all(struct mock_server *s, struct mock_conn *c)
{
    for (int i = 0; i < READ_PIECES && !c->dead && wants_read(c); i++) {
        char *to = mock_buf_reserve(&c->in, READ_PIECE);
        ssize_t got = to == NULL ? -1 : receive(c, to, READ_PIECE);
        if (got == 0) {
            return;
        }
        if (got < 0) {
            if (c->state == MOCK_STATE_HTTP && mock_buf_pending(&c->out) > 0) {
                c->eof = c->finish = true;
            } else {
                c->dead = true;
            }
            return;
        }
        c->active_ms = s->now_ms;
        if (c->state == MOCK_STATE_DRAIN) {
            continue; /* what came is not kept */
        }
        c->in.len += (size_t)got;
        process(s, c);
    }
}

void mock_conn_event(struct mock_server *s, struct mock_conn *c, uint32_t events)
{
    if (c->dead) {
        return;
    }
    if (c->state == MOCK_STATE_TLS) {
        shake_hands(c);
        if (c->state == MOCK_STATE_TLS) {
            mock_conn_flush(s, c);
            return;
        }
        events |= EPOLLIN; /* the request may be inside OpenSSL already */
    }
    if (wants_read(c)) {
        read_all(s, c);
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        c->dead = true;
    }
}

void mock_conn_flush(struct mock_server *s, struct mock_conn *c)
{
    bool blocked = false;
    size_t allowed = mock_fault_allowed(s, c);
    size_t piece = s->faults.segment > 0 && !c->control ? (size_t)s->faults.segment : SIZE_MAX;
    int most = s->faults.segment_pause_us > 0 ? PAUSES_A_TURN : SEGMENTS_A_TURN;
    for (int pieces = 0; !c->dead && !blocked && c->state != MOCK_STATE_TLS && allowed > 0;
         pieces++) {
        if (piece != SIZE_MAX && pieces == most) {
            break;
        }
        if (pieces > 0 && piece != SIZE_MAX && s->faults.segment_pause_us > 0) {
            /* Everybody waits with it: short enough, and what makes the kernel send this one. */
            nanosleep(&(struct timespec){0, s->faults.segment_pause_us * 1000}, NULL);
        }
        ssize_t sent = transmit(c, mock_buf_front(&c->out), allowed < piece ? allowed : piece);
        if (sent < 0) {
            c->dead = true;
        } else if (sent == 0) {
            blocked = true;
        } else {
            c->active_ms = s->now_ms;
            s->stats.bytes_sent += (uint64_t)sent;
            c->sent_total += (uint64_t)sent;
            allowed -= (size_t)sent < allowed ? (size_t)sent : allowed;
            mock_buf_consume(&c->out, (size_t)sent);
        }
    }
    if (c->finish && !c->dead && mock_buf_pending(&c->out) == 0 && c->state != MOCK_STATE_DRAIN) {
        if (c->ssl != NULL) {
            ERR_clear_error();
            SSL_shutdown(c->ssl);
        }
        shutdown(c->fd, SHUT_WR);
        mock_buf_finish(&c->in);
        c->state = MOCK_STATE_DRAIN;
        c->deadline_ns = s->now_ns + DRAIN_NS;
    }
    c->blocked = blocked;
    uint32_t want = (wants_read(c) ? (uint32_t)EPOLLIN : 0) |
                    (blocked || c->tls_wants_write ? (uint32_t)EPOLLOUT : 0);
    if (want != c->events && !c->dead) {
        struct epoll_event event = {.events = want, .data.ptr = c};
        epoll_ctl(s->epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
        c->events = want;
    }
}

void mock_conn_timers(struct mock_server *s, struct mock_conn *c)
{
    if (c->dead) {
        return;
    }
    if (c->state == MOCK_STATE_WS) {
        mock_session_timers(s, c);
    } else if (c->state == MOCK_STATE_DRAIN && s->now_ns >= c->deadline_ns) {
        c->dead = true;
    } else if (c->held) {
        process(s, c); /* there may be room by this time */
    } else if (c->request_ms != 0 && s->now_ms - c->request_ms > HEAD_PATIENCE_MS && !c->finish) {
        unreadable(c, 408);
    }
    int64_t idle = (int64_t)(s->options.idle_timeout * 1000);
    if (!c->dead && idle > 0 && !c->mute && s->now_ms - c->active_ms > idle) {
        /* No close frame: the exchange just lets go. */
        mock_log(s, "#%llu idle: cut", (unsigned long long)c->id);
        s->stats.idle_cuts += c->websocket ? 1 : 0;
        c->dead = true;
    }
}
