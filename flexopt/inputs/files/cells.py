"""Cells as in a CSV export."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime, time
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
"""Halves of characters, invalid in text: they become a control character, and thus a finding."""


def text_of(value: Any) -> str | None:
    """A cell of a workbook, a JSON value or a frame; None if it is empty."""
    if value is None:
        return None
    if isinstance(value, str):
        return _HALF.sub("\x1a", value) or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if math.isfinite(value) and value.is_integer() else repr(value)
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight and value.tzinfo is None else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str)
    return str(value)
