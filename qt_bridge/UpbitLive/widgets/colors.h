// UpbitLive/widgets/colors.h - the colours of painted widgets.
#ifndef UPBITLIVE_WIDGETS_COLORS_H
#define UPBITLIVE_WIDGETS_COLORS_H

#include <QtGui/QColor>
#include <UpbitLive/widgets/format.h>

namespace UpbitLive
{
// The default is dark, and red is up, as Korea reads a chart.
struct MarketColors {
    QColor background = QColor(0x14, 0x18, 0x22);
    QColor line = QColor(0x23, 0x2a, 0x38);
    QColor text = QColor(0xd7, 0xdc, 0xe6);
    QColor dim = QColor(0x7f, 0x8a, 0x9e);
    QColor rise = QColor(0xf0, 0x4f, 0x5b);
    QColor fall = QColor(0x4d, 0x8d, 0xff);
};

inline const QColor &trendColor(const MarketColors &colors, int trend)
{
    return trend > 0 ? colors.rise : trend < 0 ? colors.fall : colors.text;
}
} // namespace UpbitLive

#endif
