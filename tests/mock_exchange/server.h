/* What the parts of the server share: one thread, one epoll, one list of connections. */
#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "faults.h"
#include "http.h"
#include "journal.h"
#include "jwt_check.h"
#include "market.h"
#include "options.h"
#include "police.h"
#include "received.h"
#include "request.h"
#include "websocket.h"

struct mock_private;
struct mock_replay;
struct mock_scenario;
struct mock_sub;

enum mock_stream { MOCK_STREAM_PUBLIC, MOCK_STREAM_PRIVATE, MOCK_STREAM_INFO };
enum mock_state { MOCK_STATE_TLS, MOCK_STATE_HTTP, MOCK_STATE_WS, MOCK_STATE_DRAIN };

/* More than this waiting for a client, and its order books are left out until it has caught up. */
#define MOCK_BEHIND ((size_t)256 << 10)
/* More than this, and a live client is cut, as an exchange would do. */
#define MOCK_OUT_CAP ((size_t)64 << 20)
/* A replay pauses here, so that nothing of it is lost. */
#define MOCK_REPLAY_AHEAD ((size_t)1 << 20)
#define MOCK_MESSAGE_CAP  ((size_t)4 << 20)
#define MOCK_KEPT_TEXT    ((size_t)64 << 10) /* of the last request, for /mock/stats */

/* The bytes up to `end`, counted from the first one sent, may go out at this time. */
struct mock_late {
    uint64_t end;
    int64_t due_ns;
};

/* A message that waits for its successors. */
struct mock_held {
    char *text; /* NULL: none does */
    size_t len;
    struct mock_about about;
    int64_t distance;
    int64_t until_ns;
};

/* A request that waits for its answer. */
struct mock_asked {
    size_t len; /* of its text in the connection's `asked` buffer */
    int64_t due_ms;
};

struct mock_conn {
    struct mock_conn *next;
    uint64_t id;
    int fd;
    SSL *ssl;
    enum mock_state state;
    bool dead;       /* reaped at the end of the turn */
    bool reset;      /* with an RST */
    bool finish;     /* shut down as soon as everything is sent */
    bool eof;        /* the client has said everything; it may still be waiting for its answer */
    bool held;       /* requests wait in `in` until their predecessors' answers are gone */
    bool blocked;    /* the socket takes no more for the moment */
    uint32_t events; /* what epoll was told */
    bool tls_wants_write;
    size_t tls_retry; /* bytes of the write that OpenSSL wants to see again */
    bool websocket;   /* was upgraded */
    bool control;     /* its last HTTP request was one of /mock: no fault touches the answers */
    bool mute;        /* a peer that is gone and nobody told: hears nothing, says nothing */
    bool origin;      /* its last HTTP request had an Origin */
    uint64_t sent_total;
    struct mock_late *late; /* what a delay holds back, oldest first */
    size_t late_count, late_cap;
    struct mock_buf in, out;
    int64_t active_ms;   /* mock time of the last traffic */
    int64_t deadline_ns; /* of a closing handshake or a drain; 0 = none */
    int64_t request_ms;  /* when the first byte of an unfinished HTTP request came; 0 = none */
    bool continued;      /* a 100 was sent for it */

    /* once upgraded */
    enum mock_stream stream;
    struct mock_token token; /* of a private one */
    bool bad_token;          /* its error waits for the first request */
    bool close_sent;
    int64_t error_close_ms; /* when the close 1000 after an error is due; 0 = none */
    int64_t up_ms;          /* next UP frame; 0 = no PING yet */
    struct mock_ws_reader reader;
    struct mock_deflate *deflate; /* NULL = not negotiated */
    enum mock_format format;
    struct mock_sub *subs;
    struct mock_request request;
    bool has_request;
    size_t stale_books;
    size_t leaving; /* subscriptions of the set before, which have some frames left */
    int64_t late_left, late_until_ns;
    enum mock_format late_format;
    struct mock_held held_back;
    struct mock_buf asked;         /* texts of requests that wait for their answers */
    struct mock_asked *asked_list; /* oldest first */
    size_t asked_count, asked_cap;

    /* replay */
    bool replaying;
    size_t replay_at;
    int64_t replay_from_ns;

    /* for /mock/stats */
    char *headers; /* JSON object of the upgrade's headers */
    struct mock_buf last_request;
    uint64_t requests, messages_sent, pings;
    int64_t opened_ms;
    int64_t ping_ms, ping_gap_ms; /* time of the last ping, longest wait for one so far */
    bool mask_counted;
    int64_t recent[100]; /* mock times of the newest requests */
};

struct mock_stats {
    uint64_t connections, websockets, http_requests, requests, messages_sent, bytes_sent;
    uint64_t longest_turn_ms; /* of the loop: so late it may have looked */
    uint64_t refused, rate_violations, books_skipped, cut_for_memory, idle_cuts, errors_sent, pings;
    uint64_t rejected;
    uint64_t messages_compressed, bytes_plain, bytes_packed; /* of these messages */
};

