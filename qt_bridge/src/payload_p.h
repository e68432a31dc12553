// How the values of the bridge reach into an event, shared by market and account data.
#ifndef UPBITLIVE_PAYLOAD_P_H
#define UPBITLIVE_PAYLOAD_P_H

#include <UpbitLive/event.h>

namespace UpbitLive
{
// An invalid value answers with an all-empty payload instead of crashing in a slot.
template <class Payload>
const Payload &payload(const upbit_event *event,
                       const Payload *(*accessor)(const upbit_event *)) noexcept
{
    static const Payload empty = Payload();
    const Payload *found = accessor(event);
    return found != nullptr ? *found : empty;
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
