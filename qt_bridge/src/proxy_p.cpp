// From one delivery of the C library to signals: conversion, pacing, batches, guards.
//
// Every emission can end the Proxy (q becomes null) and can enter this file again through a nested
// event loop. So after each one q is looked at, and nothing is iterated over that another turn may
// change: held events are consumed from the front of one queue, whoever is at it.
#include "proxy_p.h"

#include <UpbitLive/manager.h>

#include <QtCore/QMetaMethod>

#include <cstring>
#include <cxxabi.h>
#include <exception>
#include <time.h>
#include <upbit-live/market.h>

#include "dispatcher_p.h"
#include "error_p.h"
#include "logging_p.h"

namespace UpbitLive
{
// The same clock as received_ns of events.
qint64 monotonicNs() noexcept
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<qint64>(now.tv_sec) * 1000000000 + now.tv_nsec;
}

bool operator==(const HeldKey &a, const HeldKey &b) noexcept
{
    return a.type == b.type && a.unit == b.unit && upbit_decimal_compare(&a.level, &b.level) == 0 &&
           std::strcmp(a.code, b.code) == 0;
}

uint qHash(const HeldKey &key, uint seed) noexcept
{
    return qHashBits(key.code, std::strlen(key.code), seed) ^ (key.type * 0x9e3779b9U) ^ key.unit ^
           static_cast<uint>(key.level.lo);
}

void ProxyPrivate::open(Manager *owner, const QByteArray &id, const ProxyOptions &options)
{
    clientId = id;
    coalesces = options.policy == Policy::Default || options.policy == Policy::Coalesce;
    if (owner != nullptr && !owner->isValid()) {
        lastError = owner->lastError();
        return;
    }
    int error = 0;
    manager = owner != nullptr ? owner->handle() : nullptr;
    if (manager == nullptr)
        error = defaultManager(&manager);
    if (error >= 0)
        dispatcher = Dispatcher::ofThisThread(&error);
    if (error >= 0) {
        upbit_proxy_options o = UPBIT_PROXY_OPTIONS_INIT;
        o.policy = static_cast<int>(options.policy);
        o.queue_messages = options.queueMessages;
        o.queue_bytes = options.queueBytes;
        o.waiter = dispatcher->waiter();
        o.user_data = this;
        o.health = UPBIT_ON;
        error = upbit_proxy_open(&handle, manager, clientId.constData(), &o);
    }
    if (error < 0) {
        lastError = lastCallError(error);
        handle = nullptr;
        dispatcher.reset();
        return;
    }
    dispatcher->add(this);
    updateHealth();
}

void ProxyPrivate::close()
{
    if (handle == nullptr)
        return;
    dispatcher->remove(this);
    upbit_proxy_close(handle);
    handle = nullptr;
    held.clear();
    heldNext = 0;
    heldKeys.clear();
    dispatcher.reset();
}

// Runs an emission. False when the Proxy is gone afterwards.
template <class Function> bool ProxyPrivate::guarded(Function &&function)
{
    try {
        function();
    } catch (abi::__forced_unwind &) { // the thread is being cancelled: not ours to stop
        throw;
    } catch (const std::exception &x) {
        ++exceptions;
        qCCritical(lcQt, "proxy %s: a slot threw: %s", clientId.constData(), x.what());
    } catch (...) {
        ++exceptions;
        qCCritical(lcQt, "proxy %s: a slot threw", clientId.constData());
    }
    return q != nullptr;
}

