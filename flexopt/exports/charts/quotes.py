"""Charts of why quotes differ, and of what drives the total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from math import nan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flexopt.exports.charts.drawing import EDGE, INK, MUTED, PALE, SOLID, clear_spines, label
from flexopt.exports.charts.parts import (
    BARS,
    PANELS,
    WIDTH,
    Chart,
    ChartWords,
    name_bars,
    some_of,
    value_axis,
    write_beside,
)
from flexopt.store.plan import PlanDocument
from flexopt.store.tables import DRIVERS

DRIVER_NAMES = [driver.replace("_", " ") for driver in DRIVERS]


def waterfall_chart(document: PlanDocument, words: ChartWords) -> Chart | None:
    """From the total of the first quote to that of each other quote, driver by driver."""
    comparison = document.comparison
    if not comparison or not comparison.drivers:
        return None
    by_id = {s.id: s for s in comparison.scenarios}
    base = comparison.scenarios[0]
    drivers = [d for d in comparison.drivers if d.scenario in by_id]
    shown = drivers[:PANELS]

    def draw(figure: Figure) -> None:
        grid = figure.subplots(len(shown), squeeze=False, sharex=True)
        panels: list[Axes] = list(grid.flat)
        for axes, driver in zip(panels, shown, strict=True):
            _steps(axes, base.total, [getattr(driver, k) for k in DRIVERS], words)
            axes.set_title(label(driver.scenario, 32))
        ends = [
            base.total + step
            for driver in shown
            for step in accumulate((getattr(driver, k) for k in DRIVERS), initial=Decimal(0))
        ]
        low, high = float(min(ends)), float(max(ends))
        room = (high - low) or 1.0
        panels[0].set_xlim(low - 0.06 * room, high + 0.4 * room)  # the numbers stand to the right
        for axes in panels:
            name_bars(axes, ("baseline", *DRIVER_NAMES, "this quote"))
        figure.supxlabel(f"{words.currency}; the axis does not start at 0", fontsize=8, color=MUTED)

    cheapest = by_id.get(comparison.cheapest, base)
    text = (
        f"Compared with {base.id}; the cheapest is {cheapest.id} at {words.whole(cheapest.total)} "
        f"{words.currency}.{some_of(shown, drivers, 'quotes')}"
    )
    header = ("quote", *DRIVER_NAMES, "difference")
    cells = tuple(
        (d.scenario, *(words.number(getattr(d, k)) for k in (*DRIVERS, "difference"))) for d in drivers
    )
    title = f"Why the total differs from {base.id}"
    return Chart("waterfall", title, text, header, cells, (WIDTH, 0.4 + 1.3 * len(shown)), draw)


def _steps(axes: Axes, start: Decimal, changes: Sequence[Decimal], words: ChartWords) -> None:
    """Totals as lines, because the axis does not start at zero, and each driver as a step between them."""
    levels = [start, *accumulate(changes, initial=start)]  # before and after each row
    for row, change in enumerate(changes, 1):
        low, high = sorted((float(levels[row]), float(levels[row + 1])))
        face, edge = (PALE, EDGE) if change > 0 else (SOLID, SOLID)
        axes.barh(row, high - low, left=low, height=0.62, color=face, edgecolor=edge)
        write_beside(axes, words.signed(change), high, row)
    for row, total in ((0, levels[0]), (len(changes) + 1, levels[-1])):
        axes.plot(
            [float(total)] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2.4, solid_capstyle="butt"
        )
        write_beside(axes, words.whole(total), float(total), row)
    for row, level in enumerate(levels[1:]):
        axes.plot([float(level)] * 2, [row + 0.31, row + 0.69], color=MUTED, linewidth=0.6)
    value_axis(axes, "x", words)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    clear_spines(axes, "left")


def tornado_chart(document: PlanDocument, words: ChartWords) -> Chart | None:
    """How far the optimal total moves with each lever, widest first."""
    sensitivity = document.sensitivity
    if not sensitivity or not sensitivity.levers:
        return None
    total, levers = sensitivity.total, sensitivity.levers
    shown = levers[:BARS]
    step = words.whole(sensitivity.step * 100)

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        name_bars(axes, [lever.label for lever in shown])
        for key, face, edge, sign in (("low", PALE, EDGE, "\N{MINUS SIGN}"), ("high", SOLID, SOLID, "+")):
            ends = [getattr(lever, key).total for lever in shown]
            moves = [nan if end is None else float(end - total) for end in ends]
            axes.barh(
                range(len(shown)), moves, height=0.6, color=face, edgecolor=edge, label=f"{sign}{step} %"
            )
        axes.axvline(0, color=INK, linewidth=1)
        value_axis(axes, "x", words)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.signed(Decimal(f"{value:.10g}"))))
        axes.set_xlabel(f"change of the total, {words.currency}")
        clear_spines(axes, "left")
        figure.legend(loc="outside upper right", ncols=2)

    text = f"The total is most sensitive to the {levers[0].label}.{some_of(shown, levers, 'levers')}"
    header = (
        "lever",
        "value",
        "lower value",
        "total at lower value",
        "higher value",
        "total at higher value",
    )
    cells = tuple(
        (
            lever.label,
            words.number(lever.value),
            *(
                "-" if number is None else words.number(number)
                for end in (lever.low, lever.high)
                for number in (end.value, end.total)
            ),
        )
        for lever in levers
    )
    height = 0.95 + 0.215 * len(shown)
    return Chart("tornado", "What drives the total", text, header, cells, (WIDTH, height), draw)
