"""What each move saves: today's access for that user and product alone, at marginal prices.

At the marginal prices of tokens and seats users are independent: a move saves the extra cost of keeping
today's access for it. Packs come whole, so these savings need not add up to what all moves save together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from flexopt.base.arrays import Floats
from flexopt.inputs.records import ScenarioFile
from flexopt.model.cover import cover_of
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import Solution, tiers_of
from flexopt.planning.baselines import with_idle_holders
from flexopt.solve.bound import Bound
from flexopt.solve.pricing import Prices, PricingProblem
from flexopt.solve.stopwatch import Stopwatch
from flexopt.studies.review.access import Move


def savings(
    source: ScenarioFile, problem: Problem, solution: Solution, moves: Sequence[Move]
) -> dict[tuple[str, int], float]:
    """Savings by user and number of the move; none if today's access is no longer possible."""
    prices = _marginal(problem, solution)
    demand = with_idle_holders(problem.demand, source.access, source.scenario, source.people)
    # periods are those of the plan, and so are contracts, but for the leavers among unused seats
    today = problem if demand is problem.demand else formulate(source.scenario, source.holdings, demand)
    planned = np.zeros(len(demand.users))
    planned[np.isin(np.array(demand.users, object), np.array(problem.demand.users, object))] = _plan(
        problem, solution, prices
    )
    prices = _extended(prices, problem, today)
    place = {user: u for u, user in enumerate(demand.users)}
    found = {}
    for number, restriction in _kept(today, moves):
        pricing = PricingProblem(today, restriction)
        value = pricing.respond(prices, np.zeros(len(pricing), dtype=np.int64), 1).value
        cost = np.bincount(pricing.user, value, len(demand.users)) - planned
        for user in dict.fromkeys(m.user for m in moves if m.together == number):
            # a user on Flex without use has nothing to give up
            saving = float(cost[place[user]]) if user in place else 0.0
            if np.isfinite(saving):
                found[user, number] = saving
    return found


def _extended(prices: Prices, problem: Problem, today: Problem) -> Prices:
    """The prices with those of seats that count in full today only: the rest of the term on top."""
    known = {(c.key, c.in_full): price for c, price in zip(problem.contracts, prices.seat, strict=True)}
    for c in today.contracts:
        if c.in_full and (c.key, True) not in known:
            share = next(o for o in today.contracts if o.key == c.key and not o.in_full)
            known[c.key, True] = known[c.key, False] + float(c.cost[0] - share.cost[0])
    return replace(prices, seat=np.array([known[c.key, c.in_full] for c in today.contracts]))


def _marginal(problem: Problem, solution: Solution) -> Prices:
    """The marginal prices of tokens and seats in the tiers of the plan."""
    watch = Stopwatch(float(problem.scenario.solver.time_limit))
    bound = Bound(PricingProblem(problem, Restriction()), watch)
    cut = bound.search(tiers_of(problem, solution), lambda step: None)[1]
    return (cut or bound.cuts[0]).prices


def _plan(problem: Problem, solution: Solution, prices: Prices) -> Floats:
    """float64[users]: the cost of each user's access in the plan at these prices."""
    demand, users = problem.demand, len(problem.demand.users)
    on_flex = np.where(cover_of(problem, solution.seats) < 0, problem.tokens, 0.0) @ prices.token
    seats = np.bincount(solution.seats[:, 0], prices.seat[solution.seats[:, 1]], users)
    return np.asarray(seats + np.bincount(demand.pair_user, on_flex, users))


def _kept(problem: Problem, moves: Sequence[Move]) -> Iterator[tuple[int, Restriction]]:
    """For each number of moves, the restriction that those moves stay as today and all else is free."""
    demand = problem.demand
    wide = len(demand.products)
    users = {user: u for u, user in enumerate(demand.users)}
    products = {name: p for p, name in enumerate(demand.products)}
    pairs: Mapping[int, int] = dict(
        zip((demand.pair_user * wide + demand.pair_product).tolist(), range(demand.pairs), strict=True)
    )
    for number in sorted({m.together for m in moves} - {-1}):
        rule = np.full(demand.pairs, "", dtype=object)
        offers = {}
        for move in moves:
            key = users.get(move.user, -1) * wide + products[move.product]
            if move.together != number or (i := pairs.get(key)) is None:
                continue
            rule[i] = "flex" if move.before.flex else "named"
            if move.before.offers:
                offers[i] = move.before.offers
        yield number, Restriction(rule=rule, offers=offers)
