"""The members of a message that this version does not know."""

from __future__ import annotations

import decimal
import json
from typing import Any, Dict


def parse(text: str) -> Dict[str, Any]:
    extra = json.loads(text, parse_float=decimal.Decimal)
    return extra if isinstance(extra, dict) else {"": extra}
