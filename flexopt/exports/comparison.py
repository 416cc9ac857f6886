"""A comparison as text, Markdown and CSV: scenarios in columns, the first (the baseline) first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from flexopt.base.money import Currency
from flexopt.base.text import WIDTH, abridged, count, fill, money, percent, printable, text_table
from flexopt.exports.shown import shown_comparison
from flexopt.store.study_parts import ComparisonDocument, Quote
from flexopt.store.table_csv import table_csv
from flexopt.store.tables import TOKEN_FIGURES

Line = list[str]

HEAD, LABEL = 13, 24
"""Most characters of a label in the head of a column, and of the name of a row."""

DRIVERS = {"seat_price": "seat prices", "token_price": "token prices", "tier": "token tiers", "mix": "mix"}

DRIVERS_NOTE = (
    "seat prices: the seats of {first} at the other quote's prices. token prices: its packs, in the same "
    "sizes, at the other quote's prices. token tiers: the effect of other pack sizes on the price per token. "
    "mix: the rest, from different numbers of seats and tokens. The four add up to the difference."
)
REGRET_NOTE = (
    "regret: rows are the plan that is kept, columns the quote that is signed; the amount is the extra cost "
    "compared with the quote's own plan. Seats stay assigned as they were, and the tokens are bought again."
)
TOKEN_KINDS = {
    "used": "tokens used",
    "buffer": "used as buffer",
    "expired": "expire unused",
    "left": "left at the end",
}
BUFFER_NOTE = "the buffer is bought on top of the forecast: if the forecast holds, it expires or is left"


def comparison_text(document: ComparisonDocument, width: int = WIDTH) -> str:
    """The comparison for a terminal of `width` columns; scenarios that do not fit follow in more blocks."""
    document = shown_comparison(document)
    tables = [*_tables(document)]
    blocks = _Blocks(document, tables, max(width, WIDTH))
    parts = [text_table(["scenario", "name"], _names(document))]
    for table in tables:
        parts.append(blocks.text(table))
        parts += [fill(printable(table.note))] if table.note else []
        parts += [fill(note, later="  ") for note in table.notes]
    return "\n\n".join([*parts, fill(_proof(document)), fill(_headline(document))])


def comparison_markdown(document: ComparisonDocument) -> str:
    """The comparison as Markdown; names from the inputs are escaped."""
    document = shown_comparison(document)
    heads = [s.id for s in document.scenarios]
    parts = ["# Comparison", _pipes(["scenario", "name"], _names(document))]
    for table in _tables(document):
        parts.append(_pipes([table.title, *heads], table.lines))
        parts += [_escaped(table.note)] if table.note else []
        parts += ["\n".join(f"- {_escaped(note)}" for note in table.notes)] if table.notes else []
    return "\n\n".join([*parts, _escaped(_proof(document)), _escaped(_headline(document))])


def comparison_csv(document: ComparisonDocument) -> Iterator[str]:
    """A row per scenario: its figures, its drivers, and its plan's regret under each quote."""
    drivers = {row.scenario: row for row in document.drivers}
    scenarios = document.scenarios
    kinds: dict[str, type] = {
        **dict.fromkeys(("id", "name", "status", "currency"), str),
        **dict.fromkeys(("total", "difference", "seats", "tokens", "commitment", "bound", "gap"), Decimal),
        **dict.fromkeys(
            ("annual_seats", "monthly_seats", "seat_months", "seats_owned", "tokens_bought"), int
        ),
        **dict.fromkeys((*TOKEN_FIGURES, "effective_token_price"), Decimal),
        "users_changed": int,
        **dict.fromkeys((f"driver_{name}" for name in DRIVERS), Decimal),
    }
    regret = {f"regret_under_{n}": Decimal for n, _ in enumerate(scenarios, 1)}
    rows, none = [], Currency(document.currency).zero
    for s, cells in zip(scenarios, document.regret, strict=True):
        row = dict(s) | {"currency": document.currency}
        mine = drivers.get(s.id)
        row |= {f"driver_{name}": getattr(mine, name, none) for name in DRIVERS}
        rows.append(row | dict(zip(regret, cells, strict=True)))
    return table_csv(rows, kinds | regret)


