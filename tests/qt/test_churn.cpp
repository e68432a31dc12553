// Random lives: proxies, managers, models, feeds and windows are made, used, switched, deleted and
// closed in any order, from the outside and from within slots, while a busy exchange sends. Nothing
// may crash, hang or be left behind; the sanitizers watch (docs/TESTING.md).
//
// The seed is printed, and UPBIT_CHURN_SEED repeats it: the same actions in the same order, though
// what arrives between them depends on the machine. UPBIT_CHURN_ACTIONS is how many there are.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/Snapshot>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>
#include <UpbitLive/widgets/connectionlight.h>
#include <UpbitLive/widgets/orderbookview.h>
#include <UpbitLive/widgets/tickermodel.h>
#include <UpbitLive/widgets/trademodel.h>

#include <QtCore/QEventLoop>
#include <QtCore/QLoggingCategory>
#include <QtCore/QPointer>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>
#include <QtWidgets/QTableView>
#include <QtWidgets/QVBoxLayout>

#include <random>
#include <stdexcept>

#include "mock_server.h"

using namespace UpbitLive;

namespace
{
const int managersMost = 3, proxiesMost = 16, panesMost = 8, depthMost = 4;
const CandleUnit units[] = {CandleUnit::Second1, CandleUnit::Minute1, CandleUnit::Minute240};

class World : public QObject
{
  public:
    World(MockServer &mock, quint32 seed) : m_mock(mock), m_random(seed)
    {
    }

    // One of the actions, chosen at random; also called from within slots.
    void act();
    // Everything goes, in random order.
    void end();

    quint64 slotCalls = 0, deletedInSlots = 0, nested = 0, thrown = 0;

  private:
    int below(int n)
    {
        return std::uniform_int_distribution<int>(0, n - 1)(m_random);
    }
    template <class T> T *any(QVector<QPointer<T>> &list)
    {
        list.removeAll(QPointer<T>());
        return list.isEmpty() ? nullptr : list.at(below(list.size())).data();
    }
    QString name(const char *kind)
    {
        return QString("%1_%2").arg(kind).arg(++m_names);
    }
    QStringList codes()
    {
        static const QStringList all{"KRW-BTC", "KRW-ETH",  "KRW-XRP",
                                     "KRW-SOL", "KRW-DOGE", "BTC-ETH"};
        switch (below(12)) {
        case 0:
            return {"KRW-*"};
        case 1:
            return {"KRW-NOSUCHCOIN"};
        case 2:
            return {"no code"};
        default:
            return all.mid(below(all.size()), 1 + below(3));
        }
    }

    void makeManager();
    void makeProxy();
    void makePane();
    void makeTablePane(QWidget *pane, Proxy *proxy);
    void command(Proxy *proxy);
    void ask(Proxy *proxy);
    void watch(Proxy *proxy);
    // What a slot does: mostly nothing, sometimes the worst.
    void slot(const QPointer<Proxy> &proxy);
    void nest();

