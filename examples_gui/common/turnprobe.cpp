// Qt's loop says `awake` before it delivers posted events and `aboutToBlock` before it polls; what
// the poll brings (notifiers, timers, input) comes after, between `aboutToBlock` and the next
// `awake`. So the end of a sleep is the first event that is delivered after it, and a turn goes
// from there over the posted events to the next poll. A poll that need not wait is not told at all:
// there the first notifier or timer after an `awake` begins the next turn.
#include "turnprobe.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEvent>

TurnProbe::TurnProbe(QObject *parent) : QObject(parent)
{
    QAbstractEventDispatcher *const loop = QAbstractEventDispatcher::instance();
    connect(loop, &QAbstractEventDispatcher::awake, this, [this] { m_polling = true; });
    connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, &TurnProbe::ended);
    QCoreApplication::instance()->installEventFilter(this);
}

void TurnProbe::reset()
{
    m_counts.fill(0);
    m_turns = m_long = 0;
    m_longestUs = 0;
    m_turn.invalidate();
}

bool TurnProbe::eventFilter(QObject *, QEvent *event)
{
    if (m_polling && m_turn.isValid() &&
        (event->type() == QEvent::SockAct || event->type() == QEvent::Timer))
        ended();
    if (!m_turn.isValid()) {
        m_polling = false;
        m_turn.start();
    }
    return false;
}

void TurnProbe::ended()
{
    if (!m_turn.isValid())
        return;
    const qint64 us = m_turn.nsecsElapsed() / 1000;
    m_turn.invalidate();
    ++m_turns;
    m_long += us > 16000;
    m_longestUs = qMax(m_longestUs, us);
    ++m_counts[static_cast<size_t>(qMin<qint64>(us / stepUs, 1000))];
}

double TurnProbe::quantileMs(double share) const
{
    if (m_turns == 0)
        return 0;
    const double wanted = share * static_cast<double>(m_turns);
    quint64 seen = 0;
    for (size_t i = 0; i < m_counts.size() - 1; ++i) {
        seen += m_counts[i];
        if (static_cast<double>(seen) >= wanted)
            return static_cast<double>((i + 1) * stepUs) / 1000.0;
    }
    return longestMs();
}

QByteArray TurnProbe::toJson() const
{
    return QString(
               R"({"turns":%1,"p50_ms":%2,"p99_ms":%3,"p999_ms":%4,"longest_ms":%5,"over_16_ms":%6})")
        .arg(m_turns)
        .arg(quantileMs(0.5))
        .arg(quantileMs(0.99))
        .arg(quantileMs(0.999))
        .arg(longestMs())
        .arg(m_long)
        .toLatin1();
}
