// The header fields of an event, and the proof that the enumerations match the C library's.
#include <UpbitLive/event.h>
#include <upbit-live/upbit-live.h>

#include <cstring>

#include "payload_p.h"

namespace UpbitLive
{
#define SAME(cpp, c)                                                                               \
    static_assert(static_cast<int>(cpp) == static_cast<int>(c), "differs from the C library")
SAME(Type::Ticker, UPBIT_TYPE_TICKER);
SAME(Type::Trade, UPBIT_TYPE_TRADE);
SAME(Type::Orderbook, UPBIT_TYPE_ORDERBOOK);
SAME(Type::Candle, UPBIT_TYPE_CANDLE);
SAME(Type::MyOrder, UPBIT_TYPE_MY_ORDER);
SAME(Type::MyAsset, UPBIT_TYPE_MY_ASSET);
SAME(Type::Announcement, UPBIT_TYPE_ANNOUNCEMENT);
SAME(Type::Raw, UPBIT_TYPE_RAW);
SAME(StreamType::Snapshot, UPBIT_STREAM_SNAPSHOT);
SAME(StreamType::Realtime, UPBIT_STREAM_REALTIME);
SAME(Origin::Rest, UPBIT_ORIGIN_REST);
SAME(Origin::Cache, UPBIT_ORIGIN_CACHE);
SAME(Origin::Backfill, UPBIT_ORIGIN_BACKFILL);
SAME(Origin::Local, UPBIT_ORIGIN_LOCAL);
SAME(Change::Rise, UPBIT_CHANGE_RISE);
SAME(Change::Even, UPBIT_CHANGE_EVEN);
SAME(Change::Fall, UPBIT_CHANGE_FALL);
SAME(Side::Ask, UPBIT_SIDE_ASK);
SAME(Side::Bid, UPBIT_SIDE_BID);
SAME(MarketState::Preview, UPBIT_MARKET_PREVIEW);
SAME(MarketState::Predelisted, UPBIT_MARKET_PREDELISTED);
SAME(OrderType::Best, UPBIT_ORDER_TYPE_BEST);
SAME(OrderState::Wait, UPBIT_ORDER_STATE_WAIT);
SAME(OrderState::Prevented, UPBIT_ORDER_STATE_PREVENTED);
SAME(CandleUnit::Second1, UPBIT_CANDLE_1S);
SAME(CandleUnit::Minute240, UPBIT_CANDLE_240M);
SAME(Session::Private, UPBIT_SESSION_PRIVATE);
SAME(State::Connecting, UPBIT_STATE_CONNECTING);
SAME(State::Live, UPBIT_STATE_LIVE);
SAME(State::Reconnecting, UPBIT_STATE_RECONNECTING);
SAME(State::Closed, UPBIT_STATE_CLOSED);
SAME(State::Stale, UPBIT_STATE_STALE);
SAME(Health::Degraded, UPBIT_HEALTH_DEGRADED);
SAME(Health::Critical, UPBIT_HEALTH_CRITICAL);
SAME(Policy::DropOldest, UPBIT_POLICY_DROP_OLDEST);
SAME(Policy::Coalesce, UPBIT_POLICY_COALESCE);
SAME(Policy::Lossless, UPBIT_POLICY_LOSSLESS);
SAME(Format::Default, UPBIT_FORMAT_DEFAULT);
SAME(Format::SimpleList, UPBIT_FORMAT_SIMPLE_LIST);
SAME(Transport::Raw, UPBIT_TRANSPORT_RAW);
SAME(Transport::Replay, UPBIT_TRANSPORT_REPLAY);
SAME(Switch::On, UPBIT_ON);
SAME(Switch::Off, UPBIT_OFF);
SAME(LogLevel::None, UPBIT_LOG_NONE);
SAME(LogLevel::Debug, UPBIT_LOG_DEBUG);
SAME(LimitStrategy::Conservative, UPBIT_LIMIT_CONSERVATIVE);
SAME(LimitStrategy::Aggressive, UPBIT_LIMIT_AGGRESSIVE);
SAME(Region::Sg, UPBIT_REGION_SG);
SAME(Region::Th, UPBIT_REGION_TH);
SAME(Profile::Development, UPBIT_PROFILE_DEVELOPMENT);
SAME(Profile::Testing, UPBIT_PROFILE_TESTING);
SAME(LimitGroup::Connect, UPBIT_LIMIT_GROUP_CONNECT);
SAME(LimitGroup::Default, UPBIT_LIMIT_GROUP_DEFAULT);
SAME(LimitGroup::OrderCancelAll, UPBIT_LIMIT_GROUP_ORDER_CANCEL_ALL);
SAME(TokenAlgorithm::Hs512, UPBIT_TOKEN_HS512);
SAME(TokenAlgorithm::Hs256, UPBIT_TOKEN_HS256);
SAME(WantFlag::SnapshotOnly, UPBIT_WANT_SNAPSHOT_ONLY);
SAME(WantFlag::RealtimeOnly, UPBIT_WANT_REALTIME_ONLY);
#undef SAME

Type Event::type() const noexcept
{
    return m_event != nullptr ? static_cast<Type>(m_event->type) : Type::None;
}

namespace
{
// Slots ask most events for their code, and there are few of them: a thread's texts are made once.
// A place per hash, the last one asked for has it; so it is bounded, whatever codes come.
struct CodeTexts {
    struct Entry {
        char code[sizeof(upbit_event::code)] = "";
        QString text;
    };
    enum { Places = 1024 };
    Entry entries[Places];

