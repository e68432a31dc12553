/* Frames that are not market or account data: errors, {"status":..}, LIST_SUBSCRIPTIONS replies,
 * and types this version does not know. None of them is frequent, so they are read twice: once to
 * measure, once to fill the block. */
#include <stdio.h>

#include "exchange/auth_error.h"
#include "exchange/decoder.h"

/* Text into the block, or only counted while `base` is NULL. */
typedef struct block {
    char *base;
    size_t used;
} block;

static size_t take(block *b, size_t size, size_t alignment)
{
    size_t at = (b->used + alignment - 1) & ~(alignment - 1);
    b->used = at + size;
    return at;
}

/* The string or, where the exchange writes a number for a name, its digits. */
static const char *put_text(block *b, const upbit__span *s)
{
    size_t at = take(b, s->length + 1, 1);
    if (b->base == NULL)
        return NULL;
    size_t n = upbit__json_unescape(b->base + at, s);
    b->base[at + n] = '\0';
    return b->base + at;
}

/* A string's inside, a number's digits; 0 for other values. */
static int text_value(upbit__decoder *d, const char *value, upbit__span *out)
{
    upbit__json *r = &d->json;
    if (*value == '"')
        return upbit__json_string(r, value, out) != NULL;
    const char *end =
        *value == '-' || (*value >= '0' && *value <= '9') ? upbit__json_number(r, value) : NULL;
    if (end == NULL)
        return 0;
    *out = (upbit__span){value, (size_t)(end - value), 0};
    return 1;
}

/* The value of a member of an object that is known to be JSON; NULL if it has none of that name. */
static const char *member(upbit__decoder *d, const char *p, const char *name, const char *simple)
{
    upbit__json *r = &d->json;
    const char *found = NULL;
    int more;
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            break;
        if (upbit__span_is(&key, name) || (simple != NULL && upbit__span_is(&key, simple)))
            found = p;
        p = upbit__json_skip(r, p, 0);
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    return found;
}

/* Into a fixed array, cut between characters, with a NUL. */
static void copy_cut(char *to, size_t size, upbit__decoder *d, const char *value)
{
    upbit__span s;
    to[0] = '\0';
    if (value == NULL || !text_value(d, value, &s))
        return;
    /* The scratch has room for any string of the message. */
    size_t n = upbit__json_unescape(d->text, &s);
    if (n > size - 1) {
        n = size - 1;
        while (n > 0 && ((uint8_t)d->text[n] & 0xC0) == 0x80)
            n--;
    }
    for (size_t i = 0; i < n; i++)
        to[i] = (char)(d->text[i] == '\0' ? ' ' : d->text[i]);
    to[n] = '\0';
}

static size_t layout_error(upbit__decoder *d, upbit_error_event *e)
{
    if (e != NULL) {
        copy_cut(e->name, sizeof e->name, d, member(d, d->error.at, "name", NULL));
        copy_cut(e->message, sizeof e->message, d, member(d, d->error.at, "message", NULL));
        e->error =
            upbit__auth_error_find(e->name) != NULL ? UPBIT_ERROR_AUTH : UPBIT_ERROR_EXCHANGE;
        e->count = 1;
    }
    return sizeof *e;
}

static size_t layout_status(upbit__decoder *d, upbit_status_event *e)
{
    block b = {(char *)e, sizeof *e};
    upbit__span s = {"", 0, 0};
    text_value(d, d->status.at, &s);
    const char *status = put_text(&b, &s);
    if (e != NULL)
        e->status = status;
    return b.used;
}

/* One row of the reply; `row` NULL: only measured. */
static void layout_row(upbit__decoder *d, block *b, const char *p, upbit_subscription_row *row)
{
    upbit__json *r = &d->json;
    upbit__span s = {"", 0, 0};
    const char *type = member(d, p, "type", "ty"), *codes = member(d, p, "codes", "cds");
    const char *level = member(d, p, "level", "lv");
    if (type != NULL)
        text_value(d, type, &s);
    const char *name = put_text(b, &s);
    upbit_decimal value = {.null = 1};
    int state;
    if (level != NULL)
        upbit__decode_decimal(d, level, &value, &state);
    uint32_t count = 0;
    size_t list = 0;
    for (int pass = 0; pass < 2 && codes != NULL && *codes == '['; pass++) {
        uint32_t i = 0;
        int more;
        const char *q = upbit__json_open(r, codes, ']', &more);
        while (q != NULL && more) {
            if (pass == 1 && text_value(d, q, &s)) {
                const char *code = put_text(b, &s);
                if (b->base != NULL)
                    ((const char **)(void *)(b->base + list))[i] = code;
                i++;
            } else if (pass == 0 && text_value(d, q, &s)) {
                i++;
            }
            q = upbit__json_skip(r, q, 0);
            if (q != NULL)
                q = upbit__json_next(r, q, ']', &more);
        }
        if (pass == 0)
            list = take(b, i * sizeof(char *), sizeof(char *));
        count = i;
    }
    if (row != NULL) {
        row->type = name;
        row->codes = count > 0 ? (const char *const *)(const void *)(b->base + list) : NULL;
        row->code_count = count;
        row->level = value;
    }
}

