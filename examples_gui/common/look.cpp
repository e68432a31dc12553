// The font is named: platforms disagree about the default one, and without a Korean font half of
// these windows would be boxes.
#include "look.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>

static Look current;

static Look made(Theme theme, Trend trend)
{
    Look l;
    if (theme == Theme::Dark) {
        l.window = 0x0d1119;
        l.pane = 0x141822;
        l.raised = 0x1b212e;
        l.line = 0x252c3b;
        l.text = 0xd7dce6;
        l.dim = 0x7f8a9e;
        l.field = 0x0f131c;
        l.border = 0x323c50;
        l.hover = 0x2d374b;
        l.chosen = 0x222f4b;
    } else {
        l.window = 0xe4e8ee;
        l.pane = 0xffffff;
        l.raised = 0xf3f5f9;
        l.line = 0xe1e5ec;
        l.text = 0x1c2430;
        l.dim = 0x68748a;
        l.field = 0xffffff;
        l.border = 0xc3cad6;
        l.hover = 0xe2e8f3;
        l.chosen = 0xdbe7ff;
    }
    const bool dark = theme == Theme::Dark;
    const QColor red = dark ? 0xf04f5b : 0xd0213c, blue = dark ? 0x4d8dff : 0x1459d9,
                 green = dark ? 0x2fbf7f : 0x0b8a55;
    l.rise = trend == Trend::Korean ? red : green;
    l.fall = trend == Trend::Korean ? blue : red;
    l.good = dark ? 0x3dd68c : 0x0b8a55;
    l.warn = dark ? 0xf5b33d : 0xb26b00;
    l.bad = dark ? 0xf04f5b : 0xd0213c;
    l.mark = 0xf5b33d; // the same everywhere: simulated data must be seen
    l.markText = 0x161208;
    return l;
}

UpbitLive::MarketColors Look::market() const
{
    UpbitLive::MarketColors colors;
    colors.background = pane;
    colors.line = line;
    colors.text = text;
    colors.dim = dim;
    colors.rise = rise;
    colors.fall = fall;
    return colors;
}

QString Look::css(const char *pattern) const
{
    QString text_ = QString::fromUtf8(pattern);
    const struct {
        const char *name;
        const QColor &color;
    } names[] = {{"@window", window}, {"@pane", pane},        {"@raised", raised},
                 {"@line", line},     {"@text", text},        {"@dim", dim},
                 {"@field", field},   {"@border", border},    {"@hover", hover},
                 {"@chosen", chosen}, {"@rise", rise},        {"@fall", fall},
                 {"@warn", warn},     {"@inverse", markText}, {"@mark", mark}};
    for (const auto &entry : names)
        text_.replace(QLatin1String(entry.name), entry.color.name());
    return text_;
}

const Look &look()
{
    return current;
}

static QString family()
{
    const QStringList installed = QFontDatabase().families();
    for (const char *name : {"NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic",
                             "Apple SD Gothic Neo", "NanumBarunGothic", "UnDotum"}) {
        if (installed.contains(QLatin1String(name)))
            return QLatin1String(name);
    }
    return QFontDatabase::systemFont(QFontDatabase::GeneralFont).family();
}

void setLook(Theme theme, Trend trend)
{
    current = made(theme, trend);
    QApplication::setStyle(QStyleFactory::create("Fusion"));
    QFont font(family());
    font.setPixelSize(13); // 10 pt at 96 dpi, whatever the platform thinks of the screen
    font.setStyleStrategy(QFont::PreferAntialias);
    QApplication::setFont(font);

    QPalette palette;
    palette.setColor(QPalette::Window, current.window);
    palette.setColor(QPalette::WindowText, current.text);
    palette.setColor(QPalette::Base, current.pane);
    palette.setColor(QPalette::AlternateBase, current.raised);
    palette.setColor(QPalette::Text, current.text);
    palette.setColor(QPalette::Button, current.raised);
    palette.setColor(QPalette::ButtonText, current.text);
    palette.setColor(QPalette::Highlight, current.chosen);
    palette.setColor(QPalette::HighlightedText, current.text);
    palette.setColor(QPalette::ToolTipBase, current.raised);
    palette.setColor(QPalette::ToolTipText, current.text);
    palette.setColor(QPalette::PlaceholderText, current.dim);
    QApplication::setPalette(palette);

    qApp->setStyleSheet(current.css(
        "QMainWindow::separator { background: @window; width: 4px; height: 4px; }"
        "QToolTip { background: @raised; color: @text; border: 1px solid @border; padding: 6px; }"
        "QTableView { background: @pane; border: none; outline: none; gridline-color: @pane; }"
        "QHeaderView { background: @pane; }"
        "QHeaderView::section { background: @pane; color: @dim; border: none;"
        "  border-bottom: 1px solid @line; padding: 5px 8px; }"
        "QHeaderView::up-arrow, QHeaderView::down-arrow { width: 0px; height: 0px; }"
        "QLineEdit, QComboBox { background: @field; color: @text; border: 1px solid @border;"
        "  border-radius: 4px; padding: 4px 8px; }"
        "QLineEdit:focus, QComboBox:focus { border-color: #4d8dff; }"
        "QComboBox::drop-down { border: none; width: 20px; }"
        // A triangle of borders: the style's own arrow comes with an edge that knows no themes.
        "QComboBox::down-arrow { image: none; width: 0px; height: 0px; border-top: 5px solid @dim;"
        "  border-left: 4px solid @field; border-right: 4px solid @field; }"
        "QComboBox QAbstractItemView { background: @raised; color: @text;"
        "  selection-background-color: @chosen; }"
        "QPushButton, QToolButton { background: @raised; color: @text; border: 1px solid @border;"
        "  border-radius: 4px; padding: 4px 12px; }"
        "QPushButton:hover, QToolButton:hover { background: @hover; }"
        "QPushButton:focus, QToolButton:focus { border-color: #4d8dff; }"
        "QToolButton[unit=true] { padding: 3px 8px; border-color: @raised; }"
        "QToolButton:checked { background: @chosen; border-color: #4d8dff; }"
        "QToolButton::menu-indicator { image: none; }"
        "QMenu { background: @raised; color: @text; border: 1px solid @border; }"
        "QMenu::item:selected { background: @chosen; }"
        "QTabBar::tab { background: @raised; color: @dim; padding: 5px 12px; border: none; }"
        "QTabBar::tab:selected { color: @text; background: @pane; }"
        "QScrollBar:vertical { background: @pane; width: 8px; margin: 0; }"
        "QScrollBar::handle:vertical { background: @border; border-radius: 4px; min-height: 30px; }"
        "QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }"
        "QScrollBar::add-page, QScrollBar::sub-page { background: none; }"
        "QScrollBar:horizontal { height: 0; }"));
}
