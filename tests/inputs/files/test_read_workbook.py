"""A workbook that is larger than it looks is a finding, whatever becomes of the process that reads it."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from flexopt.base.findings import Refusal
from flexopt.inputs.files.formats import USAGE
from flexopt.inputs.files.workbook import WorkbookLimits, read_workbook

ROWS = [["user", "product", "date"], ["ann", "Revit", "2025-03-01"], ["bob", "Revit", "2025-03-02"]]


def workbook(path: Path, stray: str = "", rows: list[list[str]] = ROWS) -> Path:
    """A workbook with one more cell, which its directory does not announce."""
    raw = io.BytesIO()
    with xlsxwriter.Workbook(raw) as book:
        sheet = book.add_worksheet("Usage")
        for place, cells in enumerate(rows):
            sheet.write_row(place, 0, cells)
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if stray and name == "xl/worksheets/sheet1.xml":
                row = stray.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                cell = f'<row r="{row}"><c r="{stray}"><v>1</v></c></row></sheetData>'
                content = content.replace(b"</sheetData>", cell.encode())
            new.writestr(name, content)
    return path


def refusal(path: Path, **limits: float) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_workbook(path, path.suffix == ".gz", USAGE, WorkbookLimits(**limits))  # type: ignore[arg-type]
    assert caught.value.code == "U110"
    assert "CSV" in caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("stray", "place"),
    [
        ("XFD1048576", "row 1,048,576 and column 16,384"),
        ("ABC900000", "row 900,000 and column 731"),
        ("BZ1048000", "row 1,048,000 and column 78"),
    ],
)
def test_a_far_cell_is_named(stray: str, place: str, tmp_path: Path) -> None:
    found = refusal(workbook(tmp_path / "far.xlsx", stray))
    assert found.message == f"a sheet has cells as far as {place}"
    assert "Ctrl+End" in found.hint


@pytest.mark.parametrize("stray", ["A1048576", "XFD3", "ZZ40"])
def test_a_stray_cell_that_costs_little_is_read_over(stray: str, tmp_path: Path) -> None:
    grid = read_workbook(workbook(tmp_path / "stray.xlsx", stray), False, USAGE)
    assert grid.header == ("user", "product", "date")
    assert grid.table.to_pylist()[:2] == [
        {"c0": "ann", "c1": "Revit", "c2": "2025-03-01", "row": 2},
        {"c0": "bob", "c1": "Revit", "c2": "2025-03-02", "row": 3},
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_process_that_dies_of_its_memory_is_a_finding(tmp_path: Path) -> None:
    found = refusal(workbook(tmp_path / "far.xlsx", "XFD1048576"), cells=1 << 50, memory=1 << 30)
    assert found.message == "reading the workbook takes more than 1,024 MB of memory"


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    found = refusal(workbook(tmp_path / "usage.xlsx"), seconds=0.01)
    assert found.message == "reading the workbook takes longer than 0.01 seconds"


def test_a_workbook_that_unfolds_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "usage.xlsx")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/blank.bin", b" " * 9_000_000)
    assert path.stat().st_size < 30_000
    assert "unfolds to 9,0" in refusal(path, unfolded=8_000_000).message
    zipped = tmp_path / "usage.xlsx.gz"
    zipped.write_bytes(gzip.compress(b" " * 9_000_000))
    assert "unfolds to more than 2,000,000 bytes" in refusal(zipped, unfolded=2_000_000).message


def test_a_gzipped_workbook_is_read(tmp_path: Path) -> None:
    path = tmp_path / "usage.xlsx.gz"
    path.write_bytes(gzip.compress(workbook(tmp_path / "usage.xlsx").read_bytes()))
    assert read_workbook(path, True, USAGE).table.num_rows == 2


@pytest.mark.parametrize("way", ["stdin", pytest.param("file", marks=pytest.mark.slow)])
def test_a_program_without_a_main_guard_reads_workbooks(way: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "usage.xlsx")
    program = (
        "from pathlib import Path\n"
        "from flexopt.inputs.files.workbook import read_workbook\n"
        f"print(read_workbook(Path({str(path)!r}), False, {{'days'}}).table.num_rows)\n"
    )
    (tmp_path / "program.py").write_text(program)
    file = {"stdin": "-", "file": "program.py"}[way]
    done = subprocess.run([sys.executable, file], input=program, capture_output=True, text=True, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("2\n", "")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that never ends")
def test_the_process_ends_with_the_one_that_started_it(tmp_path: Path) -> None:
    endless = tmp_path / "endless.xlsx"
    os.mkfifo(endless)
    command = [sys.executable, "-m", "flexopt.inputs.files.workbook_process", str(endless)]
    process = subprocess.Popen([*command, str(4 << 30), "1", "1"], stdin=subprocess.PIPE)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.communicate()  # closes its stdin, as the end of this process would
    assert process.returncode == 1


def test_the_bytes_count_and_not_the_suffix(tmp_path: Path) -> None:
    path = workbook(tmp_path / "usage.xls")
    assert read_workbook(path, False, USAGE).table.num_rows == 2