static size_t layout_subscriptions(upbit__decoder *d, upbit_subscriptions_event *e)
{
    upbit__json *r = &d->json;
    block b = {(char *)e, sizeof *e};
    upbit__span s = {"", 0, 0};
    text_value(d, d->method.at, &s);
    const char *method = put_text(&b, &s);
    const char *ticket = member(d, d->object, "ticket", "tckt");
    s = (upbit__span){"", 0, 0};
    if (ticket != NULL)
        text_value(d, ticket, &s);
    ticket = put_text(&b, &s);
    const char *result = member(d, d->object, "result", "rslt");
    uint32_t count = 0;
    size_t rows = 0;
    for (int pass = 0; pass < 2 && result != NULL; pass++) {
        uint32_t i = 0;
        int more;
        const char *q = upbit__json_open(r, result, ']', &more);
        while (q != NULL && more) {
            if (*q == '{' && pass == 1)
                layout_row(d, &b, q,
                           e == NULL ? NULL
                                     : (upbit_subscription_row *)(void *)(b.base + rows) + i);
            i += *q == '{';
            q = upbit__json_skip(r, q, 0);
            if (q != NULL)
                q = upbit__json_next(r, q, ']', &more);
        }
        if (pass == 0)
            rows = take(&b, i * sizeof(upbit_subscription_row), 8);
        count = i;
    }
    if (e != NULL) {
        e->method = method;
        e->ticket = ticket;
        e->row_count = count;
        e->rows = count > 0 ? (const upbit_subscription_row *)(const void *)(b.base + rows) : NULL;
    }
    return b.used;
}

static size_t layout_raw(upbit__decoder *d, upbit_raw *e)
{
    block b = {(char *)e, sizeof *e};
    upbit__span all = {d->object, (size_t)(d->object_end - d->object), 0};
    const char *name = put_text(&b, &d->type_name), *text = put_text(&b, &all);
    if (e == NULL)
        return b.used;
    e->type_name = name;
    e->text = text;
    e->length = all.length;
    upbit__span s;
    const char *code = member(d, d->object, "code", "cd");
    if (code != NULL && *code == '"' && upbit__json_string(&d->json, code, &s) != NULL &&
        !s.escaped && s.length < sizeof e->event.code)
        memcpy(e->event.code, s.at, s.length);
    const char *time = member(d, d->object, "timestamp", "tms");
    int64_t ms;
    int state = UPBIT__VALUE_BAD;
    if (time != NULL)
        upbit__decode_timestamp(d, time, &ms, &state);
    if (state == UPBIT__VALUE_OK)
        e->event.exchange_ms = ms;
    const char *stream = member(d, d->object, "stream_type", "st");
    if (stream != NULL && upbit__json_string(&d->json, stream, &s) != NULL)
        e->event.stream = upbit__span_is(&s, "REALTIME")   ? UPBIT_STREAM_REALTIME
                          : upbit__span_is(&s, "SNAPSHOT") ? UPBIT_STREAM_SNAPSHOT
                                                           : UPBIT_STREAM_UNKNOWN;
    return b.used;
}

int upbit__other_prepare(upbit__decoder *d)
{
    upbit__span s;
    const char *result;
    switch (d->type) {
    case UPBIT_TYPE_STATUS:
        if (!text_value(d, d->status.at, &s))
            upbit__decoder_refuse(d, "status", "is not a text");
        break;
    case UPBIT_TYPE_SUBSCRIPTIONS:
        result = member(d, d->object, "result", "rslt");
        if (result == NULL || *result != '[')
            upbit__decoder_refuse(d, "result", result == NULL ? "is missing" : "is not an array");
        break;
    default:
        break;
    }
    /* text_value notes a fault for what is merely not a text. */
    d->json.fault = NULL;
    return 1;
}

static size_t layout(upbit__decoder *d, upbit_event *e)
{
    switch (d->type) {
    case UPBIT_TYPE_ERROR:
        return layout_error(d, (upbit_error_event *)(void *)e);
    case UPBIT_TYPE_STATUS:
        return layout_status(d, (upbit_status_event *)(void *)e);
    case UPBIT_TYPE_SUBSCRIPTIONS:
        return layout_subscriptions(d, (upbit_subscriptions_event *)(void *)e);
    default:
        return layout_raw(d, (upbit_raw *)(void *)e);
    }
}

size_t upbit__other_size(upbit__decoder *d)
{
    return layout(d, NULL);
}

void upbit__other_fill(upbit__decoder *d, upbit_event *e, size_t size)
{
    memset(e, 0, size);
    e->size = (uint32_t)size;
    e->type = (uint16_t)d->type;
    e->schema = 1;
    layout(d, e);
    d->json.fault = NULL;
}
