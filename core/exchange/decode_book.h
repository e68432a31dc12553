/* A row of an order book whose commas are known, on machines with AVX-512.
 *
 * Each number is loaded so that its last character is the last of a lane of 16 bytes: so what
 * stands behind its point says by itself what the exponent is, the digits before the point move up
 * by one byte, and nothing else has to be moved. Zeros at the end are then in the product, and are
 * divided out of it, which is exact and therefore a multiplication (by the inverse of 5^n modulo
 * 2^64) and a shift. Here, too, what is wrong is only gathered. */
#ifndef UPBIT_EXCHANGE_DECODE_BOOK_H
#define UPBIT_EXCHANGE_DECODE_BOOK_H

#include "exchange/decode_book_shape.h"
#include "exchange/decode_whole.h"

#if defined(__AVX512VBMI2__)

/* 1 / 5^n modulo 2^64, and 10^n. */
static const uint64_t book_inverse[16] __attribute__((aligned(64))) = {
    0x0000000000000001, 0xCCCCCCCCCCCCCCCD, 0x8F5C28F5C28F5C29, 0x1CAC083126E978D5,
    0xD288CE703AFB7E91, 0x5D4E8FB00BCBE61D, 0x790FB65668C26139, 0xE5032477AE8D46A5,
    0xC767074B22E90E21, 0x8E47CE423A2E9C6D, 0x4FA7F60D3ED61F49, 0x0FEE64690C913975,
    0x3662E0E1CF503EB1, 0xA47A2CF9F6433FBD, 0x54186F653140A659, 0x7738164770402145};
static const uint64_t book_power[16] __attribute__((aligned(64))) = {
    1,        10,        100,        1000,        10000,        100000,        1000000,
    10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000};

/* Entry n of a table for each word of 64 bits. */
UPBIT__QUICK __m512i book_entries(const uint64_t table[16], __m512i n)
{
    return _mm512_permutex2var_epi64(_mm512_load_si512(table), n, _mm512_load_si512(table + 8));
}

/* Four numbers as they stand, and what is told by an E and a digit behind them. */
typedef struct book_lanes {
    __m512i x;       /* minus '0', the last of each in the last byte of its lane; else 0 */
    uint64_t within; /* the bytes that are theirs */
    uint64_t lanes;  /* the lowest bit of each that has an E */
    __m512i power;   /* in its lowest word */
} book_lanes;

/* odd: one has an E. Bits in *wrong: one is no number. A 0 may have an exponent: a row with it is
 * dropped. */
UPBIT__QUICK whole_decimals book_decimals(uint64_t *wrong, const book_lanes *text, int odd)
{
    const uint64_t ones = UPBIT__ROW_ONES, tops = UPBIT__ROW_TOPS, within = text->within;
    __m512i x = text->x;
    const uint64_t points = _mm512_cmpeq_epi8_mask(x, row_constant(UPBIT__SCAN_POINT_DIGIT));
    const uint64_t filled = _mm512_test_epi8_mask(x, x); /* points, too */
    const uint64_t first = within & ~((within & ~tops) << 1);
    /* The lanes without a point, as their highest bits. */
    const uint64_t plain = ((points + (tops - ones)) & tops) ^ tops;
    /* A start that is a point, or a 0 with a digit behind it; a point that ends it. */
    *wrong |= (first & (points | ~(filled | points >> 1 | tops))) | (points & tops);
    if (odd) /* one digit before the point: so an integer has ten at most */
        *wrong |= first & text->lanes * 0xFFFF & ~(points >> 1);
    /* All that is behind the point stays; of two points one stays, too. */
    const __mmask64 behind = ~((points << 1 | plain >> 15) - ones);
    x = _mm512_mask_blend_epi8(behind, _mm512_bslli_epi128(x, 1), x);
    *wrong |= _mm512_cmpgt_epu8_mask(x, row_constant(UPBIT__SCAN_NINE));
    /* Of each lane 48 and what is behind the point in the first word, and what of it are zeros in
     * the second. */
    const __m512i places = row_highest(points | plain, filled | plain);
    const __m512i zeros = _mm512_shuffle_epi32(places, _MM_PERM_BADC);
    const __m512i by = _mm512_sub_epi64(zeros, _mm512_set1_epi64(48));
    whole_decimals out;
    out.magnitude =
        _mm512_mullo_epi64(_mm512_srlv_epi64(whole_joined(x), by), book_entries(book_inverse, by));
    enum { LOW = 0x01010101 };
    out.rest = _mm512_maskz_sub_epi16(LOW, zeros, places);
    if (odd) {
        out.rest = _mm512_maskz_add_epi16(LOW, out.rest, text->power);
        const __m512i up = _mm512_max_epi16(out.rest, _mm512_setzero_si512());
        out.magnitude = _mm512_mullo_epi64(out.magnitude, book_entries(book_power, up));
        out.rest = _mm512_min_epi16(out.rest, _mm512_setzero_si512());
    }
    return out;
}

