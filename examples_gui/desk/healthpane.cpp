#include "healthpane.h"

#include <QHeaderView>

#include "common/look.h"

using UpbitLive::Health;
using UpbitLive::Proxy;

HealthPane::HealthPane(std::function<QVector<Proxy *>()> proxies, QWidget *parent)
    : Pane("health", tr("Health"), parent), m_proxies(std::move(proxies)), m_table(new QTableWidget)
{
    m_table->setColumnCount(3);
    m_table->horizontalHeader()->hide();
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(22);
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Fixed);
    m_table->horizontalHeader()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(2, QHeaderView::Stretch);
    m_table->setColumnWidth(0, 24);
    m_table->setShowGrid(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionMode(QAbstractItemView::NoSelection);
    m_table->setFocusPolicy(Qt::NoFocus);
    m_table->setMinimumWidth(220);
    setWidget(m_table);
    connect(&m_tick, &QTimer::timeout, this, &HealthPane::look);
    m_tick.start(1000);
    m_since.start();
}

void HealthPane::attach(UpbitLive::Manager *manager)
{
    m_manager = manager;
    m_before = {};
    m_lost = 0;
    look();
}

void HealthPane::put(int row, Light light, const QString &name, const QString &value)
{
    const QColor colors[] = {::look().good, ::look().warn, ::look().bad, ::look().line};
    if (row >= m_table->rowCount()) {
        m_table->setRowCount(row + 1);
        for (int column = 0; column < 3; ++column)
            m_table->setItem(row, column, new QTableWidgetItem);
        m_table->item(row, 0)->setTextAlignment(Qt::AlignCenter);
        m_table->item(row, 1)->setForeground(::look().dim);
    }
    m_table->item(row, 0)->setText("●");
    m_table->item(row, 0)->setForeground(colors[light]);
    m_table->item(row, 1)->setText(name);
    m_table->item(row, 2)->setText(value);
    m_table->item(row, 2)->setToolTip(value);
}

void HealthPane::look()
{
    if (m_manager == nullptr) {
        m_table->setRowCount(0);
        put(0, Bad, tr("Connection"), tr("none"));
        return;
    }
    showManager();
    showQueues();
    m_turns.reset();
}

void HealthPane::showManager()
{
    const upbit_stats now = m_manager->stats();
    const double seconds = qMax(0.001, static_cast<double>(m_since.restart()) / 1000.0);
    const auto rate = [seconds](quint64 after, quint64 before) {
        return after >= before ? static_cast<double>(after - before) / seconds : 0;
    };
    const Health health = m_manager->health();
    const QString reason = m_manager->healthReason();
    put(0,
        health == Health::Healthy    ? Good
        : health == Health::Degraded ? Warn
                                     : Bad,
        tr("Connection"), reason);
    put(1,
        now.lag_ms < 500    ? Good
        : now.lag_ms < 3000 ? Warn
                            : Bad,
        tr("Lag"), tr("%1 ms").arg(now.lag_ms));
    put(2, None, tr("Messages"),
        tr("%L1/s, %L2 kB/s")
            .arg(rate(now.messages_received, m_before.messages_received), 0, 'f', 0)
            .arg(rate(now.bytes_received, m_before.bytes_received) / 1000, 0, 'f', 0));
    const quint64 lost = now.events_dropped + now.events_refused;
    put(3,
        lost > m_lost ? Bad
        : lost > 0    ? Warn
                      : Good,
        tr("Dropped"), tr("%L1 (coalesced %L2)").arg(lost).arg(now.events_coalesced));
    m_lost = lost;
    put(4, now.reconnects > m_before.reconnects ? Warn : Good, tr("Epoch"),
        tr("%1 (reconnects %2, back-filled %L3)")
            .arg(now.epoch)
            .arg(now.reconnects)
            .arg(now.trades_backfilled));
    put(5, now.limit_waits > m_before.limit_waits ? Warn : Good, tr("Limits"),
        tr("requests %1, REST %2, waits %3")
            .arg(now.requests_sent)
            .arg(now.rest_requests)
            .arg(now.limit_waits));
    put(6, None, tr("Memory"),
        tr("%L1 kB, at most %L2 kB")
            .arg(now.memory_bytes / 1024)
            .arg(now.memory_peak_bytes / 1024));
    put(7,
        m_turns.longestMs() <= 16   ? Good
        : m_turns.longestMs() < 100 ? Warn
                                    : Bad,
        tr("Longest turn of this window"),
        tr("%1 ms (work %2 ms)")
            .arg(m_turns.longestMs(), 0, 'f', 1)
            .arg(m_turns.longestCpuMs(), 0, 'f', 1));
    m_before = now;
}

void HealthPane::showQueues()
{
    int row = 8;
    for (Proxy *proxy : m_proxies()) {
        if (proxy == nullptr)
            continue;
        const upbit_proxy_stats stats = proxy->stats();
        put(row++,
            stats.dropped > 0    ? Warn
            : stats.queued > 500 ? Warn
                                 : Good,
            proxy->clientId(),
            tr("queued %L1 (most %L2), dropped %L3")
                .arg(stats.queued)
                .arg(stats.queued_peak)
                .arg(stats.dropped));
    }
    m_table->setRowCount(row);
}
