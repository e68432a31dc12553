// A book behind fixed rows; the newest one is shown at the next frame.
#include <UpbitLive/widgets/orderbookmodel.h>

namespace UpbitLive
{
OrderbookModel::OrderbookModel(int depth, QObject *parent)
    : QAbstractTableModel(parent), m_depth(qBound(1, depth, 30)),
      m_cumulative(2 * m_depth, Decimal::null())
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(16);
    connect(&m_frame, &QTimer::timeout, this, &OrderbookModel::flush);
}

int OrderbookModel::depth() const noexcept
{
    return m_depth;
}

const Orderbook &OrderbookModel::orderbook() const noexcept
{
    return m_shown;
}

bool OrderbookModel::isAsk(int row) const noexcept
{
    return row < m_depth;
}

Decimal OrderbookModel::price(int row) const noexcept
{
    return isAsk(row) ? m_shown.askPrice(m_depth - 1 - row) : m_shown.bidPrice(row - m_depth);
}

Decimal OrderbookModel::size(int row) const noexcept
{
    return isAsk(row) ? m_shown.askSize(m_depth - 1 - row) : m_shown.bidSize(row - m_depth);
}

Decimal OrderbookModel::cumulative(int row) const noexcept
{
    return row >= 0 && row < m_cumulative.size() ? m_cumulative.at(row) : Decimal::null();
}

Decimal OrderbookModel::spread() const noexcept
{
    return m_shown.askPrice(0).minus(m_shown.bidPrice(0));
}

int OrderbookModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : 2 * m_depth;
}

int OrderbookModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant OrderbookModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter | Qt::AlignRight);
    switch (role) {
    case PriceRole:
        return QVariant::fromValue(price(index.row()));
    case SizeRole:
        return QVariant::fromValue(size(index.row()));
    case CumulativeRole:
        return QVariant::fromValue(cumulative(index.row()));
    case AskRole:
        return isAsk(index.row());
    case Qt::DisplayRole:
        break;
    default:
        return QVariant();
    }
    if (!m_shown.isValid())
        return QVariant();
    if (index.column() == Price)
        return priceText(m_shown.code(), price(index.row()));
    const bool mine = isAsk(index.row()) == (index.column() == AskSize);
    const Decimal value = size(index.row());
    return mine && !value.isNull() ? sizeText(value) : QString();
}

QVariant OrderbookModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return QVariant();
    return section == AskSize ? tr("Ask size") : section == Price ? tr("Price") : tr("Bid size");
}

void OrderbookModel::update(const Orderbook &orderbook)
{
    m_next = orderbook;
    if (!m_frame.isActive())
        m_frame.start();
}

// Once per frame, not per question: a view asks for every cell.
void OrderbookModel::sumUp()
{
    Decimal asks, bids;
    for (int i = 0; i < m_depth; ++i) {
        const int askRow = m_depth - 1 - i, bidRow = m_depth + i;
        asks = asks.plus(size(askRow)); // null from the first empty row on
        bids = bids.plus(size(bidRow));
        m_cumulative[askRow] = asks;
        m_cumulative[bidRow] = bids;
    }
}

void OrderbookModel::flush()
{
    m_shown = m_next;
    m_next = Orderbook();
    sumUp();
    Q_EMIT dataChanged(index(0, 0), index(2 * m_depth - 1, ColumnCount - 1));
}

void OrderbookModel::clear()
{
    m_frame.stop();
    m_shown = m_next = Orderbook();
    m_cumulative.fill(Decimal::null());
    Q_EMIT dataChanged(index(0, 0), index(2 * m_depth - 1, ColumnCount - 1));
}
} // namespace UpbitLive
