// UpbitLive/snapshot.h - the answer to "how do things stand now", on its way.
//
//     SnapshotReply *reply = proxy->getCandleSnapshot({"KRW-BTC"}, CandleUnit::Minute1, 200);
//     connect(reply, &SnapshotReply::finished, this, [this, reply] { model.add(reply->candles());
//     });
//
// A reply belongs to its proxy, finishes exactly once, from the event loop, and deletes itself
// after that unless it was told not to. Deleting it early cancels the request. Its values come to
// nobody else: the proxy's data signals are for what was subscribed.
#ifndef UPBITLIVE_SNAPSHOT_H
#define UPBITLIVE_SNAPSHOT_H

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <QtCore/QVector>
#include <UpbitLive/types.h>

namespace UpbitLive
{
class Proxy;
class ProxyPrivate;

class UPBITLIVE_QT_EXPORT SnapshotReply : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool finished READ isFinished NOTIFY finished)

  public:
    ~SnapshotReply() override;

    quint64 requestId() const noexcept; // 0 when the request was refused at once
    bool isFinished() const noexcept;
    // Why something is missing; what could be had is there all the same.
    Error error() const;

    // In the order of the codes that were asked for, for each from the oldest to the newest. Empty
    // before finished().
    QVector<Event> events() const;
    QVector<Ticker> tickers() const;
    QVector<Trade> trades() const;
    QVector<Orderbook> orderbooks() const;
    QVector<Candle> candles() const;

    // True by default.
    void setAutoDelete(bool autoDelete) noexcept;

  public Q_SLOTS:
    // It finishes with CANCELLED, or with its answer if that was faster.
    void cancel();

  Q_SIGNALS:
    void finished();

  private:
    friend class Proxy;
    friend class ProxyPrivate;
    explicit SnapshotReply(Proxy *proxy);
    template <class Value> QVector<Value> valuesOf(Type type) const;

    QPointer<Proxy> m_proxy;
    quint64 m_requestId = 0;
    QVector<Event> m_events;
    Error m_error;
    bool m_finished = false, m_autoDelete = true;
};
} // namespace UpbitLive

#endif
