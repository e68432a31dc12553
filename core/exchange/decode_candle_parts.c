/* Candles as the exchange always writes them, on machines with AVX2 alone (decode_parts.h). */
#include "exchange/decode_parts.h"

#if defined(__AVX2__) && !defined(__AVX512VBMI2__)

typedef struct candle_shape {
    part head, code, times, high, low, trade, volume, turnover, end;
    uint8_t utc, kst, stamp_end, stream_at;
} candle_shape;

#define TIME        "0000-00-00T00:00:00"
#define TIME_DIGITS 0x6DB6FU /* a bit for each */
#define TIME_BYTES  0x7FFFFU
/* Of UTC dashes and colons must be so; KST may be any text. */
#define TIMES(UTC, KST, OP)                                                                        \
    .times = {UTC TIME KST TIME OP,                                                                \
              ONES(UTC TIME KST TIME OP) ^ (upbit__u128)TIME_DIGITS << SIZE(UTC) ^                 \
                  (upbit__u128)TIME_BYTES << SIZE(UTC TIME KST),                                   \
              SIZE(UTC TIME KST TIME OP)},                                                         \
    .utc = SIZE(UTC), .kst = SIZE(UTC TIME KST)
#define END(TMS, ST)                                                                               \
    .end = {TMS STAMP ST "\0\0\0\0\0\0\0\0\"}",                                                    \
            ONES(TMS STAMP ST "\0\0\0\0\0\0\0\0\"}") ^ ONES(TMS STAMP ST "\0\0\0\0\0\0\0\0") ^     \
                ONES(TMS STAMP ST) ^ ONES(TMS STAMP) ^ ONES(TMS),                                  \
            SIZE(TMS STAMP ST "\0\0\0\0\0\0\0\0\"}")},                                             \
    .stamp_end = SIZE(TMS STAMP), .stream_at = SIZE(TMS STAMP ST)

static const candle_shape shapes[2] = {
    {.head = PART("{\"type\":\"candle."),
     .code = PART(",\"code\":\""),
     TIMES(",\"candle_date_time_utc\":\"", "\",\"candle_date_time_kst\":\"",
           "\",\"opening_price\":"),
     .high = PART(",\"high_price\":"),
     .low = PART(",\"low_price\":"),
     .trade = PART(",\"trade_price\":"),
     .volume = PART(",\"candle_acc_trade_volume\":"),
     .turnover = PART(",\"candle_acc_trade_price\":"),
     END(",\"timestamp\":", ",\"stream_type\":\"")},
    {.head = PART("{\"ty\":\"candle."),
     .code = PART(",\"cd\":\""),
     TIMES(",\"cdttmu\":\"", "\",\"cdttmk\":\"", "\",\"op\":"),
     .high = PART(",\"hp\":"),
     .low = PART(",\"lp\":"),
     .trade = PART(",\"tp\":"),
     .volume = PART(",\"catv\":"),
     .turnover = PART(",\"catp\":"),
     END(",\"tms\":", ",\"st\":\"")},
};

UPBIT__QUICK int read_candle(upbit__decoder *d, const char *text, size_t length, int simple,
                             const upbit__decode_output *out)
{
    const candle_shape *s = &shapes[simple];
    upbit_decimal opening, high, low, trade, volume, turnover;
    uint32_t bad = differs(&s->head, text, 1);
    const char *p = text + s->head.size, *comma;
    /* Eight bytes at once for the unit before, which it most often is. */
    const uint64_t other = upbit__load64(p) ^ upbit__load64(d->candle_name);
    if (bad != 0 || ((d->candle_length == 0 || other << (64 - 8 * d->candle_length) != 0) &&
                     !upbit__decoder_unit(d, p)))
        return 0;
    p += d->candle_length;
    TEXT(code, 1);
    const char *code = p;
    const int code_length = short_string(code - 1);
    if (code_length - 1 < 0 || code_length > 23)
        return 0;
    const char *times = code + code_length + 1;
    p = times;
    TEXT(times, simple ? 3 : 4);
    const __m256i utc = _mm256_loadu_si256((const void *)(times + s->utc));
    const __m256i digits = _mm256_sub_epi8(utc, upbit__scan_constant(UPBIT__SCAN_ZERO));
    const __m256i most = _mm256_min_epu8(digits, upbit__scan_constant(UPBIT__SCAN_NINE));
    bad |= ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(digits, most)) & TIME_DIGITS;
    bad |= odd_text(_mm256_loadu_si256((const void *)(times + s->kst)), TIME_BYTES);
    if (bad != 0)
        return 0;
    NUMBER(upbit__decimal_scan, opening);
    TEXT(high, 1);
    NUMBER(upbit__decimal_scan, high);
    TEXT(low, 1);
    NUMBER(upbit__decimal_scan, low);
    TEXT(trade, 1);
    NUMBER(upbit__decimal_scan, trade);
    TEXT(volume, 1);
    NUMBER(upbit__decimal_scan, volume);
    TEXT(turnover, 1);
    NUMBER(upbit__decimal_scan, turnover);
    const char *end = p;
    TEXT(end, 2);
    const int64_t time = stamp_before(end + s->stamp_end);
    uint8_t stream = 0;
    uint64_t no_start = 0;
    if (bad != 0 || time < 0 || p != text + length ||
        quick_stream(&stream, end + s->stream_at - 1) == NULL)
        return 0;
    const int64_t start = candle_start(d, times + s->utc, &no_start);
    if (no_start != 0)
        return 0;
    upbit_candle *c =
        quick_candle(out, stream, time, d->candle_unit, start, times + s->utc, times + s->kst);
    if (c == NULL)
        return -1;
    copy_code(c->event.code, code, (unsigned)code_length);
    c->opening_price = opening;
    c->high_price = high;
    c->low_price = low;
    c->trade_price = trade;
    c->candle_acc_trade_volume = volume;
    c->candle_acc_trade_price = turnover;
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
