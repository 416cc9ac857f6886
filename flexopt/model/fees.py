"""Fees: what the search adds for every new contract and every move, so that none saves less. Never a cost.

A new contract is a term of a seat that a user gets and that is neither owned, renewed nor stated. A
*subproblem* (`solve/subproblems.py`) is the products of one user that collections tie together. It stays if
it uses only what today's access allows (a `Restriction`, as for the baseline `today`), otherwise it moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import numpy as np

from flexopt.base.arrays import Ints
from flexopt.model.cover import cover_of
from flexopt.model.restriction import Restriction
from flexopt.model.sets import Problem


@dataclass(frozen=True, slots=True, eq=False)
class Fees:
    """What a new contract and a move must save, in whole minor units; today : today's access"""

    contract: Decimal = Decimal(0)
    move: Decimal = Decimal(0)
    today: Restriction = field(default_factory=Restriction)

    def on(self, problem: Problem) -> Problem:
        """The problem with the fee on its new contracts."""
        return replace(
            problem,
            contracts=tuple(
                replace(c, fee=self.contract if c.is_new else Decimal(0)) for c in problem.contracts
            ),
        )


class Moves:
    """The fee, and today's access of every pair, as far as it is known.

    fee : for one subproblem that moves, in whole minor units
    rule : object[pairs], "named", "flex" or "" (free); the scenario's own rules take precedence
    foreign : by offer, bool[pairs]: whether a seat of it would not be today's access
    subproblem : int64[pairs], the subproblem of every pair without the restriction
    """

    def __init__(self, problem: Problem, fees: Fees, subproblem: Ints) -> None:
        self.fee, self.rule, self.subproblem = fees.move, fees.today.rules(problem), subproblem
        self.foreign = {offer.id: self.rule == "flex" for offer in problem.scenario.offers}
        for id, foreign in self.foreign.items():
            foreign[[i for i, only in fees.today.offers.items() if id not in only]] = True

    def apart(self, problem: Problem, user: int) -> object:
        """What distinguishes users with the same use: their access today."""
        mine = slice(*np.searchsorted(problem.demand.pair_user, [user, user + 1]))
        return tuple(self.rule[mine]), *(bytes(self.foreign[o][mine]) for o in self.foreign)

    def by_seat(self, problem: Problem, user: int, k: int) -> list[int]:
        """The subproblems of the user that move with a seat of contract k."""
        contract, demand = problem.contracts[k], problem.demand
        first, after = np.searchsorted(demand.pair_user, [user, user + 1]).tolist()
        other = self.foreign[contract.offer]
        return sorted(
            {
                int(self.subproblem[i])
                for i in range(first, after)
                if demand.pair_product[i] in contract.covers and other[i]
            }
        )

    def moved(self, problem: Problem, seats: Ints) -> Ints:
        """The subproblems that leave today's access.

        seats : int64[n, 2] of (user, contract); uncovered use takes tokens
        """
        demand = problem.demand
        on_flex = ((cover_of(problem, seats) < 0) & (problem.days > 0)).any(axis=1)
        other = on_flex & (self.rule == "named")
        for k in np.unique(seats[:, 1]).tolist():
            contract = problem.contracts[k]
            mine = np.isin(demand.pair_user, seats[seats[:, 1] == k, 0])
            mine &= np.isin(demand.pair_product, sorted(contract.covers))
            other |= mine & self.foreign[contract.offer]
        return np.unique(self.subproblem[other])
