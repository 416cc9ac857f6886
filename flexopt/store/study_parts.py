"""What other commands add to a plan: `comparison`, `sensitivity` and `review`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from flexopt.store.values import Amount, Count, Difference, Flag, Name, PlanDay, PlanPart, Text


class QuoteOffer(PlanPart):
    """Seats of one offer in a quote's plan."""

    offer: Name
    """Id of the offer."""
    name: Name
    """What reports call it: its name, or its id."""
    seats: Count
    """Most seats at once, owned ones too."""
    cost: Amount
    """Money in the horizon."""


class QuotePurchase(PlanPart):
    """A token pack in a quote's plan."""

    date: PlanDay
    """Purchase date."""
    tokens: Count
    """Tokens to buy."""
    unit_price: Amount
    """Money: one token."""
    cost: Amount
    """Money: the pack."""


class Quote(PlanPart):
    """The plan of one scenario compared."""

    id: Name
    """The stem of its file name, with a number if two are the same."""
    label: Name
    """What tables and charts call it: its label, or its id."""
    name: Text
    """Name of the scenario."""
    status: Literal["optimal", "feasible"]
    """As in plan.json."""
    total: Amount
    """Money."""
    bound: Amount
    """Money: no plan costs less."""
    gap: Amount
    """(total - bound) / total."""
    seats: Amount
    """Money: seats inside the horizon."""
    tokens: Amount
    """Money: packs."""
    commitment: Amount
    """Money: whole terms of the seats, plus packs."""
    annual_seats: Count
    """Most seats bought that there are at once, of terms of 12 months or more."""
    monthly_seats: Count
    """The same of shorter terms."""
    seat_months: Count
    """Months of the seats bought with shorter terms."""
    seats_owned: Count
    """Seats owned."""
    tokens_bought: Count
    """Tokens in packs."""
    tokens_used: Amount
    """Tokens according to the forecast."""
    tokens_buffer: Amount
    """Tokens kept as buffer."""
    tokens_expired: Amount
    """Tokens that expire if the forecast holds."""
    tokens_left: Amount
    """Tokens left at the end if the forecast holds."""
    used_cost: Amount
    """Money: the tokens used."""
    buffer_cost: Amount
    """Money: the buffer."""
    expired_cost: Amount
    """Money: the tokens that expire if the forecast holds."""
    left_cost: Amount
    """Money: the tokens left if the forecast holds."""
    tokens_expired_with_buffer: Amount
    """Tokens that expire even if the buffer is used in full."""
    tokens_left_with_buffer: Amount
    """Tokens left even if it is."""
    expired_cost_with_buffer: Amount
    """Money: those that expire even if it is."""
    left_cost_with_buffer: Amount
    """Money: those left even if it is."""
    effective_token_price: Amount | None
    """Money per token used; none if no tokens are used."""
    difference: Difference
    """Money: its total less the first's."""
    users_changed: Count
    """Users with a row in `changes`."""
    offers: tuple[QuoteOffer, ...]
    """Seats by offer."""
    purchases: tuple[QuotePurchase, ...]
    """Its packs."""


class RegretNote(PlanPart):
    """Why a cell of `regret` is none, and what to do; or which part of it is not proven."""

    plan: Name
    """Id of the plan kept."""
    quote: Name
    """Id of the quote signed."""
    note: Text
    """The note."""


class QuoteDrivers(PlanPart):
    """Why a scenario costs more or less than the first, in money; they add up to `difference`."""

    scenario: Name
    """Id of the scenario."""
    seat_price: Difference
    """Money: the first plan's seats at the other quote's prices."""
    token_price: Difference
    """Money: the first plan's packs at the other quote's prices."""
    tier: Difference
    """Money: another tier."""
    mix: Difference
    """Money: the rest."""
    difference: Difference
    """Money: the scenario's total less the first's."""


