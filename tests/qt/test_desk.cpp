// The desk as its user sees it: pictures taken by --screenshot, and what must be on them.
#include <QtCore/QProcess>
#include <QtCore/QSet>
#include <QtCore/QTemporaryDir>
#include <QtGui/QImage>
#include <QtTest/QtTest>

#include "mock_server.h"

class TestDesk : public QObject
{
    Q_OBJECT

  private:
    QTemporaryDir m_dir;

    // The picture, or a null one when the program failed.
    QImage desk(const QStringList &arguments, const QString &seconds,
                const char *program = "UPBIT_DESK")
    {
        const QString file = m_dir.filePath("desk.png");
        QFile::remove(file);
        QProcess process;
        process.setProcessChannelMode(QProcess::ForwardedChannels);
        process.start(qEnvironmentVariable(program),
                      arguments + QStringList{"--screenshot", file, "--after", seconds});
        if (!process.waitForFinished(30000) || process.exitStatus() != QProcess::NormalExit ||
            process.exitCode() != 0)
            return QImage();
        return QImage(file);
    }

    static int colours(const QImage &image)
    {
        QSet<QRgb> seen;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                seen.insert(image.pixel(x, y));
        return seen.size();
    }

    // Places of the picture that show the amber mark: connected areas of its colour, counted
    // roughly by cells of 60 x 16 pixels that are mostly amber.
    static int marks(const QImage &image)
    {
        int found = 0;
        QVector<QPoint> places;
        for (int y = 0; y + 14 < image.height(); y += 2) {
            for (int x = 0; x + 60 < image.width(); x += 10) {
                int amber = 0;
                for (int dy = 0; dy < 14; dy += 2)
                    for (int dx = 0; dx < 60; dx += 4)
                        amber += image.pixel(x + dx, y + dy) == qRgb(0xf5, 0xb3, 0x3d);
                if (amber < 50)
                    continue;
                bool known = false;
                for (const QPoint &place : qAsConst(places))
                    known = known || (qAbs(place.x() - x) < 160 && qAbs(place.y() - y) < 30);
                if (!known) {
                    places.append(QPoint(x, y));
                    ++found;
                }
            }
        }
        return found;
    }

  private Q_SLOTS:
    void initTestCase()
    {
        // What is remembered is this test's own.
        qputenv("XDG_CONFIG_HOME", m_dir.path().toUtf8());
    }

    void theSimulatedDeskIsAliveAndMarkedInEveryPane()
    {
        const QImage image = desk({"--simulated"}, "2.5");
        QVERIFY(!image.isNull());
        QVERIFY(image.width() >= 1000 && image.height() >= 600);
        QVERIFY2(colours(image) > 500, qPrintable(QString::number(colours(image))));
        QVERIFY2(marks(image) >= 5,
                 qPrintable(QString::number(marks(image)))); // title bar, four panes
    }

    void aLiveDeskBearsNoMark()
    {
        const MockServer server({"--rate", "500"});
        const QImage image = desk({"--url", server.url()}, "4"); // past the three seconds
        QVERIFY(!image.isNull());
        QVERIFY2(colours(image) > 500, qPrintable(QString::number(colours(image))));
        QCOMPARE(marks(image), 0);
    }

    void withoutLiveDataTheSimulationTakesOver()
    {
        // Port 1 of this machine: nobody is there.
        const QImage image = desk({"--url", "ws://127.0.0.1:1/websocket/v1"}, "5.5");
        QVERIFY(!image.isNull());
        QVERIFY2(marks(image) >= 5, qPrintable(QString::number(marks(image))));
        QVERIFY2(colours(image) > 500, qPrintable(QString::number(colours(image))));
    }

    void theSingleWindowsAreAliveAndMarked()
    {
        const QImage chart = desk({"KRW-ETH", "--simulated"}, "2.5", "UPBIT_CHART");
        QVERIFY(!chart.isNull());
        QVERIFY2(marks(chart) >= 1, qPrintable(QString::number(marks(chart))));
        QVERIFY(colours(chart) > 50);
        const QImage book = desk({"KRW-ETH", "--simulated"}, "2.5", "UPBIT_ORDERBOOK");
        QVERIFY(!book.isNull());
        QVERIFY2(marks(book) >= 1, qPrintable(QString::number(marks(book))));
        QVERIFY(colours(book) > 200);
    }

    void looksAreChosenAndRemembered()
    {
        const QImage dark = desk({"--simulated", "--theme", "dark"}, "2");
        const QImage light = desk({"--simulated", "--theme", "light", "--language", "en"}, "2");
        QVERIFY(!dark.isNull() && !light.isNull());
        const auto mean = [](const QImage &image) {
            const QImage one = image.scaled(1, 1, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
            return qGray(one.pixel(0, 0));
        };
        QVERIFY2(mean(dark) < 90, qPrintable(QString::number(mean(dark))));
        QVERIFY2(mean(light) > 170, qPrintable(QString::number(mean(light))));
    }

    void keysLeaveTheEnvironment()
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("UPBIT_ACCESS_KEY", "test-access");
        environment.insert("UPBIT_SECRET_KEY", "test-secret");
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(qEnvironmentVariable("UPBIT_DESK"), {"--simulated"});
        QVERIFY(process.waitForStarted());
        QFile seen(QStringLiteral("/proc/%1/environ").arg(process.processId()));
        const auto left = [&seen] {
            if (!seen.open(QIODevice::ReadOnly))
                return true;
            const QByteArray all = seen.readAll();
            seen.close();
            return all.isEmpty() || all.contains("test-secret");
        };
        QTRY_VERIFY_WITH_TIMEOUT(!left(), 20000);
        QCOMPARE(process.state(), QProcess::Running);
        process.terminate();
        QVERIFY(process.waitForFinished(30000));
        QVERIFY(!process.readAllStandardError().contains("test-secret"));
    }

    void aBadOptionIsRefused()
    {
        QProcess process;
        process.start(qEnvironmentVariable("UPBIT_DESK"), {"--no-such-option"});
        QVERIFY(process.waitForFinished(10000));
        QCOMPARE(process.exitCode(), 2);
        QVERIFY(process.readAllStandardError().contains("no-such-option"));
        for (const QStringList &wrong :
             {QStringList{"--theme", "pink"}, QStringList{"--after", "soon"}, QStringList{"BTC"},
              QStringList{"KRW-BTC", "KRW-ETH"}}) {
            process.start(qEnvironmentVariable("UPBIT_DESK"), wrong);
            QVERIFY(process.waitForFinished(10000));
            QCOMPARE(process.exitCode(), 2);
            QVERIFY(!process.readAllStandardError().isEmpty());
        }
    }
};

QTEST_GUILESS_MAIN(TestDesk)
#include "test_desk.moc"
