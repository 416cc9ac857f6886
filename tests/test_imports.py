"""The data goes one way, and so do the imports: the folder is the layer."""

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

FLOORS: list[tuple[str, ...]] = [
    ("base",),
    ("parallel", "inputs"),
    ("demand", "store"),
    ("model", "audit"),
    ("solve",),
    ("planning", "exports"),
    ("studies",),
    ("cli",),
    ("__main__",),
]
"""The folders of the package, lowest first: a folder imports from floors below its own, never from a peer."""

SOLVERS = ("pulp.apis", "highspy")


def floor(module: str) -> int:
    room = module.split(".", maxsplit=1)[0]
    for number, rooms in enumerate(FLOORS):
        if room in rooms:
            return number
    raise AssertionError(f"flexopt.{module} is on no floor: add its folder to FLOORS")


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
        if other.split(".")[0] != module.split(".", maxsplit=1)[0]:
            assert floor(other) < floor(module), f"flexopt.{module} imports flexopt.{other}"


def test_every_folder_has_its_floor_and_no_file_lies_beside_them() -> None:
    rooms = {m.split(".")[0] for m in MODULES if m != "__init__"}
    assert {p.stem for p in ROOT.glob("*.py")} <= {"__init__", "__main__"}
    assert rooms == {room for rooms in FLOORS for room in rooms}


def test_the_audit_imports_nothing_that_it_audits() -> None:
    for module in MODULES:
        if module.split(".")[0] == "audit":
            rooms = {name.split(".")[0] for name in own(module)}
            assert rooms <= {"audit", "store", "demand", "inputs", "base"}, module


def test_studies_do_not_import_each_other() -> None:
    """What two of them need is in planning/ or parallel/. Only `verify` makes the others again."""
    for module in MODULES:
        if module.split(".")[0] == "studies" and module.split(".")[1:2] != ["verify"]:
            mine = module.split(".")[1:2]
            others = [name for name in own(module) if name.startswith("studies.")]
            assert all(name.split(".")[1:2] == mine for name in others), f"{module} imports {others}"


def test_what_runs_tasks_does_not_know_what_they_are() -> None:
    for module in MODULES:
        if module.split(".")[0] == "parallel":
            assert {name.split(".")[0] for name in own(module)} <= {"parallel", "base"}, module


WRITERS = {
    "exports.people": "the key file, next to the export",
    "exports.pdf": "what is set, in a temporary folder",
    "exports.pdf.fonts": "the fonts, in that folder",
    "inputs.starter.write": "the folder to plan in",
    "inputs.files.containers": "a text with other line ends, in a temporary folder",
    "inputs.files.workbook": "an unzipped workbook, in a temporary folder",
    "parallel.task": "what tasks share, in a temporary folder",
}
"""What writes files beside store/ and cli/, and which."""


def calls(module: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, by the name that is called: `print`, `exit` of `sys.exit`."""
    for node in ast.walk(ast.parse(source(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""), node


def writes(name: str, call: ast.Call) -> bool:
    """Whether a call opens a file to write, or makes a folder."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    modes = [a.value for a in given if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    opened = name == "open" and any(set(mode) & set("wax+") and len(mode) < 4 for mode in modes)
    return opened or name in ("write_text", "write_bytes", "mkdir", "mkstemp", "touch", "to_pickle")


@pytest.mark.parametrize("module", [m for m in MODULES if m.split(".")[0] not in ("cli", "__main__")])
def test_the_library_returns_values(module: str) -> None:
    """It prints nothing, never exits, and writes no file but where that is its business."""
    names = [name for name, _ in calls(module)]
    own_process = module in ("parallel.worker", "inputs.files.workbook_process")
    assert not {"print", "exit", "_exit"} & {*names} - ({"_exit"} if own_process else set())
    assert not [name for name in imports(module) if name.split(".")[0] == "click"]
    if module.split(".", maxsplit=1)[0] != "store":
        assert any(writes(*call) for call in calls(module)) == (module in WRITERS)


def test_one_file_knows_the_solver() -> None:
    for module in MODULES:
        names = set(imports(module))
        if module != "solve.backend":
            assert not [n for n in names if n.startswith(SOLVERS)], module
        if module.split(".")[0] not in ("model", "solve"):
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
