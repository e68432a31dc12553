// Whatever a slot deletes: in a slot of each signal of the models and the widgets, of replies,
// feeds and proxies, the manager, the proxy, the model and the view are deleted in every order, and
// the window that holds them all. The sanitizers watch (docs/TESTING.md).
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/Snapshot>
#include <UpbitLive/widgets/assetmodel.h>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>
#include <UpbitLive/widgets/connectionlight.h>
#include <UpbitLive/widgets/orderbookview.h>
#include <UpbitLive/widgets/ordermodel.h>
#include <UpbitLive/widgets/tickermodel.h>
#include <UpbitLive/widgets/trademodel.h>

#include <QtCore/QLoggingCategory>
#include <QtCore/QPointer>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <algorithm>
#include <functional>

#include "ends_cast.h"
#include "messages.h"
#include "mock_server.h"

using namespace UpbitLive;

namespace
{
const qint64 minute = 60000, start = 1790000040000 / minute * minute;

QVector<Candle> candles(int first, int last)
{
    QVector<Candle> some;
    for (int n = first; n <= last; ++n)
        some += messages::decode<Candle>(
            messages::candle("KRW-BTC", "candle.1m", start + n * minute, n, 1));
    return some;
}

QVector<Ticker> tickers(int n)
{
    QVector<Ticker> some;
    // Not side by side: each is a range of its own to tell.
    for (const char *code : {"KRW-A", "KRW-C", "KRW-E"})
        some += messages::decode<Ticker>(messages::ticker(code, n));
    return some;
}

QVector<Trade> trades(int first, int count)
{
    QVector<Trade> some;
    for (int n = first; n < first + count; ++n)
        some += messages::decode<Trade>(messages::trade("KRW-BTC", n));
    return some;
}

QVector<Order> orders(int count, const QString &state)
{
    QVector<Order> some;
    for (int n = 0; n < count; ++n)
        some += messages::decode<Order>(
            messages::order(QString("u%1").arg(n), state, "1000", "4", "0", "4", n));
    return some;
}

QVector<Asset> assets(int n)
{
    return messages::decode<Asset>(messages::asset(
        QString(R"({"currency":"KRW","balance":%1,"locked":0},{"currency":"BTC","balance":%1,)"
                R"("locked":0},{"currency":"ETH","balance":%1,"locked":0})")
            .arg(n),
        n));
}

// QTest's clicks send a second event, to a widget the first one may have deleted.
void press(QWidget *widget, const QPoint &at, QEvent::Type type = QEvent::MouseButtonPress)
{
    QMouseEvent event(type, at, widget->mapToGlobal(at), Qt::LeftButton, Qt::LeftButton,
                      Qt::NoModifier);
    QCoreApplication::sendEvent(widget, &event);
}

using Play = std::function<void(Cast &)>;

// The model of this kind, filled so that one more change tells in several steps; then that change.
template <class Model, class Signal>
Play changes(Signal signal, const std::function<void(Model *)> &fill,
             const std::function<void(Model *)> &change,
             const std::function<Model *(QObject *)> &make)
{
    return [=](Cast &cast) {
        Model *const model = make(cast.window);
        cast.model = model;
        cast.table();
        cast.show();
        if (fill) {
            const QSignalSpy changed(model, &QAbstractItemModel::dataChanged),
                inserted(model, &QAbstractItemModel::rowsInserted);
            fill(model);
            while (changed.isEmpty() && inserted.isEmpty())
                QTest::qWait(2);
        }
        cast.endOn(model, signal);
        change(model);
    };
}

CandleChart *chartIn(Cast &cast)
{
    auto *model = new CandleModel(1000, cast.window);
    model->setSeries("KRW-BTC", CandleUnit::Minute1);
    cast.model = model;
    auto *chart = new CandleChart(cast.window);
    chart->setModel(model);
    cast.view = chart;
    cast.show();
    model->add(candles(0, 500));
    while (model->rowCount() < 501)
        QTest::qWait(2);
    QCoreApplication::processEvents(); // what the chart has put off
    return chart;
}
} // namespace

