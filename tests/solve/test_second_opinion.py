"""Two solvers, one model: CBC and HiGHS find the same totals, and neither proves the other wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from profiles import one_in
from strategies import Instance, medium

from flexopt import load_scenario
from flexopt.demand.forecast import Demand, forecast
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.scenario import SolverOptions
from flexopt.inputs.usage import read_usage
from flexopt.model.sets import formulate
from flexopt.solve.optimise import Infeasible, Optimum, optimise

pytest.importorskip("highspy")
GAP = Decimal("1e-6")


def _best(file: ScenarioFile, demand: Demand, name: str) -> Optimum | None:
    options = SolverOptions.model_validate({"name": name, "gap": GAP, "time_limit": 20})
    scenario = file.scenario.model_copy(update={"solver": options})
    try:
        return optimise(formulate(scenario, file.holdings, demand))
    except Infeasible:
        return None


def _agree(file: ScenarioFile, demand: Demand) -> None:
    cbc, highs = _best(file, demand, "cbc"), _best(file, demand, "highs")
    assert (cbc is None) == (highs is None), "one finds a plan, the other says there is none"
    if cbc is None or highs is None:
        return
    assert cbc.objective_bound <= highs.cost
    assert highs.objective_bound <= cbc.cost
    if cbc.status.value == highs.status.value == "optimal":
        assert abs(cbc.cost - highs.cost) <= GAP * max(cbc.cost, highs.cost)


def test_worked_examples(case: Path) -> None:
    file = load_scenario(case / "scenario.yaml")
    usage = read_usage(file.usage_files, file.scenario, file.folder)
    _agree(file, forecast(file.scenario, usage, file.people))


@one_in(8)
@given(medium(users=12))
def test_random_instances(instance: Instance) -> None:
    _agree(instance.source(), instance.demand())
