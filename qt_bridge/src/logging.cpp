// The library's log lines as Qt log messages, one category per module.
//
// This runs on the I/O thread. QMessageLogger is safe there; the table of categories has a lock that is
// held only while looking up. Categories are never freed: lines can come until the process ends.
#include "logging_p.h"

#include <QtCore/QByteArray>
#include <QtCore/QHash>
#include <QtCore/QMutex>
#include <upbit-live/options.h>

namespace UpbitLive
{
Q_LOGGING_CATEGORY(lcQt, "upbit.qt")

static const QLoggingCategory &categoryOf(const char *module)
{
    struct Table {
        QMutex mutex;
        QHash<QByteArray, const QLoggingCategory *> categories;
    };
    static Table *const table = new Table; // outlives every thread on purpose
    const QByteArray name = QByteArrayLiteral("upbit.") + (module != nullptr ? module : "core");
    const QMutexLocker lock(&table->mutex);
    const QLoggingCategory *&category = table->categories[name];
    if (category == nullptr)
        category = new QLoggingCategory(qstrdup(name.constData()));
    return *category;
}

void logToQt(void *, int level, const char *module, const char *line)
{
    const QLoggingCategory &category = categoryOf(module);
    const QMessageLogger logger(nullptr, 0, nullptr, category.categoryName());
    if (level <= UPBIT_LOG_ERROR) {
        if (category.isCriticalEnabled())
            logger.critical("%s", line);
    } else if (level == UPBIT_LOG_WARNING) {
        if (category.isWarningEnabled())
            logger.warning("%s", line);
    } else if (level == UPBIT_LOG_INFO) {
        if (category.isInfoEnabled())
            logger.info("%s", line);
    } else if (category.isDebugEnabled()) {
        logger.debug("%s", line);
    }
}
} // namespace UpbitLive
