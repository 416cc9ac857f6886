"""Damaged usage files: each gives its finding with place and hint, and never an exception."""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path

import pytest
from damages_usage import ENCODINGS, FILES, GOOD, HEADER, HEADERS, JSON, ROWS, Damage
from reading import codes, days, found, scenario

from flexopt.inputs.records import Usage
from flexopt.inputs.scenario.load import read_scenario
from flexopt.inputs.usage import read_usage

GROUPS = {"text": ENCODINGS, "header": HEADERS, "row": ROWS, "file": FILES, "json": JSON}
ALL = {f"{group}: {name}": damage for group, table in GROUPS.items() for name, damage in table.items()}


ZED = "user,product,date\nzed,Revit,2025-03-01\n"


def read(damage: Damage, folder: Path) -> Usage:
    return read_usage([damage.write(folder)], scenario(), folder)


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path], Usage]:
    """All damages in one reading, with a good file in between: reading them one by one takes longer."""
    root = tmp_path_factory.mktemp("damages")
    paths = []
    for number, damage in enumerate(ALL.values()):
        (root / f"{number:03}").mkdir()
        paths.append(damage.write(root / f"{number:03}"))
    (root / "050.csv").write_text(ZED)
    return root, paths, read_usage([*paths, root / "050.csv"], scenario(), root)


def test_the_good_file_is_good(tmp_path: Path) -> None:
    usage = read(Damage("", GOOD.encode()), tmp_path)
    assert (len(days(usage)), codes(usage)) == (2, [])


def test_damages_are_many_and_distinct() -> None:
    assert len({(d.content, d.name) for d in ALL.values()}) == len(ALL) >= 130


@pytest.mark.parametrize("key", [k for k in ALL if ALL[k].code != "U131"])
def test_a_damage_has_its_finding(key: str, every: tuple[Path, list[Path], Usage]) -> None:
    root, paths, usage = every
    damage, path = ALL[key], paths[list(ALL).index(key)]
    mine = [f for f in usage.findings if f.file == path.relative_to(root).as_posix()]
    matching = [f for f in mine if f.code == damage.code]
    assert len(matching) == 1, [str(f) for f in mine]
    assert (matching[0].row, matching[0].column) == (damage.row, damage.column)
    assert matching[0].severity == ("warning" if damage.code == "U161" else "error")
    for finding in mine:
        assert re.fullmatch(r"U1\d\d", finding.code)
        assert finding.message
        assert finding.hint or finding.severity == "info"
        assert len(str(finding)) < 1500
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", str(finding))


@pytest.mark.parametrize("key", [k for k in ALL if ALL[k].code in ("U131", "U161")])
def test_nothing_to_plan_is_an_error(key: str, tmp_path: Path) -> None:
    finding = found(read(ALL[key], tmp_path), "U131")
    assert (finding.severity, finding.file) == ("error", ALL[key].name)
    assert finding.hint


@pytest.mark.slow
def test_damaged_files_do_not_hide_a_good_one(every: tuple[Path, list[Path], Usage]) -> None:
    *_, usage = every
    assert "zed Revit 03-01" in days(usage)


def test_a_line_of_100_mb_is_quick_and_small(tmp_path: Path) -> None:
    def write(path: Path, before: str, after: str) -> None:
        with path.open("wb") as file:
            file.write(before.encode())
            for _ in range(100):
                file.write(b"x" * (1 << 20))
            file.write(after.encode())

    first, later, open_quote = (tmp_path / f"{n}.csv" for n in ("first", "later", "open"))
    write(first, "", "\n")
    write(later, GOOD, ",Revit,2025-03-01,1\nbob,Revit,soon,1\n")
    write(open_quote, GOOD + '"', "\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    for path, code, row in ((first, "U115", 1), (later, "U115", 4), (open_quote, "U115", 4)):
        usage = read_usage([path], scenario(), tmp_path)
        assert found(usage, code).row == row
    assert time.monotonic() - begun < 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000  # kB


def test_a_link_out_of_the_folder_is_refused_by_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text(GOOD)
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "usage.csv").symlink_to(tmp_path / "outside.csv")
    (tree / "gone.csv").symlink_to(tree / "none.csv")
    text = scenario(files=["usage.csv", "gone.csv"]).model_dump_json(by_alias=True)
    (tree / "scenario.yaml").write_text(text)
    assert sorted(f.code for f in read_scenario(tree / "scenario.yaml")[1].errors) == ["S140", "S141"]


def test_many_bad_rows_are_a_few_findings(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_text(HEADER + "ann,Revit,soon,1\nann,Revit\n" * 10_000)
    usage = read_usage([path], scenario(), tmp_path)
    assert len(usage.findings) == 42
    assert sum(f.count for f in usage.findings) == usage.coverage[0].rejected == 20_000
    assert all(f.hint for f in usage.findings)
