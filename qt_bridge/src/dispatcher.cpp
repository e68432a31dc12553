// The only loop of the bridge: take events from the waiter, hand them to their proxies, stop in time.
//
// Traps:
//   - A slot may run a nested event loop (a dialog). The descriptor is still readable then, so turn()
//     is entered again: all state is in members or on the stack, nothing is locked, and batches that
//     an outer turn began are finished by whoever ends first.
//   - A slot may delete the last proxy and with it this dispatcher: turn() holds a reference.
//   - When every proxy is paced the notifier is off between frames: the library then replaces old
//     values by new ones at no cost to this thread. It stays on when a turn ended by its budget, or
//     first-in-first-out lanes would overflow for no reason.
#include "dispatcher_p.h"

#include <QtCore/QThread>

#include "logging_p.h"

namespace UpbitLive
{
std::shared_ptr<Dispatcher> Dispatcher::ofThisThread(int *error)
{
    static thread_local std::weak_ptr<Dispatcher> current;
    std::shared_ptr<Dispatcher> dispatcher = current.lock();
    if (dispatcher)
        return dispatcher;
    dispatcher.reset(new Dispatcher);
    *error = upbit_waiter_create(&dispatcher->m_waiter);
    if (*error < 0)
        return nullptr;
    Dispatcher *const self = dispatcher.get();
    self->m_notifier.reset(
        new QSocketNotifier(upbit_waiter_fd(self->m_waiter), QSocketNotifier::Read));
    connect(self->m_notifier.get(), &QSocketNotifier::activated, self, [self] { self->turn(); });
    self->m_frame.setSingleShot(true);
    self->m_frame.setTimerType(Qt::PreciseTimer);
    connect(&self->m_frame, &QTimer::timeout, self, [self] { self->frame(); });
    current = dispatcher;
    return dispatcher;
}

Dispatcher::~Dispatcher()
{
    m_notifier.reset(); // before the descriptor goes, or the number may be somebody else's
    upbit_waiter_destroy(m_waiter);
}

void Dispatcher::add(ProxyPrivate *proxy)
{
    m_proxies.append(proxy);
    pacingChanged();
}

void Dispatcher::remove(ProxyPrivate *proxy)
{
    m_proxies.removeOne(proxy);
    pacingChanged();
}

void Dispatcher::pacingChanged()
{
    m_frameNs = 0;
    for (const ProxyPrivate *proxy : qAsConst(m_proxies)) {
        if (proxy->frameNs == 0) {
            m_frameNs = 0;
            break;
        }
        if (m_frameNs == 0 || proxy->frameNs < m_frameNs)
            m_frameNs = proxy->frameNs;
    }
    if (m_frameNs == 0 && m_resumeNs != 0) {
        m_resumeNs = 0;
        m_notifier->setEnabled(true);
    }
}

void Dispatcher::touch(ProxyPrivate *proxy)
{
    if (proxy->touched)
        return;
    proxy->touched = true;
    m_touched.append(QExplicitlySharedDataPointer<ProxyPrivate>(proxy));
}

void Dispatcher::turn()
{
    const std::shared_ptr<Dispatcher> keep = shared_from_this();
    const qint64 start = monotonicNs();
    int taken = 0;
    bool empty = false;
    QExplicitlySharedDataPointer<ProxyPrivate> proxy; // changes less often than the event
    while (taken < EventBudget) {
        upbit_proxy *handle = nullptr;
        upbit_delivery delivery = UPBIT_DELIVERY_INIT;
        const int result = upbit_waiter_next(m_waiter, &handle, &delivery);
        if (result <= 0) {
            empty = true;
            // Out of memory nothing was lost and the next turn tries again. Nothing else can happen
            // with our own waiter; if it does, do not spin on its descriptor.
            if (result < 0 && result != UPBIT_ERROR_NO_MEMORY) {
                qCCritical(lcQt, "waiter: %s", upbit_error_string(result));
                m_notifier->setEnabled(false);
            }
            break;
        }
        const EventRef event(delivery.event);
        auto *const owner = static_cast<ProxyPrivate *>(upbit_proxy_user_data(handle));
        if (owner != proxy.data())
            proxy = owner;
        proxy->take(delivery);
        ++taken;
        if (monotonicNs() - start >= TimeBudgetNs)
            break;
    }
    finishTouched(start);
    if (empty && taken > 0 && m_frameNs != 0 && m_resumeNs == 0) {
        m_resumeNs = start + m_frameNs;
        m_notifier->setEnabled(false);
    }
    schedule(monotonicNs());
}

void Dispatcher::finishTouched(qint64 now)
{
    while (!m_touched.isEmpty()) {
        const QExplicitlySharedDataPointer<ProxyPrivate> proxy = m_touched.takeFirst();
        proxy->touched = false;
        proxy->endTurn(now);
        if (proxy->q != nullptr && proxy->holds() && !proxy->holding) {
            proxy->holding = true;
            m_holding.append(proxy);
        }
    }
}

void Dispatcher::frame()
{
    const std::shared_ptr<Dispatcher> keep = shared_from_this();
    const qint64 now = monotonicNs();
    if (m_resumeNs != 0 && now >= m_resumeNs) {
        m_resumeNs = 0;
        m_notifier->setEnabled(true);
        turn(); // what waits belongs to this frame, not to the next
    }
    // One at a time from the member: a slot may change the list.
    for (int left = m_holding.size(); left > 0 && !m_holding.isEmpty(); --left) {
        const QExplicitlySharedDataPointer<ProxyPrivate> proxy = m_holding.takeFirst();
        proxy->holding = false;
        if (proxy->q == nullptr)
            continue;
        if (proxy->nextFrameNs <= now)
            proxy->deliverHeld(now);
        if (proxy->q != nullptr && proxy->holds() && !proxy->holding) {
            proxy->holding = true;
            m_holding.append(proxy);
        }
    }
    finishTouched(now);
    schedule(monotonicNs());
}

void Dispatcher::schedule(qint64 now)
{
    qint64 next = m_resumeNs;
    for (const auto &proxy : qAsConst(m_holding)) {
        if (proxy->q != nullptr && proxy->holds() && (next == 0 || proxy->nextFrameNs < next))
            next = proxy->nextFrameNs;
    }
    if (next == 0) {
        m_frame.stop();
        return;
    }
    m_frame.start(static_cast<int>(qMax<qint64>(0, (next - now + 999999) / 1000000)));
}
} // namespace UpbitLive
