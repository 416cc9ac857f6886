"""The charts of a plan, for a page in a browser and for paper, each with its numbers as a table.

The fixed words go through `say` and the numbers through `number`, so that a report in another language has
its charts in that language too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flexopt.columns import Rows, classes
from flexopt.document_tables import TABLES
from flexopt.exports.drawing import EDGE, GRID, INK, MUTED, PALE, SOLID, Draw, clear_spines, label, svg

__all__ = ["Chart", "charts"]

Document = Mapping[str, Any]
Say = Callable[[str], str]
Number = Callable[[Decimal], str]

WIDTH = 5.4
"""Inches of a chart: half a laptop's page, and the text is still read on a telephone."""

BARS = 12
"""Bars, and levers, of a chart; the smaller ones are in its table."""

PANELS = 6
"""Products, and quotes, that have a panel of their own."""

TOKENS = "tokens"
"""What token packs are called among the offers of a chart."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, what a screen reader says of it, and its numbers."""

    name: str
    title: str
    text: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Formatted cells; the first column names the row, the others are numbers."""

    size: tuple[float, float]
    """Inches: width, height."""

    draw: Draw

    def svg(self, *, themed: bool = False) -> str:
        """As SVG: for paper, or `themed` for a browser with the variables `--chart-*`."""
        name = f"chart-{self.name}"
        return svg(name, self.size, self.draw, title=self.title, text=self.text, themed=themed)


def charts(
    document: Document, *, say: Say = str, number: Number = lambda value: f"{value:,f}"
) -> list[Chart]:
    """Every chart that the document has numbers for, in the order of a report.

    `say` translates a fixed text (placeholders in braces stay), `number` writes a number with as many
    decimals as it has.
    """
    words = _Words(say, number, document["currency"])
    made = (_cost, _waterfall, _tornado, _pool, _days)
    return [chart for make in made if (chart := make(document, words))]


@dataclass(frozen=True, slots=True)
class _Words:
    say: Say
    number: Number
    currency: str

    def whole(self, value: Decimal) -> str:
        return self.number(value.quantize(Decimal(1), ROUND_HALF_UP))

    def signed(self, value: Decimal) -> str:
        sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
        return sign + self.whole(abs(value))

    def ticks(self) -> FuncFormatter:
        return FuncFormatter(lambda value, _: self.number(Decimal(f"{value:.10g}")))


def _pool(document: Document, words: _Words) -> Chart | None:
    """Balance through the horizon: up where packs are bought, down as tokens are used, and what expires."""
    rows = document["ledger"]
    say = words.say
    numbers = [{k: Decimal(row[k]) for k in ("opening", "bought", "expired", "closing")} for row in rows]
    if not any(n["opening"] or n["bought"] for n in numbers):
        return None
    line: list[tuple[date, Decimal]] = []
    bought, expired = [], []
    for row, n in zip(rows, numbers, strict=True):
        start, end = (date.fromisoformat(row[k]) for k in ("period_start", "period_end"))
        full, spent = n["opening"] + n["bought"], n["closing"] + n["expired"]
        line += [(start, n["opening"]), (start, full), (end, spent), (end, n["closing"])]
        bought += [(start, full, n["bought"])] if n["bought"] else []
        expired += [(end, spent, n["expired"])] if n["expired"] else []

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        days, balance = [day.toordinal() for day, _ in line], [float(n) for _, n in line]
        axes.fill_between(days, balance, color=PALE, linewidth=0, alpha=0.55)
        axes.plot(days, balance, color=SOLID, linewidth=1.6)
        for marks, shape, sign, face, word in (
            (bought, "^", 1, SOLID, "bought"),
            (expired, "v", -1, PALE, "expired"),
        ):
            if not marks:
                continue
            axes.plot(
                [day.toordinal() for day, _, _ in marks],
                [float(height) for _, height, _ in marks],
                linestyle="none",
                marker=shape,
                markersize=7,
                color=face,
                markeredgecolor=SOLID if sign > 0 else EDGE,
                label=say(word),
                clip_on=False,
                zorder=4,
            )
            for day, height, tokens in marks if len(marks) <= 6 else ():
                # words towards the middle of the picture
                left = day.toordinal() > (days[0] + days[-1]) / 2
                axes.annotate(
                    words.signed(sign * tokens),
                    (day.toordinal(), float(height)),
                    xytext=(-6 if left else 6, 5),
                    textcoords="offset points",
                    ha="right" if left else "left",
                    annotation_clip=False,
                )
        ticks = _dates(line[0][0], line[-1][0])
        axes.set_xticks([d.toordinal() for d in ticks], [f"{d:%Y-%m}" for d in ticks])
        axes.set_xlim(days[0], days[-1])
        axes.set_ylim(0, max(balance) * 1.12)
        _value_axis(axes, "y", words)
        axes.set_ylabel(say("tokens in the pool"))
        figure.legend(loc="outside upper right", ncols=2, handletextpad=0.3)

    total = sum((n for *_, n in expired), Decimal(0))
    text = say("Tokens bought: {bought} (purchases: {purchases}); expired: {expired}.").format(
        bought=words.whole(sum((n for *_, n in bought), Decimal(0))),
        purchases=words.number(Decimal(len(bought))),
        expired=words.whole(total),
    )
    header = ("from", "at the start", "bought", "used, and buffer", "expired", "at the end")
    cells = tuple(
        (
            row["period_start"],
            words.whole(n["opening"]),
            words.whole(n["bought"]),
            words.whole(n["opening"] + n["bought"] - n["expired"] - n["closing"]),
            words.whole(n["expired"]),
            words.whole(n["closing"]),
        )
        for row, n in zip(rows, numbers, strict=True)
    )
    title = say("Tokens in the pool")
    return Chart("pool", title, text, tuple(map(say, header)), cells, (WIDTH, 2.9), draw)


def _dates(first: date, last: date) -> list[date]:
    """Firsts of months to write under an axis: six or so."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= 6 or step == 60)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step)
    return [d for n in numbers if first <= (d := date(n // 12, n % 12 + 1, 1)) <= last]


def _cost(document: Document, words: _Words) -> Chart | None:
    """What each offer costs, dearest first, and the token packs among them."""
    costs: dict[str, Decimal] = {}
    for row in document["seats"]:
        costs[row["offer"]] = costs.get(row["offer"], Decimal(0)) + Decimal(row["cost"])
    amounts = [(offer, cost, False) for offer, cost in costs.items() if cost]
    if tokens := Decimal(document["summary"]["tokens"]):
        amounts.append((words.say(TOKENS), tokens, True))
    if not amounts:
        return None
    amounts.sort(key=lambda entry: (-entry[1], entry[0]))
    shown = amounts
    if len(amounts) > BARS:
        rest = amounts[BARS - 1 :]
        others = words.say("{number} others").format(number=len(rest))
        shown = [*amounts[: BARS - 1], (others, sum((a for _, a, _ in rest), Decimal(0)), False)]

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        _bars(axes, [name for name, _, _ in shown])
        for y, (_, amount, packs) in enumerate(shown):
            face, edge = (PALE, EDGE) if packs else (SOLID, SOLID)
            axes.barh(y, float(amount), height=0.62, color=face, edgecolor=edge)
            _beside(axes, words.whole(amount), float(amount), y)
        axes.set_xlim(0, float(max(amount for _, amount, _ in shown)) * 1.16)
        clear_spines(axes, "left", "bottom")
        axes.set_xticks([])

    total = Decimal(document["total"])
    text = words.say("Most goes to {name}: {share} % of {total} {currency}.").format(
        name=amounts[0][0],
        share=words.whole(amounts[0][1] / total * 100),
        total=words.whole(total),
        currency=words.currency,
    )
    cells = tuple((name, words.number(amount)) for name, amount, _ in amounts)
    title = words.say("Cost by offer, {currency}").format(currency=words.currency)
    height = 0.55 + 0.215 * len(shown)
    header = (words.say("offer"), words.say("cost"))
    return Chart("cost", title, text, header, cells, (WIDTH, height), draw)


def _bars(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)


def _value_axis(axes: Axes, axis: str, words: _Words) -> None:
    """A few round values with a faint line each."""
    mine = axes.yaxis if axis == "y" else axes.xaxis
    mine.set_major_locator(MaxNLocator(5 if axis == "y" else 4))
    mine.set_major_formatter(words.ticks())
    axes.grid(axis="y" if axis == "y" else "x")
    clear_spines(axes, "left" if axis == "y" else "bottom")


@dataclass(frozen=True, slots=True)
class _Use:
    """Days of use of one product: of each user with a seat (if only for a part of the time), and without."""

    product: str
    seats: list[float]
    flex: list[float]
    break_even: list[float]


def _uses(document: Document) -> list[_Use]:
    """By product, the one with most users first."""
    columns = Rows.of(document["assignment"], TABLES["assignment"]).columns
    user, product = columns["user"].distinct(), columns["product"].distinct()
    pairs, first = classes(user.codes, product.codes)
    values = np.array([float(Decimal(v)) for v in columns["days"].values])
    days = np.bincount(pairs, weights=values[columns["days"].codes], minlength=len(first))
    named = np.array([v == "named" for v in columns["access"].values])[columns["access"].codes]
    seated = np.bincount(pairs, weights=named, minlength=len(first)) > 0
    points = np.array([np.nan if v is None else float(v) for v in columns["break_even_days"].values])
    paying = points[columns["break_even_days"].codes]
    found = []
    for code, name in enumerate(product.values):
        mine, rows = product.codes[first] == code, product.codes == code
        if mine.any():
            pays = np.unique(paying[rows & ~np.isnan(paying)])
            found.append(
                _Use(name, days[mine & seated].tolist(), days[mine & ~seated].tolist(), pays.tolist())
            )
    return sorted(found, key=lambda use: (-len(use.seats) - len(use.flex), use.product))


def _days(document: Document, words: _Words) -> Chart | None:
    """How many users use a product on how many days, and from how many days on a seat pays."""
    uses = _uses(document)
    if not uses:
        return None
    shown = uses[:PANELS]
    most = max(1.0, *(days for use in uses for days in (*use.seats, *use.flex)))
    width = next((w for w in (1, 2, 5, 10, 20, 50, 100, 200) if most / w <= 14), 500)
    edges = [width * i for i in range(int(most // width) + 2)]
    say = words.say

    def draw(figure: Figure) -> None:
        across = min(2, len(shown))
        grid = figure.subplots(-(-len(shown) // across), across, squeeze=False, sharex=True)
        panels: list[Axes] = list(grid.flat)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        for axes, use in zip(panels, shown, strict=False):
            seats, flex = (_counts(days, edges) for days in (use.seats, use.flex))
            below = [0] * len(seats)
            for counts, face, edge, word in (
                (seats, SOLID, SOLID, "with a seat"),
                (flex, PALE, EDGE, "tokens only"),
            ):
                bars = [(edges[i] + width / 2, n, below[i]) for i, n in enumerate(counts) if n]
                if bars:
                    middle, heights, bottoms = zip(*bars, strict=True)
                    axes.bar(
                        middle, heights, 0.84 * width, bottoms, color=face, edgecolor=edge, label=say(word)
                    )
                below = counts
            if use.break_even:
                low, high = use.break_even[0], use.break_even[-1]
                if high - low > width / 4:
                    axes.axvspan(low, high, color=GRID, linewidth=0, zorder=0)
                usual = use.break_even[len(use.break_even) // 2]
                axes.axvline(usual, color=INK, linewidth=1, linestyle=(0, (4, 2)), label=say("break-even"))
            axes.set_title(label(use.product, 30))
            axes.set_xlim(0, edges[-1])
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.xaxis.set_major_formatter(words.ticks())
            axes.yaxis.set_major_formatter(words.ticks())
            axes.grid(axis="y")
            axes.tick_params(axis="x", labelbottom=True)
            clear_spines(axes, "left")
        figure.supxlabel(say("days of use in the horizon"), fontsize=8, color=MUTED)
        figure.supylabel(say("users"), fontsize=8, color=MUTED)
        known: dict[str, Any] = {}
        for axes in panels:
            known |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        figure.legend(known.values(), known.keys(), loc="outside upper right", ncols=3)

    cells = tuple(_bins(uses, edges, words))
    header = ("product and days", "with a seat", "tokens only", "break-even, days")
    text = say("Users by days of use of each product; the dashed line is the break-even of a seat.")
    title = say("Who uses what on how many days")
    size = (WIDTH, 0.75 + 1.25 * -(-len(shown) // 2))
    return Chart("days", title, text, tuple(map(say, header)), cells, size, draw)


def _counts(days: Sequence[float], edges: Sequence[int]) -> list[int]:
    """int[bins]: users whose days are at least the lower edge and below the upper."""
    return [int(n) for n in np.histogram(days, bins=edges)[0]]


def _bins(uses: Sequence[_Use], edges: Sequence[int], words: _Words) -> Iterator[tuple[str, ...]]:
    """The counts that the bars show; bins without anybody are left out."""
    for use in uses:
        seats, flex = (_counts(days, edges) for days in (use.seats, use.flex))
        points = (
            sorted({words.number(Decimal(str(use.break_even[i]))) for i in (0, -1)}) if use.break_even else []
        )
        for low, high, named, tokens in zip(edges, edges[1:], seats, flex, strict=False):
            if named or tokens:
                yield (
                    f"{use.product}, {low:,} – {high:,}",
                    words.number(Decimal(named)),
                    words.number(Decimal(tokens)),
                    " – ".join(points),
                )


DRIVERS = ("seat_price", "token_price", "tier", "mix")
DRIVER_NAMES = {"seat_price": "seat price", "token_price": "token price", "tier": "tier", "mix": "mix"}


def _waterfall(document: Document, words: _Words) -> Chart | None:
    """From the total of the first quote to that of each other, driver by driver."""
    comparison = document.get("comparison")
    if not comparison or not comparison["drivers"]:
        return None
    by_id = {s["id"]: s for s in comparison["scenarios"]}
    base = comparison["scenarios"][0]
    drivers = [d for d in comparison["drivers"] if d["scenario"] in by_id]
    shown, say = drivers[:PANELS], words.say

    def draw(figure: Figure) -> None:
        across = min(2, len(shown))
        grid = figure.subplots(-(-len(shown) // across), across, squeeze=False, sharex=True, sharey=True)
        panels: list[Axes] = list(grid.flat)
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        for axes, driver in zip(panels, shown, strict=False):
            _steps(axes, Decimal(base["total"]), [Decimal(driver[k]) for k in DRIVERS], words)
            axes.set_title(label(by_id[driver["scenario"]]["name"] or driver["scenario"], 32))
        ends = [
            Decimal(base["total"]) + step
            for driver in shown
            for step in accumulate((Decimal(driver[k]) for k in DRIVERS), initial=Decimal(0))
        ]
        low, high = float(min(ends)), float(max(ends))
        room = (high - low) or 1.0
        panels[0].set_xlim(low - 0.06 * room, high + 0.4 * room)  # the numbers stand to the right
        names = (say("baseline"), *(say(name) for name in DRIVER_NAMES.values()), say("this quote"))
        for axes in panels[::across]:
            _bars(axes, names)
        figure.supxlabel(words.currency, fontsize=8, color=MUTED)

    cheapest = by_id.get(comparison["cheapest"], base)
    text = say("Against {base}; the cheapest is {name} with {total} {currency}.").format(
        base=base["name"],
        name=cheapest["name"],
        total=words.whole(Decimal(cheapest["total"])),
        currency=words.currency,
    )
    header = ("quote", *DRIVER_NAMES.values(), "difference")
    cells = tuple(
        (by_id[d["scenario"]]["name"], *(words.number(Decimal(d[k])) for k in (*DRIVERS, "difference")))
        for d in drivers
    )
    title = say("What makes the difference to {name}").format(name=base["name"])
    size = (WIDTH, 0.3 + 1.6 * -(-len(shown) // 2))
    return Chart("waterfall", title, text, tuple(map(say, header)), cells, size, draw)


def _steps(axes: Axes, start: Decimal, changes: Sequence[Decimal], words: _Words) -> None:
    """Totals as lines, because the axis does not begin at nothing, and each driver as a step between."""
    levels = [start, *accumulate(changes, initial=start)]  # before and after each row
    for row, change in enumerate(changes, 1):
        low, high = sorted((float(levels[row]), float(levels[row + 1])))
        face, edge = (PALE, EDGE) if change > 0 else (SOLID, SOLID)
        axes.barh(row, high - low, left=low, height=0.62, color=face, edgecolor=edge)
        _beside(axes, words.signed(change), high, row)
    for row, total in ((0, levels[0]), (len(changes) + 1, levels[-1])):
        axes.plot(
            [float(total)] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2.4, solid_capstyle="butt"
        )
        _beside(axes, words.whole(total), float(total), row)
    for row, level in enumerate(levels[1:]):
        axes.plot([float(level)] * 2, [row + 0.31, row + 0.69], color=MUTED, linewidth=0.6)
    _value_axis(axes, "x", words)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    clear_spines(axes, "left")


def _beside(axes: Axes, text: str, x: float, y: float) -> None:
    """A number to the right of the end of a bar."""
    axes.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points", va="center")


def _tornado(document: Document, words: _Words) -> Chart | None:
    """How far the optimal total moves when each price does, widest first."""
    sensitivity = document.get("sensitivity")
    if not sensitivity or not sensitivity["levers"]:
        return None
    total, levers = Decimal(sensitivity["total"]), sensitivity["levers"]
    shown, say = levers[:BARS], words.say
    step = words.whole(Decimal(sensitivity["step"]) * 100)

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        _bars(axes, [lever["label"] for lever in shown])
        for key, face, edge, sign in (("low", PALE, EDGE, "\N{MINUS SIGN}"), ("high", SOLID, SOLID, "+")):
            moves = [float(Decimal(lever[key]["total"]) - total) for lever in shown]
            axes.barh(
                range(len(shown)), moves, height=0.6, color=face, edgecolor=edge, label=f"{sign}{step} %"
            )
        axes.axvline(0, color=INK, linewidth=1)
        _value_axis(axes, "x", words)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.signed(Decimal(f"{value:.10g}"))))
        axes.set_xlabel(say("change of the total, {currency}").format(currency=words.currency))
        clear_spines(axes, "left")
        figure.legend(loc="outside upper right", ncols=2)

    text = say("The total moves most with the {name}.").format(name=levers[0]["label"])
    header = ("lever", "value", "lower value", "total at the lower", "higher value", "total at the higher")
    cells = tuple(
        (
            lever["label"],
            words.number(Decimal(lever["value"])),
            *(words.number(Decimal(lever[end][k])) for end in ("low", "high") for k in ("value", "total")),
        )
        for lever in levers
    )
    title = say("What moves the total")
    height = 0.95 + 0.215 * len(shown)
    return Chart("tornado", title, text, tuple(map(say, header)), cells, (WIDTH, height), draw)
