/* A row of an order book whose commas are known, on machines with AVX2 alone.
 *
 * The four numbers stand in two pairs of lanes of 16 bytes, from their first characters on. What
 * the bytes are - digits, zeros, points - are bits, 16 for each lane of one word, and sums and
 * masks of that word say for all four what is wrong and where each ends, as in decode_row.h. The
 * digits are put together by a table of shuffles, as those of other numbers are (decimal_lanes.h).
 */
#ifndef UPBIT_EXCHANGE_DECODE_BOOK_PAIRS_H
#define UPBIT_EXCHANGE_DECODE_BOOK_PAIRS_H

#include "exchange/decode_book_shape.h"
#include "exchange/decode_row.h"

#if defined(__AVX2__) && !defined(__AVX512VBMI2__)

/* 16 bytes each. */
UPBIT__QUICK __m256i pair_of(const void *a, const void *b)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(a)), _mm_loadu_si128(b),
                                   1);
}

/* A bit for each byte that is not 0 of two pairs. */
UPBIT__QUICK uint64_t bits_of(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

UPBIT__QUICK uint64_t bytes_equal(__m256i a, __m256i b, __m256i to)
{
    return bits_of(_mm256_cmpeq_epi8(a, to), _mm256_cmpeq_epi8(b, to));
}

/* ---- text ---- */

/* Not 0: it differs. 32 bytes are readable; 64; `size`, which end the message of 64 bytes or more.
 */
UPBIT__QUICK uint32_t book_differs_32(const book_part *k, const char *p)
{
    const __m256i x = _mm256_loadu_si256((const void *)p),
                  text = _mm256_load_si256((const void *)k->text);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, text)) & (uint32_t)k->must;
}

UPBIT__QUICK uint64_t same_bytes(const char *a, const char *b)
{
    return bits_of(
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)a), _mm256_loadu_si256((const void *)b)),
        _mm256_cmpeq_epi8(_mm256_loadu_si256((const void *)(a + 32)),
                          _mm256_loadu_si256((const void *)(b + 32))));
}

UPBIT__QUICK uint64_t book_differs(const book_part *k, const char *p)
{
    return ~same_bytes(p, k->text) & k->must;
}

UPBIT__QUICK uint64_t book_tail_differs(const book_part *k, const char *p, size_t size,
                                        unsigned counts)
{
    char tail[128];
    memcpy(tail, p + size - 64, 64);
    memset(tail + 64, 0, 64);
    return ~same_bytes(tail + 64 - size, k->text) & _bzhi_u64(k->must, counts);
}

/* ---- commas ---- */

/* The places of the first four bits, 16 bits each; they are taken out. */
UPBIT__QUICK uint64_t four_places(uint64_t *bits)
{
    const uint64_t first = *bits, second = _blsr_u64(first), third = _blsr_u64(second),
                   fourth = _blsr_u64(third);
    *bits = _blsr_u64(fourth);
    return _tzcnt_u64(first) | _tzcnt_u64(second) << 16 | _tzcnt_u64(third) << 32 |
           _tzcnt_u64(fourth) << 48;
}

/* Those of commas, `from` being the place of the first bit; 0: there are more than a book has. */
UPBIT__QUICK int put_commas(uint16_t *at, unsigned *count, uint64_t commas, size_t from)
{
    const unsigned here = (unsigned)__builtin_popcountll(commas);
    at += *count;
    *count += here;
    uint64_t places = four_places(&commas) + from * UPBIT__ROW_ONES;
    memcpy(at, &places, sizeof places);
    if (here > 4) {
        if (here > UPBIT__BOOK_PLACES)
            return 0;
        for (unsigned i = 4; i < here; i += 4) {
            places = four_places(&commas) + from * UPBIT__ROW_ONES;
            memcpy(at + i, &places, sizeof places);
        }
    }
    return 1;
}

UPBIT__QUICK uint64_t commas_of(const char *p)
{
    const __m256i comma = upbit__scan_constant(UPBIT__SCAN_COMMA);
    return bytes_equal(_mm256_loadu_si256((const void *)p),
                       _mm256_loadu_si256((const void *)(p + 32)), comma);
}

/* Where commas are; how many, or 0: there is more than a book has. 64 bytes or more. */
UPBIT__QUICK unsigned book_commas(uint16_t at[UPBIT__BOOK_COMMAS], const char *text, size_t length)
{
    unsigned count = 0;
    size_t from = 0;
    for (; length - from >= 64; from += 64)
        if (!put_commas(at, &count, commas_of(text + from), from))
            return 0;
    /* Of the last 64 bytes what is new. */
    const unsigned rest = (unsigned)(length - from);
    if (rest > 0 && !put_commas(at, &count, commas_of(text + length - 64) >> (64 - rest), from))
        return 0;
    return count;
}

/* ---- rows ---- */

/* Four numbers from their first characters on, minus '0': of the prices, of the sizes; and what
 * their bytes are, 16 bits each. */
