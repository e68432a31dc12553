// Sorting follows the market in steps of two seconds: rows that jump away under the mouse are worse
// than rows that are a moment late.
#include "coinpane.h"

#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "common/look.h"

using UpbitLive::Decimal;
using UpbitLive::TickerModel;

namespace
{
class CoinDelegate : public QStyledItemDelegate
{
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        const QRect cell = option.rect;
        painter->fillRect(cell,
                          option.state & QStyle::State_Selected ? look().chosen : look().pane);
        const QRect inner = cell.adjusted(8, 0, -8, 0);
        const QString text = index.data().toString();
        const int trend = index.data(TickerModel::TrendRole).toInt();
        if (index.column() == TickerModel::Name) {
            const QString code = index.data(TickerModel::CodeRole).toString();
            const QString name =
                option.fontMetrics.elidedText(text, Qt::ElideRight, inner.width() - 40);
            painter->setFont(option.font);
            painter->setPen(look().text);
            painter->drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, name);
            QFont small = option.font;
            small.setPixelSize(11);
            painter->setFont(small);
            painter->setPen(look().dim);
            const int used = option.fontMetrics.horizontalAdvance(name) + 6;
            painter->drawText(inner.adjusted(used, 1, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                              code.section('-', 1));
            return;
        }
        if (index.column() == TickerModel::Price) {
            const int flash = index.data(TickerModel::FlashRole).toInt();
            if (flash != 0) {
                QColor tint = look().trend(flash);
                tint.setAlphaF(0.22);
                painter->fillRect(cell.adjusted(2, 2, -2, -2), tint);
            }
        }
        QFont font = option.font;
        font.setBold(index.column() == TickerModel::Price);
        painter->setFont(font);
        painter->setPen(index.column() == TickerModel::Turnover ? look().text
                                                                : look().trend(trend));
        painter->drawText(inner, Qt::AlignVCenter | Qt::AlignRight, text);
    }
};
} // namespace

void CoinFilter::setText(const QString &text)
{
    m_text = text.trimmed();
    invalidateFilter();
}

bool CoinFilter::filterAcceptsRow(int row, const QModelIndex &parent) const
{
    if (m_text.isEmpty())
        return true;
    const QModelIndex index = sourceModel()->index(row, TickerModel::Name, parent);
    for (int role : {static_cast<int>(Qt::DisplayRole), static_cast<int>(TickerModel::CodeRole),
                     static_cast<int>(TickerModel::EnglishRole)}) {
        if (index.data(role).toString().contains(m_text, Qt::CaseInsensitive))
            return true;
    }
    return false;
}

bool CoinFilter::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    if (left.column() == TickerModel::Name)
        return left.data().toString().localeAwareCompare(right.data().toString()) < 0;
    return left.data(TickerModel::SortRole).value<Decimal>() <
           right.data(TickerModel::SortRole).value<Decimal>();
}

CoinPane::CoinPane(bool korean, QWidget *parent)
    : Pane("coins", tr("Markets"), parent), m_view(new QTableView), m_search(new QLineEdit),
      m_note(new QLabel)
{
    m_model.setNames(korean ? TickerModel::Korean : TickerModel::English);
    m_filter.setSourceModel(&m_model);
    m_filter.setDynamicSortFilter(false);
    m_view->setModel(&m_filter);
    m_view->setItemDelegate(new CoinDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setShowGrid(false);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(26);
    QHeaderView *const header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Fixed);
    header->setSectionResizeMode(TickerModel::Name, QHeaderView::Stretch);
    m_view->setColumnWidth(TickerModel::Price, 104);
    m_view->setColumnWidth(TickerModel::Rate, 74);
    m_view->setColumnWidth(TickerModel::Turnover, 112);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(TickerModel::Turnover, Qt::DescendingOrder);
    // A click on the name chooses it; so do the arrow keys.
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &now) {
                const QString code = now.data(TickerModel::CodeRole).toString();
                if (!code.isEmpty() && code != m_code)
                    emit chosen(code);
            });

    m_search->setPlaceholderText(tr("Search a name or symbol (Ctrl+F)"));
    m_search->setClearButtonEnabled(true);
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString &text) {
        m_filter.setText(text);
        select();
    });
    m_note->setStyleSheet(
        look().css("color: @dim; padding: 4px 8px; border-top: 1px solid @line;"));

    auto *body = new QWidget;
    body->setObjectName("body");
    body->setStyleSheet(look().css("#body { background: @pane; }"));
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *searchRow = new QHBoxLayout;
    searchRow->setContentsMargins(8, 8, 8, 4);
    searchRow->addWidget(m_search);
    column->addLayout(searchRow);
    column->addWidget(m_view, 1);
    column->addWidget(m_note);
    setWidget(body);
    body->setMinimumWidth(440);

    m_sort.setInterval(2000);
    connect(&m_sort, &QTimer::timeout, this, [this] {
        m_filter.sort(m_view->horizontalHeader()->sortIndicatorSection(),
                      m_view->horizontalHeader()->sortIndicatorOrder());
    });
    m_sort.start();
}

void CoinPane::attach(UpbitLive::Manager *manager)
{
    m_proxy.reset();
    m_model.clear();
    m_model.setMarkets({});
    m_note->setText(tr("Loading the list…"));
    if (manager == nullptr)
        return;
    m_proxy.reset(new UpbitLive::Proxy(manager, "coins_main"));
    m_proxy->setMaxFps(60);
    connect(m_proxy.get(), &UpbitLive::Proxy::tickersReceived, this, &CoinPane::showTickers);
    connect(m_proxy.get(), &UpbitLive::Proxy::errorOccurred, this,
            [this](const UpbitLive::Error &error) {
                if (error.requestId != 0)
                    m_note->setText(error.message);
            });
}

void CoinPane::setMarkets(const QVector<UpbitLive::Market> &markets, bool complete)
{
    m_model.setMarkets(markets);
    m_note->setText(complete
                        ? tr("%1 KRW markets").arg(markets.size())
                        : tr("The list cannot be had: %1 major markets only").arg(markets.size()));
    if (m_proxy != nullptr) {
        QStringList codes;
        for (const UpbitLive::Market &market : markets)
            codes.append(market.code);
        m_proxy->replaceTicker(codes);
    }
    select();
}

void CoinPane::choose(const QString &code)
{
    m_code = code;
    select();
    const UpbitLive::Ticker ticker = m_model.ticker(code);
    if (ticker.isValid())
        emit tickerChanged(ticker);
}

void CoinPane::focusSearch()
{
    show();
    raise();
    m_search->setFocus();
    m_search->selectAll();
}

void CoinPane::focusList()
{
    m_view->setFocus();
}

void CoinPane::select()
{
    for (int row = 0; row < m_filter.rowCount(); ++row) {
        const QModelIndex index = m_filter.index(row, 0);
        if (index.data(TickerModel::CodeRole).toString() == m_code) {
            m_view->setCurrentIndex(index);
            return;
        }
    }
}

void CoinPane::showTickers(const QVector<UpbitLive::Ticker> &tickers)
{
    m_model.update(tickers);
    emit dataShown();
    for (int i = tickers.size() - 1; i >= 0; --i) {
        if (tickers[i].codeLatin1() == m_code) {
            emit tickerChanged(tickers[i]);
            break;
        }
    }
}
