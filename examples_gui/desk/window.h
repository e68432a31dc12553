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

    bool fill() override;
    bool reveal() override;

  protected:
    void attach(UpbitLive::Manager *manager) override;
    void showSimulated(bool simulated) override;
    void showMarkets() override;

  private:
    bool add(Pane *pane); // true
    void arrange();
    void connectPanes();
    void choose(const QString &code);
    void nameMarket();
    QVector<UpbitLive::Proxy *> proxies() const;

    QVector<Pane *> m_panes; // as they are made
    CoinPane *m_coins = nullptr;
    SummaryPane *m_summary = nullptr;
    ChartPane *m_chart = nullptr;
    BookPane *m_book = nullptr;
    TradePane *m_trades = nullptr;
    OrdersPane *m_orders = nullptr;
    AssetsPane *m_assets = nullptr;
    HealthPane *m_health = nullptr;
};

#endif
