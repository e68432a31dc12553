/* What an order book looks like as the exchange always writes it, and what its readers for AVX2 and
 * for AVX-512 have in common. */
#ifndef UPBIT_EXCHANGE_DECODE_BOOK_SHAPE_H
#define UPBIT_EXCHANGE_DECODE_BOOK_SHAPE_H

#include "exchange/decode_quick.h"

#if defined(__AVX2__)

enum {
    UPBIT__BOOK_BLOCKS = 64, /* of 64 bytes: 30 rows have 3,540 bytes at most */
    UPBIT__BOOK_PLACES = 9,  /* commas in one of them at most: two rows of digits have 60 bytes */
    UPBIT__BOOK_STORED = 16, /* commas that are written at once, whatever they are */
    UPBIT__BOOK_COMMAS = UPBIT__BOOK_BLOCKS * UPBIT__BOOK_PLACES + UPBIT__BOOK_STORED,
    UPBIT__BOOK_ROWS = UPBIT__BOOK_COMMAS / 4, /* at most */
};

/* Text, and a bit for each byte of it that must be so. */
typedef struct book_part {
    _Alignas(64) char text[64];
    uint64_t must;
} book_part;

typedef struct book_shape {
    book_part times;                /* from behind the code to the first total */
    book_part tail;                 /* behind the last number, up to the level */
    book_part head;                 /* up to the code */
    book_part members[2];           /* the second total, the rows */
    _Alignas(64) char names[4][16]; /* of a row, with the bracket before it */
    uint64_t name_bytes, row_heads;
    uint8_t head_size, stamp, total, second, units, stream, level, ahead;
} book_shape;

/* What came of the rows. */
enum { BOOK_ROWS_WRONG, BOOK_ROWS_FULL, BOOK_ROWS_EMPTY }; /* EMPTY: a slot of them is */

/* A row with a number that is too long for a lane, or with none; at: its commas and the next one,
 * before which a bracket stands; heads: the lengths of the names and 1, 16 bits each, the last with
 * the bracket's. */
static __attribute__((noinline)) int book_row_slowly(const char *text, const char *end,
                                                     const uint16_t at[5], uint64_t heads,
                                                     upbit_book_row *ask, upbit_book_row *bid)
{
    upbit_decimal *const to[4] = {&ask->price, &bid->price, &ask->size, &bid->size};
    unsigned some = 0;
    for (unsigned k = 0; k < 4; k++, heads >>= 16) {
        const unsigned closed = k == 3;
        const char *from = text + at[k] + (heads & 0xFF) - 1 - closed;
        const ptrdiff_t size = text + at[k + 1] - closed - from;
        char ahead[2 * UPBIT__SCAN_BYTES];
        if (size <= 0)
            return BOOK_ROWS_WRONG;
        if (end - from < UPBIT__SCAN_BYTES) { /* so it is shorter than that */
            memset(ahead, 0, sizeof ahead);
            memcpy(ahead, from, (size_t)size);
            from = ahead;
        }
        if (upbit__decimal_scan(to[k], from) != from + size)
            return BOOK_ROWS_WRONG;
        some |= (unsigned)((to[k]->lo | to[k]->hi) != 0) << k;
    }
    return some == 0xF ? BOOK_ROWS_FULL : BOOK_ROWS_EMPTY;
}

#endif
#endif
