// The book as Korean traders know it: asks above in blue, bids below in red, bars for the sizes.
#include <UpbitLive/widgets/orderbookview.h>

#include <QtGui/QMouseEvent>
#include <QtGui/QPainter>

namespace UpbitLive
{
OrderbookView::OrderbookView(QWidget *parent) : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void OrderbookView::setModel(OrderbookModel *model)
{
    if (m_model != nullptr)
        disconnect(m_model, nullptr, this, nullptr);
    m_model = model;
    connect(model, &QAbstractItemModel::dataChanged, this, [this] { update(); });
    connect(model, &QObject::destroyed, this, [this] { m_model = nullptr; });
    update();
}

void OrderbookView::setColors(const MarketColors &colors)
{
    m_colors = colors;
    update();
}

void OrderbookView::setPreviousClose(const Decimal &price)
{
    if (price != m_close) {
        m_close = price;
        update();
    }
}

void OrderbookView::setLastPrice(const Decimal &price)
{
    if (price != m_last) {
        m_last = price;
        update();
    }
}

QSize OrderbookView::sizeHint() const
{
    return QSize(380, 640);
}

QSize OrderbookView::minimumSizeHint() const
{
    return QSize(260, 200);
}

// As many rows a side as fit, the best ones in the middle.
OrderbookView::Grid OrderbookView::grid() const
{
    const int line = fontMetrics().height();
    Grid g;
    g.header = line + 8;
    g.footer = line + 10;
    const int room = height() - g.header - g.footer;
    g.rows = qBound(1, room / (2 * (line + 4)), m_model != nullptr ? m_model->depth() : 1);
    g.first = m_model != nullptr ? m_model->depth() - g.rows : 0;
    g.height = qMax(line, room / (2 * g.rows));
    return g;
}

void OrderbookView::paintRow(QPainter &painter, const QRect &rect, int row, double scale) const
{
    const Decimal price = m_model->price(row), size = m_model->size(row);
    if (price.isNull())
        return;
    const bool ask = m_model->isAsk(row);
    const QColor side = ask ? m_colors.fall : m_colors.rise;
    QColor tint = side;
    tint.setAlphaF(0.07);
    painter.fillRect(rect, tint);

    // Three columns: ask sizes, prices, bid sizes. Bars grow from the prices outwards.
    const int middle = rect.width() * 42 / 100, wing = (rect.width() - middle) / 2;
    const QRect priceRect(rect.left() + wing, rect.top(), rect.width() - 2 * wing, rect.height());
    QRect sizeRect(rect.left(), rect.top(), wing, rect.height());
    if (!ask)
        sizeRect.moveLeft(priceRect.right() + 1);
    const int bar = qBound(1, static_cast<int>(size.toDouble() * scale * wing), wing);
    QRect barRect(sizeRect.left(), rect.top() + 2, bar, rect.height() - 4);
    if (ask)
        barRect.moveRight(sizeRect.right());
    QColor barColor = side;
    barColor.setAlphaF(0.34);
    painter.fillRect(barRect, barColor);

    const int trend = m_close.isNull() ? 0 : price.compare(m_close);
    const QColor priceColor =
        trend > 0 ? m_colors.rise : trend < 0 ? m_colors.fall : m_colors.text;
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.setPen(priceColor);
    const QRect inner = priceRect.adjusted(8, 0, -8, 0);
    const QString percent = percentText(price, m_close);
    const int percentWidth = percent.isEmpty() ? 0 : fontMetrics().horizontalAdvance(
                                                         QStringLiteral("+00.00%")) + 6;
    painter.drawText(inner.adjusted(0, 0, -percentWidth, 0), Qt::AlignRight | Qt::AlignVCenter,
                     priceText(m_model->orderbook().code(), price));
    painter.setFont(font());
    if (percentWidth > 0)
        painter.drawText(inner, Qt::AlignRight | Qt::AlignVCenter, percent);
    painter.setPen(m_colors.text);
    const Qt::Alignment outwards = (ask ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
    painter.drawText(sizeRect.adjusted(8, 0, -8, 0), static_cast<int>(outwards), sizeText(size));
    if (!m_last.isNull() && price == m_last) {
        painter.setPen(m_colors.text);
        painter.drawRect(priceRect.adjusted(1, 1, -2, -2));
    }
    painter.setPen(m_colors.line);
    painter.drawLine(rect.bottomLeft(), rect.bottomRight());
}

void OrderbookView::paintTotals(QPainter &painter, const QRect &rect) const
{
    const Orderbook &book = m_model->orderbook();
    const Decimal asks = book.totalAskSize(), bids = book.totalBidSize();
    painter.setPen(m_colors.fall);
    painter.drawText(rect.adjusted(10, 0, -10, 0), Qt::AlignLeft | Qt::AlignVCenter, sizeText(asks));
    painter.setPen(m_colors.rise);
    painter.drawText(rect.adjusted(10, 0, -10, 0), Qt::AlignRight | Qt::AlignVCenter, sizeText(bids));
    painter.setPen(m_colors.dim);
    painter.drawText(rect, Qt::AlignCenter, tr("total"));
    // How the totals compare, as a thin line on top.
    const double sum = asks.toDouble() + bids.toDouble();
    if (sum <= 0)
        return;
    const int split = static_cast<int>(asks.toDouble() / sum * rect.width());
    painter.fillRect(rect.left(), rect.top(), split, 2, m_colors.fall);
    painter.fillRect(rect.left() + split, rect.top(), rect.width() - split, 2, m_colors.rise);
}

void OrderbookView::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_colors.background);
    if (m_model == nullptr)
        return;
    const Grid g = grid();
    painter.setPen(m_colors.dim);
    const QRect header(0, 0, width(), g.header);
    painter.drawText(header.adjusted(10, 0, -10, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("Ask size"));
    painter.drawText(header, Qt::AlignCenter, tr("Price · change"));
    painter.drawText(header.adjusted(10, 0, -10, 0), Qt::AlignRight | Qt::AlignVCenter, tr("Bid size"));
    painter.setPen(m_colors.line);
    painter.drawLine(0, g.header - 1, width(), g.header - 1);
    if (!m_model->orderbook().isValid()) {
        painter.setPen(m_colors.dim);
        painter.drawText(rect(), Qt::AlignCenter, tr("Waiting for the order book…"));
        return;
    }
    double largest = 0;
    for (int i = 0; i < 2 * g.rows; ++i)
        largest = qMax(largest, m_model->size(g.first + i).toDouble());
    const double scale = largest > 0 ? 1.0 / largest : 0;
    for (int i = 0; i < 2 * g.rows; ++i)
        paintRow(painter, QRect(0, g.header + i * g.height, width(), g.height), g.first + i, scale);
    painter.setPen(m_colors.dim);
    const int spread = g.header + g.rows * g.height - 1;
    painter.drawLine(0, spread, width(), spread);
    paintTotals(painter, QRect(0, height() - g.footer, width(), g.footer));
}

void OrderbookView::mousePressEvent(QMouseEvent *event)
{
    if (m_model == nullptr)
        return;
    const Grid g = grid();
    const int line = (event->pos().y() - g.header) / g.height;
    if (event->pos().y() < g.header || line >= 2 * g.rows)
        return;
    const Decimal price = m_model->price(g.first + line);
    if (!price.isNull())
        Q_EMIT priceClicked(price);
}
} // namespace UpbitLive
