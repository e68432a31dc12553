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
    const qint64 count = QByteArray(argv[3]).toLongLong();
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setCaCertificates(QSslCertificate::fromDevice(&file));
    QWebSocket socket;
    socket.setSslConfiguration(tls);
    qint64 seen = 0, stamps = 0, letters = 0;
    double price = 0;
    QObject::connect(&socket, &QWebSocket::connected, [&] {
        socket.sendTextMessage(QStringLiteral("[{\"ticket\":\"x\"},{\"type\":\"ticker\"}]"));
    });
    QObject::connect(&socket, &QWebSocket::binaryMessageReceived, [&](const QByteArray &bytes) {
        const QJsonObject message = QJsonDocument::fromJson(bytes).object();
        price += message.value(QLatin1String("trade_price")).toDouble();
        letters += message.value(QLatin1String("type")).toString().size() +
                   message.value(QLatin1String("code")).toString().size();
        // The server stamps message i with i.
        stamps +=
            static_cast<qint64>(message.value(QLatin1String("timestamp")).toDouble()) % 1000000000;
        if (++seen == count)
            application.exit(stamps == count * (count + 1) / 2 && letters > 0 && price > 0 ? 0
                                                                                           : 98);
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
