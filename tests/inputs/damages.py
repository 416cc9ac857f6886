"""A good scenario and the ways to damage it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

GOOD = """\
schema: flexopt.scenario/1
name: good
currency: USD
horizon: {start: 2026-01-01, months: 12}
usage: {files: [usage.csv]}
products:
  - id: AutoCAD
    rates: [{from: 2021-09-07, tokens: 7}]
  - {id: Vault, flex: false}
offers:
  - id: autocad-1y
    aliases: [AutoCAD annual]
    covers: [AutoCAD]
    term_months: 12
    prices: [{from: 2026-01-01, new: 2310, renewal: 2079}]
  - {id: vault-1y, covers: [Vault], term_months: 12, prices: [{from: 2026-01-01, new: 500}]}
tokens:
  tiers: [{from: 100, price: 3.00}, {from: 5000, price: 2.85}]
  purchase_dates: quarterly
"""
USAGE = "user,product,date\nann,AutoCAD,2025-03-01\n"
SUBSCRIPTIONS = "subscription_id,offering_name,seat_quantity,start_date,end_date,term,subscription_status\n"


@dataclass(frozen=True)
class Damage:
    """One damage: what is replaced in or added to the good scenario, and other files."""

    code: str
    swap: tuple[str, str] = ("", "")
    add: str = ""
    raw: bytes | None = None
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        tree = folder / "tree"
        tree.mkdir()
        old, new = self.swap
        assert old in GOOD
        text = (GOOD.replace(old, new, 1) if old else GOOD) + self.add
        (tree / "usage.csv").write_text(USAGE)
        for name, content in self.files.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        for name, target in self.links.items():
            (tree / name).symlink_to(target)
        scenario = tree / "scenario.yaml"
        scenario.write_bytes(text.encode() if self.raw is None else self.raw)
        return scenario


def swap(code: str, old: str, new: str, **more: Mapping[str, str | bytes]) -> Damage:
    return Damage(code, (old, new), **more)  # type: ignore[arg-type]


def raw(code: str, content: bytes) -> Damage:
    return Damage(code, raw=content)


def add(code: str, text: str, **files: str | bytes) -> Damage:
    return Damage(code, add=text, files={k.replace("_", "."): v for k, v in files.items()})


def people(code: str, content: str | bytes) -> Damage:
    return add(code, "people: people.csv\n", people_csv=content)


def access(code: str, content: str | bytes) -> Damage:
    return add(code, "access: access.csv\n", access_csv=content)


def seats(code: str, *rows: str) -> Damage:
    return add(code, "subscriptions: [subs.csv]\n", subs_csv=SUBSCRIPTIONS + "\n".join(rows) + "\n")
