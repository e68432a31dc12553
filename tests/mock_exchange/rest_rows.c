/* The rows of the quotation endpoints, in the exchange's key order: prices with eight decimals,
 * books plain, change_price of a trade signed (on the stream it is not). */
#include "rest.h"

#include <string.h>

#include "messages.h"

static void text(struct mock_buf *b, const char *name, const char *value)
{
    mock_buf_printf(b, "\"%s\":", name);
    mock_buf_json_string(b, value, strlen(value));
}

static void eight(struct mock_buf *b, const char *name, mock_wide value)
{
    mock_buf_printf(b, ",\"%s\":", name);
    mock_put_decimal(b, value, 8);
}

static void plain(struct mock_buf *b, const char *name, mock_wide value)
{
    mock_buf_printf(b, ",\"%s\":", name);
    mock_put_stripped(b, value, 8, 0);
}

static void sixteen(struct mock_buf *b, const char *name, mock_wide value)
{
    mock_buf_printf(b, ",\"%s\":", name);
    mock_put_stripped(b, value, 16, 8);
}

static void when(struct mock_buf *b, const char *name, int64_t ms, int shape)
{
    mock_buf_printf(b, ",\"%s\":\"", name);
    mock_put_time(b, ms, shape);
    mock_buf_putc(b, '"');
}

static void whole(struct mock_buf *b, const char *name, int64_t value)
{
    mock_buf_printf(b, ",\"%s\":", name);
    mock_put_int(b, value);
}

#define KST INT64_C(32400000)

void mock_row_market(struct mock_buf *b, const struct mock_market *m, bool details)
{
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    mock_buf_putc(b, ',');
    text(b, "korean_name", m->korean);
    mock_buf_putc(b, ',');
    text(b, "english_name", m->english);
    if (details) {
        mock_buf_puts(
            b, ",\"market_event\":{\"warning\":false,\"caution\":{\"PRICE_FLUCTUATIONS\":false,"
               "\"TRADING_VOLUME_SOARING\":false,\"DEPOSIT_AMOUNT_SOARING\":false,"
               "\"GLOBAL_PRICE_DIFFERENCES\":false,\"CONCENTRATION_OF_SMALL_ACCOUNTS\":false}}");
    }
    mock_buf_putc(b, '}');
}

void mock_row_ticker(struct mock_buf *b, const struct mock_market *m, int64_t now_ms)
{
    const struct mock_trade *t = mock_trade_at(m, 0);
    const struct mock_day *d = &m->day;
    int64_t at = (t != NULL ? t->timestamp : now_ms) + mock_stamp_offset_ms;
    int64_t difference = m->last_price - d->prev_closing;
    mock_wide volume_24h, amount_24h;
    mock_day_totals(m, now_ms, &volume_24h, &amount_24h);
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    when(b, "trade_date", at, MOCK_DATE_COMPACT);
    when(b, "trade_time", at, MOCK_TIME_COMPACT);
    when(b, "trade_date_kst", at + KST, MOCK_DATE_COMPACT);
    when(b, "trade_time_kst", at + KST, MOCK_TIME_COMPACT);
    whole(b, "trade_timestamp", at);
    eight(b, "opening_price", d->open);
    eight(b, "high_price", d->high);
    eight(b, "low_price", d->low);
    eight(b, "trade_price", m->last_price);
    eight(b, "prev_closing_price", d->prev_closing);
    mock_buf_putc(b, ',');
    text(b, "change", mock_change_word(m->last_price, d->prev_closing));
    eight(b, "change_price", difference < 0 ? -difference : difference);
    mock_buf_puts(b, ",\"change_rate\":");
    mock_put_rate(b, m->last_price, d->prev_closing, false);
    eight(b, "signed_change_price", difference);
    mock_buf_puts(b, ",\"signed_change_rate\":");
    mock_put_rate(b, m->last_price, d->prev_closing, true);
    eight(b, "trade_volume", t != NULL ? t->volume : 0);
    sixteen(b, "acc_trade_price", d->amount);
    sixteen(b, "acc_trade_price_24h", amount_24h);
    eight(b, "acc_trade_volume", d->volume);
    eight(b, "acc_trade_volume_24h", volume_24h);
    eight(b, "highest_52_week_price", m->year_high);
    when(b, "highest_52_week_date", m->year_high_ms, MOCK_DATE);
    eight(b, "lowest_52_week_price", m->year_low);
    when(b, "lowest_52_week_date", m->year_low_ms, MOCK_DATE);
    whole(b, "timestamp", at + 33);
    mock_buf_putc(b, '}');
}

