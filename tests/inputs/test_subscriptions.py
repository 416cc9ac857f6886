"""Subscriptions exports: which seats are owned, until when, and what is said about the others."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from damages import GOOD, SUBSCRIPTIONS, USAGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flexopt.base.findings import Finding
from flexopt.inputs.records import ScenarioFile
from flexopt.inputs.scenario.load import load_scenario, read_scenario
from flexopt.inputs.scenario.scenario import Holding
from flexopt.inputs.tables.subscription_words import months_of, standing_of, tokens_bought

TERMS = GOOD.replace(
    "tokens:\n  tiers",
    "  - {id: autocad-3y, aliases: [AutoCAD annual], covers: [AutoCAD], term_months: 36,"
    " prices: [{from: 2026-01-01, new: 6000}]}\n"
    "  - {id: vault-1m, aliases: [Vault], covers: [Vault], term_months: 1,"
    " prices: [{from: 2026-01-01, new: 60}]}\ntokens:\n  tiers",
)
SAID_ALWAYS = ("T320", "T321")
"""How many seats were read, and how `end_date` is read."""


def write(folder: Path, files: dict[str, str], extra: str = "", scenario: str = TERMS) -> Path:
    """The scenario with these Subscriptions exports; its horizon is the year 2026."""
    (folder / "usage.csv").write_text(USAGE)
    for name, text in files.items():
        (folder / name).write_text(text)
    listed = ", ".join(f'"{name}"' for name in files)
    (folder / "scenario.yaml").write_text(scenario + f"subscriptions: [{listed}]\n" + extra)
    return folder / "scenario.yaml"


def load(folder: Path, *rows: str, extra: str = "", scenario: str = TERMS) -> ScenarioFile:
    text = SUBSCRIPTIONS + "".join(f"{row}\n" for row in rows)
    return load_scenario(write(folder, {"subs.csv": text}, extra, scenario))


def owned(read: ScenarioFile) -> list[tuple[str, int, str]]:
    return [(h.offer, h.quantity, str(h.ends)) for h in read.holdings]


def others(read: ScenarioFile) -> list[tuple[str, str, int | None]]:
    """The findings about rows."""
    return [(f.code, f.severity, f.row) for f in read.findings if f.code not in SAID_ALWAYS]


def said(read: ScenarioFile, code: str = "T320") -> Finding:
    (found,) = (f for f in read.findings if f.code == code)
    return found


# The end of a term


@pytest.mark.parametrize(
    ("start", "end", "ends"),
    [
        ("2025-04-20", "2026-04-20", "2026-04-20"),
        ("2025-04-20", "2026-04-19", "2026-04-20"),
        ("2023-04-20", "2026-04-19", "2026-04-20"),
        ("2025-04-20T00:00:00Z", "2026-04-20T00:00:00Z", "2026-04-20"),
        ("2025-04-20", "2026-04-19T23:59:59Z", "2026-04-20"),
        ("20.04.2025", "19.04.2026", "2026-04-20"),
        ("4/20/2025", "4/19/2026", "2026-04-20"),
        ("20-Apr-2025", "20-Apr-2026", "2026-04-20"),
        ("2025-01-31", "2026-01-30", "2026-01-31"),
        ("2025-02-28", "2026-02-28", "2026-02-28"),
        ("2025-03-01", "2026-02-28", "2026-03-01"),
        ("2025-03-01", "9999-12-31", "2999-12-31"),
    ],
)
def test_whole_terms_say_what_the_end_is(start: str, end: str, ends: str, tmp_path: Path) -> None:
    read = load(tmp_path, f"1,AutoCAD annual,4,{start},{end},Annual,Active")
    assert owned(read) == [("autocad-1y", 4, ends)]
    assert others(read) == []


def test_a_row_of_whole_terms_decides_for_its_file(tmp_path: Path) -> None:
    """An addition that ends with its contract says nothing by itself: 2025-08-07 to 2026-04-19."""
    read = load(
        tmp_path,
        "1,AutoCAD annual,4,2025-04-20,2026-04-19,Annual,Active",
        "2,AutoCAD annual,3,2025-08-07,2026-04-19,Annual,Active",
        "3,vault-1y,2,,2026-04-19,,Active",
    )
    assert {ends for _, _, ends in owned(read)} == {"2026-04-20"}
    assert "last day" in said(read, "T321").message


@pytest.mark.parametrize(("renews", "ends"), [("2026-04-20", "2026-04-20"), ("2026-04-18", "2026-04-19")])
def test_the_day_of_renewal_decides_where_terms_do_not(renews: str, ends: str, tmp_path: Path) -> None:
    text = f"offering name,seats,end date,autorenew date\nvault-1y,4,2026-04-19,{renews}\n"
    assert owned(load_scenario(write(tmp_path, {"s.csv": text}))) == [("vault-1y", 4, ends)]


@pytest.mark.parametrize(
    ("key", "ends"), [("", "2026-04-19"), ("last_day", "2026-04-20"), ("first_day_without", "2026-04-19")]
)
def test_the_scenario_decides_where_the_file_does_not(key: str, ends: str, tmp_path: Path) -> None:
    extra = f"subscription_ends: {key}\n" if key else ""
    read = load(tmp_path, "1,vault-1y,4,,2026-04-19,,Active", extra=extra)
    assert owned(read) == [("vault-1y", 4, ends)]
    assert ("nothing in the file says" in said(read, "T321").message) == (not key)


def test_rows_of_both_kinds_are_read_each_in_its_way_and_said(tmp_path: Path) -> None:
    rows = (
        "1,AutoCAD annual,4,2025-04-20,2026-04-19,Annual,Active",
        "2,AutoCAD annual,3,2025-05-01,2026-05-01,Annual,Active",
    )
    read = load(tmp_path, *rows)
    assert [ends for _, _, ends in owned(read)] == ["2026-04-20", "2026-05-01"]
    assert said(read, "T322").severity == "warning"
    read = load(tmp_path, *rows, extra="subscription_ends: last_day\n")
    assert [ends for _, _, ends in owned(read)] == ["2026-04-20", "2026-05-02"]
    assert said(read, "T322").hint == "if all rows are alike, set `subscription_ends: first_day_without`"


# Renewal after the end


@pytest.mark.parametrize(
    ("name", "days", "extra", "renewable"),
    [
        ("vault-1y", 45, "", True),
        ("vault-1y", 46, "", False),
        ("vault-1m", 30, "", True),
        ("vault-1m", 31, "", False),
        ("vault-1y", 7, "renewable_for: 6\n", False),
        ("vault-1m", 60, "renewable_for: 60\n", True),
        ("vault-1y", 0, "renewable_for: 0\n", True),
    ],
)
def test_seats_can_be_renewed_for_a_while_after_their_end(
    name: str, days: int, extra: str, renewable: bool, tmp_path: Path
) -> None:
    ended = date(2026, 1, 1) - timedelta(days)
    read = load(tmp_path, f"1,{name},4,,{ended},,Expired", extra=extra)
    by_hand = f"holdings: [{{offer: {name}, quantity: 4, ends: {ended}}}]\n"
    (tmp_path / "scenario.yaml").write_text(TERMS + by_hand + extra)
    held = load_scenario(tmp_path / "scenario.yaml")
    assert owned(read) == owned(held) == ([(name, 4, "2026-01-01")] if renewable else [])
    assert others(read) == ([] if renewable else [("T317", "warning", 2)])
    kinds = [(f.code, f.severity) for f in held.findings]
    assert kinds == ([("S212", "info" if renewable else "warning")] if days else [])


def test_lost_seats_are_said_with_the_price_of_new_ones(tmp_path: Path) -> None:
    """AutoCAD costs 2,079 renewed and 2,310 new: 231 more for each of 7 seats."""
    read = load(
        tmp_path,
        "1,AutoCAD annual,4,2024-03-01,2025-03-01,Annual,Expired",
        "2,AutoCAD annual,3,2024-06-01,2025-06-01,Annual,Suspended",
    )
    assert not read.holdings
    assert said(read, "T317").count == 2
    assert said(read, "T317").message == (
        "7 seats of autocad-1y ended on 2025-06-01, more than 45 days before the start of the horizon: lost, "
        "not renewable. A renewal costs 2,079.00, a new seat 2,310.00: 1,617.00 more for all"
    )
    assert said(read).message.endswith("7 ended too long ago and are lost")


# Statuses


@pytest.mark.parametrize(
    ("status", "kept", "finding"),
    [
        *((s, True, None) for s in ("", "Active", "ACTIVE", "Aktiv", "Pending renewal", "Active - renewing")),
        *((s, True, ("T326", "warning", 2)) for s in ("Expired", "Suspended")),
        *(
            (s, True, ("T324", "info", 2))
            for s in ("Pending cancel", "Pending cancellation", "Cancelled at end of term", "Auto-renew off")
        ),
        *(
            (s, False, ("T313", "info", 2))
            for s in ("Canceled", "Cancelled", "Terminated", "Inactive", "Trial", "Free trial", "Gekündigt")
        ),
        ("Wibble", True, ("T325", "warning", 2)),
    ],
)
def test_every_status_has_its_rule(
    status: str, kept: bool, finding: tuple[str, str, int] | None, tmp_path: Path
) -> None:
    read = load(tmp_path, f"1,AutoCAD annual,4,2025-04-01,2026-04-01,Annual,{status}")
    assert owned(read) == ([("autocad-1y", 4, "2026-04-01")] if kept else [])
    assert others(read) == ([finding] if finding else [])


def test_a_row_that_is_not_owned_needs_neither_dates_nor_seats(tmp_path: Path) -> None:
    assert others(load(tmp_path, "1,Anything,,,,Annual,Canceled")) == [("T313", "info", 2)]


# Terms


@pytest.mark.parametrize(
    ("term", "months"),
    [
        *((t, 12) for t in ("Annual", "ANNUAL", "1 Year", "1-Year", "12 months", "yearly", "365 days")),
        *(
            (t, 36)
            for t in ("3-Year", "3 Year", "Multi-year 3", "Three years", "3yr", "36 mo", "P3Y", "Multi-year")
        ),
        ("3-Year, billed annually", 36),
        ("Annual, paid monthly", 12),
        *((t, 1) for t in ("Monthly", "1 month", "30 days", "monatlich")),
        *((t, None) for t in ("", "Standard", "Term 4")),
    ],
)
def test_terms_in_words(term: str, months: int | None) -> None:
    assert months_of(term) == months


@pytest.mark.parametrize("term", ["Annual", "1 Year", "12 months", ""])
def test_a_term_chooses_between_offers_with_one_alias(term: str, tmp_path: Path) -> None:
    """An empty term is that of the dates."""
    read = load(
        tmp_path,
        f"1,AutoCAD Annual,4,2025-04-01,2026-04-01,{term},Active",
        "2,autocad annual,2,2025-01-01,2028-01-01,3-Year,active",
    )
    assert owned(read) == [("autocad-1y", 4, "2026-04-01"), ("autocad-3y", 2, "2028-01-01")]
    assert [h.subscription_id for h in read.holdings] == ["1", "2"]
    assert others(read) == []


@pytest.mark.parametrize(
    ("name", "term", "hint"),
    [
        (
            "vault-1y",
            "3-Year",
            'add to `offers`, with its price: `- {id: vault-3y, aliases: ["vault-1y"], covers: ["Vault"], '
            "term_months: 36, prices: [{from: 2026-01-01, new: PRICE}]}`",
        ),
        ("vault-1y", "Monthly", 'add "vault-1y" to the `aliases` of `vault-1m`, which has this term'),
        (
            "AutoCAD annual",
            "Monthly",
            'add to `offers`, with its price: `- {id: autocad-1m, aliases: ["AutoCAD annual"], '
            'covers: ["AutoCAD"], term_months: 1, prices: [{from: 2026-01-01, new: PRICE}]}`',
        ),
    ],
)
def test_a_term_that_no_offer_has_is_an_error_with_the_repair(
    name: str, term: str, hint: str, tmp_path: Path
) -> None:
    text = SUBSCRIPTIONS + f"1,{name},4,,2026-04-01,{term},Active\n"
    findings = read_scenario(write(tmp_path, {"subs.csv": text}))[1]
    assert [(f.code, f.row, f.hint) for f in findings.errors] == [("T315", 2, hint)]
    if hint.startswith("add to"):
        line = hint.split("`")[3].replace("PRICE", "100")
        mended = TERMS.replace("tokens:\n  tiers", f"  {line}\ntokens:\n  tiers")
        read = load_scenario(write(tmp_path, {"subs.csv": text}, scenario=mended))
        assert owned(read) == [(line.split("id: ")[1].split(",")[0], 4, "2026-04-01")]


def test_a_term_that_is_not_understood_is_said(tmp_path: Path) -> None:
    read = load(tmp_path, "1,vault-1y,4,,2026-04-01,Standard,Active")
    assert (owned(read), others(read)) == ([("vault-1y", 4, "2026-04-01")], [("T328", "warning", 2)])


def test_unknown_offerings_and_later_seats_are_left_out_and_said(tmp_path: Path) -> None:
    read = load(
        tmp_path,
        "1,Maya,4,,2026-04-01,Annual,Active",
        "2,vault-1y,5,2026-02-01,2027-02-01,Annual,Active",
    )
    assert others(read) == [("T314", "warning", 2), ("T316", "warning", 3)]
    assert said(read).message == (
        "0 seats of 0 offers read from subs.csv; 5 start later and are left out; "
        "4 have no offer in the scenario and are left out"
    )


# Packs of Flex tokens


def test_flex_packs_belong_to_the_pool(tmp_path: Path) -> None:
    rows = (
        "1,Flex,1500,2025-11-01,2026-11-01,Annual,Active",
        "2,Autodesk Flex - 500 tokens,500,2026-02-01,2027-02-01,1-Year,Active",
        "3,Flex tokens,800,2024-11-01,2025-11-01,1-Year,Expired",
    )
    flex = TERMS.replace("aliases: [Vault]", "aliases: [Vault, Flex]")  # a mistake that must not make seats
    for scenario in (TERMS, flex):
        read = load(tmp_path, *rows, scenario=scenario)
        assert not read.holdings
        assert others(read) == [("T323", "warning", 2)]
        assert said(read, "T323").hint.startswith(
            "add at most `pool: [{tokens: 1500, expires: 2026-11-01}, {tokens: 500, expires: 2027-02-01}]`"
        )
    pool = "pool: [{tokens: 900, expires: 2026-11-01}]\n"
    assert others(load(tmp_path, *rows, extra=pool)) == [("T323", "info", 2)]


@pytest.mark.parametrize(
    ("name", "quantity", "tokens"),
    [("Flex", 1500, 1500), ("Autodesk Flex - 500 tokens", 500, 500), ("Flex - 1,000 tokens", 2, 2000)],
)
def test_tokens_of_a_pack(name: str, quantity: int, tokens: int) -> None:
    assert tokens_bought(name, quantity) == tokens


def test_flexsim_is_a_product() -> None:
    from flexopt.inputs.tables.subscription_words import is_flex

    assert not is_flex("FlexSim Enterprise")


# Once each

LAST = SUBSCRIPTIONS + (
    "S1,vault-1y,44,2025-01-20,2026-01-19,Annual,Active\n"
    "S2,AutoCAD annual,78,2025-01-20,2026-01-19,Annual,Active\n"
)
FIRST = LAST.replace("2026-01-19", "2026-01-20")


def test_one_subscription_in_two_exports_is_counted_once(tmp_path: Path) -> None:
    """122 seats, not 244, though one file names the last day and the other the first day without."""
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": LAST}))
    assert owned(read) == [("vault-1y", 44, "2026-01-20"), ("autocad-1y", 78, "2026-01-20")]
    assert others(read) == [("T318", "info", 2)]
    assert said(read, "T318").count == 2


def test_of_two_terms_of_a_subscription_the_newer_counts(tmp_path: Path) -> None:
    """It was renewed with four seats fewer: they are named, not added."""
    newer = FIRST.replace("2026", "2027").replace("2025", "2026").replace("S1,vault-1y,44", "S1,vault-1y,40")
    start = TERMS.replace("start: 2026-01-01", "start: 2026-01-20")
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": newer}, scenario=start))
    assert owned(read) == [("vault-1y", 40, "2027-01-20"), ("autocad-1y", 78, "2027-01-20")]
    assert others(read) == [("T318", "info", 2), ("T329", "warning", 2)]
    # before the change of terms, the older term leads to the newer one without a gap
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": newer}))
    assert owned(read) == [("vault-1y", 40, "2027-01-20"), ("autocad-1y", 78, "2027-01-20")]


def test_a_subscription_cancelled_since_is_not_owned(tmp_path: Path) -> None:
    later = FIRST.replace(
        "S1,vault-1y,44,2025-01-20,2026-01-20,Annual,Active", "s1,vault-1y,44,,2026-01-20,,Canceled"
    )
    read = load_scenario(write(tmp_path, {"a.csv": FIRST, "b.csv": later}))
    assert owned(read) == [("autocad-1y", 78, "2026-01-20")]


def test_rows_without_an_id_in_two_files_are_counted_once(tmp_path: Path) -> None:
    bare = FIRST.replace("S1", "").replace("S2", "")
    for files in ({"a.csv": bare, "b.csv": bare}, {"a.csv": bare, "b.csv": FIRST}):
        read = load_scenario(write(tmp_path, files))
        assert sorted(owned(read)) == [("autocad-1y", 78, "2026-01-20"), ("vault-1y", 44, "2026-01-20")]
        assert [code for code, _, _ in others(read)] == ["T327"]
    # twice in one file they are two orders
    assert len(load_scenario(write(tmp_path, {"a.csv": bare + bare.split("\n", 1)[1]})).holdings) == 4
    # exports of two teams have other rows in common only by chance
    north = bare + "".join(f",autocad-1y,{n},,2026-0{n}-01,,\n" for n in range(2, 8))
    south = bare.split("\n")[0] + "\n" + bare.split("\n")[1] + "\n"
    south += "".join(f",autocad-1y,{n},,2027-0{n}-01,,\n" for n in range(2, 8))
    read = load_scenario(write(tmp_path, {"a.csv": north, "b.csv": south}))
    assert sum(h.quantity for h in read.holdings if h.offer == "vault-1y") == 88
    assert "counted in both" in said(read, "T327").message


def test_seats_by_hand_that_are_in_an_export_too_are_said(tmp_path: Path) -> None:
    by_hand = "holdings: [{offer: vault-1y, quantity: 44, ends: 2026-01-20}]\n"
    read = load_scenario(write(tmp_path, {"a.csv": LAST}, by_hand))
    assert sum(h.quantity for h in read.holdings) == 166
    assert others(read) == [("T330", "warning", None)]


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_rows_are_shared_among_files_each_counts_once(data: st.DataObject, tmp_path: Path) -> None:
    """Files in any order, each with some of the subscriptions, in its own way of writing ends."""
    rows = data.draw(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 300)), min_size=1, max_size=6))
    files: dict[str, str] = {f"{name}.csv": SUBSCRIPTIONS for name in "abc"}
    last = data.draw(st.tuples(*[st.booleans()] * 3))
    for number, (seats, days) in enumerate(rows):
        ends = date(2026, 1, 20) + timedelta(days)
        for place in data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4)):
            shown = ends - timedelta(last[place])
            text = f"S{number},vault-1y,{seats},{ends.replace(year=2025)},{shown},Annual,Active\n"
            files["abc"[place] + ".csv"] += text
    read = load_scenario(write(tmp_path, files))
    expected = [(f"S{n}", q, date(2026, 1, 20) + timedelta(d)) for n, (q, d) in enumerate(rows)]
    assert sorted((h.subscription_id, h.quantity, h.ends) for h in read.holdings) == sorted(expected)
    assert {code for code, _, _ in others(read)} <= {"T318"}
    assert said(read).message.startswith(f"{sum(q for q, _ in rows)} seat")


# One sentence


def test_the_seats_in_one_sentence(tmp_path: Path) -> None:
    read = load_scenario(
        write(tmp_path, {"Subscriptions.csv": FIRST}, scenario=TERMS.replace("-01-01, m", "-01-20, m"))
    )
    assert said(read).message == (
        "122 seats of 2 offers read from Subscriptions.csv; all end before the start and can be renewed"
    )
    read = load(
        tmp_path,
        "1,AutoCAD annual,4,2024-12-20,2025-12-20,Annual,Expired",
        "2,AutoCAD annual,3,2025-08-01,2026-08-01,Annual,Active",
        "3,AutoCAD annual,5,2025-01-01,2028-01-01,3-Year,Active",
        "4,vault-1y,6,2024-03-01,2025-03-01,Annual,Expired",
    )
    assert said(read).message == (
        "12 seats of 2 offers read from subs.csv; 4 end before the start and can be renewed; "
        "3 end within the horizon (first day without: 2026-08-01) and can be renewed then; "
        "5 end after the horizon; 6 ended too long ago and are lost"
    )


def test_an_export_without_rows_is_said(tmp_path: Path) -> None:
    assert said(load(tmp_path)).message == "0 seats of 0 offers read from subs.csv"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Subscription ID,Offering,Seats,End date,Status,Team", "7,vault-1y,4,2026-04-01,Active,North"),
        ("team_alias;Product name;Quantity;End Date;Term", "North;vault-1y;4;2026-04-01;Annual"),
        ("OFFERING-NAME|SEAT-QUANTITY|END-DATE", "Vault-1Y|4|2026-04-01"),
    ],
)
def test_other_headers(header: str, row: str, tmp_path: Path) -> None:
    read = load_scenario(write(tmp_path, {"s.csv": f"{header}\n{row}\n"}))
    assert owned(read) == [("vault-1y", 4, "2026-04-01")]
    assert read.holdings[0] == Holding(
        offer="vault-1y",
        quantity=4,
        ends=date(2026, 4, 1),
        subscription_id="7" if "ID" in header.split(",", maxsplit=1)[0] else "",
    )


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [
        ("46113", "T311", "a day counted by Excel (2026-04-01)"),
        ("01/04/26", "T311", "a year of two digits"),
        ("01/04/2026", "T312", "ambiguous"),
        ("soon", "T311", "is not a date"),
    ],
)
def test_dates_that_cannot_be_read_are_named(end: str, code: str, words: str, tmp_path: Path) -> None:
    text = SUBSCRIPTIONS + f"1,vault-1y,4,,{end},Annual,Active\n"
    (error,) = read_scenario(write(tmp_path, {"subs.csv": text}))[1].errors
    assert (error.code, error.row, words in error.message) == (code, 2, True)


def test_standings_of_odd_statuses() -> None:
    assert standing_of("Active (auto-renew off)") == "cancelling"
    assert standing_of("Expiring soon") == "owned"
