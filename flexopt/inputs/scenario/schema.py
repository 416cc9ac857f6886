"""The JSON Schema of a scenario, for editors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from flexopt.inputs.scenario.scenario import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PATH = {"type": "string", "minLength": 1}
EXTENDS = {
    "description": "Scenarios that this one builds on: paths relative to this file.",
    "anyOf": [PATH, {"type": "array", "items": PATH}],
}
MERGED = {"Offer": ["id"], "Budget": ["id"], "Horizon": [], "Tokens": [], "Window": [], "Instalments": []}
"""Parts that `extends` merges key by key, and the keys each still requires."""
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
DIGITS = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file, `extends` included.

    Required keys are required only in a file without `extends`: a base may supply them, which only reading
    all files can tell.
    """
    schema = tidy(Scenario.model_json_schema(by_alias=True, mode="validation"))
    parts: dict[str, Any] = schema.pop("$defs")
    properties: dict[str, Any] = schema.pop("properties")
    required: dict[str, list[str]] = {}
    for name, always in MERGED.items():
        required[name] = parts[name].pop("required")
        if always:
            parts[name]["required"] = always
    complete = {
        "required": schema.pop("required"),
        "properties": {k: rule for k, v in properties.items() if (rule := _rule(v, parts, required))},
    }
    return schema | {
        "$schema": DIALECT,
        "description": inspect.getdoc(Scenario) or "",
        "properties": {"extends": EXTENDS, **properties},
        "if": {"not": {"required": ["extends"]}},
        "then": complete,
        "$defs": parts,
    }


def _rule(value: dict[str, Any], parts: dict[str, Any], required: dict[str, list[str]]) -> dict[str, Any]:
    """What a property requires in a file without `extends`, beyond what it always requires."""
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        inner = parts[name].get("properties", {})
        below = {k: r for k, v in inner.items() if (r := _rule(v, parts, required))}
        rule: dict[str, Any] = {"required": required[name]} if name in required else {}
        return rule | ({"properties": below} if below else {})
    if "items" in value:
        item = _rule(value["items"], parts, required)
        return {"items": item} if item else {}
    return next((r for option in value.get("anyOf", []) if (r := _rule(option, parts, required))), {})


def tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model, its parts in the words of JSON Schema."""
    _walk([schema.get("$defs", {}), schema["properties"]], _tidy)
    return schema


def _walk(node: Any, visit: Callable[[dict[str, Any]], None]) -> None:
    if isinstance(node, dict):
        visit(node)
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            _walk(value, visit)


def _tidy(node: dict[str, Any]) -> None:
    """Drop generated titles, allow quoted numbers, and express their bounds in JSON Schema keywords."""
    if isinstance(node.get("title"), str):
        del node["title"]
    if "max_digits" not in node:
        return
    del node["max_digits"]
    number: dict[str, Any] = {"type": "number"}
    for key, word in BOUNDS.items():
        if key in node:
            number[word] = int(node.pop(key))
    node["anyOf"] = [number, {"type": "string", "pattern": DIGITS}]
