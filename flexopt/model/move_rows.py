"""A threshold for moves: the model with a price on every need that leaves today's access.

A *need* (`needs.py`) is a user's products that collections tie together. It stays if it takes only what
today's access allows (a `Restriction`, as the baseline `today` has), else it has moved, and that has a price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pulp

from flexopt.base.arrays import Bools, Ints
from flexopt.model.core import Core
from flexopt.model.cover import cover_of
from flexopt.model.program import Model, Var, add_row
from flexopt.model.restriction import Restriction
from flexopt.model.rows import build
from flexopt.model.sets import Problem

__all__ = ["Today", "build_moves", "moved"]


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """Today's access of every pair, as far as anything is known of it.

    rule : object[pairs], "named", "flex" or "" (free), the scenario's own rules first
    foreign : by offer, bool[pairs]: a seat of it would not be today's access
    need : int64[pairs]
    """

    rule: npt.NDArray[np.object_]
    foreign: dict[str, Bools]
    need: Ints

    @classmethod
    def of(cls, problem: Problem, restriction: Restriction, need: Ints) -> Today:
        """`need` is that of every pair without the restriction."""
        rule = restriction.rules(problem)
        foreign = {}
        for offer in problem.scenario.offers:
            others = np.zeros(len(rule), dtype=bool)
            others[[i for i, only in restriction.offers.items() if offer.id not in only]] = True
            foreign[offer.id] = others | (rule == "flex")
        return cls(rule, foreign, need)

    def apart(self, problem: Problem, user: int) -> object:
        """What distinguishes users who need the same: their access today."""
        mine = slice(*np.searchsorted(problem.demand.pair_user, [user, user + 1]))
        return tuple(self.rule[mine]), *(bytes(self.foreign[o][mine]) for o in self.foreign)


def build_moves(
    problem: Problem, core: Core, today: Today, price: float, goes: Bools
) -> tuple[Model, dict[int, Var]]:
    """The model of the decisions in the core with a price on every need that moves; and who moves, by need.

    goes : bool[needs], those that move in any case: nothing of them is asked here
    """
    m = build(problem, core)
    move = _moved_variables(m, today, goes)
    stay(m, today, move)
    terms = [*m.cost.items(), *((x, price) for x in move.values())]
    m.lp.setObjective(pulp.LpAffineExpression(terms))
    return m, move


def _moved_variables(m: Model, today: Today, goes: Bools) -> dict[int, Var]:
    """Does need n get other access than today's?"""
    needs = {int(today.need[i]) for u, k in m.seat for i in _foreign(m.problem, today, u, k)}
    needs |= {int(today.need[i]) for i, _ in m.flex if today.rule[i] == "named"}
    return {n: m.lp.add_variable(f"moved_n{n:05d}", cat="Binary") for n in sorted(needs) if not goes[n]}


def stay(m: Model, today: Today, move: dict[int, Var]) -> None:
    """Seats and tokens that are not today's access are for needs that move."""
    for (u, k), seat in m.seat.items():
        for n in sorted({int(today.need[i]) for i in _foreign(m.problem, today, u, k)}):
            if n in move:
                add_row(m, f"stay_u{u:05d}_k{k:03d}", [(seat, 1), (move[n], -1)], "<=", 0)
    for (i, first), flex in m.flex.items():
        n = int(today.need[i])
        if today.rule[i] == "named" and n in move:
            add_row(m, f"stay_i{i:05d}_t{first:03d}", [(flex, 1), (move[n], -1)], "<=", 0)


def _foreign(problem: Problem, today: Today, user: int, k: int) -> list[int]:
    """The pairs of the user for which a seat of the contract is not today's access."""
    contract, demand = problem.contracts[k], problem.demand
    first, after = np.searchsorted(demand.pair_user, [user, user + 1]).tolist()
    other = today.foreign[contract.offer]
    return [i for i in range(first, after) if demand.pair_product[i] in contract.covers and other[i]]


def moved(problem: Problem, seats: Ints, today: Today) -> Ints:
    """The needs that leave today's access.

    seats : int64[n, 2] of (user, contract); where none covers, tokens are used
    """
    demand = problem.demand
    on_flex = ((cover_of(problem, seats) < 0) & (problem.days > 0)).any(axis=1)
    other = on_flex & (today.rule == "named")
    for k in np.unique(seats[:, 1]).tolist():
        contract = problem.contracts[k]
        mine = np.isin(demand.pair_user, seats[seats[:, 1] == k, 0])
        mine &= np.isin(demand.pair_product, sorted(contract.covers))
        other |= mine & today.foreign[contract.offer]
    return np.unique(today.need[other])
