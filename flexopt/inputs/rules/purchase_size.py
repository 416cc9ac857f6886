"""The size of a token purchase: whole increments, and the tier that a size reaches."""

from __future__ import annotations

from flexopt.inputs.scenario.scenario import Tokens, TokenTier


def increments_in_tier(tokens: Tokens, number: int) -> tuple[int, int | None]:
    """The fewest and the most increments of a purchase in a tier; None where it has no upper end.

    The fewest exceed the most where no whole increment lies between two thresholds.
    """
    fewest = -(-tokens.tiers[number].from_ // tokens.increment)
    if number + 1 == len(tokens.tiers):
        return fewest, None
    return fewest, (tokens.tiers[number + 1].from_ - 1) // tokens.increment


def smallest_purchase(tokens: Tokens) -> int:
    """The fewest tokens that can be bought: the threshold of the first tier in whole increments."""
    return increments_in_tier(tokens, 0)[0] * tokens.increment


def tier_reached(tokens: Tokens, size: int) -> TokenTier:
    """The tier of a purchase of `size` tokens; the first one for a size below the smallest purchase."""
    return max((t for t in tokens.tiers if t.from_ <= size), key=lambda t: t.from_, default=tokens.tiers[0])
