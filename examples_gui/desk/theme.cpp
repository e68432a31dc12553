// The look, set once. The font is named: platforms disagree about the default one, and without a
// Korean font half of this window would be boxes.
#include "theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>

namespace theme
{
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

void apply(QApplication &app)
{
    QApplication::setStyle(QStyleFactory::create("Fusion"));
    QFont font(family());
    font.setPixelSize(13); // 10 pt at 96 dpi, whatever the platform thinks of the screen
    font.setStyleStrategy(QFont::PreferAntialias);
    QApplication::setFont(font);

    QPalette palette;
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, pane);
    palette.setColor(QPalette::AlternateBase, raised);
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Button, raised);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::Highlight, chosen);
    palette.setColor(QPalette::HighlightedText, text);
    palette.setColor(QPalette::ToolTipBase, raised);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::PlaceholderText, dim);
    QApplication::setPalette(palette);

    app.setStyleSheet(
        "QMainWindow::separator { background: #0d1119; width: 4px; height: 4px; }"
        "QToolTip { background: #1b212e; color: #d7dce6; border: 1px solid #3a4458; padding: 6px; }"
        "QTableView { background: #141822; border: none; outline: none; gridline-color: #141822; }"
        "QHeaderView { background: #141822; }"
        "QHeaderView::section { background: #141822; color: #7f8a9e; border: none;"
        "  border-bottom: 1px solid #252c3b; padding: 5px 8px; }"
        "QHeaderView::up-arrow, QHeaderView::down-arrow { width: 0px; height: 0px; }"
        "QLineEdit { background: #0f131c; color: #d7dce6; border: 1px solid #252c3b;"
        "  border-radius: 4px; padding: 5px 8px; }"
        "QLineEdit:focus { border-color: #4d8dff; }"
        "QPushButton, QToolButton { background: #232b3b; color: #d7dce6; border: 1px solid #323c50;"
        "  border-radius: 4px; padding: 4px 12px; }"
        "QPushButton:hover, QToolButton:hover { background: #2d374b; }"
        "QToolButton::menu-indicator { image: none; }"
        "QMenu { background: #1b212e; color: #d7dce6; border: 1px solid #323c50; }"
        "QMenu::item:selected { background: #222f4b; }"
        "QScrollBar:vertical { background: #141822; width: 8px; margin: 0; }"
        "QScrollBar::handle:vertical { background: #2d374b; border-radius: 4px; min-height: 30px; }"
        "QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }"
        "QScrollBar::add-page, QScrollBar::sub-page { background: none; }"
        "QScrollBar:horizontal { height: 0; }");
}
} // namespace theme
