// Use in the wrong thread, as a debug build tells it.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QProcess>
#include <QtCore/QThread>
#include <QtTest/QtTest>

#include <sys/resource.h>

using namespace UpbitLive;

static ManagerOptions nowhere()
{
    ManagerOptions options;
    options.url = "ws://127.0.0.1:9/websocket/v1"; // nobody listens
    return options;
}

// The child: ends by the assertion.
static int useInAnotherThread()
{
    const rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    Manager manager(nowhere());
    Proxy proxy(&manager, "of_main");
    QThread *const other =
        QThread::create([&proxy] { proxy.subscribeTicker(QStringList{"KRW-BTC"}); });
    other->start();
    other->wait();
    return 0;
}

class TestThreads : public QObject
{
    Q_OBJECT

  private Q_SLOTS:
    void useInTheWrongThreadEndsADebugBuild()
    {
#if defined(NDEBUG) || defined(QT_NO_DEBUG)
        QSKIP("a release build does not look");
#endif
        QProcess child;
        child.start(QCoreApplication::applicationFilePath(), {"--wrong-thread"});
        QVERIFY(child.waitForFinished(20000));
        QCOMPARE(child.exitStatus(), QProcess::CrashExit);
        const QByteArray said = child.readAllStandardError();
        QVERIFY2(said.contains("UpbitLive::Proxy::subscribeTicker"), said.constData());
        QVERIFY2(said.contains("may only be used in the thread it was made in"), said.constData());
    }

    void movingAProxyIsTold()
    {
        Manager manager(nowhere());
        Proxy proxy(&manager, "moved");
        QThread other;
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression("proxy moved is moved to another"));
        proxy.moveToThread(&other);
        // Back, or it could not be deleted here: only its own thread may do that.
        other.start();
        QThread *const here = QThread::currentThread();
        QObject context;
        context.moveToThread(&other);
        QTest::ignoreMessage(QtCriticalMsg, QRegularExpression("proxy moved is moved to another"));
        QMetaObject::invokeMethod(
            &context,
            [&] {
                proxy.moveToThread(here);
                context.moveToThread(here);
            },
            Qt::BlockingQueuedConnection);
        other.quit();
        other.wait();
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (QCoreApplication::arguments().value(1) == "--wrong-thread")
        return useInAnotherThread();
    TestThreads test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_threads.moc"
