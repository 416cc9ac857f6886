"""Duplicates and overlaps count once, order does not matter, and every row is accounted for."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in
from reading import codes, counts, days, found, one, read, scenario

from flexopt.inputs.records import Usage
from flexopt.inputs.usage import read_usage

HEADER = "user,product,date,started_at,ended_at,tokens\n"


def test_a_row_twice_counts_once(tmp_path: Path) -> None:
    usage = one(tmp_path, "user,product,date\n" + "ann,Revit,2025-03-01\n" * 3 + "ann,Revit,2025-03-02\n")
    assert days(usage) == ["ann Revit 03-01", "ann Revit 03-02"]
    assert counts(usage.coverage[0]) == {"rows": 4, "kept": 2, "repeated": 2}
    assert (found(usage, "U160").severity, found(usage, "U160").count) == ("info", 2)


def test_overlapping_exports_count_once(tmp_path: Path) -> None:
    """Two quarters that share March, one of them as an API export with other column names."""
    first = "user,product,date\n" + "".join(f"ann,Revit,2025-03-{d:02}\n" for d in range(1, 11))
    second = "productName,usageDate,emailAddress\n" + "".join(
        f"Revit,2025-03-{d:02},ANN\n" for d in range(6, 16)
    )
    usage = read(tmp_path, {"a.csv": first, "b.csv": second})
    assert len(days(usage)) == 15
    assert [counts(c) for c in usage.coverage] == [
        {"rows": 10, "kept": 10},
        {"rows": 10, "kept": 5, "repeated": 5},
    ]


def test_a_file_twice_under_two_names(tmp_path: Path) -> None:
    content = "user,product,date\nann,Revit,2025-03-01\n"
    usage = read(tmp_path, {"a.csv": content, "copy of a.csv": content})
    assert days(usage) == ["ann Revit 03-01"]
    assert found(usage, "U160").file == "copy of a.csv"


def test_a_session_of_three_days_is_one_row_kept(tmp_path: Path) -> None:
    rows = "ann,Revit,,2025-03-01 08:00,2025-03-04 07:00,\nann,Revit,,2025-03-01 09:00,2025-03-01 10:00,\n"
    usage = one(tmp_path, HEADER + rows)
    assert len(days(usage)) == 3
    assert counts(usage.coverage[0]) == {"rows": 2, "kept": 1, "repeated": 1}


def test_every_fate_of_a_row(tmp_path: Path) -> None:
    rows = [
        "ann,Revit,2025-03-01,,,10",
        "ann,Revit 2025,2025-03-01,,,10",
        "ann,Revit,2025-03-02,,,0",
        "ann,Zzzz,2025-03-01,,,1",
        "ann,AEC Collection,2025-03-01,,,1",
        ",,,,,",
        "ann,Revit,soon,,,1",
        ",Revit,2025-03-01,,,1",
        "ann,,2025-03-01,,,1",
        "a\x07nn,Revit,2025-03-01,,,1",
        "ann,Revit",
    ]
    usage = one(tmp_path, HEADER + "\n".join(rows))
    assert counts(usage.coverage[0]) == {
        "rows": 11,
        "kept": 1,
        "repeated": 2,
        "zero_token": 1,
        "unknown_product": 1,
        "left_out": 1,
        "rejected": 5,
    }
    assert {f.row for f in usage.findings.errors} == {8, 9, 10, 11, 12}


USERS = ["ann", "bob", "Bob", "*****", "", "c\x01"]
PRODUCTS = ["Revit", "Revit 2025", "AutoCAD", "AEC Collection", "Zzzz", ""]
MOMENTS = ["", "2025-03-01", "2025-03-02", "2025-03-02 19:00", "2025-03-03T08:00Z", "soon"]
ROW = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from(PRODUCTS),
    st.sampled_from(MOMENTS),
    st.sampled_from(["", "", "2025-03-02 08:00", "2025-03-03T07:00Z"]),
    st.sampled_from(["", "", "2025-03-03 09:00", "2025-03-05"]),
    st.sampled_from(["", "0", "10", "-1"]),
)
FILES = st.lists(st.lists(ROW, max_size=12), min_size=1, max_size=3)
GOOD = st.tuples(
    st.sampled_from(["ann", "bob", "carl"]),
    st.sampled_from(["Revit", "Revit 2025", "AutoCAD", "Zzzz", "AEC Collection"]),
    st.just(""),
    st.integers(0, 200).map(lambda h: f"2025-03-{1 + h // 24:02} {h % 24:02}:00"),
    st.just(""),
    st.sampled_from(["", "0", "10"]),
)


def read_all(files: dict[str, str]) -> Usage:
    with TemporaryDirectory() as folder:
        return read(Path(folder), files)


def text(rows: list[tuple[str, ...]]) -> str:
    return HEADER + "".join(",".join(r) + "\n" for r in rows)


@one_in(8)
@given(FILES)
def test_counts_add_up_to_the_rows_of_each_file(files: list[list[tuple[str, ...]]]) -> None:
    usage = read_all({f"{n}.csv": text(rows) for n, rows in enumerate(files)})
    assert len(usage.coverage) == len(files)
    for c, rows in zip(usage.coverage, files, strict=True):
        fates = [c.kept, c.repeated, c.zero_token, c.unknown_product, c.left_out, c.rejected]
        assert min(fates) >= 0
        assert sum(fates) == c.rows == len(rows)
        refused = [f for f in usage.findings.errors if f.file == c.file and f.row and f.code != "U161"]
        assert len({f.row for f in refused}) == c.rejected
    kept = sum(c.kept for c in usage.coverage)
    assert kept <= len(usage.days) or kept == 0
    assert not usage.days.duplicated().any()
    assert usage.days.equals(usage.days.sort_values(["user", "product", "date"]).reset_index(drop=True))


@one_in(8)
@given(
    st.lists(st.lists(GOOD, min_size=1, max_size=15), min_size=1, max_size=3),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter(files: list[list[tuple[str, ...]]], random: object) -> None:

    assert isinstance(random, Random)
    first = {f"{n}.csv": text(rows) for n, rows in enumerate(files)}
    shuffled = {name: text(random.sample(rows, len(rows))) for name, rows in zip(first, files, strict=True)}
    names = random.sample(list(shuffled), len(shuffled))
    one_way, other_way = read_all(first), read_all({n: shuffled[n] for n in names})
    pd.testing.assert_frame_equal(one_way.days, other_way.days)
    pd.testing.assert_frame_equal(one_way.totals, other_way.totals)
    assert list(one_way.findings) == list(other_way.findings)
    assert one_way.coverage == other_way.coverage


@one_in(8)
@given(st.lists(GOOD, min_size=1, max_size=15))
def test_reading_a_file_twice_adds_no_day(rows: list[tuple[str, ...]]) -> None:
    once, twice = read_all({"a.csv": text(rows)}), read_all({"a.csv": text(rows), "b.csv": text(rows)})
    pd.testing.assert_frame_equal(once.days, twice.days)
    assert twice.coverage[1].kept == 0


def test_no_files_no_days(tmp_path: Path) -> None:
    usage = read_usage([], scenario(), tmp_path)
    assert (days(usage), codes(usage), usage.coverage) == ([], [], ())


def test_the_frames_have_their_types_also_when_empty(tmp_path: Path) -> None:
    for content in ("user,product,date\nann,Revit,2025-03-01\n", "user,product,date\n"):
        usage = one(tmp_path, content)
        types = {"user": "category", "product": "category", "date": "datetime64[s]"}
        assert usage.days.dtypes.astype(str).to_dict() == types
        totals = {"user": "object", "product": "object", "days": "int64"}
        totals |= {"first": "datetime64[s]", "after": "datetime64[s]"}
        assert usage.totals.dtypes.astype(str).to_dict() == totals


def test_names_are_categories_and_all_of_them_are_used(tmp_path: Path) -> None:
    usage = one(
        tmp_path, "user,product,date\nbob,Revit,2025-03-01\nann,Revit,2025-03-01\neve,Other,2025-03-01\n"
    )
    assert usage.days["user"].cat.categories.tolist() == ["ann", "bob"]
    assert usage.days["product"].cat.categories.tolist() == ["Revit"]
    assert usage.users == {"ann", "bob"}
