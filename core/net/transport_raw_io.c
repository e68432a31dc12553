/* The part of a connection that the loop sets off: connected, readable, writable, a deadline.
 *
 * Everything that ends a connection runs through upbit__raw_finish(), which alone tells `closed`.
 * Events may destroy the transport: each entry from the loop is bracketed by upbit__raw_enter and
 * upbit__raw_leave, and after each event the state is looked at again. */
#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/transport_raw.h"

#define LINGER_NS UPBIT__SECOND /* for the server to cut after the close frames */

void upbit__raw_free(upbit__raw *t)
{
    if (t->sender.out.data != NULL && !t->request_wiped)
        OPENSSL_cleanse(t->sender.out.data, t->sender.out.capacity);
    if (t->way->release != NULL)
        t->way->release(t);
    upbit__upgrade_finish(&t->upgrade);
    upbit__receiver_finish(&t->receiver);
    upbit__sender_finish(&t->sender);
    free(t);
}

void upbit__raw_disconnect(upbit__raw *t)
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

void upbit__raw_enter(upbit__raw *t)
{
    t->depth++;
}

void upbit__raw_leave(upbit__raw *t)
{
    if (--t->depth == 0 && t->destroyed)
        upbit__raw_free(t);
}

bool upbit__raw_alive(const upbit__raw *t)
{
    return !t->destroyed && t->state != UPBIT__RAW_FINISHED;
}

void upbit__raw_say(upbit__raw *t, int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    t->close.error = error;
    vsnprintf(t->close.reason, sizeof t->close.reason, format, list);
    va_end(list);
}

void upbit__raw_finish(upbit__raw *t)
{
    if (!upbit__raw_alive(t))
        return;
    upbit__raw_disconnect(t);
    t->state = UPBIT__RAW_FINISHED;
    t->close.body = t->upgrade.body;
    t->close.body_length = t->upgrade.body_length;
    if (t->close.error != 0 && t->close.error != UPBIT_ERROR_CANCELLED)
        upbit__log_write(t->log, UPBIT_LOG_DEBUG, "stream",
                         "connection to %s over: error=%s status=%d close_code=%d reason=\"%s\"",
                         t->setup.url.authority, upbit_error_name(t->close.error),
                         t->close.http_status, t->close.close_code, t->close.reason);
    t->base.events.closed(t->base.context, &t->close);
}

void upbit__raw_no_memory(upbit__raw *t)
{
    upbit__raw_say(t, UPBIT_ERROR_NO_MEMORY, "out of memory");
    upbit__raw_finish(t);
}

static int64_t now(void)
{
    return upbit__clock_monotonic_ns();
}

void upbit__raw_arm(upbit__raw *t, upbit__timer *timer, int64_t at_ns)
{
    if (upbit__timer_start(t->loop, timer, at_ns) != 0)
        upbit__raw_no_memory(t);
}

static void set_interest(upbit__raw *t)
{
    bool write = t->sender.out.length > 0 && !t->write_dead;
    /* Where every turn reads until the socket is empty it need not be told again what it knows. */
    bool edge = t->ahead != NULL && upbit__tls_ahead_direct(t->ahead);
    upbit__watch_set(&t->watch,
                     UPBIT__READ | (write ? UPBIT__WRITE : 0u) | (edge ? UPBIT__EDGE : 0u));
}

/* Sends what the socket takes. The request may hold a secret: wiped as soon as it is out. */
void upbit__raw_flush(upbit__raw *t)
{
    upbit__buffer *out = &t->sender.out;
    while (out->length > 0 && !t->write_dead) {
        size_t gone = 0;
        CURLcode code = t->way->send(t, &gone);
        if (code == CURLE_AGAIN)
            break;
        if (code != CURLE_OK) {
            /* The server may have said why before it cut: read on, finish there. */
            t->write_dead = true;
            upbit__timer_start(t->loop, &t->again, 0);
            break;
        }
        int pongs = upbit__sender_gone(&t->sender, gone);
        if (pongs > 0)
            t->base.counters.pongs_out += (uint64_t)pongs;
        if (t->state == UPBIT__RAW_UPGRADING && out->length == 0 && !t->request_wiped) {
            OPENSSL_cleanse(out->data, out->capacity);
            t->request_wiped = true;
        }
    }
    set_interest(t);
}

/* Nothing more will be delivered: our last words go out, the server gets a moment to cut.
 * Closing at once could reset the connection before it has read them. */
static void drain(upbit__raw *t)
{
    t->state = UPBIT__RAW_DRAINING;
    int64_t at = now() + LINGER_NS;
    if (!upbit__timer_running(&t->deadline) || at < t->deadline.at_ns)
        upbit__raw_arm(t, &t->deadline, at);
}

void upbit__raw_fail_protocol(upbit__raw *t, int code, const char *why)
{
    upbit__raw_say(t, UPBIT_ERROR_PROTOCOL, "%s", why);
    if (upbit__sender_close(&t->sender, code, why, strlen(why)) == 0)
        t->close.sent_code = code;
    drain(t);
}

