"""Damaged inputs: each is refused with its code, place, message and hint, never with a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flexopt.errors import InputError
from flexopt.inputs.load import load_scenario, read_scenario

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


BOMB = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a, *a, *a]\n" for i in range(9))

READING = {
    "empty file": raw("S111", b""),
    "only comments": raw("S111", b"# nothing\n"),
    "only null": raw("S111", b"null\n"),
    "only white space": raw("S111", b"  \n\n"),
    "a list": raw("S111", b"- schema: flexopt.scenario/1\n"),
    "a word": raw("S111", b"scenario\n"),
    "two documents": raw("S110", GOOD.encode() + b"---\n" + GOOD.encode()),
    "utf-16": raw("S103", GOOD.encode("utf-16")),
    "latin-1": raw("S103", GOOD.replace("good", "Größe").encode("latin-1")),
    "cut utf-8": raw("S103", GOOD.encode() + "name2: é".encode()[:-1]),
    "a zip file": raw("S103", b"PK\x03\x04\xff\xfe\x00\x00"),
    "NUL": raw("S104", GOOD.replace("good", "go\0od").encode()),
    "bell": raw("S104", GOOD.replace("good", "go\aod").encode()),
    "escape sequence of a terminal": raw("S104", GOOD.replace("good", "\x1b[31mgood").encode()),
    "escaped NUL": swap("S104", "name: good", r'name: "go\0od"'),
    "escaped half character": swap("S104", "name: good", r'name: "\ud800"'),
    "escaped control in a key": add("S104", '"a\\x01b": 1\n'),
    "character beyond Unicode": swap("S105", "name: good", r'name: "\UFFFFFFFF"'),
    "unknown escape": swap("S105", "name: good", r'name: "\q"'),
    "open quote": swap("S105", "name: good", 'name: "good'),
    "open bracket": swap("S105", "months: 12}", "months: 12"),
    "stray bracket": swap("S105", "name: good", "name: ]"),
    "two colons": swap("S105", "name: good", "name: good: better"),
    "percent": swap("S105", "name: good", "name: %good"),
    "at sign": swap("S105", "name: good", "name: @good"),
    "bad indentation": swap("S105", "currency: USD", "  currency: USD"),
    "tab indentation": swap("S106", "  - {id: Vault", "\t- {id: Vault"),
    "tab before a key": swap("S106", "currency: USD", "\tcurrency: USD"),
    "duplicate key": add("S107", "currency: EUR\n"),
    "duplicate key inside": swap("S107", "months: 12}", "months: 12, months: 24}"),
    "duplicate key with maps": add("S107", "tokens: {tiers: [{from: 1, price: 1}]}\n"),
    "python object": swap("S108", "good", "!!python/object/apply:os.system [ls]"),
    "python name": swap("S108", "good", "!!python/name:os.system ''"),
    "custom tag": swap("S108", "good", "!secret abc"),
    "tag on a map": swap("S108", "{start: 2026-01-01", "!!omap {start: 2026-01-01"),
    "harmless tag": swap("S108", "good", "!!str good"),
    "anchor": swap("S109", "good", "&n good"),
    "alias of nothing": swap("S109", "good", "*n"),
    "bomb": raw("S109", BOMB.encode()),
    "alias of itself": raw("S109", b"a: &a [*a]\n"),
    "merge key": add("S109", "<<: {seats: 1}\n"),
    "number as key": add("S112", "2026: x\n"),
    "null as key": add("S112", "~: x\n"),
    "boolean as key": add("S112", "true: x\n"),
    "list as key": add("S112", "? [a, b]\n: x\n"),
    "map as key": add("S112", "{a: b}: x\n"),
    "deep list": raw("S113", b"a: " + b"[" * 100_000),
    "deep map": raw("S113", b"a: " + b"{a: " * 10_000),
    "deep block": raw("S113", "".join(" " * i + "a:\n" for i in range(300)).encode()),
    "deep and closed": raw("S113", b"a: " + b"[" * 60 + b"]" * 60),
    "very long integer": swap("S114", "months: 12", "months: " + "9" * 5000),
    "exponent bomb": swap("S114", "new: 2310", "new: 1e999999999"),
    "negative exponent bomb": swap("S114", "new: 2310", "new: 1e-999999999"),
    "exponent beyond Decimal": swap("S114", "new: 2310", "new: 1e9999999999999999999999"),
    "larger than the limit": raw("S102", b"# " + b"x" * 10_000_001),
}

EXTENDS = {
    "missing base": add("S121", "extends: none.yaml\n"),
    "base is a folder": Damage("S121", add="extends: more\n", files={"more/a.yaml": ""}),
    "second base missing": add("S121", "extends: [base.yaml, none.yaml]\n", base_yaml="name: b\n"),
    "extends a number": add("S120", "extends: 3\n"),
    "extends a map": add("S120", "extends: {file: base.yaml}\n"),
    "extends nothing": add("S120", "extends:\n"),
    "extends a list of lists": add("S120", "extends: [[base.yaml]]\n"),
    "extends empty text": add("S120", 'extends: ""\n'),
    "extends itself": add("S123", "extends: scenario.yaml\n"),
    "circle of two": add("S123", "extends: base.yaml\n", base_yaml="extends: scenario.yaml\n"),
    "circle among bases": add(
        "S123", "extends: b.yaml\n", b_yaml="extends: c.yaml", c_yaml="extends: b.yaml"
    ),
    "circle through a link": Damage("S123", add="extends: l.yaml\n", links={"l.yaml": "scenario.yaml"}),
    "base above": add("S122", "extends: ../base.yaml\n"),
    "base above by a detour": add("S122", "extends: a/../../base.yaml\n"),
    "absolute base": add("S122", "extends: /etc/hostname\n"),
    "windows base": add("S122", "extends: 'C:\\base.yaml'\n"),
    "base linked out": Damage("S122", add="extends: l.yaml\n", links={"l.yaml": "/etc/hostname"}),
    "base in a folder linked out": Damage("S122", add="extends: d/x.yaml\n", links={"d": "/etc"}),
    "base above a sub-folder": Damage(
        "S122", add="extends: s/a.yaml\n", files={"s/a.yaml": "extends: ../../x.yaml\n"}
    ),
    "link to itself": Damage("S122", add="extends: l.yaml\n", links={"l.yaml": "l.yaml"}),
    "NUL in a base": add("S104", 'extends: "a\\0b"\n'),
    "base with a damage": add("S107", "extends: base.yaml\n", base_yaml="name: a\nname: b\n"),
    "empty base": add("S111", "extends: base.yaml\n", base_yaml=""),
    "long chain": Damage(
        "S124",
        add="extends: c0.yaml\n",
        files={f"c{i}.yaml": f"extends: c{i + 1}.yaml\n" for i in range(30)} | {"c30.yaml": "name: x\n"},
    ),
    "null from an overlay": add(
        "S132", "extends: base.yaml\nsolver: null\n", base_yaml="solver: {seed: 2}\n"
    ),
}

SCHEMA = {
    "no schema": swap("S131", "schema: flexopt.scenario/1\n", ""),
    "other schema": swap("S135", "flexopt.scenario/1", "flexopt.scenario/2"),
    "no currency": swap("S131", "currency: USD\n", ""),
    "small currency": swap("S135", "USD", "usd"),
    "currency sign": swap("S135", "USD", "$"),
    "currency norwegian": swap("S132", "USD", "[NO]"),
    "no horizon": swap("S131", "horizon: {start: 2026-01-01, months: 12}\n", ""),
    "horizon is text": swap("S132", "{start: 2026-01-01, months: 12}", "2026"),
    "no start": swap("S131", "{start: 2026-01-01, months: 12}", "{months: 12}"),
    "unknown key": add("S130", "product: []\n"),
    "unknown key inside": swap("S130", "  purchase_dates: quarterly", "  purchase_date: quarterly"),
    "unknown key in an item": swap("S130", "covers: [AutoCAD]", "covers: [AutoCAD]\n    cover: [x]"),
    "python name of a key": swap("S130", "tiers: [{from: 100,", "tiers: [{from: 100, from__: 1,"),
    "30 February": swap("S133", "start: 2026-01-01", "start: 2026-02-30"),
    "month 13": swap("S133", "start: 2026-01-01", "start: 2026-13-01"),
    "29 February of no leap year": swap("S133", "from: 2021-09-07", "from: 2021-02-29"),
    "date with slashes": swap("S133", "start: 2026-01-01", "start: 01/01/2026"),
    "date without zeros": swap("S133", "start: 2026-01-01", "start: 2026-1-1"),
    "date with a time": swap("S133", "start: 2026-01-01", "start: 2026-01-01T00:00:00"),
    "date is a number": swap("S133", "start: 2026-01-01", "start: 20260101"),
    "date is seconds": swap("S133", "from: 2021-09-07", "from: 86400"),
    "date is true": swap("S133", "start: 2026-01-01", "start: true"),
    "date is a list": swap("S133", "start: 2026-01-01", "start: [2026-01-01]"),
    "date is missing": swap("S132", "start: 2026-01-01", "start:"),
    "year 0": swap("S133", "start: 2026-01-01", "start: 0000-01-01"),
    "year 1900": swap("S137", "start: 2026-01-01", "start: 1900-01-01"),
    "year 9999": swap("S137", "start: 2026-01-01", "start: 9999-12-31"),
    "no months": swap("S134", "months: 12", "months: 0"),
    "negative months": swap("S134", "months: 12", "months: -12"),
    "many months": swap("S134", "months: 12", "months: 100000"),
    "half a month": swap("S132", "months: 12", "months: 1.5"),
    "months as text": swap("S132", "months: 12", "months: twelve"),
    "months true": swap("S132", "months: 12", "months: true"),
    "tokens true": swap("S132", "tokens: 7", "tokens: true"),
    "tokens text": swap("S132", "tokens: 7", "tokens: seven"),
    "tokens with a comma": swap("S132", "tokens: 7", 'tokens: "7,5"'),
    "negative rate": swap("S134", "tokens: 7", "tokens: -7"),
    "not a number": swap("S132", "new: 2310", "new: .nan"),
    "quoted not a number": swap("S132", "new: 2310", 'new: "NaN"'),
    "infinity": swap("S132", "new: 2310", "new: .inf"),
    "quoted infinity": swap("S132", "new: 2310", "new: Infinity"),
    "quoted exponent bomb": swap("S132", "new: 2310", 'new: "1e999999"'),
    "quoted tiny number": swap("S132", "new: 2310", 'new: "1e-999999"'),
    "too many digits": swap("S132", "new: 2310", "new: 0.1234567890123456789012345"),
    "huge price": swap("S134", "new: 2310", "new: 1000000000000"),
    "negative price": swap("S134", "new: 2310", "new: -1"),
    "price with a currency": swap("S132", "new: 2310", "new: 2310 USD"),
    "no price": swap("S131", "{from: 2026-01-01, new: 500}", "{from: 2026-01-01}"),
    "empty prices": swap("S136", "prices: [{from: 2026-01-01, new: 500}]", "prices: []"),
    "prices is a map": swap("S132", "prices: [{from: 2026-01-01, new: 500}]", "prices: {from: 2026-01-01}"),
    "price is a number": swap("S132", "prices: [{from: 2026-01-01, new: 500}]", "prices: [500]"),
    "no products": swap("S136", GOOD[GOOD.index("products:") : GOOD.index("offers:")], "products: []\n"),
    "product is a word": swap("S132", "- {id: Vault, flex: false}", "- Vault"),
    "product is null": swap("S132", "- {id: Vault, flex: false}", "-"),
    "flex: no": swap("S132", "flex: false", "flex: no"),
    "flex: 0": swap("S132", "flex: false", "flex: 0"),
    "id is a number": swap("S132", "id: Vault", "id: 2026"),
    "id is empty": swap("S136", "id: Vault", 'id: ""'),
    "id is very long": swap("S136", "id: Vault", "id: " + "x" * 20_001),
    "covers is text": swap("S132", "covers: [AutoCAD]", "covers: AutoCAD"),
    "covers nothing": swap("S136", "covers: [AutoCAD]", "covers: []"),
    "term of no month": swap("S134", "term_months: 12", "term_months: 0"),
    "offer without a term": swap("S131", "    term_months: 12\n", ""),
    "starts weekly": swap("S135", "term_months: 12", "starts: weekly\n    term_months: 12"),
    "starts on no date": swap("S133", "term_months: 12", "starts: [2026-02-30]\n    term_months: 12"),
    "negative minimum": swap("S134", "term_months: 12", "minimum: -1\n    term_months: 12"),
    "no tiers": swap("S136", "tiers: [{from: 100, price: 3.00}, {from: 5000, price: 2.85}]", "tiers: []"),
    "tier from 0": swap("S134", "{from: 100,", "{from: 0,"),
    "tier from a half": swap("S132", "{from: 100,", "{from: 99.5,"),
    "bad purchase word": swap("S135", "quarterly", "weekly"),
    "purchase dates a number": swap("S135", "purchase_dates: quarterly", "purchase_dates: 4"),
    "purchase dates mixed": swap("S133", "quarterly", "[2026-01-01, soon]"),
    "increment 0": swap("S134", "purchase_dates:", "increment: 0\n  purchase_dates:"),
    "buffer of percent": swap("S134", "purchase_dates:", "buffer: 15\n  purchase_dates:"),
    "buffer with a percent sign": swap("S132", "purchase_dates:", "buffer: 15%\n  purchase_dates:"),
    "discount of percent": add("S134", "negotiated: {seats: 15}\n"),
    "discount of all": add("S134", "negotiated: {seats: 1}\n"),
    "negative discount": add("S134", "negotiated: {tokens: -0.1}\n"),
    "negotiated offers a list": add("S132", "negotiated: {offers: [autocad-1y]}\n"),
    "growth below all": add("S134", "demand: {growth: {default: -2}}\n"),
    "unknown method": add("S135", "demand: {method: forecast}\n"),
    "holding without an end": add("S131", "holdings: [{offer: autocad-1y, quantity: 4}]\n"),
    "holding of half a seat": add(
        "S132", "holdings: [{offer: autocad-1y, quantity: 0.5, ends: 2026-04-01}]\n"
    ),
    "holding of no seat": add("S134", "holdings: [{offer: autocad-1y, quantity: 0, ends: 2026-04-01}]\n"),
    "holdings a map": add("S132", "holdings: {offer: autocad-1y}\n"),
    "negative pack": add("S134", "pool: [{tokens: -5, expires: 2026-05-01}]\n"),
    "policy without access": add("S131", "policy: [{product: AutoCAD}]\n"),
    "policy with a wrong access": add("S135", "policy: [{product: AutoCAD, access: token}]\n"),
    "policy for nobody": add("S137", "policy: [{access: flex}]\n"),
    "budget backwards": add("S137", "budgets: [{id: fy, from: 2026-12-31, to: 2026-01-01, amount: 1}]\n"),
    "period backwards": swap(
        "S137", "[usage.csv]}", "[usage.csv], period: {from: 2026-01-01, to: 2025-01-01}}"
    ),
    "solver unknown": add("S135", "solver: {name: gurobi}\n"),
    "solver gap of all": add("S134", "solver: {gap: 1}\n"),
    "time limit 0": add("S134", "solver: {time_limit: 0}\n"),
    "threads 0": add("S134", "solver: {threads: 0}\n"),
    "null section": add("S132", "negotiated:\n"),
    "cloud without tokens": add("S131", "cloud: [{service: CFD}]\n"),
}

FILES = {
    "usage missing": swap("S140", "[usage.csv]", "[usage-2024.csv]"),
    "glob without a match": swap("S140", "[usage.csv]", '["*.parquet"]'),
    "usage is a folder": swap("S140", "[usage.csv]", "[.]"),
    "usage above": swap("S141", "[usage.csv]", "[../usage.csv]"),
    "usage linked out": Damage("S141", ("[usage.csv]", "[u.csv]"), links={"u.csv": "/etc/hostname"}),
    "glob linked out": Damage("S141", ("[usage.csv]", '["u*.csv"]'), links={"u.csv": "/etc/hostname"}),
    "glob above": swap("S141", "[usage.csv]", '["../*.csv"]'),
    "absolute and missing": swap("S140", "[usage.csv]", "[/no/such/usage.csv]"),
    "usage files a word": swap("S132", "[usage.csv]", "usage.csv"),
    "usage name empty": swap("S136", "[usage.csv]", '[""]'),
    "people missing": add("S140", "people: people.csv\n"),
    "people above": add("S141", "people: ../people.csv\n"),
    "people a device": add("S140", "people: /dev/zero\n"),
    "people a list": add("S132", "people: [people.csv]\n"),
    "access missing": add("S140", "access: access.csv\n"),
    "subscriptions missing": add("S140", "subscriptions: [subs.csv]\n"),
    "subscriptions a word": add("S132", "subscriptions: subs.csv\n"),
}

OFFER = "{id: vault-1y, covers: [Vault], term_months: 12,"
CHECKS = {
    "product twice": swap("S201", "{id: Vault, flex: false}", "{id: AutoCAD, flex: false}"),
    "product twice but for case": swap("S201", "{id: Vault, flex: false}", "{id: autocad, flex: false}"),
    "offer twice": swap("S201", "id: vault-1y", "id: autocad-1y"),
    "budget twice": add(
        "S201", "budgets:\n" + "  - {id: fy, from: 2026-01-01, to: 2027-01-01, amount: 1}\n" * 2
    ),
    "alias is a product": swap("S202", "flex: false", "flex: false, aliases: [autocad]"),
    "alias of two offers": swap("S202", OFFER, OFFER + " aliases: [autocad  ANNUAL],"),
    "blank id": swap("S232", "id: Vault,", 'id: " ",'),
    "covers an unknown product": swap("S203", "covers: [Vault]", "covers: [Vualt]"),
    "covers an alias": swap("S203", "covers: [Vault]", "covers: [vault]"),
    "holding of an unknown offer": add("S204", "holdings: [{offer: acad, quantity: 4, ends: 2026-04-01}]\n"),
    "discount on an unknown offer": add("S205", "negotiated: {offers: {autocad1y: 0.1}}\n"),
    "growth of an unknown product": add("S206", "demand: {growth: {products: {Autocad: 0.1}}}\n"),
    "tiers unsorted": swap("S207", "{from: 5000,", "{from: 50,"),
    "tier twice": swap("S207", "{from: 5000,", "{from: 100,"),
    "seat tiers unsorted": swap(
        "S207", OFFER, OFFER + " tiers: [{from: 10, discount: 0.1}, {from: 5, discount: 0.2}],"
    ),
    "maximum below minimum": swap("S208", OFFER, OFFER + " minimum: 5, maximum: 4,"),
    "no rate": swap("S209", "rates: [{from: 2021-09-07, tokens: 7}]", "rates: []"),
    "rate comes later": swap("S209", "2021-09-07", "2026-02-01"),
    "rate twice": swap("S210", "tokens: 7}]", "tokens: 7}, {from: 2021-09-07, tokens: 8}]"),
    "price twice": swap("S210", "new: 500}]", "new: 500}, {from: 2026-01-01, new: 600}]"),
    "no purchase date left": swap("S215", "quarterly", "[2025-06-01, 2027-01-01]"),
    "no purchase date": swap("S215", "quarterly", "[]"),
    "policy of an unknown product": add("S218", "policy: [{product: Autocad, access: flex}]\n"),
    "policies contradict": add(
        "S220", "policy: [{product: AutoCAD, access: flex}, {product: AutoCAD, access: named}]\n"
    ),
    "flex for what is not on Flex": add("S221", "policy: [{product: Vault, access: flex}]\n"),
}

TABLES = {
    "people empty": people("T102", ""),
    "people blank": people("T102", "\n\n"),
    "people without user": people("T103", "name,group\nann,a\n"),
    "people user twice in the header": people("T105", "user,user\nann,bob\n"),
    "people twice": people("T110", "user\nann\nann\n"),
    "people without a name": people("T107", "user,group\n,a\n"),
    "people bad date": people("T111", "user,starts\nann,2026-02-30\n"),
    "people slash date": people("T111", "user,starts\nann,01/02/2026\n"),
    "people leaves first": people("T112", "user,starts,leaves\nann,2026-02-01,2026-01-01\n"),
    "people leaves at once": people("T112", "user,starts,leaves\nann,2026-02-01,2026-02-01\n"),
    "people latin-1": people("T101", "user\njosé\n".encode("latin-1")),
    "people workbook": people("T101", b"PK\x03\x04"),
    "people half utf-16": people("T101", "user\nann\n".encode("utf-16")[:-1]),
    "people open quote": people("T106", 'user,group\n"ann,a\n'),
    "people extra cells": people("T106", "user,group\nann,a,b\n"),
    "people NUL": people("T108", "user\nan\0n\n"),
    "access without columns": access("T203", "user,product\nann,AutoCAD\n"),
    "access unknown product": access("T211", "user,product,access\nann,Autocat,flex\n"),
    "access bad word": access("T210", "user,product,access\nann,AutoCAD,token\n"),
    "access unknown offer": access("T212", "user,product,access,offer\nann,AutoCAD,named,acad-1y\n"),
    "access twice": access("T213", "user,product,access\nann,AutoCAD,flex\nann,autocad,named\n"),
    "access without user": access("T207", "user,product,access\n,AutoCAD,flex\n"),
    "access huge cell": access("T206", "user,product,access\n" + "x" * 200_000 + ",AutoCAD,flex\n"),
    "seats: half": seats("T310", "1,AutoCAD annual,1.5,2025-04-01,2026-04-01,Annual,Active"),
    "seats: none": seats("T310", "1,AutoCAD annual,0,2025-04-01,2026-04-01,Annual,Active"),
    "seats: minus": seats("T310", "1,AutoCAD annual,-4,2025-04-01,2026-04-01,Annual,Active"),
    "seats: very many": seats("T310", "1,AutoCAD annual,99999999999,2025-04-01,2026-04-01,Annual,Active"),
    "seats: arabic digits": seats("T310", "1,AutoCAD annual,٤,2025-04-01,2026-04-01,Annual,Active"),
    "seats: no date": seats("T311", "1,AutoCAD annual,4,2025-04-01,April,Annual,Active"),
    "seats: no such date": seats("T311", "1,AutoCAD annual,4,2025-04-01,31/04/2026,Annual,Active"),
    "seats: ambiguous date": seats("T312", "1,AutoCAD annual,4,2025-04-01,01/04/2026,Annual,Active"),
    "seats: two styles": seats("T312", "1,AutoCAD annual,4,13/04/2025,04/13/2026,Annual,Active"),
    "seats: no quantity": seats("T307", "1,AutoCAD annual,,2025-04-01,2026-04-01,Annual,Active"),
    "seats: no column": add("T303", "subscriptions: [subs.csv]\n", subs_csv="offering_name,term\na,b\n"),
}

ALL = READING | EXTENDS | SCHEMA | FILES | CHECKS | TABLES


def test_the_good_scenario_is_good(tmp_path: Path) -> None:
    read = load_scenario(Damage("").write(tmp_path))
    assert list(read.findings) == []


def test_damages_are_many_and_distinct() -> None:
    assert len(ALL) == sum(map(len, (READING, EXTENDS, SCHEMA, FILES, CHECKS, TABLES)))
    assert len({repr(d) for d in ALL.values()}) == len(ALL) >= 110


@pytest.mark.parametrize("name", ALL)
def test_a_damage_is_refused(name: str, tmp_path: Path) -> None:
    damage = ALL[name]
    path = damage.write(tmp_path)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    found = caught.value.findings
    assert damage.code in {f.code for f in found}, [str(f) for f in found]
    for finding in found:
        assert finding.file.startswith(str(tmp_path))
        assert finding.severity == "error"
        assert re.fullmatch(r"[SUT][0-9]{3}", finding.code)
        assert finding.message
        assert finding.hint
        assert len(str(finding)) < 1500
        assert "Input should" not in finding.message
        finding.message.encode()
    assert str(caught.value)
    assert [f for f in read_scenario(path)[1] if f.severity == "error"] == list(found)


@pytest.mark.parametrize("name", SCHEMA | CHECKS)
def test_a_damage_of_a_key_has_one_finding_with_its_line(name: str, tmp_path: Path) -> None:
    found = read_scenario(ALL[name].write(tmp_path))[1].errors
    missing_section = name in ("no schema", "no currency", "no horizon")
    assert all(f.row is not None or missing_section for f in found), [str(f) for f in found]
    assert all(f.column for f in found)
    assert len([f for f in found if f.code == ALL[name].code]) == 1
