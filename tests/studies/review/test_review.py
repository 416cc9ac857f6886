"""Every kind of move, every list and every check, on estates small enough to price by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from build import AUTOCAD_YEAR, REVIT_YEAR, Days, a_scenario, a_source, every
from documents import data

from flexopt.base.errors import FlexoptError
from flexopt.inputs.records import Person, TodaysAccess
from flexopt.store.study_parts import MoveCounts, ReviewCheck, ReviewPart
from flexopt.studies.review import Review, review

AEC = {
    "id": "aec-1y",
    "covers": ["AutoCAD", "Revit"],
    "term_months": 12,
    "prices": [{"from": "2025-01-01", "new": 3675}],
}


def named(user: str, product: str, offer: str = "") -> TodaysAccess:
    return TodaysAccess(user, product, "named", offer)


def flex(user: str, product: str) -> TodaysAccess:
    return TodaysAccess(user, product, "flex")


def days(count: int) -> list[date]:
    return every(date(2025, 1, 1), count)


def reviewed(
    days: Days,
    access: Sequence[TodaysAccess],
    people: Sequence[Person] = (),
    least: str = "0",
    columns: Sequence[str] = (),
    **changes: Any,
) -> ReviewPart:
    """The part `review`; `columns` are more columns of the usage, by name and value."""
    return a_review(days, access, people, least, columns, **changes).document


def a_review(
    days: Days,
    access: Sequence[TodaysAccess],
    people: Sequence[Person] = (),
    least: str = "0",
    columns: Sequence[str] = (),
    **changes: Any,
) -> Review:
    rows = [{"user": u, "product": p, "date": str(d)} for (u, p), dates in days.items() for d in dates]
    frame = pd.DataFrame(rows).assign(**{c.split("=")[0]: c.split("=")[1] for c in columns})
    return review(a_source(a_scenario(**changes), people, access), frame, min_saving=Decimal(least))


DAYS: Days = {
    ("ann", "AutoCAD"): days(150),  # 3,150 on Flex: a seat of 2,310
    ("bob", "AutoCAD"): days(20),  # 420 on Flex
    ("col", "AutoCAD"): days(100),  # 2,100 on Flex, and
    ("col", "Revit"): days(90),  # 2,700: the collection for 3,675
    ("dan", "Revit"): days(10),  # 300 on Flex
    ("eve", "AutoCAD"): days(200),
}
ACCESS = [
    flex("ann", "AutoCAD"),
    named("bob", "AutoCAD", "autocad-1y"),
    flex("col", "AutoCAD"),
    flex("col", "Revit"),
    named("eve", "AutoCAD", "autocad-1y"),
    named("fay", "Revit", "revit-1y"),
    flex("gus", "Revit"),
]


@cache
def estate() -> ReviewPart:
    return reviewed(DAYS, ACCESS, offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC])


def check(found: ReviewPart, code: str) -> ReviewCheck:
    (row,) = (row for row in found.checks if row.code == code)
    assert row.found == (row.count > 0) == bool(row.repair)
    return row


def test_every_kind_of_move_with_its_saving() -> None:
    rows = [
        (m.user, m.product, m.move, m.before, m.after, None if m.saving is None else str(m.saving))
        for m in estate().moves
    ]
    assert rows == [
        ("fay", "Revit", "release", "revit-1y", "", "2985.00"),
        ("bob", "AutoCAD", "to Flex", "autocad-1y", "Flex", "1890.00"),
        ("col", "AutoCAD", "to collection", "Flex", "aec-1y", "1125.00"),
        ("col", "Revit", "to collection", "Flex", "aec-1y", None),
        ("ann", "AutoCAD", "to seat", "Flex", "autocad-1y", "840.00"),
        ("gus", "Revit", "release", "Flex", "", "0.00"),
        ("dan", "Revit", "new", "", "Flex", None),
        ("eve", "AutoCAD", "keep", "autocad-1y", "autocad-1y", None),
    ]


def test_the_saving_of_the_set_is_exact() -> None:
    """Tokens one by one and nothing shared: here single savings add up."""
    found = estate()
    # 3,150 + 2,310 + 4,800 + 300 + 2,310 + 2,985 today; 2,310 + 420 + 3,675 + 300 + 2,310 in the plan
    assert (found.today, found.total, found.saving) == (15855, 9015, 6840)
    assert sum(m.saving or 0 for m in found.moves) == found.saving
    assert found.counts == MoveCounts(to_collection=2, to_seat=1, to_flex=1, release=2, new=1, keep=1)


def test_a_threshold_leaves_small_moves_alone() -> None:
    plan = a_review(DAYS, ACCESS, least="1000", offers=[AUTOCAD_YEAR, REVIT_YEAR, AEC]).plan.document
    found, said = plan.review, plan.proof.threshold
    assert found is not None
    assert said is not None
    assert {m.user: m.move for m in found.moves} == {
        **{m.user: m.move for m in estate().moves},
        "ann": "keep",  # 840 only
    }
    assert (found.total, found.saving) == (9855, 6000)
    # the release of a seat that nobody uses moves nobody
    assert (said.moves, said.objective, said.cheapest) == (2, 11855, 9015)
    assert said.bound == pytest.approx(11855, abs=Decimal("0.02"))
    assert (plan.status, plan.proof.bound) == ("optimal", 9015)
    assert data(plan)["scenario"]["policy"]["min_saving"] == {"contract": "0", "move": "1000"}


def test_a_seat_that_is_held_is_access_to_all_it_covers() -> None:
    """The table lists Revit only; the collection is kept, so AutoCAD is not new, nor is Revit released."""
    found = reviewed({("ann", "AutoCAD"): days(250)}, [named("ann", "Revit", "aec-1y")], offers=[AEC])
    moves = [(m.product, m.move, m.before, m.after) for m in found.moves]
    assert moves == [("AutoCAD", "keep", "aec-1y", "aec-1y"), ("Revit", "keep", "aec-1y", "aec-1y")]


def test_a_named_user_without_an_offer_keeps_any_seat() -> None:
    found = reviewed({("ann", "AutoCAD"): days(250)}, [named("ann", "AutoCAD")])
    assert [(m.move, m.before) for m in found.moves] == [("keep", "a seat")]


def test_access_that_is_not_possible_any_more_has_no_saving() -> None:
    gone = AUTOCAD_YEAR | {"id": "old-1y", "prices": [{"from": "2030-01-01", "new": 1}]}
    found = reviewed(
        {("ann", "AutoCAD"): days(20)}, [named("ann", "AutoCAD", "old-1y")], offers=[AUTOCAD_YEAR, gone]
    )
    assert (found.today, found.saving) == (None, None)
    assert [(m.move, m.saving) for m in found.moves] == [("to Flex", None)]


# --- lists -----------------------------------------------------------------------------------------------


def test_idle_seats() -> None:
    """The history ends on 31 December: 2 October is in its last 90 days' eve, 3 October the first of them."""
    use: Days = {
        ("ann", "AutoCAD"): [date(2025, 10, 2)],
        ("bob", "AutoCAD"): [date(2025, 10, 3)],
        ("col", "Revit"): [date(2025, 12, 31)],
    }
    access = [
        named("ann", "AutoCAD", "autocad-1y"),
        named("bob", "AutoCAD", "autocad-1y"),
        named("col", "AutoCAD", "aec-1y"),  # Revit is used on the same seat
        named("dan", "AutoCAD", "aec-1y"),
        named("dan", "Revit", "aec-1y"),
        flex("eve", "AutoCAD"),
    ]
    found = reviewed(use, access, offers=[AUTOCAD_YEAR, AEC])
    assert [(i.user, i.product, i.offer, i.last_use) for i in found.idle] == [
        ("dan", "AutoCAD, Revit", "aec-1y", None),
        ("ann", "AutoCAD", "autocad-1y", date(2025, 10, 2)),
    ]


