// The public face of a proxy: checks, then hands over to its private half.
#include <UpbitLive/manager.h>
#include <UpbitLive/proxy.h>

#include <QtCore/QEvent>
#include <QtCore/QMetaMethod>
#include <QtCore/QThread>
#include <upbit-live/limiter.h>

#include "dispatcher_p.h"
#include "logging_p.h"
#include "proxy_p.h"

#ifdef NDEBUG
#define CHECK_THREAD(where) (void)0
#else
#define CHECK_THREAD(where)                                                                        \
    Q_ASSERT_X(QThread::currentThread() == thread(), where,                                        \
               "an UpbitLive::Proxy may only be used in the thread it was made in; "               \
               "use a queued connection or QMetaObject::invokeMethod from other threads")
#endif

namespace UpbitLive
{
Proxy::Proxy(const QString &clientId, QObject *parent)
    : Proxy(nullptr, clientId, ProxyOptions(), parent)
{
}

Proxy::Proxy(Manager *manager, const QString &clientId, QObject *parent)
    : Proxy(manager, clientId, ProxyOptions(), parent)
{
}

Proxy::Proxy(Manager *manager, const QString &clientId, const ProxyOptions &options,
             QObject *parent)
    : QObject(parent), d(new ProxyPrivate(this))
{
    registerMetaTypes();
    d->open(manager, clientId.toUtf8(), options);
    if (d->handle == nullptr) {
        qCWarning(lcQt, "proxy %s: %s", qUtf8Printable(clientId),
                  qUtf8Printable(d->lastError.message));
        // Nobody can be connected yet.
        const Error error = d->lastError;
        QMetaObject::invokeMethod(
            this,
            [this, keep = d, error] { keep->guardedCall([&] { Q_EMIT errorOccurred(error); }); },
            Qt::QueuedConnection);
    }
}

Proxy::~Proxy()
{
    CHECK_THREAD("UpbitLive::Proxy::~Proxy");
    d->q = nullptr;
    d->close();
}

QString Proxy::clientId() const
{
    return QString::fromUtf8(d->clientId);
}

bool Proxy::isOpen() const noexcept
{
    return d->handle != nullptr && !d->isClosed;
}

State Proxy::state() const noexcept
{
    return d->state;
}

Health Proxy::health() const noexcept
{
    return d->health;
}

QString Proxy::healthReason() const
{
    return d->healthReason;
}

qint64 Proxy::lagMs() const noexcept
{
    return d->lagMs;
}

quint32 Proxy::epoch() const noexcept
{
    return d->epoch;
}

bool Proxy::privateAvailable() const noexcept
{
    return d->privateAvailable;
}

Error Proxy::lastError() const
{
    return d->lastError;
}

int Proxy::maxFps() const noexcept
{
    return d->maxFps;
}

void Proxy::setMaxFps(int fps)
{
    CHECK_THREAD("UpbitLive::Proxy::setMaxFps");
    fps = qBound(0, fps, 1000);
    if (fps == d->maxFps)
        return;
    const QExplicitlySharedDataPointer<ProxyPrivate> keep(d);
    d->maxFps = fps;
    d->frameNs = fps > 0 ? 1000000000 / fps : 0;
    if (d->dispatcher)
        d->dispatcher->pacingChanged();
    if (fps == 0)
        d->deliverHeld(monotonicNs()); // no frame will come for it any more
    if (keep->q != nullptr)
        keep->guardedCall([this] { Q_EMIT maxFpsChanged(); });
}

upbit_proxy_stats Proxy::stats() const
{
    upbit_proxy_stats stats = {};
    if (d->handle != nullptr)
        upbit_proxy_get_stats(d->handle, &stats, sizeof stats);
    return stats;
}

quint64 Proxy::slotExceptions() const noexcept
{
    return d->exceptions;
}

upbit_proxy *Proxy::handle() const noexcept
{
    return d->handle;
}

quint64 Proxy::subscribeTicker(const QStringList &codes, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeTicker");
    return d->command(upbit_proxy_subscribe, {UPBIT_TYPE_TICKER, codes, flags});
}

quint64 Proxy::subscribeTrade(const QStringList &codes, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeTrade");
    return d->command(upbit_proxy_subscribe, {UPBIT_TYPE_TRADE, codes, flags});
}

quint64 Proxy::subscribeOrderbook(const QStringList &codes, int depth, const Decimal &level,
                                  WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeOrderbook");
    return d->command(upbit_proxy_subscribe,
                      {UPBIT_TYPE_ORDERBOOK, codes, flags, CandleUnit::None, depth, level});
}

quint64 Proxy::subscribeCandle(const QStringList &codes, CandleUnit unit, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeCandle");
    return d->command(upbit_proxy_subscribe, {UPBIT_TYPE_CANDLE, codes, flags, unit});
}

quint64 Proxy::subscribeMyOrder(const QStringList &codes)
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeMyOrder");
    return d->command(upbit_proxy_subscribe, {UPBIT_TYPE_MY_ORDER, codes});
}

quint64 Proxy::subscribeMyAsset()
{
    CHECK_THREAD("UpbitLive::Proxy::subscribeMyAsset");
    return d->command(upbit_proxy_subscribe, {UPBIT_TYPE_MY_ASSET, QStringList()});
}

