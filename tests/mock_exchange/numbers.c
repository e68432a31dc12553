/* See numbers.h: Java's spellings over exact integers. */
#include "numbers.h"

#include <stdlib.h>
#include <string.h>

/* Digits of |value|, most significant first; "0" for zero. Returns their count. */
static int digits_of(char out[40], mock_wide value)
{
    char reversed[40];
    int count = 0;
    if (value < 0) {
        value = -value;
    }
    /* 128-bit division is slow: most values fit 64 bits after at most two rounds. */
    while (value > INT64_MAX) {
        reversed[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    uint64_t small = (uint64_t)value;
    do {
        reversed[count++] = (char)('0' + (int)(small % 10));
        small /= 10;
    } while (small > 0);
    for (int i = 0; i < count; i++) {
        out[i] = reversed[count - 1 - i];
    }
    return count;
}

void mock_put_decimal(struct mock_buf *b, mock_wide unscaled, int scale)
{
    char digits[40];
    int count = digits_of(digits, unscaled);
    int adjusted = count - 1 - scale;
    char text[96];
    int n = 0;
    if (unscaled < 0) {
        text[n++] = '-';
    }
    if (scale >= 0 && adjusted >= -6) {
        int whole = count - scale;
        if (whole <= 0) {
            text[n++] = '0';
            text[n++] = '.';
            for (; whole < 0; whole++) {
                text[n++] = '0';
            }
            memcpy(text + n, digits, (size_t)count);
            n += count;
        } else {
            memcpy(text + n, digits, (size_t)whole);
            n += whole;
            if (scale > 0) {
                text[n++] = '.';
                memcpy(text + n, digits + whole, (size_t)scale);
                n += scale;
            }
        }
        mock_buf_put(b, text, (size_t)n);
        return;
    }
    text[n++] = digits[0];
    if (count > 1) {
        text[n++] = '.';
        memcpy(text + n, digits + 1, (size_t)(count - 1));
        n += count - 1;
    }
    mock_buf_put(b, text, (size_t)n);
    mock_buf_printf(b, "E%d", adjusted);
}

void mock_put_stripped(struct mock_buf *b, mock_wide unscaled, int scale, int least)
{
    while (scale > least && unscaled % 10 == 0) {
        unscaled /= 10;
        scale--;
    }
    mock_put_decimal(b, unscaled, scale);
}

void mock_put_plain(struct mock_buf *b, mock_wide unscaled, int scale, int least)
{
    while (scale > least && unscaled % 10 == 0) {
        unscaled /= 10;
        scale--;
    }
    char digits[40];
    int count = digits_of(digits, unscaled);
    mock_buf_puts(b, unscaled < 0 ? "-" : "");
    if (count <= scale) {
        mock_buf_puts(b, "0.");
        for (int i = count; i < scale; i++) {
            mock_buf_putc(b, '0');
        }
        mock_buf_put(b, digits, (size_t)count);
        return;
    }
    mock_buf_put(b, digits, (size_t)(count - scale));
    if (scale > 0) {
        mock_buf_putc(b, '.');
        mock_buf_put(b, digits + count - scale, (size_t)scale);
    }
}

void mock_put_double(struct mock_buf *b, int64_t value)
{
    int64_t size = value < 0 ? -value : value;
    if (size == 0 || (size >= MOCK_ONE / 1000 && size < 10000000 * MOCK_ONE)) {
        if (size == 0) {
            mock_buf_puts(b, "0.0");
            return;
        }
        mock_put_stripped(b, value, 8, 1);
        return;
    }
    char digits[40];
    int count = digits_of(digits, size);
    int exponent = count - 1 - 8;
    while (count > 2 && digits[count - 1] == '0') {
        count--;
    }
    if (value < 0) {
        mock_buf_putc(b, '-');
    }
    mock_buf_putc(b, digits[0]);
    mock_buf_putc(b, '.');
    if (count == 1) {
        mock_buf_putc(b, '0');
    } else {
        mock_buf_put(b, digits + 1, (size_t)(count - 1));
    }
    mock_buf_printf(b, "E%d", exponent);
}

void mock_put_size_default(struct mock_buf *b, int64_t size)
{
    if (size == 0) {
        mock_buf_putc(b, '0');
    } else if (size % 1000000 == 0 || (size / 10) % 3 == 0) {
        mock_put_stripped(b, size, 8, 1);
    } else {
        mock_put_decimal(b, size, 8);
    }
}

void mock_put_size_simple(struct mock_buf *b, int64_t size)
{
    if (size < MOCK_ONE / 1000) {
        mock_put_double(b, size);
    } else {
        mock_put_stripped(b, size, 8, 1);
    }
}

void mock_put_int(struct mock_buf *b, int64_t value)
{
    mock_put_decimal(b, value, 0);
}

bool mock_parse_units(int64_t *value, const char *text)
{
    bool negative = *text == '-';
    text += negative ? 1 : 0;
    mock_wide sum = 0;
    int decimals = 0, digits = 0;
    bool dot = false;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && !dot); text++) {
        if (*text == '.') {
            dot = true;
            continue;
        }
        if (++digits > 30) {
            return false;
        }
        sum = sum * 10 + (*text - '0');
        decimals += dot ? 1 : 0;
    }
    long exponent = 0;
    if (digits > 0 && (*text == 'e' || *text == 'E')) {
        char *end;
        exponent = strtol(text + 1, &end, 10);
        if (end == text + 1 || exponent > 30 || exponent < -60) {
            return false;
        }
        text = end;
    }
    if (digits == 0 || *text != '\0') {
        return false;
    }
    for (long shift = exponent - decimals + 8; shift > 0; shift--) {
        sum *= 10;
        if (sum > INT64_MAX) {
            return false;
        }
    }
    for (long shift = exponent - decimals + 8; shift < 0; shift++) {
        if (sum % 10 != 0) {
            return false;
        }
        sum /= 10;
    }
    if (sum > INT64_MAX) {
        return false;
    }
    *value = negative ? -(int64_t)sum : (int64_t)sum;
    return true;
}
