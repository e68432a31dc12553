/* Candles as the exchange always writes them, straight out of the message and into their block.
 *
 * Most of a candle never changes its length: of what stands before the code, between code and
 * prices, and behind the numbers, only the digits of times differ. So these three parts are
 * compared whole, names and all, where the message's start, the code and the message's end say they
 * must be; commas are looked for between them alone, and are six. Numbers are read as in
 * decode_whole.h. Nothing is copied: what the three parts have in length says how far reading ahead
 * of a value goes. */
#include "exchange/decode_whole.h"

#if defined(__AVX512VBMI2__)

/* ---- the shape ---- */

#define NINES_2 9, 9
#define NINES_4 NINES_2, NINES_2
#define NINES_8 NINES_4, NINES_4
#define TIME    "0000-00-00T00:00:00"
/* The most that a byte of it may have, of what differs from it. */
#define TIME_MOST  NINES_4, 0, NINES_2, 0, NINES_2, 0, NINES_2, 0, NINES_2, 0, NINES_2
#define STAMP      "0000000000000" /* Unix ms from September 2001 on */
#define STAMP_MOST NINES_8, NINES_4, 9
#define ANY_4      -1, -1, -1, -1
#define ANY_8      ANY_4, ANY_4

/* 64 bytes of a message, and by how much each may be another. */
typedef struct pattern {
    _Alignas(64) char text[64], most[64];
} pattern;

enum { HP, LP, TP, CATV, CATP, NAMES };

typedef struct candle_shape {
    pattern times;     /* behind the code */
    pattern times_end; /* what does not fit there, up to the opening price */
    pattern tail;      /* the end, so that the timestamp ends with 32 bytes */
    _Alignas(64) char prices[4][16],
        sums[2][32]; /* the names: high, low, trade; volume, turnover */
    uint64_t price_bytes, sum_bytes;
    uint64_t heads; /* the names' lengths, the opening price's first */
    uint8_t utc, kst, middle, before_tail, tail_size, head[NAMES];
} candle_shape;

#define SIZE_OF_TEXT(text) (sizeof(text) - 1)
#define ONES(text)         ((1ULL << SIZE_OF_TEXT(text)) - 1)
#define BYTE(text, i)      ((uint64_t)SIZE_OF_TEXT(text) << 8 * (i))
/* UTC, KST: the names of the times up to the text; OP and so on: of the numbers; TMS, ST: of the
 * end. SKIP: bytes before TMS, which is 13 bytes with them and one more. */
#define SHAPE(UTC, KST, OP, HP_, LP_, TP_, CATV_, CATP_, TMS, ST, SKIP)                            \
    .tail_size = SIZE_OF_TEXT(TMS STAMP ST "REALTIME\"}"), .before_tail = (SKIP),                  \
    .utc = SIZE_OF_TEXT(UTC), .kst = SIZE_OF_TEXT(UTC TIME KST),                                   \
    .middle = SIZE_OF_TEXT(UTC TIME KST TIME "\""), .prices = {HP_, LP_, TP_},                     \
    .sums = {CATV_, CATP_}, .price_bytes = ONES(HP_) | ONES(LP_) << 16 | ONES(TP_) << 32,          \
    .sum_bytes = ONES(CATV_) | ONES(CATP_) << 32,                                                  \
    .heads = BYTE(OP, 0) | BYTE(HP_, 1) | BYTE(LP_, 2) | BYTE(TP_, 3) | BYTE(CATV_, 4) |           \
             BYTE(CATP_, 5),                                                                       \
    .head = {SIZE_OF_TEXT(HP_), SIZE_OF_TEXT(LP_), SIZE_OF_TEXT(TP_), SIZE_OF_TEXT(CATV_),         \
             SIZE_OF_TEXT(CATP_)}

