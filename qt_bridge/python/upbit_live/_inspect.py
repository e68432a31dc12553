"""What inspections, settings and capabilities are made of; the C half gives rows, here they get names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import _core, errors
from .enums import CandleUnit, Freshness, LimitGroup, Origin, Session, State


class SessionInfo(NamedTuple):
    """A connection and its state; None: never yet."""

    session: Session
    state: State
    epoch: int
    attempt: int
    next_ms: int
    tls: bool
    compression: int
    error: int
    state_ms: int
    heard_ms: Optional[int]
    pong_ms: Optional[int]
    down_ms: int
    comebacks: int
    keys: int
    url: str
    reason: str


class KeyInfo(NamedTuple):
    """What the exchange is asked for."""

    type: str
    candle_unit: Optional[CandleUnit]
    level: Optional[Decimal]
    code: str
    takers: int
    depth: int
    on_wire: bool
    quiet: Optional[Freshness]
    events: int
    per_s: float
    lag_ms: Optional[int]
    age_ms: Optional[int]


class ProxyInfo(NamedTuple):
    """One who wants something; stats as WebSocketClientProxy.get_performance_metrics() has them."""

    client_id: str
    wants: int
    selectors: int
    stats: Dict[str, float]


class WantInfo(NamedTuple):
    """One proxy's want of one key."""

    proxy: ProxyInfo
    key: KeyInfo
    depth: int
    flags: int
    by_name: bool
    by_selector: bool


class LimitInfo(NamedTuple):
    """A budget of requests."""

    name: str
    group: Optional[LimitGroup]
    allowed: int
    in_use: int
    waiting: int
    window_ms: int
    shared: bool
    closed_ms: int


class Inspection(NamedTuple):
    """Everything at one moment; what each column means stands in upbit-live/inspect.h."""

    sessions: List[SessionInfo]
    keys: List[KeyInfo]
    proxies: List[ProxyInfo]
    wants: List[WantInfo]
    limits: List[LimitInfo]


class Capability(NamedTuple):
    """One kind of private data: does it come, by what, with what permission, and if not, why not?"""

    available: bool
    error: Optional[str]
    origin: Optional[Origin]
    permission: str
    reason: str


class Capabilities(NamedTuple):
    available: bool
    error: Optional[str]
    orders: Capability
    assets: Capability
    announcements: Capability


class Setting(NamedTuple):
    """One setting of a manager: its value and where it comes from. Keys are only `set` or `not set`."""

    name: str
    variable: Optional[str]
    value: str
    source: str
    unit: str
    tuning: bool


_QUIET = {20: Freshness.NO_DATA, 21: Freshness.STALE}


def inspection(rows: Tuple[Any, ...]) -> Inspection:
    """Called by Manager.inspect."""
    sessions, keys, proxies, wants, limits = rows
    all_keys = [KeyInfo._make((*k[:7], _QUIET.get(k[7]), *k[8:])) for k in keys]
    all_proxies = [ProxyInfo(*p) for p in proxies]
    return Inspection(
        [SessionInfo(*s) for s in sessions],
        all_keys,
        all_proxies,
        [WantInfo(all_proxies[w[0]], all_keys[w[1]], *w[2:]) for w in wants],
        [LimitInfo(*x) for x in limits],
    )


def _why(available: int) -> Tuple[bool, Optional[str]]:
    return available == 1, errors.make(available).name if available < 0 else None


def capabilities(row: Tuple[Any, ...]) -> Capabilities:
    """Called by Proxy.capabilities."""
    available, *kinds = row
    return Capabilities(*_why(available), *(Capability(*_why(k[0]), *k[1:]) for k in kinds))


def settings(**options: Any) -> List[Setting]:
    """What a Manager(**options) would be made with, and where each value comes from.

    Connects to nothing and takes no key. Wrong options raise as Manager does; docs/CONFIGURATION.md has
    them all.
    """
    return [Setting(*row[:5], bool(row[5])) for row in _core.settings_list(**options)]
