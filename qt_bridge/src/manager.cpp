// The C manager as a QObject: options in, log lines and statistics out.
#include <UpbitLive/manager.h>
#include <UpbitLive/types.h>
#include <upbit-live/credentials.h>

#include <QtCore/QCoreApplication>
#include <upbit-live/limiter.h>

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
                     proxy = options.proxy.toUtf8(), replayFile = options.replayFile.toLocal8Bit(),
                     limitGroup = options.limitGroup.toUtf8(), ioCpus = options.ioCpus.toUtf8(),
                     logLevels = options.logLevels.toUtf8(),
                     logFile = options.logFile.toLocal8Bit(),
                     metricsFile = options.metricsFile.toLocal8Bit(),
                     traceFile = options.traceFile.toLocal8Bit();
    const auto given = [](const QByteArray &text) {
        return text.isEmpty() ? nullptr : text.constData();
    };
    upbit_options o = UPBIT_OPTIONS_INIT;
    o.url = given(url);
    o.private_url = given(privateUrl);
    o.rest_url = given(restUrl);
    o.ca_file = given(caFile);
    o.proxy = given(proxy);
    o.replay_file = given(replayFile);
    o.replay_speed = options.replaySpeed;
    o.format = static_cast<int>(options.format);
    o.transport = static_cast<int>(options.transport);
    o.compression = static_cast<int>(options.compression);
    const bool byRules = options.logLevel == LogLevel::Default;
    o.log_level = byRules ? UPBIT_LOG_DEBUG : static_cast<int>(options.logLevel);
    o.log = byRules ? logToQtByRules : logToQt;
    o.limit_strategy = static_cast<int>(options.limitStrategy);
    o.limit_sharing = static_cast<int>(options.limitSharing);
    o.limit_group = given(limitGroup);
    o.region = static_cast<int>(options.region);
    o.profile = static_cast<int>(options.profile);
    o.environment = static_cast<int>(options.environment);
    o.io_cpus = given(ioCpus);
    o.queue_messages = options.queueMessages;
    o.queue_bytes = options.queueBytes;
    o.token_life_ms = options.tokenLifeMs;
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
    o.send_timeout_ms = options.sendTimeoutMs;
    o.silence_ms = options.silenceMs;
    o.monitor_ms = options.monitorMs;
    o.no_data_ms = options.noDataMs;
    o.stale_ms = options.staleMs;
    o.ticker_stale_ms = options.tickerStaleMs;
    o.trade_stale_ms = options.tradeStaleMs;
    o.orderbook_stale_ms = options.orderbookStaleMs;
    o.candle_stale_ms = options.candleStaleMs;
    o.environment_keys = static_cast<int>(options.environmentKeys);
    o.token_algorithm = static_cast<int>(options.tokenAlgorithm);
    o.credentials = options.credentials;
    o.credentials_context = options.credentialsContext;
    o.log_levels = given(logLevels);
    o.log_file = given(logFile);
    o.metrics_file = given(metricsFile);
    o.trace_file = given(traceFile);
    o.metrics_interval_ms = options.metricsIntervalMs;
    const int error = upbit_manager_create(&m_manager, &o);
    if (error < 0) {
        m_manager = nullptr;
        m_error = lastCallError(error);
        qCWarning(lcQt, "manager: %s", qUtf8Printable(m_error.message));
    }
}

Manager::Manager(upbit_manager *handle, QObject *parent)
    : QObject(parent), m_manager(handle), m_owned(false)
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
    upbit_manager *shared = nullptr;
    const int error = defaultManager(&shared); // another one than last time after a shutdown
    if (error < 0) {
        qCWarning(lcQt, "manager: %s", qUtf8Printable(lastCallError(error).message));
        return nullptr;
    }
    if (theDefault != nullptr) {
        theDefault->m_manager = shared;
    } else {
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

bool Manager::reportLimit(LimitGroup group, int httpStatus, const QByteArray &remainingReq,
                          const QByteArray &body)
{
    if (m_manager == nullptr)
        return false;
    const auto given = [](const QByteArray &text) {
        return text.isEmpty() ? nullptr : text.constData();
    };
    const int error = upbit_limiter_report(m_manager, static_cast<int>(group), httpStatus,
                                           given(remainingReq), given(body));
    if (error < 0)
        m_error = lastCallError(error);
    return error >= 0;
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
