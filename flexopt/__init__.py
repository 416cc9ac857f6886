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
    from flexopt.comparison import Comparison, compare
    from flexopt.inputs.load import load_scenario
    from flexopt.planner import Plan, plan
    from flexopt.sweeps import Sweep, sweep

__version__ = "0.1.0"
__all__ = ["Comparison", "Plan", "Sweep", "__version__", "compare", "load_scenario", "plan", "sweep"]


def __getattr__(name: str) -> Any:
    """Import on first use: `flexopt --help` needs neither pandas nor a solver."""
    if name == "load_scenario":
        from flexopt.inputs.load import load_scenario

        return load_scenario
    if name in ("plan", "Plan"):
        import flexopt.planner

        return getattr(flexopt.planner, name)
    if name in ("compare", "Comparison"):
        import flexopt.comparison

        return getattr(flexopt.comparison, name)
    if name in ("sweep", "Sweep"):
        import flexopt.sweeps

        return getattr(flexopt.sweeps, name)
    raise AttributeError(f"module 'flexopt' has no attribute {name!r}")
