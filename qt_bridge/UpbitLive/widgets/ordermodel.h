// UpbitLive/widgets/ordermodel.h - my orders, newest first: the open ones and the last that ended.
//
// Feed it from Proxy::ordersReceived and from REST snapshots. A row is an order, not an event: what
// a fill says of itself (its price and volume) does not overwrite the order's, executed volume
// never shrinks, and what has ended stays ended, whatever late or repeated events come after it.
#ifndef UPBITLIVE_WIDGETS_ORDERMODEL_H
#define UPBITLIVE_WIDGETS_ORDERMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QHash>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/accountdata.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/telling.h>

namespace UpbitLive
{
struct UPBITLIVE_WIDGETS_EXPORT OrderRow {
    QString uuid, code, identifier;
    Side side = Side::None;
    OrderType orderType = OrderType::None;
    OrderState state = OrderState::None;
    Decimal price = Decimal::null();  // the order's; null for market orders
    Decimal volume = Decimal::null(); // the order's; null where it was given as an amount
    Decimal remaining = Decimal::null(), executed = Decimal::null();
    Decimal average = Decimal::null(), paidFee = Decimal::null(), funds = Decimal::null();
    qint64 orderMs = 0, updatedMs = 0; // Unix ms

    bool isOpen() const noexcept;
};

class UPBITLIVE_WIDGETS_EXPORT OrderModel : public QAbstractTableModel
{
    Q_OBJECT

  public:
    enum Column { Time, Code, SideColumn, Type, Price, Volume, Executed, State, ColumnCount };
    enum Role {
        UuidRole = Qt::UserRole + 1,
        OpenRole, // bool
        SideRole, // UpbitLive::Side, as int
        SortRole  // a Decimal, a number or a text, by column
    };

    // At most this many ended orders are kept, the newest ones.
    explicit OrderModel(int endedKept = 100, QObject *parent = nullptr);

    const OrderRow &order(int row) const;
    int rowOf(const QString &uuid) const; // -1: none
    int openCount() const noexcept;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  public Q_SLOTS:
    void add(const QVector<UpbitLive::Order> &orders);
    // The complete list of open orders, as REST gives it: open rows that are not in it have ended
    // unseen and go, unless they are newer than `askedMs`, the time the question was sent (Unix
    // ms).
    void setOpen(const QVector<UpbitLive::Order> &orders, qint64 askedMs);
    void clear();

  private:
    void flush();
    void merge(const Order &order);
    void mergeAll(const QVector<Order> &orders);
    void insert(const OrderRow &row);
    void removeAt(int row);
    void trim();
    QVariant sortValue(const OrderRow &row, int column) const;
    QString text(const OrderRow &row, int column) const;

    const int m_endedKept;
    QVector<OrderRow> m_rows; // by orderMs, newest first
    QVector<Order> m_pending;
    QTimer m_frame;
    TellingState m_telling;
};
} // namespace UpbitLive

#endif
