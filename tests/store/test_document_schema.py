"""What `flexopt schema` prints is a JSON Schema, and plans and scenarios are valid by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import typed
from jsonschema import Draft202012Validator, FormatChecker

from flexopt.inputs.scenario.schema import scenario_schema
from flexopt.planning.document import typed_frame
from flexopt.store.schema import plan_schema
from flexopt.store.tables import TABLES

ROOT = Path(__file__).parents[2]
SCENARIOS = [
    *sorted((ROOT / "scenarios").glob("[!p]*.yaml")),
    *sorted((ROOT / "tests" / "cases").glob("*/scenario.yaml")),
]


@pytest.fixture
def written(document: dict[str, Any]) -> dict[str, Any]:
    """What plan.json has: not the rows of charges.csv."""
    document.pop("charge_rows", None)
    return document


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{e.json_path}: {e.message}" for e in validator.iter_errors(value)]


@pytest.mark.parametrize("schema", [plan_schema(), scenario_schema()], ids=["plan", "scenario"])
def test_they_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_scenarios_are_valid(path: Path) -> None:
    # JSON has no dates: they are strings there
    value = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    assert errors(scenario_schema(), value) == []


def test_plan_is_valid(written: dict[str, Any]) -> None:
    assert errors(plan_schema(), written) == []


def test_every_key_of_a_plan_is_wanted_and_no_other(written: dict[str, Any]) -> None:
    for key in list(written):
        without = {k: v for k, v in written.items() if k != key}
        assert errors(plan_schema(), without)
    assert errors(plan_schema(), written | {"more": 1})
    for part in ("summary", "proof", "coverage"):
        assert errors(plan_schema(), written | {part: written[part] | {"more": 1}})


@pytest.mark.parametrize(
    "change",
    [
        {"total": 6909.0},
        {"total": "6,909.00"},
        {"currency": "usd"},
        {"status": "infeasible"},
        {"horizon": {"start": "1 January"}},
        {"purchases": [{}]},
        {"schema": "flexopt.plan/2"},
    ],
)
def test_what_is_wrong_is_found(written: dict[str, Any], change: dict[str, Any]) -> None:
    assert errors(plan_schema(), written | change)


@pytest.mark.parametrize("table", TABLES)
def test_frames_have_the_rows_of_the_document(planned: dict[str, Any], table: str) -> None:
    frame = typed_frame(getattr(typed(planned), table), table)
    assert list(frame.columns) == list(TABLES[table])
    back = [
        {k: v if v is None or TABLES[table][str(k)] is int else str(v) for k, v in row.items()}
        for row in frame.to_dict("records")
    ]
    assert back == planned[table]
