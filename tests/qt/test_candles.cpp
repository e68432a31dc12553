// Candles: history and stream joined without a seam, gaps filled, views told little; and the chart.
#include <UpbitLive/Types>
#include <UpbitLive/widgets/candlechart.h>

#include <QtCore/QRandomGenerator>
#include <QtGui/QImage>
#include <QtGui/QMouseEvent>
#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>
#include <QtWidgets/QApplication>

#include "messages.h"

using namespace UpbitLive;

static const qint64 minute = 60000;
static const qint64 start = 1790000040000 / minute * minute;

// A candle.1m of window n: prices around 1000 + n, `volume` traded so far, stamped within the
// window.
static QVector<Candle> candle(int n, int volume, const QString &code = QStringLiteral("KRW-BTC"),
                              const QString &type = QStringLiteral("candle.1m"))
{
    return messages::decode<Candle>(messages::candle(code, type, start + n * minute, n, volume));
}

class TestCandles : public QObject
{
    Q_OBJECT

    static void settle()
    {
        QTest::qWait(40); // a frame
    }
    static QVector<int> windows(const CandleModel &model)
    {
        QVector<int> list;
        for (int i = 0; i < model.rowCount(); ++i)
            list.append(static_cast<int>((model.bar(i).startMs - start) / minute));
        return list;
    }

  private Q_SLOTS:
    void initTestCase()
    {
        registerMetaTypes();
    }

