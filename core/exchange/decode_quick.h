/* What the decoders' quick paths are made of: all look 32 bytes ahead or more without asking, and
 * take values of the usual shape only. */
#ifndef UPBIT_EXCHANGE_DECODE_QUICK_H
#define UPBIT_EXCHANGE_DECODE_QUICK_H

#include "exchange/decoder.h"

#define UPBIT__QUICK static inline __attribute__((always_inline))

/* Where the texts or rows of an event stand that is read whole. */
#define UPBIT__WHOLE_BEHIND(T) ((sizeof(T) + 7) & ~(size_t)7)

/* Whether the name, with its quotes and colon, stands at p. */
UPBIT__QUICK int matches(const upbit__pattern *k, const char *p)
{
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    return _mm256_mask_cmpneq_epi8_mask(k->mask, _mm256_loadu_si256((const void *)p),
                                        _mm256_loadu_si256((const void *)k->text)) == 0;
#elif defined(__AVX2__)
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
UPBIT__QUICK int starts_with(const upbit__enum_entry *e, const char *p)
{
#if defined(__SSE2__)
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)e->text);
    return ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & e->mask) == e->mask;
#else
    return memcmp(e->text, p, e->length) == 0;
#endif
}

/* A string of up to 31 plain characters at p; its length, or -1. 48 bytes are readable. */
UPBIT__QUICK int short_string(const char *p)
{
    if (*p != '"')
        return -1;
#if defined(__AVX2__)
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
    __m256i stops = _mm256_or_si256(
        _mm256_cmpgt_epi8(upbit__scan_constant(UPBIT__SCAN_SPACE), x),
        _mm256_or_si256(_mm256_cmpeq_epi8(x, upbit__scan_constant(UPBIT__SCAN_QUOTE)),
                        _mm256_cmpeq_epi8(x, upbit__scan_constant(UPBIT__SCAN_BACKSLASH))));
    uint32_t stop = (uint32_t)_mm256_movemask_epi8(stops);
    if (stop == 0)
        return -1;
    int n = __builtin_ctz(stop);
#elif defined(__SSE2__)
    const __m128i *at = (const __m128i *)(const void *)(p + 1);
    const __m128i space = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"'),
                  back = _mm_set1_epi8('\\');
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

/* The first of 32 bytes that is a comma, or a quote; p + 32: none is. */
#if defined(__AVX2__)
#define UPBIT__FIND(p, which, character)                                                           \
    ((p) +                                                                                         \
     _tzcnt_u32((uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(                                  \
         _mm256_loadu_si256((const __m256i *)(const void *)(p)), upbit__scan_constant(which)))))
#elif defined(__SSE2__)
static inline const char *upbit__find_16(const char *p, char character)
{
    const __m128i *at = (const __m128i *)(const void *)p, x = _mm_set1_epi8(character);
    uint64_t low = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(at), x));
    uint64_t high = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(at + 1), x));
    return p + __builtin_ctzll(low | high << 16 | 1ULL << 32);
}
#define UPBIT__FIND(p, which, character) upbit__find_16(p, character)
#else
static inline const char *upbit__find_1(const char *p, char character)
{
    const char *at = memchr(p, character, 32);
    return at == NULL ? p + 32 : at;
}
#define UPBIT__FIND(p, which, character) upbit__find_1(p, character)
#endif

/* The same place to go on from, for a value that ends there: else the compiler takes the value's
 * end, it being the same, and the processor has to wait for it. */
UPBIT__QUICK const char *sooner(const char *p)
{
    __asm__("" : "+r"(p));
    return p;
}

UPBIT__QUICK const char *next_comma(const char *p)
{
    return UPBIT__FIND(p, UPBIT__SCAN_COMMA, ',');
}

UPBIT__QUICK const char *next_quote(const char *p)
{
    return UPBIT__FIND(p, UPBIT__SCAN_QUOTE, '"');
}