/* The bytes of lanes whose last ones are all within a number; `lengths` are one less than theirs,
 * in all bytes of a lane. */
UPBIT__QUICK uint64_t book_within(__m512i lengths)
{
    const __m512i back =
        _mm512_sub_epi8(_mm512_set1_epi8(15), row_constant(UPBIT__SCAN_LANE_INDEX));
    return _mm512_cmple_epu8_mask(back, lengths);
}

/* Takes what follows E of those that have one, as in 1.16539E8 and 5.0E-4; marks: where it is.
 * lengths: as above. */
UPBIT__QUICK void book_exponents(uint64_t *wrong, book_lanes *text, __m512i lengths, uint64_t marks)
{
    const uint64_t ones = UPBIT__ROW_ONES, tops = UPBIT__ROW_TOPS;
    const __m512i x = text->x;
    const uint64_t minus = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('-' - '0'));
    const uint64_t plain = marks & tops >> 1, negative = marks & tops >> 2 & minus >> 1;
    const uint64_t two = (plain >> 14) * 0xFFFF, three = (negative >> 13) * 0xFFFF;
    text->lanes = (two | three) & ones;
    /* An E that stands elsewhere stays, and is no digit. */
    *wrong |= (two | three) & tops & _mm512_cmpgt_epu8_mask(x, row_constant(UPBIT__SCAN_NINE));
    const __m512i power = _mm512_maskz_shuffle_epi8(text->lanes, x, _mm512_set1_epi8(15));
    const __m512i sign = _mm512_movm_epi8(three);
    text->power = _mm512_sub_epi16(_mm512_xor_si512(power, sign), sign);
    const __m512i cut =
        _mm512_mask_mov_epi8(_mm512_maskz_set1_epi8(two, 2), three, _mm512_set1_epi8(3));
    text->x = _mm512_shuffle_epi8(x, _mm512_sub_epi8(row_constant(UPBIT__SCAN_LANE_INDEX), cut));
    text->within = book_within(_mm512_sub_epi8(lengths, cut));
}

/* ---- text ---- */

/* Not 0: it differs. 64 bytes are readable; 32; `size`, of which all that counts is there. */
UPBIT__QUICK uint64_t book_differs(const book_part *k, const char *p)
{
    return _mm512_mask_cmpneq_epi8_mask(k->must, _mm512_loadu_si512(p), _mm512_load_si512(k->text));
}

UPBIT__QUICK uint32_t book_differs_32(const book_part *k, const char *p)
{
    return _mm256_mask_cmpneq_epi8_mask((uint32_t)k->must, _mm256_loadu_si256((const void *)p),
                                        _mm256_load_si256((const void *)k->text));
}

UPBIT__QUICK uint64_t book_tail_differs(const book_part *k, const char *p, size_t size,
                                        unsigned counts)
{
    const __m512i x = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ULL, (unsigned)size), p);
    return _mm512_mask_cmpneq_epi8_mask(_bzhi_u64(k->must, counts), x, _mm512_load_si512(k->text));
}

/* ---- commas ---- */

