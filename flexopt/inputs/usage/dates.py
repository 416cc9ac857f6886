"""Date styles of a column, and the SQL that turns its dates into UTC microseconds.

The style is decided per file and column, never per value. DuckDB respects `Z` and offsets only in a cast to
a timestamp *with* time zone: a cast to a plain timestamp drops them silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flexopt.base.dates import MONTH_NAMES

Style = Literal["iso", "ymd", "dmy", "mdy", "serial", "compact", "named"]
"""2025-03-01, 2025/03/01, 01/03/2025, 03/01/2025, 45717 (the day's number in Excel), 20250301, 1 Mar 2025."""

EARLIEST, LATEST = "1990-01-01", "2201-01-01"
"""Dates outside [EARLIEST, LATEST) are typing errors."""

_TIME = r"([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?[AaPp][Mm]|Z|[+-]\d{2}(:?\d{2})?)?)?"
_ISO = r"\d{4}-\d{1,2}-\d{1,2}" + _TIME
_YMD = r"\d{4}[/.]\d{1,2}[/.]\d{1,2}" + _TIME
_XY = r"\d{1,2}[/.-]\d{1,2}[/.-](\d{4}|\d{2})" + _TIME
_DAY_NAMED = r"(\d{1,2})\.?[ -]?(\p{L}{3,9})\.?[ -]?(\d{4}|\d{2})"
_NAMED_DAY = r"(\p{L}{3,9})\.?[ -](\d{1,2})(?:, ?|[ -])(\d{4})"
_NAMED = f"({_DAY_NAMED}|{_NAMED_DAY}){_TIME}"
_SHORT = r"\d{1,2}([/.-]\d{1,2}[/.-]|\.?[ -]?\p{L}{3,9}\.?[ -]?)\d{2}" + _TIME
_COMPACT = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])" + _TIME
_SERIAL = r"[3-7]\d{4}([.,]\d+)?"
"""1982 to 2119."""


@dataclass(frozen=True, slots=True)
class StyleCount:
    """Number of values of a column in each style."""

    iso: int
    ymd: int
    day_first: int
    """Values whose first number can only be a day."""
    month_first: int
    open: int
    """Values that are dates in both orders."""
    serial: int = 0
    compact: int = 0
    named: int = 0
    """Values with the name of the month."""


def style_of(v: str) -> str:
    """SQL: the field of StyleCount in which the text column `v` counts; null if it is not a date."""
    a = f"try_cast(regexp_extract(trim({v}), '^(\\d+)', 1) as integer)"
    b = f"try_cast(regexp_extract(trim({v}), '^\\d+[/.-](\\d+)', 1) as integer)"
    xy = f"regexp_full_match(trim({v}), '{_XY}')"
    return (
        f"case when regexp_full_match(trim({v}), '{_ISO}') then 'iso' "
        f"when regexp_full_match(trim({v}), '{_YMD}') then 'ymd' "
        f"when regexp_full_match(trim({v}), '{_SERIAL}') then 'serial' "
        f"when regexp_full_match(trim({v}), '{_COMPACT}') then 'compact' "
        f"when regexp_full_match(trim({v}), '{_NAMED}') then 'named' when not {xy} then null "
        f"when {a} > 12 and {b} <= 12 then 'day_first' when {b} > 12 and {a} <= 12 then 'month_first' "
        f"when {a} <= 12 and {b} <= 12 then 'open' end"
    )


def is_short(v: str) -> str:
    """SQL: whether the date in the text column `v` has a year of two digits."""
    return f"regexp_full_match(trim({v}), '{_SHORT}')"


_SETTINGS: dict[str, Style] = {"dmy": "dmy", "mdy": "mdy"}


