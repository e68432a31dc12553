/* See market.h. A step is either somebody changing an order book or somebody trading against it;
 * everything else follows from those two. */
#include "market.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY         INT64_C(86400000)
#define QUARTER     INT64_C(900000)
#define KEEP_TRADES 4096
#define WARM_UP     60
/* Frames leave the exchange some ms after the trade they tell of. */
#define TRADE_LAG 31

uint64_t mock_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t mock_random_below(uint64_t *state, uint64_t below)
{
    return below == 0 ? 0 : mock_random(state) % below;
}

const struct mock_trade *mock_trade_at(const struct mock_market *m, size_t n)
{
    if (n >= m->trade_count) {
        return NULL;
    }
    return &m->trades[(m->trade_head + m->trade_count - 1 - n) % m->trade_cap];
}

static struct mock_trade *push_trade(struct mock_market *m)
{
    if (m->trade_count == m->trade_cap && m->trade_cap < KEEP_TRADES) {
        size_t cap = m->trade_cap == 0 ? 64 : m->trade_cap * 2;
        struct mock_trade *trades = malloc(cap * sizeof *trades);
        if (trades != NULL) {
            for (size_t i = 0; i < m->trade_count; i++) {
                trades[i] = m->trades[(m->trade_head + i) % m->trade_cap];
            }
            free(m->trades);
            m->trades = trades;
            m->trade_cap = cap;
            m->trade_head = 0;
        }
    }
    if (m->trade_cap == 0) {
        return NULL;
    }
    if (m->trade_count == m->trade_cap) {
        m->trade_head = (m->trade_head + 1) % m->trade_cap;
        m->trade_count--;
    }
    return &m->trades[(m->trade_head + m->trade_count++) % m->trade_cap];
}

static void day_trade(struct mock_market *m, const struct mock_trade *t)
{
    struct mock_day *d = &m->day;
    int64_t start = t->timestamp / DAY * DAY;
    if (start > d->start) {
        *d = (struct mock_day){.start = start,
                               .open = t->price,
                               .high = t->price,
                               .low = t->price,
                               .prev_closing = m->last_price};
    }
    d->high = t->price > d->high ? t->price : d->high;
    d->low = t->price < d->low ? t->price : d->low;
    mock_wide amount = (mock_wide)t->price * t->volume;
    d->volume += t->volume;
    d->amount += amount;
    *(t->bid ? &d->bid_volume : &d->ask_volume) += t->volume;
    if (t->price > m->year_high) {
        m->year_high = t->price;
        m->year_high_ms = t->timestamp;
    }
    if (t->price < m->year_low) {
        m->year_low = t->price;
        m->year_low_ms = t->timestamp;
    }
    int64_t index = t->timestamp / QUARTER;
    if (m->bucket[index % MOCK_BUCKETS].index != index) {
        m->bucket[index % MOCK_BUCKETS].index = index;
        m->bucket[index % MOCK_BUCKETS].volume = 0;
        m->bucket[index % MOCK_BUCKETS].amount = 0;
    }
    m->bucket[index % MOCK_BUCKETS].volume += t->volume;
    m->bucket[index % MOCK_BUCKETS].amount += amount;
}

void mock_day_totals(const struct mock_market *m, int64_t now_ms, mock_wide *volume,
                     mock_wide *amount)
{
    *volume = *amount = 0;
    int64_t index = now_ms / QUARTER;
    for (int i = 0; i < MOCK_BUCKETS; i++) {
        if (m->bucket[i].index > index - MOCK_BUCKETS) {
            *volume += m->bucket[i].volume;
            *amount += m->bucket[i].amount;
        }
    }
}

static bool trade(struct mock_market *m, int64_t when)
{
    bool bid = mock_random_below(&m->rng, 100) < (m->last_price > m->reference ? 47u : 53u);
    struct mock_side *side = bid ? &m->ask : &m->bid;
    if (side->count == 0) {
        side = bid ? &m->bid : &m->ask;
        bid = !bid;
    }
    if (side->count == 0) {
        return false;
    }
    const struct mock_level ask = m->ask.count > 0 ? m->ask.at[0] : (struct mock_level){0, 0};
    const struct mock_level best_bid = m->bid.count > 0 ? m->bid.at[0] : (struct mock_level){0, 0};
    int64_t price = side->at[0].price;
    int64_t want = 1 + (int64_t)mock_random_below(&m->rng, (uint64_t)m->spread_volume / 4 + 1);
    int64_t volume = mock_book_take(m, side, want);
    struct mock_trade *t = push_trade(m);
    if (t == NULL) {
        return false;
    }
    /* Time stands still rather than run backwards: ids have to grow. */
    when = when > m->id_ms ? when : m->id_ms;
    m->id_n = when == m->id_ms ? m->id_n + 1 : 0;
    if (m->id_n > 9999) {
        m->id_n = 0;
        when++;
    }
    m->id_ms = when;
    *t = (struct mock_trade){when, when * 10000 + m->id_n, price, volume, ask, best_bid, 0, bid};
    day_trade(m, t);
    t->prev_closing = m->day.prev_closing;
    m->last_price = price;
    mock_candles_trade(m, t);
    return true;
}

