"""The pages are true: links lead somewhere, commands exist and run, every field is described."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import click
import pytest

from flexopt.cli import COMMANDS, cli
from flexopt.cli.reference import reference
from flexopt.store.schema import plan_schema
from flexopt.store.tables import CHARGES, TABLES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OUTPUTS = (ROOT / "docs" / "outputs.md").read_text()


def test_page_of_the_commands_is_what_the_program_prints() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == reference(), (
        "run `python -m flexopt.cli.reference > docs/cli.md`"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), f"{target} leads nowhere"
        assert path.resolve().is_relative_to(ROOT), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", t).strip().lower().replace(" ", "-") for t in titles}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop().resolve()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        if page.is_dir():
            todo += page.glob("*.md")
        else:
            links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
            todo += [page.parent / link for link in links if ":" not in link and not link.endswith(".png")]
    assert [p for p in PAGES if p.resolve() not in reached] == []


def commands(page: Path) -> Iterator[list[str]]:
    """Words of every flexopt command in the code blocks of a page."""
    for block in re.findall(r"```(?:sh|text)\n(.*?)```", page.read_text(), re.DOTALL):
        for line in re.split(r"\n| && ", block):
            line = line.removeprefix("$ ").removeprefix(".venv/bin/")
            if line.startswith("flexopt "):
                yield shlex.split(re.split(r"\s{3,}|\s#", line)[0])[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_exist_with_their_options(page: Path) -> None:
    context = click.Context(cli, info_name="flexopt")
    for name, *arguments in commands(page):
        if name.startswith("-"):
            continue
        command = cli.get_command(context, name)
        assert command is not None, f"{page.name} names `flexopt {name}`"
        known = {opt for param in command.params for opt in param.opts} | {"--help"}
        assert {a for a in arguments if a.startswith("-")} <= known, f"{page.name}: {name} {arguments}"


def test_documented_commands_are_all_commands() -> None:
    assert {words[0] for page in PAGES for words in commands(page)} >= {*COMMANDS} - {"schema"}


def test_quickstart_runs(call: Callable[..., Any], folder: Path) -> None:
    usage = resources.files("flexopt") / "data" / "example-usage.csv"
    for name in ("seat-usage.csv", "token-usage.csv"):
        (folder / name).write_text(usage.read_text())
    (folder / "subscriptions.csv").write_text(
        "subscription_id,offering_name,seat_quantity,start_date,end_date,term,subscription_status\n"
        "S1,AutoCAD,3,2025-02-01,2026-02-01,Annual,Active\n"
    )
    (folder / "users.csv").write_text(
        "autodesk_id,email,first_name,last_name,role,offering_name,product_name,account_status,team\n"
        "X1,user-0001,A,B,User,AutoCAD,,Active,Main\n"
    )
    steps = list(commands(ROOT / "docs" / "quickstart.md"))
    names = ["init", "check", "plan", "explain", "explain", "breakeven", "review", "export", "compare"]
    assert [step[0] for step in steps] == names
    for step in steps:
        done = call(*(word.replace("a.baker@example.com", "user-0001") for word in step))
        assert done.returncode == 0, done.stderr
        assert done.stdout or step[0] == "export"
        if step[0] == "init":  # a second quote to compare
            shutil.copy(folder / "my-renewal" / "scenario.yaml", folder / "my-renewal" / "quote-b.yaml")
    assert (folder / "my-renewal" / "first.html").is_file()


@pytest.mark.parametrize("table", ["assignment", "seats", "purchases", "ledger", "charges"])
def test_every_column_is_described_in_order(table: str) -> None:
    section = OUTPUTS.split(f"### {table}.csv")[1].split("###")[0].split("| for |")[0]
    columns = CHARGES if table == "charges" else TABLES[table]
    assert re.findall(r"^\| (\w+) \|", section, re.MULTILINE)[1:] == list(columns)


def test_every_field_of_the_plan_is_described() -> None:
    schema = plan_schema()
    schema.pop("$defs")

    def names(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node.get("properties", {})
            for value in node.values():
                yield from names(value)

    text = OUTPUTS.split("### plan.json")[1] + OUTPUTS.split("### assignment.csv")[1]
    assert [name for name in names(schema) if not re.search(rf"\b{name}\b", text)] == []


def test_every_exit_code_is_described() -> None:
    codes = re.findall(r"^\| (\d+) \|", OUTPUTS.split("## Exit codes")[1], re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "130"]
    assert all(f"{code} " in (cli.help or "") for code in codes)
