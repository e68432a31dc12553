"""A command on its way: to be awaited, waited for, or left alone."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Callable, Generator, Generic, List, Optional, TypeVar

from . import errors
from ._loop import running_loop

if TYPE_CHECKING:
    from ._core import Event
    from ._proxy import WebSocketClientProxy

T = TypeVar("T")
logger = logging.getLogger("upbit_live")


class Request(Generic[T]):
    """What subscribe, unsubscribe, replace and the snapshots return.

    `await request` inside asyncio, `request.result(timeout)` elsewhere; or neither: the command is
    under way in any case. An error that nobody asked for is logged when the request is dropped.
    """

    def __init__(
        self,
        proxy: WebSocketClientProxy,
        number: int,
        what: str,
        convert: Callable[[List[Event]], T],
    ) -> None:
        self._proxy = proxy
        self._number = number
        self._what = what
        self._convert = convert
        self._events: List[Event] = []
        self._error: Optional[errors.UpbitError] = None
        self._futures: List[asyncio.Future[None]] = []
        self._done = False
        self._seen = False

    def __repr__(self) -> str:
        return f"<Request {self._what} {'done' if self._done else 'under way'}>"

    def done(self) -> bool:
        return self._done

    def cancel(self) -> None:
        """Ends a snapshot early, with RequestCancelledError; commands cannot be taken back."""
        if not self._done:
            self._seen = True
            self._proxy._cancel(self._number)

    def result(self, timeout: Optional[float] = 10.0) -> T:
        """Waits, without the GIL; events that come meanwhile are delivered by the loop afterwards.

        Raises TimeoutError when the answer takes longer than `timeout` seconds (None: no limit).
        """
        if not self._done and running_loop() is not None:
            detail = "result() would stop the running asyncio loop: await the request"
            raise errors.StateError(errors.CODES["ILLEGAL_STATE"], detail)
        end = None if timeout is None else time.monotonic() + timeout
        while not self._done:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                self.cancel()
                detail = f"{self._what}: no answer in {timeout:g} s"
                raise errors.TimeoutError(errors.CODES["TIMEOUT"], detail)
            self._proxy._collect(left)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, T]:
        if not self._done:
            self._proxy._attach()
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._futures.append(future)
            try:
                yield from future
            except asyncio.CancelledError:
                self.cancel()
                raise
        return self._outcome()

    def _outcome(self) -> T:
        self._seen = True
        if self._error is not None:
            raise self._error
        return self._convert(self._events)

    def _add(self, event: Event) -> None:
        self._events.append(event)

    def _finish(self, error: Optional[errors.UpbitError]) -> None:
        if self._done:
            return
        self._done = True
        self._error = error
        for future in self._futures:
            if not future.done() and not future.get_loop().is_closed():
                future.set_result(None)
        self._futures.clear()

    def __del__(self) -> None:
        error = getattr(self, "_error", None)
        if error is not None and not self._seen:
            logger.error("%s: %s", self._what, error)
