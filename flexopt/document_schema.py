"""JSON Schema of plan.json, made from the same table of columns that writes it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from flexopt.document_tables import TABLES
from flexopt.inputs.schema import scenario_schema
from flexopt.inputs.tables import Coverage

__all__ = ["plan_schema"]

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
    labels = dict.fromkeys(("offer", "kind", "id"), text) | _SPAN
    price = {
        "type": "object",
        "properties": {"row": text, "price": text, **labels},
        "required": ["row", "price"],
        "additionalProperties": False,
    }
    proof = _object(
        {
            "cost": _DECIMAL,
            "bound": _DECIMAL,
            "gap": _DECIMAL,
            "gap_asked": _DECIMAL,
            "solver": text,
            **dict.fromkeys(("seed", "users_in_core", "choices_in_core", "variables", "rows"), integer),
            "marginal_token_prices": {"type": "array", "items": _object(_SPAN | {"price": _DECIMAL})},
            "prices": _object(
                {
                    "bound": _DECIMAL,
                    "cuts_found": integer,
                    "cuts": {"type": "array", "items": {"type": "array", "items": price}},
                }
            ),
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
        "scenario": {"$ref": "#/$defs/scenario"},
    }
    plan = _object(properties)
    # keys that other commands add
    plan["properties"] |= {"sensitivity": _sensitivity()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flexopt plan",
        **plan,
        "$defs": {"scenario": {**scenario_schema(), "$id": "flexopt.scenario/1"}},
    }


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
    values = {"type": "array", "items": _DECIMAL}
    totals = {"type": "array", "items": {"type": "array", "items": money_or_null}}
    grid = _object({"x": text, "y": text, "x_values": values, "y_values": values, "totals": totals})
    side = {"anyOf": [_object({"value": _DECIMAL, "total": money_or_null, "answer": text}), {"type": "null"}]}
    flip = _object(
        dict.fromkeys(("question", "lever", "unit"), text) | {"below": side, "above": side, "note": text}
    )
    ask = _object({"lever": text, "label": text, "saving": _DECIMAL})
    return _object(
        {"total": _DECIMAL, "step": _DECIMAL}
        | {
            name: {"type": "array", "items": items}
            for name, items in (
                ("levers", lever),
                ("grids", grid),
                ("indifference", flip),
                ("negotiation", ask),
            )
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
