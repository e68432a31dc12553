/* The rows of a REST answer as events, by the stream's own decoder. */
#include <stdbool.h>
#include <stdio.h>

#include "exchange/decoder.h"
#include "exchange/rest_account.h"
#include "exchange/rest_shapes.h"

/* What the library stamps on a row, or reads out of its other fields, counts as present: the event
 * is then like the one the stream would have sent. */
static uint64_t field_bit(const upbit__type_info *info, int kind)
{
    for (unsigned i = 0; i < info->count; i++)
        if (info->fields[i].kind == kind)
            return 1ULL << i;
    return 0;
}

/* timestamp is the trade's time, change_price has the sign. */
static void complete_trade(upbit_trade *t)
{
    upbit_event *e = &t->event;
    const uint64_t time = 1ULL << UPBIT__TRADE_TIMESTAMP_INDEX;
    const uint64_t change = 1ULL << UPBIT__TRADE_CHANGE_INDEX;
    if (!(e->present & ~e->nulls & time)) {
        t->trade_timestamp = e->exchange_ms;
        e->present |= time;
        e->nulls &= ~time;
    }
    if (t->change_price.null)
        return;
    if (!(e->present & ~e->nulls & change)) {
        int sign = upbit_decimal_sign(&t->change_price);
        t->change = sign > 0 ? UPBIT_CHANGE_RISE : sign < 0 ? UPBIT_CHANGE_FALL : UPBIT_CHANGE_EVEN;
        e->present |= change;
        e->nulls &= ~change;
    }
    t->change_price.negative = 0;
}

/* Whether the value of a row's `unit`, minutes, is that of the unit asked for. */
static int is_unit(const upbit__extra *x, unsigned unit)
{
    const char *at = x->value;
    size_t length = x->length;
    upbit_decimal value, wanted;
    if (length >= 2 && *at == '"') {
        at++;
        length -= 2;
    }
    return upbit__decimal_read(&value, at, length) == 0 &&
           upbit_decimal_from_int64(&wanted, unit / 60, 0) == 0 &&
           upbit_decimal_compare(&value, &wanted) == 0;
}

static int key_is(const upbit__extra *x, const char *name)
{
    return x->field < 0 && x->key_length == strlen(name) &&
           memcmp(x->key, name, x->key_length) == 0;
}

/* Members that say again what fields say are not carried on. */
static void drop_known(upbit__decoder *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->extra_count; i++) {
        const upbit__extra *x = &d->extras[i];
        if (d->type == UPBIT_TYPE_TICKER &&
            (key_is(x, "trade_date_kst") || key_is(x, "trade_time_kst")))
            continue;
        if (d->type == UPBIT_TYPE_CANDLE && key_is(x, "unit")) {
            /* Seconds are no whole minutes; what is said of them counts as little as null. */
            if (d->candle_unit >= 60 && x->value[0] != 'n' && !is_unit(x, d->candle_unit))
                upbit__decoder_refuse(d, "unit", "is not the one asked for");
            continue;
        }
        d->extras[kept++] = *x;
    }
    d->extra_count = kept;
}

/* One element of the array. NULL: no memory; the JSON is known to be good. */
static const char *read_row(upbit__decoder *d, const char *p, int type,
                            const upbit__type_info *info, uint64_t stream, unsigned depth)
{
    upbit__json *r = &d->json;
    int more = 0;
    upbit__decoder_start(d, depth);
    if (*p != '{') {
        snprintf(d->refusal, sizeof d->refusal, "is not an object");
        return upbit__json_skip(r, p, depth - 1);
    }
    p = upbit__json_open(r, p, '}', &more);
    if (!more) {
        upbit__decoder_refuse(d, "market", "is missing");
        return p;
    }
    d->type = type;
    d->type_name = (upbit__span){info->name, strlen(info->name), 0};
    d->simple = 0;
    p = d->members(d, info, p, UPBIT__FIELD_CODE_INDEX, 1ULL << UPBIT__FIELD_TYPE_INDEX);
    if (p == NULL)
        return NULL;
    drop_known(d);
    if (type == UPBIT_TYPE_TRADE)
        complete_trade(&d->trade);
    else if (type == UPBIT_TYPE_MY_ORDER)
        upbit__rest_complete_order(d);
    upbit_event *e = upbit__decoder_payload(d, type);
    e->stream = UPBIT_STREAM_SNAPSHOT;
    e->present |= stream;
    e->nulls &= ~stream;
    upbit__decoder_finish(d);
    return p;
}

