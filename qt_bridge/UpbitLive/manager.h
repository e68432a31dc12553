// UpbitLive/manager.h - one I/O thread and its connections, with settings.
//
// Most programs need none: a Proxy without a manager uses the process-wide default one. Make your
// own to set an address, a CA file or a log level, or to talk to two exchanges.
//
// Deleting a Manager while proxies of it live is safe: the connection goes when the last of them
// does. Call shutdown() to end it at once; its proxies then get closed().
//
// The library's log lines, of the default manager too, go to the logging categories upbit.<module>,
// e.g. upbit.stream; they are logged from the I/O thread, as Qt's logging allows.
#ifndef UPBITLIVE_MANAGER_H
#define UPBITLIVE_MANAGER_H

#include <QtCore/QByteArray>
#include <QtCore/QObject>
#include <QtCore/QString>
#include <UpbitLive/control.h>
#include <upbit-live/credentials.h>

namespace UpbitLive
{
// Empty and 0 leave it to the environment and the defaults (upbit-live/options.h).
struct ManagerOptions {
    QString url;            // public stream
    QString privateUrl;     // default: url's host and port
    QString restUrl;        // default: url's host and port
    QString caFile;         // PEM
    QString proxy;          // http:// or socks5h://
    QString replayFile;     // a recording to play in place of any connection
    double replaySpeed = 0; // times as fast as recorded; negative: without waiting
    Format format = Format::Auto;
    Transport transport = Transport::Default;
    Switch compression = Switch::Auto;
    LimitStrategy limitStrategy = LimitStrategy::Default;
    Switch limitSharing =
        Switch::Auto;   // limits are counted together with the user's other processes
    QString limitGroup; // joins the keys of one pocket
    Region region = Region::Default;
    Profile profile = Profile::Default;
    Switch environment = Switch::Auto;         // UPBIT_* decides what is left open here
    QString ioCpus;                            // processors the I/O thread may use, "0,2-3"
    quint32 queueMessages = 0, queueBytes = 0; // of proxies that set none
    // Default: warnings and errors, and what the rules of the categories upbit.* let through. Any
    // other level makes everything down to it, and the rules can only leave some of it out.
    LogLevel logLevel = LogLevel::Default;
    quint32 connectTimeoutMs = 0, upgradeTimeoutMs = 0, pingIntervalMs = 0, pongTimeoutMs = 0;
    quint32 sendTimeoutMs = 0; // the socket takes nothing for that long: the connection is dead
    quint32 silenceMs = 0;     // so is one that brings no byte
    quint32 settleMs = 0, settleMaxMs = 0, backoffFirstMs = 0;
    quint64 memoryBudget = 0;
    quint32 messageSizeMax = 0;
    quint32 listingMs = 0; // how often the market list is asked for while anything is wanted
    quint32 monitorMs = 0; // how often subscriptions are verified, if there is a reason
    // keyHealthChanged: no first message, no message for that long; the latter for one type each.
    quint32 noDataMs = 0, staleMs = 0;
    quint32 tickerStaleMs = 0, tradeStaleMs = 0, orderbookStaleMs = 0, candleStaleMs = 0;
    // API keys (upbit-live/credentials.h): from the environment, which is for the default manager
    // only unless this is On; from a function that runs on a thread of its own; or by
    // setCredentials.
    Switch environmentKeys = Switch::Auto;
    TokenAlgorithm tokenAlgorithm = TokenAlgorithm::Default;
    quint32 tokenLifeMs = 0;
    upbit_credentials_function credentials = nullptr;
    void *credentialsContext = nullptr;
    QString logLevels;   // logLevel for some modules: "stream=debug,limit=error"
    QString logFile;     // of no effect here: lines go to the logging categories
    QString metricsFile; // OpenMetrics text, every metricsIntervalMs and at the end
    QString traceFile;   // every frame of the public stream, as a recording
    quint32 metricsIntervalMs = 0;
};

class UPBITLIVE_QT_EXPORT Manager : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool valid READ isValid CONSTANT)

  public:
    explicit Manager(QObject *parent = nullptr);
    explicit Manager(const ManagerOptions &options, QObject *parent = nullptr);
    // One that somebody else made and gives back, e.g. a binding of another language; it must be
    // there as long as this. Its log lines go where its maker said.
    explicit Manager(upbit_manager *handle, QObject *parent = nullptr);
    ~Manager() override;

    // The process-wide instance that proxies without a manager use. It belongs to the bridge and
    // goes with the application object; nullptr, and a line in upbit.qt, when it cannot be made.
    // Call it in the main thread.
    static Manager *defaultInstance();

    // Takes the API keys out of the environment into the library's safe memory, and overwrites them
    // there: the first thing in main, before the application object and with it threads. 1: there
    // were keys, 0: none, below 0 they are none that can be (upbit-live/credentials.h).
    static int takeEnvironmentKeys();
    // Wipes what was taken; managers keep theirs.
    static void dropEnvironmentKeys();

    // New keys; two empty ones: none any more. Copied at once; wipe yours. False: lastError says
    // why.
    bool setCredentials(const QByteArray &accessKey, const QByteArray &secretKey);

    // False when the options were refused or resources were missing: lastError says why.
    bool isValid() const noexcept;
    Error lastError() const;

    // Stops the connections; every proxy gets closed(). Waits at most deadlineMs (0: 1 s).
    bool shutdown(quint32 deadlineMs = 0);

    // What became of one grant of Proxy::acquireLimit: the answer's HTTP status (0: not sent, or no
    // answer), its Remaining-Req header, the body of a 418.
    bool reportLimit(LimitGroup group, int httpStatus, const QByteArray &remainingReq = {},
                     const QByteArray &body = {});

    upbit_stats stats() const;
    UpbitLive::Health health() const;
    QString healthReason() const;

    upbit_manager *handle() const noexcept;

  private:
    Q_DISABLE_COPY(Manager)

    upbit_manager *m_manager = nullptr;
    bool m_owned = true;
    Error m_error;
};
} // namespace UpbitLive

#endif
