"""Problem -> the best solution, and how good it is proven to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from flexopt.base.arrays import Floats
from flexopt.base.errors import LimitError, SolverError
from flexopt.model.core import Core, everything
from flexopt.model.fees import Fees, Moves
from flexopt.model.program import Model
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution, start_from, tiers_of
from flexopt.solve.backend import Backend, Status
from flexopt.solve.bound import Bound
from flexopt.solve.coupling import Cut
from flexopt.solve.incumbent import CoreSolver, Incumbent
from flexopt.solve.options import SearchOptions
from flexopt.solve.pricing import PricingProblem
from flexopt.solve.pricing_moves import PricingWithMoves
from flexopt.solve.search import Search
from flexopt.solve.stopwatch import Stopwatch
from flexopt.solve.subproblems import subproblem_of_pairs, subproblems_of


class Infeasible(Exception):
    """No solution satisfies all rules; `infeasible.py` finds those that conflict."""


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What prices alone prove: it can be verified without a solver.

    bound : no plan costs less, in whole minor units; cuts : the prices needed, `labels` of the rows they
        price, and the number of cuts before redundant ones were dropped
    token : float64[periods], worth of one more token in the pool
    """

    bound: Decimal
    cuts: tuple[Cut, ...]
    labels: tuple[Mapping[str, str], ...]
    asked: int
    token: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A solution, its cost to the cent, and how it is proven.

    cost : of the plan, without fees
    gap_asked : the gap within which it counts as optimal
    objective_bound : no solution has a lower `objective`, which without fees is its cost; in minor units
    variables, rows, choices, users : of the largest core given to the solver
    certificate : of the objective of a plan; baselines have none
    seconds : by phase
    contracts, moves : new contracts, and subproblems that leave today's access: with fees
    fees : of all of these
    cheapest : with fees, the optimum without them, if it was searched
    """

    solution: Solution
    cost: Decimal
    gap_asked: Decimal
    objective_bound: Decimal
    variables: int
    rows: int
    choices: int
    users: int
    certificate: Certificate | None
    seconds: Mapping[str, float]
    contracts: int = 0
    moves: int = 0
    fees: Decimal = Decimal(0)
    cheapest: Optimum | None = None

    @property
    def objective(self) -> Decimal:
        """What is minimised: the cost and the fees."""
        return self.cost + self.fees

    @property
    def gap(self) -> Decimal:
        """(objective - its bound) / objective, rounded up in the twelfth decimal place."""
        objective = self.objective
        if objective == 0 or objective <= self.objective_bound:
            return Decimal(0)
        share = (objective - self.objective_bound) / objective
        return share.quantize(Decimal("1e-12"), ROUND_CEILING)

    @property
    def status(self) -> Status:
        """`optimal` if and only if the objective is within the required gap of its bound."""
        proven = self.objective - self.objective_bound <= self.gap_asked * self.objective
        return Status.OPTIMAL if proven else Status.FEASIBLE


def optimise(
    problem: Problem,
    restriction: Restriction | None = None,
    tell: Callable[[str], None] | None = None,
    *,
    fees: Fees | None = None,
    known: Sequence[Solution] = (),
    options: SearchOptions = SearchOptions(),
    backend: Backend = Backend(),
) -> Optimum:
    """The cheapest solution; among equally cheap ones that with most seats (see `ties` in the model).

    Parameters
    ----------
    restriction
        Rules in addition to the scenario's own: those of a baseline.
    tell
        Called with each step as it begins.
    fees
        What new contracts and moves must save: they are minimised with the cost. With a fee for moves ties
        are not settled.
    known
        Solutions to start from.
    options, backend
        Sizes and limits of the search, and the solver it calls.

    Raises
    ------
    Infeasible
        There is no solution.
    LimitError
        The time limit was reached before one was found.
    """
    tell = tell or (lambda step: None)
    rules = restriction or Restriction()
    problem = fees.on(problem) if fees else problem
    watch = Stopwatch(float(problem.scenario.solver.time_limit))
    small = problem.demand.pairs <= options.small and everything(problem, rules).choices <= options.small
    if not small:
        tell("bound")
    pricing = (
        PricingWithMoves(problem, rules, fees, options)
        if fees and fees.move
        else PricingProblem(problem, rules, options)
    )
    bound = None if small else Bound(pricing, watch, options, backend)
    cores = CoreSolver(pricing, bound, watch, backend, tell)
    for solution in known:
        cores.take(solution)
    search = Search(bound, cores, options) if bound else None
    best, proven = _searched(cores, search, options)
    solution, certificate, least = best.solution, None, cores.money.zero
    if pricing.moves is None:
        core = _near(cores, search, best, options) if cores.proves(proven) else None
        if core is not None and cores.open(proven) and problem.every_date:
            proven = max(proven, _settle_rounding(cores, best, core, options))
            best = cores.incumbent or best
            solution = best.solution
        if core is not None and core.flexes:
            solution = _settle_ties(cores, best, core, options)
    watch.lap("ties")
    if restriction is None:
        bound = bound or Bound(pricing, watch, options, backend)
        certificate = _certify(cores, bound, best, solution)
        least = certificate.bound
    watch.lap("certificate")
    variables, rows, choices, users = cores.largest
    cost = solution.cost(problem)
    charge = solution.fees(problem) + (fees.move * best.moves if fees else 0)
    return Optimum(
        solution=solution,
        cost=cost,
        gap_asked=problem.scenario.solver.gap,
        objective_bound=min(max(least, cores.whole(proven)), cost + charge),
        variables=variables,
        rows=rows,
        choices=choices,
        users=users,
        certificate=certificate,
        seconds=watch.seconds,
        contracts=solution.new_contracts(problem) if fees else 0,
        moves=best.moves,
        fees=charge,
    )


def charged(problem: Problem, fees: Fees, solution: Solution) -> tuple[int, int, Decimal]:
    """The new contracts and the moves of a solution, and their fees."""
    contracts, moves = solution.new_contracts(problem), 0
    if fees.move:
        parts = subproblems_of(problem, Restriction(), SearchOptions().most_states)
        access = Moves(problem, fees, subproblem_of_pairs(parts, problem.demand.pairs))
        moves = len(access.moved(problem, solution.seats))
    return contracts, moves, fees.contract * contracts + fees.move * moves


def _searched(cores: CoreSolver, search: Search | None, options: SearchOptions) -> tuple[Incumbent, float]:
    """The incumbent at the end of the search, and the proven lower bound.

    The whole model is solved if it is small, or if the search leaves the incumbent unproven.
    """
    proven, size, impossible = -math.inf, len(cores.pricing), False
    if search is not None:
        if not search.bound.cuts and cores.incumbent is None:  # some subproblem has no choice at any price
            raise Infeasible
        cores.watch.lap("bound")
        # a small model is worth trying as a whole if half of the time is not enough
        cores.reserve = cores.watch.limit / 2 if size <= options.whole_reserve else 0.0
        proven = search.run()
        cores.reserve = 0.0
    unproven = cores.incumbent is None or (not cores.proves(proven) and cores.left() > 1)
    if unproven and (search is None or size <= options.whole_limit):
        status, inner = cores.solve(everything(cores.problem, cores.pricing.restriction))
        impossible = status is Status.INFEASIBLE
        proven = max(proven, inner)
    if cores.incumbent is not None:
        # there is a solution, whatever the solver says
        return cores.incumbent, proven if proven < math.inf else -math.inf
    if impossible:
        raise Infeasible
    raise LimitError(
        f"the time limit of {cores.watch.limit:g} s was reached before a plan was found",
        "raise solver.time_limit",
    )


def _near(cores: CoreSolver, search: Search | None, best: Incumbent, options: SearchOptions) -> Core | None:
    """The core with every plan that costs no more than the incumbent; None if it is too large."""
    problem, at, core = cores.problem, best.found_at, None
    if search is not None and at is not None:
        window = search.needed(at.cut, ())
        inside = cores.pricing.least_reduced_costs(at.cut.prices)[0] <= window
        core = search.core(at.cut, inside, window) if inside.sum() <= options.tie_choices else None
    elif problem.demand.pairs <= options.tie_choices:
        core = everything(problem, cores.pricing.restriction)
    return None if core is None or core.choices > options.tie_choices else core


def _settled(
    cores: CoreSolver, model: Model, best: Incumbent, *, nodes: int, gap: float | None = None
) -> tuple[Solution | None, float]:
    """The solution of a last model, and its bound; a count of nodes ends it alike on every machine."""
    start_from(model, best.solution)
    try:
        outcome = cores.backend.solve(
            model.lp, cores.solver, seconds=max(cores.left(), 10.0), gap=gap, nodes=nodes, start=True
        )
    except SolverError:  # a proven plan is not lost for it
        return None, -math.inf
    return read_solution(model) if outcome.status is Status.OPTIMAL else None, outcome.bound


def _settle_rounding(cores: CoreSolver, best: Incumbent, core: Core, options: SearchOptions) -> float:
    """Decide by invoices what prices leave open; returns the bound, and the incumbent may change.

    Only where no purchase date is left out: a plan that splits purchases is not in the model.
    """
    cores.tell("rounding")
    model = build(cores.problem, core, rounded=True)
    # plans closer than half a minor unit cost the same
    same = 0.4 * float(cores.money.unit)
    solution, inner = _settled(cores, model, best, nodes=options.tie_nodes, gap=same)
    if solution is not None:
        cores.take(solution, best.found_at)
    # plans outside the core cost at least as much as the incumbent did
    return min(inner + model.decided, float(best.objective))


def _settle_ties(cores: CoreSolver, best: Incumbent, core: Core, options: SearchOptions) -> Solution:
    """Among plans of the same cost, all inside a core at the incumbent's prices, the one `ties` prefers."""
    cores.tell("ties")
    ties = build(cores.problem, core, at_most=best.objective)
    settled, _ = _settled(cores, ties, best, nodes=options.tie_nodes)
    if settled is None or settled.cost(cores.problem) + settled.fees(cores.problem) > best.objective:
        return best.solution
    return settled


def _certify(cores: CoreSolver, bound: Bound, best: Incumbent, solution: Solution) -> Certificate:
    """Prices in the plan's tiers, and in others if they prove it."""
    cores.tell("certificate")
    at, tiers = best.found_at, tiers_of(cores.problem, solution)
    known = at.cut if at and at.tiers == tiers else None
    cut = known or bound.search(tiers, cores.tell)[1] or bound.cuts[0]
    proven, cuts = bound.certify(cores.enough(), cores.tell)
    pool = [label["row"] == "pool" for label in bound.coupling.labels]
    token = bound.raise_duals(cut).rows[pool]
    return Certificate(cores.whole(proven), cuts, tuple(bound.coupling.labels), len(bound.cuts), token)
