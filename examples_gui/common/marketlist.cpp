// The list of markets. Its failure is no reason to show nothing: a few markets everybody knows
// stand in until it is there, and it is asked for again every ten seconds.
#include "marketlist.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSslCertificate>

static QVector<UpbitLive::Market> wellKnown()
{
    return {{"KRW-BTC", "비트코인", "Bitcoin"},
            {"KRW-ETH", "이더리움", "Ethereum"},
            {"KRW-XRP", "엑스알피(리플)", "XRP"},
            {"KRW-SOL", "솔라나", "Solana"},
            {"KRW-DOGE", "도지코인", "Dogecoin"},
            {"KRW-ADA", "에이다", "Ada"},
            {"KRW-TRX", "트론", "TRON"},
            {"KRW-LINK", "체인링크", "Chainlink"},
            {"KRW-BCH", "비트코인캐시", "Bitcoin Cash"},
            {"KRW-XLM", "스텔라루멘", "Lumen"},
            {"KRW-DOT", "폴카닷", "Polkadot"},
            {"KRW-AVAX", "아발란체", "Avalanche"}};
}

MarketList::MarketList(QObject *parent) : QObject(parent)
{
    m_again.setSingleShot(true);
    m_again.setInterval(10000);
    connect(&m_again, &QTimer::timeout, this, &MarketList::request);
}

QString MarketList::restUrlOf(const QString &streamUrl)
{
    if (streamUrl.isEmpty())
        return "https://api.upbit.com/v1";
    QUrl url(streamUrl);
    url.setScheme(url.scheme() == "ws" ? "http" : "https");
    url.setPath("/v1");
    url.setQuery(QString());
    return url.toString();
}

void MarketList::load(const QString &restUrl, const QString &caFile)
{
    stop();
    m_fellBack = false;
    m_tls = QSslConfiguration::defaultConfiguration();
    if (!caFile.isEmpty()) // the only authorities then, as with the stream
        m_tls.setCaCertificates(QSslCertificate::fromPath(caFile, QSsl::Pem));
    m_base = restUrl + (restUrl.endsWith('/') ? "" : "/");
    m_url = QUrl(m_base + "market/all");
    request();
}

void MarketList::stop()
{
    m_again.stop();
    m_base.clear();
    if (m_reply != nullptr) {
        m_reply->disconnect(this);
        m_reply->abort();
        m_reply->deleteLater();
    }
    m_reply = nullptr;
}

QNetworkReply *MarketList::get(const QUrl &url)
{
    QNetworkRequest wanted(url);
    wanted.setTransferTimeout(5000);
    wanted.setSslConfiguration(m_tls);
    wanted.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                        QNetworkRequest::ManualRedirectPolicy);
    return m_network.get(wanted);
}

void MarketList::askLevels(const QString &code)
{
    if (m_base.isEmpty())
        return;
    QNetworkReply *const reply = get(QUrl(m_base + "orderbook/instruments?markets=" + code));
    connect(reply, &QNetworkReply::finished, this, [this, reply, code, base = m_base] {
        reply->deleteLater();
        if (base != m_base) // another exchange by now
            return;
        const QJsonObject row = QJsonDocument::fromJson(reply->readAll()).array().at(0).toObject();
        QStringList levels;
        for (const QJsonValue &level : row.value("supported_levels").toArray())
            levels.append(level.toString());
        if (!levels.isEmpty())
            emit levelsReady(code, levels);
    });
}

void MarketList::request()
{
    QNetworkReply *const reply = get(m_url);
    m_reply = reply;
    connect(reply, &QNetworkReply::finished, this, [this, reply] {
        reply->deleteLater();
        QVector<UpbitLive::Market> markets;
        if (reply->error() == QNetworkReply::NoError) {
            const QJsonArray rows = QJsonDocument::fromJson(reply->readAll()).array();
            for (const QJsonValue &row : rows) {
                const QJsonObject o = row.toObject();
                const QString code = o.value("market").toString();
                if (code.startsWith("KRW-"))
                    markets.append({code, o.value("korean_name").toString(),
                                    o.value("english_name").toString()});
            }
        }
        if (!markets.isEmpty()) {
            emit ready(markets, true);
            return;
        }
        m_again.start();
        if (!m_fellBack) {
            m_fellBack = true;
            emit ready(wellKnown(), false);
        }
    });
}
