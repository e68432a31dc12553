// UpbitLive/widgets/trademodel.h - the most recent trades, newest first.
//
// A ring of fixed size. Feed it from Proxy::tradesReceived; views are told once per frame, with one
// insertion of rows for all trades of that frame.
#ifndef UPBITLIVE_WIDGETS_TRADEMODEL_H
#define UPBITLIVE_WIDGETS_TRADEMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/marketdata.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/telling.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT TradeModel : public QAbstractTableModel
{
    Q_OBJECT

  public:
    enum Column { Time, Price, Size, Amount, ColumnCount };
    enum Role { SideRole = Qt::UserRole + 1 }; // UpbitLive::Side of the taker, as int

    explicit TradeModel(int capacity = 200, QObject *parent = nullptr);

    Trade trade(int row) const; // row 0 is the newest
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  public Q_SLOTS:
    void add(const QVector<UpbitLive::Trade> &trades);
    void clear();

  private:
    void flush();
    void put(const Trade &trade);

    QVector<Trade> m_ring;
    int m_next = 0, m_count = 0; // m_ring[m_next] is where the next trade goes
    QVector<Trade> m_pending;
    QTimer m_frame;
    TellingState m_telling;
};
} // namespace UpbitLive

#endif
