"""The bill by month and by whom it is for: charges.csv, which adds up to the total.

A seat's cost in the horizon is spread over its months by days, and within a month over the user's products
by their days on the seat (in a month without any, by those of the whole contract). A token costs what the
tokens used in its month cost on average, if the forecast holds. What nobody uses has rows of its own. Whole
cents are shared out by largest remainder. Seats that cost nothing have no rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd

from flexopt.base.columns import Column, ColumnTable
from flexopt.base.text import plain
from flexopt.model.sets import Problem
from flexopt.model.solution import Solution
from flexopt.planning.bill import Bill
from flexopt.planning.charges.rows import charge_rows
from flexopt.planning.charges.use import CHUNK
from flexopt.store.tables import CHARGE_KINDS, CHARGES, TABLES


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """The charges of a bill.

    rows : columns of charges.csv
    by_payer : the same by month, group, cost centre and kind
    of_assignment : what each row of the assignment is charged in all months
    tokens : figures of the summary of a plan: what becomes of the tokens, and what they cost
    """

    rows: ColumnTable
    by_payer: ColumnTable
    of_assignment: Column
    tokens: Mapping[str, str]


def charges(problem: Problem, solution: Solution, bill: Bill, size: int = CHUNK) -> Charged:
    """The charges of the bill, `size` rows of the assignment at a time."""
    money = problem.scenario.money

    def amount(cents: int) -> str:
        return str(Decimal(cents).scaleb(-money.digits))

    found, demand, pair = charge_rows(problem, solution, bill, size), problem.demand, bill.assignment.pair
    charged = np.zeros(len(pair) + 1, dtype=np.int64)  # the last is nobody's
    np.add.at(charged, found.frame["row"].to_numpy(), found.frame["cents"].to_numpy())
    whom = np.append(demand.pair_user[pair], len(demand.users))
    frame = found.frame.assign(user=whom[found.frame["row"]])
    units, alike = found.units, ["month", "user", "name", "kind", "unit"]
    frame = frame.groupby(alike, as_index=False)[["count", "cents"]].sum()
    frame = frame.sort_values(["month", "user", "name", "kind"], kind="stable", ignore_index=True)

    text = {
        "month": Column(frame["month"].to_numpy(), found.months.names),
        "user": Column(frame["user"].to_numpy(), [*demand.users, ""]),
        "product": Column(frame["name"].to_numpy(), found.names),
        "kind": Column(frame["kind"].to_numpy(), CHARGE_KINDS),
        "amount": Column.from_array(frame["cents"]).mapped(amount),
    }
    for name, cells in (("group", demand.groups), ("cost_centre", demand.cost_centres)):
        values, code = np.unique(np.array([*cells, ""], dtype=object), return_inverse=True)
        text[name] = Column(code[frame["user"]], values.tolist())  # in the order of their names
    count, unit = frame["count"].to_numpy(), frame["unit"].to_numpy()
    text["quantity"] = Column.by_class(lambda i: plain(int(count[i]) * units[unit[i]]), count, unit)
    return Charged(
        ColumnTable({name: text[name] for name in CHARGES}),
        _by_payer(frame, text, units, amount),
        Column.from_array(charged[:-1]).mapped(amount),
        found.tokens.figures(money),
    )


def _by_payer(
    frame: pd.DataFrame, text: Mapping[str, Column], units: Sequence[Fraction], amount: Callable[[int], str]
) -> ColumnTable:
    keys = ["month", "group", "cost_centre", "kind"]
    frame = frame[["unit", "count", "cents"]].assign(**{name: text[name].codes for name in keys})
    frame = frame.groupby([*keys, "unit"], as_index=False)[["count", "cents"]].sum()
    sums: dict[tuple[int, ...], tuple[Fraction, int]] = {}
    columns = (frame[name].tolist() for name in (*keys, "unit", "count", "cents"))
    for *key, unit, count, cents in zip(*columns, strict=True):
        quantity, paid = sums.get(tuple(key), (Fraction(0), 0))
        sums[tuple(key)] = quantity + count * units[unit], paid + cents
    codes = np.array(list(sums), dtype=np.int64).reshape(-1, len(keys))
    found = {name: Column(codes[:, n], text[name].values) for n, name in enumerate(keys)}
    found["quantity"] = Column.of(plain(quantity) for quantity, _ in sums.values())
    found["amount"] = Column.of(amount(cents) for _, cents in sums.values())
    return ColumnTable({name: found[name] for name in TABLES["charges"]})
