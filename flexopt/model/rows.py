"""The mathematical model: `build` is its table of contents, one function is one family of rows.

docs/model.md has the formula of every row name used here. Indexes: u users, p products, t periods,
k contracts, l packs, j tiers, b blocks (spans of periods in which the cover of a product cannot change),
o orders. Variables and rows carry numbers only: no name of a user, product or offer reaches the solver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

import pulp

from flexopt.base.money import CENT
from flexopt.model.core import Core
from flexopt.model.moves import Moves
from flexopt.model.sets import Problem, span_end

__all__ = ["Model", "Var", "build", "fix_tiers"]

Var = pulp.LpVariable


@dataclass(frozen=True, slots=True)
class Model:
    """The PuLP problem and its variables, by index.

    decided : what seats, and moves, outside the core cost
    moves : the fee for moves, if there is one
    at_most : the cost among whose plans ties are settled, if that is asked
    """

    problem: Problem
    core: Core
    moves: Moves | None
    at_most: Decimal | None
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


def build(
    problem: Problem, core: Core, *, moves: Moves | None = None, at_most: Decimal | None = None
) -> Model:
    """The model of the decisions in the core; what is decided outside it is in the rows' right sides.

    With `moves` every move has its fee; with `at_most` ties are settled among the plans that cost no more.
    """
    m = _without_rows(problem, core, moves, at_most)
    m.lp.setObjective(total_cost(m))
    access(m)
    pool(m)
    pack(m)
    tier(m)
    holding(m)
    volume(m)
    maximum(m)
    purchases(m)
    oversize(m)
    budget(m)
    stay(m)
    ties(m)
    return m


# --- variables -------------------------------------------------------------------------------------------


def _without_rows(P: Problem, core: Core, moves: Moves | None, at_most: Decimal | None) -> Model:
    """The variables: above each is the question that it answers."""
    lp = pulp.LpProblem("flexopt", pulp.LpMinimize)
    tiers = [(pk, j) for pk, of in enumerate(P.tiers) for j in range(len(of))]
    live = [(pk, t) for pk, lot in enumerate(P.packs) for t in range(lot.first, lot.after)]
    ordered = [(k, j) for k, c in enumerate(P.contracts) if c.order is not None for j in range(len(c.cost))]
    orders = [(o, j) for o, offer in enumerate(P.orders) for j in range(len(offer.tiers) + 1)]
    return Model(
        P,
        core,
        moves,
        at_most,
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
        # how many tokens of pack l are used in t? only inside its life
        {(pk, t): lp.add_variable(f"draw_l{pk:03d}_t{t:03d}", 0) for pk, t in live},
        # how many seats of contract k are bought in seat tier j of its order?
        {(k, j): lp.add_variable(f"seats_k{k:03d}_j{j:02d}", 0, None, "Integer") for k, j in ordered},
        # is order o in seat tier j?
        {(o, j): lp.add_variable(f"order_o{o:03d}_j{j:02d}", cat="Binary") for o, j in orders},
        # does subproblem n get other access than today's? only with a fee, and where it is not decided
        {n: lp.add_variable(f"moved_n{n:05d}", cat="Binary") for n in _may_move(P, core, moves)},
    )


def _may_move(P: Problem, core: Core, moves: Moves | None) -> list[int]:
    if moves is None:
        return []
    found = {n for u, k in core.seats for n in moves.by_seat(P, u, k)}
    found |= {int(moves.subproblem[i]) for i, _ in core.flexes if moves.rule[i] == "named"}
    return sorted(found - set(core.moved.tolist()))


# --- objective and rows ----------------------------------------------------------------------------------


def total_cost(m: Model) -> pulp.LpAffineExpression:
    """Seats (pro rata inside the horizon), packs, and the fee of every move."""
    P = m.problem
    terms = [
        (x, float(P.contracts[k].cost[0])) for (_, k), x in m.seat.items() if P.contracts[k].order is None
    ]
    terms += [(n, float(P.contracts[k].cost[j])) for (k, j), n in m.seats.items()]
    terms += [(n, _increment_price(P, pk, j)) for (pk, j), n in m.units.items()]
    terms += [(x, float(m.moves.fee)) for x in m.move.values() if m.moves]
    m.cost.addInPlace(pulp.LpAffineExpression(terms))
    return m.cost


def _decided_cost(P: Problem, core: Core, moves: Moves | None) -> float:
    """Seats and moves decided outside the core; seats of orders are paid where the order is."""
    counts = core.counts.tolist()
    fees = float(moves.fee) * len(core.moved) if moves else 0.0
    return fees + sum(
        float(c.cost[0] * n) for c, n in zip(P.contracts, counts, strict=True) if c.order is None
    )


def access(m: Model) -> None:
    """Each pair with demand in a block has a live seat that covers it, or tokens."""
    P = m.problem
    of_user = defaultdict(list)
    for (u, k), x in m.seat.items():
        of_user[u].append((P.contracts[k], x))
    for i, first in m.core.access:
        p, u = P.demand.pair_product[i], P.demand.pair_user[i]
        cover = [(x, 1.0) for c, x in of_user[u] if p in c.covers and c.first <= first < c.after]
        if (i, first) in m.flex:
            cover.append((m.flex[i, first], 1.0))
        add_row(m, f"access_i{i:05d}_t{first:03d}", cover, ">=", 1)


def pool(m: Model) -> None:
    """Draws in t serve the tokens of all use on Flex, with buffer, and the per-result services."""
    P = m.problem
    need: dict[int, list[tuple[Var, float]]] = defaultdict(list)
    decided = P.cloud + (1 + P.buffer) * m.core.tokens
    for (i, first), x in m.flex.items():
        for t in range(first, span_end(P, i, first)):
            if P.tokens[i, t]:
                need[t].append((x, -(1 + P.buffer) * P.tokens[i, t]))
    for t in range(P.periods):
        draws = [(m.draw[pk, t], 1.0) for pk in range(len(P.packs)) if (pk, t) in m.draw]
        add_row(m, f"pool_t{t:03d}", draws + need[t], ">=", float(decided[t]))


def pack(m: Model) -> None:
    """Draws of a pack are at most its tokens."""
    P = m.problem
    for pk, lot in enumerate(P.packs):
        draws = [(m.draw[pk, t], 1.0) for t in range(lot.first, lot.after)]
        step = P.scenario.tokens.increment
        bought = [(m.units[pk, j], -float(step)) for j in range(len(P.tiers[pk]))]
        if draws:
            add_row(m, f"pack_l{pk:03d}", draws + bought, "<=", float(lot.tokens or 0))


def tier(m: Model) -> None:
    """A purchase is in at most one tier, and its increments are within the tier's bounds."""
    P = m.problem
    for (pk, j), n in m.units.items():
        add_row(m, f"lower_l{pk:03d}_j{j:02d}", [(n, 1), (m.tier[pk, j], -P.tiers[pk][j].lower)], ">=", 0)
        add_row(m, f"upper_l{pk:03d}_j{j:02d}", [(n, 1), (m.tier[pk, j], -P.tiers[pk][j].upper)], "<=", 0)
    for pk, tiers in enumerate(P.tiers):
        if len(tiers) > 1:
            add_row(m, f"tier_l{pk:03d}", [(m.tier[pk, j], 1) for j in range(len(tiers))], "<=", 1)


