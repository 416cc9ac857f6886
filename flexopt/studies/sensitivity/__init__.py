"""How the optimal total depends on each price, where answers flip, and the value of one more percent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from flexopt.base.errors import FlexoptError
from flexopt.base.money import Money
from flexopt.planning.arguments import Progress, ScenarioLike, UsageLike
from flexopt.planning.document import inputs_of
from flexopt.planning.planner import Clock, compared, solve
from flexopt.planning.quotes import labels_of, quotes_of, usage_by_quote
from flexopt.store.plan import InputFile
from flexopt.store.study_parts import Grid, LeverEnd, LeverRow, OnePercent, SensitivityPart
from flexopt.studies.sensitivity.indifference import as_good, next_tier, offer_in_plan
from flexopt.studies.sensitivity.levers import Lever, levers_of, one_percent_off
from flexopt.studies.sensitivity.study import Answer, Study

__all__ = ["Sensitivity", "sensitivity"]

SPREAD = (-2, -1, 0, 1, 2)
"""Steps of a grid, in each direction."""

POINT = ("value", "total", "annual_seats", "monthly_seats", "tokens_bought")
"""The figures of a lever at a value."""


@dataclass(frozen=True)
class Sensitivity:
    """How a scenario's total responds. `document` is the key `sensitivity` of plan.json."""

    document: SensitivityPart
    name: str
    """The scenario's."""
    currency: str
    inputs: Sequence[InputFile]
    """The files it was made from, as in plan.json."""

    @property
    def total(self) -> Money:
        """The total of the scenario's plan, with no lever moved."""
        return Money(self.document.total, self.currency)

    @property
    def levers(self) -> pd.DataFrame:
        """A row per lever, widest first: its value; value, total, seats and tokens bought on each side.

        Values and totals are Decimal; None if no plan is possible.
        """
        sides = {f"{side}_{n}": (side, n) for side in ("low", "high") for n in POINT}
        rows = [
            [bar.lever, bar.label, bar.value] + [getattr(getattr(bar, side), n) for side, n in sides.values()]
            for bar in self.document.levers
        ]
        return pd.DataFrame(rows, columns=["lever", "label", "value", *sides], dtype=object)

    @property
    def indifference(self) -> pd.DataFrame:
        """A row per question: the last price (Decimal) with one answer, the first with the other, the note.

        None if no price flips the answer: the note says why.
        """
        sides = {f"{side}_{n}": (side, n) for side in ("below", "above") for n in ("value", "answer")}
        rows = [
            [row.question, row.lever]
            + [getattr(getattr(row, side), n, None) for side, n in sides.values()]
            + [row.note]
            for row in self.document.indifference
        ]
        return pd.DataFrame(rows, columns=["question", "lever", *sides, "note"], dtype=object)

    @property
    def negotiation(self) -> pd.DataFrame:
        """A row per line: what one more percent of discount saves (Decimal), largest first."""
        rows = [[r.lever, r.label, r.saving] for r in self.document.negotiation]
        return pd.DataFrame(rows, columns=["lever", "label", "saving"], dtype=object)


