"""What a Usage Report billed for a day, compared with the rates of the scenario, where no token rows do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import duckdb

from flexopt.base.findings import Findings
from flexopt.base.text import plain
from flexopt.inputs.rules.prices import rate_on
from flexopt.inputs.scenario.scenario import Product, Scenario
from flexopt.inputs.scenario.use import Window
from flexopt.inputs.usage.billed_rates import FEW
from flexopt.inputs.usage.usage_table import OK, UsageTable, number_of, rows_of, status_of, title_of


def report_summary_rates(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[int, UsageTable],
    scenario: Scenario,
    findings: Findings,
) -> None:
    """U149: a summary's tokens per day are not the scenario's rate.

    The rate is the quotient of most days and of several users. Where there is none, only more tokens than
    any rate allows say that the rates are wrong: days on a seat, and launches without tokens, lower it.
    """
    period = scenario.usage.period
    summaries = [t for t in tables.values() if t.format.kind == "summary" and "billed" in t.roles]
    if period is None or not summaries:
        return
    query = f"select distinct t.id from cell c join title t using (product) where c.status = {OK} and lo > 0"
    seen = {id_ for (id_,) in con.execute(query).fetchall()}  # by day, which says more
    products = {p.id: p for p in scenario.products}
    for table in summaries:
        used, paid = number_of(table, "days"), number_of(table, "billed")
        rows = con.execute(
            "select id, sum(days), sum(tokens), max_by(rate, of_rate), max(of_rate), max_by(users, of_rate) "
            "from (select *, sum(days) over rated as of_rate, count(*) over rated as users from ("
            f"select t.id, {used} as days, {paid} as tokens, round(tokens / days, 4) as rate "
            f"from (select *, {status_of(table)} as status, coalesce({title_of(table)}, '') as called "
            f"from {rows_of(table)}) r join title t on t.product = r.called "
            f"where r.status = {OK} and tokens > 0) window rated as (partition by id, rate)) "
            "group by id order by id"
        ).fetchall()
        for id_, days, tokens, rate, of_rate, users in rows:
            if id_ in products and id_ not in seen and days >= FEW:
                seen.add(id_)
                certain = 2 * of_rate >= days and users > 1
                billed = Decimal(repr(rate if certain else round(tokens / days, 4)))
                _report(table, products[id_], period, (billed, int(days), tokens, certain), findings)


def _report(
    table: UsageTable,
    product: Product,
    period: Window,
    billed: tuple[Decimal, int, float, bool],
    findings: Findings,
) -> None:
    rate, days, tokens, certain = billed
    begin: date = period.from_
    said = [r for r in (rate_on(product, begin),) if r is not None]
    said += [r.tokens for r in product.rates if product.flex and begin < r.from_ < period.to]
    if said and (min(said) <= rate <= max(said) or (rate < min(said) and not certain)):
        return
    says = " to ".join(plain(r) for r in sorted({min(said), max(said)})) if said else "that it is not on Flex"
    lines = [f"{{from: {r.from_}, tokens: {plain(r.tokens)}}}" for r in product.rates if r.from_ < begin]
    lines.append(f"{{from: {begin}, tokens: {plain(rate)}, source: billed}}")
    paste = f" product {product.id}: `rates: [{', '.join(lines)}]`"
    at = f"at {plain(rate)} a day" if certain else f"at an average of {plain(rate, 2)} a day"
    by_scenario = plain(max(said, default=Decimal(0)) * days)
    findings.add(
        "U149",
        f"the report bills {product.id} {at}, but the scenario says {says}: {days:,} days took "
        f"{plain(Decimal(repr(tokens)))} tokens as billed, and {by_scenario} by the scenario",
        file=table.file,
        column=table.column("billed"),
        value=plain(rate),
        severity="warning",
        hint=f"check the rate sheet, and set under the{paste}"
        if certain
        else f"check the rate sheet, and set the dated `rates` of the product {product.id}; Token Usage "
        "shows from which day each was billed",
    )
