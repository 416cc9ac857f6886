"""What every chart is made of: its size, its words, and the look of its axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from flexopt.exports.charts.drawing import INK, Draw, clear_spines, label, svg

WIDTH = 4.2
"""Width of a chart in inches: its letters are legible on a phone and beside a table."""

BARS = 12
"""Most bars or levers in a chart; the smaller ones are only in its table."""

PANELS = 6
"""Most products or quotes with a panel of their own."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, its text for screen readers, and its numbers."""

    name: str
    title: str
    text: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Formatted cells; the first column names the row, the others are numbers."""

    size: tuple[float, float]
    """Inches: width, height."""

    draw: Draw

    def svg(self, *, themed: bool = False, fonts: Sequence[Path] = ()) -> str:
        """As SVG: for paper, or `themed` for a browser with the variables `--chart-*`.

        fonts : files for characters that the bundled font lacks
        """
        name = f"chart-{self.name}"
        return svg(name, self.size, self.draw, title=self.title, text=self.text, themed=themed, fonts=fonts)


@dataclass(frozen=True, slots=True)
class ChartWords:
    """How a chart writes numbers, and in which currency."""

    number: Callable[[Decimal], str]
    currency: str

    def whole(self, value: Decimal) -> str:
        return self.number(value.quantize(Decimal(1), ROUND_HALF_UP))

    def signed(self, value: Decimal) -> str:
        sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
        return sign + self.whole(abs(value))

    def ticks(self) -> FuncFormatter:
        return FuncFormatter(lambda value, _: self.number(Decimal(f"{value:.10g}")))


def name_bars(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)


def value_axis(axes: Axes, axis: str, words: ChartWords) -> None:
    """Mark a few round values with faint lines."""
    mine = axes.yaxis if axis == "y" else axes.xaxis
    mine.set_major_locator(MaxNLocator(5 if axis == "y" else 4))
    mine.set_major_formatter(words.ticks())
    axes.grid(axis="y" if axis == "y" else "x")
    clear_spines(axes, "left" if axis == "y" else "bottom")


def write_beside(axes: Axes, text: str, x: float, y: float) -> None:
    """Write a number to the right of the end of a bar."""
    axes.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points", va="center")


def some_of(shown: Sequence[object], every: Sequence[object], what: str) -> str:
    """That a chart shows the first few only; '' if it shows all."""
    return f" Drawn are the first {len(shown)} of {len(every)} {what}." if len(shown) < len(every) else ""
