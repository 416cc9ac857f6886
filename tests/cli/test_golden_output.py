"""What every command prints, letter by letter; versions and the solver's own figures are left out."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flexopt.cli import COMMANDS, cli
from flexopt.store.tables import TABLES

Run = Callable[..., Any]
Golden = Callable[[str, str], None]


def steady(text: str) -> str:
    """Without what another solver, or another way of solving, would change."""
    text = re.sub(r"(?s)^proof:.*?of\s+prices\s+needed\)\.$", "proof: ...", text, flags=re.MULTILINE)
    text = re.sub(r"(?s)^time: .*?\n\n", "time: ...\n\n", text, flags=re.MULTILINE)
    text = re.sub(r'(?sm)"proof": \{.*?^ \}', '"proof": {...}', text)
    return re.sub(r'"sha256": "\w+"', '"sha256": "..."', text)


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help(name: str | None, golden: Golden) -> None:
    arguments = ["--help"] if name is None else [name, "--help"]
    result = CliRunner().invoke(cli, arguments, prog_name="flexopt", terminal_width=80)
    assert not result.exit_code
    golden(f"cli/help{f'-{name}' if name else ''}.txt", result.stdout)
    assert CliRunner().invoke(
        cli, [*arguments[:-1], "-h"], prog_name="flexopt", terminal_width=80
    ).stdout == (result.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_that_runs_its_command(name: str) -> None:
    text = CliRunner().invoke(cli, [name, "--help"]).stdout
    assert re.search(rf"Example:\n +flexopt {name} ", text)


def test_plan(call: Run, folder: Path, golden: Golden) -> None:
    done = call("plan", "scenario.yaml")
    assert done.returncode == 0
    golden("cli/plan.txt", steady(done.stdout))
    golden("cli/plan-stderr.txt", steady(done.stderr))
    names = {"plan.json", "summary.json", *(f"{t}.csv" for t in TABLES if t != "left_out")}
    assert {p.name for p in (folder / "scenario.plan").iterdir()} == names


def test_plan_json(call: Run, folder: Path, golden: Golden) -> None:
    done = call("plan", "scenario.yaml", "-o", "x.plan", "--format", "json")
    golden("cli/plan.json", steady(done.stdout))
    assert json.loads(done.stdout) == json.loads((folder / "x.plan" / "summary.json").read_text())


@pytest.mark.parametrize("table", ["assignment", "seats", "purchases", "ledger"])
def test_tables_of_the_plan(plan_folder: Path, planned: dict[str, Any], table: str, golden: Golden) -> None:
    text = (plan_folder / f"{table}.csv").read_text(encoding="utf-8")
    golden(f"cli/{table}.csv", text)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows == [
        {name: "" if row[name] is None else str(row[name]) for name in TABLES[table]}
        for row in planned[table]
    ]


def test_charges_of_the_plan(plan_folder: Path, just_planned: dict[str, Any], golden: Golden) -> None:
    text = (plan_folder / "charges.csv").read_text(encoding="utf-8")
    golden("cli/charges.csv", text)
    assert list(csv.DictReader(io.StringIO(text))) == just_planned["charge_rows"]


@pytest.mark.parametrize("user", [[], ["tie"], ["under"]])
@pytest.mark.parametrize("form", ["table", "json"])
def test_explain(call: Run, plan_folder: Path, user: list[str], form: str, golden: Golden) -> None:
    done = call("explain", plan_folder, *user, "--format", form)
    more = f"\nnext: flexopt explain {plan_folder} USER explains one user's access\n"
    assert (done.returncode, done.stderr) == (0, "" if user or form == "json" else more)
    golden(f"cli/explain{''.join(f'-{u}' for u in user)}.{'json' if form == 'json' else 'txt'}", done.stdout)
    if form == "json":
        assert json.loads(done.stdout)["schema"] == "flexopt.explain/1"


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_breakeven(call: Run, form: str, golden: Golden) -> None:
    done = call("breakeven", "scenario.yaml", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    golden(f"cli/breakeven.{'txt' if form == 'table' else form}", done.stdout)


def test_breakeven_json_and_csv_have_the_same_rows(call: Run) -> None:
    data = json.loads(call("breakeven", "scenario.yaml", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(call("breakeven", "scenario.yaml", "--format", "csv").stdout)))
    assert (data["schema"], data["currency"]) == ("flexopt.breakeven/1", "USD")
    assert [{k: str(v) for k, v in row.items()} for row in data["rows"]] == rows


def test_check(call: Run, golden: Golden) -> None:
    done = call("check", "scenario.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    golden("cli/check.txt", done.stdout)


def test_check_json(call: Run, golden: Golden) -> None:
    done = call("check", "scenario.yaml", "--format", "json")
    golden("cli/check.json", done.stdout)
    data = json.loads(done.stdout)
    assert data["planned"] == {"users": 3, "pairs": 3}
    assert data["coverage"][0]["rows"] == 330


def test_init(call: Run, folder: Path, golden: Golden) -> None:
    done = call("init", "my renewal", "usage.csv", "--start", "2026-04-01")
    assert done.returncode == 0
    golden("cli/init.txt", done.stdout)
    golden("cli/init-stderr.txt", done.stderr)
    assert [folder / line for line in done.stdout.splitlines()] == sorted(
        p for p in (folder / "my renewal").rglob("*") if p.is_file()
    )
    assert (folder / "my renewal" / "usage" / "usage.csv").read_bytes() == (folder / "usage.csv").read_bytes()
    assert call("check", "my renewal/scenario.yaml").returncode == 0


@pytest.mark.parametrize("what", ["scenario", "plan"])
def test_schema(call: Run, what: str) -> None:
    done = call("schema", what)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_version(call: Run) -> None:
    assert re.fullmatch(r"flexopt, version \d+\.\d+\.\d+\n", call("--version").stdout)