typedef struct book_four {
    __m256i prices, sizes;
    uint64_t digits, zeros, number, ends; /* number: below the first that is no digit and no point,
                                             which is at its end */
    uint64_t wholes, lasts;               /* where the digits before the point end; the last digit
                                             that is not 0, or else that end */
} book_four;

/* Bits that are not 0: they are not of the usual shape, as in row_numbers. */
UPBIT__QUICK uint64_t four_marked(book_four *f)
{
    const uint64_t ones = UPBIT__ROW_ONES;
    const __m256i a = f->prices, b = f->sizes, nine = upbit__scan_constant(UPBIT__SCAN_NINE);
    const uint64_t digits = bits_of(_mm256_cmpeq_epi8(_mm256_min_epu8(a, nine), a),
                                    _mm256_cmpeq_epi8(_mm256_min_epu8(b, nine), b));
    const uint64_t zeros = bytes_equal(a, b, _mm256_setzero_si256());
    uint64_t points = bytes_equal(a, b, upbit__scan_constant(UPBIT__SCAN_POINT_DIGIT));
    const uint64_t other = ~(digits | points), behind = digits >> 1;
    f->number = (other - ones) & ~other;
    f->ends = other & ~(other - ones);
    points &= f->number;
    f->digits = digits;
    f->zeros = zeros;
    f->wholes = ~digits & ~(~digits - ones);
    f->lasts = (digits & ~zeros & f->number) | f->wholes;
    return (f->number & UPBIT__ROW_TOPS) | (points & ~behind) |
           (points & ((points << 1) + digits)) | (ones & (~digits | (zeros & behind)));
}

/* Their digits, put together, with what the points say of them. Words that are -1: 0. */
UPBIT__QUICK __m256i put_four(upbit_book_row *ask, upbit_book_row *bid, const book_four *f)
{
    const __m256i zero = _mm256_setzero_si256();
    const uint64_t w0 = _tzcnt_u64(f->wholes), w1 = _tzcnt_u64(f->wholes >> 16),
                   w2 = _tzcnt_u64(f->wholes >> 32), w3 = _tzcnt_u64(f->wholes >> 48);
    const uint64_t l0 = 15 - _lzcnt_u64(f->lasts << 48), l1 = 15 - _lzcnt_u64(f->lasts << 32),
                   l2 = 15 - _lzcnt_u64(f->lasts << 16), l3 = 15 - _lzcnt_u64(f->lasts);
    __m256i x = _mm256_shuffle_epi8(f->prices, pair_of(upbit__decimal_shuffle[w0 * 16 + l0],
                                                       upbit__decimal_shuffle[w1 * 16 + l1]));
    __m256i y = _mm256_shuffle_epi8(f->sizes, pair_of(upbit__decimal_shuffle[w2 * 16 + l2],
                                                      upbit__decimal_shuffle[w3 * 16 + l3]));
    const __m256i tens = _mm256_set1_epi16(0x010A), hundreds = _mm256_set1_epi32(0x00010064);
    x = _mm256_madd_epi16(_mm256_maddubs_epi16(x, tens), hundreds);
    y = _mm256_madd_epi16(_mm256_maddubs_epi16(y, tens), hundreds);
    x = _mm256_madd_epi16(_mm256_packus_epi32(x, y), _mm256_set1_epi32(0x00012710));
    /* Price and size of the ask, and of the bid. */
    x = _mm256_add_epi64(_mm256_mul_epu32(x, _mm256_set1_epi64x(100000000)),
                         _mm256_srli_epi64(x, 32));
    const __m256i price = _mm256_unpacklo_epi64(x, zero), size = _mm256_unpackhi_epi64(x, zero);
    _mm_storeu_si128((void *)&ask->price, _mm256_castsi256_si128(price));
    _mm_storeu_si128((void *)&ask->size, _mm256_castsi256_si128(size));
    _mm_storeu_si128((void *)&bid->price, _mm256_extracti128_si256(price, 1));
    _mm_storeu_si128((void *)&bid->size, _mm256_extracti128_si256(size, 1));
    const uint64_t rest[4] = {(uint16_t)(w0 - l0), (uint16_t)(w1 - l1), (uint16_t)(w2 - l2),
                              (uint16_t)(w3 - l3)};
    memcpy(&ask->price.exponent, &rest[0], sizeof rest[0]);
    memcpy(&bid->price.exponent, &rest[1], sizeof rest[1]);
    memcpy(&ask->size.exponent, &rest[2], sizeof rest[2]);
    memcpy(&bid->size.exponent, &rest[3], sizeof rest[3]);
    return _mm256_cmpeq_epi64(x, zero);
}

/* Numbers of which some have an E, as in 1.16539E8 and 5.0E-4. */
typedef struct book_powers {
    uint64_t lanes, minus; /* the lowest bit of each that has one; where a minus follows it */
} book_powers;

