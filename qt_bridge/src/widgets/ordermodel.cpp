#include <UpbitLive/widgets/ordermodel.h>
#include <upbit-live/account.h>

#include <QtCore/QDateTime>
#include <QtCore/QSet>

#include <algorithm>

#include "telling_p.h"

namespace UpbitLive
{
bool OrderRow::isOpen() const noexcept
{
    return state != OrderState::Done && state != OrderState::Cancel &&
           state != OrderState::Prevented;
}

OrderModel::OrderModel(int endedKept, QObject *parent)
    : QAbstractTableModel(parent), m_endedKept(qMax(0, endedKept))
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(16);
    connect(&m_frame, &QTimer::timeout, this, &OrderModel::flush);
}

const OrderRow &OrderModel::order(int row) const
{
    return m_rows.at(row);
}

int OrderModel::rowOf(const QString &uuid) const
{
    for (int i = 0; i < m_rows.size(); ++i)
        if (m_rows.at(i).uuid == uuid)
            return i;
    return -1;
}

int OrderModel::openCount() const noexcept
{
    return static_cast<int>(std::count_if(m_rows.cbegin(), m_rows.cend(),
                                          [](const OrderRow &row) { return row.isOpen(); }));
}

int OrderModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_rows.size();
}

int OrderModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QString OrderModel::text(const OrderRow &row, int column) const
{
    switch (column) {
    case Time:
        return QDateTime::fromMSecsSinceEpoch(row.orderMs, Qt::OffsetFromUTC, 9 * 3600)
            .toString(QStringLiteral("MM-dd HH:mm:ss"));
    case Code:
        return row.code;
    case SideColumn:
        return row.side == Side::Bid ? tr("Buy") : row.side == Side::Ask ? tr("Sell") : QString();
    case Type:
        switch (row.orderType) {
        case OrderType::Limit:
            return tr("Limit");
        case OrderType::Price:
            return tr("Market buy");
        case OrderType::Market:
            return tr("Market sell");
        case OrderType::Best:
            return tr("Best");
        default:
            return QString();
        }
    case Price:
        return priceText(row.code, row.price);
    case Volume:
        return row.volume.grouped();
    case Executed:
        return row.executed.grouped();
    default:
        switch (row.state) {
        case OrderState::Wait:
            return tr("Open");
        case OrderState::Watch:
            return tr("Reserved");
        case OrderState::Trade:
            return tr("Filling");
        case OrderState::Done:
            return tr("Done");
        case OrderState::Cancel: // a market buy ends like this when a rest is left: not "unfilled"
            return row.executed.sign() > 0 ? tr("Filled, rest cancelled") : tr("Cancelled");
        case OrderState::Prevented:
            return tr("Prevented");
        default:
            return QString();
        }
    }
}

QVariant OrderModel::sortValue(const OrderRow &row, int column) const
{
    switch (column) {
    case Time:
        return row.orderMs;
    case Price:
        return QVariant::fromValue(row.price);
    case Volume:
        return QVariant::fromValue(row.volume);
    case Executed:
        return QVariant::fromValue(row.executed);
    default:
        return text(row, column);
    }
}

QVariant OrderModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= m_rows.size())
        return QVariant();
    const OrderRow &row = m_rows.at(index.row());
    switch (role) {
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignVCenter |
                                (index.column() >= Price && index.column() <= Executed
                                     ? Qt::AlignRight
                                     : Qt::AlignLeft));
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return row.identifier.isEmpty() ? row.uuid
                                        : row.uuid + QLatin1String(" · ") + row.identifier;
    case UuidRole:
        return row.uuid;
    case OpenRole:
        return row.isOpen();
    case SideRole:
        return static_cast<int>(row.side);
    case SortRole:
        return sortValue(row, index.column());
    default:
        return QVariant();
    }
}

QVariant OrderModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(
            Qt::AlignVCenter |
            (section >= Price && section <= Executed ? Qt::AlignRight : Qt::AlignLeft));
    if (role != Qt::DisplayRole)
        return QVariant();
    switch (section) {
    case Time:
        return tr("Time");
    case Code:
        return tr("Market");
    case SideColumn:
        return tr("Side");
    case Type:
        return tr("Type");
    case Price:
        return tr("Price");
    case Volume:
        return tr("Volume");
    case Executed:
        return tr("Executed");
    default:
        return tr("State");
    }
}

void OrderModel::add(const QVector<Order> &orders)
{
    m_pending += orders;
    if (!m_pending.isEmpty() && !m_frame.isActive())
        m_frame.start();
}

static void take(Decimal &to, const Decimal &from)
{
    if (!from.isNull())
        to = from;
}

