// upbit-mock as a child of a Qt test: started with arguments, found by UPBIT_MOCK.
#ifndef TESTS_QT_MOCK_SERVER_H
#define TESTS_QT_MOCK_SERVER_H

#include <QtCore/QProcess>
#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtCore/QTemporaryFile>
#include <QtCore/QVector>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

class MockServer
{
  public:
    // url() is empty when it did not start.
    explicit MockServer(const QStringList &arguments = {})
    {
        m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        m_process.start(qEnvironmentVariable("UPBIT_MOCK", "upbit-mock"),
                        QStringList{"--port", "0", "--parent-death"} + arguments);
        while (m_process.waitForReadyRead(10000)) {
            if (!m_process.canReadLine())
                continue;
            const QString line = QString::fromUtf8(m_process.readLine()).trimmed();
            if (line.startsWith("listening "))
                m_url = line.mid(10);
            return;
        }
    }
    ~MockServer()
    {
        resume();
        m_process.terminate();
        if (!m_process.waitForFinished(2000))
            m_process.kill();
        m_process.waitForFinished(2000);
    }
    Q_DISABLE_COPY(MockServer)

    QString url() const
    {
        return m_url;
    }

    // POST to one of its controls, e.g. "/mock/cut?how=rst"; the answer with its head.
    QByteArray post(const QByteArray &path) const
    {
        const QByteArray place = m_url.section('/', 2, 2).toLatin1(); // host:port
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(place.mid(place.lastIndexOf(':') + 1).toUShort());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        QByteArray answer;
        if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0) {
            const QByteArray request = "POST " + path + " HTTP/1.1\r\nHost: " + place +
                                       "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            char buffer[4096];
            if (write(fd, request.constData(), static_cast<size_t>(request.size())) ==
                request.size())
                for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
                    answer.append(buffer, static_cast<int>(n));
        }
        close(fd);
        return answer;
    }
    // Stopped in its tracks: what is sent to it waits in the kernel.
    void suspend()
    {
        kill(static_cast<pid_t>(m_process.processId()), SIGSTOP);
    }
    void resume()
    {
        kill(static_cast<pid_t>(m_process.processId()), SIGCONT);
    }

  private:
    QProcess m_process;
    QString m_url;
};

// A recorded stream of given messages, played once as fast as it goes.
struct Recording {
    explicit Recording(const QVector<QByteArray> &lines)
    {
        if (!file.open())
            return;
        for (const QByteArray &line : lines)
            file.write(line + '\n');
        file.flush();
    }
    QStringList arguments() const
    {
        return {"--replay", file.fileName(), "--replay-speed", "0"};
    }
    QTemporaryFile file;
};

#endif
