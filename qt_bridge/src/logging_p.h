// The bridge's own log category, and the way of the library's lines into Qt's logging.
#ifndef UPBITLIVE_LOGGING_P_H
#define UPBITLIVE_LOGGING_P_H

#include <QtCore/QLoggingCategory>

#include <upbit-live/manager.h>

namespace UpbitLive
{
Q_DECLARE_LOGGING_CATEGORY(lcQt) // upbit.qt

// Two upbit_log_functions: called from the library's threads, with no context that could die early.
// What a manager was told to make is shown unless a rule says otherwise ...
void logToQt(void *context, int level, const char *module, const char *line);
// ... or warnings and errors only, unless a rule says otherwise.
void logToQtByRules(void *context, int level, const char *module, const char *line);

// The default manager, whose lines go to Qt until the application object goes. As
// upbit_manager_default. Any thread.
int defaultManager(upbit_manager **out);
} // namespace UpbitLive

#endif