void mock_market_mark(struct mock_exchange *x, struct mock_market *m)
{
    if (!m->listed_dirty) {
        m->listed_dirty = true;
        x->dirty[x->dirty_count++] = m;
    }
}

/* Something happened: books and candles are due, and it has to be told. */
static bool happened(struct mock_exchange *x, struct mock_market *m, int64_t now_ms, bool traded)
{
    if (m->book_due == 0) {
        m->book_due = (now_ms - m->book_phase) / 100 * 100 + 100 + m->book_phase;
    }
    if (traded && m->candle_due == 0) {
        m->candle_due = (now_ms - m->candle_phase) / 1000 * 1000 + 1000 + m->candle_phase;
    }
    mock_market_mark(x, m);
    return traded;
}

bool mock_market_step(struct mock_exchange *x, struct mock_market *m, int64_t now_ms)
{
    bool traded = mock_random_below(&m->rng, 100) < 35 && trade(m, now_ms - TRADE_LAG);
    return (traded || mock_book_touch(m)) && happened(x, m, now_ms, traded);
}

bool mock_market_trade(struct mock_exchange *x, struct mock_market *m, int64_t now_ms)
{
    bool traded = trade(m, now_ms - TRADE_LAG);
    if (!traded) { /* a thin market was traded empty: somebody offers again */
        m->ask.want = m->ask.want > 0 ? m->ask.want : 5;
        mock_book_refill(m);
        traded = trade(m, now_ms - TRADE_LAG);
    }
    return traded && happened(x, m, now_ms, true);
}

/* The invented past of the last day goes into the running totals and windows. */
static void load_past(struct mock_market *m)
{
    struct mock_past past;
    struct mock_candle c;
    mock_past_start(&past, m);
    int64_t today = m->live_since / DAY * DAY;
    int64_t from = m->live_since - DAY < today ? m->live_since - DAY : today;
    struct mock_day *d = &m->day;
    *d = (struct mock_day){
        .start = today, .open = m->live_open, .high = m->live_open, .low = m->live_open};
    while (past.minute > from) {
        bool traded = mock_past_minute(&c, &past, m);
        if (!traded) {
            continue;
        }
        if (c.start >= today) {
            d->open = c.open;
            d->high = c.high > d->high ? c.high : d->high;
            d->low = c.low < d->low ? c.low : d->low;
            d->volume += c.volume;
            d->amount += c.amount;
        }
        int64_t index = c.start / QUARTER;
        if (m->bucket[index % MOCK_BUCKETS].index != index) {
            if (m->bucket[index % MOCK_BUCKETS].index > index) {
                continue; /* more than 24 h back, in a slot that is taken */
            }
            m->bucket[index % MOCK_BUCKETS].index = index;
        }
        m->bucket[index % MOCK_BUCKETS].volume += c.volume;
        m->bucket[index % MOCK_BUCKETS].amount += c.amount;
        for (int u = 1; u < MOCK_UNITS; u++) {
            int64_t length = (int64_t)mock_unit_seconds[u] * 1000;
            struct mock_candle *w = &m->candle[u];
            if (c.start / length != m->live_since / length) {
                continue;
            }
            if (w->start == 0) {
                *w = c;
                w->start = c.start / length * length;
            } else {
                w->open = c.open;
                w->high = c.high > w->high ? c.high : w->high;
                w->low = c.low < w->low ? c.low : w->low;
                w->volume += c.volume;
                w->amount += c.amount;
            }
        }
    }
    /* The minutes of the past join: what today opened at, yesterday closed at. */
    d->prev_closing = d->open;
    d->ask_volume = d->volume * 53 / 100;
    d->bid_volume = d->volume - d->ask_volume;
    m->year_high = d->high > m->reference ? d->high : m->reference;
    m->year_high = mock_price_round(m, m->year_high + m->year_high / 100 * 54);
    m->year_low = d->low < m->reference ? d->low : m->reference;
    m->year_low = mock_price_round(m, m->year_low - m->year_low / 100 * 37);
    m->year_high_ms = today - DAY * (int64_t)(20 + mock_random_below(&m->rng, 300));
    m->year_low_ms = today - DAY * (int64_t)(20 + mock_random_below(&m->rng, 300));
}

