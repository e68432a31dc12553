/* Messages by their parts, on machines with AVX2 alone: how trades and candles are read whole
 * there.
 *
 * Such a message is a few numbers, and between them text that is always the same but for the digits
 * of times and some words. So it is compared part by part, 32 bytes at once, and only what stands
 * behind the numbers has to be looked for. The message is a copy with zeros behind it, so that
 * nothing has to ask how far it may look ahead: a number ends before them, and no part is longer.
 * What is wrong with a part is only gathered; a number that is none ends it. */
#ifndef UPBIT_EXCHANGE_DECODE_PARTS_H
#define UPBIT_EXCHANGE_DECODE_PARTS_H

#include "exchange/decode_quick.h"

#if defined(__AVX2__) && !defined(__AVX512VBMI2__)

/* A reader is given so many bytes at least and at most, and so many zeros behind them. */
enum { UPBIT__PARTS_LEAST = 128, UPBIT__PARTS_MOST = 768, UPBIT__PARTS_AHEAD = 160 };

/* Text between numbers, and a bit for each byte of it that must be so. */
typedef struct part {
    _Alignas(32) char text[128];
    upbit__u128 must;
    size_t size;
} part;

#define SIZE(text) (sizeof(text) - 1)
#define ONES(text) (((upbit__u128)1 << SIZE(text)) - 1)
#define PART(text)                                                                                 \
    {                                                                                              \
        text, ONES(text), SIZE(text)                                                               \
    }
/* But for what stands between two texts. */
#define ANY(a, any, b)                                                                             \
    {                                                                                              \
        a any b, ONES(a any b) ^ ONES(a any) ^ ONES(a), SIZE(a any b)                              \
    }
#define STAMP "0000000000000" /* Unix ms from September 2001 on */
#define DATE  "0000-00-00"
#define CLOCK "00:00:00"

/* Not 0: it differs. 32 bytes for each of `blocks` are readable. */
UPBIT__QUICK uint32_t differs(const part *k, const char *p, unsigned blocks)
{
    uint32_t bad = 0;
    for (unsigned i = 0; i < blocks; i++) {
        const __m256i x = _mm256_loadu_si256((const void *)(p + 32 * (size_t)i)),
                      text = _mm256_load_si256((const void *)(k->text + 32 * (size_t)i));
        const uint32_t same = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(x, text));
        bad |= ~same & (uint32_t)(k->must >> 32 * i);
    }
    return bad;
}

/* For a reader whose p goes from the number at hand to the text behind it, and on; `bad` gathers.
 */
#define NUMBER(scan, to)                                                                           \
    comma = sooner(next_comma(p));                                                                 \
    if (scan(&(to), p) != comma)                                                                   \
        return 0;                                                                                  \
    p = comma
#define TEXT(name, blocks)                                                                         \
    bad |= differs(&s->name, p, blocks);                                                           \
    p += s->name.size

#endif
#endif
