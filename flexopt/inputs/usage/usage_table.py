"""A usage file as a table that DuckDB can read, and the SQL that interprets its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flexopt.inputs.files.containers import Text
from flexopt.inputs.files.formats import Format
from flexopt.inputs.files.json_shapes import Page
from flexopt.inputs.usage import dates
from flexopt.inputs.usage.dates import Style
from flexopt.inputs.usage.windows import DAY

OK, ZERO, LEFT_OUT, BLANK, REJECTED, FREE, UNCLEAR = range(7)
"""The outcome of a row: its `status` in `cell`."""

MOST = 1e9
"""More tokens than this in one row are an error."""

SHORTEST = 5 * 60_000_000
"""Shorter launches (in microseconds) are not charged."""

LONGEST = 366
"""Days after which an open session is an error of the licence server, not work."""


@dataclass(frozen=True, slots=True)
class UsageTable:
    """A usage file that DuckDB can read, column by role."""

    number: int
    file: str
    format: Format
    relation: str
    """What follows FROM."""
    header: tuple[str, ...]
    roles: Mapping[str, int]
    columns: tuple[str, ...]
    """SQL of each column of the header, text unless `types` says otherwise."""
    types: tuple[str, ...]
    row: str
    """SQL of the line of a row; in a text file, of its place among the rows that could be split."""
    text: Text | None = None
    styles: Mapping[str, Style] | None = None
    """Date style of each role; None: assumed ISO, not yet examined."""
    offering_tells: bool = False
    """Whether a row without access is Flex where its offering is, otherwise a seat."""
    page: Page | None = None
    """Which rows of a query these are, if the file says so."""

    def sql(self, role: str) -> str:
        """The column of a role as text, or null."""
        if role not in self.roles:
            return "cast(null as varchar)"
        place = self.roles[role]
        if self.types[place] == "VARCHAR":
            return self.columns[place] if self.text else f"nullif({self.columns[place]}, '')"
        return f"cast({self.columns[place]} as varchar)"

    def native(self, role: str) -> str:
        """The column's own type."""
        return self.types[self.roles[role]]

    def column(self, role: str) -> str:
        """The name of the column in the file."""
        return self.header[self.roles[role]] if role in self.roles else ""


CONSUMPTION = "product_consumption"
"""A category of the Token Flex API: use of a product."""


BY_NOTHING, BY_TOKEN, BY_SEAT, BY_TRIAL = range(4)
"""What the access of a row says: the column `means` of `rows_of`."""

_USUAL = {
    BY_TOKEN: ("Flex", "flex"),
    BY_SEAT: ("Named User", "Named user", "named user", "Subscription", "Single-user subscription"),
}
"""Words of the portal, recognised at once: there is one in every row."""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _by(table: UsageTable) -> str:
    """SQL of what the access of a row says."""
    raw = table.sql("access")
    if "access" not in table.roles:
        return f"{BY_NOTHING}"
    text = f"lower(trim({raw}))"
    tokens = " or ".join(
        f"contains({text}, '{word}')" for word in ("flex", "token", "as you go", "as-you-go")
    )
    trial = " or ".join(f"contains({text}, '{word}')" for word in ("trial", "educat", "student"))
    usual = " ".join(f"when {raw} in ({_listed(words)}) then {by}" for by, words in _USUAL.items())
    return (
        f"case {usual} when {raw} is null "
        f"or {text} in ('', '-', 'n/a', 'none', 'null', 'unknown') then {BY_NOTHING} "
        f"when {tokens} or {text} in ('ppu', 'payg', 'pay per use', 'pay-per-use', 'payasyougo') "
        f"then {BY_TOKEN} when {trial} then {BY_TRIAL} else {BY_SEAT} end"
    )


WHO = ("name", "email", "hash", "id")
"""The roles that identify a user."""


def who_of(table: UsageTable) -> str:
    """SQL: the identifiers of a row, those that the file does not have as ''."""
    return ", ".join(
        f"coalesce({table.sql(role)}, '') as {role}" if role in table.roles else f"'' as {role}"
        for role in WHO
    )


def seat_of(table: UsageTable) -> str:
    """SQL: whether a row of `rows_of` says that it is use of a seat."""
    if table.offering_tells:
        of_flex = f"coalesce(contains(lower({table.sql('parent')}), 'flex'), false)"
        return f"(case when means = {BY_NOTHING} then not {of_flex} else means <> {BY_TOKEN} end)"
    return f"(means >= {BY_SEAT})"


def is_free(table: UsageTable) -> str:
    """SQL: whether the charge category of a row says that it is no charge."""
    return f"coalesce(lower(trim({table.sql('charge')})) = 'free', false)"


def is_odd(table: UsageTable) -> str:
    """SQL: whether a row is of a kind that `row_kinds.py` reports."""
    found = [f"means = {BY_TRIAL}"] if "access" in table.roles and table.format.kind == "days" else []
    if "category" in table.roles:
        found.append(f"lower(trim({table.sql('category')})) = '{CONSUMPTION}'")
    if "charge" in table.roles:
        found.append(is_free(table))
    return " or ".join(found) or "false"


def number_of(table: UsageTable, role: str) -> str:
    """SQL of a number: 7.5, or 7,5 where a comma can only be a decimal one."""
    text = table.sql(role)
    comma = table.text is not None and table.text.delimiter != ","
    plain = f"replace({text}, ',', '.')" if comma else text
    decimal = r"\d+,\d{1,2}|\d{1,3}(\.\d{3})+,\d+"
    return (
        f"coalesce(try_cast({plain} as double), case when regexp_full_match(trim({text}), '{decimal}') "
        f"then try_cast(replace(replace({text}, '.', ''), ',', '.') as double) end)"
    )


