// The fields of market data, converted when asked for.
#include <UpbitLive/marketdata.h>
#include <upbit-live/market.h>

#include "payload_p.h"

namespace UpbitLive
{
Ticker::Ticker(const upbit_event *event) noexcept
    : Event(upbit_event_ticker(event) != nullptr ? event : nullptr)
{
}

const upbit_ticker &Ticker::data() const noexcept
{
    return payload<upbit_ticker, UPBIT_TYPE_TICKER>(handle());
}

Decimal Ticker::openingPrice() const
{
    return data().opening_price;
}

Decimal Ticker::highPrice() const
{
    return data().high_price;
}

Decimal Ticker::lowPrice() const
{
    return data().low_price;
}

Decimal Ticker::tradePrice() const
{
    return data().trade_price;
}

Decimal Ticker::prevClosingPrice() const
{
    return data().prev_closing_price;
}

Decimal Ticker::accTradePrice() const
{
    return data().acc_trade_price;
}

Decimal Ticker::changePrice() const
{
    return data().change_price;
}

Decimal Ticker::signedChangePrice() const
{
    return data().signed_change_price;
}

Decimal Ticker::changeRate() const
{
    return data().change_rate;
}

Decimal Ticker::signedChangeRate() const
{
    return data().signed_change_rate;
}

Decimal Ticker::tradeVolume() const
{
    return data().trade_volume;
}

Decimal Ticker::accTradeVolume() const
{
    return data().acc_trade_volume;
}

Decimal Ticker::accAskVolume() const
{
    return data().acc_ask_volume;
}

Decimal Ticker::accBidVolume() const
{
    return data().acc_bid_volume;
}

Decimal Ticker::highest52WeekPrice() const
{
    return data().highest_52_week_price;
}

Decimal Ticker::lowest52WeekPrice() const
{
    return data().lowest_52_week_price;
}

Decimal Ticker::accTradePrice24h() const
{
    return data().acc_trade_price_24h;
}

Decimal Ticker::accTradeVolume24h() const
{
    return data().acc_trade_volume_24h;
}

QDateTime Ticker::tradeTime() const
{
    return time(data().trade_timestamp);
}

QString Ticker::tradeDateText() const
{
    return text(data().trade_date);
}

QString Ticker::tradeTimeText() const
{
    return text(data().trade_time);
}

QString Ticker::highest52WeekDate() const
{
    return text(data().highest_52_week_date);
}

QString Ticker::lowest52WeekDate() const
{
    return text(data().lowest_52_week_date);
}

QString Ticker::delistingDate() const
{
    return text(data().delisting_date);
}

Change Ticker::change() const
{
    return static_cast<UpbitLive::Change>(data().change);
}

Side Ticker::side() const
{
    return static_cast<UpbitLive::Side>(data().ask_bid);
}

MarketState Ticker::marketState() const
{
    return static_cast<UpbitLive::MarketState>(data().market_state);
}

bool Ticker::isTradingSuspended() const
{
    return data().is_trading_suspended != 0;
}

Trade::Trade(const upbit_event *event) noexcept
    : Event(upbit_event_trade(event) != nullptr ? event : nullptr)
{
}

const upbit_trade &Trade::data() const noexcept
{
    return payload<upbit_trade, UPBIT_TYPE_TRADE>(handle());
}

QDateTime Trade::tradeTime() const
{
    return time(data().trade_timestamp);
}

qint64 Trade::sequentialId() const
{
    return data().sequential_id;
}

Decimal Trade::tradePrice() const
{
    return data().trade_price;
}

Decimal Trade::tradeVolume() const
{
    return data().trade_volume;
}

Decimal Trade::prevClosingPrice() const
{
    return data().prev_closing_price;
}

Decimal Trade::changePrice() const
{
    return data().change_price;
}

Decimal Trade::bestAskPrice() const
{
    return data().best_ask_price;
}

Decimal Trade::bestAskSize() const
{
    return data().best_ask_size;
}

Decimal Trade::bestBidPrice() const
{
    return data().best_bid_price;
}

Decimal Trade::bestBidSize() const
{
    return data().best_bid_size;
}

QString Trade::tradeDateText() const
{
    return text(data().trade_date);
}

QString Trade::tradeTimeText() const
{
    return text(data().trade_time);
}

Change Trade::change() const
{
    return static_cast<UpbitLive::Change>(data().change);
}

Side Trade::side() const
{
    return static_cast<UpbitLive::Side>(data().ask_bid);
}

Orderbook::Orderbook(const upbit_event *event) noexcept
    : Event(upbit_event_orderbook(event) != nullptr ? event : nullptr)
{
}

const upbit_orderbook &Orderbook::data() const noexcept
{
    return payload<upbit_orderbook, UPBIT_TYPE_ORDERBOOK>(handle());
}

Decimal Orderbook::totalAskSize() const
{
    return data().total_ask_size;
}

Decimal Orderbook::totalBidSize() const
{
    return data().total_bid_size;
}

Decimal Orderbook::level() const
{
    return data().level;
}

Candle::Candle(const upbit_event *event) noexcept
    : Event(upbit_event_candle(event) != nullptr ? event : nullptr)
{
}

const upbit_candle &Candle::data() const noexcept
{
    return payload<upbit_candle, UPBIT_TYPE_CANDLE>(handle());
}

CandleUnit Candle::unit() const
{
    return static_cast<UpbitLive::CandleUnit>(data().unit);
}

Decimal Candle::openingPrice() const
{
    return data().opening_price;
}

Decimal Candle::highPrice() const
{
    return data().high_price;
}

Decimal Candle::lowPrice() const
{
    return data().low_price;
}

Decimal Candle::tradePrice() const
{
    return data().trade_price;
}

Decimal Candle::candleAccTradeVolume() const
{
    return data().candle_acc_trade_volume;
}

Decimal Candle::candleAccTradePrice() const
{
    return data().candle_acc_trade_price;
}

QDateTime Candle::startTime() const
{
    return time(data().start_ms);
}

int Orderbook::askCount() const noexcept
{
    return static_cast<int>(data().ask_count);
}

int Orderbook::bidCount() const noexcept
{
    return static_cast<int>(data().bid_count);
}

static const upbit_book_row nothing = {{0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 1, 0}};

static const upbit_book_row &rowOf(const upbit_book_row *rows, quint32 count, int row) noexcept
{
    return row >= 0 && static_cast<quint32>(row) < count ? rows[row] : nothing;
}

Decimal Orderbook::askPrice(int row) const noexcept
{
    return rowOf(data().asks, data().ask_count, row).price;
}

Decimal Orderbook::askSize(int row) const noexcept
{
    return rowOf(data().asks, data().ask_count, row).size;
}

Decimal Orderbook::bidPrice(int row) const noexcept
{
    return rowOf(data().bids, data().bid_count, row).price;
}

Decimal Orderbook::bidSize(int row) const noexcept
{
    return rowOf(data().bids, data().bid_count, row).size;
}
} // namespace UpbitLive
