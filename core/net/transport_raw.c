/* The default transport: libcurl for names, TCP, TLS and proxies, core/wire for everything WebSocket.
 *
 * libcurl connects (CONNECT_ONLY) and hands its socket over; from then on this file waits on it and
 * moves bytes with curl_easy_send and curl_easy_recv. The easy handle stays in its CURLM to the end.
 *
 * Everything that ends a connection runs through finish(), which alone tells `closed`. Events may
 * destroy the transport: each entry from the loop is bracketed by enter/leave, and after each event
 * the state is looked at again. */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "net/curl_multi.h"
#include "net/curl_setup.h"
#include "net/transport.h"
#include "wire/message.h"
#include "wire/sender.h"
#include "wire/upgrade.h"

#define READ_LEAST 16384u       /* a TLS record; less would cut them up */
#define READ_MOST 65536u        /* at once */
#define TURN_MOST (256u * 1024) /* bytes read in one turn, then the loop's others are served */
#define PIECE_MOST 16384u       /* at once to curl_easy_send, which must see the same bytes again */
#define LINGER_NS UPBIT__SECOND /* for the server to cut after the close frames */

typedef enum state {
    CONNECTING, /* libcurl's */
    UPGRADING,  /* request on its way out, answer on its way in */
    OPEN,
    CLOSING,  /* our close frame is queued, messages still come in */
    DRAINING, /* nothing more is expected: wait for the server to cut, throw away what comes */
    FINISHED
} state;

typedef struct raw {
    upbit__transport base; /* first */
    /* immutable after open */
    upbit__loop *loop;
    upbit__log *log;
    upbit__curl_setup setup;
    upbit__curl_done done;
    uint32_t connect_timeout_ms, upgrade_timeout_ms;
    /* the loop's thread */
    state state;
    int depth; /* calls from the loop on the stack: memory stays until they return */
    bool destroyed;
    bool request_wiped;
    bool write_dead; /* a send failed: read what is left, then finish */
    CURL *easy;
    bool added;
    upbit__watch watch;
    upbit__timer deadline; /* of the state */
    upbit__timer again;    /* bytes may wait inside TLS, or something is to be told */
    upbit__upgrade upgrade;
    upbit__receiver receiver;
    upbit__sender sender;
    upbit__transport_info info;
    upbit__close_info close; /* filled as things are learnt */
    char error_text[CURL_ERROR_SIZE];
} raw;

static void free_raw(raw *t)
{
    if (t->sender.out.data != NULL && !t->request_wiped)
        OPENSSL_cleanse(t->sender.out.data, t->sender.out.capacity);
    upbit__upgrade_finish(&t->upgrade);
    upbit__receiver_finish(&t->receiver);
    upbit__sender_finish(&t->sender);
    free(t);
}

/* Off the loop and off the network. */
static void disconnect(raw *t)
{
    upbit__watch_stop(&t->watch);
    upbit__timer_stop(&t->deadline);
    upbit__timer_stop(&t->again);
    if (t->added)
        curl_multi_remove_handle(upbit__loop_curl(t->loop), t->easy);
    t->added = false;
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}

static void enter(raw *t)
{
    t->depth++;
}

static void leave(raw *t)
{
    if (--t->depth == 0 && t->destroyed)
        free_raw(t);
}

static bool alive(const raw *t)
{
    return !t->destroyed && t->state != FINISHED;
}

