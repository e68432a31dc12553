/* A whole message at once, on machines with AVX-512: what decode_whole.c reads tickers, trades and
 * candles with.
 *
 * A message of a type has always the same members in the same order, and between them there is
 * always the same text. So all commas are looked for first, side by side; they say where each
 * member begins and how long its value is before anything has been read, and nothing has to wait
 * for what stands before it. Then all names are compared, and all lengths; numbers are read four at
 * a time, a lane of 16 bytes each, as a book's rows are (decode_row.h). What is wrong anywhere is
 * only gathered, and asked for once at the end, for a message that is not like that is rare and is
 * read again by the members' loop, which knows what to say of it.
 *
 * The message is copied on the way, so that what looks ahead of a value's start may do so without
 * asking, and what stands behind the message in memory is never read. */
#ifndef UPBIT_EXCHANGE_DECODE_WHOLE_H
#define UPBIT_EXCHANGE_DECODE_WHOLE_H

#include "exchange/decode_row.h"

#if defined(__AVX512VBMI2__)

enum {
    UPBIT__WHOLE_BLOCKS = 17,
    UPBIT__WHOLE_MEMBERS = 33,
    UPBIT__WHOLE_VALUES = 32,
    UPBIT__WHOLE_LIST = 64
};

/* A member's text up to its value, and a bit for each byte of it that counts. Behind a value that
 * is always of the same length the quote counts, too. */
typedef struct whole_name {
    char text[32], mask[32];
} whole_name;

/* What all messages of a type and format have in common. */
typedef struct whole_shape {
    whole_name names[UPBIT__WHOLE_MEMBERS];
    /* The length of the text before a value; of the value, the least, and what it may have beyond
     * that. The last member is not among them: it ends with the message. */
    uint16_t head[UPBIT__WHOLE_LIST], least[UPBIT__WHOLE_LIST], range[UPBIT__WHOLE_LIST];
} whole_shape;

typedef struct whole {
    /* The message from byte 64 on; what looks ahead of a comma, and before it, stays within. */
    _Alignas(64) char bytes[64 + (UPBIT__WHOLE_BLOCKS + 2) * 64];
    /* Where members begin: with the bracket, and each with its comma. */
    uint16_t at[1 + (UPBIT__WHOLE_BLOCKS + 1) * 64];
    __m512i lengths; /* of the values, 16 bits each */
    uint64_t bad;    /* not 0: not of the usual shape */
} whole;

UPBIT__QUICK const char *whole_text(const whole *w, unsigned at)
{
    return w->bytes + 64 + at;
}

/* Copies the message, of which `sure` blocks of 64 bytes are there and `blocks` are enough for all,
 * and finds its commas. 0: it has not as many as it should. */
UPBIT__QUICK int whole_split(whole *w, const char *text, size_t length, size_t sure, size_t blocks,
                             unsigned members)
{
    const __m512i index = row_constant(UPBIT__SCAN_INDEX);
    unsigned count = 1;
    if (length < sure * 64 || length > blocks * 64)
        return 0;
    w->at[0] = 0;
    w->bad = 0;
#pragma GCC unroll 17
    for (size_t i = 0; i < blocks; i++) {
        __m512i x;
        if (i < sure) {
            x = _mm512_loadu_si512(text + 64 * i);
        } else {
            const size_t rest = length > 64 * i ? length - 64 * i : 0;
            x = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ULL, (unsigned)rest), text + 64 * i);
        }
        _mm512_store_si512(w->bytes + 64 + 64 * i, x);
        __mmask64 found = _mm512_cmpeq_epi8_mask(x, row_constant(UPBIT__SCAN_COMMA));
        __m256i places = _mm512_castsi512_si256(_mm512_maskz_compress_epi8(found, index));
        _mm512_storeu_si512(w->at + count, _mm512_add_epi16(_mm512_cvtepu8_epi16(places),
                                                            _mm512_set1_epi16((short)(64 * i))));
        count += (unsigned)_mm_popcnt_u64(found);
    }
    _mm512_store_si512(w->bytes + 64 + 64 * blocks, _mm512_setzero_si512());
    _mm512_store_si512(w->bytes + 128 + 64 * blocks, _mm512_setzero_si512());
    return count == members;
}

