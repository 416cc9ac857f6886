"""The tables beside a scenario: people and today's access."""

from __future__ import annotations

import re
from typing import Literal, cast

from flexopt.base.findings import did_you_mean
from flexopt.inputs.records import Person, TodaysAccess
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import Offer, Scenario, normal
from flexopt.inputs.tables.delimited import DelimitedRow, DelimitedTable, read_table

PEOPLE = (
    "user",
    "group",
    "cost_centre",
    "starts",
    "leaves",
    "team",
    "email",
    "first_name",
    "last_name",
    "aliases",
)
ACCESS = ("user", "product", "access", "offer")


def read_people(folder: ScenarioFolder, name: str, place: Place) -> dict[str, Person]:
    """People by user; findings T1xx."""
    table = read_table(folder, name, place, "T1", known=PEOPLE, required=("user",))
    people: dict[str, Person] = {}
    lines: dict[str, int] = {}
    spelt: dict[str, str] = {}
    for row in table.rows:
        user = row["user"]
        if user in people:
            table.add(
                "10",
                f'"{user[:60]}" is already on line {lines[user]}',
                "keep one line per user",
                row=row,
                column="user",
            )
            continue
        other = spelt.setdefault(normal(user), user)
        if other != user:
            table.add(
                "13",
                f'"{user[:60]}" and "{other[:60]}" (line {lines[other]}) differ only in case or spaces',
                "write each user in one way: names in usage, people and access must match exactly",
                row=row,
                column="user",
                severity="warning",
            )
        starts, leaves = table.day(row, "starts", "11"), table.day(row, "leaves", "11")
        if starts and leaves and leaves <= starts:
            table.add(
                "12",
                f"the user leaves on {leaves}, not after the start on {starts}",
                "`starts` is the first day at work, `leaves` the first day after leaving",
                row=row,
                column="leaves",
                value=f"{user}: {row['leaves']}",
            )
        aliases = tuple(sorted({a for a in re.split(r"\s*[;|]\s*", row["aliases"]) if a} - {user}))
        people[user] = Person(
            user,
            row["group"],
            row["cost_centre"],
            starts,
            leaves,
            team=row["team"],
            email=row["email"],
            first_name=row["first_name"],
            last_name=row["last_name"],
            aliases=aliases,
        )
        lines[user] = row.number
    _aliases(table, people, lines)
    table.report(folder.findings)
    return people


def _aliases(table: DelimitedTable, people: dict[str, Person], lines: dict[str, int]) -> None:
    """Report aliases that would make two users one; they are taken away from the later one."""

    def plain(name: str) -> str:
        return name.lower() if "@" in name else name

    users = {plain(user): user for user in people}
    owners: dict[str, str] = {}
    for user, person in people.items():
        for alias in person.aliases:
            other = users.get(plain(alias))
            owner = owners.setdefault(plain(alias), user)
            if other is not None and other != user:
                table.add(
                    "14",
                    f'"{alias[:60]}" is the user of line {lines[other]}',
                    f"one person has one line: delete line {lines[other]}, or the alias",
                    row=lines[user],
                    column="aliases",
                    value=alias,
                )
            elif owner != user:
                table.add(
                    "15",
                    f'"{alias[:60]}" is an alias of "{owner[:60]}" too (line {lines[owner]})',
                    "an email or id is one person's: keep it on one line",
                    row=lines[user],
                    column="aliases",
                    value=alias,
                )


def names_of(scenario: Scenario) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Product id by normal name, and offer ids by normal name; ids take precedence over aliases.

    A product's names stand for the offers that cover it alone, where no offer of that term has the name.
    """
    products = {normal(a): p.id for p in reversed(scenario.products) for a in p.aliases}
    products |= {normal(p.id): p.id for p in reversed(scenario.products)}
    offers: dict[str, list[str]] = {}
    for offer in scenario.offers:
        for name in sorted({normal(n) for n in (offer.id, *offer.aliases)}):
            offers.setdefault(name, []).append(offer.id)
    alone: dict[str, list[Offer]] = {}
    for offer in scenario.offers:
        if len(offer.covers) == 1:
            alone.setdefault(offer.covers[0], []).append(offer)
    for name, product in products.items():
        terms = {scenario.offer_by_id[o].term_months for o in offers.get(name, ())}
        same = [o.id for o in alone.get(product, ()) if o.term_months not in terms]
        if same:
            offers.setdefault(name, []).extend(same)
    return products, offers


def read_access(
    folder: ScenarioFolder, name: str, place: Place, scenario: Scenario
) -> tuple[TodaysAccess, ...]:
    """Today's access, in the order of the file; findings T2xx."""
    table = read_table(folder, name, place, "T2", known=ACCESS, required=("user", "product", "access"))
    products, offers = names_of(scenario)
    by_product, by_offer = scenario.product_by_id, scenario.offer_by_id
    rows: list[TodaysAccess] = []
    first: dict[tuple[str, str], int] = {}
    for row in table.rows:
        product = products.get(normal(row["product"]))
        if product is None:
            _unknown(table, row, "product", list(by_product))
        word = row["access"].casefold()
        if word not in ("named", "flex"):
            table.add(
                "10",
                f'"{row["access"][:60]}" is not a kind of access',
                "write `named` for a seat or `flex` for tokens",
                row=row,
                column="access",
            )
        wanted = row["offer"]
        matches = [wanted] if wanted in by_offer else offers.get(normal(wanted), [])
        offer = next((o for o in matches if product in by_offer[o].covers), (matches or [""])[0])
        if wanted and not matches:
            _unknown(table, row, "offer", list(by_offer))
        if product is None or word not in ("named", "flex") or (wanted and not matches):
            continue
        if wanted and product not in by_offer[offer].covers:
            table.add(
                "14",
                f"a seat of `{offer}` does not cover `{product}`",
                "name an offer that covers the product, or leave the cell empty",
                row=row,
                column="offer",
                value=f"{wanted}: {product}",
                severity="warning",
            )
        if (row["user"], product) in first:
            table.add(
                "13",
                f"the user and product appear twice (first on line {first[row['user'], product]})",
                "keep the line that is correct today",
                row=row,
                column="product",
                value=f"{row['user']}, {product}",
            )
            continue
        first[row["user"], product] = row.number
        rows.append(TodaysAccess(row["user"], product, cast(Literal["named", "flex"], word), offer))
    table.report(folder.findings)
    return tuple(rows)


def _unknown(table: DelimitedTable, row: DelimitedRow, column: str, known: list[str]) -> None:
    text = row[column]
    table.add(
        "11" if column == "product" else "12",
        f'"{text[:60]}" is not {"a product" if column == "product" else "an offer"} of the scenario',
        did_you_mean(text, known, f"add it to `{column}s`, as an id or an alias, or correct the cell"),
        row=row,
        column=column,
    )