class AccessChange(PlanPart):
    """Access that differs from the first scenario's plan."""

    scenario: Name
    """Id of the scenario."""
    user: Name
    """The user."""
    product: Name
    """Id of the product."""
    before: Text
    """Access in the first plan: offers and `Flex`, joined by ` + `; empty for none."""
    after: Text
    """Access in the scenario's plan."""


class ComparisonPart(PlanPart):
    """Plans of quotes and why they differ: `flexopt compare`."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", strict=True)]
    """Of every amount."""
    scenarios: Annotated[tuple[Quote, ...], Field(min_length=1)]
    """In the order given; the first is the baseline."""
    cheapest: Name
    """Id of the scenario with the lowest total."""
    regret: tuple[tuple[Difference | None, ...], ...]
    """Money: the cost of signing j with the plan of i; none if impossible; below 0 only with a threshold."""
    notes: tuple[RegretNote, ...]
    """Notes on single cells of `regret`."""
    drivers: tuple[QuoteDrivers, ...]
    """One for each scenario except the first."""
    changes: tuple[AccessChange, ...]
    """Who gets other access."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        ids = [quote.id for quote in self.scenarios]
        if len({*ids}) < len(ids):
            raise ValueError("`scenarios` has an `id` twice")
        if self.cheapest not in ids:
            raise ValueError(f"`cheapest` is `{self.cheapest}`, which is not one of `scenarios`")
        if [len(row) for row in self.regret] != [len(ids)] * len(ids):
            raise ValueError("`regret` does not have a row and a column for each of `scenarios`")
        if [row.scenario for row in self.drivers] != ids[1:]:
            raise ValueError("`drivers` does not have a row for each of `scenarios` except the first")
        named = {row.scenario for row in self.changes} | {
            name for n in self.notes for name in (n.plan, n.quote)
        }
        if others := named.difference(ids):
            raise ValueError(f"`{min(others)}` is not one of `scenarios`")
        return self


class _Versioned(PlanPart):
    """A file of its own, whose first key is its schema."""

    schema_: str = Field(alias="schema")
    """Version of the contract."""


class ComparisonDocument(ComparisonPart, _Versioned):
    """comparison.json."""

    schema_: Literal["flexopt.comparison/1"] = Field(alias="schema", default="flexopt.comparison/1")
    """Version of the contract."""

    @property
    def part(self) -> ComparisonPart:
        """The same as a part of plan.json."""
        return ComparisonPart.model_construct(
            **{name: getattr(self, name) for name in ComparisonPart.model_fields}
        )


class LeverEnd(PlanPart):
    """A lever moved down or up."""

    value: Difference
    """The lever's value there, in its unit."""
    total: Amount | None
    """Money; none if no plan satisfies all rules."""
    annual_seats: Count | None
    """As in the summary; none without a plan."""
    monthly_seats: Count | None
    """The same."""
    tokens_bought: Count | None
    """Tokens; none without a plan."""


class LeverRow(PlanPart):
    """A price or assumption that was moved."""

    lever: Name
    """Its name."""
    label: Text
    """The same in words."""
    value: Difference
    """Its current value, in its unit."""
    low: LeverEnd
    """Moved down."""
    high: LeverEnd
    """Moved up."""


class Grid(PlanPart):
    """Totals by two levers."""

    x: Name
    """Lever of the columns."""
    y: Name
    """Lever of the rows."""
    x_values: Annotated[tuple[Difference, ...], Field(min_length=1)]
    """Values of `x`."""
    y_values: Annotated[tuple[Difference, ...], Field(min_length=1)]
    """Values of `y`."""
    totals: tuple[tuple[Amount | None, ...], ...]
    """Money: a list for each of `y_values`, with a total for each of `x_values`."""

    @model_validator(mode="after")
    def _shape(self) -> Self:
        if [len(row) for row in self.totals] != [len(self.x_values)] * len(self.y_values):
            raise ValueError("`totals` does not have a total for each of `x_values` and `y_values`")
        return self