# --- its words -------------------------------------------------------------------------------------------


def _headline(document: ComparisonDocument) -> str:
    scenarios, currency = document.scenarios, document.currency
    first = scenarios[0]
    best = next(s for s in scenarios if s.id == document.cheapest)
    if best is first:
        dearer = [s for s in scenarios[1:] if s.difference]
        if not dearer:
            return f"all cost the same as {first.id}: {money(first.total)} {currency}"
        near = min(dearer, key=lambda s: s.difference)
        return (
            f"{first.id} is the cheapest: {money(first.total)} {currency}; "
            f"{near.id} costs {_whole(near.difference)} more{_share(near, first).replace('+', '')}"
        )
    users = count(best.users_changed, "user")
    return (
        f"{best.id} is the cheapest: it saves {_whole(best.difference)} {currency} against "
        f"{first.id}{_share(best, first).replace('-', '')}; access changes for {users}"
    )


def _whole(amount: Decimal) -> str:
    return f"{abs(amount).quantize(Decimal(1), ROUND_HALF_UP):,}"


def _share(scenario: Quote, first: Quote) -> str:
    total = first.total
    return f", {scenario.difference / total * 100:+.1f} %" if total else ""


def _names(document: ComparisonDocument) -> list[Line]:
    first, *others = document.scenarios
    names = [[first.id, f"{first.name} (baseline)".strip()]]
    return names + [[s.id, s.name] for s in others]


@dataclass(frozen=True, slots=True)
class _Table:
    """Lines of a label and a cell for each scenario, and the notes below."""

    title: str
    lines: Sequence[Line]
    note: str = ""
    notes: Sequence[str] = ()


def _tables(document: ComparisonDocument) -> Iterator[_Table]:
    scenarios = document.scenarios
    first = scenarios[0]

    def line(label: str, key: str) -> Line:
        return [label, *(money(getattr(s, key)) for s in scenarios)]

    def counts(label: str, key: str) -> Line:
        return [label, *(f"{getattr(s, key):,}" for s in scenarios)]

    cost = [line("seats", "seats"), line("token packs", "tokens"), line("total", "total")]
    cost.append(["against the first", "-", *(_signed(s.difference) for s in scenarios[1:])])
    cost.append(["", "-", *(_share(s, first).removeprefix(", ") or "-" for s in scenarios[1:])])
    yield _Table(f"cost in {document.currency}", [*cost, line("total commitment", "commitment")])
    bought = [counts("annual seats", "annual_seats"), counts("monthly, at once", "monthly_seats")]
    bought += [counts("seat-months", "seat_months"), counts("seats owned", "seats_owned")]
    bought.append(counts("tokens to buy", "tokens_bought"))
    bought.append(line("price per token used", "effective_token_price"))
    bought.append(["users with changes", "-", *(f"{s.users_changed:,}" for s in scenarios[1:])])
    yield _Table("what is bought", bought)
    yield _Table("forecast holds", [*_tokens(line, ("used", "expired", "left"), "")])
    if any(s.tokens_buffer for s in scenarios):
        full = [*_tokens(line, ("buffer",), ""), *_tokens(line, ("expired", "left"), "_with_buffer")]
        yield _Table("buffer used in full", full, BUFFER_NOTE)
    offers = dict.fromkeys(row.offer for s in scenarios for row in s.offers)
    seats = [{row.offer: row.seats for row in s.offers} for s in scenarios]
    if offers:
        lines = [[o, *(f"{of[o]:,}" if o in of else "-" for of in seats)] for o in offers]
        yield _Table("seats by offer", lines)
    packs = [{row.date: row for row in s.purchases} for s in scenarios]
    lines = []
    for day in sorted({day for of in packs for day in of}):
        lines.append([str(day), *(f"{of[day].tokens:,}" if day in of else "-" for of in packs)])
        lines.append(["  each", *(str(of[day].unit_price) if day in of else "-" for of in packs)])
    if lines:
        yield _Table("token purchases on", lines)
    regret = [[s.id, *map(money, row)] for s, row in zip(scenarios, document.regret, strict=True)]
    yield _Table("regret", regret, REGRET_NOTE, [*_notes(document)])
    drivers = [
        [label, "-", *(_signed(getattr(row, key)) for row in document.drivers)]
        for key, label in (DRIVERS | {"difference": "difference"}).items()
    ]
    yield _Table("difference by", drivers, DRIVERS_NOTE.format(first=first.id))


