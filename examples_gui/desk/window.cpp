#include "window.h"

#include <QShortcut>

Window::Window(Exchange &exchange, Settings &settings) : Frame(exchange, settings, "desk")
{
    setDockNestingEnabled(true);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    auto *title = new QLabel(QString("<b style='font-size:15px'>upbit-live</b> "
                                     "<span style='color:%1'>%2</span>")
                                 .arg(look().dim.name(), tr("trading desk").toHtmlEscaped()));
    m_bar->addWidget(title);
    m_bar->addStretch(1);
}

// A pane at a time, then what holds them together.
bool Window::fill()
{
    switch (m_panes.size()) {
    case 0:
        return add(m_coins = new CoinPane(m_settings.language == "ko", this));
    case 1:
        return add(m_summary = new SummaryPane(this));
    case 2:
        return add(m_chart = new ChartPane(m_settings.candleUnit, this));
    case 3:
        return add(m_book = new BookPane(m_exchange, this));
    case 4:
        return add(m_trades = new TradePane(this));
    case 5:
        return add(m_orders = new OrdersPane(this));
    case 6:
        return add(m_assets = new AssetsPane(this));
    case 7:
        return add(m_health = new HealthPane([this] { return proxies(); }, this));
    default:
        arrange();
        connectPanes();
        return false;
    }
}

bool Window::add(Pane *pane)
{
    pane->setUpdatesEnabled(false); // until it is revealed
    m_panes.append(pane);
    return true;
}

bool Window::reveal()
{
    for (Pane *pane : qAsConst(m_panes)) {
        if (!pane->updatesEnabled()) {
            pane->setUpdatesEnabled(true);
            return true;
        }
    }
    m_coins->focusList();
    return false;
}

void Window::connectPanes()
{
    connect(m_coins, &CoinPane::chosen, this, &Window::choose);
    connect(m_coins, &CoinPane::tickerChanged, this, [this](const UpbitLive::Ticker &ticker) {
        m_summary->showTicker(ticker);
        m_book->view()->setPreviousClose(ticker.prevClosingPrice());
    });
    connect(m_trades, &TradePane::lastPrice, m_book->view(),
            &UpbitLive::OrderbookView::setLastPrice);
    connect(m_chart->view(), &ChartView::unitChosen, this,
            [this](int unit) { m_settings.candleUnit = unit; });
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, m_coins,
            &CoinPane::focusSearch);
    for (int i = 0; i < m_panes.size(); ++i) {
        Pane *const pane = m_panes[i];
        connect(pane, &Pane::dataShown, &m_exchange, &Exchange::dataShown);
        QAction *const toggle = pane->toggleViewAction();
        toggle->setShortcut(QKeySequence(int{Qt::ALT} | (Qt::Key_1 + i)));
        m_menu->addAction(toggle);
        addAction(toggle); // so that the shortcut works with the menu closed
    }
    choose(m_settings.code);
}

void Window::arrange()
{
    addDockWidget(Qt::LeftDockWidgetArea, m_coins);
    splitDockWidget(m_coins, m_health, Qt::Vertical);
    addDockWidget(Qt::RightDockWidgetArea, m_summary);
    splitDockWidget(m_summary, m_chart, Qt::Vertical);
    splitDockWidget(m_chart, m_book, Qt::Vertical);
    splitDockWidget(m_book, m_trades, Qt::Horizontal);
    tabifyDockWidget(m_trades, m_orders);
    tabifyDockWidget(m_orders, m_assets);
    m_trades->raise();
    resize(1480, 940);
    resizeDocks({m_coins, m_summary}, {460, 1020}, Qt::Horizontal);
    resizeDocks({m_coins, m_health}, {620, 300}, Qt::Vertical);
    resizeDocks({m_summary, m_chart, m_book}, {110, 400, 400}, Qt::Vertical);
    resizeDocks({m_book, m_trades}, {560, 460}, Qt::Horizontal);
    // They say nothing without keys.
    const bool keys = m_exchange.hasKeys();
    m_orders->setVisible(keys);
    m_assets->setVisible(keys);
}

QVector<UpbitLive::Proxy *> Window::proxies() const
{
    QVector<UpbitLive::Proxy *> all;
    for (const Pane *pane : m_panes)
        all.append(pane->proxy());
    return all;
}

void Window::attach(UpbitLive::Manager *manager)
{
    for (Pane *pane : qAsConst(m_panes))
        pane->attach(manager);
}

void Window::showSimulated(bool simulated)
{
    Frame::showSimulated(simulated);
    for (Pane *pane : qAsConst(m_panes))
        pane->setSimulated(simulated);
    choose(m_settings.code); // clears what the other exchange said
}

void Window::showMarkets()
{
    if (m_exchange.markets().isEmpty())
        return;
    m_coins->setMarkets(m_exchange.markets(), m_exchange.isListComplete());
    nameMarket();
}

void Window::nameMarket()
{
    const UpbitLive::Market market = m_exchange.market(m_settings.code);
    m_summary->setMarket(market.code, nameOf(market),
                         m_settings.language == "ko" ? market.english : market.korean);
}

void Window::choose(const QString &code)
{
    m_settings.code = code;
    nameMarket();
    for (Pane *pane : qAsConst(m_panes))
        pane->choose(code);
    setSubject(code);
}
