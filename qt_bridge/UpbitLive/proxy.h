// UpbitLive/proxy.h - one per widget: its wants, its signals.
//
//     auto *proxy = new UpbitLive::Proxy("orderbook_btc", this);         dies with its widget
//     connect(proxy, &UpbitLive::Proxy::orderbookReceived, this, &Widget::show);
//     proxy->subscribeOrderbook({"KRW-BTC"});
//
// Everything happens in the thread the proxy was made in, which needs an event loop; moving a proxy
// to another thread is not possible: make it there. All proxies of a thread share one descriptor
// and one budget of 512 events or 4 ms per turn of its event loop, taken in turn, so that no amount
// of data keeps the thread from painting.
//
// Each kind of data comes by two signals, once per event and once per turn as a batch; connect the
// one you like, what nobody is connected to is not converted. Within one kind both keep the order
// of the stream. A reply, a gap or a new epoch comes after every event that was received before it.
//
// A slot may delete anything: the proxy, the manager, the widget. An exception that leaves a slot
// stops at the bridge: it is logged in upbit.qt and counted, and the next event is delivered.
#ifndef UPBITLIVE_PROXY_H
#define UPBITLIVE_PROXY_H

#include <QtCore/QExplicitlySharedDataPointer>
#include <QtCore/QObject>
#include <QtCore/QStringList>
#include <QtCore/QVector>
#include <UpbitLive/types.h>
#include <upbit-live/proxy.h>

