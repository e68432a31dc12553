// What a chart looks like: candles, volume, axes, crosshair. Doubles are for pixels only; every
// text is made of the exact number.
#include "candlechart_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QVarLengthArray>
#include <QtGui/QPainter>

#include <cmath>

namespace UpbitLive
{
static QDateTime koreanTime(qint64 ms)
{
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::OffsetFromUTC, 9 * 3600);
}

// 1, 2 or 5 times a power of ten, at least `least`.
static double niceStep(double least)
{
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least * 0.9999)
            return factor * power;
    return 10 * power;
}

QString CandleChart::axisText(double price, const Scale &scale) const
{
    return Decimal::fromString(QString::number(price, 'f', scale.places)).grouped(scale.places);
}

bool CandleChart::measure(Scale *scale) const
{
    scale->first = firstVisibleRow();
    scale->last = lastVisibleRow();
    const QRect area = plot();
    const int volumes = m_volume ? area.height() / 5 : 0;
    scale->prices = area.adjusted(0, 6, 0, -volumes - (m_volume ? 6 : 0));
    scale->volumes = QRect(area.left(), area.bottom() - volumes, area.width(), volumes);
    if (scale->first < 0 || scale->prices.height() < 20)
        return false;
    double low = m_model->bar(scale->first).low.toDouble(), high = low;
    for (int row = scale->first; row <= scale->last; ++row) {
        const CandleBar &b = m_model->bar(row);
        low = qMin(low, b.low.toDouble());
        high = qMax(high, b.high.toDouble());
        scale->volume = qMax(scale->volume, b.volume.toDouble());
    }
    // A flat market still gets a range to stand in.
    const double room = qMax((high - low) * 0.06, qMax(high, 1e-8) * 0.0005);
    scale->low = low - room;
    scale->high = high + room;
    const double lines = qMax(2.0, scale->prices.height() / 46.0);
    scale->step = niceStep((scale->high - scale->low) / lines);
    scale->places = qBound(0, static_cast<int>(-std::floor(std::log10(scale->step) + 1e-9)), 12);
    return true;
}

void CandleChart::paintGrid(QPainter &painter, const Scale &scale) const
{
    const int right = plot().right();
    const double lowest = std::ceil(scale.low / scale.step);
    for (int line = 0; (lowest + line) * scale.step < scale.high; ++line) {
        const double price = (lowest + line) * scale.step;
        const int y = qRound(scale.y(price));
        painter.setPen(m_colors.line);
        painter.drawLine(0, y, right, y);
        painter.setPen(m_colors.dim);
        painter.drawText(QRect(right + 8, y - 10, width() - right - 8, 20),
                         Qt::AlignLeft | Qt::AlignVCenter, axisText(price, scale));
    }
    painter.setPen(m_colors.line);
    painter.drawLine(right, 0, right, height());
    painter.drawLine(0, plot().bottom(), width(), plot().bottom());
    if (m_volume)
        painter.drawLine(0, scale.volumes.top() - 3, right, scale.volumes.top() - 3);
}