static void say(raw *t, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(raw *t, int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    t->close.error = error;
    vsnprintf(t->close.reason, sizeof t->close.reason, format, list);
    va_end(list);
}

/* The one end. What is told has been said before. */
static void finish(raw *t)
{
    if (!alive(t))
        return;
    disconnect(t);
    t->state = FINISHED;
    t->close.body = t->upgrade.body;
    t->close.body_length = t->upgrade.body_length;
    if (t->close.error != 0 && t->close.error != UPBIT_ERROR_CANCELLED)
        upbit__log_write(t->log, UPBIT_LOG_WARNING, "stream",
                         "connection to %s over: error=%s status=%d close_code=%d reason=\"%s\"",
                         t->setup.url.authority, upbit_error_name(t->close.error),
                         t->close.http_status, t->close.close_code, t->close.reason);
    t->base.events.closed(t->base.context, &t->close);
}

static int64_t now(void)
{
    return upbit__clock_monotonic_ns();
}

/* A timer that cannot be started would leave the connection without its deadline: then it ends. */
static void arm(raw *t, upbit__timer *timer, int64_t at_ns)
{
    if (upbit__timer_start(t->loop, timer, at_ns) != 0) {
        say(t, UPBIT_ERROR_NO_MEMORY, "out of memory");
        finish(t);
    }
}

static void set_interest(raw *t)
{
    bool write = t->sender.out.length > 0 && !t->write_dead;
    upbit__watch_set(&t->watch, UPBIT__READ | (write ? UPBIT__WRITE : 0u));
}

/* Sends what the socket takes. The request may hold a secret: wiped as soon as it is out. */
static void flush(raw *t)
{
    upbit__buffer *out = &t->sender.out;
    while (out->length > 0 && !t->write_dead) {
        size_t piece = out->length < PIECE_MOST ? out->length : PIECE_MOST, sent = 0;
        CURLcode code = curl_easy_send(t->easy, upbit__buffer_bytes(out), piece, &sent);
        if (code == CURLE_AGAIN)
            break;
        if (code != CURLE_OK) {
            /* The server may have said why before it cut: read on, finish there. */
            t->write_dead = true;
            upbit__timer_start(t->loop, &t->again, 0);
            break;
        }
        t->base.counters.bytes_out += sent;
        int pongs = upbit__sender_gone(&t->sender, sent);
        if (pongs > 0)
            t->base.counters.pongs_out += (uint64_t)pongs;
        if (t->state == UPGRADING && out->length == 0 && !t->request_wiped) {
            OPENSSL_cleanse(out->data, out->capacity);
            t->request_wiped = true;
        }
    }
    set_interest(t);
}

/* Nothing more will be delivered: our last words go out, the server gets a moment to cut. Closing at
 * once could reset the connection before it has read them. */
static void drain(raw *t)
{
    t->state = DRAINING;
    int64_t at = now() + LINGER_NS;
    if (!upbit__timer_running(&t->deadline) || at < t->deadline.at_ns)
        arm(t, &t->deadline, at);
}

static void fail_protocol(raw *t, int code, const char *why)
{
    say(t, UPBIT_ERROR_PROTOCOL, "%s", why);
    if (upbit__sender_close(&t->sender, code, why, strlen(why)) == 0)
        t->close.sent_code = code;
    drain(t);
}

/* The server's close frame: answered with its own code, unless ours went out first. */
static void on_close(raw *t, const upbit__item *item)
{
    int code = item->close_code;
    t->close.close_code = code;
    bool normal = code == 1000 || code == 1001 || code == 1005;
    if (t->state == OPEN) {
        int answer = code == 1005 ? 0 : code;
        if (upbit__sender_close(&t->sender, answer, "", 0) == 0)
            t->close.sent_code = code;
    } else {
        normal = true; /* whatever it answers to our close is its leave to go */
    }
    t->close.clean = t->close.sent_code != 0;
    say(t, normal ? 0 : UPBIT_ERROR_PROTOCOL, "%.*s", (int)item->length, (const char *)item->data);
    drain(t);
}

static void handle(raw *t, const upbit__item *item, int64_t received_ns)
{
    const upbit__transport_events *events = &t->base.events;
    switch (item->kind) {
    case UPBIT__ITEM_MESSAGE:
        t->base.counters.messages_in++;
        if (events->message != NULL)
            events->message(t->base.context, item->opcode, item->data, item->length, received_ns);
        break;
    case UPBIT__ITEM_PING:
        t->base.counters.pings_in++;
        int pongs = upbit__sender_pong(&t->sender, item->data, item->length);
        if (pongs > 0)
            t->base.counters.pongs_out += (uint64_t)pongs;
        break;
    case UPBIT__ITEM_PONG:
        if (events->pong != NULL)
            events->pong(t->base.context, item->data, item->length);
        break;
    case UPBIT__ITEM_CLOSE:
        on_close(t, item);
        break;
    }
}

/* Hands out what is complete. */
static void take_items(raw *t, int64_t received_ns)
{
    while (alive(t) && (t->state == OPEN || t->state == CLOSING)) {
        upbit__item item;
        int rc = upbit__receiver_next(&t->receiver, &item);
        if (rc == 0)
            return;
        if (rc == 1) {
            handle(t, &item, received_ns);
        } else if (rc == UPBIT_ERROR_PROTOCOL) {
            fail_protocol(t, t->receiver.close_code, t->receiver.why);
        } else {
            say(t, UPBIT_ERROR_NO_MEMORY, "out of memory");
            finish(t);
        }
    }
}

static void tell_refusal(raw *t)
{
    const char *after = upbit__upgrade_header(&t->upgrade, "Retry-After", NULL);
    t->close.http_status = t->upgrade.status;
    if (after != NULL)
        t->close.retry_after_ms = upbit__http_retry_after_ms(after, upbit__clock_wall_ns());
    say(t, UPBIT_ERROR_UPGRADE, "the server answered with status %d", t->upgrade.status);
    finish(t);
}

/* The answer will not become whole: its time is up or the stream has ended. */
static void end_upgrade(raw *t, int error, const char *why)
{
    if (upbit__upgrade_end(&t->upgrade) == UPBIT__UPGRADE_REFUSED) {
        tell_refusal(t);
        return;
    }
    say(t, error, "%s: %s", why, t->upgrade.why);
    finish(t);
}

/* Feeds the answer; bytes behind a 101 stay where they are and are frames. */
static void take_answer(raw *t)
{
    size_t used = 0;
    upbit__buffer *in = &t->receiver.in;
    int rc = upbit__upgrade_feed(&t->upgrade, upbit__buffer_bytes(in), in->length, &used);
    upbit__buffer_consume(in, used);
    if (rc == UPBIT__UPGRADE_MORE)
        return;
    if (rc == UPBIT__UPGRADE_REFUSED) {
        tell_refusal(t);
    } else if (rc < 0) {
        say(t, rc, "%s", rc == UPBIT_ERROR_UPGRADE ? t->upgrade.why : "out of memory");
        finish(t);
    } else {
        upbit__timer_stop(&t->deadline);
        t->state = OPEN;
        t->close.opened = true;
        t->info.upgraded_ns = now();
        t->info.http_status = t->upgrade.status;
        if (t->base.events.opened != NULL)
            t->base.events.opened(t->base.context, &t->info);
    }
}

/* The stream is over, by the server's or the network's hand. */
static void on_end(raw *t, const char *why)
{
    if (t->state == UPGRADING) {
        bool silent = t->upgrade.head == 0;
        end_upgrade(t, silent ? UPBIT_ERROR_CONNECT : UPBIT_ERROR_UPGRADE, why);
        return;
    }
    if (t->state != DRAINING)
        say(t, UPBIT_ERROR_CONNECT, "%s without a close frame", why);
    finish(t);
}

typedef enum got { GOT_BYTES, GOT_NOTHING, GOT_END } got;

/* One read, handled at once: what is in the cache is decoded from the cache. */
static got read_once(raw *t, size_t *budget)
{
    size_t room, count = 0;
    uint8_t *to = upbit__receiver_room(&t->receiver, READ_LEAST, &room);
    if (to == NULL) {
        say(t, UPBIT_ERROR_NO_MEMORY, "out of memory");
        finish(t);
        return GOT_END;
    }
    CURLcode code = curl_easy_recv(t->easy, to, room < READ_MOST ? room : READ_MOST, &count);
    if (code == CURLE_AGAIN) {
        if (!t->write_dead)
            return GOT_NOTHING;
        on_end(t, "the connection broke");
        return GOT_END;
    }
    if (code != CURLE_OK || count == 0) {
        on_end(t, code == CURLE_OK ? "the server cut the connection" : "the connection broke");
        return GOT_END;
    }
    t->base.counters.bytes_in += count;
    *budget -= count < *budget ? count : *budget;
    if (t->state == DRAINING)
        return GOT_BYTES;
    upbit__receiver_commit(&t->receiver, count);
    int64_t received_ns = now();
    if (t->state == UPGRADING)
        take_answer(t);
    take_items(t, received_ns);
    return GOT_BYTES;
}

/* Decrypted bytes inside OpenSSL are invisible to epoll: read until there is nothing, or come back in
 * the next turn by timer. */
static void read_all(raw *t)
{
    size_t budget = TURN_MOST;
    uint64_t before = t->base.counters.bytes_in;
    bool told = t->state == OPEN || t->state == CLOSING;
    got last = GOT_BYTES;
    while (alive(t) && last == GOT_BYTES && budget > 0)
        last = read_once(t, &budget);
    if (!alive(t))
        return;
    told = told || t->close.opened;
    if (told && t->base.counters.bytes_in != before && t->base.events.batch != NULL)
        t->base.events.batch(t->base.context);
    if (!alive(t))
        return;
    if (last == GOT_BYTES)
        arm(t, &t->again, 0);
    if (alive(t))
        flush(t);
}

static void on_ready(void *context, unsigned events)
{
    raw *t = context;
    enter(t);
    if ((events & UPBIT__WRITE) != 0)
        flush(t);
    if ((events & (UPBIT__READ | UPBIT__FAULT)) != 0)
        read_all(t);
    leave(t);
}

static void on_again(void *context)
{
    raw *t = context;
    enter(t);
    if (t->state == CONNECTING) /* only a close before the connection stood arms it then */
        finish(t);
    else
        read_all(t);
    leave(t);
}

static void on_deadline(void *context)
{
    raw *t = context;
    enter(t);
    if (t->state == UPGRADING) {
        end_upgrade(t, UPBIT_ERROR_TIMEOUT, "no whole answer to the upgrade in time");
    } else {
        if (t->state == CONNECTING)
            say(t, UPBIT_ERROR_TIMEOUT, "no connection in time");
        else if (t->state == CLOSING)
            say(t, UPBIT_ERROR_TIMEOUT, "no answer to the close frame in time");
        finish(t);
    }
    leave(t);
}

/* The connection stands: take its socket over and send the request at once, which also tells libcurl
 * that it is in use. */
static void begin_upgrade(raw *t)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    t->state = UPGRADING;
    t->info.connected_ns = now();
    t->watch.fd = fd;
    t->watch.events = UPBIT__READ;
    if (fd == CURL_SOCKET_BAD || upbit__watch_start(t->loop, &t->watch) != 0) {
        say(t, UPBIT_ERROR_SYSTEM, "the socket cannot be watched");
        finish(t);
        return;
    }
    flush(t);
    arm(t, &t->deadline, now() + t->upgrade_timeout_ms * UPBIT__MS);
}

