#include <UpbitLive/widgets/connectionlight.h>

#include <QtGui/QMouseEvent>
#include <QtGui/QPainter>

namespace UpbitLive
{
ConnectionLight::ConnectionLight(QWidget *parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    connect(&m_tick, &QTimer::timeout, this, &ConnectionLight::refresh);
    m_tick.start(500);
    refresh();
}

void ConnectionLight::setManager(Manager *manager)
{
    m_manager = manager;
    refresh();
}

void ConnectionLight::setColors(const MarketColors &colors)
{
    m_colors = colors;
    update();
}

void ConnectionLight::setLiveText(const QString &text)
{
    m_liveText = text;
    refresh();
}

void ConnectionLight::setNote(const QString &note)
{
    m_note = note;
    refresh();
}

ConnectionLight::Level ConnectionLight::level() const noexcept
{
    return m_level;
}

QString ConnectionLight::text() const
{
    return m_text;
}

void ConnectionLight::refresh()
{
    if (m_manager == nullptr) {
        show(Off, tr("no connection"), {});
        return;
    }
    const upbit_stats stats = m_manager->stats();
    const Health health = m_manager->health();
    const State state = static_cast<State>(stats.state);
    QStringList reasons;
    const QString reason = m_manager->healthReason();
    if (!reason.isEmpty())
        reasons << reason;
    reasons << tr("lag %1 ms · epoch %2 · reconnects %3 · dropped %4")
                   .arg(stats.lag_ms)
                   .arg(stats.epoch)
                   .arg(stats.reconnects)
                   .arg(stats.events_dropped + stats.events_refused);
    if (state == State::Live)
        show(health == Health::Healthy ? Good : Warning,
             m_liveText.isEmpty() ? tr("live") : m_liveText, reasons);
    else if (health == Health::Critical)
        show(Bad, tr("offline"), reasons);
    else if (state == State::Stale)
        show(Warning, tr("no answer"), reasons);
    else
        show(Warning, tr("connecting"), reasons);
}

void ConnectionLight::show(Level level, const QString &text, const QStringList &reasons)
{
    QStringList lines(QStringLiteral("<b>%1</b>").arg(text.toHtmlEscaped()));
    for (const QString &reason : reasons)
        lines << reason.toHtmlEscaped();
    if (!m_note.isEmpty())
        lines << m_note.toHtmlEscaped();
    setToolTip(lines.join(QStringLiteral("<br>")));
    setAccessibleName(text);
    if (text != m_text) {
        m_text = text;
        updateGeometry();
        update();
    }
    if (level != m_level) {
        m_level = level;
        update();
        Q_EMIT levelChanged();
    }
}

QSize ConnectionLight::sizeHint() const
{
    return QSize(fontMetrics().horizontalAdvance(m_text) + 34,
                 qMax(24, fontMetrics().height() + 6));
}

void ConnectionLight::paintEvent(QPaintEvent *)
{
    // Fixed: a lamp means the same on every background and in every country.
    const QColor lamp = m_level == Good      ? QColor(0x2e, 0xcc, 0x71)
                        : m_level == Warning ? QColor(0xf5, 0xb3, 0x3d)
                        : m_level == Bad     ? QColor(0xe7, 0x4c, 0x3c)
                                             : QColor(0x80, 0x86, 0x90);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPointF center(12, height() / 2.0);
    QColor halo = lamp;
    halo.setAlphaF(0.25);
    painter.setPen(Qt::NoPen);
    painter.setBrush(halo);
    painter.drawEllipse(center, 9, 9);
    painter.setBrush(lamp);
    painter.drawEllipse(center, 5, 5);
    painter.setPen(m_colors.text);
    painter.drawText(rect().adjusted(26, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, m_text);
}

void ConnectionLight::mouseReleaseEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton && rect().contains(event->pos()))
        Q_EMIT clicked();
}
} // namespace UpbitLive
