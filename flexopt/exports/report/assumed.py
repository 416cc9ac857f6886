"""The basis of a plan: the forecast, the rules, and every price with its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from flexopt.base.dates import add_months
from flexopt.base.money import Currency
from flexopt.exports.report.parts import ReportTable, named
from flexopt.exports.words import Words
from flexopt.inputs.files.formats import is_summary
from flexopt.inputs.rules.collections import DEAREST, MIX
from flexopt.inputs.scenario.scenario import Offer, Policy, Price, Rate, Scenario, TokenTier
from flexopt.store.plan import PlanDocument
from flexopt.store.rows import SeatRow

Sourced: TypeAlias = Price | Rate | TokenTier
"""What has a source, and may be an estimate."""


def assumption_clauses(document: PlanDocument, words: Words) -> Iterator[str]:
    """Forecast, buffer, discounts and the sources of seat prices, in a few words each."""
    yield _forecast(document, words) + (f" ({changes})" if (changes := _growth(document, words)) else "")
    yield _buffer(document, words)
    yield _discounts(document, words)
    yield from _collections(document, words)
    yield from _short_launches(document, words)
    bought = {row.offer for row in document.seats if not row.owned}
    read = [p for o in document.scenario.offers if o.id in bought for p in o.prices]
    said = Counter(named(p.source) for p in read if p.source).most_common()
    if said:
        more = words("and_more", sources=words.count(len(said) - 2, "source")) if len(said) > 2 else ""
        yield words("seat_sources", sources=", ".join(f'"{source}"' for source, _ in said[:2]) + more)
    yield marked(prices(document, words)[0], words)


def owned(document: PlanDocument, words: Words) -> str:
    """The seats owned, from exports too, and when they end; empty if there are none."""
    start, end = document.horizon.start, document.horizon.end
    seats: Counter[str] = Counter()
    for holding in document.holdings:
        day = holding.ends
        seats["start" if day <= start else "inside" if day < end else "after"] += holding.quantity
    parts = (words(f"owned_{k}", n=words.number(seats[k])) for k in ("start", "inside", "after") if seats[k])
    return "; ".join(parts)


def assumptions(document: PlanDocument, words: Words) -> ReportTable:
    """All assumptions except the prices, a line each."""
    scenario, currency = document.scenario, document.currency
    tokens = scenario.tokens
    when = tokens.purchase_dates
    dates = (
        words(when) if isinstance(when, str) else words("on_dates", dates=", ".join(map(words.date, when)))
    )
    packs = words("packs", dates=dates, step=words.number(tokens.increment), days=tokens.valid_days)
    pool = [words("pool", tokens=_tokens(p.tokens, words), date=words.date(p.expires)) for p in scenario.pool]
    additions = [
        words(
            "seats_added",
            offer=named(row.offer),
            n=words.number(row.quantity),
            start=words.date(row.from_),
            end=words.date(row.ends) if row.ends else words("its_end"),
        )
        for row in scenario.additions
    ]
    cloud = [
        words("cloud", service=named(c.service), tokens=_tokens(c.monthly_tokens, words))
        for c in scenario.cloud
    ]
    budgets = [
        words(
            "budget",
            name=named(b.id),
            amount=words.priced(b.amount, currency),
            start=words.date(b.from_),
            end=words.date(b.to),
        )
        for b in scenario.budgets
    ]
    limits = []
    if tokens.max_oversize is not None:
        limits.append(words("oversize", share=words.exact(tokens.max_oversize)))
    if tokens.max_purchases is not None:
        limits.append(words("purchases", n=words.number(tokens.max_purchases)))
    rows = [
        ("forecast", _forecast(document, words)),
        ("growth", _growth(document, words) or words("no_growth")),
        ("buffer", _buffer(document, words)),
        ("discounts", _discounts(document, words)),
        ("packs", packs),
        ("owned", owned(document, words)),
        ("additions", _listed(additions, words)),
        ("pool", _listed(pool, words)),
        ("cloud", _listed(cloud, words)),
        ("rules", _listed([*_rules(scenario.policy, words, currency)], words)),
        ("budgets", _listed(budgets, words)),
        ("limits", _listed(limits, words)),
        ("collections", _listed(list(_collections(document, words)), words)),
        ("short_launches", "; ".join([words("short_launches"), *_short_launches(document, words)])),
    ]
    columns = (words("assumption"), words("as_planned"))
    return ReportTable(
        "assumptions", columns, tuple((words(f"label_{key}"), text) for key, text in rows if text)
    )


def prices(document: PlanDocument, words: Words) -> tuple[ReportTable, ReportTable]:
    """Every price and rate with its source: those the plan uses, and the others it could have used."""
    used: list[tuple[str, ...]] = []
    others: list[tuple[str, ...]] = []
    scenario = document.scenario
    negotiated = scenario.negotiated
    paid = _paid(document)
    money = Currency(document.currency)
    for offer in scenario.offers:
        off = negotiated.offers.get(offer.id, negotiated.seats)
        for price in offer.prices:
            for kind, own in (("renewal", price.renewal), ("new", price.new)):
                pays = paid.get((offer.id, kind, price.from_))
                # a renewal without its own price costs the same as a new seat
                listed = own if own is not None else price.new if pays else None
                if listed is not None:
                    what = words("a_seat", offer=named(offer.id), kind=words(kind))
                    start: tuple[str, ...] = (what, words.date(price.from_))
                    for amount in pays or [money.round(listed * (1 - off))]:
                        cells = _discounted(document, listed, amount, words)
                        (used if pays else others).append((*start, *cells, *_sourced(price, words)))
    offers = scenario.offer_by_id
    for row in (row for row in document.seats if row.added):
        offer = offers[row.offer]
        entry = price_in_force(offer, row.contract_start)
        what = words("a_seat", offer=named(offer.id), kind=words("addition"))
        whole = price_by_days(document, entry.new, row, offer)
        cells = _discounted(document, whole, row.unit_price, words)
        used.append((what, words.date(row.contract_start), *cells, *_sourced(entry, words)))
    off = negotiated.tokens
    for dated in scenario.tokens.tier_lists:
        for tier in dated.tiers:
            what = words("a_token_from", tokens=words.count(tier.from_, "token"))
            paying = _plain(document, tier.price * (1 - off))
            cells = _discounted(document, tier.price, paying, words)
            since = words.date(dated.from_) if dated.from_ > date.min else ""
            used.append((what, since, *cells, *_sourced(tier, words)))
    assignment = document.assignment
    access, used_ = (assignment.columns[name] for name in ("access", "product"))
    tokens = access.array_of(lambda cell: cell == "flex", bool)
    on_flex = {used_.values[code] for code in np.unique(used_.codes[tokens]).tolist()}
    for product in scenario.products:
        for rate in product.rates:
            if rate.from_ < document.horizon.end:
                what = f"{named(product.id)}, {words('rate')}"
                start = (what, words.date(rate.from_))
                line = (*start, words.number(rate.tokens), "", "", *_sourced(rate, words))
                (used if product.id in on_flex or not assignment else others).append(line)
    columns = tuple(map(words, ("price_of", "valid_from", "list", "discount", "pays", "where", "mark")))
    return (
        ReportTable("prices", columns, tuple(used), (2, 3, 4)),
        ReportTable("other_prices", columns, tuple(others), (2, 3, 4)),
    )


def tiers_in_force(scenario: Scenario, day: date) -> date:
    """The first day of the token tiers that are valid on a day."""
    return max(of.from_ for of in scenario.tokens.tier_lists if of.from_ <= day)


def price_in_force(offer: Offer, day: date) -> Price:
    """The entry among an offer's prices in plan.json that is valid on a day."""
    return max((price for price in offer.prices if price.from_ <= day), key=lambda price: price.from_)


