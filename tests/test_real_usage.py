"""A large file of real use: 94,519 starts of 2,873 people in four years, as it is.

FLEXOPT_REAL_USAGE is its path; without it these tests are skipped.
"""

from __future__ import annotations

import gzip
import os
import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from documents import data

from flexopt import load_scenario, plan
from flexopt.inputs.records import ScenarioFile, Usage
from flexopt.inputs.usage import read_usage

FILE = os.environ.get("FLEXOPT_REAL_USAGE", "")
pytestmark = pytest.mark.skipif(not FILE, reason="FLEXOPT_REAL_USAGE names no file of real usage")

# tokens a day, a seat for a year and for a month: illustrative list prices
PRODUCTS = {
    "AutoCAD": (7, 2310, 290),
    "Revit": (10, 2985, 375),
    "Civil 3D": (10, 2780, 350),
    "Navisworks Manage": (9, 2605, 330),
    "Fusion": (3, 680, 85),
    "Inventor": (10, 2500, 315),
}


def _scenario(folder: Path, year: int) -> ScenarioFile:
    lines = [
        "schema: flexopt.scenario/1",
        "currency: USD",
        f"horizon: {{start: {year}-01-01, months: 12}}",
        f"usage: {{files: [{FILE!r}]}}",
        "tokens:",
        "  tiers: [{from: 100, price: 3}, {from: 5000, price: 2.85}, {from: 10000, price: 2.70}]",
        "  purchase_dates: quarterly",
        "  buffer: 0.15",
        "products:",
        *(
            f"  - {{id: {p}, rates: [{{from: 2020-01-01, tokens: {r}}}]}}"
            for p, (r, _, _) in PRODUCTS.items()
        ),
        "offers:",
    ]
    for product, (_, *prices) in PRODUCTS.items():
        for months, price in zip((12, 1), prices, strict=True):
            lines.append(
                f"  - {{id: '{product}-{months}m', covers: [{product}], term_months: {months}, "
                f"prices: [{{from: 2020-01-01, new: {price}}}]}}"
            )
    lines.append(
        "  - {id: aec-12m, covers: [AutoCAD, Revit, Civil 3D, Navisworks Manage], term_months: 12, "
        "prices: [{from: 2020-01-01, new: 3675}]}"
    )
    path = folder / "scenario.yaml"
    path.write_text("\n".join(lines))
    return load_scenario(path)


@cache
def _usage() -> Usage:
    with tempfile.TemporaryDirectory() as folder:
        file = _scenario(Path(folder), 2026)
        return read_usage(file.usage_files, file.scenario, file.folder)


def test_windows_are_those_of_a_plain_loop() -> None:
    """A start opens 24 hours, the first start after them the next; counted on the day of that start."""
    starts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    with gzip.open(FILE, "rt") as file:
        next(file)
        for line in file:
            user, product, started = line.rstrip("\n").split(",")
            starts[user, product].append(datetime.fromisoformat(started).astimezone(UTC))
    days = set()
    for (user, product), times in starts.items():
        until = datetime(1970, 1, 1, tzinfo=UTC)
        for at in sorted(times):
            if at >= until:
                days.add((user, product, at.date()))
                until = at + timedelta(hours=24)
    read = _usage().days
    assert set(zip(read["user"], read["product"], read["date"].dt.date, strict=True)) == days
    assert sum(c.rows for c in _usage().coverage) == 94_519
    assert not _usage().findings.errors


@pytest.mark.parametrize("year", [2026, 2025, 2024, 2023, 2022])
def test_every_year_is_planned_proven_and_audited(tmp_path: Path, year: int) -> None:
    found = plan(_scenario(tmp_path, year), _usage())
    assert found.status == "optimal"
    assert found.gap <= Decimal("0.000001")
    assert len(found.assignment) > 250
    for baseline in data(found.document)["baselines"].values():
        assert Decimal(baseline["total"]) >= found.total.amount * (1 - found.gap)
    found.save(tmp_path / "plan")
    assert (tmp_path / "plan" / "plan.json").is_file()
