"""A Usage Report without names beside a file with emails: its people are proposed, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reading import found, read

PERIOD = {"from": "2025-01-01", "to": "2026-01-01"}


def daily(use: Mapping[tuple[str, str], int]) -> str:
    """Days of March by user and product."""
    return "Day used,Email,First name,Last name,Product,Team\n" + "".join(
        f"2025-03-{day:02},{user}@x.com,A,B,{product},North\n"
        for (user, product), days in use.items()
        for day in range(1, days + 1)
    )


def report(use: Mapping[tuple[str, str], int]) -> str:
    return "email,hashed_autodesk_id,product_name,days_used\n" + "".join(
        f"*****,{id_},{product},{days}\n" for (id_, product), days in use.items()
    )


def test_the_same_products_on_as_many_days_are_proposed(tmp_path: Path) -> None:
    """Cy and Dan have the same numbers, so neither is proposed; 11 of 10 days is a short launch."""
    seats = daily(
        {
            ("ann", "Revit"): 10,
            ("ann", "AutoCAD"): 3,
            ("bob", "Revit"): 25,
            ("cy", "Maya"): 5,
            ("dan", "Maya"): 5,
        }
    )
    hidden = report(
        {("H1", "Revit"): 11, ("H1", "AutoCAD"): 3, ("H2", "Revit"): 25, ("H3", "Maya"): 5, ("H4", "Maya"): 5}
    )
    usage = read(tmp_path, {"seats.csv": seats, "report.csv": hidden}, period=PERIOD)
    finding = found(usage, "U183")
    assert (finding.count, finding.file) == (4, "report.csv")
    assert finding.hint.split(":\n")[1].split("\n") == ["user,aliases", "ann@x.com,H1", "bob@x.com,H2"]


def test_nobody_is_proposed_whose_days_differ(tmp_path: Path) -> None:
    files = {"seats.csv": daily({("ann", "Revit"): 10}), "report.csv": report({("H1", "Revit"): 20})}
    assert "aliases" not in found(read(tmp_path, files, period=PERIOD), "U183").hint
