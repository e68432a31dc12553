// UpbitLive/widgets/assetmodel.h - my balances, a row per currency, in alphabetical order, KRW
// first.
//
// Feed it from Proxy::assetsReceived and from REST snapshots. A message names only the currencies
// that changed; for each of them the newest message counts.
#ifndef UPBITLIVE_WIDGETS_ASSETMODEL_H
#define UPBITLIVE_WIDGETS_ASSETMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/accountdata.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/telling.h>

namespace UpbitLive
{
struct AssetRow {
    QString currency;
    Decimal balance; // available
    Decimal locked;  // in orders or withdrawals
    qint64 changedMs = 0;
};

class UPBITLIVE_WIDGETS_EXPORT AssetModel : public QAbstractTableModel
{
    Q_OBJECT

  public:
    enum Column { Currency, Available, Locked, Total, ColumnCount };
    enum Role {
        SortRole = Qt::UserRole + 1, // a Decimal, or the currency
        EmptyRole                    // bool: nothing of it is left; for filters
    };

    explicit AssetModel(QObject *parent = nullptr);

    const AssetRow &asset(int row) const;
    int rowOf(const QString &currency) const; // -1: none

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  public Q_SLOTS:
    void add(const QVector<UpbitLive::Asset> &assets);
    void clear();

  private:
    void flush();
    void merge(const AssetRow &fresh);

    QVector<AssetRow> m_rows;
    QVector<Asset> m_pending;
    QTimer m_frame;
    TellingState m_telling;
};
} // namespace UpbitLive

#endif