static bool grows(const Decimal &from, const Decimal &to)
{
    return !to.isNull() && (from.isNull() || to >= from);
}

// What an event says of the order it belongs to. `late`: the row knows a later state.
static bool apply(OrderRow &row, const Order &order, bool late)
{
    const OrderRow before = row;
    // A fill's price and volume are its own; the order's are its sum of what ran and what is left.
    const bool fill = order.state() == OrderState::Trade;
    if (!fill) {
        take(row.price, order.price());
        take(row.volume, order.volume());
    } else if (row.volume.isNull()) {
        row.volume = order.executedVolume().plus(order.remainingVolume());
        if (row.price.isNull() && order.orderType() == OrderType::Limit)
            row.price = order.price(); // better than nothing: the limit is not in a fill's event
    }
    if (!late) {
        row.state = order.state();
        take(row.remaining, order.remainingVolume());
        take(row.executed, order.executedVolume());
        take(row.average, order.avgPrice());
        take(row.paidFee, order.paidFee());
        take(row.funds, order.executedFunds());
        row.updatedMs = qMax(row.updatedMs, order.exchangeMs());
    }
    return row.state != before.state || row.price != before.price || row.volume != before.volume ||
           row.executed != before.executed || row.remaining != before.remaining ||
           row.average != before.average;
}

void OrderModel::insert(const OrderRow &row)
{
    const auto at = std::upper_bound(
        m_rows.begin(), m_rows.end(), row,
        [](const OrderRow &a, const OrderRow &b) { return a.orderMs > b.orderMs; });
    const int place = static_cast<int>(at - m_rows.begin());
    beginInsertRows(QModelIndex(), place, place);
    m_rows.insert(at, row);
    endInsertRows();
}

void OrderModel::merge(const Order &order)
{
    const QString uuid = order.uuid();
    if (uuid.isEmpty())
        return;
    const int at = rowOf(uuid);
    if (at < 0) {
        OrderRow row;
        row.uuid = uuid;
        row.code = order.code();
        row.identifier = order.identifier();
        row.side = order.side();
        row.orderType = order.orderType();
        row.orderMs = order.data().order_timestamp;
        apply(row, order, false);
        insert(row);
        return;
    }
    OrderRow &row = m_rows[at];
    const bool ends = order.state() == OrderState::Done || order.state() == OrderState::Cancel ||
                      order.state() == OrderState::Prevented;
    const bool back =
        !grows(row.executed, order.executedVolume()) && !order.executedVolume().isNull();
    if (apply(row, order, (!row.isOpen() && !ends) || back))
        Q_EMIT dataChanged(index(at, 0), index(at, ColumnCount - 1));
}

void OrderModel::removeAt(int row)
{
    beginRemoveRows(QModelIndex(), row, row);
    m_rows.remove(row);
    endRemoveRows();
}

void OrderModel::trim()
{
    const Telling telling(this, &m_telling);
    int ended = 0;
    for (int i = 0; telling.holds() && i < m_rows.size();) {
        if (!m_rows.at(i).isOpen() && ++ended > m_endedKept)
            removeAt(i);
        else
            ++i;
    }
}

void OrderModel::flush()
{
    if (m_telling.busy) {
        m_frame.start();
        return;
    }
    QVector<Order> fresh;
    fresh.swap(m_pending);
    mergeAll(fresh);
}

void OrderModel::mergeAll(const QVector<Order> &orders)
{
    const Telling telling(this, &m_telling);
    for (const Order &order : orders) {
        merge(order);
        if (!telling.holds())
            return;
    }
    trim();
}

void OrderModel::setOpen(const QVector<Order> &orders, qint64 askedMs)
{
    const Telling telling(this, &m_telling);
    // A slot may change both. NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
    const QVector<Order> list = orders;
    const QVector<Order> waiting = m_pending;
    m_pending.clear();
    mergeAll(waiting);
    if (!telling.holds())
        return;
    QSet<QString> open;
    for (const Order &order : list)
        open.insert(order.uuid());
    for (int i = m_rows.size() - 1; i >= 0; --i) {
        if (!m_rows.at(i).isOpen() || open.contains(m_rows.at(i).uuid) ||
            m_rows.at(i).updatedMs >= askedMs)
            continue;
        removeAt(i);
        if (!telling.holds())
            return;
        i = qMin(i, m_rows.size());
    }
    mergeAll(list);
}

void OrderModel::clear()
{
    ++m_telling.content;
    m_pending.clear();
    beginResetModel();
    m_rows.clear();
    endResetModel();
}
} // namespace UpbitLive
