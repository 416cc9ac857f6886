"""How long after their end seats can still be renewed."""

from __future__ import annotations

from datetime import date

from flexopt.base.text import count
from flexopt.inputs.rules.prices import seat_price
from flexopt.inputs.scenario.scenario import Offer, Scenario


def renewable_days(scenario: Scenario, term_months: int | None) -> int:
    """Days after the end of a term of so many months in which its seats can be renewed."""
    if scenario.renewable_for is not None:
        return scenario.renewable_for
    return 30 if term_months == 1 else 45


def is_lost(scenario: Scenario, term_months: int | None, ends: date) -> bool:
    """Whether seats that end on a day cannot be renewed at the start of the horizon any more."""
    return (scenario.horizon.start - ends).days > renewable_days(scenario, term_months)


def lost_seats(scenario: Scenario, offer: Offer | str, quantity: int, ended: date, term_months: int) -> str:
    """That seats cannot be renewed any more, and what new ones cost in their place.

    `offer` is the name if it is no offer of the scenario; `ended` is the day on which the last of them ended.
    """
    name = offer if isinstance(offer, str) else offer.id
    days = renewable_days(scenario, term_months)
    text = (
        f"{count(quantity, 'seat')} of {name} ended on {ended}, more than {count(days, 'day')} before the "
        "start of the horizon: lost, not renewable"
    )
    if isinstance(offer, str):
        return text
    start = scenario.horizon.start
    renewed = seat_price(scenario, offer, start, renewal=True)
    new = seat_price(scenario, offer, start)
    if renewed is None or new is None:
        return text
    more = (new - renewed) * quantity
    return f"{text}. A renewal costs {renewed:,}, a new seat {new:,}: {more:,} more for all"
