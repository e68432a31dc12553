/* The default transport: libcurl for names, TCP, TLS and proxies, core/wire for everything
 * WebSocket.
 *
 * libcurl connects (CONNECT_ONLY) and hands its socket over; from then on transport_raw_io.c
 * waits on it and moves bytes with curl_easy_send and curl_easy_recv. The easy handle stays in
 * its CURLM to the end. Here are the calls from above and the set-up. */
#include "net/transport_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"

#define READ_LEAST 16384u /* a TLS record; less would cut them up */
#define READ_MOST  65536u /* at once */
#define FLOOD      2048u  /* bytes in one turn: more than a message or two */
#define PIECE_MOST 16384u /* at once to curl_easy_send, which must see the same bytes again */

static int raw_queue(upbit__raw *t, uint8_t opcode, const void *bytes, size_t length)
{
    if (t->state < UPBIT__RAW_OPEN)
        return UPBIT_ERROR_ILLEGAL_STATE;
    if (t->state > UPBIT__RAW_OPEN)
        return UPBIT_ERROR_CLOSED;
    int rc = upbit__sender_frame(&t->sender, opcode, bytes, length);
    if (rc == 0 && t->depth == 0)
        upbit__raw_flush(t); /* inside an event, read_all does it once for all */
    return rc;
}

static int raw_send(upbit__transport *base, int opcode, const void *bytes, size_t length)
{
    if (opcode != UPBIT__OPCODE_TEXT && opcode != UPBIT__OPCODE_BINARY)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int rc = raw_queue((upbit__raw *)base, (uint8_t)opcode, bytes, length);
    if (rc == 0)
        base->counters.messages_out++;
    return rc;
}

static int raw_ping(upbit__transport *base, const void *payload, size_t length)
{
    if (length > UPBIT__CONTROL_MAX)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    return raw_queue((upbit__raw *)base, UPBIT__FRAME_PING, payload, length);
}

static int raw_close(upbit__transport *base, int code, const char *reason, int64_t deadline_ns)
{
    upbit__raw *t = (upbit__raw *)base;
    size_t length = reason == NULL ? 0 : strlen(reason);
    if (!upbit__transport_may_close(code, reason))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (t->state > UPBIT__RAW_OPEN)
        return UPBIT_ERROR_CLOSED;
    if (t->state < UPBIT__RAW_OPEN) {
        if (t->close.error == UPBIT_ERROR_CANCELLED)
            return UPBIT_ERROR_CLOSED;
        /* The deadline's own handler would give other reasons: a state of its own has none. */
        upbit__raw_say(t, UPBIT_ERROR_CANCELLED, "closed before it was open");
        upbit__watch_stop(&t->watch);
        if (t->added)
            curl_multi_remove_handle(upbit__loop_curl(t->loop), t->easy);
        t->added = false;
        t->state = UPBIT__RAW_CONNECTING;
        upbit__timer_stop(&t->deadline);
        return upbit__timer_start(t->loop, &t->again, 0);
    }
    int rc = upbit__timer_start(t->loop, &t->deadline, deadline_ns);
    if (rc == 0)
        rc = upbit__sender_close(&t->sender, code, reason, length);
    if (rc != 0)
        return rc;
    t->close.sent_code = code;
    t->state = UPBIT__RAW_CLOSING;
    if (t->depth == 0)
        upbit__raw_flush(t);
    return 0;
}

static void raw_destroy(upbit__transport *base)
{
    upbit__raw *t = (upbit__raw *)base;
    if (t->destroyed)
        return;
    upbit__raw_disconnect(t);
    t->destroyed = true;
    if (t->depth == 0)
        upbit__raw_free(t);
}

static size_t raw_pending(const upbit__transport *base)
{
    return ((const upbit__raw *)base)->sender.out.length;
}

static const char *raw_header(const upbit__transport *base, const char *name)
{
    return upbit__upgrade_header(&((const upbit__raw *)base)->upgrade, name, NULL);
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

/* What both are told, checked. */
static int configure(upbit__raw *t, const upbit__transport_config *config)
{
    const char *why = NULL;
    if (config->url == NULL)
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "no URL");
    if (upbit__url_parse(&t->setup.url, "ws", config->url, &why) != 0 ||
        (config->proxy != NULL && upbit__proxy_check(config->proxy, &why) != 0))
        return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s", why);
    for (size_t i = 0; i < config->header_count; i++) {
        if (upbit__upgrade_header_check(&config->headers[i], &why) != 0)
            return upbit__error_set(UPBIT_ERROR_INVALID_ARGUMENT, "%s", why);
    }
    return 0;
}

