"""Counts again whose access changes: today's table against the plan's rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from flexopt.audit.notes import Notes
from flexopt.base.columns import Column
from flexopt.inputs.records import TodaysAccess
from flexopt.store.plan import PlanDocument


def moving(doc: PlanDocument, cells: dict[str, Column], access: Sequence[TodaysAccess], notes: Notes) -> None:
    """Users who move to Flex or to a seat, and those with an idle seat; none of these without a table."""
    said = doc.summary
    told = said.users_to_flex, said.users_to_seats, said.users_idle
    found: tuple[int | None, ...] = (None, None, None)
    if access:
        seated = cells["access"].array_of(lambda word: word == "named", bool)
        plan = pd.MultiIndex.from_arrays([cells[name].array() for name in ("user", "product")])
        table = pd.MultiIndex.from_tuples([(row.user, row.product) for row in access])
        held = np.array([row.access == "named" for row in access])
        on_tokens, tokens_today = plan[~seated].difference(plan[seated]), table[~held].difference(table[held])
        found = (
            _users(table[held].intersection(on_tokens)),
            _users(tokens_today.intersection(plan[seated])),
            len(set(table[held].get_level_values(0)) - set(plan.get_level_values(0))),
        )
    for name, number, count in zip(
        ("users_to_flex", "users_to_seats", "users_idle"), told, found, strict=True
    ):
        notes.expect(number == count, f"`{name}` of the summary is {count}, not {number}")
    if doc.baselines:
        today = "today" in doc.baselines
        notes.expect(today == bool(access), "the baseline today is there without a table, or is missing")


def _users(pairs: pd.MultiIndex) -> int:
    return int(pairs.get_level_values(0).nunique())
