"""Today's access beside the plan's, by user and product: what stays, and what moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from flexopt.inputs.records import TodaysAccess
from flexopt.inputs.scenario.scenario import Scenario
from flexopt.store.study_parts import Moved

MOVES: tuple[Moved, ...] = get_args(Moved)
"""The possible changes of a user's access to a product."""

Pair = tuple[str, str]
"""User and product."""


@dataclass(frozen=True, slots=True)
class Has:
    """How a user reaches a product: seats of these offers, a seat of unnamed offer, or tokens."""

    offers: frozenset[str] = field(default_factory=frozenset)
    any_seat: bool = False
    flex: bool = False

    def __bool__(self) -> bool:
        return bool(self.offers) or self.any_seat or self.flex

    @property
    def words(self) -> str:
        """`aec-1y + Flex`; empty without access."""
        return " + ".join(
            [*sorted(self.offers), *(["a seat"] if self.any_seat else []), *(["Flex"] if self.flex else [])]
        )

    def holds(self, other: Has) -> bool:
        """Whether this access includes everything in the other."""
        return (self.any_seat or other.offers <= self.offers) and (self.flex or not other.flex)


@dataclass(frozen=True, slots=True)
class Move:
    """A user's access to a product today and in the plan.

    together : moves of one user with the same number stand or fall together, since they share a seat; -1
        where nothing of today's access changes
    """

    user: str
    product: str
    kind: Moved
    before: Has
    after: Has
    together: int


def todays(scenario: Scenario, access: Sequence[TodaysAccess], planned: Iterable[Pair]) -> dict[Pair, Has]:
    """Today's access of all users in the table, including to what they use in the plan.

    A seat takes precedence over tokens: a user with a seat that covers a product does not use it on Flex.
    """
    covers = {o.id: set(o.covers) for o in scenario.offers}
    held: dict[str, set[str]] = defaultdict(set)
    for row in access:
        if row.access == "named" and row.offer:
            held[row.user].add(row.offer)

    def seats(user: str, product: str) -> frozenset[str]:
        return frozenset(o for o in held.get(user, ()) if product in covers[o])

    found: dict[Pair, Has] = {}
    for row in access:
        if row.access == "named":
            has = Has(frozenset([row.offer])) if row.offer else Has(any_seat=True)
        elif mine := seats(row.user, row.product):
            has = Has(mine)
        else:
            has = Has(flex=True)
        found[row.user, row.product] = has
    for pair in planned:
        if pair not in found:
            found[pair] = Has(seats(*pair))
    return found


def moves_of(
    scenario: Scenario, access: Sequence[TodaysAccess], assignment: Sequence[Mapping[str, Any]]
) -> list[Move]:
    """Every user and product of today's table and of the plan's assignment, sorted by user and product."""
    covers = {o.id: set(o.covers) for o in scenario.offers}
    plan: dict[Pair, Has] = {}
    seats: dict[str, set[str]] = defaultdict(set)
    for row in assignment:
        pair = row["user"], row["product"]
        before = plan.get(pair, Has())
        offers = before.offers | {row["offer"]} if row["offer"] else before.offers
        plan[pair] = Has(offers, flex=before.flex or not row["offer"])
        if row["offer"]:
            seats[row["user"]].add(row["offer"])
    of_user: dict[str, list[Move]] = defaultdict(list)
    for (user, product), today in sorted(todays(scenario, access, plan).items()):
        after = plan.get((user, product))
        if after is None:
            # not used, but covered by a seat that the plan keeps for another product
            kept = {o for o in seats.get(user, ()) if product in covers[o]}
            after = Has(frozenset(kept if today.any_seat else kept & today.offers))
        kind = _kind(today, after, {o for o, of in covers.items() if len(of) > 1})
        of_user[user].append(Move(user, product, kind, today, after, -1))
    return [move for moves in of_user.values() for move in _together(moves)]


def _kind(today: Has, after: Has, collections: set[str]) -> Moved:
    if not today:
        return "new"
    if not after:
        return "release"
    if today.holds(after):
        return "keep"
    fresh = frozenset() if today.any_seat else after.offers - today.offers
    return "to collection" if fresh & collections else "to seat" if fresh else "to Flex"


def _together(moves: Sequence[Move]) -> list[Move]:
    """The moves of one user, numbered: those that share a seat, today or in the plan, share a number."""
    number = list(range(len(moves)))
    first: dict[str, int] = {}
    for n, move in enumerate(moves):
        for offer in move.before.offers | move.after.offers if _moves(move) else ():
            if offer in first:
                old, new = number[n], number[first[offer]]
                number = [new if m == old else m for m in number]
            first[offer] = n
    known = {
        m: i for i, m in enumerate(dict.fromkeys(m for m, x in zip(number, moves, strict=True) if _moves(x)))
    }
    return [
        Move(x.user, x.product, x.kind, x.before, x.after, known[m] if _moves(x) else -1)
        for m, x in zip(number, moves, strict=True)
    ]


def _moves(move: Move) -> bool:
    return move.kind not in ("keep", "new")