static void on_connected(void *context, CURLcode code)
{
    raw *t = context;
    enter(t);
    if (code == CURLE_OK) {
        begin_upgrade(t);
    } else {
        const char *text = t->error_text[0] != '\0' ? t->error_text : curl_easy_strerror(code);
        long proxy_status = 0;
        curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
        say(t, upbit__curl_error(code, text), "%s", text);
        if (proxy_status >= 300)
            say(t, UPBIT_ERROR_CONNECT, "the proxy answered with status %ld", proxy_status);
        finish(t);
    }
    leave(t);
}

static int raw_queue(raw *t, uint8_t opcode, const void *bytes, size_t length)
{
    if (t->state < OPEN)
        return UPBIT_ERROR_ILLEGAL_STATE;
    if (t->state > OPEN)
        return UPBIT_ERROR_CLOSED;
    int rc = upbit__sender_frame(&t->sender, opcode, bytes, length);
    if (rc == 0 && t->depth == 0)
        flush(t); /* inside an event, read_all does it once for all */
    return rc;
}

static int raw_send(upbit__transport *base, int opcode, const void *bytes, size_t length)
{
    if (opcode != UPBIT__OPCODE_TEXT && opcode != UPBIT__OPCODE_BINARY)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int rc = raw_queue((raw *)base, (uint8_t)opcode, bytes, length);
    if (rc == 0)
        base->counters.messages_out++;
    return rc;
}

