"""`policy.min_saving` in a plan: what is in its bill, its proof and its reasons, and what is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from build import AUTOCAD_YEAR, REVIT_YEAR, Days, a_scenario, a_source, every, the_demand
from documents import data, typed
from hypothesis import assume, given
from hypothesis import strategies as st
from profiles import one_in
from strategies import Instance, small

from flexopt import Plan, plan
from flexopt.audit import audit
from flexopt.base.errors import FlexoptError, InfeasibleError
from flexopt.base.findings import InputError
from flexopt.inputs.records import TodaysAccess
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.folder import read_document

MONTH: dict[str, Any] = {
    "id": "autocad-1m",
    "covers": ["AutoCAD"],
    "term_months": 1,
    "prices": [{"from": "2025-01-01", "new": 290}],
}
DAYS: Days = {
    ("ann", "AutoCAD"): every(date(2025, 1, 1), 14),  # 294 on Flex: a month saves 4
    ("bob", "AutoCAD"): every(date(2025, 1, 1), 20),  # 420 on Flex: a month saves 130
    ("cat", "Revit"): every(date(2025, 1, 1), 98),  # 2,940 on Flex, 45 less than a seat
    ("dan", "Revit"): every(date(2025, 1, 1), 20),  # 600 on Flex, 2,385 less than a seat
}
ACCESS = [TodaysAccess(u, "Revit", "named", "revit-1y") for u in ("cat", "dan")]
ACCESS += [TodaysAccess(u, "AutoCAD", "flex") for u in ("ann", "bob")]


def planned(access: list[TodaysAccess] = ACCESS, **least: Any) -> Plan:
    rows = [{"user": u, "product": p, "date": str(d)} for (u, p), dates in DAYS.items() for d in dates]
    scenario = a_scenario(offers=[AUTOCAD_YEAR, MONTH, REVIT_YEAR], policy={"min_saving": least})
    return plan(a_source(scenario, (), access), pd.DataFrame(rows))


def access(found: Plan) -> dict[str, str]:
    return {row["user"]: row["offer"] or "Flex" for row in data(found.document)["assignment"]}


def reason(found: Plan, user: str) -> str:
    return next(str(row["reason"]) for row in data(found.document)["assignment"] if row["user"] == user)


def test_without_fees_nothing_is_said() -> None:
    found = planned()
    assert access(found) == {"ann": "autocad-1m", "bob": "autocad-1m", "cat": "Flex", "dan": "Flex"}
    assert data(found.document)["proof"]["threshold"] is None
    assert found.total.amount == 290 + 290 + 2940 + 600


def test_new_contracts_must_save_their_fee() -> None:
    found = planned(contract=50)
    assert access(found) == {"ann": "Flex", "bob": "autocad-1m", "cat": "Flex", "dan": "Flex"}
    said, proof = data(found.document)["proof"]["threshold"], data(found.document)["proof"]
    # the fee of bob's month is in the objective, not in the bill
    assert found.total.amount == 294 + 290 + 2940 + 600 == Decimal(proof["cost"])
    assert (said["contracts"], said["moves"]) == (1, 0)
    assert (said["objective"], said["cheapest"]) == ("4174.00", "4120.00")
    assert found.status == "optimal"
    assert Decimal(proof["gap"]) == 0
    assert Decimal(said["bound"]) == 4174
    assert Decimal(proof["bound"]) == 4120
    assert reason(found, "ann") == (
        "14 days on Flex use 98 tokens: 294.00 at 3.00 per token. The cheapest new seats for these days cost "
        "290.00, 4.00 less: too little, as such a change must save at least 50.00 (`policy.min_saving`)."
    )


def test_moves_must_save_their_fee() -> None:
    found = planned(move=100)
    assert access(found) == {"ann": "Flex", "bob": "autocad-1m", "cat": "revit-1y", "dan": "Flex"}
    said = data(found.document)["proof"]["threshold"]
    assert (said["contracts"], said["moves"], said["objective"]) == (2, 2, "4369.00")
    assert found.total.amount == 294 + 290 + 2985 + 600
    assert reason(found, "cat").startswith(
        "A new seat of revit-1y from 2026-01-01 costs 2,985.00. On Flex, 98 days (980 tokens) would cost "
        "2,940.00 at 3.00 per token, 45.00 less: too little, as such a change must save at least 100.00 "
        "(`policy.min_saving`)."
    )


def test_the_fees_add_up() -> None:
    """bob's month is a new contract and a move; cat's seat is bought anew, as no holding says it is owned."""
    for contract, has in ((29, "autocad-1m"), (31, "Flex")):
        assert access(planned(move=100, contract=contract))["bob"] == has
    for contract, has in ((54, "revit-1y"), (56, "Flex")):
        assert access(planned(move=100, contract=contract))["cat"] == has


def test_a_move_needs_todays_access() -> None:
    with pytest.raises(InputError) as raised:
        planned([], move=100)
    assert [f.code for f in raised.value.findings] == ["S200"]
    assert "`users`" in str(raised.value)
    assert data(planned([], contract=50).document)["proof"]["threshold"]["contracts"] == 1


def test_a_saved_plan_adds_up_with_its_fees(tmp_path: Path) -> None:
    saved = planned(contract=50).save(tmp_path / "my.plan")
    assert data(read_document(saved))["proof"]["threshold"]["objective"] == "4174.00"
    text = (saved / "plan.json").read_text().replace('"4174.00"', '"4173.00"')
    (saved / "plan.json").write_text(text)
    with pytest.raises(FlexoptError, match=r"proof\.threshold\.objective. is 4173\.00"):
        read_document(saved)


# --- the audit -------------------------------------------------------------------------------------------


@one_in(4)
@given(small(), st.sampled_from(["0", "12", "150"]), st.sampled_from(["0", "20", "300"]))
def test_the_audit_counts_the_same_and_proves_the_bounds(
    instance: Instance, contract: str, move: str
) -> None:
    """A plan that fails its audit raises; prices alone prove nearly what the solver does."""
    least = {"contract": contract, "move": move}
    policy = {"rules": instance.document.get("policy", []), "min_saving": least}
    source = instance.changed(policy=policy).source()
    assume(source.access or move == "0")
    try:
        found = plan(source, instance.usage)
    except (InfeasibleError, InputError):  # nothing is left to plan
        assume(False)
    proof = data(found.document)["proof"]
    said = proof["threshold"]
    assert (said is None) == (contract == move == "0")
    if said is not None:
        fees = said["contracts"] * Decimal(contract) + said["moves"] * Decimal(move)
        assert Decimal(said["objective"]) == found.total.amount + fees
        assert Decimal(proof["bound"]) <= Decimal(said["cheapest"]) <= found.total.amount
        assert Decimal(said["prices"]["bound"]) <= Decimal(said["bound"]) <= Decimal(said["objective"])


@pytest.mark.parametrize(
    ("path", "value", "failure"),
    [
        (("contracts",), 1, "2 new contracts, not 1"),
        (("moves",), 1, "2 moves, not 1"),
        (("objective",), "4219.00", "with its fees the plan costs 4409"),
        (("bound",), "4900.0000", "the bound of cost and fees is above them"),
        (("bound",), "4000.0000", "the bound of cost and fees is below that of the cost"),
        (("cheapest",), "100.00", "the cheapest plan known"),
        (("prices", "cuts"), [], "there are no prices to prove it"),
    ],
)
def test_what_is_not_true_of_the_threshold_is_found(path: tuple[str, ...], value: Any, failure: str) -> None:
    found = planned(move=100, contract=20)
    worse = data(found.document)
    part = worse["proof"]["threshold"]
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    scenario = Scenario.model_validate(worse["scenario"])
    demand = the_demand(DAYS, scenario)
    assert audit(found.document, scenario, (), demand, ACCESS) == []
    assert any(failure in f for f in audit(typed(worse), scenario, (), demand, ACCESS))
