"""Checks that the charges add up, and that each is what its month, user and product take of the bill.

Sums are exact. How the cents of an amount are shared out is not repeated: every part must be its exact share,
rounded down or up.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from flexopt.audit.charged.read import QUANTITY, SEAT, TOKENS, ChargeCells, in_cents, read_charges
from flexopt.audit.charged.seats import charged_seats
from flexopt.audit.charged.tokens import charged_tokens, kept_tokens
from flexopt.audit.claims import Claims
from flexopt.audit.ledger import PoolReplay
from flexopt.audit.notes import Notes, distinct
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.plan import PlanDocument

__all__ = ["charge_rows"]


def charge_rows(
    doc: PlanDocument, claims: Claims, pool: PoolReplay, scenario: Scenario, notes: Notes
) -> None:
    """The charges are those of the bill."""
    found = read_charges(doc, claims, scenario, notes)
    total = Decimal(int(found.cents.sum())).scaleb(-found.scenario.money.digits)
    notes.expect(total == doc.total, f"the charges add up to {total}, not {doc.total}")
    _payers(found, notes)
    _assignment(found, notes)
    charged_seats(found, notes)
    charged_tokens(found, pool, notes)
    kept_tokens(found, pool, notes)


def _payers(found: ChargeCells, notes: Notes) -> None:
    """The charges by month, group, cost centre and kind are the sums of the rows."""
    names = ("month", "group", "cost_centre", "kind")
    keys, place = np.unique(
        np.column_stack([found.cells[name].codes for name in names]), axis=0, return_inverse=True
    )
    cents, quantity = np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys))
    np.add.at(cents, place.ravel(), found.cents)
    np.add.at(quantity, place.ravel(), found.quantity)
    sums = {
        tuple(found.cells[name].values[code] for name, code in zip(names, key, strict=True)): (c, q)
        for key, c, q in zip(keys.tolist(), cents.tolist(), quantity.tolist(), strict=True)
    }
    rows = found.doc.charges
    notes.expect(len(rows) == len(sums), "the charges by payer are not those of the rows")
    for row in rows:
        c, q = sums.get(tuple(getattr(row, name) for name in names), (-1, 0.0))
        notes.expect(
            row.amount == Decimal(c).scaleb(-found.scenario.money.digits)
            and abs(float(row.quantity) - q) < QUANTITY * (1 + q),
            f"a charge for {row.kind} in {row.month} is not the sum of its rows",
        )


def _assignment(found: ChargeCells, notes: Notes) -> None:
    """The charges of every user and product are the cost and the use in the assignment."""
    claims, demand = found.claims, found.claims.demand
    known = claims.pair >= 0
    cost = claims.cells["cost"].array_of(lambda text: in_cents(text, found.scenario.money), np.int64)
    for kind, where, name in ((SEAT, claims.named & (cost > 0), "days"), (TOKENS, claims.flex, "tokens")):
        rows = np.flatnonzero(known & where)
        mine = found.kind == kind
        for amounts, theirs, exact in (
            (found.cents, cost, True),
            (found.quantity, claims.cells[name].array_of(float, np.float64), False),
        ):
            charged, told = np.zeros((2, demand.pairs), dtype=amounts.dtype)
            np.add.at(charged, found.pair[mine], amounts[mine])
            np.add.at(told, claims.pair[rows], theirs[rows])
            wrong = charged != told if exact else abs(charged - told) > QUANTITY
            for i in distinct(np.flatnonzero(wrong), demand.pair_product):
                what = "cost" if exact else name
                notes.fail(f"the charges for {demand.products[demand.pair_product[i]]} are not its {what}")
