"""Matches product names in usage files to products of the scenario."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

from flexopt.base.findings import Findings
from flexopt.inputs.scenario.scenario import Scenario, normal

_VERSION = re.compile(r"\s+\(?(?:19|20)\d\d(?:\.\d+)*\)?$|\s+\(?v?\d{1,2}(?:\.\d+)+\)?$|\s+v\d{1,4}$")

Match = Literal["same", "version", "collection", "unknown", "none"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The names in a scenario, in normal form."""

    products: dict[str, str]
    offers: dict[str, str]
    """Offer names -> the single product they cover, or the need for the collection."""
    collections: dict[str, tuple[str, ...]]
    """The needs for collections, and the titles of each: what a row means that names only the collection."""

    @classmethod
    def of(cls, scenario: Scenario) -> Catalogue:
        names = {normal(a): p.id for p in scenario.products for a in p.aliases}
        names |= {normal(p.id): p.id for p in scenario.products}
        covered: dict[str, list[frozenset[str]]] = {}
        called: dict[frozenset[str], str] = {}
        for offer in scenario.offers:
            called.setdefault(frozenset(offer.covers), (*offer.aliases, offer.id)[0])
            for name in (offer.id, *offer.aliases):
                covered.setdefault(normal(name), []).append(frozenset(offer.covers))
        offers: dict[str, str] = {}
        collections: dict[str, tuple[str, ...]] = {}
        for name, sets in covered.items():
            titles = frozenset.intersection(*sets) or sets[0]
            if len(titles) == 1 and len(frozenset.union(*sets)) == 1:
                offers[name] = next(iter(titles))
                continue
            # offers of one name may differ by a title: the name surely means what all of them cover
            offers[name] = called.get(titles, called[sets[0]])
            if normal(offers[name]) in names:
                offers[name] += " (collection)"
            collections[offers[name]] = tuple(sorted(titles))
        return cls(names, offers, collections)

    def match(self, text: str) -> tuple[str, Match]:
        """The product's id ('' if there is none), and how it was found."""
        name = normal(text)
        if not name or re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", name):
            return "", "none"
        if name in self.products:
            return self.products[name], "same"
        stripped = _VERSION.sub("", name).removeprefix(_MAKER)
        if name not in self.offers and stripped in self.products:
            return self.products[stripped], "version"
        offered = self.offers.get(name, self.offers.get(stripped))
        if offered:
            return offered, "collection" if offered in self.collections else "version"
        if re.search(r"\bcollection\b", name):
            return "", "collection"
        return "", "unknown"

    def suggestion(self, text: str) -> str:
        """The closest known product, or ''."""
        if code := _FEATURE_CODE.fullmatch(text.strip()):
            return self.products.get(_FEATURES.get(code[1].upper(), ""), "")
        # without the vendor's name, which makes unrelated names look alike
        known = {name.removeprefix(_MAKER): id_ for name, id_ in self.products.items()}
        near = difflib.get_close_matches(normal(text).removeprefix(_MAKER)[:200], known, 1, 0.6)
        return known[near[0]] if near else ""


def assign(
    con: duckdb.DuckDBPyConnection, scenario: Scenario, files: list[str], findings: Findings, most: int
) -> None:
    """Create the table `title`: product name as in `cell` -> `id` ('' if none), `known` (how it matched).

    `unknown` is the name under which use is left out because there is no id, otherwise ''.
    """
    catalogue = Catalogue.of(scenario)
    rows = con.execute(
        "select product, min(file) filter (where status = 0), coalesce(sum(n) filter (where status = 0), 0) "
        "from cell group by product order by product"
    ).fetchall()
    matches = [catalogue.match(text) for text, _, _ in rows]
    table = pa.table(
        {
            "product": pa.array([r[0] for r in rows], pa.string()),
            "id": pa.array([m[0] for m in matches], pa.string()),
            "known": pa.array([m[1] for m in matches], pa.string()),
            "unknown": pa.array(
                [
                    "" if m[0] or m[1] == "none" else " ".join(r[0].split())
                    for r, m in zip(rows, matches, strict=True)
                ],
                pa.string(),
            ),
        }
    )
    con.register("title_rows", table)
    con.execute("create temp table title as select * from title_rows")
    con.unregister("title_rows")
    noted = [
        (how, -n, text, id_, files[f])
        for (text, f, n), (id_, how) in zip(rows, matches, strict=True)
        if n and id_ not in catalogue.collections
    ]
    for how in ("unknown", "collection", "version"):
        kind = sorted(item for item in noted if item[0] == how)
        for _, n, text, id_, file in kind[:most]:
            _report(findings, catalogue, how, text, id_=id_, file=file, count=-n)
        if len(kind) > most:
            findings.add(
                _CODES[how][0],
                f"{len(kind) - most:,} more products of this kind",
                file=kind[most][4],
                column="product",
                value=kind[most][2],
                severity=_CODES[how][1],
                hint=_CODES[how][2],
                count=-sum(item[1] for item in kind[most:]),
            )


_MAKER = "autodesk "

_FEATURE_CODE = re.compile(r"[0-9]{5}([A-Za-z0-9]+?)_[0-9A-Za-z]{4}_[0-9][A-Za-z]?")
"""A feature of the licence server: number, product, release."""
_FEATURES = {
    "ACD": "autocad",
    "ACDLT": "autocad lt",
    "RVT": "revit",
    "CIV3D": "civil 3d",
    "MAXADV": "3ds max",
    "3DSMAX": "3ds max",
    "MAYA": "maya",
    "INVPROSA": "inventor professional",
    "INVPRO": "inventor professional",
    "NAVMAN": "navisworks manage",
    "NAVSIM": "navisworks simulate",
}
"""Codes of products in features of the licence server, and their names in normal form."""

_CODES: dict[str, tuple[str, Literal["warning", "info"], str]] = {
    "unknown": ("U130", "warning", "add them under `products`, or as aliases of one of them"),
    "collection": (
        "U132",
        "warning",
        "export again with the product column (`childProductName`, `product_name`), or add the collection "
        "under `offers`, with this name as an alias",
    ),
    "version": ("U133", "info", ""),
}


def _report(
    findings: Findings, catalogue: Catalogue, how: str, text: str, *, id_: str, file: str, count: int
) -> None:
    code, severity, hint = _CODES[how]
    short = text if len(text) <= 80 else text[:80] + "…"
    if how == "unknown":
        near = catalogue.suggestion(text)
        message = f'the scenario has no product "{short}"; its rows were left out'
        hint = f'add "{short}" under `products`'
        quoted = '"' + short.replace("\\", "\\\\").replace('"', '\\"') + '"'
        alias = f", or as an alias of {near} (`aliases: [{quoted}]`)"
        hint += alias if near else " or as an alias of one of them"
        if normal(text) in ("flex", "token flex", "prepaid flex", "tokens"):
            message = (
                f'"{short}" is a way of access, and the rows do not say which product was used; left out'
            )
            hint = "export Token Usage, which has the product of every row"
    elif how == "collection":
        message = (
            f'"{short}" is a collection that is not under `offers`, and the rows do not say which of its '
            "products was used; left out"
        )
    else:
        message = f'"{short}" is read as {id_}'
    findings.add(
        code,
        message,
        file=file,
        column="product",
        value=text,
        severity=severity,
        hint=hint,
        count=count,
    )
