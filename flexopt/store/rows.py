"""The rows of the plan's tables; plan.json, its schema and the CSV files have their columns in this order."""

from __future__ import annotations

from typing import Literal

from flexopt.store.values import Amount, Count, Name, PlanDay, PlanPart, Text

OrderKind = Literal["seats", "addition", "tokens"]


class AssignmentRow(PlanPart):
    """Who has which access: one row per user, product and access."""

    user: Name
    """The user, as the usage names them."""
    product: Name
    """Id of the product in the scenario."""
    group: Text
    """From the people table; empty without one."""
    access: Literal["named", "flex"]
    """A seat, or tokens."""
    offer: Text
    """The seat's offer; empty on Flex."""
    contract_start: PlanDay | None
    """First day of the seat's contract; none on Flex."""
    contract_end: PlanDay | None
    """First day after the contract; none on Flex."""
    days: Amount
    """Forecast chargeable days in the horizon that this row serves."""
    tokens: Amount
    """Tokens those days use, without buffer; 0 with a seat."""
    cost: Amount
    """Money: what the row is charged: its share of the seat, or of the packs its tokens are drawn from."""
    seat_price: Amount | None
    """Money: the whole seat in the horizon; on Flex, the cheapest new seats for the same days."""
    flex_price: Amount | None
    """Money: tokens for those days, with buffer; none if the product is not on Flex."""
    break_even_days: Amount | None
    """Days in the horizon at which a new seat costs as much as tokens."""
    segment: Literal["power", "edge", "occasional"]
    """The user's days as a share of the break-even."""
    reason: Text
    """The reason for the decision in a sentence."""


class SeatRow(PlanPart):
    """Which seats to renew or buy: one row per offer, kind, start and subscription."""

    offer: Name
    """Id of the offer."""
    contract_start: PlanDay
    """First day with the seats."""
    contract_end: PlanDay
    """First day without them."""
    owned: Count
    """Seats already owned, nothing to pay."""
    renewed: Count
    """Seats to renew."""
    new: Count
    """Seats to buy."""
    added: Count
    """Seats to add to a contract, co-termed."""
    unit_price: Amount
    """Money: one seat for the whole term, after discounts."""
    cost: Amount
    """Money: all of them for the part of the term inside the horizon."""
    commitment: Amount
    """Money: all of them for the whole term."""
    assigned: Count
    """Seats assigned to a user."""
    in_full: Count
    """Seats bought for people who leave before the contract ends."""
    subscription_id: Text
    """The subscription that the seats belong to; empty for new seats."""


class PurchaseRow(PlanPart):
    """Which token packs to buy when."""

    date: PlanDay
    """Purchase date, and first day of use."""
    tokens: Count
    """Tokens to buy."""
    tier_from: Count
    """Tokens from which this price applies."""
    unit_price: Amount
    """Money: one token, after discounts."""
    cost: Amount
    """Money: the pack."""
    expires: PlanDay
    """First day on which it cannot be used."""


class OrderRow(PlanPart):
    """The order: a row per date, offer, contract and subscription, and one per pack."""

    date: PlanDay
    """Day on which the seats held end and those ordered start; first day in the horizon of seats kept."""
    kind: OrderKind
    """Seats; seats added to a contract; a token pack."""
    offer: Text
    """Id of the offer; empty for tokens."""
    have: Count
    """Seats held until that day, or kept."""
    renew: Count
    """Seats to renew."""
    reduce: Count
    """Seats not renewed."""
    keep: Count
    """Seats that outlast the horizon, nothing to do."""
    new: Count
    """Seats to buy."""
    addition: Count
    """Seats to add to a contract, co-termed."""
    tokens: Count
    """Tokens to buy."""
    ends: PlanDay | None
    """First day without them; none if no seats are left."""
    unit_price: Amount | None
    """Money: one seat for the whole term, or one token; none if nothing is bought."""
    amount: Amount
    """Money: all of them for the whole term."""
    subscription_id: Text
    """The subscription that the seats belong to; empty for new seats."""


class PaymentRow(PlanPart):
    """An invoice: all seats of an offer ordered on a day, its additions, or a pack."""

    date: PlanDay
    """Day of the invoice."""
    month: Text
    """Its month."""
    fiscal_year: Text
    """Its fiscal year."""
    kind: OrderKind
    """As in the order."""
    offer: Text
    """Id of the offer; empty for tokens."""
    ordered: PlanDay
    """Day of the order."""
    instalment: Count
    """Number of the instalment, from 1."""
    instalments: Count
    """How many there are."""
    amount: Amount
    """Money."""


class LedgerRow(PlanPart):
    """The tokens in one period, if the forecast holds, and if the buffer is used in full as well."""

    period_start: PlanDay
    """First day."""
    period_end: PlanDay
    """First day after."""
    opening: Amount
    """Tokens at the start."""
    bought: Amount
    """Tokens bought on that day."""
    used: Amount
    """Tokens used according to the forecast."""
    expired: Amount
    """Tokens that expire at the end of the period if the forecast holds."""
    closing: Amount
    """Tokens at its end if the forecast holds."""
    buffer: Amount
    """Tokens kept on top of the forecast."""
    opening_with_buffer: Amount
    """Tokens at the start if the buffer is used in full."""
    expired_with_buffer: Amount
    """Tokens that expire all the same if it is."""
    closing_with_buffer: Amount
    """Tokens at the end of the period if it is."""


class ChargeRow(PlanPart):
    """What a group and cost centre is charged for one kind of thing in one month."""

    month: Text
    """A calendar month of the horizon, such as 2026-01."""
    group: Text
    """From the people table; empty without one, and for what nobody uses."""
    cost_centre: Text
    """The same."""
    kind: Literal["seat", "tokens", "per-result service", "empty seat", "buffer", "unused tokens"]
    """What it is for."""
    quantity: Amount
    """Days of use on seats, empty seats, or tokens."""
    amount: Amount
    """Money; all rows add up to the total."""


class LeftOutRow(PlanPart):
    """Use that is not planned."""

    user: Name
    """The user, as the usage names them."""
    product: Text
    """The product, as the usage or the scenario names it."""
    days: Count
    """Chargeable days."""
    reason: Text
    """Why it is not planned."""


TABLES: dict[str, type[PlanPart]] = {
    "assignment": AssignmentRow,
    "seats": SeatRow,
    "purchases": PurchaseRow,
    "order": OrderRow,
    "payments": PaymentRow,
    "ledger": LedgerRow,
    "charges": ChargeRow,
    "left_out": LeftOutRow,
}
"""The plan's tables by their key."""
