// UpbitLive/marketdata.h - ticker, trade, order book and candle as Qt values.
//
// Accessors have the exchange's field names in camelCase; `side` is its ask_bid. Times are UTC.
#ifndef UPBITLIVE_MARKETDATA_H
#define UPBITLIVE_MARKETDATA_H

#include <QtCore/QVector>
#include <UpbitLive/event.h>

struct upbit_ticker;
struct upbit_trade;
struct upbit_orderbook;
struct upbit_candle;

namespace UpbitLive
{
class UPBITLIVE_QT_EXPORT Ticker : public Event
{
    Q_GADGET
    Q_PROPERTY(UpbitLive::Decimal openingPrice READ openingPrice)
    Q_PROPERTY(UpbitLive::Decimal highPrice READ highPrice)
    Q_PROPERTY(UpbitLive::Decimal lowPrice READ lowPrice)
    Q_PROPERTY(UpbitLive::Decimal tradePrice READ tradePrice)
    Q_PROPERTY(UpbitLive::Decimal prevClosingPrice READ prevClosingPrice)
    Q_PROPERTY(UpbitLive::Decimal accTradePrice READ accTradePrice)
    Q_PROPERTY(UpbitLive::Decimal changePrice READ changePrice)
    Q_PROPERTY(UpbitLive::Decimal signedChangePrice READ signedChangePrice)
    Q_PROPERTY(UpbitLive::Decimal changeRate READ changeRate)
    Q_PROPERTY(UpbitLive::Decimal signedChangeRate READ signedChangeRate)
    Q_PROPERTY(UpbitLive::Decimal tradeVolume READ tradeVolume)
    Q_PROPERTY(UpbitLive::Decimal accTradeVolume READ accTradeVolume)
    Q_PROPERTY(UpbitLive::Decimal accAskVolume READ accAskVolume)
    Q_PROPERTY(UpbitLive::Decimal accBidVolume READ accBidVolume)
    Q_PROPERTY(UpbitLive::Decimal highest52WeekPrice READ highest52WeekPrice)
    Q_PROPERTY(UpbitLive::Decimal lowest52WeekPrice READ lowest52WeekPrice)
    Q_PROPERTY(UpbitLive::Decimal accTradePrice24h READ accTradePrice24h)
    Q_PROPERTY(UpbitLive::Decimal accTradeVolume24h READ accTradeVolume24h)
    Q_PROPERTY(QDateTime tradeTime READ tradeTime)
    Q_PROPERTY(QString tradeDateText READ tradeDateText)
    Q_PROPERTY(QString tradeTimeText READ tradeTimeText)
    Q_PROPERTY(QString highest52WeekDate READ highest52WeekDate)
    Q_PROPERTY(QString lowest52WeekDate READ lowest52WeekDate)
    Q_PROPERTY(QString delistingDate READ delistingDate)
    Q_PROPERTY(UpbitLive::Change change READ change)
    Q_PROPERTY(UpbitLive::Side side READ side)
    Q_PROPERTY(UpbitLive::MarketState marketState READ marketState)
    Q_PROPERTY(bool isTradingSuspended READ isTradingSuspended)

  public:
    Ticker() noexcept = default;
    // Invalid when the event is of another type.
    explicit Ticker(const upbit_event *event) noexcept;

    Decimal openingPrice() const;
    Decimal highPrice() const;
    Decimal lowPrice() const;
    Decimal tradePrice() const;
    Decimal prevClosingPrice() const;
    Decimal accTradePrice() const;
    Decimal changePrice() const;
    Decimal signedChangePrice() const;
    Decimal changeRate() const;
    Decimal signedChangeRate() const;
    Decimal tradeVolume() const;
    Decimal accTradeVolume() const;
    Decimal accAskVolume() const;
    Decimal accBidVolume() const;
    Decimal highest52WeekPrice() const;
    Decimal lowest52WeekPrice() const;
    Decimal accTradePrice24h() const;
    Decimal accTradeVolume24h() const;
    QDateTime tradeTime() const;
    QString tradeDateText() const;
    QString tradeTimeText() const;
    QString highest52WeekDate() const;
    QString lowest52WeekDate() const;
    QString delistingDate() const;
    UpbitLive::Change change() const;
    Side side() const;
    MarketState marketState() const;
    bool isTradingSuspended() const;

