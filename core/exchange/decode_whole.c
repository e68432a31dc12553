/* Tickers, trades and candles as the exchange always writes them, the whole message at once and
 * straight into its block (decode_whole.h says how). */
#include "exchange/decode_whole.h"
#include "exchange/decode_shapes.h"

#if defined(__AVX512VBMI2__)

/* ---- values ---- */

UPBIT__QUICK uint32_t load32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* Four letters as load32 reads them. */
#define WORD(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

UPBIT__QUICK uint8_t read_side(whole *w, const char *p)
{
    const uint32_t word = load32(p);
    unsigned ask = word == WORD('A', 'S', 'K', '"'), bid = word == WORD('B', 'I', 'D', '"');
    w->bad |= (uint64_t)((ask | bid) == 0);
    return (uint8_t)(ask * UPBIT_SIDE_ASK + bid * UPBIT_SIDE_BID);
}

UPBIT__QUICK uint8_t read_change(whole *w, const char *p)
{
    const uint32_t word = load32(p);
    unsigned rise = word == WORD('R', 'I', 'S', 'E'), even = word == WORD('E', 'V', 'E', 'N'),
             fall = word == WORD('F', 'A', 'L', 'L');
    w->bad |= (uint64_t)((rise | even | fall) == 0);
    return (uint8_t)(rise * UPBIT_CHANGE_RISE + even * UPBIT_CHANGE_EVEN +
                     fall * UPBIT_CHANGE_FALL);
}

/* The last member's value, with which the message ends. */
UPBIT__QUICK uint8_t read_stream(whole *w, const whole_shape *s, unsigned i, size_t length)
{
    const char *p = whole_value(w, s, i);
    const uint64_t word = upbit__load64(p);
    unsigned realtime = word == upbit__load64("REALTIME"),
             snapshot = word == upbit__load64("SNAPSHOT");
    w->bad |= (uint64_t)((realtime | snapshot) == 0) | (uint64_t)(p[9] != '}') |
              (uint64_t)((size_t)(p - whole_text(w, 0)) + 10 != length);
    return (uint8_t)(realtime * UPBIT_STREAM_REALTIME + snapshot * UPBIT_STREAM_SNAPSHOT);
}

UPBIT__QUICK unsigned length_of(const whole *w, const whole_shape *s, unsigned i)
{
    return (unsigned)w->at[i + 1] - w->at[i] - s->head[i];
}

/* Whether the text of member i ends with a quote. */
UPBIT__QUICK void check_quote(whole *w, unsigned i)
{
    w->bad |= (uint64_t)(whole_text(w, w->at[i + 1])[-1] != '"');
}

/* The code, with zeros behind it; bytes of it in *counts. */
UPBIT__QUICK __m256i read_code(whole *w, const whole_shape *s, __mmask32 *counts)
{
    *counts = _bzhi_u32(~0U, length_of(w, s, UPBIT__FIELD_CODE_INDEX) - 1);
    check_quote(w, UPBIT__FIELD_CODE_INDEX);
    return _mm256_maskz_loadu_epi8(*counts, whole_value(w, s, UPBIT__FIELD_CODE_INDEX));
}

/* A time of the even words; 2100 is left to who knows what to say of it. */
UPBIT__QUICK int64_t time_of(whole *w, __m512i integers, unsigned which)
{
    const __m512i from = _mm512_set1_epi64(2 * (long long)which);
    int64_t time =
        _mm_cvtsi128_si64(_mm512_castsi512_si128(_mm512_permutexvar_epi64(from, integers)));
    w->bad |= (uint64_t)(time >= UPBIT__YEAR_2100_MS);
    return time;
}

/* ---- trades ---- */

