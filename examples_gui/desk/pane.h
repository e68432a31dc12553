// What the panes have in common: a dockable frame whose title bar carries the mark of simulated
// data.
#ifndef DESK_PANE_H
#define DESK_PANE_H

#include <QDockWidget>
#include <QLabel>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

class Pane : public QDockWidget
{
    Q_OBJECT

  public:
    // name: unique in the window; its layout is remembered under it.
    Pane(const QString &name, const QString &title, QWidget *parent = nullptr);

    // A new exchange: the old one's values go. nullptr: none.
    virtual void attach(UpbitLive::Manager *manager);
    // The symbol chosen in the window.
    virtual void choose(const QString &code);
    // Whose queues the health pane shows; nullptr: none.
    virtual UpbitLive::Proxy *proxy() const;
    // The mark in the title bar, and in the window title when floating.
    void setSimulated(bool simulated);

  signals:
    void dataShown();

  protected:
    // A word behind the title, e.g. the symbol shown.
    void setSubject(const QString &subject);

  private:
    void retitle();

    const QString m_title;
    QString m_subject;
    bool m_simulated = false;
    QLabel *m_subjectLabel, *m_markLabel;
};

#endif
