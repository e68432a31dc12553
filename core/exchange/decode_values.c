/* One value of each kind, however it is spelt: what the quick paths leave. */
#include "exchange/decode_quick.h"

/* Behind null, a number or a string with a number in it; the text of the number in *text. */
static const char *number_text(upbit__decoder *d, const char *p, upbit__span *text, int *state)
{
    upbit__json *r = &d->json;
    *state = UPBIT__VALUE_OK;
    if (p < r->end && (*p == '-' || (*p >= '0' && *p <= '9'))) {
        const char *end = upbit__json_number(r, p);
        if (end != NULL)
            *text = (upbit__span){p, (size_t)(end - p), 0};
        return end;
    }
    if (p < r->end && *p == '"') {
        const char *end = upbit__json_string(r, p, text);
        if (end != NULL && text->escaped)
            *state = UPBIT__VALUE_BAD;
        return end;
    }
    *state = p < r->end && *p == 'n' ? UPBIT__VALUE_NULL : UPBIT__VALUE_BAD;
    return upbit__json_skip(r, p, d->depth);
}

const char *upbit__decode_decimal(upbit__decoder *d, const char *p, upbit_decimal *out, int *state)
{
    if (d->json.limit - p >= UPBIT__SCAN_BYTES) {
        const char *end = upbit__decimal_scan(out, p);
        if (end != NULL) {
            *state = UPBIT__VALUE_OK;
            return end;
        }
    }
    upbit__span text;
    p = number_text(d, p, &text, state);
    if (p == NULL || *state != UPBIT__VALUE_OK) {
        *out = (upbit_decimal){.null = 1};
        return p;
    }
    if (upbit__decimal_read(out, text.at, text.length) != 0)
        *state = UPBIT__VALUE_BAD;
    return p;
}

/* Also `1.0` and `1.7E12`, as long as the value is an integer that fits. */
const char *upbit__decode_integer(upbit__decoder *d, const char *p, int64_t *out, int *state)
{
    if (d->json.limit - p >= UPBIT__SCAN_BYTES) {
        const char *end = upbit__integer_scan(out, p);
        if (end != NULL) {
            *state = UPBIT__VALUE_OK;
            return end;
        }
    }
    upbit_decimal value;
    *out = 0;
    p = upbit__decode_decimal(d, p, &value, state);
    if (p == NULL || *state != UPBIT__VALUE_OK)
        return p;
    uint64_t most = (uint64_t)INT64_MAX + (value.negative ? 1 : 0);
    if (value.exponent != 0 || value.hi != 0 || value.lo > most)
        *state = UPBIT__VALUE_BAD;
    else
        *out = (int64_t)(value.negative ? 0 - value.lo : value.lo);
    return p;
}

const char *upbit__decode_timestamp(upbit__decoder *d, const char *p, int64_t *out, int *state)
{
    p = upbit__decode_integer(d, p, out, state);
    if (*state == UPBIT__VALUE_OK) {
        if (*out > UPBIT__MICROSECONDS_FROM)
            *out /= 1000;
        if (*out < 0 || *out >= UPBIT__YEAR_2100_MS) {
            *out = 0;
            *state = UPBIT__VALUE_BAD;
        }
    }
    return p;
}

/* A string of any shape as a span; null and other kinds are told apart. */
static const char *decode_span(upbit__decoder *d, const char *p, upbit__span *out, int *state)
{
    upbit__json *r = &d->json;
    if (r->limit - p >= UPBIT__SCAN_BYTES) {
        int n = short_string(p);
        if (n >= 0) {
            *out = (upbit__span){p + 1, (size_t)n, 0};
            *state = UPBIT__VALUE_OK;
            return p + n + 2;
        }
    }
    if (p < r->end && *p == '"') {
        *state = UPBIT__VALUE_OK;
        return upbit__json_string(r, p, out);
    }
    *out = (upbit__span){p, 0, 0};
    *state = p < r->end && *p == 'n' ? UPBIT__VALUE_NULL : UPBIT__VALUE_BAD;
    return upbit__json_skip(r, p, d->depth);
}

const char *upbit__decode_text(upbit__decoder *d, const char *p, const char **out, int *state)
{
    upbit__span s;
    *out = NULL;
    p = decode_span(d, p, &s, state);
    if (p == NULL || *state != UPBIT__VALUE_OK)
        return p;
    char *to = d->text + d->text_length;
    if (!s.escaped && s.length < 32 && d->json.limit - s.at >= 32) {
        memcpy(to, s.at, 32);
    } else {
        s.length = upbit__json_unescape(to, &s);
        if (memchr(to, '\0', s.length) != NULL) {
            *state = UPBIT__VALUE_BAD; /* a C string would hide the rest */
            return p;
        }
    }
    to[s.length] = '\0';
    *out = to;
    d->text_length += s.length + 1;
    return p;
}

/* The same, unescaped if need be (into the text scratch, only to be looked at). */
const char *upbit__decode_plain(upbit__decoder *d, const char *p, upbit__span *out, int *state)
{
    p = decode_span(d, p, out, state);
    if (p != NULL && out->escaped) {
        char *to = d->text + d->text_length;
        out->length = upbit__json_unescape(to, out);
        out->at = to;
    }
    return p;
}

/* Into a field of 24 bytes that is zero behind the text, so that codes can be compared as words. */
const char *upbit__decode_code(upbit__decoder *d, const char *p, char code[24], int *state)
{
    upbit__span s;
    p = upbit__decode_plain(d, p, &s, state);
    if (p == NULL || *state != UPBIT__VALUE_OK)
        return p;
    if (s.length == 0 || s.length > 23) {
        *state = UPBIT__VALUE_BAD;
        return p;
    }
    if (memchr(s.at, '\0', s.length) != NULL) {
        *state = UPBIT__VALUE_BAD;
        return p;
    }
    memset(code, 0, 24);
    memcpy(code, s.at, s.length);
    return p;
}

const char *upbit__decode_stream(upbit__decoder *d, const char *p, uint8_t *out, int *state)
{
    upbit__span s;
    p = upbit__decode_plain(d, p, &s, state);
    *out = UPBIT_STREAM_NONE;
    if (p != NULL && *state == UPBIT__VALUE_OK)
        *out = upbit__span_is(&s, "REALTIME")   ? UPBIT_STREAM_REALTIME
               : upbit__span_is(&s, "SNAPSHOT") ? UPBIT_STREAM_SNAPSHOT
                                                : UPBIT_STREAM_UNKNOWN;
    return p;
}

const char *upbit__decode_enum(upbit__decoder *d, const char *p, unsigned enumeration, uint8_t *out,
                               int *state)
{
    upbit__span s;
    p = upbit__decode_plain(d, p, &s, state);
    *out = 0;
    if (p != NULL && *state == UPBIT__VALUE_OK)
        *out = (uint8_t)upbit__enum_value(enumeration, s.at, s.length);
    return p;
}

const char *upbit__decode_bool(upbit__decoder *d, const char *p, uint8_t *out, int *state)
{
    upbit__json *r = &d->json;
    *state = UPBIT__VALUE_OK;
    *out = 0;
    if (r->end - p >= 5 && memcmp(p, "false", 5) == 0)
        return p + 5;
    if (r->end - p >= 4 && memcmp(p, "true", 4) == 0) {
        *out = 1;
        return p + 4;
    }
    *state = p < r->end && *p == 'n' ? UPBIT__VALUE_NULL : UPBIT__VALUE_BAD;
    return upbit__json_skip(r, p, d->depth);
}
