// Trades in a ring: pending ones become rows once per frame.
#include <UpbitLive/widgets/trademodel.h>
#include <upbit-live/market.h>

#include "telling_p.h"

namespace UpbitLive
{
TradeModel::TradeModel(int capacity, QObject *parent)
    : QAbstractTableModel(parent), m_ring(qMax(1, capacity))
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(16);
    connect(&m_frame, &QTimer::timeout, this, &TradeModel::flush);
}

Trade TradeModel::trade(int row) const
{
    if (row < 0 || row >= m_count)
        return Trade();
    return m_ring[(m_next - 1 - row + 2 * m_ring.size()) % m_ring.size()];
}

int TradeModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_count;
}

int TradeModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant TradeModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter |
                                (index.column() == Time ? Qt::AlignLeft : Qt::AlignRight));
    const Trade value = trade(index.row());
    if (!value.isValid())
        return QVariant();
    if (role == SideRole)
        return static_cast<int>(value.side());
    if (role == Qt::ToolTipRole)
        return QStringLiteral("%1 · %2").arg(value.code()).arg(value.sequentialId());
    if (role != Qt::DisplayRole)
        return QVariant();
    const upbit_trade &t = value.data();
    switch (index.column()) {
    case Time: // the exchange's own clock on the wall: Korea has no summer time
        return QDateTime::fromMSecsSinceEpoch(t.trade_timestamp, Qt::OffsetFromUTC, 9 * 3600)
            .toString(QStringLiteral("HH:mm:ss"));
    case Price:
        return priceText(value.code(), t.trade_price);
    case Size:
        return sizeText(t.trade_volume);
    default:
        return Decimal(t.trade_price)
            .times(t.trade_volume)
            .grouped(value.codeLatin1().startsWith(QLatin1String("KRW-")) ? 0 : 8);
    }
}

QVariant TradeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter |
                                (section == Time ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return QVariant();
    switch (section) {
    case Time:
        return tr("Time");
    case Price:
        return tr("Price");
    case Size:
        return tr("Size");
    default:
        return tr("Amount");
    }
}

void TradeModel::add(const QVector<Trade> &trades)
{
    m_pending += trades;
    // What would not fit in the ring anyway need not wait for the frame.
    if (m_pending.size() > 4 * m_ring.size())
        m_pending.remove(0, m_pending.size() - m_ring.size());
    if (!m_pending.isEmpty() && !m_frame.isActive())
        m_frame.start();
}

void TradeModel::put(const Trade &trade)
{
    m_ring[m_next] = trade;
    m_next = (m_next + 1) % m_ring.size();
}

void TradeModel::flush()
{
    if (m_telling.busy) {
        m_frame.start();
        return;
    }
    QVector<Trade> fresh;
    fresh.swap(m_pending);
    if (fresh.isEmpty())
        return;
    const int capacity = m_ring.size();
    if (fresh.size() >= capacity) {
        beginResetModel();
        for (int i = fresh.size() - capacity; i < fresh.size(); ++i)
            put(fresh[i]);
        m_count = capacity;
        endResetModel();
        return;
    }
    const Telling telling(this, &m_telling);
    const int surplus = m_count + fresh.size() - capacity;
    if (surplus > 0) {
        beginRemoveRows(QModelIndex(), m_count - surplus, m_count - 1);
        m_count -= surplus;
        endRemoveRows();
        if (!telling.holds())
            return;
    }
    beginInsertRows(QModelIndex(), 0, fresh.size() - 1);
    for (const Trade &trade : qAsConst(fresh))
        put(trade);
    m_count += fresh.size();
    endInsertRows();
}

void TradeModel::clear()
{
    ++m_telling.content;
    m_pending.clear();
    beginResetModel();
    m_ring.fill(Trade());
    m_next = m_count = 0;
    endResetModel();
}
} // namespace UpbitLive
