// UpbitLive/types.h - all values of the bridge.
#ifndef UPBITLIVE_TYPES_H
#define UPBITLIVE_TYPES_H

#include <UpbitLive/accountdata.h>
#include <UpbitLive/control.h>
#include <UpbitLive/marketdata.h>

namespace UpbitLive
{
// Makes all values and batches known to QMetaType, for queued connections, QSignalSpy and QVariant.
// The first Proxy or Manager does it; calling it again is harmless.
UPBITLIVE_QT_EXPORT void registerMetaTypes();
} // namespace UpbitLive

#endif