    QString of(const char *code)
    {
        uint hash = 0;
        int length = 0;
        for (; code[length] != '\0'; ++length)
            hash = hash * 31 + static_cast<uchar>(code[length]);
        Entry &entry = entries[(hash ^ hash >> 10) % Places];
        const size_t size = static_cast<size_t>(length) + 1;
        if (std::memcmp(entry.code, code, size) != 0) {
            entry.text = QString::fromLatin1(code, length);
            std::memcpy(entry.code, code, size);
        }
        return entry.text;
    }
};

// Trivial, so that they are there as long as the thread: static objects may hold events, too.
thread_local CodeTexts *codeTexts = nullptr;
thread_local bool codeTextsGone = false;

struct CodeTextsEnd {
    void begin() const noexcept
    {
    }
    ~CodeTextsEnd()
    {
        delete codeTexts;
        codeTexts = nullptr;
        codeTextsGone = true;
    }
};
thread_local const CodeTextsEnd codeTextsEnd;

CodeTexts *makeCodeTexts()
{
    codeTextsEnd.begin();
    codeTexts = new CodeTexts;
    return codeTexts;
}
} // namespace

QString Event::code() const
{
    if (m_event == nullptr || m_event->code[0] == '\0' || codeTextsGone)
        return codeLatin1();
    CodeTexts *const texts = codeTexts != nullptr ? codeTexts : makeCodeTexts();
    return texts->of(m_event->code);
}

QLatin1String Event::codeLatin1() const noexcept
{
    return m_event != nullptr ? QLatin1String(m_event->code) : QLatin1String();
}

StreamType Event::streamType() const noexcept
{
    return m_event != nullptr ? static_cast<StreamType>(m_event->stream) : StreamType::None;
}

Origin Event::origin() const noexcept
{
    return m_event != nullptr ? static_cast<Origin>(m_event->origin) : Origin::Local;
}

quint32 Event::epoch() const noexcept
{
    return m_event != nullptr ? m_event->epoch : 0;
}

qint64 Event::exchangeMs() const noexcept
{
    return m_event != nullptr ? m_event->exchange_ms : 0;
}

qint64 Event::receivedMs() const noexcept
{
    return m_event != nullptr ? m_event->received_ms : 0;
}

qint64 Event::receivedNs() const noexcept
{
    return m_event != nullptr ? m_event->received_ns : 0;
}

QDateTime Event::exchangeTime() const
{
    return time(exchangeMs());
}

QDateTime Event::receivedTime() const
{
    return time(receivedMs());
}

bool Event::has(int field) const noexcept
{
    return m_event != nullptr && field >= 0 &&
           upbit_event_has(m_event, static_cast<size_t>(field)) == 1;
}

QByteArray Event::extra() const
{
    return m_event != nullptr ? QByteArray(upbit_event_extra(m_event)) : QByteArray();
}

QByteArray Event::toJson() const
{
    if (m_event == nullptr)
        return QByteArray();
    QByteArray line(4096, Qt::Uninitialized);
    const size_t needed =
        upbit_event_to_json(m_event, line.data(), static_cast<size_t>(line.size()));
    if (needed >= static_cast<size_t>(line.size())) {
        line.resize(static_cast<int>(needed) + 1);
        upbit_event_to_json(m_event, line.data(), static_cast<size_t>(line.size()));
    }
    line.resize(static_cast<int>(needed));
    return line;
}
} // namespace UpbitLive
