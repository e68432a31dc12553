/* Exact arithmetic on decimals, and the nearest double of one. */
#include <string.h>

#include "base/decimal_wide.h"

/* A magnitude and exponent without trailing zeros: the one with the fewest digits. */
typedef struct stripped {
    upbit__u128 m;
    int exponent;
} stripped;

static stripped strip(const upbit_decimal *d)
{
    stripped s = {upbit__decimal_magnitude(d), d->exponent};
    while (s.m != 0 && s.m % 10 == 0) {
        s.m /= 10;
        s.exponent++;
    }
    return s;
}

static int compare_magnitudes(const upbit_decimal *a, const upbit_decimal *b)
{
    upbit__u128 ma = upbit__decimal_magnitude(a), mb = upbit__decimal_magnitude(b);
    int ea = a->exponent, eb = b->exponent;
    if (ma == 0 || mb == 0)
        return (ma != 0) - (mb != 0);
    if (ea != eb) {
        int da = (int)upbit__decimal_digits(ma) + ea, db = (int)upbit__decimal_digits(mb) + eb;
        if (da != db)
            return da < db ? -1 : 1;
        /* The same place of the first digit: the longer one has at most 38 digits, so this fits. */
        if (ea > eb)
            ma *= upbit__pow10_wide((unsigned)(ea - eb));
        else
            mb *= upbit__pow10_wide((unsigned)(eb - ea));
    }
    return (ma > mb) - (ma < mb);
}

