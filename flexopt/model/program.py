"""The mixed-integer program under construction: its variables by index, and how a row is added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pulp

from flexopt.base.arrays import Floats
from flexopt.model.core import Core
from flexopt.model.sets import Problem

__all__ = ["CouplingRow", "Model", "Var", "add_row", "couple"]

Var = pulp.LpVariable


@dataclass(frozen=True, slots=True, eq=False)
class CouplingRow:
    """A row in which users meet: the bound puts a price on it.

    seat : by contract, what one seat of a user puts into the row
    token : float64[periods], what one token of a user puts into it, without buffer
    label : what the row is, for the certificate
    """

    name: str
    seat: Mapping[int, float]
    token: Floats
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """The PuLP problem and its variables, by index; `decided` is what seats outside the core cost.

    use : float64[flexes, periods], tokens of each `flex` variable, without buffer
    coupling : the rows in which users meet
    """

    problem: Problem
    core: Core
    decided: float
    lp: pulp.LpProblem
    cost: pulp.LpAffineExpression
    seat: dict[tuple[int, int], Var]
    flex: dict[tuple[int, int], Var]
    units: dict[tuple[int, int], Var]
    tier: dict[tuple[int, int], Var]
    draw: dict[tuple[int, int], Var]
    seats: dict[tuple[int, int], Var]
    order: dict[tuple[int, int], Var]
    use: Floats
    coupling: list[CouplingRow]


def add_row(m: Model, name: str, terms: Sequence[tuple[Var, float]], sense: str, bound: float) -> None:
    """Add one row; a row without variables is kept, so that an impossible one is seen as infeasible."""
    senses = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "=": pulp.LpConstraintEQ}
    m.lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), senses[sense], name, bound))


def couple(
    m: Model,
    name: str,
    purchases: Sequence[tuple[Var, float]],
    sense: str,
    side: float,
    *,
    label: Mapping[str, str],
    seat: Mapping[int, float] | None = None,
    token: Floats | None = None,
) -> None:
    """Add a row in which users meet: purchases and orders, and what seats and tokens of users put into it.

    The open decisions are variables; what is decided outside the core goes to the right side.
    """
    P, core, seat = m.problem, m.core, seat or {}
    token = np.zeros(P.periods) if token is None else token
    terms = [*purchases, *((x, seat[k]) for (_, k), x in m.seat.items() if k in seat)]
    put, flexes = m.use @ token, list(m.flex.values())
    terms += [(flexes[n], float(put[n])) for n in np.flatnonzero(put).tolist()]
    decided = sum(value * int(core.counts[k]) for k, value in seat.items()) + float(core.tokens @ token)
    add_row(m, name, terms, sense, side - decided)
    if seat or token.any():
        m.coupling.append(CouplingRow(name, seat, token, label))
