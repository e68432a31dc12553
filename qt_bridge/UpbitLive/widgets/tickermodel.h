// UpbitLive/widgets/tickermodel.h - a table of markets and their latest tickers.
//
// Feed it from Proxy::tickersReceived. However fast they come, views are told once per frame, with
// one dataChanged per range of neighbouring rows. Rows never move and never reset after setMarkets:
// sort with a QSortFilterProxyModel on SortRole.
#ifndef UPBITLIVE_WIDGETS_TICKERMODEL_H
#define UPBITLIVE_WIDGETS_TICKERMODEL_H

#include <QtCore/QAbstractTableModel>
#include <QtCore/QHash>
#include <QtCore/QTimer>
#include <QtCore/QVector>
#include <UpbitLive/marketdata.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/telling.h>

namespace UpbitLive
{
struct Market {
    QString code, korean, english;
};

class UPBITLIVE_WIDGETS_EXPORT TickerModel : public QAbstractTableModel
{
    Q_OBJECT

  public:
    enum Column { Name, Price, Rate, Turnover, ColumnCount };
    enum Role {
        CodeRole = Qt::UserRole + 1,
        EnglishRole, // the English name
        SortRole,    // a Decimal, or the name
        TrendRole,   // -1, 0, 1 against the previous close
        FlashRole    // -1, 0, 1: the price has just moved
    };

    explicit TickerModel(QObject *parent = nullptr);

    enum Names { Korean, English };
    // Which names the first column shows; Korean by default, the code where there is none.
    void setNames(Names names);
    void setMarkets(const QVector<Market> &markets);
    const QVector<Market> &markets() const noexcept;
    Market market(const QString &code) const;
    // An invalid one when there is none yet.
    Ticker ticker(const QString &code) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  public Q_SLOTS:
    void update(const QVector<UpbitLive::Ticker> &tickers);
    // Forgets the values, keeps the markets.
    void clear();

  private:
    struct Row {
        Ticker ticker;
        qint64 flashEnd = 0;
        int flash = 0;
        bool dirty = false;
    };
    void flush();
    QVariant text(const Row &row, const Market &market, int column) const;

    Names m_names = Korean;
    QVector<Market> m_markets;
    QVector<Row> m_rows;
    QHash<QByteArray, int> m_rowOf;
    QVector<int> m_dirty, m_flashing;
    QTimer m_frame;
    TellingState m_telling;
};
} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Market)

#endif
