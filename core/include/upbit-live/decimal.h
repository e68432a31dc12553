/* upbit-live/decimal.h - exact decimal numbers, as the exchange writes them.
 *
 * Upbit spells one number in many ways (116539000, 1.16539E8, 0.00050000, 5.0E-4, 0E-8) and sends
 * more digits than a double holds (balances have 27). A upbit_decimal holds up to 38 significant
 * digits exactly and has one form per value, so equal numbers are equal field by field:
 *
 *     value = (negative ? -1 : 1) * (hi * 2^64 + lo) * 10^exponent
 *
 *   - exponent <= 0 and as near to 0 as the value allows (no trailing zero behind the point); a
 *     positive exponent occurs only where the digits written out would be more than 38;
 *   - zero is all fields 0, never negative; so a zeroed struct is the number 0;
 *   - null (the exchange sent null, or nothing) has null = 1 and everything else 0.
 *
 * No locale, no strtod and no printf stand between the wire and you. All functions: @thread any, pure,
 * no allocation. */
#ifndef UPBIT_LIVE_DECIMAL_H
#define UPBIT_LIVE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "upbit-live/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct upbit_decimal {
    uint64_t lo, hi;  /* magnitude, below 10^38                                */
    int16_t exponent; /* power of ten, -128..127                               */
    uint8_t negative; /* 1 for values below zero                               */
    uint8_t null;     /* 1: there is no value                                  */
    uint32_t reserved; /* always 0                                             */
} upbit_decimal;

#define UPBIT_DECIMAL_DIGITS_MAX 38
#define UPBIT_DECIMAL_EXPONENT_MIN (-128)
#define UPBIT_DECIMAL_EXPONENT_MAX 127
/* A buffer of this many bytes takes any upbit_decimal_to_string. */
#define UPBIT_DECIMAL_STRING_SIZE 176

/* Reads the whole of text: [-+]digits[.digits][(e|E)[+-]digits], at least one digit before or after
 * the point, no spaces. Returns 0; INVALID_ARGUMENT with *out null when the text is not a number, has
 * more than 38 significant digits or an exponent beyond the range (nothing is ever rounded). */
UPBIT_API int upbit_decimal_parse(upbit_decimal *out, const char *text, size_t length);

/* Plain digits with one point at most, no exponent, no trailing zeros behind the point, "0" for zero,
 * "null" for null. Returns the length that was needed without the NUL, like snprintf; the text is cut
 * (and NUL-terminated) when size is too small. */
UPBIT_API size_t upbit_decimal_to_string(const upbit_decimal *d, char *buffer, size_t size);

/* With exactly `places` digits behind the point, for showing: missing ones are filled with zeros, more
 * are rounded half away from zero. places 0..38. Same return as upbit_decimal_to_string. */
UPBIT_API size_t upbit_decimal_to_fixed(const upbit_decimal *d, int places, char *buffer, size_t size);

/* The nearest double (round to nearest even); 0 for null. Offered, never needed: keep sums exact. */
UPBIT_API double upbit_decimal_to_double(const upbit_decimal *d);

/* value * 10^exponent, exactly. INVALID_ARGUMENT when out of range. */
UPBIT_API int upbit_decimal_from_int64(upbit_decimal *out, int64_t value, int exponent);

/* Less than, equal to or greater than zero as a is below, equal to or above b. Null is below any
 * number and equal to null. */
UPBIT_API int upbit_decimal_compare(const upbit_decimal *a, const upbit_decimal *b);

/* Exact sums and differences and products. INVALID_ARGUMENT, with *out null, when an operand is null
 * or the result would need more than 38 digits. out may be an operand. */
UPBIT_API int upbit_decimal_add(upbit_decimal *out, const upbit_decimal *a, const upbit_decimal *b);
UPBIT_API int upbit_decimal_subtract(upbit_decimal *out, const upbit_decimal *a,
                                     const upbit_decimal *b);
UPBIT_API int upbit_decimal_multiply(upbit_decimal *out, const upbit_decimal *a,
                                     const upbit_decimal *b);

/* 1 for null; 1 for zero; -1, 0 or 1 for the sign (0 for null). */
UPBIT_API int upbit_decimal_is_null(const upbit_decimal *d);
UPBIT_API int upbit_decimal_is_zero(const upbit_decimal *d);
UPBIT_API int upbit_decimal_sign(const upbit_decimal *d);

#ifdef __cplusplus
}
#endif
#endif