def holding(m: Model) -> None:
    """Seats under an owned contract or its renewal are at most the quantity owned."""
    for k, c in enumerate(m.problem.contracts):
        if c.quantity is not None:
            add_row(m, f"holding_k{k:03d}", _count(m, k), "<=", c.quantity - _given(m, k))


def volume(m: Model) -> None:
    """Seats bought cover those that are held; an order is in at most one tier, within its bounds."""
    P = m.problem
    for k, c in enumerate(P.contracts):
        if c.order is not None:
            held = [(x, -1.0) for (_, kk), x in m.seat.items() if kk == k]
            add_row(m, f"seats_k{k:03d}", _count(m, k) + held, ">=", int(m.core.counts[k]))
    for o, offer in enumerate(P.orders):
        bounds = [1, *(t.from_ for t in offer.tiers)]
        for j, lower in enumerate(bounds):
            ordered = [(n, 1.0) for (k, jj), n in m.seats.items() if P.contracts[k].order == o and jj == j]
            least = max(lower, offer.minimum)
            most = bounds[j + 1] - 1 if j + 1 < len(bounds) else max(least, len(P.demand.users))
            add_row(m, f"least_o{o:03d}_j{j:02d}", [*ordered, (m.order[o, j], -least)], ">=", 0)
            add_row(m, f"most_o{o:03d}_j{j:02d}", [*ordered, (m.order[o, j], -most)], "<=", 0)
        add_row(m, f"order_o{o:03d}", [(m.order[o, j], 1) for j in range(len(bounds))], "<=", 1)


def maximum(m: Model) -> None:
    """Live seats of an offer are at most its maximum."""
    P = m.problem
    for s, offer in enumerate(P.scenario.offers):
        if offer.maximum is None:
            continue
        mine = [(k, c) for k, c in enumerate(P.contracts) if c.offer == offer.id]
        for t in sorted({c.first for _, c in mine}):
            live = [k for k, c in mine if c.first <= t < c.after]
            terms = [term for k in live for term in _count(m, k)]
            left = offer.maximum - sum(_given(m, k) for k in live)
            add_row(m, f"maximum_s{s:03d}_t{t:03d}", terms, "<=", left)


def purchases(m: Model) -> None:
    """There are at most so many purchases."""
    most = m.problem.scenario.tokens.max_purchases
    if most is not None:
        add_row(m, "purchases", [(x, 1) for x in m.tier.values()], "<=", most)


