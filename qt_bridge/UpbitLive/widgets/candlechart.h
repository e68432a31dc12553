// UpbitLive/widgets/candlechart.h - a painted candle chart with volume.
//
// Wheel, + and - zoom; dragging, the arrow keys, Page Up and Page Down pan; Home shows the oldest
// candle, End goes back to the newest and follows it. The crosshair tells the candle under the
// mouse. Only what is visible is computed, so that a long history costs nothing.
#ifndef UPBITLIVE_WIDGETS_CANDLECHART_H
#define UPBITLIVE_WIDGETS_CANDLECHART_H

#include <QtWidgets/QWidget>
#include <UpbitLive/widgets/candlemodel.h>
#include <UpbitLive/widgets/colors.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT CandleChart : public QWidget
{
    Q_OBJECT
    Q_PROPERTY(double barWidth READ barWidth WRITE setBarWidth NOTIFY viewChanged)
    Q_PROPERTY(bool following READ isFollowing NOTIFY viewChanged)

  public:
    explicit CandleChart(QWidget *parent = nullptr);

    void setModel(CandleModel *model); // not owned; may be deleted at any time
    CandleModel *model() const noexcept;
    void setColors(const MarketColors &colors);
    void setVolumeShown(bool shown);
    // Drawn in place of candles while there are none.
    void setPlaceholder(const QString &text);

    double barWidth() const noexcept; // pixels from candle to candle, 1 to 64
    void setBarWidth(double pixels);
    bool isFollowing() const noexcept; // the newest candle stays in view
    // Of what is visible; -1 when there is nothing.
    int firstVisibleRow() const noexcept;
    int lastVisibleRow() const noexcept;
    int rowAt(const QPoint &position) const noexcept;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  public Q_SLOTS:
    void followNewest();

  Q_SIGNALS:
    void viewChanged();
    // The left edge has come near the oldest candle: older ones than this start (Unix ms) are
    // wanted. Once per oldest candle.
    void historyWanted(qint64 beforeMs);
    // The candle under the mouse; -1: none.
    void hovered(int row);

  protected:
    void paintEvent(QPaintEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

  private:
    struct Scale; // candlechart_p.h
    QRect plot() const;
    double xOf(int row) const noexcept;
    void panBy(double bars);
    void zoomAt(double factor, double x);
    void place();
    void settle();
    void onInserted(int first, int last);
    void onRemoved(int first, int last);
    void hover(const QPoint &position);
    bool measure(Scale *scale) const;
    void paintGrid(QPainter &painter, const Scale &scale) const;
    void paintTimes(QPainter &painter, const Scale &scale) const;
    void paintBars(QPainter &painter, const Scale &scale) const;
    void paintLast(QPainter &painter, const Scale &scale) const;
    void paintCrosshair(QPainter &painter, const Scale &scale) const;
    void paintLegend(QPainter &painter, const Scale &scale) const;
    void paintTag(QPainter &painter, const QRect &rect, const QString &text,
                  const QColor &fill) const;
    QString axisText(double price, const Scale &scale) const;

    CandleModel *m_model = nullptr;
    MarketColors m_colors;
    QString m_placeholder;
    bool m_volume = true, m_following = true, m_dragging = false;
    double m_bar = 8;   // pixels a candle
    double m_right = 0; // rows from the first to the right edge of the plot
    double m_dragRight = 0;
    QPoint m_dragFrom, m_mouse = QPoint(-1, -1);
    qint64 m_historyAsked = 0;
    int m_hovered = -1;
};
} // namespace UpbitLive

#endif
