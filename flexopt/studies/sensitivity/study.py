"""The solves of a study: each scenario is solved at most once, and only if its answer is not yet known."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from flexopt.base.errors import InfeasibleError
from flexopt.base.findings import InputError
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.model.sets import Problem
from flexopt.planning.arguments import Progress
from flexopt.planning.bill import Charges, make_charges
from flexopt.planning.order import seats_to_pay
from flexopt.planning.planner import Clock, Solved, compared, solve
from flexopt.solve.backend import Status
from flexopt.studies.sensitivity.levers import Lever


@dataclass(frozen=True)
class Answer:
    """The result of a solve: the total, what is bought, and the cost of the same decisions at base prices."""

    total: Decimal
    fees: Decimal
    """What the search adds for changes (`policy.min_saving`): the least total with its fees is the answer."""
    charges: Charges
    to_pay: Mapping[str, int]
    """Seats counted as seats, as in the summary of a plan."""
    proven: bool
    at_base: Decimal | None
    """None if the base cannot price them: it has other contracts, packs or tiers."""
    base_here: Decimal | None
    """The cost of the base's plan at this variant's prices; None as above."""

    @cached_property
    def seats(self) -> Mapping[str, int]:
        """Seats renewed, bought new or added by the plan, by offer."""
        found: dict[str, int] = {}
        for row in self.charges.seats:
            found[row.offer] = found.get(row.offer, 0) + row.count - row.owned - row.stated
        return found

    def cost(self, line: str) -> Decimal:
        """The cost of the offer, or of tokens."""
        if line == "tokens":
            return self.charges.tokens_cost
        return sum((row.cost for row in self.charges.seats if row.offer == line), Decimal(0))


class Study:
    """Solves variants of one scenario over one reading of its usage."""

    def __init__(self, source: ScenarioFile, forecasts: ForecastCache, tell: Progress) -> None:
        self.source, self.forecasts, self.tell = source, forecasts, tell
        # as in `flexopt plan`, so that both have the same total
        self._base = compared(solve(source, forecasts, tell, Clock()), tell, Clock())
        self.base = self._answer(self._base)
        self.solves = 1
        self._doing, self._left, self._todo = "", 0, 0
        self._known: dict[str, Answer | None] = {_key(source.scenario): self.base}
        self._unused: dict[str, tuple[Decimal, Answer]] = {}
        """By offer, the lowest known price at which no seat of it is bought."""

    @property
    def scenario(self) -> Scenario:
        return self.source.scenario

    def begin(self, what: str, left: int, of: int) -> None:
        """Announce the next item for the progress, with `left` of `of` to go."""
        self._doing, self._left, self._todo = what, left, of
        self._say()

    def of(self, scenario: Scenario) -> Answer | None:
        """The cheapest plan of a variant; None if no plan satisfies all rules."""
        key = _key(scenario)
        if key not in self._known:
            self._say()
            variant = replace(self.source, scenario=scenario)
            try:
                found = solve(variant, self.forecasts, lambda phase, size: None, Clock(), certified=False)
                self._known[key] = self._answer(found)
            except (InfeasibleError, InputError):
                self._known[key] = None
            self.solves += 1
        return self._known[key]

    def at(self, lever: Lever, value: Decimal) -> Answer | None:
        """The cheapest plan at this value of the lever, solved."""
        answer = self.of(lever.apply(self.scenario, value))
        if lever.seat and answer and not answer.seats.get(lever.line):
            lowest = self._unused.get(lever.line)
            if lowest is None or value < lowest[0]:
                self._unused[lever.line] = value, answer
        return answer

    def inferred(self, lever: Lever, value: Decimal) -> Answer | None:
        """The plan at this price of an offer, without a solve; None if it is not known.

        An offer not bought at a lower price is not bought at a higher one: the plan costs the same, and no
        other plan has become cheaper.
        """
        lowest = self._unused.get(lever.line) if lever.seat else None
        return lowest[1] if lowest and lowest[0] <= value else None

    def priced(self, answer: Answer | None, *, cut: bool) -> Answer | None:
        """The answer if only prices were moved, or the base's plan if that is cheaper there.

        A solve is only proven within solver.gap. The base's plan is possible at other prices too; with
        budgets, only at lower ones (`cut`).
        """
        if answer is None or answer.base_here is None or (self.scenario.budgets and not cut):
            return answer
        if answer.total + answer.fees <= answer.base_here + self.base.fees:
            return answer
        return replace(self.base, total=answer.base_here)

    def _answer(self, solved: Solved) -> Answer:
        problem, solution = solved.problem, solved.optimum.solution
        base = self._base
        same = _shape(problem) == _shape(base.problem)
        charges = make_charges(problem, solution)
        return Answer(
            total=solved.optimum.cost,
            fees=solved.optimum.fees,
            charges=charges,
            to_pay=seats_to_pay(charges.seats, problem.scenario.offer_by_id),
            proven=solved.optimum.status is Status.OPTIMAL,
            at_base=solution.cost(base.problem) if same else None,
            base_here=base.optimum.solution.cost(problem) if same else None,
        )

    def _say(self) -> None:
        done = self._todo - self._left
        each = max((self.solves - 1) / done, 1) if done else 6
        about = max(self.solves + round(each * self._left), self.solves + 1)
        self.tell("varying", f"{self.solves:,} of about {about:,} solves: {self._doing}")


def _shape(problem: Problem) -> Hashable:
    """What the numbers of a solution refer to."""
    return (
        problem.packs,
        tuple((c.key, c.in_full) for c in problem.contracts),
        tuple(tuple(tier.lower for tier in tiers) for tiers in problem.tiers),
    )


def _key(scenario: Scenario) -> str:
    """The parts of a scenario that levers change."""
    return repr((scenario.offers, scenario.tokens, scenario.negotiated, scenario.demand))
