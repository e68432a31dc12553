/* libcurl's own WebSocket: it makes the upgrade, reads and writes the frames. Chosen by option.
 *
 * What libcurl does not check is checked here, with what transport_raw uses. The answer's header
 * lines run through wire/upgrade, which knows our own key, so a wrong answer ends the transfer
 * before libcurl has taken it. The frames libcurl has read go through wire/message with a header
 * again, so UTF-8, sizes, fragments and close codes have one judge. The out-queue is wire/sender's,
 * as records.
 *
 * What it cannot give: compression (libcurl refuses RSV1), the body of a refused upgrade (libcurl
 * ends at its last header), a fresh mask for each frame (libcurl has one for a connection), and it
 * takes lengths that are not in their shortest form. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error_detail.h"
#include "net/transport_raw.h"
#include "upbit-live/version.h"

/* Before 8.14 libcurl answers pings itself, wrongly when one comes in pieces or while a message is
 * half sent. */
#if LIBCURL_VERSION_NUM >= 0x080e00

#define READ_LEAST  16384u /* a TLS record */
#define HEADER_ROOM 10u    /* of a server's frame */

typedef struct api {
    upbit__raw raw; /* first */
    struct curl_slist *headers;
    upbit__timer established; /* tells what libcurl has said from inside of itself */
    bool sent;                /* the connection stands: header lines are the server's, no proxy's */
    int answer;               /* what the upgrade's reader says of it so far */
    /* sending */
    bool in_record;
    unsigned record_flags;
    size_t record_left;
    /* receiving */
    bool in_frame, in_message, ahead;
} api;

/* The request is out, or will not be; its headers may be secrets. */
static void forget_headers(api *a)
{
    if (a->raw.easy != NULL)
        curl_easy_setopt(a->raw.easy, CURLOPT_HTTPHEADER, NULL);
    for (struct curl_slist *h = a->headers; h != NULL; h = h->next)
        OPENSSL_cleanse(h->data, strlen(h->data));
    curl_slist_free_all(a->headers);
    a->headers = NULL;
}

static void release(upbit__raw *t)
{
    api *a = (api *)t;
    upbit__timer_stop(&a->established);
    forget_headers(a);
}

static void tell_established(api *a)
{
    upbit__timer_stop(&a->established);
    if (a->raw.state == UPBIT__RAW_CONNECTING)
        upbit__raw_upgrading(&a->raw);
}

static void on_established(void *context)
{
    api *a = context;
    upbit__raw_enter(&a->raw);
    if (a->raw.close.error != UPBIT_ERROR_CANCELLED)
        tell_established(a);
    upbit__raw_leave(&a->raw);
}

/* libcurl has connected and is about to send the request. Nothing may be told from in here. */
static int on_request(void *context, char *to, char *from, int to_port, int from_port)
{
    (void)to;
    (void)from;
    (void)to_port;
    (void)from_port;
    api *a = context;
    a->sent = true;
    a->raw.info.connected_ns = upbit__clock_monotonic_ns();
    return upbit__timer_start(a->raw.loop, &a->established, 0) == 0 ? CURL_PREREQFUNC_OK
                                                                    : CURL_PREREQFUNC_ABORT;
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    api *a = context;
    upbit__raw *t = &a->raw;
    size_t used, length = size * count;
    if (!a->sent)
        return upbit__curl_on_header(line, size, count, &t->setup);
    t->base.counters.bytes_in += length;
    if (a->answer == UPBIT__UPGRADE_MORE)
        a->answer = upbit__upgrade_feed(&t->upgrade, (const uint8_t *)line, length, &used);
    return a->answer >= 0 ? length : 0;
}

