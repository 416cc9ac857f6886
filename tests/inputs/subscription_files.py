"""Scenarios with Subscriptions exports, and what was read from them."""

from __future__ import annotations

from pathlib import Path

from damages import GOOD, SUBSCRIPTIONS, USAGE

from flexopt.base.findings import Finding
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.load import load_scenario

TERMS = GOOD.replace(
    "tokens:\n  tiers",
    "  - {id: autocad-3y, aliases: [AutoCAD annual], covers: [AutoCAD], term_months: 36,"
    " prices: [{from: 2026-01-01, new: 6000}]}\n"
    "  - {id: vault-1m, aliases: [Vault], covers: [Vault], term_months: 1,"
    " prices: [{from: 2026-01-01, new: 60}]}\ntokens:\n  tiers",
)
SAID_ALWAYS = ("T320", "T321")
"""How many seats were read, and how `end_date` is read."""


def write(folder: Path, files: dict[str, str], extra: str = "", scenario: str = TERMS) -> Path:
    """The scenario with these Subscriptions exports; its horizon is the year 2026."""
    (folder / "usage.csv").write_text(USAGE)
    for name, text in files.items():
        (folder / name).write_text(text)
    listed = ", ".join(f'"{name}"' for name in files)
    (folder / "scenario.yaml").write_text(scenario + f"subscriptions: [{listed}]\n" + extra)
    return folder / "scenario.yaml"


def load(folder: Path, *rows: str, extra: str = "", scenario: str = TERMS) -> ScenarioFile:
    text = SUBSCRIPTIONS + "".join(f"{row}\n" for row in rows)
    return load_scenario(write(folder, {"subs.csv": text}, extra, scenario))


def owned(read: ScenarioFile) -> list[tuple[str, int, str]]:
    return [(h.offer, h.quantity, str(h.ends)) for h in read.holdings]


def others(read: ScenarioFile) -> list[tuple[str, str, int | None]]:
    """The findings about rows."""
    return [(f.code, f.severity, f.row) for f in read.findings if f.code not in SAID_ALWAYS]


def said(read: ScenarioFile, code: str = "T320") -> Finding:
    (found,) = (f for f in read.findings if f.code == code)
    return found
