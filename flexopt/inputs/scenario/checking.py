"""What the checks of a scenario are given, and how they report findings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flexopt.base.findings import Findings, Severity, did_you_mean
from flexopt.inputs.records import Person
from flexopt.inputs.scenario.extends import Resolved
from flexopt.inputs.scenario.scenario import Scenario, TokenTier, TokenTiers
from flexopt.inputs.scenario.yaml import KeyPath


@dataclass(slots=True)
class ScenarioCheck:
    """The scenario being checked; `people` is None if there is no people table."""

    scenario: Scenario
    people: dict[str, Person] | None
    resolved: Resolved
    findings: Findings

    def say(
        self,
        code: str,
        path: KeyPath,
        message: str,
        hint: str,
        *,
        severity: Severity = "error",
        value: object = "",
    ) -> None:
        file, row, column = self.resolved.place(path)
        self.findings.add(
            code, message, file=file, row=row, column=column, hint=hint, severity=severity, value=value
        )

    @property
    def start(self) -> date:
        return self.scenario.horizon.start

    @property
    def end(self) -> date:
        return self.scenario.horizon.end

    @property
    def groups(self) -> set[str]:
        """The groups of the people table."""
        return {p.group for p in (self.people or {}).values() if p.group}

    def unknown(self, code: str, path: KeyPath, name: str, known: Collection[str]) -> None:
        """A name that must be an id of the scenario; `path` ends where it is written."""
        what = "a product" if code in ("S203", "S206", "S218") else "an offer"
        if name not in known:
            self.say(
                code,
                path,
                f"`{name}` is not the id of {what}",
                did_you_mean(name, known, "use one of: " + (", ".join(sorted(known)[:8]) or "(none yet)")),
                value=name,
            )

    def nobody(self, path: KeyPath, name: str, known: Collection[str], what: str) -> None:
        """S219: a rule for a user or group that is not in the people table."""
        if name not in known:
            self.say(
                "S219",
                path,
                f"no {what} `{name}` in the people table",
                did_you_mean(name, known, f"correct the {what}, or add it to the people table"),
                severity="warning",
                value=name,
            )


def tier_lists(run: ScenarioCheck) -> list[tuple[KeyPath, tuple[TokenTier, ...]]]:
    """The lists of token tiers as they are written, each with its place."""
    tokens = run.scenario.tokens
    path: KeyPath = ("tokens", "tiers")
    dated = [(n, of) for n, of in enumerate(tokens.tiers) if isinstance(of, TokenTiers)]
    return [((*path, n, "tiers"), of.tiers) for n, of in dated] or [(path, tokens.tier_lists[0].tiers)]
