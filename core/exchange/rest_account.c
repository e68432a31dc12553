#include "exchange/rest_account.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "exchange/request.h"
#include "upbit-live/error.h"

/* ---- paths ---- */

static int is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static int put(upbit__buffer *out, const char *text)
{
    return upbit__buffer_append_text(out, text);
}

static int put_escaped(upbit__buffer *out, const char *text)
{
    int error = 0;
    for (; error == 0 && *text != '\0'; text++) {
        char escaped[4];
        if (is_unreserved(*text))
            error = upbit__buffer_append(out, text, 1);
        else if (snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)*text) == 3)
            error = put(out, escaped);
    }
    return error;
}

/* The NUL behind the path; what was appended by a path that failed half-way is taken back. */
static int finish(upbit__buffer *out, size_t before, int error)
{
    if (error == 0)
        error = upbit__buffer_append(out, "", 1);
    if (error == 0)
        out->length--;
    else
        out->length = before;
    return error;
}

/* `head`, which ends where a parameter may follow, the market if there is one, `tail`. */
static int put_orders(upbit__buffer *out, const char *head, const char *code, const char *tail)
{
    size_t before = out->length;
    bool named = code != NULL && *code != '\0';
    if (named && !upbit__code_check(code))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int error = put(out, head);
    if (error == 0 && named && (error = put(out, "market=")) == 0 && (error = put(out, code)) == 0)
        error = put(out, "&");
    if (error == 0)
        error = put(out, tail);
    return finish(out, before, error);
}

int upbit__rest_path_accounts(upbit__buffer *out)
{
    return put_orders(out, "/accounts", NULL, "");
}

int upbit__rest_path_orders_open(upbit__buffer *out, const char *code, unsigned page)
{
    char tail[96];
    if (page == 0)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    snprintf(tail, sizeof tail, "states%%5B%%5D=wait&states%%5B%%5D=watch&page=%u&limit=%d", page,
             UPBIT__REST_OPEN_MAX);
    return put_orders(out, "/orders/open?", code, tail);
}

int upbit__rest_path_orders_closed(upbit__buffer *out, const char *code, unsigned count,
                                   int64_t start_ms, int64_t end_ms)
{
    char tail[160];
    if (count == 0 || count > UPBIT__REST_CLOSED_MAX || start_ms < 0 || end_ms < 0 ||
        start_ms >= UPBIT__YEAR_2100_MS || end_ms >= UPBIT__YEAR_2100_MS ||
        (end_ms != 0 && start_ms > end_ms))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    int n = snprintf(tail, sizeof tail, "states%%5B%%5D=done&states%%5B%%5D=cancel");
    if (start_ms > 0)
        n += snprintf(tail + n, sizeof tail - (size_t)n, "&start_time=%lld", (long long)start_ms);
    if (end_ms > 0)
        n += snprintf(tail + n, sizeof tail - (size_t)n, "&end_time=%lld", (long long)end_ms);
    snprintf(tail + n, sizeof tail - (size_t)n, "&limit=%u", count);
    return put_orders(out, "/orders/closed?", code, tail);
}

int upbit__rest_path_orders_closed_since(upbit__buffer *out, int64_t start_ms)
{
    char tail[160];
    if (start_ms <= 0 || start_ms >= UPBIT__YEAR_2100_MS)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    snprintf(tail, sizeof tail,
             "states%%5B%%5D=done&states%%5B%%5D=cancel&start_time=%lld&limit=%d&order_by=asc",
             (long long)start_ms, UPBIT__REST_CLOSED_MAX);
    return put_orders(out, "/orders/closed?", NULL, tail);
}

int upbit__rest_uuid_check(const char *uuid)
{
    size_t n = 0;
    for (; uuid[n] != '\0'; n++)
        if (n == 64 || !is_unreserved(uuid[n]) || uuid[n] == '.' || uuid[n] == '_' ||
            uuid[n] == '~')
            return 0;
    return n > 0;
}

int upbit__rest_identifier_check(const char *identifier)
{
    size_t n = 0;
    for (; identifier[n] != '\0'; n++)
        if (n == UPBIT__REST_IDENTIFIER_MAX || (unsigned char)identifier[n] < ' ' ||
            identifier[n] == 0x7f)
            return 0;
    return n > 0;
}