/* The last three are those of the other regions; their markets live like USDT's. */
static const char *const quotes[] = {"KRW", "BTC", "USDT", "SGD", "IDR", "THB"};

/* Opens the market of this name, of a coin that is worth so much; its names are there already. */
static bool market_open(struct mock_market *m, const char *currency, const char *symbol, double krw,
                        uint64_t seed, int64_t now_ms)
{
    enum mock_quote quote = currency[0] == 'K'   ? MOCK_KRW
                            : currency[0] == 'B' ? MOCK_BTC
                                                 : MOCK_USDT;
    double btc, usdt;
    char scrap[48], other[16];
    mock_coin_at(other, scrap, scrap, &btc, 0);
    mock_coin_at(other, scrap, scrap, &usdt, 6);
    m->quote = quote;
    snprintf(m->code, sizeof m->code, "%.*s-%s", (int)strcspn(currency, "-"), currency, symbol);
    m->base = strchr(m->code, '-') + 1;
    m->rng = seed;
    for (const char *c = m->code; *c != '\0'; c++) {
        m->rng = (m->rng ^ (unsigned char)*c) * UINT64_C(1099511628211);
    }
    m->past_seed = mock_random(&m->rng);
    double rate = quote == MOCK_KRW ? 1 : quote == MOCK_BTC ? btc : usdt;
    double price = krw / rate * (0.97 + (double)mock_random_below(&m->rng, 61) / 1000);
    m->reference = mock_price_round(m, llround(price * (double)MOCK_ONE));
    /* A level is worth about three million won, in a thin market a tenth of that. */
    double worth = (quote == MOCK_KRW ? 3e6 : 3e5) / krw;
    double most = 5e5; /* units of the cheapest coins: sums have to stay inside 64 bits */
    m->spread_volume = llround((worth < most ? worth : most) * (double)MOCK_ONE) + 16;
    m->last_price = m->reference;
    m->live_open = m->reference;
    m->book_phase = (int)mock_random_below(&m->rng, 100);
    m->candle_phase = (int)mock_random_below(&m->rng, 1000);
    mock_book_init(m);
    int64_t quiet = (int64_t)mock_random_below(&m->rng, quote == MOCK_KRW ? 400 : 90000);

    int64_t span = quote == MOCK_KRW ? 1500 : 8000;
    int64_t when = now_ms - WARM_UP * span;
    m->live_since = when / 60000 * 60000;
    load_past(m);
    for (int i = 0; i < WARM_UP; i++) {
        if (!trade(m, when)) { /* a thin market was traded empty: somebody offers again */
            m->ask.want = m->ask.want > 0 ? m->ask.want : 5;
            mock_book_refill(m);
        }
        when += 1 + (int64_t)mock_random_below(&m->rng, (uint64_t)span * 2 - 2);
        when = when < now_ms - TRADE_LAG ? when : now_ms - TRADE_LAG;
    }
    mock_book_show(m, (now_ms - quiet - m->book_phase) / 100 * 100 + m->book_phase);
    memset(m->candle_dirty, 0, sizeof m->candle_dirty);
    memset(m->pending, 0, sizeof m->pending);
    return m->trade_count > 0;
}

static bool market_init(struct mock_market *m, enum mock_quote quote, int coin, uint64_t seed,
                        int64_t now_ms)
{
    char symbol[16];
    double krw;
    mock_coin_at(symbol, m->korean, m->english, &krw, coin);
    return market_open(m, quotes[quote], symbol, krw, seed, now_ms);
}

static size_t hash_of(const struct mock_exchange *x, const char *code, size_t len)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ (unsigned char)code[i]) * UINT64_C(1099511628211);
    }
    return (size_t)(h % x->hash_size);
}

static struct mock_market *find_any(const struct mock_exchange *x, const char *code, size_t len)
{
    struct mock_market *m = x->hash[hash_of(x, code, len)];
    while (m != NULL && (strlen(m->code) != len || memcmp(m->code, code, len) != 0)) {
        m = m->hash_next;
    }
    return m;
}

struct mock_market *mock_exchange_find(const struct mock_exchange *x, const char *code, size_t len)
{
    struct mock_market *m = find_any(x, code, len);
    return m == NULL || m->delisted ? NULL : m;
}

