"""What a JSON file says, checked: whatever is wrong with it is one error that names the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError

from flexopt.base.errors import FlexoptError
from flexopt.inputs.scenario.schema_errors import real_path
from flexopt.store.plan_json import DamageError, parse_document
from flexopt.store.values import PlanPart

Model = TypeVar("Model", bound=PlanPart)

SHOWN = 60
"""Characters of a wrong value that are shown."""


def read_model(content: bytes, model: type[Model], schema: str, place: str, hint: str) -> Model:
    """A file of ours, checked; `schema` is the contract it must have, `place` its name.

    Raises FlexoptError if it is not JSON, not ours, from a newer flexopt, or damaged.
    """
    try:
        data = parse_document(content.decode())
    except (ValueError, RecursionError) as error:
        why = f": {error}" if isinstance(error, DamageError) else " (not JSON)"
        raise FlexoptError(f"{place} is damaged{why}", hint) from None
    said = data.get("schema") if isinstance(data, dict) else None
    if not isinstance(data, dict) or said != schema:
        raise _other(place, said, schema, hint)
    try:
        found = model.model_validate(data)
    except ValidationError as error:
        raise FlexoptError(f"{place} is damaged: {_said(error, data)}", hint) from None
    # the parts of a scenario have defaults, but whoever wrote the file wrote every key
    for part in ("holdings", "scenario"):
        complete = found.model_dump(mode="json", by_alias=True, include={part})
        for where in _missing(data, complete, ""):
            raise FlexoptError(f"{place} is damaged: `{where[1:]}` is missing", hint)
    return found


def _other(place: str, said: Any, schema: str, hint: str) -> FlexoptError:
    """A file that is JSON, but not of this contract."""
    name, _, number = schema.partition("/")
    if not isinstance(said, str) or not said:
        return FlexoptError(f'{place} has no schema, expected "{schema}"', hint)
    newer = re.fullmatch(rf"{re.escape(name)}/([0-9]{{1,9}})", said)
    if newer and int(newer[1]) > int(number):
        return FlexoptError(
            f'{place} is from a newer flexopt: its schema is "{said}", and this one reads "{schema}"',
            f"install the newer flexopt, or {hint}",
        )
    return FlexoptError(f'{place} has the schema "{_short(said)}", expected "{schema}"', hint)


def _missing(data: Any, complete: Any, where: str) -> Iterator[str]:
    """Places of keys that `complete` has and `data` has not, although both say the same."""
    if isinstance(complete, dict):
        for key, value in complete.items():
            place = f"{where}.{key}"
            yield from _missing(data[key], value, place) if key in data else [place]
    elif isinstance(complete, list):
        for number, value in enumerate(complete):
            yield from _missing(data[number], value, f"{where}[{number}]")


def _said(error: ValidationError, data: Any) -> str:
    """The first thing that is wrong, with its place in the file, and how many more there are."""
    first, *more = error.errors(include_url=False)
    path, value = real_path(first["loc"], data)
    kind, message = first["type"], first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if kind == "missing":
        path, message = (*path, first["loc"][-1]), "is missing"
    elif kind == "extra_forbidden":
        message = "is not a key of it"
    elif not isinstance(value, dict | list) and message.startswith("should"):
        message = f"{message}, found {_shown(value)}"
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")
    return (f"`{_short(where)}` {message}" if where else message) + (
        f" (and {len(more):,} more)" if more else ""
    )


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"`{_short(str(value))}`" if value != "" else "an empty text"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
