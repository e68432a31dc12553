// upbit-qt-sink as its user runs it: what it counts, and the exit status of every way to end.
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QMap>
#include <QtCore/QProcess>
#include <QtCore/QTemporaryFile>
#include <QtTest/QtTest>

#include <csignal>

#include "mock_server.h"

class TestSink : public QObject
{
    Q_OBJECT

  private:
    struct Run {
        int status = -1; // -1: crashed or never ended
        QByteArray errors;
        QJsonObject stats;
    };

    static void finish(QProcess &process, Run *run)
    {
        if (process.waitForFinished(30000) && process.exitStatus() == QProcess::NormalExit)
            run->status = process.exitCode();
        run->errors = process.readAllStandardError();
        for (const QByteArray &line : run->errors.split('\n')) {
            if (line.startsWith('{'))
                run->stats = QJsonDocument::fromJson(line).object();
        }
    }

    static Run sink(const QStringList &arguments)
    {
        QProcess process;
        process.start(qEnvironmentVariable("UPBIT_QT_SINK"), arguments);
        Run run;
        finish(process, &run);
        return run;
    }

  private Q_SLOTS:
    void badArgumentsEndWithTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("nothing") << QStringList() << "TYPE CODES";
        QTest::newRow("type") << QStringList{"tickers", "KRW-BTC"} << "tickers";
        QTest::newRow("unit") << QStringList{"candle.2m", "KRW-BTC"} << "candle.2m";
        QTest::newRow("depth") << QStringList{"orderbook", "KRW-BTC.x"} << "KRW-BTC.x";
        QTest::newRow("code") << QStringList{"--url", "ws://127.0.0.1:1/", "ticker", "krw-btc"}
                              << "krw-btc";
        QTest::newRow("option") << QStringList{"--nonsense", "ticker", "KRW-BTC"} << "nonsense";
        QTest::newRow("format") << QStringList{"--format", "xml", "ticker", "KRW-BTC"} << "xml";
        QTest::newRow("count") << QStringList{"--count", "0", "ticker", "KRW-BTC"} << "count";
        QTest::newRow("url") << QStringList{"--url", "http://x/", "ticker", "KRW-BTC"} << "wss://";
        QTest::newRow("replay") << QStringList{"--transport", "replay", "ticker", "KRW-BTC"}
                                << "replay_file";
    }

    void badArgumentsEndWithTwo()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, says);
        const Run run = sink(arguments);
        QCOMPARE(run.status, 2);
        QVERIFY2(run.errors.contains(says.toUtf8()), run.errors.constData());
    }

    // At any speed all of it comes, and then the program ends by itself.
    void aRecordingIsPlayedToItsEnd_data()
    {
        QTest::addColumn<QString>("speed");
        QTest::newRow("as fast as it can") << "0";
        QTest::newRow("a thousand times") << "1000";
    }

    void aRecordingIsPlayedToItsEnd()
    {
        QFETCH(QString, speed);
        QTemporaryFile file;
        QVERIFY(file.open());
        for (int i = 0; i < 50; ++i)
            file.write(
                QStringLiteral(
                    "{\"t_ns\":%2,\"dir\":\"in\",\"op\":2,\"text\":\"{\\\"ty\\\":"
                    "\\\"trade\\\","
                    "\\\"cd\\\":\\\"KRW-BTC\\\",\\\"tms\\\":%1,\\\"td\\\":\\\"2026-01-01\\\","
                    "\\\"ttm\\\":\\\"00:00:00\\\",\\\"ttms\\\":%1,\\\"tp\\\":1,\\\"tv\\\":1,"
                    "\\\"ab\\\":\\\"BID\\\",\\\"pcp\\\":1,\\\"c\\\":\\\"EVEN\\\",\\\"cp\\\":0,"
                    "\\\"sid\\\":%1,\\\"st\\\":\\\"REALTIME\\\"}\"}\n")
                    .arg(1767225600000 + i * 20)
                    .arg((1767225600000 + i * 20) * 1000000)
                    .toUtf8());
        file.flush();
        const Run run =
            sink({"--replay", file.fileName(), "--speed", speed, "--stats", "trade", "KRW-BTC"});
        QCOMPARE(run.status, 0);
        QCOMPARE(run.stats.value("trade").toInt(), 50);
        QCOMPARE(sink({"--speed", "2", "trade", "KRW-BTC"}).status, 2);
    }

    void noServerEndsWithThree()
    {
        const Run run = sink(
            {"--url", "ws://127.0.0.1:1/websocket/v1", "--seconds", "0.5", "ticker", "KRW-BTC"});
        QCOMPARE(run.status, 3);
    }

    void anUnknownCodeEndsWithFour()
    {
        const MockServer server({"--rate", "100"});
        const Run run =
            sink({"--url", server.url(), "--seconds", "10", "ticker", "KRW-NOSUCHCOIN"});
        QCOMPARE(run.status, 4);
        QVERIFY2(run.errors.contains("KRW-NOSUCHCOIN"), run.errors.constData());
    }

    void everyFormatAndTypeIsCounted_data()
    {
        QTest::addColumn<QString>("format");
        for (const char *format : {"default", "simple", "json_list", "simple_list"})
            QTest::newRow(format) << format;
    }

    void everyFormatAndTypeIsCounted()
    {
        QFETCH(QString, format);
        const MockServer server({"--rate", "1000", "--codes", "20"});
        const Run run = sink({"--url", server.url(), "--format", format, "--seconds", "1",
                              "--stats", "ticker", "KRW-BTC", "trade", "KRW-BTC", "orderbook",
                              "KRW-BTC,KRW-ETH.5", "candle.1m", "KRW-BTC"});
        QCOMPARE(run.status, 0);
        for (const char *type : {"ticker", "trade", "orderbook", "candle"})
            QVERIFY2(run.stats.value(type).toInt() > 0, type);
        QCOMPARE(run.stats.value("decode_errors").toInt(), 0);
        QCOMPARE(run.stats.value("gaps").toInt(), 0);
    }

    void anInterruptEndsCleanly()
    {
        const MockServer server({"--rate", "500", "--codes", "20"});
        QProcess process;
        process.start(qEnvironmentVariable("UPBIT_QT_SINK"),
                      {"--url", server.url(), "--stats", "trade", "KRW-BTC"});
        QVERIFY(process.waitForStarted());
        QTest::qWait(700);
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        Run run;
        finish(process, &run);
        QCOMPARE(run.status, 0);
        QVERIFY(run.stats.value("trade").toInt() > 0);
    }

    void keysAreTakenFromTheEnvironment()
    {
        const MockServer server({"--rate", "200", "--codes", "20"}); // test-access, test-secret
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("UPBIT_ACCESS_KEY", "test-access");
        environment.insert("UPBIT_SECRET_KEY", "test-secret");
        QProcess process;
        process.setProcessEnvironment(environment);
        process.start(
            qEnvironmentVariable("UPBIT_QT_SINK"),
            {"--url", server.url(), "--stats", "--seconds", "20", "--count", "1", "myAsset", "-"});
        QVERIFY(process.waitForStarted());
        Run run;
        QFile seen(QStringLiteral("/proc/%1/environ").arg(process.processId()));
        QByteArray left = "test-secret"; // until the program's first line has run
        for (int i = 0; i < 500 && left.contains("test-secret"); i++) {
            if (!seen.open(QIODevice::ReadOnly))
                break; // it has ended
            left = seen.readAll();
            seen.close();
            QTest::qWait(2);
        }
        QVERIFY(!left.contains("test-secret"));
        finish(process, &run);
        QVERIFY2(run.status == 0, run.errors.constData());
        QVERIFY2(run.stats.value("my_asset").toInt() > 0 || run.stats.value("myAsset").toInt() > 0,
                 run.errors.constData());
        QVERIFY(!run.errors.contains("test-secret"));
    }

    void countEndsExactly()
    {
        const MockServer server({"--rate", "1000", "--codes", "20"});
        const Run run =
            sink({"--url", server.url(), "--count", "25", "--stats", "trade", "KRW-BTC"});
        QCOMPARE(run.status, 0);
        QCOMPARE(run.stats.value("events").toInt(), 25);
    }

    void theRecordedSessionArrivesWhole_data()
    {
        QTest::addColumn<bool>("batch");
        QTest::newRow("single signals") << false;
        QTest::newRow("batch signals") << true;
    }

    void theRecordedSessionArrivesWhole()
    {
        QFETCH(bool, batch);
        QFile file(qEnvironmentVariable("UPBIT_CAPTURES") +
                   "/real_cryptofeed_20210417_ws62_simple.jsonl");
        if (!file.open(QIODevice::ReadOnly)) {
            QTest::qSkip("the captures are not here", __FILE__, __LINE__);
            return;
        }
        QMap<QString, int> sent;
        QMap<QString, QStringList> codes;
        while (!file.atEnd()) {
            const QJsonObject message = QJsonDocument::fromJson(file.readLine()).object();
            const QString type = message.value("ty").toString(),
                          code = message.value("cd").toString();
            ++sent[type];
            if (!codes[type].contains(code))
                codes[type].append(code);
        }
        QCOMPARE(sent.value("trade") + sent.value("orderbook"), 449);
        const MockServer server({"--replay", file.fileName(), "--replay-speed", "0"});
        QStringList arguments{"--url", server.url(), "--policy", "lossless", "--count",
                              "449",   "--seconds",  "20",       "--stats"};
        if (batch)
            arguments << "--batch";
        for (auto it = codes.cbegin(); it != codes.cend(); ++it)
            arguments << it.key() << it.value().join(',');
        const Run run = sink(arguments);
        QCOMPARE(run.status, 0);
        QCOMPARE(run.stats.value("events").toInt(), 449);
        for (auto it = sent.cbegin(); it != sent.cend(); ++it)
            QCOMPARE(run.stats.value(it.key()).toInt(), it.value());
        QCOMPARE(run.stats.value("missing").toInt(), 0);
        QCOMPARE(run.stats.value("decode_errors").toInt(), 0);
    }
};

QTEST_GUILESS_MAIN(TestSink)
#include "test_sink.moc"
