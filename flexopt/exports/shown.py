"""A plan as people read it: offers by their names and quotes by their labels, where files have ids.

Every format for people is made from this; JSON and CSV files keep the ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flexopt.base.columns import ColumnTable
from flexopt.store.plan_json import PlanDocument
from flexopt.store.tables import TABLES

TABLES_OF_OFFERS = ("seats", "holdings", "order", "payments")
"""The small tables that name offers."""

LISTS = ("double_use", "idle", "leavers")
"""The lists of a review that name offers."""


def shown(document: PlanDocument) -> PlanDocument:
    """The plan with the name of each offer in place of its id, and its comparison by labels."""
    names = names_of(document)
    if "comparison" in document:
        document = {**document, "comparison": shown_comparison(document["comparison"])}
    if not names:
        return document
    say = _sayer(names)
    scenario = document["scenario"]
    assignment = ColumnTable.of(document["assignment"], TABLES["assignment"])
    offers = assignment.columns["offer"].mapped(lambda id_: names.get(id_, id_))
    negotiated = scenario["negotiated"]
    return {
        **document,
        "scenario": {
            **scenario,
            "offers": [{**offer, "id": say(offer["id"])} for offer in scenario["offers"]],
            "negotiated": {
                **negotiated,
                "offers": {say(id_): discount for id_, discount in negotiated["offers"].items()},
            },
            "additions": _renamed(scenario["additions"], say),
        },
        **{table: _renamed(document[table], say) for table in TABLES_OF_OFFERS},
        "assignment": ColumnTable({**assignment.columns, "offer": offers}),
        **({"review": _review(document["review"], say)} if "review" in document else {}),
    }


def names_of(document: PlanDocument) -> dict[str, str]:
    """The names of the offers that have one, by id."""
    return _distinct({offer["id"]: offer["name"].strip() for offer in document["scenario"]["offers"]})


def shown_comparison(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison with the label of each quote in place of its id, and offers by name."""
    label = _sayer(_distinct({s["id"]: s["label"] for s in comparison["scenarios"]}))
    sold: dict[str, str] = {}
    for scenario in comparison["scenarios"]:
        for row in scenario["offers"]:
            if row["name"] != row["offer"]:
                sold.setdefault(row["offer"], row["name"])
    say = _sayer(_distinct(sold))
    return {
        **comparison,
        "scenarios": [
            {**s, "id": label(s["id"]), "offers": _renamed(s["offers"], say)} for s in comparison["scenarios"]
        ],
        "cheapest": label(comparison["cheapest"]),
        "notes": [
            {**note, "plan": label(note["plan"]), "quote": label(note["quote"])}
            for note in comparison["notes"]
        ],
        "drivers": [{**row, "scenario": label(row["scenario"])} for row in comparison["drivers"]],
        "changes": [
            {**_moved(row, say), "scenario": label(row["scenario"])} for row in comparison["changes"]
        ],
    }


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


def _renamed(rows: Iterable[Mapping[str, Any]], say: Callable[[str], str]) -> list[dict[str, Any]]:
    return [{**row, "offer": _each(row["offer"], say)} for row in rows]


def _each(offers: str, say: Callable[[str], str]) -> str:
    """Several offers are joined by ` + `."""
    return " + ".join(map(say, offers.split(" + ")))


def _moved(row: Mapping[str, Any], say: Callable[[str], str]) -> dict[str, Any]:
    return {**row, "before": _each(row["before"], say), "after": _each(row["after"], say)}


def _review(review: Mapping[str, Any], say: Callable[[str], str]) -> dict[str, Any]:
    return {
        **review,
        "moves": [_moved(row, say) for row in review["moves"]],
        **{name: _renamed(review[name], say) for name in LISTS},
    }
