"""From a scenario and its usage to an audited plan, step by step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pandas as pd

import flexopt
from flexopt.audit import audit
from flexopt.base.errors import AuditError, LimitError, SolverError
from flexopt.base.findings import Findings
from flexopt.base.money import Money
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.model.fees import Fees
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem, formulate
from flexopt.model.solution import Solution
from flexopt.planning.arguments import (
    Progress,
    ScenarioLike,
    UsageLike,
    completed,
    forecasts_for,
    scenario_of,
)
from flexopt.planning.baselines import (
    Baseline,
    all_flex,
    all_named,
    break_even_rule,
    todays_access,
    with_idle_holders,
)
from flexopt.planning.bill import make_bill, make_charges
from flexopt.planning.document import make_document
from flexopt.planning.min_saving import check_min_saving, fees_of
from flexopt.planning.turnover import costs_in_plan, turnover
from flexopt.solve.infeasible import explain_infeasible
from flexopt.solve.optimise import Infeasible, Optimum, charged, optimise
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import BaselineName

COMPARING_LIMIT = 60
"""Seconds that each baseline may take, unless the scenario's time limit is shorter."""


@dataclass(frozen=True)
class Plan:
    """An audited plan. `document` is plan.json; the frames are its tables, row by row.

    Money in the frames is Decimal in the plan's currency, dates are `datetime.date`, ids are strings.
    """

    document: PlanDocument
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Seconds by phase. No clock is in the document: the same input gives the same bytes."""

    @property
    def total(self) -> Money:
        """Cost of seats (pro rata within the horizon) and packs."""
        return Money(self.document.total, self.document.currency)

    @property
    def status(self) -> str:
        """`optimal` (proven within the gap) or `feasible` (a limit was reached before the proof)."""
        return self.document.status

    @property
    def gap(self) -> Decimal:
        """(cost - bound) / cost."""
        return self.document.proof.gap

    @property
    def assignment(self) -> pd.DataFrame:
        """A row per user, product and access: columns of assignment.csv."""
        return self._frame("assignment")

    @property
    def order(self) -> pd.DataFrame:
        """A row per seats held or bought, and per pack: columns of order.csv."""
        return self._frame("order")

    @property
    def payments(self) -> pd.DataFrame:
        """A row per invoice: columns of payments.csv."""
        return self._frame("payments")

    @property
    def seats(self) -> pd.DataFrame:
        """A row per contract: columns of seats.csv."""
        return self._frame("seats")

    @property
    def purchases(self) -> pd.DataFrame:
        """A row per pack bought: columns of purchases.csv."""
        return self._frame("purchases")

    @property
    def ledger(self) -> pd.DataFrame:
        """A row per period: columns of ledger.csv, in tokens."""
        return self._frame("ledger")

    @property
    def charges(self) -> pd.DataFrame:
        """A row per month, user, product and kind, as in charges.csv; the amounts add up to the total."""
        return self._frame("charge_rows")

    def _frame(self, table: str) -> pd.DataFrame:
        from flexopt.planning.document import typed_frame

        return typed_frame(getattr(self.document, table), table)

    def save(self, folder: str | Path) -> Path:
        """Write the plan folder, whole or not at all; an existing plan there is replaced in one step."""
        from flexopt.store.folder import write_folder

        return write_folder(self.document, Path(folder))


def plan(
    source: ScenarioLike,
    usage: UsageLike | None = None,
    *,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Plan:
    """The cheapest plan for the scenario, proven and audited.

    Parameters
    ----------
    source
        What `load_scenario` or `make_scenario` returned, or the path of a scenario.
    usage
        Chargeable days instead of the scenario's files: a frame with the columns `user` (str), `product`
        (str, id or alias) and `date`, one row per day of use, in any order; or what `read_usage` returned,
        as it is or in a `ForecastCache`, with which price variants also share the demand.
    on_progress
        Called as each phase begins, and as it progresses.
    memory
        "4GB": the memory limit for reading usage; the rest goes to the temporary folder. None: half of the
        machine's memory.

    Returns
    -------
    Plan
        Frames with a row per user and product, per contract, per pack and per period; money as Decimal in the
        scenario's currency.

    Raises
    ------
    InputError
        The scenario or the usage has errors that must be fixed.
    InfeasibleError
        No plan satisfies all rules; the message says which conflict.
    LimitError
        The time limit was reached before a plan was found.
    SolverError, AuditError
        The solver or the audit failed; no plan is returned.

    Examples
    --------
    >>> result = plan("my-renewal/scenario.yaml")  # doctest: +SKIP
    >>> result.total, result.status  # doctest: +SKIP

    Source: docs/model.md has the formulae.
    """
    clock = Clock()
    tell = on_progress or (lambda phase, size: None)
    file = scenario_of(source)
    forecasts = forecasts_for(file, usage, tell, memory)
    clock.lap("reading usage")
    return finish(compared(solve(file, forecasts, tell, clock), tell, clock), tell, clock)


@dataclass(frozen=True)
class Solved:
    """A scenario and its cheapest solution, not yet audited and without a document.

    `source` has the products that stand for collections whose titles the usage does not say.
    """

    source: ScenarioFile
    usage: Usage
    problem: Problem
    optimum: Optimum
    baselines: Mapping[BaselineName, Baseline] = field(default_factory=dict)


def solve(
    source: ScenarioFile, forecasts: ForecastCache, tell: Progress, clock: Clock, *, certified: bool = True
) -> Solved:
    """The cheapest solution of the scenario. Raises what `plan` raises, except for the audit.

    Without `certified`, the same solution lacks the prices that prove it, as suits one of many variants.
    """
    source = completed(source, forecasts.usage)
    check_min_saving(source).raise_if_errors()
    scenario = source.scenario
    demand = forecasts.of(scenario, source.people)
    problem = formulate(scenario, source.holdings, demand)
    clock.lap("forecast")
    size = f"{len(demand.users):,} users, {demand.pairs:,} pairs of user and product"
    tell("solving", size)
    try:
        optimum = _optimum(
            source, problem, lambda step: tell("solving", f"{len(demand.users):,} users, {step}"), certified
        )
        tell("solving", size)
    except Infeasible:
        raise explain_infeasible(scenario, source.holdings, demand) from None
    clock.start()
    clock.seconds |= optimum.seconds
    return Solved(source, forecasts.usage, problem, optimum)


def _optimum(source: ScenarioFile, problem: Problem, tell: Callable[[str], None], certified: bool) -> Optimum:
    """The cheapest solution; with `policy.min_saving` the one in which every change saves enough.

    Then the cheapest one is searched first, if it is to be certified: its bound is that of the cost alone.
    """
    proof, fees = None if certified else Restriction(), fees_of(source, problem)
    if fees is None:
        return optimise(problem, proof, tell)
    cheapest = optimise(problem, None, tell) if certified else None
    known = [cheapest.solution] if cheapest else []
    if fees.move:
        with suppress(Infeasible, LimitError, SolverError):
            known.append(optimise(problem, fees.today).solution)
    found = optimise(problem, proof, lambda step: tell(f"threshold, {step}"), fees=fees, known=known)
    if cheapest is None:
        return found
    seconds = {**cheapest.seconds, "threshold": sum(found.seconds.values())}
    bound = min(max(found.objective_bound, cheapest.objective_bound), found.objective)
    return replace(found, cheapest=cheapest, seconds=seconds, objective_bound=bound)


def compared(solved: Solved, tell: Progress, clock: Clock) -> Solved:
    """The solution with the costs of the baselines."""
    baselines, optimum = _baselines(solved.source, solved.problem, solved.optimum, tell)
    clock.lap("comparing")
    return replace(solved, baselines=baselines, optimum=optimum)


def finish(solved: Solved, tell: Progress, clock: Clock) -> Plan:
    """The audited plan. Raises AuditError if the audit fails."""
    tell("auditing", "")
    source, problem = solved.source, solved.problem
    bill = make_bill(problem, solved.optimum.solution)
    people = turnover(source, solved.usage, problem.demand, lambda: costs_in_plan(problem, bill))
    document = make_document(
        source=source,
        usage=solved.usage,
        problem=problem,
        optimum=solved.optimum,
        bill=bill,
        baselines=solved.baselines,
        findings=Findings([*source.findings, *solved.usage.findings, *problem.demand.findings, *people]),
        version=flexopt.__version__,
    )
    clock.lap("bill")
    failures = audit(document, source.scenario, source.holdings, problem.demand, source.access)
    if failures:
        raise AuditError(failures)
    clock.lap("audit")
    return Plan(document, clock.seconds)


class Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        self.began = time.monotonic()

    def lap(self, phase: str) -> None:
        """Add the time since the start, or the last lap, to this phase."""
        self.seconds[phase] = time.monotonic() - self.began
        self.start()


def _baselines(
    source: ScenarioFile, problem: Problem, optimum: Optimum, tell: Progress
) -> tuple[dict[BaselineName, Baseline], Optimum]:
    """The costs of all named, all Flex, the break-even rule and today's access; and the best plan known.

    This is a baseline if the time limit left a more expensive plan: every baseline satisfies all rules.
    """
    found: dict[BaselineName, Baseline] = {}
    fees = fees_of(source, problem)
    rules: dict[BaselineName, Restriction] = {
        "all_named": all_named(problem),
        "all_flex": all_flex(problem),
        "break_even_rule": break_even_rule(problem),
    }
    many = len(rules) + bool(source.access)
    for n, (name, rule) in enumerate(rules.items(), 1):
        tell("comparing", f"{n} of {many}: {name.replace('_', ' ').replace('flex', 'Flex')}")
        found[name], solution = _priced(problem, rule)
        optimum = better(problem, fees, optimum, solution)
    if source.access:
        tell("comparing", f"{many} of {many}: today's access")
        demand = with_idle_holders(problem.demand, source.access, source.scenario, source.people)
        today = formulate(source.scenario, source.holdings, demand)
        found["today"], solution = _priced(today, todays_access(today, source.access))
        if demand is problem.demand:  # otherwise its seats of idle holders are not seats of the problem
            optimum = better(problem, fees, optimum, solution)
    return found, optimum


def better(problem: Problem, fees: Fees | None, optimum: Optimum, other: Solution | None) -> Optimum:
    """The optimum, with the other solution in its place if that is cheaper, fees included."""
    if optimum.cheapest is not None:
        cheapest = better(problem, None, optimum.cheapest, other)
        optimum = optimum if cheapest is optimum.cheapest else replace(optimum, cheapest=cheapest)
    if other is None or (cost := other.cost(problem)) >= optimum.objective:
        return optimum
    contracts, moves, charge = charged(problem, fees, other) if fees else (0, 0, Decimal(0))
    if cost + charge >= optimum.objective:
        return optimum
    return replace(
        optimum,
        solution=other,
        cost=cost,
        objective_bound=min(optimum.objective_bound, cost + charge),
        contracts=contracts,
        moves=moves,
        fees=charge,
    )


def _priced(problem: Problem, rule: Restriction) -> tuple[Baseline, Solution | None]:
    # a comparison needs no proof to the cent: one part in ten thousand, and a share of the time
    options = problem.scenario.solver
    quick = options.model_copy(
        update={
            "gap": max(options.gap, Decimal("0.0001")),
            "time_limit": min(options.time_limit, Decimal(COMPARING_LIMIT)),
        }
    )
    problem = replace(problem, scenario=problem.scenario.model_copy(update={"solver": quick}))
    try:
        solution = optimise(problem, rule).solution
    except Infeasible:
        return Baseline(None, None, None, "not possible within the scenario's rules and limits"), None
    except LimitError:
        return Baseline(None, None, None, "no result within the time limit"), None
    except SolverError:
        # the plan exists: a failed comparison is no reason to lose it
        return Baseline(None, None, None, "the solver ended without a result"), None
    charges = make_charges(problem, solution)
    return Baseline(charges.total, charges.seats_cost, charges.tokens_cost), solution
