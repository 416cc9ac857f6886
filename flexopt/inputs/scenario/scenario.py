"""The scenario, as a planner edits it: frozen and complete; unknown keys are refused.

This file is only the schema; `load.py` reads YAML, `extends` and the tables beside the scenario.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from flexopt.base.dates import add_months, anniversaries
from flexopt.base.money import Currency
from flexopt.inputs.scenario.fields import (
    MAX,
    Amount,
    Count,
    Day,
    FileName,
    Flag,
    Id,
    Number,
    Part,
    Positive,
    Share,
)
from flexopt.inputs.scenario.use import DemandOptions, UsageFiles


class Horizon(Part):
    start: Day
    """First day to plan."""
    months: Annotated[int, Field(ge=1, le=120, strict=True)] = 12
    """Length in months."""

    @model_validator(mode="after")
    def _calendar(self) -> Self:
        if not 1990 <= self.start.year <= 2200:
            raise ValueError("the horizon must start between 1990 and 2200")
        return self

    @property
    def end(self) -> date:
        """First day after the horizon."""
        return add_months(self.start, self.months)


class Rate(Part):
    from_: Day = Field(alias="from")
    """First day of the rate."""
    tokens: Annotated[Number, Field(ge=0, le=1_000_000)]
    """Tokens for one chargeable day."""
    source: str = ""
    """Source of the rate."""
    estimate: Flag = False
    """Whether the rate is an estimate; reports say so beside it."""


class Product(Part):
    id: Id
    aliases: tuple[Id, ...] = ()
    """Other names of the product in usage files."""
    flex: Flag = True
    """Whether the product can be used with tokens."""
    rates: tuple[Rate, ...] = ()
    """Dated rates; the one in force on the day of use applies."""


class Price(Part):
    from_: Day = Field(alias="from")
    """First day of the price."""
    new: Amount
    """Price of a new seat for the whole term, before negotiated discounts."""
    renewal: Amount | None = None
    """Price of renewing an owned seat for the whole term; defaults to the new price."""
    source: str = ""
    """Source of the price."""
    estimate: Flag = False
    """Whether a price of this entry is an estimate; reports say so beside it."""


class Instalments(Part):
    """Equal parts of an invoice, the first on the day of the order; cents left over go to the first ones."""

    number: Annotated[int, Field(ge=2, le=120, strict=True)]
    """Number of instalments."""
    every_months: Annotated[int, Field(ge=1, le=120, strict=True)]
    """Months from one instalment to the next."""


class SeatTier(Part):
    from_: Positive = Field(alias="from")
    """Seats in one order (same offer, same start) from which the discount applies to all of them."""
    discount: Share


class Offer(Part):
    id: Id
    name: Annotated[str, Field(max_length=200, strict=True)] = ""
    """Name of the offer in reports; without one they show the id."""
    aliases: tuple[Id, ...] = ()
    """Names of the offer in Subscriptions exports."""
    covers: Annotated[tuple[Id, ...], Field(min_length=1)]
    """Products that a seat of the offer gives access to; more than one is a collection."""
    term_months: Annotated[int, Field(ge=1, le=120, strict=True)]
    prices: Annotated[tuple[Price, ...], Field(min_length=1)]
    """Dated prices; the one in force on the day the seat starts applies."""
    starts: Literal["monthly"] | tuple[Day, ...] = ()
    """Further days on which seats may start: every month anniversary of the horizon, or these dates."""
    tiers: tuple[SeatTier, ...] = ()
    """All-units discounts by order size, on top of the negotiated discount."""
    minimum: Count = 0
    """Minimum number of seats in an order, if there is one."""
    maximum: Count | None = None
    """Maximum number of seats of the offer at any time, including those owned."""
    co_term: Flag | Day | None = None
    """Seats bought while a holding of the offer lasts end with it, priced by days; a date: that end."""
    instalments: Instalments | None = None
    """How an order is invoiced, if not all of it on the day the seats start; additions are not divided."""

    @property
    def title(self) -> str:
        """What reports call the offer."""
        return self.name.strip() or self.id


class TokenTier(Part):
    from_: Positive = Field(alias="from")
    """Tokens in one purchase from which the price applies to all of them; the first is the minimum."""
    price: Annotated[Number, Field(ge=0, le=1_000_000)]
    """Price of one token, before the negotiated discount."""
    source: str = ""
    """Source of the price."""
    estimate: Flag = False
    """Whether the price is an estimate; reports say so beside it."""


class TokenTiers(Part):
    from_: Day = Field(alias="from")
    """First day of these tiers."""
    tiers: Annotated[tuple[TokenTier, ...], Field(min_length=1)]


def _dated(tiers: Any) -> str:
    first = tiers[0] if isinstance(tiers, list | tuple) and tiers else None
    return (
        "dated"
        if isinstance(first, TokenTiers) or (isinstance(first, dict) and "tiers" in first)
        else "plain"
    )


class Tokens(Part):
    tiers: Annotated[
        Annotated[tuple[TokenTier, ...], Field(min_length=1), Tag("plain")]
        | Annotated[tuple[TokenTiers, ...], Field(min_length=1), Tag("dated")],
        Discriminator(_dated),
    ]
    """All-units prices by size of the purchase; or several such lists, dated by `from`."""
    increment: Positive = 100
    """Tokens are bought in multiples of this."""
    valid_days: Annotated[int, Field(ge=1, le=3660, strict=True)] = 365
    """A pack bought on day s can be used on s ... s + valid_days - 1."""
    purchase_dates: Literal["start", "quarterly", "monthly"] | tuple[Day, ...] = "start"
    """Days on which packs may be bought."""
    buffer: Annotated[Number, Field(ge=0, le=10)] = Decimal(0)
    """Share bought on top of the forecast."""
    max_oversize: Annotated[Number, Field(ge=0, le=1000)] | None = None
    """0.20: buy at most 120 % of the forecast (without buffer), plus the smallest possible purchase."""
    max_purchases: Count | None = None
    """Maximum number of purchases in the horizon."""
    instalments: Instalments | None = None
    """How a purchase is invoiced, if not all of it on its day."""

    @property
    def tier_lists(self) -> tuple[TokenTiers, ...]:
        """The lists of tiers, sorted by their first day; a list without one has always applied."""
        plain = tuple(t for t in self.tiers if isinstance(t, TokenTier))
        dated = [t for t in self.tiers if isinstance(t, TokenTiers)]
        always = TokenTiers.model_construct(from_=date.min, tiers=plain)
        return (always,) if plain else tuple(sorted(dated, key=lambda t: t.from_))


class Negotiated(Part):
    seats: Share = Decimal(0)
    """Discount on every offer that is not named in `offers`."""
    offers: dict[Id, Share] = Field(default={})
    """Discount on an offer; replaces the general one."""
    tokens: Share = Decimal(0)
    """Discount on every token tier."""


class Holding(Part):
    offer: Id
    quantity: Positive
    """Seats owned."""
    from_: Day | None = Field(default=None, alias="from")
    """First day with the seats, if that is after the start of the horizon."""
    ends: Day
    """First day without the seats."""
    subscription_id: Annotated[str, Field(max_length=20_000, strict=True)] = ""
    """Id of the subscription the seats belong to."""


class Addition(Part):
    """Seats that join a contract, end with it and are priced by days: they are bought in any case."""

    offer: Id
    quantity: Positive
    """Seats added."""
    from_: Day = Field(alias="from")
    """First day with the seats."""
    ends: Day | None = None
    """First day without the seats; by default the end of the holding of the offer that lasts on that day."""


class OpeningPack(Part):
    tokens: Annotated[Number, Field(ge=0, le=MAX)]
    """Tokens left at the start of the horizon."""
    expires: Day
    """First day the pack cannot be used."""
    unit_price: Annotated[Number, Field(ge=0, le=1_000_000)] = Decimal(0)
    """Price paid per token; for information only."""


class Exchange(Part):
    """The rate at which prices of a base in another currency are converted."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", strict=True)]
    """Currency of the base."""
    rate: Annotated[Number, Field(gt=0, le=1_000_000)]
    """What one unit of it costs in the currency of the scenario."""
    source: str = ""
    """Source of the rate, and its day."""
    estimate: Flag = False
    """Whether the rate is an estimate: then every price converted at it is one, too."""


