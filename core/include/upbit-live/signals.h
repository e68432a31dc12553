/* upbit-live/signals.h - SIGINT and SIGTERM end a program in order.
 *
 * The library installs no handler by itself. A program that wants Ctrl-C and a service manager's stop
 * to close its connections asks for it, before or after its managers are made:
 *
 *     int fd = upbit_signals_catch();          in main
 *     ... poll fd beside the proxies' descriptors; or wait for CLOSED, which every proxy gets ...
 *     upbit_manager_shutdown(m, 0);            waits for the end that has begun already
 *     return 128 + upbit_signals_caught();
 *
 * The handler asks all managers to stop (upbit_manager_request_stop) and makes the descriptor readable,
 * nothing else. A second signal of the kind has its default effect: it ends the program at once, so
 * nobody is ever locked in. A Qt program hangs the descriptor into its event loop:
 *
 *     QSocketNotifier notifier(upbit_signals_catch(), QSocketNotifier::Read);
 *     QObject::connect(&notifier, &QSocketNotifier::activated, &app, [&] {
 *         notifier.setEnabled(false);            it stays readable
 *         QCoreApplication::quit();              aboutToQuit, then the managers' destructors
 *     }); */
#ifndef UPBIT_LIVE_SIGNALS_H
#define UPBIT_LIVE_SIGNALS_H

#include "upbit-live/version.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Handles SIGINT and SIGTERM, where nobody else handles or ignores them, until upbit_signals_release.
 * Repeating is harmless. @thread any; best in main, before threads. Returns a descriptor that is
 * readable once one came: poll it, never read or close it; or SYSTEM. */
UPBIT_API int upbit_signals_catch(void);

/* Which signal came last, 0 if none did. @thread any. */
UPBIT_API int upbit_signals_caught(void);

/* Gives the signals back to what they were, and closes the descriptor.
 * @thread any, with nobody polling it. */
UPBIT_API void upbit_signals_release(void);

#ifdef __cplusplus
}
#endif
#endif
