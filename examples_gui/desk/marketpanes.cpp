// Each pane has a proxy of its own and switches symbols by one replace: the coin list and the other
// panes are not disturbed. Events of the old symbol that are still on their way are not shown.
#include "marketpanes.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "theme.h"

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
        painter->fillRect(option.rect, index.row() % 2 == 0 ? theme::pane : QColor(0x17, 0x1c, 0x27));
        const bool bid =
            index.data(TradeModel::SideRole).toInt() == static_cast<int>(UpbitLive::Side::Bid);
        const QColor side = bid ? theme::rise : theme::fall;
        painter->setFont(option.font);
        painter->setPen(index.column() == TradeModel::Time     ? theme::dim
                        : index.column() == TradeModel::Amount ? theme::text
                                                               : side);
        painter->drawText(option.rect.adjusted(8, 0, -8, 0),
                          index.data(Qt::TextAlignmentRole).toInt(), index.data().toString());
    }
};

QLabel *label(const char *style)
{
    auto *l = new QLabel;
    l->setStyleSheet(style);
    return l;
}
} // namespace

SummaryPane::SummaryPane(QWidget *parent)
    : Pane("summary", "시세", "Summary", parent), m_name(label("font-size: 20px; font-weight: bold;")),
      m_code(label("color: #7f8a9e;")), m_price(label("font-size: 26px; font-weight: bold;")),
      m_change(label("font-size: 14px;"))
{
    static const char *const names[] = {"고가 High",         "저가 Low",       "거래량 24h",
                                        "거래대금 24h (원)", "52주 최고 High", "52주 최저 Low"};
    auto *body = new QWidget;
    body->setObjectName("body");
    body->setStyleSheet("#body { background: #141822; }");
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
        QLabel *const name = label("color: #7f8a9e; font-size: 12px;");
        name->setText(names[i]);
        m_facts[i] = label("");
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

void SummaryPane::setMarket(const QString &code, const QString &korean, const QString &english)
{
    setSubject(code);
    m_name->setText(korean.isEmpty() ? code : korean);
    m_code->setText(english.isEmpty() ? code : code + " · " + english);
    for (QLabel *l : m_facts)
        l->setText("–");
    m_price->setText("–");
    m_change->clear();
}

void SummaryPane::show(const UpbitLive::Ticker &ticker)
{
    using namespace UpbitLive;
    const QString code = ticker.code();
    const Decimal change = ticker.signedChangePrice();
    const QString color = theme::trend(change.sign()).name();
    m_price->setText(QString("<span style='color:%1'>%2</span>")
                         .arg(color, priceText(code, ticker.tradePrice())));
    m_change->setText(
        QString("<span style='color:%1'>%2 %3 &nbsp; %4</span>")
            .arg(color, change.sign() > 0 ? "▲" : change.sign() < 0 ? "▼" : "–",
                 change.isNull() ? QString()
                                 : ticker.changePrice().grouped(
                                       qMax(pricePlaces(code, ticker.tradePrice()),
                                            ticker.changePrice().places())),
                 rateText(ticker.signedChangeRate())));
    const auto colored = [](const QString &text, const QColor &c) {
        return QString("<span style='color:%1'>%2</span>").arg(c.name(), text);
    };
    m_facts[0]->setText(colored(priceText(code, ticker.highPrice()), theme::rise));
    m_facts[1]->setText(colored(priceText(code, ticker.lowPrice()), theme::fall));
    m_facts[2]->setText(ticker.accTradeVolume24h().grouped(3));
    m_facts[3]->setText(ticker.accTradePrice24h().grouped(0));
    m_facts[4]->setText(colored(priceText(code, ticker.highest52WeekPrice()), theme::rise));
    m_facts[5]->setText(colored(priceText(code, ticker.lowest52WeekPrice()), theme::fall));
}

BookPane::BookPane(QWidget *parent)
    : Pane("orderbook", "호가", "Order book", parent), m_model(15), m_view(new UpbitLive::OrderbookView)
{
    UpbitLive::MarketColors colors;
    colors.background = theme::pane;
    colors.line = theme::line;
    colors.text = theme::text;
    colors.dim = theme::dim;
    colors.rise = theme::rise;
    colors.fall = theme::fall;
    m_view->setColors(colors);
    m_view->setModel(&m_model);
    setWidget(m_view);
}

void BookPane::attach(UpbitLive::Manager *manager)
{
    m_proxy.reset();
    m_model.clear();
    if (manager == nullptr)
        return;
    m_proxy.reset(new Proxy(manager, "orderbook_main"));
    m_proxy->setMaxFps(60);
    connect(m_proxy.get(), &Proxy::orderbookReceived, this, [this](const UpbitLive::Orderbook &book) {
        if (book.codeLatin1() != m_code)
            return;
        m_model.update(book);
        emit dataShown();
    });
    if (!m_code.isEmpty())
        choose(m_code);
}

void BookPane::choose(const QString &code)
{
    m_code = code;
    setSubject(code);
    m_model.clear();
    m_view->setPreviousClose(UpbitLive::Decimal::null());
    m_view->setLastPrice(UpbitLive::Decimal::null());
    if (m_proxy != nullptr)
        m_proxy->replaceOrderbook({code}, 15);
}

TradePane::TradePane(QWidget *parent)
    : Pane("trades", "체결", "Trades", parent), m_model(200), m_view(new QTableView)
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
    connect(m_proxy.get(), &Proxy::tradesReceived, this, &TradePane::show);
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

void TradePane::show(const QVector<UpbitLive::Trade> &trades)
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
