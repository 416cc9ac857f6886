"""A plan explained: as a whole, or for one user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Any

import numpy as np

from flexopt.base.columns import ColumnTable, classes
from flexopt.base.errors import FlexoptError
from flexopt.base.text import count, fill, money, printable, text_table
from flexopt.exports.summary import headline
from flexopt.store.plan_json import PlanDocument
from flexopt.store.tables import TABLES

__all__ = ["explain_text", "explain_user"]


def explain_user(document: PlanDocument, user: str) -> tuple[dict[str, Any], str]:
    """What one user has and why: as data and as text. Raises FlexoptError if the plan has no such user."""
    assignment, gone = (
        ColumnTable.of(document[table], TABLES[table]) for table in ("assignment", "left_out")
    )
    rows, left_out = assignment.where("user", user), gone.where("user", user)
    if not rows and not left_out:
        known = sorted(set(assignment.columns["user"].array()))
        close = get_close_matches(user[:200], known, n=1)
        raise FlexoptError(
            f"the plan has no user `{printable(user[:100])}`",
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
            fill(
                f"{_days(row['days'])}; {_costs(row['cost_if_named'], row['cost_if_flex'], currency)}"
                + (f"; break-even {row['break_even_days']} days a year" if row["break_even_days"] else "")
                + f"; {row['segment']} user",
                "  ",
            ),
            fill(printable(row["reason"]), "  "),
        ]
    lines += [
        "\n"
        + fill(f"{printable(row['product'])}: {_days(row['days'])} left out ({printable(row['reason'])})")
        for row in left_out
    ]
    return {"schema": "flexopt.explain/1", "user": user, "assignment": rows, "left_out": left_out}, "\n".join(
        lines
    )


def explain_text(document: PlanDocument) -> tuple[dict[str, Any], str]:
    """What drives the plan: who goes where by product, and the purchases; as data and as text."""
    columns = ColumnTable.of(document["assignment"], TABLES["assignment"]).columns
    who, what, pays_from = (columns[n].distinct() for n in ("user", "product", "break_even_days"))
    offer = columns["offer"].mapped(lambda name: name or "Flex").distinct()
    users: dict[str, Counter[str]] = {name: Counter() for name in sorted(set(what.array()))}
    _, first = classes(what.codes, who.codes, offer.codes)
    kinds, kind = classes(what.codes[first], offer.codes[first])
    for i, number in zip(first[kind], np.bincount(kinds).tolist(), strict=True):
        users[what[i]][offer[i]] = number
    days: dict[str, set[Decimal]] = {name: set() for name in users}
    for i in classes(what.codes, pays_from.codes)[1]:
        if pays_from[i] is not None:
            days[what[i]].add(Decimal(pays_from[i]))
    data: list[dict[str, Any]] = []
    table = []
    for product, counts in users.items():
        break_even = [str(d) for d in sorted(days[product])]
        access = sorted(counts.items(), key=lambda item: (item[0] == "Flex", -item[1], item[0]))
        margin = _at_the_margin(document, break_even)
        data.append(
            {
                "product": product,
                "users_by_access": dict(sorted(counts.items())),
                "break_even_days": break_even,
                "break_even_days_at_the_margin": None if margin == "-" else margin,
            }
        )
        many = f"{break_even[0]} to {break_even[-1]}" if len(break_even) > 1 else "".join(break_even)
        table.append([product, many or "-", margin, ", ".join(f"{n:,} {offer}" for offer, n in access)])
    packs = [
        fill(
            f"buy {p['tokens']:,} tokens on {p['date']} at {p['unit_price']} (the price from "
            f"{count(p['tier_from'], 'token')}): {money(p['cost'])} {document['currency']}"
        )
        for p in document["purchases"]
    ]
    text = "\n\n".join(
        [
            fill(headline(document)),
            text_table(["product", "pays from", "marginal", "users by access"], table, wrap=True),
            fill(
                "`pays from`: days of use a year from which a seat of the product alone costs less than "
                "tokens at this plan's price; `marginal`: the same at the price that one more token is worth "
                "to the plan. A user with seats and tokens in turn counts under both."
            ),
            *_marginal_prices(document),
            "\n".join(packs) or "no token packs to buy",
            "`flexopt explain PLAN USER` tells why one user has what they have",
        ]
    )
    return {
        "schema": "flexopt.explain/1",
        "headline": headline(document),
        "products": data,
        "marginal_token_prices": document["proof"]["marginal_token_prices"],
        "purchases": document["purchases"],
    }, text


def _marginal_prices(document: PlanDocument) -> Iterator[str]:
    """What one more token is worth, and when."""
    for entry in document["proof"]["marginal_token_prices"]:
        when = f"from {entry['start']} to {entry['end']}"
        if Decimal(entry["price"]):
            price = Decimal(entry["price"])
            shown = whole if (whole := price.quantize(Decimal("0.01"))) == price else price
            yield fill(f"marginal price of a token {when}: {shown} {document['currency']}")
        else:
            yield fill(f"one more token {when} is worth nothing: it would save neither a pack nor a seat")


def _at_the_margin(document: PlanDocument, break_even: Sequence[str]) -> str:
    """The break-even days at the marginal price, where there is one of each."""
    prices = {Decimal(entry["price"]) for entry in document["proof"]["marginal_token_prices"]}
    if len(prices) != 1 or len(break_even) != 1 or not (price := prices.pop()):
        return "-"
    days = Decimal(break_even[0]) * Decimal(document["summary"]["token_price"]) / price
    return str(days.quantize(Decimal("0.1"), ROUND_HALF_UP))


def _costs(named: str | None, flex: str | None, currency: str) -> str:
    if flex is None:
        return f"seat {money(named)} {currency}, Flex not possible"
    return f"seat {'not possible' if named is None else money(named)}, Flex {money(flex)} {currency}"


def _days(number: str | int) -> str:
    return f"{number} day{'' if str(number) == '1' else 's'}"
