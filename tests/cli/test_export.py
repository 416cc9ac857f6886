"""`flexopt export`: which plan, which file, whose names; whole or not at all."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from documents import typed
from pypdf import PdfReader
from whole import with_everything

from flexopt.exports.formats import EXPORTERS
from flexopt.store.folder import write_folder

Run = Callable[..., Any]
Document = dict[str, Any]


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_every_kind_is_written_whole(call: Run, plan_folder: Path, folder: Path, suffix: str) -> None:
    done = call("export", plan_folder, "-o", f"deep/plan{suffix}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Plan exported to deep/plan{suffix}\n")
    first = (folder / "deep" / f"plan{suffix}").read_bytes()
    assert call("export", plan_folder / "plan.json", "-o", f"deep/PLAN{suffix.upper()}").returncode == 0
    assert (folder / "deep" / f"PLAN{suffix.upper()}").read_bytes() == first
    assert len(list((folder / "deep").iterdir())) == 2


def test_a_home_that_cannot_be_written(run: Run, plan_folder: Path, folder: Path) -> None:
    """The library for charts then has a temporary folder of its own, and removes it itself, at the end."""
    temporary, nowhere = folder / "temporary", str(folder / "usage.csv")
    temporary.mkdir()
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), nowhere)
    done = run("export", plan_folder, "-o", "plan.html", env=homes | {"TMPDIR": str(temporary)})
    assert (done.returncode, done.stderr) == (0, "Plan exported to plan.html\n")
    assert not list(temporary.iterdir())


def test_csv_and_json_are_those_of_the_folder(call: Run, plan_folder: Path, folder: Path) -> None:
    for name, out in (("assignment.csv", "x.csv"), ("plan.json", "x.json")):
        call("export", plan_folder, "-o", out)
        assert (folder / out).read_bytes() == (plan_folder / name).read_bytes()


def readable(path: Path) -> str:
    """All text of a file, what it says about itself included."""
    if path.suffix == ".xlsx":
        with ZipFile(path) as file:
            return "".join(file.read(name).decode("utf-8", "replace") for name in file.namelist())
    if path.suffix == ".pdf":
        pdf = PdfReader(path)
        return "".join(
            [*(page.extract_text() for page in pdf.pages), str(pdf.metadata), str(pdf.xmp_metadata)]
        )
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", EXPORTERS)
def test_codes(call: Run, just_planned: Document, folder: Path, suffix: str) -> None:
    users = {row["user"]: f"somebody-{n}" for n, row in enumerate(just_planned["assignment"])}
    rows = [row | {"user": users[row["user"]]} for row in just_planned["assignment"]]
    write_folder(typed(just_planned | {"assignment": rows}), folder / "named.plan")
    done = call("export", "named.plan", "-o", f"out/x{suffix}", "--pseudonymise")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("The key is in out/people-key.csv: do not share it\n")
    assert stat.S_IMODE((folder / "out" / "people-key.csv").stat().st_mode) == 0o600
    assert "somebody" not in readable(folder / "out" / f"x{suffix}")
    assert "somebody-0" in (folder / "out" / "people-key.csv").read_text()
    assert call("export", "named.plan", "-o", f"named{suffix}").returncode == 0
    assert ("somebody" in readable(folder / f"named{suffix}")) == (suffix != ".md")  # which has no such table


def test_exports_share_a_key(call: Run, plan_folder: Path, folder: Path) -> None:
    for name in ("a/x.json", "b/y.json"):
        assert call("export", plan_folder, "-o", name, "--pseudonymise", "--key", "k/key.csv").returncode == 0
    assert (folder / "a" / "x.json").read_bytes() == (folder / "b" / "y.json").read_bytes()
    assert [p.name for p in (folder / "k").iterdir()] == ["key.csv"]


def test_without_people(call: Run, plan_folder: Path, folder: Path, planned: Document) -> None:
    assert call("export", plan_folder, "-o", "x.json", "--no-people").returncode == 0
    data = json.loads((folder / "x.json").read_text())
    assert (data["assignment"], data["total"]) == ([], planned["total"])
    done = call("export", plan_folder, "-o", "x.csv", "--no-people")
    assert done.returncode == 2
    assert "the assignment table is empty" in done.stderr


def comparison(folder: Path, just_planned: Document, **changes: Any) -> Path:
    """What `compare` writes: here two quotes, of which the second is the cheapest."""
    place = folder / "quotes"
    place.mkdir()
    for name in ("quote-1", "quote-2"):
        write_folder(typed(just_planned | {"name": name}), place / f"{name}.plan")
    data = {"schema": "flexopt.comparison/1", **with_everything(just_planned, 2)["comparison"], **changes}
    (place / "comparison.json").write_text(json.dumps(data))
    return place


def test_of_a_comparison_the_cheapest_plan_is_exported(
    call: Run, folder: Path, scenario: Callable[[str], str]
) -> None:
    cheaper = scenario("name: cheaper\nnegotiated: {seats: 0.05}")
    assert call("compare", "scenario.yaml", cheaper, "-o", "quotes").returncode == 0
    assert call("export", "quotes", "-o", "x.json").returncode == 0
    data = json.loads((folder / "x.json").read_text())
    assert data["name"] == "cheaper"
    whole = json.loads((folder / "quotes" / "comparison.json").read_text())
    assert data["comparison"] == {key: value for key, value in whole.items() if key != "schema"}
    assert call("export", "quotes/scenario.plan", "-o", "x.json").returncode == 0
    assert json.loads((folder / "x.json").read_text())["name"] == "Break-even at 110 days"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": "flexopt.comparison/2"}, "from a newer flexopt"),
        ({"cheapest": None}, "damaged: `cheapest` should be a valid string, found null"),
        ({"cheapest": "../dear"}, "`cheapest` is `../dear`, which is not one of `scenarios`"),
        ({"regret": []}, "`regret` does not have a row and a column for each of `scenarios`"),
    ],
)
def test_comparison_that_is_none(
    call: Run, folder: Path, just_planned: Document, changes: Document, words: str
) -> None:
    done = call("export", comparison(folder, just_planned, **changes), "-o", "x.json")
    assert done.returncode == 2
    assert words in done.stderr
    assert "\n\nhint: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.plan", "-o", "x.csv"], "no plan found here"),
        (["scenario.yaml", "-o", "x.csv"], "is a file, not a plan folder"),
        (["PLAN", "-o", "x.doc"], 'there is no export format ".doc"'),
        (["PLAN", "-o", "x"], "the file name has no suffix"),
        (["PLAN"], "Missing option '-o'"),
        (["PLAN", "-o", "folder.csv"], "folder.csv: is a folder"),
        (["PLAN", "-o", "scenario.yaml/x.csv"], "cannot write the file"),
        (["PLAN", "-o", "x.csv", "--pseudonymise", "--no-people"], "not both"),
        (["PLAN", "-o", "x.csv", "--key", "k.csv"], "--key needs --pseudonymise"),
        (["PLAN", "-o", "x.csv", "--pseudonymise", "--key", "x.csv"], "is also the key file"),
        (["PLAN", "-o", "x.csv", "--pseudonymise", "--key", "usage.csv"], "exists but is not a key file"),
        (["PLAN", "-o", "x.csv", "--pseudonymise", "--key", "usage.csv/k"], "cannot write the key file"),
    ],
)
def test_what_cannot_be_exported_is_said(
    call: Run, plan_folder: Path, folder: Path, arguments: list[str], words: str
) -> None:
    (folder / "folder.csv").mkdir()
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    done = call("export", *(plan_folder if a == "PLAN" else a for a in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "\n\nhint: " in done.stderr
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_a_failure_leaves_the_old_file(
    call: Run, plan_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "x.csv").write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = call("export", plan_folder, "-o", "x.csv")
    assert done.returncode == 2
    assert (
        "x.csv: cannot write the file (No space left on device); any existing file is unchanged"
        in done.stderr
    )
    assert (folder / "x.csv").read_text() == "old"
    assert not [p for p in folder.iterdir() if ".new-" in p.name]


@pytest.mark.skipif(sys.platform == "win32", reason="needs permissions")
def test_usual_permissions_and_links(call: Run, plan_folder: Path, folder: Path) -> None:
    (folder / "link.csv").symlink_to("real.csv")
    old = os.umask(0o027)
    try:
        call("export", plan_folder, "-o", "link.csv")
    finally:
        os.umask(old)
    assert (folder / "link.csv").is_symlink()
    assert stat.S_IMODE((folder / "real.csv").stat().st_mode) == 0o640
