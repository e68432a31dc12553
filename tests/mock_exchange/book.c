/* Order books: thirty prices a side on the tick grid, moved by what a market does all day (orders
 * come, change, go), thin and sometimes one-sided where the real markets are. */
#include <string.h>

#include "market.h"

static int64_t draw_size(struct mock_market *m)
{
    /* Log-uniform over three decades around the typical size; a third are the round numbers
     * people type. */
    uint64_t r = mock_random(&m->rng);
    int64_t size = m->spread_volume / 16;
    size <<= r % 9;
    size += (int64_t)(mock_random(&m->rng) % (uint64_t)(size + 1));
    if ((r >> 8) % 3 == 0) {
        int64_t unit = 1;
        while (unit <= size / 100) {
            unit *= 10;
        }
        size = size / unit * unit;
    }
    return size > 0 ? size : 1;
}

static int64_t away(const struct mock_market *m, bool ask, int64_t price)
{
    return ask ? mock_price_up(m, price) : mock_price_down(m, price);
}

static void put(struct mock_side *side, int index, int64_t price, int64_t size)
{
    if (side->count == MOCK_DEPTH) {
        side->count--;
    }
    memmove(side->at + index + 1, side->at + index,
            (size_t)(side->count - index) * sizeof side->at[0]);
    side->at[index] = (struct mock_level){price, size};
    side->count++;
}

static void drop(struct mock_side *side, int index)
{
    side->count--;
    memmove(side->at + index, side->at + index + 1,
            (size_t)(side->count - index) * sizeof side->at[0]);
}

/* Appends prices at the far end until the side is as deep as it wants to be. */
static void fill(struct mock_market *m, bool ask)
{
    struct mock_side *side = ask ? &m->ask : &m->bid;
    const struct mock_side *other = ask ? &m->bid : &m->ask;
    while (side->count < side->want) {
        int64_t from = side->count > 0    ? side->at[side->count - 1].price
                       : other->count > 0 ? other->at[0].price
                                          : m->last_price;
        int gap = m->quote == MOCK_KRW ? 1 : 1 + (int)mock_random_below(&m->rng, 4);
        if (mock_random_below(&m->rng, 8) == 0) {
            gap++;
        }
        int64_t price = from;
        for (; gap > 0 && price > 0; gap--) {
            price = away(m, ask, price);
        }
        if (price <= 0) {
            side->want = side->count; /* the last tick: nothing can be cheaper */
            return;
        }
        put(side, side->count, price, draw_size(m));
    }
}

static int draw_want(struct mock_market *m)
{
    uint64_t r = mock_random_below(&m->rng, 100);
    uint64_t full = m->quote == MOCK_KRW ? 100 : m->quote == MOCK_BTC ? 30 : 75;
    if (r < full) {
        return MOCK_DEPTH;
    }
    if (r >= 97 && m->quote == MOCK_BTC) {
        return 0;
    }
    return 3 + (int)mock_random_below(&m->rng, MOCK_DEPTH - 3);
}

void mock_book_init(struct mock_market *m)
{
    m->ask.want = draw_want(m);
    m->bid.want = draw_want(m);
    if (m->ask.want == 0 && m->bid.want == 0) {
        m->ask.want = 5;
    }
    fill(m, true);
    fill(m, false);
}

void mock_book_refill(struct mock_market *m)
{
    fill(m, true);
    fill(m, false);
}

/* A new best price inside the spread; false when the spread is one tick already. */
static bool improve(struct mock_market *m, bool ask)
{
    struct mock_side *side = ask ? &m->ask : &m->bid;
    const struct mock_side *other = ask ? &m->bid : &m->ask;
    if (side->count == 0 || side->want == 0) {
        return false;
    }
    int64_t price = away(m, !ask, side->at[0].price);
    if (price <= 0 ||
        (other->count > 0 && (ask ? price <= other->at[0].price : price >= other->at[0].price))) {
        return false;
    }
    put(side, 0, price, draw_size(m));
    if (side->count > side->want) {
        side->count = side->want;
    }
    return true;
}

