// The failure of a call into the C library as an Error.
#ifndef UPBITLIVE_ERROR_P_H
#define UPBITLIVE_ERROR_P_H

#include <UpbitLive/control.h>

namespace UpbitLive
{
// Must follow the failed call directly: the detail lives until this thread's next call.
Error lastCallError(int error);
} // namespace UpbitLive

#endif
