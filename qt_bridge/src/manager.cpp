// The C manager as a QObject: options in, log lines and statistics out.
#include <UpbitLive/manager.h>
#include <UpbitLive/types.h>
#include <upbit-live/credentials.h>

#include <QtCore/QCoreApplication>

#include "error_p.h"
#include "logging_p.h"

namespace UpbitLive
{
Manager::Manager(QObject *parent) : Manager(ManagerOptions(), parent)
{
}

Manager::Manager(const ManagerOptions &options, QObject *parent) : QObject(parent)
{
    registerMetaTypes();
    // The C library copies everything; the byte arrays need to live through the call only.
    const QByteArray url = options.url.toUtf8(), privateUrl = options.privateUrl.toUtf8(),
                     restUrl = options.restUrl.toUtf8(), caFile = options.caFile.toLocal8Bit(),
                     proxy = options.proxy.toUtf8();
    const auto given = [](const QByteArray &text) {
        return text.isEmpty() ? nullptr : text.constData();
    };
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = given(url);
    o.private_url = given(privateUrl);
    o.rest_url = given(restUrl);
    o.ca_file = given(caFile);
    o.proxy = given(proxy);
    o.format = static_cast<int>(options.format);
    o.transport = static_cast<int>(options.transport);
    o.compression = static_cast<int>(options.compression);
    o.log_level = static_cast<int>(options.logLevel);
    o.log = logToQt;
    o.connect_timeout_ms = options.connectTimeoutMs;
    o.upgrade_timeout_ms = options.upgradeTimeoutMs;
    o.ping_interval_ms = options.pingIntervalMs;
    o.pong_timeout_ms = options.pongTimeoutMs;
    o.settle_ms = options.settleMs;
    o.settle_max_ms = options.settleMaxMs;
    o.memory_budget = options.memoryBudget;
    o.message_size_max = options.messageSizeMax;
    o.backoff_first_ms = options.backoffFirstMs;
    o.listing_ms = options.listingMs;
    o.environment_keys = static_cast<int>(options.environmentKeys);
    const int error = upbit_manager_create(&m_manager, &o);
    if (error < 0) {
        m_manager = nullptr;
        m_error = lastCallError(error);
        qCWarning(lcQt, "manager: %s", qUtf8Printable(m_error.message));
    }
}

Manager::Manager(upbit_manager *shared, QObject *parent)
    : QObject(parent), m_manager(shared), m_owned(false)
{
    registerMetaTypes();
}

Manager::~Manager()
{
    if (m_owned)
        upbit_manager_release(m_manager);
}

static Manager *theDefault;

Manager *Manager::defaultInstance()
{
    if (theDefault == nullptr) {
        upbit_manager *shared = nullptr;
        const int error = upbit_manager_default(&shared);
        if (error < 0) {
            qCWarning(lcQt, "manager: %s", qUtf8Printable(lastCallError(error).message));
            return nullptr;
        }
        theDefault = new Manager(shared, nullptr);
        // A static QObject would be destroyed after the application object, which Qt forbids.
        qAddPostRoutine([] {
            delete theDefault;
            theDefault = nullptr;
        });
    }
    return theDefault;
}

bool Manager::isValid() const noexcept
{
    return m_manager != nullptr;
}

Error Manager::lastError() const
{
    return m_error;
}

int Manager::takeEnvironmentKeys()
{
    return upbit_environment_take_keys();
}

void Manager::dropEnvironmentKeys()
{
    upbit_environment_drop_keys();
}

bool Manager::setCredentials(const QByteArray &accessKey, const QByteArray &secretKey)
{
    const bool none = accessKey.isEmpty() && secretKey.isEmpty();
    const int error = upbit_manager_set_credentials(
        m_manager, none ? nullptr : accessKey.constData(), none ? nullptr : secretKey.constData());
    if (error < 0)
        m_error = lastCallError(error);
    return error >= 0;
}

bool Manager::shutdown(quint32 deadlineMs)
{
    return m_manager != nullptr && upbit_manager_shutdown(m_manager, deadlineMs) >= 0;
}

upbit_stats Manager::stats() const
{
    upbit_stats stats = {};
    if (m_manager != nullptr)
        upbit_manager_get_stats(m_manager, &stats, sizeof stats);
    return stats;
}

UpbitLive::Health Manager::health() const
{
    upbit_health health = {};
    if (m_manager == nullptr || upbit_manager_get_health(m_manager, &health, sizeof health) < 0)
        return Health::Critical;
    return static_cast<Health>(health.level);
}

QString Manager::healthReason() const
{
    upbit_health health = {};
    if (m_manager == nullptr)
        return m_error.message;
    if (upbit_manager_get_health(m_manager, &health, sizeof health) < 0)
        return QString();
    return QString::fromUtf8(health.reason);
}

upbit_manager *Manager::handle() const noexcept
{
    return m_manager;
}
} // namespace UpbitLive
