/* Trades as the exchange always writes them, on machines with AVX2 alone (decode_parts.h says how),
 * and which messages are read so there. */
#include "exchange/decode_parts.h"

#if defined(__AVX2__) && !defined(__AVX512VBMI2__)

typedef struct trade_shape {
    part head, times, volume, side, change, id, ask_price, ask_size, bid_price, bid_size, stream;
    /* Where the times stand behind the code; the numbers' ends. */
    uint8_t stamp_end, date, clock, trade_end;
    uint8_t side_at, change_at, stream_at;
} trade_shape;

/* The dashes and colons of date and clock may be others, as in any text. */
#define TIMES(a, b, c, d, e)                                                                       \
    .times = {a STAMP b DATE c CLOCK d STAMP e,                                                    \
              ONES(a STAMP b DATE c CLOCK d STAMP e) ^ ONES(a STAMP b DATE c CLOCK d STAMP) ^      \
                  ONES(a STAMP b DATE c CLOCK d) ^ ONES(a STAMP b DATE c CLOCK) ^                  \
                  ONES(a STAMP b DATE c) ^ ONES(a STAMP b DATE) ^ ONES(a STAMP b) ^                \
                  ONES(a STAMP) ^ ONES(a),                                                         \
              SIZE(a STAMP b DATE c CLOCK d STAMP e)},                                             \
    .stamp_end = SIZE(a STAMP), .date = SIZE(a STAMP b), .clock = SIZE(a STAMP b DATE c),          \
    .trade_end = SIZE(a STAMP b DATE c CLOCK d STAMP)

static const trade_shape shapes[2] = {
    {.head = PART("{\"type\":\"trade\",\"code\":\""),
     TIMES(",\"timestamp\":", ",\"trade_date\":\"", "\",\"trade_time\":\"",
           "\",\"trade_timestamp\":", ",\"trade_price\":"),
     .volume = PART(",\"trade_volume\":"),
     .side = ANY(",\"ask_bid\":\"", "\0\0\0", "\",\"prev_closing_price\":"),
     .side_at = SIZE(",\"ask_bid\":\""),
     .change = ANY(",\"change\":\"", "\0\0\0\0", "\",\"change_price\":"),
     .change_at = SIZE(",\"change\":\""),
     .id = PART(",\"sequential_id\":"),
     .ask_price = PART(",\"best_ask_price\":"),
     .ask_size = PART(",\"best_ask_size\":"),
     .bid_price = PART(",\"best_bid_price\":"),
     .bid_size = PART(",\"best_bid_size\":"),
     .stream = ANY(",\"stream_type\":\"", "\0\0\0\0\0\0\0\0", "\"}"),
     .stream_at = SIZE(",\"stream_type\":\"")},
    {.head = PART("{\"ty\":\"trade\",\"cd\":\""),
     TIMES(",\"tms\":", ",\"td\":\"", "\",\"ttm\":\"", "\",\"ttms\":", ",\"tp\":"),
     .volume = PART(",\"tv\":"),
     .side = ANY(",\"ab\":\"", "\0\0\0", "\",\"pcp\":"),
     .side_at = SIZE(",\"ab\":\""),
     .change = ANY(",\"c\":\"", "\0\0\0\0", "\",\"cp\":"),
     .change_at = SIZE(",\"c\":\""),
     .id = PART(",\"sid\":"),
     .ask_price = PART(",\"bap\":"),
     .ask_size = PART(",\"bas\":"),
     .bid_price = PART(",\"bbp\":"),
     .bid_size = PART(",\"bbs\":"),
     .stream = ANY(",\"st\":\"", "\0\0\0\0\0\0\0\0", "\"}"),
     .stream_at = SIZE(",\"st\":\"")},
};

