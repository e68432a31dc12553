/* Candles: running windows fed by trades, the closed ones behind them, and minutes invented for
 * the time before the program started, so that a chart opened in the first second is not empty.
 * The invented past is walked backwards from the first live price and is the same for every
 * reader; longer units are sums of the same minutes. */
#include <stdlib.h>
#include <string.h>

#include "market.h"

const char *const mock_unit_name[MOCK_UNITS] = {"1s",  "1m",  "3m",  "5m",  "10m",
                                                "15m", "30m", "60m", "240m"};
const int mock_unit_seconds[MOCK_UNITS] = {1, 60, 180, 300, 600, 900, 1800, 3600, 14400};

#define KEEP_WINDOWS 600
#define MINUTE       60000

static void keep(struct mock_history *h, const struct mock_candle *c)
{
    if (h->count == h->cap && h->cap < KEEP_WINDOWS) {
        size_t cap = h->cap == 0 ? 8 : h->cap * 2;
        if (cap > KEEP_WINDOWS) {
            cap = KEEP_WINDOWS;
        }
        struct mock_candle *at = realloc(h->at, cap * sizeof *at);
        if (at != NULL) {
            h->at = at;
            h->cap = cap;
        }
    }
    if (h->cap == 0) {
        return;
    }
    if (h->count == h->cap) {
        memmove(h->at, h->at + 1, (h->count - 1) * sizeof h->at[0]);
        h->count--;
    }
    h->at[h->count++] = *c;
}

void mock_candles_trade(struct mock_market *m, const struct mock_trade *t)
{
    mock_wide amount = (mock_wide)t->price * t->volume;
    for (int u = 0; u < MOCK_UNITS; u++) {
        int64_t length = (int64_t)mock_unit_seconds[u] * 1000;
        int64_t start = t->timestamp / length * length;
        struct mock_candle *c = &m->candle[u];
        if (c->start != start) {
            if (c->start != 0) {
                keep(&m->history[u], c);
                if (m->candle_dirty[u]) {
                    m->pending[u] = *c;
                }
            }
            *c = (struct mock_candle){
                .start = start, .open = t->price, .high = t->price, .low = t->price};
        }
        c->high = t->price > c->high ? t->price : c->high;
        c->low = t->price < c->low ? t->price : c->low;
        c->close = t->price;
        c->volume += t->volume;
        c->amount += amount;
        c->timestamp = t->timestamp;
        m->candle_dirty[u] = true;
    }
}

void mock_past_start(struct mock_past *past, const struct mock_market *m)
{
    *past = (struct mock_past){m->past_seed, m->live_open, m->live_since};
}

bool mock_past_minute(struct mock_candle *out, struct mock_past *past, const struct mock_market *m)
{
    past->minute -= MINUTE;
    uint64_t r = mock_random(&past->rng);
    uint64_t quiet = m->quote == MOCK_KRW ? 4 : m->quote == MOCK_BTC ? 45 : 20;
    if (r % 100 < quiet) {
        return false;
    }
    int64_t close = past->price;
    /* About 0.06 % a minute, drawn to the reference so that weeks back it is still this coin. */
    int64_t swing = close / 1600 + 1;
    int64_t step = (int64_t)((r >> 8) % (uint64_t)(2 * swing + 1)) - swing;
    step += (close - m->reference) / 400; /* backwards: above the reference it came from below */
    int64_t open = mock_price_round(m, close - step);
    int64_t high = open > close ? open : close, low = open < close ? open : close;
    high = mock_price_round(m, high + (int64_t)((r >> 24) % (uint64_t)(swing / 2 + 1)));
    low = mock_price_round(m, low - (int64_t)((r >> 36) % (uint64_t)(swing / 2 + 1)));
    high = high < close ? close : high;
    low = low > close ? close : low;
    *out = (struct mock_candle){
        past->minute, open, high, low,
        close,        0,    0,    past->minute + 59000 + (int64_t)((r >> 48) % 999)};
    /* Four trades, one at each price: the totals belong to them. */
    const int64_t prices[4] = {open, high, low, close};
    for (int i = 0; i < 4; i++) {
        int64_t volume = 1 + (int64_t)mock_random_below(&past->rng, (uint64_t)m->spread_volume + 1);
        out->volume += volume;
        out->amount += (mock_wide)volume * prices[i];
    }
    past->price = open;
    return true;
}

/* c covers what `earlier` covers too, and more: earlier comes before it in time. */
static void merge_earlier(struct mock_candle *c, const struct mock_candle *earlier)
{
    c->open = earlier->open;
    c->high = earlier->high > c->high ? earlier->high : c->high;
    c->low = earlier->low < c->low ? earlier->low : c->low;
    c->volume += earlier->volume;
    c->amount += earlier->amount;
}

size_t mock_candles_read(struct mock_candle *out, size_t count, const struct mock_market *m,
                         int unit, int64_t to_ms)
{
    size_t n = 0;
    const struct mock_history *h = &m->history[unit];
    size_t oldest = 0;
    for (size_t i = h->count + 1; i > 0 && n < count; i--) {
        const struct mock_candle *c = i == h->count + 1 ? &m->candle[unit] : &h->at[i - 1];
        if (c->start == 0 || c->start >= to_ms) {
            continue;
        }
        out[n++] = *c;
        oldest = i;
    }
    /* Windows were dropped from a full history: the past does not join on to what is left. */
    bool joined = h->count < KEEP_WINDOWS && (n == 0 || oldest <= 1);
    if (unit == 0 || !joined || n == count) {
        return n;
    }
    /* A running window has its part before the start already (see mock_exchange_init), so the
     * past begins with the window before the first live one. */
    int64_t length = (int64_t)mock_unit_seconds[unit] * 1000;
    int64_t first_live = h->count > 0 ? h->at[0].start : m->candle[unit].start;
    int64_t limit = first_live != 0 ? first_live : INT64_MAX;
    struct mock_past past;
    struct mock_candle minute, window = {0};
    mock_past_start(&past, m);
    for (size_t guard = 0; n < count && guard < 400 * 240; guard++) {
        bool traded = mock_past_minute(&minute, &past, m);
        int64_t start = past.minute / length * length;
        if (window.start != 0 && window.start != start) {
            out[n++] = window;
            window.start = 0;
        }
        if (!traded || start >= limit || start >= to_ms || n == count) {
            continue;
        }
        if (window.start == 0) {
            window = minute;
            window.start = start;
        } else {
            merge_earlier(&window, &minute);
        }
    }
    return n;
}
