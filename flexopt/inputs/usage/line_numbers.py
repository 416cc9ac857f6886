"""Lines of a text file: DuckDB counts records, but people look for lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from flexopt.inputs.files.containers import Text, open_bytes


def locate(
    text: Text, records: Sequence[int], units: Sequence[int], rejected: Collection[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """The lines on which records and units begin.

    Parameters
    ----------
    records : places among the readable rows, from 1.
    units : places as DuckDB gives them for rejected rows: records of one or more lines, and blank lines, from
        1 for the first line of the file.
    rejected : the units of all rejected rows.
    """
    wanted, wanted_units = set(records), set(units)
    last, last_unit = max(wanted, default=0), max(wanted_units, default=0)
    lines: dict[int, int] = {}
    unit_lines: dict[int, int] = {}
    record = 0
    for unit, (number, blank) in enumerate(_starts(text), start=text.skip + 1):
        if unit in wanted_units:
            unit_lines[unit] = number
        if not blank and unit not in rejected:
            record += 1
            if record in wanted:
                lines[record] = number
        if record >= last and unit >= last_unit:
            break
    return lines, unit_lines


def _starts(text: Text) -> Iterator[tuple[int, bool]]:
    """Line of every record after the header, and whether it is blank."""
    delimiter = text.delimiter.encode()
    inside = False
    with open_bytes(text.path, text.gzip) as file:
        for number, line in enumerate(file, start=1):
            if number <= text.skip:
                continue
            if not inside:
                yield number, line in (b"\n", b"\r\n")
            if inside or b'"' in line:
                inside = _open_at_end(line, delimiter, inside)


def _open_at_end(line: bytes, delimiter: bytes, inside: bool) -> bool:
    """Whether a quotation mark is open after the line; one opens only at the start of a cell."""
    at = 0
    while True:
        if not inside:
            if line[at : at + 1] != b'"':
                at = line.find(delimiter, at) + 1
                if not at:
                    return False
                continue
            at += 1
        close = line.find(b'"', at)
        if close < 0:
            return True
        if line[close + 1 : close + 2] == b'"':
            at, inside = close + 2, True
            continue
        inside = False
        at = line.find(delimiter, close) + 1
        if not at:
            return False
