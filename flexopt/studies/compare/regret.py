"""The cost of signing one quote with the plan of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from flexopt.planning.arguments import Progress
from flexopt.planning.min_saving import fees_of
from flexopt.planning.planner import Solved, better
from flexopt.store.study_parts import RegretNote
from flexopt.studies.compare.kept_assignment import KeptAssignment, keep_assignment, seat_holders

Matrix = list[list[Decimal | None]]
"""[plan][quote]: the extra cost of the plan's assignment under the quote, over the quote's own plan."""


def regrets(
    solved: Mapping[str, Solved], tell: Progress
) -> tuple[dict[str, Solved], Matrix, list[RegretNote]]:
    """The solutions, the regret of each under each quote, and a note where a regret is unknown or unproven.

    A kept assignment that is cheaper than a quote's own plan (which is only proven within its gap) becomes
    that plan; so nothing in the matrix is negative, and the diagonal is zero. With `policy.min_saving` it
    only does if it is cheaper with its fees: a kept plan may then cost less than the quote's own.
    """
    best, ids = dict(solved), list(solved)
    cells: dict[tuple[str, str], KeptAssignment] = {}
    costs: dict[tuple[str, str], Decimal] = {}
    changed, done = ids, 0
    while changed:
        for plan in changed:
            seats = seat_holders(best[plan].problem, best[plan].optimum.solution)
            for quote in ids:
                done += 1
                tell("regret", f"{plan} under {quote} ({done} of {len(ids) ** 2})")
                kept = cells[plan, quote] = keep_assignment(best[quote].problem, seats)
                costs.pop((plan, quote), None)
                if kept.solution is not None:
                    costs[plan, quote] = kept.solution.cost(best[quote].problem)
        changed = []
        for quote in ids:
            own = best[quote]
            optimum, fees = own.optimum, fees_of(own.source, own.problem)
            for plan in sorted((p for p in ids if (p, quote) in costs), key=lambda p: costs[p, quote]):
                optimum = better(own.problem, fees, optimum, cells[plan, quote].solution)
            if optimum is not own.optimum:
                best[quote] = replace(own, optimum=optimum)
                changed.append(quote)
    matrix: Matrix = [
        [Decimal(0) if plan == quote else _regret(costs.get((plan, quote)), best[quote]) for quote in ids]
        for plan in ids
    ]
    notes = [
        RegretNote(plan=plan, quote=quote, note=cells[plan, quote].note)
        for plan in ids
        for quote in ids
        if plan != quote and cells[plan, quote].note
    ]
    return best, matrix, notes


def _regret(cost: Decimal | None, solved: Solved) -> Decimal | None:
    return None if cost is None else cost - solved.optimum.cost
