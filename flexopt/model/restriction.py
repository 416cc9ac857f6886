"""Rules beside the scenario's own: what a baseline, or today's access, restricts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from flexopt.model.sets import Problem


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a baseline adds to the scenario's own rules.

    rule : object[pairs], "named", "flex" or "" (free), beside the scenario's own; None: all free
    offers : by pair, the only offers a seat for it may have
    """

    rule: npt.NDArray[np.object_] | None = None
    offers: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def rules(self, problem: Problem) -> npt.NDArray[np.object_]:
        """object[pairs]: the scenario's own rule of each pair, else the baseline's."""
        own = problem.demand.pair_rule
        return own if self.rule is None else np.where(own == "", self.rule, own)
