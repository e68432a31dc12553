// upbit-qt-sink: consumes the stream through Qt signals, with no window, and counts.
//
// It measures and proves the bridge: every event that upbit-tail would print arrives here as a
// signal.
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <upbit-live/control.h>
#include <upbit-live/error.h>
#include <upbit-live/market.h>

namespace
{
enum Status { Ok = 0, Usage = 2, CannotConnect = 3, Refused = 4, Authentication = 5 };

int interruptPipe[2] = {-1, -1};

extern "C" void onInterrupt(int)
{
    const ssize_t written = write(interruptPipe[1], "", 1);
    (void)written; // full only when it is readable already
}

void say(const QString &line)
{
    std::fprintf(stderr, "upbit-qt-sink: %s\n", line.toUtf8().constData());
}

struct Want {
    QString type;
    UpbitLive::CandleUnit unit = UpbitLive::CandleUnit::None;
    QStringList codes;
    int depth = 0;
};

template <class Value>
bool choose(const QString &text, std::initializer_list<std::pair<const char *, Value>> values,
            Value *out)
{
    for (const auto &value : values) {
        if (text == QLatin1String(value.first)) {
            *out = value.second;
            return true;
        }
    }
    return false;
}

// "KRW-BTC.5" asks for five rows a side; the library has one depth per want.
bool parseWant(const QString &type, const QString &codes, QVector<Want> *wants)
{
    Want want;
    want.type = type;
    if (type.startsWith(QLatin1String("candle."))) {
        want.type = QStringLiteral("candle");
        want.unit = static_cast<UpbitLive::CandleUnit>(
            upbit_candle_unit_from_name(type.mid(7).toLatin1().constData()));
        if (want.unit == UpbitLive::CandleUnit::None) {
            say(QStringLiteral("no such candle unit: %1").arg(type));
            return false;
        }
    } else if (!QStringList({QStringLiteral("ticker"), QStringLiteral("trade"),
                             QStringLiteral("orderbook"), QStringLiteral("myOrder"),
                             QStringLiteral("myAsset")})
                    .contains(type)) {
        say(QStringLiteral("no such type: %1 (ticker, trade, orderbook, candle.UNIT, myOrder, "
                           "myAsset)")
                .arg(type));
        return false;
    }
    if (codes == QLatin1String("-")) {
        wants->append(want);
        return true;
    }
    QMap<int, QStringList> byDepth;
    for (const QString &code : codes.split(QLatin1Char(','))) {
        const int dot = code.indexOf(QLatin1Char('.'));
        bool ok = true;
        const int depth = dot < 0 ? 0 : code.mid(dot + 1).toInt(&ok);
        if (!ok || (dot >= 0 && (depth < 1 || want.type != QLatin1String("orderbook")))) {
            say(QStringLiteral("no such depth: %1").arg(code));
            return false;
        }
        byDepth[depth].append(dot < 0 ? code : code.left(dot));
    }
    for (auto it = byDepth.cbegin(); it != byDepth.cend(); ++it) {
        want.depth = it.key();
        want.codes = it.value();
        wants->append(want);
    }
    return true;
}

class Sink : public QObject
{
  public:
    Sink(UpbitLive::Manager *manager, const UpbitLive::ProxyOptions &options, bool batches,
         qint64 count)
        : m_manager(manager), m_proxy(manager, QStringLiteral("qt-sink"), options), m_limit(count)
    {
        using UpbitLive::Proxy;
        if (batches) {
            connect(&m_proxy, &Proxy::tickersReceived, this,
                    [this](const auto &v) { got(0, v.size()); });
            connect(&m_proxy, &Proxy::tradesReceived, this,
                    [this](const auto &v) { got(1, v.size()); });
            connect(&m_proxy, &Proxy::orderbooksReceived, this,
                    [this](const auto &v) { got(2, v.size()); });
            connect(&m_proxy, &Proxy::candlesReceived, this,
                    [this](const auto &v) { got(3, v.size()); });
            connect(&m_proxy, &Proxy::ordersReceived, this,
                    [this](const auto &v) { got(4, v.size()); });
            connect(&m_proxy, &Proxy::assetsReceived, this,
                    [this](const auto &v) { got(5, v.size()); });
        } else {
            connect(&m_proxy, &Proxy::tickerReceived, this, [this] { got(0, 1); });
            connect(&m_proxy, &Proxy::tradeReceived, this, [this] { got(1, 1); });
            connect(&m_proxy, &Proxy::orderbookReceived, this, [this] { got(2, 1); });
            connect(&m_proxy, &Proxy::candleReceived, this, [this] { got(3, 1); });
            connect(&m_proxy, &Proxy::orderReceived, this, [this] { got(4, 1); });
            connect(&m_proxy, &Proxy::assetReceived, this, [this] { got(5, 1); });
        }
        connect(&m_proxy, &Proxy::gapDetected, this, [this](const UpbitLive::Gap &gap) {
            ++m_gaps;
            m_missing += gap.count;
        });
        connect(&m_proxy, &Proxy::stateChanged, this, [this](const UpbitLive::StateInfo &info) {
            m_live = m_live || info.state == UpbitLive::State::Live;
            if (info.session == UpbitLive::Session::Public &&
                info.state == UpbitLive::State::Closed)
                finishWhenQuiet(info.error != 0 ? CannotConnect : Ok, -1);
        });
        connect(&m_proxy, &Proxy::epochChanged, this, [this] { ++m_epochs; });
        connect(&m_proxy, &Proxy::errorOccurred, this,
                [this](const UpbitLive::Error &e) { failed(e); });
        connect(&m_proxy, &Proxy::closed, this, [this] { finish(m_live ? Ok : CannotConnect); });
        m_clock.start();
    }

