/* The members of one object into one payload struct: the hot path of the whole library.
 *
 * The next member in wire order is compared first, name, quotes and colon at once; only when it is not
 * there is the name read and looked up. Values have a fast reader each that looks ahead without asking
 * how far (upbit__json_near_end sees to that) and leaves everything unusual to a slow one. */
#include "exchange/decoder.h"

#define YEAR_2100_MS 4102444800000LL
#define MICROSECONDS_FROM 1000000000000000LL /* the exchange sent microseconds in August 2023 */

static inline int matches(const upbit__pattern *k, const char *p)
{
#if defined(__AVX2__)
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)k->text);
    uint32_t differ = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));
    return (differ & k->mask) == 0;
#elif defined(__SSE2__)
    const __m128i *at = (const __m128i *)(const void *)p;
    const __m128i *text = (const __m128i *)(const void *)k->text;
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128(at), _mm_loadu_si128(text));
    __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128(at + 1), _mm_loadu_si128(text + 1));
    uint32_t same = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    return (same & k->mask) == k->mask;
#else
    return k->length > 0 && memcmp(k->text, p, k->length) == 0;
#endif
}

/* Whether an enum's name, quotes and all, stands at p. */
static inline int starts_with(const upbit__enum_entry *e, const char *p)
{
#if defined(__SSE2__)
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)e->text);
    return ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & e->mask) == e->mask;
#else
    return memcmp(e->text, p, e->length) == 0;
#endif
}

/* The field whose name stands between p's quotes, or -1. */
static int find(const upbit__type_info *info, int simple, const upbit__span *key, unsigned next)
{
    char name[32];
    upbit__span plain = *key;
    if (key->escaped) {
        if (key->length > sizeof name)
            return -1; /* could at most be 192 bytes of \u00xx; nobody writes names like that */
        plain.length = upbit__json_unescape(name, key);
        plain.at = name;
    }
    const upbit__pattern *patterns = info->patterns[simple];
    for (unsigned i = 0; i < info->count; i++) {
        unsigned at = next + i < info->count ? next + i : next + i - info->count;
        if (patterns[at].length == plain.length + 3 &&
            memcmp(patterns[at].text + 1, plain.at, plain.length) == 0)
            return (int)at;
    }
    /* Until 2018 `code` was called `market`. */
    if (info->fields[UPBIT__FIELD_CODE_INDEX].kind == UPBIT_FIELD_CODE &&
        upbit__span_is(&plain, simple ? "mk" : "market"))
        return UPBIT__FIELD_CODE_INDEX;
    return -1;
}

/* A string of up to 31 plain characters at p; its length, or -1. 48 bytes are readable. */
static inline int short_string(const char *p)
{
    if (*p != '"')
        return -1;
#if defined(__AVX2__)
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
    __m256i stops = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), x),
                                    _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('"')),
                                                    _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\'))));
    uint32_t stop = (uint32_t)_mm256_movemask_epi8(stops);
    if (stop == 0)
        return -1;
    int n = __builtin_ctz(stop);
#elif defined(__SSE2__)
    const __m128i *at = (const __m128i *)(const void *)(p + 1);
    const __m128i space = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\');
    __m128i a = _mm_loadu_si128(at), b = _mm_loadu_si128(at + 1);
    __m128i stop_a = _mm_or_si128(_mm_cmplt_epi8(a, space),
                                  _mm_or_si128(_mm_cmpeq_epi8(a, quote), _mm_cmpeq_epi8(a, back)));
    __m128i stop_b = _mm_or_si128(_mm_cmplt_epi8(b, space),
                                  _mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, back)));
    uint32_t stop = (uint32_t)_mm_movemask_epi8(stop_a) | (uint32_t)_mm_movemask_epi8(stop_b) << 16;
    if (stop == 0)
        return -1;
    int n = __builtin_ctz(stop);
#else
    int n = 0;
    while (n < 31 && p[1 + n] >= ' ' && p[1 + n] != '"' && p[1 + n] != '\\')
        n++;
