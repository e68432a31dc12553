#include "flood_server.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

#include <arpa/inet.h>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <time.h>
#include <unistd.h>

namespace
{
const qint64 firstStamp = 1000000000000, firstId = 10000000000000000; // 13 and 17 digits

QByteArray book(const QString &code, int n)
{
    QString units;
    for (int i = 0; i < 15; ++i)
        units += QString(R"(%1{"ask_price":%2,"bid_price":%3,"ask_size":%4,"bid_size":%5})")
                     .arg(i > 0 ? "," : "")
                     .arg(100000 + n + i)
                     .arg(99999 + n - i)
                     .arg(0.125 * (i + 1))
                     .arg(0.25 * (i + 1));
    return QString(
               R"({"type":"orderbook","code":"%1","timestamp":%2,"total_ask_size":15.0,)"
               R"("total_bid_size":30.0,"orderbook_units":[%3],"stream_type":"REALTIME","level":0})")
        .arg(code)
        .arg(firstStamp)
        .arg(units)
        .toUtf8();
}

QByteArray ticker(const QString &code, int n)
{
    return QString(R"({"type":"ticker","code":"%1","opening_price":100000,"high_price":110000,)"
                   R"("low_price":90000,"trade_price":%2,"prev_closing_price":100000,)"
                   R"("acc_trade_price":12345678901.25,"change":"RISE","change_price":1000,)"
                   R"("signed_change_price":1000,"change_rate":0.0100,"signed_change_rate":0.0100,)"
                   R"("ask_bid":"BID","trade_volume":0.5,"acc_trade_volume":100.25,)"
                   R"("trade_date":"20260101","trade_time":"000000","trade_timestamp":%3,)"
                   R"("acc_ask_volume":50.5,"acc_bid_volume":49.75,"highest_52_week_price":200000,)"
                   R"("highest_52_week_date":"2025-06-01","lowest_52_week_price":50000,)"
                   R"("lowest_52_week_date":"2025-01-01","market_state":"ACTIVE",)"
                   R"("is_trading_suspended":false,"delisting_date":null,"market_warning":"NONE",)"
                   R"("timestamp":%3,"acc_trade_price_24h":98765432109.5,)"
                   R"("acc_trade_volume_24h":321.125,"stream_type":"REALTIME"})")
        .arg(code)
        .arg(101000 + n)
        .arg(firstStamp)
        .toUtf8();
}

QByteArray trade(const QString &code, int n)
{
    return QString(R"({"type":"trade","code":"%1","timestamp":%2,"trade_date":"2026-01-01",)"
                   R"("trade_time":"00:00:00","trade_timestamp":%2,"trade_price":%3,)"
                   R"("trade_volume":0.25,"ask_bid":"%4","prev_closing_price":100000,)"
                   R"("change":"RISE","change_price":1000,"sequential_id":%5,)"
                   R"("stream_type":"REALTIME"})")
        .arg(code)
        .arg(firstStamp)
        .arg(101000 + n)
        .arg(n % 2 == 0 ? "ASK" : "BID")
        .arg(firstId)
        .toUtf8();
}

qint64 nowMs()
{
    timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<qint64>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

void putNumber(char *at, qint64 number, int digits)
{
    for (int i = digits - 1; i >= 0; --i, number /= 10)
        at[i] = static_cast<char>('0' + number % 10);
}

bool sendAll(int fd, const char *bytes, int size)
{
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= static_cast<int>(sent);
    }
    return true;
}

// A binary message, as the exchange sends them.
void putFrame(QByteArray *out, const FloodFrame &frame, qint64 stamp, qint64 id)
{
    const int size = frame.text.size();
    out->append('\x82');
    if (size < 126) {
        out->append(static_cast<char>(size));
    } else {
        out->append(static_cast<char>(126));
        out->append(static_cast<char>(size >> 8));
        out->append(static_cast<char>(size & 0xff));
    }
    const int at = out->size();
    out->append(frame.text);
    putNumber(out->data() + at + frame.stamp, stamp, 13);
    if (frame.id > 0)
        putNumber(out->data() + at + frame.id, id, 17);
}

struct Market {
    QByteArray list;
    QVector<FloodFrame> frames;
    int rate;
    qint64 count;
    QString lastFile;
};

void flood(const Market &market, int fd)
{
    QVector<qint64> last(market.frames.size());
    QElapsedTimer clock;
    clock.start();
    QByteArray out;
    for (qint64 sent = 0; sent < market.count;) {
        const qint64 due = qMin(market.count, clock.nsecsElapsed() * market.rate / 1000000000);
        const qint64 stamp = nowMs();
        out.resize(0);
        // Not more at once than a turn of a bad network would bring.
        for (const qint64 until = qMin(due, sent + 1000); sent < until; ++sent) {
            const int which = static_cast<int>(sent % market.frames.size());
            last[which] = stamp;
            putFrame(&out, market.frames.at(which), stamp, firstId + sent);
        }
        if (!out.isEmpty() && !sendAll(fd, out.constData(), out.size()))
            return;
        if (sent == due)
            usleep(1000);
    }
    QFile file(market.lastFile);
    if (file.open(QIODevice::WriteOnly))
        file.write(reinterpret_cast<const char *>(last.constData()),
                   last.size() * static_cast<qint64>(sizeof(qint64)));
}

QByteArray acceptKey(const QByteArray &request)
{
    const int at = request.toLower().indexOf("sec-websocket-key:") + 18;
    const QByteArray key = request.mid(at, request.indexOf('\r', at) - at).trimmed();
    return QCryptographicHash::hash(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
                                    QCryptographicHash::Sha1)
        .toBase64();
}

void serve(const Market &market, int fd)
{
    QByteArray request;
    char some[8192];
    ssize_t got = 0;
    while (!request.contains("\r\n\r\n") && (got = recv(fd, some, sizeof some, 0)) > 0)
        request.append(some, static_cast<int>(got));
    if (request.toLower().contains("upgrade: websocket")) {
        const QByteArray answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
                                  acceptKey(request) + "\r\n\r\n";
        // The subscription begins it. Who subscribes has subscribed to everything.
        if (sendAll(fd, answer.constData(), answer.size()) && recv(fd, some, sizeof some, 0) > 0)
            flood(market, fd);
        while (recv(fd, some, sizeof some, 0) > 0)
            continue;
    } else {
        const bool list = request.startsWith("GET /v1/market/all");
        const QByteArray body = list ? market.list : QByteArray("[]");
        const QByteArray answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: "
            "close\r\nContent-Length: " +
            QByteArray::number(body.size()) + "\r\n\r\n" + body;
        sendAll(fd, answer.constData(), answer.size());
    }
    close(fd);
}
} // namespace