static int raw_ping(upbit__transport *base, const void *payload, size_t length)
{
    if (length > UPBIT__CONTROL_MAX)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    return raw_queue((raw *)base, UPBIT__FRAME_PING, payload, length);
}

static int raw_close(upbit__transport *base, int code, const char *reason, int64_t deadline_ns)
{
    raw *t = (raw *)base;
    size_t length = reason == NULL ? 0 : strlen(reason);
    bool allowed = code == 1000 || code == 1001 || (code >= 3000 && code <= 4999);
    if (!allowed || length > UPBIT__CONTROL_MAX - 2 ||
        !upbit__utf8_valid((const uint8_t *)(length > 0 ? reason : ""), length))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (t->state > OPEN)
        return UPBIT_ERROR_CLOSED;
    if (t->state < OPEN) {
        if (t->close.error == UPBIT_ERROR_CANCELLED)
            return UPBIT_ERROR_CLOSED;
        /* The deadline's own handler would give other reasons: a state of its own has none. */
        say(t, UPBIT_ERROR_CANCELLED, "closed before it was open");
        upbit__watch_stop(&t->watch);
        if (t->added)
            curl_multi_remove_handle(upbit__loop_curl(t->loop), t->easy);
        t->added = false;
        t->state = CONNECTING;
        upbit__timer_stop(&t->deadline);
        return upbit__timer_start(t->loop, &t->again, 0);
    }
    int rc = upbit__timer_start(t->loop, &t->deadline, deadline_ns);
    if (rc == 0)
        rc = upbit__sender_close(&t->sender, code, reason, length);
    if (rc != 0)
        return rc;
    t->close.sent_code = code;
    t->state = CLOSING;
    if (t->depth == 0)
        flush(t);
    return 0;
}

static void raw_destroy(upbit__transport *base)
{
    raw *t = (raw *)base;
    if (t->destroyed)
        return;
    disconnect(t);
    t->destroyed = true;
    if (t->depth == 0)
        free_raw(t);
}

