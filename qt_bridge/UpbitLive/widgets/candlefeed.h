// UpbitLive/widgets/candlefeed.h - keeps a CandleModel filled: stream, history, and what a cut
// missed.
//
//     CandleModel model; CandleChart chart; chart.setModel(&model);
//     CandleFeed feed(manager, "chart_main", &model);
//     connect(&chart, &CandleChart::historyWanted, &feed, &CandleFeed::loadOlder);
//     feed.show("KRW-BTC", CandleUnit::Minute1);
//
// The stream is subscribed first and the history asked for at once, so that there is no moment
// between them that neither covers; the model joins the two. After a reconnect the windows of the
// outage are asked for.
#ifndef UPBITLIVE_WIDGETS_CANDLEFEED_H
#define UPBITLIVE_WIDGETS_CANDLEFEED_H

#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <UpbitLive/proxy.h>
#include <UpbitLive/widgets/candlemodel.h>

namespace UpbitLive
{
class UPBITLIVE_WIDGETS_EXPORT CandleFeed : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool loading READ isLoading NOTIFY loadingChanged)

  public:
    // Makes a proxy of its own, clientId as there. manager nullptr: the default one. The model is
    // not owned and may be deleted at any time.
    CandleFeed(Manager *manager, const QString &clientId, CandleModel *model,
               QObject *parent = nullptr);
    ~CandleFeed() override;

    // For its state, errors and pacing. Null once somebody has deleted it: nothing more comes then.
    Proxy *proxy() const noexcept;
    bool isLoading() const noexcept;
    // No older candle than the oldest shown exists.
    bool isComplete() const noexcept;

    // Candles asked for at first, and with each loadOlder; 1..2,000, default 200.
    void setPage(int candles);

  public Q_SLOTS:
    // An empty code shows nothing.
    void show(const QString &code, UpbitLive::CandleUnit unit);
    // One page of windows that start before this Unix time in ms; while one is under way: nothing.
    void loadOlder(qint64 beforeMs);

  Q_SIGNALS:
    void loadingChanged();
    // History could not be had; the stream goes on, and loadOlder tries again.
    void failed(const UpbitLive::Error &error);

  private:
    void load(int count, qint64 beforeMs, bool older);
    void healHole();
    void setLoading(int change);

    const QPointer<Proxy> m_proxy;
    const QPointer<CandleModel> m_model;
    QString m_code;
    CandleUnit m_unit = CandleUnit::None;
    int m_page = 200, m_underWay = 0;
    quint32 m_series = 0; // answers for an earlier one are passed over
    bool m_complete = false, m_loadingOlder = false, m_wasLive = false;
};
} // namespace UpbitLive

#endif
