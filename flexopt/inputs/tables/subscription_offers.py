"""The offer of a subscription: by its name, and its term."""

from __future__ import annotations

from flexopt.base.findings import did_you_mean
from flexopt.base.text import count
from flexopt.inputs.scenario.scenario import Offer, Scenario
from flexopt.inputs.tables.subscription_rows import Subscription


def offer_of(sub: Subscription, scenario: Scenario, named: list[Offer]) -> Offer | None:
    """The offer of this name and term; None with a finding (T314, T315, T328) if there is none.

    `named` are the offers that have the name.
    """
    if not named:
        known = [n for o in scenario.offers for n in (o.id, *o.aliases)]
        sub.table.add(
            "14",
            f'"{sub.offering[:60]}" is not an offer of the scenario; its seats are left out',
            did_you_mean(sub.offering, known, "add the name to the `aliases` of an offer"),
            row=sub.row,
            column="offering_name",
            value=sub.offering,
            severity="warning",
        )
        return None
    term = sub.row["term"]
    months = sub.months if sub.months or len(named) == 1 else _months_between(sub)
    fitting = [o for o in named if months in (None, o.term_months)]
    listed = ", ".join(f"`{o.id}` ({count(o.term_months, 'month')})" for o in named)
    if len(fitting) == 1:
        if term and sub.months is None:
            sub.table.add(
                "28",
                f'the term "{term[:60]}" is not understood; counted as `{fitting[0].id}`',
                "write for example `Annual`, `3 Year` or `Monthly`",
                row=sub.row,
                column="term",
                value=f"{sub.offering}: {term}",
                severity="warning",
            )
        return fitting[0]
    if fitting:
        message = f'the term "{term[:60]}" does not decide between {listed}'
        hint = "write the term: `Annual`, `3 Year`, `Monthly`"
    elif same := _same_products(scenario, named, months):
        message = f'no offer of the name "{sub.offering[:60]}" has the term "{term[:60]}", only {listed}'
        hint = f'add "{sub.offering[:100]}" to the `aliases` of `{same.id}`, which has this term'
    else:
        like = named[0]
        taken = {o.id for o in scenario.offers}
        base = like.id.rsplit("-", 1)[0] if "-" in like.id else like.id
        new = f"{base}-{months // 12}y" if months and months % 12 == 0 else f"{base}-{months}m"
        new += "-term" * (new in taken)
        covers = ", ".join(f'"{p}"' for p in like.covers)
        message = f'no offer of the name "{sub.offering[:60]}" has the term "{term[:60]}", only {listed}'
        hint = (
            f'add to `offers`, with its price: `- {{id: {new}, aliases: ["{sub.offering[:100]}"], '
            f"covers: [{covers}], term_months: {months}, "
            f"prices: [{{from: {scenario.horizon.start}, new: PRICE}}]}}`"
        )
    sub.table.add("15", message, hint, row=sub.row, column="term", value=f"{sub.offering}: {term}")
    return None


def _same_products(scenario: Scenario, named: list[Offer], months: int | None) -> Offer | None:
    """An offer of the term that covers the same products under another name."""
    covers = {frozenset(o.covers) for o in named}
    same = (o for o in scenario.offers if o.term_months == months and frozenset(o.covers) in covers)
    return next(same, None)


def _months_between(sub: Subscription) -> int | None:
    """The months of a term that is not written, from its dates; whole months only."""
    if sub.starts is None:
        return None
    return round((sub.ends - sub.starts).days / 30.4375) or None
