// What a C++ Qt program would write by itself: QWebSocket, QJsonDocument, a signal per message.
#ifndef BENCH_QT_PLAIN_FEED_H
#define BENCH_QT_PLAIN_FEED_H

#include <QtCore/QJsonObject>
#include <QtCore/QObject>
#include <QtWebSockets/QWebSocket>

class PlainFeed : public QObject
{
    Q_OBJECT

  public:
    PlainFeed(const QUrl &url, const QString &caFile);

  Q_SIGNALS:
    void tickerReceived(const QJsonObject &ticker);
    void tradeReceived(const QJsonObject &trade);
    void orderbookReceived(const QJsonObject &orderbook);
    void failed(const QString &why);

  private:
    void take(const QByteArray &bytes);

    QWebSocket m_socket;
};

#endif
