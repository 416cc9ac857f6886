"""Options of the search: sizes and limits, which affect only how soon something is proven, not what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Sizes and limits of the search; the scenario's own `solver` has gap, time limit and seed."""

    small: float = 400
    """Choices up to which a model is solved whole."""

    # --- subproblems and their prices
    most_states: int = 2187
    """States of a step beyond which ends are rounded up: seven products with three levels of cover each."""
    pass_cells: int = 1 << 18
    """States x subproblems computed at once, to fit into a processor's cache."""
    pass_width: int = 1 << 14
    """Subproblems computed at once."""

    # --- bound
    groups: int = 400
    """Groups of subproblems in the restricted master; more groups need fewer passes."""
    most_passes: int = 40
    """Passes over the subproblems to find the prices of one set of tiers."""
    close: float = 0.02
    """Share of the required gap within which bound and restricted master are close enough."""
    most_certified: int = 50
    """Sets of tiers searched for their own cut, so that prices alone prove the plan."""

    # --- sets of tiers
    few_tiers: int = 8
    """Sets of tiers searched one by one without first finding prices for all of them."""
    most_tiers: int = 300
    """Sets of tiers open at a time; the master bounds all others together."""

    # --- cores
    quick_cores: tuple[int, ...] = (50, 200)
    """Subproblems in the first cores: those nearest to indifference about tokens fill a pack."""
    first_core: int = 1000
    """Most subproblems in the first core by window; twice as many in the next one."""
    first_window: float = 0.02
    """Reduced cost up to which decisions are open in the first core, in prices of an increment."""
    wider: float = 4
    """Factor by which the window and the nodes of the next core may grow."""
    first_nodes: int = 500
    """Search nodes of the solver for the first core."""
    most_cores: int = 2000
    """Total number of cores and sets of tiers tried."""
    hopeless: float = 0.01
    """Share of the bound; if a wider window has no plan, all decisions are opened."""
    whole_limit: int = 50_000
    """Subproblems up to which the whole model goes to the solver if the cores leave the plan unproven."""
    whole_reserve: int = 500
    """Subproblems up to which half of the time limit is reserved for the whole model."""

    # --- knapsack bound
    first_menus: int = 100
    """Subproblems with a choice in the first knapsack; twice as many in the next one."""
    most_cells: int = 20_000_000
    """Subproblems x remainders of the last knapsack: with more, no plan depends on a few units of money."""
    most_choices: int = 5_000
    """Choices on the menu of one subproblem."""
    most_labels: int = 10_000_000
    """Labels extended at once; beyond that the bound so far must suffice."""
    most_holdings: int = 4
    """Scarce holdings counted (those with the highest prices): their counts are the digits of one integer."""

    # --- ties
    tie_choices: int = 1000
    """Open choices when ties are settled."""
    tie_nodes: int = 200
    """Search nodes spent on ties: a count, not a time, so that every machine settles them the same way."""
