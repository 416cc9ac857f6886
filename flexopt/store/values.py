"""The kinds of values in plan.json: decimals as text, ISO dates, counts, texts."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from flexopt.inputs.scenario.fields import Day, Flag

__all__ = ["Amount", "Count", "Day", "Difference", "Dual", "Flag", "Name", "PlanPart", "Text"]

SIGNED, UNSIGNED = (rf"^{sign}[0-9]{{1,15}}(\.[0-9]{{1,60}})?$" for sign in ("-?", ""))
_SIGNED = re.compile(SIGNED)


def _decimal(value: Any) -> Any:
    """Only text, so that no program rounds it, without an exponent."""
    if isinstance(value, Decimal) or (isinstance(value, str) and _SIGNED.fullmatch(value)):
        return value
    raise PydanticCustomError("decimal_text", 'Input should be a number as text, such as "12.50"')


def _dual(value: Any) -> Any:
    try:
        if isinstance(value, float) or (isinstance(value, str) and repr(float(value)) == value):
            return value
    except ValueError:
        pass
    raise PydanticCustomError("dual_text", 'Input should be an exact number as text, such as "0.1"')


def _named(text: str) -> str:
    """Not empty; pydantic's own check refuses half a surrogate pair, which a user's name may have."""
    if not text:
        raise PydanticCustomError("name_empty", "Input should not be empty")
    return text


def _in_years(day: Any) -> Any:
    if day.year < 1900:
        raise PydanticCustomError("day_range", "Input should be a date after 1900")
    return day


def as_json(value: Any) -> Any:
    """A value of a table's cell as JSON has it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, date) else value


_text = PlainSerializer(as_json, return_type=str, when_used="json")

Difference = Annotated[
    Decimal, BeforeValidator(_decimal), _text, WithJsonSchema({"type": "string", "pattern": SIGNED})
]
"""A decimal of either sign, as text."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0),
    _text,
    WithJsonSchema({"type": "string", "pattern": UNSIGNED}),
]
"""A decimal that is not negative, as text."""
Dual = Annotated[
    float,
    BeforeValidator(_dual),
    Field(allow_inf_nan=False),
    PlainSerializer(repr, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string"}),
]
"""A dual value: the shortest text of the float, exact."""
Count = Annotated[int, Field(ge=0, le=1_000_000_000_000_000, strict=True)]
Text = Annotated[str, Field(strict=True)]
Name = Annotated[str, Field(strict=True, json_schema_extra={"minLength": 1}), AfterValidator(_named)]
PlanDay = Annotated[Day, AfterValidator(_in_years)]


class PlanPart(BaseModel):
    """A part of plan.json: frozen, complete, without unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )
