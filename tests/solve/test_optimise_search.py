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
from flexopt.model.program import Model
from flexopt.model.restriction import Restriction
from flexopt.model.rows import fix_tiers
from flexopt.model.sets import Problem
from flexopt.model.solution import tiers_of
from flexopt.solve.backend import Outcome, Status, solve
from flexopt.solve.fixing import near
from flexopt.solve.optimise import Optimum, optimise
from flexopt.solve.pricing import Estate


@dataclass
class Step:
    """A model that was solved."""

    tiers: tuple[int, ...]
    needs: int
    """Needs that are open in its core; -1: a model that is no core by prices, as the whole one."""
    nodes: int | None
    status: Status


@dataclass
class Watch:
    """What the search does, core by core; `replaced` may answer in place of the solver, by their number."""

    steps: list[Step] = field(default_factory=list)
    replaced: Callable[[int], Outcome | None] = lambda n: None
    tiers: tuple[int, ...] = ()
    needs: int = -1

    def near(self, estate: Estate, prices: Any, inside: Any, *rest: Any) -> Core:
        self.needs = int(inside.sum())
        return near(estate, prices, inside, *rest)

    def fix_tiers(self, model: Model, tiers: Any) -> None:
        self.tiers = tuple(tiers)
        fix_tiers(model, tiers)

    def solve(self, lp: Any, options: Any, **arguments: Any) -> Outcome:
        outcome = self.replaced(len(self.steps)) or solve(lp, options, **arguments)
        self.steps.append(Step(self.tiers, self.needs, arguments.get("nodes"), outcome.status))
        self.needs = -1
        return outcome

    def by_tiers(self) -> dict[tuple[int, ...], list[Step]]:
        found = defaultdict(list)
        for step in self.steps:
            found[step.tiers].append(step)
        return found


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A search that begins with a bound and a core however small the model is."""
    seen = Watch()
    monkeypatch.setattr("flexopt.solve.search.SMALL", 0)
    for name in ("near", "fix_tiers", "solve"):
        monkeypatch.setattr(f"flexopt.solve.search.{name}", getattr(seen, name))
    return seen


def honest(best: Optimum, P: Problem, least: Optimum) -> None:
    """What it says of its plan is true, whether or not it was proven; `least` was."""
    assert best.cost == best.solution.cost(P)
    assert best.bound <= least.cost
    assert best.cost >= least.bound
    if best.status is Status.OPTIMAL:
        assert best.gap <= Decimal("1.1e-6")


# --- the first plan --------------------------------------------------------------------------------------

NO_PLAN = Outcome(Status.NO_PLAN, float("-inf"), 0.0)


def test_the_first_plan_is_looked_for_in_any_tiers(watch: Watch) -> None:
    P = an_estate(2, 20)
    tiers = tiers_of(P, optimise(P).solution)
    first, *later = watch.steps
    assert (first.tiers, first.needs, first.status) == ((), 0, Status.OPTIMAL)
    assert later
    assert all(len(step.tiers) == len(tiers) for step in later)


def test_it_is_the_plan_if_there_is_time_for_no_other(watch: Watch) -> None:
    P = an_estate(2, 20)
    least = optimise(P)
    watch.steps.clear()
    watch.replaced = lambda n: NO_PLAN if n else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("flexopt.solve.search.MOST_CORES", 6)
        best = optimise(P)
    assert len(watch.steps) > 1
    assert best.status is Status.FEASIBLE
    assert best.cost > least.cost
    honest(best, P, least)


@pytest.mark.parametrize("status", [Status.NO_PLAN, Status.INFEASIBLE])
def test_without_it_the_search_goes_on(status: Status, watch: Watch) -> None:
    P = an_estate(2, 20)
    least = optimise(P)
    watch.steps.clear()
    watch.replaced = lambda n: None if n else Outcome(status, float("-inf"), 0.0)
    best = optimise(P)
    assert (best.status, best.cost) == (Status.OPTIMAL, least.cost)
    assert watch.steps[0].status is status


# --- wider cores, more nodes -----------------------------------------------------------------------------


def test_cores_are_doubled_until_nobody_inside_the_window_is_left_out(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a window that holds everybody: 5, 10, 20 ... needs, and at last all of them."""
    P = an_estate(3, 20)
    expected = optimise(P)
    watch.steps.clear()
    monkeypatch.setattr("flexopt.solve.search.QUICK_CORES", ())
    monkeypatch.setattr("flexopt.solve.search.FIRST_WINDOW", 1e9)
    monkeypatch.setattr("flexopt.solve.search.FIRST_CORE", 5)
    monkeypatch.setattr("flexopt.solve.search.FIRST_NODES", 10**6)
    best = optimise(P)
    assert (best.status, best.cost) == (Status.OPTIMAL, expected.cost)
    everybody = len(Estate(P, Restriction()))
    doubled = [5 * 2**n for n in range(20) if 5 * 2**n < everybody] + [everybody]
    found = {tiers: [step.needs for step in steps] for tiers, steps in watch.by_tiers().items() if tiers}
    assert max(len(sizes) for sizes in found.values()) > 2
    for sizes in found.values():
        assert sizes == doubled[: len(sizes)]


