/* An order book as the exchange always writes it, straight out of the message and into its block.
 *
 * All commas are looked for first; how many there are says how many rows it has, and with that how
 * large its block is. What stands before the rows and behind them is compared as it must be, with
 * the totals and the level between; then each row is four names and four numbers between commas
 * that are known (decode_book.h). So no row waits for the one before it, and none is copied. A row
 * with a number that is too long for that is read number by number; what is still wrong then gives
 * the block back and leaves the message to the members' loop. */
#include "exchange/decode_book.h"

#if defined(__AVX512VBMI2__)

/* ---- the shape ---- */

enum {
    BLOCKS = 64, /* of 64 bytes: 30 rows have 3,540 bytes at most */
    PLACES = 16, /* commas in one of them, of which there are ten at most */
    UNITS = 4,   /* the comma before the member of the rows */
    LEVEL = 7,   /* the member that some hosts do not send */
};

typedef struct book_shape {
    _Alignas(64) char times[64], times_most[64]; /* from behind the code to the first total */
    char tail[64];                               /* behind the last number, up to the level */
    char names[4][16];                           /* of a row, with the bracket before it */
    char members[2][32], head[32];               /* the second total, the rows; up to the code */
    uint64_t name_bytes, tail_bytes, member_bytes, row_heads;
    uint8_t head_size, total, second, units, stream, level;
} book_shape;
_Static_assert(offsetof(book_shape, members) % 64 == 0 && offsetof(book_shape, head) % 32 == 0,
               "read by aligned loads");

#define SIZE(text)    (sizeof(text) - 1)
#define ONES(text)    ((1ULL << SIZE(text)) - 1)
#define STAMP         "0000000000000" /* Unix ms from September 2001 on */
#define STAMP_MOST    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9
#define ANY_16        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
#define REST_44       ANY_16, -1, -1, -1, -1
#define REST_27       REST_44, ANY_16, -1
#define STREAM_TYPE   "\0\0\0\0\0\0\0\0"
#define HEAD_OF(name) (SIZE(name) + 1) /* and 1, for lengths are counted from 0 */
/* TMS to LV: the text before each value, with what ends the one before it where that is no number.
 * A row's first number ends with its comma, the last with its bracket. */
#define SHAPE(HEAD, TMS, TAS, TBS, OBU, AP, BP, AS, BS, ST, LV)                                    \
    .times = TMS STAMP TAS, .tail = ST STREAM_TYPE LV, .names = {"}," AP, BP, AS, BS},             \
    .head = HEAD, .members = {TBS, OBU},                                                           \
    .name_bytes = ONES("}," AP) | ONES(BP) << 16 | ONES(AS) << 32 | ONES(BS) << 48,                \
    .tail_bytes = ONES(ST STREAM_TYPE LV) ^ ONES(ST STREAM_TYPE) ^ ONES(ST),                       \
    .member_bytes = ONES(TBS) | ONES(OBU) << 32,                                                   \
    .row_heads = HEAD_OF("," AP) | HEAD_OF(BP) << 16 | HEAD_OF(AS) << 32 | HEAD_OF(BS "}") << 48,  \
    .head_size = SIZE(HEAD), .total = SIZE(TAS), .second = SIZE(TBS), .units = SIZE(OBU) - 1,      \
    .stream = SIZE(ST), .level = SIZE(ST STREAM_TYPE LV)

static const book_shape shapes[2] = {
    {.times_most = {[13] = STAMP_MOST, [44] = REST_44},
     SHAPE("{\"type\":\"orderbook\",\"code\":\"", ",\"timestamp\":", ",\"total_ask_size\":",
           ",\"total_bid_size\":", ",\"orderbook_units\":[", "{\"ask_price\":", ",\"bid_price\":",
           ",\"ask_size\":", ",\"bid_size\":", "}],\"stream_type\":\"", "\",\"level\":")},
    {.times_most = {[7] = STAMP_MOST, [27] = REST_27},
     SHAPE("{\"ty\":\"orderbook\",\"cd\":\"", ",\"tms\":", ",\"tas\":", ",\"tbs\":", ",\"obu\":[",
           "{\"ap\":", ",\"bp\":", ",\"as\":", ",\"bs\":", "}],\"st\":\"", "\",\"lv\":")},
};

/* ---- commas ---- */

/* Where commas are; how many, or 0: there is more than a book has. */
UPBIT__QUICK unsigned commas(uint16_t at[], const char *text, size_t length)
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
        if (here > PLACES)
            return 0;
    }
    return count;
}

/* ---- rows ---- */

/* A row with a number that is too long for a lane, or with none. 0: so it is; else as book_decimals
 * says which are not 0. */
