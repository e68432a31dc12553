// The panes of the chosen symbol: summary, order book, recent trades.
#ifndef DESK_MARKETPANES_H
#define DESK_MARKETPANES_H

#include <QTableView>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>
#include <UpbitLive/widgets/orderbookview.h>
#include <UpbitLive/widgets/trademodel.h>
#include <memory>

#include "pane.h"

// The chosen coin's day in one line.
class SummaryPane : public Pane
{
    Q_OBJECT

public:
    explicit SummaryPane(QWidget *parent = nullptr);
    void setMarket(const QString &code, const QString &korean, const QString &english);
    void show(const UpbitLive::Ticker &ticker);

private:
    QLabel *m_name, *m_code, *m_price, *m_change;
    QLabel *m_facts[6];
};

class BookPane : public Pane
{
    Q_OBJECT

public:
    explicit BookPane(QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager);
    void choose(const QString &code);
    UpbitLive::OrderbookView *view()
    {
        return m_view;
    }

signals:
    void dataShown();

private:
    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    UpbitLive::OrderbookModel m_model;
    UpbitLive::OrderbookView *m_view;
    QString m_code;
};

class TradePane : public Pane
{
    Q_OBJECT

public:
    explicit TradePane(QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager);
    void choose(const QString &code);

signals:
    void dataShown();
    void lastPrice(const UpbitLive::Decimal &price);

private:
    void show(const QVector<UpbitLive::Trade> &trades);

    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    UpbitLive::TradeModel m_model;
    QTableView *m_view;
    QString m_code;
};

#endif