def oversize(m: Model) -> None:
    """Tokens bought are at most (1 + max_oversize) x the forecast, and the smallest purchase."""
    P = m.problem
    tokens = P.scenario.tokens
    if tokens.max_oversize is None:
        return
    seats_first(m)
    share, step = 1 + float(tokens.max_oversize), tokens.increment
    smallest = -(-tokens.tiers[0].from_ // step) * step
    terms = [(n, float(step)) for n in m.units.values()]
    terms += [
        (x, -share * float(P.tokens[i, first : span_end(P, i, first)].sum()))
        for (i, first), x in m.flex.items()
    ]
    forecast = float(P.cloud_raw.sum() + m.core.tokens.sum())
    add_row(m, "oversize", terms, "<=", smallest + share * forecast)


def seats_first(m: Model) -> None:
    """The holder of a seat takes no tokens: only where more use would allow more purchases (`oversize`)."""
    P = m.problem
    for (i, first), flex in m.flex.items():
        p, u = P.demand.pair_product[i], P.demand.pair_user[i]
        for k, c in enumerate(P.contracts):
            if (u, k) in m.seat and p in c.covers and c.first <= first < c.after:
                add_row(
                    m, f"seatsfirst_i{i:05d}_t{first:03d}_k{k:03d}", [(flex, 1), (m.seat[u, k], 1)], "<=", 1
                )


def budget(m: Model) -> None:
    """What is invoiced in a fiscal period is at most its budget: whole terms of seats, and packs."""
    P = m.problem
    for g, limit in enumerate(P.scenario.budgets):
        due = {
            k for k, c in enumerate(P.contracts) if limit.from_ <= c.start < limit.to and c.kind != "owned"
        }
        terms = [
            (x, float(P.contracts[k].commitment[0]))
            for (_, k), x in m.seat.items()
            if k in due and P.contracts[k].order is None
        ]
        terms += [(n, float(P.contracts[k].commitment[j])) for (k, j), n in m.seats.items() if k in due]
        packs = [key for key in m.units if limit.from_ <= P.packs[key[0]].start < limit.to]
        terms += [(m.units[key], _increment_price(P, *key)) for key in packs]
        most = float(limit.amount.quantize(CENT, ROUND_FLOOR))
        if any(P.tiers[pk][j].price * P.scenario.tokens.increment % CENT for pk, j in packs):
            # a pack is invoiced up to half a cent above its unrounded price; sums of cents leave a cent less
            terms += [(m.tier[key], 0.005) for key in packs]
            most += 0.0099
        most -= float(sum(P.contracts[k].commitment[0] * _given(m, k) for k in due))
        add_row(m, f"budget_g{g:03d}", terms, "<=", most)


def stay(m: Model) -> None:
    """Seats and tokens that are not today's access are for subproblems that move."""
    if m.moves is None:
        return
    for (u, k), seat in m.seat.items():
        for n in m.moves.by_seat(m.problem, u, k):
            if n in m.move:
                add_row(m, f"stay_u{u:05d}_k{k:03d}", [(seat, 1), (m.move[n], -1)], "<=", 0)
    for (i, first), flex in m.flex.items():
        n = int(m.moves.subproblem[i])
        if m.moves.rule[i] == "named" and n in m.move:
            add_row(m, f"stay_i{i:05d}_t{first:03d}", [(flex, 1), (m.move[n], -1)], "<=", 0)


def ties(m: Model) -> None:
    """Among plans at no more than a cost the seat wins a tie, then fewer purchases, then earlier ones.

    The weights keep the order: one block on Flex outweighs all purchases, one purchase all dates.
    """
    if m.at_most is None:
        return
    many, packs = len(m.tier) + 1, len(m.problem.packs)
    terms = [(x, 1.0) for x in m.flex.values()]
    terms += [(x, (1 + pk / (packs * many)) / many) for (pk, _), x in m.tier.items()]
    # half a cent: the solver's arithmetic, not money; the result is priced to the cent again
    add_row(m, "ties", list(m.cost.items()), "<=", float(m.at_most) - m.decided + 0.004)
    m.lp.setObjective(pulp.LpAffineExpression(terms))


# --- small helpers ---------------------------------------------------------------------------------------


def add_row(m: Model, name: str, terms: Sequence[tuple[Var, float]], sense: str, bound: float) -> None:
    """Add one row; a row without variables is kept, so that an impossible one is seen as infeasible."""
    senses = {"<=": pulp.LpConstraintLE, ">=": pulp.LpConstraintGE, "=": pulp.LpConstraintEQ}
    m.lp.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), senses[sense], name, bound))


def _given(m: Model, k: int) -> int:
    """Seats of contract k decided outside the core, where they are counted one by one."""
    return int(m.core.counts[k]) if m.problem.contracts[k].order is None else 0


def _count(m: Model, k: int) -> list[tuple[Var, float]]:
    """Seats of contract k: those bought where it belongs to an order, else those held."""
    contract = m.problem.contracts[k]
    if contract.order is not None:
        return [(m.seats[k, j], 1.0) for j in range(len(contract.cost))]
    return [(x, 1.0) for (_, kk), x in m.seat.items() if kk == k]


def _increment_price(P: Problem, pk: int, j: int) -> float:
    return float(P.tiers[pk][j].price * P.scenario.tokens.increment)


def fix_tiers(m: Model, tiers: Sequence[int]) -> None:
    """Purchases and orders in just these tiers; in any, if there are none."""
    for n, x in enumerate((*m.tier.values(), *m.order.values())):
        x.lowBound, x.upBound = (tiers[n], tiers[n]) if tiers else (0, 1)