    // The C payload; an empty one for an invalid value.
    const upbit_ticker &data() const noexcept;
};

class UPBITLIVE_QT_EXPORT Trade : public Event
{
    Q_GADGET
    Q_PROPERTY(QDateTime tradeTime READ tradeTime)
    Q_PROPERTY(qint64 sequentialId READ sequentialId)
    Q_PROPERTY(UpbitLive::Decimal tradePrice READ tradePrice)
    Q_PROPERTY(UpbitLive::Decimal tradeVolume READ tradeVolume)
    Q_PROPERTY(UpbitLive::Decimal prevClosingPrice READ prevClosingPrice)
    Q_PROPERTY(UpbitLive::Decimal changePrice READ changePrice)
    Q_PROPERTY(UpbitLive::Decimal bestAskPrice READ bestAskPrice)
    Q_PROPERTY(UpbitLive::Decimal bestAskSize READ bestAskSize)
    Q_PROPERTY(UpbitLive::Decimal bestBidPrice READ bestBidPrice)
    Q_PROPERTY(UpbitLive::Decimal bestBidSize READ bestBidSize)
    Q_PROPERTY(QString tradeDateText READ tradeDateText)
    Q_PROPERTY(QString tradeTimeText READ tradeTimeText)
    Q_PROPERTY(UpbitLive::Change change READ change)
    Q_PROPERTY(UpbitLive::Side side READ side)

  public:
    Trade() noexcept = default;
    // Invalid when the event is of another type.
    explicit Trade(const upbit_event *event) noexcept;

    QDateTime tradeTime() const;
    qint64 sequentialId() const;
    Decimal tradePrice() const;
    Decimal tradeVolume() const;
    Decimal prevClosingPrice() const;
    Decimal changePrice() const;
    Decimal bestAskPrice() const;
    Decimal bestAskSize() const;
    Decimal bestBidPrice() const;
    Decimal bestBidSize() const;
    QString tradeDateText() const;
    QString tradeTimeText() const;
    UpbitLive::Change change() const;
    Side side() const;

    // The C payload; an empty one for an invalid value.
    const upbit_trade &data() const noexcept;
};

// The whole book; asks ascend and bids descend from the best price; sides may differ in length.
class UPBITLIVE_QT_EXPORT Orderbook : public Event
{
    Q_GADGET
    Q_PROPERTY(UpbitLive::Decimal totalAskSize READ totalAskSize)
    Q_PROPERTY(UpbitLive::Decimal totalBidSize READ totalBidSize)
    Q_PROPERTY(UpbitLive::Decimal level READ level)
    Q_PROPERTY(int askCount READ askCount)
    Q_PROPERTY(int bidCount READ bidCount)

  public:
    Orderbook() noexcept = default;
    // Invalid when the event is of another type.
    explicit Orderbook(const upbit_event *event) noexcept;

    Decimal totalAskSize() const;
    Decimal totalBidSize() const;
    Decimal level() const;

    int askCount() const noexcept;
    int bidCount() const noexcept;
    // Row 0 is the best; beyond the last row: null.
    Q_INVOKABLE UpbitLive::Decimal askPrice(int row) const noexcept;
    Q_INVOKABLE UpbitLive::Decimal askSize(int row) const noexcept;
    Q_INVOKABLE UpbitLive::Decimal bidPrice(int row) const noexcept;
    Q_INVOKABLE UpbitLive::Decimal bidSize(int row) const noexcept;

    // The C payload; an empty one for an invalid value.
    const upbit_orderbook &data() const noexcept;
};

// The same window comes again whenever a trade changed it: the last one wins.
class UPBITLIVE_QT_EXPORT Candle : public Event
{
    Q_GADGET
    Q_PROPERTY(UpbitLive::CandleUnit unit READ unit)
    Q_PROPERTY(UpbitLive::Decimal openingPrice READ openingPrice)
    Q_PROPERTY(UpbitLive::Decimal highPrice READ highPrice)
    Q_PROPERTY(UpbitLive::Decimal lowPrice READ lowPrice)
    Q_PROPERTY(UpbitLive::Decimal tradePrice READ tradePrice)
    Q_PROPERTY(UpbitLive::Decimal candleAccTradeVolume READ candleAccTradeVolume)
    Q_PROPERTY(UpbitLive::Decimal candleAccTradePrice READ candleAccTradePrice)
    Q_PROPERTY(QDateTime startTime READ startTime)

  public:
    Candle() noexcept = default;
    // Invalid when the event is of another type.
    explicit Candle(const upbit_event *event) noexcept;

    CandleUnit unit() const;
    Decimal openingPrice() const;
    Decimal highPrice() const;
    Decimal lowPrice() const;
    Decimal tradePrice() const;
    Decimal candleAccTradeVolume() const;
    Decimal candleAccTradePrice() const;
    QDateTime startTime() const;

    // The C payload; an empty one for an invalid value.
    const upbit_candle &data() const noexcept;
};

} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Ticker)
Q_DECLARE_METATYPE(UpbitLive::Trade)
Q_DECLARE_METATYPE(UpbitLive::Orderbook)
Q_DECLARE_METATYPE(UpbitLive::Candle)
Q_DECLARE_TYPEINFO(UpbitLive::Ticker, Q_MOVABLE_TYPE);
Q_DECLARE_TYPEINFO(UpbitLive::Trade, Q_MOVABLE_TYPE);
Q_DECLARE_TYPEINFO(UpbitLive::Orderbook, Q_MOVABLE_TYPE);
Q_DECLARE_TYPEINFO(UpbitLive::Candle, Q_MOVABLE_TYPE);

#endif
