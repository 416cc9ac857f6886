"""The data goes one way, and so do the imports; a table says which way that is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flexopt

ROOT = Path(flexopt.__file__).parent
MODULES = sorted(
    ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for p in ROOT.rglob("*.py")
)

LAYERS: list[tuple[str, ...]] = [
    ("errors", "money", "dates", "columns", "minmax"),
    ("inputs",),
    ("policy", "starter", "breakeven"),
    ("demand", "forecasts"),
    ("problem", "audit"),
    ("needs",),
    ("pricing",),
    ("core",),
    ("model",),
    ("solution", "solver"),
    ("cuts",),
    ("fill", "master", "mixture", "worth"),
    ("bound",),
    ("search",),
    ("optimise", "moves", "moves_search"),
    ("stretches", "baselines", "explain_infeasible"),
    ("bill",),
    ("reasons",),
    ("document_tables",),
    ("document", "document_schema"),
    ("exports",),
    ("planner",),
    ("review",),
    ("sweeps", "comparison", "sensitivity"),
    ("cli", "__main__"),
]
"""Lowest first: a module imports from layers below its own, and from its own layer."""

SOLVERS = ("pulp.apis", "highspy")


def layer(module: str) -> int:
    top = module.split(".", maxsplit=1)[0]
    for number, names in enumerate(LAYERS):
        if top in names:
            return number
    raise AssertionError(f"flexopt.{module} is in no layer: add it to LAYERS")


def source(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports(module: str) -> Iterator[str]:
    """Full names of everything the module imports, also inside functions and for types only."""
    for node in ast.walk(ast.parse(source(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"flexopt.{module} has a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(module: str) -> set[str]:
    """The modules of flexopt that the module imports."""
    found = {name.removeprefix("flexopt.") for name in imports(module) if name.startswith("flexopt.")}
    return {name for name in found if name in MODULES}


@pytest.mark.parametrize("module", [m for m in MODULES if m != "__init__"])
def test_imports_follow_the_data(module: str) -> None:
    for other in sorted(own(module)):
        # errors name the type of what they carry; nothing is imported when they run
        if (module, other) == ("errors", "inputs.findings"):
            continue
        assert layer(other) <= layer(module), f"flexopt.{module} imports flexopt.{other}"


def test_every_layer_exists() -> None:
    tops = {m.split(".")[0] for m in MODULES} | {"__main__"}
    assert {name for names in LAYERS for name in names} <= tops


def test_the_audit_imports_nothing_that_it_audits() -> None:
    for module in MODULES:
        if module.split(".")[0] == "audit":
            tops = {name.split(".")[0] for name in own(module)}
            # minmax is arithmetic on numbers that the audit has worked out itself; test_minmax.py tries all
            assert tops <= {"audit", "demand", "inputs", "money", "dates", "policy", "minmax"}, module


def test_one_file_knows_the_solver() -> None:
    for module in MODULES:
        names = set(imports(module))
        if module != "solver":
            assert not [n for n in names if n.startswith(SOLVERS)], module
        if module not in ("model", "moves", "solution", "solver", "cuts", "master", "mixture"):
            assert not [n for n in names if n.split(".")[0] == "pulp"], module


def test_help_loads_no_heavy_library() -> None:
    """`flexopt --help` answers at once: frames, solver and readers are imported by the commands."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from flexopt.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0
    assert "Usage:" in run.stdout
    loaded = {line.rsplit("|", 1)[-1].strip() for line in run.stderr.splitlines() if "|" in line}
    assert "click" in loaded
    heavy = {"pandas", "pulp", "numpy", "duckdb", "pydantic", "pyarrow", "highspy", "yaml"}
    assert not loaded & heavy
