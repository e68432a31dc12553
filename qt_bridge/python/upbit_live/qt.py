"""The Qt bridge as PyQt5 classes: managers, proxies, models and widgets.

    from upbit_live.qt import Proxy

    proxy = Proxy("orderbook_btc", self)                    # dies with its widget
    proxy.orderbookReceived.connect(self.show_book)         # gets an upbit_live.Orderbook
    proxy.subscribeOrderbook(["KRW-BTC"], 15)

What each does is written in the headers of qt_bridge/UpbitLive and in docs/QT.md. Values are those of
the rest of the package: events, Decimal (None for null) and the enums. A proxy without a manager uses
upbit_live.default_manager(), so that all share one connection.
"""

from __future__ import annotations

import logging
import sys
from types import CodeType, TracebackType
from typing import Dict, Optional, Tuple, Type

from ._qt import UpbitLive

AssetModel = UpbitLive.AssetModel
AssetRow = UpbitLive.AssetRow
CandleBar = UpbitLive.CandleBar
CandleChart = UpbitLive.CandleChart
CandleFeed = UpbitLive.CandleFeed
CandleModel = UpbitLive.CandleModel
ConnectionLight = UpbitLive.ConnectionLight
Error = UpbitLive.Error
Gap = UpbitLive.Gap
KeyHealth = UpbitLive.KeyHealth
Manager = UpbitLive.Manager
Market = UpbitLive.Market
MarketColors = UpbitLive.MarketColors
OrderbookModel = UpbitLive.OrderbookModel
OrderbookView = UpbitLive.OrderbookView
OrderModel = UpbitLive.OrderModel
OrderRow = UpbitLive.OrderRow
Proxy = UpbitLive.Proxy
ProxyOptions = UpbitLive.ProxyOptions
Reply = UpbitLive.Reply
SnapshotReply = UpbitLive.SnapshotReply
StateInfo = UpbitLive.StateInfo
TickerModel = UpbitLive.TickerModel
TradeModel = UpbitLive.TradeModel
installTranslation = UpbitLive.installTranslation
percentText = UpbitLive.percentText
pricePlaces = UpbitLive.pricePlaces
priceText = UpbitLive.priceText
rateText = UpbitLive.rateText
sizeText = UpbitLive.sizeText

logger = logging.getLogger("upbit_live")
_told: Dict[Tuple[CodeType, int], int] = {}


def log_slot_exceptions() -> None:
    """An exception that leaves a slot is logged, with its traceback once per place, and counted.

    Without this PyQt5 does what it does with every slot: it calls sys.excepthook, and ends the program
    if that is Python's own. A program calls this once, or sets a hook of its own.
    """
    sys.excepthook = _log_exception


def slot_exceptions() -> int:
    """How many exceptions log_slot_exceptions has seen."""
    return sum(_told.values())


def _log_exception(
    kind: Type[BaseException], error: BaseException, trace: Optional[TracebackType]
) -> None:
    if not issubclass(kind, Exception):  # KeyboardInterrupt and SystemExit are not mistakes
        sys.__excepthook__(kind, error, trace)
        return
    last = trace
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is not None:
        place = (last.tb_frame.f_code, last.tb_lineno)
        _told[place] = _told.get(place, 0) + 1
        if _told[place] > 1:
            return
    message = "a slot raised; further exceptions from that line are only counted"
    logger.error(message, exc_info=(kind, error, trace))
