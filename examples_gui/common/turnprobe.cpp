// Qt's loop says `awake` before it delivers posted events and `aboutToBlock` before it polls; what
// the poll brings (notifiers, timers, input) comes after, between `aboutToBlock` and the next
// `awake`. So the end of a sleep is the first event that is delivered after it, and a turn goes
// from there over the posted events to the next poll. A poll that need not wait is not told at all:
// there the first notifier or timer after an `awake` begins the next turn.
#include "turnprobe.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEvent>
#include <QMetaEnum>
#include <time.h>

static const int frameUs = 16000;

static qint64 cpuUs()
{
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<qint64>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

TurnProbe::TurnProbe(QObject *parent) : QObject(parent)
{
    QAbstractEventDispatcher *const loop = QAbstractEventDispatcher::instance();
    connect(loop, &QAbstractEventDispatcher::awake, this, [this] { m_polling = true; });
    connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, &TurnProbe::ended);
    QCoreApplication::instance()->installEventFilter(this);
    m_start.start();
}

void TurnProbe::reset()
{
    m_counts.fill(0);
    m_turns = m_long = m_longCpu = 0;
    m_longestUs = m_longestCpuUs = 0;
    m_turn.invalidate();
    m_longTurns.clear();
    m_start.start();
}

bool TurnProbe::eventFilter(QObject *watched, QEvent *event)
{
    if (m_polling && m_turn.isValid() &&
        (event->type() == QEvent::SockAct || event->type() == QEvent::Timer))
        ended();
    if (!m_turn.isValid()) {
        m_polling = false;
        m_turn.start();
        m_cpuBeganUs = cpuUs();
        m_partBeganUs = 0;
        m_longestPart = {QByteArray(), 0};
        m_partClass = nullptr;
    }
    endPart(m_turn.nsecsElapsed() / 1000);
    m_partClass = watched->metaObject()->className();
    m_partType = event->type();
    return false;
}

void TurnProbe::endPart(qint64 us)
{
    const qint64 took = us - m_partBeganUs;
    m_partBeganUs = us;
    // A short one is not worth its name.
    if (m_partClass == nullptr || took <= m_longestPart.us || took < 1000)
        return;
    const char *const type = QMetaEnum::fromType<QEvent::Type>().valueToKey(m_partType);
    m_longestPart = {QByteArray(m_partClass) + '/' +
                         (type != nullptr ? QByteArray(type) : QByteArray::number(m_partType)),
                     took};
}

void TurnProbe::ended()
{
    if (!m_turn.isValid())
        return;
    const qint64 us = m_turn.nsecsElapsed() / 1000, cpu = cpuUs() - m_cpuBeganUs;
    endPart(us);
    m_turn.invalidate();
    ++m_turns;
    m_long += us > frameUs;
    m_longCpu += cpu > frameUs;
    m_longestUs = qMax(m_longestUs, us);
    m_longestCpuUs = qMax(m_longestCpuUs, cpu);
    ++m_counts[static_cast<size_t>(qMin<qint64>(us / stepUs, 1000))];
    if (us > frameUs && m_longTurns.size() < linesMost)
        m_longTurns.append({m_start.nsecsElapsed() / 1000 - us, us, cpu, m_longestPart});
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
               R"({"turns":%1,"p50_ms":%2,"p99_ms":%3,"p999_ms":%4,"longest_ms":%5,"over_16_ms":%6,)"
               R"("longest_cpu_ms":%7,"over_16_ms_cpu":%8})")
        .arg(m_turns)
        .arg(quantileMs(0.5))
        .arg(quantileMs(0.99))
        .arg(quantileMs(0.999))
        .arg(longestMs())
        .arg(m_long)
        .arg(longestCpuMs())
        .arg(m_longCpu)
        .toLatin1();
}

QByteArray TurnProbe::longTurnLines() const
{
    QByteArray lines;
    for (const LongTurn &turn : m_longTurns)
        lines += QString("turn at %1 ms: %2 ms, %3 ms of them on a processor; longest: %4, %5 ms\n")
                     .arg(static_cast<double>(turn.atUs) / 1000, 0, 'f', 1)
                     .arg(static_cast<double>(turn.us) / 1000, 0, 'f', 1)
                     .arg(static_cast<double>(turn.cpuUs) / 1000, 0, 'f', 1)
                     .arg(QString::fromLatin1(turn.longest.name))
                     .arg(static_cast<double>(turn.longest.us) / 1000, 0, 'f', 1)
                     .toLatin1();
    return lines;
}
