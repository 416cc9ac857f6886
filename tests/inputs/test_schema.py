"""The JSON Schema for editors says what the reader accepts."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from flexopt.inputs.scenario import scenario, use
from flexopt.inputs.scenario.schema import MERGED, scenario_schema


def test_it_is_plain_json_and_stable() -> None:
    text = json.dumps(scenario_schema())
    assert json.loads(text) == scenario_schema()
    assert text == json.dumps(scenario_schema())


def test_every_key_of_every_part_is_there_and_no_other() -> None:
    schema = scenario_schema()
    parts = (*vars(scenario).values(), *vars(use).values())
    models = [m for m in parts if isinstance(m, type) and issubclass(m, BaseModel)]
    for name, part in schema["$defs"].items():
        model = next(m for m in models if m.__name__ == name)
        assert set(part["properties"]) == {f.alias or n for n, f in model.model_fields.items()}
        assert part["additionalProperties"] is False
    assert set(schema["properties"]) >= {"extends", "schema", "horizon", "solver"}
    assert schema["additionalProperties"] is False


def test_keys_are_required_only_without_extends() -> None:
    schema = scenario_schema()
    assert "required" not in schema
    assert schema["if"] == {"not": {"required": ["extends"]}}
    then = schema["then"]
    assert then["required"] == ["schema", "currency", "horizon", "products", "tokens"]
    assert then["properties"]["tokens"]["required"] == ["tiers"]
    assert "prices" in then["properties"]["offers"]["items"]["required"]
    assert set(MERGED) <= set(schema["$defs"])
    assert schema["$defs"]["Offer"]["required"] == ["id"]
    assert schema["$defs"]["Price"]["required"] == ["from", "new"]


def test_numbers_may_be_quoted_and_have_bounds() -> None:
    price: dict[str, Any] = scenario_schema()["$defs"]["Price"]["properties"]["new"]
    number, text = price["anyOf"]
    assert number == {"type": "number", "minimum": 0, "maximum": 1_000_000_000}
    assert text["type"] == "string"
    assert price["description"].startswith("Price of a new seat")
    words = {"$schema", "description", "title", "type", "properties", "additionalProperties", "if", "then"}
    assert set(scenario_schema()) == words | {"$defs"}
    assert "max_digits" not in json.dumps(scenario_schema())
