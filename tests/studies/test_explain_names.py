"""Whom `explain` suggests for a name that the plan does not have."""

from __future__ import annotations

import pytest

from flexopt.studies.explain import _whom

USERS = {
    "jurgen.vogel40.neu@studio.example",
    "jurgen.vogel160@studio.example",
    "francoise.simek65@studio.example",
    "soren.koch21@studio.example",
}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jurgen.vogel40@studio.example", "jurgen.vogel40.neu@studio.example"),  # an earlier email
        ("Françoise Simek", "francoise.simek65@studio.example"),
        ("simek françoise", "francoise.simek65@studio.example"),
        ("Søren Koch", "soren.koch21@studio.example"),
        ("'soren.koch21", "soren.koch21@studio.example"),
        ("soren.kohc21@studio.example", "soren.koch21@studio.example"),
    ],
)
def test_the_person_that_is_meant(typed: str, meant: str) -> None:
    assert _whom(typed, USERS) == f"did you mean `{meant}`?"


def test_nobody() -> None:
    assert _whom("", USERS) == _whom("@", set()) == "the users are in assignment.csv"