def test_nodes_are_raised_where_they_were_too_few(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the solver ends without a plan: four times as many nodes, and four times as many again."""
    P = an_estate(3, 20)
    expected = optimise(P)
    watch.steps.clear()
    monkeypatch.setattr("flexopt.solve.search.QUICK_CORES", ())
    watch.replaced = lambda n: NO_PLAN if n in (1, 2) else None
    best = optimise(P)
    assert (best.status, best.cost) == (Status.OPTIMAL, expected.cost)
    tried = next(steps for tiers, steps in watch.by_tiers().items() if tiers)
    assert [step.nodes for step in tried[:3]] == [500, 2000, 8000]
    assert [step.status for step in tried[:2]] == [Status.NO_PLAN] * 2


# --- no more cores ---------------------------------------------------------------------------------------


def test_a_search_without_more_cores_ends_with_what_it_has(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each core allowed more is no dearer a plan and no lower a bound, up to the proof."""
    P = an_estate(2, 20)
    least = optimise(P)
    monkeypatch.setattr("flexopt.solve.search.MOST_WHOLE", 0)
    monkeypatch.setattr("flexopt.solve.search.QUICK_CORES", (1,))
    found = []
    for most in (2, 3, 6, 2000):
        monkeypatch.setattr("flexopt.solve.search.MOST_CORES", most)
        watch.steps.clear()
        found.append(optimise(P))
        honest(found[-1], P, least)
        assert len(watch.steps) <= 3 * most  # the first two of each tiers come in one go with its next
    assert found[0].status is Status.FEASIBLE
    assert (found[-1].status, found[-1].cost) == (Status.OPTIMAL, least.cost)
    assert [best.cost for best in found] == sorted((best.cost for best in found), reverse=True)
    assert [best.bound for best in found] == sorted(best.bound for best in found)


def test_then_the_whole_model_is_tried(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    P = an_estate(2, 20)
    least = optimise(P)
    watch.steps.clear()
    monkeypatch.setattr("flexopt.solve.search.MOST_CORES", 2)
    best = optimise(P)
    assert (best.status, best.choices) == (Status.OPTIMAL, everything(P, Restriction()).choices)
    assert (watch.steps[-1].needs, watch.steps[-1].tiers) == (-1, ())
    assert abs(best.cost - least.cost) <= Decimal("1e-6") * least.cost + Decimal("0.01")


def test_with_no_plan_by_then_and_too_many_for_the_whole_model_there_is_none(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not said to be impossible."""
    monkeypatch.setattr("flexopt.solve.search.MOST_CORES", 1)
    monkeypatch.setattr("flexopt.solve.search.MOST_WHOLE", 0)
    with pytest.raises(LimitError):
        optimise(an_estate(2, 20))
    assert watch.steps == []
