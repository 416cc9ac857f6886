"""One check of a saved plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Result = Literal["done", "not possible", "contradiction"]

MOST = 20
"""Contradictions that one check lists."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, and what came of it.

    reason : why it was not possible; contradictions : what does not hold, with the place in plan.json
    """

    name: str
    result: Result
    reason: str = ""
    contradictions: tuple[str, ...] = ()


def checked(name: str, contradictions: Iterable[str]) -> Check:
    """A check that was made; of many contradictions the first are listed."""
    found = tuple(contradictions)
    if (more := len(found) - MOST) > 0:
        found = (*found[:MOST], f"and {more:,} more")
    return Check(name, "contradiction" if found else "done", contradictions=found)


def not_possible(name: str, reason: str) -> Check:
    """A check that could not be made."""
    return Check(name, "not possible", reason)
