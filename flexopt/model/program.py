"""The mixed-integer programme under construction: its variables by index, and how rows are added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pulp

from flexopt.base.arrays import Floats
from flexopt.model.core import Core
from flexopt.model.fees import Moves
from flexopt.model.sets import Contract, Problem, span_end

Var = pulp.LpVariable


@dataclass(frozen=True, slots=True, eq=False)
class CouplingRow:
    """A row that users share: the bound puts a price on it.

    It also prices rows that only purchases and orders share, such as a budget in which no seat term begins.

    seat : by contract, the coefficient of one seat
    token : float64[periods], the coefficient of one token used, without buffer
    label : what the row limits, for the certificate
    """

    name: str
    seat: Mapping[int, float]
    token: Floats
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """The PuLP problem and its variables, by index.

    moves : what is a move, if moves have a fee
    at_most : maximum cost of the plans among which ties are settled, if requested
    rounded : whether packs cost their invoice, not their price less the most that rounding takes off
    decided : cost and fees of seats and moves outside the core, and of stated additions
    use : float64[flexes, periods], tokens of each `flex` variable, without buffer
    coupling : the rows that users share
    """

    problem: Problem
    core: Core
    moves: Moves | None
    at_most: Decimal | None
    rounded: bool
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
    move: dict[int, Var]
    invoice: dict[tuple[int, int], Var]
    use: Floats
    coupling: list[CouplingRow]


def without_rows(
    P: Problem, core: Core, moves: Moves | None, at_most: Decimal | None, rounded: bool
) -> Model:
    """The variables, each below the question that it answers."""
    lp = pulp.LpProblem("flexopt", pulp.LpMinimize)
    tiers = [(pk, j) for pk, of in enumerate(P.tiers) for j in range(len(of))]
    live = [(pk, t) for pk, lot in enumerate(P.packs) for t in range(lot.first, lot.after)]
    ordered = [(k, j) for k, c in enumerate(P.contracts) if c.order is not None for j in range(len(c.cost))]
    orders = [(o, j) for o, order in enumerate(P.orders) for j in range(len(order.tiers) + 1)]
    return Model(
        P,
        core,
        moves,
        at_most,
        rounded,
        _decided_cost(P, core, moves),
        lp,
        pulp.LpAffineExpression(),
        # does user u hold a seat under contract k?
        {(u, k): lp.add_variable(f"seat_u{u:05d}_k{k:03d}", cat="Binary") for u, k in core.seats},
        # does user u reach product p with tokens in block b? by pair and first period of the block
        {(i, t): lp.add_variable(f"flex_i{i:05d}_t{t:03d}", 0, 1) for i, t in core.flexes},
        # how many increments are bought at l in tier j?
        {
            (pk, j): lp.add_variable(f"units_l{pk:03d}_j{j:02d}", 0, P.tiers[pk][j].upper, "Integer")
            for pk, j in tiers
        },
        # is the purchase at l in tier j?
        {(pk, j): lp.add_variable(f"tier_l{pk:03d}_j{j:02d}", cat="Binary") for pk, j in tiers},
        # how many tokens of pack l are used in t? only during its life
        {(pk, t): lp.add_variable(f"draw_l{pk:03d}_t{t:03d}", 0) for pk, t in live},
        # how many seats of contract k are bought in seat tier j of its order?
        {(k, j): lp.add_variable(f"seats_k{k:03d}_j{j:02d}", 0, None, "Integer") for k, j in ordered},
        # is order o in seat tier j?
        {(o, j): lp.add_variable(f"order_o{o:03d}_j{j:02d}", cat="Binary") for o, j in orders},
        # does subproblem n get access other than today's? only with a fee, and if undecided
        {n: lp.add_variable(f"moved_n{n:05d}", cat="Binary") for n in _may_move(P, core, moves)},
        # how many minor units is the invoice of l in tier j? if it is rounded, and counts exactly
        {
            (pk, j): lp.add_variable(f"invoice_l{pk:03d}_j{j:02d}", 0, None, "Integer")
            for pk, j in tiers
            if P.is_rounded(pk, j) and (rounded or P.limited(P.packs[pk].start))
        },
        _use(P, core),
        [],
    )


def _may_move(P: Problem, core: Core, moves: Moves | None) -> list[int]:
    if moves is None:
        return []
    found = {n for u, k in core.seats for n in moves.by_seat(P, u, k)}
    found |= {int(moves.subproblem[i]) for i, _ in core.flexes if moves.rule[i] == "named"}
    return sorted(found - set(core.moved.tolist()))


def _use(P: Problem, core: Core) -> Floats:
    use = np.zeros((len(core.flexes), P.periods))
    for n, (i, first) in enumerate(core.flexes):
        block = slice(first, span_end(P, i, first))
        use[n, block] = P.tokens[i, block]
    return use


def _decided_cost(P: Problem, core: Core, moves: Moves | None) -> float:
    """Cost and fees of what is not decided in the core."""
    counts = core.counts.tolist()
    fees = float(moves.fee) * len(core.moved) if moves else 0.0
    seats = sum((seat_price(c) * int(n) for c, n in zip(P.contracts, counts, strict=True)), 0.0)
    return float(P.settled) + fees + seats


def seat_price(c: Contract) -> float:
    """What a user's seat adds to the objective: its fee, and its cost unless its order is paid for."""
    return float(c.fee if c.order is not None else c.cost[0] + c.fee)


def add_row(m: Model, name: str, terms: Sequence[tuple[Var, float]], sense: str, bound: float) -> None:
    """Add one row; a row without variables is kept, so that an impossible one makes the model infeasible."""
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
    """Add a coupling row: purchases and orders, and the users' seats and tokens.

    Open decisions are variables; what is decided outside the core goes to the right-hand side.
    """
    P, core, seat = m.problem, m.core, seat or {}
    token = np.zeros(P.periods) if token is None else token
    terms = [*purchases, *((x, seat[k]) for (_, k), x in m.seat.items() if k in seat)]
    put, flexes = m.use @ token, list(m.flex.values())
    terms += [(flexes[n], float(put[n])) for n in np.flatnonzero(put).tolist()]
    decided = sum(value * int(core.counts[k]) for k, value in seat.items()) + float(core.tokens @ token)
    add_row(m, name, terms, sense, side - decided)
    m.coupling.append(CouplingRow(name, seat, token, label))
