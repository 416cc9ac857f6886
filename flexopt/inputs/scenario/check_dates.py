"""Tiers, dated prices and rates, limits, and dates that must meet the horizon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from flexopt.base.dates import add_months
from flexopt.base.text import count
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.rules.renewal import is_lost, lost_seats
from flexopt.inputs.scenario.checking import ScenarioCheck, tier_lists
from flexopt.inputs.scenario.scenario import Instalments, Offer, TokenTiers
from flexopt.inputs.scenario.yaml import KeyPath


def _tiers(run: ScenarioCheck) -> None:
    """S207: tiers rise; S225, S229: larger orders are not more expensive; S150, S210: days of token tiers."""
    path: KeyPath = ("tokens", "tiers")
    tokens = run.scenario.tokens
    for place, tiers in tier_lists(run):
        for index, (low, high) in enumerate(pairwise(tiers), start=1):
            _rising(run, (*place, index), low.from_, high.from_)
            if high.from_ > low.from_ and high.price > low.price:
                run.say(
                    "S225",
                    (*place, index, "price"),
                    f"the price rises from {low.price} to {high.price} with the size of the purchase",
                    "check the two prices; larger purchases are usually cheaper",
                    severity="warning",
                    value=high.price,
                )
    _once(run, path, [of.from_ for of in tokens.tiers if isinstance(of, TokenTiers)])
    first = tokens.tier_lists[0].from_
    early = [day for day in run.scenario.purchase_dates() if day < first]
    if early:
        run.say(
            "S150",
            path,
            f"no token price is in force on the purchase date {early[0]}: the first tiers are from {first}",
            f"add the tiers of that day, `- {{from: {early[0]}, tiers: [...]}}`, or later `purchase_dates`",
            value=early[0],
        )
    for number, offer in enumerate(run.scenario.offers):
        for index, (less, more) in enumerate(pairwise(offer.tiers), start=1):
            path = ("offers", number, "tiers", index)
            _rising(run, path, less.from_, more.from_)
            if more.from_ > less.from_ and more.discount < less.discount:
                run.say(
                    "S229",
                    (*path, "discount"),
                    f"the discount falls from {less.discount} to {more.discount} with the size of the order",
                    "check the two discounts; larger orders usually get more",
                    severity="warning",
                    value=more.discount,
                )


def _rising(run: ScenarioCheck, path: KeyPath, low: int, high: int) -> None:
    if high <= low:
        run.say(
            "S207",
            (*path, "from"),
            f"the tier from {high} comes after the tier from {low}",
            "sort the tiers by `from`; each quantity may occur once",
            value=high,
        )


def _dated(run: ScenarioCheck) -> None:
    """S209 rates, S210 repeated dates, S211 prices."""
    for index, product in enumerate(run.scenario.products):
        path: KeyPath = ("products", index)
        _once(run, (*path, "rates"), [r.from_ for r in product.rates])
        if product.flex and in_force(product.rates, run.start) is None:
            run.say(
                "S209",
                (*path, "rates"),
                f"`{product.id}` has no rate in force on {run.start}",
                "add its tokens per day from that date or before, or write `flex: false`",
                value=product.id,
            )
    for index, offer in enumerate(run.scenario.offers):
        _once(run, ("offers", index, "prices"), [p.from_ for p in offer.prices])
        if in_force(offer.prices, run.start) is None:
            first = min(p.from_ for p in offer.prices)
            run.say(
                "S211",
                ("offers", index, "prices"),
                f"the first price is dated {first}; no seat can be bought on {run.start}",
                "add the price in force at the start of the horizon",
                severity="warning",
                value=offer.id,
            )


def _once(run: ScenarioCheck, path: KeyPath, days: Sequence[date]) -> None:
    met: set[date] = set()
    for index, day in enumerate(days):
        if day in met:
            run.say(
                "S210",
                (*path, index, "from"),
                f"two entries start on {day}",
                "keep the correct one",
                value=day,
            )
        met.add(day)


def _offers(run: ScenarioCheck) -> None:
    """S208 limits, S216 starts, S223 seats that cannot start again, S230 holdings beyond the maximum."""
    for index, offer in enumerate(run.scenario.offers):
        path: KeyPath = ("offers", index)
        if offer.maximum is not None and offer.maximum < offer.minimum:
            run.say(
                "S208",
                (*path, "maximum"),
                f"the maximum {offer.maximum} is below the minimum {offer.minimum}",
                "no order can satisfy both; correct one of them",
                value=offer.maximum,
            )
        if not isinstance(offer.starts, str):
            _inside(run, "S216", (*path, "starts"), offer.starts, "no seat starts on it")
        _term(run, path, offer)
        owned = sum(h.quantity for h in run.scenario.holdings if h.offer == offer.id and h.ends > run.start)
        if offer.maximum is not None and owned > offer.maximum:
            run.say(
                "S230",
                (*path, "maximum"),
                f"{owned} seats are owned, which is more than the maximum of {offer.maximum}",
                "owned seats count towards the maximum",
                severity="warning",
                value=offer.maximum,
            )


def _term(run: ScenarioCheck, path: KeyPath, offer: Offer) -> None:
    if offer.term_months >= 12 and run.scenario.horizon.months > offer.term_months and not offer.starts:
        ends = add_months(run.start, offer.term_months)
        run.say(
            "S223",
            path,
            f"a seat bought on {run.start} ends on {ends}, before the end of the horizon, and cannot be "
            "bought again",
            f"add `starts: [{ends}]` or `starts: monthly`",
            severity="info",
            value=offer.id,
        )


def _instalments(run: ScenarioCheck) -> None:
    """S226: instalments due after what they pay for has ended; S227: budgets count whole prices."""
    scenario = run.scenario
    stated: list[tuple[KeyPath, str, Instalments | None, date]] = [
        (("offers", n, "instalments"), o.id, o.instalments, add_months(run.start, o.term_months))
        for n, o in enumerate(scenario.offers)
    ]
    tokens, expires = scenario.tokens, run.start + timedelta(days=scenario.tokens.valid_days)
    stated.append((("tokens", "instalments"), "tokens", tokens.instalments, expires))
    for path, what, parts, ends in stated:
        if parts is None:
            continue
        last = add_months(run.start, (parts.number - 1) * parts.every_months)
        if last >= ends:
            run.say(
                "S226",
                path,
                f"what `{what}` buys on {run.start} ends on {ends}, and its last instalment is due on {last}",
                _spread(parts.number, run.start, ends),
                severity="warning",
                value=parts.number,
            )
        if scenario.budgets:
            run.say(
                "S227",
                path,
                f"budgets count the whole price of `{what}` on the day of the order, not by instalments",
                "raise the budget of the day of the order by the later instalments, or lower those of later "
                "years",
                severity="warning",
                value=parts.number,
            )


def _spread(number: int, start: date, ends: date) -> str:
    """The instalments as far apart as what they pay for allows."""
    every = ((ends.year - start.year) * 12 + ends.month - start.month) // number
    if not every:
        return "delete `instalments`: all of it is invoiced on the day of the order"
    return f"if that is not meant, write `instalments: {{number: {number}, every_months: {every}}}`"


def _inside(run: ScenarioCheck, code: str, path: KeyPath, days: Iterable[date], effect: str) -> None:
    for index, day in enumerate(days):
        if not run.start <= day < run.end:
            run.say(
                code,
                (*path, index),
                f"{day} is outside the horizon ({run.start} to {run.end}); {effect}",
                "correct the date or delete it",
                severity="warning",
                value=day,
            )


def _time(run: ScenarioCheck) -> None:
    """S212 holdings, S213 packs, S214 and S215 purchase dates, S217 budgets."""
    for index, holding in enumerate(run.scenario.holdings):
        offer = run.scenario.offer_by_id.get(holding.offer)
        if holding.ends >= run.start or offer is None:
            continue
        if is_lost(run.scenario, offer.term_months, holding.ends):
            run.say(
                "S212",
                ("holdings", index, "ends"),
                lost_seats(run.scenario, offer, holding.quantity, holding.ends, offer.term_months),
                "delete the holding, correct the date if it was renewed, or raise `renewable_for`",
                severity="warning",
                value=holding.ends,
            )
        else:
            run.say(
                "S212",
                ("holdings", index, "ends"),
                f"{count(holding.quantity, 'seat')} of {offer.id} ended on {holding.ends}, before the "
                "horizon; they can be renewed at its start",
                "if they cannot, delete the holding, or lower `renewable_for`",
                severity="info",
                value=holding.ends,
            )
    for index, pack in enumerate(run.scenario.pool):
        if pack.expires <= run.start:
            run.say(
                "S213",
                ("pool", index, "expires"),
                f"the pack expired on {pack.expires}; its tokens are ignored",
                "delete the pack, or correct the date",
                severity="warning",
                value=pack.expires,
            )
    dates = run.scenario.tokens.purchase_dates
    if not isinstance(dates, str):
        _inside(run, "S214", ("tokens", "purchase_dates"), dates, "nothing is bought on it")
        if not run.scenario.purchase_dates():
            run.say(
                "S215",
                ("tokens", "purchase_dates"),
                f"no purchase date is in the horizon ({run.start} to {run.end})",
                "add a date, or write `start`, `quarterly` or `monthly`; `max_purchases: 0` buys nothing",
            )
    for index, budget in enumerate(run.scenario.budgets):
        if budget.to <= run.start or budget.from_ >= run.end:
            run.say(
                "S217",
                ("budgets", index),
                f"the budget covers {budget.from_} to {budget.to}, outside the horizon",
                "correct its dates or delete it",
                severity="warning",
                value=budget.id,
            )


DATE_RULES = (_tiers, _dated, _offers, _instalments, _time)
