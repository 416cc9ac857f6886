"""How the search goes on and where it ends: the first plan, wider cores, more nodes, no more cores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from test_optimise import an_estate

from flexopt.base.errors import LimitError
from flexopt.model.core import Core, everything
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.model.solution import tiers_of
from flexopt.solve.backend import Backend, Outcome, Status, solve
from flexopt.solve.fixing import fix_by_reduced_cost
from flexopt.solve.optimise import Optimum, optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem


@dataclass
class Step:
    """A model that was solved."""

    tiers: tuple[int, ...]
    inside: int
    """Subproblems in its core; -1: a model that is no core by prices, as the whole one."""
    nodes: int | None
    status: Status


@dataclass
class Watch:
    """What the search does, core by core; `replaced` may answer in place of the solver, by their number."""

    steps: list[Step] = field(default_factory=list)
    replaced: Callable[[int], Outcome | None] = lambda n: None
    inside: int = -1

    def fix(self, pricing: PricingProblem, prices: Any, inside: Any, *rest: Any) -> Core:
        self.inside = int(inside.sum())
        return fix_by_reduced_cost(pricing, prices, inside, *rest)

    def solve(self, lp: Any, options: Any, **arguments: Any) -> Outcome:
        if lp.name == "bound" or "ties" in {row.name for row in lp.constraints()}:
            return solve(lp, options, **arguments)
        outcome = self.replaced(len(self.steps)) or solve(lp, options, **arguments)
        fixed = [x for kind in ("tier_", "order_") for x in lp.variables() if str(x.name).startswith(kind)]
        tiers = tuple(int(x.lowBound) for x in fixed if x.lowBound == x.upBound)
        self.steps.append(Step(tiers, self.inside, arguments.get("nodes"), outcome.status))
        self.inside = -1
        return outcome

    def optimise(self, problem: Problem, **changes: Any) -> Optimum:
        """A search that begins with a bound and a core however small the model is."""
        self.steps.clear()
        return optimise(problem, options=SearchOptions(small=0, **changes), backend=Backend(solve=self.solve))

    def by_tiers(self) -> dict[tuple[int, ...], list[Step]]:
        found = defaultdict(list)
        for step in self.steps:
            found[step.tiers].append(step)
        return found


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    seen = Watch()
    monkeypatch.setattr("flexopt.solve.search.fix_by_reduced_cost", seen.fix)
    return seen


def honest(best: Optimum, P: Problem, least: Optimum) -> None:
    """What it says of its plan is true, whether or not it was proven; `least` was."""
    assert best.cost == best.solution.cost(P)
    assert best.objective_bound <= least.cost
    assert best.cost >= least.objective_bound
    if best.status is Status.OPTIMAL:
        assert best.gap <= Decimal("1.1e-6")


# --- the first plan --------------------------------------------------------------------------------------

NO_PLAN = Outcome(Status.NO_PLAN, float("-inf"), 0.0)


def test_the_first_plan_is_looked_for_in_any_tiers(watch: Watch) -> None:
    P = an_estate(2, 20)
    tiers = tiers_of(P, watch.optimise(P).solution)
    first, *later = watch.steps
    assert (first.tiers, first.inside, first.status) == ((), 0, Status.OPTIMAL)
    assert later
    assert all(len(step.tiers) == len(tiers) for step in later)


def test_it_is_the_plan_if_there_is_time_for_no_other(watch: Watch) -> None:
    P = an_estate(2, 20)
    least = watch.optimise(P)
    watch.replaced = lambda n: NO_PLAN if n else None
    best = watch.optimise(P, most_cores=6)
    assert len(watch.steps) > 1
    assert best.status is Status.FEASIBLE
    assert best.cost > least.cost
    honest(best, P, least)


@pytest.mark.parametrize("status", [Status.NO_PLAN, Status.INFEASIBLE])
def test_without_it_the_search_goes_on(status: Status, watch: Watch) -> None:
    P = an_estate(2, 20)
    least = watch.optimise(P)
    watch.replaced = lambda n: None if n else Outcome(status, float("-inf"), 0.0)
    best = watch.optimise(P)
    assert (best.status, best.cost) == (Status.OPTIMAL, least.cost)
    assert watch.steps[0].status is status


# --- wider cores, more nodes -----------------------------------------------------------------------------


def test_cores_are_doubled_until_they_hold_all_inside_the_window(watch: Watch) -> None:
    """In a window that holds all of them: 5, 10, 20 ... subproblems, and at last all."""
    P = an_estate(3, 20)
    expected = watch.optimise(P)
    best = watch.optimise(P, quick_cores=(), first_window=1e9, first_core=5, first_nodes=10**6)
    assert (best.status, best.cost) == (Status.OPTIMAL, expected.cost)
    every = len(PricingProblem(P, Restriction()))
    doubled = [5 * 2**n for n in range(20) if 5 * 2**n < every] + [every]
    found = {tiers: [step.inside for step in steps] for tiers, steps in watch.by_tiers().items() if tiers}
    assert max(len(sizes) for sizes in found.values()) > 2
    for sizes in found.values():
        assert sizes == doubled[: len(sizes)]


def test_nodes_are_raised_where_they_were_too_few(watch: Watch) -> None:
    """Twice the solver ends without a plan: four times as many nodes, and four times as many again."""
    P = an_estate(3, 20)
    expected = watch.optimise(P)
    watch.replaced = lambda n: NO_PLAN if n in (1, 2) else None
    best = watch.optimise(P, quick_cores=())
    assert (best.status, best.cost) == (Status.OPTIMAL, expected.cost)
    tried = next(steps for tiers, steps in watch.by_tiers().items() if tiers)
    assert [step.nodes for step in tried[:3]] == [500, 2000, 8000]
    assert [step.status for step in tried[:2]] == [Status.NO_PLAN] * 2


# --- no more cores ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_search_without_more_cores_ends_with_what_it_has(watch: Watch) -> None:
    """Each core allowed more is no dearer a plan and no lower a bound, up to the proof."""
    P = an_estate(2, 20)
    least = watch.optimise(P)
    found = []
    for most in (2, 3, 6, 2000):
        found.append(watch.optimise(P, whole_limit=0, quick_cores=(1,), most_cores=most))
        honest(found[-1], P, least)
        assert len(watch.steps) <= 3 * most  # the first two of each tiers come in one go with its next
    assert found[0].status is Status.FEASIBLE
    assert (found[-1].status, found[-1].cost) == (Status.OPTIMAL, least.cost)
    assert [best.cost for best in found] == sorted((best.cost for best in found), reverse=True)
    assert [best.objective_bound for best in found] == sorted(best.objective_bound for best in found)


def test_then_the_whole_model_is_tried(watch: Watch) -> None:
    P = an_estate(2, 20)
    least = watch.optimise(P)
    best = watch.optimise(P, most_cores=2)
    assert (best.status, best.choices) == (Status.OPTIMAL, everything(P, Restriction()).choices)
    assert (watch.steps[-1].inside, watch.steps[-1].tiers) == (-1, ())
    assert abs(best.cost - least.cost) <= Decimal("1e-6") * max(best.cost, least.cost)


def test_with_no_plan_by_then_and_too_many_for_the_whole_model_there_is_none(watch: Watch) -> None:
    """It is not said to be impossible."""
    with pytest.raises(LimitError):
        watch.optimise(an_estate(2, 20), most_cores=1, whole_limit=0)
    assert watch.steps == []
