"""The annual reclassification: today's access against the plan, move by move, with what else it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from flexopt.base.errors import FlexoptError, LimitError, SolverError
from flexopt.base.money import CENT, cents
from flexopt.demand.forecast_cache import ForecastCache
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.usage import read_usage, usage_from_frame
from flexopt.planning.baselines import todays_access
from flexopt.planning.document import inputs_of
from flexopt.planning.planner import Clock, Plan, Progress, Solved, compared, finish, solve, tell_files
from flexopt.solve.backend import Status
from flexopt.solve.moves_search import Thresholded, with_threshold
from flexopt.solve.optimise import Infeasible, optimise
from flexopt.store.folder import read_same, write_folder
from flexopt.studies.review.access import MOVES, Move, compare
from flexopt.studies.review.checks import Facts, checks
from flexopt.studies.review.lists import double_use, idle, leavers
from flexopt.studies.review.savings import savings

__all__ = ["review"]

ZERO = Decimal(0)


def review(
    source: ScenarioFile | str | Path,
    usage: pd.DataFrame | None = None,
    *,
    min_saving: Decimal = ZERO,
    into: Path | None = None,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Plan:
    """The plan, whose document has the review of today's access under the key `review`.

    Parameters
    ----------
    source
        What `load_scenario` returned, or the path of a scenario; it names a table of today's access.
    usage
        Chargeable days instead of the scenario's files, as for `plan`.
    min_saving
        What each move has to save: others are left alone, and the plan is the cheapest with that.
    into
        A plan folder that was made from the same inputs: the review is put there too. Where it has another
        plan (a search that was stopped elsewhere), that is replaced by the reviewed one: what the moves say
        is what the assignment says.
    on_progress, memory
        As for `plan`.

    Raises
    ------
    FlexoptError
        There is no table of today's access, or `into` is no plan of the same inputs; and all that `plan`
        raises.
    """
    tell, clock = on_progress or (lambda phase, size: None), Clock()
    file = source if isinstance(source, ScenarioFile) else load_scenario(source)
    _check_access(file)
    if usage is None:
        on_file = tell_files(tell, len(file.usage_files))
        read = read_usage(
            file.usage_files, file.scenario, file.path.parent, on_file, memory=memory, token_days=True
        )
    else:
        read = usage_from_frame(usage, file.scenario, memory=memory, token_days=True)
    read.findings.raise_if_errors()
    if into is not None:
        read_same(into, inputs_of(file, read))  # before minutes are spent
    clock.lap("reading usage")
    solved = compared(solve(file, ForecastCache(read), tell, clock), tell, clock)
    proof = None
    if min_saving:
        tell("moving less", "")
        solved, proof = _left_alone(solved, min_saving, tell)
        clock.lap("threshold")
    plan = finish(solved, tell, clock)
    tell("reviewing", "")
    moves = compare(file.scenario, file.access, plan.document["assignment"])
    saved = savings(file, solved.problem, solved.optimum.solution, moves)
    facts = Facts(file, read, plan.document, moves, saved)
    clock.lap("review")
    document = {**plan.document, "review": _review(facts, min_saving, proof)}
    if into is not None:
        _add(document, into)
    return Plan(document, clock.seconds)


def _add(document: Mapping[str, Any], folder: Path) -> None:
    there = read_same(folder, document["inputs"])
    same = all(list(there[table]) == list(document[table]) for table in ("assignment", "seats", "purchases"))
    write_folder({**there, "review": document["review"]} if same else document, folder)


def _check_access(file: ScenarioFile) -> None:
    if file.access:
        return
    columns = (
        "user,product,access,offer: a line for each user and product, access is `named` (then with the "
        "offer of the seat) or `flex`"
    )
    if file.scenario.access is None:
        raise FlexoptError(
            f"{file.path}: a review compares with today's access, and the scenario has no table of it",
            f"write access.csv with the columns {columns}; and add `access: access.csv` to the scenario",
        )
    raise FlexoptError(
        f"{file.path}: a review compares with today's access, and {file.scenario.access} has no rows",
        f"its columns are {columns}",
    )


def _left_alone(solved: Solved, least: Decimal, tell: Progress) -> tuple[Solved, Thresholded]:
    """The plan in which every move saves at least so much; and what is proven of it."""
    problem, source = solved.problem, solved.source
    today = todays_access(problem, source.access)
    known = [solved.optimum.solution]
    with suppress(Infeasible, LimitError, SolverError):
        known.append(optimise(problem, today).solution)
    found = with_threshold(problem, today, least, known, lambda step: tell("moving less", step))
    optimum = replace(
        solved.optimum, solution=found.solution, cost=found.cost, bound=min(solved.optimum.bound, found.cost)
    )
    near = optimum.gap <= problem.scenario.solver.gap
    return replace(
        solved, optimum=replace(optimum, status=Status.OPTIMAL if near else Status.FEASIBLE)
    ), found


def _review(facts: Facts, least: Decimal, proof: Thresholded | None) -> dict[str, Any]:
    """The key `review` of plan.json."""
    source, usage, document = facts.source, facts.usage, facts.document
    scenario, today = source.scenario, document["baselines"]["today"]
    first, last = (date.fromisoformat(document["history"][key]) for key in ("first", "last"))
    counts = Counter(move.kind for move in facts.moves)
    return {
        "min_saving": format(least, "f"),
        "today": today["total"],
        "total": document["total"],
        "threshold": proof and _threshold(proof, least),
        "saving": today["saving"],
        "moves": _rows(facts),
        "counts": {kind: counts[kind] for kind in MOVES},
        "double_use": double_use(usage, {(m.user, m.product): m.before for m in facts.moves}, first, last),
        "idle": idle(scenario, source.access, usage, last),
        "leavers": leavers(scenario, source.access, source.people),
        "checks": checks(facts),
    }


def _threshold(proof: Thresholded, least: Decimal) -> dict[str, Any]:
    """What is proven of the set of moves: its cost with `least` for each move, and the bound of that."""
    cost = proof.cost + least * proof.moves
    bound = min(max(Decimal(repr(proof.bound)), ZERO) if isfinite(proof.bound) else ZERO, cost)
    return {
        "moves": proof.moves,
        "cost": str(cents(cost)),
        "bound": str(bound.quantize(CENT, ROUND_FLOOR)),
        "proven": proof.proven,
    }


def _rows(facts: Facts) -> list[dict[str, Any]]:
    """The moves, what saves most first; products that move together have their saving with the first."""
    people = facts.source.people
    said: set[tuple[str, int]] = set()
    rows = []
    for move in sorted(facts.moves, key=lambda m: _rank(m, facts.savings)):
        key = move.user, move.together
        saving = facts.savings.get(key) if key not in said else None
        said.add(key)
        rows.append(
            {
                "user": move.user,
                "product": move.product,
                "group": people[move.user].group if move.user in people else "",
                "move": move.kind,
                "before": move.before.words,
                "after": move.after.words,
                "saving": None if saving is None else str(_money(saving)),
            }
        )
    return rows


def _rank(move: Move, saved: Mapping[tuple[str, int], float]) -> tuple[bool, bool, Decimal, str, int, str]:
    """Moves by what they save, those without a figure after them, then what is new, then what stays."""
    saving = saved.get((move.user, move.together))
    stays = move.together < 0
    return (
        stays and move.kind == "keep",
        saving is None,
        -_money(saving or 0.0),
        move.user,
        move.together,
        move.product,
    )


def _money(amount: float) -> Decimal:
    return cents(Decimal(repr(amount))) + 0  # no negative zero
