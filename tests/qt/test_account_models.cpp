// Orders and balances: rows are orders and currencies, whatever order their events come in.
#include <UpbitLive/Types>
#include <UpbitLive/widgets/assetmodel.h>
#include <UpbitLive/widgets/ordermodel.h>

#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include "messages.h"

using namespace UpbitLive;

static QVector<Order> order(const QString &uuid, const QString &state, const QString &price,
                            const QString &volume, const QString &executed,
                            const QString &remaining, int second = 0)
{
    return messages::decode<Order>(
        messages::order(uuid, state, price, volume, executed, remaining, second));
}

static QVector<Asset> asset(const QString &rows, int n)
{
    return messages::decode<Asset>(messages::asset(rows, n));
}

class TestAccountModels : public QObject
{
    Q_OBJECT

    static void settle()
    {
        QTest::qWait(40);
    }

  private Q_SLOTS:
    void initTestCase()
    {
        registerMetaTypes();
    }

    void anOrderLivesInOneRow()
    {
        OrderModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.add(order("u1", "wait", "1000", "4", "0", "4"));
        settle();
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.openCount(), 1);
        model.add(order("u1", "trade", "990.5", "1.5", "1.5", "2.5"));
        settle();
        QCOMPARE(model.rowCount(), 1);
        // The fill's price and volume are the fill's.
        QCOMPARE(model.order(0).price, Decimal::fromInt(1000));
        QCOMPARE(model.order(0).volume, Decimal::fromInt(4));
        QCOMPARE(model.order(0).executed, Decimal::fromString("1.5"));
        QCOMPARE(model.order(0).average, Decimal::fromString("990.5"));
        model.add(order("u1", "done", "1000", "4", "4", "0"));
        settle();
        QCOMPARE(model.openCount(), 0);
        QCOMPARE(model.index(0, OrderModel::State).data().toString(), QString("Done"));
    }

    void whatEndedStaysEnded()
    {
        OrderModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.add(order("u1", "done", "1000", "4", "4", "0"));
        model.add(order("u1", "trade", "990", "1", "1", "3")); // late
        model.add(order("u1", "wait", "1000", "4", "0", "4")); // repeated
        settle();
        QCOMPARE(model.order(0).state, OrderState::Done);
        QCOMPARE(model.order(0).executed, Decimal::fromInt(4));
        QCOMPARE(model.openCount(), 0);
    }

    void executedNeverShrinks()
    {
        OrderModel model;
        model.add(order("u1", "trade", "990", "3", "3", "1"));
        model.add(order("u1", "trade", "990", "1", "1", "3"));
        settle();
        QCOMPARE(model.order(0).executed, Decimal::fromInt(3));
        QCOMPARE(model.order(0).remaining, Decimal::fromInt(1));
        QCOMPARE(model.order(0).volume, Decimal::fromInt(4)); // what ran and what is left
    }

    void ordersByAmountHaveNoVolume()
    {
        OrderModel model;
        model.add(order("u1", "wait", "10000", "null", "null", "null"));
        settle();
        QVERIFY(model.order(0).volume.isNull());
        QCOMPARE(model.index(0, OrderModel::Volume).data().toString(), QString());
        model.add(order("u1", "cancel", "10000", "null", "2", "null"));
        settle();
        QCOMPARE(model.index(0, OrderModel::State).data().toString(),
                 QString("Filled, rest cancelled"));
    }

    void newestFirstAndTheEndedAreTrimmed()
    {
        OrderModel model(2);
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        for (int i : {3, 1, 4, 2, 5})
            model.add(order(QString("d%1").arg(i), "done", "1", "1", "1", "0", i));
        model.add(order("open", "wait", "1", "1", "0", "1", 0)); // the oldest, but open
        settle();
        QStringList uuids;
        for (int i = 0; i < model.rowCount(); ++i)
            uuids << model.order(i).uuid;
        QCOMPARE(uuids, QStringList({"d5", "d4", "open"}));
    }

    void theOpenListEndsWhatIsNotInIt()
    {
        OrderModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.add(order("a", "wait", "1", "1", "0", "1") + order("b", "wait", "1", "1", "0", "1") +
                  order("c", "done", "1", "1", "1", "0"));
        settle();
        // Asked before these events came: the answer knows less than they do.
        model.setOpen(order("b", "wait", "1", "1", "0", "1"), messages::base);
        QCOMPARE(model.rowCount(), 3);
        model.setOpen(order("b", "wait", "1", "1", "0", "1") +
                          order("d", "wait", "1", "1", "0", "1"),
                      messages::base + 100000);
        QCOMPARE(model.rowOf("a"), -1);
        QVERIFY(model.rowOf("b") >= 0 && model.rowOf("c") >= 0 && model.rowOf("d") >= 0);
    }

    void balancesAreExactAndTheNewestCounts()
    {
        AssetModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.add(asset(R"({"currency":"BTC","balance":1386929.37231066771348207123,"locked":0.5},)"
                        R"({"currency":"KRW","balance":100,"locked":0},)"
                        R"({"currency":"ADA","balance":1,"locked":0})",
                        2));
        settle();
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.asset(0).currency, QString("KRW"));
        QCOMPARE(model.asset(1).currency, QString("ADA"));
        QCOMPARE(model.index(2, AssetModel::Available).data().toString(),
                 QString("1,386,929.37231066771348207123"));
        QCOMPARE(model.index(2, AssetModel::Total).data().toString(),
                 QString("1,386,929.87231066771348207123"));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.add(asset(R"({"currency":"KRW","balance":7,"locked":0})", 1)); // older
        settle();
        QCOMPARE(changed.size(), 0);
        model.add(asset(R"({"currency":"KRW","balance":0,"locked":0})", 2)); // of the same moment
        settle();
        QCOMPARE(changed.size(), 1);
        QVERIFY(model.index(0, 0).data(AssetModel::EmptyRole).toBool());
        QCOMPARE(model.rowOf("ADA"), 1); // what is not named is as it was
    }
};

QTEST_MAIN(TestAccountModels)
#include "test_account_models.moc"
