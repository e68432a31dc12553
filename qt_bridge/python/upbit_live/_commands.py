"""The commands of a proxy: what can be subscribed to and what can be asked for."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple
from typing import TypeVar, Union, cast

from . import errors
from ._core import Announcement, Candle, Event, MyAsset, MyOrder, Orderbook, Proxy, Ticker, Trade
from ._request import Request
from ._routes import Route
from .enums import CandleUnit, Kind, LimitGroup

E = TypeVar("E", bound=Event)
Symbols = Union[str, Sequence[str]]
Callback = Optional[Callable[[E], Any]]
Batch = Optional[Callable[[List[E]], Any]]
RouteKey = Tuple[type, Optional[CandleUnit]]
Unit = Union[CandleUnit, str]

SUBSCRIBE, UNSUBSCRIBE, REPLACE, UNSUBSCRIBE_ALL, SNAPSHOT, CANCEL = range(1, 7)
_SNAPSHOT_ONLY, _REALTIME_ONLY = 1, 2
_TYPES: Dict[Kind, Tuple[int, type]] = {
    Kind.TICKER: (1, Ticker),
    Kind.TRADE: (2, Trade),
    Kind.ORDERBOOK: (3, Orderbook),
    Kind.CANDLE: (4, Candle),
    Kind.MY_ORDER: (5, MyOrder),
    Kind.MY_ASSET: (6, MyAsset),
    Kind.ANNOUNCEMENT: (7, Announcement),
}


def _codes(symbols: Symbols) -> Tuple[str, ...]:
    return (symbols,) if isinstance(symbols, str) else tuple(symbols)


def unit_of(kind: Kind, unit: Optional[Unit]) -> Optional[CandleUnit]:
    if kind is not Kind.CANDLE:
        return None
    try:
        return CandleUnit(unit)
    except ValueError:
        words = ", ".join(u.value for u in CandleUnit if u is not CandleUnit.UNKNOWN)
        detail = f"unit: {unit!r} is none of {words}"
        raise errors.ArgumentError(errors.CODES["INVALID_ARGUMENT"], detail) from None


def _kind(kind: Union[Kind, str]) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        detail = f"kind: {kind!r} is none of {', '.join(k.value for k in Kind)}"
        raise errors.ArgumentError(errors.CODES["INVALID_ARGUMENT"], detail) from None


def kind_number(kind: Union[Kind, str]) -> int:
    """As the C library counts kinds."""
    return _TYPES[_kind(kind)][0]


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))


def _nothing(_: List[Event]) -> None:
    return None


class Commands:
    """Symbols are market codes like "KRW-BTC", or "KRW-*" for all of a quote currency.

    Wrong arguments raise at once; what only the exchange can tell (an unknown code) is raised by the
    request. Functions given as callbacks are held strongly, methods weakly: the callbacks of a collected
    object end with it, and so do the subscriptions nobody else of this proxy shares. `batch` is a
    callback that gets a list of all events of a turn of the loop, at a lower price for each.
    """

    if TYPE_CHECKING:
        _core: Proxy
        _numbers: Iterator[int]
        _requests: Dict[int, Request[Any]]
        _routes: Dict[RouteKey, Route]

        def _attach(self) -> None:
            ...

        def _gone(self) -> None:
            ...

    def subscribe_ticker(
        self,
        symbols: Symbols,
        callback: Callback[Ticker] = None,
        *,
        batch: Batch[Ticker] = None,
        snapshot_only: bool = False,
        realtime_only: bool = False,
    ) -> Request[None]:
        flags = _SNAPSHOT_ONLY * snapshot_only | _REALTIME_ONLY * realtime_only
        return self._subscribe(Kind.TICKER, symbols, callback, batch, flags=flags)

    def subscribe_trade(
        self,
        symbols: Symbols,
        callback: Callback[Trade] = None,
        *,
        batch: Batch[Trade] = None,
        snapshot_only: bool = False,
        realtime_only: bool = False,
    ) -> Request[None]:
        flags = _SNAPSHOT_ONLY * snapshot_only | _REALTIME_ONLY * realtime_only
        return self._subscribe(Kind.TRADE, symbols, callback, batch, flags=flags)

    def subscribe_orderbook(
        self,
        symbols: Symbols,
        callback: Callback[Orderbook] = None,
        *,
        batch: Batch[Orderbook] = None,
        depth: int = 0,
        level: Union[Decimal, int, str, None] = None,
        snapshot_only: bool = False,
        realtime_only: bool = False,
    ) -> Request[None]:
        """depth: rows a side, 1..30, 0 for all; level: price grouping of KRW markets."""
        flags = _SNAPSHOT_ONLY * snapshot_only | _REALTIME_ONLY * realtime_only
        text = None if level is None else str(level)
        return self._subscribe(
            Kind.ORDERBOOK, symbols, callback, batch, flags=flags, depth=depth, level=text
        )

    def subscribe_candle(
        self,
        symbols: Symbols,
        callback: Callback[Candle] = None,
        *,
        batch: Batch[Candle] = None,
        unit: Unit = CandleUnit.M1,
        snapshot_only: bool = False,
        realtime_only: bool = False,
    ) -> Request[None]:
        flags = _SNAPSHOT_ONLY * snapshot_only | _REALTIME_ONLY * realtime_only
        return self._subscribe(Kind.CANDLE, symbols, callback, batch, unit=unit, flags=flags)

    def subscribe_my_order(
        self, symbols: Symbols = (), callback: Callback[MyOrder] = None
    ) -> Request[None]:
        """No symbols: all markets. Needs API keys."""
        return self._subscribe(Kind.MY_ORDER, symbols, callback)

    def subscribe_my_asset(
        self, symbols: Symbols = (), callback: Callback[MyAsset] = None
    ) -> Request[None]:
        """Assets come for the whole account: symbols must be empty. Needs API keys."""
        return self._subscribe(Kind.MY_ASSET, symbols, callback)

    def subscribe_announcement(self, callback: Callback[Announcement] = None) -> Request[None]:
        """The exchange's announcements, of all categories. Needs API keys."""
        return self._subscribe(Kind.ANNOUNCEMENT, (), callback)

    def unsubscribe(
        self, kind: Union[Kind, str], symbols: Symbols = (), *, unit: Optional[Unit] = None
    ) -> Request[None]:
        """No symbols: all of the kind (for candles: of the unit). No callback comes after the call."""
        kind = _kind(kind)
        key = (_TYPES[kind][1], unit_of(kind, unit))
        codes = _codes(symbols)
        if not codes:
            request = self._command(REPLACE, kind, (), key[1])
        else:
            request = self._command(UNSUBSCRIBE, kind, codes, key[1])
        if key in self._routes:
            self._routes[key].remove(codes)
        self._core.forget()
        return request

    def replace(
        self,
        kind: Union[Kind, str],
        symbols: Symbols,
        callback: Optional[Callable[[Any], Any]] = None,
        *,
        unit: Optional[Unit] = None,
        depth: int = 0,
        level: Union[Decimal, int, str, None] = None,
    ) -> Request[None]:
        """The kind's set (for candles: the unit's) becomes `symbols`, in one step.

        Without a callback those there are get the new set; no symbols end it, callbacks included.
        """
        kind = _kind(kind)
        key = (_TYPES[kind][1], unit_of(kind, unit))
        codes = _codes(symbols)
        text = None if level is None else str(level)
        request = self._command(REPLACE, kind, codes, key[1], depth=depth, level=text)
        self._routes.setdefault(key, Route()).replace(callback, codes, self._gone)
        self._core.forget()
        return request

    def unsubscribe_all(self) -> Request[None]:
        request = self._command(UNSUBSCRIBE_ALL, None, (), None)
        self._routes.clear()
        self._core.forget()
        return request

    def get_ticker_snapshot(
        self, symbols: Symbols, *, timeout: float = 5.0
    ) -> Request[List[Ticker]]:
        return self._snapshot(Ticker, Kind.TICKER, symbols, timeout)

    def get_trade_snapshot(
        self, symbols: Symbols, *, count: int = 1, before: int = 0, timeout: float = 5.0
    ) -> Request[List[Trade]]:
        """The newest `count` of each code; before: with sequential ids below this."""
        return self._snapshot(Trade, Kind.TRADE, symbols, timeout, count=count, before=before)

    def get_orderbook_snapshot(
        self,
        symbols: Symbols,
        *,
        depth: int = 0,
        level: Union[Decimal, int, str, None] = None,
        timeout: float = 5.0,
    ) -> Request[List[Orderbook]]:
        text = None if level is None else str(level)
        return self._snapshot(Orderbook, Kind.ORDERBOOK, symbols, timeout, depth=depth, level=text)

    def get_candle_snapshot(
        self,
        symbols: Symbols,
        *,
        unit: Unit = CandleUnit.M1,
        count: int = 1,
        before: int = 0,
        timeout: float = 5.0,
    ) -> Request[List[Candle]]:
        """The newest `count` of each code, oldest first; before: of windows before this Unix ms."""
        return self._snapshot(
            Candle, Kind.CANDLE, symbols, timeout, unit, count=count, before=before
        )

    def get_my_order_snapshot(
        self,
        symbols: Symbols = (),
        *,
        closed: bool = False,
        count: int = 0,
        before: int = 0,
        after: int = 0,
        uuid: Optional[str] = None,
        identifier: Optional[str] = None,
        timeout: float = 5.0,
    ) -> Request[List[MyOrder]]:
        """Open orders, or closed ones between two Unix times in ms, or one by its id."""
        return self._snapshot(
            MyOrder,
            Kind.MY_ORDER,
            symbols,
            timeout,
            orders=int(closed),
            count=count,
            before=before,
            after=after,
            order_uuid=uuid,
            order_identifier=identifier,
        )

    def get_my_asset_snapshot(self, *, timeout: float = 5.0) -> Request[List[MyAsset]]:
        return self._snapshot(MyAsset, Kind.MY_ASSET, (), timeout)

    def acquire_limit(
        self, group: LimitGroup, cost: int = 1, *, timeout: float = 5.0
    ) -> Request[None]:
        """Waits for `cost` grants to send requests of your own within the exchange's limits.

        They come before what the library itself asks for. Each wants a Manager.report_limit(). Raises
        RateLimitError when the budget allows none in time.
        """
        request = self._begin(f"acquire_limit {group.name}", _nothing)
        with self._taken_back(request):
            self._core.acquire(int(group), cost, _ms(timeout), request._number)
        return request

    def _subscribe(
        self,
        kind: Kind,
        symbols: Symbols,
        callback: Optional[Callable[[Any], Any]],
        batch: Optional[Callable[[List[Any]], Any]] = None,
        unit: Optional[Unit] = None,
        **wishes: Any,
    ) -> Request[None]:
        for function in (callback, batch):
            if function is not None and not callable(function):
                raise TypeError(f"callback: {function!r} cannot be called")
        key = (_TYPES[kind][1], unit_of(kind, unit))
        codes = _codes(symbols)
        request = self._command(SUBSCRIBE, kind, codes, key[1], **wishes)
        if callback is not None:
            self._routes.setdefault(key, Route()).add(callback, codes, self._gone)
        if batch is not None:
            self._routes.setdefault(key, Route()).add(batch, codes, self._gone, True)
        self._core.forget()
        return request

    def _snapshot(
        self,
        of: Callable[..., E],
        kind: Kind,
        symbols: Symbols,
        timeout: float,
        unit: Optional[Unit] = None,
        **wishes: Any,
    ) -> Request[List[E]]:
        return self._send(
            SNAPSHOT,
            kind,
            _codes(symbols),
            unit_of(kind, unit),
            lambda events: cast(List[E], events),
            timeout_ms=_ms(timeout),
            **wishes,
        )

    def _command(
        self,
        what: int,
        kind: Optional[Kind],
        codes: Tuple[str, ...],
        unit: Optional[CandleUnit],
        **wishes: Any,
    ) -> Request[None]:
        return self._send(what, kind, codes, unit, _nothing, **wishes)

    def _send(
        self,
        what: int,
        kind: Optional[Kind],
        codes: Tuple[str, ...],
        unit: Optional[CandleUnit],
        convert: Callable[[List[Event]], Any],
        **wishes: Any,
    ) -> Request[Any]:
        name = f"{_NAMES[what]} {kind.value if kind else ''} {' '.join(codes[:5])}".rstrip()
        seconds = 0 if unit is None else unit.seconds
        number = 0 if kind is None else kind_number(kind)
        request = self._begin(name, convert)
        with self._taken_back(request):
            self._core.command(what, request._number, number, codes, unit=seconds, **wishes)
        return request

    def _begin(self, name: str, convert: Callable[[List[Event]], Any]) -> Request[Any]:
        """A request that is known before its command is given: the answer may come before that returns."""
        self._attach()
        number = next(self._numbers)
        request: Request[Any] = Request(cast(Any, self), number, name, convert)
        self._requests[number] = request
        return request

    @contextlib.contextmanager
    def _taken_back(self, request: Request[Any]) -> Iterator[None]:
        """No answer will come to a command that is refused at once."""
        try:
            yield
        except BaseException:
            self._requests.pop(request._number, None)
            raise

    def _cancel(self, number: int) -> None:
        if number in self._requests and not self._core.closed:
            self._core.command(CANCEL, number)

    def _sweep_routes(self) -> None:
        for (cls, unit), route in list(self._routes.items()):
            codes = tuple(route.sweep())
            self._core.forget()
            if codes:
                kind = next(k for k, (_, c) in _TYPES.items() if c is cls)
                self._command(UNSUBSCRIBE, kind, codes, unit)


_NAMES = {
    SUBSCRIBE: "subscribe",
    UNSUBSCRIBE: "unsubscribe",
    REPLACE: "replace",
    UNSUBSCRIBE_ALL: "unsubscribe_all",
    SNAPSHOT: "snapshot",
}
