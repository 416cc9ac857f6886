"""docs/usage-files.md: its examples are true, its tables complete, and every code has a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from reading import codes, days, one, scenario

from flexopt.inputs.files.formats import FORMATS, compact, recognise

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "usage-files.md").read_text()
EXPORTS, FINDINGS = TEXT[TEXT.index("## Exports") :], TEXT[TEXT.index("## Findings") :]
ROWS = {r[0]: r[1:] for r in re.findall(r"^\| ([^|]+?) \| ([^|]*) \| ([^|]*?) \|$", EXPORTS, re.MULTILINE)}
SOURCE = "".join(
    p.read_text() for room in ("files", "usage") for p in (ROOT / "flexopt" / "inputs" / room).rglob("*.py")
)
EMITTED = set(re.findall(r'"(U\d{3})"', SOURCE))
WEEK = {"Mon": "2025-03-03", "Tue": "2025-03-04"}


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    assert set(re.findall(r"^\| (U\d{3}) \|", FINDINGS, re.MULTILINE)) == EMITTED


def test_every_code_has_a_test() -> None:
    tests = "".join(p.read_text() for p in Path(__file__).parent.glob("*.py") if p != Path(__file__))
    assert set(re.findall(r'"(U\d{3})"', tests)) >= EMITTED


@pytest.mark.parametrize("known", FORMATS, ids=lambda f: f.name)
def test_every_export_is_in_the_table(known: object) -> None:
    from flexopt.inputs.files.formats import Format

    assert isinstance(known, Format)
    if known.kind in ("subscriptions", "users"):
        assert f"**{known.name}**" in EXPORTS
        return
    marks, used = ROWS[known.name]
    columns = [compact(c) for c in re.findall(r"`([^`]+)`", marks)]
    assert set(columns) <= known.columns
    assert any(m <= set(columns) for m in known.marks)
    listed = ROWS[used.removeprefix("as ")][1] if used.startswith("as ") else used
    assert {compact(c) for c in re.findall(r"`([^`]+)`", listed)} <= known.columns


def test_the_header_of_every_row_is_recognised_as_it_says() -> None:
    for name, (marks, used) in ROWS.items():
        if name in {f.name for f in FORMATS} and not used.startswith("as ") and "one of" not in marks:
            columns = re.findall(r"`([^`]+)`", used)
            known = recognise(columns)
            assert known is not None
            assert known.name == name


def test_the_plain_examples_are_read(tmp_path: Path) -> None:
    first, second = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)
    assert days(one(tmp_path, first)) == ["ann@example.com AutoCAD 03-03", "bob@example.com Revit 03-03"]
    usage = one(tmp_path, second)
    assert days(usage) == ["ann@example.com AutoCAD 03-03", "ann@example.com AutoCAD 03-04"]
    assert codes(usage) == []


def test_the_worked_cases_are_true(tmp_path: Path) -> None:
    block = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)[0]
    assert block.count("\n") >= 6
    for line in block.splitlines():
        spans, said = re.split(r" {2,}", line, maxsplit=1)
        content = "user,product,started_at,ended_at\nzed,Revit,2025-01-01,\n"
        for day, begin, other, end in re.findall(r"(\w{3}) (\d\d:\d\d)-(?:(\w{3}) )?(\d\d:\d\d)", spans):
            content += f"ann,Revit,{WEEK[day]} {begin},{WEEK[other or day]} {end}\n"
        charges = [d for d in days(one(tmp_path, content)) if d.startswith("ann")]
        assert len(charges) == (0 if said.startswith("no charge") else int(said[0])), line


def test_the_period_of_the_example_is_a_scenario() -> None:
    example = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0])
    assert scenario(**example["usage"]).usage.period is not None
