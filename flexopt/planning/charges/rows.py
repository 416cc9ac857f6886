"""Every charge of a bill as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from flexopt.base.arrays import Ints
from flexopt.base.columns import Column, classes
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution
from flexopt.planning.bill import Bill
from flexopt.planning.charges.apportion import apportion
from flexopt.planning.charges.pool import TokenMoney, services_by_piece, token_money
from flexopt.planning.charges.seats import seat_money
from flexopt.planning.charges.use import Months, months_of, use_by_month
from flexopt.store.tables import CHARGE_KINDS

SEAT, TOKENS, SERVICE, EMPTY, BUFFER, UNUSED = range(len(CHARGE_KINDS))


@dataclass(frozen=True, slots=True, eq=False)
class ChargeRows:
    """The charges, which add up to the total.

    frame : int64 columns `month`; `row` of the assignment, -1 for what is nobody's; `name`, an index into
        `names`; `kind`, an index into CHARGE_KINDS; `count`, the quantity as a multiple of `units[unit]`
        (integers of any size); `cents`
    names : products, per-result services, offers, and nothing
    """

    months: Months
    frame: pd.DataFrame
    names: list[str]
    units: list[Fraction]
    tokens: TokenMoney


def charge_rows(problem: Problem, solution: Solution, bill: Bill, size: int) -> ChargeRows:
    """The charges of the bill, in no order."""
    months, demand, scenario = months_of(problem.edges), problem.demand, problem.scenario
    pair, contract = bill.assignment.pair, bill.assignment.contract
    weights, parts = use_by_month(problem, solution, bill.assignment, months, size)
    seats = seat_money(problem, solution, months)
    empty, spent = seats.count.copy(), np.array([Fraction(0)] * len(months.period))
    nothing = np.empty(0, dtype=np.int64)
    on_seats, on_tokens = ([_frame(nothing, nothing, nothing, nothing)] for _ in range(2))
    for part in parts:
        mine = slice(part.first, part.first + len(part.days))
        of_part = pair[mine]
        row, month, cents, held = seats.share(
            demand.pair_user[of_part], contract[mine], of_part, weights, part.days
        )
        empty -= np.bincount(held, minlength=len(empty))
        on_seats.append(_frame(month, part.first + row, part.days[row, month], cents))
        weight, alike = classes(weights.of_pair[of_part])
        for number, i in enumerate(alike.tolist()):
            tokens = part.tokens[weight == number].sum(axis=0).astype(object)
            spent += tokens * weights.tokens[weights.of_pair[of_part[i]]]
        monthly = np.add.reduceat(part.tokens, months.first, axis=1)
        row, month = np.nonzero(monthly)
        on_tokens.append(_frame(month, part.first + row, monthly[row, month], 0))

    services = services_by_piece(scenario, months)
    use = [sum(tokens, Fraction(0)) for tokens in zip(spent.tolist(), *services, strict=True)]
    money = token_money(scenario, months, use, bill.pool, bill.purchases)
    seated, drawn = (pd.concat(frames, ignore_index=True) for frames in (on_seats, on_tokens))
    drawn = drawn.sort_values("month", kind="stable", ignore_index=True)
    weight, units = weights.of_pair[pair], [*weights.days, *weights.tokens]
    drawn["unit"] = weight[drawn["row"]] + len(weights.days)
    parts_of = list(pairwise([*months.first.tolist(), len(months.period)]))
    of_months = [[sum(of[first:after], Fraction(0)) for first, after in parts_of] for of in services]
    drawn["cents"], of_services = _token_cents(drawn, units, of_months, money.months)

    names = [*demand.products, *(s.service for s in scenario.cloud), *(o.id for o in scenario.offers), ""]
    first_offer = len(demand.products) + len(scenario.cloud)
    offer = {o.id: n for n, o in enumerate(scenario.offers, first_offer)}
    rest = [(m, len(demand.products) + n, SERVICE, tokens, share) for m, n, tokens, share in of_services]
    for k, m in np.argwhere(seats.cents * empty[:, None]).tolist():
        number, cost = int(empty[k]), int(seats.cents[k, m])
        rest.append((m, offer[problem.contracts[k].offer], EMPTY, Fraction(number), cost * number))
    for left in money.remainders:
        kind = BUFFER if left.buffer else UNUSED
        rest.append((left.month, len(names) - 1, kind, left.tokens, left.cents))
    others: dict[tuple[int, int, int], tuple[Fraction, int]] = {}
    for m, name, kind, quantity, share in rest:
        was = others.get((m, name, kind), (Fraction(0), 0))
        others[m, name, kind] = was[0] + quantity, was[1] + share

    frames = [seated.assign(kind=SEAT, unit=weight[seated["row"]]), drawn.assign(kind=TOKENS)]
    frame = pd.concat(frames, ignore_index=True)
    frame["name"] = demand.pair_product[pair[frame["row"]]]
    nobodys = pd.DataFrame(list(others), columns=["month", "name", "kind"], dtype=np.int64)
    nobodys = nobodys.assign(
        row=-1,
        count=1,
        unit=len(units) + np.arange(len(others)),
        cents=np.array([cents for _, cents in others.values()], dtype=np.int64),
    )
    units += [quantity for quantity, _ in others.values()]
    return ChargeRows(months, pd.concat([frame, nobodys], ignore_index=True), names, units, money)


def _token_cents(
    drawn: pd.DataFrame,
    units: Sequence[Fraction],
    services: Sequence[Sequence[Fraction]],
    costs: Sequence[int],
) -> tuple[Ints, list[tuple[int, int, Fraction, int]]]:
    """Each month's cost of tokens, shared by tokens among the rows of the month and the services.

    Returns the cents of every row; and month, number, tokens and cents of the services. `services` has the
    tokens of each in every month.
    """
    cents, of_services = np.zeros(len(drawn), dtype=np.int64), []
    unit, count = drawn["unit"].to_numpy(), drawn["count"].to_numpy()
    cuts = np.searchsorted(drawn["month"].to_numpy(), np.arange(len(costs) + 1))
    for month, cost in enumerate(costs):
        mine = slice(cuts[month], cuts[month + 1])
        codes, first = classes(unit[mine], count[mine])
        values = [int(count[mine][i]) * units[unit[mine][i]] for i in first.tolist()]
        theirs = [of[month] for of in services]
        codes = np.append(codes, np.arange(len(values), len(values) + len(theirs)))
        shares = apportion(cost, Column(codes, [*values, *theirs]))
        rows = int(cuts[month + 1] - cuts[month])
        cents[mine] = shares[:rows]
        for number, (tokens, share) in enumerate(zip(theirs, shares[rows:].tolist(), strict=True)):
            if tokens:
                of_services.append((month, number, tokens, share))
    return cents, of_services


def _frame(month: Ints, row: Ints, count: Any, cents: Any) -> pd.DataFrame:
    return pd.DataFrame({"month": month, "row": row, "count": count, "cents": cents})
