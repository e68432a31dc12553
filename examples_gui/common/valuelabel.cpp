#include "valuelabel.h"

#include <QPainter>

ValueLabel::ValueLabel(int pixels, bool bold, QWidget *parent) : QWidget(parent)
{
    QFont f = font();
    f.setPixelSize(pixels);
    f.setBold(bold);
    setFont(f);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
}

void ValueLabel::setAlignment(Qt::Alignment alignment)
{
    m_alignment = alignment;
    update();
}

void ValueLabel::show(const QString &text, const QColor &color)
{
    if (text == m_text && color == m_color)
        return;
    m_text = text;
    m_color = color;
    setAccessibleName(text);
    const int width = fontMetrics().horizontalAdvance(text) + 1;
    if (width > m_width) {
        m_width = width;
        updateGeometry();
    }
    update();
}

QSize ValueLabel::sizeHint() const
{
    return QSize(m_width, fontMetrics().height() + 1);
}

QSize ValueLabel::minimumSizeHint() const
{
    return sizeHint();
}

void ValueLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setPen(m_color);
    painter.drawText(rect(), static_cast<int>(m_alignment), m_text);
}
