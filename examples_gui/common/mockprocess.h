// The simulated exchange: upbit-mock as a child process on a free port of this machine.
#ifndef COMMON_MOCKPROCESS_H
#define COMMON_MOCKPROCESS_H

#include <QProcess>

class MockProcess : public QObject
{
    Q_OBJECT

  public:
    explicit MockProcess(QObject *parent = nullptr);
    ~MockProcess() override;

    // listening or failed follows.
    void start();

    // $UPBIT_MOCK, beside this program, in the build tree, in PATH; empty when nowhere.
    static QString find();

  signals:
    void listening(const QString &url);
    void failed(const QString &reason);

  private:
    void readLine();

    QProcess m_process;
    bool m_listening = false;
};

#endif
