"""`async for event in proxy.events()`."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Deque, Optional

if TYPE_CHECKING:
    from ._core import Event
    from ._proxy import WebSocketClientProxy


class EventStream:
    """An asynchronous iterator; ends when the proxy is closed, or by aclose()."""

    def __init__(self, proxy: WebSocketClientProxy, control: bool, limit: int) -> None:
        if limit < 1:
            raise ValueError("limit: must be 1 or more")
        self._proxy = proxy
        self._control = control
        self._limit = limit
        self._waiting: Deque[Event] = deque()
        self._future: Optional[asyncio.Future[None]] = None
        self._ended = False

    def __aiter__(self) -> EventStream:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._ended or self._proxy.closed:
                raise StopAsyncIteration
            self._future = asyncio.get_running_loop().create_future()
            try:
                await self._future
            finally:
                self._future = None
        event = self._waiting.popleft()
        self._proxy._balance()
        return event

    async def aclose(self) -> None:
        self._waiting.clear()
        self._end()
        self._proxy._balance()

    def _end(self) -> None:
        self._ended = True
        if self in self._proxy._streams:
            self._proxy._streams.remove(self)
            self._proxy._core.everything = bool(self._proxy._streams)
        self._wake()

    def _put(self, event: Event, is_data: bool) -> None:
        if is_data or self._control:
            self._waiting.append(event)
            self._wake()

    def _wake(self) -> None:
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def _behind(self, already: bool) -> bool:
        return len(self._waiting) >= (max(1, self._limit // 2) if already else self._limit)