// Who listens is asked once and again after each connect; a stale yes costs a conversion, no more.
quint32 ProxyPrivate::connected()
{
    // Looked at before it is written: the latter would cost each event a locked operation.
    if (connectionsKnown.load(std::memory_order_acquire) ||
        connectionsKnown.exchange(true, std::memory_order_acq_rel))
        return connections;
    static const QMetaMethod methods[] = {
        QMetaMethod::fromSignal(&Proxy::otherReceived),
        QMetaMethod::fromSignal(&Proxy::tickerReceived),
        QMetaMethod::fromSignal(&Proxy::tradeReceived),
        QMetaMethod::fromSignal(&Proxy::orderbookReceived),
        QMetaMethod::fromSignal(&Proxy::candleReceived),
        QMetaMethod::fromSignal(&Proxy::orderReceived),
        QMetaMethod::fromSignal(&Proxy::assetReceived),
        QMetaMethod::fromSignal(&Proxy::tickersReceived),
        QMetaMethod::fromSignal(&Proxy::tradesReceived),
        QMetaMethod::fromSignal(&Proxy::orderbooksReceived),
        QMetaMethod::fromSignal(&Proxy::candlesReceived),
        QMetaMethod::fromSignal(&Proxy::ordersReceived),
        QMetaMethod::fromSignal(&Proxy::assetsReceived),
    };
    connections = 0;
    for (int i = 0; i <= UPBIT_TYPE_MY_ASSET; ++i) {
        if (q->isSignalConnected(methods[i]))
            connections |= 1U << (SingleShift + i);
        if (i > 0 && q->isSignalConnected(methods[UPBIT_TYPE_MY_ASSET + i]))
            connections |= 1U << (BatchShift + i);
    }
    return connections;
}

void ProxyPrivate::take(const upbit_delivery &delivery)
{
    const upbit_event &event = *delivery.event;
    if (event.stream == UPBIT_STREAM_REALTIME && event.origin == UPBIT_ORIGIN_STREAM &&
        event.exchange_ms > 0) {
        lagMs = event.received_ms - event.exchange_ms;
        if (lagMs != lagSaid && event.received_ns - lagSaidNs >= 500000000) {
            lagSaid = lagMs;
            lagSaidNs = event.received_ns;
            if (!guarded([this] { Q_EMIT q->lagChanged(); }))
                return;
        }
    }
    const bool mine = delivery.request_id != 0; // a snapshot's: not part of the stream
    const bool ordered = (event.type < UPBIT_TYPE_STATE && !mine) || event.type == UPBIT_TYPE_GAP ||
                         event.type == UPBIT_TYPE_EPOCH;
    if (ordered && frameNs != 0) {
        hold(delivery);
        return;
    }
    if (event.type == UPBIT_TYPE_REPLY || event.type == UPBIT_TYPE_CLOSED) {
        deliverHeld(monotonicNs()); // a reply is a barrier: what came before it stands before it
        if (q == nullptr)
            return;
        flushBatches();
        if (q == nullptr)
            return;
    }
    if (delivery.request_id != 0 && takeSnapshot(delivery))
        return;
    deliver(delivery);
}

void ProxyPrivate::hold(const upbit_delivery &delivery)
{
    const upbit_event *event = delivery.event;
    const Held entry = {Event(event), delivery.number, delivery.request_id};
    dispatcher->touch(this);
    const upbit_orderbook *book = upbit_event_orderbook(event);
    if (coalesces && delivery.request_id == 0 && (event->type == UPBIT_TYPE_TICKER || book)) {
        HeldKey key = {};
        key.type = event->type;
        if (book != nullptr)
            key.level = book->level;
        std::memcpy(key.code, event->code, sizeof key.code);
        const auto found = heldKeys.constFind(key);
        if (found != heldKeys.constEnd()) {
            held[*found] = entry;
            return;
        }
        heldKeys.insert(key, held.size());
    }
    held.append(entry);
    if (held.size() - heldNext >= HeldMax)
        deliverHeld(monotonicNs());
}

void ProxyPrivate::deliverHeld(qint64 now)
{
    if (held.isEmpty())
        return;
    nextFrameNs = now + frameNs;
    heldKeys.clear(); // their places are being used up
    while (heldNext < held.size()) {
        const Held entry = held.at(heldNext++);
        deliver({sizeof(upbit_delivery), entry.event.handle(), entry.number, entry.requestId});
        if (q == nullptr)
            return;
    }
    held.clear();
    heldNext = 0;
    heldKeys.clear();
    flushBatches();
}

void ProxyPrivate::endTurn(qint64 now)
{
    if (q != nullptr && holds() && nextFrameNs <= now)
        deliverHeld(now);
    if (q != nullptr)
        flushBatches();
}

