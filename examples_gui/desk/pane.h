// What the panes have in common: a dockable frame whose title bar carries the mark of simulated data.
#ifndef DESK_PANE_H
#define DESK_PANE_H

#include <QDockWidget>
#include <QLabel>

class Pane : public QDockWidget
{
    Q_OBJECT

public:
    Pane(const QString &name, const QString &korean, const QString &english,
         QWidget *parent = nullptr);

    // "SIMULATED / 모의" in the title bar, and in the window title when floating.
    void setSimulated(bool simulated);
    // A word behind the title, e.g. the symbol shown.
    void setSubject(const QString &subject);

    static QString mark();

private:
    void retitle();

    const QString m_title;
    QString m_subject;
    bool m_simulated = false;
    QLabel *m_titleLabel, *m_subjectLabel, *m_markLabel;
};

#endif
