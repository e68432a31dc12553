/* See messages.h. DEFAULT spells prices of tickers, trades and candles with eight decimals and
 * those of books as doubles; SIMPLE drops trailing zeros and writes small sizes with an exponent.
 * Odd, but it is what was recorded; a client has to compare values, never texts. */
#include "messages.h"

#include <stdio.h>
#include <string.h>

#include "writer.h"

int64_t mock_stamp_offset_ms;

static void time_word(struct mock_writer *w, const char *full, const char *brief, int64_t ms,
                      int shape)
{
    mock_writer_key(w, full, brief);
    mock_buf_putc(w->out, '"');
    mock_put_time(w->out, ms, shape);
    mock_buf_putc(w->out, '"');
}

/* A price: `106691000.00000000`, or `106691000.0` in SIMPLE. */
static void price(struct mock_writer *w, const char *full, const char *brief, int64_t value)
{
    mock_writer_key(w, full, brief);
    if (w->simple) {
        mock_put_stripped(w->out, value, 8, 1);
    } else {
        mock_put_decimal(w->out, value, 8);
    }
}

/* A difference or a closing price: eight decimals in both formats, `0E-8` when there is none. */
static void scaled(struct mock_writer *w, const char *full, const char *brief, mock_wide value)
{
    mock_writer_key(w, full, brief);
    mock_put_decimal(w->out, value, 8);
}

static void volume(struct mock_writer *w, const char *full, const char *brief, mock_wide value)
{
    mock_writer_key(w, full, brief);
    if (!w->simple) {
        mock_put_decimal(w->out, value, 8);
    } else if (value < MOCK_ONE) {
        mock_put_size_simple(w->out, (int64_t)value);
    } else {
        mock_put_stripped(w->out, value, 8, 1);
    }
}

static void civil(int64_t days, int *year, int *month, int *day)
{
    /* Days to a date of the proleptic Gregorian calendar; era of 400 years, years from March. */
    days += 719468;
    int64_t era = days / 146097;
    int64_t of_era = days - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(y + era * 400 + (*month <= 2 ? 1 : 0));
}

void mock_put_time(struct mock_buf *out, int64_t ms, int shape)
{
    int64_t seconds = ms / 1000;
    int year, month, day;
    civil(seconds / 86400, &year, &month, &day);
    int of_day = (int)(seconds % 86400);
    int hour = of_day / 3600, minute = of_day / 60 % 60, second = of_day % 60;
    switch (shape) {
    case MOCK_DATE_COMPACT:
        mock_buf_printf(out, "%04d%02d%02d", year, month, day);
        break;
    case MOCK_DATE:
        mock_buf_printf(out, "%04d-%02d-%02d", year, month, day);
        break;
    case MOCK_TIME_COMPACT:
        mock_buf_printf(out, "%02d%02d%02d", hour, minute, second);
        break;
    case MOCK_TIME:
        mock_buf_printf(out, "%02d:%02d:%02d", hour, minute, second);
        break;
    default:
        mock_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, hour, minute,
                        second);
    }
}

const char *mock_change_word(int64_t now, int64_t prev)
{
    return now > prev ? "RISE" : now < prev ? "FALL" : "EVEN";
}

void mock_put_rate(struct mock_buf *out, int64_t now, int64_t prev, bool is_signed)
{
    if (now == prev || prev <= 0) {
        mock_buf_putc(out, '0');
        return;
    }
    int64_t change = now > prev ? now - prev : prev - now;
    mock_wide rate = ((mock_wide)change * INT64_C(10000000000) + prev / 2) / prev;
    mock_put_decimal(out, is_signed && now < prev ? -rate : rate, 10);
}

static const char *stream(bool snapshot)
{
    return snapshot ? "SNAPSHOT" : "REALTIME";
}

