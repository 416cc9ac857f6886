"""The mathematical model: `build` is its table of contents, and each function is one family of rows.

docs/model.md has the formula of every row name used here. Indexes: u users, p products, t periods,
k contracts, l packs, j tiers, b blocks (spans of periods in which the cover of a product cannot change),
o orders. Variables and rows carry numbers only: no name of a user, product or offer reaches the solver.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pulp

from flexopt.inputs.rules.purchase_size import smallest_purchase
from flexopt.model.core import Core
from flexopt.model.fees import Moves
from flexopt.model.program import Model, Var, add_row, couple, seat_price, without_rows
from flexopt.model.sets import Contract, Problem


def build(
    problem: Problem,
    core: Core,
    *,
    moves: Moves | None = None,
    at_most: Decimal | None = None,
    rounded: bool = False,
) -> Model:
    """The model of the decisions in the core; what is decided outside it is in the right-hand sides.

    With `moves` every move has a fee; with `at_most` ties are settled among the plans that cost no more; if
    `rounded`, packs cost exactly what is invoiced.
    """
    m = without_rows(problem, core, moves, at_most, rounded)
    m.lp.setObjective(total_cost(m))
    access(m)
    pool(m)
    pack(m)
    tier(m)
    invoice(m)
    holding(m)
    renewable(m)
    volume(m)
    maximum(m)
    purchases(m)
    oversize(m)
    budget(m)
    stay(m)
    ties(m)
    return m


def total_cost(m: Model) -> pulp.LpAffineExpression:
    """Seats (pro rata inside the horizon), packs, and the fees of new contracts and moves.

    A pack costs its price less the most that rounding can take off its invoice: never more than the invoice,
    which is what it costs in a model that is `rounded`.
    """
    P = m.problem
    seats = [(x, P.contracts[k]) for (_, k), x in m.seat.items()]
    terms = [(x, seat_price(c)) for x, c in seats if c.order is None or c.fee]
    terms += [(n, float(P.contracts[k].cost[j])) for (k, j), n in m.seats.items()]
    for key, n in m.units.items():
        if m.rounded and key in m.invoice:
            terms.append((m.invoice[key], float(P.scenario.money.unit)))
            continue
        terms.append((n, float(P.increment_price(*key))))
        if not m.rounded and (off := P.packs[key[0]].rounded_off):
            terms.append((m.tier[key], -float(off)))
    terms += [(x, float(m.moves.fee)) for x in m.move.values() if m.moves]
    m.cost.addInPlace(pulp.LpAffineExpression(terms))
    return m.cost


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
    """Draws in t cover the tokens of all users on Flex, with buffer, and the per-result services."""
    P = m.problem
    for t in range(P.periods):
        draws = [(m.draw[pk, t], 1.0) for pk in range(len(P.packs)) if (pk, t) in m.draw]
        buffered = np.zeros(P.periods)
        buffered[t] = 1 + P.buffer
        label = {"row": "pool", "start": str(P.edges[t])}
        couple(m, f"pool_t{t:03d}", draws, ">=", float(P.cloud[t]), label=label, token=-buffered)


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


def invoice(m: Model) -> None:
    """An invoice that a budget limits is at least the price of its pack, rounded half up to minor units."""
    P = m.problem
    for (pk, j), x in m.invoice.items():
        unit = Fraction(P.scenario.money.unit)
        terms = [(x, 1.0), (m.units[pk, j], -float(Fraction(P.increment_price(pk, j)) / unit))]
        terms.append((m.tier[pk, j], float(P.rounded_off(pk, j) / unit)))
        add_row(m, f"invoice_l{pk:03d}_j{j:02d}", terms, ">=", 0)


def holding(m: Model) -> None:
    """Seats under an owned contract or its renewal are at most the quantity owned."""
    contracts = m.problem.contracts
    for k, c in enumerate(contracts):
        if c.quantity is not None and not c.in_full:
            label = {"row": "holding", **_term(c)}
            bought, seat = _count(m, [n for n, other in enumerate(contracts) if other.key == c.key])
            if seat:
                couple(m, f"holding_k{k:03d}", bought, "<=", c.quantity, label=label, seat=seat)
            else:  # seats of an order are bought like packs: no user is in the row
                add_row(m, f"holding_k{k:03d}", bought, "<=", c.quantity)


def renewable(m: Model) -> None:
    """Renewals are at most the seats owned until that day, and those added to them."""
    contracts = m.problem.contracts
    for k, c in enumerate(contracts):
        if c.kind != "renewal" or c.quantity is not None or c.in_full:
            continue
        ending = [(n, e) for n, e in enumerate(contracts) if (e.offer, e.end) == (c.offer, c.start)]
        held = sum(e.quantity or 0 for _, e in ending if e.kind in ("owned", "stated"))
        bought, seat = _count(m, [n for n, other in enumerate(contracts) if other.key == c.key])
        bought += [(x, -1.0) for n, e in ending if e.kind == "addition" for x, _ in _bought(m, n)]
        couple(
            m, f"renewable_k{k:03d}", bought, "<=", held, label={"row": "renewable", **_term(c)}, seat=seat
        )


def volume(m: Model) -> None:
    """Seats bought cover those held; an order is in at most one tier, within its bounds."""
    P = m.problem
    for k, c in enumerate(P.contracts):
        if c.order is not None:
            label = {"row": "order", **_term(c)}
            couple(m, f"seats_k{k:03d}", _bought(m, k), ">=", 0, label=label, seat={k: -1.0})
    for o, order in enumerate(P.orders):
        bounds = [1, *(t.from_ for t in order.tiers)]
        for j, lower in enumerate(bounds):
            ordered = [(n, 1.0) for (k, jj), n in m.seats.items() if P.contracts[k].order == o and jj == j]
            least = max(lower, order.minimum)
            most = bounds[j + 1] - 1 if j + 1 < len(bounds) else order.most
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
            bought, seat = _count(m, [k for k, c in mine if c.first <= t < c.after])
            label = {"row": "maximum", "offer": offer.id, "start": str(P.edges[t])}
            couple(m, f"maximum_s{s:03d}_t{t:03d}", bought, "<=", offer.maximum, label=label, seat=seat)


def purchases(m: Model) -> None:
    """The number of purchases is at most the maximum."""
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
    share = 1 + float(tokens.max_oversize)
    bought = [(n, float(tokens.increment)) for n in m.units.values()]
    most = smallest_purchase(P.scenario) + share * float(P.cloud_raw.sum())
    couple(m, "oversize", bought, "<=", most, label={"row": "oversize"}, token=np.full(P.periods, -share))


def seats_first(m: Model) -> None:
    """A user with a seat uses no tokens: needed only if more use would allow more purchases (`oversize`)."""
    P = m.problem
    for (i, first), flex in m.flex.items():
        p, u = P.demand.pair_product[i], P.demand.pair_user[i]
        for k, c in enumerate(P.contracts):
            if (u, k) in m.seat and p in c.covers and c.first <= first < c.after:
                add_row(
                    m, f"seatsfirst_i{i:05d}_t{first:03d}_k{k:03d}", [(flex, 1), (m.seat[u, k], 1)], "<=", 1
                )


def budget(m: Model) -> None:
    """What is invoiced in a fiscal period is at most its budget: whole terms of seats, and packs.

    Stated additions are paid whatever is decided.
    """
    P = m.problem
    for g, limit in enumerate(P.scenario.budgets):
        due = [
            (k, c)
            for k, c in enumerate(P.contracts)
            if limit.from_ <= c.start < limit.to and c.kind not in ("owned", "stated")
        ]
        stated = (c for c in P.contracts if c.kind == "stated" and limit.from_ <= c.start < limit.to)
        spent = sum((c.commitment[0] * (c.quantity or 0) for c in stated), Decimal(0))
        seat = {k: float(c.commitment[0]) for k, c in due if c.order is None}
        terms = [
            (m.seats[k, j], float(c.commitment[j]))
            for k, c in due
            if c.order is not None
            for j in range(len(c.cost))
        ]
        packs = [key for key in m.units if limit.from_ <= P.packs[key[0]].start < limit.to]
        unit = float(P.scenario.money.unit)
        terms += [
            (m.invoice[key], unit) if key in m.invoice else (m.units[key], float(P.increment_price(*key)))
            for key in packs
        ]
        most = float(P.scenario.money.floor(limit.amount) - spent)
        couple(m, f"budget_g{g:03d}", terms, "<=", most, label={"row": "budget", "id": limit.id}, seat=seat)


def stay(m: Model) -> None:
    """Seats and tokens other than today's access are only for subproblems that move."""
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
    """Among plans up to a given cost, prefer seats, then fewer purchases, then earlier ones.

    The weights keep this order: one block on Flex outweighs all purchases, one purchase all dates.
    """
    if m.at_most is None:
        return
    many, packs = len(m.tier) + 1, len(m.problem.packs)
    terms = [(x, 1.0) for x in m.flex.values()]
    terms += [(x, (1 + pk / (packs * many)) / many) for (pk, _), x in m.tier.items()]
    # the result is then priced exactly; plans closer than half a unit differ by the solver's arithmetic
    room = 0.4 * float(m.problem.scenario.money.unit)
    add_row(m, "ties", list(m.cost.items()), "<=", float(m.at_most) - m.decided + room)
    m.lp.setObjective(pulp.LpAffineExpression(terms))


# --- small helpers ---------------------------------------------------------------------------------------


def _term(c: Contract) -> dict[str, str]:
    term = {"offer": c.offer, "kind": c.kind, "start": str(c.start), "end": str(c.end)}
    return term | ({"counts": "in full"} if c.in_full else {})


def _bought(m: Model, k: int) -> list[tuple[Var, float]]:
    """Seats bought under contract k, which belongs to an order."""
    return [(m.seats[k, j], 1.0) for j in range(len(m.problem.contracts[k].cost))]


def _count(m: Model, ks: Sequence[int]) -> tuple[list[tuple[Var, float]], dict[int, float]]:
    """Seats of contracts: those bought if a contract belongs to an order, otherwise those held."""
    ordered = [k for k in ks if m.problem.contracts[k].order is not None]
    return [term for k in ordered for term in _bought(m, k)], {k: 1.0 for k in ks if k not in ordered}


def fix_tiers(m: Model, tiers: Sequence[int]) -> None:
    """Fix purchases and orders to these tiers; if there are none, allow any."""
    for n, x in enumerate((*m.tier.values(), *m.order.values())):
        x.lowBound, x.upBound = (tiers[n], tiers[n]) if tiers else (0, 1)
