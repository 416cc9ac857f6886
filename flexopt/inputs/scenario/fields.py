"""The kinds of values in a scenario: numbers, days, ids, names of files."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from flexopt.inputs.files.names import bare

DIGITS = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")


def _exact(value: Any) -> Any:
    """Floats come only from Python callers: their shortest text is the number that was meant.

    In text only plain digits are numbers: `1_000` and digits of other scripts are mistakes.
    """
    if isinstance(value, bool) or (isinstance(value, str) and not DIGITS.fullmatch(value)):
        raise PydanticCustomError("number", "not a number")
    return Decimal(repr(value)) if isinstance(value, float) else value


DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: Any) -> Any:
    """Accept a date or `2026-04-01`, but not the numbers and times of day that pydantic would accept."""
    if isinstance(value, datetime) or not (
        isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value))
    ):
        raise PydanticCustomError("day", "not a date")
    return value


Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, Field(strict=True)]
Number = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(max_digits=24, allow_inf_nan=False),
    PlainSerializer(lambda d: format(d, "f"), return_type=str, when_used="json"),
]
MAX = Decimal(1_000_000_000)
Amount = Annotated[Number, Field(ge=0, le=MAX)]
Share = Annotated[Number, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Positive = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Id = Annotated[str, Field(min_length=1, max_length=20_000, strict=True)]
FileName = Annotated[Id, PlainSerializer(bare, return_type=str, when_used="json")]
"""Relative to the scenario's folder, or absolute; a plan does not tell the folders of the computer."""


class Part(BaseModel):
    """A map of the scenario: frozen, complete, without unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True
    )