int upbit__rest_path_order(upbit__buffer *out, const char *uuid, const char *identifier)
{
    if ((uuid == NULL) == (identifier == NULL) || (uuid != NULL && !upbit__rest_uuid_check(uuid)) ||
        (identifier != NULL && !upbit__rest_identifier_check(identifier)))
        return UPBIT_ERROR_INVALID_ARGUMENT;
    size_t before = out->length;
    int error = put(out, uuid != NULL ? "/order?uuid=" : "/order?identifier=");
    if (error == 0)
        error = put_escaped(out, uuid != NULL ? uuid : identifier);
    return finish(out, before, error);
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

int upbit__query_decode(char *out, size_t room, const char *path)
{
    const char *from = strchr(path, '?');
    size_t n = 0;
    if (room == 0)
        return UPBIT_ERROR_LIMIT;
    for (from = from != NULL ? from + 1 : ""; *from != '\0'; from++) {
        char c = *from;
        if (c == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
            c = (char)(hex(from[1]) * 16 + hex(from[2]));
            from += 2;
        }
        if (n + 1 >= room)
            return UPBIT_ERROR_LIMIT;
        out[n++] = c;
    }
    out[n] = '\0';
    return 0;
}

/* ---- bodies ---- */

void upbit__rest_error_name(char *out, size_t room, const char *body, size_t length)
{
    out[0] = '\0';
    if (upbit__rest_error(body, length, out, room) == UPBIT_ERROR_EXCHANGE)
        out[strcspn(out, ":")] = '\0';
    else
        out[0] = '\0';
}

/* What was carried on for a field whose text the stream would not have sent; NULL: nothing. */
static upbit__extra *carried(upbit__decoder *d, int field)
{
    for (size_t i = 0; i < d->extra_count; i++)
        if (d->extras[i].field == field)
            return &d->extras[i];
    return NULL;
}

static bool value_is(const upbit__extra *x, const char *text)
{
    return x->length == strlen(text) && memcmp(x->value, text, x->length) == 0;
}

/* Two digits; -1: they are none. */
static int two(const char *p)
{
    bool digits = p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
    return digits ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

/* "2024-06-13T10:28:36+09:00", with or without a fraction, or with Z; quotes around it. -1: no
 * such time. */
static int64_t read_time(const upbit__extra *x)
{
    char text[48], second[20];
    if (x->length < 22 || x->length - 2 >= sizeof text || x->value[0] != '"')
        return -1;
    memcpy(text, x->value + 1, x->length - 2);
    text[x->length - 2] = '\0';
    memcpy(second, text, 19);
    second[19] = '\0';
    int64_t ms = upbit__parse_utc(second), unit = 100;
    const char *p = text + 19;
    if (ms < 0)
        return -1;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
            ms += (*p - '0') * unit;
    if (strcmp(p, "Z") == 0)
        return ms;
    if ((*p != '+' && *p != '-') || strlen(p) != 6 || p[3] != ':')
        return -1;
    int hours = two(p + 1), minutes = two(p + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return -1;
    int64_t offset = (hours * 60 + minutes) * 60000LL;
    return *p == '+' ? ms - offset : ms + offset;
}

void upbit__rest_complete_order(upbit__decoder *d)
{
    upbit_my_order *o = &d->my_order;
    upbit_event *e = &o->event;
    upbit__extra *side = carried(d, UPBIT__ORDER_SIDE_INDEX);
    if (side != NULL && (value_is(side, "\"ask\"") || value_is(side, "\"bid\""))) {
        o->ask_bid = value_is(side, "\"ask\"") ? UPBIT_SIDE_ASK : UPBIT_SIDE_BID;
        upbit__decoder_drop_extra(d, UPBIT__ORDER_SIDE_INDEX);
    }
    const uint64_t time = 1ULL << UPBIT__ORDER_TIME_INDEX;
    if (!(e->present & ~e->nulls & time)) {
        const upbit__extra *x = carried(d, UPBIT__ORDER_TIME_INDEX);
        int64_t ms = x != NULL ? read_time(x) : -1;
        if (ms < 0) {
            upbit__decoder_refuse(d, "created_at",
                                  x != NULL ? "is not a time as yyyy-MM-ddTHH:mm:ss+09:00"
                                            : "is missing");
            return;
        }
        o->order_timestamp = ms;
        e->present |= time;
        e->nulls &= ~time;
        upbit__decoder_drop_extra(d, UPBIT__ORDER_TIME_INDEX);
    }
}

/* What upbit__decode_assets does not read of a row. */
static const char *read_cost(upbit__decoder *d, const char *p, upbit_asset_cost *out)
{
    upbit__json *r = &d->json;
    int more;
    *out = (upbit_asset_cost){.avg_buy_price.null = 1};
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        int state = UPBIT__VALUE_OK;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        if (upbit__span_is(&key, "avg_buy_price"))
            p = upbit__decode_decimal(d, p, &out->avg_buy_price, &state);
        else if (upbit__span_is(&key, "avg_buy_price_modified"))
            p = upbit__decode_bool(d, p, &out->avg_buy_price_modified, &state);
        else if (upbit__span_is(&key, "unit_currency"))
            p = upbit__decode_text(d, p, &out->unit_currency, &state);
        else
            p = upbit__json_skip(r, p, 0);
        if (state != UPBIT__VALUE_OK && upbit__span_is(&key, "avg_buy_price"))
            out->avg_buy_price = (upbit_decimal){.null = 1};
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    return p;
}

const char *upbit__rest_accounts(upbit__decoder *d, const char *p)
{
    upbit__json *r = &d->json;
    const char *start = p, *end = r->end, *limit = r->limit;
    upbit_event *e = &d->my_asset.event;
    d->simple = 0;
    p = upbit__decode_assets(d, p);
    d->my_asset.asset_uuid = NULL;
    d->my_asset.asset_timestamp = 0;
    e->exchange_ms = 0;
    e->nulls = 0;
    e->present = 1ULL << UPBIT__FIELD_TYPE_INDEX | 1ULL << UPBIT__ASSET_ROWS_INDEX;
    if (p == NULL || d->refusal[0] != '\0')
        return p;
    if (d->cost_capacity < d->my_asset.asset_count) {
        upbit_asset_cost *costs = realloc(d->costs, d->my_asset.asset_count * sizeof *costs);
        if (costs == NULL) {
            d->no_memory = 1;
            return NULL;
        }
        d->costs = costs;
        d->cost_capacity = d->my_asset.asset_count;
    }
    int more;
    r->end = end; /* a turn since then is undone: the text itself is still there */
    r->limit = limit;
    p = upbit__json_open(r, start, ']', &more);
    while (p != NULL && more) {
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        p = read_cost(d, p, &d->costs[d->cost_count++]);
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
    }
    return p;
}
