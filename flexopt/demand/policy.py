"""Which access rule applies to a user and a product: the most specific rule of the scenario wins."""

from __future__ import annotations

from collections.abc import Sequence

from flexopt.inputs.scenario.scenario import AccessRule


def rule_for(policies: Sequence[AccessRule], user: str, group: str, product: str) -> AccessRule | None:
    """The rule for `user` and `product`, or None where access is free.

    A rule matches if all its selectors do. A rule with a user beats one with a group, which beats one with
    neither; at the same level a rule with a product beats one without. Equally specific rules that contradict
    each other are refused when the scenario is read.
    """
    matching = [
        rule
        for rule in policies
        if rule.user in (None, user) and rule.group in (None, group) and rule.product in (None, product)
    ]
    return max(
        matching,
        key=lambda rule: (rule.user is not None, rule.group is not None, rule.product is not None),
        default=None,
    )
