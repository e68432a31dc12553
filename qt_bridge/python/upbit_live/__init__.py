"""Live Upbit market data for PyQt5 and asyncio, over one connection that all widgets share.

    from upbit_live import WebSocketClientProxy

    with WebSocketClientProxy("my_chart") as proxy:            # inside a Qt application
        proxy.subscribe_ticker(["KRW-BTC"], lambda e: print(e.code, e.trade_price))

    async with WebSocketClientProxy("price_printer") as proxy:  # inside any asyncio loop
        await proxy.subscribe_ticker(["KRW-BTC"])
        async for event in proxy.events(): ...

The guide is docs/PYTHON.md.
"""

from __future__ import annotations

import atexit
import os

from . import _core, enums, errors
from ._core import (
    Announcement,
    AssetRow,
    Candle,
    ClosedEvent,
    EpochEvent,
    ErrorEvent,
    Event,
    GapEvent,
    HealthEvent,
    KeyEvent,
    Manager,
    MyAsset,
    MyOrder,
    Orderbook,
    OrderbookUnit,
    OverflowEvent,
    RawEvent,
    RestoredEvent,
    StateEvent,
    Ticker,
    Trade,
)
from ._decode import decode, decode_rest
from ._inspect import (
    Capabilities,
    Capability,
    Inspection,
    KeyInfo,
    LimitInfo,
    ProxyInfo,
    SessionInfo,
    Setting,
    WantInfo,
    settings,
)
from ._manager import default as default_manager
from ._manager import drop_environment_keys, shutdown, take_environment_keys
from ._proxy import WebSocketClientProxy, _after_fork, close_all
from ._request import Request
from ._stream import EventStream
from .enums import (
    AnnouncementCategory,
    AnnouncementEvent,
    CandleUnit,
    Change,
    Doing,
    Format,
    Freshness,
    Kind,
    Level,
    LimitGroup,
    LimitStrategy,
    LogLevel,
    MarketState,
    MarketWarning,
    OrderState,
    OrderType,
    Origin,
    Policy,
    Profile,
    Reason,
    Region,
    Session,
    Side,
    SmpType,
    State,
    StreamType,
    Switch,
    TimeInForce,
    TokenAlgorithm,
    Transport,
    WantFlag,
)
from .errors import (
    ArgumentError,
    AuthenticationError,
    ClosedError,
    ConnectionError,
    DuplicateClientIdError,
    ExchangeError,
    RateLimitError,
    RequestCancelledError,
    ResourceError,
    StateError,
    SubscriptionError,
    TimeoutError,
    UnavailableError,
    UnknownCodeError,
    UpbitError,
)

__version__ = _core.version

# Run in reverse: proxies first, then the default manager (_manager), then what Qt registered before.
atexit.register(close_all)
os.register_at_fork(after_in_child=_after_fork)

__all__ = [
    "Announcement",
    "AnnouncementCategory",
    "AnnouncementEvent",
    "ArgumentError",
    "AssetRow",
    "AuthenticationError",
    "Candle",
    "CandleUnit",
    "Capabilities",
    "Capability",
    "Change",
    "ClosedError",
    "ClosedEvent",
    "ConnectionError",
    "Doing",
    "DuplicateClientIdError",
    "EpochEvent",
    "ErrorEvent",
    "Event",
    "EventStream",
    "ExchangeError",
    "Format",
    "Freshness",
    "GapEvent",
    "HealthEvent",
    "Inspection",
    "KeyEvent",
    "KeyInfo",
    "Kind",
    "Level",
    "LimitGroup",
    "LimitInfo",
    "LimitStrategy",
    "LogLevel",
    "Manager",
    "MarketState",
    "MarketWarning",
    "MyAsset",
    "MyOrder",
    "OrderState",
    "OrderType",
    "Orderbook",
    "OrderbookUnit",
    "Origin",
    "OverflowEvent",
    "Policy",
    "Profile",
    "ProxyInfo",
    "RateLimitError",
    "RawEvent",
    "Reason",
    "Region",
    "Request",
    "RequestCancelledError",
    "ResourceError",
    "RestoredEvent",
    "Session",
    "SessionInfo",
    "Setting",
    "Side",
    "SmpType",
    "State",
    "StateError",
    "StateEvent",
    "StreamType",
    "SubscriptionError",
    "Switch",
    "Ticker",
    "TimeInForce",
    "TimeoutError",
    "TokenAlgorithm",
    "Trade",
    "Transport",
    "UnavailableError",
    "UnknownCodeError",
    "UpbitError",
    "WantFlag",
    "WantInfo",
    "WebSocketClientProxy",
    "decode",
    "decode_rest",
    "default_manager",
    "drop_environment_keys",
    "enums",
    "errors",
    "settings",
    "shutdown",
    "take_environment_keys",
]
