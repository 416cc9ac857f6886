"""A plan document with everything that may be in one: comparison, sensitivity and review, made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flexopt.store.tables import TOKEN_FIGURES


def with_everything(document: Mapping[str, Any], quotes: int = 3) -> dict[str, Any]:
    """The document with all optional keys; `quotes` quotes are compared, each 5 % below the one before."""
    return {
        **document,
        "comparison": _comparison(document, quotes),
        "sensitivity": _sensitivity(document),
        "review": _review(document),
    }


def _cents(amount: Decimal) -> str:
    return str(amount.quantize(Decimal("0.01")))


def _comparison(document: Mapping[str, Any], quotes: int) -> dict[str, Any]:
    total, s = Decimal(document["total"]), document["summary"]
    bills = [total * (100 - 5 * i) / 100 for i in range(quotes)]
    ids = [f"quote-{i + 1}" for i in range(quotes)]
    offers = sorted({row["offer"] for row in document["seats"]})
    users = [(row["user"], row["product"]) for row in document["assignment"][:30]]
    return {
        "currency": document["currency"],
        "scenarios": [
            {
                "id": name,
                "label": name,
                "name": f"Renewal 2026, {5 * i} % off",
                "status": "optimal",
                "total": _cents(bill),
                "bound": _cents(bill),
                "gap": "0",
                "seats": _cents(Decimal(s["seats"]) * (100 - 5 * i) / 100),
                "tokens": _cents(bill - (Decimal(s["seats"]) * (100 - 5 * i) / 100)),
                "commitment": _cents(bill * 11 / 10),
                "annual_seats": s["annual_seats"] + i,
                "monthly_seats": s["monthly_seats"],
                "seat_months": s["seat_months"],
                "seats_owned": s["seats_owned"],
                "tokens_bought": s["tokens_bought"] - 100 * i,
                **{name: s[name] for name in TOKEN_FIGURES},
                "effective_token_price": s["effective_token_price"],
                "difference": _cents(bill - total),
                "users_changed": min(i, 1) * len(users),
                "offers": [
                    {"offer": offer, "name": offer, "seats": 10 + i, "cost": "100.00"} for offer in offers
                ],
                "purchases": [],
            }
            for i, (name, bill) in enumerate(zip(ids, bills, strict=True))
        ],
        "cheapest": ids[-1],
        "regret": [
            [None if (i, j) == (0, quotes - 1) else _cents(Decimal(100 * abs(i - j))) for j in range(quotes)]
            for i in range(quotes)
        ],
        "notes": [{"plan": ids[0], "quote": ids[-1], "note": "the quote has no offer `revit-1m`"}],
        "drivers": [
            {
                "scenario": name,
                "seat_price": _cents((bill - total) * 3 / 4),
                "token_price": _cents((bill - total) / 8),
                "tier": "0.00",
                "mix": _cents(
                    bill
                    - total
                    - Decimal(_cents((bill - total) * 3 / 4))
                    - Decimal(_cents((bill - total) / 8))
                ),
                "difference": _cents(bill - total),
            }
            for name, bill in zip(ids[1:], bills[1:], strict=True)
        ],
        "changes": [
            {"scenario": ids[1], "user": user, "product": product, "before": offers[0], "after": "Flex"}
            for user, product in users
        ]
        if quotes > 1
        else [],
    }


def _sensitivity(document: Mapping[str, Any]) -> dict[str, Any]:
    total = Decimal(document["total"])
    offers: Sequence[str] = sorted({row["offer"] for row in document["seats"]})
    levers = [(f"seat:{offer}", f"price of {offer}", "2310") for offer in offers]
    levers += [("tokens", "price of tokens", "3.00"), ("buffer", "buffer", "0.15")]

    def end(share: int, value: str) -> dict[str, Any]:
        moved = Decimal(value) * (100 + share) / 100
        return {"value": str(moved), "total": "", "annual_seats": 1, "monthly_seats": 0, "tokens_bought": 100}

    found = []
    for number, (lever, label, value) in enumerate(levers):
        spread = total / (20 + 15 * number)
        low = end(-10, value) | {"total": _cents(total - spread)}
        high = end(10, value) | {"total": _cents(total + spread / 2)}
        found.append({"lever": lever, "label": label, "value": value, "low": low, "high": high})
    side = {"value": "1802.50", "total": _cents(total), "answer": "12 seats"}
    return {
        "total": document["total"],
        "step": "0.10",
        "levers": found,
        "grids": [
            {
                "x": levers[0][0],
                "y": "tokens",
                "x_values": ["2079", "2310", "2541"],
                "y_values": ["2.70", "3.00"],
                "totals": [[_cents(total - 10 * (3 * i + j)) for j in range(3)] for i in range(2)],
            }
        ],
        "indifference": [
            {
                "question": f"discount at which {offers[0]} enters the plan",
                "lever": levers[0][0],
                "unit": "price of a seat",
                "below": side,
                "above": side | {"value": "1802.51", "answer": "no seat"},
                "note": "",
            },
            {
                "question": "token price at which the next tier is worth it",
                "lever": "tokens",
                "unit": "price per token",
                "below": None,
                "above": None,
                "note": "the last tier is bought already",
            },
        ],
        "negotiation": [
            {
                "lever": lever,
                "label": f"1 % more discount on {lever}",
                "saving": _cents(total / (500 + 100 * i)),
            }
            for i, (lever, _, _) in enumerate(levers[:-1])
        ],
    }


def _review(document: Mapping[str, Any]) -> dict[str, Any]:
    kinds = ("keep", "to seat", "to Flex", "to collection", "release", "new")
    rows = document["assignment"][:60]
    offer = document["seats"][0]["offer"]
    moves = [
        {
            "user": row["user"],
            "product": row["product"],
            "group": row["group"],
            "move": kinds[i % 6],
            "before": "" if kinds[i % 6] == "new" else offer,
            "after": "" if kinds[i % 6] == "release" else row["offer"] or "Flex",
            "saving": None if i % 7 == 3 else f"{(i * 37) % 900 - 100}.50",
        }
        for i, row in enumerate(rows)
    ]
    user = {"user": rows[0]["user"], "product": rows[0]["product"], "offer": offer}
    names = (
        "Flex for power users",
        "tokens bought without usage data",
        "expiry ahead",
        "cloud services unmonitored",
        "oversized pool",
        "edge users not decided by the plan",
        "collection overlooked",
    )
    return {
        "today": "516759.96",
        "total": document["total"],
        "saving": "76660.44",
        "moves": moves,
        "counts": {kind: sum(m["move"] == kind for m in moves) for kind in kinds},
        "double_use": [user | {"flex_days": 12}],
        "idle": [user | {"last_use": None}],
        "leavers": [user | {"leaves": "2026-03-01"}],
        "checks": [
            {
                "code": f"R{i + 1}",
                "name": name,
                "found": i % 3 == 0,
                "count": i,
                "message": f"{i} of the users",
                "repair": "move them to seats",
            }
            for i, name in enumerate(names)
        ],
    }
