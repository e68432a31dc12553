#include <UpbitLive/widgets/assetmodel.h>
#include <upbit-live/account.h>

#include <algorithm>

#include "telling_p.h"

namespace UpbitLive
{
static bool comesBefore(const QString &a, const QString &b)
{
    const bool krwA = a == QLatin1String("KRW"), krwB = b == QLatin1String("KRW");
    return krwA != krwB ? krwA : a < b;
}

static Decimal totalOf(const AssetRow &row)
{
    return row.balance.plus(row.locked);
}

AssetModel::AssetModel(QObject *parent) : QAbstractTableModel(parent)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(16);
    connect(&m_frame, &QTimer::timeout, this, &AssetModel::flush);
}

const AssetRow &AssetModel::asset(int row) const
{
    return m_rows.at(row);
}

int AssetModel::rowOf(const QString &currency) const
{
    for (int i = 0; i < m_rows.size(); ++i)
        if (m_rows.at(i).currency == currency)
            return i;
    return -1;
}

int AssetModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_rows.size();
}

int AssetModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant AssetModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= m_rows.size())
        return QVariant();
    const AssetRow &row = m_rows.at(index.row());
    const int column = index.column();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter |
                                (column == Currency ? Qt::AlignLeft : Qt::AlignRight));
    if (role == EmptyRole)
        return row.balance.isZero() && row.locked.isZero();
    if (role != Qt::DisplayRole && role != SortRole)
        return QVariant();
    if (column == Currency)
        return row.currency;
    const Decimal value = column == Available ? row.balance
                          : column == Locked  ? row.locked
                                              : totalOf(row);
    return role == SortRole ? QVariant::fromValue(value) : QVariant(value.grouped());
}

QVariant AssetModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter |
                                (section == Currency ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return QVariant();
    switch (section) {
    case Currency:
        return tr("Currency");
    case Available:
        return tr("Available");
    case Locked:
        return tr("Locked");
    default:
        return tr("Total");
    }
}

void AssetModel::add(const QVector<Asset> &assets)
{
    m_pending += assets;
    if (!m_pending.isEmpty() && !m_frame.isActive())
        m_frame.start();
}

void AssetModel::merge(const AssetRow &fresh)
{
    const auto at = std::lower_bound(
        m_rows.begin(), m_rows.end(), fresh.currency,
        [](const AssetRow &row, const QString &c) { return comesBefore(row.currency, c); });
    const int row = static_cast<int>(at - m_rows.begin());
    if (at == m_rows.end() || at->currency != fresh.currency) {
        beginInsertRows(QModelIndex(), row, row);
        m_rows.insert(at, fresh);
        endInsertRows();
        return;
    }
    // Two messages of one moment are one business event: the later one counts.
    if (fresh.changedMs < at->changedMs)
        return;
    const bool same = at->balance == fresh.balance && at->locked == fresh.locked;
    *at = fresh;
    if (!same)
        Q_EMIT dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

void AssetModel::flush()
{
    if (m_telling.busy) {
        m_frame.start();
        return;
    }
    QVector<Asset> fresh;
    fresh.swap(m_pending);
    const Telling telling(this, &m_telling);
    for (const Asset &message : qAsConst(fresh)) {
        const upbit_my_asset &data = message.data();
        const qint64 at = data.asset_timestamp != 0 ? data.asset_timestamp : message.exchangeMs();
        for (int i = 0; i < message.count(); ++i) {
            merge({message.currency(i), message.balance(i), message.locked(i), at});
            if (!telling.holds())
                return;
        }
    }
}

void AssetModel::clear()
{
    ++m_telling.content;
    m_pending.clear();
    beginResetModel();
    m_rows.clear();
    endResetModel();
}
} // namespace UpbitLive
