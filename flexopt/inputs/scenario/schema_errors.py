"""Translates pydantic's errors into the planner's words, with the place to fix."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from flexopt.base.findings import Findings, did_you_mean
from flexopt.inputs.scenario.extends import Resolved
from flexopt.inputs.scenario.meant import meant
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.scenario.yaml import KeyPath

EXAMPLES = {
    "schema": "schema: flexopt.scenario/1",
    "currency": "currency: USD",
    "horizon": "horizon: {start: 2026-01-01, months: 12}",
    "products": "products: [{id: AutoCAD, rates: [{from: 2021-09-07, tokens: 7}]}]",
    "offers": "offers: [{id: autocad-1y, covers: [AutoCAD], term_months: 12, prices: [...]}]",
    "tokens": "tokens: {tiers: [{from: 100, price: 3.00}]}",
    "tiers": "tiers: [{from: 100, price: 3.00}]",
    "prices": "prices: [{from: 2026-01-01, new: 2310}]",
    "rates": "rates: [{from: 2021-09-07, tokens: 7}]",
    "covers": "covers: [AutoCAD]",
    "start": "start: 2026-01-01",
    "from": "from: 2026-01-01",
    "term_months": "term_months: 12",
    "access": "access: named",
    "files": "files: [usage/*.csv]",
}
TOP = {"schema", "currency", "horizon", "products", "offers", "tokens"}
NUMBERS = {
    "number",
    "decimal_type",
    "decimal_parsing",
    "finite_number",
    "decimal_max_digits",
    "decimal_whole_digits",
}
WHOLE = {"int_type", "int_parsing", "int_from_float", "int_parsing_size"}
BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}
BOUND_KEYS = ("ge", "gt", "le", "lt")


def report_schema_errors(error: ValidationError, resolved: Resolved, findings: Findings) -> None:
    """Add one finding per error."""
    met: set[tuple[KeyPath, str]] = set()
    for item in error.errors(include_url=False):
        loc = item["loc"]
        path, value = real_path(loc, resolved.data)
        if _other_branch(loc, path, value, item["type"]):
            continue
        if item["type"] == "missing":
            path = (*path, loc[-1])
        code, message, hint = _words(item["type"], path, value, item.get("ctx") or {}, item["msg"])
        if (path, code) in met or not message:
            continue
        met.add((path, code))
        file, row, column = resolved.place(path)
        shown = "" if item["type"] == "missing" or isinstance(value, (dict, list)) else value
        findings.add(
            code,
            message,
            file=file,
            row=row,
            column=column,
            hint=hint,
            value="" if shown is None else shown,
        )


def real_path(loc: tuple[int | str, ...], data: Any) -> tuple[KeyPath, Any]:
    """The part of a location that exists in the data (pydantic adds union branches), and its value."""
    path: list[int | str] = []
    value = data
    for part in loc:
        if isinstance(value, dict) and part in value:
            value = value[str(part)]
        elif isinstance(value, Sequence) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path), value


def _other_branch(loc: tuple[int | str, ...], path: KeyPath, value: Any, kind: str) -> bool:
    """Whether the error comes from the unintended branch of `a word or a list`, or repeats another."""
    extra = [str(p) for p in loc if p not in path]
    if any(e.startswith("literal[") for e in extra):
        return isinstance(value, list)
    if kind == "tuple_type" and any(e.startswith("tuple[") for e in extra):
        return True
    return kind == "too_short" and isinstance(value, list) and bool(value)


def _words(
    kind: str, path: KeyPath, value: Any, context: Mapping[str, Any], said: str
) -> tuple[str, str, str]:
    """Code, message and hint."""
    key = str(path[-1]) if path else ""
    model, field = _schema_of(path)
    what = (field.description or "") if field else ""
    example = EXAMPLES.get(key, "") if len(path) == 1 or key not in TOP else ""
    if key == "from" and "tiers" in path:
        example = "from: 100"
    if kind == "missing":
        hint = f"add `{example or key + ': ...'}`"
        return "S131", f"the key `{key}` is missing", f"{hint}; {what}" if what else hint
    if kind == "extra_forbidden":
        known = _keys(_schema_of(path[:-1])[0])
        return (
            "S130",
            f"unknown key `{key}`",
            did_you_mean(key, known, "keys allowed here: " + ", ".join(known)),
        )
    if value is None:
        return "S132", "the value is missing", "write a value after the colon, or delete the line"
    if kind in ("day", "date_type") or kind.startswith("date"):
        return "S133", f"`{_short(value)}` is not a date", "write year-month-day: `2026-04-01`"
    if kind in NUMBERS or kind in WHOLE:
        whole = "a whole number" if kind in WHOLE else "a number"
        hint = "write digits and a point, at most 24 digits: `2310` or `0.15`"
        if kind in WHOLE:
            hint = "write digits only: `12`"
        if read := _meant(value, kind in WHOLE):
            hint = f"write `{key}: {read}`: " + ("digits only" if kind in WHOLE else "digits and a point")
        return "S132", f"expected {whole}, found {_describe(value)}", hint
    if kind in BOUNDS:
        limit = str(next(context[k] for k in BOUND_KEYS if k in context))
        limit = re.sub(r"^Decimal\('(.*)'\)$", r"\1", limit)
        hint = what or "check the number"
        if "less" in kind and limit == "1":
            hint = "write a share: 0.15 is fifteen percent"
            if isinstance(value, (int, Decimal)) and 1 < value < 100:
                hint = f"write `{key}: {meant(f'{value}%')}` for {value} percent"
        return "S134", f"`{_short(value)}` is out of range: it must be {BOUNDS[kind]} {limit}", hint
    if kind == "literal_error":
        words = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        choice = ", ".join(f"`{w}`" for w in words)
        listed = " or a list of dates" if key in ("starts", "purchase_dates") else ""
        hint = did_you_mean(str(value), words, f"write {choice}{listed}")
        return "S135", f"{_describe(value)} is not one of {choice}{listed}", hint
    if kind in ("too_short", "string_too_short"):
        return "S136", "it is empty", f"for example `{example}`" if example else "write a value"
    if kind == "string_too_long":
        return "S136", "the text is too long", f"at most {context.get('max_length')} characters"
    if kind == "string_pattern_mismatch":
        return (
            "S135",
            f"`{_short(value)}` is not a currency code",
            "write three capital letters: `USD`, `EUR`",
        )
    if kind == "bool_type":
        return "S132", f"expected true or false, found {_describe(value)}", "write `true` or `false`"
    if kind == "string_type":
        quoted = (
            f'put it in quotes: "{value}"' if not isinstance(value, (dict, list)) else "write a single text"
        )
        return "S132", f"expected text, found {_describe(value)}", quoted
    if kind == "tuple_type":
        item = example if isinstance(value, dict) or key in TOP else f"{key}: [{_short(value)}]"
        if key in ("prices", "rates", "tiers"):
            item = example
        return "S132", f"expected a list, found {_describe(value)}", f"write `{item or key + ': [...]'}`"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        known = _keys(model)
        hint = "write keys with values" + (": " + ", ".join(known) if known else "")
        return "S132", f"expected a map of keys, found {_describe(value)}", hint
    message = said.removeprefix("Value error, ")
    return "S137", message[:1].lower() + message[1:], what or "change one of the keys of this entry"


def _meant(value: Any, whole: bool) -> str:
    """What was meant by something that is not the number wanted here."""
    if whole and isinstance(value, Decimal):
        text = str(value)
        # `1.200` seats are no seats and a bit
        return text.replace(".", "") if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", text) else ""
    read = meant(value) if isinstance(value, str) else ""
    return "" if whole and "." in read else read


def _describe(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a map of keys"
    if isinstance(value, list):
        return "a list"
    return f"`{_short(value)}`" if value != "" else "empty text"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:60] + "…"


def _keys(model: type[BaseModel] | None) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _schema_of(path: KeyPath) -> tuple[type[BaseModel] | None, FieldInfo | None]:
    """The model a path leads to (None for plain values), and the last field on the way."""
    kinds: list[Any] = [Scenario]
    field: FieldInfo | None = None
    for part in path:
        found: list[Any] = []
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                named = next((f for n, f in kind.model_fields.items() if (f.alias or n) == part), None)
                if named is not None:
                    field = named
                    found += _bare(named.annotation)
            elif get_origin(kind) in (tuple, dict):
                arguments = get_args(kind)
                found += _bare(arguments[0] if get_origin(kind) is tuple else arguments[1])
        if not found:
            return None, None
        kinds = found
    model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return model, field


def _bare(kind: Any) -> list[Any]:
    """The type without its constraints; of a union, its members that have fields."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in (Union, types.UnionType):
        parts = [part for k in get_args(kind) if k is not type(None) for part in _bare(k)]
        with_fields = [part for part in parts if get_origin(part) is not Literal]
        return with_fields or parts[:1]
    return [kind]
