"""JSON Schema of plan.json, generated from the same column table that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from flexopt.inputs.records import Coverage
from flexopt.inputs.scenario.schema import scenario_schema
from flexopt.store.tables import DRIVERS, TABLES

_DECIMAL = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
_SPAN = {key: {"type": "string", "format": "date"} for key in ("start", "end")}
_TYPES: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    Decimal: {"anyOf": [_DECIMAL, {"type": "null"}]},
    date: {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
}


def plan_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `flexopt.plan/1`."""
    text, integer = {"type": "string"}, {"type": "integer"}
    money_or_null = {"anyOf": [_DECIMAL, {"type": "null"}]}
    baseline = _object(dict.fromkeys(("total", "seats", "tokens", "saving"), money_or_null) | {"note": text})
    labels = dict.fromkeys(("offer", "kind", "id", "counts"), text) | _SPAN
    price = {
        "type": "object",
        "properties": {"row": text, "price": text, **labels},
        "required": ["row", "price"],
        "additionalProperties": False,
    }
    prices = _object(
        {
            "bound": _DECIMAL,
            "cuts_found": integer,
            "cuts": {"type": "array", "items": {"type": "array", "items": price}},
        }
    )
    threshold = _object(
        dict.fromkeys(("contracts", "moves"), integer)
        | dict.fromkeys(("objective", "bound", "cheapest"), _DECIMAL)
        | {"prices": prices}
    )
    proof = _object(
        {
            "cost": _DECIMAL,
            "bound": _DECIMAL,
            "gap": _DECIMAL,
            "gap_asked": _DECIMAL,
            "solver": text,
            **dict.fromkeys(("seed", "users_in_core", "choices_in_core", "variables", "rows"), integer),
            "marginal_token_prices": {"type": "array", "items": _object(_SPAN | {"price": _DECIMAL})},
            "prices": prices,
            "threshold": {"anyOf": [threshold, {"type": "null"}]},
        }
    )
    integer_or_null = {"type": ["integer", "null"]}
    file = _object({f.name: text if f.type == "str" else integer for f in fields(Coverage)})
    finding = _object(
        {
            "severity": {"enum": ["error", "warning", "info"]},
            "row": integer_or_null,
            "count": integer,
            **dict.fromkeys(("code", "file", "column", "message", "hint"), text),
        }
    )
    span = {"type": "object", "additionalProperties": {"type": "string", "format": "date"}}
    properties: dict[str, Any] = {
        "schema": {"const": "flexopt.plan/1"},
        "flexopt": text,
        "name": text,
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "horizon": span,
        "history": span,
        "status": {"enum": ["optimal", "feasible"]},
        "total": _DECIMAL,
        "summary": _object(
            dict.fromkeys(("seats", "tokens", "commitment"), _DECIMAL)
            | dict.fromkeys(("users", "users_named_only", "users_flex_only", "users_both"), integer)
            | dict.fromkeys(("seats_bought", "seats_owned", "tokens_bought"), integer)
            | dict.fromkeys(("tokens_used", "tokens_expired", "tokens_left"), _DECIMAL)
            | {"purchases": integer, "token_price": _DECIMAL, "effective_token_price": money_or_null}
            | dict.fromkeys(("users_to_flex", "users_to_seats", "users_idle"), integer_or_null)
        ),
        "baselines": {"type": "object", "additionalProperties": baseline},
        "proof": proof,
        "inputs": {"type": "array", "items": _object({"file": text, "sha256": text})},
        "coverage": _object(
            dict.fromkeys(("rows_read", "users_in_usage", "users_planned", "days_left_out"), integer)
            | dict.fromkeys(("days_not_planned", "users_not_planned", "days_of_users_not_planned"), integer)
            | {"days_planned": _DECIMAL, "files": {"type": "array", "items": file}}
        ),
        "findings": {"type": "array", "items": finding},
        **{
            table: {
                "type": "array",
                "items": _object({name: _TYPES[kind] for name, kind in columns.items()}),
            }
            for table, columns in TABLES.items()
        },
        "holdings": {"type": "array", "items": {"$ref": "flexopt.scenario/1#/$defs/Holding"}},
        "scenario": {"$ref": "#/$defs/scenario"},
    }
    # keys that other commands add to a plan
    optional: dict[str, Any] = {
        "comparison": _comparison(),  # flexopt compare
        "sensitivity": _sensitivity(),  # flexopt sensitivity
        "review": _review(),  # flexopt review
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flexopt plan",
        **_object(properties, optional),
        "$defs": {"scenario": {**scenario_schema(), "$id": "flexopt.scenario/1"}},
    }


