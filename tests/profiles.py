"""How many random examples hypothesis tries: one number for each way to run the tests, and shares of it.

`pytest` loads `fast`, `pytest --all` loads `full`; `--hypothesis-profile thorough` hunts for hours.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

_UNHURRIED = settings(deadline=None, suppress_health_check=list(HealthCheck))
# the same examples on every machine; shrinking takes minutes: `thorough` does
_REPEATABLE = settings(_UNHURRIED, derandomize=True, phases=[Phase.explicit, Phase.generate])
settings.register_profile("fast", _REPEATABLE, max_examples=24)
settings.register_profile("full", _REPEATABLE, max_examples=200)
settings.register_profile("thorough", _UNHURRIED, max_examples=12_000)


def load(*, every: bool) -> None:
    """For all tests that follow; hypothesis's own option comes later, and replaces it."""
    settings.load_profile("full" if every else "fast")


def one_in(number: int) -> settings:
    """A share of the profile's examples, but three at least: for tests in which an example takes long.

    As a rule: 8 where an example is solved once or twice, 1 (no decorator) where nothing is solved.
    """
    return settings(max_examples=max(3, settings().max_examples // number))
