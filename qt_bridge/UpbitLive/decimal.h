// UpbitLive/decimal.h - an exact decimal number, as the exchange sent it.
//
// Never convert a price to double to show it: toString, fixed and grouped print the exact digits.
#ifndef UPBITLIVE_DECIMAL_H
#define UPBITLIVE_DECIMAL_H

#include <QtCore/QString>
#include <UpbitLive/global.h>
#include <upbit-live/decimal.h>

namespace UpbitLive
{
class UPBITLIVE_QT_EXPORT Decimal
{
    Q_GADGET
    Q_PROPERTY(bool null READ isNull)
    Q_PROPERTY(QString text READ toString)
    Q_PROPERTY(double number READ toDouble)

  public:
    Decimal() noexcept : m_value()
    {
    }
    Decimal(const upbit_decimal &value) noexcept : m_value(value)
    {
    }
    // value * 10^exponent, null when out of range.
    static Decimal fromInt(qint64 value, int exponent = 0) noexcept;
    // Null, and *ok false, when text is not a number of at most 38 digits.
    static Decimal fromString(const QString &text, bool *ok = nullptr);
    static Decimal null() noexcept;

    bool isNull() const noexcept
    {
        return m_value.null != 0;
    }
    Q_INVOKABLE bool isZero() const noexcept;
    Q_INVOKABLE int sign() const noexcept; // -1, 0, 1; 0 for null

    // Plain digits, "0" for zero, an empty string for null.
    Q_INVOKABLE QString toString() const;
    // Exactly `places` digits behind the point (0..38), rounded half away from zero.
    Q_INVOKABLE QString fixed(int places) const;
    // As fixed, with thousands separators; places < 0: the number's own digits.
    Q_INVOKABLE QString grouped(int places = -1) const;
    // The nearest double; 0 for null. For geometry (bars, charts), not for showing.
    Q_INVOKABLE double toDouble() const noexcept;
    // Digits the exact value has behind the point, 0 or more.
    Q_INVOKABLE int places() const noexcept;

    const upbit_decimal &value() const noexcept
    {
        return m_value;
    }

    // Null is below every number and equal to null.
    int compare(const Decimal &other) const noexcept;
    // Exact; null when an operand is null or the result needs more than 38 digits.
    Decimal plus(const Decimal &other) const noexcept;
    Decimal minus(const Decimal &other) const noexcept;
    Decimal times(const Decimal &other) const noexcept;

    friend bool operator==(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) == 0;
    }
    friend bool operator!=(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) != 0;
    }
    friend bool operator<(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) < 0;
    }
    friend bool operator>(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) > 0;
    }
    friend bool operator<=(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) <= 0;
    }
    friend bool operator>=(const Decimal &a, const Decimal &b) noexcept
    {
        return a.compare(b) >= 0;
    }

  private:
    upbit_decimal m_value;
};
} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Decimal)
Q_DECLARE_TYPEINFO(UpbitLive::Decimal, Q_PRIMITIVE_TYPE);

#endif
