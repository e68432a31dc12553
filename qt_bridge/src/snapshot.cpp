// Snapshot requests: their events are collected by request until the reply that ends them.
#include <UpbitLive/proxy.h>
#include <UpbitLive/snapshot.h>

#include <upbit-live/error.h>

#include "error_p.h"
#include "proxy_p.h"

namespace UpbitLive
{
SnapshotReply::SnapshotReply(Proxy *proxy) : QObject(proxy), m_proxy(proxy)
{
}

SnapshotReply::~SnapshotReply()
{
    if (!m_finished)
        cancel();
}

quint64 SnapshotReply::requestId() const noexcept
{
    return m_requestId;
}

bool SnapshotReply::isFinished() const noexcept
{
    return m_finished;
}

Error SnapshotReply::error() const
{
    return m_error;
}

QVector<Event> SnapshotReply::events() const
{
    return m_events;
}

template <class Value> QVector<Value> SnapshotReply::valuesOf(Type type) const
{
    QVector<Value> values;
    for (const Event &event : m_events)
        if (event.type() == type)
            values.append(Value(event.handle()));
    return values;
}

QVector<Ticker> SnapshotReply::tickers() const
{
    return valuesOf<Ticker>(Type::Ticker);
}

QVector<Trade> SnapshotReply::trades() const
{
    return valuesOf<Trade>(Type::Trade);
}

QVector<Orderbook> SnapshotReply::orderbooks() const
{
    return valuesOf<Orderbook>(Type::Orderbook);
}

QVector<Candle> SnapshotReply::candles() const
{
    return valuesOf<Candle>(Type::Candle);
}

void SnapshotReply::setAutoDelete(bool autoDelete) noexcept
{
    m_autoDelete = autoDelete;
}

void SnapshotReply::cancel()
{
    // The proxy may be half destroyed: as its child this object goes with it.
    if (!m_finished && m_requestId != 0 && m_proxy != nullptr && m_proxy->handle() != nullptr)
        upbit_proxy_cancel(m_proxy->handle(), m_requestId);
}

SnapshotReply *ProxyPrivate::snapshot(const Want &want, int timeoutMs)
{
    auto *reply = new SnapshotReply(q);
    const QPointer<SnapshotReply> alive(reply);
    const QExplicitlySharedDataPointer<ProxyPrivate> keep(this);
    // Before the command: its answer may be there before command() is back in a nested event loop.
    const quint64 id = command(
        [timeoutMs](upbit_proxy *proxy, const upbit_want *w, uint64_t requestId) {
            return upbit_proxy_get_snapshot(proxy, w, static_cast<uint32_t>(qMax(0, timeoutMs)),
                                            requestId);
        },
        want);
    if (alive == nullptr)
        return nullptr; // a slot of errorOccurred deleted the proxy
    reply->m_requestId = id;
    if (id != 0) {
        snapshots.insert(id, {alive, {}});
        return reply;
    }
    const Error error = lastError;
    QMetaObject::invokeMethod(
        reply, [keep, alive, error] { keep->finishSnapshot(alive, {}, error); },
        Qt::QueuedConnection);
    return reply;
}

void ProxyPrivate::finishSnapshot(const QPointer<SnapshotReply> &reply,
                                  const QVector<Event> &events, const Error &error)
{
    if (reply == nullptr)
        return; // deleted: nobody waits
    reply->m_events = events;
    reply->m_error = error;
    reply->m_finished = true;
    const quint64 id = reply->m_requestId;
    const bool here = guardedCall([&] { Q_EMIT reply->finished(); });
    if (reply != nullptr && reply->m_autoDelete)
        reply->deleteLater();
    if (here)
        guardedCall([&] { Q_EMIT q->snapshotReady(id, events, error); });
}

// True: it was one, and nobody else's.
bool ProxyPrivate::takeSnapshot(const upbit_delivery &delivery)
{
    const auto pending = snapshots.find(delivery.request_id);
    if (pending == snapshots.end())
        return false;
    const upbit_reply *reply = upbit_event_reply(delivery.event);
    if (reply == nullptr) {
        if (pending->reply != nullptr)
            pending->events.append(Event(delivery.event));
        return true;
    }
    const PendingSnapshot ended = *pending;
    snapshots.erase(pending);
    Error error;
    if (reply->error < 0) {
        error.code = reply->error;
        error.requestId = delivery.request_id;
        error.message = QString::fromUtf8(
            reply->detail[0] != '\0' ? reply->detail : upbit_error_string(reply->error));
    }
    finishSnapshot(ended.reply, ended.events, error);
    return true;
}

// The proxy was closed: what is under way ends here.
void ProxyPrivate::endSnapshots()
{
    QHash<quint64, PendingSnapshot> ended;
    ended.swap(snapshots);
    Error error;
    error.code = UPBIT_ERROR_CLOSED;
    error.message = QString::fromUtf8(upbit_error_string(error.code));
    for (auto i = ended.cbegin(); i != ended.cend() && q != nullptr; ++i) {
        error.requestId = i.key();
        finishSnapshot(i->reply, {}, error);
    }
}
} // namespace UpbitLive
