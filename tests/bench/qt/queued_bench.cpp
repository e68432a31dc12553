// P8: what a queued signal of Qt costs for each receiver, beside what a further consumer of an
// event costs the queues (`queue fan-out`, which is run between the two halves of this).
//
//   queued_bench BENCH_QUEUE_FANOUT | --check
//
// Measured as there: one thread plays both sides, eight emissions to all receivers, then all that
// was posted is delivered; the median of 31 short rounds and the quickest, each the lesser of the
// two halves. The signal has one argument, which is implicitly shared, as an event is. A table goes
// to stderr, one JSON object to stdout.
#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QProcess>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

class Sender : public QObject
{
    Q_OBJECT
  Q_SIGNALS:
    void came(const QString &event);
};

class Receiver : public QObject
{
    Q_OBJECT
  public:
    qint64 letters = 0;
  public Q_SLOTS:
    void take(const QString &event)
    {
        letters += event.size();
    }
};

namespace
{
enum { Batch = 8, Rounds = 31, Deliveries = 1 << 15 };
const int receivers[] = {10, 100, 1000};

// ns for an emission and a receiver; `deliveries` of them a round, about.
std::vector<double> measure(int count, int deliveries)
{
    Sender sender;
    std::vector<std::unique_ptr<Receiver>> all;
    for (int i = 0; i < count; i++) {
        all.emplace_back(new Receiver);
        QObject::connect(&sender, &Sender::came, all.back().get(), &Receiver::take,
                         Qt::QueuedConnection);
    }
    const QString event("KRW-BTC");
    const int turns = std::max(1, deliveries / count / Batch);
    std::vector<double> rounds;
    for (int round = 0; round <= Rounds; round++) {
        QElapsedTimer clock;
        clock.start();
        for (int turn = 0; turn < turns; turn++) {
            for (int i = 0; i < Batch; i++)
                Q_EMIT sender.came(event);
            QCoreApplication::sendPostedEvents();
        }
        if (round > 0) // the first one warms up
            rounds.push_back(static_cast<double>(clock.nsecsElapsed()) / turns / Batch / count);
    }
    for (const auto &one : all)
        if (one->letters != qint64(Rounds + 1) * turns * Batch * event.size())
            qFatal("queued_bench: a signal was lost");
    std::sort(rounds.begin(), rounds.end());
    return rounds;
}

struct Cost {
    double median = 0, least = 0;
};

Cost costOf(int count, const Cost &before)
{
    const std::vector<double> rounds = measure(count, Deliveries);
    Cost cost{rounds[rounds.size() / 2], rounds[0]};
    if (before.least > 0)
        cost = {std::min(cost.median, before.median), std::min(cost.least, before.least)};
    return cost;
}

QJsonArray fanout(const QString &program)
{
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(program, QStringList());
    if (!child.waitForFinished(300000) || child.exitCode() != 0)
        qFatal("queued_bench: %s did not end well", qPrintable(program));
    return QJsonDocument::fromJson(child.readAllStandardOutput()).object()["fanout"].toArray();
}
} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc != 2) {
        std::fprintf(stderr, "usage: queued_bench BENCH_QUEUE_FANOUT | --check\n");
        return 2;
    }
    if (std::strcmp(argv[1], "--check") == 0) {
        measure(10, 800); // ends the program where a signal is lost
        std::printf("1..1\nok 1 - every receiver gets every signal\n");
        return 0;
    }
    Cost costs[3];
    for (int i = 0; i < 3; i++)
        costs[i] = costOf(receivers[i], Cost());
    const QJsonArray ours = fanout(argv[1]);
    std::fprintf(stderr, "%9s%14s%8s%22s%22s\n", "receivers", "Qt queued, ns", "least",
                 "FIFO, a further one", "latest");
    std::printf("{\"queued\":[");
    for (int i = 0; i < 3; i++) {
        costs[i] = costOf(receivers[i], costs[i]);
        double fifo = 0, latest = 0;
        for (const QJsonValue &row : ours)
            if (row.toObject()["consumers"].toInt() == receivers[i]) {
                fifo = row.toObject()["fifo_more_ns"].toDouble();
                latest = row.toObject()["latest_more_ns"].toDouble();
            }
        std::fprintf(stderr, "%9d%14.0f%8.0f%14.1f: 1/%.0f%15.1f: 1/%.0f\n", receivers[i],
                     costs[i].median, costs[i].least, fifo, costs[i].least / fifo, latest,
                     costs[i].least / latest);
        std::printf(
            "%s{\"receivers\":%d,\"queued_ns\":%.1f,\"queued_least_ns\":%.1f,\"fifo_more_ns\":%.2f,"
            "\"latest_more_ns\":%.2f}",
            i == 0 ? "" : ",", receivers[i], costs[i].median, costs[i].least, fifo, latest);
    }
    std::printf("]}\n");
    return 0;
}

#include "queued_bench.moc"
