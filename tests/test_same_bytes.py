"""Same input, same bytes of the plan folder: whatever the hash seed, the order of rows, the place."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FLEXOPT = Path(sys.executable).with_name("flexopt")


def planned_in(folder: Path, scenario: str, *, cwd: Path, seed: str = "0") -> dict[str, bytes]:
    """The files of the plan that a process of its own writes."""
    out = folder.parent / f"{folder.name}-{seed}.plan"
    subprocess.run(
        [FLEXOPT, "plan", scenario, "-o", out],
        cwd=cwd,
        env=os.environ | {"PYTHONHASHSEED": seed},
        check=True,
        capture_output=True,
    )
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(
    scope="module", params=["mixed-small", pytest.param("mixed-negotiated", marks=pytest.mark.slow)]
)
def work(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(HERE / "cases" / request.param, tmp_path_factory.mktemp("a") / "one"))
    scenario = folder / "scenario.yaml"
    scenario.write_text(
        scenario.read_text()
        + "\naccess: access.csv\nbudgets: [{id: old, from: 2020-01-01, to: 2021-01-01, amount: 1}]\n"
    )
    (folder / "access.csv").write_text("user,product,access\nu00002,Civil 3D,flex\n")
    return folder


@pytest.fixture(scope="module")
def files(work: Path) -> dict[str, bytes]:
    return planned_in(work, "scenario.yaml", cwd=work)


@pytest.mark.parametrize("seed", ["1", pytest.param("4294967295", marks=pytest.mark.slow)])
def test_hash_seed(work: Path, files: dict[str, bytes], seed: str) -> None:
    assert planned_in(work, "scenario.yaml", cwd=work, seed=seed) == files


@pytest.mark.slow
def test_place_and_current_folder(files: dict[str, bytes], work: Path, tmp_path: Path) -> None:
    """Nor does the plan name a folder of this machine; it has a finding that names the scenario."""
    assert json.loads(files["plan.json"])["findings"]
    other = Path(shutil.copytree(work, tmp_path / "an other" / "place"))
    assert planned_in(other, str(other / "scenario.yaml"), cwd=Path("/")) == files
    for name, text in files.items():
        for place in (str(work.parent), str(Path.home()), sys.prefix):
            assert place.encode() not in text, name


@pytest.mark.slow
def test_order_of_the_usage_rows(files: dict[str, bytes], work: Path, tmp_path: Path) -> None:
    """All but the hash of the file, which tells that it is another one."""
    other = Path(shutil.copytree(work, tmp_path / "shuffled"))
    header, *rows = (other / "usage.csv").read_text().splitlines(keepends=True)
    random.Random(1).shuffle(rows)
    (other / "usage.csv").write_text("".join([header, *rows]))
    shuffled = planned_in(other, "scenario.yaml", cwd=other)
    one, two = json.loads(files["plan.json"]), json.loads(shuffled["plan.json"])
    assert one.pop("inputs") != two.pop("inputs")
    assert one.pop("sha256") != two.pop("sha256")
    assert one == two
    del shuffled["plan.json"]
    assert shuffled == {name: text for name, text in files.items() if name != "plan.json"}
