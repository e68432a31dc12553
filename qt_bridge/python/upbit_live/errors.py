"""What can go wrong, as a tree: every exception of this package is an UpbitError.

`code` and `name` are those of the C library (upbit-live/error.h), `detail` says what was wrong. Those
that have a counterpart among Python's own exceptions are that, too.
"""

from __future__ import annotations

import builtins
from typing import Dict, Type

from . import _core

_TEXTS = _core.error_list()


class UpbitError(Exception):
    """The root; also what an error without a class of its own is raised as."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.name, text = _TEXTS.get(code, ("UNKNOWN", "unknown error"))
        self.detail = detail
        super().__init__(f"{text} ({detail})" if detail else text)

    def __reduce__(self) -> tuple[type, tuple[int, str]]:
        return type(self), (self.code, self.detail)


class ArgumentError(UpbitError, ValueError):
    """The call was wrong."""


class DuplicateClientIdError(ArgumentError):
    """A proxy with this client_id is open."""


class SubscriptionError(UpbitError):
    """What was asked for cannot be subscribed to."""


class UnknownCodeError(SubscriptionError):
    """The exchange does not list this market code."""


class UnavailableError(SubscriptionError):
    """Needs API keys, or a part that this build does not have."""


class StateError(UpbitError, RuntimeError):
    """Not possible now, or not here (a forked child)."""


class ClosedError(StateError):
    """The proxy or its manager is closed."""


class RequestCancelledError(UpbitError):
    """The request was cancelled before its answer came."""


class ResourceError(UpbitError):
    """Memory, descriptors or room for commands ran out."""


class RateLimitError(UpbitError):
    """A request limit of the exchange is used up."""


class ConnectionError(UpbitError, builtins.ConnectionError):
    """The exchange cannot be reached, or broke the protocol."""


class TimeoutError(UpbitError, builtins.TimeoutError):
    """No answer in time."""


class ExchangeError(UpbitError):
    """The exchange answered with an error, or with what cannot be read."""


class AuthenticationError(UpbitError):
    """The API keys were refused or lack a permission."""


_CLASSES: Dict[str, Type[UpbitError]] = {
    "INVALID_ARGUMENT": ArgumentError,
    "DUPLICATE_CLIENT_ID": DuplicateClientIdError,
    "UNKNOWN_CODE": UnknownCodeError,
    "UNAVAILABLE": UnavailableError,
    "ILLEGAL_STATE": StateError,
    "WRONG_THREAD": StateError,
    "CLOSED": ClosedError,
    "CANCELLED": RequestCancelledError,
    "NO_MEMORY": ResourceError,
    "COMMAND_FULL": ResourceError,
    "SYSTEM": ResourceError,
    "LIMIT": RateLimitError,
    "RESOLVE": ConnectionError,
    "CONNECT": ConnectionError,
    "TLS": ConnectionError,
    "UPGRADE": ConnectionError,
    "PROTOCOL": ConnectionError,
    "TIMEOUT": TimeoutError,
    "DECODE": ExchangeError,
    "EXCHANGE": ExchangeError,
    "AUTH": AuthenticationError,
}
CODES: Dict[str, int] = {name: code for code, (name, _) in _TEXTS.items()}


def make(code: int, detail: str = "") -> UpbitError:
    """The exception for an error code of the C library."""
    return _CLASSES.get(_TEXTS.get(code, ("", ""))[0], UpbitError)(code, detail)


_core.set_error_factory(make)