/* `size`: the length of all together. Bits that are not 0: they are not of the usual shape. */
UPBIT__QUICK uint64_t four_powers(book_powers *to, const book_four *f, unsigned size)
{
    const uint64_t ones = UPBIT__ROW_ONES, tops = UPBIT__ROW_TOPS;
    const uint64_t any = tops - ones; /* added to a lane's bit: the top bit */
    const uint64_t marks = f->ends & bytes_equal(f->prices, f->sizes, _mm256_set1_epi8('E' - '0'));
    to->minus = marks << 1 & bytes_equal(f->prices, f->sizes, _mm256_set1_epi8('-' - '0'));
    const uint64_t powers = (marks << 1) + to->minus; /* the exponents' only digits */
    to->lanes = (marks + any) >> 15 & ones;
    const int seen =
        __builtin_popcountll(f->number | marks | powers) + __builtin_popcountll(to->minus);
    /* A digit, and one before the point. An exponent that goes beyond its lane is not all counted,
     * and a slot with a 0, which may have one, is dropped. */
    return (powers & ~f->digits) | (to->lanes << 1 & ~f->wholes) |
           (uint64_t)((unsigned)seen != size);
}

/* Moves the points of those that have an E; behind: the places behind the four. */
UPBIT__QUICK void put_powers(upbit_book_row *ask, upbit_book_row *bid, const book_powers *powers,
                             const char *const behind[4])
{
    upbit_decimal *const to[4] = {&ask->price, &bid->price, &ask->size, &bid->size};
    for (uint64_t lanes = powers->lanes; lanes != 0; lanes = _blsr_u64(lanes)) {
        const uint64_t lane = _tzcnt_u64(lanes);
        upbit_decimal *d = to[lane / 16];
        const int digit = behind[lane / 16][-1] - '0';
        const int power = d->exponent + ((powers->minus >> lane & 0xFFFF) != 0 ? -digit : digit);
        d->lo *= upbit__pow10[power > 0 ? power : 0];
        d->exponent = (int16_t)(power > 0 ? 0 : power);
    }
}

/* All rows. */
UPBIT__QUICK int book_rows(const book_shape *s, const char *text, size_t length, const uint16_t *at,
                           size_t count, upbit_book_row *ask, upbit_book_row *bid)
{
    const __m256i zero = _mm256_setzero_si256(), minus = upbit__scan_constant(UPBIT__SCAN_ZERO);
    const __m256i prices = _mm256_load_si256((const void *)s->names[0]),
                  sizes = _mm256_load_si256((const void *)s->names[2]);
    /* Behind a name, and before the first, where another bracket is. */
    const __m256i no_price = _mm256_cmpeq_epi8(prices, zero),
                  no_size = _mm256_cmpeq_epi8(sizes, zero);
    __m256i skip = _mm256_or_si256(no_price, _mm256_set_epi64x(0, 0, 0, 0xFFFF));
    __m256i differ = zero, none = zero;
    const uint16_t *const last = at + 4 * count;
    const uint64_t heads = s->row_heads;
    const size_t h0 = (heads & 0xFF) - 1, h1 = (heads >> 16 & 0xFF) - 1,
                 h2 = (heads >> 32 & 0xFF) - 1, h3 = (heads >> 48 & 0xFF) - 2;
    for (; at < last; at += 4, ask++, bid++) {
        const char *const p0 = text + at[0], *const p1 = text + at[1], *const p2 = text + at[2],
                          *const p3 = text + at[3], *const p4 = text + at[4] - 1;
        const __m256i other_price = _mm256_xor_si256(pair_of(p0 - 1, p1), prices),
                      other_size = _mm256_xor_si256(pair_of(p2, p3), sizes);
        differ = _mm256_or_si256(differ, _mm256_or_si256(_mm256_andnot_si256(skip, other_price),
                                                         _mm256_andnot_si256(no_size, other_size)));
        skip = no_price;
        book_four four = {.prices = _mm256_sub_epi8(pair_of(p0 + h0, p1 + h1), minus),
                          .sizes = _mm256_sub_epi8(pair_of(p2 + h2, p3 + h3), minus)};
        uint64_t bad = four_marked(&four);
        const unsigned size = (unsigned)(p4 - p0 - (ptrdiff_t)(h0 + h1 + h2 + h3));
        if (bad == 0 && (unsigned)__builtin_popcountll(four.number) == size) {
            none = _mm256_or_si256(none, put_four(ask, bid, &four));
            continue;
        }
        book_powers powers;
        bad |= four_powers(&powers, &four, size);
        if (__builtin_expect(bad == 0, 1)) {
            const char *const behind[4] = {p1, p2, p3, p4};
            none = _mm256_or_si256(none, put_four(ask, bid, &four));
            put_powers(ask, bid, &powers, behind);
            continue;
        }
        const int slowly = book_row_slowly(text, text + length, at, heads, ask, bid);
        if (slowly == BOOK_ROWS_WRONG)
            return slowly;
        none = _mm256_or_si256(none, _mm256_set1_epi8(slowly == BOOK_ROWS_FULL ? 0 : -1));
    }
    if (!_mm256_testz_si256(differ, differ))
        return BOOK_ROWS_WRONG;
    return _mm256_testz_si256(none, none) ? BOOK_ROWS_FULL : BOOK_ROWS_EMPTY;
}

#endif
#endif
