"""The same days through several exports count once, with names or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from firm import (
    BEGIN,
    CHANGED,
    EXPORTS,
    HIDDEN,
    SEES_TOKENS,
    Day,
    email,
    firm,
    german_usage,
    hashed,
    hidden_usage,
    insights_usage,
    seat_usage,
    token_usage,
    truth,
    users,
)
from hypothesis import given
from hypothesis import strategies as st
from profiles import one_in
from reading import codes, days, found, read, scenario

from flexopt.inputs.records import Usage
from flexopt.inputs.usage import read_usage

PERIOD = {"from": "2025-03-03", "to": "2025-06-01"}
ROWS = firm()
DAILY = [name for name in EXPORTS if "eport" not in name]


def read_all(files: Mapping[str, bytes], *, with_users: bool = False) -> Usage:
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        (Path(folder) / "Users.csv").write_bytes(users(ROWS))
        return read_usage(
            [Path(folder) / name for name in files],
            scenario(period=PERIOD),
            Path(folder),
            users=[Path(folder) / "Users.csv"] if with_users else [],
        )


def seen(names: Sequence[str], rows: Sequence[Day] = ROWS) -> list[Day]:
    """The rows that the exports show."""
    everything = {"usage_excel_de.csv", *HIDDEN} & set(names)
    return [
        r
        for r in rows
        if everything
        or ("Seat Usage.csv" in names and r.tokens is None)
        or ("Token Usage.csv" in names and r.tokens is not None)
    ]


def check_rows(usage: Usage) -> None:
    for c in usage.coverage:
        fates = (c.kept, c.repeated, c.zero_token, c.unknown_product, c.left_out, c.rejected)
        assert min(fates) >= 0
        assert sum(fates) == c.rows


def test_the_whole_estate_is_the_people_and_days_of_seat_and_token_usage() -> None:
    """28 emails of 25 people: the hidden export shows that three of them changed theirs."""
    parts = read_all({"Seat Usage.csv": seat_usage(ROWS), "Token Usage.csv": token_usage(ROWS)})
    assert len(parts.users) == 25 + CHANGED
    whole = read_all({name: write(ROWS) for name, write in EXPORTS.items()}, with_users=True)
    assert len(whole.users) == 25
    assert len(whole.totals) == 0
    assert set(days(whole)) == truth(ROWS, one_person=True, know_free=True)
    assert len(whole.days) == len(parts.days)
    assert whole.findings.errors == []
    check_rows(whole)
    message = found(whole, "U122").message
    assert "3 people have several emails" in message
    assert "p00@studio.example is now neu.p00@studio.example" in message
    same = {f.file: f.message for f in whole.findings if f.code == "U160"}
    assert (
        "the same days as Seat Usage.csv + Token Usage.csv; each counts once" in same["usage_hidden.csv.gz"]
    )


@pytest.mark.parametrize(
    "names", [c for n in range(1, len(DAILY) + 1) for c in combinations(DAILY, n)], ids=" + ".join
)
def test_every_combination_of_exports_counts_once(names: tuple[str, ...]) -> None:
    usage = read_all({name: EXPORTS[name](ROWS) for name in names})
    hidden = "usage_hidden.csv.gz" in names
    # Token Usage alone or with the hidden export does not show all that somebody changed
    named = set(names) - HIDDEN
    if hidden and len(names) == 1:
        assert len(usage.users) == 25
        assert usage.users == {hashed(p) for p in range(25)}
    elif named == {"Token Usage.csv"} and hidden:
        assert len(usage.users) == 25
        assert len(usage.days) == sum(r.tokens != 0 for r in ROWS)
    else:
        rows = seen(names)
        assert set(days(usage)) == truth(rows, one_person=hidden, know_free=bool(SEES_TOKENS & set(names)))
    check_rows(usage)


@pytest.mark.parametrize("reports", [["Usage Report.csv"], ["Usage Report.csv", "usage_report_2026.csv"]])
def test_reports_add_nothing_to_the_days_and_tie_ids_to_emails(reports: list[str]) -> None:
    names = ["usage_hidden.csv.gz", *reports]
    usage = read_all({name: EXPORTS[name](ROWS) for name in names})
    assert usage.users == {email(p) for p in range(25)}
    assert (len(usage.days), len(usage.totals)) == (sum(r.tokens != 0 for r in ROWS), 0)
    assert "U182" not in codes(usage)


def test_reports_that_say_the_same_count_once() -> None:
    one = read_all({"Usage Report.csv": EXPORTS["Usage Report.csv"](ROWS)})
    two = read_all({name: EXPORTS[name](ROWS) for name in ("Usage Report.csv", "usage_report_2026.csv")})
    assert one.totals.equals(two.totals)
    assert "U155" not in codes(two)


def test_a_report_with_hidden_names_beside_emails_may_count_twice() -> None:
    """It has no days to compare; with the Usage export of both, there is nothing to ask."""
    report = EXPORTS["usage_report_2026.csv"](ROWS).decode()
    for person in range(25):
        report = report.replace(email(person), "*****")
    files = {"report.csv": report.encode(), "Seat Usage.csv": seat_usage(ROWS)}
    finding = found(read_all(files), "U183")
    assert (finding.severity, finding.file, finding.count) == ("warning", "report.csv", 25)
    files["usage_hidden.csv.gz"] = hidden_usage(ROWS)
    whole = read_all(files)
    assert len(whole.users) == 25
    assert "U183" not in codes(whole)


def test_hidden_ids_are_tied_by_identical_days_and_it_is_said() -> None:
    usage = read_all({"a.csv.gz": hidden_usage(ROWS), "b.csv": german_usage(ROWS)})
    finding = found(usage, "U182")
    assert (finding.severity, finding.file, finding.count) == ("info", "a.csv.gz", 25)
    assert finding.message.startswith("25 of 25 hidden ids tied to emails by identical days of use in b.csv")
    assert found(usage, "U187").file == "b.csv"


def test_another_firm_of_the_same_size_is_another_firm() -> None:
    other = [Day(r.person, r.product, r.day, r.tokens) for r in firm(seed=2)]
    usage = read_all({"a.csv.gz": hidden_usage(other), "b.csv": german_usage(ROWS)})
    assert len(usage.users) == 25 + 25 + CHANGED
    assert not {"U182", "U183"} & set(codes(usage))


def test_two_teams_of_whom_all_work_every_day_are_not_one() -> None:
    """One person each who is always there proves nothing: that is asked."""
    every = [BEGIN + timedelta(days=n) for n in range(0, 40) if n % 7 < 5]
    rows = [Day(5, "Revit", day) for day in every]
    usage = read_all({"a.csv.gz": hidden_usage(rows), "b.csv": german_usage(rows)})
    assert usage.users == {email(5), hashed(5)}
    assert f"{email(5)},{hashed(5)}" in found(usage, "U183").hint


def test_a_small_firm_is_recognised_when_everybody_agrees() -> None:
    """Three people with three days each: together they are enough."""
    rows = [Day(p, "Revit", BEGIN + timedelta(days=n)) for p in range(6, 9) for n in range(p - 6, p - 3)]
    usage = read_all({"a.csv.gz": hidden_usage(rows), "b.csv": seat_usage(rows)})
    assert usage.users == {email(p) for p in range(6, 9)}


def test_days_that_are_shifted_tie_nobody_but_are_asked_about() -> None:
    """Every twelfth day is the next one in the other export, as in another time zone."""
    shifted = [
        Day(r.person, r.product, r.day + timedelta(days=n % 12 == 0), r.tokens) for n, r in enumerate(ROWS)
    ]
    usage = read_all({"a.csv.gz": hidden_usage(shifted), "b.csv": german_usage(ROWS)})
    finding = found(usage, "U183")
    assert finding.count >= 20
    assert f"{email(3)},{hashed(3)}" in finding.hint
    assert len(usage.users) == 25 + CHANGED + 23


def test_an_email_and_a_hash_of_people_who_left_before_the_other_export_begins_stay() -> None:
    early = [Day(40, "Revit", BEGIN - timedelta(days=n)) for n in (10, 12, 15, 20, 21, 30)]
    usage = read_all({"a.csv.gz": hidden_usage(early + ROWS), "b.csv": german_usage(ROWS)})
    assert hashed(40) in usage.users
    assert len(usage.users) == 26
    assert "U183" not in codes(usage)


def test_who_cannot_be_told_apart_is_asked_about() -> None:
    """Two people with the same days in the common months; one hidden id has days elsewhere."""
    twins = [Day(p, "Revit", BEGIN + timedelta(days=n)) for p in (30, 31) for n in (1, 2, 3, 9, 10, 15)]
    later = [Day(30, "Revit", BEGIN + timedelta(days=n)) for n in (95, 96)]
    usage = read_all({"a.csv.gz": hidden_usage(ROWS + twins + later), "b.csv": german_usage(ROWS + twins)})
    finding = found(usage, "U183")
    assert (finding.severity, finding.count, finding.file) == ("warning", 2, "a.csv.gz")
    assert f"user,aliases\n{email(30)},{hashed(30)}" in finding.hint
    assert len(usage.users) == 25 + 4


def test_equal_people_with_equal_days_count_once_whoever_is_who() -> None:
    twins = [Day(p, "Revit", BEGIN + timedelta(days=n)) for p in (30, 31) for n in (1, 2, 3, 9, 10, 15)]
    usage = read_all({"a.csv.gz": hidden_usage(ROWS + twins), "b.csv": german_usage(ROWS + twins)})
    assert len(usage.users) == 25 + 2
    assert "U183" not in codes(usage)


def test_nothing_is_tied_within_one_file(tmp_path: Path) -> None:
    """Some people hide their name, others do not: two rows of one file are two people."""
    rows = "".join(
        f"2025-03-{d:02},{mail},{hash_},Revit\n"
        for d in (3, 4, 6, 11, 12, 19)
        for mail, hash_ in (("ann@x.com", "h1"), ("*****", "h2"))
    )
    usage = read(tmp_path, {"a.csv": "day_used,email,hashed_autodesk_id,product_name\n" + rows})
    assert usage.users == {"ann@x.com", "h2"}


def test_many_people_are_compared_by_hashes_of_their_days() -> None:
    import numpy as np

    from flexopt.inputs.usage.identity.pattern import Days, match

    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(5_000), 20)
    number = rng.integers(0, 1 << 14, len(person))
    x, y = Days.of(person + 5_000, number), Days.of(person, number)
    every, none = np.ones(10_000, bool), np.zeros(10_000, bool)
    result = match(x, y, tied=none, whole=every)
    assert result is not None
    assert sorted(result.pairs) == [(p + 5_000, p) for p in range(5_000)]
    assert len(result.left) == 0


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, dict[str, bytes], set[str]]:
    """A firm, its exports over ranges that overlap, shuffled, some in two files; and their names."""
    seed = draw(st.integers(1, 50))
    rows = firm(seed, people=12)
    named = draw(st.sampled_from([("Seat Usage.csv", "Token Usage.csv"), ("usage_excel_de.csv",)]))
    hidden = draw(st.lists(st.sampled_from(sorted(HIDDEN)), min_size=1, max_size=2, unique=True))
    writers = {**EXPORTS, "insights.csv": insights_usage}
    files: dict[str, bytes] = {}
    random = Random(draw(st.integers(0, 1000)))
    for name in (*named, *hidden):
        halves = draw(st.booleans())
        cut = BEGIN + timedelta(days=draw(st.integers(20, 60)))
        overlap = timedelta(days=draw(st.integers(0, 10)))
        parts = [rows]
        if halves:
            parts = [[r for r in rows if r.day < cut + overlap], [r for r in rows if r.day >= cut]]
        for number, part in enumerate(parts):
            shuffled = random.sample(part, len(part))
            files[f"{number}-{name}"] = writers[name](shuffled)
    return seed, files, {*named, *hidden}


@one_in(3)
@given(splits())
def test_however_a_firm_is_exported_it_has_the_same_people_and_days(
    split: tuple[int, dict[str, bytes], set[str]],
) -> None:
    seed, files, _ = split
    usage = read_all(files)
    rows = firm(seed, people=12)
    assert set(days(usage)) == truth(rows, one_person=True, know_free=True)
    check_rows(usage)
    assert "U183" not in codes(usage)
