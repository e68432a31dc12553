// UpbitLive/widgets/orderbookmodel.h - the order book as a table of fixed rows.
//
// Rows 0..depth-1 are asks, the best one last; rows depth..2*depth-1 are bids, the best one first. The
// number of rows never changes: a thin side has empty rows. Views are told once per frame.
#ifndef UPBITLIVE_WIDGETS_ORDERBOOKMODEL_H
#define UPBITLIVE_WIDGETS_ORDERBOOKMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/marketdata.h>
#include <UpbitLive/widgets/format.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT OrderbookModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { AskSize, Price, BidSize, ColumnCount };
    enum Role {
        PriceRole = Qt::UserRole + 1, // Decimal
        SizeRole,                     // Decimal
        CumulativeRole,               // Decimal: from the best row to this one
        AskRole                       // bool
    };

    explicit OrderbookModel(int depth = 15, QObject *parent = nullptr);

    int depth() const noexcept;
    const Orderbook &orderbook() const noexcept; // what the rows show
    Decimal price(int row) const noexcept;
    Decimal size(int row) const noexcept;
    // The sizes from the best row to this one, exactly; null for an empty row.
    Decimal cumulative(int row) const noexcept;
    bool isAsk(int row) const noexcept;
    // Best ask less best bid; null while a side is empty.
    Decimal spread() const noexcept;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

public Q_SLOTS:
    void update(const UpbitLive::Orderbook &orderbook);
    void clear();

private:
    void sumUp();
    void flush();

    const int m_depth;
    Orderbook m_shown, m_next;
    QVector<Decimal> m_cumulative; // by model row
    QTimer m_frame;
};
} // namespace UpbitLive

#endif
