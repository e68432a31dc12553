/* Reading, writing and the one form of a decimal. The arithmetic is in decimal_math.c. */
#include "upbit-live/decimal.h"

#include <string.h>

#include "base/decimal_wide.h"

int upbit__decimal_refuse(upbit_decimal *out)
{
    *out = (upbit_decimal){.null = 1};
    return UPBIT_ERROR_INVALID_ARGUMENT;
}

unsigned upbit__decimal_digits(upbit__u128 m)
{
    unsigned n = 0;
    while (n < 39 && m >= (n == 38 ? upbit__pow10_wide(38) : upbit__pow10_wide(n)))
        n++;
    return n;
}

int upbit__decimal_make(upbit_decimal *out, upbit__u128 m, int exponent, unsigned negative)
{
    if (m == 0) {
        *out = (upbit_decimal){0};
        return 0;
    }
    while (exponent < 0 && m % 10 == 0) {
        m /= 10;
        exponent++;
    }
    unsigned digits = upbit__decimal_digits(m);
    if (exponent > 0 && digits + (unsigned)exponent <= UPBIT_DECIMAL_DIGITS_MAX) {
        m *= upbit__pow10_wide((unsigned)exponent);
        exponent = 0;
    } else if (exponent > 0 || digits > UPBIT_DECIMAL_DIGITS_MAX) {
        /* Too long to be written out: no trailing zeros at all, so that this form is unique too. */
        while (m % 10 == 0) {
            m /= 10;
            exponent++;
            digits--;
        }
    }
    if (digits > UPBIT_DECIMAL_DIGITS_MAX || exponent < UPBIT_DECIMAL_EXPONENT_MIN ||
        exponent > UPBIT_DECIMAL_EXPONENT_MAX)
        return upbit__decimal_refuse(out);
    upbit__decimal_store(out, (uint64_t)(m >> 64), (uint64_t)m, exponent, negative);
    return 0;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int upbit__decimal_read(upbit_decimal *out, const char *text, size_t length)
{
    const char *p = text, *end = text + length;
    unsigned negative = 0;
    if (p < end && (*p == '-' || *p == '+'))
        negative = *p++ == '-';
    upbit__u128 m = 0;
    unsigned significant = 0;
    size_t zeros = 0; /* read since the last digit that counted, not yet in m */
    int64_t exponent = 0;
    int any = 0, point = 0;
    for (; p < end; p++) {
        if (*p == '.') {
            if (point)
                return upbit__decimal_refuse(out);
            point = 1;
            continue;
        }
        if (!is_digit(*p))
            break;
        any = 1;
        if (point)
            exponent--;
        if (*p == '0') {
            zeros++;
            continue;
        }
        if (significant > 0) {
            if (zeros >= UPBIT_DECIMAL_DIGITS_MAX)
                return upbit__decimal_refuse(out);
            m *= upbit__pow10_wide((unsigned)zeros);
            significant += (unsigned)zeros;
        }
        if (++significant > UPBIT_DECIMAL_DIGITS_MAX)
            return upbit__decimal_refuse(out);
        m = m * 10 + (unsigned)(*p - '0');
        zeros = 0;
    }
    if (!any)
        return upbit__decimal_refuse(out);
    int64_t given = 0;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        int minus = 0;
        if (p < end && (*p == '-' || *p == '+'))
            minus = *p++ == '-';
        if (p == end)
            return upbit__decimal_refuse(out);
        for (; p < end && is_digit(*p); p++)
            if (given < INT64_MAX / 100)
                given = given * 10 + (*p - '0');
        if (minus)
            given = -given;
    }
    if (p != end)
        return upbit__decimal_refuse(out);
    if (m == 0) {
        *out = (upbit_decimal){0};
        return 0;
    }
    /* length < 2^62 and |given| < 2^60, so nothing overflows here. */
    exponent += (int64_t)zeros + given;
    if (exponent < UPBIT_DECIMAL_EXPONENT_MIN || exponent > UPBIT_DECIMAL_EXPONENT_MAX)
        return upbit__decimal_refuse(out);
    return upbit__decimal_make(out, m, (int)exponent, negative);
}

