// A burst far beyond what a window can show: what counts is counted. How long the turns take is the
// business of the benchmark (tests/bench/qt).
#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <algorithm>

#include "burst_window.h"
#include "mock_server.h"

using namespace UpbitLive;

static const char burst[] = "/mock/burst?rate=100000&ms=1000";

class TestBurst : public QObject
{
    Q_OBJECT

  private:
    std::unique_ptr<MockServer> m_mock;

    QJsonArray rest(const char *path)
    {
        return QJsonDocument::fromJson(m_mock->get(path).body).array();
    }
    // Of KRW-BTC, newest first. QJsonDocument knows doubles only, and these have 17 digits.
    QVector<qint64> newestIds(int count)
    {
        QVector<qint64> ids;
        const QByteArray path =
            "/v1/trades/ticks?market=KRW-BTC&count=" + QByteArray::number(count);
        const QString rows = QString::fromUtf8(m_mock->get(path).body);
        const QRegularExpression id("\"sequential_id\":(\\d+)");
        for (auto i = id.globalMatch(rows); i.hasNext();)
            ids.append(i.next().captured(1).toLongLong());
        return ids;
    }
    static bool same(const Decimal &value, const QJsonValue &json)
    {
        return qFuzzyCompare(value.toDouble() + 1, json.toDouble() + 1);
    }

    // What the window shows and REST says differently; empty: nothing.
    QString difference(const BurstWindow &window)
    {
        int seen = 0;
        for (const QJsonValue &value : rest("/v1/ticker/all?quote_currencies=KRW")) {
            const QJsonObject row = value.toObject();
            const Ticker ticker = window.tickerModel.ticker(row.value("market").toString());
            ++seen;
            if (!ticker.isValid() || !same(ticker.tradePrice(), row.value("trade_price")) ||
                !same(ticker.accTradeVolume24h(), row.value("acc_trade_volume_24h")))
                return "ticker of " + row.value("market").toString();
        }
        if (seen != window.tickerModel.rowCount())
            return QString("%1 tickers").arg(seen);
        const QJsonArray units = rest("/v1/orderbook?markets=KRW-BTC")
                                     .at(0)
                                     .toObject()
                                     .value("orderbook_units")
                                     .toArray();
        for (int i = 0; i < 15; ++i) {
            const QJsonObject unit = units.at(i).toObject();
            const int ask = 14 - i, bid = 15 + i; // rows of the model
            if (!same(window.bookModel.price(ask), unit.value("ask_price")) ||
                !same(window.bookModel.size(ask), unit.value("ask_size")) ||
                !same(window.bookModel.price(bid), unit.value("bid_price")) ||
                !same(window.bookModel.size(bid), unit.value("bid_size")))
                return QString("row %1 of the book").arg(i);
        }
        const QVector<qint64> newest = newestIds(50);
        for (int i = 0; i < 50; ++i) {
            if (window.tradeModel.trade(i).sequentialId() != newest.value(i))
                return QString("trade %1").arg(i);
        }
        const QJsonObject candle =
            rest("/v1/candles/minutes/1?market=KRW-BTC&count=1").at(0).toObject();
        const CandleBar &bar = window.candleModel.bar(window.candleModel.rowCount() - 1);
        if (!same(bar.close, candle.value("trade_price")) ||
            !same(bar.volume, candle.value("candle_acc_trade_volume")))
            return "the last candle";
        return QString();
    }

    // The burst has been sent whole, and what was sent of it has arrived. What follows it, books
    // and candles by their own clocks, each case waits for by itself.
    void untilStill(const Manager &manager)
    {
        QElapsedTimer patience;
        patience.start();
        for (; patience.elapsed() < 60000; QTest::qWait(50)) {
            const QJsonObject stats =
                QJsonDocument::fromJson(m_mock->get("/mock/stats").body).object();
            if (stats.value("burst_left").toDouble() == 0 &&
                static_cast<double>(manager.stats().messages_received) >=
                    stats.value("messages_sent").toDouble())
                return;
        }
        QFAIL("the burst has not ended");
    }

