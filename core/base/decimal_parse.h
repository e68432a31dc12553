/* From digits to upbit_decimal as fast as it goes, for the decoders.
 *
 * Most numbers of a message have at most 16 digits before and 16 behind the point. Those are read
 * eight digits at a time without a loop and without a branch that depends on how many there are:
 * lengths of sizes are random, and a mispredicted branch costs as much as the whole number. All
 * others, and everything that is not a number, go to the slow reader (upbit__decimal_scan answers
 * NULL).
 *
 * There are two of each, for the machine every x86-64 is and for one with AVX2, whose shuffle takes
 * the point out and whose multiply-add makes a number of 16 digits at once. Which one a file gets
 * is decided when it is compiled; exchange/meson.build compiles the decoders twice.
 *
 * Little-endian only; elsewhere the slow reader does everything. */
#ifndef UPBIT_BASE_DECIMAL_PARSE_H
#define UPBIT_BASE_DECIMAL_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "upbit-live/decimal.h"

__extension__ typedef unsigned __int128 upbit__u128;

/* So many bytes behind the start of a number must be readable for the fast readers. */
#define UPBIT__SCAN_BYTES 48

static const uint64_t upbit__pow10[20] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

/* Reads [+-]digits[.digits][e[+-]digits], the whole of text. 0; INVALID_ARGUMENT (out is null
 * then). */
int upbit__decimal_read(upbit_decimal *out, const char *text, size_t length);

static inline uint64_t upbit__load64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The number of eight digit values (0..9), the first in the lowest byte. */
static inline uint64_t upbit__digits8(uint64_t v)
{
    const uint64_t mask = 0x000000FF000000FFULL;
    v = v * 10 + (v >> 8);
    return (((v & mask) * 0x000F424000000064ULL) + (((v >> 16) & mask) * 0x0000271000000001ULL)) >>
           32;
}

/* Bit i: p[i] is a digit, for 32 bytes. */
static inline uint32_t upbit__digit_mask(const char *p)
{
#if defined(__SSE2__)
    const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
    __m128i a = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), zero);
    __m128i b = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16)), zero);
    uint32_t low = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(a, nine), a));
    uint32_t high = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(b, nine), b));
    return low | high << 16;
#else
    uint32_t mask = 0;
    for (unsigned i = 0; i < 32; i++)
        mask |= (uint32_t)((uint8_t)(p[i] - '0') < 10) << i;
    return mask;
#endif
}

/* 1 to 16 digits at p. */
static inline uint64_t upbit__digits16(const char *p, unsigned count)
{
    const uint64_t zeros = 0x3030303030303030ULL;
    if (count <= 8)
        return upbit__digits8((upbit__load64(p) - zeros) << (64 - 8 * count));
    unsigned first = count - 8;
    uint64_t high = upbit__digits8((upbit__load64(p) - zeros) << (64 - 8 * first));
    return high * 100000000 + upbit__digits8(upbit__load64(p + first) - zeros);
}

static inline void upbit__decimal_store(upbit_decimal *out, uint64_t hi, uint64_t lo, int exponent,
                                        unsigned negative)
{
    const upbit_decimal d = {lo, hi, (int16_t)exponent, (uint8_t)negative, 0, 0};
    *out = d;
}

/* The part behind 'e' of a number whose digits are m * 10^-places; `trimmed`: m's last digit is not
 * 0 or may not be looked at. NULL: the slow reader's case. */
static inline const char *upbit__decimal_scan_exponent(upbit_decimal *out, const char *q,
                                                       upbit__u128 m, int places, unsigned negative)
{
    int minus = *q == '-';
    if (minus || *q == '+')
        q++;
    unsigned digit = (uint8_t)(*q - '0');
    if (digit > 9)
        return NULL;
    int exponent = (int)digit;
    q++;
    digit = (uint8_t)(*q - '0');
    if (digit <= 9) {
        exponent = exponent * 10 + (int)digit;
        q++;
        if ((uint8_t)(*q - '0') <= 9)
            return NULL;
    }
    exponent = (minus ? -exponent : exponent) - places;
    if (m == 0) {
        upbit__decimal_store(out, 0, 0, 0, 0);
        return q;
    }
    uint64_t lo = (uint64_t)m;
    if ((uint64_t)(m >> 64) != 0)
        return NULL;
    if (exponent > 0) {
        if (exponent > 19 || __builtin_mul_overflow(lo, upbit__pow10[exponent], &lo))
            return NULL;
        exponent = 0;
    } else if (places == 0) {
        while (exponent < 0 && lo % 10 == 0) {
            lo /= 10;
            exponent++;
        }
    }
    if (exponent < UPBIT_DECIMAL_EXPONENT_MIN)
        return NULL;
    upbit__decimal_store(out, 0, lo, exponent, negative);
    return q;
}

