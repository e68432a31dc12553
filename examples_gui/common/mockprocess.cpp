// Starting and ending upbit-mock. It prints one line, "listening URL", and dies with us.
#include "mockprocess.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

MockProcess::MockProcess(QObject *parent) : QObject(parent)
{
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &MockProcess::readLine);
    connect(&m_process, &QProcess::errorOccurred, this, [this] {
        if (!m_listening)
            emit failed(m_process.errorString());
    });
    connect(
        &m_process, QOverload<int, QProcess::ExitStatus>::of(&QProcess::finished), this,
        [this](int status) { emit failed(QString("upbit-mock ended, status %1").arg(status)); });
}

MockProcess::~MockProcess()
{
    disconnect(&m_process, nullptr, this, nullptr);
    m_process.terminate();
    if (!m_process.waitForFinished(500)) {
        m_process.kill();
        m_process.waitForFinished(500);
    }
}

QString MockProcess::find()
{
    const QString chosen = qEnvironmentVariable("UPBIT_MOCK");
    if (!chosen.isEmpty())
        return chosen;
    for (const QString &path : {QCoreApplication::applicationDirPath() + "/upbit-mock",
#ifdef EXAMPLES_BUILT_MOCK
                                QString::fromUtf8(EXAMPLES_BUILT_MOCK)
#endif
         }) {
        if (QFileInfo(path).isExecutable())
            return path;
    }
    return QStandardPaths::findExecutable("upbit-mock");
}

void MockProcess::start()
{
    const QString program = find();
    if (program.isEmpty()) {
        QMetaObject::invokeMethod(
            this, [this] { emit failed("upbit-mock not found; set UPBIT_MOCK"); },
            Qt::QueuedConnection);
        return;
    }
    m_process.start(program, {"--port", "0", "--parent-death", "--codes", "400", "--rate", "600"});
}

void MockProcess::readLine()
{
    while (m_process.canReadLine()) {
        const QString line = QString::fromUtf8(m_process.readLine()).trimmed();
        if (!m_listening && line.startsWith("listening ")) {
            m_listening = true;
            emit listening(line.mid(10));
        }
    }
}
