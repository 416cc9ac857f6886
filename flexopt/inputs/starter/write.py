"""A new scenario folder, ready to plan, as `init` writes it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml

from flexopt.base.errors import FlexoptError
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.load import read_scenario
from flexopt.inputs.starter.facts import Facts, facts_of, renewal_date
from flexopt.inputs.starter.sort import PLACES, SortedFile, sort_files
from flexopt.inputs.starter.template import scenario_text
from flexopt.inputs.tables.people_and_access import ACCESS, PEOPLE

LAST_YEAR = 2200
"""The last year in which a horizon may start."""


def write_starter(
    folder: Path,
    files: Sequence[Path] = (),
    *,
    start: date | None = None,
    otherwise: date,
    currency: str = "USD",
) -> tuple[list[Path], list[SortedFile]]:
    """Write a scenario folder, whole or not at all; returns its files, sorted, and what each export is.

    Parameters
    ----------
    files : exports of any kind: each is copied to its place; without any, a small example is copied.
    start : the first day to plan; None: the day on which most of the seats end.
    otherwise : the first day to plan where neither `start` nor a Subscriptions export tells.

    Raises
    ------
    FlexoptError : the folder exists and is not empty, a file cannot be placed, or the price book has no
        prices at `start`.
    """
    _check(folder, start, currency)
    exports = sort_files(files)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".flexopt-", dir=folder.parent) as temporary:
            draft = Path(temporary) / "draft"
            _write(draft, exports, start, otherwise, currency)
            names = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
            _publish(draft, folder)
    except OSError as error:
        raise FlexoptError(
            f"cannot write the folder {folder}: {error.strerror or error}",
            "choose a folder you have permission to write to",
        ) from error
    return [folder / name for name in names], exports


def _check(folder: Path, start: date | None, currency: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FlexoptError(
            f"{folder} exists and is not an empty folder: nothing was written",
            "name a new folder, for example `flexopt init renewal`",
        )
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise FlexoptError(f'"{currency}" is not a currency', "use its ISO 4217 code, such as USD or EUR")
    if start is None:
        return
    first = min(price["from"] for offer in _price_book()["offers"] for price in offer["prices"])
    if start.year > LAST_YEAR:
        raise FlexoptError(f"{start} is too late to plan", f"start before {LAST_YEAR + 1}")
    if start < first:
        raise FlexoptError(
            f"the price book has no prices before {first}, and the horizon would start on {start}",
            f"start on {first} or later; a horizon in the past needs its own prices in price-book.yaml",
        )


def _write(
    draft: Path, exports: Sequence[SortedFile], start: date | None, otherwise: date, currency: str
) -> None:
    draft.mkdir(parents=True)
    (draft / "price-book.yaml").write_bytes(_packaged("price-book.yaml"))
    places = _copied(draft, exports)
    if not exports:
        (draft / "usage").mkdir(exist_ok=True)
        (draft / "usage" / "example.csv").write_bytes(_packaged("example-usage.csv"))
        places["usage"] = ["usage/example.csv"]
    quoted_in = _price_book()["currency"]

    def put(facts: Facts, first: date, renewal: date | None) -> ScenarioFile | None:
        """Write the scenario, and read it as everything else will."""
        text = scenario_text(
            places,
            facts,
            start=first,
            renewal=renewal,
            currency=currency,
            quoted_in=quoted_in,
            example=not exports,
        )
        (draft / "scenario.yaml").write_bytes(text.encode())
        return read_scenario(draft / "scenario.yaml")[0]

    _write_table(draft / "people.csv", PEOPLE, ())
    _write_table(draft / "access.csv", ACCESS, ())
    facts, renewal = Facts(), None
    if exports:
        # first with any date, to learn the dates: a summary needs some period to be read at all
        first = start or otherwise
        source = put(Facts(period=(otherwise - timedelta(days=366), otherwise)), first, None)
        facts = facts_of(source, exports) if source else facts
        if start is None and places["subscriptions"]:
            after = facts.last_day + timedelta(days=1) if facts.last_day else otherwise - timedelta(days=366)
            source = put(facts, after, None)
            renewal = renewal_date(source) if source else None
    source = put(facts, start or renewal or otherwise, renewal)
    if source and source.packs:
        put(replace(facts, packs=source.packs), start or renewal or otherwise, renewal)
    _write_table(draft / "people.csv", PEOPLE, facts.people)
    _write_table(draft / "access.csv", ACCESS, facts.access)


def _copied(draft: Path, exports: Sequence[SortedFile]) -> dict[str, list[str]]:
    """Copy every export into the folder of its kind; returns the names by folder."""
    names = dict(zip(exports, _copy_names([export.path for export in exports]), strict=True))
    places: dict[str, list[str]] = {place: [] for place in PLACES.values()}
    for export, name in names.items():
        home = export.places[0]  # a workbook of several exports has one home, and is named for each of them
        (draft / home).mkdir(exist_ok=True)
        shutil.copyfile(export.path, draft / home / name)
        for place in export.places:
            places[place].append(f"{home}/{name}")
    return places


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Any]) -> None:
    """The header and a row for each record, whose fields are named as the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    cells = attrgetter(*columns)
    writer.writerows([";".join(c) if isinstance(c, tuple) else c for c in cells(row)] for row in rows)
    path.write_bytes(text.getvalue().encode())


def _publish(draft: Path, folder: Path) -> None:
    """Rename into place; an existing empty folder (perhaps the current one) is filled instead."""
    if not folder.exists():
        draft.rename(folder)
        return
    done: list[Path] = []
    try:
        for path in sorted(draft.iterdir()):
            path.rename(folder / path.name)
            done.append(folder / path.name)
    except OSError:
        for path in done:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _copy_names(files: Sequence[Path]) -> list[str]:
    """File names without glob characters that stay distinct even if case is ignored."""
    names: list[str] = []
    taken: set[str] = set()
    for path in files:
        stem, dot, suffix = re.sub(r"[^\w. -]", "_", path.name).partition(".")
        name, n = stem + dot + suffix, 1
        while name.casefold() in taken:
            n += 1
            name = f"{stem}-{n}{dot}{suffix}"
        taken.add(name.casefold())
        names.append(name)
    return names


@cache
def _price_book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load(_packaged("price-book.yaml"))
    return book


def _packaged(name: str) -> bytes:
    return (resources.files("flexopt") / "data" / name).read_bytes()