static __attribute__((noinline)) unsigned read_slowly(const char *text, const char *end,
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
            return 0;
        if (end - from < UPBIT__SCAN_BYTES) { /* so it is shorter than that */
            memset(ahead, 0, sizeof ahead);
            memcpy(ahead, from, (size_t)size);
            from = ahead;
        }
        if (upbit__decimal_scan(to[k], from) != from + size)
            return 0;
        some |= (unsigned)((to[k]->lo | to[k]->hi) != 0) << 2 * k;
    }
    return some | 0x100;
}

/* All rows. 0: one is not as it must be; 0x100, and which of a row's numbers are 0 in none. */
UPBIT__QUICK unsigned read_rows(const book_shape *s, const char *text, size_t length,
                                const uint16_t *at, size_t count, upbit_book_row *ask,
                                upbit_book_row *bid)
{
    const __m512i lanes = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi8(2), _mm_set1_epi8(0))),
        _mm256_set_m128i(_mm_set1_epi8(6), _mm_set1_epi8(4)), 1);
    const __m512i asks = _mm512_set_epi64(0, 0, 12, 5, 4, 8, 1, 0);
    const __m512i bids = _mm512_set_epi64(0, 0, 14, 7, 6, 10, 3, 2);
    const uint16_t *const behind = at + 4 * count;
    const uint64_t heads = s->row_heads;
    __mmask64 names = s->name_bytes & ~3ULL, differ = 0; /* before the first is another bracket */
    unsigned some = 0x155;
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
        book_text row;
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
            const unsigned slowly = read_slowly(text, text + length, at, heads, ask, bid);
            if (slowly == 0)
                return 0;
            some &= slowly;
            continue;
        }
        some &= _mm512_test_epi64_mask(four.magnitude, four.magnitude) | 0x100U;
        _mm512_mask_storeu_epi64(ask, 0x3F,
                                 _mm512_permutex2var_epi64(four.magnitude, asks, four.rest));
        _mm512_mask_storeu_epi64(bid, 0x3F,
                                 _mm512_permutex2var_epi64(four.magnitude, bids, four.rest));
    }
    return differ == 0 ? some : 0;
}

/* Empty slots pad a thin side; they are dropped. */
static __attribute__((noinline)) void drop_empty(upbit_orderbook *b, upbit_book_row *rows)
{
    const size_t slots = 2 * (size_t)b->unit_count;
    upbit_book_row *to = rows;
    for (size_t i = 0; i < slots; i++) {
        if (i == b->unit_count) {
            b->ask_count = (uint32_t)(to - rows);
            b->bids = to;
        }
        const upbit_book_row *r = &rows[i];
        if ((r->price.lo | r->price.hi) != 0 && (r->size.lo | r->size.hi) != 0)
            *to++ = *r;
    }
    b->bid_count = (uint32_t)(to - b->bids);
    b->event.size -= (uint32_t)((slots - (size_t)(to - rows)) * sizeof *rows);
}

/* ---- a book ---- */

/* A level that is not 0: `size` bytes, and the bracket with which the message ends. 0: it is no
 * number. */
static __attribute__((noinline)) int read_level(upbit_decimal *out, const char *p, size_t size)
{
    char ahead[64 + UPBIT__SCAN_BYTES] = "";
    memcpy(ahead, p, size);
    return upbit__decimal_scan(out, ahead) == ahead + size;
}