    // False: refused, and said why.
    bool subscribe(const Want &want)
    {
        if (want.type == QLatin1String("ticker"))
            return m_proxy.subscribeTicker(want.codes) != 0;
        if (want.type == QLatin1String("trade"))
            return m_proxy.subscribeTrade(want.codes) != 0;
        if (want.type == QLatin1String("orderbook"))
            return m_proxy.subscribeOrderbook(want.codes, want.depth) != 0;
        if (want.type == QLatin1String("candle"))
            return m_proxy.subscribeCandle(want.codes, want.unit) != 0;
        if (want.type == QLatin1String("myOrder"))
            return m_proxy.subscribeMyOrder(want.codes) != 0;
        return m_proxy.subscribeMyAsset() != 0;
    }

    bool isOpen() const
    {
        return m_proxy.isOpen();
    }

    UpbitLive::Error lastError() const
    {
        return m_proxy.lastError();
    }

    void checkLive()
    {
        if (m_live || m_done)
            return;
        say(QStringLiteral("not live within 10 s: %1").arg(m_manager->healthReason()));
        finish(CannotConnect);
    }

    void finish(int status)
    {
        if (m_done)
            return;
        m_done = true;
        m_elapsedMs = m_clock.elapsed();
        QCoreApplication::exit(status);
    }

    // A recording is over; what it brought still waits behind that news, a turn of the loop a
    // portion.
    void finishWhenQuiet(int status, qint64 taken)
    {
        if (taken == m_taken && m_proxy.stats().queued == 0) {
            finish(status);
            return;
        }
        QTimer::singleShot(50, this,
                           [this, status, before = m_taken] { finishWhenQuiet(status, before); });
    }

    bool isLive() const
    {
        return m_live;
    }

    void printStats() const
    {
        static const char *const names[] = {"ticker", "trade",   "orderbook",
                                            "candle", "myOrder", "myAsset"};
        // JSON numbers are doubles here; the counters of a run stay far below 2^53.
        const auto number = [](quint64 value) { return QJsonValue(static_cast<qint64>(value)); };
        const auto key = [](const char *name) { return QString::fromLatin1(name); };
        const upbit_proxy_stats proxy = m_proxy.stats();
        const upbit_stats stats = m_manager->stats();
        QJsonObject o;
        quint64 events = 0;
        for (int i = 0; i < 6; ++i) {
            events += m_counts[i];
            o.insert(key(names[i]), number(m_counts[i]));
        }
        o.insert(key("events"), number(events));
        o.insert(key("signals"), number(m_signals));
        o.insert(key("gaps"), number(m_gaps));
        o.insert(key("missing"), number(m_missing));
        o.insert(key("epochs"), number(m_epochs));
        o.insert(key("slot_exceptions"), number(m_proxy.slotExceptions()));
        o.insert(key("elapsed_ms"), m_done ? m_elapsedMs : m_clock.elapsed());
        rusage usage = {};
        getrusage(RUSAGE_SELF, &usage);
        const auto ns = [](const timeval &t) {
            return static_cast<quint64>(t.tv_sec) * 1000000000U +
                   static_cast<quint64>(t.tv_usec) * 1000U;
        };
        o.insert(key("process_cpu_ns"), number(ns(usage.ru_utime) + ns(usage.ru_stime)));
        o.insert(key("delivered"), number(proxy.delivered));
        o.insert(key("dropped"), number(proxy.dropped));
        o.insert(key("coalesced"), number(proxy.coalesced));
        o.insert(key("queued_peak"), number(proxy.queued_peak));
        o.insert(key("messages_received"), number(stats.messages_received));
        o.insert(key("bytes_received"), number(stats.bytes_received));
        o.insert(key("events_decoded"), number(stats.events_decoded));
        o.insert(key("decode_errors"), number(stats.decode_errors));
        o.insert(key("events_unwanted"), number(stats.events_unwanted));
        o.insert(key("events_repeated"), number(stats.events_repeated));
        o.insert(key("events_refused"), number(stats.events_refused));
        o.insert(key("messages_ignored"), number(stats.messages_ignored));
        o.insert(key("connects"), number(stats.connects));
        o.insert(key("reconnects"), number(stats.reconnects));
        o.insert(key("connect_failures"), number(stats.connect_failures));
        o.insert(key("notifications"), number(stats.notifications));
        o.insert(key("memory_peak_bytes"), number(stats.memory_peak_bytes));
        o.insert(key("io_cpu_ns"), number(stats.io_cpu_ns));
        o.insert(key("lag_ms"), QJsonValue(static_cast<qint64>(stats.lag_ms)));
        std::fprintf(stderr, "%s\n", QJsonDocument(o).toJson(QJsonDocument::Compact).constData());
    }