#endif
    return p[1 + n] == '"' ? n : -1;
}

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
static const char *decode_integer(upbit__decoder *d, const char *p, int64_t *out, int *state)
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
    p = decode_integer(d, p, out, state);
    if (*state == UPBIT__VALUE_OK) {
        if (*out > MICROSECONDS_FROM)
            *out /= 1000;
        if (*out < 0 || *out >= YEAR_2100_MS) {
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
static const char *decode_plain(upbit__decoder *d, const char *p, upbit__span *out, int *state)
{
    p = decode_span(d, p, out, state);
    if (p != NULL && out->escaped) {
        char *to = d->text + d->text_length;
        out->length = upbit__json_unescape(to, out);
        out->at = to;
    }
    return p;
}

/* 1 to 23 bytes of 32 readable ones. */
static inline void copy_code(char code[24], const char *at, unsigned length)
{
#if defined(__SSE2__)
    const __m128i count = _mm_set1_epi8((char)length);
    const __m128i low = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m128i high = _mm_add_epi8(low, _mm_set1_epi8(16));
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)(at + 16));
    _mm_storeu_si128((__m128i *)(void *)code, _mm_and_si128(a, _mm_cmpgt_epi8(count, low)));
    _mm_storel_epi64((__m128i *)(void *)(code + 16), _mm_and_si128(b, _mm_cmpgt_epi8(count, high)));
#else
    memset(code, 0, 24);
    memcpy(code, at, length);
#endif
}

