// Log lines of the library in Qt's categories: by level, by rules, of managers of one's own and of
// the default one.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QLoggingCategory>
#include <QtCore/QMutex>
#include <QtTest/QSignalSpy>
#include <QtTest/QtTest>

#include "mock_server.h"

using namespace UpbitLive;

static QMutex mutex; // lines come from the I/O thread
static QStringList lines;
static QtMessageHandler before;

static void keep(QtMsgType type, const QMessageLogContext &context, const QString &text)
{
    if (qstrncmp(context.category, "upbit.", 6) != 0) {
        before(type, context, text);
        return;
    }
    const QMutexLocker lock(&mutex);
    const char *const name = type == QtDebugMsg     ? "debug"
                             : type == QtInfoMsg    ? "info"
                             : type == QtWarningMsg ? "warning"
                                                    : "critical";
    lines.append(QString("%1 %2 %3").arg(context.category, name, text));
}

static int count(const char *beginning)
{
    const QMutexLocker lock(&mutex);
    int found = 0;
    for (const QString &line : qAsConst(lines))
        found += line.startsWith(beginning);
    return found;
}

class TestLogging : public QObject
{
    Q_OBJECT

    std::unique_ptr<MockServer> m_mock;

    // Until the subscription has been sent, which is a debug line, and answered.
    static void use(Manager *manager, const char *id, const char *code = "KRW-BTC")
    {
        Proxy proxy(manager, id);
        QSignalSpy tickers(&proxy, &Proxy::tickerReceived);
        proxy.subscribeTicker({code});
        QTRY_VERIFY(!tickers.isEmpty());
    }

  private Q_SLOTS:
    void initTestCase()
    {
        m_mock.reset(new MockServer({"--codes", "5", "--rate", "200"}));
        QVERIFY2(m_mock->isRunning(), qPrintable(m_mock->errorString()));
        qputenv("UPBIT_URL", m_mock->url().toUtf8()); // the default manager's
        before = qInstallMessageHandler(keep);
    }
    void init()
    {
        QLoggingCategory::setFilterRules(QString());
        const QMutexLocker lock(&mutex);
        lines.clear();
    }
    void cleanupTestCase()
    {
        qInstallMessageHandler(before);
    }

    void aLevelMakesTheLinesAndARuleLeavesThemOut()
    {
        ManagerOptions options = m_mock->options();
        options.logLevel = LogLevel::Debug;
        {
            Manager manager(options);
            use(&manager, "debug");
        }
        QVERIFY(count("upbit.stream debug request ") > 0);
        QLoggingCategory::setFilterRules("upbit.stream=false");
        const int soFar = count("upbit.stream");
        Manager quiet(options);
        use(&quiet, "quiet");
        QCOMPARE(count("upbit.stream"), soFar);
    }

    void withoutALevelTheRulesDecide()
    {
        Manager manager(m_mock->options());
        use(&manager, "default");
        QCOMPARE(count("upbit.stream debug"), 0);
        QCOMPARE(count("upbit.stream info"), 0);
        QLoggingCategory::setFilterRules("upbit.*.debug=true"); // while it runs, too
        use(&manager, "by_rules", "KRW-ETH"); // a want that is not in the first request
        QVERIFY(count("upbit.stream debug request ") > 0);
    }

    void warningsComeWithoutRules_data()
    {
        QTest::addColumn<int>("level");
        QTest::addColumn<bool>("told");
        QTest::newRow("default") << static_cast<int>(LogLevel::Default) << true;
        QTest::newRow("warning") << static_cast<int>(LogLevel::Warning) << true;
        QTest::newRow("none") << static_cast<int>(LogLevel::None) << false;
    }
    void warningsComeWithoutRules()
    {
        QFETCH(int, level);
        QFETCH(bool, told);
        ManagerOptions options;
        options.url = "ws://127.0.0.1:9/websocket/v1"; // nobody listens
        options.logLevel = static_cast<LogLevel>(level);
        Manager manager(options);
        Proxy proxy(&manager, "nobody");
        QSignalSpy errors(&proxy, &Proxy::errorOccurred);
        proxy.subscribeTicker({"KRW-BTC"});
        QTRY_VERIFY(!errors.isEmpty());
        if (told)
            QTRY_VERIFY(count("upbit.stream warning") + count("upbit.stream critical") > 0);
        else
            QCOMPARE(count("upbit."), 0);
    }

    void theDefaultManagerLogsHereToo()
    {
        QLoggingCategory::setFilterRules("upbit.stream.debug=true");
        use(nullptr, "default_one");
        QVERIFY(count("upbit.stream debug request ") > 0);
        // The one that follows it after a shutdown does as well.
        Manager *const shared = Manager::defaultInstance();
        const upbit_manager *const first = shared->handle();
        QVERIFY(shared->shutdown());
        init();
        QLoggingCategory::setFilterRules("upbit.stream.debug=true");
        use(nullptr, "default_two");
        QVERIFY(count("upbit.stream debug request ") > 0);
        QCOMPARE(Manager::defaultInstance(), shared);
        QVERIFY(shared->handle() != first);
    }
};

QTEST_GUILESS_MAIN(TestLogging)
#include "test_logging.moc"
