"""plan.json, the contract: what is written, and what is accepted when it is read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, PrivateAttr, model_serializer
from pydantic import SerializerFunctionWrapHandler as Handler

from flexopt.base.columns import ColumnTable
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.big_table import Rows
from flexopt.store.rows import (
    AssignmentRow,
    ChargeRow,
    LedgerRow,
    LeftOutRow,
    OrderRow,
    PaymentRow,
    PurchaseRow,
    SeatRow,
)
from flexopt.store.study_parts import ComparisonPart, ReviewPart, SensitivityPart
from flexopt.store.tables import BaselineName
from flexopt.store.values import Amount, Count, Difference, Dual, Name, PlanDay, PlanPart, Text


class Span(PlanPart):
    """A piece of time."""

    start: PlanDay
    """First day."""
    end: PlanDay
    """First day after."""


class History(PlanPart):
    """The days of usage that the forecast is based on."""

    first: PlanDay
    """First day."""
    last: PlanDay
    """Last day."""


class Summary(PlanPart):
    """The figures of the plan without its rows."""

    seats: Amount
    """Money: seats inside the horizon."""
    tokens: Amount
    """Money: packs."""
    commitment: Amount
    """Money: whole terms of the seats, plus packs."""
    paid_in_horizon: Amount
    """Money: what of it is invoiced before the horizon ends."""
    paid_later: Amount
    """Money: what of it is invoiced afterwards, in instalments."""
    users: Count
    """Users planned."""
    users_named_only: Count
    """Users with seats only."""
    users_flex_only: Count
    """Users with tokens only."""
    users_both: Count
    """Users with both."""
    annual_seats: Count
    """Most seats bought that there are at once, of terms of 12 months or more."""
    monthly_seats: Count
    """The same of shorter terms."""
    seat_months: Count
    """Months of the seats bought with shorter terms."""
    seats_owned: Count
    """Seats owned, nothing to pay."""
    tokens_bought: Count
    """Tokens in packs."""
    tokens_used: Amount
    """Tokens according to the forecast, without buffer."""
    tokens_buffer: Amount
    """Tokens kept as buffer on top of the forecast."""
    tokens_expired: Amount
    """Tokens that expire during the horizon if the forecast holds."""
    tokens_left: Amount
    """Tokens left at its end if the forecast holds."""
    used_cost: Amount
    """Money: packs, the tokens used."""
    buffer_cost: Amount
    """Money: packs, the buffer; part of what expires or is left."""
    expired_cost: Amount
    """Money: packs, the tokens that expire if the forecast holds."""
    left_cost: Amount
    """Money: packs, the tokens left if the forecast holds."""
    tokens_expired_with_buffer: Amount
    """Tokens that expire even if the buffer is used in full."""
    tokens_left_with_buffer: Amount
    """Tokens left even if it is."""
    expired_cost_with_buffer: Amount
    """Money: packs, the tokens that expire even if the buffer is used in full."""
    left_cost_with_buffer: Amount
    """Money: packs, the tokens left even if it is."""
    purchases: Count
    """Packs."""
    token_price: Amount
    """Money: average price of a token in the plan."""
    effective_token_price: Amount | None
    """Money: cost of the packs per token used; none if no tokens are used."""
    users_to_flex: Count | None
    """Users with a seat today and only tokens in the plan; none without the access table."""
    users_to_seats: Count | None
    """Users with tokens today and a seat in the plan; none without the table."""
    users_idle: Count | None
    """Users with a seat today and no use to plan; none without the table."""


class BaselineCost(PlanPart):
    """What an alternative would cost at the same prices."""

    total: Amount | None
    """Money; none if it has no cost."""
    seats: Amount | None
    """Money: its seats."""
    tokens: Amount | None
    """Money: its packs."""
    saving: Difference | None
    """Money: its total less the plan's."""
    note: Text
    """Why there is no total."""


class TokenPrice(PlanPart):
    """The value of one more token in the pool on these days."""

    start: PlanDay
    """First day."""
    end: PlanDay
    """First day after."""
    price: Amount
    """Money."""