static const candle_shape shapes[2] = {
    {.times = {",\"candle_date_time_utc\":\"" TIME "\",\"candle_date_time_", {[25] = TIME_MOST}},
     .times_end = {"0\",\"candle_date_time_kst\":\"" TIME "\",\"opening_price\":",
                   {9, [27] = TIME_MOST}},
     .tail = {"\0\0\0\0\0\0,\"timestamp\":" STAMP ",\"stream_type\":\"\0\0\0\0\0\0\0\0\"}",
              {ANY_4, -1, -1, [19] = STAMP_MOST, [48] = ANY_8}},
     SHAPE(",\"candle_date_time_utc\":\"", "\",\"candle_date_time_kst\":\"",
           ",\"opening_price\":", ",\"high_price\":", ",\"low_price\":", ",\"trade_price\":",
           ",\"candle_acc_trade_volume\":", ",\"candle_acc_trade_price\":", ",\"timestamp\":",
           ",\"stream_type\":\"", 6)},
    {.times = {",\"cdttmu\":\"" TIME "\",\"cdttmk\":\"" TIME "\",\"",
               {[11] = TIME_MOST, [42] = TIME_MOST}},
     .times_end = {"ttmu\":\"" TIME "\",\"cdttmk\":\"" TIME "\",\"op\":",
                   {[7] = TIME_MOST, [38] = TIME_MOST}},
     .tail = {"\0\0\0\0\0\0\0\0\0\0\0\0,\"tms\":" STAMP ",\"st\":\"\0\0\0\0\0\0\0\0\"}",
              {ANY_8, ANY_4, [19] = STAMP_MOST, [39] = ANY_8}},
     SHAPE(",\"cdttmu\":\"", "\",\"cdttmk\":\"", ",\"op\":", ",\"hp\":", ",\"lp\":", ",\"tp\":",
           ",\"catv\":", ",\"catp\":", ",\"tms\":", ",\"st\":\"", 12)},
};

/* What stands before the code, of each unit. */
typedef struct candle_head {
    char text[32];
    unsigned unit, length;
} candle_head;

#define HEADS(open, code)                                                                          \
    {                                                                                              \
        HEAD(open, "1s", code, UPBIT_CANDLE_1S), HEAD(open, "1m", code, UPBIT_CANDLE_1M),          \
            HEAD(open, "3m", code, UPBIT_CANDLE_3M), HEAD(open, "5m", code, UPBIT_CANDLE_5M),      \
            HEAD(open, "10m", code, UPBIT_CANDLE_10M), HEAD(open, "15m", code, UPBIT_CANDLE_15M),  \
            HEAD(open, "30m", code, UPBIT_CANDLE_30M), HEAD(open, "60m", code, UPBIT_CANDLE_60M),  \
            HEAD(open, "240m", code, UPBIT_CANDLE_240M),                                           \
    }
#define HEAD(open, name, code, unit)                                                               \
    {                                                                                              \
        open "candle." name "\"" code, unit, SIZE_OF_TEXT(open "candle." name "\"" code)           \
    }
enum { UNITS = 9 };
static const candle_head heads[2][UNITS] = {HEADS("{\"type\":\"", ",\"code\":\""),
                                            HEADS("{\"ty\":\"", ",\"cd\":\"")};

UPBIT__QUICK int has_head(const candle_head *h, const char *text)
{
    return _mm256_mask_cmpneq_epi8_mask(_bzhi_u32(~0U, h->length),
                                        _mm256_loadu_si256((const void *)text),
                                        _mm256_loadu_si256((const void *)h->text)) == 0;
}

static __attribute__((noinline)) unsigned find_head(const char *text, int simple)
{
    unsigned i = 0;
    while (i < UNITS && !has_head(&heads[simple][i], text))
        i++;
    return i;
}

/* The bytes of x that may not be as they are; *differ: how they differ from the pattern. */
UPBIT__QUICK uint64_t differs(const pattern *p, __m512i x, __m512i *differ)
{
    *differ = _mm512_xor_si512(x, _mm512_load_si512(p->text));
    return _mm512_cmpgt_epu8_mask(*differ, _mm512_load_si512(p->most));
}

/* ---- commas ---- */

