// UpbitLive/widgets/orderbookview.h - a painted order book with depth bars.
#ifndef UPBITLIVE_WIDGETS_ORDERBOOKVIEW_H
#define UPBITLIVE_WIDGETS_ORDERBOOKVIEW_H

#include <QtWidgets/QWidget>
#include <UpbitLive/widgets/colors.h>
#include <UpbitLive/widgets/orderbookmodel.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT OrderbookView : public QWidget
{
    Q_OBJECT

public:
    explicit OrderbookView(QWidget *parent = nullptr);

    void setModel(OrderbookModel *model);
    void setColors(const MarketColors &colors);
    // Prices are coloured against it, and shown in percent of it.
    void setPreviousClose(const Decimal &price);
    // The row of the last trade gets a frame.
    void setLastPrice(const Decimal &price);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void priceClicked(const UpbitLive::Decimal &price);

protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;

private:
    struct Grid {
        int rows, first, header, footer, height; // rows a side, first model row, pixels
    };
    Grid grid() const;
    void paintRow(QPainter &painter, const QRect &rect, int row, double scale) const;
    void paintTotals(QPainter &painter, const QRect &rect) const;

    OrderbookModel *m_model = nullptr;
    MarketColors m_colors;
    Decimal m_close = Decimal::null(), m_last = Decimal::null();
};
} // namespace UpbitLive

#endif