// Lines at round times, no nearer than their texts allow. A day's first is named by its date.
void CandleChart::paintTimes(QPainter &painter, const Scale &scale) const
{
    static const qint64 steps[] = {5,     10,     15,     30,      60,     300,   600,
                                   900,   1800,   3600,   7200,    14400,  21600, 43200,
                                   86400, 172800, 604800, 1209600, 2592000};
    const qint64 unit = qMax<qint64>(m_model->unitMs(), 1000);
    const double least = 84 / m_bar * static_cast<double>(unit) / 1000;
    qint64 step = steps[sizeof steps / sizeof *steps - 1];
    for (qint64 s : steps)
        if (static_cast<double>(s) >= least) {
            step = s;
            break;
        }
    const qint64 offset = qint64{9} * 3600;
    const bool seconds = m_model->unit() == CandleUnit::Second1;
    qint64 slotBefore = -1;
    for (int row = scale.first; row <= scale.last; ++row) {
        const qint64 local = m_model->bar(row).startMs / 1000 + offset;
        const qint64 place = local / step;
        const bool begins = place != slotBefore && (slotBefore >= 0 || local % step == 0);
        slotBefore = place;
        if (!begins)
            continue;
        const int x = qRound(xOf(row));
        if (x > plot().right() - 10)
            break;
        painter.setPen(m_colors.line);
        painter.drawLine(x, 0, x, plot().bottom());
        const QDateTime time = koreanTime(m_model->bar(row).startMs);
        const bool day = step >= 86400 || local % 86400 < step;
        painter.setPen(day ? m_colors.text : m_colors.dim);
        painter.drawText(QRect(x - 42, plot().bottom() + 2, 84, height() - plot().bottom() - 2),
                         Qt::AlignCenter,
                         time.toString(day       ? QStringLiteral("MM-dd")
                                       : seconds ? QStringLiteral("HH:mm:ss")
                                                 : QStringLiteral("HH:mm")));
    }
}

void CandleChart::paintBars(QPainter &painter, const Scale &scale) const
{
    QVarLengthArray<QLineF, 512> wicks[2];
    QVarLengthArray<QRectF, 512> bodies[2], volumes[2];
    const double body = m_bar < 3 ? 1 : std::floor(m_bar * 0.7);
    for (int row = scale.first; row <= scale.last; ++row) {
        const CandleBar &b = m_model->bar(row);
        const double x = std::floor(xOf(row)) + 0.5;
        const double open = scale.y(b.open.toDouble()), close = scale.y(b.close.toDouble());
        const int side = b.close.compare(b.open) < 0 ? 1 : 0;
        if (!b.filled)
            wicks[side].append(QLineF(x, scale.y(b.high.toDouble()), x, scale.y(b.low.toDouble())));
        bodies[side].append(
            QRectF(x - body / 2, qMin(open, close), body, qMax(1.0, std::abs(open - close))));
        if (m_volume && scale.volume > 0 && !b.filled) {
            const double h = b.volume.toDouble() / scale.volume * (scale.volumes.height() - 2);
            volumes[side].append(
                QRectF(x - body / 2, scale.volumes.bottom() - h, body, qMax(1.0, h)));
        }
    }
    for (int side = 0; side < 2; ++side) {
        const QColor color = side == 0 ? m_colors.rise : m_colors.fall;
        painter.setPen(color);
        painter.drawLines(wicks[side].constData(), wicks[side].size());
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawRects(bodies[side].constData(), bodies[side].size());
        QColor faint = color;
        faint.setAlphaF(0.45);
        painter.setBrush(faint);
        painter.drawRects(volumes[side].constData(), volumes[side].size());
    }
    painter.setBrush(Qt::NoBrush);
}

