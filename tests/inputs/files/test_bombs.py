"""A small gzip file that unfolds to gigabytes is a finding, before it is read to its end."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import container, refuse_long_lines_and_bombs, sniff_text

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
