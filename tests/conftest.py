"""How the tests are run, and fixtures for all of them: golden files, the worked examples."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import profiles
import pytest

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
CASES = sorted(p.parent for p in (HERE / "cases").glob("*/scenario.yaml"))

FLEXOPT = Path(sys.executable).with_name("flexopt")

LEFT_OUT = pytest.StashKey[int]()
"""How many slow tests this run left out."""

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Golden = Callable[[str, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite tests/golden from what is now.")
    parser.addoption("--all", action="store_true", help="Slow tests too, and all examples of every property.")


def pytest_configure(config: pytest.Config) -> None:
    profiles.load(every=config.getoption("--all"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than there are cores, as many tests wait for other programs.

    None for tests that are named: to start them takes longer than most tests.
    """
    return 0 if _are_named(config) else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests are left out, or come first, so that no process is left alone with one at the end."""
    slow = [item for item in items if item.get_closest_marker("slow")]
    rest = [item for item in items if not item.get_closest_marker("slow")]
    if config.getoption("--all") or config.option.markexpr or _are_named(config):
        items[:] = slow + rest
    else:
        items[:] = rest
        config.stash[LEFT_OUT] = len(slow)


def _are_named(config: pytest.Config) -> bool:
    """Files or tests, not whole folders."""
    return all(".py" in argument for argument in config.args)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a process of xdist: what it returns
        session.config.workeroutput["left out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if slow := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"left out: {slow} slow tests, and most random examples of the others; `pytest --all` runs them"
        )


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
    """A test that takes `case` runs on every worked example; the largest is slow."""
    if "case" in metafunc.fixturenames:
        marks = {"mixed-negotiated": pytest.mark.slow}
        metafunc.parametrize("case", [pytest.param(c, id=c.name, marks=marks.get(c.name, ())) for c in CASES])


@pytest.fixture(scope="session")
def just_planned() -> dict[str, Any]:
    """The document of a small worked example that has seats, owned and bought, and tokens, with its charges.

    Treat it as constant.
    """
    from documents import data

    from flexopt import load_scenario, plan

    found = plan(load_scenario(HERE / "cases" / "break-even" / "scenario.yaml")).document
    return data(found)


@pytest.fixture(scope="session")
def planned(just_planned: dict[str, Any]) -> dict[str, Any]:
    """Its plan.json: treat as constant."""
    return {key: value for key, value in just_planned.items() if key != "charge_rows"}


@pytest.fixture
def document(planned: dict[str, Any]) -> dict[str, Any]:
    """A copy of `planned` to change."""
    return json.loads(json.dumps(planned))  # type: ignore[no-any-return]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a worked example: scenario.yaml and usage.csv."""
    return Path(shutil.copytree(HERE / "cases" / "break-even", tmp_path / "work"))


@pytest.fixture
def run(folder: Path) -> Run:
    """`run("check", "scenario.yaml")` in that folder; stdout, stderr and the exit code of the process."""

    def run(*arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(FLEXOPT), *map(str, arguments)],
            cwd=folder,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "100"} | (env or {}),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )

    return run


@pytest.fixture
def call(
    folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Like `run`, without a process of its own: the same entry point, and much faster."""
    temporary = str(tmp_path_factory.mktemp("temporary"))

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        from flexopt.cli import main

        monkeypatch.chdir(folder)
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(tempfile, "tempdir", temporary)  # `main` sets it for the rest of the process
        monkeypatch.setattr(sys, "argv", ["flexopt", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess([], ended.value.code, out, err)

    return call


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory: pytest.TempPathFactory, just_planned: dict[str, Any]) -> Path:
    """The plan of that example, as a folder: treat as constant."""
    from documents import typed

    from flexopt.store.folder import write_folder

    return write_folder(typed(just_planned), tmp_path_factory.mktemp("plan") / "break-even.plan")


@pytest.fixture
def scenario(folder: Path) -> Callable[[str], str]:
    """`scenario("solver: {...}")` writes the example changed by that; returns the file's name."""

    def write(changes: str) -> str:
        (folder / "changed.yaml").write_text(
            f"schema: flexopt.scenario/1\nextends: scenario.yaml\n{changes}\n"
        )
        return "changed.yaml"

    return write


@pytest.fixture
def everything(document: dict[str, Any]) -> dict[str, Any]:
    """A plan with everything that other commands add to it."""
    from whole import with_everything

    return with_everything(document)