class FlipSide(PlanPart):
    """One of two solves with opposite answers."""

    value: Difference
    """The lever's value, in its unit."""
    total: Amount | None
    """Money; none if no plan is possible."""
    answer: Text
    """The answer in words."""


class Flip(PlanPart):
    """A price at which an answer flips."""

    question: Text
    """The answer that flips."""
    lever: Name
    """The lever that is moved."""
    unit: Text
    """The unit of its values."""
    below: FlipSide | None
    """The answer below the price; none if no price flips it."""
    above: FlipSide | None
    """The answer above the price."""
    note: Text
    """The distance from today's price, or why there is none."""


class OnePercent(PlanPart):
    """The value of one more percent off a list price."""

    lever: Name
    """The offer or tokens."""
    label: Text
    """The same in words."""
    saving: Difference
    """Money."""


class SensitivityPart(PlanPart):
    """What drives the total: `flexopt sensitivity`."""

    total: Amount
    """Money: the plan's total."""
    step: Amount
    """How far each lever is moved, as a share."""
    levers: tuple[LeverRow, ...]
    """The tornado, widest first."""
    grids: tuple[Grid, ...]
    """Totals by two levers."""
    indifference: tuple[Flip, ...]
    """Prices at which an answer flips."""
    negotiation: tuple[OnePercent, ...]
    """The value of one more percent off, largest first."""


Moved = Literal["to collection", "to seat", "to Flex", "release", "new", "keep"]


class MoveRow(PlanPart):
    """A user's access to a product today and in the plan."""

    user: Name
    """The user."""
    product: Text
    """Id of the product."""
    group: Text
    """From the people table."""
    move: Moved
    """The kind of change."""
    before: Text
    """Access today: offers and `Flex`, joined by ` + `; empty for none."""
    after: Text
    """Access in the plan."""
    saving: Difference | None
    """Money: the extra cost of keeping today's access; none on further rows of products moved together."""


class MoveCounts(PlanPart):
    """Rows of `moves` by `move`."""

    to_collection: Count = Field(alias="to collection")
    to_seat: Count = Field(alias="to seat")
    to_flex: Count = Field(alias="to Flex")
    release: Count
    new: Count
    keep: Count


class DoubleUse(PlanPart):
    """A seat holder who took tokens for a product that the seat covers."""

    user: Name
    product: Text
    offer: Text
    flex_days: Count
    """Days in the history with token use."""


class IdleSeat(PlanPart):
    """A seat without use in the last days of the history."""

    user: Name
    product: Text
    offer: Text
    last_use: PlanDay | None
    """None: never."""


class Leaver(PlanPart):
    """Access of somebody who leaves before the horizon ends."""

    user: Name
    product: Text
    offer: Text
    leaves: PlanDay
    """From the people table."""


class ReviewCheck(PlanPart):
    """One of the seven checks."""

    code: Name
    """`R1` to `R7`."""
    name: Text
    """The mistake it looks for."""
    found: Flag
    """Whether the mistake was found."""
    count: Count
    """Number of cases."""
    message: Text
    """The figures that were checked."""
    repair: Text
    """What to do about it; empty if not found."""


class ReviewPart(PlanPart):
    """Today's access compared with the plan: `flexopt review`."""

    today: Amount | None
    """Money: today's access; none if it is no longer possible."""
    total: Amount
    """Money: the plan."""
    saving: Difference | None
    """Money: `today` less `total`."""
    moves: tuple[MoveRow, ...]
    """A row for every user and product in the table or the plan, largest saving first."""
    counts: MoveCounts
    """Rows of `moves` by `move`."""
    double_use: tuple[DoubleUse, ...]
    """Tokens taken despite a seat."""
    idle: tuple[IdleSeat, ...]
    """Seats without use."""
    leavers: tuple[Leaver, ...]
    """Access of people who leave."""
    checks: tuple[ReviewCheck, ...]
    """The seven checks."""
