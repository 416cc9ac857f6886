"""flexopt: who gets a named-user seat, who goes on Flex tokens, which packs to buy when.

from flexopt import load_scenario, plan

result = plan(load_scenario("scenarios/renewal-2026.yaml"))
print(result.total, result.status, result.gap)
result.assignment          # a frame, one row per user, product and access
result.save("renewal.plan")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flexopt.inputs.scenario.load import load_scenario
    from flexopt.planning.planner import Plan, plan
    from flexopt.studies.compare import Comparison, compare
    from flexopt.studies.sweep import Sweep, sweep

__version__ = "0.1.0"
__all__ = ["Comparison", "Plan", "Sweep", "__version__", "compare", "load_scenario", "plan", "sweep"]


def __getattr__(name: str) -> Any:
    """Import on first use: `flexopt --help` needs neither pandas nor a solver."""
    if name == "load_scenario":
        from flexopt.inputs.scenario.load import load_scenario

        return load_scenario
    if name in ("plan", "Plan"):
        import flexopt.planning.planner

        return getattr(flexopt.planning.planner, name)
    if name in ("compare", "Comparison"):
        import flexopt.studies.compare

        return getattr(flexopt.studies.compare, name)
    if name in ("sweep", "Sweep"):
        import flexopt.studies.sweep

        return getattr(flexopt.studies.sweep, name)
    raise AttributeError(f"module 'flexopt' has no attribute {name!r}")
