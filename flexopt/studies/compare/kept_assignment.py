"""The assignment of one plan under another quote: seat holders are kept, the tokens are bought again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from flexopt.base.arrays import Ints
from flexopt.base.errors import SolverError
from flexopt.base.text import count
from flexopt.model.core import Core, given
from flexopt.model.cover import cover_of
from flexopt.model.leaving import leaving
from flexopt.model.program import Model
from flexopt.model.rows import build
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution, read_solution
from flexopt.solve.backend import Status, solve
from flexopt.solve.coupling import CouplingRows

LIMITS = {
    ("holding", "renewable"): ("the number of seats that are owned or can be renewed", "`holdings`"),
    ("maximum",): ("the maximum number of seats of an offer", "`maximum` of its offers"),
    ("least", "most"): ("the minimum number of seats per order", "`minimum` of its offers"),
    ("budget",): ("a budget", "`budgets`"),
    ("purchases",): ("the number of purchases", "`tokens.max_purchases`"),
    ("oversize",): ("the maximum number of tokens", "`tokens.max_oversize`"),
    ("pool",): ("the tokens available", "`tokens.purchase_dates`"),
}
"""Rows of the model that a kept assignment may violate: in words, and what relaxes them."""


@dataclass(frozen=True, slots=True)
class SeatHolders:
    """The holders of every seat, by names that all quotes of one estate share.

    users : sorted names, by (offer, first day, first day after) of the seats
    """

    users: Mapping[tuple[str, date, date], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class KeptAssignment:
    """A solution of the quote; None if the assignment is not possible, or none was found in time.

    note : why there is no solution, and what to do; or what is not proven
    """

    solution: Solution | None
    note: str = ""


def seat_holders(problem: Problem, solution: Solution) -> SeatHolders:
    """The holders of every seat of a solution."""
    users: defaultdict[tuple[str, date, date], list[str]] = defaultdict(list)
    for u, k in solution.seats.tolist():
        contract = problem.contracts[k]
        users[contract.offer, contract.start, contract.end].append(problem.demand.users[u])
    return SeatHolders({key: tuple(sorted(set(names))) for key, names in sorted(users.items())})


def keep_assignment(problem: Problem, seats: SeatHolders) -> KeptAssignment:
    """The cheapest way to give the users of a quote these seats, and tokens for everything else.

    Users that the quote does not know, and seats without use in it, are left out. Whether a user's seat is
    owned, renewed or new is not kept: the cheapest available is taken.
    """
    groups = _groups(problem, seats)
    if isinstance(groups, str):
        return KeptAssignment(None, groups)
    # any of a seat's contracts tells which days it covers
    anyhow = np.array([(u, ks[0]) for ks, users in groups for u in users], dtype=np.int64).reshape(-1, 2)
    if note := _against_rules(problem, anyhow):
        return KeptAssignment(None, note)
    settled = [(u, ks[0]) for ks, users in groups if len(ks) == 1 for u in users]
    fixed = np.array(sorted(settled), dtype=np.int64).reshape(-1, 2)
    counts = np.bincount(fixed[:, 1], minlength=len(problem.contracts))
    core = replace(given(problem, anyhow), decided=fixed, counts=counts)
    open_ = [(ks, users) for ks, users in groups if len(ks) > 1]
    return _solved(problem, core, open_)


Group = tuple[list[int], list[int]]
"""Contracts that a seat may belong to, and the users (sorted) who hold one."""


def _groups(problem: Problem, seats: SeatHolders) -> list[Group] | str:
    """The users of each seat with the contracts it may belong to; or why that is impossible."""
    demand = problem.demand
    number = {name: u for u, name in enumerate(demand.users)}
    contracts = defaultdict(list)
    for k, c in enumerate(problem.contracts):
        contracts[c.offer, c.start, c.end].append(k)
    titles = {o.id: o.title for o in problem.scenario.offers}
    gone = leaving(problem)
    groups: list[Group] = []
    lacking: list[str] = []
    for key, names in seats.users.items():
        holders = [number[name] for name in names if name in number]
        if not (ks := contracts.get(key)):
            offer, start, end = key
            if holders:
                lacking.append(
                    f"{count(len(holders), 'seat')} of {titles.get(offer, offer)} from {start} until {end}"
                )
            continue
        c = problem.contracts[ks[0]]
        covered = np.isin(demand.pair_product, sorted(c.covers))
        covered &= problem.days[:, c.first : c.after].any(axis=1)
        users = np.intersect1d(holders, demand.pair_user[covered])
        for n in np.unique(gone.group[users]).tolist():
            mine = [k for k in ks if k not in gone.barred[n]]
            groups.append((mine, users[gone.group[users] == n].tolist()))
    if lacking:
        more = f" and {count(len(lacking) - 3, 'other kind')}" if len(lacking) > 3 else ""
        return (
            f"the quote does not offer {', '.join(lacking[:3])}{more}: "
            "ask the vendor for these offers, start dates and terms, or keep another plan"
        )
    return groups


def _against_rules(problem: Problem, seats: Ints) -> str:
    """Why some user may not have these seats, or tokens for everything else; empty if all may."""
    demand, rules = problem.demand, problem.demand.pair_rule
    covers = np.zeros((len(problem.contracts), len(demand.products)), dtype=bool)
    for k, c in enumerate(problem.contracts):
        covers[k, sorted(c.covers)] = True
    seated = np.zeros((len(demand.users), len(demand.products)), dtype=bool)
    np.logical_or.at(seated, seats[:, 0], covers[seats[:, 1]])
    barred = (rules == "flex") & seated[demand.pair_user, demand.pair_product]
    on_tokens = (cover_of(problem, seats) < 0) & (problem.days > 0)
    bound = (rules == "named") & on_tokens.any(axis=1)
    off_flex = (on_tokens & ~problem.on_flex[demand.pair_product]).any(axis=1)
    reasons = [
        (off_flex, "use {} with tokens, but it is not on Flex in the quote", "give it `rates`"),
        (bound, "use {} with tokens, but the quote's policy requires seats", "relax `policy`"),
        (barred, "have a seat for {}, but the quote's policy requires tokens", "relax `policy`"),
    ]
    for pairs, words, repair in reasons:
        if pairs.any():
            users = len(np.unique(demand.pair_user[pairs]))
            products = [demand.products[p] for p in np.unique(demand.pair_product[pairs]).tolist()]
            who = count(users, "user") + " would "
            return f"{who}{words.format(' and '.join(products))}: {repair}, or keep another plan"
    return ""


def _solved(problem: Problem, core: Core, groups: Sequence[Group]) -> KeptAssignment:
    """Tokens bought again, and each group's seats taken from its contracts, as cheaply as possible."""
    model, split = _model(problem, core, groups)
    options = problem.scenario.solver
    # plans closer than half a minor unit cost the same: the difference is the solver's arithmetic
    same = 0.4 * float(problem.scenario.money.unit)
    try:
        outcome = solve(model.lp, options, seconds=float(options.time_limit), gap=same)
    except SolverError:
        return KeptAssignment(None, "the solver ended without a result: try `solver: {name: highs}`")
    if outcome.status is Status.INFEASIBLE:
        return KeptAssignment(None, _broken(problem, core, groups))
    if outcome.status is Status.NO_PLAN:
        return KeptAssignment(None, "no result within the time limit: raise `solver.time_limit`")
    solution = read_solution(model)
    rows = [solution.seats]
    for (ks, users), numbers in zip(groups, split, strict=True):
        taken = [k for k, x in zip(ks, numbers, strict=True) for _ in range(round(x.varValue or 0))]
        rows.append(np.array(list(zip(users, taken, strict=True)), dtype=np.int64))
    seats = np.concatenate(rows)
    seats = seats[np.lexsort((seats[:, 1], seats[:, 0]))]
    proven = outcome.status is Status.OPTIMAL
    note = "" if proven else "may cost less: raise `solver.time_limit` to prove it"
    return KeptAssignment(replace(solution, seats=seats), note)