static int start(upbit__raw *t, const upbit__transport_config *config)
{
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
    rc = t->way->prepare(t, config);
    if (rc != 0)
        return rc;
    /* Not FORBID_REUSE as well: with it libcurl closes the connection as soon as it stands. */
    bool ok = curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
    /* Every connection is checked anew, none rides on an old one's trust. */
    ok &= curl_easy_setopt(t->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK;
    ok &= curl_easy_setopt(t->easy, CURLOPT_PRIVATE, &t->done) == CURLE_OK;
    if (!ok)
        return UPBIT_ERROR_NO_MEMORY;
    /* libcurl has its own bound; this one stands even where that has gaps. */
    int64_t at = upbit__clock_monotonic_ns() + ((int64_t)t->connect_timeout_ms + 100) * UPBIT__MS;
    rc = upbit__timer_start(t->loop, &t->deadline, at);
    if (rc == 0 && curl_multi_add_handle(upbit__loop_curl(t->loop), t->easy) != CURLM_OK)
        rc = UPBIT_ERROR_NO_MEMORY;
    t->added = rc == 0;
    return rc;
}

int upbit__raw_open(upbit__transport **out, const upbit__raw_way *way, upbit__loop *loop,
                    const upbit__transport_config *config, const upbit__transport_events *events,
                    void *context)
{
    *out = NULL;
    upbit__raw *t = calloc(1, way->size);
    if (t == NULL)
        return UPBIT_ERROR_NO_MEMORY;
    t->base = (upbit__transport){.operations = &operations, .events = *events, .context = context};
    t->way = way;
    t->loop = loop;
    t->log = config->log;
    t->done = (upbit__curl_done){.callback = upbit__raw_on_connected, .context = t};
    t->watch = (upbit__watch){.fd = -1, .callback = upbit__raw_on_ready, .context = t};
    t->deadline = (upbit__timer){.callback = upbit__raw_on_deadline, .context = t};
    t->again = (upbit__timer){.callback = upbit__raw_on_again, .context = t};
    t->connect_timeout_ms = or_default(config->connect_timeout_ms, 5000);
    t->upgrade_timeout_ms = or_default(config->upgrade_timeout_ms, 5000);
    t->info.started_ns = upbit__clock_monotonic_ns();
    upbit__receiver_init(&t->receiver, or_default(config->message_size_max, 16u * 1024 * 1024));
    int rc = configure(t, config);
    t->info.tls = t->setup.url.secure;
    t->proxied = config->proxy != NULL;
    if (rc == 0)
        rc = start(t, config);
    if (rc != 0) {
        upbit__raw_disconnect(t);
        upbit__raw_free(t);
        return rc;
    }
    *out = &t->base;
    return 0;
}

static int raw_prepare(upbit__raw *t, const upbit__transport_config *config)
{
    const upbit__upgrade_request request = {
        .authority = t->setup.url.authority,
        .path = t->setup.url.path,
        .headers = config->headers,
        .header_count = config->header_count,
        .deflate = config->deflate,
    };
    char key[UPBIT__UPGRADE_KEY_SIZE], url[sizeof t->setup.url.authority + 16];
    int rc = upbit__upgrade_write(&t->sender.out, key, &request);
    if (rc == 0)
        rc = upbit__upgrade_init(&t->upgrade, key, &config->deflate);
    if (rc != 0)
        return rc;
    snprintf(url, sizeof url, "%s://%s/", t->setup.url.secure ? "https" : "http",
             t->setup.url.authority);
    bool ok = curl_easy_setopt(t->easy, CURLOPT_URL, url) == CURLE_OK;
    ok &= curl_easy_setopt(t->easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK;
    return ok ? 0 : UPBIT_ERROR_NO_MEMORY;
}

/* The connection stands: take its socket over and send the request at once, which also tells
 * libcurl that it is in use. */
static void raw_connected(upbit__raw *t)
{
    t->info.connected_ns = upbit__clock_monotonic_ns();
    upbit__raw_watch(t);
    if (!upbit__raw_alive(t))
        return;
    t->state = UPBIT__RAW_UPGRADING;
    upbit__raw_flush(t);
    upbit__tls_ahead_install(t->easy, t->proxied ? -1 : t->watch.fd,
                             &t->ahead); /* libcurl knows the connection since the send */
    upbit__raw_upgrading(t);
}

/* Feeds the answer; bytes behind a 101 stay where they are and are frames. */
static void take_answer(upbit__raw *t)
{
    size_t used = 0;
    upbit__buffer *in = &t->receiver.in;
    int rc = upbit__upgrade_feed(&t->upgrade, upbit__buffer_bytes(in), in->length, &used);
    upbit__buffer_consume(in, used);
    if (rc == UPBIT__UPGRADE_ACCEPTED && t->upgrade.deflate.on &&
        upbit__receiver_deflate(&t->receiver, &t->upgrade.deflate) != 0)
        rc = UPBIT_ERROR_NO_MEMORY;
    if (rc == UPBIT__UPGRADE_REFUSED)
        upbit__raw_tell_refusal(t);
    else if (rc < 0)
        upbit__raw_bad_answer(t, rc);
    else if (rc == UPBIT__UPGRADE_ACCEPTED)
        upbit__raw_opened(t);
}

/* A socket that was found empty is not asked again before epoll says so: unless so much has come in
 * this turn that more has come meanwhile, and a further turn would cost more than to ask. A failed
 * send may have its reason in what is still to be read. */
static bool empty(const upbit__raw *t, size_t budget)
{
    return t->ahead != NULL && UPBIT__RAW_TURN - budget < FLOOD && !t->proxied && !t->write_dead &&
           upbit__tls_ahead_dry(t->ahead);
}

/* What is whole in the buffer, and what the socket has, needs no libcurl. */
static CURLcode receive(upbit__raw *t, void *to, size_t room, size_t budget, size_t *count)
{
    while (t->ahead != NULL) {
        *count = upbit__tls_ahead_take(t->ahead, to, room);
        if (*count > 0)
            return CURLE_OK;
        if (empty(t, budget))
            return CURLE_AGAIN;
        int got = upbit__tls_ahead_fill(t->ahead);
        if (got < 0)
            break;
        if (got == 0)
            return CURLE_AGAIN;
        t->received_ns = upbit__clock_monotonic_ns();
    }
    CURLcode code = curl_easy_recv(t->easy, to, room, count);
    t->received_ns = upbit__clock_monotonic_ns(); /* of all records that came with this one */
    return code;
}

/* What is in the processor's cache is decoded from the cache. */
static upbit__raw_got raw_read(upbit__raw *t, size_t *budget)
{
    size_t room, count = 0;
    uint8_t *to = upbit__receiver_room(&t->receiver, READ_LEAST, &room);
    if (to == NULL) {
        upbit__raw_no_memory(t);
        return UPBIT__RAW_END;
    }
    CURLcode code = receive(t, to, room < READ_MOST ? room : READ_MOST, *budget, &count);
    if (code == CURLE_AGAIN) {
        if (!t->write_dead)
            return UPBIT__RAW_NOTHING;
        upbit__raw_broken(t);
        return UPBIT__RAW_END;
    }
    if (code != CURLE_OK) {
        upbit__raw_broken(t);
        return UPBIT__RAW_END;
    }
    if (count == 0) {
        upbit__raw_end(t, "the server cut the connection");
        return UPBIT__RAW_END;
    }
    t->base.counters.bytes_in += count;
    *budget -= count < *budget ? count : *budget;
    if (t->state == UPBIT__RAW_DRAINING)
        return UPBIT__RAW_BYTES;
    upbit__receiver_commit(&t->receiver, count);
    if (t->state == UPBIT__RAW_UPGRADING)
        take_answer(t);
    upbit__raw_take_items(t, t->received_ns);
    return empty(t, *budget) ? UPBIT__RAW_NOTHING : UPBIT__RAW_BYTES;
}

static CURLcode raw_send_bytes(upbit__raw *t, size_t *gone)
{
    const upbit__buffer *out = &t->sender.out;
    size_t piece = out->length < PIECE_MOST ? out->length : PIECE_MOST;
    CURLcode code = curl_easy_send(t->easy, upbit__buffer_bytes(out), piece, gone);
    t->base.counters.bytes_out += *gone;
    return code;
}

static const upbit__raw_way raw_way = {
    .size = sizeof(upbit__raw),
    .prepare = raw_prepare,
    .connected = raw_connected,
    .read = raw_read,
    .send = raw_send_bytes,
};

int upbit__transport_raw_open(upbit__transport **out, upbit__loop *loop,
                              const upbit__transport_config *config,
                              const upbit__transport_events *events, void *context)
{
    return upbit__raw_open(out, &raw_way, loop, config, events, context);
}
