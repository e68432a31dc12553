// Candles in one ascending row of windows. Whatever comes waits for the frame in a map by its
// start; then it is split into what goes in front, what changes or fills rows, and what goes
// behind.
#include <UpbitLive/widgets/candlemodel.h>
#include <upbit-live/market.h>

#include <QtCore/QDateTime>

#include <algorithm>

#include "telling_p.h"

namespace UpbitLive
{
// A frame of the window that has just ended may still be on its way when the clock says it is over.
static const qint64 graceMs = 500;

CandleModel::CandleModel(int capacity, QObject *parent)
    : QAbstractTableModel(parent), m_capacity(qMax(2, capacity)),
      m_clock(&QDateTime::currentMSecsSinceEpoch)
{
    m_frame.setSingleShot(true);
    m_frame.setInterval(16);
    connect(&m_frame, &QTimer::timeout, this, &CandleModel::flush);
    m_end.setSingleShot(true);
    connect(&m_end, &QTimer::timeout, this, &CandleModel::checkEnd);
}

void CandleModel::setSeries(const QString &code, CandleUnit unit)
{
    if (code == m_code && unit == m_unit)
        return;
    m_code = code;
    m_latin1 = code.toLatin1();
    m_unit = unit;
    clear();
}

QString CandleModel::code() const
{
    return m_code;
}

CandleUnit CandleModel::unit() const noexcept
{
    return m_unit;
}

qint64 CandleModel::unitMs() const noexcept
{
    return static_cast<qint64>(m_unit) * 1000;
}

void CandleModel::setFillGaps(bool fill)
{
    m_fill = fill;
}

void CandleModel::setClock(std::function<qint64()> clock)
{
    m_clock = std::move(clock);
    checkEnd();
}

const CandleBar &CandleModel::bar(int row) const
{
    return m_bars[static_cast<size_t>(row)];
}

bool CandleModel::isFinal(int row) const
{
    return row < count() - 1 || m_clock() >= bar(row).startMs + unitMs() + graceMs;
}

int CandleModel::lowerBound(qint64 startMs) const noexcept
{
    const auto found =
        std::lower_bound(m_bars.cbegin(), m_bars.cend(), startMs,
                         [](const CandleBar &b, qint64 start) { return b.startMs < start; });
    return static_cast<int>(found - m_bars.cbegin());
}

int CandleModel::rowAt(qint64 ms) const noexcept
{
    const int after = lowerBound(ms + 1);
    return after > 0 && ms < bar(after - 1).startMs + unitMs() ? after - 1 : -1;
}

int CandleModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

int CandleModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(ColumnCount);
}

QVariant CandleModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid() || index.row() >= count())
        return QVariant();
    const CandleBar &b = bar(index.row());
    switch (role) {
    case Qt::TextAlignmentRole:
        return static_cast<int>(Qt::AlignVCenter |
                                (index.column() == Time ? Qt::AlignLeft : Qt::AlignRight));
    case StartRole:
        return b.startMs;
    case FinalRole:
        return isFinal(index.row());
    case FilledRole:
        return b.filled;
    case TrendRole:
        return b.close.compare(b.open) < 0 ? -1 : b.close.compare(b.open) > 0 ? 1 : 0;
    case Qt::DisplayRole:
        break;
    default:
        return QVariant();
    }
    switch (index.column()) {
    case Time: // Korea's time: there is no summer time, and the exchange's day begins at nine
        return QDateTime::fromMSecsSinceEpoch(b.startMs, Qt::OffsetFromUTC, 9 * 3600)
            .toString(m_unit == CandleUnit::Second1 ? QStringLiteral("MM-dd HH:mm:ss")
                                                    : QStringLiteral("MM-dd HH:mm"));
    case Open:
        return priceText(m_code, b.open);
    case High:
        return priceText(m_code, b.high);
    case Low:
        return priceText(m_code, b.low);
    case Close:
        return priceText(m_code, b.close);
    case Volume:
        return sizeText(b.volume);
    default:
        return b.amount.grouped(m_code.startsWith(QLatin1String("KRW-")) ? 0 : 8);
    }
}

QVariant CandleModel::headerData(int section, Qt::Orientation orientation, int role) const
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
    case Open:
        return tr("Open");
    case High:
        return tr("High");
    case Low:
        return tr("Low");
    case Close:
        return tr("Close");
    case Volume:
        return tr("Volume");
    default:
        return tr("Amount");
    }
}

