#include <UpbitLive/snapshot.h>
#include <UpbitLive/widgets/candlefeed.h>

#include <QtCore/QDateTime>

namespace UpbitLive
{
static const int pageMost = 2000; // of one request

CandleFeed::CandleFeed(Manager *manager, const QString &clientId, CandleModel *model,
                       QObject *parent)
    : QObject(parent), m_proxy(new Proxy(manager, clientId, this)), m_model(model)
{
    connect(m_proxy, &Proxy::candlesReceived, model, &CandleModel::add);
    connect(m_proxy, &Proxy::epochChanged, this, [this](quint32, Session session) {
        if (session == Session::Public && m_wasLive)
            healHole();
        m_wasLive = true;
    });
    // Its replies go with it and do not finish.
    connect(m_proxy, &QObject::destroyed, this, [this] { setLoading(-m_underWay); });
}

CandleFeed::~CandleFeed()
{
    if (m_proxy != nullptr)
        m_proxy->disconnect(this); // it goes as our child, when we are a feed no more
}

Proxy *CandleFeed::proxy() const noexcept
{
    return m_proxy;
}

bool CandleFeed::isLoading() const noexcept
{
    return m_underWay > 0;
}

bool CandleFeed::isComplete() const noexcept
{
    return m_complete;
}

void CandleFeed::setPage(int candles)
{
    m_page = qBound(1, candles, pageMost);
}

void CandleFeed::setLoading(int change)
{
    const bool before = isLoading();
    m_underWay += change;
    if (before != isLoading())
        Q_EMIT loadingChanged();
}

void CandleFeed::show(const QString &code, CandleUnit unit)
{
    if (m_model == nullptr || (code == m_code && unit == m_unit))
        return;
    const QString oldCode = m_code;
    const CandleUnit oldUnit = m_unit;
    m_code = code;
    m_unit = unit;
    const quint32 series = ++m_series;
    m_complete = m_loadingOlder = false;
    // A slot of what is emitted from here on may delete us or the proxy, or show something else.
    const QPointer<CandleFeed> alive(this);
    const auto usable = [&alive] { return alive != nullptr && alive->m_proxy != nullptr; };
    m_model->setSeries(code, unit);
    // The new want first: with both in one step the wire changes once.
    if (usable() && series == m_series && !code.isEmpty())
        m_proxy->replaceCandle({code}, unit);
    if (usable() && !oldCode.isEmpty() && (oldUnit != m_unit || m_code.isEmpty()))
        m_proxy->unsubscribeCandle({oldCode}, oldUnit);
    if (usable() && series == m_series && !code.isEmpty())
        load(m_page, 0, true);
}

void CandleFeed::loadOlder(qint64 beforeMs)
{
    if (m_proxy != nullptr && !m_code.isEmpty() && !m_complete && !m_loadingOlder)
        load(m_page, beforeMs, true);
}

void CandleFeed::load(int count, qint64 beforeMs, bool older)
{
    const QPointer<CandleFeed> alive(this);
    SnapshotReply *reply = m_proxy->getCandleSnapshot({m_code}, m_unit, count, beforeMs);
    if (alive == nullptr || reply == nullptr)
        return; // a slot of the proxy's errorOccurred ended us
    m_loadingOlder = m_loadingOlder || older;
    connect(reply, &SnapshotReply::finished, this, [this, reply, count, older, series = m_series] {
        if (series == m_series && m_model != nullptr) {
            if (older)
                m_loadingOlder = false;
            const QVector<Candle> candles = reply->candles();
            m_model->add(candles);
            // A cut answer says nothing about how much there is.
            if (older && !reply->error() && candles.size() < count)
                m_complete = true;
        }
        const Error error = reply->error();
        const QPointer<CandleFeed> here(this);
        setLoading(-1);
        if (here != nullptr && error && series == m_series)
            Q_EMIT failed(error);
    });
    setLoading(+1); // last: a slot may delete us, or the proxy and the reply with it
}

// Windows that passed while the stream was down; the one that was open then has changed, too.
void CandleFeed::healHole()
{
    if (m_model == nullptr || m_model->rowCount() == 0 || m_model->unitMs() == 0)
        return;
    const qint64 last = m_model->bar(m_model->rowCount() - 1).startMs;
    const qint64 passed = (QDateTime::currentMSecsSinceEpoch() - last) / m_model->unitMs();
    load(static_cast<int>(qBound<qint64>(2, passed + 2, pageMost)), 0, false);
}
} // namespace UpbitLive
