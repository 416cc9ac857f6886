"""Names that do harm where they are not taken for text, and how they get into a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com","click")',
    "@SUM(1+1)",
    "+1-1",
    "-1+2",
    "\t=1+1",
    " =1+1",
    "\N{FULLWIDTH EQUALS SIGN}1+1",
    "'=1+1",
    "<script>alert(1)</script>",
    '#include <stdio.h> #read("x") $x$ *b* _i_ `c` [l](http://e.example) ![i](x) | a',
    "& &amp; &L&P {=1} {{x}} {% x %}",
    "_x0041_ _x000D_",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe\N{RIGHT-TO-LEFT MARK}שלום",
    "🦉🏳️‍🌈 ünï",
    "nul\x00 bell\x07 esc\x1b[31m del\x7f nel\x85",
    "two\nlines\r\nthree",
    "4711",
    "1e5",
    "2026-01-01",
    "TRUE",
    "x" * 10_000,
    "🦉" * 20_000,
    "=" + "y" * 40_000,
]
"""Names that somebody may have typed, or chosen to do harm."""


def renamed(value: Any, change: Callable[[str], str], keys: tuple[str, ...]) -> Any:
    """A document with the texts under these keys changed, wherever they are."""
    if isinstance(value, dict):
        return {
            key: change(inner) if key in keys and isinstance(inner, str) else renamed(inner, change, keys)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [renamed(inner, change, keys) for inner in value]
    return value
