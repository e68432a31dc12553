// Each pane has a proxy of its own and switches symbols by one replace: the coin list and the other
// panes are not disturbed. Events of the old symbol that are still on their way are not shown.
#include "marketpanes.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "common/look.h"

using UpbitLive::Proxy;
using UpbitLive::TradeModel;

namespace
{
class TradeDelegate : public QStyledItemDelegate
{
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        painter->fillRect(option.rect, index.row() % 2 == 0 ? look().pane : look().raised);
        const bool bid =
            index.data(TradeModel::SideRole).toInt() == static_cast<int>(UpbitLive::Side::Bid);
        const QColor side = bid ? look().rise : look().fall;
        painter->setFont(option.font);
        painter->setPen(index.column() == TradeModel::Time     ? look().dim
                        : index.column() == TradeModel::Amount ? look().text
                                                               : side);
        painter->drawText(option.rect.adjusted(8, 0, -8, 0),
                          index.data(Qt::TextAlignmentRole).toInt(), index.data().toString());
    }
};

QLabel *label(const char *style)
{
    auto *l = new QLabel;
    l->setStyleSheet(look().css(style));
    return l;
}
} // namespace

SummaryPane::SummaryPane(QWidget *parent)
    : Pane("summary", tr("Summary"), parent), m_name(label("font-size: 20px; font-weight: bold;")),
      m_code(label("color: @dim;")), m_price(new ValueLabel(26, true)), m_change(new ValueLabel(14))
{
    const QString names[] = {tr("High"),         tr("Low"),          tr("Volume 24h"),
                             tr("Turnover 24h"), tr("52-week high"), tr("52-week low")};
    auto *body = new QWidget;
    body->setObjectName("body");
    body->setStyleSheet(look().css("#body { background: @pane; }"));
    auto *row = new QHBoxLayout(body);
    row->setContentsMargins(14, 8, 14, 8);
    row->setSpacing(26);
    auto *names2 = new QVBoxLayout;
    names2->setSpacing(2);
    names2->addWidget(m_name);
    names2->addWidget(m_code);
    auto *prices = new QVBoxLayout;
    prices->setSpacing(0);
    prices->addWidget(m_price);
    prices->addWidget(m_change);
    auto *facts = new QGridLayout;
    facts->setHorizontalSpacing(14);
    facts->setVerticalSpacing(4);
    for (int i = 0; i < 6; ++i) {
        QLabel *const name = label("color: @dim; font-size: 12px;");
        name->setText(names[i]);
        m_facts[i] = new ValueLabel;
        m_facts[i]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        const int line = i % 2, column = i / 2 * 2;
        facts->addWidget(name, line, column);
        facts->addWidget(m_facts[i], line, column + 1);
    }
    row->addLayout(names2);
    row->addLayout(prices);
    row->addStretch(1);
    row->addLayout(facts);
    setWidget(body);
    body->setFixedHeight(76);
}

void SummaryPane::setMarket(const QString &code, const QString &name, const QString &other)
{
    setSubject(code);
    m_name->setText(name);
    m_code->setText(other.isEmpty() ? code : code + " · " + other);
    for (ValueLabel *fact : m_facts)
        fact->show("–", look().text);
    m_price->show("–", look().text);
    m_change->show(QString(), look().text);
}

void SummaryPane::showTicker(const UpbitLive::Ticker &ticker)
{
    using namespace UpbitLive;
    const QString code = ticker.code();
    const Decimal change = ticker.signedChangePrice();
    const QColor color = look().trend(change.sign());
    const QString sign = change.sign() > 0 ? "▲" : change.sign() < 0 ? "▼" : "–";
    const QString by =
        change.isNull() ? QString()
                        : ticker.changePrice().grouped(qMax(pricePlaces(code, ticker.tradePrice()),
                                                            ticker.changePrice().places()));
    m_price->show(priceText(code, ticker.tradePrice()), color);
    m_change->show(QString("%1 %2   %3").arg(sign, by, rateText(ticker.signedChangeRate())), color);
    m_facts[0]->show(priceText(code, ticker.highPrice()), look().rise);
    m_facts[1]->show(priceText(code, ticker.lowPrice()), look().fall);
    m_facts[2]->show(ticker.accTradeVolume24h().grouped(3), look().text);
    m_facts[3]->show(ticker.accTradePrice24h().grouped(0), look().text);
    m_facts[4]->show(priceText(code, ticker.highest52WeekPrice()), look().rise);
    m_facts[5]->show(priceText(code, ticker.lowest52WeekPrice()), look().fall);
}

ChartPane::ChartPane(int candleUnit, QWidget *parent)
    : Pane("chart", tr("Chart"), parent), m_view(new ChartView(candleUnit))
{
    connect(m_view, &ChartView::dataShown, this, &Pane::dataShown);
    setWidget(m_view);
}

void ChartPane::attach(UpbitLive::Manager *manager)
{
    m_view->attach(manager, "chart_main");
}

void ChartPane::choose(const QString &code)
{
    setSubject(code);
    m_view->choose(code);
}

BookPane::BookPane(Exchange &exchange, QWidget *parent)
    : Pane("orderbook", tr("Order book"), parent), m_view(new BookView(exchange))
{
    connect(m_view, &BookView::dataShown, this, &Pane::dataShown);
    setWidget(m_view);
}

void BookPane::attach(UpbitLive::Manager *manager)
{
    m_view->attach(manager, "orderbook_main");
}

void BookPane::choose(const QString &code)
{
    setSubject(code);
    m_view->choose(code);
}

TradePane::TradePane(QWidget *parent)
    : Pane("trades", tr("Trades"), parent), m_model(200), m_view(new QTableView)
{
    m_view->setModel(&m_model);
    m_view->setItemDelegate(new TradeDelegate(m_view));
    m_view->setSelectionMode(QAbstractItemView::NoSelection);
    m_view->setFocusPolicy(Qt::NoFocus);
    m_view->setShowGrid(false);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(23);
    QHeaderView *const header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Stretch);
    header->setSectionResizeMode(TradeModel::Time, QHeaderView::Fixed);
    m_view->setColumnWidth(TradeModel::Time, 82);
    m_view->setMinimumWidth(360);
    setWidget(m_view);
}

void TradePane::attach(UpbitLive::Manager *manager)
{
    m_proxy.reset();
    m_model.clear();
    if (manager == nullptr)
        return;
    m_proxy.reset(new Proxy(manager, "trades_main"));
    m_proxy->setMaxFps(60);
    connect(m_proxy.get(), &Proxy::tradesReceived, this, &TradePane::showTrades);
    if (!m_code.isEmpty())
        choose(m_code);
}

void TradePane::choose(const QString &code)
{
    m_code = code;
    setSubject(code);
    m_model.clear();
    if (m_proxy != nullptr)
        m_proxy->replaceTrade({code});
}

void TradePane::showTrades(const QVector<UpbitLive::Trade> &trades)
{
    QVector<UpbitLive::Trade> mine;
    mine.reserve(trades.size());
    for (const UpbitLive::Trade &trade : trades) {
        if (trade.codeLatin1() == m_code)
            mine.append(trade);
    }
    if (mine.isEmpty())
        return;
    m_model.add(mine);
    emit lastPrice(mine.last().tradePrice());
    emit dataShown();
}
