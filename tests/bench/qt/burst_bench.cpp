// A trading window in a burst of the market: how long the turns of its event loop are and what a
// message costs, with this library and with QWebSocket and QJsonDocument on the UI thread, in one
// run.
//
// Twice: against the mock, which makes 100,000 events of its market a second over 855 markets (a
// third of them trades: each a trade message, a ticker, candles, and books every 100 ms) and sends
// what of it was asked for; and against flood_server.cpp, which sends 100,000 messages a second.
// Both windows ask for every KRW ticker, every order book, and one market's trades and candles.
// Each is a process of its own, so its CPU time is what the kernel says of it; the exchange is
// another, and rounds are interleaved.
#include <UpbitLive/testing/mockexchange.h>

#include <QtCore/QProcess>
#include <QtCore/QTemporaryFile>
#include <QtCore/QTimer>
#include <QtWidgets/QApplication>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <sys/resource.h>
#include <unistd.h>

#include "common/turnprobe.h"
#include "flood_server.h"
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

quint64 delivered(const BurstWindow &window)
{
    quint64 sum = 0;
    for (const UpbitLive::Proxy *proxy :
         {&window.tickers, &window.book, &window.trades, &window.books,
          const_cast<const UpbitLive::Proxy *>(window.feed.proxy())})
        sum += proxy->stats().delivered;
    return sum;
}

// Books and tickers whose last value is not what the flood sent last.
int wrongValues(const BurstWindow &window, const QString &lastFile)
{
    QFile file(lastFile);
    const QVector<FloodFrame> frames = floodFrames(window.all);
    if (!file.open(QIODevice::ReadOnly) ||
        file.size() != frames.size() * static_cast<qint64>(sizeof(qint64)))
        return -1;
    const QByteArray bytes = file.readAll();
    QHash<QByteArray, qint64> last[2];
    for (int i = 0; i < frames.size(); ++i) {
        qint64 stamp = 0;
        std::memcpy(&stamp, bytes.constData() + static_cast<size_t>(i) * sizeof stamp,
                    sizeof stamp);
        if (frames.at(i).kind != 'r') {
            qint64 &known = last[frames.at(i).kind == 't'][frames.at(i).code];
            known = qMax(known, stamp);
        }
    }
    int wrong = 0;
    for (auto i = last[0].cbegin(); i != last[0].cend(); ++i)
        wrong += window.lastBooks.value(QString::fromLatin1(i.key())).exchangeMs() != i.value();
    for (auto i = last[1].cbegin(); i != last[1].cend(); ++i)
        wrong += window.tickerModel.ticker(QString::fromLatin1(i.key())).exchangeMs() != i.value();
    return wrong;
}

// The child: a window for so long, then one line of JSON. lastFile: the flood's, "" for the mock.
int window(const QString &mode, const QString &url, const QByteArray &markets, double seconds,
           const QString &lastFile)
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
        if (!lastFile.isEmpty())
            options.format = UpbitLive::Format::Default; // what the flood sends
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
    quint64 before = 0, deliveredBefore = 0;
    QByteArray line;
    const auto measured = [&] {
        const double got = static_cast<double>(messages() - before);
        const double taken =
            own != nullptr ? static_cast<double>(delivered(*own) - deliveredBefore) : got;
        line = QString(R"({"messages":%1,"delivered":%2,"cpu_ns":%3,"ui_cpu_ns":%4,"lag_ms":%5,)"
                       R"("grown_mib":%6,"turns":%7)")
                   .arg(got, 0, 'f', 0)
                   .arg(taken, 0, 'f', 0)
                   .arg((cpuNs(RUSAGE_SELF) - cpu) / std::max(got, 1.0), 0, 'f', 0)
                   .arg((cpuNs(RUSAGE_THREAD) - uiCpu) / std::max(got, 1.0), 0, 'f', 0)
                   .arg(lag())
                   .arg(residentMiB() - resident, 0, 'f', 1)
                   .arg(QString::fromLatin1(probe.toJson()))
                   .toLatin1();
    };
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
        deliveredBefore = own != nullptr ? delivered(*own) : 0;
        QTimer::singleShot(static_cast<int>(seconds * 1000), qApp, measured);
    });
    // The flood ends a little later and has then written what it sent last.
    QElapsedTimer clock;
    clock.start();
    QTimer end;
    QObject::connect(&end, &QTimer::timeout, qApp, [&] {
        const bool over = lastFile.isEmpty() || own == nullptr || QFile(lastFile).size() > 0;
        if (!line.isEmpty() && (over || clock.elapsed() > static_cast<qint64>(seconds * 1000) + 20000))
            QTimer::singleShot(lastFile.isEmpty() ? 0 : 500, qApp,
                               [] { QCoreApplication::quit(); });
    });
    end.start(100);
    QApplication::exec();
    std::printf("%s,\"wrong\":%d}\n", line.constData(),
                own != nullptr && !lastFile.isEmpty() ? wrongValues(*own, lastFile) : 0);
    return 0;
}

double median(QVector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.isEmpty() ? 0 : values.at(values.size() / 2);
}

