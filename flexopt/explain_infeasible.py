"""Which rules of an infeasible scenario clash, and what to relax.

First what no rule change can mend (a product that nothing gives access to), then the rules: one after the
other is put back on top of a problem without any; those that make it infeasible are the clash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from flexopt.demand import Demand
from flexopt.errors import InfeasibleError
from flexopt.inputs.scenario import Holding, Scenario
from flexopt.optimise import Infeasible, optimise
from flexopt.problem import Problem, formulate

__all__ = ["explain_infeasible"]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of the scenario, its words, the repair, and the scenario without it."""

    words: str
    repair: str
    drop: Callable[[Scenario], Scenario]


def explain_infeasible(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> InfeasibleError:
    """The error to raise: names the clash and what to relax."""
    problem = formulate(scenario, holdings, demand)
    if stranded := _without_access(problem):
        return InfeasibleError("no plan is possible: " + "; ".join(stranded[:10]), _ACCESS_HINT)
    rules = _rules(scenario)
    bare = scenario
    for rule in rules:
        bare = rule.drop(bare)
    free = Demand(
        **{f: getattr(demand, f) for f in Demand.__slots__ if f != "pair_rule"},
        pair_rule=np.full(demand.pairs, "", dtype=object),
    )
    clash: list[_Rule] = []
    policy = any(demand.pair_rule != "")
    if not _feasible(bare, holdings, free):
        return InfeasibleError(
            "no plan is possible, even without the scenario's rules and limits",
            "a product may lack seats and tokens in part of the year: check offers, rates and pack lives",
        )
    if policy and not _feasible(bare, holdings, demand):
        return InfeasibleError("no plan is possible: the policy leaves no access", _ACCESS_HINT)
    # put the rules back one by one: a rule that breaks feasibility stays out and belongs to the clash
    for n, rule in enumerate(rules):
        candidate = scenario
        for other in [*clash, *rules[n + 1 :]]:
            candidate = other.drop(candidate)
        if not _feasible(candidate, holdings, demand):
            clash.append(rule)
    with_clash = [r.words for r in clash]
    rest = [r.words for r in rules if r not in clash]
    against = f", together with {', '.join(rest)}" if rest else ""
    against += " and the policy" if policy else ""
    return InfeasibleError(
        f"no plan is possible: {' and '.join(with_clash)} cannot be kept{against}",
        "; or ".join(r.repair for r in clash),
    )


_ACCESS_HINT = (
    "add an offer that covers the product, put it on Flex (rates), relax the policy, or leave the use "
    "out with `policy: [{product: ..., access: none}]`"
)


def _without_access(problem: Problem) -> list[str]:
    """Users whose demand neither a seat nor tokens may serve, by product and reason."""
    demand, messages = problem.demand, {}
    covered = np.zeros((len(demand.products), problem.periods), dtype=bool)
    limited = np.zeros_like(covered)
    for c in problem.contracts:
        covered[list(c.covers), c.first : c.after] = True
        if c.quantity is None:
            limited[list(c.covers), c.first : c.after] = True
    flex_rule, named_rule = demand.pair_rule == "flex", demand.pair_rule == "named"
    seat = covered[demand.pair_product] & ~flex_rule[:, None]
    tokens = problem.on_flex[demand.pair_product] & ~named_rule[:, None]
    stranded = (problem.days > 0) & ~seat & ~tokens
    for p in sorted({int(demand.pair_product[i]) for i in np.flatnonzero(stranded.any(axis=1))}):
        mine = stranded[demand.pair_product == p]
        first = problem.edges[int(np.flatnonzero(mine.any(axis=0))[0])]
        users = int(mine.any(axis=1).sum())
        messages[p] = f"{users} users of {demand.products[p]} have no access from {first}" + _why(
            problem, p, first
        )
    return list(messages.values())


def _why(problem: Problem, p: int, day: date) -> str:
    product = problem.scenario.products[p]
    t = problem.edges.index(day)
    flex = "it is on Flex" if problem.on_flex[p, t] else "it is not on Flex"
    seats = [c.offer for c in problem.contracts if p in c.covers and c.first <= t < c.after]
    offers = f"seats: {', '.join(sorted(set(seats)))}" if seats else "no seat on offer covers it"
    policy = sorted({str(r) for r in problem.demand.pair_rule[problem.demand.pair_product == p] if r})
    rule = f", the policy asks for {' and '.join(policy)}" if policy else ""
    return f" ({product.id}: {flex}, {offers}{rule})"


def _rules(scenario: Scenario) -> list[_Rule]:
    rules = []
    for budget in scenario.budgets:
        rules.append(
            _Rule(
                f"the budget {budget.id} of {budget.amount:,} from {budget.from_} to {budget.to}",
                f"raise budgets.{budget.id}.amount",
                lambda s, b=budget: s.model_copy(  # type: ignore[misc]
                    update={"budgets": tuple(x for x in s.budgets if x.id != b.id)}
                ),
            )
        )
    limits = [
        ("max_oversize", f"max_oversize of {scenario.tokens.max_oversize}", None),
        ("max_purchases", f"at most {scenario.tokens.max_purchases} purchases", None),
    ]
    for name, words, without in limits:
        if getattr(scenario.tokens, name) is not None:
            rules.append(
                _Rule(
                    words,
                    f"raise tokens.{name}",
                    lambda s, n=name, w=without: s.model_copy(  # type: ignore[misc]
                        update={"tokens": s.tokens.model_copy(update={n: w})}
                    ),
                )
            )
    for offer in scenario.offers:
        if offer.maximum is not None:
            rules.append(
                _Rule(
                    f"at most {offer.maximum} seats of {offer.id}",
                    f"raise offers.{offer.id}.maximum",
                    lambda s, o=offer: s.model_copy(  # type: ignore[misc]
                        update={
                            "offers": tuple(
                                x.model_copy(update={"maximum": None}) if x.id == o.id else x
                                for x in s.offers
                            )
                        }
                    ),
                )
            )
    return rules


def _feasible(scenario: Scenario, holdings: Sequence[Holding], demand: Demand) -> bool:
    # any solution will do: a wide gap stops the search at the first
    quick = scenario.model_copy(update={"solver": scenario.solver.model_copy(update={"gap": 0.5})})
    try:
        optimise(formulate(quick, holdings, demand))
    except Infeasible:
        return False
    return True
