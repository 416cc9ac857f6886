"""What other commands added to a plan, held against the plan and itself."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_CEILING, Decimal

from flexopt.audit.notes import Notes
from flexopt.store.plan import PlanDocument
from flexopt.store.study_parts import ComparisonPart, Quote, ReviewPart, SensitivityPart

ZERO = Decimal(0)
CHECKS = [f"R{number}" for number in range(1, 8)]


def studies(doc: PlanDocument, notes: Notes) -> None:
    """Comparison, sensitivity and review, as far as they are there."""
    if doc.comparison is not None:
        _comparison(doc, doc.comparison, notes)
    if doc.sensitivity is not None:
        _sensitivity(doc.sensitivity, notes)
    if doc.review is not None:
        _review(doc, doc.review, notes)


def _comparison(doc: PlanDocument, part: ComparisonPart, notes: Notes) -> None:
    """Every quote adds up, one is the plan's own, and the differences are those of the totals."""
    first, least_saving = part.scenarios[0], doc.scenario.policy.min_saving
    fees = bool(least_saving.contract or least_saving.move)
    changed: dict[str, set[str]] = {quote.id: set() for quote in part.scenarios}
    for row in part.changes:
        changed[row.scenario].add(row.user)
        notes.expect(
            row.before != row.after and row.scenario != first.id,
            f"`comparison.changes` has access of {row.scenario} that does not change",
        )
    keys = [(row.scenario, row.user, row.product) for row in part.changes]
    notes.expect(len(keys) == len(set(keys)), "`comparison.changes` has a row twice")
    notes.expect(
        any(_is_own(quote, doc) for quote in part.scenarios), "no quote of `comparison` is that of this plan"
    )
    for number, quote in enumerate(part.scenarios):
        _quote(quote, first, f"`comparison.scenarios[{number}]", notes, fees=fees)
        same = part.regret[number][number]
        notes.expect(
            fees or same is None or same == 0,
            f"`comparison.regret[{number}][{number}]` is {same}: the quote's own plan",
        )
        if part.changes or doc.assignment:
            count = len(changed[quote.id])
            notes.expect(
                quote.users_changed == count,
                f"`comparison.scenarios[{number}].users_changed` is {quote.users_changed}, not {count}",
            )
    least = min(quote.total for quote in part.scenarios)
    notes.expect(
        any(quote.id == part.cheapest and quote.total == least for quote in part.scenarios),
        f"`comparison.cheapest` is {part.cheapest}, which does not cost least",
    )
    for number, (driver, quote) in enumerate(zip(part.drivers, part.scenarios[1:], strict=True)):
        parts = driver.seat_price + driver.token_price + driver.tier + driver.mix
        notes.expect(
            parts == driver.difference == quote.difference,
            f"`comparison.drivers[{number}]` adds up to {parts}, the difference is {quote.difference}",
        )


def _quote(quote: Quote, first: Quote, place: str, notes: Notes, *, fees: bool) -> None:
    packs = sum((pack.cost for pack in quote.purchases), ZERO)
    share = ((quote.total - quote.bound) / quote.total if quote.total else ZERO).quantize(
        Decimal("1e-12"), ROUND_CEILING
    )
    for name, said, found in (
        ("total", quote.total, quote.seats + quote.tokens),
        ("seats", quote.seats, sum((offer.cost for offer in quote.offers), ZERO)),
        ("tokens", quote.tokens, packs),
        ("tokens_bought", quote.tokens_bought, sum(pack.tokens for pack in quote.purchases)),
        ("difference", quote.difference, quote.total - first.total),
        ("gap", quote.gap, quote.gap if fees else share),
        ("used_cost", quote.tokens, quote.used_cost + quote.expired_cost + quote.left_cost),
    ):
        notes.expect(said == found, f"{place}.{name}` is {said}, but its parts come to {found}")
    notes.expect(quote.bound <= quote.total, f"{place}.bound` is above its total")