// Volume only grows within a window: it decides where the stamps do not.
bool CandleModel::replaces(const CandleBar &fresh, const CandleBar &old) const noexcept
{
    if (old.filled || fresh.stampMs != old.stampMs)
        return old.filled || fresh.stampMs > old.stampMs;
    return fresh.volume.compare(old.volume) >= 0;
}

void CandleModel::add(const QVector<Candle> &candles)
{
    for (const Candle &candle : candles) {
        if (candle.unit() != m_unit || candle.codeLatin1() != QLatin1String(m_latin1))
            continue;
        const upbit_candle &c = candle.data();
        CandleBar b;
        b.startMs = c.start_ms;
        b.stampMs = c.event.exchange_ms;
        b.open = c.opening_price;
        b.high = c.high_price;
        b.low = c.low_price;
        b.close = c.trade_price;
        b.volume = c.candle_acc_trade_volume;
        b.amount = c.candle_acc_trade_price;
        const auto waiting = m_pending.find(b.startMs);
        if (waiting == m_pending.end())
            m_pending.insert(b.startMs, b);
        else if (replaces(b, *waiting))
            *waiting = b;
    }
    // A chart of `capacity` windows has no use for more, however late the frame comes.
    while (m_pending.size() > m_capacity)
        m_pending.erase(m_pending.begin());
    if (!m_pending.isEmpty() && !m_frame.isActive())
        m_frame.start();
}

static CandleBar flatAfter(const CandleBar &before, qint64 startMs)
{
    CandleBar b;
    b.startMs = startMs;
    b.open = b.high = b.low = b.close = before.close;
    b.filled = true;
    return b;
}

// The bars of [from, until) with the gaps between them, and up to `until` (0: not beyond the last),
// filled. `from` is before the first bar: then a gap begins there, after row m_bars.back().
QVector<CandleBar> CandleModel::joined(const QMap<qint64, CandleBar> &bars, qint64 from,
                                       qint64 until) const
{
    QVector<CandleBar> rows;
    const qint64 unit = unitMs();
    const CandleBar *before = from > 0 ? &m_bars.back() : nullptr;
    CandleBar last = before != nullptr ? *before : CandleBar();
    const qint64 end = until > 0 ? until : bars.lastKey();
    // Windows older than this would be pushed out again at once.
    const qint64 oldest = end - unit * m_capacity;
    for (const CandleBar &b : bars) {
        if (m_fill && (before != nullptr || !rows.isEmpty()))
            for (qint64 t = qMax(last.startMs + unit, oldest); t < b.startMs; t += unit)
                rows.append(flatAfter(last, t));
        rows.append(b);
        last = b;
    }
    if (m_fill && until > 0)
        for (qint64 t = qMax(last.startMs + unit, oldest); t < until; t += unit)
            rows.append(flatAfter(last, t));
    return rows;
}

void CandleModel::prepend(const QMap<qint64, CandleBar> &bars)
{
    QVector<CandleBar> rows = joined(bars, 0, m_bars.front().startMs);
    const int surplus = rows.size() + count() - m_capacity;
    if (surplus >= rows.size())
        return;
    if (surplus > 0)
        rows.remove(0, surplus);
    beginInsertRows(QModelIndex(), 0, rows.size() - 1);
    m_bars.insert(m_bars.begin(), rows.cbegin(), rows.cend());
    endInsertRows();
}

void CandleModel::append(const QMap<qint64, CandleBar> &bars)
{
    const Telling telling(this, &m_telling);
    QVector<CandleBar> rows = joined(bars, m_bars.empty() ? 0 : m_bars.back().startMs, 0);
    if (rows.size() > m_capacity)
        rows.remove(0, rows.size() - m_capacity);
    const int surplus = qMin(rows.size() + count() - m_capacity, count());
    if (surplus > 0) {
        beginRemoveRows(QModelIndex(), 0, surplus - 1);
        m_bars.erase(m_bars.begin(), m_bars.begin() + surplus);
        endRemoveRows();
        if (!telling.holds())
            return;
    }
    const int first = count();
    if (first > 0)
        touch(first - 1); // it is final now
    beginInsertRows(QModelIndex(), first, first + rows.size() - 1);
    m_bars.insert(m_bars.end(), rows.cbegin(), rows.cend());
    endInsertRows();
}

