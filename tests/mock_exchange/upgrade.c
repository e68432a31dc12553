/* The opening handshake: everything RFC 6455 asks of a client is checked, nothing is offered that
 * was not asked for; extensions other than permessage-deflate are declined by not mentioning them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "private.h"
#include "server.h"

static void refuse(struct mock_conn *c, int status, const char *message)
{
    struct mock_buf body = {0};
    mock_buf_printf(&body, "{\"error\":{\"name\":%d,\"message\":", status);
    mock_buf_json_string(&body, message, strlen(message));
    mock_buf_puts(&body, "}}");
    mock_http_reply(&c->out, status, "application/json;charset=UTF-8",
                    "Sec-WebSocket-Version: 13\r\n", body.data, body.len, false);
    mock_buf_finish(&body);
    c->finish = true;
}

static const char *fault(const struct mock_http_request *r)
{
    const char *version = mock_http_header(r, "sec-websocket-version");
    if (strcmp(r->method, "GET") != 0) {
        return "an upgrade is a GET";
    }
    if (!r->http11 || mock_http_header(r, "host") == NULL) {
        return "an upgrade is HTTP/1.1 and has a Host";
    }
    if (!mock_http_has_token(r, "upgrade", "websocket")) {
        return "no Upgrade: websocket";
    }
    if (!mock_http_has_token(r, "connection", "upgrade")) {
        return "no Connection: Upgrade";
    }
    if (version == NULL || strcmp(version, "13") != 0) {
        return "no Sec-WebSocket-Version: 13";
    }
    if (r->body_len != 0) {
        return "an upgrade has no body";
    }
    return NULL;
}

static char *headers_json(const struct mock_http_request *r)
{
    struct mock_buf text = {0};
    mock_buf_putc(&text, '{');
    for (int i = 0; i < r->headers; i++) {
        if (i > 0) {
            mock_buf_putc(&text, ',');
        }
        mock_buf_json_string(&text, r->header[i].name, strlen(r->header[i].name));
        mock_buf_putc(&text, ':');
        /* A token is a secret as long as it may still be used. */
        bool secret = strcasecmp(r->header[i].name, "authorization") == 0;
        const char *value = secret ? "(not shown)" : r->header[i].value;
        mock_buf_json_string(&text, value, strlen(value));
    }
    mock_buf_put(&text, "}", 2);
    if (text.failed) {
        mock_buf_finish(&text);
    }
    return text.data;
}

/* The answer's line about extensions, if there is one to give. False: no memory. */
static bool put_extensions(struct mock_server *s, struct mock_conn *c,
                           const struct mock_http_request *r)
{
    const char *offers = mock_http_header(r, "sec-websocket-extensions");
    struct mock_terms terms;
    struct mock_buf answer = {0};
    bool good = true;
    if (offers == NULL) {
        return true;
    }
    if (mock_terms_agree(&terms, &answer, &s->options.compression, offers)) {
        c->deflate = mock_deflate_make(&terms, s->options.compression_level);
        c->reader.deflate = c->deflate;
        good = c->deflate != NULL && !answer.failed;
    }
    const char *said = good ? mock_buf_front(&answer) : NULL;
    size_t len = mock_buf_pending(&answer);
    if (s->faults.extensions_count > 0) {
        s->faults.extensions_count--;
        said = s->faults.extensions;
        len = strlen(said);
    }
    if (said != NULL && len > 0) {
        mock_buf_printf(&c->out, "Sec-WebSocket-Extensions: %.*s\r\n", (int)len, said);
    }
    mock_buf_finish(&answer);
    return good;
}

void mock_upgrade(struct mock_server *s, struct mock_conn *c, const struct mock_http_request *r)
{
    char accept[29];
    const char *key = mock_http_header(r, "sec-websocket-key");
    const char *wrong = fault(r);
    if (wrong == NULL && (key == NULL || !mock_ws_accept(accept, key))) {
        wrong = "no valid Sec-WebSocket-Key";
    }
    if (wrong != NULL) {
        refuse(c, 400, wrong);
        return;
    }
    c->stream = strcmp(r->path, "/websocket/v1") == 0           ? MOCK_STREAM_PUBLIC
                : strcmp(r->path, "/websocket/v1/private") == 0 ? MOCK_STREAM_PRIVATE
                                                                : MOCK_STREAM_INFO;
    static const char version[] = "Sec-WebSocket-Version: 13\r\n";
    int mine = c->stream == MOCK_STREAM_PUBLIC ? MOCK_DENY_PUBLIC : MOCK_DENY_PRIVATE;
    if (mock_fault_denied(s, c, MOCK_DENY_UPGRADE, version, false) ||
        mock_fault_denied(s, c, mine, version, false)) {
        s->stats.refused++;
        return;
    }
    enum mock_auth auth = MOCK_AUTH_OK;
    if (c->stream == MOCK_STREAM_PRIVATE) {
        auth = mock_private_auth(s, c, &c->token, r, NULL, NULL);
        if (auth != MOCK_AUTH_OK && s->private->answer == MOCK_ANSWER_HTTP) {
            mock_private_refuse(c, mock_auth_status(auth), mock_auth_name(auth),
                                mock_auth_message(auth), version, false);
            return;
        }
    }
    c->bad_token = auth != MOCK_AUTH_OK || c->stream == MOCK_STREAM_INFO;
    c->headers = headers_json(r);
    mock_buf_puts(&c->out, "HTTP/1.1 101 Switching Protocols\r\n");
    mock_http_put_date(&c->out);
    mock_buf_printf(&c->out,
                    "Upgrade: websocket\r\n"
                    "Connection: upgrade\r\nSec-WebSocket-Accept: %s\r\n",
                    accept);
    if (!put_extensions(s, c, r)) {
        c->dead = true;
        return;
    }
    mock_buf_printf(
        &c->out, "remaining-req: group=websocket; min=300; sec=%d\r\nlimit-by-ip: Yes\r\n\r\n", 3);
    mock_session_start(s, c);
}
