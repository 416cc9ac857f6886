"""Today's access from the exports, so that nobody writes it by hand; the access table replaces it by user."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.files.names import bare
from flexopt.inputs.records import Person, ScenarioFile, TodaysAccess, Usage
from flexopt.inputs.scenario.scenario import Offer, Scenario, normal
from flexopt.inputs.tables.people_and_access import names_of
from flexopt.inputs.usage.products import Catalogue


def with_todays_access(source: ScenarioFile, usage: Usage) -> ScenarioFile:
    """The scenario with the people and the access that its exports show, where its own tables lack them.

    A seat gives access to all products of its offer that the user uses; on Flex are the other products used.
    Findings: T400 what was read, T401 an offering that is no offer of the scenario, T405, T406.
    """
    if usage.assigned is None or usage.assigned.empty:
        return source
    source = replace(source, people=_people(usage.assigned) | source.people)
    stated = {row.user for row in source.access}
    rows = usage.assigned[usage.assigned["access"] != ""]
    known = rows["user"].isin(stated)
    source = _with_new_products(source, usage, rows[known])
    rows = rows[~known]
    if rows.empty:
        return source
    findings = Findings([*source.findings])
    used = _used(usage, set(rows["user"]))
    seats, on_flex = _seats(source, rows[rows["access"] == "named"], findings), _on_flex(rows)
    found: list[TodaysAccess] = []
    for user, held in sorted(seats.items()):
        for offer in held:
            products = [p for p in used.get(user, ()) if p in offer.covers] or [offer.covers[0]]
            found += [TodaysAccess(user, product, "named", offer.id) for product in products]
    found += _tokens(on_flex, seats, used)
    _say(source, seats, on_flex, findings)
    return replace(source, access=(*source.access, *_unique(found)), findings=findings)


def _with_new_products(source: ScenarioFile, usage: Usage, rows: pd.DataFrame) -> ScenarioFile:
    """T405: products that the access table never names, of users whom it names: the exports tell.

    They are those that were added to the scenario when the table was there.
    """
    named = {row.product for row in source.access}
    new = {p.id for p in source.scenario.products} - named
    used = {
        user: [p for p in products if p in new] for user, products in _used(usage, set(rows["user"])).items()
    }
    used = {user: products for user, products in used.items() if products}
    rows = rows[rows["user"].isin(used.keys())]
    if rows.empty:
        return source
    findings = Findings([*source.findings])
    seats = _seats(source, rows[rows["access"] == "named"], findings)
    found = [
        TodaysAccess(user, product, "named", offer.id)
        for user, held in sorted(seats.items())
        for offer in held
        for product in used[user]
        if product in offer.covers
    ]
    found = _unique([*found, *_tokens(_on_flex(rows), seats, used)])
    if not found:
        return replace(source, findings=findings)
    products = ", ".join(sorted({row.product for row in found}))
    findings.add(
        "T405",
        f"the access table has no line of {products}: today's access to it of "
        f"{count(len({row.user for row in found}), 'person', 'people')} is read from the exports",
        file=source.scenario.access or "exports",
        severity="info",
        hint="one line of the product in the table, and its lines are all",
    )
    return replace(source, access=(*source.access, *found), findings=findings)


def _on_flex(rows: pd.DataFrame) -> list[str]:
    return sorted(set(rows.loc[rows["access"] == "flex", "user"]))


def _tokens(
    on_flex: Sequence[str], seats: dict[str, list[Offer]], used: dict[str, list[str]]
) -> Iterator[TodaysAccess]:
    """The products that these users use without a seat for them."""
    for user in on_flex:
        covered = {p for offer in seats.get(user, ()) for p in offer.covers}
        yield from (TodaysAccess(user, p, "flex") for p in used.get(user, ()) if p not in covered)


def _people(assigned: pd.DataFrame) -> dict[str, Person]:
    """What the exports say of each person; in several teams, people of no group are grouped by team."""
    teams = {team for team in assigned["team"] if team}
    people: dict[str, Person] = {}
    listed = assigned[["user", "group", "team", "email", "first_name", "last_name"]].drop_duplicates()
    for user, group, team, email, first, last in listed.itertuples(index=False, name=None):
        known = people.get(user, Person(user))
        people[user] = replace(
            known,
            group=known.group or group or (team if len(teams) > 1 else ""),
            team=known.team or team,
            email=known.email or email,
            first_name=known.first_name or first,
            last_name=known.last_name or last,
        )
    return people


def _used(usage: Usage, users: set[str]) -> dict[str, list[str]]:
    """The products that each of these users uses, sorted."""
    used: dict[str, list[str]] = defaultdict(list)
    for frame in (usage.days, usage.totals):
        user, product = (pd.Categorical(frame[column]) for column in ("user", "product"))
        pairs = np.unique(user.codes.astype(np.int64) * max(len(product.categories), 1) + product.codes)
        for pair in pairs.tolist():
            u, p = divmod(pair, len(product.categories))
            if user.categories[u] in users:
                used[user.categories[u]].append(product.categories[p])
    return {user: sorted(set(products)) for user, products in used.items()}


def _unique(rows: Sequence[TodaysAccess]) -> list[TodaysAccess]:
    """One row per user and product: of two seats the first."""
    return list({(row.user, row.product): row for row in reversed(rows)}.values())[::-1]


def _seats(source: ScenarioFile, rows: pd.DataFrame, findings: Findings) -> dict[str, list[Offer]]:
    """The offers of which each user has a seat."""
    scenario = source.scenario
    catalogue, offers = Catalogue.of(scenario), names_of(scenario)[1]
    seats: dict[str, list[Offer]] = defaultdict(list)
    unknown: dict[str, set[str]] = defaultdict(set)
    uncovered: dict[tuple[str, str], set[str]] = defaultdict(set)
    chosen: dict[tuple[str, str], tuple[Offer | None, str]] = {}
    for user, offering, product in rows[["user", "offering", "product"]].itertuples(index=False, name=None):
        if (offering, product) not in chosen:
            title = catalogue.match(product)[0]
            chosen[offering, product] = _offer(source, offers, offering or product, title), title
        offer, title = chosen[offering, product]
        if offer is None:
            unknown[offering or product].add(user)
            continue
        if offer not in seats[user]:
            seats[user].append(offer)
        if title in scenario.product_by_id and title not in offer.covers:
            uncovered[offer.id, title].add(user)
    for offering, users in sorted(unknown.items()):
        findings.add(
            "T401",
            f'{count(len(users), "person has", "people have")} a seat of "{offering[:80]}", which is no '
            "offer of the scenario; today's access is without it",
            file="exports",
            severity="warning",
            value=offering,
            hint=f'add "{offering[:80]}" to the `aliases` of an offer',
            count=len(users),
        )
    for (id_, title), users in sorted(uncovered.items()):
        findings.add(
            "T406",
            f"{count(len(users), 'person uses', 'people use')} {title} with a seat of {id_}, which does not "
            "cover it in the scenario: today's access is without it",
            file="exports",
            severity="warning",
            value=title,
            hint=f"add {title} to `covers` of {id_}, and of other offers that have it",
            count=len(users),
        )
    return {user: held for user, held in seats.items() if held}


def _offer(source: ScenarioFile, offers: dict[str, list[str]], offering: str, product: str) -> Offer | None:
    """The offer of that name: one that is owned, then one that covers the product, then the longest term."""
    scenario: Scenario = source.scenario
    owned = {h.offer for h in source.holdings}
    named = [scenario.offer_by_id[name] for name in offers.get(normal(offering), ())]
    return max(
        named,
        key=lambda o: (o.id in owned, product in o.covers, o.term_months == 12, -o.term_months),
        default=None,
    )


def _say(source: ScenarioFile, seats: dict[str, list[Offer]], on_flex: list[str], findings: Findings) -> None:
    given = Counter(offer.id for held in seats.values() for offer in held)
    findings.add(
        "T400",
        f"today's access of {count(len({*seats, *on_flex}), 'person', 'people')} is read from the exports: "
        f"{count(given.total(), 'seat')} of {count(len(given), 'offer')}, "
        f"{count(len(on_flex), 'person', 'people')} on Flex",
        file="exports",
        severity="info",
        hint="lines in an access table replace what the exports say of that user",
    )


def with_assigned_seats(source: ScenarioFile) -> ScenarioFile:
    """With T402: how many of the seats owned somebody has today, and how many of these people have left."""
    scenario, start = source.scenario, source.scenario.horizon.start
    named = {(row.user, row.offer) for row in source.access if row.access == "named"}
    owned: Counter[str] = Counter()
    for holding in source.holdings:
        if holding.from_ is None or holding.from_ <= start:
            owned[holding.offer] += holding.quantity
    given = Counter(offer for _, offer in named)
    said = any(found.code == "T402" for found in source.findings)
    if said or not named or not owned or "" in given:
        return source
    left = sum(
        bool((person := source.people.get(user)) and person.leaves and person.leaves <= start)
        for user, _ in named
    )
    differ = [
        f"{scenario.offer_by_id[offer].title} {given[offer]:,} of {number:,}"
        for offer, number in sorted(owned.items())
        if given[offer] != number
    ]
    if not differ and not left:
        return source
    text = f"of {count(owned.total(), 'seat')} owned {sum((given & owned).values()):,} are assigned today"
    text += f", {left:,} of them to people who have left by {start}" if left else ""
    if beyond := sum((given - owned).values()):
        text += f"; {count(beyond, 'seat is', 'seats are')} assigned but not owned"
    text += f" ({', '.join(differ)})" if differ else ""
    if spare := sum((owned - given).values()):
        text += f"; today's access costs the assigned seats only, not the {spare:,} that nobody has"
    findings = Findings([*source.findings])
    findings.add(
        "T402",
        text,
        file=bare(scenario.access or "exports"),
        severity="info",
        hint="a seat that nobody has is a saving on today's invoice which the plan does not count",
    )
    return replace(source, findings=findings)
