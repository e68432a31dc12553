// upbit-mock as a child of a Qt test: started with arguments, found by UPBIT_MOCK.
#ifndef TESTS_QT_MOCK_SERVER_H
#define TESTS_QT_MOCK_SERVER_H

#include <QtCore/QProcess>
#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtCore/QTemporaryFile>
#include <QtCore/QVector>

#include <signal.h>

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
