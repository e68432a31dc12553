// One dispatcher per thread that has proxies: one waiter, one descriptor, one budget.
#ifndef UPBITLIVE_DISPATCHER_P_H
#define UPBITLIVE_DISPATCHER_P_H

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>
#include <QtCore/QVector>

#include <memory>
#include <upbit-live/waiter.h>

#include "proxy_p.h"

namespace UpbitLive
{
// Lives exactly as long as the thread has proxies: each holds it, and a running turn does. A static or
// thread_local object would outlive Qt's own per-thread data.
class Dispatcher : public QObject, public std::enable_shared_from_this<Dispatcher>
{
public:
    static constexpr int EventBudget = 512;
    static constexpr qint64 TimeBudgetNs = 4000000;

    // Null, and *error set, when the waiter cannot be made.
    static std::shared_ptr<Dispatcher> ofThisThread(int *error);
    ~Dispatcher() override;

    upbit_waiter *waiter() const noexcept
    {
        return m_waiter;
    }
    void add(ProxyPrivate *proxy);
    void remove(ProxyPrivate *proxy);
    void pacingChanged();

    // A proxy has something to say at the end of the turn.
    void touch(ProxyPrivate *proxy);

private:
    Dispatcher() = default;
    void turn();
    void frame();
    void finishTouched(qint64 now);
    void schedule(qint64 now);

    upbit_waiter *m_waiter = nullptr;
    std::unique_ptr<QSocketNotifier> m_notifier;
    QTimer m_frame;
    QVector<ProxyPrivate *> m_proxies;
    // Held by reference, so that a proxy deleted by a slot leaves nothing dangling here.
    QVector<QExplicitlySharedDataPointer<ProxyPrivate>> m_touched;
    QVector<QExplicitlySharedDataPointer<ProxyPrivate>> m_holding;
    qint64 m_frameNs = 0;   // the shortest frame of all proxies; 0: one of them is not paced
    qint64 m_resumeNs = 0;  // the notifier is off until then; 0: it is on
};
} // namespace UpbitLive

#endif