static size_t raw_pending(const upbit__transport *base)
{
    return ((const raw *)base)->sender.out.length;
}

static const char *raw_header(const upbit__transport *base, const char *name)
{
    return upbit__upgrade_header(&((const raw *)base)->upgrade, name, NULL);
}

static const upbit__transport_operations operations = {
    .send = raw_send,
    .ping = raw_ping,
    .close = raw_close,
    .destroy = raw_destroy,
    .pending = raw_pending,
    .header = raw_header,
};

static uint32_t or_default(uint32_t value, uint32_t usual)
{
    return value == 0 ? usual : value;
}

static int configure(raw *t, const upbit__transport_config *config)
{
    const char *why = NULL;
    if (config->url == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "no URL");
    if (upbit__url_parse(&t->setup.url, "ws", config->url, &why) != 0 ||
        (config->proxy != NULL && upbit__curl_proxy_check(config->proxy, &why) != 0))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s", why);
    for (size_t i = 0; i < config->header_count; i++) {
        if (upbit__upgrade_header_check(&config->headers[i], &why) != 0)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s", why);
    }
    const upbit__upgrade_request request = {
        .authority = t->setup.url.authority,
        .path = t->setup.url.path,
        .headers = config->headers,
        .header_count = config->header_count,
    };
    char key[UPBIT__UPGRADE_KEY_SIZE];
    int rc = upbit__upgrade_write(&t->sender.out, key, &request);
    return rc != 0 ? rc : upbit__upgrade_init(&t->upgrade, key);
}

static int start(raw *t, const upbit__transport_config *config)
{
    char url[sizeof t->setup.url.authority + 16];
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    t->setup.ca_file = config->ca_file;
    t->setup.crl_file = config->crl_file;
    t->setup.proxy = config->proxy;
    t->setup.connect_timeout_ms = t->connect_timeout_ms;
    t->setup.error_text = t->error_text;
    int rc = upbit__curl_setup_apply(t->easy, &t->setup);
    t->setup.ca_file = t->setup.crl_file = t->setup.proxy = NULL; /* the caller's memory */
    if (rc != 0)
        return rc;
    snprintf(url, sizeof url, "%s://%s/", t->setup.url.secure ? "https" : "http",
             t->setup.url.authority);
    bool ok = curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK;
    ok &= curl_easy_setopt(t->easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK;
    /* Not FORBID_REUSE as well: with it libcurl closes the connection as soon as it stands. */
    ok &= curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
    /* Every connection is checked anew, none rides on an old one's trust. */
    ok &= curl_easy_setopt(t->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(t->easy, CURLOPT_PRIVATE, &t->done) == CURLE_OK;
    if (!ok)
        return UPBIT_ERROR_NO_MEMORY;
    /* libcurl has its own bound; this one stands even where that has gaps. */
    int64_t at = now() + (t->connect_timeout_ms + 100) * UPBIT__MS;
    rc = upbit__timer_start(t->loop, &t->deadline, at);
    if (rc == 0 && curl_multi_add_handle(upbit__loop_curl(t->loop), t->easy) != CURLM_OK)
        rc = UPBIT_ERROR_NO_MEMORY;
    t->added = rc == 0;
    return rc;
}

int upbit__transport_raw_open(upbit__transport **out, upbit__loop *loop,
                              const upbit__transport_config *config,
                              const upbit__transport_events *events, void *context)
{
    *out = NULL;
    raw *t = calloc(1, sizeof *t);
    if (t == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    t->base = (upbit__transport){
        .operations = &operations, .events = *events, .context = context};
    t->loop = loop;
    t->log = config->log;
    t->done = (upbit__curl_done){.callback = on_connected, .context = t};
    t->watch = (upbit__watch){.fd = -1, .callback = on_ready, .context = t};
    t->deadline = (upbit__timer){.callback = on_deadline, .context = t};
    t->again = (upbit__timer){.callback = on_again, .context = t};
    t->connect_timeout_ms = or_default(config->connect_timeout_ms, 5000);
    t->upgrade_timeout_ms = or_default(config->upgrade_timeout_ms, 5000);
    t->info.started_ns = now();
    upbit__receiver_init(&t->receiver, or_default(config->message_size_max, 16u * 1024 * 1024));
    int rc = configure(t, config);
    t->info.tls = t->setup.url.secure;
    if (rc == 0)
        rc = start(t, config);
    if (rc != 0) {
        disconnect(t);
        free_raw(t);
        return rc;
    }
    *out = &t->base;
    return 0;
}