def title_of(table: UsageTable) -> str:
    """SQL: the product of a row, or its collection if the product is blank, as it often is."""
    return f"coalesce({_child(table)}, {table.sql('parent')})"


def _child(table: UsageTable) -> str:
    product = table.sql("product")
    return f"(case when trim({product}) <> '' then {product} end)" if "parent" in table.roles else product


def _instant(table: UsageTable, role: str) -> str:
    """SQL of the UTC microseconds of a timestamp column."""
    if role not in table.roles:
        return "cast(null as bigint)"
    kind = table.native(role)
    raw = table.columns[table.roles[role]]
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"epoch_us({raw}{'::timestamp' if kind != 'TIMESTAMP WITH TIME ZONE' else ''})"
    if table.styles is None:
        return dates.fast_instant(table.sql(role))
    return dates.instant(table.sql(role), table.styles.get(role, "iso"))


def _day(table: UsageTable) -> str:
    """SQL of the date column."""
    if "date" not in table.roles:
        return "cast(null as date)"
    kind = table.native("date")
    if kind == "DATE":
        return table.columns[table.roles["date"]]
    if kind.startswith("TIMESTAMP"):
        return f"cast(make_timestamp({_instant(table, 'date')}) as date)"
    if table.styles is None:
        return dates.fast_day(table.sql("date"))
    return f"cast(make_timestamp({_instant(table, 'date')}) as date)"


def _plausible(day: str) -> str:
    return f"({day} >= date '{dates.EARLIEST}' and {day} < date '{dates.LATEST}')"


def conditions_of(table: UsageTable) -> list[tuple[str, str, str]]:
    """(code, role, SQL condition) of every fault of a single row, in terms of the columns of `rows_of`."""
    found: list[tuple[str, str, str]] = []
    if table.format.kind == "summary":
        used = number_of(table, "days")
        found.append(
            ("U151", "days", f"({used} is null or {used} < 0 or {used} > 1e5 or {used} <> floor({used}))")
        )
    for role, value in (("start", "s"), ("date", "d"), ("end", "e")):
        if role not in table.roles:
            continue
        raw = table.columns[table.roles[role]] if table.native(role) != "VARCHAR" else table.sql(role)
        day = value if value == "d" else f"cast(make_timestamp({value}) as date)"
        missing = f"{raw} is null" + (" and not st" if role == "date" and "start" in table.roles else "")
        if role == "start" and "date" in table.roles:
            missing = "false"
        if role != "end":
            found.append(("U103", role, f"({missing})"))
        found.append(("U104", role, f"({raw} is not null and {value} is null)"))
        found.append(("U107", role, f"({value} is not null and not {_plausible(day)})"))
    if "end" in table.roles:
        found.append(("U109", "end", f"(e < s or e > s + {LONGEST * DAY})"))
    if "date" in table.roles and "start" in table.roles:
        # a local date may be the day before or after the UTC day; a long session has a row per day
        last = "cast(make_timestamp(greatest(s, coalesce(e, s))) as date)"
        first = "cast(make_timestamp(s) as date)"
        found.append(("U108", "date", f"(s is not null and (d < {first} - 1 or d > {last} + 1))"))
    if "tokens" in table.roles:
        bad = f"({table.sql('tokens')} is not null and (t between 0 and {MOST}) is not true)"
        found.append(("U140", "tokens", bad))
    return found


def rows_of(table: UsageTable, extra: str = "") -> str:
    """SQL: the file's rows with d (date), s and e (session), st (a start is given), t (tokens), means."""
    start = f"{table.sql('start')} is not null" if "start" in table.roles else "false"
    tokens = number_of(table, "tokens") if "tokens" in table.roles else "cast(null as double)"
    return (
        f"(select *{extra}, {_day(table)} as d, "
        f"{_instant(table, 'start')} as s, {_instant(table, 'end')} as e, "
        f"{start} as st, {tokens} as t, {_by(table)} as means "
        f"from {table.relation})"
    )


def is_blank(table: UsageTable) -> str:
    """SQL: whether all columns of the format are empty."""
    return f"coalesce({', '.join([table.sql(r) for r in table.roles] + ['null'])}) is null"


def status_of(table: UsageTable) -> str:
    """SQL: what became of a row."""
    rejected = f"coalesce({' or '.join(c for _, _, c in conditions_of(table)) or 'false'}, false)"
    parts = []
    if "category" in table.roles:
        # checked first: an adjustment may be negative and have no date or user
        category = f"coalesce(lower(trim({table.sql('category')})), '')"
        charged = f"('desktop_product', 'cloud_product', '{CONSUMPTION}')"
        parts.append(f"when not ({is_blank(table)}) and {category} not in {charged} then {LEFT_OUT}")
    if "charge" in table.roles:
        parts.append(f"when {is_free(table)} then {FREE}")
    parts.append(f"when {rejected} then case when {is_blank(table)} then {BLANK} else {REJECTED} end")
    if "tokens" in table.roles and table.format.kind == "days":
        if "access" in table.roles and not table.offering_tells and not table.format.flex_only:
            parts.append(f"when t = 0 and means = {BY_NOTHING} then {UNCLEAR}")
        parts.append(f"when t = 0 and not {seat_of(table)} then {ZERO}")
    if "start" in table.roles and "end" in table.roles:
        # an end equal to a start at midnight is a date without a time, not a launch of zero length
        parts.append(f"when t is null and e - s < {SHORTEST} and (e > s or s % {DAY} <> 0) then {ZERO}")
    if table.format.kind == "summary":
        parts.append(f"when {number_of(table, 'days')} = 0 then {ZERO}")
    return f"case {' '.join(parts)} else {OK} end"
