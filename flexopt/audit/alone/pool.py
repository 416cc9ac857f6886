"""The ledger replayed from its own rows: period by period, as packs only start and expire between periods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from flexopt.audit.notes import TOLERANCE, Notes, close, show
from flexopt.audit.rules import cloud_tokens, opening_packs
from flexopt.store.plan import PlanDocument


@dataclass(slots=True)
class _Pack:
    first: date
    expires: date
    left: Fraction


def pool(doc: PlanDocument, notes: Notes) -> None:
    """Both cases of the ledger, and the buffer's share of what is used."""
    _replay(doc, "", notes)
    _replay(doc, "_with_buffer", notes)
    days = cloud_tokens(doc.scenario)
    share = Fraction(doc.scenario.tokens.buffer)
    for row in doc.ledger:
        first, after = ((day - doc.horizon.start).days for day in (row.period_start, row.period_end))
        raw, buffered = (sum((pair[n] for pair in days[first:after]), Fraction(0)) for n in (0, 1))
        exact = (Fraction(row.used) - raw) * share + buffered - raw
        # a fraction of a ten-thousandth may be missing in the pool
        fits = Fraction(row.used) - raw >= -TOLERANCE and close(Fraction(row.buffer), exact, 2 * TOLERANCE)
        notes.expect(
            fits, f"`buffer` in the ledger of {row.period_start} is {row.buffer} tokens, not {show(exact)}"
        )


def _replay(doc: PlanDocument, case: str, notes: Notes) -> None:
    start = doc.horizon.start
    packs = [_Pack(start, pack.expires, Fraction(pack.tokens)) for pack in opening_packs(doc.scenario)]
    packs = [pack for pack in packs if pack.left]
    held = sum((pack.left for pack in packs), Fraction(0))
    packs += [_Pack(pack.date, pack.expires, Fraction(pack.tokens)) for pack in doc.purchases]
    for row in doc.ledger:
        first, after = row.period_start, row.period_end
        live = sorted(
            (pack for pack in packs if pack.first <= first < pack.expires),
            key=lambda pack: (pack.expires, pack.left),
        )
        inside = [pack for pack in packs if first < pack.first < after or first < pack.expires < after]
        notes.expect(not inside, f"a pack starts or expires inside the period of {first} of the ledger")
        bought = sum((Fraction(pack.tokens) for pack in doc.purchases if pack.date == first), Fraction(0))
        due = Fraction(row.used) + (Fraction(row.buffer) if case else 0)
        for pack in live:
            taken = min(pack.left, due)
            pack.left -= taken
            due -= taken
        short = due > TOLERANCE
        notes.expect(not short, f"the ledger of {first} uses {show(due)} tokens more than there are")
        expired = sum((pack.left for pack in live if pack.expires == after), Fraction(0))
        closing = sum((pack.left for pack in live), Fraction(0)) - expired
        for name, tokens in (("bought", bought), *_named(case, held, expired, closing)):
            said = Fraction(getattr(row, name))
            notes.expect(
                close(said, tokens, 2 * TOLERANCE),
                f"`{name}` in the ledger of {first} is {show(said)} tokens, in a replay {show(tokens)}",
            )
        held = closing


def _named(
    case: str, opening: Fraction, expired: Fraction, closing: Fraction
) -> tuple[tuple[str, Fraction], ...]:
    return (f"opening{case}", opening), (f"expired{case}", expired), (f"closing{case}", closing)
