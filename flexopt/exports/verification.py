"""A verification as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexopt.base.text import count, fill, screen

MARKS = {"done": "holds", "not possible": "not checked", "contradiction": "WRONG"}


def verification_text(found: Mapping[str, Any]) -> str:
    """Every check with its result, and what is wrong or was not checked."""
    wide = max(len(mark) for mark in MARKS.values())
    lines = []
    for check in found["checks"]:
        reason = f": {check['reason']}" if check["reason"] else ""
        lines.append(fill(f"{MARKS[check['result']]:{wide}}  {check['check']}{reason}", "", " " * (wide + 2)))
        lines += [fill(screen(f"- {words}"), "  ", "    ") for words in check["contradictions"]]
    made = sum(check["result"] != "not possible" for check in found["checks"])
    wrong = sum(check["result"] == "contradiction" for check in found["checks"])
    left = len(found["checks"]) - made
    open_ = f"; {count(left, 'check')} could not be made" if left else ""
    said = (
        f"{count(wrong, 'check')} of {made:,} found a contradiction"
        if wrong
        else f"{count(made, 'check')} hold"
    )
    return "\n".join([*lines, "", fill(f"{said}{open_}")])
