"""Subscriptions exports: seats owned today, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import PurePath

from flexopt.base.findings import Severity
from flexopt.base.text import count
from flexopt.inputs.rules.renewal import is_lost, lost_seats
from flexopt.inputs.scenario.folder import Place, ScenarioFolder
from flexopt.inputs.scenario.scenario import Holding, OpeningPack, Scenario, normal
from flexopt.inputs.tables.delimited import DelimitedTable, read_table
from flexopt.inputs.tables.people_and_access import names_of
from flexopt.inputs.tables.subscription_ids import once
from flexopt.inputs.tables.subscription_offers import offer_of
from flexopt.inputs.tables.subscription_rows import Subscription, read_rows
from flexopt.inputs.tables.subscription_words import tokens_bought

COLUMNS = (
    *("subscription_id", "offering_name", "seat_quantity", "start_date", "end_date", "term"),
    *("autorenew_date", "contract_number", "subscription_status", "team"),
)
REQUIRED = ("offering_name", "seat_quantity", "end_date")
ALSO = {
    "subscription_id": ("subscription", "subscription_number", "subscription_no"),
    "offering_name": (
        *("offering", "product_offering", "subscription_name", "product_name", "product", "offer", "name"),
    ),
    "seat_quantity": (
        *("quantity", "seats", "number_of_seats", "no_of_seats", "seat_count", "qty", "total_seats"),
        *("seats_purchased", "purchased_seats", "total_quantity", "licenses", "license_quantity"),
    ),
    "start_date": ("start", "starts", "subscription_start_date", "term_start_date", "contract_start_date"),
    "end_date": (
        *("end", "ends", "subscription_end_date", "term_end_date", "contract_end_date"),
        *("expiration_date", "expiry_date", "expiration", "expires", "expires_on"),
    ),
    "term": ("subscription_term", "term_length", "contract_term", "billing_term", "duration"),
    "autorenew_date": ("auto_renew_date", "renewal_date", "next_renewal_date"),
    "contract_number": ("contract", "contract_no"),
    "subscription_status": ("status", "state"),
    "team": ("team_alias", "team_name"),
}
"""Names of the columns in other exports."""


def read_subscriptions(
    folder: ScenarioFolder, files: Sequence[tuple[str, Place]], scenario: Scenario
) -> tuple[tuple[Holding, ...], tuple[OpeningPack, ...]]:
    """Seats that are owned in the horizon or can be renewed at its start, and Flex packs as bought.

    Findings T3xx.
    """
    tables = [
        read_table(
            folder,
            name,
            place,
            "T3",
            known=COLUMNS,
            required=REQUIRED,
            filled=("offering_name",),
            exports=True,
            wanted={"subscriptions"},
            also=ALSO,
        )
        for name, place in files
    ]
    allotted = _allot(once([read_rows(table, scenario) for table in tables]), scenario)
    packs = _packs(allotted.packs, scenario.horizon.start)
    _say_packs(allotted.packs, packs, scenario)
    _say_lost(allotted.lost, scenario)
    _say_later(allotted.later)
    _say_by_hand(allotted.holdings, scenario, tables)
    if any(table.rows or not table.found for table in tables):
        allotted.say_all(tables, scenario)
    for table in tables:
        table.report(folder.findings)
    return tuple(holding for holding, _ in allotted.holdings), packs


@dataclass(slots=True)
class _Allotted:
    """What the rows are."""

    holdings: list[tuple[Holding, date]] = field(default_factory=list)
    """Each with the day on which its seats really end: before the horizon, it is planned as its first day."""
    packs: list[Subscription] = field(default_factory=list)
    lost: dict[str, list[Subscription]] = field(default_factory=dict)
    """By offer, or by name if there is no such offer."""
    later: list[Subscription] = field(default_factory=list)
    unknown: list[Subscription] = field(default_factory=list)
    gone: list[Subscription] = field(default_factory=list)

    def say_all(self, tables: Sequence[DelimitedTable], scenario: Scenario) -> None:
        """T320: all seats in one sentence."""
        start, end = scenario.horizon.start, scenario.horizon.end
        owned = sum(h.quantity for h, _ in self.holdings)
        clauses = [
            self._clause(lambda day: day <= start, "before the start", "can be renewed"),
            self._clause(lambda day: start < day < end, "within the horizon", "can be renewed then"),
            self._clause(lambda day: day >= end, "after the horizon", ""),
        ]
        asides = {
            "ended too long ago and are lost": [s for subs in self.lost.values() for s in subs],
            "start after the horizon and are left out": self.later,
            "have no offer in the scenario and are left out": self.unknown,
            "are not owned any more": self.gone,
        }
        starting = sum(h.quantity for h, _ in self.holdings if h.from_)
        clauses.append(f"{starting:,} start within the horizon" if starting else "")
        clauses += [
            f"{seats:,} {what}" for what, subs in asides.items() if (seats := sum(s.quantity for s in subs))
        ]
        names = [PurePath(table.file).name for table in tables]
        files = " and ".join(names) if len(names) < 3 else f"{len(names)} files"
        offers = count(len({h.offer for h, _ in self.holdings}), "offer")
        text = "; ".join([f"{count(owned, 'seat')} of {offers} read from {files}", *filter(None, clauses)])
        tables[0].add("20", text, "", value="", severity="info")

    def _clause(self, when: Callable[[date], bool], where: str, then: str) -> str:
        chosen = [(h.quantity, ends) for h, ends in self.holdings if when(ends)]
        seats = sum(quantity for quantity, _ in chosen)
        days = sorted({ends for _, ends in chosen})
        if not seats:
            return ""
        if "within" in where:
            more = ", ..." if len(days) > 5 else ""
            where += f" (first day without: {', '.join(map(str, days[:5]))}{more})"
        number = "all" if seats == sum(h.quantity for h, _ in self.holdings) else f"{seats:,}"
        return f"{number} end {where}" + (f" and {then}" if then else "")


def _allot(subs: Sequence[Subscription], scenario: Scenario) -> _Allotted:
    found = _Allotted()
    offers, names = scenario.offer_by_id, names_of(scenario)[1]
    for sub in subs:
        status = sub.row["subscription_status"][:60]
        if sub.standing == "gone":
            found.gone.append(sub)
            message = f"the status is `{status}`; left out"
            _say(sub, "13", "subscription_status", message, "such seats are not owned", severity="info")
            continue
        if sub.standing == "unknown":
            message = f"the status `{status}` is not known; its seats are counted as active ones"
            _say(sub, "25", "subscription_status", message, "delete the row if they are not owned")
        if sub.flex:
            found.packs.append(sub)
            continue
        named = [offers[o] for o in names.get(normal(sub.offering), [])]
        fitting = [o for o in named if sub.months in (None, o.term_months)]
        if is_lost(scenario, sub.months or (fitting[0].term_months if fitting else None), sub.ends):
            found.lost.setdefault(fitting[0].id if fitting else sub.offering, []).append(sub)
        elif (offer := offer_of(sub, scenario, named)) is None:
            found.unknown.append(sub)
        elif sub.starts is not None and sub.starts >= scenario.horizon.end:
            found.later.append(sub)
        else:
            _say_standing(sub, status, scenario.horizon.start)
            start = scenario.horizon.start
            later = sub.starts if sub.starts and sub.starts > start else None
            holding = Holding(
                offer=offer.id,
                quantity=sub.quantity,
                ends=max(sub.ends, start),
                subscription_id=sub.id[:200],
                **{"from": later},
            )
            found.holdings.append((holding, sub.ends))
    return found


def _say_standing(sub: Subscription, status: str, start: date) -> None:
    """T324, T326: a status that may say something else than the dates."""
    if sub.standing == "cancelling":
        message = f"the status is `{status}`: owned until the end, and can still be renewed then"
        hint = "nothing to do; the plan says what to renew"
        _say(sub, "24", "subscription_status", message, hint, severity="info")
    if sub.standing == "ended" and sub.ends > start:
        message = (
            f"the status is `{status}`, but the end is {sub.row['end_date']}: planned as owned until then"
        )
        _say(sub, "26", "subscription_status", message, "correct the status or the date")


def _say(
    sub: Subscription,
    number: str,
    column: str,
    message: str,
    hint: str,
    *,
    severity: Severity = "warning",
    value: str | None = None,
) -> None:
    sub.table.add(number, message, hint, row=sub.row, column=column, value=value, severity=severity)


def _packs(packs: Sequence[Subscription], start: date) -> tuple[OpeningPack, ...]:
    """The Flex packs that live at the start of the horizon, with all tokens bought; by their end."""
    live: Counter[date] = Counter()
    for sub in packs:
        if sub.ends > start:
            live[sub.ends] += tokens_bought(sub.offering, sub.quantity)
    return tuple(OpeningPack(tokens=Decimal(n), expires=day) for day, n in sorted(live.items()))


def _say_packs(packs: Sequence[Subscription], live: Sequence[OpeningPack], scenario: Scenario) -> None:
    """T323: packs of Flex tokens belong to the pool, with what is left in them."""
    bought = sum(int(pack.tokens) for pack in live)
    pool = ", ".join(f"{{tokens: {pack.tokens}, expires: {pack.expires}}}" for pack in live)
    severity: Severity = "warning"
    if not live:
        message, hint, severity = "Flex tokens are not seats; all have expired", "nothing to do", "info"
    elif not scenario.pool:
        message = f"Flex tokens are not seats: they belong to `pool`, which is empty; {bought:,} were bought"
        hint = f"add at most `pool: [{pool}]`: write the balance in the portal in place of what was bought"
    elif sum(pack.tokens for pack in scenario.pool) >= bought:
        message = f"the `pool` has all {bought:,} Flex tokens that were bought, as if none had been used"
        hint = "write the balance in the portal into `pool`"
    else:
        message = f"Flex tokens are not seats; {bought:,} were bought, the `pool` says how many are left"
        hint, severity = "compare the `pool` with the balance in the portal", "info"
    for sub in packs:
        _say(sub, "23", "offering_name", message, hint, severity=severity, value="")


def _say_lost(lost: dict[str, list[Subscription]], scenario: Scenario) -> None:
    """T317: seats that cannot be renewed any more."""
    offers = scenario.offer_by_id
    for name, subs in lost.items():
        quantity, ended = sum(sub.quantity for sub in subs), max(sub.ends for sub in subs)
        months = offers[name].term_months if name in offers else subs[0].months or 12
        message = lost_seats(scenario, offers.get(name, name), quantity, ended, months)
        hint = "nothing to do if they were not renewed; otherwise export again, or raise `renewable_for`"
        for sub in subs:
            _say(sub, "17", "end_date", message, hint, value=name)


def _say_later(later: Sequence[Subscription]) -> None:
    """T316: seats that start after the horizon."""
    days = sorted(sub.starts for sub in later if sub.starts)
    seats = count(sum(sub.quantity for sub in later), "seat")
    for sub in later:
        message = f"{seats} start after the horizon, the first on {days[0]}; left out"
        _say(sub, "16", "start_date", message, "check the dates of the horizon", value="")


def _say_by_hand(
    read: Sequence[tuple[Holding, date]], scenario: Scenario, tables: Sequence[DelimitedTable]
) -> None:
    """T330: seats of the exports that are among the scenario's `holdings` too."""
    seats: Counter[tuple[str, date]] = Counter()
    for holding, ends in read:
        seats[holding.offer, ends] += holding.quantity
    ids = {holding.subscription_id for holding, _ in read} - {""}
    for held in scenario.holdings:
        if held.subscription_id in ids or seats[held.offer, held.ends] == held.quantity:
            tables[0].add(
                "30",
                f"{count(held.quantity, 'seat')} of {held.offer} until {held.ends} are among the `holdings` "
                "of the scenario too; they are counted twice",
                "delete the line under `holdings`, unless these are other seats",
                value=f"{held.offer} {held.ends}",
                severity="warning",
            )
