"""WebSocketClientProxy: the API of the plan."""

from __future__ import annotations

import asyncio
import itertools
import os
import select
import time
import weakref
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Set, Tuple, Union

from . import _core, _log, _loop, _manager, errors
from ._commands import Commands, RouteKey
from ._inspect import Capabilities
from ._request import Request
from ._routes import Entry, Route, logger
from ._stream import EventStream
from .enums import Doing, Policy, Reason, Session, State

TURN_EVENTS = 512  # per turn of the event loop, as the Qt bridge
TURN_SECONDS = 0.004
TASKS = 64  # async callbacks under way before events wait in the library's queue

_open: weakref.WeakSet[WebSocketClientProxy] = weakref.WeakSet()


class WebSocketClientProxy(Commands):
    """One widget's share of the stream.

    Callbacks come in the thread it was made in, from that thread's event loop: asyncio's if one runs
    there, else Qt's; a program with neither calls process(). Close it with cleanup() or `with`; one that
    is merely dropped is closed by the collector, which may be later than you think. With `health`
    on_control gets a HealthEvent for every change of it, not only for those that no StateEvent tells.
    """

    def __init__(
        self,
        client_id: str,
        *,
        manager: Optional[_core.Manager] = None,
        policy: Policy = Policy.DEFAULT,
        queue_messages: int = 0,
        queue_bytes: int = 0,
        health: bool = False,
    ) -> None:
        self.client_id = client_id
        self.on_state: Optional[Callable[[_core.StateEvent], Any]] = None
        self.on_gap: Optional[Callable[[_core.GapEvent], Any]] = None
        self.on_error: Optional[Callable[[_core.ErrorEvent], Any]] = None
        self.on_control: Optional[Callable[[_core.Event], Any]] = None  # all that are not data
        self.state = State.IDLE
        self._callback_errors = 0
        self._numbers = itertools.count(1)
        self._requests: Dict[int, Request[Any]] = {}
        self._routes: Dict[RouteKey, Route] = {}
        self._backlog: Deque[_core.Event] = deque()
        self._streams: List[EventStream] = []
        self._tasks: Set[asyncio.Task[Any]] = set()
        self._controls: Dict[str, Entry] = {}
        self._hook: Optional[_loop.Hook] = None
        self._poller: Optional[select.poll] = None
        self._paused = False
        self._sweep = False
        self._pid = os.getpid()
        self._manager = manager if manager is not None else _manager.default()
        self._core = _core.Proxy(
            self._manager, client_id, int(policy), queue_messages, queue_bytes, health
        )
        _open.add(self)
        self._attach()

    def __repr__(self) -> str:
        return f"<WebSocketClientProxy {self.client_id!r} {self.state.value}>"

    # Life

    @property
    def closed(self) -> bool:
        return self._core.closed

    def cleanup(self) -> None:
        """Drops the subscriptions and ends everything under way. Repeating is harmless."""
        if "_core" not in self.__dict__ or self._core.closed:
            return
        _open.discard(self)
        if self._hook is not None:
            self._hook.close()
            self._hook = None
        self._core.close()
        self._backlog.clear()
        self._routes.clear()
        self._end(errors.make(errors.CODES["CLOSED"], f"{self.client_id} was closed"))
        for task in list(self._tasks):
            if not task.get_loop().is_closed() and task is not _current_task():
                task.cancel()

    def _end(self, error: errors.UpbitError) -> None:
        requests, self._requests = self._requests, {}
        for request in requests.values():
            request._seen = True  # whoever waits is told; nobody else is surprised
            request._finish(error)
        for stream in list(self._streams):
            stream._end()

    def __enter__(self) -> WebSocketClientProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()

    async def __aenter__(self) -> WebSocketClientProxy:
        self._attach()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cleanup()

    def __del__(self) -> None:
        # In whatever thread the last reference went; a forked child has nothing to tell a loop.
        if self.__dict__.get("_pid") == os.getpid():
            self.cleanup()

    # Loops

    def fileno(self) -> int:
        """Readable while there may be events: for loops this package does not know. See process()."""
        return self._core.fileno()

    def process(self, timeout: Optional[float] = 0.0) -> int:
        """Delivers what there is, waiting up to `timeout` seconds (None: for ever) for the first event.

        For programs without an event loop, and for loops that watch fileno(). Returns how many events
        were taken; at most 512 or 4 ms of them, so call it again while there are some.
        """
        if timeout != 0 and not self._backlog:
            self._poll(timeout)
        return self._turn()

    def _attach(self) -> None:
        if self._core.closed or (self._hook is not None and self._hook.alive()):
            return
        if self._hook is not None:
            self._hook.close()
            self._hook = None
        me = weakref.ref(self)

        def ready() -> bool:
            proxy = me()
            if proxy is None or proxy._core.closed:
                return False
            proxy._turn()
            return True

        self._hook = _loop.find(self._core.fileno(), ready)

    def _poll(self, timeout: Optional[float]) -> None:
        if self._core.ahead:  # of these the descriptor knows nothing
            return
        poller, self._poller = self._poller, None  # one thread's at a time
        if poller is None:
            poller = select.poll()
            poller.register(self._core.fileno(), select.POLLIN)
        poller.poll(None if timeout is None else max(0, int(timeout * 1000 + 0.999)))
        self._poller = poller

    def _collect(self, timeout: Optional[float]) -> None:
        """For result(): settles requests and keeps the rest for the loop."""
        if self._core.closed:
            return
        self._poll(timeout)
        while (event := self._core.next()) is not None:
            if not self._settle(event):
                self._backlog.append(event)
        if self._backlog and self._hook is not None:
            self._hook.again()
        _log.flush()

    def _turn(self) -> int:
        """One turn of the loop: some events, then the loop may paint."""
        end = time.monotonic() + TURN_SECONDS
        taken = 0
        if self._sweep:
            self._sweep = False
            self._sweep_routes()
        while self._backlog and not self._paused and taken < TURN_EVENTS:
            taken += 1
            self._deliver(self._backlog.popleft())
            if time.monotonic() > end:
                break
        left = int((end - time.monotonic()) * 1e9)
        if not self._backlog and left > 0:
            taken += self._core.turn(self, TURN_EVENTS - taken, left)
        if self._hook is not None and not self._paused and (self._backlog or self._core.ahead):
            self._hook.again()
        _log.flush()
        return taken

    def _balance(self) -> None:
        """Stops taking events while consumers are behind: what waits is the library's to bound."""
        behind = len(self._tasks) >= (TASKS // 2 if self._paused else TASKS)
        behind = behind or any(s._behind(self._paused) for s in self._streams)
        if behind == self._paused or self._core.closed:
            return
        self._paused = self._core.paused = behind
        if self._hook is not None:
            self._hook.set_enabled(not behind)
            if not behind:
                self._hook.again()

    # Events

    def _settle(self, event: _core.Event) -> bool:
        """Is it the answer of a request? Then it is for nobody else."""
        number = event.request_id
        if isinstance(event, _core.ReplyEvent):
            request = self._requests.pop(number, None)
            if request is not None:
                error = errors.make(event.error, event.detail) if event.error < 0 else None
                request._finish(error)
            return True
        if number != 0:
            asked = self._requests.get(number)
            if asked is not None:
                asked._add(event)
            return True
        return False

    def _deliver(self, event: _core.Event) -> None:
        kind = type(event)
        if kind in _DATA:
            if event.request_id != 0 and self._settle(event):
                return
            for entry in self._resolve(event):
                self._call(entry, [event] if entry.batched else event)
        elif self._settle(event):
            return
        else:
            self._control(event)
        if self._streams:
            for stream in list(self._streams):
                stream._put(event, kind in _DATA)
            self._balance()

    def _resolve(self, event: _core.Event) -> Tuple[Entry, ...]:
        """Who wants events like this; _core asks once and remembers until forget()."""
        unit = event.unit if isinstance(event, _core.Candle) else None
        route = self._routes.get((type(event), unit))
        return () if route is None else route.of(event.code)

    def _control(self, event: _core.Event) -> None:
        if isinstance(event, _core.StateEvent):
            if event.session is Session.PUBLIC:
                self.state = event.state
            self._call_control("on_state", event)
        elif isinstance(event, _core.GapEvent):
            self._call_control("on_gap", event)
        elif isinstance(event, _core.ErrorEvent):
            logger.warning("%s: %s %s", self.client_id, event.name, event.message)
            self._call_control("on_error", event)
        elif isinstance(event, _core.ClosedEvent):
            self.state = State.CLOSED
            self._end(errors.make(errors.CODES["CLOSED"], "the manager was shut down"))
        self._call_control("on_control", event)

    def _call_control(self, name: str, event: _core.Event) -> None:
        callback = getattr(self, name)
        if callback is None:
            return
        entry = self._controls.get(name)
        if entry is None or entry.callback != callback:
            # The attribute holds the callback: a method's entry need not.
            entry = self._controls[name] = Entry(callback, (), _nothing)
        self._call(entry, event)

    def _call(self, entry: Entry, event: Union[_core.Event, List[_core.Event]]) -> None:
        callback = entry.callback
        if callback is None:
            return
        try:
            if entry.is_async:
                self._start(entry, callback(event))
                return
            callback(event)
            entry.failing = False
        except Exception as error:
            self._failed(entry, error)

    def _failed(self, entry: Entry, error: BaseException) -> None:
        self._callback_errors += 1
        entry.failed(error)

    def _start(self, entry: Entry, coroutine: Any) -> None:
        loop = _loop.running_loop()
        if loop is None:
            coroutine.close()
            raise RuntimeError("an async callback needs a running asyncio loop in this thread")
        task = loop.create_task(coroutine)
        self._tasks.add(task)

        def ended(finished: asyncio.Task[Any]) -> None:
            self._tasks.discard(finished)
            if not finished.cancelled():
                error = finished.exception()
                if error is not None:
                    self._failed(entry, error)
                else:
                    entry.failing = False
            self._balance()

        task.add_done_callback(ended)
        self._balance()

    def _gone(self) -> None:
        # A method's object was collected, in some thread in the middle of something: remember only.
        self._sweep = True

    def events(self, *, control: bool = False, limit: int = 256) -> EventStream:
        """`async for event in proxy.events()`: all data of this proxy, with `control` all events.

        While `limit` events wait to be taken no more are fetched, and the library's queue decides by its
        policy what becomes of the rest; callbacks of this proxy wait as well.
        """
        self._attach()
        stream = EventStream(self, control, limit)
        self._streams.append(stream)
        self._core.everything = True
        return stream

    # How things are

    def is_private_available(self) -> bool:
        """Do my orders and assets come? False as well while that is not known yet."""
        return self._core.private_available() == 1

    def capabilities(self) -> Capabilities:
        """Which private data can be had, by what, and why not."""
        return self._core.capabilities()

    def health_check(
        self, session: Optional[Session] = None
    ) -> Dict[str, Union[str, int, bool, None]]:
        """How the stream is and what the library does about it, in words and figures; or one session's.

        level, reasons (words, comma between), reason and action (for people), doing, retry_ms, since_ms,
        state, attempt, error, uptime_ms, compression; the rest is this proxy's.
        """
        health: Dict[str, Union[str, int, bool, None]] = dict(self._manager.health(session))
        private = self._core.private_available()
        health["level"] = ("healthy", "degraded", "critical")[int(health["level"] or 0)]
        reasons, doing = int(health["reasons"] or 0), int(health["doing"] or 0)
        health["reasons"] = ",".join(str(r.name).lower() for r in Reason if reasons & r)
        health["doing"] = _DOING[doing] if doing < len(_DOING) else Doing.UNKNOWN.value
        health["client_id"] = self.client_id
        health["private_available"] = private == 1
        health["private_error"] = errors.make(private).name if private < 0 else None
        health["callback_errors"] = self._callback_errors
        _log.flush()
        return health

    def get_performance_metrics(self) -> Dict[str, float]:
        """Counters of this proxy (delivered, dropped ...) and, as stream_..., of its manager.

        docs/STATISTICS.md has them all; a latency is there as ..._p50_us, ..._p99_us and so on.
        """
        metrics: Dict[str, float] = dict(self._core.stats())
        metrics["callback_errors"] = self._callback_errors
        metrics["requests_under_way"] = len(self._requests)
        metrics.update(("stream_" + k, v) for k, v in self._manager.stats().items())
        return metrics


_DOING = tuple(doing.value for doing in Doing)  # as upbit_health_doing counts

_DATA = frozenset(
    (
        _core.Ticker,
        _core.Trade,
        _core.Orderbook,
        _core.Candle,
        _core.MyOrder,
        _core.MyAsset,
        _core.Announcement,
        _core.RawEvent,
    )
)


def _nothing() -> None:
    pass


def _current_task() -> Optional[asyncio.Task[Any]]:
    return None if _loop.running_loop() is None else asyncio.current_task()


def close_all() -> None:
    """At the interpreter's exit, before what the hooks stand on goes."""
    for proxy in list(_open):
        proxy.cleanup()


def _after_fork() -> None:
    # The loops of the parent are not the child's to change.
    for proxy in list(_open):
        proxy._hook = None
    _open.clear()
