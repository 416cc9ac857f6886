"""Rules in addition to the scenario's own: those of a baseline, or of today's access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from flexopt.model.sets import Problem


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a baseline adds to the scenario's own rules.

    rule : object[pairs], "named", "flex" or "" (free), in addition to the scenario's own; None: all free
    offers : by pair, the only offers allowed for its seats
    """

    rule: npt.NDArray[np.object_] | None = None
    offers: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def rules(self, problem: Problem) -> npt.NDArray[np.object_]:
        """object[pairs]: the scenario's own rule for each pair, otherwise the baseline's."""
        own = problem.demand.pair_rule
        return own if self.rule is None else np.where(own == "", self.rule, own)
