// UpbitLive/global.h - what every header of the bridge needs: export marks and the enumerations.
//
// The enumerators have the numbers of the C library (types.cpp proves it at compile time), so that
// a value of a later version passes through unharmed.
#ifndef UPBITLIVE_GLOBAL_H
#define UPBITLIVE_GLOBAL_H

#include <QtCore/QMetaType>
#include <QtCore/QObject>

#if defined(UPBITLIVE_QT_BUILD)
#define UPBITLIVE_QT_EXPORT Q_DECL_EXPORT
#else
#define UPBITLIVE_QT_EXPORT Q_DECL_IMPORT
#endif

namespace UpbitLive
{
Q_NAMESPACE_EXPORT(UPBITLIVE_QT_EXPORT)

enum class Type : quint16 {
    None = 0,
    Ticker = 1,
    Trade = 2,
    Orderbook = 3,
    Candle = 4,
    MyOrder = 5,
    MyAsset = 6,
    Announcement = 7,
    Raw = 15
};
Q_ENUM_NS(Type)

enum class StreamType { None = 0, Snapshot = 1, Realtime = 2, Unknown = 255 };
Q_ENUM_NS(StreamType)

enum class Origin { Stream = 0, Rest = 1, Cache = 2, Backfill = 3, Local = 4 };
Q_ENUM_NS(Origin)

// Against the previous close.
enum class Change { None = 0, Rise = 1, Even = 2, Fall = 3, Unknown = 255 };
Q_ENUM_NS(Change)

// Of a trade: what the taker did. Of an order: what it is.
enum class Side { None = 0, Ask = 1, Bid = 2, Unknown = 255 };
Q_ENUM_NS(Side)

enum class MarketState {
    None = 0,
    Preview = 1,
    Active = 2,
    Delisted = 3,
    Predelisted = 4,
    Unknown = 255
};
Q_ENUM_NS(MarketState)

enum class OrderType { None = 0, Limit = 1, Price = 2, Market = 3, Best = 4, Unknown = 255 };
Q_ENUM_NS(OrderType)

enum class OrderState {
    None = 0,
    Wait = 1,
    Watch = 2,
    Trade = 3,
    Done = 4,
    Cancel = 5,
    Prevented = 6,
    Unknown = 255
};
Q_ENUM_NS(OrderState)

// The value is the unit's length in seconds.
enum class CandleUnit {
    None = 0,
    Second1 = 1,
    Minute1 = 60,
    Minute3 = 180,
    Minute5 = 300,
    Minute10 = 600,
    Minute15 = 900,
    Minute30 = 1800,
    Minute60 = 3600,
    Minute240 = 14400
};
Q_ENUM_NS(CandleUnit)

enum class Session { Public = 0, Private = 1 };
Q_ENUM_NS(Session)

enum class State {
    Idle = 0,
    Connecting = 1,
    Upgrading = 2,
    Subscribing = 3,
    Live = 4,
    Closing = 5,
    Reconnecting = 6, // waits to connect anew
    Closed = 7,
    Stale = 8 // connected, but nothing is heard
};
Q_ENUM_NS(State)

enum class Health { Healthy = 0, Degraded = 1, Critical = 2 };
Q_ENUM_NS(Health)

// Delisted: the want of the key is over. Listed: a selector like KRW-* has taken it in.
enum class Freshness { NoData, Stale, Fresh, Delisted, Listed };
Q_ENUM_NS(Freshness)

// What happens when a widget is slower than its data; Default goes by the type of the data.
enum class Policy { Default = 0, DropOldest = 1, Coalesce = 2, Lossless = 3 };
Q_ENUM_NS(Policy)

enum class Format { Auto = 0, Default = 1, Simple = 2, JsonList = 3, SimpleList = 4 };
Q_ENUM_NS(Format)

enum class Transport { Default = 0, Raw = 1, WebsocketApi = 2, Replay = 3 };
Q_ENUM_NS(Transport)

enum class Switch { Auto = 0, On = 1, Off = 2 };
Q_ENUM_NS(Switch)

// None: nothing at all.
enum class LogLevel { None = -1, Default = 0, Error = 1, Warning = 2, Info = 3, Debug = 4 };
Q_ENUM_NS(LogLevel)

// How much of each of the exchange's limits is used: half, four fifths (the default), all.
enum class LimitStrategy { Default = 0, Conservative = 1, Balanced = 2, Aggressive = 3 };
Q_ENUM_NS(LimitStrategy)

// Which of Upbit's exchanges.
enum class Region { Default = 0, Kr = 1, Sg = 2, Id = 3, Th = 4 };
Q_ENUM_NS(Region)

// Testing refuses any host but this machine.
enum class Profile { Default = 0, Production = 1, Development = 2, Testing = 3 };
Q_ENUM_NS(Profile)

// What the exchange counts together (upbit-live/limiter.h).
enum class LimitGroup {
    Connect = 1,
    Market = 2,
    Ticker = 3,
    Trade = 4,
    Orderbook = 5,
    Candle = 6,
    Default = 7,
    Order = 8,
    OrderTest = 9,
    OrderCancelAll = 10
};
Q_ENUM_NS(LimitGroup)

// How tokens of the private connection are signed; the default is HS512.
enum class TokenAlgorithm { Default = 0, Hs512 = 1, Hs256 = 2 };
Q_ENUM_NS(TokenAlgorithm)

enum class WantFlag { None = 0, SnapshotOnly = 1, RealtimeOnly = 2 };
Q_DECLARE_FLAGS(WantFlags, WantFlag)
Q_DECLARE_OPERATORS_FOR_FLAGS(WantFlags)
} // namespace UpbitLive

#endif
