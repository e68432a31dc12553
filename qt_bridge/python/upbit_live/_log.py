"""The library's lines in Python's logging: fetched when Python runs anyway, never pushed."""

from __future__ import annotations

import logging

from . import _core

logger = logging.getLogger("upbit_live")
logger.addHandler(logging.NullHandler())

_LEVELS = {1: logging.ERROR, 2: logging.WARNING, 3: logging.INFO, 4: logging.DEBUG}


def flush() -> None:
    """Gives what the library's threads wrote since the last call to `upbit_live.<module>`."""
    for level, module, line in _core.take_log():
        logging.getLogger("upbit_live." + module).log(_LEVELS.get(level, logging.INFO), "%s", line)
