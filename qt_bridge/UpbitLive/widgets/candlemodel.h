// UpbitLive/widgets/candlemodel.h - one market's candles of one unit, oldest first.
//
// Feed it from Proxy::candlesReceived and from snapshots (REST): both are the same windows, so they
// are joined by their start, and of two values of one window the later one stays. History that
// comes late is put in front, a hole after a cut is closed, nothing is ever there twice.
//
// The exchange has no candle for a window without trades. With gaps filled (the default) such a
// window is a row all the same, flat at the close before it and without volume, once a later one is
// known.
//
// Views are told once per frame: one insertion in front, one behind, ranged dataChanged between.
#ifndef UPBITLIVE_WIDGETS_CANDLEMODEL_H
#define UPBITLIVE_WIDGETS_CANDLEMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QMap>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/marketdata.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/telling.h>
#include <functional>
#include <vector>

namespace UpbitLive
{
struct CandleBar {
    qint64 startMs = 0; // Unix ms, UTC
    qint64 stampMs = 0; // of the last trade in it, as the exchange says; 0: filled
    Decimal open, high, low, close;
    Decimal volume, amount; // of the base currency; of the quote currency
    bool filled = false;    // no trades: made up from the one before
};

class UPBITLIVE_WIDGETS_EXPORT CandleModel : public QAbstractTableModel
{
    Q_OBJECT

  public:
    enum Column { Time, Open, High, Low, Close, Volume, Amount, ColumnCount };
    enum Role {
        StartRole = Qt::UserRole + 1, // qint64, Unix ms
        FinalRole,                    // bool: nothing will change in it but by a late frame
        FilledRole,                   // bool
        TrendRole                     // -1, 0, 1: close against open
    };

    // The oldest rows go when there would be more than `capacity`.
    explicit CandleModel(int capacity = 5000, QObject *parent = nullptr);

    // What is shown; another series clears the model. Candles of others are passed over.
    void setSeries(const QString &code, CandleUnit unit);
    QString code() const;
    CandleUnit unit() const noexcept;
    qint64 unitMs() const noexcept;

    // To be set before the first candle.
    void setFillGaps(bool fill);
    // What time it is, in Unix ms; default: this machine's clock. For tests and corrected clocks.
    void setClock(std::function<qint64()> clock);

    const CandleBar &bar(int row) const; // row 0 is the oldest; 0 <= row < rowCount()
    // A later window exists, or its time is over by the clock.
    bool isFinal(int row) const;
    // The row of the window that holds the time; -1 before the first and in an unfilled gap.
    int rowAt(qint64 ms) const noexcept;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  public Q_SLOTS:
    // From the stream or by REST, in any order.
    void add(const QVector<UpbitLive::Candle> &candles);
    void clear();

  Q_SIGNALS:
    // The window's time is over or a later one has begun; once per window, not for history.
    void finalized(qint64 startMs);

  private:
    int count() const noexcept
    {
        return static_cast<int>(m_bars.size());
    }
    void flush();
    bool replaces(const CandleBar &fresh, const CandleBar &old) const noexcept;
    QVector<CandleBar> joined(const QMap<qint64, CandleBar> &bars, qint64 from, qint64 until) const;
    void prepend(const QMap<qint64, CandleBar> &bars);
    void append(const QMap<qint64, CandleBar> &bars);
    void place(const CandleBar &bar);
    int lowerBound(qint64 startMs) const noexcept;
    void refill(int row);
    void watchEnd();
    void checkEnd();
    void touch(int row);
    void tellTouched();

    const int m_capacity;
    QString m_code;
    QByteArray m_latin1;
    CandleUnit m_unit = CandleUnit::None;
    bool m_fill = true;
    std::function<qint64()> m_clock;
    std::vector<CandleBar> m_bars;
    QMap<qint64, CandleBar> m_pending;
    QVector<int> m_touched;
    qint64 m_endTold = 0; // start of the last window that was told to be final
    QTimer m_frame, m_end;
    TellingState m_telling;
};
} // namespace UpbitLive

#endif
