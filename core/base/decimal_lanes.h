/* The quick readers of decimal_parse.h for machines with AVX2: 16 digits at a time, the point taken
 * out by a shuffle. With AVX-512 the same with fewer steps. Included by decimal_parse.h. */
#ifndef UPBIT_BASE_DECIMAL_LANES_H
#define UPBIT_BASE_DECIMAL_LANES_H

#include <immintrin.h>

#define UPBIT__LANES static inline __attribute__((always_inline))

/* [whole * 16 + last]: the shuffle that moves `whole` digits and, a point between, those up to byte
 * `last` to the end of 16 bytes, zeros before them; last == whole: no digit behind the point. */
extern const uint8_t upbit__decimal_shuffle[256][16];

/* 64 times each byte that is looked for. In another file, so that the compiler loads them instead
 * of making them anew, in three instructions each, for every value. */
enum {
    UPBIT__SCAN_ZERO,
    UPBIT__SCAN_NINE, /* the value, not the character */
    UPBIT__SCAN_SPACE,
    UPBIT__SCAN_QUOTE,
    UPBIT__SCAN_BACKSLASH,
    UPBIT__SCAN_COMMA,
    UPBIT__SCAN_BRACE,
    UPBIT__SCAN_POINT_DIGIT, /* minus '0' */
    UPBIT__SCAN_LANE,        /* -16 to -1, four times */
    UPBIT__SCAN_63,
    UPBIT__SCAN_BYTE_0,
    UPBIT__SCAN_BYTE_8,
    UPBIT__SCAN_INDEX,       /* 0 to 63 */
    UPBIT__SCAN_LANE_INDEX,  /* 0 to 15, four times */
    UPBIT__SCAN_LANE_BEHIND, /* 16 to 31, four times */
    UPBIT__SCANS
};
extern const uint8_t upbit__scan_constants[UPBIT__SCANS][64];

UPBIT__LANES __m256i upbit__scan_constant(unsigned which)
{
    return _mm256_load_si256((const __m256i *)(const void *)upbit__scan_constants[which]);
}

/* The number of 16 digits (minus '0'). */
UPBIT__LANES uint64_t upbit__digits_joined(__m128i digits)
{
    const __m128i tens = _mm_set1_epi16(0x010A), hundreds = _mm_set1_epi32(0x00010064);
    const __m128i myriads = _mm_set1_epi32(0x00012710);
    __m128i pairs = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
    uint64_t halves =
        (uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(_mm_packus_epi32(pairs, pairs), myriads));
    return (uint32_t)halves * 100000000ULL + (halves >> 32);
}

/* Of those that shuffle picks. */
UPBIT__LANES uint64_t upbit__digits_shuffled(__m128i digits, const uint8_t shuffle[16])
{
    return upbit__digits_joined(
        _mm_shuffle_epi8(digits, _mm_loadu_si128((const __m128i *)(const void *)shuffle)));
}

/* 32 bytes minus '0'; bit i: byte i is a digit, is 0. */
UPBIT__LANES __m256i upbit__digits_marked(const char *p, uint32_t *digit, uint32_t *zero)
{
    __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i x = _mm256_sub_epi8(text, upbit__scan_constant(UPBIT__SCAN_ZERO));
    const __m256i nines = upbit__scan_constant(UPBIT__SCAN_NINE);
#if defined(__AVX512VL__) && defined(__AVX512BW__)
    *digit = _mm256_cmple_epu8_mask(x, nines);
    *zero = _mm256_testn_epi8_mask(x, x);
#else
    *digit = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(x, nines), x));
    *zero = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, _mm256_setzero_si256()));
#endif
    return x;
}

/* One word: exponent, negative, null and reserved. */
UPBIT__LANES void upbit__decimal_put(upbit_decimal *out, uint64_t hi, uint64_t lo, int64_t exponent)
{
    const uint64_t rest = (uint16_t)exponent;
    out->lo = lo;
    out->hi = hi;
    memcpy(&out->exponent, &rest, sizeof rest);
}

/* Where a number ends, how many digits stand before its point, and the place of the last digit that
 * is not 0, or else of the point; without one that is where it ends. 0: there is none, a negative
 * one, or one with a zero too many. */
