// The models: what views are told, how often, and the texts of exact numbers.
#include <UpbitLive/Types>
#include <UpbitLive/widgets/orderbookview.h>
#include <UpbitLive/widgets/tickermodel.h>
#include <UpbitLive/widgets/trademodel.h>

#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include "messages.h"

using namespace UpbitLive;

class TestModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        registerMetaTypes();
    }

    void decimalsAreExact()
    {
        bool ok = false;
        QCOMPARE(Decimal::fromString("1386929.37231066771348207123", &ok).toString(),
                 QString("1386929.37231066771348207123"));
        QVERIFY(ok);
        QCOMPARE(Decimal::fromString("1.16539E8").grouped(), QString("116,539,000"));
        QCOMPARE(Decimal::fromString("-1234567.5").grouped(2), QString("-1,234,567.50"));
        QCOMPARE(Decimal::fromString("-123").grouped(), QString("-123"));
        QCOMPARE(Decimal::fromString("999.95").fixed(1), QString("1000.0"));
        QCOMPARE(Decimal::fromString("0E-8").toString(), QString("0"));
        QVERIFY(Decimal::fromString("abc", &ok).isNull() && !ok);
        QVERIFY(Decimal::null() < Decimal::fromInt(-5));
        QCOMPARE(Decimal::fromInt(1, -1).plus(Decimal::fromInt(2, -1)), Decimal::fromString("0.3"));
    }

    void textsOfPrices_data()
    {
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("price");
        QTest::addColumn<QString>("text");
        QTest::newRow("large") << "KRW-BTC" << "1.16539E8" << "116,539,000";
        QTest::newRow("hundreds") << "KRW-XLM" << "523" << "523";
        QTest::newRow("tens") << "KRW-A" << "52" << "52.0";
        QTest::newRow("ones") << "KRW-A" << "5.1" << "5.10";
        QTest::newRow("tenths") << "KRW-A" << "0.52" << "0.520";
        QTest::newRow("tiny") << "KRW-PEPE" << "9.9E-3" << "0.00990";
        QTest::newRow("own digits win") << "KRW-A" << "523.25" << "523.25";
        QTest::newRow("btc") << "BTC-ETH" << "0.03" << "0.03000000";
        QTest::newRow("usdt") << "USDT-BTC" << "60000" << "60,000";
    }

    void textsOfPrices()
    {
        QFETCH(QString, code);
        QFETCH(QString, price);
        QFETCH(QString, text);
        QCOMPARE(priceText(code, Decimal::fromString(price)), text);
    }

    void textsOfRates()
    {
        QCOMPARE(rateText(Decimal::fromString("0.0123")), QString("+1.23%"));
        QCOMPARE(rateText(Decimal::fromString("-0.00005")), QString("-0.01%"));
        QCOMPARE(rateText(Decimal()), QString("0.00%"));
        QCOMPARE(percentText(Decimal::fromInt(110), Decimal::fromInt(100)), QString("+10.00%"));
        QCOMPARE(percentText(Decimal::fromInt(110), Decimal::null()), QString());
    }

    void namesAreShownInTheChosenLanguage()
    {
        TickerModel model;
        model.setMarkets({{"KRW-BTC", "비트코인", "Bitcoin"}, {"KRW-NEW", "", ""}});
        QCOMPARE(model.index(0, TickerModel::Name).data().toString(), QString("비트코인"));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setNames(TickerModel::English);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(model.index(0, TickerModel::Name).data().toString(), QString("Bitcoin"));
        QCOMPARE(model.index(1, TickerModel::Name).data().toString(), QString("KRW-NEW"));
    }

    void tickersAreFlushedOncePerFrameInRanges()
    {
        TickerModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QVector<Market> markets;
        for (int i = 0; i < 20; ++i)
            markets.append({QString("KRW-C%1").arg(i), QString("코인%1").arg(i), "Coin"});
        model.setMarkets(markets);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        for (int n = 0; n < 50; ++n) {
            for (int row : {3, 4, 5, 9})
                model.update(messages::decode<Ticker>(messages::ticker(markets[row].code, n)));
            model.update(messages::decode<Ticker>(messages::ticker("KRW-STRANGER", n)));
        }
        QCOMPARE(changed.count(), 0);
        QTRY_COMPARE(changed.count(), 2);
        QCOMPARE(changed.at(0).at(0).toModelIndex().row(), 3);
        QCOMPARE(changed.at(0).at(1).toModelIndex().row(), 5);
        QCOMPARE(changed.at(1).at(0).toModelIndex().row(), 9);
        QCOMPARE(reset.count(), 0);
        QCOMPARE(model.index(4, TickerModel::Price).data().toString(), QString("1,049"));
        QCOMPARE(model.index(4, TickerModel::Rate).data().toString(), QString("+1.23%"));
        QCOMPARE(model.index(4, TickerModel::Turnover).data().toString(), QString("98,765"));
        QCOMPARE(model.index(4, TickerModel::Name).data().toString(), QString("코인4"));
        QCOMPARE(model.index(4, 0).data(TickerModel::TrendRole).toInt(), 1);
        QCOMPARE(model.index(4, 0).data(TickerModel::FlashRole).toInt(), 1);
        QTRY_COMPARE(model.index(4, 0).data(TickerModel::FlashRole).toInt(), 0);
        markets.removeFirst();
        model.setMarkets(markets); // values move with their codes
        QCOMPARE(model.index(3, TickerModel::Price).data().toString(), QString("1,049"));
    }

    void tradesAreARing()
    {
        TradeModel model(50);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        int n = 0;
        const auto add = [&](int count) {
            QVector<Trade> trades;
            for (int i = 0; i < count; ++i)
                trades += messages::decode<Trade>(messages::trade("KRW-BTC", n++));
            model.add(trades);
        };
        add(20);
        add(10);
        QTRY_COMPARE(model.rowCount(), 30);
        QCOMPARE(inserted.count(), 1); // one insertion for the frame
        add(40);
        QTRY_COMPARE(model.trade(0).sequentialId(), 17900000000000069);
        QCOMPARE(model.rowCount(), 50);
        QCOMPARE(model.trade(49).sequentialId(), 17900000000000020);
        add(500);
        QTRY_COMPARE(model.trade(0).sequentialId(), 17900000000000569);
        QCOMPARE(model.rowCount(), 50);
        QCOMPARE(model.trade(49).sequentialId(), 17900000000000520);
        QCOMPARE(model.index(0, TradeModel::Price).data().toString(), QString("1,000"));
        QCOMPARE(model.index(0, TradeModel::Amount).data().toString(), QString("250"));
        model.clear();
        QCOMPARE(model.rowCount(), 0);
    }

    void theBookHasFixedRows()
    {
        OrderbookModel model(5);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 10);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        for (int i = 0; i < 30; ++i)
            model.update(messages::decode<Orderbook>(messages::orderbook("KRW-BTC", i)).first());
        QTRY_COMPARE(changed.count(), 1);
        QCOMPARE(model.rowCount(), 10);
        QVERIFY(model.price(0).isNull()); // a thin side has empty rows at the far end
        QCOMPARE(model.price(4).toString(), QString("1001"));
        QCOMPARE(model.price(5).toString(), QString("1000"));
        QCOMPARE(model.size(4).toString(), QString("30"));
        QCOMPARE(model.index(4, OrderbookModel::AskSize).data().toString(), QString("30.0000"));
        QCOMPARE(model.index(4, OrderbookModel::BidSize).data().toString(), QString());
        QCOMPARE(model.spread(), Decimal::fromInt(1));
        QCOMPARE(model.cumulative(4), Decimal::fromInt(30)); // the best ask
        QCOMPARE(model.cumulative(2), Decimal::fromInt(90));
        QVERIFY(model.cumulative(1).isNull()); // beyond the last row
        QCOMPARE(model.index(7, 0).data(OrderbookModel::CumulativeRole).value<Decimal>(),
                 Decimal::fromString("4.5"));
        model.clear();
        QVERIFY(model.cumulative(4).isNull() && model.spread().isNull());
    }

    void theBookViewPaintsBothSides()
    {
        OrderbookModel model(5);
        OrderbookView view;
        view.resize(400, 300);
        view.setModel(&model);
        view.grab(); // empty
        model.update(messages::decode<Orderbook>(messages::orderbook("KRW-BTC", 1, 5)).first());
        view.setPreviousClose(Decimal::fromInt(1000));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QTRY_COMPARE(changed.count(), 1);
        const QImage image = view.grab().toImage();
        int red = 0, blue = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                red += c.red() > c.blue() + 20;
                blue += c.blue() > c.red() + 40;
            }
        }
        QVERIFY(red > 500);
        QVERIFY(blue > 500);
        QSignalSpy clicked(&view, &OrderbookView::priceClicked);
        QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, QPoint(200, 150));
        QCOMPARE(clicked.count(), 1);
    }
};

QTEST_MAIN(TestModels)
#include "test_models.moc"
