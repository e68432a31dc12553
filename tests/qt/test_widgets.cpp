// Widgets on a running manager.
#include <UpbitLive/Proxy>
#include <UpbitLive/Types>
#include <UpbitLive/widgets/candlefeed.h>
#include <UpbitLive/widgets/connectionlight.h>
#include <UpbitLive/widgets/trademodel.h>
#include <UpbitLive/widgets/translation.h>

#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include "mock_server.h"

using namespace UpbitLive;

class TestWidgets : public QObject
{
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase()
    {
        registerMetaTypes();
    }

    void theLightTellsWhatTheConnectionIs()
    {
        ConnectionLight light;
        QCOMPARE(light.level(), ConnectionLight::Off);
        auto mock = std::make_unique<MockServer>(QStringList{"--codes", "5"});
        QVERIFY(!mock->url().isEmpty());
        ManagerOptions options;
        options.url = mock->url();
        options.backoffFirstMs = 60000;
        auto manager = std::make_unique<Manager>(options);
        Proxy proxy(manager.get(), "light");
        light.setManager(manager.get());
        light.setLiveText("simulated");
        light.setNote("<at> " + mock->url());
        QTRY_COMPARE(light.level(), ConnectionLight::Good);
        QCOMPARE(light.text(), QString("simulated"));
        QVERIFY(light.toolTip().contains("&lt;at&gt; " + mock->url()));
        QVERIFY(!light.grab().isNull());
        QSignalSpy changed(&light, &ConnectionLight::levelChanged);
        mock.reset();
        QTRY_COMPARE(light.level(), ConnectionLight::Bad);
        QVERIFY(!changed.isEmpty());
        QVERIFY(light.toolTip().contains(manager->healthReason().toHtmlEscaped()));
        manager.reset(); // in any order
        light.refresh();
        QCOMPARE(light.level(), ConnectionLight::Off);
    }

    void textsFollowTheLanguage()
    {
        TradeModel model;
        const auto head = [&model] {
            return model.headerData(TradeModel::Price, Qt::Horizontal, Qt::DisplayRole).toString();
        };
        QCOMPARE(head(), QString("Price"));
        QVERIFY(installTranslation(QLocale(QLocale::Korean)));
        QCOMPARE(head(), QString("체결가"));
        QVERIFY(installTranslation(QLocale(QLocale::Korean))); // twice does no harm
        QVERIFY(installTranslation(QLocale(QLocale::English)));
        QCOMPARE(head(), QString("Price"));
        QVERIFY(!installTranslation(QLocale(QLocale::Finnish)));
        QCOMPARE(head(), QString("Price"));
    }

    void aFeedJoinsHistoryAndStream()
    {
        MockServer mock({"--codes", "5", "--rate", "200"});
        ManagerOptions options;
        options.url = mock.url();
        options.backoffFirstMs = 1;
        Manager manager(options);
        CandleModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        CandleFeed feed(&manager, "chart", &model);
        QSignalSpy failures(&feed, &CandleFeed::failed);
        feed.setPage(100);
        feed.show("KRW-BTC", CandleUnit::Minute1);
        QVERIFY(feed.isLoading());
        QTRY_VERIFY(model.rowCount() >= 100 && !feed.isLoading());
        const auto seamless = [&model] {
            for (int i = 1; i < model.rowCount(); ++i)
                if (model.bar(i).startMs != model.bar(i - 1).startMs + 60000)
                    return false;
            return true;
        };
        QVERIFY(seamless());
        const int rows = model.rowCount();
        const qint64 oldest = model.bar(0).startMs;
        feed.loadOlder(oldest);
        feed.loadOlder(oldest); // one at a time
        QTRY_VERIFY(model.rowCount() >= rows + 100);
        QVERIFY(model.bar(0).startMs < oldest && seamless());

        // After a cut the windows between are asked for.
        QVERIFY(feed.proxy()->epoch() > 0);
        QSignalSpy epochs(feed.proxy(), &Proxy::epochChanged),
            loading(&feed, &CandleFeed::loadingChanged);
        QVERIFY(mock.post("/mock/cut?how=rst"));
        QTRY_VERIFY(!epochs.isEmpty());
        QTRY_COMPARE(loading.size(), 2);
        QVERIFY(seamless());

        // Another series starts anew, and nothing of the old one comes after.
        feed.show("KRW-ETH", CandleUnit::Minute5);
        QTRY_VERIFY(model.rowCount() >= 100 && !feed.isLoading());
        QCOMPARE(model.code(), QString("KRW-ETH"));
        for (int i = 0; i < model.rowCount(); ++i)
            QCOMPARE(model.bar(i).startMs % 300000, qint64(0));
        feed.show(QString(), CandleUnit::None);
        QTRY_COMPARE(model.rowCount(), 0);
        QCOMPARE(failures.size(), 0);
    }

    void aClickIsTold()
    {
        ConnectionLight light;
        QSignalSpy clicked(&light, &ConnectionLight::clicked);
        QTest::mouseClick(&light, Qt::LeftButton, {}, QPoint(5, 5));
        QCOMPARE(clicked.size(), 1);
    }
};

QTEST_MAIN(TestWidgets)
#include "test_widgets.moc"
