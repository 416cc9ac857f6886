"""A saved plan held against itself, its files and its inputs: what holds, what does not, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flexopt.audit.alone import alone, without_rows
from flexopt.planning.arguments import Progress, ScenarioLike, UsageLike
from flexopt.store.consistency import contradictions
from flexopt.store.folder import read_plan
from flexopt.store.plan import PlanDocument
from flexopt.store.seal import unbroken
from flexopt.studies.verify.check import Check, checked, not_possible
from flexopt.studies.verify.files import file_checks
from flexopt.studies.verify.inputs import input_checks

__all__ = ["Check", "Verification", "by_itself", "verify"]


@dataclass(frozen=True)
class Verification:
    """What was checked of a saved plan. `document` is what `flexopt verify PLAN --format json` prints."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that was checked is contradicted."""
        return not any(check.contradictions for check in self.checks)

    @property
    def document(self) -> Mapping[str, Any]:
        """The checks in the order in which they were made."""
        return {
            "schema": "flexopt.verification/1",
            "holds": self.holds,
            "checks": [
                {
                    "check": check.name,
                    "result": check.result,
                    "reason": check.reason,
                    "contradictions": list(check.contradictions),
                }
                for check in self.checks
            ],
        }


def verify(
    plan: str | Path,
    scenario: ScenarioLike | None = None,
    usage: UsageLike | None = None,
    *,
    on_progress: Progress | None = None,
    memory: str | None = None,
) -> Verification:
    """Check a saved plan: its files, its sums and prices; with its scenario also everything it claims.

    Parameters
    ----------
    plan
        A plan folder, or a plan exported as JSON.
    scenario
        The scenario that it was made from, with its usage and tables: then it is planned again and compared.
    usage, on_progress, memory
        As for `plan`.

    Returns
    -------
    Verification
        Every check with what contradicts it, or why it was not possible.

    Raises
    ------
    FlexoptError
        There is no plan, or it cannot be read as one. Also everything that `plan` raises.

    Examples
    --------
    >>> verify("renewal.plan", "renewal.yaml").holds  # doctest: +SKIP
    """
    content, document = read_plan(Path(plan))
    document = document.model_copy(update={"sha256": None})
    files, charges = file_checks(Path(plan), document)
    found = [*by_itself(content, document), *files]
    if scenario is None:
        found.append(not_possible("inputs and claims", "no scenario was given: flexopt verify PLAN SCENARIO"))
    else:
        with_rows = document if charges is None else document.with_charge_rows(charges)
        found += input_checks(with_rows, scenario, usage, on_progress, memory)
    return Verification(tuple(found))


def by_itself(content: bytes, document: PlanDocument) -> Iterator[Check]:
    """Checks of plan.json alone."""
    changed = () if unbroken(content) else ("plan.json was changed after flexopt wrote it",)
    yield checked("checksum of plan.json", changed)
    basic = tuple(contradictions(document))
    yield checked("parts that belong together", basic)
    for name, failures in alone(document).items():
        yield checked(name, failures)
    if without_rows(document):
        yield not_possible(
            "access, alternatives, reasons and sums over people", "it was exported without people"
        )