def test_leavers() -> None:
    people = [
        Person("ann", leaves=date(2026, 12, 31)),
        Person("bob", leaves=date(2025, 12, 1)),
        Person("eve", leaves=date(2027, 1, 1)),
    ]
    found = reviewed(DAYS, ACCESS, people)
    assert [(row.user, row.product, row.offer, row.leaves) for row in found.leavers] == [
        ("bob", "AutoCAD", "autocad-1y", date(2025, 12, 1)),
        ("ann", "AutoCAD", "", date(2026, 12, 31)),
    ]


def test_double_use_where_the_usage_says_so() -> None:
    found = reviewed(DAYS, ACCESS, columns=["tokens=7"])
    assert [(row.user, row.product, row.offer, row.flex_days) for row in found.double_use] == [
        ("eve", "AutoCAD", "autocad-1y", 200),
        ("bob", "AutoCAD", "autocad-1y", 20),
    ]
    assert not estate().double_use


# --- checks ----------------------------------------------------------------------------------------------


def test_checks_have_their_codes_and_names() -> None:
    assert [(c.code, c.name) for c in estate().checks] == [
        ("R1", "Flex for power users"),
        ("R2", "tokens bought without usage data"),
        ("R3", "expiry ahead"),
        ("R4", "cloud services unmonitored"),
        ("R5", "oversized pool"),
        ("R6", "edge users not decided by the plan"),
        ("R7", "collection overlooked"),
    ]


