"""Access and policies written under an old email or an id count for the user who has it now."""

from __future__ import annotations

from pathlib import Path

from documents import data
from test_todays_access import SCENARIO

from flexopt import plan
from flexopt.planning.check import check_inputs

USAGE = "email,hashed_autodesk_id,product_name,day_used,access_option\n" + "".join(
    f"{email},{key},AutoCAD,2025-{month:02}-{day:02},Named user\n"
    for email, key, months in (
        ("lee@x.com", "h1", (1, 2, 3)),
        ("berg@x.com", "h1", (4, 5)),
        ("bob@x.com", "h2", (5,)),
    )
    for month in months
    for day in range(1, 25)
)


def test_old_emails_ids_and_capitals_stand_for_the_user(tmp_path: Path) -> None:
    text = SCENARIO.replace("report.csv, days.csv", "u.csv").replace(
        ", period: {from: 2025-01-01, to: 2026-01-01}", ""
    )
    policy = "[{user: lee@x.com, access: flex}, {user: Bob@x.com, access: named}, {user: zoe, access: flex}]"
    (tmp_path / "s.yaml").write_text(f"{text}access: access.csv\npolicy: {policy}\n")
    (tmp_path / "u.csv").write_text(USAGE)
    (tmp_path / "access.csv").write_text("user,product,access\nh1,AutoCAD,named\nBOB@x.com,AutoCAD,named\n")
    found = {f.code: f for f in check_inputs(tmp_path / "s.yaml", lambda _step, _detail: None, None).findings}
    assert found["T403"].message == (
        "4 names of the access table and the policies are those of users with another: "
        "BOB@x.com is bob@x.com; Bob@x.com is bob@x.com; h1 is berg@x.com; lee@x.com is berg@x.com"
    )
    assert (found["T404"].severity, found["T404"].value) == ("warning", "zoe")
    made = plan(tmp_path / "s.yaml")
    access = {row["user"]: row["access"] for row in data(made.document)["assignment"]}
    assert access == {"berg@x.com": "flex", "bob@x.com": "named"}
