// What a C++ Qt program would do by itself: QWebSocket + QJsonDocument. peer_qt URL CA COUNT
#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QWebSocket>
#include <cstdio>

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc != 4)
        return 2;
    QFile file(QString::fromLocal8Bit(argv[2]));
    if (!file.open(QIODevice::ReadOnly))
        return 99;
    const int count = QByteArray(argv[3]).toInt();
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(QSslCertificate::fromDevice(&file));
    QWebSocket socket;
    socket.setSslConfiguration(tls);
    int seen = 0;
    double price = 0;
    QObject::connect(&socket, &QWebSocket::connected, [&] {
        socket.sendTextMessage(QStringLiteral("[{\"ticket\":\"x\"},{\"type\":\"ticker\"}]"));
    });
    QObject::connect(&socket, &QWebSocket::binaryMessageReceived, [&](const QByteArray &bytes) {
        const QJsonObject message = QJsonDocument::fromJson(bytes).object();
        price += message.value(QLatin1String("trade_price")).toDouble();
        if (++seen == count)
            application.exit(0);
    });
    QObject::connect(&socket, &QWebSocket::disconnected, [&] {
        if (seen >= count)
            return;
        std::fprintf(stderr, "peer_qt: %s\n", qPrintable(socket.errorString()));
        application.exit(99);
    });
    socket.open(QUrl(QString::fromLocal8Bit(argv[1])));
    return application.exec();
}