class CutPrice(PlanPart):
    """The price of one row in a set of prices, with what names the row."""

    row: Literal["pool", "holding", "renewable", "order", "maximum", "budget", "oversize"]
    """The kind of row."""
    offer: Name | None = None
    """Id of the offer of a `holding`, `renewable`, `order` or `maximum`."""
    kind: Name | None = None
    """Kind of the contract of a `holding`, `renewable` or `order`."""
    id: Name | None = None
    """Id of a `budget`."""
    start: PlanDay | None = None
    """First day of the contract, the order or the piece of the pool."""
    end: PlanDay | None = None
    """First day after the contract."""
    counts: Literal["in full"] | None = None
    """Where the row is of seats that count in full."""
    price: Dual
    """A dual value: exact."""

    @model_serializer(mode="wrap")
    def _without_none(self, serialise: Handler) -> dict[str, object]:
        return {name: value for name, value in serialise(self).items() if value is not None}


class ProvenPrices(PlanPart):
    """Prices that prove the bound without a solver."""

    bound: Amount
    """Money: the bound that the prices prove."""
    cuts_found: Count
    """Sets of prices tried."""
    cuts: tuple[tuple[CutPrice, ...], ...]
    """The sets of prices that add to the proof."""


class Threshold(PlanPart):
    """What was minimised with `policy.min_saving`: the cost and the fees of changes."""

    contracts: Count
    """New contracts: seats of users that are neither owned, renewed nor stated additions."""
    moves: Count
    """Changes of today's access; products of one user that collections tie together are one."""
    objective: Amount
    """Money: the cost, `min_saving.contract` for each contract, and `min_saving.move` for each move."""
    bound: Amount
    """Money: no plan has a lower objective."""
    cheapest: Amount
    """Money: the cheapest plan known without the threshold."""
    prices: ProvenPrices
    """What stored prices prove of the objective."""


class Rounding(PlanPart):
    """What the rounding of invoices takes off a plan's cost at most."""

    amount: Amount
    """Money."""
    invoices: Count
    """Invoices that may be rounded."""


class Proof(PlanPart):
    """How far the plan is from the optimum at most."""

    cost: Amount
    """Money: cost of the plan."""
    bound: Amount
    """Money: no plan costs less."""
    gap: Amount
    """(cost - bound) / cost."""
    gap_asked: Amount
    """The gap at which the search may stop."""
    rounding: Rounding
    """What the rounding of invoices takes off at most."""
    solver: Text
    """Name and version."""
    seed: Count
    """Of the solver."""
    users_in_core: Count
    """Users whom the solver decided together."""
    choices_in_core: Count
    """Their decisions."""
    variables: Count
    """Size of the largest model given to the solver."""
    rows: Count
    """The same."""
    marginal_token_prices: tuple[TokenPrice, ...]
    """The value of one more token in the pool; no days without a live pack."""
    prices: ProvenPrices
    """The certificate."""
    threshold: Threshold | None
    """With `policy.min_saving`, what was minimised; `status`, `gap` and `rounding` are of it."""


class InputFile(PlanPart):
    """A file that the plan was made from."""

    file: Text
    """Relative to the scenario's folder."""
    sha256: Text
    """Of its bytes."""


class TableFile(PlanPart):
    """A file beside plan.json whose rows are not in it."""

    file: Text
    """Its name."""
    sha256: Text
    """Of its bytes."""


class FileCoverage(PlanPart):
    """What became of the rows of one usage file; the counts add up to `rows`."""

    file: Text
    """Relative to the scenario's folder."""
    format: Text
    """The kind of export."""
    rows: Count
    """All rows."""
    kept: Count
    """Rows that opened a chargeable day, or carry a summary."""
    repeated: Count
    """Rows for a chargeable day that another row already opened."""
    zero_token: Count
    """Rows with 0 tokens: launches of less than five minutes."""
    unknown_product: Count
    """Rows of products that the scenario does not have."""
    left_out: Count
    """Rows other than a person's day in a product."""
    rejected: Count
    """Rows with an error finding."""