def sensitivity(
    scenario: ScenarioLike,
    usage: UsageLike | None = None,
    *,
    step: Decimal = Decimal("0.10"),
    levers: Collection[str] = (),
    grids: Sequence[tuple[str, str]] = (),
    as_good_as: ScenarioLike | tuple[str, Decimal] | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Sensitivity:
    """How the optimal total responds to each lever, where answers flip, and the value of one more percent.

    Parameters
    ----------
    scenario, usage
        As for `plan`.
    step
        How far each lever is moved down and up, between 0 and 1: 0.10 is a tenth of a price, or ten points of
        a share.
    levers
        Names of the levers to study (`seat:OFFER`, `tokens`, `buffer`, `growth`, `tier:5000`); empty: all of
        them.
    grids
        Pairs of levers to vary together.
    as_good_as
        Another quote for the same usage, or its name and total: at which prices does this one cost the same?
    on_progress, memory
        As for `plan`.

    Returns
    -------
    Sensitivity
        Every figure comes from a new solve; money in the scenario's currency.

    Raises
    ------
    FlexoptError
        There is no such lever, `step` is not between 0 and 1, or the other quote cannot be compared. Also
        everything that `plan` raises.

    Examples
    --------
    >>> found = sensitivity("renewal.yaml", levers=["seat:aec-1y"])  # doctest: +SKIP
    >>> found.indifference[["question", "below_value", "note"]]  # doctest: +SKIP
    """
    tell = on_progress or (lambda phase, size: None)
    step = Decimal(str(step))
    if not 0 < step < 1:
        raise FlexoptError(f"{step} is not a share between 0 and 1", "write 10 % as Decimal('0.10')")
    known = None
    given = [scenario]
    if isinstance(as_good_as, tuple):
        known = as_good_as
    elif as_good_as is not None:
        given.append(as_good_as)
    quotes = quotes_of(given)
    forecasts = usage_by_quote(quotes, usage, tell, memory)
    labels = dict(zip(quotes, labels_of({i: q.scenario.label for i, q in quotes.items()}), strict=True))
    (id_, source), *others = quotes.items()
    all_levers = levers_of(source.scenario)
    for name in (*levers, *(name for pair in grids for name in pair)):
        if name not in all_levers:
            raise _unknown(name, all_levers)
    if any(x == y for x, y in grids):
        raise FlexoptError("a grid needs two different levers", "give it as --grid seat:aec-1y,tokens")
    for other, against in others:
        solved = compared(solve(against, forecasts[other], tell, Clock()), tell, Clock())
        known = labels[other], solved.optimum.cost
    study = Study(source, forecasts[id_], tell)
    chosen = [lever for name, lever in all_levers.items() if not levers or name in levers]
    bars, flips, asks = [], [], []
    for number, lever in enumerate(chosen):
        study.begin(lever.name, len(chosen) - number, len(chosen))
        low = _point(study, lever, -step)
        if lever.line:
            if lever.name != "tokens":
                flips.append(offer_in_plan(study, lever, low))
            elif (row := next_tier(study)) is not None:
                flips.append(row)
            asks += _saving(study, lever)
        bars.append(_bar(lever, study, low, _point(study, lever, step)))
        if known and lever.line:
            flips.append(as_good(study, lever, *known))
    study.begin("grids", 0, len(chosen))
    document = SensitivityPart(
        total=study.base.total,
        step=step,
        levers=tuple(sorted(bars, key=_spread, reverse=True)),
        grids=tuple(_grid(study, all_levers[x], all_levers[y], step) for x, y in grids),
        indifference=tuple(flips),
        negotiation=tuple(sorted(asks, key=lambda row: row.saving, reverse=True)),
    )
    inputs = inputs_of(source, forecasts[id_].usage.sources)
    return Sensitivity(document, source.scenario.name, source.scenario.currency, inputs)


def _unknown(name: str, levers: Collection[str]) -> FlexoptError:
    from difflib import get_close_matches

    close = get_close_matches(name, levers, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"levers: {', '.join(levers)}"
    return FlexoptError(f"this scenario has no lever `{name}`", hint)


def _point(study: Study, lever: Lever, share: Decimal) -> tuple[Decimal, Answer | None]:
    """The lever at a value, and the answer there."""
    value = lever.moved(share)
    answer = study.inferred(lever, value) or study.at(lever, value)
    return value, study.priced(answer, cut=share < 0) if lever.line else answer


def _bar(
    lever: Lever, study: Study, low: tuple[Decimal, Answer | None], high: tuple[Decimal, Answer | None]
) -> LeverRow:
    return LeverRow(
        lever=lever.name, label=lever.label, value=lever.value, low=_told(*low), high=_told(*high)
    )


def _told(value: Decimal, answer: Answer | None) -> LeverEnd:
    return LeverEnd(
        value=value,
        total=None if answer is None else answer.total,
        annual_seats=None if answer is None else answer.to_pay["annual_seats"],
        monthly_seats=None if answer is None else answer.to_pay["monthly_seats"],
        tokens_bought=None if answer is None else answer.charges.tokens_bought,
    )


def _spread(bar: LeverRow) -> Decimal:
    totals = [side.total for side in (bar.low, bar.high) if side.total is not None]
    return max(totals) - min(totals) if totals else Decimal(0)


def _saving(study: Study, lever: Lever) -> list[OnePercent]:
    """The value of one more percent off the list price; no rows if the discount is complete."""
    scenario = one_percent_off(study.scenario, lever.line)
    if scenario is None:
        return []
    left = levers_of(scenario).get(lever.name)
    known = study.inferred(lever, left.value) if left else None
    answer = known or study.priced(study.of(scenario), cut=True)
    saving = Decimal(0) if answer is None else study.base.total - answer.total
    what = "tokens" if lever.line == "tokens" else study.scenario.offer_by_id[lever.line].title
    return [OnePercent(lever=lever.name, label=f"1 % more discount on {what}", saving=saving)]


def _grid(study: Study, x: Lever, y: Lever, step: Decimal) -> Grid:
    """Totals by two levers, two steps down and up each; equal values appear once."""
    across, down = (list(dict.fromkeys(lever.moved(step * n) for n in SPREAD)) for lever in (x, y))
    rows = []
    for below in down:
        scenario = y.apply(study.scenario, below)
        answers = [study.of(x.apply(scenario, value)) for value in across]
        rows.append(tuple(None if answer is None else answer.total for answer in answers))
    return Grid(x=x.name, y=y.name, x_values=tuple(across), y_values=tuple(down), totals=tuple(rows))