UPBIT__QUICK int read_book(const char *text, size_t length, int simple,
                           const upbit__decode_output *out)
{
    const book_shape *s = &shapes[simple];
    uint16_t at[BLOCKS * PLACES + 2 * PLACES];
    if (length > BLOCKS * 64)
        return 0;
    const unsigned count = commas(at, text, length), rows = (count - 5) / 4,
                   leveled = (count - 5) % 4;
    if (count < 9 || leveled > 1 || at[1] + (size_t)64 > length ||
        at[UNITS] + (size_t)UPBIT__SCAN_BYTES > length)
        return 0;
    /* The end. */
    const char *tail = text + at[UNITS + 4 * rows] - 2, *end = text + length;
    const size_t rest = (size_t)(end - tail);
    const unsigned last = s->stream + 8U; /* the quote */
    if (rest > 64 || rest < last + 2)
        return 0;
    const __m512i tail_text = _mm512_maskz_loadu_epi8(_bzhi_u64(~0ULL, (unsigned)rest), tail);
    uint64_t bad = _mm512_mask_cmpneq_epi8_mask(s->tail_bytes &
                                                    _bzhi_u64(~0ULL, leveled ? s->level : last + 1),
                                                tail_text, _mm512_load_si512(s->tail));
    const uint64_t stream_text = upbit__load64(tail + s->stream);
    const unsigned realtime = stream_text == upbit__load64("REALTIME"),
                   snapshot = stream_text == upbit__load64("SNAPSHOT");
    bad |= (uint64_t)((realtime | snapshot) == 0) | (uint64_t)(end[-1] != '}');
    upbit_decimal level = {.null = 1};
    if (!leveled) {
        bad |= (uint64_t)(rest != last + 2);
    } else {
        level.null = 0;
        if (rest != s->level + 2U || tail[s->level] != '0')
            bad |= (uint64_t)(rest < s->level + 2U ||
                              !read_level(&level, tail + s->level, rest - s->level - 1));
    }
    /* The start. */
    const __m256i head = _mm256_loadu_si256((const void *)text);
    bad |= _mm256_mask_cmpneq_epi8_mask(_bzhi_u32(~0U, s->head_size), head,
                                        _mm256_load_si256((const void *)s->head));
    const unsigned code_length = at[1] - s->head_size - 1U;
    if (code_length - 1 > 22)
        return 0;
    const __mmask32 counts = _bzhi_u32(~0U, code_length);
    const __m256i code = _mm256_maskz_loadu_epi8(counts, text + s->head_size);
    bad |= _mm256_mask_cmplt_epi8_mask(counts, code, upbit__scan_constant(UPBIT__SCAN_SPACE)) |
           _mm256_cmpeq_epi8_mask(code, upbit__scan_constant(UPBIT__SCAN_QUOTE)) |
           _mm256_cmpeq_epi8_mask(code, upbit__scan_constant(UPBIT__SCAN_BACKSLASH)) |
           (uint64_t)(text[at[1] - 1] != '"');
    const __m512i times =
        _mm512_xor_si512(_mm512_loadu_si512(text + at[1]), _mm512_load_si512(s->times));
    bad |= _mm512_cmpgt_epu8_mask(times, _mm512_load_si512(s->times_most));
    bad |=
        _mm512_mask_cmpneq_epi8_mask(s->member_bytes, whole_halves(text + at[3], text + at[UNITS]),
                                     _mm512_load_si512(s->members));
    if (__builtin_expect(bad != 0, 0))
        return 0;
    const __m128i digits = _mm_maskz_sub_epi8(
        0xFFF8, _mm_loadu_si128((const void *)(text + at[2] - 16)), _mm_set1_epi8('0'));
    const int64_t time = (int64_t)upbit__digits_joined(digits);
    upbit_decimal ask_total, bid_total;
    if ((uint64_t)time - 1000000000000 >= UPBIT__YEAR_2100_MS - 1000000000000 ||
        upbit__decimal_scan(&ask_total, text + at[2] + s->total) != text + at[3] ||
        upbit__decimal_scan(&bid_total, text + at[3] + s->second) != text + at[UNITS])
        return 0;

    enum { BEHIND = UPBIT__WHOLE_BEHIND(upbit_orderbook) };
    const size_t size = BEHIND + 2 * rows * sizeof(upbit_book_row);
    upbit_orderbook *b = (void *)out->allocate(out->context, size);
    if (b == NULL)
        return -1;
    upbit_book_row *asks = (void *)((char *)b + BEHIND), *bids = asks + rows;
    /* The first row begins behind a bracket, and the last one ends before two. */
    at[UNITS] = (uint16_t)(at[UNITS] + s->units);
    at[UNITS + 4 * rows]--;
    const unsigned some = read_rows(s, text, length, at + UNITS, rows, asks, bids);
    if (__builtin_expect(some == 0, 0)) {
        out->discard(out->context, &b->event);
        return 0;
    }
    whole_event(&b->event, size, UPBIT_TYPE_ORDERBOOK,
                (uint8_t)(realtime * UPBIT_STREAM_REALTIME + snapshot * UPBIT_STREAM_SNAPSHOT),
                time, (1ULL << (LEVEL + leveled)) - 1, 0, code);
    b->total_ask_size = ask_total;
    b->total_bid_size = bid_total;
    b->level = level;
    b->ask_count = b->bid_count = b->unit_count = rows;
    b->reserved = 0;
    b->asks = asks;
    b->bids = bids;
    if (__builtin_expect(some != 0x155, 0))
        drop_empty(b, asks);
    out->event(out->context, &b->event);
    return 1;
}

int upbit__decode_book(const char *message, size_t length, int simple,
                       const upbit__decode_output *out)
{
    if (out->discard == NULL)
        return 0;
    return simple ? read_book(message, length, 1, out) : read_book(message, length, 0, out);
}

#endif
