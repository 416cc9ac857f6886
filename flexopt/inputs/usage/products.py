"""Matches product names in usage files to products of the scenario."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

import duckdb
import pandas as pd
import pyarrow as pa

from flexopt.base.findings import Findings
from flexopt.base.text import count as plural
from flexopt.inputs.records import Unplanned
from flexopt.inputs.scenario.scenario import Scenario, normal
from flexopt.inputs.usage.usage_table import OK

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


def assign(con: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Create the table `title`: product name as in `cell` -> `id` ('' if none), `known` (how it matched).

    `unknown` is the name under which use is left out because there is no id, otherwise ''.
    """
    rows = con.execute("select distinct product from cell order by product").fetchall()
    matches = [catalogue.match(text) for (text,) in rows]
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


def report_titles(
    con: duckdb.DuckDBPyConnection,
    catalogue: Catalogue,
    unplanned: Unplanned | None,
    *,
    files: list[str],
    findings: Findings,
    most: int,
) -> None:
    """U130, U132: names without a product, and the use that is left out for it; U133: names read as another.

    Several files may show the same use: rows are counted in all of them, days and users once.
    """
    rows = con.execute(
        "select product, any_value(t.id), any_value(known), list(distinct file order by file), sum(n) "
        f"from cell join title t using (product) where status = {OK} group by product order by product"
    ).fetchall()
    lost = {} if unplanned is None else _lost(unplanned)
    noted = sorted(
        (-int(n), text, id_, how, tuple(shown))
        for text, id_, how, shown, n in rows
        if id_ not in catalogue.collections
    )
    for how in _CODES:
        kind = [item for item in noted if item[3] == how]
        for n, text, id_, _, shown in kind[:most]:
            _report(
                findings,
                catalogue,
                how,
                text,
                id_=id_,
                lost=lost.get(" ".join(text.split())),
                files=[files[number] for number in shown],
                count=-n,
            )
        if len(kind) > most:
            findings.add(
                _CODES[how][0],
                f"{len(kind) - most:,} more products of this kind",
                file=files[kind[most][4][0]],
                column="product",
                value=kind[most][1],
                severity=_CODES[how][1],
                hint=_CODES[how][2],
                count=-sum(item[0] for item in kind[most:]),
            )


def _lost(unplanned: Unplanned) -> dict[str, tuple[int, int]]:
    """Days and users left out, by the name of the product."""
    frames = [unplanned.days.assign(days=1)[["user", "product", "days"]]]
    frames.append(unplanned.totals[["user", "product", "days"]])
    use = pd.concat([frame.astype({"user": object, "product": object}) for frame in frames])
    of = use.groupby("product").agg(days=("days", "sum"), users=("user", "nunique"))
    return {str(name): (int(days), int(users)) for name, days, users in of.itertuples(name=None)}


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
    findings: Findings,
    catalogue: Catalogue,
    how: str,
    text: str,
    *,
    id_: str,
    lost: tuple[int, int] | None,
    files: list[str],
    count: int,
) -> None:
    code, severity, hint = _CODES[how]
    short = text if len(text) <= 80 else text[:80] + "…"
    rows = "its rows" if lost is None else f"{plural(lost[0], 'day')} of {plural(lost[1], 'user')}"
    also = f"; {len(files)} files have it" if len(files) > 1 else ""
    if how == "unknown":
        near = catalogue.suggestion(text)
        message = f'the scenario has no product "{short}": {rows} left out{also}'
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
            f"products was used: {rows} left out{also}"
        )
    else:
        message = f'"{short}" is read as {id_}{also}'
    findings.add(
        code,
        message,
        file=files[0],
        column="product",
        value=text,
        severity=severity,
        hint=hint,
        count=count,
    )
