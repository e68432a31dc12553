/* The market that lives: codes, order books, trades, candles and tickers that agree with one
 * another because each comes from the one before: a step changes a book or takes its best price,
 * what it takes is a trade, and trades are all that candles and tickers know. No I/O in here. */
#ifndef MOCK_MARKET_H
#define MOCK_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "numbers.h"

#define MOCK_DEPTH 30
#define MOCK_UNITS 9                /* candle units */
#define MOCK_KINDS (3 + MOCK_UNITS) /* of the market's messages */

enum mock_quote { MOCK_KRW, MOCK_BTC, MOCK_USDT };
enum mock_kind { MOCK_TICKER, MOCK_TRADE, MOCK_BOOK, MOCK_CANDLE };

struct mock_level {
    int64_t price, size;
};

struct mock_side {
    struct mock_level at[MOCK_DEPTH]; /* best first */
    int count;
    int want; /* thin markets have fewer than MOCK_DEPTH, at times none */
};

struct mock_trade {
    int64_t timestamp; /* ms */
    int64_t id;        /* timestamp * 10000 + n */
    int64_t price, volume;
    struct mock_level best_ask, best_bid; /* as they stood when it happened */
    int64_t prev_closing;
    bool bid; /* the taker bought */
};

struct mock_candle {
    int64_t start; /* ms; 0 = there is none */
    int64_t open, high, low, close;
    mock_wide volume; /* 10^-8 */
    mock_wide amount; /* 10^-16 */
    int64_t timestamp;
};

/* The newest closed windows of one unit, oldest first. */
struct mock_history {
    struct mock_candle *at;
    size_t count, cap;
};

struct mock_day {
    int64_t start; /* ms of 00:00 UTC */
    int64_t open, high, low, prev_closing;
    mock_wide volume, amount, ask_volume, bid_volume;
};

#define MOCK_BUCKETS 96 /* a day in quarters of an hour, for the rolling 24 h totals */

struct mock_sub;

struct mock_market {
    bool delisted; /* nobody finds it and nothing happens in it */
    char code[24];
    const char *base; /* inside code */
    char korean[48], english[48];
    enum mock_quote quote;
    int64_t reference;     /* the price the walk is drawn back to */
    int64_t spread_volume; /* typical size of one level */

    struct mock_side ask, bid;             /* as they are */
    struct mock_side shown_ask, shown_bid; /* as they were at book_ms: what every reader gets */
    int64_t book_ms; /* time of the last published change, on the 100 ms grid */
    int64_t last_price;
    struct mock_trade *trades; /* ring of the newest */
    size_t trade_count, trade_cap, trade_head;
    int64_t id_ms;
    int id_n;

    struct mock_day day;
    int64_t year_high, year_low;
    int64_t year_high_ms, year_low_ms;
    struct {
        int64_t index; /* which quarter since the epoch */
        mock_wide volume, amount;
    } bucket[MOCK_BUCKETS];

    struct mock_candle candle[MOCK_UNITS];  /* the running window */
    struct mock_candle pending[MOCK_UNITS]; /* closed since it was last sent; start 0 = none */
    bool candle_dirty[MOCK_UNITS];
    struct mock_history history[MOCK_UNITS];
    int64_t live_since; /* minute before which history is invented on demand */
    int64_t live_open;  /* and the price it has to arrive at */
    uint64_t past_seed;

    uint64_t rng;
    int64_t book_due, candle_due; /* ms; 0 = nothing to publish */
    int book_phase, candle_phase; /* ms inside the 100 ms and the 1 s grid */
    bool listed_dirty;
    struct mock_sub *subs[MOCK_KINDS];
    struct mock_market *hash_next;
};

#define MOCK_NEW_LISTINGS 256 /* that a run has room for */

struct mock_exchange {
    struct mock_market *markets; /* they never move: subscriptions point at them */
    size_t count, cap;
    uint64_t seed;
    struct mock_market **hash;
    size_t hash_size;
    struct mock_market **dirty; /* have a book or candles to publish */
    size_t dirty_count;
    uint64_t rng;
    int64_t *weights; /* running sums: well known codes trade more */
};

extern const char *const mock_unit_name[MOCK_UNITS]; /* "1s", "1m", ... */
extern const int mock_unit_seconds[MOCK_UNITS];

