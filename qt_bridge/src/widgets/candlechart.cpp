// The view: which rows are visible, and what mouse, wheel and keys do to that. candlepaint.cpp
// paints.
//
// The right edge of the plot is a position in rows, m_right; while following it lies a little
// behind the newest candle. Rows that come or go in front shift it, so that the picture stands
// still.
#include "candlechart_p.h"

#include <QtCore/QPointer>
#include <QtGui/QKeyEvent>
#include <QtGui/QMouseEvent>
#include <QtGui/QWheelEvent>

#include <cmath>

namespace UpbitLive
{
static const double leastBar = 1, mostBar = 64;
static const double lead = 2; // empty candles between the newest and the axis

CandleChart::CandleChart(QWidget *parent) : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
    setAccessibleName(tr("Candle chart"));
}

void CandleChart::setModel(CandleModel *model)
{
    if (m_model != nullptr)
        disconnect(m_model, nullptr, this, nullptr);
    m_model = model;
    m_historyAsked = 0;
    if (model != nullptr) {
        connect(model, &QAbstractItemModel::dataChanged, this, [this] { update(); });
        connect(model, &QAbstractItemModel::rowsInserted, this,
                [this](const QModelIndex &, int first, int last) { onInserted(first, last); });
        connect(model, &QAbstractItemModel::rowsRemoved, this,
                [this](const QModelIndex &, int first, int last) { onRemoved(first, last); });
        connect(model, &QAbstractItemModel::modelReset, this, [this] {
            m_historyAsked = 0;
            m_following = true;
            settle();
        });
        connect(model, &QObject::destroyed, this, [this] {
            m_model = nullptr;
            update();
        });
    }
    m_following = true;
    settle();
}

CandleModel *CandleChart::model() const noexcept
{
    return m_model;
}

void CandleChart::setColors(const MarketColors &colors)
{
    m_colors = colors;
    update();
}

void CandleChart::setVolumeShown(bool shown)
{
    m_volume = shown;
    update();
}

void CandleChart::setPlaceholder(const QString &text)
{
    m_placeholder = text;
    update();
}

double CandleChart::barWidth() const noexcept
{
    return m_bar;
}

void CandleChart::setBarWidth(double pixels)
{
    m_bar = qBound(leastBar, pixels, mostBar);
    settle();
}

bool CandleChart::isFollowing() const noexcept
{
    return m_following;
}

void CandleChart::followNewest()
{
    m_following = true;
    settle();
}

QSize CandleChart::sizeHint() const
{
    return QSize(720, 420);
}

QSize CandleChart::minimumSizeHint() const
{
    return QSize(240, 160);
}

// Without the price axis and the time axis.
QRect CandleChart::plot() const
{
    const QFontMetrics metrics = fontMetrics();
    const int axis = metrics.horizontalAdvance(QStringLiteral("000,000,000")) + 14;
    return rect().adjusted(0, 0, -axis, -(metrics.height() + 8));
}

// Of the candle's middle.
double CandleChart::xOf(int row) const noexcept
{
    return plot().right() - (m_right - row - 0.5) * m_bar;
}

int CandleChart::firstVisibleRow() const noexcept
{
    if (m_model == nullptr || m_model->rowCount() == 0)
        return -1;
    const int first = static_cast<int>(std::floor(m_right - plot().width() / m_bar));
    return qBound(0, first, m_model->rowCount() - 1);
}

int CandleChart::lastVisibleRow() const noexcept
{
    if (m_model == nullptr || m_model->rowCount() == 0)
        return -1;
    return qBound(0, static_cast<int>(std::ceil(m_right)), m_model->rowCount() - 1);
}

int CandleChart::rowAt(const QPoint &position) const noexcept
{
    if (m_model == nullptr || !plot().contains(position))
        return -1;
    const double row = std::floor(m_right - (plot().right() - position.x()) / m_bar);
    return row >= 0 && row < m_model->rowCount() ? static_cast<int>(row) : -1;
}

// Keeps the view on the candles.
void CandleChart::place()
{
    const double newest = (m_model != nullptr ? m_model->rowCount() : 0) + lead;
    if (m_following)
        m_right = newest;
    m_right = qBound(qMin(newest, 5.0), m_right, newest + plot().width() / m_bar / 2);
    update();
}

