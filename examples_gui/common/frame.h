// What all example windows have: a bar with the connection's light and the mark of simulated data,
// the banner that says why, the menu of looks, and a place that is remembered.
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <QHBoxLayout>
#include <QLabel>
#include <QMainWindow>
#include <QMenu>
#include <QPushButton>
#include <UpbitLive/widgets/connectionlight.h>

#include "exchange.h"
#include "settings.h"

class Frame : public QMainWindow
{
    Q_OBJECT

  public:
    // name: under which its place is remembered, e.g. "desk".
    Frame(Exchange &exchange, Settings &settings, const QString &name);

    // To be called until it returns false: makes what is in the window, at most a few milliseconds'
    // worth at a time.
    virtual bool fill();
    // The same when it is on the screen: paints what is in it for the first time.
    virtual bool reveal();
    // To be called once, when it is filled: connects it to the exchange.
    void begin();
    // "SIMULATED / 모의": in both languages, always.
    static QString mark();
    const QString &name() const
    {
        return m_name;
    }
    // Remembers place and layout now; closing the window does so, too.
    void keepPlace() const;

  signals:
    // The look or the language was changed: make the window again.
    void restyled();
    void layoutForgotten();

  protected:
    // nullptr: let go of it.
    virtual void attach(UpbitLive::Manager *manager) = 0;
    virtual void showSimulated(bool simulated);
    // The exchange's list of markets has come.
    virtual void showMarkets();
    void setSubject(const QString &subject);
    // In the language of the window: "비트코인" or "Bitcoin"; the code where there is no name.
    QString nameOf(const UpbitLive::Market &market) const;
    // "<b>name</b> code", for a title.
    QString titleOf(const QString &code) const;
    void closeEvent(QCloseEvent *event) override;

    Exchange &m_exchange;
    Settings &m_settings;
    QHBoxLayout *m_bar; // before the light
    QMenu *m_menu;      // of the view button

  private:
    void buildBar(QVBoxLayout *column);
    void buildBanner(QVBoxLayout *column);
    void buildLooks();
    void showNotice();
    void retitle();

    const QString m_name;
    QString m_subject;
    UpbitLive::ConnectionLight *m_light;
    QLabel *m_markLabel, *m_notice;
    QWidget *m_banner;
    QPushButton *m_accept;
};

#endif
