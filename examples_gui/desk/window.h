// The desk: panes around one symbol.
#ifndef DESK_WINDOW_H
#define DESK_WINDOW_H

#include <QElapsedTimer>

#include "accountpanes.h"
#include "coinpane.h"
#include "common/frame.h"
#include "healthpane.h"
#include "marketpanes.h"

class Window : public Frame
{
    Q_OBJECT

  public:
    Window(Exchange &exchange, Settings &settings);

  protected:
    void attach(UpbitLive::Manager *manager) override;
    void showSimulated(bool simulated) override;
    void showMarkets() override;

  private:
    void build();
    void arrange();
    void choose(const QString &code);
    void nameMarket();
    QVector<UpbitLive::Proxy *> proxies() const;

    QVector<Pane *> m_panes;
    CoinPane *m_coins;
    SummaryPane *m_summary;
    ChartPane *m_chart;
    BookPane *m_book;
    TradePane *m_trades;
    OrdersPane *m_orders;
    AssetsPane *m_assets;
    HealthPane *m_health;
};

#endif
