"""Checks what the charges say of seats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import numpy as np

from flexopt.audit.assignment import seat_prices
from flexopt.audit.charged.read import EMPTY, QUANTITY, SEAT, ChargeCells, Month, in_cents
from flexopt.audit.claims import outlasting
from flexopt.audit.notes import Notes, Seat, distinct, seat_of
from flexopt.base.arrays import Ints, places_in
from flexopt.base.dates import overlap_days

CENTS = 1.01
"""A share rounded down or up, and what floats add to it."""


def charged_seats(found: ChargeCells, notes: Notes) -> None:
    """Seats cost their price, spread over the months by days, and over products by their days in a month."""
    claims, months = found.claims, found.months
    prices, demand = seat_prices(found.doc), claims.demand
    user, seat = claims.sits.T
    gone = outlasting(claims, found.scenario, user, seat).astype(np.int64)
    # the rows of a user on a seat together cost the seat
    rows = np.flatnonzero((claims.pair >= 0) & claims.named)
    key = demand.pair_user[claims.pair[rows]] * len(claims.seats) + claims.seat[rows]
    place = places_in(user * len(claims.seats) + seat, key)
    cost = np.zeros(len(user), dtype=np.int64)
    np.add.at(
        cost,
        place,
        claims.cells["cost"].array_of(lambda text: in_cents(text, found.scenario.money), np.int64)[rows],
    )
    for i in distinct(np.arange(len(user)), seat, gone, cost):
        paid = Decimal(int(cost[i])).scaleb(-found.scenario.money.digits)
        theirs = claims.seats[seat[i]]
        notes.expect(
            paid in prices[theirs, bool(gone[i])],
            f"the rows of a user on a seat of {theirs[0]} cost {paid}, which is not its price",
        )

    size = len(claims.seats), 2, len(months)
    least, most = np.zeros((2, *size), dtype=np.int64)
    for (theirs, whole), amounts in prices.items():
        if theirs in claims.seats:
            shares = [
                _spread(theirs, in_cents(str(amount), found.scenario.money), months) for amount in amounts
            ] or [[(0, 0)] * len(months)]
            at = claims.seats.index(theirs), int(whole)
            least[at] = [min(s[m][0] for s in shares) for m in range(len(months))]
            most[at] = [max(s[m][1] for s in shares) for m in range(len(months))]
    wide = len(months)
    mine = found.kind == SEAT
    charged, low, high, live = np.zeros((4, len(demand.users), wide), dtype=np.int64)
    np.add.at(charged, (found.user[mine], found.month[mine]), found.cents[mine])
    np.add.at(low, user, least[seat, gone])
    np.add.at(high, user, most[seat, gone])
    np.add.at(live, user, most[seat, gone] > 0)
    for m in np.flatnonzero(((charged < low) | (charged > high)).any(axis=0)):
        notes.fail(f"the seats of a user are not charged by days in {months[m][0]}")
    days = np.zeros((len(demand.users), wide))
    np.add.at(days, (found.user[mine], found.month[mine]), found.quantity[mine])
    cell = found.user[mine], found.month[mine]
    share = charged[cell] * found.quantity[mine] / np.maximum(days[cell], 1e-9)
    wrong = (live[cell] == 1) & (days[cell] > QUANTITY) & (abs(share - found.cents[mine]) > CENTS)
    for m in np.unique(found.month[mine][wrong]):
        notes.fail(f"a seat is not shared by days of use in {months[m][0]}")
    _empty(found, cost, seat, notes)


def _spread(seat: Seat, cents: int, months: Sequence[Month]) -> list[tuple[int, int]]:
    """The least and the most cents of a seat in each month."""
    days = [overlap_days(seat[1], seat[2], first, after) for _, first, after in months]
    exact = [Fraction(cents) * n / max(1, sum(days)) for n in days]
    return [(floor(share), ceil(share)) for share in exact]


def _empty(found: ChargeCells, cost: Ints, seat: Ints, notes: Notes) -> None:
    """Seats that nobody has cost what their rows cost more than those of users."""
    left: dict[str, int] = defaultdict(int)
    idle: dict[tuple[str, str], int] = defaultdict(int)
    free: dict[tuple[str, str], int] = defaultdict(int)
    for row in found.doc.seats:
        left[row.offer] += in_cents(row.cost, found.scenario.money)
        bought = row.renewed + row.new + row.added
        number = bought - row.assigned
        if row.cost and number:
            days = [overlap_days(*seat_of(row)[1:], *month[1:]) for month in found.months]
            each = in_cents(row.cost, found.scenario.money) // max(1, bought)
            for (name, _, _), part in zip(found.months, days, strict=True):
                idle[row.offer, name] += number if part else 0
                # days that cost less than a cent may be free
                free[row.offer, name] += number if each * part < sum(days) else 0
    seats = found.claims.seats
    users = np.zeros(len(seats), dtype=np.int64)
    np.add.at(users, seat, cost)
    for (offer, _, _), cents in zip(seats, users.tolist(), strict=True):
        left[offer] -= cents
    mine = np.flatnonzero(found.kind == EMPTY)
    for i in mine.tolist():
        offer, name = found.cells["product"][i], found.cells["month"][i]
        left[offer] -= int(found.cents[i])
        idle[offer, name] -= int(found.quantity[i])
    for offer, cents in sorted(left.items()):
        notes.expect(not cents, f"the empty seats of {offer} are charged {-cents} cents too much")
    for (offer, name), number in sorted(idle.items()):
        few = 0 <= number <= free[offer, name]
        notes.expect(few, f"{-number} empty seats of {offer} too many are charged in {name}")