Q_DECLARE_METATYPE(Play)

class TestEnds : public QObject
{
    Q_OBJECT

  private:
    std::unique_ptr<MockServer> m_mock;

    static void models()
    {
        using Item = QAbstractItemModel;
        const auto ticker = [](QObject *parent) {
            auto *model = new TickerModel(parent);
            QVector<Market> markets;
            for (const char *code : {"KRW-A", "KRW-B", "KRW-C", "KRW-D", "KRW-E"})
                markets.append({code, QString(), QString()});
            model->setMarkets(markets);
            return model;
        };
        const auto trade = [](QObject *parent) { return new TradeModel(10, parent); };
        const auto candle = [](QObject *parent) {
            auto *model = new CandleModel(100, parent);
            model->setSeries("KRW-BTC", CandleUnit::Minute1);
            return model;
        };
        const auto book = [](QObject *parent) { return new OrderbookModel(3, parent); };
        const auto order = [](QObject *parent) { return new OrderModel(2, parent); };
        const auto asset = [](QObject *parent) { return new AssetModel(parent); };
        // In front, within and behind: all of a flush.
        const auto everywhere = [](CandleModel *m) { m->add(candles(-3, 5) + candles(30, 80)); };

        QTest::newRow("tickers: dataChanged") << changes<TickerModel>(
            &Item::dataChanged, [](TickerModel *m) { m->update(tickers(1)); },
            [](TickerModel *m) { m->update(tickers(2)); }, ticker);
        QTest::newRow("tickers: modelReset") << changes<TickerModel>(
            &Item::modelReset, [](TickerModel *m) { m->update(tickers(1)); },
            [](TickerModel *m) {
                m->setMarkets({{"KRW-B", "", ""}});
            },
            ticker);
        QTest::newRow("trades: rowsInserted") << changes<TradeModel>(
            &Item::rowsInserted, [](TradeModel *m) { m->add(trades(0, 8)); },
            [](TradeModel *m) { m->add(trades(8, 5)); }, trade);
        QTest::newRow("trades: rowsRemoved") << changes<TradeModel>(
            &Item::rowsRemoved, [](TradeModel *m) { m->add(trades(0, 8)); },
            [](TradeModel *m) { m->add(trades(8, 5)); }, trade);
        QTest::newRow("trades: modelReset") << changes<TradeModel>(
            &Item::modelReset, [](TradeModel *m) { m->add(trades(0, 8)); },
            [](TradeModel *m) { m->add(trades(8, 50)); }, trade);
        QTest::newRow("candles: dataChanged") << changes<CandleModel>(
            &Item::dataChanged, [](CandleModel *m) { m->add(candles(0, 60)); }, everywhere, candle);
        QTest::newRow("candles: rowsInserted") << changes<CandleModel>(
            &Item::rowsInserted, [](CandleModel *m) { m->add(candles(0, 60)); }, everywhere,
            candle);
        QTest::newRow("candles: rowsRemoved") << changes<CandleModel>(
            &Item::rowsRemoved, [](CandleModel *m) { m->add(candles(0, 98)); },
            [](CandleModel *m) { m->add(candles(90, 110)); }, candle);
        QTest::newRow("candles: finalized") << changes<CandleModel>(
            &CandleModel::finalized, [](CandleModel *m) { m->add(candles(0, 60)); },
            [](CandleModel *m) { m->add(candles(61, 62)); }, candle);
        QTest::newRow("candles: modelReset") << changes<CandleModel>(
            &Item::modelReset, [](CandleModel *m) { m->add(candles(0, 60)); },
            [](CandleModel *m) { m->setSeries("KRW-ETH", CandleUnit::Minute1); }, candle);
        QTest::newRow("order book: dataChanged") << changes<OrderbookModel>(
            &Item::dataChanged, nullptr,
            [](OrderbookModel *m) {
                m->update(messages::decode<Orderbook>(messages::orderbook("KRW-BTC", 1)).first());
            },
            book);
        QTest::newRow("orders: dataChanged") << changes<OrderModel>(
            &Item::dataChanged, [](OrderModel *m) { m->add(orders(6, "wait")); },
            [](OrderModel *m) { m->add(orders(6, "cancel")); }, order);
        QTest::newRow("orders: rowsInserted") << changes<OrderModel>(
            &Item::rowsInserted, nullptr, [](OrderModel *m) { m->add(orders(6, "wait")); }, order);
        QTest::newRow("orders: rowsRemoved") << changes<OrderModel>(
            &Item::rowsRemoved, [](OrderModel *m) { m->add(orders(6, "wait")); },
            [](OrderModel *m) { m->add(orders(6, "cancel")); }, order);
        QTest::newRow("orders: setOpen") << changes<OrderModel>(
            &Item::rowsRemoved, [](OrderModel *m) { m->add(orders(6, "wait")); },
            [](OrderModel *m) { m->setOpen({}, messages::base * 2); }, order);
        QTest::newRow("assets: rowsInserted") << changes<AssetModel>(
            &Item::rowsInserted, nullptr, [](AssetModel *m) { m->add(assets(1)); }, asset);
        QTest::newRow("assets: dataChanged") << changes<AssetModel>(
            &Item::dataChanged, [](AssetModel *m) { m->add(assets(1)); },
            [](AssetModel *m) { m->add(assets(2)); }, asset);
    }

