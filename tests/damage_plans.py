"""Damages a plan.json at random: a number names a case, and the same number is the same damage."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        10**400,
        1e300,
        float("nan"),
        float("inf"),
        "",
        " ",
        "0",
        "-1",
        "1e309",
    ),
    *(
        "NaN",
        "9" * 400,
        "1.5",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "2026-06-15",
        "x",
        "=1+1",
        "\x00",
        "\ud83d",
    ),
    *(
        "flex",
        "named",
        "optimal",
        "x" * 40_000,
        [],
        {},
        [[]],
        [None],
        [[[1]]],
        {"": {}},
        {"a": [1, {"b": None}]},
    ),
]
"""Values that somebody or something may have put in place of another."""


def damaged(document: dict[str, Any], number: int) -> str:
    """The text of the plan with one to three things wrong, or none that can be told."""
    chance = random.Random(number)
    changed = json.loads(json.dumps(document))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        _change(changed, chance)
    text = json.dumps(changed, indent=1, ensure_ascii=chance.random() < 0.5)
    return _in_text(text, chance) if chance.random() < 0.15 else text


def _change(document: dict[str, Any], chance: random.Random) -> None:
    holder, key = _place(document, chance)
    act: Callable[[], object] = chance.choice(
        [
            lambda: holder.pop(key),
            lambda: holder.__setitem__(key, chance.choice(ODD)),
            lambda: holder.__setitem__(key, chance.choice(ODD)),
            lambda: holder.__setitem__(key, _near(holder[key], chance)),
            lambda: holder.__setitem__(key, _near(holder[key], chance)),
            lambda: _other(document, holder, key, chance),
            lambda: _grown(holder, key, chance),
        ]
    )
    act()


def _place(document: Any, chance: random.Random) -> tuple[Any, Any]:
    """A dict or list somewhere in the document, and a key or index in it."""
    holder, key = document, chance.choice(list(document))
    while isinstance(inner := holder[key], dict | list) and inner and chance.random() < 0.8:
        holder, key = inner, chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
    return holder, key


def _near(value: Any, chance: random.Random) -> Any:
    """The same kind of value, slightly off."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return chance.choice([value + 1, -value, float(value), str(value), value * 10**20])
    if isinstance(value, str):
        return chance.choice([value[1:], value + "0", f"-{value}", value.upper(), f" {value}", [value]])
    if isinstance(value, list):
        return chance.choice([value[::-1], value[1:], value * 2, {"0": value}, [value]])
    return chance.choice([dict(reversed(value.items())), [value], list(value), {**value, "more": 1}])


def _other(document: dict[str, Any], holder: Any, key: Any, chance: random.Random) -> None:
    """Swapped with something from elsewhere in the document."""
    there, name = _place(document, chance)
    if json.dumps(there[name]) not in json.dumps(holder[key]):  # not into itself
        holder[key], there[name] = there[name], holder[key]


def _grown(holder: Any, key: Any, chance: random.Random) -> None:
    if isinstance(holder, dict):
        holder[chance.choice(["more", "schema", "user", f"{key} "])] = holder[key]
    else:
        holder.insert(0, holder[key])


def _in_text(text: str, chance: random.Random) -> str:
    """Damage below JSON: cut off, a key twice, a character too few or too many."""
    at = chance.randrange(len(text))
    lines = text.split("\n")
    keyed = [n for n, line in enumerate(lines) if '": ' in line and line.endswith(",")]
    line = chance.choice(keyed)
    return chance.choice(
        [
            text[:at],
            text[:at] + text[at + 1 :],
            text[:at] + chance.choice('{}[]",:0\x00') + text[at:],
            "\n".join([*lines[:line], lines[line], *lines[line:]]),
            text + text,
            "\ufeff" + text,
        ]
    )
