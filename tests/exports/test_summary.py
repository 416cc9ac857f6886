"""The summary says what the document says, in words that fit the case."""

from __future__ import annotations

import re
from typing import Any

import pytest
from documents import typed
from reports import headline, summary_text
from whole import with_everything

from flexopt.exports.report.costs import figures
from flexopt.exports.report.proven import how_proven
from flexopt.exports.shown import shown
from flexopt.exports.words import ENGLISH

Document = dict[str, Any]


def today(document: Document, total: str, saving: str, **moves: int | None) -> Document:
    document["baselines"]["today"] = {
        "total": total,
        "seats": None,
        "tokens": None,
        "saving": saving,
        "note": "",
    }
    document["summary"] |= {"users_to_flex": 0, "users_to_seats": 0, "users_idle": 0} | moves
    return document


@pytest.mark.parametrize(
    ("money", "moves", "words"),
    [
        (
            ("332500.00", "41200.40"),
            (14, 0),
            ("saves 41,200 USD a year, 12.4 %, against", ", with 2 annual seats; 14 users move to tokens"),
        ),
        (
            ("332500.00", "41199.50"),
            (1, 3),
            (
                "saves 41,200 USD a year, 12.4 %, against",
                ", with 2 annual seats; 1 user moves to tokens, 3 to seats",
            ),
        ),
        (
            ("100.00", "-3.00"),
            (0, 1),
            ("costs 3 USD a year, 3.0 %, more than", ", with 2 annual seats; 1 user moves to seats"),
        ),
        (("6909.00", "0.00"), (0, 0), ("costs as much as", ", with 2 annual seats")),
    ],
)
def test_headline(
    document: Document, money: tuple[str, str], moves: tuple[int, int], words: tuple[str, str]
) -> None:
    today(document, *money, users_to_flex=moves[0], users_to_seats=moves[1])
    assert headline(typed(document)) == f"{words[0]} today's access at this quote's prices{words[1]}"


def sold(document: Document, *offers: str) -> None:
    """More offers, with the prices of the first."""
    document["scenario"]["offers"] += [document["scenario"]["offers"][0] | {"id": offer} for offer in offers]


def test_headline_passes_over_a_baseline_that_costs_nothing(document: Document) -> None:
    said = headline(typed(today(document, "0.00", "0.00")))
    assert said == "costs as much as the break-even rule at this quote's prices, with 2 annual seats"


def test_headline_of_a_quote_begins_with_the_difference_to_the_first(document: Document) -> None:
    quotes = with_everything(document)["comparison"]
    first = quotes["scenarios"][0] | {"label": "First quote", "total": "8636.25"}
    document["comparison"] = quotes | {"scenarios": [first, *quotes["scenarios"][1:]]}
    today(document, "9000.00", "2091.00")
    assert headline(shown(typed(document))) == (
        "costs 1,727 USD, 20.0 %, less than First quote; saves 2,091 USD a year, 23.2 %, against today's "
        "access at this quote's prices, with 2 annual seats"
    )


def test_a_figure_has_no_sign(document: Document) -> None:
    more = dict(figures(typed(today(document, "100.00", "-3.00")), ENGLISH))
    assert more["more than today's access"] == "3.00 USD"


def test_headline_of_a_long_horizon_and_without_baselines(document: Document) -> None:
    document["scenario"]["horizon"]["months"] = 36
    document["baselines"]["break_even_rule"] |= {"total": None, "saving": None}
    said = "saves 21 USD in 36 months, 0.3 %, against all named at this quote's prices, with 2 annual seats"
    assert headline(typed(document)) == said
    document["baselines"] = {}
    assert headline(typed(document)) == "costs 6,909.00 USD in 36 months, with 2 annual seats"


def test_lines_fit_80_columns_and_cost_lines_add_up(document: Document) -> None:
    text = summary_text(typed(document))
    assert max(map(len, text.splitlines())) <= 80
    lines = {line.split("  ")[0]: line.split()[-1] for line in text.splitlines() if line}
    assert lines["2 annual seats"] == "4,620.00"
    assert lines["token packs: 763 tokens"] == "2,289.00"
    assert lines["total for 12 months"] == "6,909.00"


def test_the_order_is_on_the_screen(document: Document) -> None:
    text = summary_text(typed(document))
    assert re.search(r"^2026-01-01\n autocad-1y +2 +2,310.00 +4,620.00$", text, re.M)
    assert "763 Flex tokens" in text
    said = "6,909.00 USD are committed, all of it invoiced within the horizon; fiscal year 2026: 6,909.00"
    assert said in " ".join(text.split())


def test_long_names_keep_the_order_within_80_columns(document: Document) -> None:
    document["scenario"]["offers"][0]["name"] = "Architecture, Engineering & Construction (annual)"
    text = summary_text(typed(document))
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(
        r"^ Architecture, Engineering & +2 +2,310.00 +4,620.00\n  Construction \(annual\)$", text, re.M
    )


