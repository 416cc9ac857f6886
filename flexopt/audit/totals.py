"""Checks the head of a plan: its totals are those of the rows, and its proof is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import numpy as np

from flexopt.audit.notes import TOLERANCE, Notes, close, day_of, show
from flexopt.audit.rules import rounded_off, split_off, tiers_of_day, token_price
from flexopt.audit.threshold import threshold
from flexopt.base.columns import Column, ColumnTable, classes
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import BaselineCost, PlanDocument
from flexopt.store.values import PlanPart

TENTH = Fraction(1, 10)


def header(doc: PlanDocument, scenario: Scenario, demand: Demand, notes: Notes) -> None:
    """The plan is for this scenario and this demand, and lists what is left out."""
    horizon = scenario.horizon.start, scenario.horizon.end
    notes.expect((doc.horizon.start, doc.horizon.end) == horizon, "the horizon is not the scenario's")
    notes.expect(doc.currency == scenario.currency, "the currency is not the scenario's")
    notes.expect(
        doc.scenario.model_dump_json() == scenario.model_dump_json(),
        "the scenario in the plan is not the one that was planned",
    )
    notes.expect((doc.history.first, doc.history.last) == demand.history, "the history is not the demand's")
    notes.expect(_lists(doc.left_out, demand), "left_out does not list what was left out")
    coverage = doc.coverage
    notes.expect(coverage.users_planned == len(demand.users), "users_planned is not the users planned")
    days = int(demand.left_out["days"].sum())
    said = coverage.days_left_out
    notes.expect(said == days, f"{days} days are left out, not {said}")
    # its own list of the reasons for which use stays without access
    out = demand.left_out
    missing = out["reason"].isin(["not a product of the scenario", "policy: access none"])
    theirs = missing & ~out["user"].isin(demand.users)
    for name, count in (
        ("days_not_planned", int(out["days"][missing].sum())),
        ("users_not_planned", out["user"][theirs].nunique()),
        ("days_of_users_not_planned", int(out["days"][theirs].sum())),
    ):
        told = getattr(coverage, name)
        notes.expect(told == count, f"`{name}` is {count}, not {told}")
    spans = {name: demand.spans[name].to_numpy(np.int64) for name in ("first", "after", "count", "per")}
    per, of_per = classes(spans["per"])
    counts = np.zeros(len(of_per), dtype=np.int64)
    np.add.at(counts, per, spans["count"] * (spans["after"] - spans["first"]))
    planned = sum(
        (Fraction(int(n), int(spans["per"][i])) for n, i in zip(counts, of_per, strict=True)), Fraction(0)
    )
    total = coverage.days_planned
    notes.expect(close(Fraction(total), planned, TENTH / 2), f"{show(planned)} days are planned, not {total}")


def _lists(rows: ColumnTable, demand: Demand) -> bool:
    """Whether the rows are exactly those of what was left out, in order."""
    return len(rows) == len(demand.left_out) and all(
        np.array_equal(cells.array(), demand.left_out[name].to_numpy(object))
        for name, cells in rows.columns.items()
    )


def summary(doc: PlanDocument, assignment: dict[str, Column], scenario: Scenario, notes: Notes) -> None:
    """Every sum of the summary, from the rows."""
    said, rows, packs = doc.summary, doc.seats, doc.purchases
    seats, tokens = _money(rows, "cost"), _money(packs, "cost")
    user, access = assignment["user"], assignment["access"]
    met = np.zeros((3, len(user.values)), dtype=bool)
    met[access.array_of(lambda a: {"named": 0, "flex": 1}.get(a, 2), np.int64), user.codes] = True
    named, flex, other = met
    bought = sum(r.tokens for r in packs)
    exact = {
        "seats": seats,
        "tokens": tokens,
        "commitment": _money(rows, "commitment") + tokens,
        "users": int(met.any(axis=0).sum()),
        "users_named_only": int((named & ~flex & ~other).sum()),
        "users_flex_only": int((flex & ~named & ~other).sum()),
        "users_both": int((named & flex & ~other).sum()),
        "seats_owned": sum(r.owned for r in rows),
        "tokens_bought": bought,
        "purchases": len(packs),
    }
    for name, value in exact.items():
        told = getattr(said, name)
        notes.expect(told == value, f"`{name}` of the summary is {value}, not {told}")
    pool = {
        f"tokens_{name}": sum((Fraction(getattr(r, name)) for r in doc.ledger), Fraction(0))
        for name in ("used", "buffer", "expired", "expired_with_buffer")
    }
    for name in ("", "_with_buffer"):
        left = Fraction(getattr(doc.ledger[-1], f"closing{name}")) if doc.ledger else Fraction(0)
        pool[f"tokens_left{name}"] = left
    used = pool["tokens_used"]
    for name, amount in pool.items():
        notes.expect(
            close(Fraction(getattr(said, name)), amount, 2 * TENTH),  # rounded so that they add up
            f"`{name}` of the summary is not that of the ledger",
        )
    rest = said.tokens_expired + said.tokens_left
    beyond = said.tokens_expired_with_buffer + said.tokens_left_with_buffer
    notes.expect(
        rest == said.tokens_buffer + beyond, "buffer and unused tokens are not those left and expired"
    )
    held = sum((Fraction(r.bought) for r in doc.ledger), Fraction(0))
    held += Fraction(doc.ledger[0].opening) if doc.ledger else 0
    notes.expect(
        close(Fraction(said.tokens_used + rest), held, TENTH / 2 + TOLERANCE), "the tokens do not add up"
    )
    smallest = token_price(scenario, tiers_of_day(scenario.tokens, scenario.horizon.start)[0])
    paid, count = (Fraction(tokens), Fraction(bought)) if bought else (Fraction(smallest), Fraction(1))
    digit = Fraction(scenario.money.unit) / 100
    prices = [("token_price", paid, count)]
    if used > TOLERANCE:
        prices.append(("effective_token_price", Fraction(tokens), used))
    for name, paid, count in prices:
        notes.expect(
            _price(getattr(said, name), paid, count, digit),
            f"`{name}` of the summary is not what the packs cost",
        )
    total = doc.total
    notes.expect(total == seats + tokens, f"the total is {seats + tokens}, not {total}")
    for name, baseline in doc.baselines.items():
        _baseline(name, baseline, total, notes)


def _price(told: Decimal | None, paid: Fraction, count: Fraction, digit: Fraction) -> bool:
    """Whether it is the price per token, to its last digit; the count sums rounded numbers and may be off."""
    if told is None:
        return False
    return close(Fraction(told) * count, paid, count * digit / 2 + Fraction(told) * TOLERANCE)


def _baseline(name: str, baseline: BaselineCost, total: Decimal, notes: Notes) -> None:
    parts = [baseline.total, baseline.seats, baseline.tokens, baseline.saving]
    if parts[0] is None:
        notes.expect(
            parts == [None] * 4 and bool(baseline.note), f"the baseline {name} has no total and no note"
        )
        return
    whole, seats, tokens, saving = (p or Decimal(0) for p in parts)
    notes.expect(whole == seats + tokens, f"the baseline {name} does not add up")
    notes.expect(saving == whole - total, f"the saving against the baseline {name} is {whole - total}")


def proof(doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], notes: Notes) -> None:
    """The plan is called optimal if and only if its cost is within the gap asked of a bound of all plans.

    With `policy.min_saving` that is so of its cost and fees.
    """
    total, said = doc.total, doc.proof
    bound, gap, asked = said.bound, said.gap, said.gap_asked
    notes.expect(said.cost == total, f"the proof is of a plan that costs {said.cost}")
    notes.expect(bound <= total, f"the bound {bound} is above the total {total}")
    whole = 0 <= bound == scenario.money.floor(bound)
    notes.expect(whole, f"the bound {bound} is not a whole number of minor units")
    minimised, least = threshold(doc, scenario, holdings, notes)
    share = (minimised - least) / minimised if minimised else Decimal(0)
    real = share.quantize(Decimal("1e-12"), ROUND_CEILING)
    notes.expect(gap == real, f"the gap is {real:f}, not {gap}")
    notes.expect(asked == scenario.solver.gap, "gap_asked is not the scenario's")
    status = "optimal" if minimised - least <= asked * minimised else "feasible"
    wrong = f"a plan {minimised - least} above its bound is {status}, not {doc.status}"
    notes.expect(doc.status == status, wrong)
    _rounding(doc, scenario, minimised - least, notes)
    for name, baseline in doc.baselines.items():
        possible = baseline.total is None or baseline.total >= bound
        notes.expect(possible, f"the baseline {name} costs less than the bound of all plans")


def _rounding(doc: PlanDocument, scenario: Scenario, left_open: Decimal, notes: Notes) -> None:
    """What of the gap may be rounding: of each invoice from its row, and of purchases that are split."""
    most, invoices = split_off(scenario), 0
    for row in doc.purchases:
        least = Fraction(row.unit_price) * row.tokens - rounded_off(scenario, day_of(row.date))
        above = Fraction(row.cost) - least
        most, invoices = most + above, invoices + (above > 0)
    units = most // Fraction(scenario.money.unit)
    amount = min(units * scenario.money.unit, left_open)
    invoices = invoices if amount else 0
    said = doc.proof.rounding
    agree = said.invoices == invoices and said.amount == amount
    notes.expect(agree, f"up to {amount} in {invoices} invoices may be rounding, not {said.amount}")


def _money(rows: Iterable[PlanPart], column: str) -> Decimal:
    return sum((getattr(r, column) for r in rows), Decimal(0))