def _model(problem: Problem, core: Core, groups: Sequence[Group]) -> tuple[Model, list[list[Any]]]:
    """The model of the packs, and how many seats of each group belong to each of its contracts."""
    model = build(problem, core)
    coupling = CouplingRows(problem, model)
    split = []
    for g, (ks, users) in enumerate(groups):
        numbers = [model.lp.add_variable(f"split_g{g:03d}_k{k:03d}", 0, len(users), "Integer") for k in ks]
        for k, x in zip(ks, numbers, strict=True):
            for r in np.flatnonzero(coupling.seat[:, k]).tolist():
                coupling.rows[r].expr.addterm(x, float(coupling.seat[r, k]))
            model.cost.addterm(x, float(coupling.cost[k]))
        total: Any = sum(numbers)
        model.lp.addConstraint(total == len(users), f"split_g{g:03d}")
        split.append(numbers)
    return model, split


def _broken(problem: Problem, core: Core, groups: Sequence[Group]) -> str:
    """Which limit of the quote is violated: the one without which there is a solution."""
    options = problem.scenario.solver
    for prefixes, (words, repair) in LIMITS.items():
        model, _ = _model(problem, core, groups)
        rows = [r for r in model.lp.constraints() if str(r.name).split("_")[0] in prefixes]
        for limit in rows:
            limit.changeRHS(1e9 if limit.sense < 0 else -1e9)
        if rows and solve(model.lp, options, seconds=60.0, gap=1e9).status is not Status.INFEASIBLE:
            return f"violates a limit of the quote ({words}): relax {repair}, or keep another plan"
    return "violates several limits of the quote: relax them, or keep another plan"