def _signed(amount: Decimal) -> str:
    return f"{amount:+,}" if amount else money(amount)


def _tokens(line: Callable[[str, str], Line], kinds: Sequence[str], case: str) -> Iterator[Line]:
    """The tokens of each kind, and what they cost."""
    for kind in kinds:
        yield line(TOKEN_KINDS[kind], f"tokens_{kind}{case}")
        yield line("  their cost", f"{kind}_cost{case}")


def _notes(document: ComparisonDocument) -> Iterator[str]:
    ids = [s.id for s in document.scenarios]
    for n in document.notes:
        impossible = document.regret[ids.index(n.plan)][ids.index(n.quote)] is None
        yield f"{n.plan} under {n.quote}{' is not possible' if impossible else ''}: {n.note}"


def _proof(document: ComparisonDocument) -> str:
    scenarios = document.scenarios
    gap = max(s.gap for s in scenarios)
    within = f"to within {percent(gap)}" if gap else "exactly"
    proof = "proof: every scenario was optimised separately, over the same usage"
    if all(s.status == "optimal" for s in scenarios):
        return f"{proof}; each total is proven {within}"
    others = ", ".join(s.id for s in scenarios if s.status != "optimal")
    return (
        f"{proof}; the proof of {others} is not complete: plans that cost up to {percent(gap)} less may exist"
    )


# --- its layout ------------------------------------------------------------------------------------------


class _Blocks:
    """Tables with the same columns, in as many blocks as the width requires; each has the first scenario."""

    def __init__(self, document: ComparisonDocument, tables: Sequence[_Table], width: int) -> None:
        self.heads = [abridged(s.id, HEAD) for s in document.scenarios]
        rows = [row for table in tables for row in table.lines]
        self.label = max(
            len(abridged(text, LABEL)) for text in [*(t.title for t in tables), *(r[0] for r in rows)]
        )
        self.width = max(len(cell) for cell in [*self.heads, *(cell for row in rows for cell in row[1:])])
        self.room = max(1, (width - self.label) // (self.width + 2) - 1)

    def text(self, table: _Table) -> str:
        blocks = []
        for start in range(1, len(self.heads), self.room):
            shown = [0, *range(start, min(start + self.room, len(self.heads)))]
            header = [table.title.ljust(self.label), *(self.heads[n].rjust(self.width) for n in shown)]
            rows = [[abridged(row[0], LABEL), *(row[1 + n] for n in shown)] for row in table.lines]
            blocks.append(text_table(header, rows))
        return "\n\n".join(blocks)


def _escaped(text: str) -> str:
    """Text that Markdown shows unchanged, including any HTML in it."""
    shown = "".join(f"\\{c}" if c in "\\`*_[]<>#|~&$" else c for c in printable(text))
    return shown.replace("\n", " ")


def _pipes(header: Sequence[str], rows: Sequence[Line]) -> str:
    lines = [[_escaped(cell) for cell in row] for row in (header, *rows)]
    rule = ["---", *("---:" if len(header) > 2 else "---" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (lines[0], rule, *lines[1:]))