struct mock_server {
    struct mock_options options;
    struct mock_exchange exchange;
    struct mock_replay *replay;
    SSL_CTX *tls;
    int epoll_fd, listen_fd, signal_fd;
    int spare_fd; /* given up for a moment to turn a client away when there are no more */
    int port;
    bool stop;
    int64_t start_ns, start_ms;
    int64_t now_ns; /* monotonic */
    int64_t now_ms; /* the exchange's clock */
    int64_t stepped_ns;
    double steps_due;
    struct mock_conn *conns;
    uint64_t next_id;
    uint64_t rng;
    struct mock_faults faults;
    struct mock_journal journal;
    struct mock_received received;
    struct mock_police police;
    struct mock_budget budget[MOCK_QUOTATION_GROUPS];
    struct mock_private *private;
    struct mock_scenario *scenario; /* NULL = none */
    struct mock_stats stats;
    struct mock_buf closed[16]; /* what the last closed connections were, JSON */
    size_t closed_next;
};

/* loop.c */
bool mock_server_open(struct mock_server *s);
int mock_server_run(struct mock_server *s);
void mock_server_finish(struct mock_server *s);
void mock_clock_update(struct mock_server *s);
/* ms since the start, real ones: the time of journal and record. */
int64_t mock_run_ms(const struct mock_server *s);

/* connection.c */
void mock_conn_accept(struct mock_server *s);
void mock_conn_event(struct mock_server *s, struct mock_conn *c, uint32_t events);
/* Writes what is waiting; the rest goes out when the socket takes it. */
void mock_conn_flush(struct mock_server *s, struct mock_conn *c);
void mock_conn_timers(struct mock_server *s, struct mock_conn *c);
void mock_conn_reap(struct mock_server *s);
void mock_conn_free(struct mock_server *s, struct mock_conn *c);

/* tls.c */
bool mock_tls_open(struct mock_server *s);
SSL *mock_tls_accept(struct mock_server *s, int fd);
void mock_tls_finish(struct mock_server *s);

/* session.c: what a WebSocket connection says and hears */
void mock_session_start(struct mock_server *s, struct mock_conn *c);
void mock_session_read(struct mock_server *s, struct mock_conn *c);
void mock_session_timers(struct mock_server *s, struct mock_conn *c);
void mock_session_close(struct mock_server *s, struct mock_conn *c, int code, const char *reason);
/* The same with the payload as it is to go out, up to 125 bytes. */
void mock_session_close_with(struct mock_server *s, struct mock_conn *c, const void *payload,
                             size_t len);
/* One message to the client, unless the mock is told to be silent. False: it was left out. */
bool mock_session_send(struct mock_server *s, struct mock_conn *c, int op, const void *data,
                       size_t len);
/* The same, compressed in no case. */
bool mock_session_send_plain(struct mock_server *s, struct mock_conn *c, int op, const void *data,
                             size_t len);
/* An error frame and what follows it: nothing more, and a close. */
void mock_session_error(struct mock_server *s, struct mock_conn *c, const struct mock_buf *text);

/* INVALID_AUTH and its close. */
void mock_session_unauthorized(struct mock_server *s, struct mock_conn *c);

/* upgrade.c */
void mock_upgrade(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r);

/* subscriptions.c */
bool mock_subs_install(struct mock_server *s, struct mock_conn *c);
void mock_subs_clear(struct mock_server *s, struct mock_conn *c);
/* Those the filter covers, of one connection. */
void mock_subs_forget(struct mock_server *s, struct mock_conn *c, const struct mock_filter *f);
/* Everybody's, of one market. */
void mock_subs_drop(struct mock_server *s, const struct mock_market *m);
void mock_subs_timers(struct mock_server *s, struct mock_conn *c);

/* publish.c */
/* The books that were left out, to a client that has caught up. */
void mock_publish_catch_up(struct mock_server *s, struct mock_conn *c);
/* A message as the connection might get it, whatever it asked for. */
void mock_publish_sample(const struct mock_server *s, const struct mock_conn *c,
                         struct mock_buf *out);
void mock_market_run(struct mock_server *s);

/* deliver.c: data messages on their way to the wire */
void mock_deliver(struct mock_server *s, struct mock_conn *c, const struct mock_about *about,
                  const char *text, size_t len);
/* Whether a fault leaves this message out. */
bool mock_deliver_left_out(struct mock_server *s, int kind, const char *code, bool snapshot);
void mock_deliver_timers(struct mock_server *s, struct mock_conn *c);
/* What is held back goes out, or is thrown away. */
void mock_deliver_release(struct mock_server *s, struct mock_conn *c);
void mock_deliver_drop(struct mock_conn *c);

/* hostile.c: one message that makes no sense, of the kind that /mock/garbage counts */
void mock_hostile_garbage(struct mock_server *s, struct mock_conn *c, int kind);

/* rest.c, controls.c: one request, one reply into c->out */
void mock_rest(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r);
void mock_control(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r);

/* stats.c */
void mock_stats_put(struct mock_server *s, struct mock_buf *b);
void mock_stats_closed(struct mock_server *s, const struct mock_conn *c);

/* replay.c */
struct mock_replay *mock_replay_load(const char *path, double speed);
void mock_replay_free(struct mock_replay *r);
void mock_replay_start(struct mock_server *s, struct mock_conn *c);
/* Plays what is due; -1 or the ms until the next frame is. */
int mock_replay_run(struct mock_server *s, struct mock_conn *c);

void mock_log(const struct mock_server *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
