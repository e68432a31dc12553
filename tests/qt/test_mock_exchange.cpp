// The fixture for users' tests, as its documentation says it is.
#include <UpbitLive/Proxy>
#include <UpbitLive/testing/mockexchange.h>

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "messages.h"

using namespace UpbitLive;

class TestMockExchange : public QObject
{
    Q_OBJECT

  private:
    // The mock is the only child of this thread.
    static pid_t childPid()
    {
        QFile children(QStringLiteral("/proc/self/task/%1/children").arg(::getpid()));
        return children.open(QIODevice::ReadOnly) ? children.readAll().trimmed().toInt() : 0;
    }

  private Q_SLOTS:
    void aLivingMarketReachesTheSignals()
    {
        MockExchange exchange({"--rate", "500", "--codes", "10"});
        QVERIFY2(exchange.isRunning(), qPrintable(exchange.errorString()));
        QVERIFY(exchange.url().startsWith("ws://127.0.0.1:"));
        QCOMPARE(exchange.options().url, exchange.url());
        Manager manager(exchange.options());
        Proxy proxy(&manager, "living");
        QSignalSpy spy(&proxy, &Proxy::tradeReceived);
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(spy.count() > 3);
    }

    void givenMessagesArriveExactly()
    {
        QVector<QByteArray> lines;
        for (int i = 0; i < 50; ++i)
            lines << messages::trade("KRW-ABC", i);
        MockExchange exchange(MockExchange::Play, lines);
        QVERIFY2(exchange.isRunning(), qPrintable(exchange.errorString()));
        Manager manager(exchange.options());
        Proxy proxy(&manager, "given");
        QVector<qint64> ids;
        connect(&proxy, &Proxy::tradeReceived, this,
                [&ids](const Trade &trade) { ids.append(trade.sequentialId()); });
        proxy.subscribeTrade({"KRW-ABC"});
        QTRY_COMPARE(ids.size(), 50);
        for (int i = 0; i < 50; ++i)
            QCOMPARE(ids[i], 17900000000000000 + i);
    }

    void whatIsFedArrives()
    {
        MockExchange exchange(MockExchange::Play, {messages::ticker("KRW-ABC", 0, "100")});
        QVERIFY(!exchange.feed({messages::ticker("KRW-ABC", 1)}));
        QVERIFY2(exchange.errorString().contains("nobody"), qPrintable(exchange.errorString()));
        Manager manager(exchange.options());
        Proxy proxy(&manager, "fed");
        QStringList prices;
        connect(&proxy, &Proxy::tickerReceived, this,
                [&prices](const Ticker &ticker) { prices.append(ticker.tradePrice().toString()); });
        proxy.subscribeTicker({"KRW-ABC"});
        QVERIFY2(exchange.waitForRequest("KRW-ABC"), qPrintable(exchange.errorString()));
        QTRY_COMPARE(prices, QStringList{"100"});
        QVERIFY(exchange.feed({messages::ticker("KRW-ABC", 1, "0.00000012")}));
        QVERIFY2(exchange.errorString().isEmpty(), qPrintable(exchange.errorString()));
        QTRY_COMPARE(prices.size(), 2);
        QCOMPARE(prices.last(), QString("0.00000012"));
        QVERIFY(exchange.feed({"no JSON", messages::ticker("KRW-ABC", 2, "7")}));
        QTRY_COMPARE(prices.last(), QString("7"));
        QCOMPARE(manager.stats().decode_errors, quint64(1));
        QVERIFY(!exchange.waitForRequest("KRW-NEVER", 20));
        QVERIFY2(exchange.errorString().contains("KRW-NEVER"), qPrintable(exchange.errorString()));
    }

    void ordersAndQuestionsAreAnswered()
    {
        MockExchange exchange({"--codes", "5"});
        MockExchange::Answer answer = exchange.get("/v1/market/all");
        QVERIFY(answer);
        QVERIFY(answer.body.startsWith("[{"));
        answer = exchange.post("/mock/nonsense");
        QVERIFY(!answer);
        QCOMPARE(answer.status, 404);
        QVERIFY2(exchange.errorString().contains("404"), qPrintable(exchange.errorString()));
        QVERIFY(exchange.post("/mock/clock?offset_ms=1"));
        QVERIFY(exchange.errorString().isEmpty());
        QVERIFY(exchange.post("/mock/shutdown"));
        QTRY_VERIFY(!exchange.isRunning());
        QCOMPARE(exchange.get("/mock/stats").status, 0);
        QVERIFY(!exchange.errorString().isEmpty());
    }

    void suspendedItIsStillAndResumedItGoesOn()
    {
        MockExchange exchange({"--rate", "2000", "--codes", "5"});
        Manager manager(exchange.options());
        Proxy proxy(&manager, "still");
        QSignalSpy spy(&proxy, &Proxy::tradeReceived);
        proxy.subscribeTrade({"KRW-BTC"});
        QTRY_VERIFY(spy.count() > 3);
        exchange.suspend();
        for (int before = -1; before != spy.count(); QTest::qWait(50))
            before = spy.count(); // what was under way
        const int still = spy.count();
        QTest::qWait(100);
        QCOMPARE(spy.count(), still);
        exchange.resume();
        QTRY_VERIFY(spy.count() > still);
    }

    void itEndsWithItsObject()
    {
        pid_t pid = 0;
        {
            MockExchange exchange;
            pid = childPid();
            QVERIFY(pid > 0 && ::kill(pid, 0) == 0);
            exchange.suspend(); // even so
        }
        QVERIFY(::kill(pid, 0) != 0 && errno == ESRCH);
    }

    void whatDoesNotStartSaysWhy()
    {
        {
            MockExchange exchange({"--nonsense"});
            QVERIFY(!exchange.isRunning());
            QVERIFY(exchange.url().isEmpty());
            QVERIFY2(exchange.errorString().contains("status 2"),
                     qPrintable(exchange.errorString()));
            QCOMPARE(exchange.post("/mock/cut").status, 0);
            QVERIFY(!exchange.errorString().isEmpty());
            exchange.suspend(); // signals nobody, least of all us
            exchange.resume();
        }
        {
            MockExchange exchange(MockExchange::Play, {"two\nlines"});
            QVERIFY(!exchange.isRunning());
            QVERIFY2(exchange.errorString().contains("line break"),
                     qPrintable(exchange.errorString()));
        }
        const QByteArray mock = qgetenv("UPBIT_MOCK"), path = qgetenv("PATH");
        qputenv("UPBIT_MOCK", "/nonexistent/upbit-mock");
        {
            MockExchange exchange;
            QVERIFY2(exchange.errorString().startsWith("/nonexistent/upbit-mock: "),
                     qPrintable(exchange.errorString()));
        }
        QTemporaryDir empty;
        qunsetenv("UPBIT_MOCK");
        qputenv("PATH", empty.path().toLocal8Bit());
        QCOMPARE(MockExchange::find(), QString());
        {
            MockExchange exchange;
            QVERIFY2(exchange.errorString().contains("UPBIT_MOCK"),
                     qPrintable(exchange.errorString()));
        }
        QVERIFY(QFile::link(QString::fromLocal8Bit(mock), empty.filePath("upbit-mock")));
        QCOMPARE(MockExchange::find(), empty.filePath("upbit-mock"));
        {
            MockExchange exchange;
            QVERIFY2(exchange.isRunning(), qPrintable(exchange.errorString()));
        }
        qputenv("PATH", path);
        qputenv("UPBIT_MOCK", mock);
    }
};

QTEST_GUILESS_MAIN(TestMockExchange)
#include "test_mock_exchange.moc"