UPBIT__QUICK int read_trade(const char *text, size_t length, int simple,
                            const upbit__decode_output *out)
{
    const whole_shape *s = &upbit_trade_shapes[simple].of;
    whole whole_message, *w = &whole_message;
    if (!whole_split(w, text, length, simple ? 3 : 5, simple ? 6 : 8, upbit_trade_count))
        return 0;
    whole_check(w, s, upbit_trade_count);
#define AT(name) (unsigned)upbit_trade_at_##name
#define V(name)  whole_value(w, s, AT(name))
#define FOUR(a, b, c, d)                                                                           \
    whole_decimals_at(&w->bad, V(a), V(b), V(c), V(d), whole_lengths(w, AT(a), AT(b), AT(c), AT(d)))
    const whole_decimals first = FOUR(tp, tv, pcp, cp), second = FOUR(bap, bas, bbp, bbs);
    const __m512i integers = whole_integers(w, AT(tms), AT(ttms), AT(sid), AT(sid));
    const int64_t time = time_of(w, integers, 0), trade_time = time_of(w, integers, 1);
    int64_t id = _mm_cvtsi128_si64(
        _mm512_castsi512_si128(_mm512_permutexvar_epi64(_mm512_set1_epi64(4), integers)));
    if (length_of(w, s, AT(sid)) > 16) {
        const uint8_t digit = (uint8_t)(*V(sid) - '1');
        w->bad |= (uint64_t)(digit > 8);
        id += (digit + 1) * INT64_C(10000000000000000);
    }
    __mmask32 counts;
    const __m256i code = read_code(w, s, &counts);
    const __m128i date = _mm_maskz_loadu_epi8(0x3FF, V(td)),
                  clock = _mm_maskz_loadu_epi8(0xFF, V(ttm));
    whole_plain(w,
                _mm512_inserti64x4(_mm512_castsi256_si512(code), _mm256_set_m128i(clock, date), 1),
                counts | 0x00FF03FF00000000ULL);
    const uint8_t side = read_side(w, V(ab)), change = read_change(w, V(c));
    const uint8_t stream = read_stream(w, s, AT(st), length);
    if (__builtin_expect(w->bad != 0, 0))
        return 0;
    _Static_assert((int)upbit_trade_count == 18, "quick_trade");
    upbit_trade *t = quick_trade(out, stream, time, trade_time, id, date, clock, change, side);
    if (t == NULL)
        return -1;
    whole_code(&t->event, code);
    whole_put_four(&t->trade_price, &first);
    whole_put_four(&t->best_ask_price, &second);
    out->event(out->context, &t->event);
    return 1;
#undef FOUR
#undef V
#undef AT
}

/* ---- tickers ---- */

/* Where the digits of a number begin that may be negative; 1 in *minus if it is. */
UPBIT__QUICK const char *read_sign(whole *w, const char *p, uint64_t *minus)
{
    *minus = (uint64_t)(*p == '-');
    p += *minus;
    w->bad |= (uint64_t)(*p == '-');
    return p;
}

/* Number `which` is negative if it has a minus and is not 0. */
UPBIT__QUICK void put_sign(whole_decimals *d, unsigned which, uint64_t minus)
{
    const uint64_t some = _mm512_test_epi64_mask(d->magnitude, d->magnitude);
    const uint64_t word = (some | some >> 1) & minus << 2 * which;
    d->rest = _mm512_mask_or_epi64(d->rest, (__mmask8)word, d->rest, _mm512_set1_epi64(1 << 16));
}

UPBIT__QUICK uint8_t read_warning(whole *w, const char *p, unsigned length)
{
    const uint64_t word = _bzhi_u64(upbit__load64(p), (uint64_t)8 * length);
    unsigned none = word == (upbit__load64("NONE\"\0\0") & 0xFFFFFFFFFF),
             caution = word == upbit__load64("CAUTION\"");
    w->bad |= (uint64_t)((none | caution) == 0);
    return (uint8_t)(none * UPBIT_WARNING_NONE + caution * UPBIT_WARNING_CAUTION);
}

