"""A new scenario folder, ready to plan, as `init` writes it."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from flexopt.base.errors import FlexoptError
from flexopt.inputs.scenario.scenario import normal

_TEMPLATE = """\
# The prices, dates and rules of one quote. Edit them; to compare quotes, copy this file and change the copy.
# Lists in price-book.yaml are merged by `id`: repeat an id here to change its entry.
schema: flexopt.scenario/1
extends: price-book.yaml # products with their rates, offers with their prices; many figures are illustrative
{currency_note}\
currency: {currency}
name: First plan

# The first day to plan (usually your renewal date) and the number of months.
horizon: {{start: {start}, months: 12}}

# Usage exports, relative to this file: .csv .csv.gz .parquet .xlsx .json; globs such as usage/*.csv.
{usage_note}\
usage:
  files:
{files}

# The past year repeats; growth is a share of its days.
demand: {{method: repeat, growth: {{default: 0}}}}

# Token packs: when they may be bought (start, quarterly, monthly or dates); the buffer above the forecast.
tokens:
  purchase_dates: quarterly
  buffer: 0.15

# Discounts on the prices in the price book; the discount on a named offer replaces the general one.
negotiated: {{seats: 0, tokens: 0}}
# negotiated: {{seats: 0.15, offers: {{aec-1y: 0.20}}, tokens: 0.05}}
{unknown}
# Seats you own now: `ends` is the first day without them. Without holdings every seat is new.
# holdings:
#   - {{offer: autocad-1y, quantity: 40, ends: {start}}}

# Tokens you own now: `expires` is the first day on which they cannot be used.
# pool:
#   - {{tokens: 1200, expires: {expires}, unit_price: 3.00}}

# Fill in these two tables and remove the `#`: people and their groups, and today's access to compare with.
# people: people.csv
# access: access.csv

# Rules: access is named (never tokens), flex (never a seat) or none (left out of the plan).
# policy:
#   - {{product: Revit, group: Site, access: flex}}
"""

_UNKNOWN = """
# Products in your usage that are not in the price book. Remove the `#` and give each a rate, or
# `flex: false` and an offer that covers it.
# products:
{products}
# offers:
#   - {{id: other-1y, covers: [...], term_months: 12,
#      prices: [{{from: {start}, new: fill-in, source: quote}}]}}
"""

LAST_YEAR = 2200
"""The last year in which a horizon may start."""

_TABLES = {
    "people.csv": "user,group,cost_centre,starts,leaves\n",
    "access.csv": "user,product,access,offer\n",
}


def write_starter(
    folder: Path, *, products: Sequence[str], usage: Sequence[Path], start: date, currency: str = "USD"
) -> list[Path]:
    """Write a scenario folder, whole or not at all; returns its files, sorted.

    `products` are the names found in the usage: those missing from the price book are listed to be filled in.
    `usage` are exports to copy; without any, a small example is copied. Raises FlexoptError if the folder
    exists and is not empty, if an export cannot be read, or if the price book has no prices at `start`.
    """
    _check(folder, usage, start, currency)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".flexopt-", dir=folder.parent) as temporary:
            draft = Path(temporary) / "draft"
            _write(draft, products, usage, start, currency)
            names = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
            _publish(draft, folder)
    except OSError as error:
        raise FlexoptError(
            f"cannot write the folder {folder}: {error.strerror or error}",
            "choose a folder you have permission to write to",
        ) from error
    return [folder / name for name in names]


def _check(folder: Path, usage: Sequence[Path], start: date, currency: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FlexoptError(
            f"{folder} exists and is not an empty folder: nothing was written",
            "name a new folder, for example `flexopt init renewal`",
        )
    if missing := [path for path in usage if not path.is_file()]:
        raise FlexoptError(
            f"the usage file does not exist: {missing[0]}", "name the export files, not their folder"
        )
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise FlexoptError(f'"{currency}" is not a currency', "use its ISO 4217 code, such as USD or EUR")
    first = min(price["from"] for offer in _price_book()["offers"] for price in offer["prices"])
    if start.year > LAST_YEAR:
        raise FlexoptError(f"{start} is too late to plan", f"start before {LAST_YEAR + 1}")
    if start < first:
        raise FlexoptError(
            f"the price book has no prices before {first}, and the horizon would start on {start}",
            f"start on {first} or later; a horizon in the past needs its own prices in price-book.yaml",
        )


def _write(draft: Path, products: Sequence[str], usage: Sequence[Path], start: date, currency: str) -> None:
    (draft / "usage").mkdir(parents=True)
    (draft / "price-book.yaml").write_bytes(_packaged("price-book.yaml"))
    for name, header in _TABLES.items():
        (draft / name).write_bytes(header.encode())
    names = _copy_names(usage)
    for path, name in zip(usage, names, strict=True):
        shutil.copyfile(path, draft / "usage" / name)
    if not usage:
        names = ["example.csv"]
        (draft / "usage" / "example.csv").write_bytes(_packaged("example-usage.csv"))
    quoted_in = _price_book()["currency"]
    note = f"# The prices in price-book.yaml are in {quoted_in}: replace them with yours.\n"
    text = _TEMPLATE.format(
        currency=currency,
        currency_note="" if currency == quoted_in else note,
        start=start,
        expires=start.replace(year=start.year + 1, day=1),
        usage_note="" if usage else "# This is a synthetic example: replace it with your own exports.\n",
        files="\n".join(f"    - {json.dumps(f'usage/{name}')}" for name in names),
        unknown=_unknown(products, start),
    )
    (draft / "scenario.yaml").write_bytes(text.encode())


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


def _copy_names(usage: Sequence[Path]) -> list[str]:
    """File names without glob characters that stay distinct even if case is ignored."""
    names: list[str] = []
    taken: set[str] = set()
    for path in usage:
        stem, dot, suffix = re.sub(r"[^\w. -]", "_", path.name).partition(".")
        name, n = stem + dot + suffix, 1
        while name.casefold() in taken:
            n += 1
            name = f"{stem}-{n}{dot}{suffix}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _unknown(products: Sequence[str], start: date) -> str:
    """The commented list of products missing from the price book."""
    known = {normal(name) for p in _price_book()["products"] for name in (p["id"], *p.get("aliases", ()))}
    seen = sorted({" ".join(name.split()) for name in products}, reverse=True)
    lacking = {normal(name): name for name in seen if normal(name) not in known}
    if not lacking:
        return ""
    entries = [
        f"#   - {{id: {_quoted(name)}, rates: [{{from: {start}, tokens: fill-in, source: rate sheet}}]}}"
        for name in sorted(lacking.values())
    ]
    return _UNKNOWN.format(products="\n".join(entries), start=start)


def _quoted(name: str) -> str:
    """The name as a YAML string on one line; line breaks are escaped."""
    return json.dumps(name, ensure_ascii=not name.isprintable())


@cache
def _price_book() -> dict[str, Any]:
    book: dict[str, Any] = yaml.safe_load(_packaged("price-book.yaml"))
    return book


def _packaged(name: str) -> bytes:
    return (resources.files("flexopt") / "data" / name).read_bytes()