    MockServer &m_mock;
    std::mt19937 m_random;
    int m_names = 0, m_depth = 0;
    QVector<QPointer<Manager>> m_managers;
    QVector<QPointer<Proxy>> m_proxies;
    QVector<QPointer<QWidget>> m_panes;
    QVector<QPointer<SnapshotReply>> m_replies;
};

void World::makeManager()
{
    m_managers.removeAll(QPointer<Manager>());
    if (m_managers.size() >= managersMost)
        return;
    ManagerOptions options = m_mock.options();
    if (below(8) == 0)
        options.url = "ws://127.0.0.1:9/websocket/v1"; // nobody listens
    if (below(8) == 0)
        options.memoryBudget = 1 << 20;
    m_managers.append(new Manager(options));
}

void World::makeProxy()
{
    m_proxies.removeAll(QPointer<Proxy>());
    Manager *const manager = any(m_managers);
    if (manager == nullptr || m_proxies.size() >= proxiesMost)
        return;
    ProxyOptions options;
    options.policy = static_cast<Policy>(below(4));
    options.queueMessages = below(4) == 0 ? 16 : 0;
    // Now and then a name that is taken.
    const QString id = below(10) == 0 ? QString("same") : name("proxy");
    auto *proxy = new Proxy(manager, id, options, below(3) == 0 ? any(m_panes) : nullptr);
    m_proxies.append(proxy);
    watch(proxy);
    command(proxy);
}

void World::makeTablePane(QWidget *pane, Proxy *proxy)
{
    auto *table = new QTableView;
    pane->layout()->addWidget(table);
    if (below(2) == 0) {
        auto *model = new TickerModel(pane);
        QVector<Market> markets;
        for (const char *code : {"KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL"})
            markets.append({code, QString(), QString()});
        model->setMarkets(markets);
        table->setModel(model);
        connect(proxy, &Proxy::tickersReceived, model, &TickerModel::update);
        proxy->subscribeTicker({"KRW-*"});
    } else {
        auto *model = new TradeModel(50, below(2) == 0 ? static_cast<QObject *>(pane) : proxy);
        table->setModel(model);
        connect(proxy, &Proxy::tradesReceived, model, &TradeModel::add);
        proxy->subscribeTrade({"KRW-BTC", "KRW-ETH"});
    }
}

// A window as an application has it: view, model and proxy as its children.
void World::makePane()
{
    m_panes.removeAll(QPointer<QWidget>());
    Manager *const manager = any(m_managers);
    if (manager == nullptr || m_panes.size() >= panesMost)
        return;
    auto *pane = new QWidget;
    m_panes.append(pane);
    new QVBoxLayout(pane);
    auto *light = new ConnectionLight;
    light->setManager(manager);
    pane->layout()->addWidget(light);
    const QPointer<QWidget> alive(pane);
    if (below(3) == 0) {
        auto *model = new CandleModel(500, pane);
        auto *chart = new CandleChart;
        chart->setModel(model);
        pane->layout()->addWidget(chart);
        auto *feed = new CandleFeed(manager, name("feed"), model, pane);
        connect(chart, &CandleChart::historyWanted, feed, &CandleFeed::loadOlder);
        const QPointer<Proxy> own(feed->proxy());
        watch(own);
        connect(feed, &CandleFeed::loadingChanged, this, [this, own] { slot(own); });
        connect(feed, &CandleFeed::failed, this, [this, own] { slot(own); });
        m_proxies.append(own);
        feed->show("KRW-BTC", units[below(3)]);
    } else {
        auto *proxy = new Proxy(manager, name("pane"), pane);
        m_proxies.append(proxy);
        proxy->setMaxFps(below(2) * 60);
        if (below(2) == 0) {
            auto *model = new OrderbookModel(15, pane);
            auto *view = new OrderbookView;
            view->setModel(model);
            pane->layout()->addWidget(view);
            connect(proxy, &Proxy::orderbookReceived, model, &OrderbookModel::update);
            proxy->subscribeOrderbook({"KRW-BTC"}, 15);
        } else {
            makeTablePane(pane, proxy);
        }
        watch(proxy);
    }
    if (alive != nullptr)
        pane->show();
}

void World::command(Proxy *proxy)
{
    if (proxy == nullptr)
        return;
    const QStringList some = codes();
    switch (below(12)) {
    case 0:
        proxy->subscribeTicker(some, below(4) == 0 ? WantFlag::SnapshotOnly : WantFlag::None);
        break;
    case 1:
        proxy->subscribeTrade(some);
        break;
    case 2:
        proxy->subscribeOrderbook(some, below(31));
        break;
    case 3:
        proxy->subscribeCandle(some, units[below(3)]);
        break;
    case 4:
        proxy->replaceTicker(some);
        break;
    case 5:
        proxy->replaceTrade(some);
        break;
    case 6:
        proxy->replaceOrderbook(below(4) == 0 ? QStringList() : some, 5);
        break;
    case 7:
        proxy->unsubscribeTicker(some);
        break;
    case 8:
        proxy->unsubscribeTrade(some);
        break;
    case 9:
        proxy->unsubscribeAll();
        break;
    case 10:
        proxy->setMaxFps(below(3) * 30);
        break;
    default:
        ask(proxy);
    }
}

void World::ask(Proxy *proxy)
{
    const QPointer<Proxy> alive(proxy);
    SnapshotReply *reply = nullptr;
    switch (below(4)) {
    case 0:
        reply = proxy->getTickerSnapshot(codes(), 1000);
        break;
    case 1:
        reply = proxy->getTradeSnapshot({"KRW-BTC"}, 1 + below(300), 0, 1000);
        break;
    case 2:
        reply = proxy->getOrderbookSnapshot(codes(), 5, {}, 1000);
        break;
    default:
        reply = proxy->getCandleSnapshot({"KRW-ETH"}, CandleUnit::Minute1, 1 + below(300), 0, 1000);
    }
    if (reply == nullptr)
        return; // a slot of errorOccurred has deleted the proxy
    m_replies.append(reply);
    connect(reply, &SnapshotReply::finished, this, [this, alive] { slot(alive); });
    reply->setAutoDelete(below(4) != 0);
}

void World::watch(Proxy *proxy)
{
    const QPointer<Proxy> p(proxy);
    const auto act = [this, p] { slot(p); };
    connect(proxy, &Proxy::tickerReceived, this, act);
    connect(proxy, &Proxy::tickersReceived, this, act);
    connect(proxy, &Proxy::tradeReceived, this, act);
    connect(proxy, &Proxy::tradesReceived, this, act);
    connect(proxy, &Proxy::orderbookReceived, this, act);
    connect(proxy, &Proxy::orderbooksReceived, this, act);
    connect(proxy, &Proxy::candleReceived, this, act);
    connect(proxy, &Proxy::candlesReceived, this, act);
    connect(proxy, &Proxy::stateChanged, this, act);
    connect(proxy, &Proxy::restored, this, act);
    connect(proxy, &Proxy::healthChanged, this, act);
    connect(proxy, &Proxy::lagChanged, this, act);
    connect(proxy, &Proxy::epochChanged, this, act);
    connect(proxy, &Proxy::maxFpsChanged, this, act);
    connect(proxy, &Proxy::gapDetected, this, act);
    connect(proxy, &Proxy::overflowed, this, act);
    connect(proxy, &Proxy::keyHealthChanged, this, act);
    connect(proxy, &Proxy::errorOccurred, this, act);
    connect(proxy, &Proxy::replyReceived, this, act);
    connect(proxy, &Proxy::subscriptionChanged, this, act);
    connect(proxy, &Proxy::snapshotReady, this, act);
    connect(proxy, &Proxy::closed, this, act);
}

void World::nest()
{
    if (m_depth >= depthMost)
        return;
    ++m_depth;
    ++nested;
    QEventLoop loop;
    QTimer::singleShot(below(20), &loop, &QEventLoop::quit);
    loop.exec();
    --m_depth;
}

void World::slot(const QPointer<Proxy> &proxy)
{
    ++slotCalls;
    if (below(30) != 0)
        return;
    switch (below(9)) {
    case 0:
        ++deletedInSlots;
        delete proxy.data();
        break;
    case 1:
        if (below(4) == 0) {
            ++deletedInSlots;
            delete any(m_managers);
        }
        break;
    case 2:
        ++deletedInSlots;
        // The proxy's own window, if it has one; whatever else lives in it goes, too.
        delete (proxy != nullptr && proxy->parent() != nullptr && below(2) == 0
                    ? static_cast<QObject *>(proxy->parent())
                    : any(m_panes));
        break;
    case 3:
        ++deletedInSlots;
        delete any(m_proxies);
        break;
    case 4:
        nest();
        break;
    case 5:
        ++thrown;
        throw std::runtime_error("from a slot");
    case 6:
        delete any(m_replies);
        break;
    case 7:
        command(proxy);
        break;
    default:
        if (m_depth < depthMost) {
            ++m_depth;
            act();
            --m_depth;
        }
    }
}

void World::act()
{
    switch (below(16)) {
    case 0:
        makeManager();
        break;
    case 1:
    case 2:
        makeProxy();
        break;
    case 3:
    case 4:
        makePane();
        break;
    case 5:
    case 6:
    case 7:
        command(any(m_proxies));
        break;
    case 8:
        delete any(m_proxies);
        break;
    case 9:
        delete any(m_panes);
        break;
    case 10: // connecting anew takes a while: most of the time there shall be data
        if (below(8) == 0)
            delete any(m_managers);
        break;
    case 11:
        if (QWidget *const pane = any(m_panes)) { // closed like by its user
            pane->setAttribute(Qt::WA_DeleteOnClose);
            pane->close();
        }
        break;
    case 12:
        if (below(8) == 0) {
            Manager *const manager = any(m_managers);
            if (manager != nullptr)
                manager->shutdown(200);
        }
        break;
    case 13:
        if (SnapshotReply *const reply = any(m_replies)) {
            if (below(2) == 0)
                reply->cancel();
            else
                delete reply;
        }
        break;
    case 14:
        if (QWidget *const pane = any(m_panes)) {
            const auto feeds = pane->findChildren<CandleFeed *>();
            if (!feeds.isEmpty())
                feeds.first()->show(below(2) == 0 ? "KRW-ETH" : "KRW-BTC", units[below(3)]);
            // One of the models, under its view.
            const auto models = pane->findChildren<QAbstractItemModel *>();
            if (!models.isEmpty() && below(3) == 0)
                delete models.first();
        }
        break;
    default:
        nest();
    }
}

void World::end()
{
    QVector<QPointer<QObject>> all;
    for (const auto &object : qAsConst(m_managers))
        all.append(object.data());
    for (const auto &object : qAsConst(m_proxies))
        all.append(object.data());
    for (const auto &object : qAsConst(m_panes))
        all.append(object.data());
    std::shuffle(all.begin(), all.end(), m_random);
    for (const auto &object : qAsConst(all))
        delete object.data();
}
} // namespace