static bool add_header(api *a, const char *name, const char *value)
{
    /* libcurl sends "Name;" as a header without a value, and takes "Name:" for a wish to have
     * none. */
    size_t room = strlen(name) + strlen(value) + 3;
    char *line = malloc(room);
    if (line == NULL)
        return false;
    snprintf(line, room, *value == '\0' ? "%s;%s" : "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(a->headers, line);
    OPENSSL_cleanse(line, room);
    free(line);
    if (longer != NULL)
        a->headers = longer;
    return longer != NULL;
}

static bool set_headers(api *a, const upbit__transport_config *config, const char *key)
{
    bool ok = add_header(a, "Sec-WebSocket-Key", key);
    ok = ok && (a->headers = curl_slist_append(a->headers, "Accept:")) != NULL;
    for (size_t i = 0; ok && i < config->header_count; i++)
        ok = add_header(a, config->headers[i].name, config->headers[i].value);
    return ok;
}

static int prepare(upbit__raw *t, const upbit__transport_config *config)
{
    api *a = (api *)t;
    CURL *easy = t->easy;
    char key[UPBIT__UPGRADE_KEY_SIZE];
    char url[sizeof t->setup.url.authority + sizeof t->setup.url.path + 8];
    t->sender.records = true;
    a->established = (upbit__timer){.callback = on_established, .context = a};
    int rc = upbit__upgrade_key(key);
    if (rc == 0)
        rc = upbit__upgrade_init(&t->upgrade, key, NULL);
    if (rc != 0)
        return rc;
    snprintf(url, sizeof url, "%s://%s%s", t->setup.url.secure ? "wss" : "ws",
             t->setup.url.authority, t->setup.url.path);
    bool ok = set_headers(a, config, key);
    ok &= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "ws,wss") == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 2L) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_WS_OPTIONS, (long)CURLWS_NOAUTOPONG) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_USERAGENT, "upbit-live/" UPBIT_VERSION_STRING) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, a->headers) == CURLE_OK;
    /* What is the server's is not for the proxy to read. */
    ok &= curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_PREREQDATA, a) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    ok &= curl_easy_setopt(easy, CURLOPT_HEADERDATA, a) == CURLE_OK;
    return ok ? 0 : UPBIT_ERROR_NO_MEMORY;
}

static void connected(upbit__raw *t)
{
    api *a = (api *)t;
    tell_established(a);
    forget_headers(a);
    if (!upbit__raw_alive(t) || t->state != UPBIT__RAW_UPGRADING)
        return; /* closed in that event */
    if (a->answer != UPBIT__UPGRADE_ACCEPTED) {
        upbit__raw_end_upgrade(t, UPBIT_ERROR_UPGRADE, "libcurl took what is no answer");
        return;
    }
    upbit__raw_watch(t);
    if (upbit__raw_alive(t))
        upbit__raw_opened(t);
    /* Frames that came with the answer wait inside libcurl. */
    if (upbit__raw_alive(t))
        upbit__raw_arm(t, &t->again, 0);
}

static bool failed(upbit__raw *t, CURLcode code, const char *text)
{
    api *a = (api *)t;
    forget_headers(a);
    if (!a->sent)
        return false;
    tell_established(a);
    if (!upbit__raw_alive(t) || t->state != UPBIT__RAW_UPGRADING)
        return true;
    bool silent = t->upgrade.head == 0;
    if (a->answer < 0)
        upbit__raw_bad_answer(t, a->answer);
    else if (a->answer == UPBIT__UPGRADE_REFUSED)
        upbit__raw_tell_refusal(t);
    else if (silent && upbit__curl_error(code, text) == UPBIT_ERROR_PROTOCOL)
        upbit__raw_end_upgrade(t, UPBIT_ERROR_UPGRADE, "the answer is not HTTP/1.1");
    else
        upbit__raw_end_upgrade(t, silent ? UPBIT_ERROR_CONNECT : UPBIT_ERROR_UPGRADE, text);
    return true;
}

