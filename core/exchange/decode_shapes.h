/* What tickers and trades look like, made of the lists of fields: the text between their
 * values and how long those may be, for decode_whole.c alone. A field that is added to a list is
 * expected from then on; a message without it is read the other way. */
#ifndef UPBIT_EXCHANGE_DECODE_SHAPES_H
#define UPBIT_EXCHANGE_DECODE_SHAPES_H

#include "exchange/decode_whole.h"
#include "exchange/field_lists.h"

#if defined(__AVX512VBMI2__)

/* What stands before a value, how long the value is where that never changes (else 0), the least
 * that it takes of the text, and the most: with the quote behind it. */
#define VALUE_CODE(T, enumeration, simple)      "\"", 0, 2, 24
#define VALUE_DECIMAL(T, enumeration, simple)   "", 0, 1, 32
#define VALUE_INT(T, enumeration, simple)       "", 0, 1, 17
#define VALUE_TIMESTAMP(T, enumeration, simple) "", 0, 1, 16
#define VALUE_BOOL(T, enumeration, simple)      "", 0, 4, 5
#define VALUE_STREAM(T, enumeration, simple)    "\"", 8, 9, 9
#define VALUE_STRING(T, enumeration, simple)    VALUE_##T##_##simple
#define VALUE_ENUM(T, enumeration, simple)      VALUE_##enumeration
#define VALUE_SIDE                              "\"", 3, 4, 4
#define VALUE_CHANGE                            "\"", 4, 5, 5
#define VALUE_MARKET_STATE                      "\"", 6, 7, 7
#define VALUE_MARKET_WARNING                    "\"", 0, 5, 8
#define VALUE_upbit_trade_td                    "\"", 10, 11, 11
#define VALUE_upbit_trade_ttm                   "\"", 8, 9, 9
#define VALUE_upbit_ticker_tdt                  "\"", 8, 9, 9
#define VALUE_upbit_ticker_ttm                  "\"", 6, 7, 7
#define VALUE_upbit_ticker_h52wdt               "\"", 0, 11, 11
#define VALUE_upbit_ticker_l52wdt               "\"", 0, 11, 11
#define VALUE_upbit_ticker_dd                   "", 0, 4, 4 /* null: what ends is rare */

/* The value of `type`, which is a part of the name here. */
#define TYPE_upbit_ticker       "ticker\""
#define TYPE_upbit_trade        "trade\""
#define TYPE_LEAST_upbit_ticker 0
#define TYPE_LEAST_upbit_trade  0
#define TYPE_MOST_upbit_ticker  0
#define TYPE_MOST_upbit_trade   0

#define BIT(i, head, fixed)     ((i) < (head) || ((fixed) > 0 && (i) == (head) + (fixed)) ? -1 : 0)
#define BITS(i, h, f)           BIT(i, h, f), BIT(i + 1, h, f), BIT(i + 2, h, f), BIT(i + 3, h, f)
#define MASK(h, f)                                                                                 \
    {                                                                                              \
        BITS(0, h, f), BITS(4, h, f), BITS(8, h, f), BITS(12, h, f), BITS(16, h, f),               \
            BITS(20, h, f), BITS(24, h, f), BITS(28, h, f)                                         \
    }
#define ANY_0                              ""
#define ANY_3                              "\0\0\0\""
#define ANY_4                              "\0\0\0\0\""
#define ANY_6                              "\0\0\0\0\0\0\""
#define ANY_8                              "\0\0\0\0\0\0\0\0\""
#define ANY_10                             "\0\0\0\0\0\0\0\0\0\0\""

#define HEAD_SIZE(head)                    ((int)sizeof(head) - 1)
#define NAME_OF(head, fixed, least, most)  {head ANY_##fixed, MASK(HEAD_SIZE(head), fixed)},
#define SIZE_OF(head, fixed, least, most)  HEAD_SIZE(head),
#define LEAST_OF(head, fixed, least, most) least,
#define RANGE_OF(head, fixed, least, most) (most) - (least),
#define PART(part, ...)                    part(__VA_ARGS__)

/* X of a list: the part of each member that is not TYPE. */
#define FULL_NAME(T, kind, required, enumeration, member, name, simple)                            \
    PART_##kind(NAME_OF, T, enumeration, name, simple, "{\"type\":\"")
#define FULL_SIZE(T, kind, required, enumeration, member, name, simple)                            \
    PART_##kind(SIZE_OF, T, enumeration, name, simple, "{\"type\":\"")
#define BRIEF_NAME(T, kind, required, enumeration, member, name, simple)                           \
    PART_##kind(NAME_OF, T, enumeration, simple, simple, "{\"ty\":\"")
#define BRIEF_SIZE(T, kind, required, enumeration, member, name, simple)                           \
    PART_##kind(SIZE_OF, T, enumeration, simple, simple, "{\"ty\":\"")
#define LEAST(T, kind, required, enumeration, member, name, simple)                                \
    PART_##kind(LEAST_OF, T, enumeration, simple, simple, "")
#define RANGE(T, kind, required, enumeration, member, name, simple)                                \
    PART_##kind(RANGE_OF, T, enumeration, simple, simple, "")
#define PART_TYPE(part, T, enumeration, name, simple, open)                                        \
    PART(part, open TYPE_##T, 0, TYPE_LEAST_##T, TYPE_MOST_##T)
#define PART_OF(part, T, kind, enumeration, name, simple, open)                                    \
    PART(part, ",\"" #name "\":" VALUE_##kind(T, enumeration, simple))
#define PART_CODE(part, T, ...)                                     PART_OF(part, T, CODE, __VA_ARGS__)
#define PART_DECIMAL(part, T, ...)                                  PART_OF(part, T, DECIMAL, __VA_ARGS__)
#define PART_INT(part, T, ...)                                      PART_OF(part, T, INT, __VA_ARGS__)
#define PART_TIMESTAMP(part, T, ...)                                PART_OF(part, T, TIMESTAMP, __VA_ARGS__)
#define PART_BOOL(part, T, ...)                                     PART_OF(part, T, BOOL, __VA_ARGS__)
#define PART_STREAM(part, T, ...)                                   PART_OF(part, T, STREAM, __VA_ARGS__)
#define PART_STRING(part, T, ...)                                   PART_OF(part, T, STRING, __VA_ARGS__)
#define PART_ENUM(part, T, ...)                                     PART_OF(part, T, ENUM, __VA_ARGS__)

#define INDEX(T, kind, required, enumeration, member, name, simple) T##_at_##simple,
/* The last member is none of the values. */
#define SHAPES(LIST, T)                                                                            \
    enum { LIST(INDEX, T) T##_count };                                                             \
    _Static_assert((int)T##_count <= (int)UPBIT__WHOLE_MEMBERS, "whole_shape");                    \
    static const struct {                                                                          \
        _Alignas(64) whole_shape of;                                                               \
    } T##_shapes[2] = {                                                                            \
        {{{LIST(FULL_NAME, T)}, {LIST(FULL_SIZE, T)}, {LIST(LEAST, T)}, {LIST(RANGE, T)}}},        \
        {{{LIST(BRIEF_NAME, T)}, {LIST(BRIEF_SIZE, T)}, {LIST(LEAST, T)}, {LIST(RANGE, T)}}},      \
    }

SHAPES(TICKER, upbit_ticker);
SHAPES(TRADE, upbit_trade);

#endif
#endif