template <class Value, class Single>
void ProxyPrivate::deliverData(const upbit_event *event, QVector<Value> &batch, Single single)
{
    const quint32 wanted = connected() >> event->type;
    if ((wanted & (1U << BatchShift)) != 0) {
        batch.append(Value(event));
        dispatcher->touch(this);
    }
    if ((wanted & (1U << SingleShift)) != 0)
        guarded([&] { Q_EMIT(q->*single)(Value(event)); });
}

template <class Value, class Signal>
bool ProxyPrivate::flushOne(QVector<Value> &batch, Signal signal)
{
    if (batch.isEmpty())
        return true;
    QVector<Value> full;
    full.swap(batch);
    return guarded([&] { Q_EMIT(q->*signal)(full); });
}

void ProxyPrivate::flushBatches()
{
    (void)(flushOne(tickers, &Proxy::tickersReceived) && flushOne(trades, &Proxy::tradesReceived) &&
           flushOne(orderbooks, &Proxy::orderbooksReceived) &&
           flushOne(candles, &Proxy::candlesReceived) && flushOne(orders, &Proxy::ordersReceived) &&
           flushOne(assets, &Proxy::assetsReceived));
}

void ProxyPrivate::deliver(const upbit_delivery &delivery)
{
    const upbit_event *event = delivery.event;
    switch (event->type) {
    case UPBIT_TYPE_TICKER:
        deliverData(event, tickers, &Proxy::tickerReceived);
        return;
    case UPBIT_TYPE_TRADE:
        deliverData(event, trades, &Proxy::tradeReceived);
        return;
    case UPBIT_TYPE_ORDERBOOK:
        deliverData(event, orderbooks, &Proxy::orderbookReceived);
        return;
    case UPBIT_TYPE_CANDLE:
        deliverData(event, candles, &Proxy::candleReceived);
        return;
    case UPBIT_TYPE_MY_ORDER:
        deliverData(event, orders, &Proxy::orderReceived);
        return;
    case UPBIT_TYPE_MY_ASSET:
        deliverData(event, assets, &Proxy::assetReceived);
        return;
    default:
        break;
    }
    flushBatches(); // so that batches, too, stand before what follows them
    if (q == nullptr)
        return;
    if (event->type < UPBIT_TYPE_STATE) {
        if ((connected() & 1U) != 0)
            guarded([&] { Q_EMIT q->otherReceived(Event(event)); });
    } else if (const upbit_gap *gap = upbit_event_gap(event)) {
        Gap g;
        g.type = static_cast<Type>(gap->lane_type);
        g.count = gap->count;
        g.first = gap->first;
        g.last = gap->last;
        g.code = QString::fromLatin1(event->code);
        g.afterMs = gap->after_ms;
        g.beforeMs = gap->before_ms;
        guarded([&] { Q_EMIT q->gapDetected(g); });
    } else if (const upbit_epoch_event *change = upbit_event_epoch(event)) {
        if (change->session == UPBIT_SESSION_PUBLIC)
            epoch = event->epoch;
        guarded(
            [&] { Q_EMIT q->epochChanged(event->epoch, static_cast<Session>(change->session)); });
    } else if (const upbit_state_event *next = upbit_event_state(event)) {
        deliverState(*next);
    } else if (const upbit_restored_event *back = upbit_event_restored(event)) {
        guarded([&] { Q_EMIT q->restored(back->down_ms, static_cast<Session>(back->session)); });
    } else if (const upbit_reply *reply = upbit_event_reply(event)) {
        deliverReply(*reply, delivery.request_id);
    } else if (const upbit_error_event *error = upbit_event_error(event)) {
        deliverError(*error);
    } else if (const upbit_closed_event *end = upbit_event_closed(event)) {
        isClosed = true;
        endSnapshots();
        if (q != nullptr)
            guarded([&] { Q_EMIT q->closed(end->error); });
    } else if (const upbit_overflow_event *overflow = upbit_event_overflow(event)) {
        guarded([&] { Q_EMIT q->overflowed(static_cast<Type>(overflow->lane_type)); });
    } else if (const upbit_key_event *key = upbit_event_key(event)) {
        deliverKeyHealth(*key);
    } else if (event->type == UPBIT_TYPE_HEALTH) {
        updateHealth();
    }
}

