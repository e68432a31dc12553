// The connection light: a lamp, a word, and the reasons in its tooltip.
#ifndef DESK_LIGHT_H
#define DESK_LIGHT_H

#include <QWidget>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

class Light : public QWidget
{
    Q_OBJECT

public:
    explicit Light(QWidget *parent = nullptr);

    void show(const UpbitLive::Manager *manager, const QString &url, bool simulated);
    // Remembers the last state for the tooltip.
    void setState(const UpbitLive::StateInfo &info);
    void setError(const UpbitLive::Error &error);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QColor m_color;
    QString m_word;
    UpbitLive::StateInfo m_state;
    QString m_error;
};

#endif
