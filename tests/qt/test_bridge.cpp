// The bridge against the mock exchange: where signals arrive, what slots may do, what pacing keeps.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QDir>
#include <QtCore/QPointer>
#include <QtCore/QThread>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <memory>
#include <stdexcept>
#include <upbit-live/error.h>

#include "messages.h"
#include "mock_server.h"

using namespace UpbitLive;

static ManagerOptions optionsFor(const MockServer &server)
{
    ManagerOptions options;
    options.url = server.url();
    options.settleMs = 1;
    options.settleMaxMs = 5;
    return options;
}

class TestBridge : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<MockServer> m_server;
    std::unique_ptr<Manager> m_manager;

private Q_SLOTS:
    void initTestCase()
    {
        m_server.reset(new MockServer({"--rate", "2000", "--codes", "50", "--seed", "7"}));
        QVERIFY2(!m_server->url().isEmpty(), "upbit-mock did not start");
    }

    void init()
    {
        m_manager.reset(new Manager(optionsFor(*m_server)));
        QVERIFY2(m_manager->isValid(), qPrintable(m_manager->lastError().message));
    }

    void cleanup()
    {
        m_manager.reset();
    }

    void invalidInputIsRefusedAtOnce()
    {
        Proxy proxy(m_manager.get(), "bad_input");
        QSignalSpy errors(&proxy, &Proxy::errorOccurred);
        QCOMPARE(proxy.subscribeTicker({"KRW-BTC", "krw btc"}), quint64(0));
        QCOMPARE(errors.count(), 1);
        QCOMPARE(proxy.lastError().code, int(UPBIT_ERROR_INVALID_ARGUMENT));
        QCOMPARE(proxy.lastError().name(), QString("INVALID_ARGUMENT"));
        QVERIFY2(proxy.lastError().message.contains("krw btc"), qPrintable(proxy.lastError().message));
        QCOMPARE(proxy.subscribeTicker({}), quint64(0));
        QCOMPARE(proxy.subscribeOrderbook({"KRW-BTC"}, -1), quint64(0));
        QCOMPARE(proxy.subscribeCandle({"KRW-BTC"}, static_cast<CandleUnit>(61)), quint64(0));
        QCOMPARE(errors.count(), 4);
    }

    void unknownCodeIsRefusedByReply()
    {
        Proxy proxy(m_manager.get(), "unknown_code");
        QSignalSpy replies(&proxy, &Proxy::replyReceived);
        QSignalSpy changed(&proxy, &Proxy::subscriptionChanged);
        const quint64 id = proxy.subscribeTicker({"KRW-NOSUCHCOIN"});
        QVERIFY(id != 0);
        QTRY_COMPARE(replies.count(), 1);
        const Reply reply = replies.at(0).at(0).value<Reply>();
        QCOMPARE(reply.requestId, id);
        QCOMPARE(reply.error, int(UPBIT_ERROR_UNKNOWN_CODE));
        QCOMPARE(changed.count(), 0);
        QCOMPARE(proxy.lastError().requestId, id);
    }

    void duplicateClientIdIsRefused()
    {
        Proxy first(m_manager.get(), "same_id");
        QVERIFY(first.isOpen());
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("same_id"));
        Proxy second(m_manager.get(), "same_id");
        QSignalSpy errors(&second, &Proxy::errorOccurred);
        QVERIFY(!second.isOpen());
        QCOMPARE(second.lastError().code, int(UPBIT_ERROR_DUPLICATE_CLIENT_ID));
        QTRY_COMPARE(errors.count(), 1); // from the event loop, so that one can connect first
        QCOMPARE(second.subscribeTicker({"KRW-BTC"}), quint64(0));
    }

    void signalsArriveInTheProxysThread()
    {
        Proxy proxy(m_manager.get(), "ui_thread");
        QThread *seen = nullptr;
        connect(&proxy, &Proxy::tickerReceived, this,
                [&seen] { seen = QThread::currentThread(); }, Qt::DirectConnection);
        proxy.subscribeTicker({"KRW-BTC"});
        QTRY_VERIFY(seen != nullptr);
        QCOMPARE(seen, QThread::currentThread());
        QVERIFY(proxy.state() == State::Live);
    }

    void aWorkerThreadHasItsOwnDispatcher()
    {
        QThread thread;
        QThread *seen = nullptr;
        QObject context;
        context.moveToThread(&thread);
        connect(&thread, &QThread::started, &context, [this, &thread, &seen] {
            auto *proxy = new Proxy(m_manager.get(), "worker_1");
            connect(proxy, &Proxy::tickersReceived, proxy, [proxy, &thread, &seen] {
                seen = QThread::currentThread();
                proxy->deleteLater();
                connect(proxy, &QObject::destroyed, &thread, &QThread::quit, Qt::DirectConnection);
            });
            proxy->subscribeTicker({"KRW-BTC"});
        });
        thread.start();
        QVERIFY(thread.wait(10000));
        QCOMPARE(seen, &thread);
    }

    void batchAndSingleAgree()
    {
        Proxy proxy(m_manager.get(), "both_forms");
        QVector<const upbit_event *> singles, batches;
        QVector<Ticker> keepT; // so that no event's memory is used again
        QVector<Trade> keep;
        connect(&proxy, &Proxy::tradeReceived, this, [&](const Trade &t) {
            keep.append(t);
            singles.append(t.handle());
        });
        connect(&proxy, &Proxy::tradesReceived, this, [&](const QVector<Trade> &trades) {
            for (const Trade &t : trades)
                batches.append(t.handle());
        });
        proxy.subscribeTrade({"KRW-BTC", "KRW-ETH", "KRW-XRP"});
        QTRY_VERIFY(batches.size() > 100);
        QCOMPARE(batches.size(), singles.size());
        QCOMPARE(batches, singles);
        QVERIFY(keep.first().tradePrice().sign() > 0);
        QVERIFY(keep.first().code().startsWith("KRW-"));
    }

    void everyMessageOfARecordingArrives()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 2000; ++i)
            lines << messages::trade("KRW-BTC", i);
        MockServer server(MockServer::Play, lines);
        Manager manager(optionsFor(server));
        ProxyOptions lossless;
        lossless.policy = Policy::Lossless;
        Proxy proxy(&manager, "recording", lossless);
        QSignalSpy gaps(&proxy, &Proxy::gapDetected);
        QVector<qint64> ids;
        int largest = 0, turns = 0;
        connect(&proxy, &Proxy::tradesReceived, this, [&](const QVector<Trade> &trades) {
            for (const Trade &t : trades)
                ids.append(t.sequentialId());
            largest = qMax(largest, trades.size());
            ++turns;
        });
        proxy.subscribeTrade({"KRW-BTC"});
        // Let them pile up, so that turns are as long as they may be.
        for (int i = 0; i < 2000 && proxy.stats().queued < 2000; ++i)
            QThread::msleep(1);
        QCOMPARE(proxy.stats().queued, uint64_t(2000));
        QTRY_COMPARE(ids.size(), 2000);
        for (int i = 0; i < ids.size(); ++i)
            QCOMPARE(ids[i], 17900000000000000 + i);
        QCOMPARE(gaps.count(), 0);
        QVERIFY2(largest <= 512, qPrintable(QString::number(largest)));
        QVERIFY(turns >= 4);
    }

    void theTimeBudgetEndsATurn()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 200; ++i)
            lines << messages::trade("KRW-BTC", i);
        MockServer server(MockServer::Play, lines);
        Manager manager(optionsFor(server));
        Proxy proxy(&manager, "slow_slot");
        int largest = 0, all = 0;
        connect(&proxy, &Proxy::tradeReceived, this, [] { QThread::usleep(1000); });
        connect(&proxy, &Proxy::tradesReceived, this, [&](const QVector<Trade> &trades) {
            largest = qMax(largest, trades.size());
            all += trades.size();
        });
        proxy.subscribeTrade({"KRW-BTC"});
        for (int i = 0; i < 2000 && proxy.stats().queued < 200; ++i)
            QThread::msleep(1);
        QTRY_COMPARE(all, 200);
        // A slot of a millisecond: at most four whole ones fit, and the one that went over.
        QVERIFY2(largest <= 5, qPrintable(QString::number(largest)));
    }

    void gapsAreSignalled()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 600; ++i)
            lines << messages::trade("KRW-BTC", i);
        MockServer server(MockServer::Play, lines);
        Manager manager(optionsFor(server));
        ProxyOptions small;
        small.queueMessages = 64;
        Proxy proxy(&manager, "small_queue", small);
        quint64 missing = 0, got = 0, last = 0;
        connect(&proxy, &Proxy::gapDetected, this, [&](const Gap &gap) {
            QCOMPARE(gap.type, Type::Trade);
            QCOMPARE(gap.count, gap.last - gap.first + 1);
            missing += gap.count;
        });
        connect(&proxy, &Proxy::tradeReceived, this, [&](const Trade &t) {
            ++got;
            last = static_cast<quint64>(t.sequentialId());
        });
        proxy.subscribeTrade({"KRW-BTC"});
        for (int i = 0; i < 2000 && manager.stats().events_decoded < 600; ++i)
            QThread::msleep(1);
        QTRY_COMPARE(last, quint64(17900000000000599));
        QCOMPARE(got + missing, quint64(600));
        QVERIFY(missing > 0);
    }

    void proxiesOfAThreadShareOneDescriptor()
    {
        const auto open = [] { return QDir("/proc/self/fd").entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size(); };
        Proxy first(m_manager.get(), "shared_0");
        first.subscribeTicker({"KRW-BTC"});
        QSignalSpy spy(&first, &Proxy::tickerReceived);
        QTRY_VERIFY(spy.count() > 0); // connected: the transport opens nothing more
        const int before = open();
        std::vector<std::unique_ptr<Proxy>> more;
        for (int i = 1; i <= 50; ++i)
            more.emplace_back(new Proxy(m_manager.get(), QString("shared_%1").arg(i)));
        QCOMPARE(open(), before);
        QSignalSpy last(more.back().get(), &Proxy::tickerReceived);
        more.back()->subscribeTicker({"KRW-BTC"});
        QTRY_VERIFY(last.count() > 0);
    }

    void deletingTheProxyInASlot_data()
    {
        QTest::addColumn<bool>("batch");
        QTest::addColumn<int>("fps");
        QTest::newRow("single") << false << 0;
        QTest::newRow("batch") << true << 0;
        QTest::newRow("single, paced") << false << 50;
        QTest::newRow("batch, paced") << true << 50;
    }

    void deletingTheProxyInASlot()
    {
        QFETCH(bool, batch);
        QFETCH(int, fps);
        QPointer<Proxy> proxy(new Proxy(m_manager.get(), "dies_in_slot"));
        Proxy other(m_manager.get(), "lives_on");
        QSignalSpy others(&other, &Proxy::tradeReceived);
        int after = 0;
        proxy->setMaxFps(fps);
        if (batch)
            connect(proxy, &Proxy::tradesReceived, this, [&] { delete proxy.data(); });
        else
            connect(proxy, &Proxy::tradeReceived, this, [&] { delete proxy.data(); });
        connect(proxy, &Proxy::tradeReceived, this, [&] { after += proxy.isNull(); });
        proxy->subscribeTrade({"KRW-BTC", "KRW-ETH"});
        other.subscribeTrade({"KRW-BTC", "KRW-ETH"});
        QTRY_VERIFY(proxy.isNull());
        const int before = others.count();
        QTRY_VERIFY(others.count() > before + 20); // the thread's other proxy goes on
        QCOMPARE(after, 0);
    }

    void deletingTheLastProxyInASlot()
    {
        // The thread's dispatcher goes with it, in the middle of its own turn.
        QPointer<Proxy> proxy(new Proxy(m_manager.get(), "the_last"));
        connect(proxy, &Proxy::stateChanged, this, [&] { delete proxy.data(); });
        proxy->subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(proxy.isNull());
        Proxy next(m_manager.get(), "the_next");
        QSignalSpy spy(&next, &Proxy::tradeReceived);
        next.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(spy.count() > 0);
    }

    void deletingOtherProxiesAndTheManagerInASlot()
    {
        QPointer<Manager> manager(new Manager(optionsFor(*m_server)));
        std::vector<std::unique_ptr<Proxy>> all;
        for (int i = 0; i < 10; ++i) {
            all.emplace_back(new Proxy(manager, QString("one_of_ten_%1").arg(i)));
            all.back()->setMaxFps(i % 2 == 0 ? 0 : 60);
            connect(all.back().get(), &Proxy::tradesReceived, this, [&] {
                delete manager.data();
                all.clear(); // the emitting one among them
            });
            all.back()->subscribeTrade({"KRW-BTC"});
        }
        QTRY_VERIFY(manager.isNull() && all.empty());
        QTest::qWait(50); // nothing left behind that would fire now
    }

    void deletingTheWidgetInASlotOfErrorOccurred()
    {
        auto *widget = new QObject;
        QPointer<Proxy> proxy(new Proxy(m_manager.get(), "error_slot", widget));
        connect(proxy, &Proxy::errorOccurred, this, [widget] { delete widget; });
        QCOMPARE(proxy->subscribeTicker({"nonsense!"}), quint64(0)); // survives its own end
        QVERIFY(proxy.isNull());
    }

    void proxiesSurviveTheirManager()
    {
        Proxy proxy(m_manager.get(), "survivor");
        QSignalSpy closed(&proxy, &Proxy::closed);
        QSignalSpy spy(&proxy, &Proxy::tradeReceived);
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(spy.count() > 0);
        m_manager->shutdown();
        m_manager.reset();
        QTRY_COMPARE(closed.count(), 1);
        QVERIFY(!proxy.isOpen());
        QCOMPARE(proxy.subscribeTrade({"KRW-ETH"}), quint64(0));
    }

    void anExceptionStopsAtTheBridge()
    {
        Proxy proxy(m_manager.get(), "thrower");
        int calls = 0;
        connect(&proxy, &Proxy::tradeReceived, this, [&] {
            if (++calls <= 2)
                throw std::runtime_error("from a slot");
        });
        QTest::ignoreMessage(QtCriticalMsg, "proxy thrower: a slot threw: from a slot");
        QTest::ignoreMessage(QtCriticalMsg, "proxy thrower: a slot threw: from a slot");
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(calls > 5);
        QCOMPARE(proxy.slotExceptions(), quint64(2));
    }

    void aNestedEventLoopKeepsTheOrder()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 300; ++i)
            lines << messages::trade("KRW-BTC", i);
        for (int fps : {0, 100}) {
            MockServer server(MockServer::Play, lines); // plays it once
            Manager manager(optionsFor(server));
            Proxy proxy(&manager, QString("nested_%1").arg(fps));
            proxy.setMaxFps(fps);
            QVector<qint64> ids;
            bool nested = false;
            connect(&proxy, &Proxy::tradeReceived, this, [&](const Trade &t) {
                ids.append(t.sequentialId());
                if (ids.size() == 10 && !nested) {
                    nested = true;
                    QTest::qWait(100); // like a dialog: the rest arrives in here
                }
            });
            proxy.subscribeTrade({"KRW-BTC"});
            if (fps == 0)
                QTRY_COMPARE(ids.size(), 300);
            else
                QTRY_VERIFY(!ids.isEmpty());
            for (int i = 1; i < ids.size(); ++i)
                QCOMPARE(ids[i], ids[i - 1] + 1);
        }
    }

    void pacingShowsTheLastValue()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 1000; ++i) {
            lines << messages::ticker("KRW-BTC", i) << messages::orderbook("KRW-BTC", i);
        }
        MockServer server(MockServer::Play, lines);
        Manager manager(optionsFor(server));
        Proxy paced(&manager, "paced"), eager(&manager, "eager");
        paced.setMaxFps(20);
        QCOMPARE(paced.maxFps(), 20);
        QString pacedPrice, eagerPrice, size;
        int pacedCount = 0;
        connect(&paced, &Proxy::tickerReceived, this, [&](const Ticker &t) {
            pacedPrice = t.tradePrice().toString();
            ++pacedCount;
        });
        connect(&paced, &Proxy::orderbookReceived, this,
                [&](const Orderbook &b) { size = b.askSize(0).toString(); });
        connect(&eager, &Proxy::tickerReceived, this,
                [&](const Ticker &t) { eagerPrice = t.tradePrice().toString(); });
        paced.subscribeTicker({"KRW-BTC"});
        paced.subscribeOrderbook({"KRW-BTC"});
        eager.subscribeTicker({"KRW-BTC"});
        QTRY_COMPARE(eagerPrice, QString("1999"));
        QTRY_COMPARE(pacedPrice, QString("1999"));
        QTRY_COMPARE(size, QString("1000"));
        QVERIFY(pacedCount < 1000);
    }

    void pacedTradesAllArriveInOrder()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 900; ++i)
            lines << messages::trade("KRW-BTC", i);
        MockServer server(MockServer::Play, lines);
        Manager manager(optionsFor(server));
        ProxyOptions lossless;
        lossless.policy = Policy::Lossless;
        Proxy proxy(&manager, "paced_trades", lossless);
        proxy.setMaxFps(10);
        QVector<qint64> ids;
        connect(&proxy, &Proxy::tradeReceived, this,
                [&](const Trade &t) { ids.append(t.sequentialId()); });
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_COMPARE(ids.size(), 900);
        for (int i = 0; i < ids.size(); ++i)
            QCOMPARE(ids[i], 17900000000000000 + i);
    }

    void turningPacingOffDeliversWhatIsHeld()
    {
        Proxy proxy(m_manager.get(), "off_again");
        proxy.setMaxFps(1);
        QSignalSpy spy(&proxy, &Proxy::tradeReceived);
        proxy.subscribeTrade({"KRW-BTC", "KRW-ETH", "KRW-XRP"});
        QTRY_VERIFY(spy.count() > 0); // the first one comes at once, the next are held
        proxy.setMaxFps(0);
        const int before = spy.count();
        QTRY_VERIFY(spy.count() > before + 20);
    }

    void nothingOfTheOldSetFollowsAReplace()
    {
        for (int fps : {0, 60}) {
            Proxy proxy(m_manager.get(), QString("switcher_%1").arg(fps));
            proxy.setMaxFps(fps);
            quint64 wanted = 0;
            bool switched = false;
            int strangers = 0, fresh = 0;
            connect(&proxy, &Proxy::replyReceived, this,
                    [&](const Reply &r) { switched = switched || (wanted != 0 && r.requestId == wanted); });
            connect(&proxy, &Proxy::tradesReceived, this, [&](const QVector<Trade> &trades) {
                for (const Trade &t : trades) {
                    strangers += switched && t.code() != "KRW-ETH";
                    fresh += t.code() == "KRW-ETH";
                }
            });
            proxy.subscribeTrade({"KRW-BTC", "KRW-XRP"});
            QSignalSpy spy(&proxy, &Proxy::tradesReceived);
            QTRY_VERIFY(spy.count() > 2);
            wanted = proxy.replaceTrade({"KRW-ETH"});
            QVERIFY(wanted != 0);
            QTRY_VERIFY(switched && fresh > 3);
            QCOMPARE(strangers, 0);
        }
    }

    void valuesOutliveEverything()
    {
        Ticker kept;
        {
            Manager manager(optionsFor(*m_server));
            Proxy proxy(&manager, "short_life");
            connect(&proxy, &Proxy::tickerReceived, this, [&kept](const Ticker &t) { kept = t; });
            proxy.subscribeTicker({"KRW-BTC"});
            QTRY_VERIFY(kept.isValid());
        }
        QCOMPARE(kept.code(), QString("KRW-BTC"));
        QVERIFY(kept.tradePrice().sign() > 0);
        QVERIFY(kept.toJson().startsWith("{\"type\":\"ticker\""));
        const Ticker copy = kept;
        QCOMPARE(copy.handle(), kept.handle());
        QCOMPARE(Trade(kept.handle()).isValid(), false);
        QCOMPARE(Trade().tradePrice().toString(), QString("0"));
    }
};

QTEST_GUILESS_MAIN(TestBridge)
#include "test_bridge.moc"
