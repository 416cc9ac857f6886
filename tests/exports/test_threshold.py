"""What a report says of `policy.min_saving`: what is left out, what it costs, what is proven."""

from __future__ import annotations

from typing import Any

import pytest
from documents import typed
from reports import review_text

from flexopt.exports.report.assumed import assumptions
from flexopt.exports.report.proven import claim, claim_in_short, threshold
from flexopt.exports.words import ENGLISH
from flexopt.store.plan import PlanDocument

Document = dict[str, Any]


def with_threshold(document: Document, status: str = "optimal", **changes: Any) -> PlanDocument:
    """A plan of 6,909.00 with three new contracts and no move, each charged 50.00 or 100.00."""
    found = {
        "contracts": 3,
        "moves": 0,
        "objective": "7059.00",
        "bound": "7059.00",
        "cheapest": "6800.00",
        "prices": {"bound": "7058.00", "cuts_found": 1, "cuts": []},
    }
    least = {"min_saving": {"contract": "50", "move": "100"}}
    policy = document["scenario"]["policy"] | least
    proof = document["proof"] | {"bound": "6790.00", "threshold": found | changes}
    scenario = document["scenario"] | {"policy": policy}
    return typed(document | {"scenario": scenario, "proof": proof, "status": status})


def test_both_bounds_are_said(document: Document) -> None:
    assert document["total"] == "6909.00"
    assert threshold(with_threshold(document), ENGLISH) == (
        "3 new contracts, each saving at least 50 USD; no move, as none saves 100 USD. Without this rule the "
        "plan would cost up to 119.00 USD (1.72 %) less (the cheapest plan known: 109.00 USD less), and no "
        "plan costs less than that. If every new contract and every move is charged what it must save, no "
        "plan is better"
    )
    assert "(lower bound 7,059.00, gap" in claim_in_short(with_threshold(document), ENGLISH, figures=True)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("optimal", "no plan is better by more than 9.00 USD"),
        ("feasible", "better by up to 9.00 USD may exist"),
    ],
)
def test_what_is_open_is_said(document: Document, status: str, words: str) -> None:
    assert words in threshold(with_threshold(document, status, bound="7050.00"), ENGLISH)


def test_nothing_is_said_without_a_threshold(document: Document) -> None:
    assert threshold(typed(document), ENGLISH) == ""
    assert "new contract" not in claim(typed(document), ENGLISH)


def test_it_is_among_the_assumptions(document: Document) -> None:
    rows = assumptions(with_threshold(document), ENGLISH).rows
    assert next(text for label, text in rows if label == ENGLISH("label_rules")) == (
        "every new contract must save at least 50 USD; every change of access must save at least 100 USD"
    )


def test_a_review_says_it(document: Document) -> None:
    counts = dict.fromkeys(("to collection", "to seat", "to Flex", "release", "new", "keep"), 0)
    lists: Document = {"moves": [], "double_use": [], "idle": [], "leavers": [], "checks": []}
    review = {"today": "10.00", "total": "8.00", "saving": "2.00", "counts": counts, **lists}
    text = " ".join(review_text(with_threshold(document | {"review": review})).split())
    assert "Threshold: 3 new contracts, each saving at least 50 USD" in text