/* The server's close frame: answered with its own code, unless ours went out first. */
static void on_close(upbit__raw *t, const upbit__item *item)
{
    int code = item->close_code;
    t->close.close_code = code;
    bool normal = code == 1000 || code == 1001 || code == 1005;
    if (t->state == UPBIT__RAW_OPEN) {
        int answer = code == 1005 ? 0 : code;
        if (upbit__sender_close(&t->sender, answer, "", 0) == 0)
            t->close.sent_code = code;
    } else {
        normal = true; /* whatever it answers to our close is its leave to go */
    }
    t->close.clean = t->close.sent_code != 0;
    upbit__raw_say(t, normal ? 0 : UPBIT_ERROR_PROTOCOL, "%.*s", (int)item->length,
                   (const char *)item->data);
    drain(t);
}

static void handle(upbit__raw *t, const upbit__item *item, int64_t received_ns)
{
    const upbit__transport_events *events = &t->base.events;
    switch (item->kind) {
    case UPBIT__ITEM_MESSAGE:
        t->base.counters.messages_in++;
        if (item->compressed) {
            t->base.counters.compressed_in++;
            t->base.counters.compressed_last = t->base.counters.messages_in;
            t->base.counters.packed_in += item->packed;
            t->base.counters.inflated_in += item->length;
        }
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

void upbit__raw_take_items(upbit__raw *t, int64_t received_ns)
{
    while (upbit__raw_alive(t) && (t->state == UPBIT__RAW_OPEN || t->state == UPBIT__RAW_CLOSING)) {
        upbit__item item;
        int rc = upbit__receiver_next(&t->receiver, &item);
        if (rc == 0)
            return;
        if (rc == 1) {
            handle(t, &item, received_ns);
        } else if (rc == UPBIT_ERROR_PROTOCOL) {
            t->close.deflate_fault = t->receiver.deflate_fault;
            upbit__raw_fail_protocol(t, t->receiver.close_code, t->receiver.why);
        } else {
            upbit__raw_no_memory(t);
        }
    }
}

void upbit__raw_tell_refusal(upbit__raw *t)
{
    const char *after = upbit__upgrade_header(&t->upgrade, "Retry-After", NULL);
    t->close.http_status = t->upgrade.status;
    if (after != NULL)
        t->close.retry_after_ms = upbit__http_retry_after_ms(after, upbit__clock_wall_ns());
    upbit__raw_say(t, UPBIT_ERROR_UPGRADE, "the server answered with status %d", t->upgrade.status);
    upbit__raw_finish(t);
}

void upbit__raw_end_upgrade(upbit__raw *t, int error, const char *why)
{
    if (upbit__upgrade_end(&t->upgrade) == UPBIT__UPGRADE_REFUSED) {
        upbit__raw_tell_refusal(t);
        return;
    }
    upbit__raw_say(t, error, "%s: %s", why, t->upgrade.why);
    upbit__raw_finish(t);
}

void upbit__raw_bad_answer(upbit__raw *t, int error)
{
    t->close.deflate_fault = t->upgrade.deflate_fault;
    upbit__raw_say(t, error, "%s", error == UPBIT_ERROR_UPGRADE ? t->upgrade.why : "out of memory");
    upbit__raw_finish(t);
}

void upbit__raw_opened(upbit__raw *t)
{
    upbit__timer_stop(&t->deadline);
    t->state = UPBIT__RAW_OPEN;
    t->close.opened = true;
    t->info.upgraded_ns = now();
    t->info.http_status = t->upgrade.status;
    t->info.deflate = t->upgrade.deflate;
    if (t->base.events.opened != NULL)
        t->base.events.opened(t->base.context, &t->info);
}

void upbit__raw_end(upbit__raw *t, const char *why)
{
    if (t->state == UPBIT__RAW_UPGRADING) {
        bool silent = t->upgrade.head == 0;
        upbit__raw_end_upgrade(t, silent ? UPBIT_ERROR_CONNECT : UPBIT_ERROR_UPGRADE, why);
        return;
    }
    if (t->state != UPBIT__RAW_DRAINING)
        upbit__raw_say(t, UPBIT_ERROR_CONNECT, "%s without a close frame", why);
    upbit__raw_finish(t);
}

/* What was wrong with TLS on a connection that stood; NULL: it was the network. */
static const char *tls_fault(const upbit__raw *t)
{
    const char *fault = t->ahead != NULL ? upbit__tls_ahead_fault(t->ahead) : NULL;
    if (fault == NULL && strstr(t->error_text, "SSL routines") != NULL &&
        strstr(t->error_text, "unexpected eof") == NULL)
        fault = t->error_text;
    return fault;
}

void upbit__raw_broken(upbit__raw *t)
{
    const char *fault = tls_fault(t);
    if (fault == NULL || t->state == UPBIT__RAW_DRAINING) {
        upbit__raw_end(t, "the connection broke");
        return;
    }
    upbit__raw_say(t, UPBIT_ERROR_TLS, "what came by TLS was damaged, or said so: %s", fault);
    upbit__raw_finish(t);
}

static size_t inflater_memory(const upbit__raw *t)
{
    return t->receiver.inflater != NULL ? upbit__inflater_memory(t->receiver.inflater) : 0;
}

/* Decrypted bytes inside OpenSSL are invisible to epoll: read until there is nothing, or come
 * back in the next turn by timer. */
static void read_all(upbit__raw *t)
{
    size_t budget = UPBIT__RAW_TURN;
    uint64_t before = t->base.counters.bytes_in;
    bool told = t->state == UPBIT__RAW_OPEN || t->state == UPBIT__RAW_CLOSING;
    upbit__raw_got last = UPBIT__RAW_BYTES;
    while (upbit__raw_alive(t) && last == UPBIT__RAW_BYTES && budget > 0)
        last = t->way->read(t, &budget);
    if (!upbit__raw_alive(t))
        return;
    t->base.counters.memory = sizeof *t + t->receiver.in.capacity + t->receiver.gathered.capacity +
                              t->sender.out.capacity + inflater_memory(t);
    told = told || t->close.opened;
    if (told && t->base.counters.bytes_in != before && t->base.events.batch != NULL)
        t->base.events.batch(t->base.context);
    if (!upbit__raw_alive(t))
        return;
    if (last == UPBIT__RAW_BYTES)
        upbit__raw_arm(t, &t->again, 0);
    if (upbit__raw_alive(t))
        upbit__raw_flush(t);
}

void upbit__raw_on_ready(void *context, unsigned events)
{
    upbit__raw *t = context;
    upbit__raw_enter(t);
    if ((events & UPBIT__WRITE) != 0)
        upbit__raw_flush(t);
    if ((events & (UPBIT__READ | UPBIT__FAULT)) != 0) {
        if (t->ahead != NULL)
            upbit__tls_ahead_ready(t->ahead, (events & (UPBIT__END | UPBIT__FAULT)) != 0);
        read_all(t);
    }
    upbit__raw_leave(t);
}

void upbit__raw_on_again(void *context)
{
    upbit__raw *t = context;
    upbit__raw_enter(t);
    if (t->state == UPBIT__RAW_CONNECTING)
        upbit__raw_finish(t); /* only a close before `opened` arms it then */
    else
        read_all(t);
    upbit__raw_leave(t);
}

void upbit__raw_on_deadline(void *context)
{
    upbit__raw *t = context;
    upbit__raw_enter(t);
    if (t->state == UPBIT__RAW_UPGRADING) {
        upbit__raw_end_upgrade(t, UPBIT_ERROR_TIMEOUT, "no whole answer to the upgrade in time");
    } else {
        if (t->state == UPBIT__RAW_CONNECTING)
            upbit__raw_say(t, UPBIT_ERROR_TIMEOUT, "no connection in time");
        else if (t->state == UPBIT__RAW_CLOSING)
            upbit__raw_say(t, UPBIT_ERROR_TIMEOUT, "no answer to the close frame in time");
        upbit__raw_finish(t);
    }
    upbit__raw_leave(t);
}

void upbit__raw_watch(upbit__raw *t)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(t->easy, CURLINFO_ACTIVESOCKET, &fd);
    t->watch.fd = fd;
    t->watch.events = UPBIT__READ;
    if (fd == CURL_SOCKET_BAD || upbit__watch_start(t->loop, &t->watch) != 0) {
        upbit__raw_say(t, UPBIT_ERROR_SYSTEM, "the socket cannot be watched");
        upbit__raw_finish(t);
    }
}

void upbit__raw_upgrading(upbit__raw *t)
{
    t->state = UPBIT__RAW_UPGRADING;
    upbit__raw_arm(t, &t->deadline, now() + t->upgrade_timeout_ms * UPBIT__MS);
    if (upbit__raw_alive(t) && t->base.events.connected != NULL)
        t->base.events.connected(t->base.context);
}

/* No connection: libcurl or a proxy says why. */
static void tell_unconnected(upbit__raw *t, CURLcode code, const char *text)
{
    long proxy_status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    upbit__raw_say(t, upbit__curl_error(code, text), "%s", text);
    if (proxy_status >= 300)
        upbit__raw_say(t, UPBIT_ERROR_CONNECT, "the proxy answered with status %ld", proxy_status);
    upbit__raw_finish(t);
}

void upbit__raw_on_connected(void *context, CURLcode code)
{
    upbit__raw *t = context;
    const char *text = t->error_text[0] != '\0' ? t->error_text : curl_easy_strerror(code);
    upbit__raw_enter(t);
    if (code == CURLE_OK)
        t->way->connected(t);
    else if (t->way->failed == NULL || !t->way->failed(t, code, text))
        tell_unconnected(t, code, text);
    upbit__raw_leave(t);
}
