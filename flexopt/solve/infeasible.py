"""Which rules of an infeasible scenario conflict, and what to relax.

First what no change of rules can fix (a product without any access), then the rules: minimal sets of rules
that cannot be satisfied together. Every question is a solve; if the time limit leaves one open, nothing is
claimed about single rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

import numpy as np

from flexopt.base.arrays import Bools
from flexopt.base.errors import InfeasibleError, LimitError, SolverError
from flexopt.demand.forecast import Demand
from flexopt.inputs.scenario.scenario import Holding, Scenario
from flexopt.model.sets import Problem, formulate
from flexopt.solve.optimise import Infeasible, optimise

Feasible = Callable[[Scenario, Sequence[Holding], Demand], bool]

SECONDS = Decimal(60)
"""Seconds allowed for each of the many solves."""

_ACCESS_HINT = (
    "add an offer that covers the product, put it on Flex (rates), add purchase dates, relax the policy, "
    "or leave the use out with `policy: [{product: ..., access: none}]`"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of the scenario in words, its hint, and the scenario without it."""

    words: str
    repair: str
    drop: Callable[[Scenario, Demand], tuple[Scenario, Demand]]


def feasible(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> bool:
    """Whether any plan satisfies the rules; raises LimitError if the time limit is reached first."""
    # any solution will do: a wide gap stops the search at the first
    options = scenario.solver.model_copy(
        update={"gap": Decimal("0.5"), "time_limit": min(scenario.solver.time_limit, SECONDS)}
    )
    try:
        optimise(formulate(scenario.model_copy(update={"solver": options}), holdings, demand))
    except Infeasible:
        return False
    return True


def explain_infeasible(
    scenario: Scenario, holdings: Sequence[Holding], demand: Demand, ask: Feasible = feasible
) -> InfeasibleError:
    """The error to raise for a problem proven infeasible: the conflicting rules, and what to relax."""
    if stranded := _without_access(formulate(scenario, holdings, demand)):
        return InfeasibleError("no plan is possible: " + "; ".join(stranded[:10]), _ACCESS_HINT)
    rules = _rules(scenario, demand)

    def only_with(kept: Sequence[_Rule]) -> tuple[Scenario, Demand]:
        s, d = scenario, demand
        for rule in rules:
            if rule not in kept:
                s, d = rule.drop(s, d)
        return s, d

    def possible(kept: Sequence[_Rule]) -> bool:
        s, d = only_with(kept)
        return ask(s, holdings, d)

    try:
        if not rules or not possible([]):
            bare, free = only_with([])
            alone = [
                name
                for p, name in enumerate(demand.products)
                if (demand.pair_product == p).any() and not ask(bare, holdings, _only(free, p))
            ]
            what = f": there is no access to {' and '.join(alone)} in some months" if alone else ""
            return InfeasibleError(
                f"no plan is possible, even without the scenario's rules and limits{what}",
                "seats or tokens are missing in part of the year: check the dates of offers, prices, rates, "
                "holdings and packs",
            )
        clashes = [_smallest_clash(possible, [], rules, known=True)]
        left = rules
        while left := [rule for rule in left if rule not in clashes[-1]]:
            if possible(left):
                break
            clashes.append(_smallest_clash(possible, [], left, known=True))
    except (LimitError, SolverError):
        return InfeasibleError(
            "no plan is possible; the time limit was reached before the conflicting rules were found: "
            + ", ".join(rule.words for rule in rules),
            "relax one of them, or raise solver.time_limit",
        )
    return InfeasibleError(
        "no plan is possible: "
        + "; and ".join(
            f"{' and '.join(r.words for r in clash)} cannot be satisfied"
            + (" together" if len(clash) > 1 else "")
            for clash in clashes
        ),
        "; and ".join(", or ".join(r.repair for r in clash) for clash in clashes),
    )


def _smallest_clash(
    possible: Callable[[Sequence[_Rule]], bool],
    kept: list[_Rule],
    rules: list[_Rule],
    *,
    known: bool,
) -> list[_Rule]:
    """A minimal set of the rules that cannot be satisfied together with `kept`.

    `known` says that `kept` alone is possible. (Junker's QuickXplain: few solves if few rules conflict.)
    """
    if not known and not possible(kept):
        return []
    if len(rules) == 1:
        return rules
    first, second = rules[: len(rules) // 2], rules[len(rules) // 2 :]
    of_second = _smallest_clash(possible, kept + first, second, known=False)
    of_first = _smallest_clash(possible, kept + of_second, first, known=not of_second)
    return of_first + of_second


# --- what no rule change can fix -------------------------------------------------------------------------


def _without_access(problem: Problem) -> list[str]:
    """Use that neither a seat nor tokens may serve, by product and reason."""
    demand, periods = problem.demand, problem.periods
    unlimited = np.zeros((len(demand.products), periods), dtype=bool)
    owned = np.zeros((len(demand.products), periods), dtype=np.int64)
    for c in problem.contracts:
        if c.quantity is None:
            unlimited[list(c.covers), c.first : c.after] = True
        elif not c.in_full:
            owned[list(c.covers), c.first : c.after] += c.quantity
    live = np.zeros(periods, dtype=bool)
    for pack in problem.packs:
        live[pack.first : pack.after] = True

    use = problem.days > 0
    tokens = problem.on_flex[demand.pair_product] & (live | (problem.tokens == 0))
    tokens &= (demand.pair_rule != "named")[:, None]
    seats = (unlimited | (owned > 0))[demand.pair_product] & (demand.pair_rule != "flex")[:, None]
    messages = []
    if late := [t for t in range(periods) if problem.cloud_exact[t][0] and not live[t]]:
        messages.append(
            f"per-result services need tokens on {problem.edges[late[0]]}, but no pack can be live then "
            "(purchase_dates, valid_days, pool)"
        )
    messages += _opening_short(problem, use & ~seats)
    for p in sorted(set(demand.pair_product.tolist())):
        mine = demand.pair_product == p
        stranded = use[mine] & ~seats[mine] & ~tokens[mine]
        if stranded.any():
            t = int(np.flatnonzero(stranded.any(axis=0))[0])
            count = int(stranded.any(axis=1).sum())
            who = f"{count} {'user' if count == 1 else 'users'} of {demand.products[p]}"
            messages.append(f"{who} without access from {problem.edges[t]} ({_why(problem, p, t, live)})")
            continue
        # users without tokens share the owned seats if no others are on offer
        needed = (use[mine] & ~tokens[mine]).sum(axis=0)
        for t in np.flatnonzero(~unlimited[p] & (needed > owned[p]))[:1].tolist():
            messages.append(
                f"{needed[t]} users of {demand.products[p]} need seats on {problem.edges[t]}, but only "
                f"{owned[p, t]} are owned or renewed and no others start ({_why(problem, p, t, live)})"
            )
    return messages


def _opening_short(problem: Problem, bound_to_flex: Bools) -> list[str]:
    """Whether opening packs hold too few tokens for the periods in which no purchased pack can be live."""
    alone = np.ones(problem.periods, dtype=bool)
    for pack in problem.packs:
        if pack.tokens is None:
            alone[pack.first : pack.after] = False
    opening = [p for p in problem.packs if p.tokens is not None and alone[p.first : p.after].any()]
    needed = (problem.tokens * bound_to_flex).sum(axis=0) * (1 + problem.buffer) + problem.cloud
    most, held = float(needed[alone].sum()), sum((p.tokens or 0 for p in opening), Decimal(0))
    if not opening or most <= held + Decimal("0.001"):
        return []
    return [
        f"{most:,.1f} tokens are needed from {problem.edges[int(np.argmax(alone))]} in months when no "
        "purchased pack can be live, but the opening packs hold only "
        f"{held} (purchase_dates, valid_days, pool)"
    ]


def _why(problem: Problem, p: int, t: int, live: Bools) -> str:
    if not problem.on_flex[p, t]:
        flex = "not on Flex"
    elif not live[t]:
        flex = "on Flex, but no pack can be live (purchase_dates, valid_days, pool)"
    else:
        flex = "on Flex"
    seats = sorted({c.offer for c in problem.contracts if p in c.covers and c.first <= t < c.after})
    policy = sorted({str(r) for r in problem.demand.pair_rule[problem.demand.pair_product == p] if r})
    parts = [flex, f"seats of {', '.join(seats)}" if seats else "no offer covers it"]
    return ", ".join(parts + [f"the policy requires {' and '.join(policy)}"] * bool(policy))


# --- the rules -------------------------------------------------------------------------------------------


def _rules(scenario: Scenario, demand: Demand) -> list[_Rule]:
    rules, tokens = [], scenario.tokens
    for b in scenario.budgets:
        words = f"the budget {b.id} of {b.amount:,} from {b.from_} to {b.to}"
        rules.append(_Rule(words, f"raise budgets.{b.id}.amount", partial(_without_budget, b.id)))
    token_limits = {
        "max_purchases": (tokens.max_purchases, f"the limit of {tokens.max_purchases} purchases"),
        "max_oversize": (tokens.max_oversize, f"max_oversize of {tokens.max_oversize}"),
    }
    for name, (limit, words) in token_limits.items():
        if limit is not None:
            rules.append(_Rule(words, f"raise tokens.{name}", partial(_without_token_limit, name)))
    for o in scenario.offers:
        if o.maximum is not None:
            drop = partial(_without_offer_limit, o.id, "maximum", None)
            rules.append(
                _Rule(f"the maximum of {o.maximum} seats of {o.id}", f"raise offers.{o.id}.maximum", drop)
            )
        if o.minimum > 1:
            drop = partial(_without_offer_limit, o.id, "minimum", 0)
            words = f"the minimum of {o.minimum} seats per order of {o.id}"
            rules.append(_Rule(words, f"lower offers.{o.id}.minimum", drop))
    if any(demand.pair_rule != ""):
        rules.append(_Rule("the policy", "relax the policy", _without_policy))
    return rules


def _without_budget(budget: str, s: Scenario, d: Demand) -> tuple[Scenario, Demand]:
    return s.model_copy(update={"budgets": tuple(b for b in s.budgets if b.id != budget)}), d


def _without_token_limit(name: str, s: Scenario, d: Demand) -> tuple[Scenario, Demand]:
    return s.model_copy(update={"tokens": s.tokens.model_copy(update={name: None})}), d


def _without_offer_limit(
    offer: str, name: str, value: int | None, s: Scenario, d: Demand
) -> tuple[Scenario, Demand]:
    offers = tuple(o.model_copy(update={name: value}) if o.id == offer else o for o in s.offers)
    return s.model_copy(update={"offers": offers}), d


def _only(demand: Demand, product: int) -> Demand:
    """The demand for one product."""
    kept = demand.pair_product == product
    number = np.cumsum(kept) - 1
    spans = demand.spans[kept[demand.spans["pair"].to_numpy()]]
    return replace(
        demand,
        pair_user=demand.pair_user[kept],
        pair_product=demand.pair_product[kept],
        pair_factor=demand.pair_factor[kept],
        pair_rule=demand.pair_rule[kept],
        spans=spans.assign(pair=number[spans["pair"].to_numpy()]).reset_index(drop=True),
    )


def _without_policy(s: Scenario, d: Demand) -> tuple[Scenario, Demand]:
    return s, replace(d, pair_rule=np.full(d.pairs, "", dtype=object))
