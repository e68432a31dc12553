"""The manager that proxies use when they are given none: made on first use, from the environment."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Optional

from . import _core

_lock = threading.Lock()
_default: Optional[_core.Manager] = None


def default() -> _core.Manager:
    """The process's manager. UPBIT_URL and its like decide (docs/CONFIGURATION.md), API keys included."""
    global _default
    with _lock:
        if _default is None:
            _default = _core.Manager(environment_keys=1)
        return _default


def take_environment_keys() -> bool:
    """Takes UPBIT_ACCESS_KEY and UPBIT_SECRET_KEY out of the environment: into the library's safe memory,
    overwritten where they stood, so that children and /proc/PID/environ have them no more. True: there were
    keys; managers that use the environment's use these. To be called first in the program, before there
    are threads. Python itself has copied the environment at its start; that copy can be forgotten, which
    is done, but not overwritten. Raises ArgumentError where they are no keys; they are gone all the same.
    """
    try:
        return _core.take_environment_keys()
    finally:
        for name in ("UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"):
            os.environ.pop(name, None)


def drop_environment_keys() -> None:
    """Wipes what take_environment_keys() took; managers keep theirs."""
    _core.drop_environment_keys()


def shutdown(deadline: float = 1.0) -> bool:
    """Ends the default manager; the next proxy makes a new one. False: connections had to be cut."""
    global _default
    with _lock:
        manager, _default = _default, None
    return manager is None or manager.shutdown(int(deadline * 1000))


def _forget() -> None:
    """In a forked child: it has no I/O thread; a proxy made there gets a manager of its own."""
    global _default, _lock
    _lock = threading.Lock()
    _default = None


atexit.register(shutdown)
os.register_at_fork(after_in_child=_forget)
