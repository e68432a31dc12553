/* An event as one line of JSON. */
#include <stdio.h>
#include <string.h>

#include "exchange/fields.h"
#include "exchange/json_write.h"
#include "upbit-live/manager.h"

/* Like snprintf: everything is counted, what fits is written. */
typedef struct writer {
    char *to;
    size_t size, length;
} writer;

static void put_bytes(writer *w, const char *bytes, size_t count)
{
    if (w->length < w->size) {
        size_t room = w->size - w->length;
        memcpy(w->to + w->length, bytes, count < room ? count : room);
    }
    w->length += count;
}

static void put(writer *w, const char *text)
{
    put_bytes(w, text, strlen(text));
}

static void put_integer(writer *w, int64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    put_bytes(w, digits, (size_t)n);
}

static void put_unsigned(writer *w, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    put_bytes(w, digits, (size_t)n);
}

static void put_string(writer *w, const char *text)
{
    if (text == NULL) {
        put(w, "null");
        return;
    }
    put_bytes(w, "\"", 1);
    for (; *text != '\0'; text++) {
        char small[8];
        const char *escape = upbit__json_escape(*text, small);
        if (*escape != '\0')
            put(w, escape);
        else
            put_bytes(w, text, 1);
    }
    put_bytes(w, "\"", 1);
}

static void put_decimal(writer *w, const upbit_decimal *d)
{
    if (d->null) {
        put(w, "null");
        return;
    }
    char digits[UPBIT_DECIMAL_STRING_SIZE];
    size_t n = upbit_decimal_to_string(d, digits, sizeof digits);
    put_bytes(w, "\"", 1);
    put_bytes(w, digits, n);
    put_bytes(w, "\"", 1);
}

/* `,"name":`; the object's first member is always "type". */
static void put_name(writer *w, const char *name)
{
    put_bytes(w, ",\"", 2);
    put(w, name);
    put_bytes(w, "\":", 2);
}

static void put_named_integer(writer *w, const char *name, int64_t value)
{
    put_name(w, name);
    put_integer(w, value);
}

static void put_named_string(writer *w, const char *name, const char *value)
{
    put_name(w, name);
    put_string(w, value);
}

static void put_error(writer *w, const char *name, int32_t error)
{
    put_named_string(w, name, error == 0 ? NULL : upbit_error_name(error));
}

static void put_session(writer *w, uint32_t session)
{
    put_named_string(w, "session", session == UPBIT_SESSION_PRIVATE ? "private" : "public");
}

/* JSON from the wire, without the white space between its parts and without its last `cut` bytes.
 */
