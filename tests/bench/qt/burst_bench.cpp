// A trading window in a burst of the market: how long the turns of its event loop are and what a
// message costs, with this library and with QWebSocket and QJsonDocument on the UI thread, in one
// run.
//
// The mock makes --rate events a second over 855 markets (a third of them trades: each a trade
// message, a ticker, candles, and books every 100 ms). Both windows ask for every KRW ticker, every
// order book, and one market's trades and candles. Each is a process of its own, so its CPU time is
// what the kernel says of it; the mock is another, and rounds are interleaved.
#include <UpbitLive/testing/mockexchange.h>

#include <QtCore/QProcess>
#include <QtCore/QTemporaryFile>
#include <QtCore/QTimer>
#include <QtWidgets/QApplication>

#include <algorithm>
#include <cstdio>
#include <sys/resource.h>
#include <unistd.h>

#include "common/turnprobe.h"
#include "qt/burst_window.h"
#ifdef HAVE_QT_WEBSOCKETS
#include "plain_window.h"
#endif

namespace
{
const char *const names[] = {"library", "plain"};

double cpuNs(int who)
{
    rusage usage;
    getrusage(who, &usage);
    return (static_cast<double>(usage.ru_utime.tv_sec) +
            static_cast<double>(usage.ru_stime.tv_sec)) *
               1e9 +
           (static_cast<double>(usage.ru_utime.tv_usec) +
            static_cast<double>(usage.ru_stime.tv_usec)) *
               1e3;
}

double residentMiB()
{
    QFile file("/proc/self/statm");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toDouble() *
           static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576;
}

// The child: a window for so long, then one line of JSON.
int window(const QString &mode, const QString &url, const QByteArray &markets, double seconds)
{
    TurnProbe probe;
    std::unique_ptr<UpbitLive::Manager> manager;
    std::unique_ptr<BurstWindow> own;
    std::function<quint64()> messages;
    std::function<qint64()> lag;
    qint64 lagMost = 0;
    QTimer lagTimer;
#ifdef HAVE_QT_WEBSOCKETS
    PlainResult plain;
#endif
    if (mode == names[0]) {
        UpbitLive::ManagerOptions options;
        options.url = url;
        manager.reset(new UpbitLive::Manager(options));
        own.reset(new BurstWindow(manager.get(), markets, 60));
        own->show();
        messages = [&] { return manager->stats().messages_received; };
        QObject::connect(&own->tickers, &UpbitLive::Proxy::tickersReceived, own.get(),
                         [&](const QVector<UpbitLive::Ticker> &some) {
                             const auto &last = some.last();
                             if (last.streamType() == UpbitLive::StreamType::Realtime &&
                                 last.origin() == UpbitLive::Origin::Stream)
                                 lagMost = qMax(lagMost, QDateTime::currentMSecsSinceEpoch() -
                                                             last.exchangeMs());
                         });
        lag = [&] { return lagMost; };
    } else {
#ifdef HAVE_QT_WEBSOCKETS
        makePlainWindow(url, markets, &plain);
        messages = [&] { return plain.messages; };
        lag = [&] { return plain.lagMostMs; };
#else
        return 77;
#endif
    }
    double cpu = 0, uiCpu = 0, resident = 0;
    quint64 before = 0;
    // The first seconds are connecting, the history and the views' first layout.
    QTimer::singleShot(3000, qApp, [&] {
        probe.reset();
        lagMost = 0;
#ifdef HAVE_QT_WEBSOCKETS
        plain.lagMostMs = 0;
#endif
        cpu = cpuNs(RUSAGE_SELF);
        uiCpu = cpuNs(RUSAGE_THREAD);
        resident = residentMiB();
        before = messages();
        QTimer::singleShot(static_cast<int>(seconds * 1000), qApp,
                           [&] { QCoreApplication::quit(); });
    });
    QApplication::exec();
    const double got = static_cast<double>(messages() - before);
    std::printf("{\"messages\":%.0f,\"cpu_ns\":%.0f,\"ui_cpu_ns\":%.0f,\"lag_ms\":%lld,"
                "\"grown_mib\":%.1f,\"turns\":%s}\n",
                got, (cpuNs(RUSAGE_SELF) - cpu) / std::max(got, 1.0),
                (cpuNs(RUSAGE_THREAD) - uiCpu) / std::max(got, 1.0), static_cast<long long>(lag()),
                residentMiB() - resident, probe.toJson().constData());
    return got > 0 ? 0 : 1;
}

double median(QVector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? 0 : values.at(values.size() / 2);
}

int compare(int rounds, double seconds, const QString &rate)
{
    QVector<double> cost[2];
    std::printf("%-8s %10s %9s %9s %7s %7s %7s %8s %6s %8s %7s\n", "window", "messages/s", "ns/msg",
                "of UI", "p50 ms", "p99", "p99.9", "longest", ">16ms", "lag ms", "MiB +");
    for (int round = 0; round < rounds; ++round) {
        for (int mode = 0; mode < 2; ++mode) {
#ifndef HAVE_QT_WEBSOCKETS
            if (mode == 1)
                continue;
#endif
            // One each, so that neither inherits the other's backlog.
            UpbitLive::MockExchange mock({"--codes", "855", "--rate", rate, "--seed", "7"});
            QTemporaryFile markets;
            if (!mock.isRunning() || !markets.open() ||
                markets.write(mock.get("/v1/market/all").body) <= 0 || !markets.flush()) {
                std::fprintf(stderr, "qt_burst_bench: %s\n", qUtf8Printable(mock.errorString()));
                return 1;
            }
            QProcess child;
            child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            child.start(QCoreApplication::applicationFilePath(),
                        {"--window", names[mode], mock.url(), markets.fileName(),
                         QString::number(seconds)});
            if (!child.waitForFinished(static_cast<int>(seconds * 1000) + 60000) ||
                child.exitCode() != 0) {
                std::fprintf(stderr, "qt_burst_bench: %s: status %d\n", names[mode],
                             child.exitCode());
                return 1;
            }
            const QByteArray line = child.readAllStandardOutput();
            const QJsonObject o = QJsonDocument::fromJson(line).object();
            const QJsonObject turns = o.value("turns").toObject();
            cost[mode].append(o.value("cpu_ns").toDouble());
            std::printf("%-8s %10.0f %9.0f %9.0f %7.1f %7.1f %7.1f %8.1f %6.0f %8.0f %7.1f\n",
                        names[mode], o.value("messages").toDouble() / seconds,
                        o.value("cpu_ns").toDouble(), o.value("ui_cpu_ns").toDouble(),
                        turns.value("p50_ms").toDouble(), turns.value("p99_ms").toDouble(),
                        turns.value("p999_ms").toDouble(), turns.value("longest_ms").toDouble(),
                        turns.value("over_16_ms").toDouble(), o.value("lag_ms").toDouble(),
                        o.value("grown_mib").toDouble());
            std::fflush(stdout);
        }
    }
    if (cost[1].isEmpty())
        std::printf("plain: skipped, built without libqt5websockets5-dev\n");
    else
        std::printf(
            "{\"bench\":\"qt burst\",\"library_ns\":%.0f,\"plain_ns\":%.0f,\"ratio\":%.2f}\n",
            median(cost[0]), median(cost[1]), median(cost[0]) / median(cost[1]));
    return 0;
}
} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_NO_GLIB", "1"); // the same event loop everywhere
    QApplication app(argc, argv);
    const QStringList words = QCoreApplication::arguments().mid(1);
    if (words.value(0) == "--window") {
        QFile markets(words.value(3));
        if (!markets.open(QIODevice::ReadOnly))
            return 2;
        return window(words.value(1), words.value(2), markets.readAll(), words.value(4).toDouble());
    }
    if (words.value(0) == "--check") // that it works, in the tests
        return compare(1, 1, "2000");
    return compare(3, 10, "100000");
}
