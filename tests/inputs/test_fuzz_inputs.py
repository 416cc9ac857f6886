"""Some of the cases of `tests/fuzz_inputs.py`: reading damaged files ends with findings."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz_inputs import run


@pytest.mark.parametrize("number", range(12))
def test_a_damaged_input_is_read_to_findings(number: int, tmp_path: Path) -> None:
    case, wrong = run(1, number, tmp_path, workbooks=0.02)
    assert wrong == [], case.said


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(2))
def test_many_damaged_inputs_are_read_to_findings(hundred: int, tmp_path: Path) -> None:
    for number in range(100 * hundred, 100 * hundred + 100):
        folder = tmp_path / str(number)
        folder.mkdir()
        case, wrong = run(2, number, folder)
        assert wrong == [], (number, case.said)
