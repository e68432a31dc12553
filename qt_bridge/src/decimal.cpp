// Decimals for Qt: the C library's arithmetic and printing, with QString at the edge.
#include <UpbitLive/decimal.h>

namespace UpbitLive
{
Decimal Decimal::fromInt(qint64 value, int exponent) noexcept
{
    Decimal d;
    upbit_decimal_from_int64(&d.m_value, value, exponent);
    return d;
}

Decimal Decimal::fromString(const QString &text, bool *ok)
{
    Decimal d;
    const QByteArray bytes = text.toUtf8();
    const int error =
        upbit_decimal_parse(&d.m_value, bytes.constData(), static_cast<size_t>(bytes.size()));
    if (ok != nullptr)
        *ok = error >= 0;
    return d;
}

Decimal Decimal::null() noexcept
{
    Decimal d;
    d.m_value.null = 1;
    return d;
}

bool Decimal::isZero() const noexcept
{
    return upbit_decimal_is_zero(&m_value) == 1 && !isNull();
}

int Decimal::sign() const noexcept
{
    return upbit_decimal_sign(&m_value);
}

QString Decimal::toString() const
{
    if (isNull())
        return QString();
    char buffer[UPBIT_DECIMAL_STRING_SIZE];
    const size_t length = upbit_decimal_to_string(&m_value, buffer, sizeof buffer);
    return QString::fromLatin1(buffer, static_cast<int>(qMin(length, sizeof buffer - 1)));
}

QString Decimal::fixed(int places) const
{
    if (isNull())
        return QString();
    char buffer[UPBIT_DECIMAL_STRING_SIZE + UPBIT_DECIMAL_DIGITS_MAX];
    const size_t length =
        upbit_decimal_to_fixed(&m_value, qBound(0, places, UPBIT_DECIMAL_DIGITS_MAX), buffer,
                               sizeof buffer);
    return QString::fromLatin1(buffer, static_cast<int>(qMin(length, sizeof buffer - 1)));
}

QString Decimal::grouped(int places) const
{
    QString text = places < 0 ? toString() : fixed(places);
    int end = text.indexOf(QLatin1Char('.'));
    if (end < 0)
        end = text.size();
    const int first = text.startsWith(QLatin1Char('-')) ? 1 : 0;
    for (int i = end - 3; i > first; i -= 3)
        text.insert(i, QLatin1Char(','));
    return text;
}

double Decimal::toDouble() const noexcept
{
    return upbit_decimal_to_double(&m_value);
}

int Decimal::places() const noexcept
{
    return m_value.exponent < 0 ? -m_value.exponent : 0;
}

int Decimal::compare(const Decimal &other) const noexcept
{
    return upbit_decimal_compare(&m_value, &other.m_value);
}

Decimal Decimal::plus(const Decimal &other) const noexcept
{
    Decimal d;
    upbit_decimal_add(&d.m_value, &m_value, &other.m_value);
    return d;
}

Decimal Decimal::minus(const Decimal &other) const noexcept
{
    Decimal d;
    upbit_decimal_subtract(&d.m_value, &m_value, &other.m_value);
    return d;
}

Decimal Decimal::times(const Decimal &other) const noexcept
{
    Decimal d;
    upbit_decimal_multiply(&d.m_value, &m_value, &other.m_value);
    return d;
}
} // namespace UpbitLive