// The exchange of one round; running while it lives.
class Source
{
  public:
    Source(bool flood, const QString &rate, double seconds)
        : m_mock({"--codes", "855", "--rate", rate, "--seed", "7"})
    {
        const QByteArray list = m_mock.get("/v1/market/all").body;
        if (!m_mock.isRunning() || !m_markets.open() || m_markets.write(list) <= 0 ||
            !m_markets.flush()) {
            m_error = m_mock.errorString();
            return;
        }
        m_url = m_mock.url();
        if (!flood)
            return;
        m_mock.suspend(); // its list was all that was wanted of it
        if (!m_last.open())
            return;
        m_lastFile = m_last.fileName();
        // From its first second to a second after the measurement.
        const qint64 count = static_cast<qint64>(rate.toDouble() * (seconds + 4));
        m_flood.start(QCoreApplication::applicationFilePath(),
                      {"--flood", m_markets.fileName(), rate, QString::number(count), m_lastFile});
        m_flood.waitForReadyRead(10000);
        m_url = QString::fromLatin1(m_flood.readLine()).section(' ', 1).trimmed();
        if (m_url.isEmpty())
            m_error = "the flood did not start";
    }
    ~Source()
    {
        m_flood.kill();
        m_flood.waitForFinished();
        m_mock.resume();
    }
    QStringList arguments() const
    {
        return {m_url, m_markets.fileName(), m_lastFile};
    }
    QString error() const
    {
        return m_error;
    }

  private:
    UpbitLive::MockExchange m_mock;
    QTemporaryFile m_markets, m_last;
    QProcess m_flood;
    QString m_url, m_lastFile, m_error;
};

struct Round {
    QJsonObject values;
    bool good = false;
};

Round play(int mode, bool flood, const QString &rate, double seconds)
{
    const Source source(flood, rate, seconds); // one each: no backlog is inherited
    if (!source.error().isEmpty()) {
        std::fprintf(stderr, "qt_burst_bench: %s\n", qUtf8Printable(source.error()));
        return {};
    }
    const QStringList where = source.arguments();
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(
        QCoreApplication::applicationFilePath(),
        {"--window", names[mode], where.at(0), where.at(1), QString::number(seconds), where.at(2)});
    if (!child.waitForFinished(static_cast<int>(seconds * 1000) + 60000) || child.exitCode() != 0) {
        std::fprintf(stderr, "qt_burst_bench: %s: status %d\n", names[mode], child.exitCode());
        return {};
    }
    return {QJsonDocument::fromJson(child.readAllStandardOutput()).object(), true};
}

void print(const char *name, const QJsonObject &o, double seconds)
{
    const QJsonObject turns = o.value("turns").toObject();
    std::printf(
        "%-8s %10.0f %10.0f %7.0f %7.0f %6.1f %6.1f %6.1f %8.1f %6.0f %8.1f %6.0f %7.0f %6.1f "
        "%5.0f\n",
        name, o.value("messages").toDouble() / seconds, o.value("delivered").toDouble() / seconds,
        o.value("cpu_ns").toDouble(), o.value("ui_cpu_ns").toDouble(),
        turns.value("p50_ms").toDouble(), turns.value("p99_ms").toDouble(),
        turns.value("p999_ms").toDouble(), turns.value("longest_ms").toDouble(),
        turns.value("over_16_ms").toDouble(), turns.value("longest_cpu_ms").toDouble(),
        turns.value("over_16_ms_cpu").toDouble(), o.value("lag_ms").toDouble(),
        o.value("grown_mib").toDouble(), o.value("wrong").toDouble());
    std::fflush(stdout);
}

int compare(bool flood, int rounds, double seconds, const QString &rate)
{
    QVector<double> cost[2];
    std::printf("%s\n%-8s %10s %10s %7s %7s %6s %6s %6s %8s %6s %8s %6s %7s %6s %5s\n",
                flood ? "flood: messages a second" : "market: events a second", "window",
                "messages/s", "slots/s", "ns/msg", "of UI", "p50 ms", "p99", "p99.9", "longest",
                ">16ms", "work ms", ">16ms", "lag ms", "MiB +", "wrong");
    for (int round = 0; round < rounds; ++round) {
        for (int mode = 0; mode < 2; ++mode) {
#ifndef HAVE_QT_WEBSOCKETS
            if (mode == 1)
                continue;
#endif
            const Round got = play(mode, flood, rate, seconds);
            if (!got.good)
                return 1;
            cost[mode].append(got.values.value("cpu_ns").toDouble());
            print(names[mode], got.values, seconds);
        }
    }
    if (cost[1].isEmpty())
        std::printf("plain: skipped, built without libqt5websockets5-dev\n");
    else
        std::printf(
            "{\"bench\":\"qt burst, %s\",\"library_ns\":%.0f,\"plain_ns\":%.0f,\"ratio\":%.2f}\n",
            flood ? "flood" : "market", median(cost[0]), median(cost[1]),
            median(cost[0]) / median(cost[1]));
    return 0;
}

QByteArray contentOf(const QString &name)
{
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_NO_GLIB", "1"); // the same event loop everywhere
    QApplication app(argc, argv);
    const QStringList words = QCoreApplication::arguments().mid(1);
    if (words.value(0) == "--window")
        return window(words.value(1), words.value(2), contentOf(words.value(3)),
                      words.value(4).toDouble(), words.value(5));
    if (words.value(0) == "--flood")
        return runFlood(contentOf(words.value(1)), words.value(2).toInt(),
                        words.value(3).toLongLong(), words.value(4));
    if (words.value(0) == "--check") // that it works, in the tests
        return compare(false, 1, 1, "2000") + compare(true, 1, 1, "2000");
    return compare(false, 5, 10, "100000") + compare(true, 5, 10, "100000");
}
