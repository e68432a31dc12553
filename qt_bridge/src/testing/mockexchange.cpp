// Starting, asking and ending upbit-mock. HTTP is by hand over a blocking socket: QtNetwork would
// be one more library for a test that needs none, and its replies need an event loop, in which the
// very events a test wants to hold back would be delivered.
#include <UpbitLive/testing/mockexchange.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QProcess>
#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryFile>
#include <QtCore/QThread>
#include <QtCore/QUrl>

#include <cerrno>
#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace UpbitLive
{
static const int patienceMs = 5000;

struct MockExchange::Child {
    QProcess process;
    QTemporaryFile recording;
    QString url, error;
};

// The descriptor of a new connection to the host and port of `url`, or -1 with errno.
static int connectTo(const QUrl &url)
{
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo *found = nullptr;
    if (getaddrinfo(url.host().toLatin1().constData(), QByteArray::number(url.port()).constData(),
                    &hints, &found) != 0) {
        errno = EINVAL;
        return -1;
    }
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval patience = {};
    patience.tv_sec = patienceMs / 1000;
    bool good = fd >= 0 &&
                setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
                connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    const int error = errno;
    freeaddrinfo(found);
    if (!good && fd >= 0)
        close(fd);
    errno = error;
    return good ? fd : -1;
}

// Everything until the peer closes; an incomplete answer when it goes wrong, with errno.
static QByteArray exchangeBytes(int fd, const QByteArray &request)
{
    for (int sent = 0; sent < request.size();) {
        const ssize_t n = send(fd, request.constData() + sent,
                               static_cast<size_t>(request.size() - sent), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return QByteArray();
        sent += static_cast<int>(n);
    }
    QByteArray answer;
    char buffer[16384];
    for (;;) {
        const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return QByteArray();
        if (n == 0)
            break;
        answer.append(buffer, static_cast<int>(n));
    }
    errno = 0;
    return answer;
}

MockExchange::MockExchange(const QStringList &arguments) : m_child(new Child)
{
    start(arguments);
}

MockExchange::MockExchange(PlayTag, const QVector<QByteArray> &messages,
                           const QStringList &arguments)
    : m_child(new Child)
{
    QTemporaryFile &file = m_child->recording;
    bool written = file.open();
    for (const QByteArray &message : messages) {
        if (message.contains('\n') || message.isEmpty()) {
            m_child->error = QStringLiteral("a message is empty or has a line break");
            return;
        }
        written = written && file.write(message + '\n') == message.size() + 1;
    }
    if (!written || !file.flush()) {
        m_child->error = QStringLiteral("the messages cannot be written to a temporary file: %1")
                             .arg(file.errorString());
        return;
    }
    start(QStringList{QStringLiteral("--replay"), file.fileName(), QStringLiteral("--replay-speed"),
                      QStringLiteral("0")} +
          arguments);
}

void MockExchange::start(const QStringList &arguments)
{
    const QString program = find();
    if (program.isEmpty()) {
        m_child->error = QStringLiteral("upbit-mock not found; set UPBIT_MOCK");
        return;
    }
    QProcess &process = m_child->process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(program, QStringList{QStringLiteral("--port"), QStringLiteral("0"),
                                       QStringLiteral("--parent-death")} +
                               arguments);
    // Its one line is written when the port is open.
    QElapsedTimer since;
    since.start();
    while (!process.canReadLine() && since.elapsed() < 2LL * patienceMs &&
           process.waitForReadyRead(static_cast<int>(2LL * patienceMs - since.elapsed()))) {
    }
    const QString line = QString::fromUtf8(process.readLine()).trimmed();
    if (line.startsWith(QLatin1String("listening "))) {
        m_child->url = line.mid(10);
        return;
    }
    if (process.error() == QProcess::FailedToStart)
        m_child->error = QStringLiteral("%1: %2").arg(program, process.errorString());
    else if (process.state() == QProcess::NotRunning)
        m_child->error =
            QStringLiteral("%1 ended, status %2; see stderr").arg(program).arg(process.exitCode());
    else
        m_child->error = QStringLiteral("%1 does not say where it listens").arg(program);
}

MockExchange::~MockExchange()
{
    QProcess &process = m_child->process;
    if (process.state() == QProcess::NotRunning)
        return;
    resume(); // a stopped process does not see the signal
    process.terminate();
    if (!process.waitForFinished(2000)) {
        process.kill();
        process.waitForFinished(2000);
    }
}

bool MockExchange::isRunning() const
{
    // QProcess learns of an end by the event loop, which a test need not have.
    const qint64 pid = m_child->process.processId();
    return !m_child->url.isEmpty() && pid > 0 && m_child->process.state() == QProcess::Running &&
           !m_child->process.waitForFinished(0);
}

QString MockExchange::errorString() const
{
    return m_child->error;
}

QString MockExchange::url() const
{
    return m_child->url;
}

ManagerOptions MockExchange::options() const
{
    ManagerOptions options;
    options.url = m_child->url;
    options.settleMs = 1;
    options.settleMaxMs = 5;
    options.backoffFirstMs = 1;
    return options;
}

MockExchange::Answer MockExchange::ask(const QByteArray &method, const QByteArray &path,
                                       const QByteArray &body)
{
    Answer answer;
    if (m_child->url.isEmpty())
        return answer; // the error says why it did not start
    m_child->error.clear();
    const QUrl url(m_child->url);
    if (url.scheme() != QLatin1String("ws")) {
        m_child->error = QStringLiteral("with --tls-cert it takes no orders this way");
        return answer;
    }
    const int fd = connectTo(url);
    QByteArray bytes;
    int error = errno;
    if (fd >= 0) {
        const QByteArray host = url.authority().toLatin1();
        bytes = exchangeBytes(fd, method + ' ' + path + " HTTP/1.1\r\nHost: " + host +
                                      "\r\nConnection: close\r\nContent-Length: " +
                                      QByteArray::number(body.size()) + "\r\n\r\n" + body);
        error = errno;
        close(fd);
    }
    const int head = bytes.indexOf("\r\n\r\n");
    if (head < 0) {
        m_child->error = QStringLiteral("%1: %2").arg(QString::fromUtf8(path),
                                                      error != 0 ? qt_error_string(error)
                                                                 : QStringLiteral("no answer"));
        return answer;
    }
    answer.status = bytes.mid(9, 3).toInt(); // "HTTP/1.1 200 OK"
    answer.body = bytes.mid(head + 4);
    if (!answer)
        m_child->error = QStringLiteral("%1: %2 %3")
                             .arg(QString::fromUtf8(path))
                             .arg(answer.status)
                             .arg(QString::fromUtf8(answer.body).trimmed());
    return answer;
}

MockExchange::Answer MockExchange::post(const QByteArray &path, const QByteArray &body)
{
    return ask("POST", path, body);
}

MockExchange::Answer MockExchange::get(const QByteArray &path)
{
    return ask("GET", path, QByteArray());
}

bool MockExchange::waitForRequest(const QByteArray &part, int timeoutMs)
{
    const QString wanted = QString::fromUtf8(part);
    QElapsedTimer since;
    since.start();
    qint64 next = 0;
    for (;;) {
        const Answer answer = get("/mock/received?since=" + QByteArray::number(next));
        if (!answer)
            return false;
        const QJsonObject page = QJsonDocument::fromJson(answer.body).object();
        const QJsonArray received = page.value(QLatin1String("received")).toArray();
        for (const auto &value : received) {
            const QJsonObject one = value.toObject();
            if (one.value(QLatin1String("what")).toString() == QLatin1String("message") &&
                one.value(QLatin1String("text")).toString().contains(wanted))
                return true;
        }
        next = static_cast<qint64>(page.value(QLatin1String("next")).toDouble());
        if (since.elapsed() >= timeoutMs)
            break;
        QThread::msleep(5);
    }
    m_child->error =
        QStringLiteral("no request with \"%1\" came within %2 ms").arg(wanted).arg(timeoutMs);
    return false;
}

bool MockExchange::feed(const QVector<QByteArray> &messages)
{
    const Answer stats = get("/mock/stats");
    if (!stats)
        return false;
    if (QJsonDocument::fromJson(stats.body).object().value(QLatin1String("open")).toInt() == 0) {
        m_child->error = QStringLiteral("nobody is connected; waitForRequest() waits for it");
        return false;
    }
    for (const QByteArray &message : messages) {
        if (!post("/mock/send", message))
            return false;
    }
    return true;
}

void MockExchange::suspend()
{
    const qint64 pid = m_child->process.processId();
    if (pid > 0) // 0 would be our whole process group
        kill(static_cast<pid_t>(pid), SIGSTOP);
}

void MockExchange::resume()
{
    const qint64 pid = m_child->process.processId();
    if (pid > 0)
        kill(static_cast<pid_t>(pid), SIGCONT);
}

QString MockExchange::find()
{
    QString chosen = qEnvironmentVariable("UPBIT_MOCK");
    if (!chosen.isEmpty())
        return chosen;
    if (QCoreApplication::instance() != nullptr) {
        QString beside = QCoreApplication::applicationDirPath() + QLatin1String("/upbit-mock");
        if (QFileInfo(beside).isExecutable())
            return beside;
    }
    return QStandardPaths::findExecutable(QStringLiteral("upbit-mock"));
}
} // namespace UpbitLive
