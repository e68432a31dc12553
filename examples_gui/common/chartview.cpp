#include "chartview.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QToolButton>
#include <QVBoxLayout>

#include "look.h"

static const struct {
    const char *name;
    int seconds;
} units[] = {{"1s", 1},    {"1m", 60},    {"3m", 180},   {"5m", 300},    {"10m", 600},
             {"15m", 900}, {"30m", 1800}, {"60m", 3600}, {"240m", 14400}};

ChartView::ChartView(int candleUnit, QWidget *parent)
    : QWidget(parent), m_chart(new UpbitLive::CandleChart), m_note(new QLabel), m_unit(candleUnit)
{
    setObjectName("body");
    setAttribute(Qt::WA_StyledBackground);
    setStyleSheet(look().css("#body { background: @pane; }"));
    auto *row = new QHBoxLayout;
    row->setContentsMargins(8, 6, 8, 2);
    row->setSpacing(3);
    int key = 0;
    for (const auto &unit : units) {
        auto *button = new QToolButton;
        button->setText(unit.name);
        button->setCheckable(true);
        button->setChecked(unit.seconds == candleUnit);
        button->setProperty("unit", true);
        button->setToolTip(tr("Candles of %1 (key %2)").arg(unit.name).arg(++key));
        m_units.addButton(button, unit.seconds);
        row->addWidget(button);
    }
    connect(&m_units, &QButtonGroup::idClicked, this, &ChartView::chooseUnit);
    m_note->setStyleSheet(look().css("color: @dim;"));
    row->addStretch(1);
    row->addWidget(m_note);
    m_chart->setColors(look().market());
    m_chart->setModel(&m_model);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addWidget(m_chart, 1);
    setFocusProxy(m_chart);
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, &ChartView::dataShown);
}

void ChartView::attach(UpbitLive::Manager *manager, const QString &clientId)
{
    m_feed.reset();
    m_model.clear();
    m_note->clear();
    if (manager == nullptr)
        return;
    m_feed.reset(new UpbitLive::CandleFeed(manager, clientId, &m_model));
    m_feed->proxy()->setMaxFps(60);
    connect(m_chart, &UpbitLive::CandleChart::historyWanted, m_feed.get(),
            &UpbitLive::CandleFeed::loadOlder);
    connect(m_feed.get(), &UpbitLive::CandleFeed::loadingChanged, this,
            [this] { m_note->setText(m_feed->isLoading() ? tr("loading history…") : QString()); });
    connect(m_feed.get(), &UpbitLive::CandleFeed::failed, this,
            [this](const UpbitLive::Error &error) { m_note->setText(error.message); });
    show();
}

void ChartView::choose(const QString &code)
{
    m_code = code;
    show();
}

void ChartView::chooseUnit(int candleUnit)
{
    m_unit = candleUnit;
    if (QAbstractButton *button = m_units.button(candleUnit))
        button->setChecked(true);
    show();
    emit unitChosen(candleUnit);
}

void ChartView::show()
{
    if (m_feed != nullptr)
        m_feed->show(m_code, static_cast<UpbitLive::CandleUnit>(m_unit));
}

// 1 to 9 choose the unit; the chart has its own keys.
void ChartView::keyPressEvent(QKeyEvent *event)
{
    const int n = event->key() - Qt::Key_1;
    if (n >= 0 && n < static_cast<int>(sizeof units / sizeof *units) && event->modifiers() == 0)
        chooseUnit(units[n].seconds);
    else
        QWidget::keyPressEvent(event);
}