quint64 Proxy::unsubscribeTicker(const QStringList &codes)
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeTicker");
    return d->command(upbit_proxy_unsubscribe, {UPBIT_TYPE_TICKER, codes});
}

quint64 Proxy::unsubscribeTrade(const QStringList &codes)
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeTrade");
    return d->command(upbit_proxy_unsubscribe, {UPBIT_TYPE_TRADE, codes});
}

quint64 Proxy::unsubscribeOrderbook(const QStringList &codes, int depth, const Decimal &level)
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeOrderbook");
    return d->command(upbit_proxy_unsubscribe,
                      {UPBIT_TYPE_ORDERBOOK, codes, {}, CandleUnit::None, depth, level});
}

quint64 Proxy::unsubscribeCandle(const QStringList &codes, CandleUnit unit)
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeCandle");
    return d->command(upbit_proxy_unsubscribe, {UPBIT_TYPE_CANDLE, codes, {}, unit});
}

quint64 Proxy::unsubscribeMyOrder(const QStringList &codes)
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeMyOrder");
    return d->command(upbit_proxy_unsubscribe, {UPBIT_TYPE_MY_ORDER, codes});
}

quint64 Proxy::unsubscribeMyAsset()
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeMyAsset");
    return d->command(upbit_proxy_unsubscribe, {UPBIT_TYPE_MY_ASSET, QStringList()});
}

quint64 Proxy::unsubscribeAll()
{
    CHECK_THREAD("UpbitLive::Proxy::unsubscribeAll");
    const auto all = [](upbit_proxy *proxy, const upbit_want *, uint64_t requestId) {
        return upbit_proxy_unsubscribe_all(proxy, requestId);
    };
    return d->command(all, {0, QStringList()});
}

quint64 Proxy::replaceTicker(const QStringList &codes, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::replaceTicker");
    return d->command(upbit_proxy_replace, {UPBIT_TYPE_TICKER, codes, flags});
}

quint64 Proxy::replaceTrade(const QStringList &codes, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::replaceTrade");
    return d->command(upbit_proxy_replace, {UPBIT_TYPE_TRADE, codes, flags});
}

quint64 Proxy::replaceOrderbook(const QStringList &codes, int depth, const Decimal &level,
                                WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::replaceOrderbook");
    return d->command(upbit_proxy_replace,
                      {UPBIT_TYPE_ORDERBOOK, codes, flags, CandleUnit::None, depth, level});
}

quint64 Proxy::replaceCandle(const QStringList &codes, CandleUnit unit, WantFlags flags)
{
    CHECK_THREAD("UpbitLive::Proxy::replaceCandle");
    return d->command(upbit_proxy_replace, {UPBIT_TYPE_CANDLE, codes, flags, unit});
}

quint64 Proxy::acquireLimit(LimitGroup group, int cost, int timeoutMs)
{
    CHECK_THREAD("UpbitLive::Proxy::acquireLimit");
    return d->command(
        [=](upbit_proxy *proxy, const upbit_want *, uint64_t requestId) {
            return upbit_limiter_acquire(proxy, static_cast<int>(group),
                                         static_cast<unsigned>(qMax(0, cost)),
                                         static_cast<uint32_t>(qMax(0, timeoutMs)), requestId);
        },
        {});
}

SnapshotReply *Proxy::getTickerSnapshot(const QStringList &codes, int timeoutMs)
{
    CHECK_THREAD("UpbitLive::Proxy::getTickerSnapshot");
    return d->snapshot({UPBIT_TYPE_TICKER, codes}, timeoutMs);
}

SnapshotReply *Proxy::getTradeSnapshot(const QStringList &codes, int count, qint64 beforeId,
                                       int timeoutMs)
{
    CHECK_THREAD("UpbitLive::Proxy::getTradeSnapshot");
    return d->snapshot({UPBIT_TYPE_TRADE, codes, {}, CandleUnit::None, 0, {}, count, beforeId},
                       timeoutMs);
}

SnapshotReply *Proxy::getOrderbookSnapshot(const QStringList &codes, int depth,
                                           const Decimal &level, int timeoutMs)
{
    CHECK_THREAD("UpbitLive::Proxy::getOrderbookSnapshot");
    return d->snapshot({UPBIT_TYPE_ORDERBOOK, codes, {}, CandleUnit::None, depth, level},
                       timeoutMs);
}

SnapshotReply *Proxy::getCandleSnapshot(const QStringList &codes, CandleUnit unit, int count,
                                        qint64 beforeMs, int timeoutMs)
{
    CHECK_THREAD("UpbitLive::Proxy::getCandleSnapshot");
    return d->snapshot({UPBIT_TYPE_CANDLE, codes, {}, unit, 0, {}, count, beforeMs}, timeoutMs);
}

void Proxy::connectNotify(const QMetaMethod &)
{
    d->connectionsKnown.store(false, std::memory_order_release); // may run in any thread
}

bool Proxy::event(QEvent *event)
{
    if (event->type() == QEvent::ThreadChange && d->handle != nullptr)
        qCCritical(lcQt,
                   "proxy %s is moved to another thread: its signals stay in the thread it was "
                   "made in; make it in the thread that uses it",
                   d->clientId.constData());
    return QObject::event(event);
}
} // namespace UpbitLive