/* Reads the JSON number at p; UPBIT__SCAN_BYTES from p on are readable, whatever they hold. Returns
 * where it ends; NULL: not a number this can read, the slow reader decides what it is. */
static inline const char *upbit__decimal_scan_plain(upbit_decimal *out, const char *p)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    (void)out;
    (void)p;
    return NULL;
#else
    const uint64_t zeros = 0x3030303030303030ULL;
    unsigned negative = *p == '-';
    p += negative;
    uint64_t other = ~(uint64_t)upbit__digit_mask(p);
    unsigned whole = (unsigned)__builtin_ctzll(other); /* digits before the point */
    if (whole - 1 > 15 || (*p == '0' && whole > 1))
        return NULL;
    uint64_t integer = upbit__digits16(p, whole);
    const char *q = p + whole;
    unsigned places = 0; /* digits behind the point that count */
    upbit__u128 m = integer;
    if (*q == '.') {
        unsigned fraction = (unsigned)__builtin_ctzll(other >> (whole + 1));
        if (fraction == 0 || whole + 1 + fraction >= 32 || fraction > 16)
            return NULL;
        q++;
        uint64_t high = 0, last; /* the last eight digits, and those before them */
        unsigned before = 0;
        if (fraction <= 8) {
            last = (upbit__load64(q) - zeros) << (64 - 8 * fraction);
            places = fraction;
        } else {
            before = fraction - 8;
            uint64_t front = (upbit__load64(q) - zeros) << (64 - 8 * before);
            last = upbit__load64(q + before) - zeros;
            if (last == 0) {
                last = front;
                places = before;
                before = 0;
            } else {
                high = upbit__digits8(front);
                places = 8;
            }
        }
        /* Trailing zeros are the highest bytes: shift them out. */
        unsigned trailing = (unsigned)__builtin_clzll(last | 1) >> 3;
        uint64_t tail = upbit__digits8(last << (8 * trailing));
        unsigned count = last == 0 ? 0 : places - trailing;
        if (whole <= 8 && before == 0) {
            m = integer * upbit__pow10[count] + tail;
        } else {
            m = (upbit__u128)integer * upbit__pow10[before + count] +
                (upbit__u128)high * upbit__pow10[count] + tail;
        }
        places = before + count;
        q += fraction;
    }
    if ((*q | 0x20) == 'e')
        return upbit__decimal_scan_exponent(out, q + 1, m, (int)places, negative);
    upbit__decimal_store(out, (uint64_t)(m >> 64), (uint64_t)m, -(int)places, negative & (m != 0));
    return q;
#endif
}

#if defined(__AVX2__)

/* [whole * 16 + places]: the shuffle that moves `whole` digits, a point and `places` digits to the
 * end of 16 bytes, without the point, zeros before them. */
extern const uint8_t upbit__decimal_shuffle[256][16];

/* The number of the digits (minus '0') that shuffle picks. */
static inline uint64_t upbit__digits_shuffled(__m128i digits, const uint8_t shuffle[16])
{
    const __m128i tens = _mm_set1_epi16(0x010A), hundreds = _mm_set1_epi32(0x00010064);
    const __m128i myriads = _mm_set1_epi32(0x00012710);
    digits = _mm_shuffle_epi8(digits, _mm_loadu_si128((const __m128i *)(const void *)shuffle));
    __m128i pairs = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
    uint64_t halves =
        (uint64_t)_mm_cvtsi128_si64(_mm_madd_epi16(_mm_packus_epi32(pairs, pairs), myriads));
    return (uint32_t)halves * 100000000ULL + (halves >> 32);
}

/* Everything the common case is not, out of the way of the caller's code. */
static __attribute__((noinline, unused)) const char *upbit__decimal_scan_rare(upbit_decimal *out,
                                                                              const char *p)
{
    return upbit__decimal_scan_plain(out, p);
}

/* 32 times each byte that is looked for. In another file, so that the compiler loads them instead
 * of making them anew, in three instructions each, for every value. */
