"""Days under each contract: what arrays add up is what a person would, cell by cell, with fractions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from build import AUTOCAD, AUTOCAD_YEAR, REVIT, Days, a_problem, every
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, medium

from flexopt.inputs.rules.prices import rate_on
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import Solution
from flexopt.planning.assignment import AssignmentRows, assignment_rows

Found = dict[tuple[int, int], tuple[Fraction, Fraction, set[int]]]


def by_hand(problem: Problem, seats: set[tuple[int, int]]) -> tuple[Found, list[Fraction]]:
    """By pair and contract: days, tokens, periods; and the tokens of every period on Flex."""
    demand, need = problem.demand, [Fraction(0)] * problem.periods
    found: Found = defaultdict(lambda: (Fraction(0), Fraction(0), set()))
    for i, t, count, per in problem.cells[["pair", "period", "count", "per"]].itertuples(index=False):
        user, product = demand.pair_user[i], demand.pair_product[i]
        live = [
            k
            for k, c in enumerate(problem.contracts)
            if (user, k) in seats and product in c.covers and c.first <= t < c.after
        ]
        k = min(live, key=lambda k: (problem.contracts[k].kind != "owned", k), default=-1)
        days = Fraction(int(count), int(per)) * Fraction(demand.pair_factor[i])
        rate = rate_on(problem.scenario.products[product], problem.edges[t])
        tokens = days * Fraction(rate or 0)
        before = found[int(i), k]
        found[int(i), k] = (before[0] + days, before[1] + tokens, before[2] | {int(t)})
        if k < 0:
            need[t] += tokens
    return dict(found), need


def as_found(rows: AssignmentRows) -> Found:
    return {
        (int(i), int(k)): (
            rows.days[n],
            rows.tokens[n],
            {t for t in range(int(rows.periods[n]).bit_length()) if int(rows.periods[n]) >> t & 1},
        )
        for n, (i, k) in enumerate(zip(rows.pair, rows.contract, strict=True))
    }


def check(problem: Problem, seats: set[tuple[int, int]], form: Any = tuple, chunk_size: int = 1_000) -> None:
    rows, need = assignment_rows(problem, Solution(form(sorted(seats)), (), ()), chunk_size)
    expected, expected_need = by_hand(problem, seats)
    found = as_found(rows)
    assert found == expected
    assert list(found) == sorted(expected)
    assert need == expected_need
    for n, i in enumerate(rows.pair):
        assert rows.pair_days[n] == sum(days for (pair, _), (days, _, _) in found.items() if pair == i)


@one_in(4)
@given(medium(), st.randoms(use_true_random=False))
def test_they_are_those_of_every_cell(instance: Instance, rng: Any) -> None:
    source, demand = instance.source(), instance.demand()
    problem = formulate(source.scenario, source.holdings, demand)
    every_seat = [(u, k) for u in range(len(demand.users)) for k in range(len(problem.contracts))]
    check(problem, set(rng.sample(every_seat, len(every_seat) // 3)))


MIXED: Days = {
    ("amy", "AutoCAD"): every(date(2025, 1, 1), 300),
    ("amy", "Revit"): every(date(2025, 3, 1), 50, 3),
    ("bob", "AutoCAD"): every(date(2025, 6, 1), 20, 4),
}


def mixed(**changes: Any) -> Problem:
    month = AUTOCAD_YEAR | {"id": "month", "term_months": 1}
    holdings = [{"offer": "autocad-1y", "quantity": 1, "ends": "2026-04-01"}]
    return a_problem(MIXED, **{"offers": [AUTOCAD_YEAR, month], "holdings": holdings} | changes)


def test_a_pair_that_comes_back_to_flex_has_one_row_on_it() -> None:
    """Seats in March and in May, Flex before, between and after."""
    problem = mixed()
    months = [k for k, c in enumerate(problem.contracts) if c.offer == "month" and c.kind == "new"]
    check(problem, {(0, months[2]), (0, months[4])})
    rows, _ = assignment_rows(problem, Solution(np.array([(0, months[2]), (0, months[4])]), (), ()))
    assert rows.contract[rows.pair == 0].tolist() == [-1, months[2], months[4]]


def test_seats_may_be_an_array() -> None:
    problem = mixed()
    seats = {(u, k) for u in (0, 1) for k in range(len(problem.contracts)) if (u + k) % 2}
    for form in (tuple, lambda pairs: np.array(pairs, dtype=np.int64).reshape(-1, 2)):
        check(problem, seats, form)
        check(problem, set(), form)
    check(problem, seats, chunk_size=3)  # pairs and their contracts are cut anywhere


def test_numbers_beyond_64_bits_stay_exact() -> None:
    """Counts and rates with so many digits that their products leave 64 bits."""
    fine = {"id": "AutoCAD", "rates": [{"from": "2021-01-01", "tokens": "7.000000000000000001"}]}
    problem = mixed(products=[fine, REVIT])
    check(problem, {(0, 0)})
    cells = problem.cells.assign(count=problem.cells["count"] + 2**60)
    check(replace(mixed(), cells=cells), {(1, 1)})


def test_more_periods_than_bits_of_a_number() -> None:
    dates = [str(day) for day in every(date(2026, 1, 1), 120, 3)]
    problem = mixed(products=[AUTOCAD, REVIT], tokens={"purchase_dates": dates, "valid_days": 40})
    assert problem.periods > 64
    check(problem, {(0, 1), (1, 2)})


def test_two_denominators_of_a_pair_are_refused() -> None:
    problem = mixed()
    cells = problem.cells.assign(per=np.arange(len(problem.cells)) + 1)
    with pytest.raises(ValueError, match="two denominators"):
        assignment_rows(replace(problem, cells=cells), Solution(np.empty((0, 2), dtype=np.int64), (), ()))


def test_growth_is_a_fraction() -> None:
    problem = mixed(demand={"growth": {"default": "0.1", "products": {"Revit": "-0.333"}}})
    assert Decimal("0.667") in set(problem.demand.pair_factor)
    check(problem, {(0, 0)})
