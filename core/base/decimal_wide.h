/* What the decimal files share: 128-bit magnitudes and their canonical form. */
#ifndef UPBIT_BASE_DECIMAL_WIDE_H
#define UPBIT_BASE_DECIMAL_WIDE_H

#include "base/decimal_parse.h"

static inline upbit__u128 upbit__decimal_magnitude(const upbit_decimal *d)
{
    return (upbit__u128)d->hi << 64 | d->lo;
}

/* 10^n, n 0..38 (all that fit). */
static inline upbit__u128 upbit__pow10_wide(unsigned n)
{
    return n < 20 ? upbit__pow10[n] : (upbit__u128)upbit__pow10[19] * upbit__pow10[n - 19];
}

/* Decimal digits of m; 0 has none. */
unsigned upbit__decimal_digits(upbit__u128 m);

/* m * 10^exponent in its one form. 0; INVALID_ARGUMENT with *out null when it has none. */
int upbit__decimal_make(upbit_decimal *out, upbit__u128 m, int exponent, unsigned negative);

/* Makes *out null and returns INVALID_ARGUMENT. */
int upbit__decimal_refuse(upbit_decimal *out);

#endif