int upbit_decimal_compare(const upbit_decimal *a, const upbit_decimal *b)
{
    int na = upbit_decimal_is_null(a), nb = upbit_decimal_is_null(b);
    if (na || nb)
        return nb - na;
    int sa = upbit_decimal_sign(a), sb = upbit_decimal_sign(b);
    if (sa != sb)
        return sa < sb ? -1 : 1;
    return sa < 0 ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

static int scale(upbit__u128 *m, int by)
{
    if (by > UPBIT_DECIMAL_DIGITS_MAX)
        return 0;
    return !__builtin_mul_overflow(*m, upbit__pow10_wide((unsigned)by), m);
}

static int add_signed(upbit_decimal *out, const upbit_decimal *a, const upbit_decimal *b, int flip)
{
    if (out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (upbit_decimal_is_null(a) || upbit_decimal_is_null(b))
        return upbit__decimal_refuse(out);
    unsigned na = a->negative, nb = b->negative ^ (unsigned)flip;
    stripped x = strip(a), y = strip(b);
    int exponent;
    if (x.m == 0) {
        exponent = y.exponent;
    } else if (y.m == 0) {
        exponent = x.exponent;
    } else {
        /* Stripped, the operand that reaches further down ends in a digit that is not 0, and so
         * does the result: where the scaled operand is too long for 128 bits, the result has more
         * than 38 digits. */
        exponent = x.exponent < y.exponent ? x.exponent : y.exponent;
        if (!scale(&x.m, x.exponent - exponent) || !scale(&y.m, y.exponent - exponent))
            return upbit__decimal_refuse(out);
    }
    if (na != nb) {
        if (x.m >= y.m)
            return upbit__decimal_make(out, x.m - y.m, exponent, na);
        return upbit__decimal_make(out, y.m - x.m, exponent, nb);
    }
    upbit__u128 sum;
    if (__builtin_add_overflow(x.m, y.m, &sum))
        return upbit__decimal_refuse(out);
    return upbit__decimal_make(out, sum, exponent, na);
}

int upbit_decimal_add(upbit_decimal *out, const upbit_decimal *a, const upbit_decimal *b)
{
    return add_signed(out, a, b, 0);
}

int upbit_decimal_subtract(upbit_decimal *out, const upbit_decimal *a, const upbit_decimal *b)
{
    return add_signed(out, a, b, 1);
}

/* Little-endian 32-bit limbs; 1,024 bits hold any decimal as a fraction of two integers. */
enum { LIMBS = 32 };

typedef struct big {
    uint32_t limb[LIMBS];
} big;

static big big_from(upbit__u128 m)
{
    big b = {{0}};
    for (unsigned i = 0; i < 4; i++)
        b.limb[i] = (uint32_t)(m >> (32 * i));
    return b;
}

static void big_multiply(big *b, uint32_t by)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        carry += (uint64_t)b->limb[i] * by;
        b->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* The remainder. */
static uint32_t big_divide(big *b, uint32_t by)
{
    uint64_t rest = 0;
    for (unsigned i = LIMBS; i-- > 0;) {
        rest = rest << 32 | b->limb[i];
        b->limb[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    return (uint32_t)rest;
}

static unsigned big_bits(const big *b)
{
    for (unsigned i = LIMBS; i-- > 0;)
        if (b->limb[i] != 0)
            return 32 * i + 32 - (unsigned)__builtin_clz(b->limb[i]);
    return 0;
}

static void big_shift_left(big *b, unsigned by)
{
    unsigned limbs = by / 32, bits = by % 32;
    for (unsigned i = LIMBS; i-- > 0;) {
        uint64_t v = i >= limbs ? (uint64_t)b->limb[i - limbs] << 32 : 0;
        if (i > limbs)
            v |= b->limb[i - limbs - 1];
        b->limb[i] = (uint32_t)((v << bits) >> 32);
    }
}

static int big_compare(const big *a, const big *b)
{
    for (unsigned i = LIMBS; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

static void big_subtract(big *a, const big *b)
{
    int64_t borrow = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        int64_t v = (int64_t)a->limb[i] - b->limb[i] + borrow;
        a->limb[i] = (uint32_t)v;
        borrow = v < 0 ? -1 : 0;
    }
}

int upbit_decimal_multiply(upbit_decimal *out, const upbit_decimal *a, const upbit_decimal *b)
{
    if (out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (upbit_decimal_is_null(a) || upbit_decimal_is_null(b))
        return upbit__decimal_refuse(out);
    stripped x = strip(a), y = strip(b);
    unsigned negative = a->negative ^ b->negative;
    int exponent = x.exponent + y.exponent;
    upbit__u128 m;
    if (x.m == 0 || y.m == 0)
        return upbit__decimal_make(out, 0, 0, 0);
    if (!__builtin_mul_overflow(x.m, y.m, &m))
        return upbit__decimal_make(out, m, exponent, negative);
    /* Two 38-digit operands: the product may still end in zeros (2 * 5) and so be short enough. */
    big product = {{0}};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < 4; j++) {
            carry += (uint64_t)(uint32_t)(x.m >> (32 * i)) * (uint32_t)(y.m >> (32 * j)) +
                     product.limb[i + j];
            product.limb[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product.limb[i + 4] = (uint32_t)carry;
    }
    while (big_bits(&product) > 128) {
        if (big_divide(&product, 10) != 0)
            return upbit__decimal_refuse(out);
        exponent++;
    }
    m = 0;
    for (unsigned i = 4; i-- > 0;)
        m = m << 32 | product.limb[i];
    return upbit__decimal_make(out, m, exponent, negative);
}

double upbit_decimal_to_double(const upbit_decimal *d)
{
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d == NULL || d->null || (d->lo | d->hi) == 0)
        return 0;
    /* Both exactly doubles: one correctly rounded division. */
    if (d->hi == 0 && d->lo <= 1ULL << 53 && d->exponent <= 0 && d->exponent >= -22) {
        double value = (double)d->lo / exact[-d->exponent];
        return d->negative ? -value : value;
    }
    big numerator = big_from(upbit__decimal_magnitude(d)), denominator = big_from(1);
    for (int i = d->exponent; i > 0; i--)
        big_multiply(&numerator, 10);
    for (int i = d->exponent; i < 0; i++)
        big_multiply(&denominator, 10);
    /* Shifted so that the quotient has 55 or 56 bits: 53, and at least two to round by. */
    int shift = 55 + (int)big_bits(&denominator) - (int)big_bits(&numerator);
    if (shift > 0)
        big_shift_left(&numerator, (unsigned)shift);
    else
        big_shift_left(&denominator, (unsigned)-shift);
    uint64_t quotient = 0;
    for (unsigned i = 56; i-- > 0;) {
        big part = denominator;
        big_shift_left(&part, i);
        if (big_compare(&numerator, &part) >= 0) {
            big_subtract(&numerator, &part);
            quotient |= 1ULL << i;
        }
    }
    unsigned drop = quotient >> 55 != 0 ? 3 : 2;
    uint64_t rest = quotient & ((1ULL << drop) - 1), half = 1ULL << (drop - 1);
    uint64_t mantissa = quotient >> drop;
    int power = (int)drop - shift;
    if (rest > half || (rest == half && (big_bits(&numerator) > 0 || (mantissa & 1))))
        mantissa++;
    if (mantissa >> 53 != 0) {
        mantissa >>= 1;
        power++;
    }
    /* 1e-128 .. 1e165: always a normal number. */
    uint64_t bits = (uint64_t)(power + 52 + 1023) << 52 | (mantissa & ((1ULL << 52) - 1));
    if (d->negative)
        bits |= 1ULL << 63;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
