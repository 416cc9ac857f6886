"""Checks seats and packs against the dates, numbers, prices and limits of the scenario."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np

from flexopt.audit.claims import Claims, outlasting
from flexopt.audit.ledger import PoolReplay
from flexopt.audit.notes import TOLERANCE, Notes, Seat, day_of, distinct, seat_of
from flexopt.audit.rules import (
    added_price,
    additions_of,
    end_joined,
    expiry_of,
    new_seat_days,
    seat_cost,
    seat_price,
    smallest_bought,
    term_end,
    tier_discount,
    tier_of,
    token_price,
)
from flexopt.inputs.scenario.scenario import Holding, Offer, Scenario
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import SeatRow

KINDS = ("owned", "renewed", "new", "added")


def seats(
    doc: PlanDocument, claims: Claims, scenario: Scenario, holdings: Sequence[Holding], notes: Notes
) -> None:
    """Seats are as in the scenario, and suffice for their users.

    Those of users who leave before the end of a term beyond the horizon cost the whole term.
    """
    known, stated = seat_rows(doc, scenario, holdings, notes), additions_of(scenario, holdings)
    _users(claims, known, notes)
    _leavers(claims, known, scenario, {seat: count for seat, (count, _) in stated.items()}, notes)


def seat_rows(
    doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], notes: Notes
) -> list[SeatRow]:
    """Seats start, end and cost as in the scenario; returns the rows of one kind and a known offer."""
    offers = {o.id: o for o in scenario.offers}
    order: dict[tuple[str, date], int] = defaultdict(int)
    met: set[tuple[Seat, str, str]] = set()
    known = []
    for row in doc.seats:
        seat = seat_of(row)
        kinds = [k for k in KINDS if getattr(row, k)]
        if seat[0] not in offers:
            notes.fail(f"there is no offer {seat[0]}")
            continue
        if len(kinds) != 1 or getattr(row, kinds[0]) < 0:
            notes.fail(f"a row of {seat[0]} from {seat[1]} does not have seats of exactly one kind")
            continue
        key = (seat, kinds[0], row.subscription_id)
        notes.expect(key not in met, f"{kinds[0]} seats of {seat[0]} from {seat[1]} appear twice")
        met.add(key)
        notes.expect(not (row.new and row.subscription_id), f"new seats of {seat[0]} have a subscription")
        notes.expect(
            0 <= row.assigned <= getattr(row, kinds[0]),
            f"{row.assigned} users on {getattr(row, kinds[0])} {kinds[0]} seats of {seat[0]} from {seat[1]}",
        )
        order[seat[0], seat[1]] += row.renewed + row.new
        known.append(row)
    for row in known:
        if row.owned:
            _owned_row(row, notes)
        elif row.added:
            _added_row(row, scenario, offers[row.offer], holdings, notes)
        else:
            _bought_row(row, scenario, offers[row.offer], order[row.offer, seat_of(row)[1]], notes)
            joins = end_joined(offers[row.offer], holdings, seat_of(row)[1])
            alone = joins is None or not row.new
            notes.expect(alone, f"new seats of {row.offer} must end with their contract on {joins}")
    for seat, (count, _) in additions_of(scenario, holdings).items():
        there = sum(row.added for row in known if seat_of(row) == seat)
        notes.expect(there >= count, f"{there} of {count} seats of {seat[0]} are added on {seat[1]}")
    _holdings(known, scenario, holdings, notes)
    notes.expect(doc.holdings == tuple(holdings), "the holdings are not those that were read")
    for (offer, day), size in order.items():
        least = offers[offer].minimum
        notes.expect(
            not 0 < size < least, f"{size} seats of {offer} on {day} are fewer than the minimum of {least}"
        )
    return known


def _users(claims: Claims, rows: Sequence[SeatRow], notes: Notes) -> None:
    """The number of users with seats is that of the rows."""
    users: dict[Seat, int] = defaultdict(int)
    user, named = claims.cells["user"].codes, np.flatnonzero(claims.named)
    sitting = claims.seat[distinct(named, user, claims.seat)]
    for number, count in enumerate(np.bincount(sitting, minlength=len(claims.seats)).tolist()):
        if count:
            users[claims.seats[number]] = count
    assigned: dict[Seat, int] = defaultdict(int)
    for row in rows:
        assigned[seat_of(row)] += row.assigned
    for seat in sorted({*users, *assigned}):
        notes.expect(
            assigned[seat] == users[seat],
            f"{users[seat]} users have seats of {seat[0]} from {seat[1]}, but {assigned[seat]} are assigned",
        )


def _leavers(
    claims: Claims,
    rows: Sequence[SeatRow],
    scenario: Scenario,
    stated: Mapping[Seat, int],
    notes: Notes,
) -> None:
    """The seats of users who leave first are those that count in full; owned and stated ones never do."""
    outlasted = outlasting(claims, scenario, *claims.sits.T)
    counts = np.bincount(claims.sits[outlasted, 1], minlength=len(claims.seats)).tolist()
    gone = defaultdict(int, zip(claims.seats, counts, strict=True))
    full: dict[Seat, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        seats = row.renewed + row.new + row.added
        full[seat_of(row)][0] += row.in_full
        full[seat_of(row)][1] += seats - row.assigned if seats else 0
        free = min(row.assigned, stated.get(seat_of(row), 0)) if row.added else 0
        full[seat_of(row)][2] += row.assigned if row.owned else free
        notes.expect(
            0 <= row.in_full <= seats, f"{row.in_full} of {seats} seats of {row.offer} count in full"
        )
    for seat in sorted({*full, *gone}):
        said, idle, owned = full[seat]
        notes.expect(
            gone[seat] - owned <= said <= gone[seat] + idle,
            f"{gone[seat]} users leave before {seat[2]}, but {said} seats of {seat[0]} from {seat[1]} "
            "count in full",
        )


def _owned_row(row: SeatRow, notes: Notes) -> None:
    free = not (row.unit_price or row.cost or row.commitment)
    notes.expect(free, f"owned seats of {row.offer} are charged")


def _bought_row(row: SeatRow, scenario: Scenario, offer: Offer, ordered: int, notes: Notes) -> None:
    _, begin, finish = seat_of(row)
    ends = term_end(offer, scenario.horizon, begin, new=bool(row.new))
    if row.new:
        allowed = begin in new_seat_days(offer, scenario.horizon)
        notes.expect(allowed, f"a new seat of {offer.id} may not start on {begin}")
    notes.expect(finish == ends, f"a term of {offer.id} from {begin} ends on {ends}, not {finish}")
    discount = tier_discount(offer, ordered)
    unit = seat_price(scenario, offer, begin, discount, renewed=bool(row.renewed))
    if unit is None or finish <= begin:
        notes.fail(f"{offer.id} has no price on {begin}")
        return
    _costs(row, unit, seat_cost(scenario, unit, begin, finish), f"seats of {offer.id}", notes)


def _costs(row: SeatRow, unit: Decimal, share: Decimal, seats: str, notes: Notes) -> None:
    """A seat costs its share of the horizon, or its whole price if it counts in full."""
    count, whole = row.renewed + row.new + row.added, row.in_full
    expected = {
        "unit_price": unit,
        "cost": share * (count - whole) + unit * whole,
        "commitment": unit * count,
    }
    for name, amount in expected.items():
        told = getattr(row, name)
        notes.expect(
            told == amount, f"`{name}` of {count} {seats} from {row.contract_start} is {amount}, not {told}"
        )


def _added_row(
    row: SeatRow, scenario: Scenario, offer: Offer, holdings: Sequence[Holding], notes: Notes
) -> None:
    """Added seats are stated, or join a contract where the offer says so, and cost the days of their term."""
    seat, count = seat_of(row), row.added
    _, begin, finish = seat
    stated = additions_of(scenario, holdings).get(seat, (0,))[0]
    joins = begin in new_seat_days(offer, scenario.horizon) and end_joined(offer, holdings, begin) == finish
    notes.expect(
        count <= stated or joins, f"{count - stated} seats of {offer.id} may not be added on {begin}"
    )
    unit = added_price(scenario, offer, begin, finish)
    if unit is None or finish <= begin:
        notes.fail(f"{offer.id} has no price on {begin}")
        return
    _costs(row, unit, seat_cost(scenario, unit, begin, finish), f"added seats of {offer.id}", notes)


def _holdings(rows: Sequence[SeatRow], scenario: Scenario, holdings: Sequence[Holding], notes: Notes) -> None:
    """All owned seats are listed with their subscription, and no more are renewed than end on the day."""
    start = scenario.horizon.start
    ending: dict[tuple[str, date, str], int] = defaultdict(int)
    live: dict[tuple[Seat, str], int] = defaultdict(int)
    for h in holdings:
        first = max(start, h.from_ or start)
        if first < scenario.horizon.end:
            ending[h.offer, h.ends, h.subscription_id] += h.quantity
            live[(h.offer, first, h.ends), h.subscription_id] += h.quantity if first < h.ends else 0
    listed: dict[tuple[Seat, str], int] = defaultdict(int)
    renewed: dict[tuple[str, date, str], int] = defaultdict(int)
    for row in rows:
        name = row.subscription_id
        listed[seat_of(row), name] += row.owned
        ending[row.offer, day_of(row.contract_end), name] += row.added
        renewed[row.offer, day_of(row.contract_start), name] += row.renewed
    for key in sorted({*live, *listed}):
        (offer, first, day), name = key
        of = f" of subscription {name}" if name else ""
        notes.expect(
            listed[key] == live[key],
            f"{listed[key]} owned seats of {offer} from {first} until {day}{of}, "
            f"the holdings have {live[key]}",
        )
    for (offer, day, name), count in renewed.items():
        held = ending[offer, day, name]
        of = f" of subscription {name}" if name else ""
        notes.expect(count <= held, f"{count} renewals of the {held} seats of {offer} that end on {day}{of}")
        if count:
            inside = scenario.horizon.start <= day < scenario.horizon.end
            notes.expect(inside, f"a renewal of {offer} on {day} is outside the horizon")


def purchases(doc: PlanDocument, scenario: Scenario, notes: Notes) -> None:
    """Packs are bought on allowed days, in whole increments, in their tier and at its price."""
    tokens = scenario.tokens
    allowed = set(scenario.purchase_dates())
    for row in doc.purchases:
        day, count = day_of(row.date), row.tokens
        notes.expect(day in allowed, f"{day} is not a purchase date")
        ends = expiry_of(tokens, day)
        notes.expect(day_of(row.expires) == ends, f"the pack of {day} expires on {ends}, not {row.expires}")
        notes.expect(
            count > 0 and count % tokens.increment == 0,
            f"{count} tokens on {day} are not whole increments of {tokens.increment}",
        )
        tier = tier_of(tokens, count, day)
        if tier is None:
            notes.fail(f"{count} tokens on {day} are below the minimum purchase")
            continue
        price = token_price(scenario, tier)
        notes.expect(
            row.tier_from == tier.from_,
            f"{count} tokens on {day} are in the tier from {tier.from_}, not {row.tier_from}",
        )
        notes.expect(
            row.unit_price == price,
            f"a token of {day} costs {price}, not {row.unit_price}",
        )
        cost = scenario.money.round(price * count)
        notes.expect(row.cost == cost, f"the pack of {day} costs {cost}, not {row.cost}")
    days = [row.date for row in doc.purchases]
    notes.expect(len(days) == len(set(days)), "two purchases on one day")
    most = tokens.max_purchases
    notes.expect(most is None or len(days) <= most, f"{len(days)} purchases are more than max_purchases")


def limits(
    doc: PlanDocument,
    scenario: Scenario,
    holdings: Sequence[Holding],
    pool: PoolReplay,
    notes: Notes,
) -> None:
    """Oversize, maxima and budgets."""
    tokens, stated = scenario.tokens, additions_of(scenario, holdings)
    bought = sum(row.tokens for row in doc.purchases)
    if tokens.max_oversize is not None:
        smallest = smallest_bought(scenario)
        needed = sum((d.drawn for d in pool.holds.values()), Fraction(0))
        most = (1 + Fraction(tokens.max_oversize)) * needed + smallest
        notes.expect(bought <= most + TOLERANCE, f"{bought} tokens are more than max_oversize allows")
    for offer in scenario.offers:
        if offer.maximum is None:
            continue
        rows = [r for r in doc.seats if r.offer == offer.id]
        for day in sorted({day_of(r.contract_start) for r in rows}):
            live = sum(
                # an owned or stated seat counts only while it is assigned, one that is bought always
                max(r.assigned, r.added - stated.get(seat_of(r), (0,))[0])
                if r.owned or r.added
                else r.renewed + r.new
                for r in rows
                if day_of(r.contract_start) <= day < day_of(r.contract_end)
            )
            notes.expect(
                live <= offer.maximum,
                f"{live} seats of {offer.id} on {day} are more than the maximum of {offer.maximum}",
            )
    for budget in scenario.budgets:
        invoices = [(day_of(r.contract_start), r.commitment) for r in doc.seats if not r.owned]
        invoices += [(day_of(r.date), r.cost) for r in doc.purchases]
        spent = sum((amount for day, amount in invoices if budget.from_ <= day < budget.to), Decimal(0))
        notes.expect(spent <= budget.amount, f"{spent} exceeds the {budget.amount} of budget {budget.id}")
