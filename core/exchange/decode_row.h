/* A row of an order book on machines with AVX-512: its four numbers side by side.
 *
 * The next quote says where a number ends, whatever it is; so the four can be put in a lane of 16
 * bytes each before any of them has been looked at. What the bytes are - digits, zeros, points -
 * are then bits, 16 for each lane of one word, and sums and masks of that word say for all four
 * what is wrong, where the point stands and what of the digits counts. Nothing is asked but once,
 * for a wrong guess of the processor costs more than a number.
 *
 * Only rows of the usual shape are read: the four members in wire order without white space,
 * numbers of up to 15 characters with one digit of exponent at most, none of them negative. */
#ifndef UPBIT_EXCHANGE_DECODE_ROW_H
#define UPBIT_EXCHANGE_DECODE_ROW_H

#include "exchange/decode_quick.h"

/* The lowest and the highest bits of four lanes of 16 bits. */
#define UPBIT__ROW_ONES 0x0001000100010001ULL
#define UPBIT__ROW_TOPS 0x8000800080008000ULL

#if defined(__AVX512BW__)

static inline __m512i row_constant(unsigned which)
{
    return _mm512_load_si512(upbit__scan_constants[which]);
}

/* The first of 64 bytes that closes a row; 64: none does. */
UPBIT__QUICK size_t row_end(const char *p)
{
    return _tzcnt_u64(
        _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), row_constant(UPBIT__SCAN_BRACE)));
}

/* 16 bytes each. */
UPBIT__QUICK __m512i row_lanes(const char *a, const char *b, const char *c, const char *d)
{
    const __m128i *at[4] = {(const void *)a, (const void *)b, (const void *)c, (const void *)d};
    __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at[0])),
                                          _mm_loadu_si128(at[1]), 1);
    __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at[2])),
                                           _mm_loadu_si128(at[3]), 1);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

/* Of each lane one byte, for the words of 16 bits of a and b: 63 minus the highest bit that is set
 * (64: none is) of a's in byte 0, of b's in byte 8. */
UPBIT__QUICK __m512i row_highest(uint64_t a, uint64_t b)
{
    __m128i words =
        _mm_unpacklo_epi16(_mm_cvtsi64_si128((int64_t)a), _mm_cvtsi64_si128((int64_t)b));
    return _mm512_lzcnt_epi64(_mm512_cvtepu16_epi64(words));
}

/* 63 minus byte 0 or 8 of each lane in all of the lane. */
UPBIT__QUICK __m512i row_index(__m512i highest, unsigned which)
{
    return _mm512_sub_epi8(row_constant(UPBIT__SCAN_63),
                           _mm512_shuffle_epi8(highest, row_constant(which)));
}

enum { UPBIT__ROW_FULL = 0x55 }; /* none of a row's numbers is 0 */

/* Bits of the lanes: digits, zeros, where the digits before the point end, where all end. */
typedef struct row_marks {
    uint64_t digits, zeros, wholes, ends;
} row_marks;

/* What follows the E of lanes that have one, as in 1.16539E8 and 5.0E-4: 0 where there is none. x
 * are the text's bytes minus '0'; the characters that the exponents take are added to *length. Bits
 * in *bad: they are not of the usual shape. */
UPBIT__QUICK __m512i row_exponents(__m512i x, const row_marks *m, unsigned *length, uint64_t *bad)
{
    const uint64_t any = UPBIT__ROW_TOPS - UPBIT__ROW_ONES; /* added to a lane's bit: the top bit */
    uint64_t marks = m->ends & _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('E' - '0'));
    uint64_t minus = marks << 1 & _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('-' - '0'));
    uint64_t powers = (marks << 1) + minus; /* the exponents' only digits */
    uint64_t lanes = (marks + any) >> 15 & UPBIT__ROW_ONES;
    /* All within the lane, and one digit before the point that is not 0. */
    *bad |= (marks & (UPBIT__ROW_TOPS | UPBIT__ROW_TOPS >> 1 | UPBIT__ROW_TOPS >> 2)) |
            (powers & ~m->digits) | (lanes & m->zeros) | (lanes << 1 & ~m->wholes);
    *length += (unsigned)(_mm_popcnt_u64(marks | powers) + _mm_popcnt_u64(minus));
    __m512i power = _mm512_shuffle_epi8(x, row_index(row_highest(powers, 0), UPBIT__SCAN_BYTE_0));
    uint64_t negative = (minus + any) >> 15 & UPBIT__ROW_ONES;
    return _mm512_mask_sub_epi8(power, negative * 0xFFFF, _mm512_setzero_si512(), power);
}

/* The numbers at a, b, c and d, which have `length` characters together, as the decimals of *ask
 * and *bid (a and c, b and d). Bit 2i is set when number i is not 0. -1: they are not of the usual
 * shape, and nothing is written. */
