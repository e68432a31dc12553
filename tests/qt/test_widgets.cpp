// Widgets on a running manager.
#include <UpbitLive/Proxy>
#include <UpbitLive/Types>
#include <UpbitLive/widgets/connectionlight.h>
#include <UpbitLive/widgets/trademodel.h>
#include <UpbitLive/widgets/translation.h>

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
