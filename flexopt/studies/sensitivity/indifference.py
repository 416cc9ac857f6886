"""Indifference prices: where the optimal answer flips, with a solve on each side that shows it.

The optimal total is concave and piecewise linear in a price p: every plan is a line, `cost of the rest +
quantity x p`, and the quantity falls as p rises. So the line of the current plan, crossed with the total of
the other answer, comes close in a few solves and never goes beyond; from there the steps double, or halve the
interval between two opposite answers, until these are one step of the price apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

from flexopt.store.study_parts import Flip, FlipSide
from flexopt.studies.sensitivity.levers import Lever, in_force_at, tier_price, without
from flexopt.studies.sensitivity.study import Answer, Study

CROSSINGS = 12
"""Lines crossed before the search only doubles and halves: one plan per step of price would be slow."""

FREE = Decimal(0)

PricePoint = tuple[Decimal, Answer | None]
"""A price and the answer there; None if no plan is possible."""


@dataclass
class _Question:
    """True below some price, and false above it."""

    study: Study
    lever: Lever
    words: str
    unit: str
    holds: Callable[[Answer], bool]
    told: Callable[[Answer], str]
    target: Decimal
    """The total at which the answers meet."""
    quantity: Callable[[Decimal, Answer], Decimal | None]
    """The slope of the plan's total in the price, at a price and its answer."""

    def flip(self, low: PricePoint, high: PricePoint | None) -> Flip:
        """Search from `low`, where it holds, to `high`, where it does not (None: open-ended)."""
        seen = [low] + ([high] if high else [])
        step, crossings, up, down = self.lever.finest, 0, 0, 0
        while high is None or high[0] - low[0] > step:
            near = self._crossing(low) if crossings < CROSSINGS else None
            if near is not None and near > low[0] and (high is None or near < high[0]):
                price, crossings = near, crossings + 1
            elif high is None:
                price, up = low[0] + step * 2**up, up + 1
            else:
                middle = low[0] + ((high[0] - low[0]) / 2).quantize(step, ROUND_FLOOR)
                price, down = max(high[0] - step * 2**down, middle), down + 1
            found = price, self.study.at(self.lever, price)
            seen.append(found)
            if found[1] is not None and self.holds(found[1]):
                low = found
            else:
                high = found
        return self._row(low, high, self._note(low, seen))

    def nowhere(self, why: str) -> Flip:
        return self._row(None, None, why)

    def _crossing(self, found: PricePoint) -> Decimal | None:
        """The price at which the plan's line meets the target, rounded down to a step."""
        price, answer = found
        quantity = None if answer is None else self.quantity(price, answer)
        if answer is None or not quantity or quantity < 0:
            return None
        return (price + (self.target - answer.total) / quantity).quantize(self.lever.finest, ROUND_FLOOR)

    def _row(self, low: PricePoint | None, high: PricePoint | None, note: str) -> Flip:
        return Flip(
            question=self.words,
            lever=self.lever.name,
            unit=self.unit,
            below=self._side(low),
            above=self._side(high),
            note=note,
        )

    def _side(self, found: PricePoint | None) -> FlipSide | None:
        if found is None:
            return None
        price, answer = found
        if answer is None:
            return FlipSide(value=price, total=None, answer="no plan is possible")
        return FlipSide(value=price, total=answer.total, answer=self.told(answer))

    def _note(self, low: PricePoint, seen: list[PricePoint]) -> str:
        parts = [self._against_today(low[0])]
        ordered = sorted(seen, key=lambda found: found[0])
        holding = [answer is not None and self.holds(answer) for _, answer in ordered]
        changes = sum(a != b for a, b in pairwise(holding))
        if changes > 1:
            first = ordered[holding.index(False)][0]
            last = ordered[len(holding) - 1 - holding[::-1].index(True)][0]
            parts.append(
                f"between {first:,} and {last:,} the answer changes {changes} times: within what is proven, "
                "both cost the same there"
            )
        elif low[1] is not None and (quantity := self.quantity(low[0], low[1])) and quantity > 0:
            gap = self.study.scenario.solver.gap * low[1].total
            band = (gap / quantity).quantize(self.lever.finest, ROUND_CEILING)
            if gap and band > self.lever.finest:
                parts.append(f"solver.gap leaves an uncertainty of {band:,} around this price")
        if not all(answer is None or answer.proven for _, answer in seen):
            parts.append("the time limit was reached before the proof: raise solver.time_limit")
        return "; ".join(part for part in parts if part)

    def _against_today(self, price: Decimal) -> str:
        """The change from the scenario's price."""
        today = self.lever.value
        change = (price / today - 1) * 100
        return f"{change:+.1f} % from {today:,} today"


