#include "frame.h"

#include <QActionGroup>
#include <QCloseEvent>
#include <QShortcut>
#include <QToolButton>
#include <QVBoxLayout>

// Nobody may mistake simulated prices for real ones, not even on a picture of one pane.
QString Frame::mark()
{
    return "SIMULATED / 모의";
}

Frame::Frame(Exchange &exchange, Settings &settings, const QString &name)
    : m_exchange(exchange), m_settings(settings), m_bar(new QHBoxLayout), m_menu(new QMenu(this)),
      m_name(name)
{
    auto *top = new QWidget;
    top->setObjectName("top");
    top->setStyleSheet(look().css("#top { background: @raised; }"));
    auto *column = new QVBoxLayout(top);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildBar(column);
    buildBanner(column);
    setMenuWidget(top);
    buildLooks();
    connect(new QShortcut(QKeySequence::Quit, this), &QShortcut::activated, this, &QWidget::close);
}

void Frame::buildBar(QVBoxLayout *column)
{
    m_bar->setContentsMargins(12, 6, 10, 6);
    m_bar->setSpacing(10);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 10, 0);
    row->setSpacing(10);
    m_markLabel = new QLabel(mark());
    m_markLabel->setStyleSheet(look().css("background: @mark; color: @inverse; border-radius: 3px;"
                                          "padding: 2px 8px; font-weight: bold;"));
    m_markLabel->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_light = new UpbitLive::ConnectionLight;
    m_light->setColors(look().market());
    auto *view = new QToolButton;
    view->setText(tr("View"));
    view->setPopupMode(QToolButton::InstantPopup);
    view->setMenu(m_menu);
    view->setShortcut(QKeySequence(int{Qt::ALT} | int{Qt::Key_V}));
    row->addLayout(m_bar, 1);
    row->addWidget(m_markLabel);
    row->addWidget(m_light);
    row->addWidget(view);
    column->addLayout(row);
}

void Frame::buildBanner(QVBoxLayout *column)
{
    m_banner = new QWidget;
    m_banner->setObjectName("banner");
    m_banner->setStyleSheet(
        look().css("#banner { background: @mark; } #banner QLabel { color: @inverse; }"));
    auto *row = new QHBoxLayout(m_banner);
    row->setContentsMargins(12, 5, 10, 5);
    m_notice = new QLabel;
    m_notice->setTextFormat(Qt::PlainText);
    m_accept = new QPushButton;
    auto *cross = new QPushButton("×");
    cross->setFixedWidth(34);
    cross->setAccessibleName(tr("Keep waiting"));
    row->addWidget(m_notice, 1);
    row->addWidget(m_accept);
    row->addWidget(cross);
    column->addWidget(m_banner);
    connect(m_accept, &QPushButton::clicked, &m_exchange, &Exchange::accept);
    connect(cross, &QPushButton::clicked, &m_exchange, &Exchange::keepWaiting);
}

void Frame::buildLooks()
{
    const auto choice = [this](QMenu *menu, const QString &text, bool chosen, auto &&set) {
        QAction *const action = menu->addAction(text);
        action->setCheckable(true);
        action->setChecked(chosen);
        connect(action, &QAction::triggered, this, [this, set] {
            set();
            m_settings.save();
            keepPlace();
            emit restyled();
        });
    };
    QMenu *const theme = m_menu->addMenu(tr("Theme"));
    choice(theme, tr("Dark"), m_settings.theme == Theme::Dark,
           [this] { m_settings.theme = Theme::Dark; });
    choice(theme, tr("Light"), m_settings.theme == Theme::Light,
           [this] { m_settings.theme = Theme::Light; });
    QMenu *const trend = m_menu->addMenu(tr("Colours"));
    choice(trend, tr("Red up, blue down"), m_settings.trend == Trend::Korean,
           [this] { m_settings.trend = Trend::Korean; });
    choice(trend, tr("Green up, red down"), m_settings.trend == Trend::Western,
           [this] { m_settings.trend = Trend::Western; });
    // Each language in its own words: who cannot read the present one finds it.
    QMenu *const language = m_menu->addMenu("언어 · Language");
    choice(language, "한국어", m_settings.language == "ko", [this] { m_settings.language = "ko"; });
    choice(language, "English", m_settings.language == "en",
           [this] { m_settings.language = "en"; });
    m_menu->addAction(tr("Reset layout"), this, [this] {
        Settings::forgetWindow(m_name);
        emit layoutForgotten();
    });
    m_menu->addSeparator();
}

bool Frame::fill()
{
    return false;
}

bool Frame::reveal()
{
    return false;
}

void Frame::begin()
{
    connect(&m_exchange, &Exchange::managerChanged, this, [this](UpbitLive::Manager *manager) {
        m_light->setManager(manager);
        m_light->setNote(m_exchange.url());
        attach(manager);
    });
    connect(&m_exchange, &Exchange::simulatedChanged, this, &Frame::showSimulated);
    connect(&m_exchange, &Exchange::marketsChanged, this, &Frame::showMarkets);
    connect(&m_exchange, &Exchange::noticeChanged, this, &Frame::showNotice);
    showSimulated(m_exchange.isSimulated());
    m_light->setManager(m_exchange.manager());
    m_light->setNote(m_exchange.url());
    attach(m_exchange.manager());
    showMarkets();
    showNotice();
    restoreGeometry(Settings::geometryOf(m_name));
    restoreState(Settings::layoutOf(m_name));
}

void Frame::keepPlace() const
{
    Settings::keepWindow(m_name, saveGeometry(), saveState());
}

void Frame::closeEvent(QCloseEvent *event)
{
    keepPlace();
    m_settings.save();
    QMainWindow::closeEvent(event);
}

void Frame::showSimulated(bool simulated)
{
    m_markLabel->setVisible(simulated);
    m_light->setLiveText(simulated ? tr("simulated") : QString());
    retitle();
}

void Frame::showMarkets()
{
}

void Frame::showNotice()
{
    const QString notice = m_exchange.notice();
    m_notice->setText(notice);
    m_notice->setToolTip(notice);
    m_accept->setText(m_exchange.offer() == Exchange::Offer::TryLive ? tr("Try live")
                                                                     : tr("Simulate now"));
    m_accept->setVisible(m_exchange.offer() != Exchange::Offer::None);
    m_banner->setVisible(!notice.isEmpty());
}

QString Frame::nameOf(const UpbitLive::Market &market) const
{
    const QString &name = m_settings.language == "ko" ? market.korean : market.english;
    return name.isEmpty() ? market.code : name;
}

QString Frame::titleOf(const QString &code) const
{
    return QString("<b style='font-size:15px'>%1</b> <span style='color:%2'>%3</span>")
        .arg(nameOf(m_exchange.market(code)).toHtmlEscaped(), look().dim.name(),
             code.toHtmlEscaped());
}

void Frame::setSubject(const QString &subject)
{
    m_subject = subject;
    retitle();
}

void Frame::retitle()
{
    QStringList parts;
    if (m_exchange.isSimulated())
        parts << mark();
    if (!m_subject.isEmpty())
        parts << m_subject;
    parts << "upbit-live";
    setWindowTitle(parts.join(" · "));
}