/* Into the hash and the wheel that draws markets. */
static void enter(struct mock_exchange *x, struct mock_market *m, int64_t weight)
{
    size_t at = (size_t)(m - x->markets), slot = hash_of(x, m->code, strlen(m->code));
    m->hash_next = x->hash[slot];
    x->hash[slot] = m;
    x->weights[at] = (at > 0 ? x->weights[at - 1] : 0) + weight;
}

bool mock_code_spelt(const char *code)
{
    const char *dash = strchr(code, '-');
    size_t quote = dash == NULL ? 0 : (size_t)(dash - code);
    bool known = false;
    for (size_t i = 0; i < sizeof quotes / sizeof *quotes; i++) {
        known |= strlen(quotes[i]) == quote && memcmp(code, quotes[i], quote) == 0;
    }
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t len = known ? strspn(dash + 1, allowed) : 0;
    return len >= 1 && len <= 12 && dash[1 + len] == '\0';
}

bool mock_exchange_list(struct mock_exchange *x, const char *code, int64_t now_ms)
{
    struct mock_market *m = find_any(x, code, strlen(code));
    if (m != NULL) {
        m->delisted = false;
        return true;
    }
    if (x->count == x->cap || !mock_code_spelt(code)) {
        return false;
    }
    m = &x->markets[x->count];
    const char *symbol = strchr(code, '-') + 1;
    char scrap[16];
    double krw = 1000;
    int coin = mock_coin_find(symbol);
    if (coin >= 0) {
        mock_coin_at(scrap, m->korean, m->english, &krw, coin);
    } else {
        snprintf(m->korean, sizeof m->korean, "%s", symbol);
        snprintf(m->english, sizeof m->english, "%s", symbol);
    }
    if (!market_open(m, code, symbol, krw, x->seed, now_ms)) {
        free(m->trades);
        *m = (struct mock_market){0};
        return false;
    }
    x->count++;
    enter(x, m, 30);
    return true;
}

bool mock_exchange_init(struct mock_exchange *x, int codes, uint64_t seed, int64_t now_ms)
{
    *x = (struct mock_exchange){.count = (size_t)codes,
                                .cap = (size_t)codes + MOCK_NEW_LISTINGS,
                                .seed = seed,
                                .rng = seed};
    x->hash_size = x->cap * 2 + 1;
    x->markets = calloc(x->cap, sizeof *x->markets);
    x->hash = calloc(x->hash_size, sizeof(struct mock_market *));
    x->dirty = calloc(x->cap, sizeof(struct mock_market *));
    x->weights = calloc(x->cap, sizeof *x->weights);
    if (x->markets == NULL || x->hash == NULL || x->dirty == NULL || x->weights == NULL) {
        return false;
    }
    int krw = (codes * 4 + 9) / 10, usdt = codes / 5, btc = codes - krw - usdt;
    for (int i = 0; i < codes; i++) {
        struct mock_market *m = &x->markets[i];
        enum mock_quote quote = i < krw ? MOCK_KRW : i < krw + btc ? MOCK_BTC : MOCK_USDT;
        int coin = quote == MOCK_KRW ? i : quote == MOCK_BTC ? i - krw + 1 : i - krw - btc;
        if (quote == MOCK_USDT && coin >= 6) {
            coin++; /* no USDT-USDT */
        }
        if (!market_init(m, quote, coin, seed, now_ms)) {
            return false;
        }
        enter(x, m, quote == MOCK_KRW ? 20 + 600 / (coin + 1) : 6 + 60 / (coin + 1));
    }
    return true;
}

void mock_exchange_finish(struct mock_exchange *x)
{
    for (size_t i = 0; x->markets != NULL && i < x->count; i++) {
        free(x->markets[i].trades);
        for (int u = 0; u < MOCK_UNITS; u++) {
            free(x->markets[i].history[u].at);
        }
    }
    free(x->markets);
    free(x->hash);
    free(x->dirty);
    free(x->weights);
    *x = (struct mock_exchange){0};
}

struct mock_market *mock_exchange_pick(struct mock_exchange *x)
{
    return mock_exchange_pick_with(x, &x->rng);
}

struct mock_market *mock_exchange_pick_with(const struct mock_exchange *x, uint64_t *rng)
{
    int64_t draw = (int64_t)mock_random_below(rng, (uint64_t)x->weights[x->count - 1]);
    size_t low = 0, high = x->count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (draw < x->weights[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return &x->markets[low];
}
