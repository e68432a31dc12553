// How the values of the bridge reach into an event, shared by market and account data.
#ifndef UPBITLIVE_PAYLOAD_P_H
#define UPBITLIVE_PAYLOAD_P_H

#include <UpbitLive/event.h>

namespace UpbitLive
{
// An invalid value answers with an all-empty payload instead of crashing in a slot. Every field
// that is read comes by here: the type is compared in place, as upbit_event_ticker and its like
// would.
template <class Payload, int type> const Payload &payload(const upbit_event *event) noexcept
{
    static const Payload empty = Payload();
    return event != nullptr && event->type == type ? *reinterpret_cast<const Payload *>(event)
                                                   : empty;
}

inline QString text(const char *utf8)
{
    return utf8 != nullptr ? QString::fromUtf8(utf8) : QString();
}

inline QDateTime time(qint64 unixMs)
{
    return unixMs != 0 ? QDateTime::fromMSecsSinceEpoch(unixMs, Qt::UTC) : QDateTime();
}
} // namespace UpbitLive

#endif
