"""Who has what, a row per decision: a seat with all products it is used for, or one product on tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flexopt.exports.report.parts import ReportTable, named
from flexopt.exports.shown import shown
from flexopt.exports.words import Words
from flexopt.inputs.scenario.scenario import Horizon
from flexopt.store.plan import PlanDocument

TOGETHER = ("user", "offer", "seat_price", "contract_start", "contract_end", "reason")
"""What the assignment's rows for one seat of a user have in common."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, and what the other access would cost."""

    user: str
    group: str
    products: tuple[tuple[str, Decimal, Decimal | None], ...]
    """Name, days of use, and the break-even in days."""
    offer: str
    """The seat's; empty on tokens."""
    start: date | None
    end: date | None
    flex: Decimal | None
    seat: Decimal | None
    saving: Decimal | None
    """What the other access would cost more; None if there is none."""
    reason: str

    @property
    def days(self) -> Decimal:
        return sum((days for _, days, _ in self.products), Decimal(0))


def decisions(document: PlanDocument) -> list[Decision]:
    """The assignment's decisions, the largest saving first; those without an alternative come last."""
    together: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in document.assignment:
        alone = "" if row["offer"] else row["product"]
        together.setdefault((*(row[name] for name in TOGETHER), alone), []).append(row)
    made = [_decision(rows) for rows in together.values()]
    return sorted(made, key=lambda d: (d.saving is None, -(d.saving or 0), d.user, d.products[0]))


def _decision(rows: list[dict[str, Any]]) -> Decision:
    one = rows[0]
    seat, prices = one["seat_price"], [row["flex_price"] for row in rows]
    flex = None if None in prices else sum(prices, Decimal(0))
    saving = None
    if seat is not None and flex is not None:
        saving = flex - seat if one["offer"] else seat - flex
    return Decision(
        user=one["user"],
        group=one["group"] or "",
        products=tuple((row["product"], row["days"], row["break_even_days"]) for row in rows),
        offer=one["offer"],
        start=one["contract_start"],
        end=one["contract_end"],
        flex=flex,
        seat=seat,
        saving=saving,
        reason=one["reason"],
    )


def used(decision: Decision, words: Words) -> str:
    """The products of a decision; the days of each, if there are several."""
    if len(decision.products) == 1:
        return named(decision.products[0][0])
    return ", ".join(f"{named(name)} {words.number(days)}" for name, days, _ in decision.products)


def term(decision: Decision, horizon: Horizon, words: Words) -> str:
    """From when until when the seat is held; '' for the whole horizon, and on tokens."""
    start, end = decision.start, decision.end
    if start is None or (start <= horizon.start and end == horizon.end):
        return ""
    return f"{words.date(start)} – {words.date(end)}"


def decision_table(document: PlanDocument, words: Words) -> ReportTable:
    """The decisions for paper, without the reasons in full."""
    horizon, rows = document.scenario.horizon, []
    for d in decisions(shown(document)):
        prices = ("" if n is None else words.whole(n) for n in (d.flex, d.seat, d.saving))
        offer = named(d.offer) or words("flex")
        days = words.number(d.days)
        when = term(d, horizon, words)
        rows.append((named(d.user), named(d.group), used(d, words), offer, when, days, *prices))
    keys = ("who", "group", "product", "access", "term", "days", "if_flex", "if_seat", "decision_saves")
    return ReportTable("assignment", tuple(map(words, keys)), tuple(rows), (5, 6, 7, 8))