/* The opcode and the last-fragment bit, as they were on the wire. */
static uint8_t first_byte(const api *a, int flags)
{
    uint8_t final = (flags & CURLWS_CONT) == 0 ? 0x80 : 0;
    if ((flags & CURLWS_PING) != 0)
        return 0x80 | UPBIT__FRAME_PING;
    if ((flags & CURLWS_PONG) != 0)
        return 0x80 | UPBIT__FRAME_PONG;
    if ((flags & CURLWS_CLOSE) != 0)
        return 0x80 | UPBIT__FRAME_CLOSE;
    if (a->in_message)
        return final | UPBIT__FRAME_CONTINUATION;
    return final | ((flags & CURLWS_TEXT) != 0 ? UPBIT__FRAME_TEXT : UPBIT__FRAME_BINARY);
}

/* A server's header; its size. */
static size_t write_header(uint8_t out[HEADER_ROOM], uint8_t first, uint64_t length)
{
    size_t bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
    out[0] = first;
    out[1] = (uint8_t)(bytes == 0 ? length : bytes == 2 ? 126 : 127);
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)(length >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

/* Some of a frame, for the receiver: its header first, if it is the frame's beginning. */
static size_t put_back(api *a, uint8_t *at, size_t count, const struct curl_ws_frame *meta)
{
    uint8_t header[HEADER_ROOM];
    size_t size = 0;
    if (!a->in_frame) {
        uint64_t length = (uint64_t)meta->offset + count + (uint64_t)meta->bytesleft;
        size = write_header(header, first_byte(a, meta->flags), length);
        if ((meta->flags & (CURLWS_TEXT | CURLWS_BINARY)) != 0)
            a->in_message = (meta->flags & CURLWS_CONT) != 0;
    }
    a->in_frame = meta->bytesleft > 0;
    memmove(at + size, at + HEADER_ROOM, count);
    memcpy(at, header, size);
    return size + count;
}

/* Ends the connection or says that there is nothing yet. */
static upbit__raw_got no_frame(upbit__raw *t, CURLcode code)
{
    static const char mark[] = "[WS] "; /* a rule of the protocol, not the network */
    if (code == CURLE_AGAIN && !t->write_dead)
        return UPBIT__RAW_NOTHING;
    if (code == CURLE_OUT_OF_MEMORY) {
        upbit__raw_no_memory(t);
    } else if (code == CURLE_RECV_ERROR && strncmp(t->error_text, mark, sizeof mark - 1) == 0) {
        upbit__raw_fail_protocol(t, 1002, t->error_text + sizeof mark - 1);
        return UPBIT__RAW_BYTES; /* the rest is drained */
    } else if (code == CURLE_GOT_NOTHING) {
        upbit__raw_end(t, "the server cut the connection");
    } else {
        upbit__raw_broken(t);
    }
    return UPBIT__RAW_END;
}

static upbit__raw_got read_frame(upbit__raw *t, size_t *budget)
{
    api *a = (api *)t;
    const struct curl_ws_frame *meta = NULL;
    size_t room, count = 0;
    uint8_t *to = upbit__receiver_room(&t->receiver, READ_LEAST, &room);
    if (to == NULL) {
        upbit__raw_no_memory(t);
        return UPBIT__RAW_END;
    }
    t->error_text[0] = '\0';
    bool draining = t->state == UPBIT__RAW_DRAINING; /* what libcurl makes of it does not matter */
    CURLcode code =
        draining ? curl_easy_recv(t->easy, to, room, &count)
                 : curl_ws_recv(t->easy, to + HEADER_ROOM, room - HEADER_ROOM, &count, &meta);
    if (!a->ahead) /* libcurl knows the connection again since that */
        upbit__tls_ahead_install(t->easy, -1, &t->ahead);
    a->ahead = true;
    if (draining && code == CURLE_OK && count == 0)
        code = CURLE_GOT_NOTHING;
    if (code != CURLE_OK)
        return no_frame(t, code);
    size_t whole = draining ? count : put_back(a, to, count, meta);
    t->base.counters.bytes_in += whole;
    *budget -= whole < *budget ? whole : *budget;
    if (!draining) {
        upbit__receiver_commit(&t->receiver, whole);
        upbit__raw_take_items(t, upbit__clock_monotonic_ns());
    }
    return UPBIT__RAW_BYTES;
}

static unsigned flags_of(uint8_t opcode)
{
    switch (opcode) {
    case UPBIT__FRAME_TEXT:
        return CURLWS_TEXT;
    case UPBIT__FRAME_BINARY:
        return CURLWS_BINARY;
    case UPBIT__FRAME_PING:
        return CURLWS_PING;
    case UPBIT__FRAME_PONG:
        return CURLWS_PONG;
    default:
        return CURLWS_CLOSE;
    }
}

/* One frame, or what libcurl takes of it. A frame it does not take is offered again with the same
 * bytes, and nothing else is until it has gone. */
static CURLcode send_frame(upbit__raw *t, size_t *gone)
{
    api *a = (api *)t;
    const uint8_t *from = upbit__buffer_bytes(&t->sender.out);
    size_t before = 0, sent = 0;
    if (!a->in_record) {
        upbit__record r;
        before = upbit__sender_record(&r, from);
        a->record_flags = flags_of(r.opcode);
        a->record_left = r.length;
    }
    CURLcode code = curl_ws_send(t->easy, from + before, a->record_left, &sent, 0, a->record_flags);
    if (code != CURLE_OK)
        return code;
    if (sent == 0 && a->record_left > 0)
        return CURLE_AGAIN;
    if (!a->in_record) {
        uint8_t header[UPBIT__FRAME_HEADER_MAX];
        t->base.counters.bytes_out +=
            upbit__frame_write(header, true, 0, a->record_left, (const uint8_t *)"\0\0\0\0");
    }
    t->base.counters.bytes_out += sent;
    a->record_left -= sent;
    a->in_record = a->record_left > 0;
    *gone = before + sent;
    return CURLE_OK;
}

static const upbit__raw_way way = {
    .size = sizeof(api),
    .prepare = prepare,
    .connected = connected,
    .failed = failed,
    .read = read_frame,
    .send = send_frame,
    .release = release,
};

static bool has_protocol(const curl_version_info_data *v, const char *name)
{
    for (const char *const *p = v->protocols; *p != NULL; p++) {
        if (strcmp(*p, name) == 0)
            return true;
    }
    return false;
}

/* The library the program runs with, which need not be the one it was built with. */
int upbit__transport_websocket_api_check(void)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
    if (v->version_num < 0x080e00)
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE,
                                "transport: websocket-api needs libcurl 8.14, this is %s",
                                v->version);
    if (!has_protocol(v, "ws") || !has_protocol(v, "wss"))
        return upbit__error_set(UPBIT_ERROR_UNAVAILABLE,
                                "transport: this libcurl was built without WebSocket");
    return 0;
}

int upbit__transport_websocket_api_open(upbit__transport **out, upbit__loop *loop,
                                        const upbit__transport_config *config,
                                        const upbit__transport_events *events, void *context)
{
    *out = NULL;
    int rc = upbit__transport_websocket_api_check();
    return rc != 0 ? rc : upbit__raw_open(out, &way, loop, config, events, context);
}

#else

int upbit__transport_websocket_api_check(void)
{
    return upbit__error_set(
        UPBIT_ERROR_UNAVAILABLE,
        "transport: websocket-api needs libcurl 8.14 or later; this library was "
        "built with " LIBCURL_VERSION);
}

int upbit__transport_websocket_api_open(upbit__transport **out, upbit__loop *loop,
                                        const upbit__transport_config *config,
                                        const upbit__transport_events *events, void *context)
{
    (void)loop;
    (void)config;
    (void)events;
    (void)context;
    *out = NULL;
    return upbit__transport_websocket_api_check();
}

#endif