/* The walk is drawn back to its reference, softly: far above, sellers improve; far below, buyers.
 */
static bool prefer_ask(struct mock_market *m)
{
    int64_t percent = (m->last_price - m->reference) / (m->reference / 100 + 1);
    int64_t bias = 50 + percent * 3;
    bias = bias < 10 ? 10 : bias > 90 ? 90 : bias;
    return (int64_t)mock_random_below(&m->rng, 100) < bias;
}

static bool touch_one(struct mock_market *m)
{
    bool ask = prefer_ask(m);
    struct mock_side *side = ask ? &m->ask : &m->bid;
    uint64_t r = mock_random_below(&m->rng, 100);
    if (m->quote != MOCK_KRW && r == 99) {
        side->want = draw_want(m); /* thin markets come and go */
        if (m->ask.want == 0 && m->bid.want == 0) {
            side->want = 4;
        }
        if (side->count > side->want) {
            side->count = side->want;
        }
        fill(m, ask);
        return true;
    }
    if (side->count == 0) {
        return false;
    }
    /* Most of the life is near the best price. */
    int index = (int)mock_random_below(&m->rng, (uint64_t)side->count);
    if (index > 0 && r % 2 == 0) {
        index = (int)mock_random_below(&m->rng, (uint64_t)index);
    }
    if (r < 65) {
        side->at[index].size = draw_size(m);
        return true;
    }
    if (r < 80) {
        return improve(m, ask);
    }
    drop(side, index);
    fill(m, ask);
    return true;
}

bool mock_book_touch(struct mock_market *m)
{
    bool changed = false;
    for (int n = 1 + (int)mock_random_below(&m->rng, 3); n > 0; n--) {
        changed |= touch_one(m);
    }
    return changed;
}

int64_t mock_book_take(struct mock_market *m, struct mock_side *side, int64_t volume)
{
    bool ask = side == &m->ask;
    struct mock_level *best = &side->at[0];
    if (volume < best->size) {
        best->size -= volume;
        return volume;
    }
    volume = best->size;
    drop(side, 0);
    fill(m, ask);
    /* The other side follows, so that spreads stay what they were. */
    if (mock_random_below(&m->rng, 100) < 70) {
        improve(m, !ask);
    }
    return volume;
}

/* What rests beyond the thirty prices we keep, for coarse groupings: always the same at the same
 * price, because nobody is moving it. */
static int64_t far_size(const struct mock_market *m, bool ask, int64_t price)
{
    uint64_t state = m->past_seed ^ ((uint64_t)price * 2 + (ask ? 1 : 0));
    return m->spread_volume * (int64_t)(5 + mock_random_below(&state, 60)) +
           (int64_t)mock_random_below(&state, 100000);
}

void mock_book_show(struct mock_market *m, int64_t when_ms)
{
    m->shown_ask = m->ask;
    m->shown_bid = m->bid;
    m->book_ms = when_ms;
}

void mock_book_view(struct mock_level out[MOCK_DEPTH], const struct mock_market *m, bool ask,
                    int64_t level)
{
    const struct mock_side *side = ask ? &m->shown_ask : &m->shown_bid;
    memset(out, 0, MOCK_DEPTH * sizeof out[0]);
    if (level == 0) {
        memcpy(out, side->at, (size_t)side->count * sizeof out[0]);
        return;
    }
    int slots = 0;
    for (int i = 0; i < side->count; i++) {
        int64_t price = side->at[i].price / level * level;
        if (ask && price < side->at[i].price) {
            price += level;
        }
        if (price == 0) {
            break;
        }
        if (slots == 0 || out[slots - 1].price != price) {
            out[slots++] = (struct mock_level){price, 0};
        }
        out[slots - 1].size += side->at[i].size;
    }
    while (slots > 0 && slots < MOCK_DEPTH) {
        int64_t price = out[slots - 1].price + (ask ? level : -level);
        if (price <= 0) {
            break;
        }
        out[slots++] = (struct mock_level){price, far_size(m, ask, price)};
    }
}
