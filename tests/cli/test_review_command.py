"""`flexopt review`: what it prints, letter by letter, what it writes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents import typed
from jsonschema import Draft202012Validator
from reports import review_markdown, review_text

from flexopt.exports.study_data import review_csv
from flexopt.store.schema import plan_schema

Run = Callable[..., Any]
Golden = Callable[[str, str], None]


@pytest.fixture
def table(folder: Path, scenario: Callable[[str], str]) -> str:
    """The worked example with today's access; the name of the scenario."""
    (folder / "access.csv").write_text(
        "user,product,access,offer\n"
        "under,AutoCAD,named,autocad-1y\ntie,AutoCAD,flex,\nover,AutoCAD,flex,\nnobody,AutoCAD,named,autocad-1y\n"
    )
    (folder / "people.csv").write_text("user,group,leaves\nover,Civil,2026-06-01\n")
    return scenario("access: access.csv\npeople: people.csv")


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_output(call: Run, table: str, form: str, golden: Golden) -> None:
    done = call("review", table, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    golden(f"cli/review.{ {'table': 'txt', 'markdown': 'md'}.get(form, form) }", done.stdout)
    if form == "json":
        assert json.loads(done.stdout)["schema"] == "flexopt.review/1"


def test_output_with_a_threshold(call: Run, table: str, golden: Golden) -> None:
    done = call("review", table, "--min-saving", "1000")
    assert (done.returncode, done.stderr) == (0, "")
    golden("cli/review-threshold.txt", done.stdout)


def test_into_a_plan(call: Run, table: str, folder: Path) -> None:
    assert call("plan", table, "-o", "my.plan").returncode == 0
    plan = json.loads((folder / "my.plan" / "plan.json").read_text())
    done = call("review", table, "--into", "my.plan", "--format", "json")
    assert (done.returncode, done.stderr) == (
        0,
        "\nReview added to my.plan; next: flexopt export my.plan -o FILE\n",
    )
    found = json.loads((folder / "my.plan" / "plan.json").read_text())
    Draft202012Validator(plan_schema()).validate(found)
    review = found.pop("review")
    assert found | {"sha256": plan["sha256"]} == plan
    assert {"schema": "flexopt.review/1", "currency": "USD", **review} == json.loads(done.stdout)
    # with a threshold the plan is the one reviewed, and passes its audit
    assert call("review", table, "--min-saving", "1000", "--into", "my.plan").returncode == 0
    fewer = json.loads((folder / "my.plan" / "plan.json").read_text())
    Draft202012Validator(plan_schema()).validate(fewer)
    assert fewer["total"] == fewer["review"]["total"] != plan["total"]
    after = {(m["user"], m["product"]): m["after"] for m in fewer["review"]["moves"]}
    assert all(after[r["user"], r["product"]] == (r["offer"] or "Flex") for r in fewer["assignment"])


def test_into_another_plan_is_refused_and_nothing_changes(call: Run, table: str, folder: Path) -> None:
    call("plan", "scenario.yaml", "-o", "other.plan")
    before = (folder / "other.plan" / "plan.json").read_bytes()
    done = call("review", table, "--into", "other.plan")
    assert (done.returncode, done.stdout) == (2, "")
    assert "other.plan: the plan was made from different inputs (changed.yaml, people.csv, access.csv)" in (
        done.stderr
    )
    assert (folder / "other.plan" / "plan.json").read_bytes() == before
    done = call("review", table, "--into", "none.plan")
    assert (done.returncode, done.stdout) == (2, "")
    assert "none.plan: no plan found here" in done.stderr


def test_without_a_table_of_access(call: Run, golden: Golden) -> None:
    done = call("review", "scenario.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    golden("cli/review-stderr.txt", done.stderr)


@pytest.mark.parametrize("amount", ["-1", "1e3", "nan", "1.234", "ten"])
def test_an_amount_that_is_none(call: Run, table: str, amount: str) -> None:
    done = call("review", table, f"--min-saving={amount}")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{amount!r} is not an amount: write 250 or 99.50" in done.stderr


def test_impossible_and_out_of_time(call: Run, folder: Path, table: str) -> None:
    (folder / "hard.yaml").write_text(
        f"schema: flexopt.scenario/1\nextends: {table}\nbudgets: "
        "[{id: all, from: 2026-01-01, to: 2027-01-01, amount: 1}]\n"
    )
    assert call("review", "hard.yaml").returncode == 3


def many(document: dict[str, Any], count: int) -> dict[str, Any]:
    move = {"product": "AutoCAD", "group": "", "before": "autocad-1y", "after": "Flex"}
    rows = [{**move, "user": f"u{n:03d}", "move": "to Flex", "saving": f"{900 - n}.00"} for n in range(count)]
    listed = [
        {"user": f"u{n:03d}", "product": "AutoCAD", "offer": "o", "last_use": None} for n in range(count)
    ]
    counts = dict.fromkeys(("to collection", "to seat", "release", "new", "keep"), 0) | {"to Flex": count}
    review = {"today": "10.00", "total": "8.00", "saving": "2.00"}
    lists = {"double_use": [], "idle": listed, "leavers": [], "checks": []}
    return document | {"review": review | {"moves": rows, "counts": counts} | lists}


def test_long_lists_are_cut_on_the_screen_only(document: dict[str, Any]) -> None:
    text = review_text(typed(many(document, 40)))
    assert "u023" in text
    assert "u024" not in text
    assert "16 more: `--format json` has all" in text
    assert "28 more: `--format json` has all" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "u039" in review_markdown(typed(many(document, 40)))
    assert "".join(review_csv(typed(many(document, 40)))).count("\n") == 41


def test_hostile_names_are_text(document: dict[str, Any]) -> None:
    found = many(document, 1)
    found["review"]["moves"][0]["user"] = "=cmd|'/c'!A1<script>\x1b[2J\u202e*"
    assert "\x1b" not in review_text(typed(found))
    assert "\u202e" not in review_text(typed(found))
    assert r"\<script\>" in review_markdown(typed(found))
    assert "".join(review_csv(typed(found))).splitlines()[1].startswith("'=cmd")
