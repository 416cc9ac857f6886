"""One table in every container, encoding and dialect gives the same days."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from reading import codes, days, found, one, read, scenario

from flexopt.inputs.scenario.load import load_scenario
from flexopt.inputs.usage import read_usage

PLAIN = (
    "user,product,date,tokens\n"
    'Zoë Ünal,AutoCAD,2025-03-01,7\n"bob, the ""builder""",Revit,2025-03-02,10.5\nぼぶ,3ds Max,2025-03-03,\n'
)
EXPECTED = ["Zoë Ünal AutoCAD 03-01", 'bob, the "builder" Revit 03-02', "ぼぶ 3ds Max 03-03"]
ROWS: list[list[Any]] = [
    ["Zoë Ünal", "AutoCAD", date(2025, 3, 1), 7],
    ['bob, the "builder"', "Revit", date(2025, 3, 2), 10.5],
]
ROWS.append(["ぼぶ", "3ds Max", date(2025, 3, 3), None])
HEADER = ["user", "product", "date", "tokens"]


def delimited(delimiter: str) -> str:
    quoted = PLAIN.replace('"bob, the ""builder"""', "BOB").replace(",", delimiter)
    return quoted.replace("BOB", '"bob, the ""builder"""')


TEXTS: dict[str, bytes] = {
    "comma": PLAIN.encode(),
    "semicolon": delimited(";").encode(),
    "semicolon and decimal comma": delimited(";").replace("10.5", "10,5").encode(),
    "tab": delimited("\t").encode(),
    "UTF-8 with its mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16, tabs (Unicode text of Excel)": delimited("\t").replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip of UTF-16": gzip.compress(PLAIN.encode("utf-16")),
    "CRLF": PLAIN.replace("\n", "\r\n").encode(),
    "CR": PLAIN.replace("\n", "\r").encode(),
    "line ends mixed": PLAIN.replace("\n", "\r\n", 2).encode(),
    "no line end at the end": PLAIN.rstrip("\n").encode(),
    "blank lines": PLAIN.replace("\n", "\n\n").encode(),
    "blank lines, CRLF": PLAIN.replace("\n", "\r\n\r\n").encode(),
    "sep= line": b"sep=,\n" + PLAIN.encode(),
    "sep=; line": b"\xef\xbb\xbfsep=;\r\n" + delimited(";").replace("\n", "\r\n").encode(),
    "title lines": b"Usage of Example Ltd\n\n" + PLAIN.encode(),
    "every cell in quotes": "\n".join(
        '"' + '","'.join(c.replace('"', '""') for c in map(str, r)) + '"'
        for r in [[*HEADER], *([*r[:3], "" if r[3] is None else r[3]] for r in ROWS)]
    ).encode(),
}