namespace UpbitLive
{
class Manager;
class ProxyPrivate;
class SnapshotReply;

struct ProxyOptions {
    Policy policy = Policy::Default;
    quint32 queueMessages = 0; // per first-in-first-out lane; 0: the library's default
    quint32 queueBytes = 0;
};

class UPBITLIVE_QT_EXPORT Proxy : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString clientId READ clientId CONSTANT)
    Q_PROPERTY(bool open READ isOpen NOTIFY closed)
    Q_PROPERTY(UpbitLive::State state READ state NOTIFY stateChanged)
    Q_PROPERTY(UpbitLive::Health health READ health NOTIFY healthChanged)
    Q_PROPERTY(qint64 lagMs READ lagMs NOTIFY lagChanged)
    Q_PROPERTY(quint32 epoch READ epoch NOTIFY epochChanged)
    Q_PROPERTY(bool privateAvailable READ privateAvailable NOTIFY privateAvailableChanged)
    Q_PROPERTY(int maxFps READ maxFps WRITE setMaxFps NOTIFY maxFpsChanged)

  public:
    // clientId: 1..64 of [A-Za-z0-9_.:-], unique per manager while open; recommended form
    // <module>_<instance>. When it cannot be opened isOpen() is false, lastError() says why, and
    // errorOccurred follows from the event loop.
    explicit Proxy(const QString &clientId, QObject *parent = nullptr);
    // manager nullptr: the default one.
    Proxy(Manager *manager, const QString &clientId, QObject *parent = nullptr);
    Proxy(Manager *manager, const QString &clientId, const ProxyOptions &options,
          QObject *parent = nullptr);
    ~Proxy() override;

    QString clientId() const;
    bool isOpen() const noexcept;
    State state() const noexcept; // of the public connection
    Health health() const noexcept;
    QString healthReason() const;
    qint64 lagMs() const noexcept; // exchange to receipt, of the last realtime event
    quint32 epoch() const noexcept;
    bool privateAvailable() const noexcept; // orders, balances come: streamed, or polled by REST
    Error lastError() const;

    // At most this many deliveries a second, 0 (the default): as they come. Between two deliveries
    // tickers and order books keep the newest value of a key (unless the policy says otherwise),
    // the rest is collected; what came last is always delivered. Memory stays bounded: with 4,096
    // events collected the delivery comes early.
    int maxFps() const noexcept;
    void setMaxFps(int fps);

    upbit_proxy_stats stats() const;
    quint64 slotExceptions() const noexcept; // exceptions that left slots of this proxy's signals
    upbit_proxy *handle() const noexcept;    // take no events from it

  public Q_SLOTS:
    // All return the request's id, which replyReceived will carry; 0 when refused at once: then
    // errorOccurred has been emitted and lastError() says what was wrong.
    quint64 subscribeTicker(const QStringList &codes, UpbitLive::WantFlags flags = {});
    quint64 subscribeTrade(const QStringList &codes, UpbitLive::WantFlags flags = {});
    // depth: rows a side, 1..30, 0 for all; level: price grouping of KRW markets, 0 for none.
    quint64 subscribeOrderbook(const QStringList &codes, int depth = 0,
                               const UpbitLive::Decimal &level = {},
                               UpbitLive::WantFlags flags = {});
    quint64 subscribeCandle(const QStringList &codes, UpbitLive::CandleUnit unit,
                            UpbitLive::WantFlags flags = {});
    quint64 subscribeMyOrder(const QStringList &codes = {}); // none: all
    quint64 subscribeMyAsset();

    quint64 unsubscribeTicker(const QStringList &codes);
    quint64 unsubscribeTrade(const QStringList &codes);
    quint64 unsubscribeOrderbook(const QStringList &codes, int depth = 0,
                                 const UpbitLive::Decimal &level = {});
    quint64 unsubscribeCandle(const QStringList &codes, UpbitLive::CandleUnit unit);
    quint64 unsubscribeMyOrder(const QStringList &codes = {});
    quint64 unsubscribeMyAsset();
    quint64 unsubscribeAll();

    // This kind's set (for candles: this unit's) becomes `codes`; empty: nothing.
    quint64 replaceTicker(const QStringList &codes, UpbitLive::WantFlags flags = {});
    quint64 replaceTrade(const QStringList &codes, UpbitLive::WantFlags flags = {});
    quint64 replaceOrderbook(const QStringList &codes, int depth = 0,
                             const UpbitLive::Decimal &level = {}, UpbitLive::WantFlags flags = {});
    quint64 replaceCandle(const QStringList &codes, UpbitLive::CandleUnit unit,
                          UpbitLive::WantFlags flags = {});

    // Waits for grants to send requests of your own within the exchange's limits, before what the
    // library itself asks for: replyReceived says when they are there (error 0) or why not. Each
    // wants a Manager::reportLimit. timeoutMs 0: 5,000.
    quint64 acquireLimit(UpbitLive::LimitGroup group, int cost = 1, int timeoutMs = 0);

  public:
    // How things stand now, once, without subscribing: from the cache, the stream or REST,
    // whichever has it soonest, also while the stream is down. Exactly one answer: the reply's
    // finished(), and snapshotReady. timeoutMs 0: 5,000. Never null but when a slot of
    // errorOccurred deleted the proxy.
    UpbitLive::SnapshotReply *getTickerSnapshot(const QStringList &codes, int timeoutMs = 0);
    // The newest `count` (1..2,000) trades of each code, older than the sequential id `beforeId` if
    // that is not 0.
    UpbitLive::SnapshotReply *getTradeSnapshot(const QStringList &codes, int count = 1,
                                               qint64 beforeId = 0, int timeoutMs = 0);
    UpbitLive::SnapshotReply *getOrderbookSnapshot(const QStringList &codes, int depth = 0,
                                                   const UpbitLive::Decimal &level = {},
                                                   int timeoutMs = 0);
    // The newest `count` (1..2,000) candles of each code, of windows that start before `beforeMs`
    // (Unix time) if that is not 0.
    UpbitLive::SnapshotReply *getCandleSnapshot(const QStringList &codes,
                                                UpbitLive::CandleUnit unit, int count = 1,
                                                qint64 beforeMs = 0, int timeoutMs = 0);

  Q_SIGNALS:
    void tickerReceived(const UpbitLive::Ticker &ticker);
    void tickersReceived(const QVector<UpbitLive::Ticker> &tickers);
    void tradeReceived(const UpbitLive::Trade &trade);
    void tradesReceived(const QVector<UpbitLive::Trade> &trades);
    void orderbookReceived(const UpbitLive::Orderbook &orderbook);
    void orderbooksReceived(const QVector<UpbitLive::Orderbook> &orderbooks);
    void candleReceived(const UpbitLive::Candle &candle);
    void candlesReceived(const QVector<UpbitLive::Candle> &candles);
    void orderReceived(const UpbitLive::Order &order);
    void ordersReceived(const QVector<UpbitLive::Order> &orders);
    void assetReceived(const UpbitLive::Asset &asset);
    void assetsReceived(const QVector<UpbitLive::Asset> &assets);
    // Announcements and types this version does not know.
    void otherReceived(const UpbitLive::Event &event);

    void stateChanged(const UpbitLive::StateInfo &info);
    // The stream is back after a cut, after so many ms without it: once per comeback.
    void restored(quint32 downMs, UpbitLive::Session session);
    void healthChanged();
    void lagChanged(); // at most twice a second
    void epochChanged(quint32 epoch, UpbitLive::Session session);
    void privateAvailableChanged();
    void maxFpsChanged();
    void gapDetected(const UpbitLive::Gap &gap);
    // A lossless lane was full and takes nothing more until it has been emptied.
    void overflowed(UpbitLive::Type type);
    void keyHealthChanged(const UpbitLive::KeyHealth &health);
    void errorOccurred(const UpbitLive::Error &error);
    void replyReceived(const UpbitLive::Reply &reply);
    // A get...Snapshot has its answer; see SnapshotReply for a more convenient form.
    void snapshotReady(quint64 requestId, const QVector<UpbitLive::Event> &events,
                       const UpbitLive::Error &error);
    // The command with this id has been done.
    void subscriptionChanged(quint64 requestId);
    // Nothing more will come; error 0: closed or shut down in order.
    void closed(int error);

  protected:
    void connectNotify(const QMetaMethod &signal) override;
    bool event(QEvent *event) override;

  private:
    Q_DISABLE_COPY(Proxy)
    friend class ProxyPrivate;

    const QExplicitlySharedDataPointer<ProxyPrivate> d;
};
} // namespace UpbitLive

#endif
