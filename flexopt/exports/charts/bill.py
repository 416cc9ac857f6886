"""Charts of the cost, and of the tokens in the pool."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from flexopt.exports.charts.drawing import EDGE, PALE, SOLID, clear_spines
from flexopt.exports.charts.parts import BARS, WIDTH, Chart, ChartWords, name_bars, value_axis, write_beside
from flexopt.store.plan import PlanDocument


def cost_chart(document: PlanDocument, words: ChartWords) -> Chart | None:
    """The cost of each offer and of the token packs, most expensive first."""
    costs: dict[str, Decimal] = {}
    for row in document.seats:
        costs[row.offer] = costs.get(row.offer, Decimal(0)) + row.cost
    amounts = [(offer, cost, False) for offer, cost in costs.items() if cost]
    if tokens := document.summary.tokens:
        amounts.append(("tokens", tokens, True))
    if not amounts:
        return None
    amounts.sort(key=lambda entry: (-entry[1], entry[0]))
    shown = amounts
    if len(amounts) > BARS:
        rest = amounts[BARS - 1 :]
        shown = [
            *amounts[: BARS - 1],
            (f"{len(rest)} others", sum((a for _, a, _ in rest), Decimal(0)), False),
        ]

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        name_bars(axes, [name for name, _, _ in shown])
        for y, (_, amount, packs) in enumerate(shown):
            face, edge = (PALE, EDGE) if packs else (SOLID, SOLID)
            axes.barh(y, float(amount), height=0.62, color=face, edgecolor=edge)
            write_beside(axes, words.whole(amount), float(amount), y)
        axes.set_xlim(0, float(max(amount for _, amount, _ in shown)) * 1.25)
        clear_spines(axes, "left", "bottom")
        axes.set_xticks([])

    total = document.total
    share = words.whole(amounts[0][1] / total * 100)
    text = f"The largest item is {amounts[0][0]}: {share} % of {words.whole(total)} {words.currency}."
    cells = tuple((name, words.number(amount)) for name, amount, _ in amounts)
    title = f"Cost by offer, {words.currency}"
    height = 0.55 + 0.215 * len(shown)
    return Chart("cost", title, text, ("offer", "cost"), cells, (WIDTH, height), draw)


def pool_chart(document: PlanDocument, words: ChartWords) -> Chart | None:
    """The pool's balance over the horizon: up with each purchase, down with use, and what expires.

    A band leads from the balance if the forecast holds to that if the buffer is used in full.
    """
    rows = document.ledger
    if not any(row.opening or row.bought for row in rows):
        return None
    line: list[tuple[date, Decimal]] = []
    low: list[Decimal] = []
    bought, expired = [], []
    for n in rows:
        start, end = n.period_start, n.period_end
        full, spent = n.opening + n.bought, n.closing + n.expired
        line += [(start, n.opening), (start, full), (end, spent), (end, n.closing)]
        full_low, after = n.opening_with_buffer + n.bought, n.closing_with_buffer
        low += [n.opening_with_buffer, full_low, after + n.expired_with_buffer, after]
        bought += [(start, full, n.bought)] if n.bought else []
        expired += [(end, spent, n.expired)] if n.expired else []

    def draw(figure: Figure) -> None:
        axes: Axes = figure.add_subplot()
        days, balance = [day.toordinal() for day, _ in line], [float(n) for _, n in line]
        lower = [float(n) for n in low]
        axes.fill_between(days, lower, color=PALE, linewidth=0, alpha=0.55)
        axes.plot(days, balance, color=SOLID, linewidth=1.6)
        if lower != balance:
            axes.fill_between(days, lower, balance, color=PALE, linewidth=0, alpha=0.25, label="buffer")
            axes.plot(days, lower, color=EDGE, linewidth=1.0)
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
                label=word,
                clip_on=False,
                zorder=4,
            )
            for day, height, tokens in marks if len(marks) <= 6 else ():
                # labels point towards the middle of the chart
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
        value_axis(axes, "y", words)
        axes.set_ylabel("tokens in the pool")
        figure.legend(loc="outside upper right", ncols=3, handletextpad=0.3)

    packs, lost = (words.whole(sum((n for *_, n in marks), Decimal(0))) for marks in (bought, expired))
    text = (
        f"Tokens bought: {packs} (purchases: {len(bought)}); if the forecast holds, expired: {lost}; at the "
        f"end: {words.whole(line[-1][1])}, with the buffer used in full {words.whole(low[-1])}."
    )
    header = (
        "from",
        "at the start",
        "bought",
        "used",
        "expired",
        "at the end",
        "buffer",
        "at the end, buffer used",
    )
    shown = ("opening", "bought", "used", "expired", "closing", "buffer", "closing_with_buffer")
    cells = tuple(
        (str(row.period_start), *(words.whole(getattr(row, name)) for name in shown)) for row in rows
    )
    return Chart("pool", "Tokens in the pool", text, header, cells, (WIDTH, 2.6), draw)


def _dates(first: date, last: date) -> list[date]:
    """About six first days of months to label an axis with."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= 6 or step == 60)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step)
    return [d for n in numbers if first <= (d := date(n // 12, n % 12 + 1, 1)) <= last]