class UsageCoverage(PlanPart):
    """How much of the usage is planned."""

    files: tuple[FileCoverage, ...]
    """One row per usage file."""
    rows_read: Count
    """Rows of all files."""
    users_in_usage: Count
    """Users with a day of use."""
    users_planned: Count
    """Users in the plan."""
    days_planned: Amount
    """Chargeable days in the horizon, before growth."""
    days_left_out: Count
    """Chargeable days that are not planned."""
    days_not_planned: Count
    """Of these: products the scenario does not have, and access `none`."""
    users_not_planned: Count
    """Users with no other days."""
    days_of_users_not_planned: Count
    """Their days."""


class FindingRow(PlanPart):
    """A warning or note about the inputs."""

    severity: Literal["error", "warning", "info"]
    """How bad it is."""
    code: Name
    """Stable code of the kind of finding."""
    file: Text
    """The file it is about."""
    row: Count | None
    """Its line; none for the whole file."""
    column: Text
    """Column of a table or key of the scenario."""
    message: Text
    """What was found."""
    count: Count
    """Rows it covers."""
    hint: Text
    """What to do about it."""


class PlanDocument(PlanPart):
    """A plan: the complete contract, from which every other file is made."""

    model_config = ConfigDict(title="flexopt plan")

    schema_: Literal["flexopt.plan/1"] = Field(alias="schema")
    """Version of the contract."""
    flexopt: Text
    """Version that wrote the plan."""
    name: Text
    """Of the scenario."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", strict=True)]
    """Of the scenario."""
    horizon: Span
    """The time planned."""
    history: History
    """The usage that the forecast is based on."""
    status: Literal["optimal", "feasible"]
    """Proven within `gap_asked`, or not."""
    total: Amount
    """Money: seats inside the horizon, plus packs."""
    summary: Summary
    """Figures of the plan."""
    baselines: dict[BaselineName, BaselineCost]
    """The alternatives at the same prices."""
    proof: Proof
    """How far the plan is from the optimum at most."""
    inputs: tuple[InputFile, ...]
    """The files that the plan was made from."""
    coverage: UsageCoverage
    """How much of the usage is planned."""
    findings: tuple[FindingRow, ...]
    """Warnings and notes about the inputs."""
    assignment: Annotated[ColumnTable, Rows(AssignmentRow)]
    """Who has which access."""
    seats: tuple[SeatRow, ...]
    """Which seats to renew or buy."""
    holdings: tuple[Holding, ...]
    """The seats owned or renewable at the start."""
    purchases: tuple[PurchaseRow, ...]
    """Which token packs to buy when."""
    order: tuple[OrderRow, ...]
    """What becomes of the seats held, and what is bought."""
    payments: tuple[PaymentRow, ...]
    """What is invoiced when."""
    ledger: tuple[LedgerRow, ...]
    """The tokens, period by period."""
    charges: tuple[ChargeRow, ...]
    """What each group and cost centre is charged, month by month."""
    files: tuple[TableFile, ...]
    """`charges.csv`, by user and product."""
    left_out: Annotated[ColumnTable, Rows(LeftOutRow)]
    """Use that is not planned."""
    scenario: Scenario
    """The scenario as planned."""
    comparison: ComparisonPart | None = None
    """Added by `flexopt compare`."""
    sensitivity: SensitivityPart | None = None
    """Added by `flexopt sensitivity`."""
    review: ReviewPart | None = None
    """Added by `flexopt review`."""
    sha256: Text | None = None
    """Of plan.json without this line: an edit shows. It is no signature."""

    _charge_rows: ColumnTable | None = PrivateAttr(None)

    @property
    def charge_rows(self) -> ColumnTable | None:
        """The rows of charges.csv of a plan that was just made; plan.json does not have them."""
        return self._charge_rows

    def with_charge_rows(self, rows: ColumnTable) -> Self:
        """The same plan, with the rows of its charges.csv."""
        plan = self.model_copy()
        plan._charge_rows = rows
        return plan


class SummaryDocument(PlanPart):
    """summary.json: what programs need from a plan without its rows."""

    schema_: Literal["flexopt.summary/1"] = Field(alias="schema", default="flexopt.summary/1")
    name: Text
    currency: Text
    horizon: Span
    status: Text
    total: Amount
    summary: Summary
    baselines: dict[str, BaselineCost]
    proof: Proof
