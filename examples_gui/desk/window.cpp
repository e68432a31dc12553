// Live data by default. With none three seconds after the start the simulated exchange takes over,
// said beforehand and marked in every pane; once live data was shown it never does, because a picture
// that silently turns from real to invented prices would be worse than none.
#include "window.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "theme.h"

static const int offerMs = 1200, fallbackMs = 3000;

Window::Window(const DeskOptions &options) : m_options(options)
{
    build();
    m_offer.setSingleShot(true);
    m_fallback.setSingleShot(true);
    connect(&m_offer, &QTimer::timeout, this, &Window::offer);
    connect(&m_fallback, &QTimer::timeout, this, [this] {
        if (!m_liveShown && !m_simulated)
            startSimulated(m_manager != nullptr ? m_manager->healthReason() : m_why);
    });
    connect(&m_list, &MarketList::ready, this,
            [this](const QVector<UpbitLive::Market> &markets, bool complete) {
                m_coins->setMarkets(markets, complete);
                const UpbitLive::Market market = m_coins->model().market(m_code);
                m_summary->setMarket(m_code, market.korean, market.english);
            });
    m_tick.setInterval(500);
    connect(&m_tick, &QTimer::timeout, this, &Window::tick);
    m_sinceTick.start();
    m_tick.start();
    choose(m_code);
    if (options.simulated)
        startSimulated(QString());
    else
        startLive();
}

Window::~Window()
{
    disconnectAll();
}

QVector<Pane *> Window::allPanes() const
{
    return {m_coins, m_summary, m_book, m_trades};
}

void Window::build()
{
    setDockNestingEnabled(true);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_coins = new CoinPane(this);
    m_summary = new SummaryPane(this);
    m_book = new BookPane(this);
    m_trades = new TradePane(this);
    addDockWidget(Qt::LeftDockWidgetArea, m_coins);
    addDockWidget(Qt::RightDockWidgetArea, m_summary);
    splitDockWidget(m_summary, m_book, Qt::Vertical);
    splitDockWidget(m_book, m_trades, Qt::Horizontal);
    resize(1440, 880);
    resizeDocks({m_coins, m_summary}, {480, 960}, Qt::Horizontal);
    resizeDocks({m_book, m_trades}, {560, 440}, Qt::Horizontal);

    auto *top = new QWidget;
    top->setObjectName("top");
    top->setStyleSheet("#top { background: #10151f; }");
    auto *column = new QVBoxLayout(top);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(12, 6, 10, 6);
    row->setSpacing(12);
    auto *name = new QLabel("<b style='font-size:15px'>upbit-live</b> "
                            "<span style='color:#7f8a9e'>트레이딩 데스크 · trading desk</span>");
    m_mark = new QLabel(Pane::mark());
    m_mark->setStyleSheet("background: #f5b33d; color: #161208; border-radius: 3px;"
                          "padding: 2px 8px; font-weight: bold;");
    m_rate = new QLabel;
    m_rate->setStyleSheet("color: #7f8a9e;");
    m_light = new Light;
    auto *panes = new QToolButton;
    panes->setText("창 · panes");
    panes->setPopupMode(QToolButton::InstantPopup);
    auto *menu = new QMenu(panes);
    for (Pane *pane : allPanes())
        menu->addAction(pane->toggleViewAction());
    panes->setMenu(menu);
    row->addWidget(name);
    row->addWidget(m_mark);
    row->addStretch(1);
    row->addWidget(m_rate);
    row->addWidget(m_light);
    row->addWidget(panes);
    column->addLayout(row);

    m_banner = new QWidget;
    m_banner->setObjectName("banner");
    m_banner->setStyleSheet("#banner { background: #3a2c10; border-top: 1px solid #5b4517;"
                            "border-bottom: 1px solid #5b4517; } #banner QLabel { color: #f7d48b; }");
    auto *bannerRow = new QHBoxLayout(m_banner);
    bannerRow->setContentsMargins(12, 5, 10, 5);
    m_bannerText = new QLabel;
    m_bannerText->setTextFormat(Qt::PlainText);
    m_bannerButton = new QPushButton;
    m_bannerClose = new QPushButton("×");
    m_bannerClose->setFixedWidth(34);
    bannerRow->addWidget(m_bannerText, 1);
    bannerRow->addWidget(m_bannerButton);
    bannerRow->addWidget(m_bannerClose);
    column->addWidget(m_banner);
    m_banner->hide();
    connect(m_bannerButton, &QPushButton::clicked, this, [this] {
        if (m_bannerSlot != nullptr)
            (this->*m_bannerSlot)();
    });
    connect(m_bannerClose, &QPushButton::clicked, this, &Window::wait);
    setMenuWidget(top);

    connect(m_coins, &CoinPane::chosen, this, &Window::choose);
    connect(m_coins, &CoinPane::dataShown, this, &Window::dataShown);
    connect(m_book, &BookPane::dataShown, this, &Window::dataShown);
    connect(m_trades, &TradePane::dataShown, this, &Window::dataShown);
    connect(m_trades, &TradePane::lastPrice, m_book->view(),
            &UpbitLive::OrderbookView::setLastPrice);
    connect(m_coins, &CoinPane::tickerChanged, this, [this](const UpbitLive::Ticker &ticker) {
        m_summary->show(ticker);
        m_book->view()->setPreviousClose(ticker.prevClosingPrice());
    });
    setSimulated(false);
}

