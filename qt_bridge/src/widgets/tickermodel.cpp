// Tickers by row: a hash from code to row, dirty rows, one flush per frame.
#include <UpbitLive/widgets/tickermodel.h>
#include <upbit-live/market.h>

#include <QtCore/QElapsedTimer>

#include <algorithm>

#include "telling_p.h"

namespace UpbitLive
{
static constexpr int frameMs = 16;
static constexpr qint64 flashMs = 280; // long enough to be seen, short enough not to smear

static qint64 nowMs()
{
    static const QElapsedTimer clock = [] {
        QElapsedTimer c;
        c.start();
        return c;
    }();
    return clock.elapsed();
}

TickerModel::TickerModel(QObject *parent) : QAbstractTableModel(parent)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(frameMs);
    connect(&m_frame, &QTimer::timeout, this, &TickerModel::flush);
}

void TickerModel::setNames(Names names)
{
    if (names == m_names)
        return;
    m_names = names;
    if (!m_rows.isEmpty())
        Q_EMIT dataChanged(index(0, Name), index(m_rows.size() - 1, Name));
}

void TickerModel::setMarkets(const QVector<Market> &markets)
{
    QHash<QByteArray, Ticker> known;
    for (int i = 0; i < m_rows.size(); ++i)
        known.insert(m_markets[i].code.toLatin1(), m_rows[i].ticker);
    ++m_telling.content;
    beginResetModel();
    m_markets = markets;
    m_rows = QVector<Row>(markets.size());
    m_rowOf.clear();
    m_dirty.clear();
    m_flashing.clear();
    for (int i = 0; i < markets.size(); ++i) {
        const QByteArray code = markets[i].code.toLatin1();
        m_rowOf.insert(code, i);
        m_rows[i].ticker = known.value(code);
    }
    endResetModel();
}

const QVector<Market> &TickerModel::markets() const noexcept
{
    return m_markets;
}

Market TickerModel::market(const QString &code) const
{
    const int row = m_rowOf.value(code.toLatin1(), -1);
    return row >= 0 ? m_markets[row] : Market{code, QString(), QString()};
}

Ticker TickerModel::ticker(const QString &code) const
{
    const int row = m_rowOf.value(code.toLatin1(), -1);
    return row >= 0 ? m_rows[row].ticker : Ticker();
}

int TickerModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_rows.size();
}

int TickerModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant TickerModel::text(const Row &row, const Market &market, int column) const
{
    if (column == Name) {
        const QString &name = m_names == Korean ? market.korean : market.english;
        return name.isEmpty() ? market.code : name;
    }
    if (!row.ticker.isValid())
        return QString();
    const upbit_ticker &ticker = row.ticker.data();
    switch (column) {
    case Price:
        return priceText(market.code, ticker.trade_price);
    case Rate:
        return rateText(ticker.signed_change_rate);
    default: // millions, as the exchange's own window shows it
        return Decimal(ticker.acc_trade_price_24h)
            .times(Decimal::fromInt(1, market.code.startsWith(QLatin1String("KRW-")) ? -6 : 0))
            .grouped(0);
    }
}

static QVariant sortKey(const Ticker &ticker, int column)
{
    if (!ticker.isValid())
        return QVariant::fromValue(Decimal::null());
    switch (column) {
    case TickerModel::Price:
        return QVariant::fromValue(ticker.tradePrice());
    case TickerModel::Rate:
        return QVariant::fromValue(ticker.signedChangeRate());
    default:
        return QVariant::fromValue(ticker.accTradePrice24h());
    }
}

QVariant TickerModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= m_rows.size())
        return QVariant();
    const Row &row = m_rows[index.row()];
    const Market &market = m_markets[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return text(row, market, index.column());
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignVCenter |
                                (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight));
    case Qt::ToolTipRole:
        return QStringLiteral("%1 · %2 · %3").arg(market.code, market.korean, market.english);
    case CodeRole:
        return market.code;
    case EnglishRole:
        return market.english;
    case SortRole:
        return index.column() == Name ? text(row, market, Name)
                                      : sortKey(row.ticker, index.column());
    case TrendRole:
        return row.ticker.isValid() ? row.ticker.signedChangeRate().sign() : 0;
    case FlashRole:
        return row.flash;
    default:
        return QVariant();
    }
}

QVariant TickerModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return QVariant();
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>(Qt::AlignVCenter |
                                (section == Name ? Qt::AlignLeft : Qt::AlignRight));
    if (role != Qt::DisplayRole)
        return QVariant();
    switch (section) {
    case Name:
        return tr("Market");
    case Price:
        return tr("Price");
    case Rate:
        return tr("Change");
    default:
        return tr("Turnover (m)");
    }
}

void TickerModel::update(const QVector<Ticker> &tickers)
{
    for (const Ticker &ticker : tickers) {
        if (!ticker.isValid())
            continue;
        const char *code = ticker.handle()->code;
        const auto found =
            m_rowOf.constFind(QByteArray::fromRawData(code, static_cast<int>(qstrlen(code))));
        if (found == m_rowOf.constEnd())
            continue;
        Row &row = m_rows[*found];
        const int moved =
            row.ticker.isValid()
                ? Decimal(ticker.data().trade_price).compare(Decimal(row.ticker.data().trade_price))
                : 0;
        row.ticker = ticker;
        if (moved != 0) {
            if (row.flash == 0)
                m_flashing.append(*found);
            row.flash = moved;
            row.flashEnd = nowMs() + flashMs;
        }
        if (!row.dirty) {
            row.dirty = true;
            m_dirty.append(*found);
        }
    }
    // A flash that waits for its end must not make values wait.
    if (!m_dirty.isEmpty() && (!m_frame.isActive() || m_frame.interval() != frameMs))
        m_frame.start(frameMs);
}

void TickerModel::flush()
{
    if (m_telling.busy) {
        m_frame.start(frameMs);
        return;
    }
    const qint64 now = nowMs();
    for (int i = 0; i < m_flashing.size();) {
        Row &row = m_rows[m_flashing[i]];
        if (row.flashEnd > now) {
            ++i;
            continue;
        }
        row.flash = 0;
        if (!row.dirty) {
            row.dirty = true;
            m_dirty.append(m_flashing[i]);
        }
        m_flashing[i] = m_flashing.last();
        m_flashing.removeLast();
    }
    QVector<int> dirty;
    dirty.swap(m_dirty);
    std::sort(dirty.begin(), dirty.end());
    for (int row : qAsConst(dirty))
        m_rows[row].dirty = false; // what comes from within a slot is told by the next frame
    const Telling telling(this, &m_telling);
    for (int i = 0; i < dirty.size();) {
        int end = i;
        while (end + 1 < dirty.size() && dirty[end + 1] == dirty[end] + 1)
            ++end;
        Q_EMIT dataChanged(index(dirty[i], Price), index(dirty[end], Turnover));
        if (!telling.holds())
            return;
        i = end + 1;
    }
    if (!m_flashing.isEmpty() && !m_frame.isActive())
        m_frame.start(4 * frameMs);
}

void TickerModel::clear()
{
    ++m_telling.content;
    m_dirty.clear();
    m_flashing.clear();
    m_rows = QVector<Row>(m_markets.size());
    if (!m_rows.isEmpty())
        Q_EMIT dataChanged(index(0, Price), index(m_rows.size() - 1, Turnover));
}
} // namespace UpbitLive
