"""The chart of days of use by user and product, and of the break-even of a seat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from flexopt.base.columns import classes
from flexopt.exports.charts.drawing import EDGE, GRID, INK, MUTED, PALE, SOLID, clear_spines, label
from flexopt.exports.charts.parts import PANELS, WIDTH, Chart, ChartWords, some_of
from flexopt.store.plan import PlanDocument


@dataclass(frozen=True, slots=True)
class _Use:
    """Days of use of one product: of each user with a seat (even for part of the time), and without."""

    product: str
    seats: list[float]
    flex: list[float]
    break_even: list[float]


def _uses(document: PlanDocument) -> list[_Use]:
    """By product, the one with the most users first."""
    columns = document.assignment.columns
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


def days_chart(document: PlanDocument, words: ChartWords) -> Chart | None:
    """A histogram for each product: users by days of use, and the break-even of a seat."""
    uses = _uses(document)
    if not uses:
        return None
    shown = uses[:PANELS]
    most = max(1.0, *(days for use in uses for days in (*use.seats, *use.flex)))
    width = next((w for w in (1, 2, 5, 10, 20, 50, 100, 200) if most / w <= 14), 500)
    edges = [width * i for i in range(int(most // width) + 2)]

    def draw(figure: Figure) -> None:
        across = min(3 if figure.get_figwidth() > 6 else 2, len(shown))
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
                    axes.bar(middle, heights, 0.84 * width, bottoms, color=face, edgecolor=edge, label=word)
                below = counts
            if use.break_even:
                low, high = use.break_even[0], use.break_even[-1]
                if high - low > width / 4:
                    axes.axvspan(low, high, color=GRID, linewidth=0, zorder=0)
                usual = use.break_even[len(use.break_even) // 2]
                axes.axvline(usual, color=INK, linewidth=1, linestyle=(0, (4, 2)), label="break-even")
            axes.set_title(label(use.product, 30))
            axes.set_xlim(0, edges[-1])
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
            axes.xaxis.set_major_formatter(words.ticks())
            axes.yaxis.set_major_formatter(words.ticks())
            axes.grid(axis="y")
            axes.tick_params(axis="x", labelbottom=True)
            clear_spines(axes, "left")
        figure.supxlabel("days of use in the horizon", fontsize=8, color=MUTED)
        figure.supylabel("users", fontsize=8, color=MUTED)
        known: dict[str, Any] = {}
        for axes in panels:
            known |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
        figure.legend(known.values(), known.keys(), loc="outside upper right", ncols=3)

    cells = tuple(_bins(uses, edges, words))
    header = ("product and days", "with a seat", "tokens only", "break-even, days")
    text = "Users by days of use per product; the dashed line marks the break-even of a seat." + some_of(
        shown, uses, "products"
    )
    size = (WIDTH, 0.75 + 1.25 * -(-len(shown) // 2))
    return Chart("days", "Days of use by user and product", text, header, cells, size, draw)


def _counts(days: Sequence[float], edges: Sequence[int]) -> list[int]:
    """int[bins]: users whose days are at least the lower edge and below the upper edge."""
    return [int(n) for n in np.histogram(days, bins=edges)[0]]


def _bins(uses: Sequence[_Use], edges: Sequence[int], words: ChartWords) -> Iterator[tuple[str, ...]]:
    """The counts that the bars show, without empty bins."""
    for use in uses:
        seats, flex = (_counts(days, edges) for days in (use.seats, use.flex))
        ends = dict.fromkeys(use.break_even[:1] + use.break_even[-1:])
        points = [words.number(Decimal(str(days))) for days in ends]
        for low, high, named, tokens in zip(edges, edges[1:], seats, flex, strict=False):
            if named or tokens:
                yield (
                    f"{use.product}, {words.number(Decimal(low))} – {words.number(Decimal(high))}",
                    words.number(Decimal(named)),
                    words.number(Decimal(tokens)),
                    " – ".join(points),
                )