def decide(count: StyleCount, setting: str | None) -> Style | Literal["mixed", "ambiguous"]:
    """The style of a column; the file's own evidence takes precedence over the scenario's `usage.dates`."""
    slashes = count.day_first + count.month_first + count.open
    clear: dict[Style, int] = {
        "iso": count.iso,
        "ymd": count.ymd,
        "serial": count.serial,
        "compact": count.compact,
        "named": count.named,
    }
    found = [style for style, number in clear.items() if number]
    if len(found) + (slashes > 0) > 1:
        return "mixed"
    if not slashes:
        return found[0] if found else "iso"
    if count.day_first and count.month_first:
        return "mixed"
    if count.day_first or count.month_first:
        return "dmy" if count.day_first else "mdy"
    return _SETTINGS.get(setting or "", "ambiguous")


def instant(v: str, style: Style) -> str:
    """SQL: UTC microseconds of the text column `v`; null if it is not a date in this style."""
    text = f"trim({v})"
    if style == "serial":
        days = f"try_cast(replace({text}, ',', '.') as double)"
        moment = f"epoch_us(timestamp '1899-12-30') + cast(round({days} * 86400) as bigint) * 1000000"
        return f"(case when regexp_full_match({text}, '{_SERIAL}') then {moment} end)"
    pattern, swap = {
        "iso": (_ISO, ""),
        "ymd": (_YMD, r"'^(\d+)[/.](\d+)[/.](\d+)', '\1-\2-\3'"),
        "compact": (_COMPACT, r"'^(\d{4})(\d{2})(\d{2})', '\1-\2-\3'"),
        "named": (_ISO, ""),
        "dmy": (_XY, r"'^(\d+)[/.-](\d+)[/.-](\d+)', '\3-\2-\1'"),
        "mdy": (_XY, r"'^(\d+)[/.-](\d+)[/.-](\d+)', '\3-\1-\2'"),
    }[style]
    if style == "named":
        text = _numbered(text)
    if pattern == _XY:
        short = r"'^(\d{1,2}[/.-]\d{1,2}[/.-])(\d{2})($|[T ])', '\120\2\3'"
        text = f"regexp_replace({text}, {short})"
    iso = f"regexp_replace({text}, {swap})" if swap else text
    clock = f"upper(regexp_replace({iso}, '[T ]+', ' '))"
    halves = (
        f"case when regexp_matches({text}, '[AaPp][Mm]') then epoch_us(try_strptime({clock}, "
        "['%Y-%m-%d %I:%M %p', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M%p', '%Y-%m-%d %I:%M:%S%p'])) "
        f"else epoch_us(try_cast({iso} as timestamptz)) end"
    )
    return f"(case when regexp_full_match({text}, '{pattern}') then {halves} end)"


def _numbered(text: str) -> str:
    """SQL: dates with the name of the month as ISO dates; other texts, and names of no month, as they are."""
    year_first = f"regexp_replace({text}, '^{_DAY_NAMED}', '\\3-\\2-\\1')"
    year_first = f"regexp_replace({year_first}, '^{_NAMED_DAY}', '\\3-\\1-\\2')"
    year_first = rf"regexp_replace({year_first}, '^(\d\d-)', '20\1')"
    name = rf"lower(regexp_extract({year_first}, '^\d+-(\p{{L}}+)', 1))"
    number = " ".join(
        f"when {name} like '{start}%' then '{month}'"
        for start, month in sorted(MONTH_NAMES.items(), key=lambda item: -len(item[0]))
    )
    after = rf"regexp_extract({year_first}, '^\d+-\p{{L}}+(-.*)$', 1)"
    day = f"left({year_first}, 5) || (case {number} end) || {after}"
    return f"(case when {name} <> '' then {day} else {text} end)"


def fast_day(v: str) -> str:
    """SQL: the date of an ISO date of ten characters; null for anything else, even other dates."""
    return f"(case when {v} like '____-__-__' then try_cast({v} as date) end)"


def fast_instant(v: str) -> str:
    """SQL: UTC microseconds of an ISO timestamp; null for anything else."""
    shape = f"strlen({v}) >= 16 and substring({v}, 5, 1) = '-' and substring({v}, 8, 1) = '-'"
    # no style includes names of time zones
    shape += f" and not regexp_matches({v}, '[A-SU-Ya-z]')"
    return f"(case when {shape} then epoch_us(try_cast({v} as timestamptz)) end)"