def price_by_days(document: PlanDocument, price: Decimal, row: SeatRow, offer: Offer) -> Decimal:
    """The share of a price of a whole term that seats of an addition cost."""
    begin, end = row.contract_start, row.contract_end
    term = (end - add_months(end, -offer.term_months)).days
    return Currency(document.currency).round(Fraction(price) * Fraction((end - begin).days, term))


def _paid(document: PlanDocument) -> dict[tuple[str, str, date], list[Decimal]]:
    """The price paid per seat for each price of the scenario: by offer, kind and the price's first day."""
    paid: dict[tuple[str, str, date], list[Decimal]] = {}
    offers = document.scenario.offer_by_id
    for row in document.seats:
        if row.renewed or row.new:
            since = price_in_force(offers[row.offer], row.contract_start).from_
            amounts = paid.setdefault((row.offer, "renewal" if row.renewed else "new", since), [])
            if row.unit_price not in amounts:
                amounts.append(row.unit_price)
    return paid


def marked(table: ReportTable, words: Words) -> str:
    """How many of the prices in the table are estimates or have no source."""
    marks = Counter(row[-1] for row in table.rows)
    estimates, unsourced = marks[words("estimate")], marks[words("no_source")]
    number = words.count(len(table.rows), "price")
    if not estimates and not unsourced:
        return words("all_sourced", prices=number)
    return words(
        "marked", prices=number, estimates=words.number(estimates), unsourced=words.number(unsourced)
    )