UPBIT__QUICK int read_ticker(const char *text, size_t length, int simple,
                             const upbit__decode_output *out)
{
    const whole_shape *s = &upbit_ticker_shapes[simple].of;
    whole whole_message, *w = &whole_message;
    if (!whole_split(w, text, length, simple ? 7 : 12, simple ? 12 : 17, upbit_ticker_count))
        return 0;
    whole_check(w, s, upbit_ticker_count);
#define AT(name) (unsigned)upbit_ticker_at_##name
#define V(name)  whole_value(w, s, AT(name))
#define FOUR(a, b, c, d)                                                                           \
    whole_decimals_at(&w->bad, V(a), V(b), V(c), V(d), whole_lengths(w, AT(a), AT(b), AT(c), AT(d)))
    const whole_decimals prices = FOUR(op, hp, lp, tp), volumes = FOUR(tv, atv, aav, abv),
                         others = FOUR(pcp, h52wp, l52wp, atv24h);
    uint64_t minus_price, minus_rate;
    const char *price = read_sign(w, V(scp), &minus_price),
               *rate = read_sign(w, V(scr), &minus_rate);
    const __m512i less =
        _mm512_maskz_set1_epi8(minus_price * 0xFFFF0000 | (minus_rate * 0xFFFF) << 48, 1);
    whole_decimals changes = whole_decimals_at(
        &w->bad, V(cp), price, V(cr), rate,
        _mm512_sub_epi8(whole_lengths(w, AT(cp), AT(scp), AT(cr), AT(scr)), less));
    put_sign(&changes, 1, minus_price);
    put_sign(&changes, 3, minus_rate);
    upbit_decimal turnover, turnover_24h;
    whole_wide(w, s, &turnover, AT(atp));
    whole_wide(w, s, &turnover_24h, AT(atp24h));
    const __m512i integers = whole_integers(w, AT(tms), AT(ttms), AT(tms), AT(ttms));
    const int64_t time = time_of(w, integers, 0), trade_time = time_of(w, integers, 1);
    __mmask32 counts;
    const __m256i code = read_code(w, s, &counts);
    const __m128i date = _mm_maskz_loadu_epi8(0xFF, V(tdt)),
                  clock = _mm_maskz_loadu_epi8(0x3F, V(ttm));
    whole_plain(w,
                _mm512_inserti64x4(_mm512_castsi256_si512(code), _mm256_set_m128i(clock, date), 1),
                counts | 0x003F00FF00000000ULL);
    const __m128i high = _mm_maskz_loadu_epi8(0x3FF, V(h52wdt)),
                  low = _mm_maskz_loadu_epi8(0x3FF, V(l52wdt));
    whole_plain(w, _mm512_castsi256_si512(_mm256_set_m128i(low, high)), 0x03FF03FF);
    check_quote(w, AT(h52wdt));
    check_quote(w, AT(l52wdt));
    const char *suspended = V(its);
    const unsigned yes = load32(suspended) == WORD('t', 'r', 'u', 'e'),
                   no = load32(suspended) == WORD('f', 'a', 'l', 's');
    w->bad |= (uint64_t)(length_of(w, s, AT(its)) != 4 + no) | (uint64_t)((yes | no) == 0) |
              (uint64_t)(no & (suspended[4] != 'e')) | (load32(V(dd)) ^ WORD('n', 'u', 'l', 'l')) |
              ((upbit__load64(V(ms)) ^ upbit__load64("ACTIVE\"")) << 16);
    const uint8_t side = read_side(w, V(ab)), change = read_change(w, V(c));
    const uint8_t warning = read_warning(w, V(mw), length_of(w, s, AT(mw)));
    const uint8_t stream = read_stream(w, s, AT(st), length);
    if (__builtin_expect(w->bad != 0, 0))
        return 0;
    enum { BEHIND = UPBIT__WHOLE_BEHIND(upbit_ticker), SIZE = BEHIND + 9 + 7 + 11 + 11 };
    upbit_ticker *t = (void *)out->allocate(out->context, SIZE);
    if (t == NULL)
        return -1;
    quick_event(&t->event, SIZE, UPBIT_TYPE_TICKER, stream, time, upbit_ticker_count,
                1ULL << AT(dd));
    whole_code(&t->event, code);
    whole_put_four(&t->opening_price, &prices);
    whole_put(&t->prev_closing_price, &others, 0);
    t->acc_trade_price = turnover;
    whole_put_four(&t->change_price, &changes);
    whole_put_four(&t->trade_volume, &volumes);
    whole_put(&t->highest_52_week_price, &others, 1);
    whole_put(&t->lowest_52_week_price, &others, 2);
    t->acc_trade_price_24h = turnover_24h;
    whole_put(&t->acc_trade_volume_24h, &others, 3);
    t->trade_timestamp = trade_time;
    char *texts = (char *)t + BEHIND;
    _mm_storel_epi64((void *)texts, date);
    texts[8] = '\0';
    _mm_storel_epi64((void *)(texts + 9), clock);
    _mm_mask_storeu_epi8(texts + 16, 0x7FF, high);
    _mm_mask_storeu_epi8(texts + 27, 0x7FF, low);
    t->trade_date = texts;
    t->trade_time = texts + 9;
    t->highest_52_week_date = texts + 16;
    t->lowest_52_week_date = texts + 27;
    t->delisting_date = NULL;
    const uint64_t enums = (uint64_t)change | (uint64_t)side << 8 |
                           (uint64_t)UPBIT_MARKET_ACTIVE << 16 | (uint64_t)warning << 24 |
                           (uint64_t)yes << 32;
    memcpy(&t->change, &enums, sizeof enums);
    out->event(out->context, &t->event);
    return 1;
#undef FOUR
#undef V
#undef AT
}

/* The shortest has more. */
enum { LENGTH_LEAST = 64 };

int upbit__decode_whole(upbit__decoder *d, const char *message, size_t length,
                        const upbit__decode_output *out)
{
    if (length < LENGTH_LEAST)
        return 0;
    /* The readers compare all of what the message begins with. */
    const uint64_t begin = upbit__load64(message);
    const int simple = (begin & 0xFFFFFFFFFFFF) == (upbit__load64("{\"ty\":\"") & 0xFFFFFFFFFFFF);
    if (!simple && begin != upbit__load64("{\"type\":"))
        return 0;
    switch (load32(message + (simple ? 7 : 9))) {
    case WORD('t', 'i', 'c', 'k'):
        return simple ? read_ticker(message, length, 1, out) : read_ticker(message, length, 0, out);
    case WORD('t', 'r', 'a', 'd'):
        return simple ? read_trade(message, length, 1, out) : read_trade(message, length, 0, out);
    case WORD('c', 'a', 'n', 'd'):
        return upbit__decode_candle(d, message, length, simple, out);
    case WORD('o', 'r', 'd', 'e'):
        return upbit__decode_book(message, length, simple, out);
    default:
        return 0;
    }
}

#endif