UPBIT__LANES int upbit__decimal_measure(const char *p, uint32_t digit, uint32_t zero,
                                        uint64_t *whole, uint64_t *last, uint64_t *end)
{
    const uint32_t other = ~digit;
    *whole = *last = *end = _tzcnt_u32(other);
    /* In one, since whether a size begins with 0 is anybody's guess. */
    uint32_t bad = ((zero & digit >> 1) | other) & 1;
    if (p[*whole] == '.') {
        *end = _tzcnt_u32(_blsr_u32(other));
        *last = 31 -
                (uint64_t)_lzcnt_u32(_bzhi_u32((digit & ~zero) | (other & -other), (uint32_t)*end));
        bad |= *end == *whole + 1;
    }
    return bad == 0 && *end < 32;
}

/* Reads the number at p as upbit__decimal_scan; NULL also for those that are not usual. */
UPBIT__LANES const char *upbit__decimal_scan_usual(upbit_decimal *out, const char *p)
{
    uint32_t digit, zero;
    uint64_t whole, last, end;
    __m256i x = upbit__digits_marked(p, &digit, &zero);
    int good = upbit__decimal_measure(p, digit, zero, &whole, &last, &end);
    if (__builtin_expect(!good || last > 15, 0))
        return NULL;
    uint64_t m = upbit__digits_shuffled(_mm256_castsi256_si128(x),
                                        upbit__decimal_shuffle[whole * 16 + last]);
    const char *q = p + end;
    int64_t exponent = (int64_t)whole - (int64_t)last;
    if ((*q | 0x20) == 'e') {
        /* 1.16539E8 is how DEFAULT books write a price. */
        uint64_t behind = (uint8_t)q[1] - (uint64_t)'0', by = behind + (uint64_t)exponent;
        if (__builtin_expect(
                behind > 9 || by > 9 || (uint8_t)(q[2] - '0') <= 9 || m >= 10000000000ULL, 0))
            return NULL;
        m *= upbit__pow10[by];
        exponent = 0;
        q += 2;
    }
    upbit__decimal_put(out, 0, m, exponent);
    return q;
}

/* All others, out of the way of the caller's code. A number whose digits up to `last`, 16 to 30,
 * take two times 16 bytes is read here, too: a day's turnover has 20. 1 to 15 bytes of it come
 * first, then 16, in one of which the point may be. */
static __attribute__((noinline, unused)) const char *upbit__decimal_scan_rare(upbit_decimal *out,
                                                                              const char *p)
{
    if (*p == '-' && (uint8_t)(p[1] - '0') <= 9) {
        const char *q = upbit__decimal_scan_usual(out, p + 1);
        if (q == NULL)
            return upbit__decimal_scan_plain(out, p);
        out->negative = out->lo != 0;
        return q;
    }
    uint32_t digit, zero;
    uint64_t whole, last, end;
    (void)upbit__digits_marked(p, &digit, &zero);
    int good = upbit__decimal_measure(p, digit, zero, &whole, &last, &end);
    if (!good || last < 16 || last > 30 || (p[end] | 0x20) == 'e')
        return upbit__decimal_scan_plain(out, p);
    const uint64_t first = last - 15;
    const __m128i zeros = _mm_set1_epi8('0');
    __m128i high = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), zeros);
    __m128i low = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + first)), zeros);
    upbit__u128 m;
    if (whole >= first)
        m = (upbit__u128)upbit__digits_shuffled(high, upbit__decimal_shuffle[first * 17]) *
                1000000000000000ULL +
            upbit__digits_shuffled(low, upbit__decimal_shuffle[(whole - first) * 16 + 15]);
    else
        m = (upbit__u128)upbit__digits_shuffled(high,
                                                upbit__decimal_shuffle[whole * 16 + first - 1]) *
                10000000000000000ULL +
            upbit__digits_joined(low);
    upbit__decimal_put(out, (uint64_t)(m >> 64), (uint64_t)m, (int64_t)whole - (int64_t)last);
    return p + end;
}

UPBIT__LANES const char *upbit__decimal_scan(upbit_decimal *out, const char *p)
{
    const char *end = upbit__decimal_scan_usual(out, p);
    return __builtin_expect(end == NULL, 0) ? upbit__decimal_scan_rare(out, p) : end;
}

#endif
