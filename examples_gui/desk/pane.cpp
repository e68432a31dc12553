#include "pane.h"

#include <QHBoxLayout>

#include "common/frame.h"

Pane::Pane(const QString &name, const QString &title, QWidget *parent)
    : QDockWidget(parent), m_title(title), m_subjectLabel(new QLabel),
      m_markLabel(new QLabel(Frame::mark()))
{
    setObjectName(name);
    setFeatures(DockWidgetMovable | DockWidgetFloatable | DockWidgetClosable);
    auto *bar = new QWidget;
    bar->setObjectName("bar");
    bar->setStyleSheet(look().css("#bar { background: @raised; border-bottom: 1px solid @line; }"));
    auto *row = new QHBoxLayout(bar);
    row->setContentsMargins(10, 5, 8, 5);
    row->setSpacing(8);
    auto *titleLabel = new QLabel(QString("<b>%1</b>").arg(title.toHtmlEscaped()));
    m_subjectLabel->setStyleSheet(look().css("color: @dim;"));
    m_markLabel->setObjectName("mark");
    m_markLabel->setStyleSheet(look().css("background: @mark; color: @inverse; border-radius: 3px;"
                                          "padding: 1px 6px; font-weight: bold; font-size: 11px;"));
    m_markLabel->hide();
    row->addWidget(titleLabel);
    row->addWidget(m_subjectLabel);
    row->addStretch(1);
    row->addWidget(m_markLabel);
    setTitleBarWidget(bar);
    retitle();
}

void Pane::attach(UpbitLive::Manager *)
{
}

void Pane::choose(const QString &)
{
}

UpbitLive::Proxy *Pane::proxy() const
{
    return nullptr;
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
        title += " · " + Frame::mark();
    setWindowTitle(title);
}