static void put_compact(writer *w, const char *json, size_t length, size_t cut)
{
    int text = 0;
    for (size_t i = 0; i + cut < length; i++) {
        char c = json[i];
        if (!text && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
            continue;
        put_bytes(w, &c, 1);
        if (text && c == '\\' && i + 1 < length)
            put_bytes(w, &json[++i], 1);
        else if (c == '"')
            text = !text;
    }
}

static void put_type_name(writer *w, int type, unsigned candle_unit)
{
    put(w, "\"");
    put(w, upbit_type_name(type));
    if (type == UPBIT_TYPE_CANDLE && upbit_candle_unit_name(candle_unit) != NULL) {
        put(w, ".");
        put(w, upbit_candle_unit_name(candle_unit));
    }
    put(w, "\"");
}

static void put_units(writer *w, const upbit_orderbook *b)
{
    static const upbit_book_row none = {{.null = 1}, {.null = 1}};
    uint32_t count = b->ask_count > b->bid_count ? b->ask_count : b->bid_count;
    put(w, "[");
    for (uint32_t i = 0; i < count; i++) {
        const upbit_book_row *ask = i < b->ask_count ? &b->asks[i] : &none;
        const upbit_book_row *bid = i < b->bid_count ? &b->bids[i] : &none;
        put(w, i == 0 ? "{\"ask_price\":" : ",{\"ask_price\":");
        put_decimal(w, &ask->price);
        put(w, ",\"bid_price\":");
        put_decimal(w, &bid->price);
        put(w, ",\"ask_size\":");
        put_decimal(w, &ask->size);
        put(w, ",\"bid_size\":");
        put_decimal(w, &bid->size);
        put(w, "}");
    }
    put(w, "]");
}

static void put_cost(writer *w, const upbit_asset_cost *c)
{
    if (!upbit_decimal_is_null(&c->avg_buy_price)) {
        put(w, ",\"avg_buy_price\":");
        put_decimal(w, &c->avg_buy_price);
        put(w, ",\"avg_buy_price_modified\":");
        put(w, c->avg_buy_price_modified ? "true" : "false");
    }
    if (c->unit_currency != NULL) {
        put(w, ",\"unit_currency\":");
        put_string(w, c->unit_currency);
    }
}

static void put_assets(writer *w, const upbit_my_asset *a)
{
    put(w, "[");
    for (uint32_t i = 0; i < a->asset_count; i++) {
        put(w, i == 0 ? "{\"currency\":" : ",{\"currency\":");
        put_string(w, a->assets[i].currency);
        put(w, ",\"balance\":");
        put_decimal(w, &a->assets[i].balance);
        put(w, ",\"locked\":");
        put_decimal(w, &a->assets[i].locked);
        if (a->costs != NULL)
            put_cost(w, &a->costs[i]);
        put(w, "}");
    }
    put(w, "]");
}

static void put_value(writer *w, const upbit_field *f, const upbit_event *e)
{
    const void *at = (const char *)e + f->offset;
    switch (f->kind) {
    case UPBIT_FIELD_DECIMAL:
        put_decimal(w, at);
        break;
    case UPBIT_FIELD_INT:
    case UPBIT_FIELD_TIMESTAMP:
        put_integer(w, *(const int64_t *)at);
        break;
    case UPBIT_FIELD_BOOL:
        put(w, *(const uint8_t *)at ? "true" : "false");
        break;
    case UPBIT_FIELD_STRING:
        put_string(w, *(const char *const *)at);
        break;
    case UPBIT_FIELD_CODE:
        put_string(w, at);
        break;
    case UPBIT_FIELD_STREAM:
        put_string(w, upbit_stream_name(e->stream));
        break;
    case UPBIT_FIELD_ENUM:
        put_string(w, upbit_field_enum_name(f, *(const uint8_t *)at));
        break;
    default:
        if (e->type == UPBIT_TYPE_ORDERBOOK)
            put_units(w, (const upbit_orderbook *)(const void *)e);
        else
            put_assets(w, (const upbit_my_asset *)(const void *)e);
        break;
    }
}

/* A type with a table. */
static void put_data(writer *w, const upbit__type_info *info, const upbit_event *e)
{
    put(w, "{\"type\":");
    put_type_name(w, e->type,
                  e->type == UPBIT_TYPE_CANDLE ? ((const upbit_candle *)(const void *)e)->unit : 0);
    for (uint32_t i = 1; i < info->count; i++) {
        const upbit_field *f = &info->fields[i];
        int has = upbit_event_has(e, i);
        if (has < 0)
            continue;
        /* A value of an enum that is not known stands in extra. */
        if ((f->kind == UPBIT_FIELD_ENUM || f->kind == UPBIT_FIELD_STREAM) &&
            *((const uint8_t *)e + f->offset) == 255)
            continue;
        put_name(w, f->name);
        if (has == 0)
            put(w, "null");
        else
            put_value(w, f, e);
    }
    if (e->extra != NULL && strlen(e->extra) > 2) {
        put(w, ",");
        put_bytes(w, e->extra + 1, strlen(e->extra) - 2);
    }
}

static void put_subscriptions(writer *w, const upbit_subscriptions_event *s)
{
    put_named_string(w, "method", s->method);
    put_name(w, "result");
    put(w, "[");
    for (uint32_t i = 0; i < s->row_count; i++) {
        const upbit_subscription_row *row = &s->rows[i];
        put(w, i == 0 ? "{\"type\":" : ",{\"type\":");
        put_string(w, row->type);
        for (uint32_t k = 0; k < row->code_count; k++) {
            put(w, k == 0 ? ",\"codes\":[" : ",");
            put_string(w, row->codes[k]);
        }
        put(w, row->code_count > 0 ? "]" : "");
        if (!row->level.null) {
            put_name(w, "level");
            put_decimal(w, &row->level);
        }
        put(w, "}");
    }
    put(w, "]");
    put_named_string(w, "ticket", s->ticket);
}

static const char *command_name(uint32_t command)
{
    static const char *const names[] = {
        "none", "subscribe", "unsubscribe", "replace", "unsubscribe_all", "snapshot", "cancel"};
    return command < sizeof names / sizeof names[0] ? names[command] : "unknown";
}

static const char *level_name(int32_t level)
{
    return level == UPBIT_HEALTH_HEALTHY    ? "healthy"
           : level == UPBIT_HEALTH_DEGRADED ? "degraded"
                                            : "critical";
}

static void put_state(writer *w, const upbit_state_event *s)
{
    put_session(w, s->session);
    put_named_string(w, "state", upbit_state_name((int)s->state));
    put_named_integer(w, "attempt", s->attempt);
    put_named_integer(w, "delay_ms", s->delay_ms);
    put_named_integer(w, "down_ms", s->down_ms);
    put_error(w, "error", s->error);
    put_name(w, "tls");
    put(w, s->tls ? "true" : "false");
}

static void put_error_event(writer *w, const upbit_error_event *x)
{
    put_name(w, "error");
    put(w, "{\"name\":");
    put_string(w, x->name);
    put_named_string(w, "message", x->message);
    put(w, "}");
    put_error(w, "reason", x->error);
    put_session(w, x->session);
    put_named_integer(w, "http_status", x->http_status);
    put_named_integer(w, "count", x->count);
}

/* A type without a table. */
static void put_other(writer *w, const upbit_event *e)
{
    const void *p = e;
    put(w, "{\"type\":");
    put_type_name(w, e->type, 0);
    if (e->code[0] != '\0')
        put_named_string(w, "code", e->code);
    switch (e->type) {
    case UPBIT_TYPE_STATE:
        put_state(w, p);
        break;
    case UPBIT_TYPE_RESTORED:
        put_session(w, ((const upbit_restored_event *)p)->session);
        put_named_integer(w, "down_ms", ((const upbit_restored_event *)p)->down_ms);
        put_named_integer(w, "attempts", ((const upbit_restored_event *)p)->attempts);
        put_named_integer(w, "times", ((const upbit_restored_event *)p)->times);
        break;
    case UPBIT_TYPE_HEALTH:
        put_session(w, ((const upbit_health_event *)p)->session);
        put_named_string(w, "level", level_name(((const upbit_health_event *)p)->level));
        put_named_string(w, "reason", ((const upbit_health_event *)p)->reason);
        break;
    case UPBIT_TYPE_EPOCH:
        put_session(w, ((const upbit_epoch_event *)p)->session);
        put_named_integer(w, "previous", ((const upbit_epoch_event *)p)->previous);
        break;
    case UPBIT_TYPE_REPLY:
        put_named_string(w, "command", command_name(((const upbit_reply *)p)->command));
        put_error(w, "error", ((const upbit_reply *)p)->error);
        put_named_string(w, "detail", ((const upbit_reply *)p)->detail);
        break;
    case UPBIT_TYPE_GAP:
        put_named_string(w, "lane", upbit_type_name((int)((const upbit_gap *)p)->lane_type));
        put_name(w, "count");
        put_unsigned(w, ((const upbit_gap *)p)->count);
        put_name(w, "first");
        put_unsigned(w, ((const upbit_gap *)p)->first);
        put_name(w, "last");
        put_unsigned(w, ((const upbit_gap *)p)->last);
        if (((const upbit_gap *)p)->count == 0) {
            put_named_integer(w, "after_ms", ((const upbit_gap *)p)->after_ms);
            put_named_integer(w, "before_ms", ((const upbit_gap *)p)->before_ms);
        }
        break;
    case UPBIT_TYPE_NO_DATA:
    case UPBIT_TYPE_STALE:
    case UPBIT_TYPE_FRESH:
    case UPBIT_TYPE_DELISTED:
    case UPBIT_TYPE_LISTED:
        put_name(w, "key");
        put_type_name(w, (int)((const upbit_key_event *)p)->key_type,
                      ((const upbit_key_event *)p)->candle_unit);
        put_name(w, "level");
        put_decimal(w, &((const upbit_key_event *)p)->level);
        put_named_integer(w, "age_ms", ((const upbit_key_event *)p)->age_ms);
        break;
    case UPBIT_TYPE_ERROR:
        put_error_event(w, p);
        break;
    case UPBIT_TYPE_CLOSED:
        put_error(w, "error", ((const upbit_closed_event *)p)->error);
        break;
    case UPBIT_TYPE_OVERFLOW:
        put_named_string(w, "lane",
                         upbit_type_name((int)((const upbit_overflow_event *)p)->lane_type));
        break;
    case UPBIT_TYPE_STATUS:
        put_named_string(w, "status", ((const upbit_status_event *)p)->status);
        break;
    case UPBIT_TYPE_SUBSCRIPTIONS:
        put_subscriptions(w, p);
        break;
    default:
        break;
    }
}

size_t upbit_event_to_json(const upbit_event *e, char *buffer, size_t size)
{
    writer w = {buffer, buffer != NULL ? size : 0, 0};
    if (e != NULL) {
        const upbit__type_info *info = upbit__type_table(e->type);
        const upbit_raw *raw = upbit_event_raw(e);
        if (info != NULL)
            put_data(&w, info, e);
        else if (raw != NULL)
            put_compact(&w, raw->text, raw->length, 1);
        else
            put_other(&w, e);
        put_named_integer(&w, "epoch", e->epoch);
        put_named_string(&w, "origin", upbit_origin_name(e->origin));
        put_named_integer(&w, "received_ns", e->received_wall_ns);
        put(&w, "}");
    }
    if (buffer != NULL && size > 0)
        buffer[w.length < size ? w.length : size - 1] = '\0';
    return w.length;
}