/* Names and lengths. */
UPBIT__QUICK void whole_check(whole *w, const whole_shape *s, unsigned members)
{
    enum { OR_AND = 0xF8 }; /* a | (b & c) */
    __m256i differ = _mm256_setzero_si256();
#pragma GCC unroll 33
    for (unsigned i = 0; i < members; i++) {
        __m256i text = _mm256_loadu_si256((const void *)whole_text(w, w->at[i]));
        text = _mm256_xor_si256(text, _mm256_load_si256((const void *)s->names[i].text));
        differ = _mm256_ternarylogic_epi32(
            differ, text, _mm256_load_si256((const void *)s->names[i].mask), OR_AND);
    }
    __m512i begins = _mm512_loadu_si512(w->at), ends = _mm512_loadu_si512(w->at + 1);
    w->lengths = _mm512_sub_epi16(_mm512_sub_epi16(ends, begins), _mm512_load_si512(s->head));
    w->bad |= _mm512_mask_cmpgt_epu16_mask(
        (__mmask32)((1ULL << (members - 1)) - 1),
        _mm512_sub_epi16(w->lengths, _mm512_load_si512(s->least)), _mm512_load_si512(s->range));
    w->bad |= _mm256_test_epi8_mask(differ, differ);
}

/* The value of member i. */
UPBIT__QUICK const char *whole_value(const whole *w, const whole_shape *s, unsigned i)
{
    return whole_text(w, w->at[i]) + s->head[i];
}

/* The lengths of the values of four members, each in all bytes of its lane. */
UPBIT__QUICK __m512i whole_lengths(const whole *w, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const __m512i which = _mm512_inserti64x4(
        _mm512_castsi256_si512(
            _mm256_set_m128i(_mm_set1_epi8((char)(2 * b)), _mm_set1_epi8((char)(2 * a)))),
        _mm256_set_m128i(_mm_set1_epi8((char)(2 * d)), _mm_set1_epi8((char)(2 * c))), 1);
    return _mm512_permutexvar_epi8(which, w->lengths);
}

/* Four decimals: lo and hi of each in `magnitude`, and what follows them in a upbit_decimal in the
 * even words of `rest`. */
typedef struct whole_decimals {
    __m512i magnitude, rest;
} whole_decimals;

/* Those that do not fit a lane, one by one; out of the way. Not 0: one is no number. */
static __attribute__((noinline)) uint64_t whole_long(whole_decimals *out, const char *const at[4],
                                                     __m512i lengths)
{
    uint64_t magnitude[8], rest[8] = {0};
    uint8_t length[64];
    _mm512_storeu_si512(length, lengths);
    for (size_t i = 0; i < 4; i++) {
        upbit_decimal value;
        if (upbit__decimal_scan(&value, at[i]) != at[i] + length[16 * i])
            return 1;
        magnitude[2 * i] = value.lo;
        magnitude[2 * i + 1] = value.hi;
        memcpy(&rest[2 * i], &value.exponent, sizeof rest[0]);
    }
    out->magnitude = _mm512_loadu_si512(magnitude);
    out->rest = _mm512_loadu_si512(rest);
    return 0;
}

/* Digits right-aligned in lanes of 16 bytes, as numbers in the even words. */
UPBIT__QUICK __m512i whole_joined(__m512i x)
{
    x = _mm512_madd_epi16(_mm512_maddubs_epi16(x, _mm512_set1_epi16(0x010A)),
                          _mm512_set1_epi32(0x00010064));
    x = _mm512_madd_epi16(_mm512_packus_epi32(x, x), _mm512_set1_epi32(0x00012710));
    return _mm512_maskz_add_epi64(0x55, _mm512_mul_epu32(x, _mm512_set1_epi64(100000000)),
                                  _mm512_srli_epi64(x, 32));
}

/* The decimals at a, b, c and d, which end where `lengths` says. 32 bytes each are readable. Bits
 * in *wrong: one is no number. */
