"""When a pack expires, which opening packs count, and from which pack tokens are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from flexopt.inputs.scenario.scenario import OpeningPack, Scenario, Tokens


def expiry_date(tokens: Tokens, bought: date) -> date:
    """The first day on which a pack bought on that day cannot be used."""
    return bought + timedelta(days=tokens.valid_days)


def opening_packs(scenario: Scenario) -> list[OpeningPack]:
    """The packs owned at the start of the horizon that have tokens left and have not expired."""
    return [p for p in scenario.pool if p.expires > scenario.horizon.start and p.tokens]


@dataclass(slots=True)
class Lot:
    """What is left of a pack during the year."""

    start: date
    expires: date
    left: Fraction


def live_lots(lots: Iterable[Lot], day: date) -> list[Lot]:
    """The packs that can be used on a day, in the order they are drawn from.

    The earliest expiry comes first, then the pack with the fewest tokens left.
    """
    return sorted((p for p in lots if p.start <= day < p.expires), key=lambda p: (p.expires, p.left))


def draw(live: Sequence[Lot], due: Fraction) -> Fraction:
    """Draw tokens from live packs in their order; returns the tokens they could not supply."""
    for pack in live:
        used = min(pack.left, due)
        pack.left -= used
        due -= used
    return due
