// The bridge's own log category, and the way of the library's lines into Qt's logging.
#ifndef UPBITLIVE_LOGGING_P_H
#define UPBITLIVE_LOGGING_P_H

#include <QtCore/QLoggingCategory>

namespace UpbitLive
{
Q_DECLARE_LOGGING_CATEGORY(lcQt) // upbit.qt

// An upbit_log_function: called from the library's threads, with no context that could die early.
void logToQt(void *context, int level, const char *module, const char *line);
} // namespace UpbitLive

#endif
