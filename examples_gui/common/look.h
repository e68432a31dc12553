// How the example windows look: dark or light, and which colour is up. Set before windows are made;
// to change it, make them again.
#ifndef COMMON_LOOK_H
#define COMMON_LOOK_H

#include <UpbitLive/widgets/colors.h>

enum class Theme { Dark, Light };
enum class Trend { Korean, Western }; // red is up and blue is down; green is up and red is down

struct Look {
    QColor window, pane, raised, line, text, dim, field, border, hover, chosen;
    QColor rise, fall, good, warn, bad, mark, markText;

    UpbitLive::MarketColors market() const;
    QColor trend(int sign) const
    {
        return sign > 0 ? rise : sign < 0 ? fall : text;
    }
    // A style sheet with @names of the colours above in it.
    QString css(const char *pattern) const;
};

const Look &look();
// Style, palette, style sheet, and a font that has Korean.
void setLook(Theme theme, Trend trend);

#endif
