"""What the tests of usage files share: a scenario that knows four products, and reading literal files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from flexopt.base.findings import Finding
from flexopt.inputs.records import Coverage, Usage
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.inputs.usage import read_usage

PRICES = [{"from": "2025-01-01", "new": 1000}]


def scenario(**usage: Any) -> Scenario:
    return Scenario.model_validate(
        {
            "schema": "flexopt.scenario/1",
            "name": "test",
            "currency": "USD",
            "horizon": {"start": "2026-01-01", "months": 12},
            "usage": usage,
            "products": [
                {
                    "id": "AutoCAD",
                    "aliases": ["AutoCAD - including specialized toolsets"],
                    "rates": [{"from": "2021-09-07", "tokens": 7}],
                },
                {"id": "Revit", "rates": [{"from": "2021-09-07", "tokens": 10}]},
                {"id": "3ds Max", "rates": [{"from": "2021-09-07", "tokens": 10}]},
                {"id": "Vault", "flex": False},
            ],
            "offers": [
                {
                    "id": "aec-1y",
                    "aliases": ["AEC Collection"],
                    "covers": ["AutoCAD", "Revit"],
                    "term_months": 12,
                    "prices": PRICES,
                },
                {
                    "id": "revit-1y",
                    "aliases": ["Revit for one"],
                    "covers": ["Revit"],
                    "term_months": 12,
                    "prices": PRICES,
                },
            ],
            "tokens": {"tiers": [{"from": 100, "price": 3}]},
        }
    )


def read(folder: Path, files: Mapping[str, str | bytes], **usage: Any) -> Usage:
    """Writes the files and reads them in the order of the mapping."""
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_usage([folder / name for name in files], scenario(**usage), folder)


def one(folder: Path, content: str | bytes, name: str = "usage.csv", **usage: Any) -> Usage:
    return read(folder, {name: content}, **usage)


def days(usage: Usage) -> list[str]:
    """The chargeable days, one text each: `ann AutoCAD 03-01` (or with its year, if it is not 2025)."""
    return [
        f"{u} {p} {d:%m-%d}" if d.year == 2025 else f"{u} {p} {d:%Y-%m-%d}"
        for u, p, d in zip(
            usage.days["user"], usage.days["product"], pd.to_datetime(usage.days["date"]), strict=True
        )
    ]


def totals(usage: Usage) -> list[str]:
    t = usage.totals
    return [f"{u} {p} {d}" for u, p, d in zip(t["user"], t["product"], t["days"], strict=True)]


def codes(usage: Usage) -> list[str]:
    return sorted(f.code for f in usage.findings)


def found(usage: Usage, code: str) -> Finding:
    """The one finding with the code."""
    matching = [f for f in usage.findings if f.code == code]
    assert len(matching) == 1, [str(f) for f in usage.findings]
    return matching[0]


def counts(coverage: Coverage) -> dict[str, int]:
    """The counts of a coverage that are not 0."""
    return {
        name: number
        for name in coverage.__slots__
        if isinstance(number := getattr(coverage, name), int) and number
    }
