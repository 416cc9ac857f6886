"""Checks what the charges say of tokens, used and not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from flexopt.audit.charged.read import (
    BUFFER,
    KINDS,
    QUANTITY,
    SERVICE,
    TOKENS,
    UNUSED,
    ChargeCells,
    in_cents,
)
from flexopt.audit.charged.seats import CENTS
from flexopt.audit.ledger import PoolPack, PoolReplay
from flexopt.audit.notes import Notes, distinct
from flexopt.audit.rules import cloud_tokens

COSTS = (
    "used_cost",
    "buffer_cost",
    "expired_cost",
    "left_cost",
    "expired_cost_with_buffer",
    "left_cost_with_buffer",
)


def charged_tokens(found: ChargeCells, pool: PoolReplay, notes: Notes) -> None:
    """A month's tokens cost what the packs cost from which they are drawn, each the same."""
    cloud = cloud_tokens(found.scenario)
    services = {s.service for s in found.scenario.cloud}
    of_service = found.kind == SERVICE
    for i in distinct(np.flatnonzero(of_service), found.cells["product"].codes):
        name = found.cells["product"][i]
        notes.expect(name in services, f"there is no per-result service {name}")
    days = list(pool.holds.items())
    for m, (name, first, after) in enumerate(found.months):
        mine = [n for n, (day, _) in enumerate(days) if first <= day < after]
        exact = sum((days[n][1].cents for n in mine), Fraction(0))
        raw = float(sum((cloud[n][0] for n in mine), Fraction(0)))
        used = float(sum((days[n][1].drawn for n in mine), Fraction(0)))
        theirs = (found.month == m) & ((found.kind == TOKENS) | of_service)
        cents, quantity = found.cents[theirs], found.quantity[theirs]
        spent = int(cents.sum())
        notes.expect(abs(spent - exact) < 1, f"the tokens of {name} do not cost what they are drawn from")
        told = float(found.quantity[theirs & of_service].sum())
        notes.expect(
            abs(float(quantity.sum()) - used) < QUANTITY * (1 + used) and abs(told - raw) < QUANTITY,
            f"the charges of {name} are not for the tokens used",
        )
        share = spent * quantity / max(used, 1e-9)
        notes.expect(
            not (abs(share - cents) > CENTS).any(), f"a token does not cost everybody the same in {name}"
        )


def kept_tokens(found: ChargeCells, pool: PoolReplay, notes: Notes) -> None:
    """What the packs keep if the forecast holds is buffer, or unused even if the buffer is used in full."""
    doc, months, end = found.doc, found.months, found.scenario.horizon.end
    money = found.scenario.money
    tokens: dict[tuple[int, int, bool], Fraction] = defaultdict(Fraction)
    least: dict[tuple[int, int, bool], float] = defaultdict(float)
    most: dict[tuple[int, int, bool], float] = defaultdict(float)
    for expires in sorted({p.expires for p in pool.packs}):
        packs = [p for p in pool.packs if p.expires == expires]
        kept, beyond = _left(packs), _left([p for p in pool.full_packs if p.expires == expires])
        name = (min(expires, end) - timedelta(days=1)).isoformat()[:7]
        month = [m for m, _, _ in months].index(name)
        for kind, amount in ((BUFFER, max(Fraction(0), kept - beyond)), (UNUSED, min(kept, beyond))):
            key = month, kind, expires <= end
            tokens[key] += amount
            least[key] += float(amount * min(p.each for p in packs)) - len(packs)
            most[key] += float(amount * max(p.each for p in packs)) + len(packs)

    def between(cents: int, keys: list[tuple[int, int, bool]], what: str) -> None:
        low, high = (sum(of[key] for key in keys) for of in (least, most))
        notes.expect(low <= cents <= high, f"{what} is not what the packs cost")

    for m, (name, _, _) in enumerate(months):
        for kind in (BUFFER, UNUSED):
            mine, keys = (found.month == m) & (found.kind == kind), [(m, kind, True), (m, kind, False)]
            told, exact = float(found.quantity[mine].sum()), float(sum(tokens[key] for key in keys))
            words = f"the {KINDS[kind]} of {name}"
            notes.expect(abs(told - exact) < QUANTITY, f"{words} is {exact:.4f} tokens, not {told}")
            between(int(found.cents[mine].sum()), keys, words)
    said = {name: getattr(doc.summary, name) for name in COSTS}
    paid = sum((p.cost for p in doc.purchases), Decimal(0))
    for kinds, name in (((TOKENS, SERVICE), "used_cost"), ((BUFFER,), "buffer_cost")):
        charged = Decimal(int(found.cents[np.isin(found.kind, kinds)].sum())).scaleb(
            -found.scenario.money.digits
        )
        notes.expect(said[name] == charged, f"`{name}` of the summary is {charged}, not {said[name]}")
    adds_up = said["used_cost"] + said["expired_cost"] + said["left_cost"] == paid
    notes.expect(adds_up, f"used, expired and left tokens do not cost {paid}")
    names = ("used_cost", "buffer_cost", "expired_cost_with_buffer", "left_cost_with_buffer")
    adds_up = sum(said[name] for name in names) == paid
    notes.expect(adds_up, f"used, expired and left tokens with the buffer do not cost {paid}")
    for name, kinds in (("", (BUFFER, UNUSED)), ("_with_buffer", (UNUSED,))):
        for what, expired in (("expired", True), ("left", False)):
            keys = [key for key in list(tokens) if key[1] in kinds and key[2] == expired]
            between(
                in_cents(getattr(doc.summary, f"{what}_cost{name}"), money),
                keys,
                f"`{what}_cost{name}` of the summary",
            )


def _left(packs: Sequence[PoolPack]) -> Fraction:
    return sum((p.left for p in packs), Fraction(0))
