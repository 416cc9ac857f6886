"""Every export that is read, as one literal small file; the header alone says which it is."""

from __future__ import annotations

import csv
import io
import itertools
import json
from pathlib import Path

import pytest
from reading import codes, days, found, one, read, scenario, totals

from flexopt.inputs.files.formats import FORMATS, recognise
from flexopt.inputs.usage import usage_from_frame

PLAIN = "user,product,date\nann,AutoCAD,2025-03-01\nbob,Revit,2025-03-02\n"
SESSIONS = """\
user,product,date,started_at,ended_at,version,tokens
ann,AutoCAD,,2025-03-01T08:00:00Z,2025-03-01T17:00:00Z,2025,7
bob,Revit,2025-03-02,,,2024,10
"""
USAGE_2022 = """\
access_option,autodesk_id,day_used,email,first_name,last_name,hashed_autodesk_id,offering_name,product_name,team_alias,version
Named user,A1,2025-03-01,Ann@example.com,Ann,A,h1,AutoCAD - including specialized toolsets,AutoCAD,Main,2022
Flex,A2,2025-03-02,bob@example.com,Bob,B,h2,AEC Collection,Revit,Main,2022
"""
USAGE_2022_WITHOUT_PEOPLE = """\
access_option,day_used,hashed_autodesk_id,offering_name,product_name,team_alias,tokens_used,version
Flex,2025-03-01,h1,AutoCAD,AutoCAD,Main,7,2022
Flex,2025-03-02,h2,Revit,Revit,Main,0,2022
"""
USAGE_2023 = """\
Access option,Day used,Email,First name,Last name,hashed_autodesk_id,offering_name,product_name,Team,Version
Named user,2025-03-01,ann@example.com,Ann,A,h1,AutoCAD,AutoCAD,Main,2025
Flex,2025-03-02,bob@example.com,Bob,B,h2,AEC Collection,Revit,Main,2025
"""
TOKEN_USAGE = """\
Day used,Email,Feature,First name,Last name,Product,Team,Tokens used
2025-03-01,ann@example.com,,Ann,A,AutoCAD,Main,7
2025-03-02,bob@example.com,,Bob,B,Revit,Main,10
2025-03-03,bob@example.com,,Bob,B,Revit,Main,0
"""
SEAT_USAGE = """\
Day used,Email,First name,Last name,Product,Team
2025-03-01,ann@example.com,Ann,A,AutoCAD,Main
2025-03-02,bob@example.com,Bob,B,Revit,Main
"""
USAGE_2026 = """\
access_option,day_used,email,first_name,last_name,hashed_autodesk_id,offering_name,product_name,team,version
Named user,2025-03-01,ann@example.com,Ann,A,h1,AutoCAD,AutoCAD,Main,2026
Flex,2025-03-02,bob@example.com,Bob,B,h2,AEC Collection,Revit,Main,2026
"""
REPORT_2023 = """\
Access option,Email,First name,Last name,Product,Team,Days used,Days inactive,Monthly average,Last accessed,\
Seat assignment,Assigned date,Unassigned date,User activity,Group,Tokens used
Named user,ann@example.com,Ann,A,AutoCAD,Main,120,3,10,2025-12-30,Assigned,2024-01-01,,High,,0
Flex,bob@example.com,Bob,B,Revit,Main,12,30,1,2025-12-01,,,,Low,,120
"""
REPORT_2026 = """\
email,first_name,last_name,product_name,team,days_used,days_inactive,monthly_average,last_accessed,\
seat_assignment,assigned_date,unassigned_date,user_activity,group,tokens_used
ann@example.com,Ann,A,AutoCAD,Main,120,3,10,2025-12-30,Assigned,2024-01-01,,High,,0
bob@example.com,Bob,B,Revit,Main,12,30,1,2025-12-01,,,,Low,,120
"""
SUBSCRIPTIONS = """\
subscription_id,offering_name,seat_quantity,start_date,end_date,term,autorenew_date,contract_number,\
subscription_status,team,reseller_name
1,AutoCAD,40,2025-04-01,2026-04-01,Annual,2026-04-01,c,Active,Main,
"""
USERS = """\
autodesk_id,email,first_name,last_name,role,offering_name,product_name,account_status,team
A1,ann@example.com,Ann,A,User,AutoCAD,AutoCAD,Active,Main
"""
INSIGHTS = """\
productName,childProductName,usageDate,usageMonth,version,tokens,emailAddress,userName,userId,hashedUserId,source,\
contractNumber,reportingEntityId,productLineCode,featureId,contextId,teamName
AutoCAD,,2025-03-01,2025-03,2025,0,ann@example.com,Ann,1,h1,sus,c,r,ACD,,x,Main
AEC Collection,Revit,2025-03-02,2025-03,2025,10,bob@example.com,Bob,2,h2,flex,c,r,RVT,,x,Main
Revit,,2025-03-03,2025-03,2025,0,bob@example.com,Bob,2,h2,ppu,c,r,RVT,,x,Main
"""
TOKEN_FLEX = """\
contractYear,usageCategory,usageDate,usageMonth,productLineCode,productName,productVersion,productFeatureCode,userName,\
machineName,sessionStartDate,sessionEndDate,usageType,chargeCategory,chargedItemID,customField1,tokenPool,\
tokensConsumed,usageMinutes,usageHours,useCount
1,DESKTOP_PRODUCT,2025-03-01,2025-03,ACD,AutoCAD,2025,,Ann,pc1,2025-03-01T08:00:00Z,2025-03-01T17:00:00Z,,,,,,7,540,9,1
1,DESKTOP_PRODUCT,2025-03-02,2025-03,RVT,Revit,2025,,Bob,pc2,2025-03-02T08:00:00Z,2025-03-02T17:00:00Z,,,,,,10,540,9,1
1,CLOUD_SERVICE,2025-03-02,2025-03,CFD,Revit,2025,,Bob,pc2,,,,,,,,5,,,1
1,MANUAL_ADJUSTMENT,2025-03-02,2025-03,,,,,,,,,,,,,,-50,,,1
"""

