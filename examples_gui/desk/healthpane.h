// How things stand: the connection, its speed, the queues of this window's panes, what was lost.
#ifndef DESK_HEALTHPANE_H
#define DESK_HEALTHPANE_H

#include <QElapsedTimer>
#include <QPointer>
#include <QTableWidget>
#include <QTimer>
#include <functional>

#include "common/turnprobe.h"
#include "pane.h"

class HealthPane : public Pane
{
    Q_OBJECT

  public:
    // proxies: those whose queues are shown, asked for at each look.
    HealthPane(std::function<QVector<UpbitLive::Proxy *>()> proxies, QWidget *parent = nullptr);

    void attach(UpbitLive::Manager *manager) override;

  private:
    enum Light { Good, Warn, Bad, None };
    void look();
    void put(int row, Light light, const QString &name, const QString &value);
    void showManager();
    void showQueues();

    const std::function<QVector<UpbitLive::Proxy *>()> m_proxies;
    QPointer<UpbitLive::Manager> m_manager;
    QTableWidget *m_table;
    TurnProbe m_turns; // since the last look
    QTimer m_tick;
    QElapsedTimer m_since;
    upbit_stats m_before = {};
    quint64 m_lost = 0;
};

#endif