def test_monthly_contracts_of_an_offer_are_one_line(document: Document) -> None:
    sold(document, "autocad-1m")
    document["scenario"]["offers"][2] |= {"term_months": 1, "name": "Revit (monthly)"}
    seats = document["order"][0] | {"offer": "autocad-1m", "unit_price": "290.00"}
    document["order"] += [
        seats | {"date": f"2026-{month:02}-01", "new": n, "amount": f"{290 * n}.00"}
        for month, n in ((2, 11), (3, 1), (5, 4))
    ]
    text = summary_text(typed(document))
    assert re.search(
        r"^2026-02-01 to 2026-05-01\n Revit \(monthly\), 1 to 11 a month +290.00 +4,640.00\n", text, re.M
    )
    document["order"][-2:] = []
    assert re.search(
        r"^2026-02-01\n Revit \(monthly\) +11 +290.00 +3,190.00\n", summary_text(typed(document)), re.M
    )


def test_a_screen_is_not_flooded(document: Document) -> None:
    document["order"] = [document["order"][0] | {"offer": f"offer-{n}"} for n in range(100)]
    sold(document, *(f"offer-{n}" for n in range(100)))
    text = summary_text(typed(document))
    assert "and 76 more lines" in text
    assert "whole order" in text
    assert len(text.splitlines()) < 90


def test_baseline_that_cannot_be(document: Document) -> None:
    note = "not possible within the scenario's rules and limits"
    document["baselines"]["all_flex"] = dict.fromkeys(("total", "seats", "tokens", "saving")) | {"note": note}
    assert f"all Flex: {note}" in summary_text(typed(document))


@pytest.mark.parametrize(
    ("status", "bound", "gap", "words"),
    [
        ("optimal", "6909.00", "0", "Proof: no plan for these prices and rules costs less (lower"),
        ("optimal", "6908.99", "0.000001447388", "is more than 0.01 USD cheaper"),
        ("feasible", "6900.00", "0.0013", "up to 9.00 USD (0.13 %) less may exist, but none cheaper"),
        ("feasible", "0", "1", "a plan that costs up to 6,909.00 USD (100.00 %) less may exist"),
    ],
)  # fmt: skip
def test_proof_in_words(document: Document, status: str, bound: str, gap: str, words: str) -> None:
    document["status"] = status
    document["proof"] |= {"bound": bound, "gap": gap}
    assert words in " ".join(summary_text(typed(document), verbose=True).split())


def test_idle_seats_discounts_growth_and_left_out_are_said(document: Document) -> None:
    today(document, "10000.00", "3091.00", users_idle=4)
    scenario = document["scenario"]
    scenario["negotiated"] = {"seats": "0.15", "offers": {"autocad-1y": "0.2"}, "tokens": "0"}
    scenario["demand"]["growth"] = {"default": "0.05", "products": {"AutoCAD": "-0.1"}}
    scenario["tokens"]["buffer"] = "0.15"
    document["coverage"]["days_left_out"] = 12
    text = " ".join(summary_text(typed(document)).split())
    assert "4 more hold a seat today and have no days to plan: no use, or gone by then" in text
    assert "15 % off seats, 20 % off autocad-1y" in text
    assert "(+5 % growth, AutoCAD -10 %)" in text
    assert "15 % token buffer" in text
    assert "12 days of use left out" in text


def test_plan_without_anything(document: Document) -> None:
    document["seats"] = document["purchases"] = document["order"] = document["payments"] = []
    document["summary"] |= {"tokens_used": "0", "effective_token_price": None, "annual_seats": 0}
    text = summary_text(typed(document))
    assert "no seats  " in text
    assert "Nothing to order." in text
    assert "No token packs to buy." in text


def proof(document: Document) -> str:
    return " ".join(summary_text(typed(document), verbose=True).partition("\n\nProof: ")[2].split())


def test_the_proof_says_what_is_proven_and_what_needs_no_solver(document: Document) -> None:
    assert proof(document).startswith(
        "no plan for these prices and rules costs less (lower bound 6,909.00, gap 0, "
    )
    document["summary"]["users"], document["proof"]["users_in_core"] = 1200, 47
    document["proof"] |= {"bound": "6908.87", "gap": "0.0000186"}
    document["proof"]["prices"] |= {"bound": "6900.00", "cuts_found": 15}
    words = proof(document)
    assert words.startswith(
        "no plan for these prices and rules is more than 0.13 USD cheaper (lower bound 6,908.87, gap 2e-05, "
    )
    assert "; the solver decided 47 of 1,200 users jointly); the plan was then replayed" in words
    said = [*how_proven(typed(document), ENGLISH)]
    assert "it is 6,908.87 USD, and the plan costs 6,909.00 USD" in said[1]
    assert "1,153 of 1,200 users have one cheapest option" in said[2]
    assert said[3].endswith("without the optimiser, gives 6,900.00 USD")


def test_a_proof_that_is_not_complete_says_what_may_be_saved(document: Document) -> None:
    document["status"] = "feasible"
    document["proof"] |= {"bound": "6000.00", "gap": "0.131567"}
    assert proof(document).startswith(
        "the search stopped before the proof was complete: a plan that costs up to 909.00 USD (13.16 %) "
        "less may exist, but none cheaper than that (lower bound 6,000.00, "
    )
