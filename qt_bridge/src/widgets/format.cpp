// Tick tables (docs.upbit.com: krw-market-info, btc-market-info, usdt-market-info) and number texts.
#include <UpbitLive/widgets/format.h>

namespace UpbitLive
{
static bool below(const Decimal &value, int power)
{
    return value < Decimal::fromInt(1, power);
}

int pricePlaces(const QString &code, const Decimal &price)
{
    if (code.startsWith(QLatin1String("BTC-")))
        return 8;
    // The first power of ten whose prices have whole ticks; one place more per power below it.
    int power = code.startsWith(QLatin1String("USDT-")) ? 4 : 2;
    int places = 0;
    while (places < 8 && below(price, power)) {
        --power;
        ++places;
    }
    return places;
}

QString priceText(const QString &code, const Decimal &price)
{
    return price.isNull() ? QString() : price.grouped(qMax(pricePlaces(code, price), price.places()));
}

QString sizeText(const Decimal &size)
{
    const Decimal magnitude = size.sign() < 0 ? Decimal().minus(size) : size;
    if (!below(magnitude, 6))
        return size.grouped(0);
    if (!below(magnitude, 4))
        return size.grouped(1);
    if (!below(magnitude, 2))
        return size.grouped(2);
    if (!below(magnitude, 0))
        return size.grouped(4);
    return size.grouped(8);
}

QString rateText(const Decimal &rate)
{
    if (rate.isNull())
        return QString();
    const QString percent = rate.times(Decimal::fromInt(100)).fixed(2);
    return (rate.sign() > 0 ? QStringLiteral("+") : QString()) + percent + QLatin1Char('%');
}

// No decimal division is needed for two places: the double's error is far below them, and nobody
// computes with a text.
QString percentText(const Decimal &price, const Decimal &base)
{
    if (price.isNull() || base.isNull() || base.sign() <= 0)
        return QString();
    const double percent = price.minus(base).toDouble() / base.toDouble() * 100.0;
    return (percent > 0 ? QStringLiteral("+") : QString()) + QString::number(percent, 'f', 2) +
           QLatin1Char('%');
}
} // namespace UpbitLive