UPBIT__QUICK whole_decimals whole_decimals_at(uint64_t *wrong, const char *a, const char *b,
                                              const char *c, const char *d, __m512i lengths)
{
    const uint64_t ones = UPBIT__ROW_ONES, tops = UPBIT__ROW_TOPS;
    const __m512i zero = row_constant(UPBIT__SCAN_ZERO),
                  index = row_constant(UPBIT__SCAN_LANE_INDEX);
    whole_decimals out;
    __m512i x = _mm512_sub_epi8(row_lanes(a, b, c, d), zero);
    uint64_t within = _mm512_cmplt_epu8_mask(index, lengths);
    uint64_t digits = _mm512_mask_cmple_epu8_mask(within, x, row_constant(UPBIT__SCAN_NINE));
    uint64_t points = _mm512_mask_cmpeq_epi8_mask(within, x, row_constant(UPBIT__SCAN_POINT_DIGIT));
    uint64_t filled = _mm512_mask_test_epi8_mask(digits, x, x);
    /* What does not fit the lane has to be zeros; then there is a point before them. */
    __m512i behind = row_lanes(a + 16, b + 16, c + 16, d + 16);
    uint64_t bad = _mm512_mask_cmpneq_epi8_mask(
        _mm512_cmplt_epu8_mask(row_constant(UPBIT__SCAN_LANE_BEHIND), lengths), behind, zero);
    /* The lanes that have a point, as their lowest bits. */
    uint64_t pointed = ((points & ~tops) + (tops - ones)) >> 15 & ones;
    uint64_t second = digits >> 1;
    /* Another character; a point that ends it, or a second one; a start that is no digit, or a 0
     * with a digit behind it; 16 characters or more without a point. */
    bad |= (within ^ (digits | points)) | (points & (~second | tops)) |
           (points & (points - pointed)) | (ones & (~digits | (~filled & second))) |
           (within & tops & ~(pointed << 15));
    uint64_t wholes = points | ((within + (ones & ~pointed)) & ~within), lasts = filled | wholes;
    __m512i highest = row_highest(wholes, lasts);
    __m512i point = row_index(highest, UPBIT__SCAN_BYTE_0);
    __m512i last = row_index(highest, UPBIT__SCAN_BYTE_8);
    __m512i from = _mm512_add_epi8(last, row_constant(UPBIT__SCAN_LANE));
    from =
        _mm512_mask_sub_epi8(from, _mm512_cmpge_epi8_mask(from, point), from, _mm512_set1_epi8(-1));
    out.magnitude = whole_joined(_mm512_shuffle_epi8(x, from));
    out.rest = _mm512_maskz_srai_epi16(0x01010101, _mm512_sub_epi8(point, last), 8);
    if (__builtin_expect(bad != 0, 0)) {
        const char *const at[4] = {a, b, c, d};
        *wrong |= whole_long(&out, at, lengths);
    }
    return out;
}

/* As they stand in a struct, one behind the other. */
UPBIT__QUICK void whole_put_four(upbit_decimal *to, const whole_decimals *d)
{
    const __m512i first = _mm512_set_epi64(5, 4, 10, 3, 2, 8, 1, 0);
    const __m512i second = _mm512_set_epi64(0, 0, 0, 0, 14, 7, 6, 12);
    _mm512_storeu_si512(to, _mm512_permutex2var_epi64(d->magnitude, first, d->rest));
    _mm256_storeu_si256((void *)((char *)to + 64), _mm512_castsi512_si256(_mm512_permutex2var_epi64(
                                                       d->magnitude, second, d->rest)));
}

/* One of them. */
UPBIT__QUICK void whole_put(upbit_decimal *to, const whole_decimals *d, unsigned which)
{
    const long long i = 2 * (long long)which;
    const __m512i from = _mm512_set_epi64(0, 0, 0, 0, 0, 8 + i, i + 1, i);
    _mm256_mask_storeu_epi64(
        to, 7, _mm512_castsi512_si256(_mm512_permutex2var_epi64(d->magnitude, from, d->rest)));
}

/* One that is most often too long for a lane: up to 32 characters, whose last stands in the last of
 * 32 bytes. Those behind its point are taken as they stand once the zeros at its end are left out,
 * those before it a byte further to the right. */
