"""The size of a token purchase: whole increments, and the tier that a size reaches."""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.inputs.rules.prices import tiers_on
from flexopt.inputs.scenario.scenario import Scenario, TokenTier


def increments_in_tier(tiers: Sequence[TokenTier], increment: int, number: int) -> tuple[int, int | None]:
    """The fewest and the most increments of a purchase in a tier; None where it has no upper end.

    The fewest exceed the most where no whole increment lies between two thresholds.
    """
    fewest = -(-tiers[number].from_ // increment)
    if number + 1 == len(tiers):
        return fewest, None
    return fewest, (tiers[number + 1].from_ - 1) // increment


def smallest_purchase(scenario: Scenario) -> int:
    """The fewest tokens that can be bought on any purchase date, in whole increments.

    It is the threshold of the first tier; where that depends on the date, the largest of them.
    """
    tokens = scenario.tokens
    first = [tiers_on(tokens, day) for day in scenario.purchase_dates() or [scenario.horizon.start]]
    return max(increments_in_tier(tiers, tokens.increment, 0)[0] for tiers in first) * tokens.increment


def tier_reached(tiers: Sequence[TokenTier], size: int) -> TokenTier:
    """The tier of a purchase of `size` tokens; the first one for a size below the smallest purchase."""
    return max((t for t in tiers if t.from_ <= size), key=lambda t: t.from_, default=tiers[0])
