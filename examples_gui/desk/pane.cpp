#include "pane.h"

#include <QHBoxLayout>

#include "theme.h"

// Nobody may mistake simulated prices for real ones, not even on a picture of one pane.
QString Pane::mark()
{
    return "SIMULATED / 모의";
}

Pane::Pane(const QString &name, const QString &korean, const QString &english, QWidget *parent)
    : QDockWidget(parent), m_title(korean + " · " + english), m_titleLabel(new QLabel),
      m_subjectLabel(new QLabel), m_markLabel(new QLabel(mark()))
{
    setObjectName(name);
    setFeatures(DockWidgetMovable | DockWidgetFloatable | DockWidgetClosable);
    auto *bar = new QWidget;
    bar->setObjectName("bar");
    bar->setStyleSheet("#bar { background: #1b212e; border-bottom: 1px solid #252c3b; }");
    auto *row = new QHBoxLayout(bar);
    row->setContentsMargins(10, 5, 8, 5);
    row->setSpacing(8);
    m_titleLabel->setText(QString("<b>%1</b> <span style='color:#7f8a9e'>%2</span>")
                              .arg(korean.toHtmlEscaped(), english.toHtmlEscaped()));
    m_subjectLabel->setStyleSheet("color: #7f8a9e;");
    m_markLabel->setObjectName("mark");
    m_markLabel->setStyleSheet("background: #f5b33d; color: #161208; border-radius: 3px;"
                               "padding: 1px 6px; font-weight: bold; font-size: 11px;");
    m_markLabel->hide();
    row->addWidget(m_titleLabel);
    row->addWidget(m_subjectLabel);
    row->addStretch(1);
    row->addWidget(m_markLabel);
    setTitleBarWidget(bar);
    retitle();
}

void Pane::setSimulated(bool simulated)
{
    m_simulated = simulated;
    m_markLabel->setVisible(simulated);
    retitle();
}

void Pane::setSubject(const QString &subject)
{
    m_subject = subject;
    m_subjectLabel->setText(subject);
    retitle();
}

void Pane::retitle()
{
    QString title = m_title;
    if (!m_subject.isEmpty())
        title += " · " + m_subject;
    if (m_simulated)
        title += " · " + mark();
    setWindowTitle(title);
}
