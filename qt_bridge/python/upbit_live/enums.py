"""The exchange's words as enums. UNKNOWN is a word of a later day: it stands in the event's `extra`."""

from __future__ import annotations

import enum
from typing import Dict, List, Type

from . import _core


class StreamType(enum.Enum):
    SNAPSHOT = "SNAPSHOT"
    REALTIME = "REALTIME"
    UNKNOWN = "UNKNOWN"


class Origin(enum.Enum):
    """Where an event comes from; BACKFILL: a trade missed in a cut, had back by REST."""

    STREAM = "stream"
    REST = "rest"
    CACHE = "cache"
    BACKFILL = "backfill"
    LOCAL = "local"
    UNKNOWN = "unknown"


class Change(enum.Enum):
    RISE = "RISE"
    EVEN = "EVEN"
    FALL = "FALL"
    UNKNOWN = "UNKNOWN"


class Side(enum.Enum):
    """Of a trade: what the taker did. Of an order: what it is."""

    ASK = "ASK"
    BID = "BID"
    UNKNOWN = "UNKNOWN"


class MarketState(enum.Enum):
    PREVIEW = "PREVIEW"
    ACTIVE = "ACTIVE"
    DELISTED = "DELISTED"
    PREDELISTED = "PREDELISTED"
    UNKNOWN = "UNKNOWN"


class MarketWarning(enum.Enum):
    NONE = "NONE"
    CAUTION = "CAUTION"
    UNKNOWN = "UNKNOWN"


class OrderType(enum.Enum):
    LIMIT = "limit"
    PRICE = "price"
    MARKET = "market"
    BEST = "best"
    UNKNOWN = "UNKNOWN"


class OrderState(enum.Enum):
    WAIT = "wait"
    WATCH = "watch"
    TRADE = "trade"
    DONE = "done"
    CANCEL = "cancel"
    PREVENTED = "prevented"
    UNKNOWN = "UNKNOWN"


class TimeInForce(enum.Enum):
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post_only"
    UNKNOWN = "UNKNOWN"


class SmpType(enum.Enum):
    REDUCE = "reduce"
    CANCEL_MAKER = "cancel_maker"
    CANCEL_TAKER = "cancel_taker"
    NONE = "none"
    UNKNOWN = "UNKNOWN"


class AnnouncementEvent(enum.Enum):
    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNKNOWN = "UNKNOWN"


class AnnouncementCategory(enum.Enum):
    NOTICE = "notice"
    TRADE = "trade"
    WALLET = "wallet"
    MAINTENANCE = "maintenance"
    DIGITAL_ASSET = "digital_asset"
    NFT = "nft"
    SERVICE = "service"
    EVENT = "event"
    UNKNOWN = "UNKNOWN"


class CandleUnit(enum.Enum):
    S1 = "1s"
    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M10 = "10m"
    M15 = "15m"
    M30 = "30m"
    M60 = "60m"
    M240 = "240m"
    UNKNOWN = "unknown"

    @property
    def seconds(self) -> int:
        """The unit's length; 0 for UNKNOWN."""
        return 0 if self is CandleUnit.UNKNOWN else _SECONDS[self]


_SECONDS = {
    unit: int(unit.value[:-1]) * (60 if unit.value.endswith("m") else 1)
    for unit in CandleUnit
    if unit is not CandleUnit.UNKNOWN
}


class Session(enum.Enum):
    PUBLIC = "public"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class State(enum.Enum):
    IDLE = "idle"
    CONNECTING = "connecting"
    UPGRADING = "upgrading"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    CLOSING = "closing"
    RECONNECTING = "reconnecting"
    CLOSED = "closed"
    STALE = "stale"
    UNKNOWN = "unknown"


