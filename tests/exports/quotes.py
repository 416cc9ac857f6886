"""The optional parts of a plan document, small enough to be read: two quotes, two levers, a review."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

__all__ = ["with_everything"]


def with_everything(document: dict[str, Any]) -> dict[str, Any]:
    """The document with `comparison`, `sensitivity` and `review`."""
    total, user = document["total"], document["assignment"][0]["user"]
    return document | {
        "comparison": _comparison(Decimal(total), user),
        "sensitivity": _sensitivity(Decimal(total)),
        "review": _review(total, user),
    }


def _comparison(total: Decimal, user: str) -> dict[str, Any]:
    def scenario(name: str, difference: str) -> dict[str, Any]:
        cost = str(total + Decimal(difference))
        return {
            **{"id": name, "name": f"Quote {name}", "status": "optimal", "total": cost, "bound": cost},
            **{"gap": "0", "seats": cost, "tokens": "0.00", "commitment": cost},
            **{"seats_bought": 3, "seats_owned": 1, "tokens_bought": 0},
            **{"tokens_used": "0", "tokens_expired": "0", "effective_token_price": None},
            **{"difference": difference, "users_changed": int(difference != "0.00")},
            "offers": [{"offer": "autocad-1y", "seats": 4, "cost": cost}],
            "purchases": [],
        }

    return {
        "currency": "USD",
        "scenarios": [scenario("list", "0.00"), scenario("b", "-900.00"), scenario("c", "50.00")],
        "cheapest": "b",
        "regret": [["0.00", "12.00", "1.00"], ["3.00", "0.00", None], ["4.00", "5.00", "0.00"]],
        "notes": [{"plan": "b", "quote": "c", "note": "an offer is missing"}],
        "drivers": [
            {
                **{"scenario": "b", "seat_price": "-1000.00", "token_price": "0.00"},
                **{"tier": "20.00", "mix": "80.00", "difference": "-900.00"},
            },
            {
                **{"scenario": "c", "seat_price": "100.00", "token_price": "-40.00"},
                **{"tier": "-10.00", "mix": "0.00", "difference": "50.00"},
            },
        ],
        "changes": [{"scenario": "b", "user": user, "product": "AutoCAD", "before": "Flex", "after": ""}],
    }


def _sensitivity(total: Decimal) -> dict[str, Any]:
    def lever(name: str, label: str, value: str, below: int, above: int) -> dict[str, Any]:
        moved = {"seats_bought": 3, "tokens_bought": 0}
        return {
            **{"lever": name, "label": label, "value": value},
            "low": moved | {"value": str(Decimal(value) * 9 / 10), "total": str(total - below)},
            "high": moved | {"value": str(Decimal(value) * 11 / 10), "total": str(total + above)},
        }

    return {
        **{"total": str(total), "step": "0.10"},
        "levers": [
            lever("seat:autocad-1y", "price of autocad-1y", "2310", 690, 480),
            lever("tokens", "price of tokens", "3.00", 30, 30),
        ],
        "grids": [
            {
                **{"x": "seat:autocad-1y", "y": "tokens", "x_values": ["2079", "2310"], "y_values": ["3.00"]},
                "totals": [[str(total - 690), str(total)]],
            }
        ],
        "indifference": [
            {
                **{"question": "discount at which autocad-1y leaves", "lever": "seat:autocad-1y"},
                **{"unit": "price of a seat", "note": ""},
                "below": {"value": "2400.00", "total": str(total), "answer": "3 seats"},
                "above": {"value": "2401.00", "total": str(total), "answer": "no seat"},
            }
        ],
        "negotiation": [{"lever": "tokens", "label": "1 % more discount on tokens", "saving": "3.00"}],
    }


def _review(total: str, user: str) -> dict[str, Any]:
    move = {
        **{"user": user, "product": "AutoCAD", "group": "", "move": "to Flex"},
        **{"before": "autocad-1y", "after": "Flex", "saving": "120.00"},
    }
    check = {
        **{"code": "R1", "name": "Flex for power users", "found": True, "count": 1},
        **{"message": "one user", "repair": "a seat"},
    }
    return {
        **{"min_saving": "0", "today": None, "total": total, "saving": None},
        "moves": [move],
        "counts": {"to Flex": 1},
        "double_use": [{"user": user, "product": "AutoCAD", "offer": "autocad-1y", "flex_days": 2}],
        "idle": [{"user": user, "product": "AutoCAD", "offer": "autocad-1y", "last_use": None}],
        "leavers": [{"user": user, "product": "AutoCAD", "offer": "autocad-1y", "leaves": "2026-05-01"}],
        "checks": [check],
    }
