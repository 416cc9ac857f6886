"""A plan explained, from its document alone: what drives it, or one user's access."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, overload
from unicodedata import combining, normalize

import numpy as np
import pandas as pd

from flexopt.audit.alone import refuse_contradictions
from flexopt.base.columns import classes
from flexopt.base.errors import FlexoptError
from flexopt.base.findings import did_you_mean
from flexopt.base.text import printable
from flexopt.exports.report.costs import headline
from flexopt.exports.shown import names_of
from flexopt.exports.words import ENGLISH
from flexopt.store import rows
from flexopt.store.folder import PlanLike, document_of
from flexopt.store.plan import PlanDocument
from flexopt.store.values import as_json

MOST = 8
"""Users who are named if the text is part of several names."""


@dataclass(frozen=True)
class Explanation:
    """What drives a plan. `document` is what `flexopt explain PLAN --format json` prints."""

    document: Mapping[str, Any]
    currency: str

    @property
    def headline(self) -> str:
        """One sentence: what the plan saves, and how many users move."""
        return str(self.document["headline"])

    @property
    def products(self) -> pd.DataFrame:
        """A row per product and access (an offer, or Flex): product, access, users (int)."""
        rows = [
            (product["product"], access, users)
            for product in self.document["products"]
            for access, users in product["users_by_access"].items()
        ]
        return pd.DataFrame(rows, columns=["product", "access", "users"])


@dataclass(frozen=True)
class UserExplanation:
    """One user's access and why. `document` is what `flexopt explain PLAN USER --format json` prints."""

    document: Mapping[str, Any]
    currency: str

    @property
    def assignment(self) -> pd.DataFrame:
        """A row per product and access: the columns of assignment.csv, the last of which is `reason`."""
        return _frame(self.document, "assignment")

    @property
    def left_out(self) -> pd.DataFrame:
        """A row per product and reason: days left out of the plan."""
        return _frame(self.document, "left_out")


@overload
def explain(plan: PlanLike) -> Explanation: ...
@overload
def explain(plan: PlanLike, user: str) -> UserExplanation: ...
def explain(plan: PlanLike, user: str | None = None) -> Explanation | UserExplanation:
    """What drives a plan: users by product and access, and break-even days; or one user's access and why.

    Parameters
    ----------
    plan
        What `plan` returned, its document, or the path of a plan folder.
    user
        A name as in `assignment`.

    Returns
    -------
    Explanation or UserExplanation
        Money in the plan's currency; days of use per year.

    Raises
    ------
    FlexoptError
        There is no plan in the folder, or no such user in the plan.

    Examples
    --------
    >>> explain("renewal.plan").headline  # doctest: +SKIP
    >>> explain("renewal.plan", "a.baker@example.com").assignment["reason"]  # doctest: +SKIP
    """
    document = document_of(plan)
    if isinstance(plan, str | Path):
        refuse_contradictions(document, plan)
    return _whole(document) if user is None else _of_user(document, user)


def _frame(document: Mapping[str, Any], table: str) -> pd.DataFrame:
    from flexopt.planning.document import typed_frame  # imports everything that makes a plan

    row = rows.TABLES[table]
    return typed_frame([row.model_validate(cells) for cells in document[table]], table)


def _of_user(document: PlanDocument, user: str) -> UserExplanation:
    assignment, gone = document.assignment, document.left_out
    mine, left_out = assignment.where("user", user), gone.where("user", user)
    if not mine and not left_out:
        users = {*assignment.columns["user"].array(), *gone.columns["user"].array()}
        raise FlexoptError(f"the plan has no user `{printable(user[:100])}`", _whom(user, users))
    found = {
        "schema": "flexopt.explain/1",
        "user": user,
        "offers": names_of(document),
        "assignment": [{name: as_json(cell) for name, cell in row.items()} for row in mine],
        "left_out": left_out,
    }
    return UserExplanation(found, document.currency)


def _whom(part: str, users: set[str]) -> str:
    """A hint that names the users whose names contain the text or all of its words, or else the closest one.

    An email that was changed often begins as the new one does.
    """
    part = _folded(part.strip().removeprefix("'"))  # CSV files have one before what looks like a formula
    local, at, _ = part.partition("@")
    folded = {user: _folded(user) for user in users}
    ways: list[Callable[[str], bool]] = [
        lambda name: part in name,
        lambda name: bool(at and local) and name.startswith(local),
        lambda name: all(word in name for word in part.split()),
    ]
    found = next((names for way in ways if (names := sorted(u for u in users if way(folded[u])))), [])
    if not found or not part:
        return did_you_mean(part, users, "the users are in assignment.csv")
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return "did you mean " + ", ".join(f"`{printable(u[:100])}`" for u in found[:MOST]) + f"{more}?"


def _folded(text: str) -> str:
    """Without case and accents."""
    return "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c)).replace("ø", "o")


def _whole(document: PlanDocument) -> Explanation:
    columns = document.assignment.columns
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
            days[what[i]].add(pays_from[i])
    products: list[dict[str, Any]] = []
    for product, counts in users.items():
        break_even = [str(d) for d in sorted(days[product])]
        products.append(
            {
                "product": product,
                "users_by_access": dict(sorted(counts.items())),
                "break_even_days": break_even,
                "break_even_days_at_the_margin": _at_the_margin(document, break_even),
            }
        )
    found = {
        "schema": "flexopt.explain/1",
        "headline": headline(document, ENGLISH),
        "offers": names_of(document),
        "products": products,
        "marginal_token_prices": [
            row.model_dump(mode="json") for row in document.proof.marginal_token_prices
        ],
        "purchases": [row.model_dump(mode="json") for row in document.purchases],
    }
    return Explanation(found, document.currency)


def _at_the_margin(document: PlanDocument, break_even: Sequence[str]) -> str | None:
    """The break-even days at the marginal price, if there is exactly one of each."""
    prices = {entry.price for entry in document.proof.marginal_token_prices}
    if len(prices) != 1 or len(break_even) != 1 or not (price := prices.pop()):
        return None
    days = Decimal(break_even[0]) * document.summary.token_price / price
    return str(days.quantize(Decimal("0.1"), ROUND_HALF_UP))
