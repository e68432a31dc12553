// UpbitLive/event.h - a C event held by reference.
//
// The values of the bridge (Ticker, Trade, Orderbook ...) hold one reference on the library's
// immutable event and convert a field only when it is asked for: copying one costs a counter, a
// signal to twenty slots costs no copy. Keep them as long as you like, in any thread; each counts
// against the memory budget of the library until it goes.
#ifndef UPBITLIVE_EVENT_H
#define UPBITLIVE_EVENT_H

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QString>
#include <UpbitLive/decimal.h>
#include <upbit-live/event.h>

namespace UpbitLive
{
class UPBITLIVE_QT_EXPORT Event
{
    Q_GADGET
    Q_PROPERTY(bool valid READ isValid)
    Q_PROPERTY(UpbitLive::Type type READ type)
    Q_PROPERTY(QString code READ code)
    Q_PROPERTY(UpbitLive::StreamType streamType READ streamType)
    Q_PROPERTY(UpbitLive::Origin origin READ origin)
    Q_PROPERTY(quint32 epoch READ epoch)
    Q_PROPERTY(QDateTime exchangeTime READ exchangeTime)
    Q_PROPERTY(QDateTime receivedTime READ receivedTime)

  public:
    Event() noexcept = default;
    // Takes a reference of its own.
    explicit Event(const upbit_event *event) noexcept : m_event(event)
    {
        upbit_event_ref(m_event);
    }
    Event(const Event &other) noexcept : m_event(other.m_event)
    {
        upbit_event_ref(m_event);
    }
    Event(Event &&other) noexcept : m_event(other.m_event)
    {
        other.m_event = nullptr;
    }
    Event &operator=(Event other) noexcept
    {
        qSwap(m_event, other.m_event);
        return *this;
    }
    ~Event()
    {
        upbit_event_unref(m_event);
    }

    // False for a default-constructed value, whose fields are all empty.
    bool isValid() const noexcept
    {
        return m_event != nullptr;
    }
    Type type() const noexcept;
    QString code() const;
    QLatin1String codeLatin1() const noexcept; // lives as long as the event
    StreamType streamType() const noexcept;
    Origin origin() const noexcept;
    quint32 epoch() const noexcept;
    qint64 exchangeMs() const noexcept; // Unix time; 0 if none
    qint64 receivedMs() const noexcept; // Unix time
    qint64 receivedNs() const noexcept; // monotonic clock
    QDateTime exchangeTime() const;     // UTC
    QDateTime receivedTime() const;     // UTC
    // Did the message have a value for the field? By its index in upbit_type_fields.
    bool has(int field) const noexcept;
    // Members and enum values this version does not know, as a JSON object; empty if none.
    Q_INVOKABLE QByteArray extra() const;
    // One line of JSON with the exchange's field names.
    Q_INVOKABLE QByteArray toJson() const;

    const upbit_event *handle() const noexcept
    {
        return m_event;
    }

  private:
    const upbit_event *m_event = nullptr;
};
} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Event)
Q_DECLARE_TYPEINFO(UpbitLive::Event, Q_MOVABLE_TYPE);

#endif