class TestChurn : public QObject
{
    Q_OBJECT

  private Q_SLOTS:
    void anythingInAnyOrder()
    {
        bool given = false;
        quint32 seed = qEnvironmentVariable("UPBIT_CHURN_SEED").toUInt(&given);
        if (!given)
            seed = std::random_device()();
        bool counted = false;
        int actions = qEnvironmentVariableIntValue("UPBIT_CHURN_ACTIONS", &counted);
        if (!counted)
            actions = 1000;
        qInfo("UPBIT_CHURN_SEED=%u, %d actions", seed, actions);
        QLoggingCategory::setFilterRules("upbit.*=false"); // slots that threw, refused commands

        MockServer mock({"--rate", "3000", "--codes", "40", "--seed", "7"});
        QVERIFY2(mock.isRunning(), qPrintable(mock.errorString()));
        // Outlives them all, so that what they leave behind would be seen.
        Manager witness(mock.options());
        World world(mock, seed);
        for (int i = 0; i < actions; ++i) {
            try {
                world.act();
            } catch (const std::runtime_error &) { // through a call of ours, so it is ours
            }
            QTest::qWait(i % 11); // deletes what was left for later, too
            if (i % 250 == 249)
                mock.post("/mock/cut?how=rst");
        }
        world.end();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        qInfo("%llu slot calls, %llu deletions in slots, %llu nested loops, %llu exceptions",
              world.slotCalls, world.deletedInSlots, world.nested, world.thrown);
        QVERIFY(world.slotCalls > static_cast<quint64>(actions));

        // The bridge is as good as new.
        Proxy proxy(&witness, "witness");
        QSignalSpy trades(&proxy, &Proxy::tradeReceived);
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY_WITH_TIMEOUT(trades.count() > 10, 20000);
        QCOMPARE(witness.stats().proxies, quint64(1));
        QCOMPARE(witness.stats().keys, quint64(1));
    }
};

QTEST_MAIN(TestChurn)
#include "test_churn.moc"
