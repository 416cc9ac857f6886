"""Scenarios without a plan: the error names the rules that clash, only those, and what to relax."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from build import (
    AUTOCAD,
    AUTOCAD_YEAR,
    REVIT,
    REVIT_YEAR,
    Days,
    a_scenario,
    a_source,
    every,
    the_demand,
    usage_of,
)

from flexopt import plan
from flexopt.base.errors import InfeasibleError, LimitError
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import Person
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.solve.infeasible import explain_infeasible, feasible

TEN: Days = {("ann", "AutoCAD"): every(date(2025, 1, 1), 10)}
VAULT = {"id": "Vault", "flex": False}
VAULT_YEAR = {
    "id": "vault-1y",
    "covers": ["Vault"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 700, "renewal": 600}],
}
IN_VAULT: Days = {(u, "Vault"): every(date(2025, 1, 1), 10) for u in ("ann", "bob", "cat")}
BUDGET = {"id": "fy26", "from": "2026-01-01", "to": "2027-01-01", "amount": 209}


def refusal(days: Days, people: Sequence[Person] = (), **changes: Any) -> InfeasibleError:
    with pytest.raises(InfeasibleError) as caught:
        plan(a_source(a_scenario(**changes), people), usage_of(days))
    assert caught.value.exit_code == 3
    for user, _ in days:  # usage is personal data: the message counts users
        assert user not in caught.value.message.split()
    return caught.value


CASES: dict[str, tuple[Days, dict[str, Any], list[str], str]] = {
    "a product that nothing gives access to": (
        IN_VAULT,
        {"products": [AUTOCAD, REVIT, VAULT]},
        ["3 users of Vault without access from 2026-01-01 (not on Flex, no offer covers it)"],
        "add an offer",
    ),
    "policy against Flex where no seat is on offer": (
        TEN,
        {"offers": [REVIT_YEAR], "policy": [{"product": "AutoCAD", "access": "named"}]},
        ["1 user of AutoCAD", "no offer covers it", "the policy requires named"],
        "relax the policy",
    ),
    "policy for Flex of what is not on Flex": (
        IN_VAULT,
        {
            "products": [AUTOCAD, REVIT, VAULT],
            "offers": [VAULT_YEAR],
            "policy": [{"user": "bob", "access": "flex"}],
        },
        ["1 user of Vault", "not on Flex", "the policy requires flex"],
        "relax the policy",
    ),
    "tokens only, and the first pack too late": (
        TEN,
        {"offers": [], "tokens": {"purchase_dates": ["2026-02-01"]}},
        ["1 user of AutoCAD without access from 2026-01-01", "no pack can be live"],
        "add an offer",
    ),
    "an opening pack that expires before the next purchase": (
        {("ann", "AutoCAD"): every(date(2025, 1, 1), 300)},
        {
            "offers": [],
            "pool": [{"tokens": 9999, "expires": "2026-03-01"}],
            "tokens": {"purchase_dates": ["2026-06-01"]},
        },
        ["without access from 2026-03-01", "no pack can be live"],
        "add an offer",
    ),
    "per-result services without a pack": (
        TEN,
        {
            "tokens": {"purchase_dates": ["2026-02-01"]},
            "cloud": [{"service": "CFD", "monthly_tokens": 1}],
        },
        ["per-result services need tokens on 2026-01-01, but no pack can be live"],
        "add an offer",
    ),
    "more users than owned seats, and no others on offer": (
        IN_VAULT,
        {
            "products": [VAULT],
            "offers": [
                VAULT_YEAR | {"prices": [{"from": "2026-06-01", "new": 700}], "starts": ["2026-06-01"]}
            ],
            "holdings": [{"offer": "vault-1y", "quantity": 2, "ends": "2026-09-01"}],
        },
        ["3 users of Vault need seats on 2026-01-01, but only 2 are owned"],
        "add an offer",
    ),
    "an opening pack too small for the months without another": (
        {("ann", "AutoCAD"): every(date(2025, 1, 1), 300)},
        {"offers": [], "pool": [{"tokens": 500, "expires": "2027-01-01"}], "tokens": {"valid_days": 31}},
        # from 1 February to 27 October there are 269 days of 7 tokens
        ["1,883.0 tokens are needed from 2026-02-01", "the opening packs hold only 500"],
        "",
    ),
    "an opening pack too small": (
        TEN,
        {"offers": [], "pool": [{"tokens": 69, "expires": "2027-01-01"}], "tokens": {"max_purchases": 0}},
        ["the limit of 0 purchases cannot be satisfied"],
        "raise tokens.max_purchases",
    ),
    "a budget too small": (
        TEN,  # 70 tokens at 3.00 = 210
        {"budgets": [BUDGET]},
        ["the budget fy26 of 209 from 2026-01-01 to 2027-01-01 cannot be satisfied"],
        "raise budgets.fy26.amount",
    ),
    "a maximum too small": (
        IN_VAULT,
        {"products": [VAULT], "offers": [VAULT_YEAR | {"maximum": 2}]},
        ["the maximum of 2 seats of vault-1y cannot be satisfied"],
        "raise offers.vault-1y.maximum",
    ),
    "a minimum order and a budget": (
        IN_VAULT,  # three seats are 2,100, the minimum of five 3,500
        {
            "products": [VAULT],
            "offers": [VAULT_YEAR | {"minimum": 5}],
            "budgets": [BUDGET | {"amount": 3000}],
            "tokens": {"max_purchases": 3},
        },
        [
            "the budget fy26 of 3,000",
            " and the minimum of 5 seats per order of vault-1y cannot be satisfied together",
        ],
        "raise budgets.fy26.amount, or lower offers.vault-1y.minimum",
    ),
    "max_purchases 0 and no seat": (
        TEN,
        {"offers": [AUTOCAD_YEAR | {"maximum": 0}], "tokens": {"max_purchases": 0}},
        ["the limit of 0 purchases and the maximum of 0 seats of autocad-1y cannot be satisfied together"],
        "raise tokens.max_purchases, or raise offers.autocad-1y.maximum",
    ),
    "max_oversize": (
        # 10 tokens of buffer cannot be bought: 70 x 1.0 + the smallest purchase of 1
        TEN,
        {"offers": [], "tokens": {"buffer": 1, "max_oversize": 0}},
        ["max_oversize of 0 cannot be satisfied"],
        "raise tokens.max_oversize",
    ),
    "policy and a maximum": (
        TEN,
        {
            "offers": [AUTOCAD_YEAR | {"maximum": 0}],
            "policy": [{"product": "AutoCAD", "access": "named"}],
            "tokens": {"max_purchases": 9},
        },
        ["the maximum of 0 seats of autocad-1y and the policy cannot be satisfied together"],
        "raise offers.autocad-1y.maximum, or relax the policy",
    ),
    "no rule to blame": (
        # one owned seat for two who need it, and the opening pack is too small for the other one
        {(u, "AutoCAD"): every(date(2025, 1, 1), 365) for u in ("ann", "eve")}
        | {("bob", "Revit"): every(date(2025, 1, 1), 5)},
        {
            "offers": [AUTOCAD_YEAR | {"prices": [{"from": "2027-01-01", "new": 9}]}],
            "holdings": [{"offer": "autocad-1y", "quantity": 1, "ends": "2027-01-01"}],
            "pool": [{"tokens": 400, "expires": "2027-01-01"}],
            "tokens": {"valid_days": 30, "max_purchases": 9},
        },
        ["even without the scenario's rules and limits: there is no access to AutoCAD in some months"],
        "check the dates of offers",
    ),
    "two clashes at once": (
        {**TEN, **IN_VAULT},
        {
            "products": [AUTOCAD, VAULT],
            "offers": [VAULT_YEAR | {"maximum": 2}],
            "tokens": {"max_purchases": 0, "max_oversize": 5},
        },
        [
            "the limit of 0 purchases cannot be satisfied",
            "; and ",
            "the maximum of 2 seats of vault-1y cannot be satisfied",
        ],
        "; and ",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_clash_is_named(name: str) -> None:
    days, changes, words, repair = CASES[name]
    error = refusal(days, **changes)
    for part in words:
        assert part in error.message, error.message
    assert repair in error.hint, error.hint


def test_rules_that_do_not_clash_are_not_named() -> None:
    error = refusal(
        TEN,
        budgets=[BUDGET, BUDGET | {"id": "fy27", "from": "2027-01-01", "to": "2028-01-01"}],
        tokens={"max_purchases": 5, "max_oversize": 2},
        policy=[{"product": "Revit", "access": "named"}],
    )
    assert error.message == (
        "no plan is possible: the budget fy26 of 209 from 2026-01-01 to 2027-01-01 cannot be satisfied"
    )


def test_one_cent_more_and_there_is_a_plan() -> None:
    scenario = a_scenario(budgets=[BUDGET | {"amount": 210}])
    assert plan(a_source(scenario), usage_of(TEN)).total.amount == 210


# --- limits ----------------------------------------------------------------------------------------------

CLASH = a_scenario(offers=[AUTOCAD_YEAR | {"maximum": 0}], tokens={"max_purchases": 0})


def test_a_limit_while_explaining_claims_nothing_about_single_rules() -> None:
    """The problem is proven infeasible, but no question about single rules is answered in time."""

    def too_slow(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> bool:
        raise LimitError("the time limit came before a plan was found")

    error = explain_infeasible(CLASH, (), the_demand(TEN, CLASH), too_slow)
    assert error.message == (
        "no plan is possible; the time limit was reached before the conflicting rules were found: "
        "the limit of 0 purchases, the maximum of 0 seats of autocad-1y"
    )
    assert "solver.time_limit" in error.hint


def test_few_questions_find_a_clash_among_many_rules() -> None:
    asked = 0

    def counted(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> bool:
        nonlocal asked
        asked += 1
        return feasible(scenario, holdings, demand)

    offers = [AUTOCAD_YEAR | {"id": f"o{i:02}", "covers": ["Revit"], "maximum": 5} for i in range(30)]
    scenario = a_scenario(offers=offers, tokens={"max_purchases": 0})
    error = explain_infeasible(scenario, (), the_demand(TEN, scenario), counted)
    assert error.message == "no plan is possible: the limit of 0 purchases cannot be satisfied"
    assert asked <= 10
