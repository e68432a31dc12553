"""The manager that proxies use when they are given none: made on first use, from the environment."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Dict, Optional, Union

from . import _core, errors

_lock = threading.Lock()
_default: Optional[_core.Manager] = None
_TEXTS = ("url", "private_url", "rest_url", "ca_file", "proxy")
_LEVELS = {"none": -1, "error": 1, "warning": 2, "info": 3, "debug": 4}
_STRATEGIES = {"conservative": 1, "balanced": 2, "aggressive": 3}


def _choice(name: str, choices: Dict[str, int]) -> int:
    value = os.environ.get(name, "")
    if value and value not in choices:
        detail = f"{name}: must be one of {', '.join(choices)}"
        raise errors.ArgumentError(errors.CODES["INVALID_ARGUMENT"], detail)
    return choices.get(value, 0)


def default() -> _core.Manager:
    """The process's manager. The variables are those of the C library: UPBIT_URL and so on."""
    global _default
    with _lock:
        if _default is None:
            options: Dict[str, Union[str, int, None]] = {
                name: os.environ.get("UPBIT_" + name.upper()) or None for name in _TEXTS
            }
            options["log_level"] = _choice("UPBIT_LOG_LEVEL", _LEVELS)
            options["limit_strategy"] = _choice("UPBIT_LIMIT_STRATEGY", _STRATEGIES)
            _default = _core.Manager(environment_keys=1, **options)
        return _default


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