void ProxyPrivate::deliverState(const upbit_state_event &next)
{
    StateInfo info;
    info.state = static_cast<State>(next.state);
    info.session = static_cast<Session>(next.session);
    info.attempt = next.attempt;
    info.delayMs = next.delay_ms;
    info.downMs = next.down_ms;
    info.error = next.error;
    info.encrypted = next.tls != 0;
    // Polled counts too: the state of the connection is not all there is to it.
    const bool nowAvailable = upbit_proxy_is_private_available(handle) == 1;
    if (info.session == Session::Public) {
        state = info.state;
    } else if (privateAvailable != nowAvailable) {
        privateAvailable = nowAvailable;
        if (!guarded([&] { Q_EMIT q->privateAvailableChanged(); }))
            return;
    }
    if (guarded([&] { Q_EMIT q->stateChanged(info); }))
        updateHealth();
}

void ProxyPrivate::deliverReply(const upbit_reply &reply, quint64 requestId)
{
    Reply r;
    r.requestId = requestId;
    r.error = reply.error;
    r.command = static_cast<int>(reply.command);
    r.detail = QString::fromUtf8(reply.detail);
    if (!guarded([&] { Q_EMIT q->replyReceived(r); }))
        return;
    if (r.error >= 0) {
        guarded([&] { Q_EMIT q->subscriptionChanged(r.requestId); });
        return;
    }
    Error e;
    e.code = r.error;
    e.requestId = requestId;
    e.message = QString::fromUtf8(upbit_error_string(r.error));
    if (!r.detail.isEmpty())
        e.message = r.detail;
    lastError = e;
    guarded([&] { Q_EMIT q->errorOccurred(e); });
}

void ProxyPrivate::deliverError(const upbit_error_event &error)
{
    Error e;
    e.code = error.error;
    e.session = static_cast<Session>(error.session);
    e.httpStatus = static_cast<int>(error.http_status);
    e.count = error.count;
    e.exchangeName = QString::fromUtf8(error.name);
    e.message = QString::fromUtf8(error.message);
    if (e.message.isEmpty())
        e.message = QString::fromUtf8(upbit_error_string(error.error));
    lastError = e;
    if (guarded([&] { Q_EMIT q->errorOccurred(e); }))
        updateHealth();
}

static Freshness freshnessOf(int type)
{
    switch (type) {
    case UPBIT_TYPE_NO_DATA:
        return Freshness::NoData;
    case UPBIT_TYPE_STALE:
        return Freshness::Stale;
    case UPBIT_TYPE_DELISTED:
        return Freshness::Delisted;
    case UPBIT_TYPE_LISTED:
        return Freshness::Listed;
    default:
        return Freshness::Fresh;
    }
}

void ProxyPrivate::deliverKeyHealth(const upbit_key_event &key)
{
    KeyHealth k;
    k.freshness = freshnessOf(key.event.type);
    k.type = static_cast<Type>(key.key_type);
    k.code = QString::fromLatin1(key.event.code);
    k.unit = static_cast<CandleUnit>(key.candle_unit);
    k.level = key.level;
    k.ageMs = key.age_ms;
    guarded([&] { Q_EMIT q->keyHealthChanged(k); });
}

void ProxyPrivate::updateHealth()
{
    upbit_health now = {};
    if (upbit_manager_get_health(manager, &now, sizeof now) < 0)
        return;
    const QString reason = QString::fromUtf8(now.reason);
    const Health level = static_cast<Health>(now.level);
    if (level == health && reason == healthReason)
        return;
    health = level;
    healthReason = reason;
    guarded([this] { Q_EMIT q->healthChanged(); });
}

bool ProxyPrivate::guardedCall(const std::function<void()> &emission)
{
    return guarded(emission);
}

quint64 ProxyPrivate::refuse(const Error &error)
{
    lastError = error;
    guarded([&] { Q_EMIT q->errorOccurred(error); });
    return 0;
}
} // namespace UpbitLive