@pytest.mark.parametrize("key", TEXTS)
def test_text(key: str, tmp_path: Path) -> None:
    usage = one(tmp_path, TEXTS[key], "usage.dat" if "gzip" in key else "usage.csv")
    assert days(usage) == EXPECTED
    assert set(codes(usage)) <= {"U188"}
    assert usage.coverage[0].kept == 3


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(raw, {"default_date_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                if cell is not None:
                    sheet.write(place, column, cell)
    book.close()
    return raw.getvalue()


SHEET: list[list[object]] = [[*HEADER], *ROWS]
TITLED: list[list[object]] = [["Usage"], [], *SHEET]


@pytest.mark.parametrize(
    "sheets",
    [
        {"Usage": SHEET},
        {"About": [["made by", "hand"]], "Usage": SHEET},
        {"Usage": TITLED, "Notes": [["user", "note"]]},
        {"Users": [["autodesk_id", "email", "role", "account_status"], [1, 2, 3, 4]], "Usage": SHEET},
        {"Empty": [HEADER], "Usage": SHEET},
        {"Usage": [[*r[:2], str(r[2]), r[3], None, "x"] for r in SHEET]},
    ],
)
def test_workbook(sheets: dict[str, list[list[object]]], tmp_path: Path) -> None:
    usage = one(tmp_path, workbook(sheets), "u.xlsx")
    assert days(usage) == EXPECTED
    assert codes(usage) == []


@pytest.mark.parametrize("raw", [workbook({"Usage": SHEET}), gzip.compress(workbook({"Usage": SHEET}))])
def test_a_workbook_is_known_by_its_bytes(raw: bytes, tmp_path: Path) -> None:
    assert days(one(tmp_path, raw, "usage.csv")) == EXPECTED


def test_rows_of_a_workbook_are_those_of_the_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [*TITLED, [], ["ann", "Revit", "yesterday", 1]]
    finding = found(one(tmp_path, workbook({"Usage": rows}), "u.xlsx"), "U104")
    assert (finding.row, finding.column, finding.value) == (8, "date", "yesterday")


def test_two_sheets_with_usage_are_an_error(tmp_path: Path) -> None:
    finding = found(one(tmp_path, workbook({"January": SHEET, "February": SHEET}), "u.xlsx"), "U171")
    assert '"January", "February"' in finding.message


def test_times_in_a_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["user", "product", "started_at"],
        ["ann", "Revit", datetime(2025, 3, 1, 8, 30)],
    ]
    rows.append(["ann", "Revit", datetime(2025, 3, 2, 8, 29)])
    assert days(one(tmp_path, workbook({"Usage": rows}), "u.xlsx")) == ["ann Revit 03-01"]


def frame(day: object = None) -> pd.DataFrame:
    data = pd.DataFrame(ROWS, columns=HEADER)
    return data.assign(date=data["date"].map(day)) if callable(day) else data


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "dates": frame,
    "timestamps": lambda: frame(pd.Timestamp),
    "timestamps of UTC": lambda: frame(lambda d: pd.Timestamp(d, tz="UTC")),
    "timestamps of another zone": lambda: frame(lambda d: pd.Timestamp(d, tz="America/New_York")),
    "text": lambda: frame(str),
    "categories": lambda: frame(str).astype({"product": "category", "user": "category"}),
    "other columns": lambda: frame().assign(
        list=pd.Series([[1], [2], []], dtype=object), when=pd.Timestamp("2025-01-01")
    ),
}


@pytest.mark.parametrize("key", FRAMES)
def test_parquet(key: str, tmp_path: Path) -> None:
    raw = io.BytesIO()
    FRAMES[key]().to_parquet(raw)
    usage = one(tmp_path, raw.getvalue(), "u.csv" if key == "dates" else "u.parquet")
    assert days(usage) == EXPECTED
    assert codes(usage) == []


def test_json(tmp_path: Path) -> None:
    records = [dict(zip(HEADER, [*r[:2], str(r[2]), r[3]], strict=True)) for r in ROWS]
    texts = [json.dumps(records), json.dumps(records, ensure_ascii=False, indent=2)]
    raws = [*(t.encode() for t in texts), texts[1].encode("utf-8-sig"), texts[1].encode("utf-16")]
    for raw, name in (*((raw, "u.json") for raw in raws), (gzip.compress(raws[0]), "u.json.gz")):
        usage = one(tmp_path, raw, name)
        assert days(usage) == EXPECTED
        assert codes(usage) == []


@pytest.mark.parametrize(
    "name", ["usage[1].csv", "usage?.csv", "usage*.csv", "~usage.csv", "us'age.csv", "{a}.csv"]
)
def test_the_name_of_a_file_is_no_pattern(name: str, tmp_path: Path) -> None:
    (tmp_path / "usage1.csv").write_text("user,product,date\nother,Revit,2025-01-01\n")
    assert days(one(tmp_path, PLAIN, name)) == EXPECTED
    raw = io.BytesIO()
    frame().to_parquet(raw)
    assert days(one(tmp_path, raw.getvalue(), name.replace(".csv", ".parquet"))) == EXPECTED