#define UP_4(x)  (x), (x) + 1, (x) + 2, (x) + 3
#define UP_16(x) UP_4(x), UP_4((x) + 4), UP_4((x) + 8), UP_4((x) + 12)
#define UP_64(x) UP_16(x), UP_16((x) + 16), UP_16((x) + 32), UP_16((x) + 48)
static const uint8_t indices[4][64]
    __attribute__((aligned(64))) = {{UP_64(0)}, {UP_64(64)}, {UP_64(128)}, {UP_64(192)}};

/* Where commas are from p on, in bytes of a word, the first in the lowest: of `blocks` blocks of 64
 * bytes (4 at most), of which `size` bytes count. How many there are is added to *count; what there
 * is of more than eight is lost. */
UPBIT__QUICK uint64_t commas(const char *p, size_t size, unsigned sure, unsigned blocks,
                             unsigned *count)
{
    const __m512i comma = row_constant(UPBIT__SCAN_COMMA);
    uint64_t all = 0;
    unsigned seen = 0;
#pragma GCC unroll 4
    for (size_t i = 0; i < blocks; i++) {
        __mmask64 found;
        if (i < sure) {
            found = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p + 64 * i), comma);
        } else {
            const size_t rest = size > 64 * i ? size - 64 * i : 0;
            const __mmask64 there = _bzhi_u64(~0ULL, rest < 64 ? (unsigned)rest : 64);
            found = _mm512_mask_cmpeq_epi8_mask(there, _mm512_maskz_loadu_epi8(there, p + 64 * i),
                                                comma);
        }
        const __m512i places = _mm512_maskz_compress_epi8(found, _mm512_load_si512(indices[i]));
        const uint64_t word = (uint64_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(places));
        all |= i == 0 ? word : word << (8 * seen & 63);
        seen += (unsigned)_mm_popcnt_u64(found);
    }
    *count = seen;
    return all;
}

/* ---- a candle ---- */

/* The number of a value for each byte of the lane or the half that it has. */
#define TIMES_16(x) (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x), (x)
static const uint8_t which[2][64]
    __attribute__((aligned(64))) = {{TIMES_16(0), TIMES_16(1), TIMES_16(2), TIMES_16(3)},
                                    {TIMES_16(4), TIMES_16(4), TIMES_16(5), TIMES_16(5)}};

