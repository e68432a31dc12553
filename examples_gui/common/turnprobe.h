// How long the turns of the main thread's event loop are: from the first event after it has looked
// for new ones to the next look. A turn longer than a frame, 16 ms, is what a user sees as a
// stutter. An event loop within a slot counts as turns of its own.
#ifndef COMMON_TURNPROBE_H
#define COMMON_TURNPROBE_H

#include <QElapsedTimer>
#include <QObject>
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
    double longestMs() const
    {
        return static_cast<double>(m_longestUs) / 1000.0;
    }
    // The turn length that `share` of all turns do not exceed, to a tenth of a millisecond below
    // 100 ms; 0 without turns.
    double quantileMs(double share) const;
    // {"turns":..,"p50_ms":..,"p99_ms":..,"p999_ms":..,"longest_ms":..,"over_16_ms":..}
    QByteArray toJson() const;

  protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

  private:
    void ended();

    static constexpr int stepUs = 100;
    std::array<quint64, 1001> m_counts{}; // by tenths of a millisecond; the last: longer
    quint64 m_turns = 0, m_long = 0;
    qint64 m_longestUs = 0;
    QElapsedTimer m_turn;   // invalid: asleep, as far as is known
    bool m_polling = false; // the posted events are being delivered, a poll follows
};

#endif
