"""The certificate of a plan: what its prices prove is added up again, and prices of nothing are refused."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from build import AUTOCAD, AUTOCAD_YEAR, a_scenario, a_source, every, the_demand, the_value, usage_of
from documents import data, typed
from pydantic import ValidationError

from flexopt import plan
from flexopt.audit import audit
from flexopt.audit.certificate.subproblems import UserSubproblems
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.restriction import Restriction
from flexopt.model.sets import formulate
from flexopt.solve.backend import Backend, Outcome, Status, solve
from flexopt.solve.optimise import optimise
from flexopt.solve.pricing import Prices, PricingProblem

USE = {("ann", "AutoCAD"): every(date(2025, 1, 1), 120), ("bob", "AutoCAD"): every(date(2025, 1, 1), 9)}
POOL = {"pool": [{"tokens": 2000, "expires": "2027-06-01"}]}


def document(scenario: Scenario) -> dict[str, Any]:
    made = plan(a_source(scenario), usage_of(USE)).document
    return data(made)


def failures(doc: Mapping[str, Any], scenario: Scenario) -> list[str]:
    return audit(typed(doc), scenario, scenario.holdings, the_demand(USE, scenario))


SEAT = {"offer": "autocad-1y", "kind": "new", "start": "2026-01-01", "end": "2027-01-01"}


@pytest.mark.parametrize(
    "entry",
    [
        {"row": "oversize"},
        {"row": "holding", **SEAT},
        {"row": "order", **SEAT},
        {"row": "maximum", "offer": "autocad-1y", "start": "2026-01-01"},
        {"row": "budget", "id": "fy26"},
    ],
    ids=lambda entry: entry["row"],
)
def test_a_price_of_a_row_that_is_not_there_proves_nothing(entry: dict[str, str]) -> None:
    """Nothing limits these seats and packs: a price for it would prove any bound."""
    scenario = a_scenario()
    doc = document(scenario)
    assert failures(doc, scenario) == []
    doc["proof"]["prices"]["cuts"][0].append(entry | {"price": "-0.1"})
    assert "the prices of the certificate are not those of the scenario's rows" in failures(doc, scenario)


def test_the_pool_has_one_price_for_each_period() -> None:
    scenario = a_scenario()
    doc = document(scenario)
    doc["proof"]["prices"]["cuts"][0].append({"row": "pool", "price": "-0.1"})
    assert failures(doc, scenario) == [
        "`proof.prices.cuts[0]` has not a price of the pool for each period of the ledger"
    ]


@pytest.mark.parametrize(
    "entry",
    [{"row": "purchases"}, *({"price": price} for price in ("nan", "inf", "-inf", ""))],
    ids=str,
)
def test_a_price_of_no_row_or_no_number_is_not_read(entry: dict[str, str]) -> None:
    doc = document(a_scenario())
    doc["proof"]["prices"]["cuts"][0][0] |= entry
    with pytest.raises(ValidationError, match=r"proof\.prices\.cuts\.0\.0\."):
        typed(doc)


def test_prices_that_prove_less_than_nothing_claim_nothing() -> None:
    """At 3.00 a token the 2,000 that are owned are worth more than all that users pay."""
    scenario = a_scenario(**POOL)
    doc = document(scenario)
    cut = copy.deepcopy(doc["proof"]["prices"]["cuts"][0])
    for entry in cut:
        entry["price"] = "3.0"
    doc["proof"]["prices"] |= {"bound": "0.0000", "cuts": [cut]}
    assert failures(doc, scenario) == []
    doc["proof"]["prices"]["bound"] = "0.5000"
    assert any("the plan says 0.5000" in failure for failure in failures(doc, scenario))


def test_prices_that_prove_more_than_the_plan_costs_are_a_failure() -> None:
    scenario = a_scenario()
    doc = document(scenario)
    doc["total"], doc["proof"]["prices"]["bound"] = "100.00", "50.0000"
    assert any("the prices prove 2499.00, more than the plan costs" in f for f in failures(doc, scenario))


@pytest.mark.parametrize(("products", "months", "exact"), [(2, 18, True), (4, 18, False), (6, 24, False)])
def test_users_pay_what_the_optimiser_says_also_where_ends_are_rounded_up(
    products: int, months: int, exact: bool
) -> None:
    """A year of each product and of all from every month: 13 ** 6 states of until when six are covered."""
    names = [f"P{n}" for n in range(products)]
    year = AUTOCAD_YEAR | {"starts": "monthly"}
    scenario = a_scenario(
        horizon={"start": "2026-01-01", "months": months},
        products=[AUTOCAD | {"id": name} for name in names],
        offers=[
            *(
                year | {"id": name, "covers": [name], "prices": [{"from": "2025-01-01", "new": 700 + 90 * n}]}
                for n, name in enumerate(names)
            ),
            year | {"id": "all", "covers": names},
        ],
        tokens={"purchase_dates": "monthly"},
    )
    demand = the_demand(
        {
            (user, name): every(date(2025, 1, 1 + n), days)
            for n, name in enumerate(names)
            for user, days in (("ann", 40 * n + 30), ("bob", 300))
        },
        scenario,
    )
    problem = formulate(scenario, (), demand)
    pricing = PricingProblem(problem, Restriction())
    assert pricing.exact.all() == exact
    seat = np.array([float(c.cost[0]) for c in problem.contracts])
    told = the_value(pricing, Prices(seat, np.full(problem.periods, 2.5)))

    again = UserSubproblems(scenario, (), demand, periods=problem.edges[:-1], days=set())
    seats = np.array([float(t.cost[0]) for t in again.terms])
    assert again.least(seats, np.full(len(again.edges) - 1, 2.5)) == pytest.approx(told, abs=1e-6)
    assert told > 0


def test_the_prices_may_prove_more_than_a_solver_that_was_stopped() -> None:
    """The bound of the plan is then that of the prices."""

    def stopped(*arguments: Any, **options: Any) -> Outcome:
        return replace(solve(*arguments, **options), status=Status.FEASIBLE, bound=-math.inf)

    scenario = a_scenario()
    problem = formulate(scenario, (), the_demand(USE, scenario))
    found = optimise(problem, backend=Backend(stopped))
    assert found.certificate is not None
    assert found.objective_bound == found.certificate.bound == 2499
    assert found.status is Status.OPTIMAL
