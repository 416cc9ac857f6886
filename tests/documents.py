"""Plan documents as JSON and typed, and names that do harm where they are not taken for text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flexopt.base.columns import ColumnTable
from flexopt.store.plan import PlanDocument
from flexopt.store.plan_json import document_json
from flexopt.store.tables import CHARGES
from flexopt.store.values import PlanPart


def data(document: PlanPart) -> dict[str, Any]:
    """A document as JSON, with `charge_rows` if the plan was just made: to look at, and to change."""
    found: dict[str, Any] = json.loads("".join(document_json(document)))
    if isinstance(document, PlanDocument) and document.charge_rows is not None:
        found["charge_rows"] = list(document.charge_rows)
    return found


def typed(document: Mapping[str, Any]) -> PlanDocument:
    """The plan document of such data. Raises ValidationError."""
    charges = document.get("charge_rows")
    plan = PlanDocument.model_validate({k: v for k, v in document.items() if k != "charge_rows"})
    return plan if charges is None else plan.with_charge_rows(ColumnTable.of(charges, CHARGES))


def sealed(text: str) -> str:
    """The JSON of a plan with a checksum that fits; any other text as it is."""
    body = text.removesuffix("\n}")
    if body == text:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f'{body},\n "sha256": "{digest}"\n}}\n'


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