/* Where commas are; how many, or 0: there is more than a book has. */
UPBIT__QUICK unsigned book_commas(uint16_t at[UPBIT__BOOK_COMMAS], const char *text, size_t length)
{
    unsigned count = 0;
    for (size_t from = 0; from < length; from += 64) {
        const size_t rest = length - from;
        const __m512i x =
            _mm512_maskz_loadu_epi8(_bzhi_u64(~0ULL, rest < 64 ? (unsigned)rest : 64), text + from);
        const __mmask64 found = _mm512_cmpeq_epi8_mask(x, row_constant(UPBIT__SCAN_COMMA));
        const unsigned here = (unsigned)_mm_popcnt_u64(found);
        const __m512i places = _mm512_maskz_compress_epi8(found, row_constant(UPBIT__SCAN_INDEX));
        _mm256_storeu_si256((void *)(at + count),
                            _mm256_add_epi16(_mm256_cvtepu8_epi16(_mm512_castsi512_si128(places)),
                                             _mm256_set1_epi16((short)from)));
        count += here;
        if (here > UPBIT__BOOK_PLACES)
            return 0;
    }
    return count;
}

/* ---- rows ---- */

/* All rows. */
UPBIT__QUICK int book_rows(const book_shape *s, const char *text, size_t length, const uint16_t *at,
                           size_t count, upbit_book_row *ask, upbit_book_row *bid)
{
    const __m512i lanes = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi8(2), _mm_set1_epi8(0))),
        _mm256_set_m128i(_mm_set1_epi8(6), _mm_set1_epi8(4)), 1);
    const __m512i asks = _mm512_set_epi64(0, 0, 12, 5, 4, 8, 1, 0);
    const __m512i bids = _mm512_set_epi64(0, 0, 14, 7, 6, 10, 3, 2);
    const uint16_t *const behind = at + 4 * count;
    const uint64_t heads = s->row_heads;
    __mmask64 names = s->name_bytes & ~3ULL, differ = 0; /* before the first is another bracket */
    unsigned some = 0x55;
    for (; at < behind; at += 4, ask++, bid++) {
        differ |= _mm512_mask_cmpneq_epi8_mask(
            names, row_lanes(text + at[0] - 1, text + at[1], text + at[2], text + at[3]),
            _mm512_load_si512(s->names));
        names = s->name_bytes;
        uint64_t from, to;
        memcpy(&from, at, sizeof from);
        memcpy(&to, at + 1, sizeof to);
        const uint64_t less = to - from - heads;
        const __m512i lengths = _mm512_shuffle_epi8(_mm512_set1_epi64((int64_t)less), lanes);
        uint64_t wrong = less & 0xFFF0FFF0FFF0FFF0;
        book_lanes row;
        row.within = book_within(lengths);
        row.x = _mm512_maskz_sub_epi8(
            row.within,
            row_lanes(text + at[1] - 16, text + at[2] - 16, text + at[3] - 16, text + at[4] - 17),
            row_constant(UPBIT__SCAN_ZERO));
        const uint64_t marks = _mm512_cmpeq_epi8_mask(row.x, _mm512_set1_epi8('E' - '0'));
        whole_decimals four;
        if (marks == 0) {
            four = book_decimals(&wrong, &row, 0);
        } else {
            book_exponents(&wrong, &row, lengths, marks);
            four = book_decimals(&wrong, &row, 1);
        }
        if (__builtin_expect(wrong != 0, 0)) {
            const int slowly = book_row_slowly(text, text + length, at, heads, ask, bid);
            if (slowly == BOOK_ROWS_WRONG)
                return slowly;
            some &= slowly == BOOK_ROWS_FULL ? 0x55 : 0;
            continue;
        }
        some &= _mm512_test_epi64_mask(four.magnitude, four.magnitude);
        _mm512_mask_storeu_epi64(ask, 0x3F,
                                 _mm512_permutex2var_epi64(four.magnitude, asks, four.rest));
        _mm512_mask_storeu_epi64(bid, 0x3F,
                                 _mm512_permutex2var_epi64(four.magnitude, bids, four.rest));
    }
    if (differ != 0)
        return BOOK_ROWS_WRONG;
    return some == 0x55 ? BOOK_ROWS_FULL : BOOK_ROWS_EMPTY;
}

#endif
#endif
