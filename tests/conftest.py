"""Fixtures for all tests: golden files, hypothesis profiles, the worked examples."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
CASES = sorted(p.parent for p in (HERE / "cases").glob("*/scenario.yaml"))

settings.register_profile(
    "fast", max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
settings.register_profile(
    "thorough", max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("FLEXOPT_HYPOTHESIS", "fast"))

Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite tests/golden from what is now.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(name, text)`: the text is that of tests/golden/name, letter by letter."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        if not path.exists():
            pytest.fail(f"no golden file {name}: run `pytest --update-golden`, and read what it wrote")
        assert text == path.read_text(encoding="utf-8"), f"{name} differs: `pytest --update-golden` rewrites"

    return check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `case` runs on every worked example."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES, ids=[c.name for c in CASES])


@pytest.fixture(scope="session")
def planned() -> dict[str, Any]:
    """plan.json of a small worked example that has seats, owned and bought, and tokens: treat as constant."""
    from flexopt import load_scenario, plan

    return dict(plan(load_scenario(HERE / "cases" / "break-even" / "scenario.yaml")).document)


@pytest.fixture
def document(planned: dict[str, Any]) -> dict[str, Any]:
    """A copy of `planned` to change."""
    return json.loads(json.dumps(planned))  # type: ignore[no-any-return]
