"""docs/scenario-file.md: every example loads, every key and every code is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.scenario.schema import scenario_schema

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "scenario-file.md").read_text()
BASE, *SECTIONS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
PEOPLE, ACCESS = re.findall(r"```csv\n(.*?)```", TEXT, re.DOTALL)


def write(folder: Path) -> Path:
    (folder / "usage").mkdir()
    (folder / "usage" / "2025.csv").write_text("user,product,date\n")
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "access.csv").write_text(ACCESS)
    (folder / "users.csv").write_text("email,role,offering_name,account_status\n")
    (folder / "subscriptions.csv").write_text(
        "offering_name,seat_quantity,end_date\nautocad-1y,2,2026-04-01\n"
    )
    (folder / "base.yaml").write_text(BASE)
    return folder / "scenario.yaml"


@pytest.mark.parametrize("section", ["", *SECTIONS])
def test_every_example_loads_without_a_warning(section: str, tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text("extends: base.yaml\n" + section)
    read = load_scenario(path)
    assert [str(f) for f in read.findings if f.severity == "warning"] == []


def test_the_variant_loads(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text(re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)[0])
    assert load_scenario(path).scenario.offer_by_id["autocad-1y"].maximum == 80


def test_every_key_is_named() -> None:
    schema = scenario_schema()
    keys = set(schema["properties"]).union(*(part["properties"] for part in schema["$defs"].values()))
    assert [k for k in sorted(keys) if not re.search(rf"\b{k}\b", TEXT)] == []


def test_every_code_is_explained_and_every_explained_code_exists() -> None:
    explained = set(re.findall(r"\b[ST][1-3]\d\d\b", TEXT[TEXT.index("## Findings") :]))
    source = {p.name: p.read_text() for p in (ROOT / "flexopt" / "inputs").rglob("*.py")}
    used = {code for text in source.values() for code in re.findall(r'"(S\d{3})"', text)}
    assert {c for c in explained if c[0] == "S"} == used
    for prefix, name in (("T1", "people_and_access"), ("T2", "people_and_access"), ("T3", "subscription")):
        texts = [text for file, text in source.items() if file.startswith((name, "delimited"))]
        own = re.findall(r'"(\d\d)"', "".join(texts))
        assert {c[2:] for c in explained if c.startswith(prefix)} <= set(own)
        assert {c[2:] for c in explained if c.startswith(prefix)} >= set(
            re.findall(r'"(0\d)"', source["delimited.py"])
        ) - {"04"}
