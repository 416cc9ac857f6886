"""Plan documents with everything that may be in them, and with hostile names everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

__all__ = ["HOSTILE", "renamed", "with_everything"]

Document = dict[str, Any]

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


def with_everything(document: Document) -> Document:
    """The document with a comparison of three scenarios, a sensitivity and a review."""
    total, seats, tokens = (
        Decimal(v) for v in (document["total"], *map(document["summary"].get, ("seats", "tokens")))
    )
    summary = document["summary"]
    users = [row["user"] for row in document["assignment"]]

    def quote(name: str, off: str) -> Document:
        price = (seats * (1 - Decimal(off))).quantize(Decimal("0.01"))
        copied = (
            "commitment",
            "seats_bought",
            "seats_owned",
            "tokens_bought",
            "tokens_used",
            "tokens_expired",
        )
        return {
            "id": name,
            "name": f"Quote {name}",
            "status": "optimal",
            "total": str(price + tokens),
            "bound": str(price + tokens),
            "gap": "0",
            "seats": str(price),
            "tokens": str(tokens),
            **{key: summary[key] for key in copied},
            "effective_token_price": summary["effective_token_price"],
            "difference": str(price - seats),
            "users_changed": 1,
            "offers": [{"offer": "autocad-1y", "seats": 2, "cost": str(price)}],
            "purchases": [
                {key: p[key] for key in ("date", "tokens", "unit_price", "cost")}
                for p in document["purchases"]
            ],
        }

    quotes = [quote("a", "0"), quote("b", "0.15"), quote("c", "0.3")]
    change = {"user": users[0], "product": "AutoCAD", "before": "autocad-1y", "after": "Flex"}
    side = {"value": "2079", "total": str(total), "seats_bought": 1, "tokens_bought": 700}
    whole: Document = json.loads(json.dumps(document, default=list))
    return whole | {
        "comparison": {
            "currency": document["currency"],
            "scenarios": quotes,
            "cheapest": "c",
            "regret": [["0.00", "12.00", None], ["1.00", "0.00", "2.50"], ["3.00", "4.00", "0.00"]],
            "notes": [{"plan": "a", "quote": "c", "note": "the quote has no offer autocad-1y"}],
            "drivers": [
                {
                    "scenario": q["id"],
                    "seat_price": str(Decimal(q["difference"]) + 5),
                    "token_price": "-3.50",
                    "tier": "0.00",
                    "mix": "-1.50",
                    "difference": q["difference"],
                }
                for q in quotes[1:]
            ],
            "changes": [{"scenario": "b", **change}, {"scenario": "c", **change, "before": ""}],
        },
        "sensitivity": {
            "total": str(total),
            "step": "0.10",
            "levers": [
                {
                    "lever": "seat:autocad-1y",
                    "label": "price of autocad-1y",
                    "value": "2310",
                    "low": side,
                    "high": side | {"value": "2541", "total": str(total + 100)},
                }
            ],
            "grids": [
                {
                    "x": "seat:autocad-1y",
                    "y": "tokens",
                    "x_values": ["2079", "2541"],
                    "y_values": ["2.70", "3.30"],
                    "totals": [["6000.00", "6100.00"], ["6900.00", "7000.00"]],
                }
            ],
            "indifference": [
                {
                    "question": "discount at which autocad-1y enters the plan",
                    "lever": "seat:autocad-1y",
                    "unit": "price of a seat",
                    "below": {"value": "2079", "total": str(total), "answer": "2 seats"},
                    "above": {"value": "2079.01", "total": str(total), "answer": "no seat"},
                    "note": "",
                },
                {
                    "question": "price at which the next tier is worth it",
                    "lever": "tokens",
                    "unit": "price of a token",
                    "below": None,
                    "above": None,
                    "note": "there is no other tier",
                },
            ],
            "negotiation": [
                {"lever": "seat:autocad-1y", "label": "1 % more discount on autocad-1y", "saving": "46.20"}
            ],
        },
        "review": {
            "min_saving": "100",
            "today": str(total + 500),
            "total": str(total),
            "saving": "500.00",
            "moves": [
                {
                    "user": user,
                    "product": "AutoCAD",
                    "group": "",
                    "move": "to Flex" if number else "keep",
                    "before": "autocad-1y",
                    "after": "Flex" if number else "autocad-1y",
                    "saving": "250.00" if number else None,
                }
                for number, user in enumerate(users)
            ],
            "counts": {"keep": 1, "to Flex": len(users) - 1},
            "double_use": [{"user": users[0], "product": "AutoCAD", "offer": "autocad-1y", "flex_days": 3}],
            "idle": [{"user": users[0], "product": "AutoCAD", "offer": "autocad-1y", "last_use": None}],
            "leavers": [
                {"user": users[0], "product": "AutoCAD", "offer": "autocad-1y", "leaves": "2025-11-01"}
            ],
            "checks": [
                {
                    "code": f"R{number}",
                    "name": "Flex for power users",
                    "found": number == 1,
                    "count": number % 2,
                    "message": f"a seat would be cheaper for {users[0]}" if number == 1 else "",
                    "repair": "give them seats" if number == 1 else "",
                }
                for number in range(1, 8)
            ],
        },
    }


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