PEOPLE = ["ann@example.com AutoCAD 03-01", "bob@example.com Revit 03-02"]
DAYS = {
    "plain": (PLAIN, ["ann AutoCAD 03-01", "bob Revit 03-02"], []),
    "plain with sessions": (SESSIONS, ["ann AutoCAD 03-01", "bob Revit 03-02"], []),
    "Account Usage (to 2022)": (USAGE_2022, PEOPLE, []),
    "Account Usage (to 2022), personal data off": (
        USAGE_2022_WITHOUT_PEOPLE,
        ["h1 AutoCAD 03-01"],
        ["U141"],
    ),
    "Account Usage (2023-2025)": (USAGE_2023, PEOPLE, []),
    "Account Usage (2026)": (USAGE_2026, PEOPLE, []),
    "Account Token Usage": (TOKEN_USAGE, PEOPLE, ["U141"]),
    "Account Seat Usage": (SEAT_USAGE, PEOPLE, []),
    "Insights API": (INSIGHTS, PEOPLE, ["U141"]),
    "Token Flex API": (TOKEN_FLEX, ["ann AutoCAD 03-01", "bob Revit 03-02"], ["U142"]),
}
INSIGHTS_SUMMARY = """\
fullName,emailAddress,productName,childProductName,earliestUsageDate,latestUsageDate,totalUniqueDays
Ann A,ann@example.com,AutoCAD,,2025-01-02,2025-12-30,120
Bob B,bob@example.com,AEC Collection,Revit,2025-03-01,2025-12-01,12
"""
SUMMARIES = {
    "Account Usage Report (2023-2025)": REPORT_2023,
    "Account Usage Report (2026)": REPORT_2026,
    "Insights API summary": INSIGHTS_SUMMARY,
}
PERIOD = {"from": "2025-01-01", "to": "2026-01-01"}
ALLOWED = {"U103", "U116", "U117", "U119", "U120", "U121", "U143"}


def name_of(key: str) -> str:
    return key.split(",", maxsplit=1)[0].replace(" with sessions", "")


