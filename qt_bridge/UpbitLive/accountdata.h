// UpbitLive/accountdata.h - my orders and my assets as Qt values (private connection, needs keys).
#ifndef UPBITLIVE_ACCOUNTDATA_H
#define UPBITLIVE_ACCOUNTDATA_H

#include <QtCore/QVector>
#include <UpbitLive/event.h>

struct upbit_my_order;
struct upbit_my_asset;

namespace UpbitLive
{
// In state Trade, price and volume are the fill's, not the order's.
class UPBITLIVE_QT_EXPORT Order : public Event
{
    Q_GADGET
    Q_PROPERTY(QString uuid READ uuid)
    Q_PROPERTY(QString tradeUuid READ tradeUuid)
    Q_PROPERTY(QString identifier READ identifier)
    Q_PROPERTY(UpbitLive::Decimal price READ price)
    Q_PROPERTY(UpbitLive::Decimal avgPrice READ avgPrice)
    Q_PROPERTY(UpbitLive::Decimal volume READ volume)
    Q_PROPERTY(UpbitLive::Decimal remainingVolume READ remainingVolume)
    Q_PROPERTY(UpbitLive::Decimal executedVolume READ executedVolume)
    Q_PROPERTY(UpbitLive::Decimal reservedFee READ reservedFee)
    Q_PROPERTY(UpbitLive::Decimal remainingFee READ remainingFee)
    Q_PROPERTY(UpbitLive::Decimal paidFee READ paidFee)
    Q_PROPERTY(UpbitLive::Decimal locked READ locked)
    Q_PROPERTY(UpbitLive::Decimal executedFunds READ executedFunds)
    Q_PROPERTY(UpbitLive::Decimal tradeFee READ tradeFee)
    Q_PROPERTY(UpbitLive::Decimal preventedVolume READ preventedVolume)
    Q_PROPERTY(UpbitLive::Decimal preventedLocked READ preventedLocked)
    Q_PROPERTY(qint64 tradesCount READ tradesCount)
    Q_PROPERTY(QDateTime tradeTime READ tradeTime)
    Q_PROPERTY(QDateTime orderTime READ orderTime)
    Q_PROPERTY(UpbitLive::Side side READ side)
    Q_PROPERTY(UpbitLive::OrderType orderType READ orderType)
    Q_PROPERTY(UpbitLive::OrderState state READ state)
    Q_PROPERTY(bool isMaker READ isMaker)

  public:
    Order() noexcept = default;
    // Invalid when the event is of another type.
    explicit Order(const upbit_event *event) noexcept;

    QString uuid() const;
    QString tradeUuid() const;
    QString identifier() const;
    Decimal price() const;
    Decimal avgPrice() const;
    Decimal volume() const;
    Decimal remainingVolume() const;
    Decimal executedVolume() const;
    Decimal reservedFee() const;
    Decimal remainingFee() const;
    Decimal paidFee() const;
    Decimal locked() const;
    Decimal executedFunds() const;
    Decimal tradeFee() const;
    Decimal preventedVolume() const;
    Decimal preventedLocked() const;
    qint64 tradesCount() const;
    QDateTime tradeTime() const;
    QDateTime orderTime() const;
    Side side() const;
    OrderType orderType() const;
    OrderState state() const;
    bool isMaker() const;

    // The C payload; an empty one for an invalid value.
    const upbit_my_order &data() const noexcept;
};

// The currencies that changed, as rows.
class UPBITLIVE_QT_EXPORT Asset : public Event
{
    Q_GADGET
    Q_PROPERTY(QString assetUuid READ assetUuid)
    Q_PROPERTY(QDateTime assetTime READ assetTime)
    Q_PROPERTY(int count READ count)

  public:
    Asset() noexcept = default;
    // Invalid when the event is of another type.
    explicit Asset(const upbit_event *event) noexcept;

    QString assetUuid() const;
    QDateTime assetTime() const;

    int count() const noexcept;
    Q_INVOKABLE QString currency(int row) const;
    Q_INVOKABLE UpbitLive::Decimal balance(int row) const noexcept; // available
    Q_INVOKABLE UpbitLive::Decimal locked(int row) const noexcept;  // in orders or withdrawals

    // The C payload; an empty one for an invalid value.
    const upbit_my_asset &data() const noexcept;
};

} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Order)
Q_DECLARE_METATYPE(UpbitLive::Asset)
Q_DECLARE_TYPEINFO(UpbitLive::Order, Q_MOVABLE_TYPE);
Q_DECLARE_TYPEINFO(UpbitLive::Asset, Q_MOVABLE_TYPE);

#endif