/* 1 to 23 bytes of 32 readable ones. */
UPBIT__QUICK void copy_code(char code[24], const char *at, unsigned length)
{
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    __m256i text = _mm256_maskz_loadu_epi8((1U << length) - 1, at);
    _mm256_mask_storeu_epi64(code, 7, text);
#elif defined(__SSE2__)
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

/* The quick readers of values: behind the value; NULL when it is not of the usual shape, for the
 * careful ones of decode_values.c to look at. A null sets `bit` in *nulls and leaves *out alone. */
UPBIT__QUICK int quick_null(const char *q, uint64_t *nulls, uint64_t bit)
{
    if (memcmp(q, "null", 4) != 0)
        return 0;
    *nulls |= bit;
    return 1;
}

UPBIT__QUICK const char *quick_decimal(upbit_decimal *out, const char *q, uint64_t *nulls,
                                       uint64_t bit)
{
    const char *end = upbit__decimal_scan(out, q);
    if (end == NULL && quick_null(q, nulls, bit))
        return q + 4;
    return end;
}

UPBIT__QUICK const char *quick_timestamp(int64_t *out, const char *q)
{
    q = upbit__integer_scan(out, q);
    return q == NULL || *out >= UPBIT__YEAR_2100_MS ? NULL : q;
}

UPBIT__QUICK const char *quick_text(upbit__decoder *d, const char **out, const char *q,
                                    uint64_t *nulls, uint64_t bit)
{
    int n = short_string(q);
    if (n < 0)
        return quick_null(q, nulls, bit) ? q + 4 : NULL;
    char *text = d->text + d->text_length;
    memcpy(text, q + 1, 32);
    text[n] = '\0';
    *out = text;
    d->text_length += (size_t)n + 1;
    return q + n + 2;
}

UPBIT__QUICK const char *quick_code(char code[24], const char *q)
{
    int n = short_string(q);
    if (n <= 0 || n > 23)
        return NULL;
    copy_code(code, q + 1, (unsigned)n);
    return q + n + 2;
}

UPBIT__QUICK const char *quick_stream(uint8_t *out, const char *q)
{
    if (memcmp(q, "\"REALTIME\"", 10) == 0)
        *out = UPBIT_STREAM_REALTIME;
    else if (memcmp(q, "\"SNAPSHOT\"", 10) == 0)
        *out = UPBIT_STREAM_SNAPSHOT;
    else
        return NULL;
    return q + 10;
}

/* Which of two or three names comes next is anybody's guess, and a wrong guess of the processor
 * costs as much as the member: so the sides and the changes are told apart without a branch. */
UPBIT__QUICK const char *quick_enum(unsigned enumeration, uint8_t *out, const char *q,
                                    uint64_t *nulls, uint64_t bit)
{
    if (enumeration == UPBIT__ENUM_SIDE) {
        unsigned ask = memcmp(q, "\"ASK", 4) == 0, bid = memcmp(q, "\"BID", 4) == 0;
        if ((ask | bid) != 0 && q[4] == '"') {
            *out = (uint8_t)(ask * UPBIT_SIDE_ASK + bid * UPBIT_SIDE_BID);
            return q + 5;
        }
    } else if (enumeration == UPBIT__ENUM_CHANGE) {
        unsigned rise = memcmp(q + 1, "RISE", 4) == 0, even = memcmp(q + 1, "EVEN", 4) == 0,
                 fall = memcmp(q + 1, "FALL", 4) == 0;
        if ((rise | even | fall) != 0 && q[0] == '"' && q[5] == '"') {
            *out = (uint8_t)(rise * UPBIT_CHANGE_RISE + even * UPBIT_CHANGE_EVEN +
                             fall * UPBIT_CHANGE_FALL);
            return q + 6;
        }
    } else {
        const upbit__enum_entry *e = upbit__enum_table[enumeration];
        while (e->mask != 0 && !starts_with(e, q))
            e++;
        if (e->mask != 0) {
            *out = e->value;
            return q + e->length;
        }
    }
    return quick_null(q, nulls, bit) ? q + 4 : NULL;
}

UPBIT__QUICK const char *quick_bool(uint8_t *out, const char *q)
{
    *out = *q == 't';
    if (memcmp(q, "false", 5) == 0)
        return q + 5;
    return memcmp(q, "true", 4) == 0 ? q + 4 : NULL;
}

/* When a candle's window starts, of the text yyyy-MM-ddTHH:mm:ss, whose shape has been checked. Its
 * day is most often that of the candle before. */
UPBIT__QUICK int64_t candle_start(upbit__decoder *d, const char *p, uint64_t *bad)
{
    uint64_t clock = upbit__load64(p + 11) ^ upbit__load64("00:00:00");
    clock = (clock * 10 + (clock >> 8)) & 0x00FF0000FF0000FF; /* two digits each */
    const int64_t hour = (int64_t)(clock & 0xFF), minute = (int64_t)(clock >> 24 & 0xFF),
                  second = (int64_t)(clock >> 48);
    /* 23, 59 and 60 at most. */
    *bad |= (clock + 0x0043000044000068) & 0x0080000080000080;
    const int64_t time = (hour * 60 + minute) * 60000 + second * 1000;
    if (__builtin_expect(upbit__load64(p) != upbit__load64(d->date) ||
                             upbit__load64(p + 2) != upbit__load64(d->date + 2),
                         0)) {
        char all[20];
        memcpy(all, p, 19);
        all[19] = '\0';
        const int64_t start = upbit__parse_utc(all);
        if (start < 0) {
            *bad = 1;
            return 0;
        }
        memcpy(d->date, p, 10);
        d->date_ms = start - time;
    }
    return d->date_ms + time;
}

#if defined(__AVX2__)

/* Not 0: one of the bytes that count is no part of a text without quotes and backslashes. */
UPBIT__QUICK uint32_t odd_text(__m256i x, uint32_t counts)
{
    const __m256i odd = _mm256_or_si256(
        _mm256_cmpgt_epi8(upbit__scan_constant(UPBIT__SCAN_SPACE), x),
        _mm256_or_si256(_mm256_cmpeq_epi8(x, upbit__scan_constant(UPBIT__SCAN_QUOTE)),
                        _mm256_cmpeq_epi8(x, upbit__scan_constant(UPBIT__SCAN_BACKSLASH))));
    return (uint32_t)_mm256_movemask_epi8(odd) & counts;
}

/* The 13 digits before p; -1: they are none, or the first is a 0, or it is not before 2100. */
UPBIT__QUICK int64_t stamp_before(const char *p)
{
    const __m128i counts =
        _mm_set_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0);
    const __m128i text = _mm_loadu_si128((const void *)(p - 16));
    const __m128i x = _mm_and_si128(_mm_sub_epi8(text, _mm_set1_epi8('0')), counts);
    const __m128i over = _mm_subs_epu8(x, _mm_set1_epi8(9));
    const int64_t time = (int64_t)upbit__digits_joined(x);
    const uint64_t least = 1000000000000;
    return !_mm_testz_si128(over, over) || (uint64_t)time - least >= UPBIT__YEAR_2100_MS - least
               ? -1
               : time;
}

