/* The comparisons of the decoders' quick paths: all look 32 bytes ahead or more without asking, and
 * none has a loop. */
#ifndef UPBIT_EXCHANGE_DECODE_QUICK_H
#define UPBIT_EXCHANGE_DECODE_QUICK_H

#include "exchange/decoder.h"

/* Whether the name, with its quotes and colon, stands at p. */
static inline int matches(const upbit__pattern *k, const char *p)
{
#if defined(__AVX2__)
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)k->text);
    uint32_t differ = ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, b));
    return (differ & k->mask) == 0;
#elif defined(__SSE2__)
    const __m128i *at = (const __m128i *)(const void *)p;
    const __m128i *text = (const __m128i *)(const void *)k->text;
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128(at), _mm_loadu_si128(text));
    __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128(at + 1), _mm_loadu_si128(text + 1));
    uint32_t same = (uint32_t)_mm_movemask_epi8(a) | (uint32_t)_mm_movemask_epi8(b) << 16;
    return (same & k->mask) == k->mask;
#else
    return k->length > 0 && memcmp(k->text, p, k->length) == 0;
#endif
}

/* Whether an enum's name, quotes and all, stands at p. */
static inline int starts_with(const upbit__enum_entry *e, const char *p)
{
#if defined(__SSE2__)
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)e->text);
    return ((uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & e->mask) == e->mask;
#else
    return memcmp(e->text, p, e->length) == 0;
#endif
}

/* A string of up to 31 plain characters at p; its length, or -1. 48 bytes are readable. */
static inline int short_string(const char *p)
{
    if (*p != '"')
        return -1;
#if defined(__AVX2__)
    __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(p + 1));
    __m256i stops = _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), x),
                                    _mm256_or_si256(_mm256_cmpeq_epi8(x, _mm256_set1_epi8('"')),
                                                    _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\'))));
    uint32_t stop = (uint32_t)_mm256_movemask_epi8(stops);
    if (stop == 0)
        return -1;
    int n = __builtin_ctz(stop);
#elif defined(__SSE2__)
    const __m128i *at = (const __m128i *)(const void *)(p + 1);
    const __m128i space = _mm_set1_epi8(' '), quote = _mm_set1_epi8('"'),
                  back = _mm_set1_epi8('\\');
    __m128i a = _mm_loadu_si128(at), b = _mm_loadu_si128(at + 1);
    __m128i stop_a = _mm_or_si128(_mm_cmplt_epi8(a, space),
                                  _mm_or_si128(_mm_cmpeq_epi8(a, quote), _mm_cmpeq_epi8(a, back)));
    __m128i stop_b = _mm_or_si128(_mm_cmplt_epi8(b, space),
                                  _mm_or_si128(_mm_cmpeq_epi8(b, quote), _mm_cmpeq_epi8(b, back)));
    uint32_t stop = (uint32_t)_mm_movemask_epi8(stop_a) | (uint32_t)_mm_movemask_epi8(stop_b) << 16;
    if (stop == 0)
        return -1;
    int n = __builtin_ctz(stop);
#else
    int n = 0;
    while (n < 31 && p[1 + n] >= ' ' && p[1 + n] != '"' && p[1 + n] != '\\')
        n++;
#endif
    return p[1 + n] == '"' ? n : -1;
}

/* 1 to 23 bytes of 32 readable ones. */
static inline void copy_code(char code[24], const char *at, unsigned length)
{
#if defined(__SSE2__)
    const __m128i count = _mm_set1_epi8((char)length);
    const __m128i low = _mm_set_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m128i high = _mm_add_epi8(low, _mm_set1_epi8(16));
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i b = _mm_loadl_epi64((const __m128i *)(const void *)(at + 16));
    _mm_storeu_si128((__m128i *)(void *)code, _mm_and_si128(a, _mm_cmpgt_epi8(count, low)));
    _mm_storel_epi64((__m128i *)(void *)(code + 16), _mm_and_si128(b, _mm_cmpgt_epi8(count, high)));
#else
    memset(code, 0, 24);
    memcpy(code, at, length);
#endif
}

#endif
