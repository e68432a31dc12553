"""Which callback gets which event; and what becomes of callbacks that raise."""

from __future__ import annotations

import inspect
import logging
import types
import weakref
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

from . import _core

logger = logging.getLogger("upbit_live")
Callback = Callable[[Any], Any]


class Entry(_core.Target):
    """A callback with its codes. Methods are held weakly: a collected widget's entry ends itself."""

    __slots__ = ("codes", "is_async", "_strong", "_weak", "__weakref__")

    def __init__(
        self,
        callback: Callback,
        codes: Iterable[str],
        gone: Callable[[], None],
        batched: bool = False,
    ) -> None:
        self.codes: Set[str] = set(codes)
        self.is_async = inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(
            getattr(callback, "__call__", None)
        )
        self._strong: Optional[Callback] = callback
        self._weak: Optional[weakref.WeakMethod[Any]] = None
        if isinstance(callback, types.MethodType):
            self._strong = None
            self._weak = weakref.WeakMethod(callback, lambda _: gone())
            owner = weakref.ref(callback.__self__)
            super().__init__(callback.__func__, owner, self.is_async, batched)
        else:
            super().__init__(callback, None, self.is_async, batched)

    @property
    def callback(self) -> Optional[Callback]:
        return self._strong if self._weak is None else self._weak()

    def wants(self, code: str) -> bool:
        if not self.codes or code in self.codes:
            return True
        quote = code.split("-", 1)[0]
        return f"{quote}-*" in self.codes

    def failed(self, error: BaseException) -> None:
        """Told once until the callback works again; counted always."""
        self.errors += 1
        if not self.failing:
            self.failing = True
            logger.error(
                "callback %r raised; its further exceptions are only counted until it works again",
                self.callback,
                exc_info=(type(error), error, error.__traceback__),
            )


class Route:
    """The callbacks of one kind of data, for candles of one unit."""

    def __init__(self) -> None:
        self.entries: List[Entry] = []
        self._of_code: Dict[str, Tuple[Entry, ...]] = {}

    def of(self, code: str) -> Tuple[Entry, ...]:
        found = self._of_code.get(code)
        if found is None:
            found = tuple(e for e in self.entries if e.wants(code))
            self._of_code[code] = found
        return found

    def add(
        self,
        callback: Callback,
        codes: Tuple[str, ...],
        gone: Callable[[], None],
        batched: bool = False,
    ) -> None:
        self._of_code.clear()
        for entry in self.entries:
            if entry.callback == callback and entry.batched == batched:
                # No codes means all there are: it cannot be narrowed by adding some.
                entry.codes = entry.codes | set(codes) if entry.codes and codes else set()
                return
        self.entries.append(Entry(callback, codes, gone, batched))

    def remove(self, codes: Tuple[str, ...]) -> None:
        """Takes the codes from every callback; none given: everything."""
        self._of_code.clear()
        kept = []
        for entry in self.entries if codes else ():
            everything = not entry.codes
            entry.codes -= set(codes)
            if everything or entry.codes:
                kept.append(entry)
        self.entries = kept

    def replace(
        self, callback: Optional[Callback], codes: Tuple[str, ...], gone: Callable[[], None]
    ) -> None:
        """The set is now `codes`: for `callback`, or for those there are; none: nobody gets any."""
        self._of_code.clear()
        if not codes:
            self.entries = []
            return
        if callback is not None:
            self.entries = [Entry(callback, codes, gone)]
        for entry in self.entries:
            entry.codes = set(codes)

    def sweep(self) -> Set[str]:
        """Drops entries whose object was collected; returns the codes nobody is left for."""
        dead = [e for e in self.entries if e.callback is None]
        self.entries = [e for e in self.entries if e.callback is not None]
        self._of_code.clear()
        codes: Set[str] = set().union(*(e.codes for e in dead))
        return codes.difference(*(e.codes for e in self.entries))
