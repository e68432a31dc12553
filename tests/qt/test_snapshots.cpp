// Snapshot replies: one answer each, whatever becomes of the proxy and the reply meanwhile.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/Snapshot>

#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <upbit-live/error.h>

#include "mock_server.h"

using namespace UpbitLive;

class TestSnapshots : public QObject
{
    Q_OBJECT

    std::unique_ptr<MockServer> m_mock;
    std::unique_ptr<Manager> m_manager;

  private Q_SLOTS:
    void init()
    {
        m_mock = std::make_unique<MockServer>(QStringList{"--codes", "8", "--seed", "7"});
        QVERIFY(!m_mock->url().isEmpty());
        ManagerOptions options;
        options.url = m_mock->url();
        m_manager = std::make_unique<Manager>(options);
    }
    void cleanup()
    {
        m_manager.reset();
        m_mock.reset();
    }

    void tickersComeOnceAndToTheAskerOnly()
    {
        Proxy proxy(m_manager.get(), "asker"), other(m_manager.get(), "other");
        QSignalSpy stream(&proxy, &Proxy::tickerReceived),
            strangers(&other, &Proxy::tickerReceived);
        QSignalSpy ready(&proxy, &Proxy::snapshotReady);
        SnapshotReply *reply = proxy.getTickerSnapshot({"KRW-BTC", "KRW-ETH"});
        QVERIFY(reply->requestId() != 0 && !reply->isFinished());
        QVector<Ticker> tickers;
        int finished = 0;
        connect(reply, &SnapshotReply::finished, this, [&] {
            ++finished;
            tickers = reply->tickers();
            QVERIFY2(!reply->error(), qUtf8Printable(reply->error().message));
        });
        const QPointer<SnapshotReply> alive(reply);
        QTRY_COMPARE(finished, 1);
        QCOMPARE(tickers.size(), 2);
        QCOMPARE(tickers.at(0).code(), QString("KRW-BTC"));
        QCOMPARE(tickers.at(1).code(), QString("KRW-ETH"));
        QVERIFY(tickers.at(0).tradePrice().sign() > 0);
        QCOMPARE(ready.size(), 1);
        QCOMPARE(ready.at(0).at(1).value<QVector<Event>>().size(), 2);
        QTRY_VERIFY(alive == nullptr); // it deletes itself
        QCOMPARE(stream.size(), 0);
        QCOMPARE(strangers.size(), 0);
    }

    void candlesOfHistoryAreInOrder()
    {
        Proxy proxy(m_manager.get(), "chart");
        SnapshotReply *reply = proxy.getCandleSnapshot({"KRW-BTC"}, CandleUnit::Minute1, 250);
        reply->setAutoDelete(false);
        QSignalSpy finished(reply, &SnapshotReply::finished);
        QTRY_COMPARE(finished.size(), 1);
        QVERIFY2(!reply->error(), qUtf8Printable(reply->error().message));
        const QVector<Candle> candles = reply->candles();
        QCOMPARE(candles.size(), 250);
        for (int i = 1; i < candles.size(); ++i)
            QVERIFY(candles.at(i - 1).startTime() < candles.at(i).startTime());
        SnapshotReply *older = proxy.getCandleSnapshot(
            {"KRW-BTC"}, CandleUnit::Minute1, 10, candles.first().startTime().toMSecsSinceEpoch());
        older->setAutoDelete(false);
        QTRY_VERIFY(older->isFinished());
        QCOMPARE(older->candles().size(), 10);
        QVERIFY(older->candles().last().startTime() < candles.first().startTime());
    }

    void aRefusedRequestFinishesToo()
    {
        Proxy proxy(m_manager.get(), "asker");
        QSignalSpy errors(&proxy, &Proxy::errorOccurred);
        SnapshotReply *reply = proxy.getTickerSnapshot({"krw-btc"});
        QCOMPARE(errors.size(), 1);
        QCOMPARE(reply->requestId(), quint64(0));
        reply->setAutoDelete(false);
        QSignalSpy finished(reply, &SnapshotReply::finished);
        QVERIFY(!reply->isFinished()); // from the event loop, not from within the call
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(reply->error().code, int(UPBIT_ERROR_INVALID_ARGUMENT));
        QVERIFY(reply->error().message.contains("krw-btc"));
        SnapshotReply *unknown = proxy.getTickerSnapshot({"KRW-BTC", "KRW-NOSUCH"});
        unknown->setAutoDelete(false);
        QTRY_VERIFY(unknown->isFinished());
        QVERIFY(unknown->error());
        QVERIFY2(unknown->error().message.contains("KRW-NOSUCH"),
                 qUtf8Printable(unknown->error().message));
    }

    void cancellingAndDeleting()
    {
        Proxy proxy(m_manager.get(), "asker");
        QSignalSpy ready(&proxy, &Proxy::snapshotReady);
        SnapshotReply *cancelled = proxy.getTradeSnapshot({"KRW-BTC"}, 2000);
        cancelled->setAutoDelete(false);
        cancelled->cancel();
        QTRY_VERIFY(cancelled->isFinished());
        QCOMPARE(cancelled->error().code, int(UPBIT_ERROR_CANCELLED));
        QVERIFY(cancelled->trades().isEmpty());
        cancelled->cancel(); // too late, harmless
        delete proxy.getTickerSnapshot({"KRW-BTC"});
        SnapshotReply *after = proxy.getTickerSnapshot({"KRW-BTC"});
        after->setAutoDelete(false);
        QTRY_VERIFY(after->isFinished());
        QCOMPARE(ready.size(), 2); // not for the deleted one
    }

    void theProxyMayGoFirst()
    {
        auto *proxy = new Proxy(m_manager.get(), "asker");
        const QPointer<SnapshotReply> reply = proxy->getTickerSnapshot({"KRW-BTC"});
        delete proxy;
        QVERIFY(reply == nullptr);
        auto *deleted = new Proxy(m_manager.get(), "in_slot");
        SnapshotReply *second = deleted->getTickerSnapshot({"KRW-BTC"});
        bool done = false;
        connect(second, &SnapshotReply::finished, this, [&] {
            done = true;
            delete deleted; // and the reply, its child, in its own signal
        });
        QTRY_VERIFY(done);
    }

    void aShutdownEndsThem()
    {
        Proxy proxy(m_manager.get(), "asker");
        QTRY_COMPARE(proxy.state(), State::Live);
        m_mock->suspend(); // nothing is answered any more
        SnapshotReply *reply = proxy.getTradeSnapshot({"KRW-BTC"}, 500);
        reply->setAutoDelete(false);
        m_manager->shutdown(200);
        QTRY_VERIFY(reply->isFinished());
        QVERIFY(reply->error());
        m_mock->resume();
    }
};

QTEST_GUILESS_MAIN(TestSnapshots)
#include "test_snapshots.moc"