int upbit_decimal_parse(upbit_decimal *out, const char *text, size_t length)
{
    if (out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    if (text == NULL)
        return upbit__decimal_refuse(out);
    return upbit__decimal_read(out, text, length);
}

int upbit_decimal_from_int64(upbit_decimal *out, int64_t value, int exponent)
{
    if (out == NULL)
        return UPBIT_ERROR_INVALID_ARGUMENT;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (exponent < -1000 || exponent > 1000) {
        if (value != 0)
            return upbit__decimal_refuse(out);
        exponent = 0;
    }
    return upbit__decimal_make(out, magnitude, exponent, value < 0);
}

/* The digits of m, at least `least` of them, into buffer[40]; how many. */
static unsigned write_digits(char *buffer, upbit__u128 m, unsigned least)
{
    char reversed[40];
    unsigned n = 0;
    while (m > 0) {
        uint64_t part = (uint64_t)(m % 1000000000000000000ULL);
        m /= 1000000000000000000ULL;
        for (unsigned i = 0; i < 18 && (m > 0 || part > 0); i++) {
            reversed[n++] = (char)('0' + part % 10);
            part /= 10;
        }
    }
    while (n < least)
        reversed[n++] = '0';
    for (unsigned i = 0; i < n; i++)
        buffer[i] = reversed[n - 1 - i];
    return n;
}

static size_t give(const char *text, size_t length, char *buffer, size_t size)
{
    if (buffer != NULL && size > 0) {
        size_t n = length < size - 1 ? length : size - 1;
        memcpy(buffer, text, n);
        buffer[n] = '\0';
    }
    return length;
}

/* m with `places` of its digits behind the point and `zeros` more zeros at the end. */
static size_t write_plain(unsigned negative, upbit__u128 m, unsigned places, unsigned zeros,
                          char *buffer, size_t size)
{
    char text[UPBIT_DECIMAL_STRING_SIZE + 48], digits[40];
    unsigned n = write_digits(digits, m, 1), length = 0;
    if (negative)
        text[length++] = '-';
    unsigned whole = n > places ? n - places : 0;
    if (whole == 0)
        text[length++] = '0';
    memcpy(text + length, digits, whole);
    length += whole;
    if (places > 0) {
        text[length++] = '.';
        for (unsigned i = n; i < places; i++)
            text[length++] = '0';
        memcpy(text + length, digits + whole, n - whole);
        length += n - whole;
    }
    memset(text + length, '0', zeros);
    length += zeros;
    return give(text, length, buffer, size);
}

size_t upbit_decimal_to_string(const upbit_decimal *d, char *buffer, size_t size)
{
    if (d == NULL || d->null)
        return give("null", 4, buffer, size);
    unsigned places = d->exponent < 0 ? (unsigned)-d->exponent : 0;
    unsigned zeros = d->exponent > 0 ? (unsigned)d->exponent : 0;
    return write_plain(d->negative, upbit__decimal_magnitude(d), places, zeros, buffer, size);
}

size_t upbit_decimal_to_fixed(const upbit_decimal *d, int places, char *buffer, size_t size)
{
    if (d == NULL || d->null)
        return give("null", 4, buffer, size);
    unsigned wanted = places < 0                          ? 0
                      : places > UPBIT_DECIMAL_DIGITS_MAX ? UPBIT_DECIMAL_DIGITS_MAX
                                                          : (unsigned)places;
    upbit__u128 m = upbit__decimal_magnitude(d);
    unsigned have = d->exponent < 0 ? (unsigned)-d->exponent : 0;
    if (have > wanted) {
        unsigned drop = have - wanted;
        if (drop > UPBIT_DECIMAL_DIGITS_MAX) {
            m = 0; /* below a tenth of the last place */
        } else {
            upbit__u128 unit = upbit__pow10_wide(drop), rest = m % unit;
            m = m / unit + (rest >= unit - rest ? 1 : 0);
        }
        return write_plain(d->negative && m > 0, m, wanted, 0, buffer, size);
    }
    unsigned zeros = d->exponent > 0 ? (unsigned)d->exponent : 0;
    if (wanted == have)
        return write_plain(d->negative, m, have, zeros, buffer, size);
    /* The zeros that fill up the places; the point stands before them if it is not there yet. */
    char text[UPBIT_DECIMAL_STRING_SIZE + 96];
    size_t length = write_plain(d->negative, m, have, zeros, text, sizeof text);
    if (have == 0)
        text[length++] = '.';
    memset(text + length, '0', wanted - have);
    length += wanted - have;
    return give(text, length, buffer, size);
}

int upbit_decimal_is_null(const upbit_decimal *d)
{
    return d == NULL || d->null != 0;
}

int upbit_decimal_is_zero(const upbit_decimal *d)
{
    return d != NULL && !d->null && (d->lo | d->hi) == 0;
}

int upbit_decimal_sign(const upbit_decimal *d)
{
    if (d == NULL || d->null || (d->lo | d->hi) == 0)
        return 0;
    return d->negative ? -1 : 1;
}