def test_globs_of_a_scenario(tmp_path: Path) -> None:
    folder = tmp_path / "usage" / "2025"
    folder.mkdir(parents=True)
    for number, row in enumerate(PLAIN.split("\n")[1:4]):
        (folder / f"{number}.csv").write_text(PLAIN.split("\n", maxsplit=1)[0] + "\n" + row)
    text = scenario(files=["usage/**/*.csv", "usage/2025/1.csv"]).model_dump_json(by_alias=True)
    (tmp_path / "scenario.yaml").write_text(text)
    source = load_scenario(tmp_path / "scenario.yaml")
    usage = read_usage(source.usage_files, source.scenario, source.folder)
    assert days(usage) == EXPECTED
    assert [s.file for s in usage.sources] == [f"usage/2025/{n}.csv" for n in range(3)]


def test_line_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    """Title lines, blank lines, cells of several lines and lines that cannot be split are all counted."""
    lines = [
        "Usage",
        "",
        "user,product,date,note",
        "ann,Revit,2025-03-01,",
        "",
        'ann,Revit,2025-03-02,"a',
        '"',
    ]
    lines += ["bob", "ann,Revit,soon,", "a,b,c,d,e,f", "", "ann,Revit,later,"]
    plain = "\n".join(lines)
    raws = [plain.encode(), plain.encode("utf-16"), gzip.compress(plain.encode())]
    for raw in (*raws, plain.replace("\n", "\r\n").encode(), plain.replace("\n", "\r").encode()):
        usage = one(tmp_path, raw)
        assert [(f.row, f.value) for f in usage.findings if f.code == "U104"] == [(9, "soon"), (12, "later")]
        assert [f.row for f in usage.findings if f.code == "U113"] == [8, 10]
        assert usage.coverage[0].rows == 6


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", [0, 60_000], ids=["at the top", "below the first megabyte"])
def test_a_german_csv_is_windows_1252_and_says_so(before: int, end: str, tmp_path: Path) -> None:
    """Excel's `CSV (Trennzeichen-getrennt)`: semicolons, umlauts in one byte."""
    rows = "ann;Revit;2025-03-01\n" * before + "Zoë Größe;AutoCAD;2025-03-01\nÖMER;Revit;2025-03-02\n"
    usage = one(tmp_path, ("user;product;date\n" + rows).replace("\n", end).encode("cp1252"))
    assert {"Zoë Größe AutoCAD 03-01", "ÖMER Revit 03-02"} <= set(days(usage))
    finding = found(usage, "U186")
    assert (finding.severity, finding.file, "CSV UTF-8" in finding.hint) == ("warning", "usage.csv", True)
    assert usage.findings.errors == []
    assert usage.coverage[0].rows == before + 2


def test_line_ends_that_change_far_down(tmp_path: Path) -> None:
    many = "user,product,date\n" + "ann,AutoCAD,2025-03-01\n" * 60_000
    usage = one(tmp_path, many + "bob,Revit,2025-03-02\r\n" * 3 + "carl,Revit,x\r\n")
    assert days(usage) == ["ann AutoCAD 03-01", "bob Revit 03-02"]
    assert found(usage, "U104").row == 60_005
    assert usage.coverage[0].rows == 60_004


def test_progress_has_the_name_and_the_rows_of_every_file(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(PLAIN)
    told: list[tuple[str, int, float, bool]] = []
    read_usage(
        [tmp_path / "b.csv", tmp_path / "a.csv"],
        scenario(),
        tmp_path,
        on_progress=lambda *step: told.append(step),
    )
    assert [(name, rows) for name, rows, _, complete in told if complete] == [("a.csv", 3), ("b.csv", 3)]
    assert all(rate > 0 for _, _, rate, _ in told)


def test_sources_have_the_hash_of_the_bytes(tmp_path: Path) -> None:
    usage = read(tmp_path, {"b.csv": "", "a.csv": PLAIN})
    assert [s.file for s in usage.sources] == ["a.csv", "b.csv"]
    assert usage.sources[1].sha256.startswith("e3b0c44298fc1c14")
