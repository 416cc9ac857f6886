"""Access and policies written under another email or id of a user: they count for that user."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from flexopt.base.findings import Findings
from flexopt.base.text import count
from flexopt.inputs.records import ScenarioFile, Usage


def with_users_of(source: ScenarioFile, usage: Usage) -> ScenarioFile:
    """The scenario with the users of its access table and policies named as in the usage.

    Findings: T403 whose names were changed, T404 users of policies whom nothing shows.
    """
    known = usage.everyone | source.people.keys()
    if usage.assigned is not None:
        known = known.union(usage.assigned["user"])
    policy = source.scenario.policy
    names = {row.user for row in source.access} | {r.user for r in policy.rules if r.user}
    aliases = {alias: user for user, person in source.people.items() for alias in person.aliases}
    meant = {name: user for name in names - known if (user := _user(name, known, {**usage.also, **aliases}))}
    findings = Findings([*source.findings])
    if meant:
        pairs = [f"{name[:60]} is {user[:60]}" for name, user in sorted(meant.items())]
        more = f"; {len(pairs) - 5:,} more" if len(pairs) > 5 else ""
        findings.add(
            "T403",
            f"{count(len(pairs), 'name')} of the access table and the policies "
            f"{'is that of a user' if len(pairs) == 1 else 'are those of users'} with another: "
            f"{'; '.join(pairs[:5])}{more}",
            file="scenario",
            severity="info",
            hint="nothing to do, if these are the same people",
            count=len(pairs),
        )
    rules = tuple(
        rule.model_copy(update={"user": meant.get(rule.user, rule.user)}) if rule.user else rule
        for rule in policy.rules
    )
    # what is written under the user's own name comes first
    renamed = sorted(source.access, key=lambda row: row.user in meant)
    access = {
        (user, row.product): replace(row, user=user)
        for row in reversed(renamed)
        for user in [meant.get(row.user, row.user)]
    }
    # with a people table, S219 has said it
    lost = sorted({r.user for r in rules if r.user and r.user not in known and not source.people})
    for user in lost:
        findings.add(
            "T404",
            f"a policy is for `{user[:60]}`, whom no export shows: it changes nothing",
            file="scenario",
            severity="warning",
            value=user,
            hint="write the user as in the usage, or delete the rule",
        )
    return replace(
        source,
        scenario=source.scenario.model_copy(update={"policy": policy.model_copy(update={"rules": rules})}),
        access=tuple(reversed(access.values())),
        findings=findings,
    )


def _user(name: str, known: Collection[str], also: Mapping[str, str]) -> str:
    """The user that another name is of, '' if it is nobody's; the case of an email does not matter."""
    plain = name.lower() if "@" in name else name
    user = plain if plain in known else also.get(plain, also.get(name, ""))
    return user if user in known else ""