/* Into a field of 24 bytes that is zero behind the text, so that codes can be compared as words. */
static const char *decode_code(upbit__decoder *d, const char *p, char code[24], int *state)
{
    upbit__span s;
    p = decode_plain(d, p, &s, state);
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

static const char *decode_stream(upbit__decoder *d, const char *p, uint8_t *out, int *state)
{
    upbit__span s;
    p = decode_plain(d, p, &s, state);
    *out = UPBIT_STREAM_NONE;
    if (p != NULL && *state == UPBIT__VALUE_OK)
        *out = upbit__span_is(&s, "REALTIME")   ? UPBIT_STREAM_REALTIME
               : upbit__span_is(&s, "SNAPSHOT") ? UPBIT_STREAM_SNAPSHOT
                                                : UPBIT_STREAM_UNKNOWN;
    return p;
}

static const char *decode_enum(upbit__decoder *d, const char *p, unsigned enumeration, uint8_t *out,
                               int *state)
{
    upbit__span s;
    p = decode_plain(d, p, &s, state);
    *out = 0;
    if (p != NULL && *state == UPBIT__VALUE_OK)
        *out = (uint8_t)upbit__enum_value(enumeration, s.at, s.length);
    return p;
}

static const char *decode_bool(upbit__decoder *d, const char *p, uint8_t *out, int *state)
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

/* Fields that have no value must not show the last message's. */
static void reset(const upbit_field *f, char *payload)
{
    void *to = payload + f->offset;
    switch (f->kind) {
    case UPBIT_FIELD_DECIMAL:
        *(upbit_decimal *)to = (upbit_decimal){.null = 1};
        break;
    case UPBIT_FIELD_INT:
    case UPBIT_FIELD_TIMESTAMP:
        *(int64_t *)to = 0;
        break;
    case UPBIT_FIELD_STRING:
        *(const char **)to = NULL;
        break;
    case UPBIT_FIELD_BOOL:
    case UPBIT_FIELD_ENUM:
    case UPBIT_FIELD_STREAM:
        *(uint8_t *)to = 0;
        break;
    case UPBIT_FIELD_CODE:
        memset(to, 0, 24);
        break;
    default:
        break;
    }
}

/* A value that is not what the field wants: required fields refuse the object, others carry it on. */
static int ill_typed(upbit__decoder *d, const upbit_field *f, int index, const char *value,
                     const char *end)
{
    static const char *const wanted[] = {
        [UPBIT_FIELD_DECIMAL] = "is not a number of at most 38 digits",
        [UPBIT_FIELD_INT] = "is not an integer",
        [UPBIT_FIELD_BOOL] = "is not true or false",
        [UPBIT_FIELD_STRING] = "is not a text",
        [UPBIT_FIELD_TYPE] = "is not a text",
        [UPBIT_FIELD_CODE] = "is not a text of 1 to 23 characters",
        [UPBIT_FIELD_STREAM] = "is not a text",
        [UPBIT_FIELD_TIMESTAMP] = "is not a time in ms or us before 2100",
        [UPBIT_FIELD_ARRAY] = "is not an array",
        [UPBIT_FIELD_ENUM] = "is not a text",
    };
    if (f->required) {
        upbit__decoder_refuse(d, f->name, wanted[f->kind]);
        return 1;
    }
    return upbit__decoder_add_extra(d, index, NULL, value, end);
}

/* n: the length of the string at p; out of the loop when it is not short and plain. */
#define SHORT_TEXT(n, p)                                                                           \
    int n = short_string(p);                                                                       \
    if (n < 0)                                                                                     \
    goto out

/* As many members as stand in wire order, without white space, with values of the usual shape: nothing
 * here needs a second look. p, *next and the masks are as of the first member that is not like that. */
static inline const char *quick_members(upbit__decoder *d, const upbit__type_info *info, const char *p,
                                        char *payload, unsigned *next, uint64_t *present,
                                        uint64_t *nulls, int *behind)
{
    upbit__json *r = &d->json;
    *behind = 0;
    const upbit__pattern *k = info->patterns[d->simple] + *next;
    const upbit_field *f = info->fields + *next;
    uint64_t bit = 1ULL << *next;
    const char *safe = r->limit - UPBIT__JSON_AHEAD;
    if (*present >= bit)
        return p; /* not the first time round: the careful way */
    for (;;) {
        if (p > safe) {
            if (r->limit != r->end)
                break;
            p = upbit__json_turn(r, p);
            safe = r->limit - UPBIT__JSON_AHEAD;
        }
        if (!matches(k, p))
            break;
        const char *q = p + k->length;
        char *to = payload + f->offset;
        switch (f->kind) {
        case UPBIT_FIELD_DECIMAL: {
            upbit_decimal *out = (upbit_decimal *)(void *)to;
            if (*q == '-') {
                if ((uint8_t)(q[1] - '0') > 9)
                    goto out;
                q = upbit__decimal_scan(out, q + 1);
                if (q == NULL)
                    goto out;
                out->negative = (out->lo | out->hi) != 0;
                break;
            }
            q = upbit__decimal_scan(out, q);
            if (q == NULL) {
                if (memcmp(p + k->length, "null", 4) != 0)
                    goto out;
                q = p + k->length + 4;
                *nulls |= bit;
            }
            break;
        }
        case UPBIT_FIELD_INT:
            q = upbit__integer_scan((int64_t *)(void *)to, q);
            if (q == NULL)
                goto out;
            break;
        case UPBIT_FIELD_TIMESTAMP: {
            int64_t *out = (int64_t *)(void *)to;
            q = upbit__integer_scan(out, q);
            if (q == NULL || *out >= YEAR_2100_MS)
                goto out;
            break;
        }
        case UPBIT_FIELD_STRING: {
            if (memcmp(q, "null", 4) == 0) {
                q += 4;
                *nulls |= bit;
                break;
            }
            SHORT_TEXT(n, q);
            char *text = d->text + d->text_length;
            memcpy(text, q + 1, 32);
            text[n] = '\0';
            *(const char **)(void *)to = text;
            d->text_length += (size_t)n + 1;
            q += n + 2;
            break;
        }
        case UPBIT_FIELD_CODE: {
            SHORT_TEXT(n, q);
            if (n == 0 || n > 23)
                goto out;
            copy_code(to, q + 1, (unsigned)n);
            q += n + 2;
            break;
        }
        case UPBIT_FIELD_STREAM:
            if (memcmp(q, "\"REALTIME\"", 10) == 0)
                *(uint8_t *)to = UPBIT_STREAM_REALTIME;
            else if (memcmp(q, "\"SNAPSHOT\"", 10) == 0)
                *(uint8_t *)to = UPBIT_STREAM_SNAPSHOT;
            else
                goto out;
            q += 10;
            break;
        case UPBIT_FIELD_ENUM: {
            if (memcmp(q, "null", 4) == 0) {
                q += 4;
                *nulls |= bit;
                break;
            }
            const upbit__enum_entry *e = upbit__enum_table[f->enumeration];
            while (e->mask != 0 && !starts_with(e, q))
                e++;
            if (e->mask == 0)
                goto out;
            *(uint8_t *)to = e->value;
            q += e->length;
            break;
        }
        case UPBIT_FIELD_BOOL:
            if (memcmp(q, "false", 5) == 0) {
                *(uint8_t *)to = 0;
                q += 5;
            } else if (memcmp(q, "true", 4) == 0) {
                *(uint8_t *)to = 1;
                q += 4;
            } else {
                goto out;
            }
            break;
        case UPBIT_FIELD_ARRAY:
            if (d->type != UPBIT_TYPE_ORDERBOOK || *q != '[')
                goto out;
            q = upbit__decode_units(d, q);
            if (q == NULL)
                return NULL;
            if (q >= r->end) /* an array can be long enough to end there */
                return upbit__json_fail(r, q, "message is cut off");
            safe = r->limit - UPBIT__JSON_AHEAD;
            break;
        default:
            goto out;
        }
        *present |= bit;
        bit <<= 1;
        k++;
        f++;
        p = q;
        if (*q != ',') {
            *behind = 1; /* a value */
            break;
        }
        p++;
    }
out:
    *next = (unsigned)(k - info->patterns[d->simple]);
    return p;
}

const char *upbit__decode_members(upbit__decoder *d, const upbit__type_info *info, const char *p,
                                  unsigned next, uint64_t present)
{
    upbit__json *r = &d->json;
    const upbit__pattern *patterns = info->patterns[d->simple];
    char *payload = upbit__decoder_payload(d, d->type);
    uint64_t nulls = 0;
    int more = 1, state = UPBIT__VALUE_OK;
    if (next == 0) {
        p = upbit__json_space(r, p);
        if (p < r->end && *p == '}')
            more = 0;
    }
    while (more) {
        int behind;
        p = quick_members(d, info, p, payload, &next, &present, &nulls, &behind);
        if (p != NULL && behind) {
            p = upbit__json_next(r, p, '}', &more);
            if (!more)
                break;
        }
        if (p == NULL)
            return NULL;
        if (upbit__json_near_end(r, p, UPBIT__JSON_AHEAD))
            p = upbit__json_turn(r, p);
        int index = (int)next;
        if (matches(&patterns[next], p)) {
            p += patterns[next].length;
            if ((uint8_t)*p <= ' ')
                p = upbit__json_space(r, p);
        } else {
            upbit__span key;
            p = upbit__json_key(r, upbit__json_space(r, p), &key);
            if (p == NULL)
                return NULL;
            index = find(info, d->simple, &key, next);
            if (index < 0) {
                const char *value = p;
                p = upbit__json_skip(r, p, d->depth);
                if (p == NULL || !upbit__decoder_add_extra(d, -1, &key, value, p))
                    return NULL;
            }
        }
        if (index >= 0) {
            const upbit_field *f = &info->fields[index];
            const uint64_t bit = 1ULL << index;
            char *to = payload + f->offset;
            const char *value = p;
            if (present & bit) {
                nulls &= ~bit;
                upbit__decoder_drop_extra(d, index);
            }
            switch (f->kind) {
            case UPBIT_FIELD_DECIMAL:
                p = upbit__decode_decimal(d, p, (upbit_decimal *)(void *)to, &state);
                break;
            case UPBIT_FIELD_INT:
                p = decode_integer(d, p, (int64_t *)(void *)to, &state);
                break;
            case UPBIT_FIELD_TIMESTAMP:
                p = upbit__decode_timestamp(d, p, (int64_t *)(void *)to, &state);
                break;
            case UPBIT_FIELD_STRING:
                p = upbit__decode_text(d, p, (const char **)(void *)to, &state);
                break;
            case UPBIT_FIELD_CODE:
                p = decode_code(d, p, to, &state);
                break;
            case UPBIT_FIELD_STREAM:
                p = decode_stream(d, p, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_ENUM:
                p = decode_enum(d, p, f->enumeration, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_BOOL:
                p = decode_bool(d, p, (uint8_t *)to, &state);
                break;
            case UPBIT_FIELD_ARRAY:
                state = UPBIT__VALUE_OK;
                if (p < r->end && *p == '[') {
                    p = d->type == UPBIT_TYPE_ORDERBOOK ? upbit__decode_units(d, p)
                                                        : upbit__decode_assets(d, p);
                } else {
                    state = p < r->end && *p == 'n' ? UPBIT__VALUE_NULL : UPBIT__VALUE_BAD;
                    p = upbit__json_skip(r, p, d->depth);
                }
                break;
            default: { /* TYPE: known already, unless it comes twice */
                upbit__span s;
                p = decode_plain(d, p, &s, &state);
                if (state != UPBIT__VALUE_OK || s.length != d->type_name.length ||
                    memcmp(s.at, d->type_name.at, s.length) != 0)
                    d->retry = 1;
                state = UPBIT__VALUE_OK;
                break;
            }
            }
            if (p == NULL)
                return NULL;
            present |= bit;
            if (state != UPBIT__VALUE_OK) {
                if (state == UPBIT__VALUE_NULL) {
                    nulls |= bit;
                } else {
                    present &= ~bit;
                    if (!ill_typed(d, f, index, value, p))
                        return NULL;
                }
            } else if ((f->kind == UPBIT_FIELD_ENUM || f->kind == UPBIT_FIELD_STREAM) &&
                       *(uint8_t *)to == 255 &&
                       !upbit__decoder_add_extra(d, index, NULL, value, p)) {
                return NULL;
            }
            next = (unsigned)index + 1;
        }
        if (p < r->end && *p == ',') {
            p++;
            continue;
        }
        p = upbit__json_next(r, p, '}', &more);
        if (p == NULL)
            return NULL;
    }
    uint64_t missing = info->all & (~present | nulls);
    while (missing != 0) {
        unsigned i = (unsigned)__builtin_ctzll(missing);
        missing &= missing - 1;
        reset(&info->fields[i], payload);
        if (info->required >> i & 1)
            upbit__decoder_refuse(d, info->fields[i].name,
                                  nulls >> i & 1 ? "is null" : "is missing");
    }
    upbit_event *e = (upbit_event *)(void *)payload;
    e->present = present;
    e->nulls = nulls;
    return p;
}