  private Q_SLOTS:
    void init()
    {
        // Nothing moves but in a burst, so that there is an end to compare at.
        m_mock.reset(new MockServer({"--codes", "855", "--rate", "0", "--seed", "7"}));
        QVERIFY2(m_mock->isRunning(), qPrintable(m_mock->errorString()));
    }

    void aTurnTakesNoMoreThanItsBudget()
    {
        Manager manager(m_mock->options());
        BurstWindow window(&manager, m_mock->get("/v1/market/all").body, 0);
        window.show();
        int turn = 0, largest = 0;
        quint64 total = 0;
        QObject here; // the event loop outlives this case
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, &here, [&] {
            largest = qMax(largest, turn);
            turn = 0;
        });
        const auto count = [&](int events) {
            turn += events;
            total += static_cast<quint64>(events);
        };
        connect(&window.tickers, &Proxy::tickersReceived, this,
                [&](const QVector<Ticker> &some) { count(some.size()); });
        connect(&window.books, &Proxy::orderbooksReceived, this,
                [&](const QVector<Orderbook> &some) { count(some.size()); });
        connect(&window.trades, &Proxy::tradesReceived, this,
                [&](const QVector<Trade> &some) { count(some.size()); });
        QTRY_COMPARE_WITH_TIMEOUT(window.lastBooks.size(), 855, 20000);
        // A busy machine brings less of a burst, more of it coalesced: then there is another.
        for (int i = 0; i < 20 && (total <= 2000 || largest <= 50); ++i) {
            if (!m_mock->post(burst))
                continue; // it was too busy to answer
            QThread::msleep(300); // let it pile up, so that there is more than a turn may take
            untilStill(manager);
        }
        QVERIFY2(total > 2000, qPrintable(QString::number(total)));
        QVERIFY2(largest > 50, qPrintable(QString::number(largest)));
        QVERIFY2(largest <= 512, qPrintable(QString::number(largest)));
    }

    void lastValuesAreRightAndMemoryIsFlat()
    {
        Manager manager(m_mock->options());
        BurstWindow window(&manager, m_mock->get("/v1/market/all").body, 60);
        window.show();
        QTRY_VERIFY_WITH_TIMEOUT(
            window.lastBooks.size() == 855 && window.candleModel.rowCount() > 100, 20000);
        for (int round = 0; round < 2; ++round) {
            QVERIFY(m_mock->post(burst));
            untilStill(manager);
            // A book is sent every 100 ms of the exchange's clock; then nothing moves any more.
            QString differs = difference(window);
            QElapsedTimer patience;
            for (patience.start(); !differs.isEmpty() && patience.elapsed() < 30000;
                 differs = difference(window))
                QTest::qWait(300);
            QVERIFY2(differs.isEmpty(), qPrintable(differs));
            const upbit_stats stats = manager.stats();
            QVERIFY2(stats.messages_received > 10000,
                     qPrintable(QString::number(stats.messages_received)));
            QCOMPARE(stats.decode_errors, quint64(0));
            QCOMPARE(stats.events_refused, quint64(0));
            // What is shown, one value per key, a lane of trades; not what has passed.
            QVERIFY2(stats.memory_peak_bytes < 24U << 20,
                     qPrintable(QString::number(stats.memory_peak_bytes)));
        }
    }

    void aSlotThatSleepsHarmsOnlyItsOwnProxy()
    {
        Manager manager(m_mock->options());
        ProxyOptions lossless;
        lossless.policy = Policy::Lossless;
        Proxy quick(&manager, "quick", lossless), shown(&manager, "shown");
        QVector<qint64> ids;
        QSignalSpy gaps(&quick, &Proxy::gapDetected), overflows(&quick, &Proxy::overflowed);
        connect(&quick, &Proxy::tradesReceived, this, [&ids](const QVector<Trade> &some) {
            for (const Trade &one : some)
                ids.append(one.sequentialId());
        });
        quick.subscribeTrade({"KRW-BTC"});
        Ticker last;
        connect(&shown, &Proxy::tickerReceived, this, [&last](const Ticker &one) { last = one; });
        shown.subscribeTicker({"KRW-BTC"});

        // In a thread of its own, so that only the queue is in question.
        QThread thread;
        QObject context;
        context.moveToThread(&thread);
        std::atomic<int> slowCalls{0};
        std::atomic<quint64> slowLost{0};
        connect(&thread, &QThread::started, &context, [&] {
            ProxyOptions small;
            small.queueMessages = 64;
            auto *slow = new Proxy(&manager, "slow", small);
            connect(&thread, &QThread::finished, slow, &QObject::deleteLater, Qt::DirectConnection);
            connect(slow, &Proxy::tradeReceived, slow, [&] {
                ++slowCalls;
                QThread::msleep(200);
            });
            connect(slow, &Proxy::gapDetected, slow,
                    [&](const Gap &gap) { slowLost += gap.count; });
            slow->subscribeTrade({"KRW-*"});
        });
        struct Ends {
            QThread &thread;
            ~Ends()
            {
                thread.quit();
                thread.wait(20000);
            }
        } const ends{thread};
        thread.start();
        QTRY_VERIFY_WITH_TIMEOUT(!ids.isEmpty() && last.isValid() && slowCalls > 0, 30000);
        QVERIFY(m_mock->post("/mock/burst?rate=20000&ms=1000&code=KRW-BTC"));
        untilStill(manager);
        QVector<qint64> newest;
        QTRY_VERIFY_WITH_TIMEOUT((newest = newestIds(1)).size() == 1, 30000);
        QTRY_COMPARE_WITH_TIMEOUT(ids.last(), newest.first(), 30000);
        QVERIFY2(ids.size() >= 20000, qPrintable(QString::number(ids.size())));
        QCOMPARE(gaps.count(), 0);
        QCOMPARE(overflows.count(), 0);
        QVERIFY(same(last.tradePrice(),
                     rest("/v1/ticker?markets=KRW-BTC").at(0).toObject().value("trade_price")));
        QTRY_VERIFY_WITH_TIMEOUT(slowLost > 1000, 30000); // it was slow indeed
    }

    // The same on one thread: what the others miss by it is time, not values.
    void aSlotThatSleepsOnTheSameThreadCostsTheOthersNoValue()
    {
        Manager manager(m_mock->options());
        Proxy slow(&manager, "slow"), shown(&manager, "shown");
        int calls = 0;
        connect(&slow, &Proxy::tickersReceived, this, [&calls] {
            if (++calls <= 5)
                QThread::msleep(200);
        });
        slow.subscribeTicker({"KRW-*"});
        TickerModel model;
        QVector<Market> markets;
        for (const QJsonValue &row : rest("/v1/market/all"))
            if (row.toObject().value("market").toString().startsWith("KRW-"))
                markets.append({row.toObject().value("market").toString(), QString(), QString()});
        model.setMarkets(markets);
        connect(&shown, &Proxy::tickersReceived, &model, &TickerModel::update);
        shown.subscribeTicker({"KRW-*"});
        QTRY_VERIFY_WITH_TIMEOUT(calls > 0, 30000);
        // A busy machine may bring a whole burst in few turns: then there is another.
        for (int i = 0; i < 20 && calls <= 5; ++i) {
            if (m_mock->post(burst))
                untilStill(manager);
        }
        QVERIFY2(calls > 5, qPrintable(QString::number(calls)));
        // On a busy machine the exchange may pause for longer than a burst's end is recognized by.
        const auto behind = [&] {
            untilStill(manager);
            const QJsonArray rows = rest("/v1/ticker/all?quote_currencies=KRW");
            return std::count_if(rows.begin(), rows.end(), [&](const QJsonValue &value) {
                const QJsonObject row = value.toObject();
                return !same(model.ticker(row.value("market").toString()).tradePrice(),
                             row.value("trade_price"));
            });
        };
        QTRY_COMPARE_WITH_TIMEOUT(behind(), 0, 30000);
        QCOMPARE(manager.stats().reconnects, quint64(0));
    }
};

QTEST_MAIN(TestBurst)
#include "test_burst.moc"
