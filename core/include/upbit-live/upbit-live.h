/* upbit-live/upbit-live.h - everything.
 *
 * Start reading at proxy.h (a widget's side), event.h (what it gets) and error.h. */
#ifndef UPBIT_LIVE_UPBIT_LIVE_H
#define UPBIT_LIVE_UPBIT_LIVE_H

#include "upbit-live/account.h"
#include "upbit-live/control.h"
#include "upbit-live/credentials.h"
#include "upbit-live/decimal.h"
#include "upbit-live/decode.h"
#include "upbit-live/error.h"
#include "upbit-live/event.h"
#include "upbit-live/inspect.h"
#include "upbit-live/limiter.h"
#include "upbit-live/log.h"
#include "upbit-live/manager.h"
#include "upbit-live/market.h"
#include "upbit-live/options.h"
#include "upbit-live/proxy.h"
#include "upbit-live/settings.h"
#include "upbit-live/signals.h"
#include "upbit-live/stats.h"
#include "upbit-live/version.h"
#include "upbit-live/waiter.h"

#endif
