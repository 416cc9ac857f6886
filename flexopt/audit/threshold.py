"""What `policy.min_saving` adds to the cost: fees of new contracts and moves, counted from the rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from flexopt.audit.claims import Claims
from flexopt.audit.notes import Notes, seat_of
from flexopt.audit.replay import Replay
from flexopt.audit.rules import additions_of
from flexopt.audit.todays_access import SEAT, TOKENS, Today
from flexopt.base.arrays import Ints
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.store.plan import PlanDocument


def threshold(
    doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding], notes: Notes
) -> tuple[Decimal, Decimal]:
    """What the plan minimises, and the bound on it: its cost, with `policy.min_saving` also all fees."""
    said, least = doc.proof.threshold, scenario.policy.min_saving
    total, bound = doc.total, doc.proof.bound
    notes.expect((said is not None) == any((least.contract, least.move)), "the threshold is not the policy's")
    if said is None:
        return total, bound
    contracts = new_contracts(doc, scenario, holdings)
    notes.expect(said.contracts == contracts, f"{contracts} new contracts, not {said.contracts}")
    money = scenario.money
    charged = money.ceil(least.contract) * contracts + money.ceil(least.move) * said.moves
    objective, of_objective, cheapest = said.objective, said.bound, said.cheapest
    notes.expect(objective == total + charged, f"with its fees the plan costs {total + charged}")
    notes.expect(of_objective <= objective, "the bound of cost and fees is above them")
    notes.expect(
        of_objective == money.floor(of_objective), "the bound with fees has a fraction of a minor unit"
    )
    notes.expect(of_objective >= bound, "the bound of cost and fees is below that of the cost")
    possible = bound <= cheapest <= total
    notes.expect(possible, f"the cheapest plan known, {cheapest}, is below the bound or dearer than this")
    return objective, of_objective


def new_contracts(doc: PlanDocument, scenario: Scenario, holdings: Sequence[Holding]) -> int:
    """The seats of users that are neither owned nor renewed nor stated."""
    stated = additions_of(scenario, holdings)
    found = 0
    for row in doc.seats:
        free = stated.get(seat_of(row), (0,))[0] if row.added else 0
        found += max(0, row.assigned - free) if row.new or row.added else 0
    return found


def moves(
    doc: PlanDocument, claims: Claims, replay: Replay, today: Today, *, whole: Ints, notes: Notes
) -> None:
    """The sets of products of a user (`whole`, by pair) with access that today's table does not give them.

    A seat moves all products that it covers, used on it or not; so do tokens where a seat is today's access.
    """
    foreign = np.array(
        [[offer not in (named or (offer,)) for named in today.named] for offer, _, _ in claims.seats],
        dtype=bool,
    ).reshape(len(claims.seats), len(today.named))
    other = foreign[replay.own_seat, today.offers[replay.own_pair]]
    other |= today.kind[replay.own_pair] == TOKENS
    on_tokens = replay.pair[replay.live == 0]
    moved = np.concatenate([replay.own_pair[other], on_tokens[today.kind[on_tokens] == SEAT]])
    found, said = len(np.unique(whole[moved])), doc.proof.threshold
    if said is not None:
        notes.expect(said.moves == found, f"{found} moves, not {said.moves}")
