// The panes of the chosen symbol: summary, chart, order book, recent trades.
#ifndef DESK_MARKETPANES_H
#define DESK_MARKETPANES_H

#include <QTableView>
#include <UpbitLive/widgets/trademodel.h>
#include <memory>

#include "common/bookview.h"
#include "common/chartview.h"
#include "common/valuelabel.h"
#include "pane.h"

// The chosen coin's day in one line.
class SummaryPane : public Pane
{
    Q_OBJECT

  public:
    explicit SummaryPane(QWidget *parent = nullptr);
    void setMarket(const QString &code, const QString &name, const QString &other);
    void showTicker(const UpbitLive::Ticker &ticker);

  private:
    QLabel *m_name, *m_code;
    ValueLabel *m_price, *m_change;
    ValueLabel *m_facts[6];
};

class ChartPane : public Pane
{
    Q_OBJECT

  public:
    explicit ChartPane(int candleUnit, QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager) override;
    void choose(const QString &code) override;
    UpbitLive::Proxy *proxy() const override
    {
        return m_view->proxy();
    }
    ChartView *view()
    {
        return m_view;
    }

  private:
    ChartView *m_view;
};

class BookPane : public Pane
{
    Q_OBJECT

  public:
    explicit BookPane(Exchange &exchange, QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager) override;
    void choose(const QString &code) override;
    UpbitLive::Proxy *proxy() const override
    {
        return m_view->proxy();
    }
    UpbitLive::OrderbookView *view()
    {
        return m_view->view();
    }

  private:
    BookView *m_view;
};

class TradePane : public Pane
{
    Q_OBJECT

  public:
    explicit TradePane(QWidget *parent = nullptr);
    void attach(UpbitLive::Manager *manager) override;
    void choose(const QString &code) override;
    UpbitLive::Proxy *proxy() const override
    {
        return m_proxy.get();
    }

  signals:
    void lastPrice(const UpbitLive::Decimal &price);

  private:
    void showTrades(const QVector<UpbitLive::Trade> &trades);

    std::unique_ptr<UpbitLive::Proxy> m_proxy;
    UpbitLive::TradeModel m_model;
    QTableView *m_view;
    QString m_code;
};

#endif
