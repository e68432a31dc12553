// The desk: panes around one symbol, and the choice between the live and the simulated exchange.
#ifndef DESK_WINDOW_H
#define DESK_WINDOW_H

#include <QElapsedTimer>
#include <QMainWindow>
#include <QPushButton>
#include <memory>

#include "coinpane.h"
#include "light.h"
#include "marketlist.h"
#include "marketpanes.h"
#include "mockprocess.h"

struct DeskOptions {
    QString url, restUrl, privateUrl, caFile;
    bool simulated = false;
};

class Window : public QMainWindow
{
    Q_OBJECT

public:
    explicit Window(const DeskOptions &options);
    ~Window() override;

    bool isSimulated() const
    {
        return m_simulated;
    }

private:
    QVector<Pane *> allPanes() const;
    void build();
    void startLive();
    void startSimulated(const QString &why);
    void connectTo(const UpbitLive::ManagerOptions &options, const QString &restUrl);
    void disconnectAll();
    void setSimulated(bool simulated);
    void choose(const QString &code);
    void dataShown();
    void tick();
    void say(const QString &text, const QString &action, void (Window::*slot)());
    void offer();
    void wait();
    void simulateNow();

    const DeskOptions m_options;
    // The order of destruction: panes with their proxies go with the base class, after these; any
    // order is safe.
    std::unique_ptr<UpbitLive::Manager> m_manager;
    std::unique_ptr<MockProcess> m_mock;
    MarketList m_list;
    QTimer m_offer, m_fallback, m_tick;
    QElapsedTimer m_sinceTick;
    quint64 m_eventsBefore = 0;
    QString m_code = "KRW-BTC", m_url, m_why;
    bool m_simulated = false, m_liveShown = false;

    CoinPane *m_coins;
    SummaryPane *m_summary;
    BookPane *m_book;
    TradePane *m_trades;
    Light *m_light;
    QLabel *m_mark, *m_rate, *m_bannerText;
    QWidget *m_banner;
    QPushButton *m_bannerButton, *m_bannerClose;
    void (Window::*m_bannerSlot)() = nullptr;
};

#endif
