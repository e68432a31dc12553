// UpbitLive/widgets/format.h - exact numbers as a trading window shows them.
#ifndef UPBITLIVE_WIDGETS_FORMAT_H
#define UPBITLIVE_WIDGETS_FORMAT_H

#include <QtCore/QString>
#include <UpbitLive/decimal.h>

#if defined(UPBITLIVE_WIDGETS_BUILD)
#define UPBITLIVE_WIDGETS_EXPORT Q_DECL_EXPORT
#else
#define UPBITLIVE_WIDGETS_EXPORT Q_DECL_IMPORT
#endif

namespace UpbitLive
{
// Places behind the point that the tick size of the code's quote currency has at this price. A hint for
// showing: markets with a tick of their own exist.
UPBITLIVE_WIDGETS_EXPORT int pricePlaces(const QString &code, const Decimal &price);
// With thousands separators and the tick's places; more if the value has more: never rounded.
UPBITLIVE_WIDGETS_EXPORT QString priceText(const QString &code, const Decimal &price);
// Volumes, rounded to a width that suits their size: 12,345.6, 1.2345, 0.00012300.
UPBITLIVE_WIDGETS_EXPORT QString sizeText(const Decimal &size);
// "+1.23%" of a rate like 0.0123.
UPBITLIVE_WIDGETS_EXPORT QString rateText(const Decimal &rate);
// price / base - 1 in percent with sign, exact to two places; empty without a base.
UPBITLIVE_WIDGETS_EXPORT QString percentText(const Decimal &price, const Decimal &base);
} // namespace UpbitLive

#endif