bool mock_exchange_init(struct mock_exchange *x, int codes, uint64_t seed, int64_t now_ms);
void mock_exchange_finish(struct mock_exchange *x);
struct mock_market *mock_exchange_find(const struct mock_exchange *x, const char *code, size_t len);
/* Lists a new market, or one again that was taken off; nothing when it is listed. False: no room.
 */
bool mock_exchange_list(struct mock_exchange *x, const char *code, int64_t now_ms);
/* KRW-, BTC-, USDT-, SGD-, IDR- or THB- and 1 to 12 of A-Z 0-9. */
bool mock_code_spelt(const char *code);
/* A market drawn by weight. */
struct mock_market *mock_exchange_pick(struct mock_exchange *x);
/* The same with random numbers of one's own: the market's course stays what it was. */
struct mock_market *mock_exchange_pick_with(const struct mock_exchange *x, uint64_t *rng);

/* One event of the market. Returns true when it was a trade (the newest of mock_trade_at). */
bool mock_market_step(struct mock_exchange *x, struct mock_market *m, int64_t now_ms);
/* The same, and it is a trade whenever there is anything to trade. */
bool mock_market_trade(struct mock_exchange *x, struct mock_market *m, int64_t now_ms);
/* The n-th newest trade, NULL when there are fewer. */
const struct mock_trade *mock_trade_at(const struct mock_market *m, size_t n);
/* Books and candles of m need publishing. */
void mock_market_mark(struct mock_exchange *x, struct mock_market *m);
void mock_day_totals(const struct mock_market *m, int64_t now_ms, mock_wide *volume,
                     mock_wide *amount);

/* prices.c */
int64_t mock_tick(enum mock_quote quote, const char *base, int64_t price);
int64_t mock_price_up(const struct mock_market *m, int64_t price);
int64_t mock_price_down(const struct mock_market *m, int64_t price); /* 0 below the last tick */
int64_t mock_price_round(const struct mock_market *m, int64_t price);
/* The n-th grouping level a KRW market supports, 0 first; -1 after the last. */
int64_t mock_supported_level(const struct mock_market *m, int n);
bool mock_level_ok(const struct mock_market *m, int64_t level);

/* book.c */
void mock_book_init(struct mock_market *m);
/* Changes one to three levels; false when nothing changed. */
bool mock_book_touch(struct mock_market *m);
/* Takes up to `volume` from the best level; returns what was taken. */
int64_t mock_book_take(struct mock_market *m, struct mock_side *side, int64_t volume);
void mock_book_refill(struct mock_market *m);
/* From this moment on readers see the book as it is. */
void mock_book_show(struct mock_market *m, int64_t when_ms);
/* The side as a client sees it with this grouping; always MOCK_DEPTH slots, zero ones last. */
void mock_book_view(struct mock_level out[MOCK_DEPTH], const struct mock_market *m, bool ask,
                    int64_t level);

/* candles.c */
void mock_candles_trade(struct mock_market *m, const struct mock_trade *t);
/* The newest `count` windows that start before `to_ms`, newest first; returns how many. */
size_t mock_candles_read(struct mock_candle *out, size_t count, const struct mock_market *m,
                         int unit, int64_t to_ms);
/* The invented minutes before live_since, k = 1 the newest. State starts as {0}. */
struct mock_past {
    uint64_t rng;
    int64_t price;
    int64_t minute;
};
void mock_past_start(struct mock_past *past, const struct mock_market *m);
/* One minute further back; false when nothing was traded in it. */
bool mock_past_minute(struct mock_candle *out, struct mock_past *past, const struct mock_market *m);

/* coins.c */
struct mock_coin {
    const char *symbol, *korean, *english;
    double krw; /* a price of the right size */
};
/* The n-th coin; after the known ones names are made up. */
/* The number of a known coin, -1 when there is none of this name. */
int mock_coin_find(const char *symbol);
void mock_coin_at(char symbol[16], char korean[48], char english[48], double *krw, int n);

/* random numbers, all from --seed */
uint64_t mock_random(uint64_t *state);
uint64_t mock_random_below(uint64_t *state, uint64_t below);

#endif
