"""How a proxy's descriptor hangs in the program's event loop: asyncio's, Qt's, or one that speaks both.

A hook knows its proxy weakly, so that dropping the last reference to a proxy ends it. It watches a
duplicate of the descriptor: the number stays taken until the loop has forgotten it, whichever thread
drops the proxy, and no loop ever watches a number that means another file by then.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
import threading
from typing import Any, Callable, Optional, Protocol, Set

Ready = Callable[[], bool]  # False: the proxy is gone


class Hook(Protocol):
    def set_enabled(self, enabled: bool) -> None:
        ...

    def again(self) -> None:
        ...

    def alive(self) -> bool:
        ...

    def close(self) -> None:
        ...


class AsyncioHook:
    """For any loop with add_reader: asyncio's own, uvloop's, qasync's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, ready: Ready) -> None:
        self.loop = loop
        self._fd = os.dup(fd)
        self._ready = ready
        self._thread = threading.get_ident()
        self._enabled = False
        self.set_enabled(True)

    def set_enabled(self, enabled: bool) -> None:
        if enabled == self._enabled or self.loop.is_closed():
            return
        self._enabled = enabled
        if enabled:
            self.loop.add_reader(self._fd, self._ready)
        else:
            self.loop.remove_reader(self._fd)

    def again(self) -> None:
        self.loop.call_soon_threadsafe(self._ready)

    def alive(self) -> bool:
        return not self.loop.is_closed()

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd < 0:
            return
        if threading.get_ident() == self._thread or self.loop.is_closed():
            _forget(self.loop, fd)
            return
        try:
            self.loop.call_soon_threadsafe(_forget, self.loop, fd)
        except RuntimeError:  # closed meanwhile
            os.close(fd)


def _forget(loop: asyncio.AbstractEventLoop, fd: int) -> None:
    if not loop.is_closed():
        loop.remove_reader(fd)
    os.close(fd)


_dying: Set[Any] = set()  # notifiers that only their own thread may delete


def _make_watch_class() -> Any:
    qt: Any = importlib.import_module("PyQt5.QtCore")

    class Watch(qt.QObject):  # type: ignore[misc]
        """A notifier with its descriptor, which end in their own thread, whoever wishes it."""

        def __init__(self, fd: int, ready: Ready) -> None:
            super().__init__()
            self.fd = os.dup(fd)
            self.notifier = qt.QSocketNotifier(self.fd, qt.QSocketNotifier.Read)

            def activated(_: object = None) -> None:
                if not ready():
                    notifier.setEnabled(False)

            notifier = self.notifier
            notifier.activated.connect(activated)

        def end_from_elsewhere(self) -> None:
            _dying.add(self)
            qt.QMetaObject.invokeMethod(self, "end", qt.Qt.QueuedConnection)

        @qt.pyqtSlot()  # type: ignore[misc]
        def end(self) -> None:
            notifier, self.notifier = self.notifier, None
            try:
                notifier.setEnabled(False)
                # It may be the one whose callback this is: the loop deletes it afterwards.
                notifier.deleteLater()
            except RuntimeError:  # Qt has deleted it already
                pass
            os.close(self.fd)
            _dying.discard(self)

    return Watch


class QtHook:
    """For the thread of a Qt event loop, by a QSocketNotifier of PyQt5."""

    _class: Any = None

    def __init__(self, fd: int, ready: Ready) -> None:
        if QtHook._class is None:
            QtHook._class = _make_watch_class()
        self._ready = ready
        self._thread = threading.get_ident()
        self._watch: Any = QtHook._class(fd, ready)

    def set_enabled(self, enabled: bool) -> None:
        self._watch.notifier.setEnabled(enabled)

    def again(self) -> None:
        ready = self._ready
        qt: Any = importlib.import_module("PyQt5.QtCore")
        qt.QTimer.singleShot(0, lambda: ready() and None)

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        watch, self._watch = self._watch, None
        if watch is None:
            return
        if threading.get_ident() == self._thread:
            watch.end()
        else:
            watch.end_from_elsewhere()


def running_loop() -> Optional[asyncio.AbstractEventLoop]:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def find(fd: int, ready: Ready) -> Optional[Hook]:
    """A hook for the loop of this thread: a running asyncio loop first, as it may stand on Qt's."""
    loop = running_loop()
    if loop is not None:
        return AsyncioHook(loop, fd, ready)
    qt = sys.modules.get("PyQt5.QtCore")
    if qt is not None and qt.QCoreApplication.instance() is not None:
        if qt.QAbstractEventDispatcher.instance() is not None:  # of this thread
            return QtHook(fd, ready)
    return None