void mock_put_ticker(struct mock_buf *out, const struct mock_market *m, enum mock_format format,
                     bool snapshot, int64_t now_ms)
{
    const struct mock_trade *t = mock_trade_at(m, 0);
    const struct mock_day *d = &m->day;
    if (t == NULL) {
        return;
    }
    mock_wide volume_24h, amount_24h;
    mock_day_totals(m, now_ms, &volume_24h, &amount_24h);
    int64_t change = t->price - d->prev_closing;
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "ticker");
    mock_writer_word(&w, "code", "cd", m->code);
    price(&w, "opening_price", "op", d->open);
    price(&w, "high_price", "hp", d->high);
    price(&w, "low_price", "lp", d->low);
    price(&w, "trade_price", "tp", t->price);
    scaled(&w, "prev_closing_price", "pcp", d->prev_closing);
    mock_writer_key(&w, "acc_trade_price", "atp");
    mock_put_decimal(out, d->amount, 16);
    mock_writer_word(&w, "change", "c", mock_change_word(t->price, d->prev_closing));
    scaled(&w, "change_price", "cp", change < 0 ? -change : change);
    scaled(&w, "signed_change_price", "scp", change);
    mock_writer_key(&w, "change_rate", "cr");
    mock_put_rate(out, t->price, d->prev_closing, false);
    mock_writer_key(&w, "signed_change_rate", "scr");
    mock_put_rate(out, t->price, d->prev_closing, true);
    mock_writer_word(&w, "ask_bid", "ab", t->bid ? "BID" : "ASK");
    volume(&w, "trade_volume", "tv", t->volume);
    volume(&w, "acc_trade_volume", "atv", d->volume);
    time_word(&w, "trade_date", "tdt", t->timestamp + mock_stamp_offset_ms, MOCK_DATE_COMPACT);
    time_word(&w, "trade_time", "ttm", t->timestamp + mock_stamp_offset_ms, MOCK_TIME_COMPACT);
    mock_writer_stamp(&w, "trade_timestamp", "ttms", t->timestamp);
    volume(&w, "acc_ask_volume", "aav", d->ask_volume);
    volume(&w, "acc_bid_volume", "abv", d->bid_volume);
    scaled(&w, "highest_52_week_price", "h52wp", m->year_high);
    time_word(&w, "highest_52_week_date", "h52wdt", m->year_high_ms, MOCK_DATE);
    scaled(&w, "lowest_52_week_price", "l52wp", m->year_low);
    time_word(&w, "lowest_52_week_date", "l52wdt", m->year_low_ms, MOCK_DATE);
    mock_writer_word(&w, "market_state", "ms", "ACTIVE");
    mock_writer_key(&w, "is_trading_suspended", "its");
    mock_buf_puts(out, "false");
    mock_writer_key(&w, "delisting_date", "dd");
    mock_buf_puts(out, "null");
    mock_writer_word(&w, "market_warning", "mw", "NONE");
    mock_writer_stamp(&w, "timestamp", "tms", now_ms > t->timestamp ? now_ms : t->timestamp);
    mock_writer_key(&w, "acc_trade_price_24h", "atp24h");
    mock_put_stripped(out, amount_24h, 16, 1);
    mock_writer_key(&w, "acc_trade_volume_24h", "atv24h");
    mock_put_decimal(out, volume_24h, 8);
    mock_writer_word(&w, "stream_type", "st", stream(snapshot));
    mock_writer_end(&w);
}

void mock_put_trade(struct mock_buf *out, const struct mock_market *m, const struct mock_trade *t,
                    enum mock_format format, bool snapshot, int64_t now_ms)
{
    int64_t change = t->price - t->prev_closing;
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "trade");
    mock_writer_word(&w, "code", "cd", m->code);
    mock_writer_stamp(&w, "timestamp", "tms",
                      snapshot || now_ms < t->timestamp ? t->timestamp + 33 : now_ms);
    time_word(&w, "trade_date", "td", t->timestamp + mock_stamp_offset_ms, MOCK_DATE);
    time_word(&w, "trade_time", "ttm", t->timestamp + mock_stamp_offset_ms, MOCK_TIME);
    mock_writer_stamp(&w, "trade_timestamp", "ttms", t->timestamp);
    price(&w, "trade_price", "tp", t->price);
    volume(&w, "trade_volume", "tv", t->volume);
    mock_writer_word(&w, "ask_bid", "ab", t->bid ? "BID" : "ASK");
    scaled(&w, "prev_closing_price", "pcp", t->prev_closing);
    mock_writer_word(&w, "change", "c", mock_change_word(t->price, t->prev_closing));
    scaled(&w, "change_price", "cp", change < 0 ? -change : change);
    mock_writer_whole(&w, "sequential_id", "sid", t->id);
    const struct {
        const char *price, *price_brief, *size, *size_brief;
        const struct mock_level *level;
    } best[] = {{"best_ask_price", "bap", "best_ask_size", "bas", &t->best_ask},
                {"best_bid_price", "bbp", "best_bid_size", "bbs", &t->best_bid}};
    for (int i = 0; i < 2; i++) {
        mock_writer_key(&w, best[i].price, best[i].price_brief);
        mock_put_stripped(out, best[i].level->price, 8, 0);
        mock_writer_key(&w, best[i].size, best[i].size_brief);
        mock_put_stripped(out, best[i].level->size, 8, 0);
    }
    mock_writer_word(&w, "stream_type", "st", stream(snapshot));
    mock_writer_end(&w);
}

