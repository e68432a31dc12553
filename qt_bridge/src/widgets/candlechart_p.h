// The scale of what is visible: computed once per paint.
#ifndef UPBITLIVE_WIDGETS_CANDLECHART_P_H
#define UPBITLIVE_WIDGETS_CANDLECHART_P_H

#include <UpbitLive/widgets/candlechart.h>

namespace UpbitLive
{
struct CandleChart::Scale {
    QRect prices, volumes;    // the two areas; volumes is empty when not shown
    int first = 0, last = -1; // visible rows
    double low = 0, high = 1; // prices at the bottom and the top
    double volume = 0;        // the largest
    double step = 1;          // between price lines
    int places = 0;           // of the price axis

    double y(double price) const noexcept
    {
        return prices.bottom() - (price - low) / (high - low) * (prices.height() - 1);
    }
    double priceAt(double y) const noexcept
    {
        return low + (prices.bottom() - y) / (prices.height() - 1) * (high - low);
    }
};
} // namespace UpbitLive

#endif
