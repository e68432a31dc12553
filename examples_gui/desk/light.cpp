#include "light.h"

#include <QPainter>
#include <QTime>

#include "theme.h"

Light::Light(QWidget *parent) : QWidget(parent), m_color(theme::warn), m_word("연결 중 · connecting")
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
}

void Light::setState(const UpbitLive::StateInfo &info)
{
    if (info.session == UpbitLive::Session::Public)
        m_state = info;
}

void Light::setError(const UpbitLive::Error &error)
{
    m_error = QTime::currentTime().toString("HH:mm:ss ") + error.message;
}

void Light::show(const UpbitLive::Manager *manager, const QString &url, bool simulated)
{
    if (manager == nullptr) {
        m_color = theme::rise;
        m_word = "연결 없음 · no connection";
        setToolTip(m_error);
        update();
        return;
    }
    const upbit_stats stats = manager->stats();
    const auto state = static_cast<UpbitLive::State>(stats.state);
    const bool live = state == UpbitLive::State::Live;
    UpbitLive::StateInfo shown;
    shown.state = state;
    const UpbitLive::Health health = manager->health();
    if (live) {
        m_color = health == UpbitLive::Health::Healthy ? theme::good : theme::warn;
        m_word = simulated ? "모의 · simulated" : "실시간 · live";
    } else if (state == UpbitLive::State::Reconnecting || state == UpbitLive::State::Closed) {
        m_color = theme::rise;
        m_word = "끊김 · offline";
    } else {
        m_color = theme::warn;
        m_word = "연결 중 · connecting";
    }
    QStringList lines;
    lines << QString("<b>%1</b>").arg(m_word);
    lines << QString("서버 server: %1").arg(url.toHtmlEscaped());
    lines << QString("상태 state: %1%2").arg(
        shown.stateName(),
        live ? (m_state.encrypted ? " · TLS" : " · no TLS") : QString());
    const QString reason = manager->healthReason();
    if (!reason.isEmpty())
        lines << QString("사유 reason: %1").arg(reason.toHtmlEscaped());
    if (!live && m_state.delayMs > 0)
        lines << QString("재시도 retry: #%1, %2 ms").arg(m_state.attempt).arg(m_state.delayMs);
    if (!m_error.isEmpty())
        lines << QString("최근 오류 last error: %1").arg(m_error.toHtmlEscaped());
    lines << QString("지연 lag: %1 ms · 재연결 reconnects: %2 · 누락 dropped: %3")
                 .arg(stats.lag_ms)
                 .arg(stats.reconnects)
                 .arg(stats.events_dropped + stats.events_refused);
    setToolTip(lines.join("<br>"));
    update();
}

QSize Light::sizeHint() const
{
    return QSize(fontMetrics().horizontalAdvance("연결 중 · connecting") + 30, 24);
}

void Light::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPointF center(12, height() / 2.0);
    QColor halo = m_color;
    halo.setAlphaF(0.25);
    painter.setPen(Qt::NoPen);
    painter.setBrush(halo);
    painter.drawEllipse(center, 9, 9);
    painter.setBrush(m_color);
    painter.drawEllipse(center, 5, 5);
    painter.setPen(theme::text);
    painter.drawText(rect().adjusted(26, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, m_word);
}
