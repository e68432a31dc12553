// Messages in the exchange's shape, made up for the Qt tests.
#ifndef TESTS_QT_MESSAGES_H
#define TESTS_QT_MESSAGES_H

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QString>
#include <QtCore/QVector>
#include <upbit-live/decode.h>

namespace messages
{
static const qint64 base = 1790000000000;

inline QByteArray ticker(const QString &code, int n, const QString &price = QString())
{
    return QString(R"({"type":"ticker","code":"%1","opening_price":1000,"high_price":2.0E3,)"
                   R"("low_price":900,"trade_price":%2,"prev_closing_price":1000,)"
                   R"("acc_trade_price":12345678901.25,"change":"RISE","change_price":1,)"
                   R"("signed_change_price":1,"change_rate":0.0123,"signed_change_rate":0.0123,)"
                   R"("ask_bid":"BID","trade_volume":0.5,"acc_trade_volume":100.25,)"
                   R"("trade_timestamp":%3,"timestamp":%3,"acc_trade_price_24h":98765432109.5,)"
                   R"("acc_trade_volume_24h":321.125,"stream_type":"REALTIME"})")
        .arg(code, price.isEmpty() ? QString::number(1000 + n) : price)
        .arg(base + n)
        .toUtf8();
}

inline QByteArray trade(const QString &code, int n)
{
    return QString(R"({"type":"trade","code":"%1","timestamp":%2,"trade_timestamp":%2,)"
                   R"("trade_price":1000,"trade_volume":0.25,"ask_bid":"%3","change":"EVEN",)"
                   R"("sequential_id":%4,"stream_type":"REALTIME"})")
        .arg(code)
        .arg(base + n)
        .arg(n % 2 == 0 ? "ASK" : "BID")
        .arg(17900000000000000 + n)
        .toUtf8();
}

inline QByteArray orderbook(const QString &code, int n, int rows = 3)
{
    QString units;
    for (int i = 0; i < rows; ++i)
        units += QString(R"(%1{"ask_price":%2,"bid_price":%3,"ask_size":%4,"bid_size":1.5})")
                     .arg(i > 0 ? "," : "")
                     .arg(1001 + i)
                     .arg(1000 - i)
                     .arg(n + 1);
    return QString(R"({"type":"orderbook","code":"%1","timestamp":%2,"total_ask_size":%3,)"
                   R"("total_bid_size":%4,"orderbook_units":[%5],"level":0,)"
                   R"("stream_type":"REALTIME"})")
        .arg(code)
        .arg(base + n)
        .arg(rows * (n + 1))
        .arg(rows * 1.5)
        .arg(units)
        .toUtf8();
}

// Of the window that starts at startMs: prices around 1000 + n, `volume` traded so far, stamped
// within it.
inline QByteArray candle(const QString &code, const QString &type, qint64 startMs, int n,
                         int volume)
{
    const QString utc =
        QDateTime::fromMSecsSinceEpoch(startMs, Qt::UTC).toString("yyyy-MM-ddTHH:mm:ss");
    return QString(
               R"({"type":"%1","code":"%2","candle_date_time_utc":"%3",)"
               R"("candle_date_time_kst":"%3","opening_price":%4,"high_price":%5,"low_price":%6,)"
               R"("trade_price":%7,"candle_acc_trade_volume":%8,"candle_acc_trade_price":%9,)"
               R"("timestamp":%10,"stream_type":"REALTIME"})")
        .arg(type, code, utc)
        .arg(1000 + n)
        .arg(1005 + n)
        .arg(995 + n)
        .arg(1001 + n)
        .arg(volume)
        .arg(volume * 1000)
        .arg(startMs + volume)
        .toUtf8();
}

inline QByteArray order(const QString &uuid, const QString &state, const QString &price,
                        const QString &volume, const QString &executed, const QString &remaining,
                        int second = 0)
{
    return QString(R"({"type":"myOrder","code":"KRW-BTC","uuid":"%1","ask_bid":"BID",)"
                   R"("order_type":"limit","state":"%2","price":%3,"avg_price":%3,"volume":%4,)"
                   R"("remaining_volume":%5,"executed_volume":%6,"trades_count":1,"paid_fee":0.5,)"
                   R"("order_timestamp":%7,"timestamp":%8,"stream_type":"REALTIME"})")
        .arg(uuid, state, price, volume, remaining, executed)
        .arg(base + second * 1000)
        .arg(base + 60000)
        .toUtf8();
}

// rows: the JSON objects of `assets`.
inline QByteArray asset(const QString &rows, int n)
{
    return QString(R"({"type":"myAsset","asset_uuid":"a","assets":[%1],"asset_timestamp":%2,)"
                   R"("timestamp":%2,"stream_type":"REALTIME"})")
        .arg(rows)
        .arg(base + n)
        .toUtf8();
}

// The values of messages without any connection.
template <class Value> QVector<Value> decode(const QByteArray &message)
{
    QVector<Value> values;
    char reason[200] = "";
    upbit_decode(
        message.constData(), static_cast<size_t>(message.size()),
        [](void *context, const upbit_event *event) {
            static_cast<QVector<Value> *>(context)->append(Value(event));
            upbit_event_unref(event); // the value has taken one of its own
        },
        &values, reason, sizeof reason);
    return values;
}
} // namespace messages

#endif
