"""flexopt: who gets a named-user seat, who goes on Flex tokens, which packs to buy when.

from flexopt import load_scenario, plan

result = plan(load_scenario("scenarios/renewal-2026.yaml"))
print(result.total, result.status, result.gap)
result.assignment          # a frame, one row per user, product and access
result.save("renewal.plan")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from flexopt.base.errors import AuditError, FlexoptError, InfeasibleError, LimitError, SolverError
from flexopt.base.findings import InputError

if TYPE_CHECKING:
    from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
    from flexopt.inputs.scenario.load import load_scenario, make_scenario
    from flexopt.planning.breakeven import breakeven
    from flexopt.planning.planner import Plan, plan
    from flexopt.studies.compare import Comparison, compare
    from flexopt.studies.explain import Explanation, UserExplanation, explain
    from flexopt.studies.review import Review, review
    from flexopt.studies.sensitivity import Sensitivity, sensitivity
    from flexopt.studies.sweep import Sweep, SweepResult, sweep, sweep_each
    from flexopt.studies.verify import Verification, verify

__version__ = "0.1.0"
__all__ = [
    "AuditError",
    "Comparison",
    "Explanation",
    "FlexoptError",
    "InfeasibleError",
    "InputError",
    "LimitError",
    "Person",
    "Plan",
    "Review",
    "ScenarioFile",
    "Sensitivity",
    "SolverError",
    "Sweep",
    "SweepResult",
    "TodaysAccess",
    "Usage",
    "UserExplanation",
    "Verification",
    "__version__",
    "breakeven",
    "compare",
    "explain",
    "load_scenario",
    "make_scenario",
    "plan",
    "review",
    "sensitivity",
    "sweep",
    "sweep_each",
    "verify",
]

_HOMES = {
    "inputs.records": ("TodaysAccess", "Person", "ScenarioFile", "Usage"),
    "inputs.scenario.load": ("load_scenario", "make_scenario"),
    "planning.breakeven": ("breakeven",),
    "studies.explain": ("Explanation", "UserExplanation", "explain"),
    "planning.planner": ("Plan", "plan"),
    "studies.compare": ("Comparison", "compare"),
    "studies.review": ("Review", "review"),
    "studies.sensitivity": ("Sensitivity", "sensitivity"),
    "studies.sweep": ("Sweep", "SweepResult", "sweep", "sweep_each"),
    "studies.verify": ("Verification", "verify"),
}


def __getattr__(name: str) -> Any:
    """Import on first use: `flexopt --help` needs neither pandas nor a solver."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"flexopt.{home}"), name)
    raise AttributeError(f"module 'flexopt' has no attribute {name!r}")