def offer_in_plan(study: Study, lever: Lever, lower: PricePoint | None) -> Flip:
    """The price of a seat at which the offer enters or leaves the plan.

    `lower` is a price below today's whose answer is already known.
    """
    base, offer = study.base, lever.line
    inside, title = bool(base.seats.get(offer)), study.scenario.offer_by_id[offer].title
    question = _Question(
        study,
        lever,
        f"price at which {title} {'leaves' if inside else 'enters'} the plan",
        "price of a seat",
        lambda answer: bool(answer.seats.get(offer)),
        lambda answer: _seats(answer.seats.get(offer, 0)),
        base.total,
        _line(study, lever),
    )
    if inside:
        rest = study.of(without(study.scenario, offer))
        if rest is None:
            return question.nowhere(f"always in the plan: no plan satisfies all rules without {title}")
        question.target = rest.total
        return question.flip((lever.value, base), None)
    low = lower if lower and lower[1] and question.holds(lower[1]) else (FREE, study.at(lever, FREE))
    if low[1] is None or not question.holds(low[1]):
        total = low[1] and low[1].total
        return question.nowhere(
            f"never: even at {study.scenario.money.zero} the plan has no seat of it, and costs {total:,}"
        )
    return question.flip(low, (lever.value, base))


def next_tier(study: Study) -> Flip | None:
    """The price per token at which the tier after the largest one bought becomes worthwhile.

    If the last tier is bought: the price at which it no longer is. None without a tier to study.
    """
    scenario, base = study.scenario, study.base
    lists = scenario.tokens.tier_lists
    places = [in_force_at(scenario, p.date) for p in base.charges.purchases]
    numbers = [
        [tier.from_ for tier in lists[place].tiers].index(p.tier_from)
        for place, p in zip(places, base.charges.purchases, strict=True)
    ]
    dates = scenario.purchase_dates() or [scenario.horizon.start]
    bought, place = max(zip(numbers, places, strict=True), default=(-1, in_force_at(scenario, dates[0])))
    starts = [tier.from_ for tier in lists[place].tiers]
    inside = bought == len(starts) - 1
    number = bought if inside else bought + 1
    lever, from_ = tier_price(scenario, number, place), starts[number]

    def tokens(answer: Answer) -> int:
        packs = (p for p in answer.charges.purchases if in_force_at(scenario, p.date) == place)
        return sum(p.tokens for p in packs if p.tier_from == from_)

    if not lever.value or (inside and not number):
        return None
    question = _Question(
        study,
        lever,
        f"price at which {f'the tier from {from_:,}' if number else 'the first token'} "
        f"{'leaves' if inside else 'enters'} the plan",
        "price per token",
        lambda answer: tokens(answer) > 0,
        lambda answer: f"{tokens(answer):,} in it" if tokens(answer) else "none in it",
        base.total,
        lambda price, answer: Decimal(tokens(answer)),
    )
    if inside:
        # at a higher price than the tier below it is never bought: two orders would be cheaper
        most = tier_price(scenario, number - 1, place).value
        answer = study.at(lever, most)
        if most <= lever.value or (answer is not None and question.holds(answer)):
            return question.nowhere(
                f"always: up to the price of the tier below, {most:,}, this many tokens are bought anyway"
            )
        if answer is not None:
            question.target = answer.total
        return question.flip((lever.value, base), (most, answer))
    answer = study.at(lever, FREE)
    if answer is None or not question.holds(answer):
        total = answer and answer.total
        return question.nowhere(
            f"never: even at {study.scenario.money.zero} nothing is bought in it, and the plan costs "
            f"{total:,}"
        )
    return question.flip((FREE, answer), (lever.value, base))


def as_good(study: Study, lever: Lever, name: str, total: Decimal) -> Flip:
    """The price of the lever at which this scenario costs the same as another one of the given total."""
    what = "a token" if lever.line == "tokens" else study.scenario.offer_by_id[lever.line].title
    question = _Question(
        study,
        lever,
        f"price at which {what} makes this quote match {name}",
        "price per token" if lever.line == "tokens" else "price of a seat",
        lambda answer: answer.total <= total,
        lambda answer: "matched" if answer.total <= total else "costs more",
        total,
        _line(study, lever),
    )
    if question.holds(study.base):
        rest = study.of(without(study.scenario, lever.line))
        if rest is not None and question.holds(rest):
            return question.nowhere(f"at any price: even without it this quote costs {rest.total:,}")
        return question.flip((lever.value, study.base), None)
    free = study.at(lever, FREE)
    if free is None or not question.holds(free):
        costs = free and free.total
        return question.nowhere(
            f"at no price: even at {study.scenario.money.zero} this quote costs {costs:,}"
        )
    return question.flip((FREE, free), (lever.value, study.base))


def _line(study: Study, lever: Lever) -> Callable[[Decimal, Answer], Decimal | None]:
    """Slope of a plan's line through its totals at this price and at today's price."""

    def slope(price: Decimal, answer: Answer) -> Decimal | None:
        if price:
            return answer.cost(lever.line) / price
        return None if answer.at_base is None else (answer.at_base - answer.total) / lever.value

    return slope


def _seats(number: int) -> str:
    return f"{number:,} seat{'s' if number != 1 else ''}" if number else "no seat"
