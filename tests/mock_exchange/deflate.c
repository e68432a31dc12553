/* See deflate.h. */
#define ZLIB_CONST
#include "deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct mock_deflate {
    struct mock_terms terms;
    z_stream out, in;
    struct mock_buf scratch;
};

enum { SERVER_TAKEOVER, CLIENT_TAKEOVER, SERVER_BITS, CLIENT_BITS, PARAMETERS };
static const char *const names[PARAMETERS] = {"server_no_context_takeover",
                                              "client_no_context_takeover",
                                              "server_max_window_bits", "client_max_window_bits"};

static size_t skip(const char *at)
{
    return strspn(at, " \t");
}

/* "name" or "name=value" up to a separator, the value in quotes or not; the end of it, or NULL. */
static const char *parameter(const char *at, int *which, int *value)
{
    at += skip(at);
    size_t len = strcspn(at, " \t=;,");
    *value = -1;
    *which = 0;
    while (*which < PARAMETERS &&
           (strlen(names[*which]) != len || strncmp(at, names[*which], len) != 0)) {
        ++*which;
    }
    at += len + skip(at + len);
    if (*which == PARAMETERS) {
        return NULL;
    }
    if (*at == '=') {
        at += 1 + skip(at + 1);
        bool quoted = *at == '"';
        at += quoted;
        size_t digits = strspn(at, "0123456789");
        *value = digits == 0 || digits > 2 || *at == '0' ? -2 : atoi(at);
        at += digits;
        if (quoted && *at++ != '"') {
            return NULL;
        }
        at += skip(at);
    }
    return *at == '\0' || *at == ';' || *at == ',' ? at : NULL;
}

/* One parameter into the terms. `offer`: the client's, which need not say how large its own window
 * may be. False: it makes no sense. */
static bool set(struct mock_terms *t, int which, int value, bool offer)
{
    bool number = which == SERVER_BITS || which == CLIENT_BITS;
    if (number && value == -1 && which == CLIENT_BITS && offer) {
        value = 15;
    }
    if (number ? value < 8 || value > 15 : value != -1) {
        return false;
    }
    bool *flag =
        which == SERVER_TAKEOVER ? &t->server_no_context_takeover : &t->client_no_context_takeover;
    int *bits = which == SERVER_BITS ? &t->server_max_window_bits : &t->client_max_window_bits;
    if (number ? *bits != 0 : *flag) {
        return false; /* twice */
    }
    if (number) {
        *bits = value;
    } else {
        *flag = true;
    }
    return true;
}

bool mock_terms_read(struct mock_terms *terms, const char *text)
{
    *terms = (struct mock_terms){.on = strcmp(text, "off") != 0};
    if (!terms->on || strcmp(text, "on") == 0) {
        return true;
    }
    for (const char *at = text;; at++) {
        int which, value;
        at = parameter(at, &which, &value);
        if (at == NULL || !set(terms, which, value, false)) {
            return false;
        }
        if (*at == '\0') {
            return true;
        }
    }
}

/* One offer, from its name on; the end of it. *good: it is one that can be taken. */
static const char *offer(struct mock_terms *t, bool *good, const char *at)
{
    static const char name[] = "permessage-deflate";
    *t = (struct mock_terms){.on = true};
    at += skip(at);
    size_t len = strcspn(at, " \t;,");
    *good = len == sizeof name - 1 && strncmp(at, name, len) == 0;
    at += len + skip(at + len);
    while (*good && *at == ';') {
        int which, value;
        const char *end = parameter(at + 1, &which, &value);
        *good = end != NULL && set(t, which, value, true);
        at = *good ? end : at;
    }
    *good = *good && (*at == '\0' || *at == ',');
    return at + strcspn(at, ",");
}