/* All of an event but its code and its payload. */
UPBIT__QUICK void quick_event(upbit_event *e, size_t size, unsigned type, uint8_t stream,
                              int64_t time, unsigned fields, uint64_t nulls)
{
#if defined(__AVX512F__)
    const uint64_t first = (uint64_t)size | (uint64_t)type << 32 | 1ULL << 48; /* schema 1 */
    const long long present = (long long)((1ULL << fields) - 1);
    _Static_assert(offsetof(upbit_event, exchange_ms) == 16 && offsetof(upbit_event, nulls) == 56 &&
                       offsetof(upbit_event, stream) == 8,
                   "eight words");
    _mm512_storeu_si512(
        e, _mm512_set_epi64((int64_t)nulls, present, 0, 0, 0, time, stream, (int64_t)first));
    e->extra = NULL;
#else
    memset(e, 0, sizeof *e);
    e->size = (uint32_t)size;
    e->type = (uint16_t)type;
    e->schema = 1;
    e->stream = stream;
    e->exchange_ms = time;
    e->present = (1ULL << fields) - 1;
    e->nulls = nulls;
#endif
}

/* A trade in its block but for code and decimals; date: the first 10 bytes, clock: 8. NULL: no
 * room.
 */
UPBIT__QUICK upbit_trade *quick_trade(const upbit__decode_output *out, uint8_t stream, int64_t time,
                                      int64_t trade_time, int64_t id, __m128i date, __m128i clock,
                                      uint8_t change, uint8_t side)
{
    enum { BEHIND = UPBIT__WHOLE_BEHIND(upbit_trade), SIZE_OF = BEHIND + 11 + 9, FIELDS = 18 };
    upbit_trade *t = (void *)out->allocate(out->context, SIZE_OF);
    if (t == NULL)
        return NULL;
    quick_event(&t->event, SIZE_OF, UPBIT_TYPE_TRADE, stream, time, FIELDS, 0);
    t->trade_timestamp = trade_time;
    t->sequential_id = id;
    char *texts = (char *)t + BEHIND;
    _mm_storeu_si128((void *)texts, date);
    texts[10] = '\0';
    _mm_storel_epi64((void *)(texts + 11), clock);
    texts[19] = '\0';
    t->trade_date = texts;
    t->trade_time = texts + 11;
    const uint64_t enums = (uint64_t)change | (uint64_t)side << 8;
    memcpy(&t->change, &enums, sizeof enums);
    return t;
}

/* A candle likewise; of utc 32 bytes are readable. */
UPBIT__QUICK upbit_candle *quick_candle(const upbit__decode_output *out, uint8_t stream,
                                        int64_t time, unsigned unit, int64_t start, const char *utc,
                                        const char *kst)
{
    enum { BEHIND = UPBIT__WHOLE_BEHIND(upbit_candle), SIZE_OF = BEHIND + 40, FIELDS = 12 };
    upbit_candle *c = (void *)out->allocate(out->context, SIZE_OF);
    if (c == NULL)
        return NULL;
    quick_event(&c->event, SIZE_OF, UPBIT_TYPE_CANDLE, stream, time, FIELDS, 0);
    c->unit = unit;
    c->reserved = 0;
    c->start_ms = start;
    char *texts = (char *)c + BEHIND;
    memcpy(texts, utc, 32);
    texts[19] = '\0';
    memcpy(texts + 20, kst, 19);
    texts[39] = '\0';
    c->candle_date_time_utc = texts;
    c->candle_date_time_kst = texts + 20;
    return c;
}

#endif

#endif
