// A proxy's other half: outlives the Proxy object while a turn is delivering to it.
#ifndef UPBITLIVE_PROXY_P_H
#define UPBITLIVE_PROXY_P_H

#include <UpbitLive/proxy.h>
#include <UpbitLive/snapshot.h>

#include <QtCore/QHash>
#include <QtCore/QPointer>
#include <QtCore/QSharedData>

#include <atomic>
#include <functional>
#include <memory>
#include <upbit-live/control.h>

namespace UpbitLive
{
class Dispatcher;

qint64 monotonicNs() noexcept;

// Gives one reference back at the end of its scope.
class EventRef
{
public:
    explicit EventRef(const upbit_event *event) noexcept : m_event(event)
    {
    }
    ~EventRef()
    {
        upbit_event_unref(m_event);
    }
    Q_DISABLE_COPY(EventRef)

private:
    const upbit_event *m_event;
};

// What a paced proxy keeps the newest of.
struct HeldKey {
    quint16 type;
    quint32 unit;
    upbit_decimal level;
    char code[sizeof(upbit_event::code)];
};
bool operator==(const HeldKey &a, const HeldKey &b) noexcept;
uint qHash(const HeldKey &key, uint seed = 0) noexcept;

// What a command is about; see upbit_want.
struct Want {
    int type = 0;
    QStringList codes = {};
    WantFlags flags = {};
    CandleUnit unit = CandleUnit::None;
    int depth = 0;
    Decimal level = {};
    int count = 0;
    qint64 before = 0;
};

class ProxyPrivate : public QSharedData
{
public:
    // Bits of connected(): somebody listens to the single or the batch form of a type.
    enum { SingleShift = 0, BatchShift = 16 };
    static constexpr int HeldMax = 4096;

    explicit ProxyPrivate(Proxy *proxy) : q(proxy)
    {
    }

    void open(Manager *manager, const QByteArray &id, const ProxyOptions &options);
    void close();

    // One delivery from the waiter, which keeps owning the reference.
    void take(const upbit_delivery &delivery);
    // The end of a turn in which the proxy was touched: batches, and a frame that is due.
    void endTurn(qint64 now);
    void deliverHeld(qint64 now);
    bool holds() const noexcept
    {
        return !held.isEmpty();
    }

    // Runs an emission; what a slot throws stops here. False when the Proxy is gone afterwards.
    bool guardedCall(const std::function<void()> &emission);

    using Call = std::function<int(upbit_proxy *, const upbit_want *, uint64_t)>;
    quint64 command(const Call &call, const Want &want); // commands.cpp
    quint64 refuse(const Error &error);
    SnapshotReply *snapshot(const Want &want, int timeoutMs); // snapshot.cpp

    // Touched by the Proxy's thread only.
    Proxy *q; // null once the Proxy is being destroyed
    upbit_proxy *handle = nullptr;
    upbit_manager *manager = nullptr;
    std::shared_ptr<Dispatcher> dispatcher;
    QByteArray clientId;
    bool touched = false, holding = false; // in the dispatcher's lists
    bool coalesces = true, isClosed = false;
    int maxFps = 0;
    qint64 frameNs = 0, nextFrameNs = 0;

    State state = State::Idle;
    Health health = Health::Critical;
    QString healthReason;
    qint64 lagMs = 0, lagSaidNs = 0, lagSaid = 0;
    quint32 epoch = 0;
    bool privateAvailable = false;
    quint64 exceptions = 0;
    Error lastError;

    // Reset from any thread that connects (QObject::connectNotify).
    std::atomic<bool> connectionsKnown{false};

private:
    template <class Function> bool guarded(Function &&function);
    bool takeSnapshot(const upbit_delivery &delivery);
    void finishSnapshot(const QPointer<SnapshotReply> &reply, const QVector<Event> &events,
                        const Error &error);
    void endSnapshots();
    template <class Value, class Single>
    void deliverData(const upbit_event *event, QVector<Value> &batch, Single single);
    quint32 connected();
    void hold(const upbit_delivery &delivery);
    void deliver(const upbit_delivery &delivery);
    void deliverState(const upbit_state_event &state);
    void deliverReply(const upbit_reply &reply, quint64 requestId);
    void deliverError(const upbit_error_event &error);
    void deliverKeyHealth(const upbit_key_event &key);
    void updateHealth();
    void flushBatches();
    template <class Value, class Signal> bool flushOne(QVector<Value> &batch, Signal signal);

    quint32 connections = 0;
    QVector<Ticker> tickers;
    QVector<Trade> trades;
    QVector<Orderbook> orderbooks;
    QVector<Candle> candles;
    QVector<Order> orders;
    QVector<Asset> assets;

    struct Held {
        Event event;
        quint64 number, requestId;
    };
    QVector<Held> held;
    int heldNext = 0; // the first one not yet delivered
    QHash<HeldKey, int> heldKeys;

    struct PendingSnapshot {
        QPointer<SnapshotReply> reply; // null: its asker has deleted it
        QVector<Event> events;
    };
    QHash<quint64, PendingSnapshot> snapshots;
};
} // namespace UpbitLive

#endif
