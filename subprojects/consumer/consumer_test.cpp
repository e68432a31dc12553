// A user's test of what it makes of prices: given messages come out of the signals, over a loopback
// socket to the installed upbit-mock.
#include <QCoreApplication>
#include <QTextStream>
#include <QTimer>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/testing/mockexchange.h>

static QByteArray trade(const QByteArray &price, const QByteArray &n)
{
    return R"({"type":"trade","code":"KRW-BTC","trade_volume":0.5,"ask_bid":"BID",)"
           R"("stream_type":"REALTIME","trade_price":)" +
           price + ",\"trade_timestamp\":179000000000" + n + ",\"sequential_id\":1790000000000000" +
           n + '}';
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    UpbitLive::MockExchange exchange(UpbitLive::MockExchange::Play, {trade("77210000", "1")});
    UpbitLive::Manager manager(exchange.options());
    UpbitLive::Proxy proxy(&manager, QStringLiteral("consumer_test"));
    QStringList prices;
    QObject::connect(&proxy, &UpbitLive::Proxy::tradeReceived, &proxy,
                     [&](const UpbitLive::Trade &value) {
                         prices << value.tradePrice().toString();
                         if (prices.size() == 1)
                             exchange.feed({trade("77211000", "2")});
                         else
                             QCoreApplication::quit();
                     });
    proxy.subscribeTrade({QStringLiteral("KRW-BTC")});
    QTimer::singleShot(10000, &application, [] { QCoreApplication::exit(1); });
    const int status = QCoreApplication::exec();
    QTextStream(stdout) << prices.join(QLatin1Char(' ')) << '\n';
    return status;
}