UPBIT__QUICK int read_trade(const char *text, size_t length, int simple,
                            const upbit__decode_output *out)
{
    const trade_shape *s = &shapes[simple];
    upbit_decimal price, volume, closing, change_price, ask_price, ask_size, bid_price, bid_size;
    int64_t id = 0;
    uint64_t nulls = 0;
    const char *code_text = text + s->head.size;
    const int code_length = short_string(code_text - 1);
    if (code_length - 1 < 0 || code_length > 23)
        return 0;
    const char *times = code_text + code_length + 1;
    uint32_t bad = differs(&s->head, text, 1) | differs(&s->times, times, simple ? 3 : 4);
    const int64_t time = stamp_before(times + s->stamp_end),
                  trade_time = stamp_before(times + s->trade_end);
    if (bad != 0 || time < 0 || trade_time < 0)
        return 0;
    const char *p = times + s->times.size, *comma;
    NUMBER(upbit__decimal_scan, price);
    TEXT(volume, 1);
    NUMBER(upbit__decimal_scan, volume);
    uint8_t side = 0, change = 0, stream = 0;
    const char *side_text = p + s->side_at - 1;
    TEXT(side, simple ? 1 : 2);
    NUMBER(upbit__decimal_scan, closing);
    const char *change_text = p + s->change_at - 1;
    TEXT(change, 1);
    NUMBER(upbit__decimal_scan, change_price);
    TEXT(id, 1);
    NUMBER(upbit__integer_scan, id);
    TEXT(ask_price, 1);
    NUMBER(upbit__decimal_scan, ask_price);
    TEXT(ask_size, 1);
    NUMBER(upbit__decimal_scan, ask_size);
    TEXT(bid_price, 1);
    NUMBER(upbit__decimal_scan, bid_price);
    TEXT(bid_size, 1);
    NUMBER(upbit__decimal_scan, bid_size);
    const char *stream_text = p + s->stream_at - 1;
    TEXT(stream, 1);
    const __m256i days = _mm256_loadu_si256((const void *)(times + s->date));
    const __m256i clocks = _mm256_loadu_si256((const void *)(times + s->clock));
    bad |= odd_text(days, 0x3FF) | odd_text(clocks, 0xFF);
    if (bad != 0 || p != text + length || quick_stream(&stream, stream_text) == NULL ||
        quick_enum(UPBIT__ENUM_SIDE, &side, side_text, &nulls, 1) == NULL ||
        quick_enum(UPBIT__ENUM_CHANGE, &change, change_text, &nulls, 1) == NULL)
        return 0;
    upbit_trade *t = quick_trade(out, stream, time, trade_time, id, _mm256_castsi256_si128(days),
                                 _mm256_castsi256_si128(clocks), change, side);
    if (t == NULL)
        return -1;
    copy_code(t->event.code, code_text, (unsigned)code_length);
    t->trade_price = price;
    t->trade_volume = volume;
    t->prev_closing_price = closing;
    t->change_price = change_price;
    t->best_ask_price = ask_price;
    t->best_ask_size = ask_size;
    t->best_bid_price = bid_price;
    t->best_bid_size = bid_size;
    out->event(out->context, &t->event);
    return 1;
}

int upbit__decode_whole(upbit__decoder *d, const char *message, size_t length,
                        const upbit__decode_output *out)
{
    enum { LEAST = 64 };
    if (length < LEAST)
        return 0;
    /* The readers compare all of what the message begins with. */
    const int simple = memcmp(message, "{\"ty\":", 6) == 0;
    const char *type = message + (simple ? 7 : 9);
    if (memcmp(type, "orderbo", 7) == 0)
        return upbit__decode_book(message, length, simple, out);
    const int trade = memcmp(type, "trade\"", 6) == 0;
    if ((!trade && memcmp(type, "candle.", 7) != 0) || length < UPBIT__PARTS_LEAST ||
        length > UPBIT__PARTS_MOST)
        return 0;
    char bytes[UPBIT__PARTS_MOST + UPBIT__PARTS_AHEAD];
    memcpy(bytes, message, length);
    memset(bytes + length, 0, UPBIT__PARTS_AHEAD);
    if (!trade)
        return upbit__decode_candle(d, bytes, length, simple, out);
    return simple ? read_trade(bytes, length, 1, out) : read_trade(bytes, length, 0, out);
}

#endif
