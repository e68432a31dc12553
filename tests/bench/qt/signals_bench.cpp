// P14: what a message costs a Qt program, all in, from the socket to the slot that reads its main
// fields on the UI thread; nothing is painted.
//
//   signal  this library: a signal of a Proxy per event
//   batch   the same, a signal per turn of the event loop with all of its events
//   latest  the same, at most 60 times a second, of tickers and books the newest of each key
//   plain   QWebSocket + QJsonDocument, a signal per message, in the one thread
//
// Each is a process of its own and says what its CPU time grew by from before it connected to the
// last message. Same server, same bytes, rounds interleaved, server on one processor and client on
// the other. What the slots read is summed up: the sums must be the same to the last bit, so nobody
// leaves out a message or reads another value.
#include <UpbitLive/manager.h>
#include <UpbitLive/proxy.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QJsonArray>
#include <QtCore/QTimer>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include "../stream/flood.h"
}
#ifdef HAVE_QT_WEBSOCKETS
#include "plain_feed.h"
#endif

namespace
{
const char *const ways[] = {"signal", "batch", "latest", "plain"};
enum { Ways = 4, Plain = 3, Latest = 2 };

[[noreturn]] void giveUp(const char *what)
{
    std::fprintf(stderr, "qt_signals_bench: %s\n", what);
    std::exit(99);
}

// RUSAGE_SELF or RUSAGE_THREAD.
double cpuNs(int of)
{
    rusage usage;
    getrusage(of, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

// What the slots have read, per kind: kinds come in their own order each.
struct Sink {
    struct Kind {
        qint64 count = 0, stamps = 0, letters = 0;
        double price = 0, size = 0, other = 0;
    };
    Kind tickers, trades, books;
    qint64 bids = 0, gaps = 0, last = 0;
    double begin = 0, uiBegin = 0;

    // The server stamps message i with i; the last one ends the run.
    void add(Kind *kind, const QString &code, qint64 timestamp, double price, double size,
             double other)
    {
        const qint64 number = timestamp % 1000000000;
        ++kind->count;
        kind->stamps += number;
        kind->letters += code.size();
        kind->price += price;
        kind->size += size;
        kind->other += other;
        if (number == last)
            QCoreApplication::quit();
    }
    qint64 count() const
    {
        return tickers.count + trades.count + books.count;
    }
    void start()
    {
        begin = cpuNs(RUSAGE_SELF);
        uiBegin = cpuNs(RUSAGE_THREAD);
    }
    void print() const
    {
        std::printf("%.0f %.0f %lld %lld", cpuNs(RUSAGE_SELF) - begin,
                    cpuNs(RUSAGE_THREAD) - uiBegin, static_cast<long long>(count()),
                    static_cast<long long>(gaps));
        for (const Kind *kind : {&tickers, &trades, &books})
            std::printf(" %lld/%lld/%lld/%a/%a/%a", static_cast<long long>(kind->count),
                        static_cast<long long>(kind->stamps), static_cast<long long>(kind->letters),
                        kind->price, kind->size, kind->other);
        std::printf(" %lld\n", static_cast<long long>(bids));
    }
};

// ---- this library ----

void takeTicker(Sink *sink, const UpbitLive::Ticker &ticker)
{
    sink->add(&sink->tickers, ticker.code(), ticker.exchangeMs(), ticker.tradePrice().toDouble(),
              ticker.accTradeVolume24h().toDouble(), ticker.signedChangeRate().toDouble());
}

void takeTrade(Sink *sink, const UpbitLive::Trade &trade)
{
    sink->bids += trade.side() == UpbitLive::Side::Bid;
    sink->add(&sink->trades, trade.code(), trade.exchangeMs(), trade.tradePrice().toDouble(),
              trade.tradeVolume().toDouble(), trade.bestBidPrice().toDouble());
}

void takeBook(Sink *sink, const UpbitLive::Orderbook &book)
{
    sink->add(&sink->books, book.code(), book.exchangeMs(),
              book.askPrice(0).toDouble() + book.bidPrice(0).toDouble(),
              book.askSize(0).toDouble() + book.bidSize(0).toDouble(),
              book.totalAskSize().toDouble() + book.totalBidSize().toDouble());
}

template <class Value, void take(Sink *, const Value &)>
void connectKind(const UpbitLive::Proxy *proxy, Sink *sink, bool each,
                 void (UpbitLive::Proxy::*one)(const Value &),
                 void (UpbitLive::Proxy::*many)(const QVector<Value> &))
{
    if (each)
        QObject::connect(proxy, one, proxy, [sink](const Value &value) { take(sink, value); });
    else
        QObject::connect(proxy, many, proxy, [sink](const QVector<Value> &values) {
            for (const Value &value : values)
                take(sink, value);
        });
}

void runLibrary(const QString &way, const QString &url, const QString &ca, Sink *sink)
{
    UpbitLive::ManagerOptions options;
    options.url = url;
    options.caFile = ca;
    options.format = UpbitLive::Format::Default; // what the flood sends
    options.compression = UpbitLive::Switch::Off;
    options.logLevel = UpbitLive::LogLevel::Error;
    UpbitLive::Manager manager(options);
    UpbitLive::ProxyOptions lanes;
    lanes.queueMessages = 65536;
    lanes.queueBytes = 32 << 20;
    if (way != ways[Latest])
        lanes.policy = UpbitLive::Policy::DropOldest;
    UpbitLive::Proxy proxy(&manager, QStringLiteral("bench"), lanes);
    if (!proxy.isOpen())
        giveUp(qPrintable(proxy.lastError().message));
    if (way == ways[Latest])
        proxy.setMaxFps(60);
    const bool each = way == ways[0];
    using P = UpbitLive::Proxy;
    connectKind<UpbitLive::Ticker, takeTicker>(&proxy, sink, each, &P::tickerReceived,
                                               &P::tickersReceived);
    connectKind<UpbitLive::Trade, takeTrade>(&proxy, sink, each, &P::tradeReceived,
                                             &P::tradesReceived);
    connectKind<UpbitLive::Orderbook, takeBook>(&proxy, sink, each, &P::orderbookReceived,
                                                &P::orderbooksReceived);
    QObject::connect(&proxy, &P::gapDetected, &proxy, [sink](const UpbitLive::Gap &gap) {
        sink->gaps += static_cast<qint64>(gap.count);
    });
    QStringList codes; // of the mix
    for (const char *last : {"", "A", "X"})
        for (const char *first : {"BTC", "ETH", "XRP", "DOGE", "SOL", "ADA", "AVAX", "DOT"})
            codes.append(QStringLiteral("KRW-") + QLatin1String(first) + QLatin1String(last));
    sink->start();
    proxy.subscribeTicker(codes);
    proxy.subscribeTrade(codes);
    proxy.subscribeOrderbook(codes);
    QCoreApplication::exec();
    sink->print();
}

// ---- the plain way ----

#ifdef HAVE_QT_WEBSOCKETS
double number(const QJsonObject &of, const char *name)
{
    return of.value(QLatin1String(name)).toDouble();
}

void addPlain(Sink *sink, Sink::Kind *kind, const QJsonObject &message, double price, double size,
              double other)
{
    sink->add(kind, message.value(QLatin1String("code")).toString(),
              static_cast<qint64>(number(message, "timestamp")), price, size, other);
}

void runPlain(const QString &url, const QString &ca, Sink *sink)
{
    sink->start();
    PlainFeed feed((QUrl(url)), ca);
    QObject::connect(&feed, &PlainFeed::tickerReceived, &feed, [sink](const QJsonObject &ticker) {
        addPlain(sink, &sink->tickers, ticker, number(ticker, "trade_price"),
                 number(ticker, "acc_trade_volume_24h"), number(ticker, "signed_change_rate"));
    });
    QObject::connect(&feed, &PlainFeed::tradeReceived, &feed, [sink](const QJsonObject &trade) {
        sink->bids +=
            trade.value(QLatin1String("ask_bid")).toString() == QLatin1String("BID") ? 1 : 0;
        addPlain(sink, &sink->trades, trade, number(trade, "trade_price"),
                 number(trade, "trade_volume"), number(trade, "best_bid_price"));
    });
    QObject::connect(&feed, &PlainFeed::orderbookReceived, &feed, [sink](const QJsonObject &book) {
        const QJsonObject best =
            book.value(QLatin1String("orderbook_units")).toArray().at(0).toObject();
        addPlain(sink, &sink->books, book, number(best, "ask_price") + number(best, "bid_price"),
                 number(best, "ask_size") + number(best, "bid_size"),
                 number(book, "total_ask_size") + number(book, "total_bid_size"));
    });
    QObject::connect(&feed, &PlainFeed::failed, &feed,
                     [](const QString &why) { giveUp(qPrintable(why)); });
    QCoreApplication::exec();
    sink->print();
    std::fflush(stdout);
    _exit(0); // without goodbye: the server answers no close frame
}
#endif

int client(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QStringList words = QCoreApplication::arguments().mid(2); // WAY URL CA COUNT
    Sink sink;
    sink.last = words.value(3).toLongLong();
    QTimer::singleShot(120000, &app, [] { giveUp("the last message did not come"); });
    if (words.value(0) != ways[Plain])
        runLibrary(words.value(0), words.value(1), words.value(2), &sink);
#ifdef HAVE_QT_WEBSOCKETS
    else
        runPlain(words.value(1), words.value(2), &sink);
#endif
    return 0;
}

// ---- the measuring side ----

struct Round {
    double ns = 0, uiNs = 0; // a message; all of it, and the UI thread's
    std::string sums;        // what the slots read, as text
};

Round measure(const flood &server, const char *way, size_t count)
{
    char url[64], number[24], line[1024] = "";
    std::snprintf(url, sizeof url, "wss://127.0.0.1:%d/websocket/v1", server.port);
    std::snprintf(number, sizeof number, "%zu", count);
    int ends[2];
    std::fflush(nullptr);
    if (pipe(ends) != 0)
        giveUp("no pipe");
    const pid_t pid = fork();
    if (pid == 0) {
        flood_pin(0);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "qt_signals_bench", "--client", way, url, server.ca_file, number,
              static_cast<char *>(nullptr));
        _exit(99);
    }
    close(ends[1]);
    FILE *const out = fdopen(ends[0], "r");
    const bool said = std::fgets(line, sizeof line, out) != nullptr;
    std::fclose(out);
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 0 || !said)
        giveUp(way);
    double spent = 0, ui = 0;
    long long taken = 0, gaps = 0;
    int at = 0;
    if (std::sscanf(line, "%lf %lf %lld %lld %n", &spent, &ui, &taken, &gaps, &at) != 4)
        giveUp(way);
    if (gaps > 0 || (way != ways[Latest] && taken != static_cast<long long>(count))) {
        std::fprintf(stderr, "%s: %lld of %zu taken, %lld dropped\n", way, taken, count, gaps);
        std::exit(1);
    }
    const double messages = static_cast<double>(count);
    return {spent / messages, ui / messages, line + at};
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

int compare(int rounds, size_t count)
{
    flood server;
    flood_start(&server, count, 1);
#ifdef HAVE_QT_WEBSOCKETS
    const int clients = Ways;
#else
    const int clients = Plain;
#endif
    std::vector<double> ns[Ways], ui[Ways], ratio[Ways];
    for (int round = 0; round < rounds; ++round) {
        Round of[Ways];
        for (int way = 0; way < clients; ++way) {
            of[way] = measure(server, ways[way], count);
            ns[way].push_back(of[way].ns);
            ui[way].push_back(of[way].uiNs);
            if (way != Latest && of[way].sums != of[0].sums) {
                std::fprintf(stderr, "%s read something else than %s:\n%s%s", ways[way], ways[0],
                             of[way].sums.c_str(), of[0].sums.c_str());
                return 1;
            }
        }
        for (int way = 0; way < clients; ++way)
            ratio[way].push_back(of[clients - 1].ns / of[way].ns);
    }
    flood_stop(&server);
    std::printf("%zu messages, mean %.0f bytes, %d rounds, CPU of the whole client process\n"
                "%-8s %10s %8s %8s %8s   %s\n",
                count, server.mean_bytes, rounds, "client", "ns/message", "min", "max", "of UI",
                "plain / it: median, least, most");
    for (int way = 0; way < clients; ++way) {
        const auto range = std::minmax_element(ns[way].begin(), ns[way].end());
        std::printf("%-8s %10.0f %8.0f %8.0f %8.0f", ways[way], median(ns[way]), *range.first,
                    *range.second, median(ui[way]));
        const auto times = std::minmax_element(ratio[way].begin(), ratio[way].end());
        if (clients == Ways)
            std::printf("   %.2f, %.2f, %.2f%s", median(ratio[way]), *times.first, *times.second,
                        way == 0 ? "   P14: at least 5" : "");
        std::printf("\n");
    }
    if (clients < Ways)
        std::printf("plain: skipped, built without libqt5websockets5-dev\n");
    std::printf("{\"benchmark\":\"qt signals\",\"messages\":%zu,\"rounds\":%d,\"clients\":[", count,
                rounds);
    for (int way = 0; way < clients; ++way) {
        const auto range = std::minmax_element(ns[way].begin(), ns[way].end());
        std::printf("%s{\"client\":\"%s\",\"ns\":%.0f,\"min\":%.0f,\"max\":%.0f,\"ui_ns\":%.0f",
                    way > 0 ? "," : "", ways[way], median(ns[way]), *range.first, *range.second,
                    median(ui[way]));
        if (clients == Ways)
            std::printf(",\"plain_of_it\":%.3f", median(ratio[way]));
        std::printf("}");
    }
    std::printf("]}\n");
    return 0;
}
} // namespace

int main(int argc, char **argv)
{
    if (argc > 1 && std::strcmp(argv[1], "--client") == 0)
        return client(argc, argv);
    if (argc > 1 && std::strcmp(argv[1], "--check") == 0) // that it works, in the tests
        return compare(1, 4000);
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
    if (rounds < 1)
        giveUp("usage: qt_signals_bench [--check | ROUNDS]");
    return compare(rounds, 200000);
}