def _review() -> dict[str, Any]:
    """What `flexopt review --into` adds."""
    text, integer, truth = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
    money_or_null = {"anyOf": [_DECIMAL, {"type": "null"}]}
    who = dict.fromkeys(("user", "product", "offer"), text)
    kinds = ("to collection", "to seat", "to Flex", "release", "new", "keep")
    move = _object(
        dict.fromkeys(("user", "product", "group"), text)
        | {"move": {"enum": list(kinds)}, "before": text, "after": text, "saving": money_or_null}
    )
    check = _object(
        dict.fromkeys(("code", "name"), text)
        | {"found": truth, "count": integer}
        | dict.fromkeys(("message", "repair"), text)
    )
    return _object(
        {"today": money_or_null, "total": _DECIMAL, "saving": money_or_null}
        | {"moves": _array(move), "counts": _object(dict.fromkeys(kinds, integer))}
        | {
            "double_use": _array(_object(who | {"flex_days": integer})),
            "idle": _array(_object(who | {"last_use": _TYPES[date]})),
            "leavers": _array(_object(who | {"leaves": {"type": "string", "format": "date"}})),
            "checks": _array(check),
        }
    )


def _sensitivity() -> dict[str, Any]:
    """What `flexopt sensitivity --into` adds."""
    text = {"type": "string"}
    money_or_null = {"anyOf": [_DECIMAL, {"type": "null"}]}
    integer_or_null = {"type": ["integer", "null"]}
    point = _object(
        {"value": _DECIMAL, "total": money_or_null}
        | dict.fromkeys(("seats_bought", "tokens_bought"), integer_or_null)
    )
    lever = _object({"lever": text, "label": text, "value": _DECIMAL, "low": point, "high": point})
    values, totals = _array(_DECIMAL), _array(_array(money_or_null))
    grid = _object({"x": text, "y": text, "x_values": values, "y_values": values, "totals": totals})
    side = {"anyOf": [_object({"value": _DECIMAL, "total": money_or_null, "answer": text}), {"type": "null"}]}
    flip = _object(
        dict.fromkeys(("question", "lever", "unit"), text) | {"below": side, "above": side, "note": text}
    )
    ask = _object({"lever": text, "label": text, "saving": _DECIMAL})
    tables = {"levers": lever, "grids": grid, "indifference": flip, "negotiation": ask}
    return _object(
        {"total": _DECIMAL, "step": _DECIMAL, **{name: _array(row) for name, row in tables.items()}}
    )


def _comparison() -> dict[str, Any]:
    text, integer = {"type": "string"}, {"type": "integer"}
    decimal_or_null = {"anyOf": [_DECIMAL, {"type": "null"}]}
    purchase = {"date": _SPAN["start"], "tokens": integer, "unit_price": _DECIMAL, "cost": _DECIMAL}
    scenario = {
        **dict.fromkeys(("id", "name"), text),
        "status": {"enum": ["optimal", "feasible"]},
        **dict.fromkeys(("total", "bound", "gap", "seats", "tokens", "commitment"), _DECIMAL),
        **dict.fromkeys(("seats_bought", "seats_owned", "tokens_bought", "users_changed"), integer),
        **dict.fromkeys(("tokens_used", "tokens_expired", "difference"), _DECIMAL),
        "effective_token_price": decimal_or_null,
        "offers": _array(_object({"offer": text, "seats": integer, "cost": _DECIMAL})),
        "purchases": _array(_object(purchase)),
    }
    drivers = dict.fromkeys((*DRIVERS, "difference"), _DECIMAL)
    return _object(
        {
            "currency": text,
            "scenarios": _array(_object(scenario)),
            "cheapest": text,
            "regret": _array(_array(decimal_or_null)),
            "notes": _array(_object(dict.fromkeys(("plan", "quote", "note"), text))),
            "drivers": _array(_object({"scenario": text, **drivers})),
            "changes": _array(
                _object(dict.fromkeys(("scenario", "user", "product", "before", "after"), text))
            ),
        }
    )


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(properties: dict[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**properties, **(optional or {})},
        "required": list(properties),
        "additionalProperties": False,
    }