def _discounted(document: PlanDocument, listed: Decimal, pays: Decimal, words: Words) -> tuple[str, str, str]:
    off = (listed - pays) / listed if listed else Decimal(0)
    return words.number(_plain(document, listed)), words.percent(off) if off else "", words.number(pays)


def _sourced(entry: Sourced, words: Words) -> tuple[str, str]:
    return named(entry.source), mark_of(entry, words)


def mark_of(entry: Sourced, words: Words) -> str:
    """What to know about a price or rate before signing: that it is an estimate, or has no source."""
    return words("estimate") if entry.estimate else "" if entry.source else words("no_source")


def _plain(document: PlanDocument, price: Decimal) -> Decimal:
    """With the digits of an amount, or with more if needed."""
    whole = Currency(document.currency).round(price)
    return whole if whole == price else price.normalize()


def _forecast(document: PlanDocument, words: Words) -> str:
    first, last = words.date(document.history.first), words.date(document.history.last)
    repeats = document.scenario.demand.method == "repeat"
    return words("repeats" if repeats else "goes_on", first=first, last=last)


def _growth(document: PlanDocument, words: Words) -> str:
    growth = document.scenario.demand.growth
    general = [words("growth", share=words.exact(g, sign=True))] if (g := growth.default) else []
    return ", ".join(
        general
        + [
            words("growth_of", name=named(name), share=words.exact(g, sign=True))
            for shares in (growth.products, growth.groups)
            for name, g in shares.items()
            if g
        ]
    )


def _buffer(document: PlanDocument, words: Words) -> str:
    share = document.scenario.tokens.buffer
    return words("buffer", share=words.exact(share)) if share else words("no_buffer")


def _discounts(document: PlanDocument, words: Words) -> str:
    negotiated = document.scenario.negotiated
    general = [
        words("off", share=words.exact(d), what=words(f"off_{what}"))
        for what, d in (("seats", negotiated.seats), ("tokens", negotiated.tokens))
        if d
    ]
    offers = [words("off", share=words.exact(d), what=named(o)) for o, d in sorted(negotiated.offers.items())]
    return ", ".join([*general, *offers]) or words("no_discount")


def _collections(document: PlanDocument, words: Words) -> Iterator[str]:
    """What collections are planned at on Flex whose titles the usage does not say."""
    for product in document.scenario.products:
        if not product.rates or not product.rates[0].source.startswith((MIX, DEAREST)):
            continue
        begun = [r for r in product.rates if r.from_ <= document.horizon.start]
        rate = max(begun or product.rates, key=lambda r: r.from_)
        yield words(
            "collection_mix" if rate.source.startswith(MIX) else "collection_dearest",
            name=named(product.id),
            tokens=_tokens(rate.tokens, words),
        )


def _short_launches(document: PlanDocument, words: Words) -> Iterator[str]:
    """How many rows of Flex are launches under five minutes, if any."""
    files = [f for f in document.coverage.files if f.zero_token and f.kept and not is_summary(f.format)]
    if files:
        rows = words.count(sum(f.rows for f in files), "row")
        yield words("short_rows", n=words.number(sum(f.zero_token for f in files)), rows=rows)


def _tokens(amount: Decimal, words: Words) -> str:
    singular, plural = words.texts["token"].split("|")
    return f"{words.number(amount)} {singular if amount == 1 else plural}"


def _rules(policy: Policy, words: Words, currency: str) -> Iterator[str]:
    """The rules of access, and what changes must save."""
    for rule in policy.rules:
        who = ", ".join(named(name) for name in (rule.user, rule.group, rule.product) if name is not None)
        yield words("rule", who=who, access=words(rule.access))
    for key, least in policy.min_saving:
        if least:
            yield words(f"least_{key}", least=words.priced(least, currency))


def _listed(texts: Sequence[str], words: Words, between: str = "; ") -> str:
    """Several names as one text, as many as fit."""
    more = [words("not_shown", n=words.number(len(texts) - 12))] if len(texts) > 12 else []
    return between.join([*texts[:12], *more])