UPBIT__QUICK int row_numbers(const char *a, const char *b, const char *c, const char *d,
                             unsigned length, upbit_book_row *ask, upbit_book_row *bid)
{
    const uint64_t ones = UPBIT__ROW_ONES;
    __m512i x = _mm512_sub_epi8(row_lanes(a, b, c, d), row_constant(UPBIT__SCAN_ZERO));
    uint64_t digits = _mm512_cmple_epu8_mask(x, row_constant(UPBIT__SCAN_NINE));
    uint64_t zeros = _mm512_testn_epi8_mask(x, x);
    uint64_t points = _mm512_cmpeq_epi8_mask(x, row_constant(UPBIT__SCAN_POINT_DIGIT));
    /* What is below the first bit of each lane that is neither: the number. */
    uint64_t other = ~(digits | points), number = (other - ones) & ~other, behind = digits >> 1;
    points &= number;
    /* 16 characters or more; a point without a digit behind it; a second one (what is added
     * right behind a point goes through the digits to what follows them); a start that is no digit,
     * or a 0 with a digit behind it. */
    uint64_t bad = (number & UPBIT__ROW_TOPS) | (points & ~behind) |
                   (points & ((points << 1) + digits)) | (ones & (~digits | (zeros & behind)));
    /* The end of the digits before the point, which is a point or the number's end; and the last
     * digit that is not 0, or else that end. */
    uint64_t wholes = ~digits & ~(~digits - ones), lasts = (digits & ~zeros & number) | wholes;
    unsigned seen = (unsigned)_mm_popcnt_u64(number);
    __m512i power = _mm512_setzero_si512();
    if (seen != length) {
        const row_marks marks = {digits, zeros, wholes, other & ~(other - ones)};
        power = row_exponents(x, &marks, &seen, &bad);
        bad |= (uint64_t)(seen != length);
    }
    if (bad != 0)
        return -1;
    __m512i highest = row_highest(wholes, lasts);
    __m512i whole = row_index(highest, UPBIT__SCAN_BYTE_0);
    __m512i last = row_index(highest, UPBIT__SCAN_BYTE_8);
    /* Digits are moved by as many zeros as an exponent leaves behind them; else it stays. */
    __m512i rest = _mm512_add_epi8(_mm512_sub_epi8(whole, last), power);
    __m512i move = _mm512_max_epi8(rest, _mm512_setzero_si512());
    __m512i from = _mm512_add_epi8(_mm512_add_epi8(last, row_constant(UPBIT__SCAN_LANE)), move);
    /* Behind the last digit: nothing, which is a zero. */
    from =
        _mm512_mask_sub_epi8(from, _mm512_cmpge_epi8_mask(from, whole), from, _mm512_set1_epi8(-1));
    from = _mm512_mask_mov_epi8(from, _mm512_cmpgt_epi8_mask(from, last), _mm512_set1_epi8(-1));
    x = _mm512_shuffle_epi8(x, from);
    x = _mm512_madd_epi16(_mm512_maddubs_epi16(x, _mm512_set1_epi16(0x010A)),
                          _mm512_set1_epi32(0x00010064));
    x = _mm512_madd_epi16(_mm512_packus_epi32(x, x), _mm512_set1_epi32(0x00012710));
    /* Eight digits each in the halves of the even words; 0 goes to the odd ones. */
    x = _mm512_maskz_add_epi64(0x55, _mm512_mul_epu32(x, _mm512_set1_epi64(100000000)),
                               _mm512_srli_epi64(x, 32));
    __m512i exponent =
        _mm512_maskz_srai_epi16(0x01010101, _mm512_min_epi8(rest, _mm512_setzero_si512()), 8);
    const __m512i asks = _mm512_set_epi64(0, 0, 12, 5, 4, 8, 1, 0);
    const __m512i bids = _mm512_set_epi64(0, 0, 14, 7, 6, 10, 3, 2);
    _mm512_mask_storeu_epi64(ask, 0x3F, _mm512_permutex2var_epi64(x, asks, exponent));
    _mm512_mask_storeu_epi64(bid, 0x3F, _mm512_permutex2var_epi64(x, bids, exponent));
    return (int)_mm512_test_epi64_mask(x, x);
}

/* The row at p, whose bracket is at `brace`: which of its numbers are not 0, as row_numbers.
 * UPBIT__JSON_AHEAD_ROW bytes are readable. */
UPBIT__QUICK int quick_row(const char *p, const char *brace, int simple, upbit_book_row *ask,
                           upbit_book_row *bid)
{
    static const char names[2][4][16] __attribute__((aligned(64))) = {
        {"{\"ask_price\":", ",\"bid_price\":", ",\"ask_size\":", ",\"bid_size\":"},
        {"{\"ap\":", ",\"bp\":", ",\"as\":", ",\"bs\":"}};
    const uint64_t counts = simple ? 0x003F003F003F003FULL : 0x0FFF0FFF1FFF1FFFULL;
    const unsigned price = simple ? 6 : 13, size = simple ? 6 : 12;
    const __m512i quotes = row_constant(UPBIT__SCAN_QUOTE);
    /* A name has two quotes: the first and the third behind a number's start end the numbers. */
    uint64_t half = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), quotes) >> price;
    const char *second = p + price - 1 + _tzcnt_u64(half);
    const char *third = p + price - 1 + _tzcnt_u64(_blsr_u64(_blsr_u64(half)));
    half = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(third), quotes) >> size;
    const char *fourth = third + size - 1 + _tzcnt_u64(half);
    __mmask64 differ = _mm512_mask_cmpneq_epi8_mask(counts, row_lanes(p, second, third, fourth),
                                                    _mm512_load_si512(names[simple]));
    /* A bracket before the last number ends no row, however long the numbers are together. */
    if ((differ | (uint64_t)(brace < fourth + size)) != 0)
        return -1;
    return row_numbers(p + price, second + price, third + size, fourth + size,
                       (unsigned)(brace - p) - 2 * price - 2 * size, ask, bid);
}

#endif
#endif
