"""One key per person, whatever an export shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import codes, days, found, one, read, scenario

from flexopt.inputs.records import Person
from flexopt.inputs.usage import read_usage

HEADER = "Access option,Day used,Email,First name,Last name,hashed_autodesk_id,product_name\n"


def row(day: str, email: str, hashed: str) -> str:
    return f"Flex,2025-03-{day},{email},*****,*****,{hashed},Revit\n"


@pytest.mark.parametrize("hidden", ["*****", "***", "", "*****@*****.***", "  "])
def test_a_hidden_name_is_keyed_on_the_hash(hidden: str, tmp_path: Path) -> None:
    usage = one(
        tmp_path, HEADER + row("01", hidden, "h1") + row("01", hidden, "h2") + row("02", hidden, "h1")
    )
    assert days(usage) == ["h1 Revit 03-01", "h1 Revit 03-02", "h2 Revit 03-01"]
    assert codes(usage) == []


def test_a_hash_seen_with_an_email_stands_for_it_in_all_files(tmp_path: Path) -> None:
    usage = read(
        tmp_path,
        {
            "a.csv": HEADER + row("01", "*****", "h1"),
            "b.csv": HEADER + row("02", "Ann@Example.com", "h1"),
            "c.csv": HEADER + row("02", "*****", "h1"),
        },
    )
    assert days(usage) == ["ann@example.com Revit 03-01", "ann@example.com Revit 03-02"]
    assert codes(usage) == ["U160"]


def test_an_id_reaches_the_email_through_the_hash(tmp_path: Path) -> None:
    usage = read(
        tmp_path,
        {
            "a.csv": "autodesk_id,day_used,product_name\nA1,2025-03-01,Revit\nA2,2025-03-01,Revit\n",
            "b.csv": "autodesk_id,hashed_autodesk_id,day_used,product_name\nA1,h1,2025-03-02,Revit\n",
            "c.csv": "email,hashed_autodesk_id,day_used,product_name\nann@example.com,h1,2025-03-03,Revit\n",
        },
    )
    assert days(usage) == ["A2 Revit 03-01", *(f"ann@example.com Revit 03-0{d}" for d in (1, 2, 3))]


def test_a_hash_with_two_emails_is_one_person_under_the_later_one(tmp_path: Path) -> None:
    rows = (
        row("01", "zoe.old@example.com", "h1") + row("02", "ann@example.com", "h1") + row("03", "*****", "h1")
    )
    usage = one(tmp_path, HEADER + rows)
    assert days(usage) == [f"ann@example.com Revit 03-0{d}" for d in (1, 2, 3)]
    finding = found(usage, "U122")
    assert (finding.severity, finding.count, finding.file) == ("info", 1, "usage.csv")
    assert "zoe.old@example.com is now ann@example.com" in finding.message


SEATS = "Day used,Email,First name,Last name,Product,Team\n"
USERS = "autodesk_id,email,role,product_name,account_status\n"


def test_a_hash_in_one_file_ties_the_emails_of_all(tmp_path: Path) -> None:
    """Usage of March shows that both are h1; Seat Usage has no ids at all."""
    usage = read(
        tmp_path,
        {
            "a.csv": HEADER + row("01", "old@x.com", "h1") + row("31", "new@x.com", "h1"),
            "b.csv": SEATS + "2025-01-02,OLD@x.com,Ann,Lee,Revit,\n2025-06-02,new@x.com,Ann,Berg,Revit,\n",
        },
    )
    assert usage.users == {"new@x.com"}


def test_a_users_export_ties_emails_to_ids(tmp_path: Path) -> None:
    """Hidden rows by id, visible rows by email, and only the Users export has both."""
    files = {
        "a.csv": "autodesk_id,email,day_used,product_name\n"
        "X1,*****,2025-03-01,Revit\nX1,*****,2025-03-02,Revit\n",
        "b.csv": SEATS + "2025-03-02,ann@x.com,,,Revit,\n",
        "users.csv": USERS + "X1,ann@x.com,User,Revit,Active\nX2,old@x.com,User,Revit,Active\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    usage = read_usage(
        [tmp_path / "a.csv", tmp_path / "b.csv"], scenario(), tmp_path, users=[tmp_path / "users.csv"]
    )
    assert days(usage) == ["ann@x.com Revit 03-01", "ann@x.com Revit 03-02"]
    assert [s.file for s in usage.sources] == ["a.csv", "b.csv", "users.csv"]
    assert [c.file for c in usage.coverage] == ["a.csv", "b.csv"]


def test_a_users_export_that_is_another_export_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user,product,date\nann,Revit,2025-03-01\n")
    usage = read_usage([], scenario(), tmp_path, users=[tmp_path / "users.csv", tmp_path / "none.csv"])
    assert [(f.code, f.file) for f in usage.findings.errors] == [("U101", "none.csv"), ("U118", "users.csv")]
    assert "usage.files" in found(usage, "U118").hint


SERVICE = "".join(row(f"{n + 1:02}", f"p{n}@x.com", "svc") for n in range(5)) + row("06", "*****", "svc")


@pytest.mark.parametrize(
    ("rows", "people", "code"),
    [
        (SERVICE, {"p0@x.com", "p1@x.com", "p2@x.com", "p3@x.com", "p4@x.com", "svc"}, "U180"),
        ("".join(row("01", "license@x.com", f"h{n}") for n in range(5)), {f"h{n}" for n in range(5)}, "U180"),
        (row("01", "p0@x.com", "N/A") + row("02", "p1@x.com", "n/a"), {"p0@x.com", "p1@x.com"}, ""),
        (row("01", "p0@x.com", "00000000") + row("02", "p1@x.com", "00000000"), {"p0@x.com", "p1@x.com"}, ""),
        (row("01", "*****@x.com", "h1") + row("02", "*****@x.com", "h2"), {"h1", "h2"}, ""),
        (row("01", "j*****@x.com", "h1") + row("02", "j*****@x.com", "h2"), {"h1", "h2"}, ""),
        (row("01", "N/A", "h1") + row("02", "N/A", "h2"), {"h1", "h2"}, ""),
    ],
    ids=["service account", "one email for all", "N/A", "zeros", "masked email", "half masked", "no email"],
)
def test_what_many_share_is_nobody(rows: str, people: set[str], code: str, tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + rows)
    assert usage.users == people
    assert codes(usage) == ([code] if code else [])


NAMED = "Access option,Day used,Email,First name,Last name,hashed_autodesk_id,product_name\n"


@pytest.mark.parametrize(("other", "people"), [("Ann,Lee", 1), ("Bob,Fox", 2)])
def test_two_names_on_the_same_day_are_two_people_even_with_one_id(
    other: str, people: int, tmp_path: Path
) -> None:
    rows = "Flex,2025-03-01,ann@x.com,Ann,Lee,h1,Revit\n" + f"Flex,2025-03-01,bob@x.com,{other},h1,Revit\n"
    usage = one(tmp_path, NAMED + rows)
    assert len(usage.users) == people
    assert ("U181" in codes(usage)) == (people == 2)
    if people == 2:
        finding = found(usage, "U181")
        assert "ann@x.com (Ann Lee) and bob@x.com (Bob Fox) have one id" in finding.message
        assert finding.hint.endswith("user,aliases\nbob@x.com,ann@x.com")


CHANGED = (
    "2025-01-02,ann.lee@x.com,Ann,Lee,Revit,One\n2025-05-30,ann.lee@x.com,Ann,Lee,Revit,One\n"
    "2025-06-02,ann.berg@x.com,ANN,LEE,Revit,{team}\n2025-11-02,ann.berg@x.com,Ann,Lee,Revit,{team}\n"
)


def test_one_name_one_after_the_other_is_asked_about(tmp_path: Path) -> None:
    usage = one(tmp_path, SEATS + CHANGED.format(team="One"))
    assert usage.users == {"ann.lee@x.com", "ann.berg@x.com"}
    finding = found(usage, "U184")
    assert (finding.severity, finding.value) == ("warning", "ann.lee@x.com")
    assert "ann.lee@x.com is used until 2025-05-30, ann.berg@x.com from 2025-06-02" in finding.message
    assert finding.hint.endswith("user,aliases\nann.berg@x.com,ann.lee@x.com")


@pytest.mark.parametrize(
    "rows",
    [
        CHANGED.format(team="Two"),
        CHANGED.format(team="One").replace("06-02", "05-30"),
        CHANGED.format(team="One")
        .replace("ANN,LEE", "Ann,Berg")
        .replace("11-02,ann.berg@x.com,Ann,Lee", "11-02,ann.berg@x.com,Ann,Berg"),
        CHANGED.format(team="One").replace("Ann,Lee", "*****,*****").replace("ANN,LEE", "*****,*****"),
    ],
    ids=["another team", "one day in common", "another name", "hidden names"],
)
def test_other_people_are_not_asked_about(rows: str, tmp_path: Path) -> None:
    usage = one(tmp_path, SEATS + rows)
    assert len(usage.users) == 2
    assert codes(usage) == []


def test_names_of_the_insights_api_are_read_too(tmp_path: Path) -> None:
    rows = CHANGED.format(team="One").replace("Ann,Lee", "Ann Lee").replace("ANN,LEE", "Ann Lee")
    usage = one(tmp_path, "usageDate,emailAddress,userName,childProductName,teamName\n" + rows)
    assert found(usage, "U184").value == "ann.lee@x.com"


def people(*listed: Person) -> dict[str, Person]:
    return {p.user: p for p in listed}


@pytest.mark.parametrize(
    "person",
    [
        Person("ann.berg@x.com", aliases=("Ann.Lee@X.com",)),
        Person("Ann.Berg@x.com", aliases=("ann.lee@x.com",)),
        Person("ann", aliases=("ann.lee@x.com", "ann.berg@x.com")),
    ],
    ids=["an email", "in another case", "a name of its own"],
)
def test_an_alias_counts_for_its_user(person: Person, tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text(SEATS + CHANGED.format(team="One"))
    usage = read_usage([tmp_path / "usage.csv"], scenario(), tmp_path, people=people(person))
    assert usage.users == {person.user}
    assert len(usage.days) == 4
    assert codes(usage) == []


def test_an_alias_may_be_a_hidden_id_or_a_plain_user(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + row("01", "*****", "h1"))
    (tmp_path / "b.csv").write_text("user,product,date\nALEE,Revit,2025-03-02\n")
    usage = read_usage(
        [tmp_path / "a.csv", tmp_path / "b.csv"],
        scenario(),
        tmp_path,
        people=people(Person("ann@x.com", aliases=("h1", "ALEE", "gone@x.com"))),
    )
    assert days(usage) == ["ann@x.com Revit 03-01", "ann@x.com Revit 03-02"]
    finding = found(usage, "U185")
    assert (finding.severity, finding.value) == ("info", "gone@x.com")


def test_the_user_of_the_people_table_is_the_user(tmp_path: Path) -> None:
    """Group and leaving date of the old email are not lost because the new one is used later."""
    (tmp_path / "usage.csv").write_text(HEADER + row("01", "old@x.com", "h1") + row("02", "new@x.com", "h1"))
    usage = read_usage([tmp_path / "usage.csv"], scenario(), tmp_path, people=people(Person("old@x.com")))
    assert usage.users == {"old@x.com"}


def test_emails_have_no_case_but_users_have(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + row("01", "Ann@example.com", "h1") + row("01", "ann@EXAMPLE.com", "h1"))
    assert days(usage) == ["ann@example.com Revit 03-01"]
    assert codes(usage) == ["U160"]
    usage = one(tmp_path, "user,product,date\nAnn,Revit,2025-03-01\nann,Revit,2025-03-01\n")
    assert days(usage) == ["Ann Revit 03-01", "ann Revit 03-01"]
    finding = found(usage, "U123")
    assert (finding.severity, finding.count) == ("warning", 2)
    assert '"Ann", "ann"' in finding.message


def test_users_that_look_alike_are_a_warning(tmp_path: Path) -> None:
    """é as one character and as two."""
    usage = one(tmp_path, "user,product,date\nRen\u00e9,Revit,2025-03-01\nRene\u0301,Revit,2025-03-01\n")
    assert codes(usage) == ["U123"]


def test_white_space_round_a_user_is_nothing(tmp_path: Path) -> None:
    usage = one(tmp_path, "user,product,date\n\u00a0ann ,Revit,2025-03-01\n ann,Revit,2025-03-02\n")
    assert days(usage) == ["ann Revit 03-01", "ann Revit 03-02"]


def test_a_row_without_a_user_is_an_error_with_its_line(tmp_path: Path) -> None:
    usage = one(tmp_path, HEADER + row("01", "*****", "h1") + row("02", "*****", "") + row("x", "*****", ""))
    finding = found(usage, "U120")
    assert (finding.row, finding.column, finding.value) == (3, "Email", "*****")
    assert found(usage, "U104").row == 4
    assert usage.coverage[0].rejected == 2


def test_services_and_launches_without_tokens_need_no_user(tmp_path: Path) -> None:
    header = "usageCategory,usageDate,productName,userName,tokensConsumed\n"
    rows = "MANUAL_ADJUSTMENT,,,,-3\nCLOUD_SERVICE,2025-03-01,CFD,,5\nDESKTOP_PRODUCT,2025-03-01,Revit,,0\n"
    usage = one(tmp_path, header + rows + "DESKTOP_PRODUCT,2025-03-01,Revit,,10\n")
    assert [(f.code, f.row) for f in usage.findings.errors] == [("U120", 5)]


def test_many_findings_of_a_kind_are_counted(tmp_path: Path) -> None:
    rows = "".join(row("01", f"a{i}@x.com", f"h{i}") + row("01", f"b{i}@x.com", f"h{i}") for i in range(30))
    usage = one(tmp_path, HEADER + rows)
    many = found(usage, "U122")
    assert (many.count, "30 people have several emails" in many.message, "25 more" in many.message) == (
        30,
        True,
        True,
    )
    names = "".join(f"u{i},Revit,2025-03-01\nU{i},Revit,2025-03-01\n" for i in range(30))
    usage = one(tmp_path, "user,product,date\n" + names)
    assert len([f for f in usage.findings if f.code == "U123"]) == 21
    assert all(f.hint for f in usage.findings)