UPBIT__QUICK int read_candle(upbit__decoder *d, const char *text, size_t length, int simple,
                             const upbit__decode_output *out)
{
    const candle_shape *s = &shapes[simple];
    const unsigned sure = simple ? 1 : 2, blocks = simple ? 3 : 4;
    const candle_head *head = &heads[simple][d->candle_head];
    if (__builtin_expect(!has_head(head, text), 0)) {
        const unsigned unit = find_head(text, simple);
        if (unit == UNITS)
            return 0;
        d->candle_head = unit;
        head = &heads[simple][unit];
    }
    /* From the opening price's comma, were the code a single letter, to the timestamp's. What is
     * between is enough for all that is read before it is known to be right. */
    const char *code_text = text + head->length, *first = code_text + 2 + s->middle;
    const char *end = text + length - s->tail_size;
    const size_t size = (size_t)(end - first);
    if (end < first || size < (size_t)64 * sure || size >= (size_t)64 * blocks)
        return 0;
    unsigned count;
    uint64_t places = commas(first, size, sure, blocks, &count);

    const __m256i code_bytes = _mm256_loadu_si256((const void *)code_text);
    const unsigned code_length =
        _tzcnt_u32(_mm256_cmpeq_epi8_mask(code_bytes, upbit__scan_constant(UPBIT__SCAN_QUOTE)));
    if (count != 6 || code_length - 1 > 22)
        return 0;
    places |= size << 48;
    const char *const times = code_text + code_length + 1;
    __m512i digits;
    uint64_t bad = differs(&s->times, _mm512_loadu_si512(times), &digits);
    bad |= differs(&s->times_end, _mm512_loadu_si512(times + s->middle + (s->heads & 0xFF) - 64),
                   &digits);
    const char *const hp = first + (places >> 8 & 0xFF), *const lp = first + (places >> 16 & 0xFF),
                      *const tp = first + (places >> 24 & 0xFF),
                      *const catv = first + (places >> 32 & 0xFF),
                      *const catp = first + (places >> 40 & 0xFF);
    bad |= _mm512_mask_cmpneq_epi8_mask(s->price_bytes, row_lanes(hp, lp, tp, tp),
                                        _mm512_load_si512(s->prices));
    bad |= _mm512_mask_cmpneq_epi8_mask(s->sum_bytes, whole_halves(catv, catp),
                                        _mm512_load_si512(s->sums));
    /* The lengths of the values. 31 at most, which is what whole_two_at takes. */
    const __m128i lengths = _mm_sub_epi8(
        _mm_sub_epi8(_mm_cvtsi64_si128((int64_t)(places >> 8)), _mm_cvtsi64_si128((int64_t)places)),
        _mm_cvtsi64_si128((int64_t)s->heads));
    bad |=
        _mm_mask_cmpgt_epu8_mask(0x3F, _mm_sub_epi8(lengths, _mm_set1_epi8(1)), _mm_set1_epi8(30));
    /* The end: a timestamp whose first digit is not 0, and nothing behind the message. */
    const unsigned ended = s->before_tail + s->tail_size;
    bad |= differs(&s->tail, _mm512_maskz_loadu_epi8((1ULL << ended) - 1, end - s->before_tail),
                   &digits);
    const int64_t time =
        (int64_t)upbit__digits_joined(_mm256_extracti128_si256(_mm512_castsi512_si256(digits), 1));
    bad |= (uint64_t)((uint64_t)time - 1000000000000 >= UPBIT__YEAR_2100_MS - 1000000000000);
    const uint64_t stream_text = upbit__load64(end + s->tail_size - 10);
    const unsigned realtime = stream_text == upbit__load64("REALTIME"),
                   snapshot = stream_text == upbit__load64("SNAPSHOT");
    bad |= (uint64_t)((realtime | snapshot) == 0);
    const __mmask32 counts = _bzhi_u32(~0U, code_length);
    const __m256i code = _mm256_maskz_mov_epi8(counts, code_bytes);
    bad |= _mm256_mask_cmplt_epi8_mask(counts, code, upbit__scan_constant(UPBIT__SCAN_SPACE)) |
           _mm256_cmpeq_epi8_mask(code, upbit__scan_constant(UPBIT__SCAN_BACKSLASH));
    if (__builtin_expect(bad != 0, 0))
        return 0;

    const int64_t start = candle_start(d, times + s->utc, &bad);
    const __m512i all = _mm512_castsi128_si512(lengths);
    const __m512i of_prices = _mm512_permutexvar_epi8(_mm512_load_si512(which[0]), all);
    const __m512i of_sums = _mm512_permutexvar_epi8(_mm512_load_si512(which[1]), all);
    const whole_decimals prices =
        whole_decimals_at(&bad, first + (places & 0xFF) + (s->heads & 0xFF), hp + s->head[HP],
                          lp + s->head[LP], tp + s->head[TP], of_prices);
    const whole_two sums =
        whole_two_at(&bad, catv + s->head[CATV], catp, catp + s->head[CATP], end, of_sums);
    if (__builtin_expect(bad != 0, 0))
        return 0;
    upbit_candle *c = quick_candle(
        out, (uint8_t)(realtime * UPBIT_STREAM_REALTIME + snapshot * UPBIT_STREAM_SNAPSHOT), time,
        head->unit, start, times + s->utc, times + s->kst);
    if (c == NULL)
        return -1;
    whole_code(&c->event, code);
    whole_put_four(&c->opening_price, &prices);
    c->candle_acc_trade_volume = sums.first;
    c->candle_acc_trade_price = sums.second;
    out->event(out->context, &c->event);
    return 1;
}

int upbit__decode_candle(upbit__decoder *d, const char *message, size_t length, int simple,
                         const upbit__decode_output *out)
{
    return simple ? read_candle(d, message, length, 1, out)
                  : read_candle(d, message, length, 0, out);
}

#endif