// After anything moved: also asks for more candles in time. A slot of what it emits may delete the
// chart: nothing of it is touched behind a call of this.
void CandleChart::settle()
{
    place();
    const QPointer<CandleChart> here(this);
    const int rows = m_model != nullptr ? m_model->rowCount() : 0;
    const double left = m_right - plot().width() / m_bar;
    if (rows > 0 && left < rows * 0.1 + 20 && left < rows) {
        const qint64 oldest = m_model->bar(0).startMs;
        if (left < 40 && oldest != m_historyAsked) {
            m_historyAsked = oldest;
            Q_EMIT historyWanted(oldest);
        }
    }
    if (here != nullptr)
        hover(m_mouse);
    if (here != nullptr)
        Q_EMIT viewChanged();
}

void CandleChart::onInserted(int first, int last)
{
    const int count = last - first + 1;
    // Behind what is seen nothing moves; in front of it everything would.
    if (!m_following && first < m_right && first + count < m_model->rowCount())
        m_right += count;
    settle();
}

void CandleChart::onRemoved(int first, int last)
{
    if (!m_following && first < m_right)
        m_right -= last - first + 1;
    settle();
}

void CandleChart::panBy(double bars)
{
    if (m_model == nullptr)
        return;
    m_right += bars;
    m_following = m_right >= m_model->rowCount() + lead - 0.5;
    settle();
}

// The candle under x stays where it is; while following the newest one does.
void CandleChart::zoomAt(double factor, double x)
{
    const double behind = (plot().right() - x) / m_bar;
    const double bar = qBound(leastBar, m_bar * factor, mostBar);
    if (!m_following)
        m_right += (plot().right() - x) / bar - behind;
    m_bar = bar;
    settle();
}

void CandleChart::hover(const QPoint &position)
{
    m_mouse = position;
    const int row = rowAt(position);
    if (row != m_hovered) {
        m_hovered = row;
        update();
        Q_EMIT hovered(row);
    }
}

void CandleChart::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_dragging = true;
    m_dragFrom = event->pos();
    m_dragRight = m_right;
}

void CandleChart::mouseMoveEvent(QMouseEvent *event)
{
    const QPointer<CandleChart> here(this);
    update();
    hover(event->pos());
    if (here != nullptr && m_dragging)
        panBy(m_dragRight - (event->pos().x() - m_dragFrom.x()) / m_bar - m_right);
}

void CandleChart::mouseReleaseEvent(QMouseEvent *)
{
    m_dragging = false;
}

void CandleChart::mouseDoubleClickEvent(QMouseEvent *)
{
    followNewest();
}

void CandleChart::wheelEvent(QWheelEvent *event)
{
    const QPoint turned = event->angleDelta();
    if (turned.x() != 0 && turned.y() == 0)
        panBy(-turned.x() / 120.0 * 3);
    else
        zoomAt(std::pow(1.15, turned.y() / 120.0), event->position().x());
    event->accept();
}

void CandleChart::keyPressEvent(QKeyEvent *event)
{
    const double page = plot().width() / m_bar * 0.9;
    switch (event->key()) {
    case Qt::Key_Left:
        return panBy(-5);
    case Qt::Key_Right:
        return panBy(5);
    case Qt::Key_PageUp:
        return panBy(-page);
    case Qt::Key_PageDown:
        return panBy(page);
    case Qt::Key_Home:
        return panBy(page / 0.9 - m_right);
    case Qt::Key_End:
        return followNewest();
    case Qt::Key_Plus:
    case Qt::Key_Equal:
    case Qt::Key_Up:
        return zoomAt(1.25, plot().right());
    case Qt::Key_Minus:
    case Qt::Key_Down:
        return zoomAt(0.8, plot().right());
    default:
        QWidget::keyPressEvent(event);
    }
}

void CandleChart::leaveEvent(QEvent *)
{
    m_mouse = QPoint(-1, -1);
    update();
    QMetaObject::invokeMethod(
        this, [this] { hover(m_mouse); }, Qt::QueuedConnection);
}

// Qt's own code behind these two events goes on using the widget, so slots have to wait.
void CandleChart::resizeEvent(QResizeEvent *)
{
    place();
    QMetaObject::invokeMethod(
        this, [this] { settle(); }, Qt::QueuedConnection);
}
} // namespace UpbitLive
