// Which KRW markets there are and what they are called: REST GET /market/all.
#ifndef DESK_MARKETLIST_H
#define DESK_MARKETLIST_H

#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QPointer>
#include <QSslConfiguration>
#include <QTimer>
#include <UpbitLive/widgets/tickermodel.h>

class MarketList : public QObject
{
    Q_OBJECT

public:
    explicit MarketList(QObject *parent = nullptr);

    // restUrl like https://api.upbit.com/v1; ready follows, with the names of a few well-known markets
    // when the list cannot be had, and again once it could.
    void load(const QString &restUrl, const QString &caFile);
    void stop();

    // Host and port of the stream's address, as the library does it.
    static QString restUrlOf(const QString &streamUrl);

signals:
    void ready(const QVector<UpbitLive::Market> &markets, bool complete);

private:
    void request();

    QNetworkAccessManager m_network;
    QSslConfiguration m_tls;
    QUrl m_url;
    QTimer m_again;
    QPointer<QNetworkReply> m_reply;
    bool m_fellBack = false;
};

#endif
