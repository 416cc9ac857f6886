"""Co-termed additions: each joins one contract, which ends with a term of the offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flexopt.base.dates import add_months
from flexopt.inputs.rules.co_term import ends_to_join
from flexopt.inputs.rules.prices import in_force
from flexopt.inputs.scenario.checking import ScenarioCheck
from flexopt.inputs.scenario.scenario import Addition, Holding, Offer
from flexopt.inputs.scenario.yaml import KeyPath


def check_additions(run: ScenarioCheck, holdings: Sequence[Holding]) -> None:
    """S151 spans, S152 ... S155 stated additions, S155 ... S157 co-termed offers.

    `holdings` are all seats owned, those of Subscriptions exports too.
    """
    for index, holding in enumerate(run.scenario.holdings):
        _span(run, ("holdings", index), holding.from_, holding.ends)
    offers = run.scenario.offer_by_id
    for index, added in enumerate(run.scenario.additions):
        path: KeyPath = ("additions", index)
        run.unknown("S204", (*path, "offer"), added.offer, offers)
        _span(run, path, added.from_, added.ends)
        if added.offer in offers:
            _addition(run, path, offers[added.offer], added, holdings)
    for index, offer in enumerate(run.scenario.offers):
        if offer.co_term:
            _co_termed(run, ("offers", index, "co_term"), offer, holdings)


def _span(run: ScenarioCheck, path: KeyPath, begin: date | None, end: date | None) -> None:
    if begin and end and end <= begin:
        run.say(
            "S151",
            (*path, "ends"),
            f"the seats end on {end}, but begin on {begin}",
            "correct one of the days; `ends` is the first day without the seats",
            value=end,
        )


def _addition(
    run: ScenarioCheck, path: KeyPath, offer: Offer, added: Addition, holdings: Sequence[Holding]
) -> None:
    ends = [added.ends] if added.ends else ends_to_join(offer, holdings, added.from_)
    lines = f"offer: {offer.id}, quantity: {added.quantity}, from: {added.from_}"
    if not run.start <= added.from_ < run.end:
        until = ends[0] if ends else "YYYY-MM-DD"
        bought = f"if they are bought already, write `holdings: [{{{lines}, ends: {until}}}]`"
        run.say(
            "S153",
            (*path, "from"),
            f"{added.from_} is outside the horizon ({run.start} to {run.end})",
            bought if added.from_ < run.start else "correct the date, or delete the addition",
            value=added.from_,
        )
        return
    if len(ends) != 1:
        said = ", ".join(map(str, ends[:4]))
        found = f"contracts end on {said}" if ends else "no contract of it is known to last on that day"
        until = ends[0] if ends else add_months(added.from_, offer.term_months)
        run.say(
            "S152",
            path,
            f"it is not clear when seats of `{offer.id}` added on {added.from_} end: {found}",
            f"add the day on which their contract ends, `- {{{lines}, ends: {until}}}`"
            + ("" if ends else ", or the contract itself to `holdings`"),
            value=added.from_,
        )
        return
    _within_a_term(run, path, offer, added.from_, ends[0])
    if in_force(offer.prices, added.from_) is None:
        run.say(
            "S154",
            (*path, "from"),
            f"`{offer.id}` has no price on {added.from_}",
            f"add the price in force on {added.from_} to its `prices`",
            value=added.from_,
        )


def _within_a_term(run: ScenarioCheck, path: KeyPath, offer: Offer, begin: date, end: date) -> None:
    longest = add_months(begin, offer.term_months)
    if end > longest:
        run.say(
            "S155",
            path,
            f"seats of `{offer.id}` from {begin} until {end} would last longer than its term of "
            f"{offer.term_months} months, which ends on {longest}",
            "correct the end, or use the offer with the longer term",
            value=end,
        )


def _co_termed(run: ScenarioCheck, path: KeyPath, offer: Offer, holdings: Sequence[Holding]) -> None:
    more = () if isinstance(offer.starts, str) else offer.starts
    days = sorted({run.start, *(day for day in more if run.start <= day < run.end)})
    joined = {day: ends_to_join(offer, holdings, day) for day in days}
    for day, ends in joined.items():
        if len(ends) > 1:
            run.say(
                "S157",
                path,
                f"seats of `{offer.id}` bought on {day} could end with several contracts: on "
                + ", ".join(map(str, ends[:4])),
                f"write the end of the one that they join: `co_term: {ends[0]}`",
                value=day,
            )
            return
        if ends and isinstance(offer.co_term, date):
            _within_a_term(run, path, offer, day, ends[0])
            return
    if not any(joined.values()):
        run.say(
            "S156",
            path,
            f"no contract of `{offer.id}` lasts on {run.start}: its seats are bought for whole terms",
            "add the contract to `holdings`, write the day it ends, as `co_term: 2026-12-01`, or delete it",
            severity="warning",
            value=offer.id,
        )
