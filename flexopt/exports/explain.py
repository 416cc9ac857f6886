"""A plan explained: as a whole, or for one user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from flexopt.errors import FlexoptError
from flexopt.exports.summary import headline
from flexopt.exports.text import money, printable, text_table

__all__ = ["explain_text", "explain_user"]

Document = Mapping[str, Any]


def explain_user(document: Document, user: str) -> tuple[dict[str, Any], str]:
    """What one user has and why: as data and as text. Raises FlexoptError if the plan has no such user."""
    rows = [row for row in document["assignment"] if row["user"] == user]
    left_out = [row for row in document["left_out"] if row["user"] == user]
    if not rows and not left_out:
        known = sorted({row["user"] for row in document["assignment"]})
        close = get_close_matches(user, known, n=1)
        raise FlexoptError(
            f"the plan has no user `{user}`",
            f"did you mean `{close[0]}`?" if close else "the users are in assignment.csv",
        )
    currency = document["currency"]
    lines = [
        printable(user) + (f", group {printable(rows[0]['group'])}" if rows and rows[0]["group"] else "")
    ]
    for row in rows:
        how = f"{row['offer']}, {row['contract_start']} to {row['contract_end']}" if row["offer"] else "Flex"
        lines += [
            "",
            f"{printable(row['product'])}: {how}",
            f"  {row['days']} days; seat {_cost(row['cost_if_named'])}, "
            f"Flex {_cost(row['cost_if_flex'])} {currency}"
            + (f"; break-even {row['break_even_days']} days a year" if row["break_even_days"] else "")
            + f"; {row['segment']} user",
            f"  {printable(row['reason'])}",
        ]
    lines += [
        f"\n{printable(row['product'])}: {row['days']} days left out ({row['reason']})" for row in left_out
    ]
    return {"user": user, "assignment": rows, "left_out": left_out}, "\n".join(lines)


def explain_text(document: Document) -> tuple[dict[str, Any], str]:
    """What drives the plan: who goes where by product, and the purchases; as data and as text."""
    products = sorted({row["product"] for row in document["assignment"]})
    table, data = [], []
    for product in products:
        rows = [row for row in document["assignment"] if row["product"] == product]
        access = Counter(row["offer"] or "Flex" for row in rows)
        break_even = sorted({row["break_even_days"] for row in rows if row["break_even_days"]}, key=float)
        data.append(
            {"product": product, "rows_by_access": dict(sorted(access.items())), "break_even": break_even}
        )
        table.append(
            [
                product,
                break_even[0] if break_even else "-",
                ", ".join(f"{n} {offer}" for offer, n in sorted(access.items())),
            ]
        )
    packs = [
        f"{p['tokens']:,} tokens on {p['date']} at {p['unit_price']} (tier from {p['tier_from']:,}), "
        f"{money(p['cost'])}"
        for p in document["purchases"]
    ]
    text = "\n\n".join(
        [
            headline(document),
            text_table(["product", "break-even days a year", "rows by access"], table),
            "\n".join(packs) or "no token packs",
            "`flexopt explain PLAN USER` tells why one user has what they have",
        ]
    )
    return {"headline": headline(document), "products": data, "purchases": document["purchases"]}, text


def _cost(amount: str | None) -> str:
    return "not possible" if amount is None else money(amount)