void mock_row_book(struct mock_buf *b, const struct mock_market *m, int depth, int64_t level)
{
    struct mock_level ask[MOCK_DEPTH], bid[MOCK_DEPTH];
    mock_wide asks = 0, bids = 0;
    mock_book_view(ask, m, true, level);
    mock_book_view(bid, m, false, level);
    for (int i = 0; i < depth; i++) {
        asks += ask[i].size;
        bids += bid[i].size;
    }
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    whole(b, "timestamp", m->book_ms + mock_stamp_offset_ms);
    plain(b, "total_ask_size", asks);
    plain(b, "total_bid_size", bids);
    mock_buf_puts(b, ",\"orderbook_units\":[");
    for (int i = 0; i < depth; i++) {
        mock_buf_puts(b, i == 0 ? "{\"bid_price\":" : ",{\"bid_price\":");
        mock_put_stripped(b, bid[i].price, 8, 0);
        plain(b, "bid_size", bid[i].size);
        plain(b, "ask_price", ask[i].price);
        plain(b, "ask_size", ask[i].size);
        mock_buf_putc(b, '}');
    }
    mock_buf_puts(b, "],\"level\":");
    mock_put_stripped(b, level, 8, 0);
    mock_buf_putc(b, '}');
}

void mock_row_instrument(struct mock_buf *b, const struct mock_market *m)
{
    static const char *const quotes[] = {"KRW", "BTC", "USDT"};
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    mock_buf_putc(b, ',');
    text(b, "quote_currency", quotes[m->quote]);
    mock_buf_puts(b, ",\"tick_size\":\"");
    mock_put_stripped(b, mock_tick(m->quote, m->base, m->last_price), 8, 0);
    mock_buf_puts(b, "\",\"supported_levels\":[");
    int64_t level;
    for (int n = 0; (level = mock_supported_level(m, n)) >= 0; n++) {
        mock_buf_puts(b, n == 0 ? "\"" : ",\"");
        mock_put_stripped(b, level, 8, 0);
        mock_buf_putc(b, '"');
    }
    mock_buf_puts(b, "]}");
}

void mock_row_trade(struct mock_buf *b, const struct mock_market *m, const struct mock_trade *t)
{
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    int64_t at = t->timestamp + mock_stamp_offset_ms;
    when(b, "trade_date_utc", at, MOCK_DATE);
    when(b, "trade_time_utc", at, MOCK_TIME);
    whole(b, "timestamp", at);
    eight(b, "trade_price", t->price);
    eight(b, "trade_volume", t->volume);
    eight(b, "prev_closing_price", t->prev_closing);
    eight(b, "change_price", t->price - t->prev_closing);
    mock_buf_printf(b, ",\"ask_bid\":\"%s\"", t->bid ? "BID" : "ASK");
    whole(b, "sequential_id", t->id);
    mock_buf_putc(b, '}');
}

void mock_row_candle(struct mock_buf *b, const struct mock_market *m, int unit,
                     const struct mock_candle *c)
{
    mock_buf_putc(b, '{');
    text(b, "market", m->code);
    when(b, "candle_date_time_utc", c->start, MOCK_DATE_TIME);
    when(b, "candle_date_time_kst", c->start + KST, MOCK_DATE_TIME);
    eight(b, "opening_price", c->open);
    eight(b, "high_price", c->high);
    eight(b, "low_price", c->low);
    eight(b, "trade_price", c->close);
    whole(b, "timestamp", c->timestamp + mock_stamp_offset_ms);
    sixteen(b, "candle_acc_trade_price", c->amount);
    eight(b, "candle_acc_trade_volume", c->volume);
    if (mock_unit_seconds[unit] >= 60) {
        whole(b, "unit", mock_unit_seconds[unit] / 60);
    }
    mock_buf_putc(b, '}');
}
