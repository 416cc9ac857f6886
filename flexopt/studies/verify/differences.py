"""Where two plans differ: the place in plan.json, what one says, what the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from flexopt.base.columns import ColumnTable
from flexopt.store.plan import PlanDocument

APART = {"comparison", "sensitivity", "sha256"}
"""Keys that are compared with a study made again, or with the file."""
SHOWN = 60
"""Characters of a value that are shown."""


def differences(said: PlanDocument, found: PlanDocument) -> Iterator[tuple[str, str]]:
    """Key and words of every place where the plans differ."""
    fields = PlanDocument.model_fields
    big = {name for name in fields if isinstance(getattr(said, name), ColumnTable)}
    one, other = (d.model_dump(mode="json", by_alias=True, exclude=big | APART) for d in (said, found))
    for key in one:
        for words in different(key, one[key], other[key]):
            yield key, words
    for key in sorted(big):
        for words in _tables(key, getattr(said, key), getattr(found, key)):
            yield key, words


def different(place: str, said: Any, found: Any) -> Iterator[str]:
    """Words for every place where two JSON values differ."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*found, *said)):
            if key not in said:
                yield f"`{place}.{key}` is missing"
            elif key not in found:
                yield f"`{place}.{key}` should not be there"
            else:
                yield from different(f"{place}.{key}", said[key], found[key])
        if said == found and list(said) != list(found):
            yield f"`{place}` has its keys in another order"
    elif isinstance(said, list) and isinstance(found, list):
        if len(said) != len(found):
            yield f"`{place}` has {len(said):,} entries, not {len(found):,}"
        for number, (a, b) in enumerate(zip(said, found, strict=False)):
            yield from different(f"{place}[{number}]", a, b)
    elif said != found or type(said) is not type(found):
        yield f"`{place}` is {_shown(said)}, not {_shown(found)}"


def _tables(place: str, said: ColumnTable, found: ColumnTable) -> Iterator[str]:
    if len(said) != len(found):
        yield f"`{place}` has {len(said):,} rows, not {len(found):,}"
        return
    for name, column in said.columns.items():
        one, other = column.array(), found.columns[name].array()
        for row in np.flatnonzero(one != other).tolist():
            shown = "another" if name == "user" else f"{_shown(one[row])}, not {_shown(other[row])}"
            yield f"`{place}[{row}].{name}` is {shown}"


def _shown(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
