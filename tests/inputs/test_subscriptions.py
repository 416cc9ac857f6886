"""Rows of Subscriptions exports: until when seats are owned, and of which offer."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from damages import SUBSCRIPTIONS
from subscription_files import TERMS, load, others, owned, said, write

from flexopt.inputs.scenario.load import load_scenario, read_scenario
from flexopt.inputs.scenario.scenario import Holding
from flexopt.inputs.tables.subscription_words import months_of, standing_of

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
        ("1. Mai 2025", "May 1 2026", "2026-05-01"),
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


def test_unknown_offerings_are_left_out_and_said(tmp_path: Path) -> None:
    read = load(tmp_path, "1,Maya,4,,2026-04-01,Annual,Active")
    assert (owned(read), others(read)) == ([], [("T314", "warning", 2)])
    assert said(read).message == (
        "0 seats of 0 offers read from subs.csv; 4 have no offer in the scenario and are left out"
    )


@pytest.mark.parametrize(
    ("name", "term", "offer"),
    [("AutoCAD", "Annual", "autocad-1y"), ("AutoCAD", "3 Year", "autocad-3y")],
)
def test_a_product_s_name_stands_for_the_offers_of_it_alone(
    name: str, term: str, offer: str, tmp_path: Path
) -> None:
    read = load(tmp_path, f"1,{name},4,,2026-04-01,{term},Active")
    assert owned(read) == [(offer, 4, "2026-04-01")]


def test_seats_that_start_later_are_owned_from_then(tmp_path: Path) -> None:
    """Five from February; those of the next year are left out, and so is a start after the end."""
    read = load(
        tmp_path,
        "1,vault-1y,5,2026-02-01,2027-02-01,Annual,Active",
        "2,vault-1y,6,2027-01-01,2028-01-01,Annual,Active",
        "3,vault-1y,7,2026-05-01,2026-04-01,Annual,Active",
    )
    assert [(h.quantity, h.from_) for h in read.holdings] == [(5, date(2026, 2, 1)), (7, None)]
    assert others(read) == [("T316", "warning", 3), ("T331", "warning", 4)]
    assert said(read).message.endswith(
        "; 5 start within the horizon; 6 start after the horizon and are left out"
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