static int decode_rows(upbit__decoder *d, const char *p, int type, const upbit__decode_output *out,
                       size_t *bad, char *reason, size_t reason_size)
{
    upbit__json *r = &d->json;
    const upbit__type_info *info = upbit__rest_table(type);
    const uint64_t stream = field_bit(info, UPBIT_FIELD_STREAM);
    int more, events = 0;
    p = upbit__json_open(r, p, ']', &more);
    for (size_t row = 1; more; row++) {
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        p = read_row(d, p, type, info, stream, 2);
        if (p != NULL)
            p = upbit__json_next(r, p, ']', &more);
        if (p == NULL)
            return upbit__decoder_fail(d, reason, reason_size);
        if (d->type == 0) {
            if (*bad == 0 && reason != NULL && reason_size > 0)
                snprintf(reason, reason_size, "row %zu: %s", row, d->refusal);
            ++*bad;
            continue;
        }
        if (!upbit__decoder_emit(d, out))
            return upbit__decoder_fail(d, reason, reason_size);
        events++;
    }
    return events;
}

/* An object that is no error. Its JSON is checked afterwards. */
static bool is_order(upbit__json *r, const char *p)
{
    bool order = false;
    int more;
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            break;
        order = order || upbit__span_is(&key, "uuid");
        p = upbit__json_skip(r, p, 1);
        if (p != NULL)
            p = upbit__json_next(r, p, '}', &more);
    }
    return order;
}

static int refuse(upbit__decoder *d, size_t *bad, char *reason, size_t reason_size)
{
    *bad = 1;
    if (reason != NULL && reason_size > 0)
        snprintf(reason, reason_size, "%s", d->refusal);
    return 0;
}

/* The one order of /order, which is no array. */
static int decode_single(upbit__decoder *d, const char *p, const upbit__decode_output *out,
                         size_t *bad, char *reason, size_t reason_size)
{
    const upbit__type_info *info = upbit__rest_table(UPBIT_TYPE_MY_ORDER);
    if (upbit__json_near_end(&d->json, p, UPBIT__JSON_AHEAD))
        p = upbit__json_turn(&d->json, p);
    p = read_row(d, p, UPBIT_TYPE_MY_ORDER, info, field_bit(info, UPBIT_FIELD_STREAM), 1);
    if (p == NULL)
        return upbit__decoder_fail(d, reason, reason_size);
    if (d->type == 0)
        return refuse(d, bad, reason, reason_size);
    return upbit__decoder_emit(d, out) ? 1 : upbit__decoder_fail(d, reason, reason_size);
}

/* All accounts are one event. */
static int decode_accounts(upbit__decoder *d, const char *p, const upbit__decode_output *out,
                           size_t *bad, char *reason, size_t reason_size)
{
    const uint64_t stream = field_bit(upbit__type_table(UPBIT_TYPE_MY_ASSET), UPBIT_FIELD_STREAM);
    upbit__decoder_start(d, 0);
    if (upbit__rest_accounts(d, p) == NULL)
        return upbit__decoder_fail(d, reason, reason_size);
    if (d->refusal[0] != '\0')
        return refuse(d, bad, reason, reason_size);
    d->type = UPBIT_TYPE_MY_ASSET;
    d->my_asset.event.stream = UPBIT_STREAM_SNAPSHOT;
    d->my_asset.event.present |= stream;
    return upbit__decoder_emit(d, out) ? 1 : upbit__decoder_fail(d, reason, reason_size);
}

int upbit__rest_decode(upbit__decoder *d, int type, unsigned unit, const char *body, size_t length,
                       const upbit__decode_output *out, size_t *bad, char *reason,
                       size_t reason_size)
{
    size_t refused = 0;
    if (bad == NULL)
        bad = &refused;
    *bad = 0;
    int error = upbit__decoder_begin(d, body, length, reason, reason_size);
    if (error < 0)
        return error;
    if ((upbit__rest_table(type) == NULL && type != UPBIT_TYPE_MY_ASSET) ||
        (type == UPBIT_TYPE_CANDLE && upbit_candle_unit_name(unit) == NULL)) {
        if (reason != NULL && reason_size > 0)
            snprintf(reason, reason_size, "no such type or unit");
        return UPBIT_ERROR_INVALID_ARGUMENT;
    }
    d->candle_unit = unit;
    d->candle_length = 0; /* the stream's is another */
    upbit__json *r = &d->json;
    const char *p = upbit__json_space(r, body);
    bool single = type == UPBIT_TYPE_MY_ORDER && p < r->end && *p == '{' && is_order(r, p);
    if (p == r->end || (*p != '[' && !single))
        return upbit__rest_error(body, length, reason, reason_size);
    /* All or nothing: who asked cannot use the half of an answer that was cut off. */
    const char *end = upbit__json_skip(r, p, 0);
    if (end != NULL && upbit__json_space(r, end) != r->end)
        end = upbit__json_fail(r, end, "something follows the answer");
    if (end == NULL)
        return upbit__decoder_fail(d, reason, reason_size);
    upbit__json_begin(r, body, length);
    if (single)
        return decode_single(d, p, out, bad, reason, reason_size);
    if (type == UPBIT_TYPE_MY_ASSET)
        return decode_accounts(d, p, out, bad, reason, reason_size);
    return decode_rows(d, p, type, out, bad, reason, reason_size);
}