class AccessRule(Part):
    """An access rule for the users and products that match every selector given."""

    user: Id | None = None
    group: Id | None = None
    product: Id | None = None
    access: Literal["named", "flex", "none"]
    """`named`: never with tokens; `flex`: never with a seat; `none`: not planned at all."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if self.user is None and self.group is None and self.product is None:
            raise ValueError("a policy must name a user, a group or a product")
        return self


class MinSaving(Part):
    """What a change must save at least to be planned: a fee that the search adds, never in the bill."""

    contract: Amount = Decimal(0)
    """For every new term of a seat that a user gets, added ones too; renewed and owned seats are free."""
    move: Amount = Decimal(0)
    """For all products of a user that collections tie together, if any of it leaves today's access."""


class Policy(Part):
    """Rules of access, and what a change must save. A list alone is the rules."""

    rules: tuple[AccessRule, ...] = ()
    min_saving: MinSaving = MinSaving()


def policy_of(value: Any) -> Any:
    """The policy as a map: a list is its rules."""
    return {"rules": value} if isinstance(value, list | tuple) else value


_PolicyOrRules = Annotated[
    Policy, BeforeValidator(policy_of, json_schema_input_type=Policy | tuple[AccessRule, ...])
]


class Cloud(Part):
    service: Id
    monthly_tokens: Annotated[Number, Field(ge=0, le=MAX)]
    """Tokens for a per-result service in every month of the horizon, spread over its days."""
    buffer: Annotated[Number, Field(ge=0, le=10)] | None = None
    """Buffer for this service; defaults to `tokens.buffer`."""