// Of ten messages six are books, three tickers, one a trade.
QVector<FloodFrame> floodFrames(const QStringList &markets)
{
    QVector<FloodFrame> frames;
    QStringList krw;
    for (const QString &code : markets)
        if (code.startsWith("KRW-"))
            krw.append(code);
    const auto add = [&frames](const QString &code, char kind, const QByteArray &text) {
        FloodFrame frame{text, code.toLatin1(), kind};
        frame.stamp = text.indexOf("\"timestamp\":") + 12;
        frame.id = kind == 'r' ? text.indexOf("\"sequential_id\":") + 16 : 0;
        frames.append(frame);
    };
    int tickers = 0;
    for (int i = 0; i < markets.size(); ++i) {
        add(markets.at(i), 'b', book(markets.at(i), i));
        if (i % 2 == 0) {
            const QString code = krw.at(tickers++ % krw.size());
            add(code, 't', ticker(code, tickers));
        }
        if (i % 6 == 0)
            add("KRW-BTC", 'r', trade("KRW-BTC", i));
    }
    return frames;
}

int runFlood(const QByteArray &marketList, int rate, qint64 count, const QString &lastFile)
{
    QStringList markets;
    for (const QJsonValue &row : QJsonDocument::fromJson(marketList).array())
        markets.append(row.toObject().value("market").toString());
    const Market market{marketList, floodFrames(markets), rate, count, lastFile};
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at = {};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (listener < 0 || bind(listener, reinterpret_cast<sockaddr *>(&at), sizeof at) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr *>(&at), &size) != 0)
        return 1;
    std::printf("listening ws://127.0.0.1:%d/websocket/v1\n", ntohs(at.sin_port));
    std::fflush(stdout);
    for (;;) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0)
            return 1;
        std::thread([&market, fd] { serve(market, fd); }).detach();
    }
}
