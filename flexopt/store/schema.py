"""JSON Schema of plan.json, generated from the model that is written and read."""

from __future__ import annotations

from typing import Any

from flexopt.inputs.scenario.schema import DIALECT, tidy
from flexopt.store.plan import PlanDocument


def plan_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `flexopt.plan/1`."""
    return {"$schema": DIALECT, **tidy(PlanDocument.model_json_schema())}