void Window::startLive()
{
    disconnectAll();
    m_mock.reset();
    m_banner->hide();
    setSimulated(false);
    UpbitLive::ManagerOptions options;
    options.url = m_options.url;
    options.restUrl = m_options.restUrl;
    options.privateUrl = m_options.privateUrl;
    options.caFile = m_options.caFile;
    connectTo(options, m_options.restUrl.isEmpty() ? MarketList::restUrlOf(m_options.url)
                                                   : m_options.restUrl);
    if (!m_liveShown) {
        m_offer.start(offerMs);
        m_fallback.start(fallbackMs);
    }
}

void Window::startSimulated(const QString &why)
{
    m_offer.stop();
    m_fallback.stop();
    disconnectAll();
    setSimulated(true); // before the first value can arrive
    m_why = why;
    m_mock.reset(new MockProcess);
    connect(m_mock.get(), &MockProcess::listening, this, [this](const QString &url) {
        UpbitLive::ManagerOptions options;
        options.url = url;
        connectTo(options, MarketList::restUrlOf(url));
        if (m_options.simulated)
            return;
        say("실시간 거래소에서 3초 안에 시세가 오지 않아 모의 거래소를 표시합니다 · no live data, "
            "showing the simulated exchange" +
                (m_why.isEmpty() ? QString() : " (" + m_why + ")"),
            "실시간 다시 시도 · try live", &Window::startLive);
    });
    connect(m_mock.get(), &MockProcess::failed, this, [this](const QString &reason) {
        say("모의 거래소를 시작하지 못했습니다 · simulated exchange not available: " + reason,
            "실시간 다시 시도 · try live", &Window::startLive);
    });
    m_mock->start();
}

void Window::connectTo(const UpbitLive::ManagerOptions &options, const QString &restUrl)
{
    m_url = options.url.isEmpty() ? QString("wss://api.upbit.com/websocket/v1") : options.url;
    m_manager.reset(new UpbitLive::Manager(options));
    if (!m_manager->isValid()) {
        m_why = m_manager->lastError().message;
        say(m_why, "모의 거래소 시작 · simulate", &Window::simulateNow);
        m_manager.reset();
        return;
    }
    m_coins->attach(m_manager.get());
    m_book->attach(m_manager.get());
    m_trades->attach(m_manager.get());
    connect(m_coins->proxy(), &UpbitLive::Proxy::stateChanged, m_light, &Light::setState);
    connect(m_coins->proxy(), &UpbitLive::Proxy::errorOccurred, m_light, &Light::setError);
    m_list.load(restUrl, m_simulated ? QString() : m_options.caFile);
    tick();
}

void Window::disconnectAll()
{
    m_list.stop();
    m_coins->attach(nullptr);
    m_book->attach(nullptr);
    m_trades->attach(nullptr);
    m_manager.reset();
    m_eventsBefore = 0;
}

void Window::setSimulated(bool simulated)
{
    m_simulated = simulated;
    m_mark->setVisible(simulated);
    for (Pane *pane : allPanes())
        pane->setSimulated(simulated);
    choose(m_code); // clears what the other exchange said, and titles the window
}

void Window::choose(const QString &code)
{
    m_code = code;
    const UpbitLive::Market market = m_coins->model().market(code);
    m_summary->setMarket(code, market.korean, market.english);
    m_book->choose(code);
    m_trades->choose(code);
    m_coins->choose(code);
    setWindowTitle(QString("%1%2 · upbit-live").arg(m_simulated ? Pane::mark() + " · " : QString(),
                                                    code));
}

void Window::dataShown()
{
    if (m_simulated || m_liveShown)
        return;
    m_liveShown = true;
    m_offer.stop();
    m_fallback.stop();
    m_banner->hide();
}

void Window::say(const QString &text, const QString &action, void (Window::*slot)())
{
    m_bannerText->setText(text);
    m_bannerText->setToolTip(text);
    m_bannerButton->setText(action);
    m_bannerSlot = slot;
    m_banner->show();
}

void Window::offer()
{
    if (m_liveShown || m_simulated)
        return;
    say("아직 실시간 시세가 없습니다. 곧 모의 거래소를 시작합니다 (× 계속 기다리기) · no live data yet, the "
        "simulated exchange starts at 3 s (× keeps waiting)",
        "모의 거래소 지금 시작 · simulate now", &Window::simulateNow);
}

// The banner's ×: no simulation unless asked for again.
void Window::wait()
{
    m_banner->hide();
    m_fallback.stop();
}

void Window::simulateNow()
{
    if (!m_liveShown)
        startSimulated(m_manager != nullptr ? m_manager->healthReason() : m_why);
}

void Window::tick()
{
    m_light->show(m_manager.get(), m_url, m_simulated);
    if (m_manager == nullptr) {
        m_rate->clear();
        return;
    }
    const qint64 elapsed = qMax<qint64>(1, m_sinceTick.elapsed());
    if (elapsed < 300)
        return;
    const upbit_stats stats = m_manager->stats();
    const quint64 fresh = stats.events_decoded > m_eventsBefore ? stats.events_decoded - m_eventsBefore : 0;
    m_eventsBefore = stats.events_decoded;
    m_sinceTick.restart();
    m_rate->setText(QString("%L1 건/s · 지연 %2 ms")
                        .arg(fresh * 1000 / static_cast<quint64>(elapsed))
                        .arg(stats.lag_ms));
}
