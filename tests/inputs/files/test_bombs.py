"""A small gzip file that unfolds to gigabytes is a finding, before it is read to its end."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import container, refuse_long_lines_and_bombs, sniff_text
from flexopt.inputs.usage.open_table import COLUMNS, open_table

HEADER = b"user|product|date\nann|Revit|2025-03-01\n"


@pytest.mark.parametrize("line", [b"\n", b"||\n", b"ann|Revit|2025-03-01\n"], ids=["blank", "pipes", "rows"])
def test_repetition_beyond_exports_is_refused(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "usage.csv.gz"
    path.write_bytes(gzip.compress(HEADER + line * (1_000_000 // len(line))))
    _, zipped, head = container(path)
    text = sniff_text(path, zipped, head)
    refuse_long_lines_and_bombs(text)  # a megabyte is no danger, whatever they are packed into
    with pytest.raises(Refusal, match=r"unfolds to more than .* bytes, 200 times its size") as caught:
        refuse_long_lines_and_bombs(text, 400_000)
    assert caught.value.code == "U110"


def test_a_header_of_thousands_of_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(f"user,product,date{',' * COLUMNS}\n")
    with duckdb.connect(":memory:") as con, pytest.raises(Refusal, match="4,099 columns") as caught:
        open_table(con, 0, tmp_path / "u.csv", "u.csv", tmp_path)
    assert caught.value.code == "U116"
