"""How much of the usage is planned: rows of files, users and days."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from flexopt.base.text import plain
from flexopt.demand.forecast import Demand
from flexopt.inputs.records import Usage
from flexopt.store.plan import FileCoverage, UsageCoverage


def coverage_of(demand: Demand, usage: Usage) -> UsageCoverage:
    """The key `coverage` of plan.json."""
    missing = demand.not_planned
    theirs = missing[~missing["user"].isin(demand.users)]
    return UsageCoverage(
        files=tuple(FileCoverage(**{k: getattr(c, k) for k in c.__slots__}) for c in usage.coverage),
        rows_read=sum(c.rows for c in usage.coverage),
        users_in_usage=len(usage.everyone),
        users_planned=len(demand.users),
        days_planned=Decimal(plain(_days_planned(demand), 1)),
        days_left_out=int(demand.left_out["days"].sum()),
        days_not_planned=int(missing["days"].sum()),
        users_not_planned=theirs["user"].nunique(),
        days_of_users_not_planned=int(theirs["days"].sum()),
    )


def _days_planned(demand: Demand) -> Fraction:
    """Chargeable days in the horizon, before growth."""
    spans = demand.spans
    counts = (spans["count"].astype("int64") * (spans["after"] - spans["first"])).groupby(spans["per"]).sum()
    return sum((Fraction(int(n), int(per)) for per, n in counts.items()), Fraction(0))  # type: ignore[call-overload]
