// How long the turns of the main thread's event loop are: from the first event after it has looked
// for new ones to the next look. A turn longer than a frame, 16 ms, is what a user sees as a
// stutter. An event loop within a slot counts as turns of its own.
//
// Beside the time on the clock stands the thread's own processor time: what the clock says beyond
// that is waiting, on a busy machine for a processor, and no program can help it.
#ifndef COMMON_TURNPROBE_H
#define COMMON_TURNPROBE_H

#include <QElapsedTimer>
#include <QObject>
#include <QVector>
#include <array>

class TurnProbe : public QObject
{
    Q_OBJECT

  public:
    // From now on; the application object is there.
    explicit TurnProbe(QObject *parent = nullptr);

    void reset();
    quint64 turns() const
    {
        return m_turns;
    }
    quint64 longTurns() const // over 16 ms
    {
        return m_long;
    }
    quint64 longCpuTurns() const // over 16 ms of processor time
    {
        return m_longCpu;
    }
    double longestMs() const
    {
        return static_cast<double>(m_longestUs) / 1000.0;
    }
    double longestCpuMs() const
    {
        return static_cast<double>(m_longestCpuUs) / 1000.0;
    }
    // The turn length that `share` of all turns do not exceed, to a tenth of a millisecond below
    // 100 ms; 0 without turns.
    double quantileMs(double share) const;
    // {"turns":..,"p50_ms":..,"p99_ms":..,"p999_ms":..,"longest_ms":..,"over_16_ms":..,
    //  "longest_cpu_ms":..,"over_16_ms_cpu":..}
    QByteArray toJson() const;
    // A line for each of the first turns over 16 ms: when it began, how long it was, what took the
    // longest in it.
    QByteArray longTurnLines() const;

  protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

  private:
    struct Part { // one event's: from its delivery to that of the next
        QByteArray name;
        qint64 us;
    };
    struct LongTurn {
        qint64 atUs, us, cpuUs;
        Part longest;
    };
    void ended();
    void endPart(qint64 us);

    static constexpr int stepUs = 100, linesMost = 50;
    std::array<quint64, 1001> m_counts{}; // by tenths of a millisecond; the last: longer
    quint64 m_turns = 0, m_long = 0, m_longCpu = 0;
    qint64 m_longestUs = 0, m_longestCpuUs = 0, m_cpuBeganUs = 0, m_partBeganUs = 0;
    QElapsedTimer m_turn;              // invalid: asleep, as far as is known
    QElapsedTimer m_start;             // of the measurement
    bool m_polling = false;            // the posted events are being delivered, a poll follows
    const char *m_partClass = nullptr; // of the receiver; meta objects live as long as the program
    int m_partType = 0;
    Part m_longestPart;
    QVector<LongTurn> m_longTurns;
};

#endif
