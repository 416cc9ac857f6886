"""Every way flexopt can end badly, and the exit code of each.

FlexoptError            2  could not run
├─ InputError           2  the inputs have errors that must be fixed first (findings.py)
├─ InfeasibleError      3  no plan satisfies all the rules; names those that conflict
├─ LimitError           4  a limit was reached before a plan was found (or proven, if required)
├─ SolverError          2  the solver crashed, twice
└─ AuditError           2  a plan failed its audit and was not written
"""

from __future__ import annotations

from collections.abc import Sequence


class FlexoptError(Exception):
    """Base of all errors a user may see; `hint` says what to type or change next."""

    exit_code = 2

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"error: {self.message}" + (f"\n\nhint: {self.hint}" if self.hint else "")


class InfeasibleError(FlexoptError):
    """No plan satisfies all the rules; the message names the rules that conflict."""

    exit_code = 3


class LimitError(FlexoptError):
    """The time limit was reached before a plan was found, or before the proof `--require-optimal` demands."""

    exit_code = 4


class SolverError(FlexoptError):
    """The solver ended twice without a result: CBC also with its preprocessing, HiGHS without."""


class AuditError(FlexoptError):
    """The replay of the plan disagrees with the plan; nothing was written."""

    def __init__(self, failures: Sequence[str]) -> None:
        self.failures = tuple(failures)
        super().__init__(
            "the plan failed its audit and was not written: " + "; ".join(self.failures[:5]),
            "this is a defect in flexopt, not in your data: please report it with the scenario's rules",
        )