def table(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("key", DAYS)
def test_an_export_gives_its_days(key: str, tmp_path: Path) -> None:
    content, expected, noted = DAYS[key]
    usage = one(tmp_path, content)
    assert usage.coverage[0].format == name_of(key)
    assert days(usage) == expected
    assert codes(usage) == noted
    assert usage.coverage[0].rows == content.count("\n") - 1


@pytest.mark.parametrize("key", DAYS)
def test_columns_may_have_any_order_and_company(key: str, tmp_path: Path) -> None:
    content, expected, noted = DAYS[key]
    rows = [[*reversed(row), "more", "", "😀"] for row in csv.reader(io.StringIO(content))]
    rows[0][-3:] = ["Cost centre", "", "Ünknown"]
    usage = one(tmp_path, table(rows))
    assert (usage.coverage[0].format, days(usage), codes(usage)) == (name_of(key), expected, noted)


@pytest.mark.parametrize("key", DAYS)
def test_any_column_may_be_missing_but_the_needed_ones(key: str, tmp_path: Path) -> None:
    """Whatever column is missing: the same people and days, or an error, never fewer days in silence."""
    content, expected, _ = DAYS[key]
    rows = list(csv.reader(io.StringIO(content)))
    files: dict[str, str | bytes] = {
        f"{place:02} {column}.csv": table([row[:place] + row[place + 1 :] for row in rows])
        for place, column in enumerate(rows[0])
    }
    usage = read(tmp_path, files)
    coverage = {c.file: c for c in usage.coverage}
    for name in files:
        found_here = {f.code for f in usage.findings if f.file == name and f.severity != "info"}
        errors = {f.code for f in usage.findings.errors if f.file == name}
        assert errors <= ALLOWED, (name, errors)
        assert (
            errors or coverage[name].kept + coverage[name].repeated >= len(expected) or "U132" in found_here
        )


@pytest.mark.parametrize("key", [*DAYS, *SUMMARIES])
def test_a_header_is_recognised_by_itself(key: str) -> None:
    content = SUMMARIES.get(key) or DAYS[key][0]
    known = recognise(content.split("\n")[0].split(","))
    assert known is not None
    assert known.name == name_of(key)


def test_every_format_has_an_example() -> None:
    examples = {name_of(k) for k in (*DAYS, *SUMMARIES)} | {"Account Subscriptions", "Account Users"}
    assert {f.name for f in FORMATS} == examples


@pytest.mark.parametrize("key", SUMMARIES)
def test_a_usage_report_is_a_summary(key: str, tmp_path: Path) -> None:
    usage = one(tmp_path, SUMMARIES[key], period=PERIOD)
    assert usage.coverage[0].format == key
    assert days(usage) == []
    assert totals(usage) == ["ann@example.com AutoCAD 120", "bob@example.com Revit 12"]
    assert codes(usage) == []


@pytest.mark.parametrize(
    ("content", "words"), [(SUBSCRIPTIONS, "subscriptions:"), (USERS, "list it under `users:`")]
)
def test_other_exports_are_told_where_they_belong(content: str, words: str, tmp_path: Path) -> None:
    finding = found(one(tmp_path, content), "U118")
    assert words in finding.hint
    assert (finding.file, finding.row) == ("usage.csv", 1)


def test_the_insights_api_answers_with_columns_and_rows(tmp_path: Path) -> None:
    header, *rows = list(csv.reader(io.StringIO(INSIGHTS)))
    for columns in (header, [{"name": c, "type": "string"} for c in header]):
        usage = one(tmp_path, json.dumps({"columns": columns, "rows": rows}), "usage.json")
        assert (usage.coverage[0].format, days(usage), codes(usage)) == ("Insights API", PEOPLE, ["U141"])


def test_json_may_be_a_list_of_objects(tmp_path: Path) -> None:
    records = [
        {"user": "ann", "product": "AutoCAD", "date": "2025-03-01"},
        {"date": "2025-03-02", "product": "Revit", "user": "bob", "note": None},
    ]
    assert days(one(tmp_path, json.dumps(records), "usage.json")) == DAYS["plain"][1]
    assert days(one(tmp_path, json.dumps({"data": records}), "u.json")) == DAYS["plain"][1]


def test_the_frame_of_a_python_caller_is_read_like_a_file(tmp_path: Path) -> None:
    usage = one(tmp_path, PLAIN)
    again = usage_from_frame(usage.days, scenario())
    assert days(again) == days(usage)
    assert (codes(again), again.coverage[0].kept) == ([], 2)


def test_a_seat_row_with_zero_tokens_is_use_and_a_flex_row_is_not(tmp_path: Path) -> None:
    rows = [
        f"{option},2025-03-0{day},h{day},AutoCAD,AutoCAD,Main,0,2022"
        for day, option in enumerate(("Named user", "Flex", "flex (tokens)", "Premium"), start=1)
    ]
    usage = one(tmp_path, "\n".join([USAGE_2022_WITHOUT_PEOPLE.split("\n", maxsplit=1)[0], *rows]))
    assert days(usage) == ["h1 AutoCAD 03-01", "h4 AutoCAD 03-04"]
    assert usage.coverage[0].zero_token == 2


def test_the_child_product_counts_and_a_blank_one_leaves_the_parent(tmp_path: Path) -> None:
    content = (
        "productName,childProductName,usageDate,hashedUserId\n"
        "AEC Collection,AutoCAD,2025-03-01,h1\n"
        "Revit, ,2025-03-02,h1\n"
        "AEC Collection,,2025-03-03,h1\n"
    )
    usage = one(tmp_path, content)
    assert days(usage) == ["h1 AEC Collection 03-03", "h1 AutoCAD 03-01", "h1 Revit 03-02"]
    assert codes(usage) == ["U147"]


def test_months_are_not_days(tmp_path: Path) -> None:
    content = "productName,usageMonth,hashedUserId\nRevit,2025-03,h1\n"
    finding = found(one(tmp_path, content), "U119")
    assert finding.row == 1
    assert "usageDate" in finding.hint


def test_a_name_is_a_key_only_where_there_is_nothing_better(tmp_path: Path) -> None:
    """Two people of one name stay two."""
    with_mail = "productName,usageDate,userName,emailAddress\nRevit,2025-03-01,Jo,jo1@example.com\n"
    with_hash = "productName,usageDate,userName,hashedUserId\nRevit,2025-03-01,Jo,h2\n"
    for name, content in (("a.csv", with_mail), ("b.csv", with_hash)):
        (tmp_path / name).write_text(content)
    from flexopt.inputs.usage import read_usage

    usage = read_usage([tmp_path / "a.csv", tmp_path / "b.csv"], scenario(), tmp_path)
    assert days(usage) == ["h2 Revit 03-01", "jo1@example.com Revit 03-01"]
    assert days(one(tmp_path, "productName,usageDate,userName\nRevit,2025-03-01,Jo\n")) == ["Jo Revit 03-01"]


@pytest.mark.parametrize(
    "header", ["user,product,date,Date", "user,product,product,date", "user,USER,product,date"]
)
def test_a_needed_column_twice_is_an_error(header: str, tmp_path: Path) -> None:
    row = ",".join(["ann", "Revit", "2025-03-01", "2025-03-02"])
    finding = found(one(tmp_path, f"{header}\n{row}\n"), "U170")
    assert finding.row == 1
    assert finding.column
    assert finding.hint


def test_other_columns_may_be_there_twice(tmp_path: Path) -> None:
    assert codes(one(tmp_path, "user,product,date,note,note,,\nann,Revit,2025-03-01,a,b,,\n")) == []


def test_no_two_formats_take_the_same_header() -> None:
    """The order of FORMATS decides between marks that go together; each example has one owner."""
    headers = [c.split("\n")[0].split(",") for c in (*(d[0] for d in DAYS.values()), *SUMMARIES.values())]
    for header in headers:
        known = recognise(header)
        for order in itertools.islice(itertools.permutations(header), 20):
            assert recognise(order) is known


def test_a_feature_that_may_be_a_service_is_a_warning(tmp_path: Path) -> None:
    content = TOKEN_USAGE.replace("com,,Bob,B,Revit,Main,10", "com,Study,Bob,B,Revit,Main,10")
    content = content.replace("ann@example.com,,", "ann@example.com,autocad,")
    usage = one(tmp_path, content)
    assert days(usage) == PEOPLE
    finding = found(usage, "U144")
    assert (finding.severity, finding.row, finding.column, finding.value) == (
        "warning",
        3,
        "Feature",
        "Study",
    )


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("user,product\nann,Revit\n", "`date` or `started_at`"),
        ("usageDate,productName\n2025-03-01,Revit\n", "`emailAddress` or `hashedUserId` or `userId`"),
        ("Day used,Email\n2025-03-01,ann\n", "`product_name` or `offering_name`"),
    ],
)
def test_a_missing_column_is_named_as_the_export_writes_it(
    content: str, columns: str, tmp_path: Path
) -> None:
    assert f"there is no column {columns}" in found(one(tmp_path, content), "U117").message