void CandleModel::touch(int row)
{
    m_touched.append(row);
}

// Flat rows after `row` follow its close, up to the next real one.
void CandleModel::refill(int row)
{
    for (int i = row + 1; i < count() && bar(i).filled; ++i) {
        m_bars[static_cast<size_t>(i)] = flatAfter(bar(row), bar(i).startMs);
        touch(i);
    }
}

// A window between the first and the last row.
void CandleModel::place(const CandleBar &fresh)
{
    const int row = lowerBound(fresh.startMs);
    if (row < count() && bar(row).startMs == fresh.startMs) {
        if (!replaces(fresh, bar(row)))
            return;
        m_bars[static_cast<size_t>(row)] = fresh;
        touch(row);
        refill(row);
        return;
    }
    const Telling telling(this, &m_telling);
    tellTouched(); // rows move
    if (!telling.holds())
        return;
    beginInsertRows(QModelIndex(), row, row);
    m_bars.insert(m_bars.begin() + row, fresh);
    endInsertRows();
}

void CandleModel::tellTouched()
{
    QVector<int> rows;
    rows.swap(m_touched);
    std::sort(rows.begin(), rows.end());
    const Telling telling(this, &m_telling);
    for (int i = 0; i < rows.size();) {
        int j = i;
        while (j + 1 < rows.size() && rows.at(j + 1) <= rows.at(j) + 1)
            ++j;
        Q_EMIT dataChanged(index(rows.at(i), 0), index(rows.at(j), ColumnCount - 1));
        if (!telling.holds())
            return;
        i = j + 1;
    }
}

void CandleModel::flush()
{
    if (m_telling.busy) {
        m_frame.start();
        return;
    }
    QMap<qint64, CandleBar> fresh, older, newer;
    fresh.swap(m_pending);
    if (fresh.isEmpty() || unitMs() == 0)
        return;
    const Telling telling(this, &m_telling);
    if (!m_bars.empty()) {
        const qint64 first = m_bars.front().startMs, last = m_bars.back().startMs;
        for (const CandleBar &b : qAsConst(fresh)) {
            if (b.startMs < first)
                older.insert(b.startMs, b);
            else if (b.startMs > last)
                newer.insert(b.startMs, b);
            else
                place(b);
            if (!telling.holds())
                return;
        }
        tellTouched();
        if (telling.holds() && !older.isEmpty())
            prepend(older);
        if (!telling.holds())
            return;
    } else {
        newer.swap(fresh);
    }
    if (!newer.isEmpty()) {
        const bool follows = !m_bars.empty();
        const qint64 ended = follows ? m_bars.back().startMs : 0;
        append(newer);
        if (telling.holds())
            tellTouched();
        if (!telling.holds())
            return;
        if (!follows)
            m_endTold = count() > 1 ? bar(count() - 2).startMs : 0;
        else if (ended > m_endTold) {
            m_endTold = ended;
            Q_EMIT finalized(ended);
            if (!telling.holds())
                return;
        }
    }
    watchEnd();
}

void CandleModel::watchEnd()
{
    if (m_bars.empty() || m_bars.back().startMs <= m_endTold) {
        m_end.stop();
        return;
    }
    const qint64 left = m_bars.back().startMs + unitMs() + graceMs - m_clock();
    m_end.start(static_cast<int>(qBound<qint64>(0, left, 60000)));
}

void CandleModel::checkEnd()
{
    if (m_telling.busy) {
        m_end.start(16);
        return;
    }
    const Telling telling(this, &m_telling);
    const int last = count() - 1;
    if (last >= 0 && isFinal(last) && bar(last).startMs > m_endTold) {
        const qint64 start = m_endTold = bar(last).startMs;
        touch(last);
        tellTouched();
        if (telling.holds())
            Q_EMIT finalized(start);
        if (!telling.holds())
            return;
    }
    watchEnd();
}

void CandleModel::clear()
{
    ++m_telling.content;
    m_pending.clear();
    m_touched.clear();
    m_frame.stop();
    m_end.stop();
    m_endTold = 0;
    beginResetModel();
    m_bars.clear();
    endResetModel();
}
} // namespace UpbitLive