    void updatesOneRowInPlace()
    {
        CandleModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(0, 1));
        settle();
        QCOMPARE(model.rowCount(), 1);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.add(candle(0, 2));
        model.add(candle(0, 3));
        settle();
        QCOMPARE(changed.size(), 1); // one frame, one signal
        QCOMPARE(inserted.size(), 0);
        QCOMPARE(model.bar(0).volume, Decimal::fromInt(3));
        model.add(candle(0, 2)); // an older value of the window
        settle();
        QCOMPARE(changed.size(), 1);
        QCOMPARE(model.bar(0).volume, Decimal::fromInt(3));
    }

    void othersArePassedOver()
    {
        CandleModel model;
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(0, 1, "KRW-ETH"));
        model.add(candle(0, 1, "KRW-BTC", "candle.3m"));
        settle();
        QCOMPARE(model.rowCount(), 0);
    }

    void historyJoinsTheStreamWithoutSeam()
    {
        CandleModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(10, 5)); // the stream was first
        settle();
        QVector<Candle> history;
        for (int n = 10; n >= 4; --n) // newest first, and it ends in a younger state of window 10
            history += candle(n, n == 10 ? 4 : 9);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.add(history);
        settle();
        QCOMPARE(windows(model), QVector<int>({4, 5, 6, 7, 8, 9, 10}));
        QCOMPARE(inserted.size(), 1);
        QCOMPARE(model.bar(6).volume, Decimal::fromInt(5)); // the stream's was later
        model.add(candle(11, 1) + candle(3, 9));            // both ends in one frame
        settle();
        QCOMPARE(windows(model), QVector<int>({3, 4, 5, 6, 7, 8, 9, 10, 11}));
    }

    void gapsAreFilledFlat()
    {
        CandleModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(0, 1) + candle(3, 1));
        settle();
        QCOMPARE(windows(model), QVector<int>({0, 1, 2, 3}));
        QVERIFY(model.bar(1).filled && model.bar(2).filled && !model.bar(3).filled);
        QCOMPARE(model.bar(2).close, model.bar(0).close);
        QCOMPARE(model.bar(2).high, model.bar(0).close);
        QVERIFY(model.bar(2).volume.isZero());
        model.add(candle(-3, 1)); // and before the first
        settle();
        QCOMPARE(windows(model), QVector<int>({-3, -2, -1, 0, 1, 2, 3}));
        // The window had trades after all: it becomes real, and what follows it is flat at its
        // close.
        model.add(candle(1, 1));
        settle();
        QVERIFY(!model.bar(4).filled);
        QCOMPARE(model.bar(5).close, model.bar(4).close);
        QCOMPARE(model.bar(5).close, Decimal::fromInt(1002));
    }

    void gapsCanBeLeft()
    {
        CandleModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setFillGaps(false);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(0, 1) + candle(5, 1));
        settle();
        model.add(candle(3, 1));
        settle();
        QCOMPARE(windows(model), QVector<int>({0, 3, 5}));
        QCOMPARE(model.rowAt(start + 4 * minute), -1);
        QCOMPARE(model.rowAt(start + 3 * minute + 59999), 1);
        QCOMPARE(model.rowAt(start - 1), -1);
    }

    void windowsBecomeFinal()
    {
        qint64 now = start + minute - 1;
        CandleModel model;
        model.setClock([&now] { return now; });
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        QSignalSpy finalized(&model, &CandleModel::finalized);
        model.add(candle(-1, 1) + candle(0, 1));
        settle();
        QVERIFY(model.isFinal(0));
        QVERIFY(!model.isFinal(1));
        QCOMPARE(finalized.size(), 0); // history is not news
        now = start + minute + 1000;
        model.setClock([&now] { return now; });
        QCOMPARE(finalized.size(), 1);
        QCOMPARE(finalized.at(0).at(0).toLongLong(), start);
        QVERIFY(model.isFinal(1));
        model.add(candle(1, 1));
        settle();
        QCOMPARE(finalized.size(), 1); // once per window
        model.add(candle(2, 1));
        settle();
        QCOMPARE(finalized.size(), 2);
        QCOMPARE(finalized.at(1).at(0).toLongLong(), start + minute);
    }

    void theOldestGoWhenItIsFull()
    {
        CandleModel model(4);
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        for (int n = 0; n < 3; ++n)
            model.add(candle(n, 1));
        settle();
        model.add(candle(-1, 1) + candle(-2, 1)); // one of them fits
        settle();
        QCOMPARE(windows(model), QVector<int>({-1, 0, 1, 2}));
        model.add(candle(4, 1));
        settle();
        QCOMPARE(windows(model), QVector<int>({1, 2, 3, 4}));
        model.add(candle(1000000, 1)); // a hole of two years must not be filled row by row
        settle();
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(windows(model).last(), 1000000);
    }

    void anyOrderGivesTheSameChart()
    {
        CandleModel ordered, shuffled;
        QAbstractItemModelTester tester(&shuffled,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        QRandomGenerator random(7);
        QVector<QVector<Candle>> all;
        for (int n = 0; n < 60; ++n)
            if (n % 7 != 3)
                for (int volume = 1; volume < 4; ++volume)
                    all.append(candle(n, volume));
        for (CandleModel *model : {&ordered, &shuffled})
            model->setSeries("KRW-BTC", CandleUnit::Minute1);
        for (const auto &one : qAsConst(all))
            ordered.add(one);
        std::shuffle(all.begin(), all.end(), random);
        for (int i = 0; i < all.size(); ++i) {
            shuffled.add(all.at(i));
            if (i % 9 == 0)
                settle();
        }
        settle();
        QCOMPARE(windows(shuffled), windows(ordered));
        for (int i = 0; i < ordered.rowCount(); ++i) {
            QCOMPARE(shuffled.bar(i).close, ordered.bar(i).close);
            QCOMPARE(shuffled.bar(i).volume, ordered.bar(i).volume);
            QCOMPARE(shuffled.bar(i).filled, ordered.bar(i).filled);
        }
    }

    void aSeriesStartsEmpty()
    {
        CandleModel model;
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        model.add(candle(0, 1));
        model.setSeries("KRW-ETH", CandleUnit::Minute1);
        settle();
        QCOMPARE(model.rowCount(), 0); // nor does what waited for the frame come through
    }

    void theChartFollowsPansAndZooms()
    {
        CandleModel model;
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        QVector<Candle> many;
        for (int n = 0; n < 500; ++n)
            many += candle(n, 1);
        CandleChart chart;
        chart.resize(800, 400);
        chart.setModel(&model);
        QSignalSpy wanted(&chart, &CandleChart::historyWanted);
        model.add(many);
        settle();
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        QVERIFY(chart.isFollowing());
        QCOMPARE(chart.lastVisibleRow(), 499);
        QCOMPARE(wanted.size(), 0); // the left edge is far away
        QTest::keyClick(&chart, Qt::Key_PageUp);
        QVERIFY(!chart.isFollowing());
        const int seen = chart.lastVisibleRow();
        QVERIFY(seen < 490);
        model.add(candle(500, 1)); // behind what is seen
        settle();
        QCOMPARE(chart.lastVisibleRow(), seen);
        QTest::keyClick(&chart, Qt::Key_Home);
        QCOMPARE(chart.firstVisibleRow(), 0);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.at(0).at(0).toLongLong(), start);
        QTest::keyClick(&chart, Qt::Key_Right);
        QCOMPARE(wanted.size(), 1); // once per oldest candle
        const int before = chart.lastVisibleRow();
        QVector<Candle> older;
        for (int n = -200; n < 0; ++n)
            older += candle(n, 1);
        model.add(older);
        settle();
        QCOMPARE(chart.lastVisibleRow(), before + 200); // the picture stands still
        QTest::keyClick(&chart, Qt::Key_End);
        QVERIFY(chart.isFollowing());
        QCOMPARE(chart.lastVisibleRow(), 700);
        const double width = chart.barWidth();
        QTest::keyClick(&chart, Qt::Key_Plus);
        QVERIFY(chart.barWidth() > width);
        for (int i = 0; i < 100; ++i)
            QTest::keyClick(&chart, Qt::Key_Minus);
        QVERIFY(chart.barWidth() >= 1);
    }

    void theChartPaintsRedAndBlue()
    {
        CandleModel model;
        model.setSeries("KRW-BTC", CandleUnit::Minute1);
        CandleChart chart;
        chart.resize(600, 300);
        chart.setModel(&model);
        const auto has = [&chart](const QColor &color) {
            const QImage image = chart.grab().toImage();
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (image.pixelColor(x, y) == color)
                        return true;
            return false;
        };
        QVERIFY(!has(MarketColors().rise)); // the placeholder
        for (int n = 0; n < 20; ++n)
            model.add(candle(n, 1)); // all of them rise
        settle();
        QVERIFY(has(MarketColors().rise));
        QVERIFY(!has(MarketColors().fall));
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        QSignalSpy hovered(&chart, &CandleChart::hovered);
        const auto moveTo = [&chart](const QPoint &place) {
            QMouseEvent move(QEvent::MouseMove, place, Qt::NoButton, Qt::NoButton, {});
            QApplication::sendEvent(&chart, &move);
        };
        const int row = model.rowCount() - 3;
        QPoint place(0, 100); // where that candle is depends on the font
        while (place.x() < chart.width() && chart.rowAt(place) != row)
            place.rx()++;
        QVERIFY(place.x() < chart.width());
        moveTo(QPoint(1, 100));
        hovered.clear();
        moveTo(place);
        QCOMPARE(hovered.size(), 1);
        QCOMPARE(hovered.at(0).at(0).toInt(), row);
        QVERIFY(!chart.grab().isNull()); // with a crosshair
    }

    void theModelMayGoFirst()
    {
        CandleChart chart;
        chart.resize(300, 200);
        {
            CandleModel model;
            model.setSeries("KRW-BTC", CandleUnit::Minute1);
            chart.setModel(&model);
            model.add(candle(0, 1));
            settle();
        }
        QVERIFY(chart.model() == nullptr);
        QTest::keyClick(&chart, Qt::Key_Left);
        QTest::keyClick(&chart, Qt::Key_Home);
        QVERIFY(!chart.grab().isNull());
    }
};

QTEST_MAIN(TestCandles)
#include "test_candles.moc"
