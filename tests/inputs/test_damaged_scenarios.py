"""Damaged inputs: each is refused with its code, place, message and hint, never with a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from damages import Damage
from damages_keys import CHECKS, SCHEMA, TABLES
from damages_reading import EXTENDS, FILES, READING

from flexopt.base.findings import InputError
from flexopt.inputs.scenario.load import load_scenario, read_scenario

ALL = READING | EXTENDS | SCHEMA | FILES | CHECKS | TABLES


def test_the_good_scenario_is_good(tmp_path: Path) -> None:
    read = load_scenario(Damage("").write(tmp_path))
    assert list(read.findings) == []


def test_damages_are_many_and_distinct() -> None:
    assert len(ALL) == sum(map(len, (READING, EXTENDS, SCHEMA, FILES, CHECKS, TABLES)))
    assert len({repr(d) for d in ALL.values()}) == len(ALL) >= 110


@pytest.mark.parametrize("name", ALL)
def test_a_damage_is_refused(name: str, tmp_path: Path) -> None:
    damage = ALL[name]
    path = damage.write(tmp_path)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    found = caught.value.findings
    assert damage.code in {f.code for f in found}, [str(f) for f in found]
    for finding in found:
        assert finding.file.startswith(str(tmp_path))
        assert finding.severity == "error"
        assert re.fullmatch(r"[SUT][0-9]{3}", finding.code)
        assert finding.message
        assert finding.hint
        assert len(str(finding)) < 1500
        assert "Input should" not in finding.message
        finding.message.encode()
    assert str(caught.value)
    assert [f for f in read_scenario(path)[1] if f.severity == "error"] == list(found)


@pytest.mark.parametrize("name", SCHEMA | CHECKS)
def test_a_damage_of_a_key_has_one_finding_with_its_line(name: str, tmp_path: Path) -> None:
    found = read_scenario(ALL[name].write(tmp_path))[1].errors
    missing_section = name in ("no schema", "no currency", "no horizon")
    assert all(f.row is not None or missing_section for f in found), [str(f) for f in found]
    assert all(f.column for f in found)
    assert len([f for f in found if f.code == ALL[name].code]) == 1
