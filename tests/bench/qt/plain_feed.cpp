#include "plain_feed.h"

#include <QtCore/QFile>
#include <QtCore/QJsonDocument>
#include <QtNetwork/QSslCertificate>
#include <QtNetwork/QSslConfiguration>

PlainFeed::PlainFeed(const QUrl &url, const QString &caFile)
{
    QFile file(caFile);
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    if (file.open(QIODevice::ReadOnly))
        tls.setCaCertificates(QSslCertificate::fromDevice(&file));
    m_socket.setSslConfiguration(tls);
    connect(&m_socket, &QWebSocket::connected, this, [this] {
        m_socket.sendTextMessage(QStringLiteral("[{\"ticket\":\"x\"},{\"type\":\"ticker\"}]"));
    });
    connect(&m_socket, &QWebSocket::binaryMessageReceived, this, &PlainFeed::take);
    connect(&m_socket, &QWebSocket::disconnected, this,
            [this] { Q_EMIT failed(m_socket.errorString()); });
    m_socket.open(url);
}

void PlainFeed::take(const QByteArray &bytes)
{
    const QJsonObject message = QJsonDocument::fromJson(bytes).object();
    const QString type = message.value(QLatin1String("type")).toString();
    if (type == QLatin1String("ticker"))
        Q_EMIT tickerReceived(message);
    else if (type == QLatin1String("trade"))
        Q_EMIT tradeReceived(message);
    else if (type == QLatin1String("orderbook"))
        Q_EMIT orderbookReceived(message);
}
