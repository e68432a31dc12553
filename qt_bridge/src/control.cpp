// Errors and names, and the one place where the values become known to QMetaType.
#include <UpbitLive/types.h>

#include <upbit-live/control.h>
#include <upbit-live/error.h>

#include "error_p.h"

namespace UpbitLive
{
Error lastCallError(int error)
{
    Error e;
    e.code = error;
    e.message = QString::fromUtf8(upbit_error_detail());
    if (e.message.isEmpty())
        e.message = QString::fromUtf8(upbit_error_string(error));
    return e;
}

QString Error::name() const
{
    return QString::fromLatin1(upbit_error_name(code));
}

QString StateInfo::stateName() const
{
    return QString::fromLatin1(upbit_state_name(static_cast<int>(state)));
}

template <class Value> static void registerOne(const char *name, const char *batch)
{
    qRegisterMetaType<Value>(name);
    qRegisterMetaType<QVector<Value>>(batch);
}

void registerMetaTypes()
{
    static const bool once = [] {
        registerOne<Ticker>("UpbitLive::Ticker", "QVector<UpbitLive::Ticker>");
        registerOne<Trade>("UpbitLive::Trade", "QVector<UpbitLive::Trade>");
        registerOne<Orderbook>("UpbitLive::Orderbook", "QVector<UpbitLive::Orderbook>");
        registerOne<Candle>("UpbitLive::Candle", "QVector<UpbitLive::Candle>");
        registerOne<Order>("UpbitLive::Order", "QVector<UpbitLive::Order>");
        registerOne<Asset>("UpbitLive::Asset", "QVector<UpbitLive::Asset>");
        qRegisterMetaType<Event>("UpbitLive::Event");
        qRegisterMetaType<QVector<Event>>("QVector<UpbitLive::Event>");
        qRegisterMetaType<Decimal>("UpbitLive::Decimal");
        qRegisterMetaType<Error>("UpbitLive::Error");
        qRegisterMetaType<StateInfo>("UpbitLive::StateInfo");
        qRegisterMetaType<Gap>("UpbitLive::Gap");
        qRegisterMetaType<Reply>("UpbitLive::Reply");
        qRegisterMetaType<KeyHealth>("UpbitLive::KeyHealth");
        qRegisterMetaType<Type>("UpbitLive::Type");
        qRegisterMetaType<Session>("UpbitLive::Session");
        qRegisterMetaType<State>("UpbitLive::State");
        qRegisterMetaType<Health>("UpbitLive::Health");
        qRegisterMetaType<CandleUnit>("UpbitLive::CandleUnit");
        qRegisterMetaType<WantFlags>("UpbitLive::WantFlags");
        return true;
    }();
    Q_UNUSED(once)
}
} // namespace UpbitLive
