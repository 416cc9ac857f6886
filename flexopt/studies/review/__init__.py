"""The annual reclassification: today's access against the plan, move by move, with lists and checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.base.money import Currency, Money
from flexopt.inputs.records import ScenarioFile
from flexopt.planning.arguments import (
    Progress,
    ScenarioLike,
    UsageLike,
    completed,
    forecasts_for,
    scenario_of,
)
from flexopt.planning.planner import Clock, Plan, compared, finish, solve
from flexopt.store.study_parts import MoveCounts, MoveRow, ReviewPart
from flexopt.studies.review.access import MOVES, Move, moves_of
from flexopt.studies.review.checks import Facts, checks
from flexopt.studies.review.lists import double_use, idle, leavers
from flexopt.studies.review.savings import savings

__all__ = ["Review", "review"]


@dataclass(frozen=True)
class Review:
    """Today's access compared with a plan."""

    plan: Plan
    """The plan, whose document has the review under the key `review`."""

    @property
    def document(self) -> ReviewPart:
        """The key `review` of plan.json: docs/outputs.md explains it."""
        found = self.plan.document.review
        assert found is not None
        return found

    @property
    def saving(self) -> Money | None:
        """What all moves save together; None if today's access cannot be priced."""
        saving = self.document.saving
        return None if saving is None else Money(saving, self.plan.document.currency)

    @property
    def moves(self) -> pd.DataFrame:
        """A row per user and product, largest saving first: the columns of `moves` in docs/outputs.md.

        `saving` is Decimal; of products that move together, only the first has it, the others None.
        """
        return pd.DataFrame([dict(row) for row in self.document.moves], dtype=object)

    @property
    def checks(self) -> pd.DataFrame:
        """A row for each of the seven checks: code, name, found, count, message, repair."""
        return pd.DataFrame([dict(row) for row in self.document.checks])


def review(
    scenario: ScenarioLike,
    usage: UsageLike | None = None,
    *,
    min_saving: Decimal | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Review:
    """Compare today's access with the cheapest plan: whose access stays, who moves, what each move saves.

    Parameters
    ----------
    scenario
        As for `plan`; it must have an access table.
    usage
        As for `plan`. Usage that was read before shows tokens used despite a seat only if it was read with
        `token_days`.
    min_saving
        What each move must save, in the scenario's currency, in place of its `policy.min_saving.move`: other
        moves are not made, and the plan is the cheapest under this condition.
    on_progress, memory
        As for `plan`.

    Returns
    -------
    Review
        The moves, lists and checks, and the plan they lead to.

    Raises
    ------
    FlexoptError
        The scenario has no access table, or `min_saving` is negative. Also everything that `plan` raises.

    Examples
    --------
    >>> found = review("renewal.yaml", min_saving=Decimal(100))  # doctest: +SKIP
    >>> found.saving, found.moves[["user", "product", "move", "saving"]]  # doctest: +SKIP
    """
    tell, clock = on_progress or (lambda phase, size: None), Clock()
    file = scenario_of(scenario)
    if min_saving is not None:
        file = _with_threshold(file, Decimal(str(min_saving)))
    forecasts = forecasts_for(file, usage, tell, memory, token_days=True)
    clock.lap("reading usage")
    file = completed(file, forecasts.usage)
    _check_access(file)
    solved = compared(solve(file, forecasts, tell, clock), tell, clock)
    source = solved.source
    plan = finish(solved, tell, clock)
    tell("reviewing", "")
    moves = moves_of(source.scenario, source.access, plan.document.assignment)
    saved = savings(source, solved.problem, solved.optimum.solution, moves)
    facts = Facts(source, forecasts.usage, plan.document, moves, saved)
    clock.lap("review")
    document = plan.document.model_copy(update={"review": _review(facts)})
    return Review(Plan(document, clock.seconds))


def _check_access(file: ScenarioFile) -> None:
    if file.access:
        return
    columns = (
        "user,product,access,offer: one line per user and product; access is `named` (with the seat's "
        "offer) or `flex`"
    )
    if file.path is None:
        raise FlexoptError(
            f"{file}: a review compares with today's access, but the scenario has none",
            "give `access` to `make_scenario`",
        )
    if file.scenario.access is None:
        raise FlexoptError(
            f"{file}: a review compares with today's access, but the scenario has no access table",
            f"name the Users export under `users`, or write access.csv with the columns {columns}; then add "
            "`access: access.csv` to the scenario",
        )
    raise FlexoptError(
        f"{file}: a review compares with today's access, but {file.scenario.access} has no rows",
        f"its columns are {columns}",
    )


def _with_threshold(file: ScenarioFile, least: Decimal) -> ScenarioFile:
    """The scenario with this `policy.min_saving.move`."""
    if not least.is_finite() or least < 0:
        raise FlexoptError(f"{least} is not what a move can save at least", "give an amount of 0 or more")
    policy = file.scenario.policy
    saving = policy.min_saving.model_copy(update={"move": least})
    changed = policy.model_copy(update={"min_saving": saving})
    return replace(file, scenario=file.scenario.model_copy(update={"policy": changed}))


def _review(facts: Facts) -> ReviewPart:
    """The key `review` of plan.json."""
    source, usage, document = facts.source, facts.usage, facts.document
    scenario, today = source.scenario, document.baselines["today"]
    first, last = document.history.first, document.history.last
    counts = Counter(move.kind for move in facts.moves)
    return ReviewPart(
        today=today.total,
        total=document.total,
        saving=today.saving,
        moves=_rows(facts),
        counts=MoveCounts(**{kind: counts[kind] for kind in MOVES}),
        double_use=double_use(usage, {(m.user, m.product): m.before for m in facts.moves}, first, last),
        idle=idle(scenario, source.access, usage, last),
        leavers=leavers(scenario, source.access, source.people),
        checks=checks(facts),
    )


def _rows(facts: Facts) -> tuple[MoveRow, ...]:
    """The moves, largest saving first; of products that move together, the first has their saving."""
    people = facts.source.people
    said: set[tuple[str, int]] = set()
    rows = []
    for move in sorted(facts.moves, key=lambda m: _rank(m, facts)):
        key = move.user, move.together
        saving = facts.savings.get(key) if key not in said else None
        said.add(key)
        rows.append(
            MoveRow(
                user=move.user,
                product=move.product,
                group=people[move.user].group if move.user in people else "",
                move=move.kind,
                before=move.before.words,
                after=move.after.words,
                saving=None if saving is None else _money(facts.source.scenario.money, saving),
            )
        )
    return tuple(rows)


def _rank(move: Move, facts: Facts) -> tuple[bool, bool, Decimal, str, int, str]:
    """Moves by saving, then those without a figure, then new access, then unchanged access."""
    saving = facts.savings.get((move.user, move.together))
    stays = move.together < 0
    return (
        stays and move.kind == "keep",
        saving is None,
        -_money(facts.source.scenario.money, saving or 0.0),
        move.user,
        move.together,
        move.product,
    )


def _money(money: Currency, amount: float) -> Decimal:
    return money.round(Decimal(repr(amount))) + 0  # no negative zero
