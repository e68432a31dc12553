// A word or a number that changes many times a second: one colour, one line, no layout of the
// window for each change, as a QLabel would ask for. It asks for more room only when a text is
// wider than any before.
#ifndef COMMON_VALUELABEL_H
#define COMMON_VALUELABEL_H

#include <QColor>
#include <QWidget>

class ValueLabel : public QWidget
{
    Q_OBJECT

  public:
    // pixels: the font's size.
    explicit ValueLabel(int pixels = 13, bool bold = false, QWidget *parent = nullptr);

    void setAlignment(Qt::Alignment alignment);
    void show(const QString &text, const QColor &color);
    QString text() const
    {
        return m_text;
    }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent *event) override;

  private:
    QString m_text;
    QColor m_color;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignVCenter;
    int m_width = 0; // of the widest text so far
};

#endif
