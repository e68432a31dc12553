// The connection's states as signals: a cut, and the comeback as a signal of its own. And signals
// that somebody connects to while events flow.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <upbit-live/error.h>

#include "mock_server.h"

using namespace UpbitLive;

class TestStates : public QObject
{
    Q_OBJECT

  private Q_SLOTS:
    void aComebackIsASignalOfItsOwn()
    {
        MockServer server({"--rate", "2000", "--codes", "20", "--seed", "7"});
        QVERIFY2(!server.url().isEmpty(), "upbit-mock did not start");
        ManagerOptions options;
        options.url = server.url();
        options.settleMs = 1;
        options.settleMaxMs = 5;
        Manager manager(options);
        Proxy proxy(&manager, "restored");
        QSignalSpy restored(&proxy, &Proxy::restored);
        proxy.subscribeTicker({"KRW-BTC"});
        QTRY_COMPARE(proxy.state(), State::Live);
        QVERIFY(server.post("/mock/cut?how=rst"));
        QTRY_COMPARE(restored.count(), 1);
        QTRY_COMPARE(proxy.state(), State::Live);
        QCOMPARE(restored.at(0).at(1).value<Session>(), Session::Public);
        QCOMPARE(restored.count(), 1);
    }

    // What nobody is connected to is not converted; who connects later has to be noticed.
    void whatIsConnectedLaterIsEmitted()
    {
        MockServer server({"--rate", "2000", "--codes", "5", "--seed", "7"});
        QVERIFY2(!server.url().isEmpty(), "upbit-mock did not start");
        Manager manager(server.options());
        Proxy proxy(&manager, "later");
        int tickers = 0, trades = 0, turns = 0;
        connect(&proxy, &Proxy::tickerReceived, this, [&tickers] { ++tickers; });
        proxy.subscribeTicker({"KRW-BTC"});
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(tickers > 10);
        connect(&proxy, &Proxy::tradeReceived, this, [&trades] { ++trades; });
        QTRY_VERIFY(trades > 10);
        connect(&proxy, &Proxy::tickersReceived, this, [&turns] { ++turns; });
        QTRY_VERIFY(turns > 2);
    }

    void ownRequestsShareTheLimits()
    {
        MockServer server({"--codes", "5"});
        QVERIFY2(!server.url().isEmpty(), "upbit-mock did not start");
        Manager manager(server.options());
        Proxy proxy(&manager, "orders");
        QSignalSpy replies(&proxy, &Proxy::replyReceived);
        QCOMPARE(proxy.acquireLimit(LimitGroup::Order, 0), quint64(0)); // refused at once
        QCOMPARE(proxy.lastError().code, int(UPBIT_ERROR_INVALID_ARGUMENT));
        const quint64 id = proxy.acquireLimit(LimitGroup::Order, 2, 1500);
        QVERIFY(id != 0);
        QTRY_COMPARE(replies.count(), 1);
        const Reply reply = replies.at(0).at(0).value<Reply>();
        QCOMPARE(reply.requestId, id);
        QCOMPARE(reply.error, 0);
        for (int i = 0; i < 2; ++i)
            QVERIFY(manager.reportLimit(LimitGroup::Order, 201, "group=order; min=720; sec=11"));
        QVERIFY(!manager.reportLimit(static_cast<LimitGroup>(99), 201));
    }

    void privateDataComeWithKeysStreamedOrPolled()
    {
        MockServer server({"--rate", "100", "--codes", "20", "--private-rate", "20"});
        QVERIFY2(!server.url().isEmpty(), "upbit-mock did not start");
        Manager manager(server.options());
        Proxy proxy(&manager, "account");
        QSignalSpy available(&proxy, &Proxy::privateAvailableChanged);
        QSignalSpy orders(&proxy, &Proxy::orderReceived), assets(&proxy, &Proxy::assetReceived);
        QSignalSpy replies(&proxy, &Proxy::replyReceived);
        proxy.subscribeMyOrder();
        QTRY_COMPARE(replies.count(), 1);
        QCOMPARE(replies.at(0).at(0).value<Reply>().error, int(UPBIT_ERROR_UNAVAILABLE));
        QVERIFY(!proxy.privateAvailable());
        QVERIFY(manager.setCredentials("test-access", "test-secret"));
        proxy.subscribeMyOrder();
        proxy.subscribeMyAsset();
        QTRY_VERIFY(orders.count() > 5 && assets.count() > 5);
        QTRY_VERIFY(proxy.privateAvailable());
        QVERIFY(server.post("/mock/refuse?stream=private&count=1000&status=503"));
        QVERIFY(server.post("/mock/cut?stream=private"));
        QTRY_VERIFY(!proxy.privateAvailable());
        QTRY_VERIFY_WITH_TIMEOUT(proxy.privateAvailable(), 30000); // polled
        QVERIFY(available.count() >= 3);
    }

    void keysAreCheckedAtOnceAndNotTold()
    {
        ManagerOptions options;
        options.url = "ws://127.0.0.1:9/websocket/v1"; // nobody listens
        Manager manager(options);
        QVERIFY(manager.setCredentials("an-access-key", "a-secret-key"));
        QVERIFY(!manager.setCredentials("an-access-key", "two words"));
        QCOMPARE(manager.lastError().code, int(UPBIT_ERROR_INVALID_ARGUMENT));
        QVERIFY2(manager.lastError().message.contains("secret_key"),
                 qPrintable(manager.lastError().message));
        QVERIFY(!manager.lastError().message.contains("two words"));
        QVERIFY(!manager.setCredentials("an-access-key", QByteArray()));
        QVERIFY(manager.setCredentials(QByteArray(), QByteArray())); // none any more
        manager.shutdown();
        QVERIFY(!manager.setCredentials("an-access-key", "a-secret-key"));
    }
};

QTEST_GUILESS_MAIN(TestStates)
#include "test_states.moc"