void CandleChart::paintTag(QPainter &painter, const QRect &rect, const QString &text,
                           const QColor &fill) const
{
    painter.fillRect(rect, fill);
    painter.setPen(fill.lightnessF() > 0.6 ? QColor(0x10, 0x10, 0x10) : QColor(Qt::white));
    painter.drawText(rect.adjusted(6, 0, -2, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
}

void CandleChart::paintLast(QPainter &painter, const Scale &scale) const
{
    const CandleBar &newest = m_model->bar(m_model->rowCount() - 1);
    const double y = scale.y(newest.close.toDouble());
    if (y < scale.prices.top() || y > scale.prices.bottom())
        return;
    const QColor color = newest.close.compare(newest.open) < 0 ? m_colors.fall : m_colors.rise;
    painter.setPen(QPen(color, 1, Qt::DashLine));
    painter.drawLine(QPointF(0, y), QPointF(plot().right(), y));
    const int h = fontMetrics().height() + 4;
    paintTag(painter, QRect(plot().right() + 2, qRound(y) - h / 2, width() - plot().right() - 2, h),
             priceText(m_model->code(), newest.close), color);
}

void CandleChart::paintCrosshair(QPainter &painter, const Scale &scale) const
{
    if (!plot().contains(m_mouse) || m_dragging)
        return;
    QColor line = m_colors.dim;
    line.setAlphaF(0.8);
    painter.setPen(QPen(line, 1, Qt::DotLine));
    const int h = fontMetrics().height() + 4;
    QColor tag = m_colors.dim;
    if (m_hovered >= 0) {
        const int x = qRound(xOf(m_hovered));
        painter.drawLine(x, 0, x, plot().bottom());
        const QString time = koreanTime(m_model->bar(m_hovered).startMs)
                                 .toString(m_model->unit() == CandleUnit::Second1
                                               ? QStringLiteral("MM-dd HH:mm:ss")
                                               : QStringLiteral("yyyy-MM-dd HH:mm"));
        const int w = fontMetrics().horizontalAdvance(time) + 12;
        painter.setPen(QPen(line, 1, Qt::DotLine));
        paintTag(painter,
                 QRect(qBound(0, x - w / 2, plot().right() - w), plot().bottom() + 2, w, h), time,
                 tag);
    }
    if (!scale.prices.contains(m_mouse))
        return;
    painter.setPen(QPen(line, 1, Qt::DotLine));
    painter.drawLine(0, m_mouse.y(), plot().right(), m_mouse.y());
    paintTag(painter,
             QRect(plot().right() + 2, m_mouse.y() - h / 2, width() - plot().right() - 2, h),
             axisText(scale.priceAt(m_mouse.y()), scale), tag);
}

// The candle under the mouse, else the newest, in words.
void CandleChart::paintLegend(QPainter &painter, const Scale &scale) const
{
    const int row = m_hovered >= 0 ? m_hovered : m_model->rowCount() - 1;
    const CandleBar &b = m_model->bar(row);
    const QString code = m_model->code();
    const struct {
        QString name, value;
    } parts[] = {{tr("O"), priceText(code, b.open)},        {tr("H"), priceText(code, b.high)},
                 {tr("L"), priceText(code, b.low)},         {tr("C"), priceText(code, b.close)},
                 {QString(), percentText(b.close, b.open)}, {tr("Vol"), sizeText(b.volume)}};
    const int trend = b.close.compare(b.open);
    int x = 10;
    const int y = scale.prices.top() - 2, h = fontMetrics().height() + 2;
    for (const auto &part : parts) {
        const int nameWidth =
            part.name.isEmpty() ? 0 : fontMetrics().horizontalAdvance(part.name) + 4;
        const int valueWidth = fontMetrics().horizontalAdvance(part.value) + 12;
        if (x + nameWidth + valueWidth > plot().right())
            break;
        painter.setPen(m_colors.dim);
        painter.drawText(QRect(x, y, nameWidth, h), Qt::AlignLeft | Qt::AlignVCenter, part.name);
        painter.setPen(trendColor(m_colors, trend));
        painter.drawText(QRect(x + nameWidth, y, valueWidth, h), Qt::AlignLeft | Qt::AlignVCenter,
                         part.value);
        x += nameWidth + valueWidth;
    }
}

void CandleChart::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_colors.background);
    Scale scale;
    if (!measure(&scale)) {
        painter.setPen(m_colors.dim);
        painter.drawText(rect(), Qt::AlignCenter,
                         m_placeholder.isEmpty() ? tr("Waiting for candles…") : m_placeholder);
        return;
    }
    paintGrid(painter, scale);
    paintTimes(painter, scale);
    painter.setClipRect(plot());
    paintBars(painter, scale);
    painter.setClipping(false);
    paintLast(painter, scale);
    paintLegend(painter, scale);
    paintCrosshair(painter, scale);
}
} // namespace UpbitLive