UPBIT__QUICK void whole_wide(whole *w, const whole_shape *s, upbit_decimal *to, unsigned i)
{
    const __m256i zero = upbit__scan_constant(UPBIT__SCAN_ZERO);
    const unsigned length = (unsigned)w->at[i + 1] - w->at[i] - s->head[i];
    const char *end = whole_text(w, w->at[i + 1]);
    __m256i x = _mm256_sub_epi8(_mm256_loadu_si256((const void *)(end - 32)), zero);
    const uint32_t within = (uint32_t)(0xFFFFFFFF00000000ULL >> (length & 63));
    const uint32_t first = within & (0 - within);
    const uint32_t digits =
        _mm256_mask_cmple_epu8_mask(within, x, upbit__scan_constant(UPBIT__SCAN_NINE));
    const uint32_t points =
        _mm256_mask_cmpeq_epi8_mask(within, x, upbit__scan_constant(UPBIT__SCAN_POINT_DIGIT));
    const uint32_t filled = _mm256_mask_test_epi8_mask(digits, x, x);
    const unsigned pointed = points != 0;
    /* As for the lanes. */
    w->bad |= (within ^ (digits | points)) | (points & (points - 1)) | points >> 31 |
              (first & (~digits | (~filled & digits >> 1)));
    const unsigned zeros = _lzcnt_u32(filled | points | (uint32_t)(pointed ^ 1) << 31);
    const unsigned point = _tzcnt_u32(points) + zeros; /* where it is when those are left out */
    const uint32_t behind = (uint32_t)(pointed ? ~1ULL << (point & 63) : ~0ULL);
    const uint32_t keep = (uint32_t)(~0ULL << ((32 - length + zeros + pointed) & 63));
    x = _mm256_mask_mov_epi8(_mm256_loadu_si256((const void *)(end - zeros - 33)), behind,
                             _mm256_loadu_si256((const void *)(end - zeros - 32)));
    x = _mm256_maskz_sub_epi8(keep, x, zero);
    const upbit__u128 m =
        (upbit__u128)upbit__digits_joined(_mm256_castsi256_si128(x)) * 10000000000000000ULL +
        upbit__digits_joined(_mm256_extracti128_si256(x, 1));
    upbit__decimal_put(to, (uint64_t)(m >> 64), (uint64_t)m, pointed ? (int64_t)point - 31 : 0);
}

/* 32 bytes each. */
UPBIT__QUICK __m512i whole_halves(const char *a, const char *b)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const void *)a)),
                              _mm256_loadu_si256((const void *)b), 1);
}

typedef struct whole_two {
    upbit_decimal first, second;
} whole_two;

/* Those that have an exponent or are negative; out of the way. Not 0: one is no number. */
static __attribute__((noinline)) uint64_t
whole_two_slowly(whole_two *out, const char *a, const char *a_end, const char *b, const char *b_end)
{
    return (uint64_t)(upbit__decimal_scan(&out->first, a) != a_end) |
           (uint64_t)(upbit__decimal_scan(&out->second, b) != b_end);
}

/* How far the digits of one half go to the right for the zeros behind a point, and for the point.
 */
typedef struct whole_shift {
    uint32_t by, keep, before; /* bytes; those that are digits then; those from before the point */
    int64_t exponent;
} whole_shift;

/* within: the number's bytes; some: its point and what is not 0. What has no point is as if one
 * stood behind it. */
UPBIT__QUICK whole_shift whole_shift_of(uint32_t within, uint32_t points, uint32_t some)
{
    whole_shift s;
    const uint32_t none = points == 0;
    s.by = _lzcnt_u32(some | none << 31) + 1 - none;
    s.keep = within << (s.by & 31);
    s.before = points >> 1 << (s.by & 31);
    s.before ^= s.before - 1;
    s.exponent = (int64_t)_tzcnt_u32(points) + s.by - 32;
    return s;
}

/* Two decimals of up to 31 characters, a half each, from a to a_end and from b to b_end; before an
 * end 32 bytes are readable, and behind a start. `lengths` are theirs in all bytes of their halves.
 * Bits in *wrong: one is no number. */
