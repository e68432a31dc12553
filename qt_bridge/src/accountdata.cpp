// The fields of account data, converted when asked for.
#include <UpbitLive/accountdata.h>
#include <upbit-live/account.h>

#include "payload_p.h"

namespace UpbitLive
{
Order::Order(const upbit_event *event) noexcept
    : Event(upbit_event_my_order(event) != nullptr ? event : nullptr)
{
}

const upbit_my_order &Order::data() const noexcept
{
    return payload<upbit_my_order, UPBIT_TYPE_MY_ORDER>(handle());
}

QString Order::uuid() const
{
    return text(data().uuid);
}

QString Order::tradeUuid() const
{
    return text(data().trade_uuid);
}

QString Order::identifier() const
{
    return text(data().identifier);
}

Decimal Order::price() const
{
    return data().price;
}

Decimal Order::avgPrice() const
{
    return data().avg_price;
}

Decimal Order::volume() const
{
    return data().volume;
}

Decimal Order::remainingVolume() const
{
    return data().remaining_volume;
}

Decimal Order::executedVolume() const
{
    return data().executed_volume;
}

Decimal Order::reservedFee() const
{
    return data().reserved_fee;
}

Decimal Order::remainingFee() const
{
    return data().remaining_fee;
}

Decimal Order::paidFee() const
{
    return data().paid_fee;
}

Decimal Order::locked() const
{
    return data().locked;
}

Decimal Order::executedFunds() const
{
    return data().executed_funds;
}

Decimal Order::tradeFee() const
{
    return data().trade_fee;
}

Decimal Order::preventedVolume() const
{
    return data().prevented_volume;
}

Decimal Order::preventedLocked() const
{
    return data().prevented_locked;
}

qint64 Order::tradesCount() const
{
    return data().trades_count;
}

QDateTime Order::tradeTime() const
{
    return time(data().trade_timestamp);
}

QDateTime Order::orderTime() const
{
    return time(data().order_timestamp);
}

Side Order::side() const
{
    return static_cast<UpbitLive::Side>(data().ask_bid);
}

OrderType Order::orderType() const
{
    return static_cast<UpbitLive::OrderType>(data().order_type);
}

OrderState Order::state() const
{
    return static_cast<UpbitLive::OrderState>(data().state);
}

bool Order::isMaker() const
{
    return data().is_maker != 0;
}

Asset::Asset(const upbit_event *event) noexcept
    : Event(upbit_event_my_asset(event) != nullptr ? event : nullptr)
{
}

const upbit_my_asset &Asset::data() const noexcept
{
    return payload<upbit_my_asset, UPBIT_TYPE_MY_ASSET>(handle());
}

QString Asset::assetUuid() const
{
    return text(data().asset_uuid);
}

QDateTime Asset::assetTime() const
{
    return time(data().asset_timestamp);
}

int Asset::count() const noexcept
{
    return static_cast<int>(data().asset_count);
}

static const upbit_asset nothing = {nullptr, {0, 0, 0, 0, 1, 0}, {0, 0, 0, 0, 1, 0}};

static const upbit_asset &rowOf(const upbit_my_asset &asset, int row) noexcept
{
    return row >= 0 && static_cast<quint32>(row) < asset.asset_count ? asset.assets[row] : nothing;
}

QString Asset::currency(int row) const
{
    return text(rowOf(data(), row).currency);
}

Decimal Asset::balance(int row) const noexcept
{
    return rowOf(data(), row).balance;
}

Decimal Asset::locked(int row) const noexcept
{
    return rowOf(data(), row).locked;
}
} // namespace UpbitLive