    static void widgets()
    {
        QTest::newRow("book: priceClicked") << Play([](Cast &cast) {
            auto *model = new OrderbookModel(3, cast.window);
            cast.model = model;
            auto *view = new OrderbookView(cast.window);
            view->setModel(model);
            cast.view = view;
            cast.show();
            model->update(messages::decode<Orderbook>(messages::orderbook("KRW-BTC", 1)).first());
            while (!model->orderbook().isValid())
                QTest::qWait(2);
            cast.endOn(view, &OrderbookView::priceClicked);
            press(view, view->rect().center());
        });
        QTest::newRow("chart: historyWanted, by key") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::historyWanted);
            QKeyEvent key(QEvent::KeyPress, Qt::Key_Home, Qt::NoModifier);
            QCoreApplication::sendEvent(chart, &key);
        });
        QTest::newRow("chart: historyWanted, by rows") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::historyWanted);
            auto *model = static_cast<CandleModel *>(cast.model.data());
            model->clear();
            model->add(candles(0, 5));
        });
        QTest::newRow("chart: historyWanted, by size") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::historyWanted);
            cast.window->resize(6000, 400);
            chart->setGeometry(0, 0, 6000, 400);
        });
        QTest::newRow("chart: viewChanged, by wheel") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::viewChanged);
            QWheelEvent turn(QPointF(100, 100), chart->mapToGlobal(QPoint(100, 100)), QPoint(),
                             QPoint(0, 120), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                             false);
            QCoreApplication::sendEvent(chart, &turn);
        });
        QTest::newRow("chart: viewChanged, by dragging") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::viewChanged);
            press(chart, QPoint(100, 100));
            press(chart, QPoint(150, 100), QEvent::MouseMove);
        });
        QTest::newRow("chart: hovered") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            cast.endOn(chart, &CandleChart::hovered);
            press(chart, QPoint(100, 100), QEvent::MouseMove);
        });
        QTest::newRow("chart: hovered no more") << Play([](Cast &cast) {
            CandleChart *const chart = chartIn(cast);
            press(chart, QPoint(100, 100), QEvent::MouseMove);
            cast.endOn(chart, &CandleChart::hovered);
            QEvent leaves(QEvent::Leave);
            QCoreApplication::sendEvent(chart, &leaves);
        });
    }

    void ends(const Play &play, const QString &url, bool nests)
    {
        QString order = "dmpv";
        QStringList all{"w", "mw", "wm"};
        do
            all.append(order);
        while (std::next_permutation(order.begin(), order.end()));
        QCOMPARE(all.size(), 27);
        for (const QString &one : qAsConst(all)) {
            ManagerOptions options = m_mock->options();
            if (!url.isEmpty())
                options.url = url;
            Cast cast;
            cast.order = one;
            cast.nests = nests;
            cast.manager = new Manager(options);
            cast.proxy = new Proxy(cast.manager, "widget_1", cast.window);
            play(cast);
            for (int i = 0; i < 1000 && !cast.done; ++i)
                QTest::qWait(5);
            QVERIFY2(cast.done, qPrintable("no such signal: " + one));
            QTest::qWait(5); // paint events and timers of what is left
            delete cast.aliveWindow.data();
            delete cast.manager.data();
        }
    }

  private Q_SLOTS:
    void initTestCase()
    {
        registerMetaTypes();
        QLoggingCategory::setFilterRules("upbit.*=false"); // exchanges that nobody is at
        m_mock.reset(new MockServer({"--rate", "2000", "--codes", "10", "--seed", "7"}));
        QVERIFY2(m_mock->isRunning(), qPrintable(m_mock->errorString()));
    }

    void inSlotsOfModels_data()
    {
        QTest::addColumn<Play>("play");
        models();
    }
    void inSlotsOfModels()
    {
        QFETCH(Play, play);
        ends(play, "ws://127.0.0.1:9/websocket/v1", false); // nobody listens, nobody needs to
    }

    void inSlotsOfModelsWithEventLoops_data()
    {
        QTest::addColumn<Play>("play");
        models();
    }
    void inSlotsOfModelsWithEventLoops()
    {
        QFETCH(Play, play);
        Cast cast;
        cast.order = "w";
        cast.nests = true;
        play(cast);
        QTRY_VERIFY(cast.done);
        QTRY_VERIFY(cast.aliveWindow == nullptr);
    }

    void inSlotsOfWidgets_data()
    {
        QTest::addColumn<Play>("play");
        widgets();
    }
    void inSlotsOfWidgets()
    {
        QFETCH(Play, play);
        ends(play, "ws://127.0.0.1:9/websocket/v1", false);
    }

    void inSlotsOfTheStream_data()
    {
        QTest::addColumn<Play>("play");
        QTest::newRow("tickersReceived") << Play([](Cast &cast) {
            auto *model = new TickerModel(cast.window);
            model->setMarkets({{"KRW-BTC", "", ""}});
            cast.model = model;
            cast.table();
            cast.show();
            connect(cast.proxy, &Proxy::tickersReceived, model, &TickerModel::update);
            cast.endOn(cast.proxy.data(), &Proxy::tickersReceived);
            connect(cast.proxy, &Proxy::tickersReceived, model, &TickerModel::update);
            cast.proxy->subscribeTicker({"KRW-BTC"});
        });
        QTest::newRow("the model behind a paced book") << Play([](Cast &cast) {
            auto *model = new OrderbookModel(15, cast.window);
            auto *view = new OrderbookView(cast.window);
            view->setModel(model);
            cast.model = model;
            cast.view = view;
            cast.show();
            cast.proxy->setMaxFps(60);
            connect(cast.proxy, &Proxy::orderbookReceived, model, &OrderbookModel::update);
            cast.endOn(model, &QAbstractItemModel::dataChanged);
            cast.proxy->subscribeOrderbook({"KRW-BTC"}, 15);
        });
        QTest::newRow("finished") << Play([](Cast &cast) {
            cast.endOn(cast.proxy->getTickerSnapshot({"KRW-BTC"}), &SnapshotReply::finished);
        });
        QTest::newRow("snapshotReady") << Play([](Cast &cast) {
            cast.endOn(cast.proxy.data(), &Proxy::snapshotReady);
            cast.proxy->getTradeSnapshot({"KRW-BTC"}, 10);
            cast.proxy->getTradeSnapshot({"KRW-ETH"}, 10);
        });
        QTest::newRow("snapshotReady of a refused one") << Play([](Cast &cast) {
            cast.endOn(cast.proxy.data(), &Proxy::snapshotReady);
            cast.proxy->getTradeSnapshot({"krw btc"}, 10);
        });
        const auto feedIn = [](Cast &cast) {
            auto *model = new CandleModel(500, cast.window);
            cast.model = model;
            auto *chart = new CandleChart(cast.window);
            chart->setModel(model);
            cast.view = chart;
            cast.show();
            auto *feed = new CandleFeed(cast.manager, "feed_1", model, cast.window);
            connect(chart, &CandleChart::historyWanted, feed, &CandleFeed::loadOlder);
            delete cast.proxy.data();
            cast.proxy = feed->proxy();
            return feed;
        };
        QTest::newRow("loadingChanged, at once") << Play([feedIn](Cast &cast) {
            CandleFeed *const feed = feedIn(cast);
            cast.endOn(feed, &CandleFeed::loadingChanged);
            feed->show("KRW-BTC", CandleUnit::Minute1);
        });
        QTest::newRow("the feed's candles") << Play([feedIn](Cast &cast) {
            CandleFeed *const feed = feedIn(cast);
            cast.endOn(cast.model.data(), &QAbstractItemModel::rowsInserted);
            feed->show("KRW-BTC", CandleUnit::Minute1);
        });
        QTest::newRow("failed") << Play([feedIn](Cast &cast) {
            CandleFeed *const feed = feedIn(cast);
            cast.endOn(feed, &CandleFeed::failed);
            feed->show("KRW-NOSUCHCOIN", CandleUnit::Minute1);
        });
        QTest::newRow("levelChanged") << Play([](Cast &cast) {
            auto *light = new ConnectionLight(cast.window);
            cast.view = light;
            cast.show();
            cast.endOn(light, &ConnectionLight::levelChanged);
            light->setManager(cast.manager);
        });
        QTest::newRow("clicked") << Play([](Cast &cast) {
            auto *light = new ConnectionLight(cast.window);
            cast.view = light;
            cast.show();
            light->setManager(cast.manager);
            cast.endOn(light, &ConnectionLight::clicked);
            press(light, QPoint(5, 5), QEvent::MouseButtonRelease);
        });
    }
    void inSlotsOfTheStream()
    {
        QFETCH(Play, play);
        ends(play, QString(), false);
    }

    // A slot that fills the model with something else: what was being told is not told on.
    void inSlotsThatChangeTheModel()
    {
        CandleModel model(100);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candles(0, 60));
        QTRY_COMPARE(model.rowCount(), 61);
        int told = 0;
        connect(&model, &QAbstractItemModel::rowsInserted, this, [&] {
            if (++told == 1)
                model.setSeries("KRW-ETH", CandleUnit::Minute1);
        });
        model.add(candles(-3, 5) + candles(61, 80));
        QTRY_COMPARE(told, 1);
        QTest::qWait(50);
        QCOMPARE(told, 1);
        QCOMPARE(model.rowCount(), 0);

        TickerModel markets;
        markets.setMarkets({{"KRW-A", "", ""}, {"KRW-B", "", ""}, {"KRW-C", "", ""}});
        told = 0;
        connect(&markets, &QAbstractItemModel::dataChanged, this, [&] {
            if (++told == 1)
                markets.setMarkets({});
        });
        markets.update(tickers(1));
        QTRY_COMPARE(told, 1);
        QCOMPARE(markets.rowCount(), 0);

        // Values that come while a frame is being told are shown by the next one.
        TradeModel tape(10);
        tape.add(trades(0, 8));
        QTRY_COMPARE(tape.rowCount(), 8);
        connect(&tape, &QAbstractItemModel::rowsRemoved, this, [&] {
            if (tape.trade(0).sequentialId() == 17900000000000007) {
                tape.add(trades(20, 9));
                QTest::qWait(60); // the next frame's time passes in here
            }
        });
        tape.add(trades(8, 5));
        QTRY_COMPARE(tape.trade(0).sequentialId(), qint64(17900000000000028));
        QCOMPARE(tape.rowCount(), 10);
        QCOMPARE(tape.trade(9).sequentialId(), qint64(17900000000000012));
    }
};

QTEST_MAIN(TestEnds)
#include "test_ends.moc"