  private:
    void got(int type, int events)
    {
        if (m_done)
            return;
        m_live = true;
        ++m_signals;
        m_counts[type] += static_cast<quint64>(events);
        m_taken += events;
        if (m_limit > 0 && m_taken >= m_limit)
            finish(Ok);
    }

    void failed(const UpbitLive::Error &error)
    {
        say(QStringLiteral("%1: %2%3%4")
                .arg(error.name(), error.exchangeName,
                     error.exchangeName.isEmpty() ? QString() : QStringLiteral(": "),
                     error.message));
        if (error.code == UPBIT_ERROR_AUTH)
            finish(Authentication);
        else if (error.code == UPBIT_ERROR_EXCHANGE || error.requestId != 0)
            finish(Refused);
        // Everything else: the library keeps trying.
    }

    UpbitLive::Manager *const m_manager;
    UpbitLive::Proxy m_proxy;
    QElapsedTimer m_clock;
    const qint64 m_limit;
    qint64 m_taken = 0, m_elapsedMs = 0;
    quint64 m_counts[6] = {};
    quint64 m_signals = 0, m_gaps = 0, m_missing = 0, m_epochs = 0;
    bool m_live = false, m_done = false;
};

struct Arguments {
    UpbitLive::ManagerOptions manager;
    UpbitLive::ProxyOptions proxy;
    QVector<Want> wants;
    qint64 count = 0;
    double seconds = 0;
    bool stats = false, batches = false;
};

// -1: go on; otherwise the program's exit status.
int parse(const QStringList &arguments, Arguments *out)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Consumes live Upbit data through Qt signals and counts it.\n"
                       "TYPE: ticker, trade, orderbook, candle.UNIT (1s, 1m .. 240m), myOrder, "
                       "myAsset\nCODES: KRW-BTC,KRW-ETH; KRW-BTC.5 for a depth; - for none or all\n"
                       "Exit status: 0 ok, 2 usage, 3 not live within 10 s, 4 refused by the "
                       "exchange, 5 authentication"));
    const auto option = [&](const char *name, const char *value, const char *text) {
        QCommandLineOption o(QString::fromLatin1(name), QString::fromLatin1(text));
        if (value != nullptr)
            o.setValueName(QString::fromLatin1(value));
        parser.addOption(o);
    };
    option("url", "URL", "public stream (default: Upbit Korea)");
    option("rest-url", "URL", "REST address (default: host and port of --url)");
    option("ca-file", "FILE", "PEM file with the trusted authorities");
    option("format", "FORMAT", "default, simple, json_list or simple_list");
    option("compression", "SWITCH", "on or off");
    option("transport", "KIND", "raw, websocket-api or replay");
    option("replay", "FILE", "play a recording in place of the exchange, then end");
    option("speed", "N",
           "with --replay: N times as fast as recorded, 0: without waiting (default: 1)");
    option("policy", "POLICY", "drop_oldest, coalesce or lossless (default: by type)");
    option("count", "N", "end after N events");
    option("seconds", "S", "end after S seconds");
    option("stats", nullptr, "print one JSON object of counters on stderr at the end");
    option("batch", nullptr, "use the batch signals");
    parser.addPositionalArgument(QStringLiteral("TYPE CODES"), QString(),
                                 QStringLiteral("TYPE CODES..."));
    const QCommandLineOption help = parser.addHelpOption();
    if (!parser.parse(arguments)) {
        say(parser.errorText());
        return Usage;
    }
    if (parser.isSet(help)) {
        std::printf("%s", parser.helpText().toUtf8().constData());
        return Ok;
    }
    const auto text = [&](const char *name) { return parser.value(QString::fromLatin1(name)); };
    const auto isSet = [&](const char *name) { return parser.isSet(QString::fromLatin1(name)); };
    const auto bad = [&](const char *name) {
        say(QStringLiteral("--%1: no such value: %2").arg(QString::fromLatin1(name), text(name)));
        return Usage;
    };
    out->manager.url = text("url");
    out->manager.restUrl = text("rest-url");
    out->manager.caFile = text("ca-file");
    using namespace UpbitLive;
    if (isSet("format") && !choose<Format>(text("format"),
                                           {{"default", Format::Default},
                                            {"simple", Format::Simple},
                                            {"json_list", Format::JsonList},
                                            {"simple_list", Format::SimpleList}},
                                           &out->manager.format))
        return bad("format");
    if (isSet("compression") &&
        !choose<Switch>(text("compression"), {{"on", Switch::On}, {"off", Switch::Off}},
                        &out->manager.compression))
        return bad("compression");
    if (isSet("transport") && !choose<Transport>(text("transport"),
                                                 {{"raw", Transport::Raw},
                                                  {"websocket-api", Transport::WebsocketApi},
                                                  {"replay", Transport::Replay}},
                                                 &out->manager.transport))
        return bad("transport");
    if (isSet("policy") && !choose<Policy>(text("policy"),
                                           {{"drop_oldest", Policy::DropOldest},
                                            {"coalesce", Policy::Coalesce},
                                            {"lossless", Policy::Lossless}},
                                           &out->proxy.policy))
        return bad("policy");
    bool ok = true;
    out->manager.replayFile = text("replay");
    if (isSet("speed")) {
        out->manager.replaySpeed = text("speed").toDouble(&ok);
        if (!ok || !(out->manager.replaySpeed >= 0 && out->manager.replaySpeed <= 1e6) ||
            !isSet("replay"))
            return bad("speed");
        if (out->manager.replaySpeed == 0)
            out->manager.replaySpeed = -1; // without waiting
    }
    if (isSet("count")) {
        out->count = text("count").toLongLong(&ok);
        if (!ok || out->count < 1)
            return bad("count");
    }
    if (isSet("seconds")) {
        out->seconds = text("seconds").toDouble(&ok);
        if (!ok || !(out->seconds > 0 && out->seconds < 1e6))
            return bad("seconds");
    }
    out->stats = isSet("stats");
    out->batches = isSet("batch");
    const QStringList rest = parser.positionalArguments();
    if (rest.isEmpty() || rest.size() % 2 != 0) {
        say(QStringLiteral("TYPE CODES wanted, e.g. ticker KRW-BTC; see --help"));
        return Usage;
    }
    for (int i = 0; i < rest.size(); i += 2) {
        if (!parseWant(rest[i], rest[i + 1], &out->wants))
            return Usage;
    }
    return -1;
}

