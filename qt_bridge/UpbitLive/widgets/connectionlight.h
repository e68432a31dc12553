// UpbitLive/widgets/connectionlight.h - a lamp, a word, and the reasons in its tooltip.
//
// Green: live. Amber: on the way, or live with something wrong. Red: down. It looks at the manager
// twice a second, so that it is right however it was made; nothing has to be connected to it.
#ifndef UPBITLIVE_WIDGETS_CONNECTIONLIGHT_H
#define UPBITLIVE_WIDGETS_CONNECTIONLIGHT_H

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtWidgets/QWidget>
#include <UpbitLive/manager.h>
#include <UpbitLive/widgets/colors.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT ConnectionLight : public QWidget
{
    Q_OBJECT
    Q_PROPERTY(Level level READ level NOTIFY levelChanged)

  public:
    enum Level { Off, Good, Warning, Bad };
    Q_ENUM(Level)

    explicit ConnectionLight(QWidget *parent = nullptr);

    void setManager(Manager *manager); // not owned; nullptr: no connection
    void setColors(const MarketColors &colors);
    // In place of the word for "live", e.g. "simulated".
    void setLiveText(const QString &text);
    // A line of the caller's at the end of the tooltip, e.g. the server's address or the last
    // error.
    void setNote(const QString &note);

    Level level() const noexcept;
    QString text() const;

    QSize sizeHint() const override;

  public Q_SLOTS:
    void refresh();

  Q_SIGNALS:
    void levelChanged();
    void clicked();

  protected:
    void paintEvent(QPaintEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;

  private:
    void show(Level level, const QString &text, const QStringList &reasons);

    QPointer<Manager> m_manager;
    MarketColors m_colors;
    QString m_text, m_liveText, m_note;
    Level m_level = Off;
    QTimer m_tick;
};
} // namespace UpbitLive

#endif
