"""Every subscription once, whichever exports it appears in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from flexopt.base.findings import Severity
from flexopt.inputs.scenario.scenario import normal
from flexopt.inputs.tables.subscription_rows import Subscription


def once(files: Sequence[Sequence[Subscription]]) -> list[Subscription]:
    """The rows that count, in the order of the files: of each id the newest term; T318, T327, T329."""
    by_id: dict[str, list[Subscription]] = {}
    for sub in (sub for rows in files for sub in rows if sub.id):
        by_id.setdefault(normal(sub.id), []).append(sub)
    kept = {id(_newest(rows)): _newest(rows) for rows in by_id.values()}
    unnamed = {id(sub) for sub in _unnamed(files)}
    found = []
    for sub in (sub for rows in files for sub in rows):
        if id(sub) in unnamed:
            found.append(sub)
        elif id(sub) in kept:
            found.append(_told(sub, by_id[normal(sub.id)]))
    return found


def _newest(rows: Sequence[Subscription]) -> Subscription:
    """The row of the latest term; a row that says that this term is over is newer than one that does not."""
    over = {sub.ends for sub in rows if sub.standing == "gone"}
    live = [sub for sub in rows if sub.standing != "gone" and sub.ends not in over]
    gone = [sub for sub in rows if sub.standing == "gone"]
    return max(live or gone, key=lambda sub: (sub.ends, sub.starts or date.min))


def _told(kept: Subscription, rows: Sequence[Subscription]) -> Subscription:
    """The row that counts, from the first day of all terms that lead to it without a gap."""
    begins = kept.starts
    for sub in sorted(rows, key=lambda sub: sub.ends, reverse=True):
        if begins and sub.starts and sub.standing != "gone" and sub.starts < begins <= sub.ends:
            begins = sub.starts
    others = [sub for sub in rows if sub is not kept]
    for sub in others:
        where = "this file" if sub.file == kept.file else kept.file
        _say(
            sub,
            "18",
            f"subscriptions appear again in {where}; each is counted once, with the row of its newest term",
            "nothing to do; one export is enough",
            "info",
            value=kept.file,
        )
    different = next((sub for sub in others if sub.quantity != kept.quantity), None)
    if different is not None:
        last = [
            f"{s.quantity:,} until {s.ends - timedelta(1)}" for s in (kept, different) if s.ends > date.min
        ]
        against = last[1] if len(last) > 1 else f"{different.quantity:,}"
        _say(
            kept,
            "29",
            f'"{kept.id[:60]}" has {against} in line {different.row.number} of {different.file}, '
            f"and {last[0]} here, which counts",
            "name only the newest export, or delete the row that is out of date",
            "warning",
            value=kept.id,
        )
    return replace(kept, starts=begins)


def _unnamed(files: Sequence[Sequence[Subscription]]) -> list[Subscription]:
    """Rows without an id; those of a file that repeats another are left out."""
    # a file that has ids can stand for one that lacks them, but not the other way round
    order = sorted(range(len(files)), key=lambda n: any(not sub.id for sub in files[n]))
    found: list[Subscription] = []
    for place, number in enumerate(order):
        rows = [sub for sub in files[number] if not sub.id]
        for earlier in order[:place]:
            rows = _without(rows, files[earlier])
        found += rows
    return found


def _without(rows: list[Subscription], other: Sequence[Subscription]) -> list[Subscription]:
    """The rows that are not in another file, if the two have half of their rows or more in common."""
    if not rows or not other:
        return rows
    columns = sorted(
        rows[0].row.cells.keys() & other[0].row.cells.keys() & {"term", "team", "contract_number"}
    )

    def key(sub: Subscription) -> tuple[object, ...]:
        return (normal(sub.offering), sub.quantity, sub.ends, *(normal(sub.row[c]) for c in columns))

    there = Counter(map(key, other))
    same = (there & Counter(map(key, rows))).total()
    once_only = same * 2 >= min(len(rows), len(other))
    kept = []
    for sub in rows:
        if there[key(sub)] == 0:
            kept.append(sub)
            continue
        there[key(sub)] -= 1
        if not once_only:
            kept.append(sub)
        _say(
            sub,
            "27",
            f"rows without a subscription id are also in {other[0].file}; "
            + ("counted once" if once_only else "counted in both"),
            "export again with the column `subscription_id`, which tells them apart",
            "warning",
            value=other[0].file,
        )
    return kept


def _say(sub: Subscription, number: str, message: str, hint: str, severity: Severity, *, value: str) -> None:
    sub.table.add(
        number, message, hint, row=sub.row, column="subscription_id", value=value, severity=severity
    )
