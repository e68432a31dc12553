// A user's window: an order book from the widgets library, painted, and one row of its model.
// Speaks to nobody: the manager's address is the discard port.
#include <QApplication>
#include <QTextStream>
#include <UpbitLive/Manager>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>
#include <UpbitLive/widgets/connectionlight.h>
#include <UpbitLive/widgets/format.h>
#include <UpbitLive/widgets/orderbookview.h>

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    UpbitLive::ManagerOptions options;
    options.url = QStringLiteral("ws://127.0.0.1:9/websocket/v1");
    UpbitLive::Manager manager(options);
    UpbitLive::CandleModel candles;
    UpbitLive::CandleFeed feed(&manager, QStringLiteral("consumer_chart"), &candles);
    UpbitLive::CandleChart chart;
    chart.setModel(&candles);
    UpbitLive::OrderbookModel book(15);
    UpbitLive::OrderbookView view;
    view.setModel(&book);
    view.resize(300, 400);
    UpbitLive::ConnectionLight light;
    light.setManager(&manager);
    const bool painted = !view.grab().isNull() && !chart.grab().isNull() && !light.grab().isNull();
    QTextStream(stdout) << book.rowCount() << ' '
                        << UpbitLive::priceText(QStringLiteral("KRW-BTC"),
                                                UpbitLive::Decimal::fromInt(1234567))
                        << '\n';
    return painted ? 0 : 1;
}