def test_flex_for_power_users() -> None:
    found = check(estate(), "R1")  # ann: 150 days against a break-even of 110
    assert found.count == 1
    assert "their tokens would cost 3,150.00 USD; the plan gives 1 of them seats, which saves 840.00 USD" in (
        found.message
    )
    assert not check(reviewed({("bob", "AutoCAD"): days(20)}, [flex("bob", "AutoCAD")]), "R1").found


@pytest.mark.parametrize(("last", "count"), [(333, 32), (334, 0)])
def test_tokens_without_usage_data(last: int, count: int) -> None:
    use: Days = {("ann", "AutoCAD"): [date(2025, 1, 1), every(date(2025, 1, 1), last)[-1]]}
    found = check(reviewed(use, [flex("ann", "AutoCAD")]), "R2")
    assert found.count == count
    assert f"the usage covers {last} days; 14 tokens are held or to be bought" in found.message


def test_expiry_ahead() -> None:
    use: Days = {("ann", "AutoCAD"): [date(2025, 12, 1)]}
    for expires, count in (("2026-06-01", 1), ("2027-06-01", 0)):
        pool = [{"tokens": 100, "expires": expires}]
        found = check(reviewed(use, [flex("ann", "AutoCAD")], pool=pool), "R3")
        assert found.count == count
    used = {("ann", "AutoCAD"): [date(2025, 1, 2)]}
    pool = [{"tokens": 7, "expires": "2026-03-01"}]  # it ends within 90 days, and is used up before
    found = check(reviewed(used, [flex("ann", "AutoCAD")], pool=pool), "R3")
    assert (found.count, found.message) == (
        0,
        "no pack of the plan expires with a full increment of tokens to spare; "
        "a pack of 7 tokens expires on 2026-03-01: the plan uses it before",
    )


def test_oversized_pool() -> None:
    use: Days = {("ann", "AutoCAD"): days(100)}  # 700 tokens
    for tokens, count in ((805, 0), (806, 1), (900, 95)):  # 115 % is 805
        pool = [{"tokens": tokens, "expires": "2027-06-01"}]
        found = check(reviewed(use, [flex("ann", "AutoCAD")], pool=pool), "R5")
        assert (found.count, f"{tokens} tokens held" in found.message) == (count, True)


def test_edge_users() -> None:
    use: Days = {("ann", "AutoCAD"): days(115), ("bob", "AutoCAD"): days(105)}  # around 110
    found = check(reviewed(use, [flex("ann", "AutoCAD"), flex("bob", "AutoCAD")]), "R6")
    assert found.count == 1
    assert found.message == (
        "2 users and products within 20 % of the break-even; 1 has different access today from the plan, "
        "which saves 105.00 USD"
    )
    right = [named("ann", "AutoCAD", "autocad-1y"), flex("bob", "AutoCAD")]
    assert not check(reviewed(use, right), "R6").found


def test_collection_overlooked() -> None:
    found = check(estate(), "R7")
    assert (found.count, "1,125.00 USD saved" in found.message) == (1, True)
    assert not check(reviewed(DAYS, ACCESS), "R7").found


def test_cloud_unmonitored(tmp_path: Path) -> None:
    for cloud, count in ([], 2), ([{"service": "CFD", "monthly_tokens": 10}], 0):
        scenario = json.loads(a_scenario(cloud=cloud).model_dump_json(by_alias=True))
        scenario |= {"usage": {"files": ["usage.csv"]}, "access": "access.csv"}
        (tmp_path / "scenario.yaml").write_text(json.dumps(scenario))
        (tmp_path / "access.csv").write_text("user,product,access,offer\nann,AutoCAD,flex,\n")
        (tmp_path / "usage.csv").write_text(
            "userName,productName,usageDate,usageCategory,tokensConsumed\n"
            "ann,AutoCAD,2025-01-02,DESKTOP_PRODUCT,7\nann,AutoCAD,2025-12-30,DESKTOP_PRODUCT,7\n"
            "ann,CFD,2025-03-02,CLOUD_SERVICE,10\nann,CFD,2025-03-05,CLOUD_SERVICE,35\n"
        )
        found = review(tmp_path / "scenario.yaml").document
        assert check(found, "R4").count == count


def test_without_a_table_of_access_the_error_says_how_to_make_one() -> None:
    with pytest.raises(FlexoptError, match="the scenario has no access table") as error:
        review(a_source(a_scenario()))
    assert "write access.csv with the columns user,product,access,offer" in error.value.hint
    with pytest.raises(FlexoptError, match=r"access.csv has no rows"):
        review(a_source(a_scenario(access="access.csv")))
