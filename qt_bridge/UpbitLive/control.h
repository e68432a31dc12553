// UpbitLive/control.h - what the library says about itself: states, replies, gaps, errors.
#ifndef UPBITLIVE_CONTROL_H
#define UPBITLIVE_CONTROL_H

#include <QtCore/QMetaType>
#include <QtCore/QString>
#include <UpbitLive/decimal.h>

namespace UpbitLive
{
// What went wrong: in a call (code INVALID_ARGUMENT and the like, detail names the culprit) or on
// the stream, once per episode.
struct UPBITLIVE_QT_EXPORT Error {
    Q_GADGET
    Q_PROPERTY(int code MEMBER code)
    Q_PROPERTY(QString name READ name)
    Q_PROPERTY(QString message MEMBER message)
    Q_PROPERTY(quint64 requestId MEMBER requestId)
    Q_PROPERTY(int httpStatus MEMBER httpStatus)
    Q_PROPERTY(QString exchangeName MEMBER exchangeName)

  public:
    int code = 0;          // upbit_error; 0: no error
    QString message;       // what happened and what to do
    quint64 requestId = 0; // of the command it ended; 0: none
    int httpStatus = 0;    // of a refused upgrade or REST answer; 0: none
    QString exchangeName;  // the exchange's error name, e.g. INVALID_PARAM
    quint32 count = 1;     // how many errors this one stands for
    Session session = Session::Public;

    QString name() const; // e.g. "INVALID_ARGUMENT"
    explicit operator bool() const noexcept
    {
        return code < 0;
    }
};

struct UPBITLIVE_QT_EXPORT StateInfo {
    Q_GADGET
    Q_PROPERTY(UpbitLive::State state MEMBER state)
    Q_PROPERTY(UpbitLive::Session session MEMBER session)
    Q_PROPERTY(quint32 attempt MEMBER attempt)
    Q_PROPERTY(quint32 delayMs MEMBER delayMs)
    Q_PROPERTY(quint32 downMs MEMBER downMs)
    Q_PROPERTY(int error MEMBER error)
    Q_PROPERTY(bool encrypted MEMBER encrypted)

  public:
    State state = State::Idle;
    Session session = Session::Public;
    quint32 attempt = 0; // connection attempts since the last Live
    quint32 delayMs = 0; // Reconnecting: until the next attempt
    quint32 downMs = 0;  // Live after a cut: how long the stream was down
    int error = 0;       // why the last connection ended, upbit_error
    bool encrypted = false;

    QString stateName() const; // "live", "connecting" ...
};

// `count` events of `type`, numbers first..last, will never be delivered to this proxy. count 0:
// nobody knows how many; trades of `code` between afterMs and beforeMs (the exchange's clock, Unix
// time) were missed in a cut and could not all be had back.
struct UPBITLIVE_QT_EXPORT Gap {
    Q_GADGET
    Q_PROPERTY(UpbitLive::Type type MEMBER type)
    Q_PROPERTY(quint64 count MEMBER count)
    Q_PROPERTY(quint64 first MEMBER first)
    Q_PROPERTY(quint64 last MEMBER last)
    Q_PROPERTY(QString code MEMBER code)
    Q_PROPERTY(qint64 afterMs MEMBER afterMs)
    Q_PROPERTY(qint64 beforeMs MEMBER beforeMs)

  public:
    Type type = Type::None;
    quint64 count = 0, first = 0, last = 0;
    QString code;
    qint64 afterMs = 0, beforeMs = 0;
};

// The end of a command.
struct UPBITLIVE_QT_EXPORT Reply {
    Q_GADGET
    Q_PROPERTY(quint64 requestId MEMBER requestId)
    Q_PROPERTY(int error MEMBER error)
    Q_PROPERTY(QString detail MEMBER detail)

  public:
    quint64 requestId = 0;
    int error = 0;   // 0 or an upbit_error
    int command = 0; // upbit_command
    QString detail;  // e.g. which code is unknown
};

// A key without data, without news, or with news again; or one that the exchange delisted or
// listed.
struct UPBITLIVE_QT_EXPORT KeyHealth {
    Q_GADGET
    Q_PROPERTY(UpbitLive::Freshness freshness MEMBER freshness)
    Q_PROPERTY(UpbitLive::Type type MEMBER type)
    Q_PROPERTY(QString code MEMBER code)
    Q_PROPERTY(qint64 ageMs MEMBER ageMs)

  public:
    Freshness freshness = Freshness::NoData;
    Type type = Type::None;
    QString code;
    CandleUnit unit = CandleUnit::None;
    Decimal level;
    qint64 ageMs = 0; // since the last event of the key, or since it was asked for
};
} // namespace UpbitLive

Q_DECLARE_METATYPE(UpbitLive::Error)
Q_DECLARE_METATYPE(UpbitLive::StateInfo)
Q_DECLARE_METATYPE(UpbitLive::Gap)
Q_DECLARE_METATYPE(UpbitLive::Reply)
Q_DECLARE_METATYPE(UpbitLive::KeyHealth)

#endif
