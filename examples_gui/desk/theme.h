// One look for the whole desk: dark, dense, red up and blue down.
#ifndef DESK_THEME_H
#define DESK_THEME_H

#include <QColor>

class QApplication;

namespace theme
{
const QColor window(0x0d, 0x11, 0x19);
const QColor pane(0x14, 0x18, 0x22);
const QColor raised(0x1b, 0x21, 0x2e);
const QColor line(0x25, 0x2c, 0x3b);
const QColor text(0xd7, 0xdc, 0xe6);
const QColor dim(0x7f, 0x8a, 0x9e);
const QColor rise(0xf0, 0x4f, 0x5b);
const QColor fall(0x4d, 0x8d, 0xff);
const QColor good(0x3d, 0xd6, 0x8c);
const QColor warn(0xf5, 0xb3, 0x3d);
const QColor chosen(0x22, 0x2f, 0x4b);

inline QColor trend(int sign)
{
    return sign > 0 ? rise : sign < 0 ? fall : text;
}

// Style, palette, style sheet, and a font that has Korean.
void apply(QApplication &app);
} // namespace theme

#endif
