"""The exchange's messages as events, without a connection: for tests, tools and recordings of your own."""

from __future__ import annotations

from typing import List, Optional, Union

from . import _core
from ._commands import Unit, kind_number, unit_of
from .enums import Kind


def decode(message: Union[str, bytes]) -> List[_core.Event]:
    """The events of one WebSocket message in any of the four formats: one, or those of a list.

    ExchangeError says what is wrong with a message that is none.
    """
    return _core.decode(message)


def decode_rest(
    kind: Union[Kind, str], body: Union[str, bytes], *, unit: Optional[Unit] = None
) -> List[_core.Event]:
    """The events of a REST answer's body: tickers, trades, order books or, with their unit, candles."""
    of = unit_of(Kind(kind), unit)
    return _core.decode_rest(kind_number(kind), 0 if of is None else of.seconds, body)