static void book_price(struct mock_writer *w, int64_t value)
{
    if (!w->simple) {
        mock_put_double(w->out, value);
    } else {
        mock_put_stripped(w->out, value, 8, value >= 10000000 * MOCK_ONE || value == 0 ? 0 : 1);
    }
}

static void book_size(struct mock_writer *w, int64_t value)
{
    if (!w->simple) {
        mock_put_size_default(w->out, value);
    } else {
        mock_put_size_simple(w->out, value);
    }
}

void mock_put_book(struct mock_buf *out, const struct mock_market *m, enum mock_format format,
                   int depth, int64_t level, bool snapshot)
{
    struct mock_level ask[MOCK_DEPTH], bid[MOCK_DEPTH];
    mock_book_view(ask, m, true, level);
    mock_book_view(bid, m, false, level);
    mock_wide total_ask = 0, total_bid = 0;
    for (int i = 0; i < depth; i++) {
        total_ask += ask[i].size;
        total_bid += bid[i].size;
    }
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", "orderbook");
    mock_writer_word(&w, "code", "cd", m->code);
    mock_writer_stamp(&w, "timestamp", "tms", m->book_ms);
    volume(&w, "total_ask_size", "tas", total_ask);
    volume(&w, "total_bid_size", "tbs", total_bid);
    mock_writer_key(&w, "orderbook_units", "obu");
    mock_buf_putc(out, '[');
    for (int i = 0; i < depth; i++) {
        mock_buf_puts(out, i > 0 ? ",{" : "{");
        w.first = true;
        mock_writer_key(&w, "ask_price", "ap");
        book_price(&w, ask[i].price);
        mock_writer_key(&w, "bid_price", "bp");
        book_price(&w, bid[i].price);
        mock_writer_key(&w, "ask_size", "as");
        book_size(&w, ask[i].size);
        mock_writer_key(&w, "bid_size", "bs");
        book_size(&w, bid[i].size);
        mock_buf_putc(out, '}');
    }
    mock_buf_putc(out, ']');
    w.first = false;
    mock_writer_word(&w, "stream_type", "st", stream(snapshot));
    mock_writer_key(&w, "level", "lv");
    mock_put_stripped(out, level, 8, 0);
    mock_writer_end(&w);
}

void mock_put_candle(struct mock_buf *out, const struct mock_market *m, int unit,
                     const struct mock_candle *c, enum mock_format format, bool snapshot)
{
    char type[24];
    snprintf(type, sizeof type, "candle.%s", mock_unit_name[unit]);
    struct mock_writer w = mock_writer_begin(out, format);
    mock_writer_word(&w, "type", "ty", type);
    mock_writer_word(&w, "code", "cd", m->code);
    time_word(&w, "candle_date_time_utc", "cdttmu", c->start, MOCK_DATE_TIME);
    time_word(&w, "candle_date_time_kst", "cdttmk", c->start + 9 * 3600000, MOCK_DATE_TIME);
    price(&w, "opening_price", "op", c->open);
    price(&w, "high_price", "hp", c->high);
    price(&w, "low_price", "lp", c->low);
    price(&w, "trade_price", "tp", c->close);
    volume(&w, "candle_acc_trade_volume", "catv", c->volume);
    mock_writer_key(&w, "candle_acc_trade_price", "catp");
    if (unit > 0 && c->amount % MOCK_ONE == 0) {
        mock_put_decimal(out, c->amount / MOCK_ONE, 8);
    } else {
        mock_put_decimal(out, c->amount, 16);
    }
    mock_writer_stamp(&w, "timestamp", "tms", c->timestamp);
    mock_writer_word(&w, "stream_type", "st", stream(snapshot));
    mock_writer_end(&w);
}