def _is_own(quote: Quote, doc: PlanDocument) -> bool:
    """Whether the quote says what the plan says."""
    packs = [(p.date, p.tokens, p.unit_price, p.cost) for p in doc.purchases]
    head = (doc.name, doc.status, doc.total, doc.proof.bound, doc.proof.gap)
    said = (quote.name, quote.status, quote.total, quote.bound, quote.gap)
    figures = ({*Quote.model_fields} & {*type(doc.summary).model_fields}) - {"purchases"}
    return (
        head == said
        and packs == [(p.date, p.tokens, p.unit_price, p.cost) for p in quote.purchases]
        and all(getattr(quote, name) == getattr(doc.summary, name) for name in figures)
    )


def _sensitivity(part: SensitivityPart, notes: Notes) -> None:
    """Levers are there once, move both ways, and the widest comes first; the savings are sorted."""
    names = [row.lever for row in part.levers]
    notes.expect(len(names) == len(set(names)), "`sensitivity.levers` has a lever twice")
    spreads = []
    for number, row in enumerate(part.levers):
        totals = [side.total for side in (row.low, row.high) if side.total is not None]
        spreads.append(max(totals) - min(totals) if totals else ZERO)
        notes.expect(
            row.low.value <= row.value <= row.high.value,
            f"`sensitivity.levers[{number}]` is not between its low and its high value",
        )
    notes.expect(spreads == sorted(spreads, reverse=True), "`sensitivity.levers` are not widest first")
    savings = [row.saving for row in part.negotiation]
    notes.expect(savings == sorted(savings, reverse=True), "`sensitivity.negotiation` is not largest first")
    values = {row.lever: row.value for row in part.levers}
    for number, grid in enumerate(part.grids):
        x, y = values.get(grid.x), values.get(grid.y)
        if x in grid.x_values and y in grid.y_values:
            said = grid.totals[grid.y_values.index(y)][grid.x_values.index(x)]
            notes.expect(
                said == part.total,
                f"`sensitivity.grids[{number}]` is {said} at today's values, not {part.total}",
            )


def _review(doc: PlanDocument, part: ReviewPart, notes: Notes) -> None:
    """Today's bill is that of the baseline, moves are counted, and the seven checks are there."""
    today = doc.baselines.get("today")
    for name, said, found in (
        ("today", part.today, today and today.total),
        ("saving", part.saving, None if part.today is None else part.today - part.total),
    ):
        notes.expect(said == found, f"`review.{name}` is {said}, not {found}")
    if part.moves or doc.assignment:
        counts = Counter(row.move for row in part.moves)
        for name, field in type(part.counts).model_fields.items():
            word = field.alias or name
            notes.expect(
                getattr(part.counts, name) == counts[word],  # type: ignore[index]
                f"`review.counts.{word}` is {getattr(part.counts, name)}, not {counts[word]}",  # type: ignore[index]
            )
        keys = [(row.user, row.product) for row in part.moves]
        notes.expect(len(keys) == len(set(keys)), "`review.moves` has a user and product twice")
        _planned(doc, part, notes)
    codes = [check.code for check in part.checks]
    notes.expect(codes == CHECKS, f"`review.checks` are {', '.join(codes)}")
    for number, check in enumerate(part.checks):
        notes.expect(
            check.found == bool(check.repair),
            f"`review.checks[{number}]` is found, or has a repair, but not both",
        )


def _planned(doc: PlanDocument, part: ReviewPart, notes: Notes) -> None:
    """The access after each move is that of the assignment."""
    columns = doc.assignment.columns
    cells = (columns[name].array().tolist() for name in ("user", "product", "offer"))
    plan: dict[tuple[str, str], set[str]] = {}
    for user, product, offer in zip(*cells, strict=True):
        plan.setdefault((user, product), set()).add(offer)
    met = 0
    for number, row in enumerate(part.moves):
        offers = plan.get((row.user, row.product))
        if offers is None:
            continue
        met += 1
        words = " + ".join([*sorted(o for o in offers if o), *(["Flex"] if "" in offers else [])])
        notes.expect(
            row.after == words, f"`review.moves[{number}].after` is {row.after}, in `assignment` {words}"
        )
    notes.expect(met == len(plan), f"`review.moves` has {met:,} of the {len(plan):,} users and products")