enum {
    UPBIT__SCAN_ZERO,
    UPBIT__SCAN_NINE, /* the value, not the character */
    UPBIT__SCAN_SPACE,
    UPBIT__SCAN_QUOTE,
    UPBIT__SCAN_BACKSLASH,
    UPBIT__SCAN_COMMA,
    UPBIT__SCANS
};
extern const uint8_t upbit__scan_constants[UPBIT__SCANS][32];

static inline __m256i upbit__scan_constant(unsigned which)
{
    return _mm256_load_si256((const __m256i *)(const void *)upbit__scan_constants[which]);
}

static inline __attribute__((always_inline)) const char *upbit__decimal_scan(upbit_decimal *out,
                                                                             const char *p)
{
    const __m256i zeros = upbit__scan_constant(UPBIT__SCAN_ZERO);
    const __m256i nines = upbit__scan_constant(UPBIT__SCAN_NINE);
    __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i x = _mm256_sub_epi8(text, zeros);
    uint32_t digit =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(x, nines), x));
    uint32_t zero = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text, zeros));
    uint32_t other = ~digit;
    uint64_t whole = _tzcnt_u32(other), end = whole, places = 0;
    if (p[whole] == '.') {
        end = _tzcnt_u32(_blsr_u32(other));
        /* One behind the last digit that is not 0; the fraction is what of it lies behind the
         * point. */
        uint64_t last = 32 - (uint64_t)_lzcnt_u32(_bzhi_u32(digit & ~zero, (uint32_t)end));
        if (__builtin_expect(last > 16 || end == whole + 1, 0))
            return upbit__decimal_scan_rare(out, p);
        places = last > whole ? last - whole - 1 : 0;
    }
    if (__builtin_expect(whole - 1 > 14 || end >= 32 || (whole > 1 && (zero & 1)), 0))
        return upbit__decimal_scan_rare(out, p); /* negative ones, too */
    uint64_t m = upbit__digits_shuffled(_mm256_castsi256_si128(x),
                                        upbit__decimal_shuffle[whole * 16 + places]);
    const char *q = p + end;
    int64_t exponent = -(int64_t)places;
    if ((*q | 0x20) == 'e') {
        /* 1.16539E8 is how DEFAULT books write a price. */
        uint64_t digit_behind = (uint8_t)q[1] - (uint64_t)'0', by = digit_behind - places;
        if (__builtin_expect(
                digit_behind > 9 || by > 9 || (uint8_t)(q[2] - '0') <= 9 || m >= 10000000000ULL, 0))
            return upbit__decimal_scan_rare(out, p);
        m *= upbit__pow10[by];
        exponent = 0;
        q += 2;
    }
    /* One word: exponent, negative, null and reserved. */
    const uint64_t rest = (uint16_t)exponent;
    out->lo = m;
    out->hi = 0;
    memcpy(&out->exponent, &rest, sizeof rest);
    return q;
}

#else

static inline __attribute__((always_inline)) const char *upbit__decimal_scan(upbit_decimal *out,
                                                                             const char *p)
{
    return upbit__decimal_scan_plain(out, p);
}

#endif

/* The same for a plain integer of up to 18 digits; NULL for all else. */
static inline __attribute__((always_inline)) const char *upbit__integer_scan(int64_t *out,
                                                                             const char *p)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    (void)out;
    (void)p;
    return NULL;
#else
#if defined(__AVX2__)
    __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i x = _mm256_sub_epi8(text, upbit__scan_constant(UPBIT__SCAN_ZERO));
    __m256i nines = upbit__scan_constant(UPBIT__SCAN_NINE);
    unsigned digits = _tzcnt_u32(
        ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(x, nines), x)));
#else
    unsigned digits = (unsigned)__builtin_ctzll(~(uint64_t)upbit__digit_mask(p));
#endif
    if (digits - 1 > 17 || (*p == '0' && digits > 1))
        return NULL;
    char next = p[digits];
    if (next == '.' || (next | 0x20) == 'e')
        return NULL;
#if defined(__AVX2__)
    unsigned rest = digits > 15 ? digits - 15 : 0;
    uint64_t value = upbit__digits_shuffled(_mm256_castsi256_si128(x),
                                            upbit__decimal_shuffle[(size_t)(digits - rest) * 16]);
#else
    unsigned rest = digits > 16 ? digits - 16 : 0;
    uint64_t value = upbit__digits16(p, digits - rest);
#endif
    for (unsigned i = digits - rest; i < digits; i++)
        value = value * 10 + (uint64_t)(p[i] - '0');
    *out = (int64_t)value;
    return p + digits;
#endif
}

#endif