class Budget(Part):
    """The most that may be invoiced in a fiscal period: seats (whole term, on their start date) and packs."""

    id: Id
    from_: Day = Field(alias="from")
    to: Day
    """First day after the fiscal period."""
    amount: Amount

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("`to` must be after `from`")
        return self


class SolverOptions(Part):
    name: Literal["cbc", "highs"] = "cbc"
    gap: Annotated[Number, Field(ge=0, lt=1)] = Decimal("0.000001")
    """Largest proven distance from the optimum, relative to the cost."""
    time_limit: Annotated[Number, Field(gt=0, le=1_000_000)] = Decimal(300)
    """Seconds to find and prove the plan; each comparison may take as long, but at most a minute."""
    threads: Annotated[int, Field(ge=1, le=1024, strict=True)] = 1
    seed: Annotated[int, Field(ge=0, le=2_000_000_000, strict=True)] = 1


class Scenario(Part):
    """Offers, prices, tokens, holdings and rules of one quote, and the location of its usage."""

    model_config = ConfigDict(title="flexopt scenario")

    schema_: Literal["flexopt.scenario/1"] = Field(alias="schema")
    name: Annotated[str, Field(max_length=20_000, strict=True)] = ""
    """Title of reports."""
    label: Annotated[str, Field(max_length=24, strict=True)] = ""
    """A few words for this quote in tables and charts beside others; without them its file name."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", strict=True)]
    """ISO 4217 code of every price."""
    exchange: tuple[Exchange, ...] = ()
    """Rates for prices of bases in other currencies, which are converted and rounded to the minor unit."""
    horizon: Horizon
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12, strict=True)] = 1
    """Month in which your fiscal year begins: 4 is April."""
    usage: UsageFiles = UsageFiles()
    demand: DemandOptions = DemandOptions()
    products: Annotated[tuple[Product, ...], Field(min_length=1)]
    offers: tuple[Offer, ...] = ()
    tokens: Tokens
    negotiated: Negotiated = Negotiated()
    holdings: tuple[Holding, ...] = ()
    additions: tuple[Addition, ...] = ()
    """Co-termed seats that will be bought on stated days."""
    subscriptions: tuple[FileName, ...] = ()
    """Subscriptions exports; their rows are added to the holdings."""
    subscription_ends: Literal["last_day", "first_day_without"] | None = None
    """What `end_date` is in Subscriptions exports; by default their own dates decide."""
    renewable_for: Annotated[int, Field(ge=0, le=3660, strict=True)] | None = None
    """Days after their end in which seats can be renewed: by default 45, and 30 after a monthly term."""
    users: tuple[FileName, ...] = ()
    """Users exports: who has what today, and which emails belong to which ids."""
    pool: tuple[OpeningPack, ...] = ()
    people: FileName | None = None
    """CSV of people: user, group, cost_centre, starts, leaves."""
    access: FileName | None = None
    """CSV of today's access: user, product, access (named | flex), offer."""
    policy: _PolicyOrRules = Policy()
    cloud: tuple[Cloud, ...] = ()
    budgets: tuple[Budget, ...] = ()
    solver: SolverOptions = SolverOptions()

    @property
    def money(self) -> Currency:
        """The currency, which rounds every amount to its minor unit."""
        return Currency(self.currency)

    @property
    def offer_by_id(self) -> dict[str, Offer]:
        return {o.id: o for o in self.offers}

    @property
    def product_by_id(self) -> dict[str, Product]:
        return {p.id: p for p in self.products}

    def purchase_dates(self) -> list[date]:
        """The days of the horizon on which packs may be bought, sorted."""
        step = {"start": self.horizon.months, "quarterly": 3, "monthly": 1}
        chosen = self.tokens.purchase_dates
        if isinstance(chosen, str):
            return anniversaries(self.horizon.start, self.horizon.end, step[chosen])
        return sorted({d for d in chosen if self.horizon.start <= d < self.horizon.end})


def normal(name: str) -> str:
    """The form in which names are compared: white space collapsed, case ignored."""
    return re.sub(r"\s+", " ", name).strip().casefold()
