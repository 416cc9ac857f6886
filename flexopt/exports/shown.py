"""A plan as people read it: offers by their names and quotes by their labels, where files have ids.

Every format for people is made from this; JSON and CSV files keep the ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from flexopt.base.columns import ColumnTable
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ComparisonPart

TABLES_OF_OFFERS = ("seats", "holdings", "order", "payments")
"""The small tables that name offers."""

LISTS = ("double_use", "idle", "leavers")
"""The lists of a review that name offers."""

Compared = TypeVar("Compared", bound=ComparisonPart)
Row = TypeVar("Row", bound=BaseModel)


def shown(document: PlanDocument) -> PlanDocument:
    """The plan with the name of each offer in place of its id, and its comparison by labels."""
    names, parts = names_of(document), dict[str, Any]()
    if document.comparison is not None:
        parts["comparison"] = shown_comparison(document.comparison)
    if names:
        say, scenario = _sayer(names), document.scenario
        discounts = {say(id_): discount for id_, discount in scenario.negotiated.offers.items()}
        columns = document.assignment.columns
        parts |= {
            "scenario": scenario.model_copy(
                update={
                    "offers": tuple(o.model_copy(update={"id": say(o.id)}) for o in scenario.offers),
                    "negotiated": scenario.negotiated.model_copy(update={"offers": discounts}),
                    "additions": _renamed(scenario.additions, say),
                }
            ),
            **{table: _renamed(getattr(document, table), say) for table in TABLES_OF_OFFERS},
            "assignment": ColumnTable({**columns, "offer": columns["offer"].mapped(say)}),
        }
        if (review := document.review) is not None:
            lists = {name: _renamed(getattr(review, name), say) for name in LISTS}
            moves = _moved(review.moves, say)
            parts["review"] = review.model_copy(update={**lists, "moves": moves})
    return document.model_copy(update=parts)


def names_of(document: PlanDocument) -> dict[str, str]:
    """The names of the offers that have one, by id."""
    return _distinct({offer.id: offer.name.strip() for offer in document.scenario.offers})


def shown_comparison(comparison: Compared) -> Compared:
    """The comparison with the label of each quote in place of its id, and offers by name."""
    label = _sayer(_distinct({s.id: s.label for s in comparison.scenarios}))
    sold: dict[str, str] = {}
    for row in (row for scenario in comparison.scenarios for row in scenario.offers):
        if row.name != row.offer:
            sold.setdefault(row.offer, row.name)
    say = _sayer(_distinct(sold))
    return comparison.model_copy(
        update={
            "scenarios": tuple(
                s.model_copy(update={"id": label(s.id), "offers": _renamed(s.offers, say)})
                for s in comparison.scenarios
            ),
            "cheapest": label(comparison.cheapest),
            "notes": tuple(
                note.model_copy(update={"plan": label(note.plan), "quote": label(note.quote)})
                for note in comparison.notes
            ),
            "drivers": _labelled(comparison.drivers, label),
            "changes": _labelled(_moved(comparison.changes, say), label),
        }
    )


def _distinct(names: Mapping[str, str]) -> dict[str, str]:
    """The names that stand for one id only."""
    often = Counter(names.values())
    return {
        id_: name
        for id_, name in names.items()
        if name and name != id_ and often[name] == 1 and name not in names
    }


def _sayer(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda id_: names.get(id_, id_)


def _each(offers: str, say: Callable[[str], str]) -> str:
    """Several offers are joined by ` + `."""
    return " + ".join(map(say, offers.split(" + ")))


def _renamed(rows: Iterable[Row], say: Callable[[str], str]) -> tuple[Row, ...]:
    return tuple(row.model_copy(update={"offer": _each(row.offer, say)}) for row in rows)  # type: ignore[attr-defined]


def _labelled(rows: Iterable[Row], label: Callable[[str], str]) -> tuple[Row, ...]:
    return tuple(row.model_copy(update={"scenario": label(row.scenario)}) for row in rows)  # type: ignore[attr-defined]


def _moved(rows: Iterable[Any], say: Callable[[str], str]) -> tuple[Any, ...]:
    return tuple(
        row.model_copy(update={"before": _each(row.before, say), "after": _each(row.after, say)})
        for row in rows
    )