UPBIT__QUICK whole_two whole_two_at(uint64_t *wrong, const char *a, const char *a_end,
                                    const char *b, const char *b_end, __m512i lengths)
{
    const uint64_t tops = 0x8000000080000000;
    const __m512i places = _mm512_inserti64x4(row_constant(UPBIT__SCAN_INDEX),
                                              upbit__scan_constant(UPBIT__SCAN_INDEX), 1);
    __m512i x =
        _mm512_sub_epi8(whole_halves(a_end - 32, b_end - 32), row_constant(UPBIT__SCAN_ZERO));
    const uint64_t within =
        _mm512_cmple_epu8_mask(_mm512_sub_epi8(_mm512_set1_epi8(32), lengths), places);
    const uint64_t digits = _mm512_mask_cmple_epu8_mask(within, x, row_constant(UPBIT__SCAN_NINE));
    const uint64_t points =
        _mm512_mask_cmpeq_epi8_mask(within, x, row_constant(UPBIT__SCAN_POINT_DIGIT));
    const uint64_t filled = _mm512_mask_test_epi8_mask(digits, x, x), some = filled | points;
    const uint32_t low = (uint32_t)points, high = (uint32_t)(points >> 32);
    /* Another character; a point at the end, or a second one; a start that is no digit, or a 0 with
     * a digit behind it. */
    const uint64_t bad = (within ^ (digits | points)) | (points & tops) | (low & (low - 1)) |
                         (high & (high - 1)) |
                         (within & ~(within << 1) & (~digits | (~filled & digits >> 1)));
    const whole_shift one = whole_shift_of((uint32_t)within, low, (uint32_t)some);
    const whole_shift two = whole_shift_of((uint32_t)(within >> 32), high, (uint32_t)(some >> 32));
    const __mmask64 keep = one.keep | (uint64_t)two.keep << 32;
    const __mmask64 before = one.before | (uint64_t)two.before << 32;
    const __m512i by =
        _mm512_inserti64x4(_mm512_set1_epi8((char)one.by), _mm256_set1_epi8((char)two.by), 1);
    __m512i from = _mm512_sub_epi8(row_constant(UPBIT__SCAN_INDEX), by);
    from = _mm512_mask_sub_epi8(from, ~before, from, _mm512_set1_epi8(-1));
    uint64_t parts[8];
    _mm512_storeu_si512(parts, whole_joined(_mm512_maskz_permutexvar_epi8(keep, from, x)));
    const upbit__u128 first = (upbit__u128)parts[0] * 10000000000000000ULL + parts[2],
                      second = (upbit__u128)parts[4] * 10000000000000000ULL + parts[6];
    whole_two out;
    upbit__decimal_put(&out.first, (uint64_t)(first >> 64), (uint64_t)first, one.exponent);
    upbit__decimal_put(&out.second, (uint64_t)(second >> 64), (uint64_t)second, two.exponent);
    if (__builtin_expect(bad != 0, 0))
        *wrong |= whole_two_slowly(&out, a, a_end, b, b_end);
    return out;
}

/* Four plain integers without a 0 before them, of up to 16 digits: of members a to d, in the even
 * words. What an integer has before those is left out. */
UPBIT__QUICK __m512i whole_integers(whole *w, unsigned a, unsigned b, unsigned c, unsigned d)
{
    const char *ends = w->bytes + 64 - 16;
    __m512i start = _mm512_sub_epi8(_mm512_set1_epi8(16), whole_lengths(w, a, b, c, d));
    __m512i index = row_constant(UPBIT__SCAN_LANE_INDEX);
    __m512i x = row_lanes(ends + w->at[a + 1], ends + w->at[b + 1], ends + w->at[c + 1],
                          ends + w->at[d + 1]);
    x = _mm512_maskz_sub_epi8(_mm512_cmpge_epi8_mask(index, start), x,
                              row_constant(UPBIT__SCAN_ZERO));
    w->bad |= _mm512_cmpgt_epu8_mask(x, row_constant(UPBIT__SCAN_NINE));
    w->bad |= _mm512_mask_testn_epi8_mask(_mm512_cmpeq_epi8_mask(index, start), x, x);
    return whole_joined(x);
}

/* Texts that are in a event as they are: printable ASCII without quotes and backslashes. */
UPBIT__QUICK void whole_plain(whole *w, __m512i text, __mmask64 counts)
{
    w->bad |= _mm512_mask_cmplt_epi8_mask(counts, text, row_constant(UPBIT__SCAN_SPACE)) |
              _mm512_cmpeq_epi8_mask(text, row_constant(UPBIT__SCAN_QUOTE)) |
              _mm512_cmpeq_epi8_mask(text, row_constant(UPBIT__SCAN_BACKSLASH));
}

/* The code, with zeros behind it. */
UPBIT__QUICK void whole_code(upbit_event *e, __m256i code)
{
    _mm256_mask_storeu_epi64(e->code, 7, code);
}

#endif
#endif
