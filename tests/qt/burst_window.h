// What a trading window shows, in real models and widgets: every KRW ticker, one market's book,
// trades and candles, and on top the books of all markets, kept but not painted.
#ifndef TESTS_QT_BURST_WINDOW_H
#define TESTS_QT_BURST_WINDOW_H

#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/widgets/candlechart.h>
#include <UpbitLive/widgets/candlefeed.h>
#include <UpbitLive/widgets/orderbookview.h>
#include <UpbitLive/widgets/tickermodel.h>
#include <UpbitLive/widgets/trademodel.h>

#include <QtCore/QHash>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QSortFilterProxyModel>
#include <QtWidgets/QGridLayout>
#include <QtWidgets/QTableView>

class BurstWindow : public QWidget
{
  public:
    static constexpr const char *code = "KRW-BTC";

    // `markets`: the answer of /v1/market/all. fps 0: as they come.
    BurstWindow(UpbitLive::Manager *manager, const QByteArray &markets, int fps)
        : tickers(manager, "tickers"), book(manager, "book"), trades(manager, "trades"),
          books(manager, "books"), bookModel(15), tradeModel(200), candleModel(500),
          feed(manager, "candles", &candleModel)
    {
        using namespace UpbitLive;
        QVector<Market> rows;
        for (const QJsonValue &value : QJsonDocument::fromJson(markets).array()) {
            const QString name = value.toObject().value("market").toString();
            all.append(name);
            if (name.startsWith("KRW-"))
                rows.append({name, value.toObject().value("korean_name").toString(), name});
        }
        tickerModel.setMarkets(rows);
        sorted.setSourceModel(&tickerModel);
        sorted.setSortRole(TickerModel::CodeRole);
        sorted.setDynamicSortFilter(false);
        auto *grid = new QGridLayout(this);
        auto *list = new QTableView, *tape = new QTableView;
        list->setModel(&sorted);
        tape->setModel(&tradeModel);
        auto *chart = new CandleChart;
        chart->setModel(&candleModel);
        auto *view = new OrderbookView;
        view->setModel(&bookModel);
        grid->addWidget(list, 0, 0, 2, 1);
        grid->addWidget(chart, 0, 1, 1, 2);
        grid->addWidget(view, 1, 1);
        grid->addWidget(tape, 1, 2);
        resize(1440, 880);

        for (Proxy *proxy : {&tickers, &book, &trades, &books, feed.proxy()})
            proxy->setMaxFps(fps);
        connect(&tickers, &Proxy::tickersReceived, &tickerModel, &TickerModel::update);
        connect(&book, &Proxy::orderbookReceived, &bookModel, &OrderbookModel::update);
        connect(&trades, &Proxy::tradesReceived, &tradeModel, &TradeModel::add);
        connect(&books, &Proxy::orderbooksReceived, this, [this](const QVector<Orderbook> &some) {
            for (const Orderbook &one : some)
                lastBooks.insert(one.code(), one);
        });
        tickers.subscribeTicker({"KRW-*"});
        book.subscribeOrderbook({code}, 15);
        trades.subscribeTrade({code});
        books.subscribeOrderbook(all);
        feed.show(code, CandleUnit::Minute1);
    }

    UpbitLive::Proxy tickers, book, trades, books;
    UpbitLive::TickerModel tickerModel;
    UpbitLive::OrderbookModel bookModel;
    UpbitLive::TradeModel tradeModel;
    UpbitLive::CandleModel candleModel;
    UpbitLive::CandleFeed feed;
    QSortFilterProxyModel sorted;
    QStringList all;
    QHash<QString, UpbitLive::Orderbook> lastBooks;
};

#endif
