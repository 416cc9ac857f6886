"""Names in a scenario: unique, known, and in rules that do not contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.base.text import count
from flexopt.inputs.scenario.checking import ScenarioCheck
from flexopt.inputs.scenario.scenario import AccessRule, normal
from flexopt.inputs.scenario.yaml import KeyPath


def _ids(run: ScenarioCheck) -> None:
    """S201: ids are unique; S232: ids are not blank."""
    lists: list[tuple[str, Sequence[str]]] = [
        ("products", [p.id for p in run.scenario.products]),
        ("offers", [o.id for o in run.scenario.offers]),
        ("budgets", [b.id for b in run.scenario.budgets]),
    ]
    for key, ids in lists:
        first: dict[str, str] = {}
        for index, name in enumerate(ids):
            if not normal(name):
                run.say("S232", (key, index, "id"), "the id is blank", "write a name", value=name)
            elif normal(name) in first:
                run.say(
                    "S201",
                    (key, index, "id"),
                    f"the id `{name}` appears twice"
                    + ("" if first[normal(name)] == name else f" (`{first[normal(name)]}`)"),
                    "give one of them another id (ids that differ only in case or spaces count as the same), "
                    "or delete it",
                    value=name,
                )
            first.setdefault(normal(name), name)


def _titles(run: ScenarioCheck) -> None:
    """S231: reports show offers by name, and by id where they have none."""
    first = {normal(o.id): o.id for o in run.scenario.offers if not o.name.strip()}
    for index, offer in enumerate(run.scenario.offers):
        other = first.setdefault(normal(offer.title), offer.id)
        if other != offer.id:
            run.say(
                "S231",
                ("offers", index, "name"),
                f"reports would show the offers `{other}` and `{offer.id}` both as `{offer.title}`",
                f"tell them apart, for example `name: {offer.title}, {count(offer.term_months, 'month')}`",
                value=offer.name,
            )


def _aliases(run: ScenarioCheck) -> None:
    """S202: a name means one product, and with a term one offer."""
    owners = {normal(p.id): p.id for p in run.scenario.products}
    for index, product in enumerate(run.scenario.products):
        for number, alias in enumerate(product.aliases):
            owner = owners.setdefault(normal(alias), product.id)
            if owner != product.id:
                _collision(run, ("products", index, "aliases", number), alias, owner)
    terms = {(normal(o.id), o.term_months): o.id for o in run.scenario.offers}
    for index, offer in enumerate(run.scenario.offers):
        for number, alias in enumerate(offer.aliases):
            holder = terms.setdefault((normal(alias), offer.term_months), offer.id)
            if holder != offer.id:
                _collision(run, ("offers", index, "aliases", number), alias, holder)


def _collision(run: ScenarioCheck, path: KeyPath, alias: str, owner: str) -> None:
    run.say(
        "S202",
        path,
        f"`{alias}` is also a name of `{owner}`",
        "keep the alias in one place; offers may share one if their terms differ",
        value=alias,
    )


def _names(run: ScenarioCheck) -> None:
    """S203 covers, S204 holdings, S205 negotiated offers, S206 growth, S228 repeated products."""
    products, offers = run.scenario.product_by_id, run.scenario.offer_by_id
    for index, offer in enumerate(run.scenario.offers):
        met: set[str] = set()
        for number, name in enumerate(offer.covers):
            path: KeyPath = ("offers", index, "covers", number)
            run.unknown("S203", path, name, products)
            if name in met:
                run.say("S228", path, f"`{name}` appears twice", "delete one", severity="warning", value=name)
            met.add(name)
    for index, holding in enumerate(run.scenario.holdings):
        run.unknown("S204", ("holdings", index, "offer"), holding.offer, offers)
    for name in run.scenario.negotiated.offers:
        run.unknown("S205", ("negotiated", "offers", name), name, offers)
    for name in run.scenario.demand.growth.products:
        run.unknown("S206", ("demand", "growth", "products", name), name, products)
    if run.people is not None:
        for name in run.scenario.demand.growth.groups:
            run.nobody(("demand", "growth", "groups", name), name, run.groups, "group")


def _access(run: ScenarioCheck) -> None:
    """S224: every product is available with a seat or with tokens."""
    covered = {name for offer in run.scenario.offers for name in offer.covers}
    for index, product in enumerate(run.scenario.products):
        if not product.flex and product.id not in covered:
            run.say(
                "S224",
                ("products", index),
                f"`{product.id}` is not on Flex and no offer covers it",
                "add an offer that covers it; any use of it makes the plan infeasible",
                severity="warning",
                value=product.id,
            )


def _policy(run: ScenarioCheck) -> None:
    """S218, S219 names; S220 contradictions; S221, S222 access that does not exist."""
    products = run.scenario.product_by_id
    covered = {name for offer in run.scenario.offers for name in offer.covers}
    met: dict[tuple[str | None, ...], AccessRule] = {}
    groups = run.groups
    for index, rule in enumerate(run.scenario.policy.rules):
        path: KeyPath = ("policy", "rules", index)
        if rule.product is not None:
            run.unknown("S218", (*path, "product"), rule.product, products)
        if run.people is not None:
            if rule.user is not None:
                run.nobody((*path, "user"), rule.user, run.people, "user")
            if rule.group is not None:
                run.nobody((*path, "group"), rule.group, groups, "group")
        other = met.setdefault((rule.user, rule.group, rule.product), rule)
        if other.access != rule.access:
            run.say(
                "S220",
                path,
                f"`{rule.access}` contradicts an earlier rule (`{other.access}`) for the same selection",
                "keep one of the two; a rule that names more (user, product) takes precedence over one that "
                "names less",
                value=rule.access,
            )
        product = products.get(rule.product or "")
        if product is not None and rule.access == "flex" and not product.flex:
            run.say(
                "S221",
                (*path, "access"),
                f"`{product.id}` is not on Flex (`flex: false`)",
                "write `named` or `none`, or delete the rule",
                value=rule.access,
            )
        if product is not None and rule.access == "named" and product.id not in covered:
            run.say(
                "S222",
                (*path, "access"),
                f"no offer covers `{product.id}`: the seat that the rule requires is not available",
                "add an offer that covers the product, or write `flex`",
                severity="warning",
                value=rule.access,
            )


NAME_RULES = (_ids, _titles, _aliases, _names, _access, _policy)
