// The connection's states as signals: a cut, and the comeback as a signal of its own.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

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
};

QTEST_GUILESS_MAIN(TestStates)
#include "test_states.moc"
