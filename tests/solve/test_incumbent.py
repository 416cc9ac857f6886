"""The incumbent keeps the prices that it was found at, whatever the search looks at afterwards."""

from __future__ import annotations

from typing import Any

from build import a_problem
from test_optimise import AMY, an_estate

from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem
from flexopt.model.solution import tiers_of
from flexopt.solve.backend import Backend, Outcome, solve
from flexopt.solve.bound import Bound
from flexopt.solve.incumbent import CoreSolver, TierPrices
from flexopt.solve.optimise import optimise
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.search import Search
from flexopt.solve.stopwatch import Stopwatch


def parts(P: Problem, options: SearchOptions, backend: Backend) -> tuple[Bound, CoreSolver]:
    """What `optimise` hands to the search."""
    watch = Stopwatch(60)
    bound = Bound(PricingProblem(P, Restriction(), options), watch, options, backend)
    return bound, CoreSolver(bound.pricing, bound, watch, backend, lambda step: None)


def test_tiers_that_are_searched_later_leave_it_its_prices() -> None:
    """Here the plan is found in the second set of tiers, and a third one is searched in vain."""
    searched: list[tuple[int, ...]] = []

    def watched(lp: Any, options: Any, **arguments: Any) -> Outcome:
        fixed = [x for kind in ("tier_", "order_") for x in lp.variables() if str(x.name).startswith(kind)]
        if lp.name != "bound":
            searched.append(tuple(int(x.lowBound) for x in fixed if x.lowBound == x.upBound))
        return solve(lp, options, **arguments)

    P, options = an_estate(1, 6), SearchOptions(quick_cores=(2,), most_states=3)
    bound, cores = parts(P, options, Backend(solve=watched))
    proven = Search(bound, cores, options).run()
    best = cores.incumbent
    assert best is not None
    assert cores.proves(proven)
    tiers = tiers_of(P, best.solution)
    assert searched[-1] not in ((), tiers)
    assert best.found_at is not None
    assert best.found_at.tiers == tiers
    # they prove more of its tiers than any other prices do
    least = [bound.purchases.at(cut, tiers) for cut in bound.cuts]
    assert bound.purchases.at(best.found_at.cut, tiers) == max(least)


def test_prices_of_its_own_tiers_replace_those_it_was_found_at() -> None:
    P = a_problem(AMY)
    bound, cores = parts(P, SearchOptions(), Backend())
    solution = optimise(P).solution
    anywhere, better = TierPrices(bound.cuts[0], ()), TierPrices(bound.cuts[1], tiers_of(P, solution))
    cores.take(solution, anywhere)
    cores.price(TierPrices(bound.cuts[1], (0,)))
    assert cores.incumbent is not None
    assert cores.incumbent.found_at is anywhere
    cores.price(better)
    assert cores.incumbent.found_at is better
    cores.take(solution, anywhere)  # no better than it is
    assert cores.incumbent.found_at is better
