/* From digits to upbit_decimal as fast as it goes, for the decoders.
 *
 * Most numbers of a message have at most 16 digits before and 16 behind the point. Those are read
 * eight digits at a time without a loop and without a branch that depends on how many there are:
 * lengths of sizes are random, and a mispredicted branch costs as much as the whole number. All
 * others, and everything that is not a number, go to the slow reader (upbit__decimal_scan answers
 * NULL).
 *
 * There are two of each, for the machine every x86-64 is and for one with AVX2, whose shuffle takes
 * the point out and whose multiply-add makes a number of 16 digits at once (decimal_lanes.h). Which
 * one a file gets is decided when it is compiled; exchange/meson.build compiles the decoders once
 * for each kind of machine.
 *
 * Little-endian only; elsewhere the slow reader does everything. */
#ifndef UPBIT_BASE_DECIMAL_PARSE_H
#define UPBIT_BASE_DECIMAL_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
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

#include "base/decimal_lanes.h"

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
    uint32_t digit, zero;
    __m256i x = upbit__digits_marked(p, &digit, &zero);
    unsigned digits = _tzcnt_u32(~digit);
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
                                            upbit__decimal_shuffle[(size_t)(digits - rest) * 17]);
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
