// KRW-* through the bridge: every market of the currency, and what comes and goes with the list.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtCore/QThread>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include <memory>

#include "mock_server.h"

using namespace UpbitLive;

class TestSelectors : public QObject
{
    Q_OBJECT

    std::unique_ptr<MockServer> m_mock;
    std::unique_ptr<Manager> m_manager;

    static bool told(const QSignalSpy &spy, Freshness what, const QString &code)
    {
        for (const QList<QVariant> &call : spy) {
            const KeyHealth k = call.at(0).value<KeyHealth>();
            if (k.freshness == what && k.code == code && k.type == Type::Ticker)
                return true;
        }
        return false;
    }

  private Q_SLOTS:
    void init()
    {
        m_mock.reset(new MockServer({"--codes", "20", "--rate", "1000", "--seed", "7"}));
        QVERIFY(!m_mock->url().isEmpty());
        ManagerOptions options;
        options.url = m_mock->url();
        options.settleMs = 1;
        options.settleMaxMs = 5;
        options.listingMs = 200;
        m_manager.reset(new Manager(options));
    }

    void cleanup()
    {
        m_manager.reset();
        m_mock.reset();
    }

    void aSelectorIsEveryMarketOfItsCurrency()
    {
        Proxy proxy(m_manager.get(), "all");
        QSet<QString> codes;
        connect(&proxy, &Proxy::tickerReceived, this,
                [&codes](const Ticker &t) { codes.insert(t.code()); });
        QVERIFY(proxy.subscribeTicker({"KRW-*"}) != 0);
        QTRY_COMPARE(codes.size(), 8);
        for (const QString &code : codes)
            QVERIFY2(code.startsWith("KRW-"), qPrintable(code));
        QCOMPARE(proxy.subscribeTicker({"KRW-B*"}), quint64(0));
        QVERIFY(proxy.lastError().message.contains("KRW-*"));
    }

    // Texts of codes are kept per thread, a place for several codes: none may be another's.
    void codesAreTheirOwnInEveryThread()
    {
        MockServer mock({"--codes", "855", "--rate", "0", "--seed", "7"});
        ManagerOptions options;
        options.url = mock.url();
        Manager manager(options);
        Proxy proxy(&manager, "codes");
        QHash<QByteArray, Ticker> kept;
        connect(&proxy, &Proxy::tickerReceived, this,
                [&kept](const Ticker &t) { kept.insert(QByteArray(t.codeLatin1().data()), t); });
        proxy.subscribeTicker({"KRW-*", "BTC-*", "USDT-*"});
        QTRY_COMPARE(kept.size(), 855);
        const auto wrong = [&kept] {
            int count = 0;
            for (int again = 0; again < 2; ++again)
                for (auto i = kept.cbegin(); i != kept.cend(); ++i)
                    count += i->code() != QString::fromLatin1(i.key()) ||
                             i->code().constData() != i->code().constData();
            return count;
        };
        QCOMPARE(wrong(), 0);
        int wrongThere = -1;
        const std::unique_ptr<QThread> thread(
            QThread::create([&wrong, &wrongThere] { wrongThere = wrong(); }));
        thread->start();
        QVERIFY(thread->wait(30000));
        QCOMPARE(wrongThere, 0);
        QCOMPARE(Ticker().code(), QString());
    }

    void delistingsAndListingsAreTold()
    {
        Proxy proxy(m_manager.get(), "all"), named(m_manager.get(), "named");
        QSignalSpy tickers(&proxy, &Proxy::tickerReceived);
        QSignalSpy all(&proxy, &Proxy::keyHealthChanged), one(&named, &Proxy::keyHealthChanged);
        proxy.subscribeTicker({"KRW-*"});
        named.subscribeTicker({"KRW-ETH"});
        QTRY_VERIFY(tickers.count() > 0);
        QVERIFY(m_mock->post("/mock/list?add=KRW-NEW&remove=KRW-ETH"));
        QTRY_VERIFY(told(all, Freshness::Listed, "KRW-NEW"));
        QTRY_VERIFY(told(all, Freshness::Delisted, "KRW-ETH"));
        QTRY_VERIFY(told(one, Freshness::Delisted, "KRW-ETH"));
        QVERIFY(!told(one, Freshness::Listed, "KRW-NEW"));
    }
};

QTEST_GUILESS_MAIN(TestSelectors)
#include "test_selectors.moc"
