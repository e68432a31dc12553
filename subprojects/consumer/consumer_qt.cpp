// A user's Qt program: headers, bridge and library belong together, and a proxy opens and goes with its
// parent. Speaks to nobody: the manager's address is the discard port.
#include <QCoreApplication>
#include <QTextStream>
#include <UpbitLive/Manager>
#include <UpbitLive/Proxy>

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    UpbitLive::ManagerOptions options;
    options.url = QStringLiteral("ws://127.0.0.1:9/websocket/v1");
    UpbitLive::Manager manager(options);
    UpbitLive::Proxy proxy(&manager, QStringLiteral("consumer_qt"));
    const bool open = proxy.isOpen();
    QTextStream(stdout) << UpbitLive::Decimal::fromInt(1234567).grouped() << '\n';
    return open && manager.shutdown() ? 0 : 1;
}