/* The smaller window of two, of which either may not be said. */
static int smaller(int a, int b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

bool mock_terms_agree(struct mock_terms *agreed, struct mock_buf *answer,
                      const struct mock_terms *ours, const char *offers)
{
    bool good = false;
    struct mock_terms asked;
    for (const char *at = offers; ours->on && !good; at++) {
        at = offer(&asked, &good, at);
        if (*at == '\0') {
            break;
        }
    }
    *agreed = (struct mock_terms){.on = good};
    if (!good) {
        return false;
    }
    agreed->server_no_context_takeover =
        asked.server_no_context_takeover || ours->server_no_context_takeover;
    agreed->client_no_context_takeover =
        asked.client_no_context_takeover || ours->client_no_context_takeover;
    agreed->server_max_window_bits =
        smaller(asked.server_max_window_bits, ours->server_max_window_bits);
    if (asked.client_max_window_bits != 0) { /* who does not offer it is not told */
        int bits = smaller(asked.client_max_window_bits, ours->client_max_window_bits);
        agreed->client_max_window_bits = bits < 15 ? bits : 0;
    }
    mock_buf_puts(answer, "permessage-deflate");
    if (agreed->server_no_context_takeover) {
        mock_buf_printf(answer, "; %s", names[SERVER_TAKEOVER]);
    }
    if (agreed->client_no_context_takeover) {
        mock_buf_printf(answer, "; %s", names[CLIENT_TAKEOVER]);
    }
    if (agreed->server_max_window_bits != 0) {
        mock_buf_printf(answer, "; %s=%d", names[SERVER_BITS], agreed->server_max_window_bits);
    }
    if (agreed->client_max_window_bits != 0) {
        mock_buf_printf(answer, "; %s=%d", names[CLIENT_BITS], agreed->client_max_window_bits);
    }
    return true;
}

struct mock_deflate *mock_deflate_make(const struct mock_terms *terms, int level)
{
    struct mock_deflate *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return NULL;
    }
    d->terms = *terms;
    int out_bits = terms->server_max_window_bits == 0 ? 15 : terms->server_max_window_bits;
    int in_bits = terms->client_max_window_bits == 0 ? 15 : terms->client_max_window_bits;
    /* zlib has no raw window of 256 bytes. Its window of 512 never points back by more than 250. */
    out_bits = out_bits == 8 ? 9 : out_bits;
    if (deflateInit2(&d->out, level, Z_DEFLATED, -out_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(d);
        return NULL;
    }
    if (inflateInit2(&d->in, -in_bits) != Z_OK) {
        deflateEnd(&d->out);
        free(d);
        return NULL;
    }
    return d;
}

void mock_deflate_free(struct mock_deflate *d)
{
    if (d != NULL) {
        deflateEnd(&d->out);
        inflateEnd(&d->in);
        mock_buf_finish(&d->scratch);
        free(d);
    }
}

static bool run(struct mock_deflate *d, struct mock_buf *packed, const void *data, size_t len,
                int flush)
{
    mock_buf_clear(packed);
    d->out.next_in = data;
    d->out.avail_in = (uInt)len;
    do {
        size_t room = deflateBound(&d->out, d->out.avail_in) + 64;
        char *to = mock_buf_reserve(packed, room);
        if (to == NULL) {
            return false;
        }
        d->out.next_out = (unsigned char *)to;
        d->out.avail_out = (uInt)room;
        deflate(&d->out, flush);
        packed->len += room - d->out.avail_out;
    } while (d->out.avail_out == 0);
    return true;
}

bool mock_deflate_pack(struct mock_deflate *d, struct mock_buf *packed, const void *data,
                       size_t len)
{
    if (!run(d, packed, data, len, Z_SYNC_FLUSH)) {
        return false;
    }
    if (packed->len - packed->head >= 4) {
        packed->len -= 4; /* 00 00 ff ff, which the client puts back */
    } else {
        mock_buf_clear(packed); /* nothing after nothing: zlib flushes only once */
        mock_buf_put(packed, "", 1);
    }
    if (d->terms.server_no_context_takeover) {
        deflateReset(&d->out);
    }
    return !packed->failed;
}

bool mock_deflate_pack_final(struct mock_deflate *d, struct mock_buf *packed, const void *data,
                             size_t len)
{
    deflateReset(&d->out);
    bool good = run(d, packed, data, len, Z_FINISH);
    deflateReset(&d->out);
    mock_buf_put(packed, "", 1);
    return good && !packed->failed;
}

bool mock_deflate_break(struct mock_deflate *d, const void *data, size_t len)
{
    deflateEnd(&d->out);
    d->out = (z_stream){0};
    d->terms.server_no_context_takeover = false;
    return deflateInit2(&d->out, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
           mock_deflate_pack(d, &d->scratch, data, len);
}

int mock_deflate_unpack(struct mock_deflate *d, struct mock_buf *plain, const void *data,
                        size_t len, size_t cap)
{
    static const unsigned char tail[] = {0x00, 0x00, 0xff, 0xff};
    mock_buf_clear(plain);
    for (int part = 0; part < 2; part++) {
        d->in.next_in = part == 0 ? data : tail;
        d->in.avail_in = part == 0 ? (uInt)len : (uInt)sizeof tail;
        int rc = Z_OK;
        while (rc != Z_BUF_ERROR && (d->in.avail_in > 0 || d->in.avail_out == 0)) {
            char *to = mock_buf_reserve(plain, 4096);
            if (to == NULL) {
                return 1011;
            }
            d->in.next_out = (unsigned char *)to;
            d->in.avail_out = 4096;
            rc = inflate(&d->in, Z_SYNC_FLUSH);
            plain->len += 4096 - d->in.avail_out;
            if (rc == Z_STREAM_END) {
                inflateResetKeep(&d->in);
            } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
                return 1007;
            }
            if (mock_buf_pending(plain) > cap) {
                return 1009;
            }
        }
        d->in.avail_out = 1;
    }
    if (d->terms.client_no_context_takeover) {
        inflateReset(&d->in);
    }
    return 0;
}

struct mock_buf *mock_deflate_scratch(struct mock_deflate *d)
{
    return &d->scratch;
}

const struct mock_terms *mock_deflate_terms(const struct mock_deflate *d)
{
    return &d->terms;
}