class Level(enum.Enum):
    """Of health."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


class Doing(enum.Enum):
    """What the library does about its health; the words of health_check()["doing"]."""

    NOTHING = "nothing"
    CONNECTING = "connecting"
    WAITING = "waiting"
    PROBING = "probing"
    MAKING_ROOM = "making_room"
    SKIPPING = "skipping"
    POLLING = "polling"
    UNCOMPRESSED = "uncompressed"
    UNKNOWN = "unknown"


class Reason(enum.IntFlag):
    """Why the health is as it is, a set: Reason(event.reasons), Reason(manager.health()["reasons"])."""

    CONNECTING = 1
    RECONNECTING = 2
    SILENT = 4
    CLOSED = 8
    REFUSED = 16
    LIMITED = 32
    COMPRESSION = 64
    CLOCK = 128
    DROPPING = 256
    MEMORY = 512
    BAD_MESSAGES = 1024
    POLLING = 2048
    PRIVATE = 4096


class Kind(enum.Enum):
    """What can be subscribed to."""

    TICKER = "ticker"
    TRADE = "trade"
    ORDERBOOK = "orderbook"
    CANDLE = "candle"
    MY_ORDER = "myOrder"
    MY_ASSET = "myAsset"
    ANNOUNCEMENT = "announcement"


class Freshness(enum.Enum):
    """Of a key: without data, without news, with news again, gone from the exchange, new to `KRW-*`."""

    NO_DATA = "no_data"
    STALE = "stale"
    FRESH = "fresh"
    DELISTED = "delisted"
    LISTED = "listed"


class LimitGroup(enum.IntEnum):
    """What the exchange counts together."""

    CONNECT = 1
    MARKET = 2
    TICKER = 3
    TRADE = 4
    ORDERBOOK = 5
    CANDLE = 6
    DEFAULT = 7
    ORDER = 8
    ORDER_TEST = 9
    ORDER_CANCEL_ALL = 10


class WantFlag(enum.IntFlag):
    """Wishes of a subscription, for upbit_live.qt."""

    NONE = 0
    SNAPSHOT_ONLY = 1
    REALTIME_ONLY = 2


class Policy(enum.IntEnum):
    """What happens when the program is slower than its data; DEFAULT goes by the kind of data."""

    DEFAULT = 0
    DROP_OLDEST = 1
    COALESCE = 2
    LOSSLESS = 3


class Switch(enum.IntEnum):
    """An option that can be left open; True and False say ON and OFF as well."""

    AUTO = 0
    ON = 1
    OFF = 2


class Format(enum.IntEnum):
    """What the exchange is asked to send; AUTO: SIMPLE."""

    AUTO = 0
    DEFAULT = 1
    SIMPLE = 2
    JSON_LIST = 3
    SIMPLE_LIST = 4


class Transport(enum.IntEnum):
    DEFAULT = 0
    RAW = 1
    WEBSOCKET_API = 2
    REPLAY = 3


class LimitStrategy(enum.IntEnum):
    """How much of each limit of the exchange is used: half, four fifths (the default), all."""

    DEFAULT = 0
    CONSERVATIVE = 1
    BALANCED = 2
    AGGRESSIVE = 3


class LogLevel(enum.IntEnum):
    DEFAULT = 0
    NONE = -1
    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4


class TokenAlgorithm(enum.IntEnum):
    DEFAULT = 0
    HS512 = 1
    HS256 = 2


class Region(enum.IntEnum):
    """Which of Upbit's exchanges."""

    DEFAULT = 0
    KR = 1
    SG = 2
    ID = 3
    TH = 4


class Profile(enum.IntEnum):
    """What the defaults are meant for; TESTING refuses any host but this machine."""

    DEFAULT = 0
    PRODUCTION = 1
    DEVELOPMENT = 2
    TESTING = 3


def _counted(words: Type[enum.Enum]) -> Dict[int, enum.Enum]:
    """Numbers from 0 in the order of the class, as the C library counts them."""
    members: List[enum.Enum] = list(words)
    return {255 if m.name == "UNKNOWN" else i: m for i, m in enumerate(members)}


def _spelled(field: str, words: Type[enum.Enum]) -> Dict[int, enum.Enum]:
    table = {number: words(word) for number, word in _core.spellings(field).items()}
    table[255] = words["UNKNOWN"]
    return table


_core.set_enums(
    {
        "change": _spelled("change", Change),
        "ask_bid": _spelled("ask_bid", Side),
        "market_state": _spelled("market_state", MarketState),
        "market_warning": _spelled("market_warning", MarketWarning),
        "order_type": _spelled("order_type", OrderType),
        "order_state": _spelled("state", OrderState),
        "time_in_force": _spelled("time_in_force", TimeInForce),
        "smp_type": _spelled("smp_type", SmpType),
        "event_type": _spelled("event_type", AnnouncementEvent),
        "category": _spelled("category", AnnouncementCategory),
        "stream_type": {1: StreamType.SNAPSHOT, 2: StreamType.REALTIME, 255: StreamType.UNKNOWN},
        "origin": _counted(Origin),
        "session": _counted(Session),
        "state": _counted(State),
        "level": _counted(Level),
        "doing": _counted(Doing),
        "freshness": _counted(Freshness),
        "limit_group": {int(group): group for group in LimitGroup},
        "policy": {int(policy): policy for policy in Policy},
        "unit": {**{s: u for u, s in _SECONDS.items()}, 255: CandleUnit.UNKNOWN},
    }
)
