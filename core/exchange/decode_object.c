/* One object of a message: which type it is, and its members into the scratch. */
#include <string.h>

#include "exchange/decoder.h"
#include "upbit-live/market.h"

int64_t upbit__parse_utc(const char *s)
{
    /* Eight characters at once. Less its shape a digit is its value and all else 0; more, added to
     * that, reaches the top bit from 10 and from 1. The last word has four of the one before it. */
    static const char shape[] = "0000-00-00T00:00:00";
    static const char more[] = "vvvv\x7Fvv\x7Fvv\x7Fvv\x7Fvv\x7Fvv";
    static const uint8_t from[3] = {0, 8, 11}, at[6] = {0, 5, 8, 11, 14, 17};
    uint8_t digit[sizeof shape];
    uint64_t bad = 0;
    if (strnlen(s, sizeof shape) != sizeof shape - 1)
        return -1;
    for (unsigned i = 0; i < 3; i++) {
        uint64_t x, y;
        memcpy(&x, s + from[i], sizeof x);
        memcpy(&y, shape + from[i], sizeof y);
        x ^= y;
        memcpy(digit + from[i], &x, sizeof x);
        memcpy(&y, more + from[i], sizeof y);
        bad |= x | (x + y);
    }
    if ((bad & 0x8080808080808080ULL) != 0)
        return -1;
    int64_t v[6] = {0};
    for (unsigned i = 0; i < 6; i++)
        v[i] = digit[at[i]] * INT64_C(10) + digit[at[i] + 1];
    int64_t year = v[0] * 100 + digit[2] * INT64_C(10) + digit[3], month = v[1], day = v[2];
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || v[3] > 23 || v[4] > 59 ||
        v[5] > 60)
        return -1;
    /* Days since 1970-01-01 with years that begin in March. */
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 +
                   (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1 - 719468;
    return ((days * 24 + v[3]) * 60 + v[4]) * 60000 + v[5] * 1000;
}

/* What the table does not know about a candle. */
static void complete_candle(upbit__decoder *d)
{
    if (d->candle.candle_date_time_utc == NULL)
        return;
    d->candle.unit = d->candle_unit;
    d->candle.start_ms = upbit__parse_utc(d->candle.candle_date_time_utc);
    if (d->candle.start_ms < 0)
        upbit__decoder_refuse(d, "candle_date_time_utc", "is not a time as yyyy-MM-ddTHH:mm:ss");
}

int upbit__decoder_unit(upbit__decoder *d, const char *p)
{
    /* The stream is mostly of one unit or two: the one before it is asked for first. */
    if (d->candle_length > 0 && memcmp(p, d->candle_name, d->candle_length) == 0)
        return 1;
    char unit[8];
    memcpy(unit, p, sizeof unit);
    char *end = memchr(unit, '"', sizeof unit);
    if (end == NULL)
        return 0;
    *end = '\0';
    d->candle_unit = upbit_candle_unit_from_name(unit);
    d->candle_length = 0;
    if (d->candle_unit == UPBIT_CANDLE_NONE)
        return 0;
    d->candle_length = (unsigned)(end - unit) + 1;
    memcpy(d->candle_name, p, sizeof d->candle_name);
    return 1;
}

/* The type whose name and closing quote stand at p, 16 bytes of which are readable. */
static int type_of(upbit__decoder *d, const char *p)
{
#define IS(name) (memcmp(p, name "\"", sizeof(name)) == 0)
    if (IS("orderbook"))
        return UPBIT_TYPE_ORDERBOOK;
    if (IS("trade"))
        return UPBIT_TYPE_TRADE;
    if (IS("ticker"))
        return UPBIT_TYPE_TICKER;
    if (memcmp(p, "candle.", 7) == 0) {
        return upbit__decoder_unit(d, p + 7) ? UPBIT_TYPE_CANDLE : UPBIT_TYPE_RAW;
    }
    if (IS("myOrder"))
        return UPBIT_TYPE_MY_ORDER;
    if (IS("myAsset"))
        return UPBIT_TYPE_MY_ASSET;
    if (IS("announcement"))
        return UPBIT_TYPE_ANNOUNCEMENT;
#undef IS
    return UPBIT_TYPE_RAW;
}

/* The members that say what the object is, wherever they stand; the last of each counts. Checks the
 * whole object on the way. */
