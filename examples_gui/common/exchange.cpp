#include "exchange.h"

static const int offerMs = 1200, fallbackMs = 3000;

Exchange::Exchange(const ExchangeOptions &options) : m_options(options)
{
    m_offerTimer.setSingleShot(true);
    m_fallback.setSingleShot(true);
    connect(&m_offerTimer, &QTimer::timeout, this, [this] {
        if (!m_liveShown && !m_simulated)
            say(tr("No live data yet; the simulated exchange starts in a moment (× keeps waiting)"),
                Offer::SimulateNow);
    });
    connect(&m_fallback, &QTimer::timeout, this, [this] {
        if (!m_liveShown && !m_simulated)
            startSimulated(m_manager != nullptr ? m_manager->healthReason() : m_why);
    });
    connect(&m_list, &MarketList::ready, this,
            [this](const QVector<UpbitLive::Market> &markets, bool complete) {
                m_markets = markets;
                m_complete = complete;
                emit marketsChanged();
            });
    connect(&m_list, &MarketList::levelsReady, this, &Exchange::levelsReady);
}

Exchange::~Exchange()
{
    disconnectAll();
}

void Exchange::start()
{
    if (m_options.simulated)
        startSimulated(QString());
    else
        startLive();
}

UpbitLive::Market Exchange::market(const QString &code) const
{
    for (const UpbitLive::Market &market : m_markets)
        if (market.code == code)
            return market;
    return {code, QString(), QString()};
}

void Exchange::startLive()
{
    disconnectAll();
    m_mock.reset();
    say(QString(), Offer::None);
    setSimulated(false);
    UpbitLive::ManagerOptions options;
    options.url = m_options.url;
    options.restUrl = m_options.restUrl;
    options.privateUrl = m_options.privateUrl;
    options.caFile = m_options.caFile;
    // Never for the simulated exchange: they are those of an account.
    options.environmentKeys = UpbitLive::Switch::On;
    connectTo(options, m_options.restUrl.isEmpty() ? MarketList::restUrlOf(m_options.url)
                                                   : m_options.restUrl);
    if (!m_liveShown) {
        m_offerTimer.start(offerMs);
        m_fallback.start(fallbackMs);
    }
}

void Exchange::startSimulated(const QString &why)
{
    m_offerTimer.stop();
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
        say(tr("The live exchange sent no prices within 3 s: this is the simulated exchange") +
                (m_why.isEmpty() ? QString() : " (" + m_why + ")"),
            Offer::TryLive);
    });
    connect(m_mock.get(), &MockProcess::failed, this, [this](const QString &reason) {
        say(tr("The simulated exchange cannot be started: %1").arg(reason), Offer::TryLive);
    });
    m_mock->start();
}

void Exchange::connectTo(const UpbitLive::ManagerOptions &options, const QString &restUrl)
{
    m_url = options.url.isEmpty() ? QString("wss://api.upbit.com/websocket/v1") : options.url;
    m_manager.reset(new UpbitLive::Manager(options));
    if (!m_manager->isValid()) {
        m_why = m_manager->lastError().message;
        m_manager.reset();
        say(m_why, Offer::SimulateNow);
        return;
    }
    if (m_simulated) // keys of an account that exists there alone
        m_manager->setCredentials("test-access", "test-secret");
    emit managerChanged(m_manager.get());
    m_list.load(restUrl, m_simulated ? QString() : m_options.caFile);
}

void Exchange::disconnectAll()
{
    m_list.stop();
    m_markets.clear();
    m_complete = false;
    emit managerChanged(nullptr);
    m_manager.reset();
}

void Exchange::setSimulated(bool simulated)
{
    m_simulated = simulated;
    emit simulatedChanged(simulated);
}

void Exchange::dataShown()
{
    if (m_simulated || m_liveShown)
        return;
    m_liveShown = true;
    m_offerTimer.stop();
    m_fallback.stop();
    say(QString(), Offer::None);
}

void Exchange::say(const QString &notice, Offer offer)
{
    m_notice = notice;
    m_offered = offer;
    emit noticeChanged();
}

// No simulation unless asked for again.
void Exchange::keepWaiting()
{
    m_fallback.stop();
    say(QString(), Offer::None);
}

void Exchange::accept()
{
    if (m_offered == Offer::TryLive)
        startLive();
    else if (m_offered == Offer::SimulateNow && !m_liveShown)
        startSimulated(m_manager != nullptr ? m_manager->healthReason() : m_why);
}
