// The library's log lines as Qt log messages, one category per module.
//
// This runs on the I/O thread. QMessageLogger is safe there; the tables of categories have a lock
// that is held only while looking up. Categories are never freed: lines can come until the process
// ends.
#include "logging_p.h"

#include <QtCore/QByteArray>
#include <QtCore/QCoreApplication>
#include <QtCore/QHash>
#include <QtCore/QMutex>

namespace UpbitLive
{
Q_LOGGING_CATEGORY(lcQt, "upbit.qt")

namespace
{
struct Table {
    explicit Table(QtMsgType type) : least(type)
    {
    }
    const QtMsgType least; // shown where no rule says anything
    QMutex mutex;
    QHash<QByteArray, const QLoggingCategory *> categories;
};

const QLoggingCategory &categoryOf(Table *table, const char *module)
{
    const QByteArray name = QByteArrayLiteral("upbit.") + (module != nullptr ? module : "core");
    const QMutexLocker lock(&table->mutex);
    const QLoggingCategory *&category = table->categories[name];
    if (category == nullptr)
        category = new QLoggingCategory(qstrdup(name.constData()), table->least);
    return *category;
}

void write(const QLoggingCategory &category, int level, const char *line)
{
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

QMutex defaultMutex;
upbit_manager *loggedDefault; // the one whose lines go to Qt

// Qt's logging is not to be used once its statics are gone, and the default manager lives longer.
void defaultToStderr()
{
    const QMutexLocker lock(&defaultMutex);
    if (loggedDefault != nullptr)
        upbit_manager_set_log(loggedDefault, nullptr, nullptr,
                              !qEnvironmentVariableIsEmpty("UPBIT_LOG_LEVEL") ? 0
                                                                              : UPBIT_LOG_WARNING);
    loggedDefault = nullptr;
}
} // namespace

void logToQt(void *, int level, const char *module, const char *line)
{
    static Table *const table = new Table(QtDebugMsg); // outlives every thread on purpose
    write(categoryOf(table, module), level, line);
}

void logToQtByRules(void *, int level, const char *module, const char *line)
{
    static Table *const table = new Table(QtWarningMsg);
    write(categoryOf(table, module), level, line);
}

int defaultManager(upbit_manager **out)
{
    const QMutexLocker lock(&defaultMutex);
    const int error = upbit_manager_default(out);
    if (error < 0 || *out == loggedDefault)
        return error;
    // A level in the environment is an order; without one the rules decide.
    const bool told = !qEnvironmentVariableIsEmpty("UPBIT_LOG_LEVEL");
    upbit_manager_set_log(*out, told ? logToQt : logToQtByRules, nullptr,
                          told ? 0 : UPBIT_LOG_DEBUG);
    if (loggedDefault == nullptr)
        qAddPostRoutine(defaultToStderr);
    loggedDefault = *out;
    return error;
}
} // namespace UpbitLive
