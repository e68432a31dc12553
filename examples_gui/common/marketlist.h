// Which KRW markets there are and what they are called (REST GET /market/all), and the price
// groupings of one (/orderbook/instruments).
#ifndef COMMON_MARKETLIST_H
#define COMMON_MARKETLIST_H

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

    // restUrl like https://api.upbit.com/v1; ready follows, with the names of a few well-known
    // markets when the list cannot be had, and again once it could.
    void load(const QString &restUrl, const QString &caFile);
    void stop();
    // Which price groupings the exchange has for this market's book: levelsReady, if it tells.
    void askLevels(const QString &code);

    // Host and port of the stream's address, as the library does it.
    static QString restUrlOf(const QString &streamUrl);

  signals:
    void ready(const QVector<UpbitLive::Market> &markets, bool complete);
    void levelsReady(const QString &code, const QStringList &levels); // "0", "10000" ...

  private:
    QNetworkReply *get(const QUrl &url);
    void request();

    QNetworkAccessManager m_network;
    QSslConfiguration m_tls;
    QUrl m_url;
    QString m_base; // of the REST addresses; empty: stopped
    QTimer m_again;
    QPointer<QNetworkReply> m_reply;
    bool m_fellBack = false;
};

#endif