static const char *survey(upbit__decoder *d, const char *p, int *typed)
{
    upbit__json *r = &d->json;
    int more;
    *typed = 0;
    d->type_name = d->error = d->status = d->method = (upbit__span){NULL, 0, 0};
    p = upbit__json_open(r, p, '}', &more);
    while (p != NULL && more) {
        upbit__span key;
        p = upbit__json_key(r, p, &key);
        if (p == NULL)
            return NULL;
        const char *value = p;
        p = upbit__json_skip(r, p, d->depth);
        if (p == NULL)
            return NULL;
        upbit__span all = {value, (size_t)(p - value), 0};
        int simple = upbit__span_is(&key, "ty");
        if (simple || upbit__span_is(&key, "type")) {
            *typed = 1;
            d->simple = simple;
            d->type_name = (upbit__span){NULL, 0, 0};
            if (*value == '"')
                upbit__json_string(r, value, &d->type_name);
        } else if (upbit__span_is(&key, "error")) {
            d->error = all;
        } else if (upbit__span_is(&key, "status")) {
            d->status = all;
        } else if (upbit__span_is(&key, "method") || upbit__span_is(&key, "mthd")) {
            d->method = all;
        }
        p = upbit__json_next(r, p, '}', &more);
    }
    return p;
}

/* An object whose type stands first, as in every message seen so far. Leaves d->type 0 when it is
 * not that; NULL: not JSON, or no memory. */
static const char *usual_object(upbit__decoder *d, const char *p)
{
    upbit__json *r = &d->json;
    if (r->limit - p < 48)
        return p;
    if (memcmp(p, "{\"type\":\"", 9) == 0)
        d->simple = 0;
    else if (memcmp(p, "{\"ty\":\"", 7) == 0)
        d->simple = 1;
    else
        return p;
    const char *name = p + (d->simple ? 7 : 9);
    int type = type_of(d, name);
    if (type == UPBIT_TYPE_RAW)
        return p;
    const char *quote = memchr(name, '"', 16);
    if (quote[1] != ',')
        return p;
    d->type = type;
    d->type_name = (upbit__span){name, (size_t)(quote - name), 0};
    return d->members(d, upbit__type_table(type), quote + 2, 1, 1);
}

/* Any other object: looked through first, then taken apart. */
static const char *unusual_object(upbit__decoder *d, const char *p)
{
    int typed;
    const char *end = survey(d, p, &typed);
    if (end == NULL)
        return NULL;
    d->object = p;
    d->object_end = end;
    char name[32] = "";
    if (d->type_name.at != NULL && d->type_name.length < sizeof name)
        name[upbit__json_unescape(name, &d->type_name)] = '"';
    int type = type_of(d, name);
    if (type != UPBIT_TYPE_RAW) {
        d->type = type;
        return d->members(d, upbit__type_table(type), p + 1, 0, 0);
    }
    if (d->error.at != NULL && d->error.at[0] == '{')
        d->type = UPBIT_TYPE_ERROR;
    else if (!typed && d->status.at != NULL)
        d->type = UPBIT_TYPE_STATUS;
    else if (!typed && d->method.at != NULL)
        d->type = UPBIT_TYPE_SUBSCRIPTIONS;
    else if (d->type_name.at != NULL)
        d->type = UPBIT_TYPE_RAW;
    else
        upbit__decoder_refuse(d, "type", typed ? "is not a text" : "is missing");
    if (d->type != 0 && !upbit__other_prepare(d))
        return NULL;
    return end;
}

void upbit__decoder_start(upbit__decoder *d, unsigned depth)
{
    d->refusal[0] = '\0';
    d->extra_count = 0;
    d->text_length = 0;
    d->cost_count = 0;
    d->retry = 0;
    d->type = 0;
    d->depth = depth;
}

void upbit__decoder_finish(upbit__decoder *d)
{
    if (d->type == UPBIT_TYPE_CANDLE)
        complete_candle(d);
    if (d->refusal[0] != '\0')
        d->type = 0;
}

const char *upbit__decode_object(upbit__decoder *d, const char *p, unsigned depth)
{
    upbit__json *r = &d->json;
    upbit__decoder_start(d, depth);
    const char *end = r->end, *limit = r->limit;
    const char *after = usual_object(d, p);
    if (after != NULL && (d->type == 0 || d->retry)) {
        /* A turn since then is undone: the text itself is still there. */
        r->end = end;
        r->limit = limit;
        upbit__decoder_start(d, depth);
        after = unusual_object(d, p);
    }
    if (after != NULL)
        upbit__decoder_finish(d);
    return after;
}