// As upbit-tail: what cannot be right is a mistake in the arguments, the rest is bad luck.
int statusOf(const UpbitLive::Error &error)
{
    return error.code == UPBIT_ERROR_INVALID_ARGUMENT || error.code == UPBIT_ERROR_UNAVAILABLE
               ? Usage
               : CannotConnect;
}
} // namespace

int main(int argc, char **argv)
{
    // Before there is a thread, and before a child could inherit them.
    if (UpbitLive::Manager::takeEnvironmentKeys() < 0) {
        say(QString::fromUtf8(upbit_error_detail()));
        return Usage;
    }
    QCoreApplication app(argc, argv);
    Arguments arguments;
    const int early = parse(QCoreApplication::arguments(), &arguments);
    if (early >= 0)
        return early;

    if (pipe2(interruptPipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        say(QStringLiteral("no pipe could be made"));
        return CannotConnect;
    }
    struct sigaction action = {};
    action.sa_handler = onInterrupt;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);

    arguments.manager.environmentKeys = UpbitLive::Switch::On;
    UpbitLive::Manager manager(arguments.manager);
    if (!manager.isValid()) {
        say(manager.lastError().message);
        return statusOf(manager.lastError());
    }
    UpbitLive::Manager::dropEnvironmentKeys();
    int status = 0;
    {
        Sink sink(&manager, arguments.proxy, arguments.batches, arguments.count);
        if (!sink.isOpen()) {
            say(sink.lastError().message);
            return statusOf(sink.lastError());
        }
        for (const Want &want : qAsConst(arguments.wants)) {
            if (!sink.subscribe(want)) // its errorOccurred has said why
                return Usage;
        }
        QSocketNotifier interrupt(interruptPipe[0], QSocketNotifier::Read);
        QObject::connect(&interrupt, &QSocketNotifier::activated, &sink,
                         [&sink] { sink.finish(Ok); });
        QTimer::singleShot(10000, &sink, [&sink] { sink.checkLive(); });
        if (arguments.seconds > 0)
            QTimer::singleShot(static_cast<int>(arguments.seconds * 1000), &sink,
                               [&sink] { sink.finish(sink.isLive() ? Ok : CannotConnect); });
        status = QCoreApplication::exec();
        if (arguments.stats)
            sink.printStats();
    }
    manager.shutdown(1000);
    return status;
}
