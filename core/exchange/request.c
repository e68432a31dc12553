#include "exchange/request.h"

#include <stdio.h>
#include <string.h>

#include "exchange/json_write.h"
#include "upbit-live/market.h"

static int put(upbit__buffer *out, const char *text)
{
    return upbit__buffer_append_text(out, text);
}

static int put_string(upbit__buffer *out, const char *text)
{
    int error = put(out, "\"");
    for (; error == 0 && *text != '\0'; text++) {
        char small[8];
        const char *escape = upbit__json_escape(*text, small);
        error = *escape != '\0' ? put(out, escape) : upbit__buffer_append(out, text, 1);
    }
    return error != 0 ? error : put(out, "\"");
}

const char *upbit__format_name(int format)
{
    switch (format) {
    case UPBIT_FORMAT_SIMPLE:
        return "SIMPLE";
    case UPBIT_FORMAT_JSON_LIST:
        return "JSON_LIST";
    case UPBIT_FORMAT_SIMPLE_LIST:
        return "SIMPLE_LIST";
    default:
        return "DEFAULT";
    }
}

int upbit__code_check(const char *code)
{
    if (code == NULL)
        return 0;
    size_t length = 0, dash = 0;
    for (; code[length] != '\0'; length++) {
        char c = code[length];
        if (length >= 23)
            return 0;
        if (c == '-') {
            if (dash != 0 || length == 0)
                return 0;
            dash = length;
        } else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            return 0;
        }
    }
    return dash > 0 && dash + 1 < length;
}

static const char *type_name(const upbit__request_item *item, char buffer[24])
{
    const char *unit;
    switch (item->type) {
    case UPBIT_TYPE_TICKER:
    case UPBIT_TYPE_TRADE:
    case UPBIT_TYPE_ORDERBOOK:
    case UPBIT_TYPE_MY_ORDER:
    case UPBIT_TYPE_MY_ASSET:
    case UPBIT_TYPE_ANNOUNCEMENT:
        return upbit_type_name(item->type);
    case UPBIT_TYPE_CANDLE:
        unit = upbit_candle_unit_name(item->candle_unit);
        if (unit == NULL)
            return NULL;
        snprintf(buffer, 24, "candle.%s", unit);
        return buffer;
    default:
        return NULL;
    }
}

static int makes_sense(const upbit__request_item *item)
{
    char buffer[24];
    if (type_name(item, buffer) == NULL)
        return 0;
    for (size_t i = 0; i < item->code_count; i++)
        if (!upbit__code_check(item->codes[i].code))
            return 0;
    switch (item->type) {
    case UPBIT_TYPE_MY_ORDER:
        return 1;
    case UPBIT_TYPE_MY_ASSET: /* the exchange answers codes with WRONG_FORMAT and hangs up */
    case UPBIT_TYPE_ANNOUNCEMENT:
        return item->code_count == 0;
    default: /* an empty list would mean all */
        return item->code_count > 0;
    }
}

static int put_item(upbit__buffer *out, const upbit__request_item *item)
{
    char small[UPBIT_DECIMAL_STRING_SIZE];
    int error = put(out, ",{\"type\":");
    if (error == 0)
        error = put_string(out, type_name(item, small));
    for (size_t i = 0; error == 0 && i < item->code_count; i++) {
        char code[40];
        const upbit__request_code *c = &item->codes[i];
        if (c->depth > 0 && item->type == UPBIT_TYPE_ORDERBOOK)
            snprintf(code, sizeof code, "%.23s.%u", c->code, c->depth);
        else
            snprintf(code, sizeof code, "%.23s", c->code);
        error = put(out, i == 0 ? ",\"codes\":[" : ",");
        if (error == 0)
            error = put_string(out, code);
    }
    if (error == 0 && item->code_count > 0)
        error = put(out, "]");
    if (error == 0 && item->type == UPBIT_TYPE_ORDERBOOK && upbit_decimal_sign(&item->level) != 0) {
        error = put(out, ",\"level\":");
        upbit_decimal_to_string(&item->level, small, sizeof small);
        if (error == 0)
            error = put(out, small);
    }
    if (error == 0 && item->type == UPBIT_TYPE_ANNOUNCEMENT)
        error = put(out, ",\"include_body\":true");
    if (error == 0 && (item->flags & UPBIT__REQUEST_SNAPSHOT_ONLY))
        error = put(out, ",\"is_only_snapshot\":true");
    if (error == 0 && (item->flags & UPBIT__REQUEST_REALTIME_ONLY))
        error = put(out, ",\"is_only_realtime\":true");
    return error != 0 ? error : put(out, "}");
}

static int put_start(upbit__buffer *out, const char *ticket)
{
    int error = put(out, "[{\"ticket\":");
    if (error == 0)
        error = put_string(out, ticket);
    return error != 0 ? error : put(out, "}");
}

/* Always last, always there: the documents ask for both. */
static int put_format(upbit__buffer *out, int format)
{
    int error = put(out, ",{\"format\":");
    if (error == 0)
        error = put_string(out, upbit__format_name(format));
    return error != 0 ? error : put(out, "}]");
}

/* What was appended by a request that failed half-way is taken back. */
static int finish(upbit__buffer *out, size_t before, int error)
{
    if (error != 0)
        out->length = before;
    return error;
}

int upbit__request_write(upbit__buffer *out, const char *ticket, const upbit__request_item *items,
                         size_t count, int format)
{
    for (size_t i = 0; i < count; i++)
        if (!makes_sense(&items[i]))
            return UPBIT_ERROR_INVALID_ARGUMENT;
    size_t before = out->length;
    int error = put_start(out, ticket);
    for (size_t i = 0; error == 0 && i < count; i++)
        error = put_item(out, &items[i]);
    if (error == 0)
        error = put_format(out, format);
    return finish(out, before, error);
}

int upbit__request_write_list(upbit__buffer *out, const char *ticket, int format)
{
    size_t before = out->length;
    int error = put_start(out, ticket);
    if (error == 0)
        error = put(out, ",{\"method\":\"LIST_SUBSCRIPTIONS\"}");
    if (error == 0)
        error = put_format(out, format);
    return finish(out, before, error);
}
