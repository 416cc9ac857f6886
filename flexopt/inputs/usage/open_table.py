"""Opens one usage file as a table that DuckDB can scan."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd

from flexopt.base.findings import Refusal
from flexopt.inputs.files.containers import (
    HEAD,
    Text,
    container,
    damaged,
    refuse_long_lines_and_bombs,
    rewrite,
    sniff_text,
)
from flexopt.inputs.files.formats import (
    USAGE,
    Format,
    Kind,
    missing,
    recognise,
    roles_of,
    spelt,
    twice,
)
from flexopt.inputs.files.grid import Grid, frame_grid
from flexopt.inputs.files.json_table import read_json
from flexopt.inputs.files.unknown_headers import is_mappable, unknown_header
from flexopt.inputs.files.western import WESTERN, is_western
from flexopt.inputs.files.workbook import read_sheets, read_workbook
from flexopt.inputs.usage.usage_table import UsageTable

FormatOf = Callable[[Sequence[str]], Format]

COLUMNS = 4096
"""The most columns of a table; exports have a few dozen. The time to read them grows with their square."""


def open_table(
    con: duckdb.DuckDBPyConnection,
    number: int,
    path: Path,
    name: str,
    work: Path,
    *,
    wanted: frozenset[Kind] = USAGE,
    own: Format | None = None,
) -> UsageTable:
    """The table of a file; `own` are the columns that the scenario names.

    Raises Refusal with the finding if its format is not a wanted one.
    """
    kind, zipped, head = container(path)
    format_of = partial(_format, wanted=wanted, own=own)
    path = _plain(path, work / f"usage-{number}{'.parquet' if kind == 'parquet' else ''}")
    if kind == "text":
        text = sniff_text(path, zipped, head, own)
        known = format_of(text.header)
        if text.rewrite:
            text = rewrite(text, work / f"usage-{number}.csv")
        if len(head) == HEAD:
            refuse_long_lines_and_bombs(text)
        return _text_table(number, name, known, text)
    if kind == "parquet":
        return _parquet_table(con, number, path, name, format_of)
    grid = read_workbook(path, zipped, wanted, own=own) if kind == "workbook" else read_json(path, zipped)
    return _grid_table(con, number, name, grid, format_of)


def formats_of(path: Path) -> list[Format]:
    """The exports in a file, whatever they are for: more than one only in a workbook, on separate sheets.

    Raises Refusal if there is none.
    """
    kind, zipped, head = container(path)
    if kind == "text":
        headers = [sniff_text(path, zipped, head).header]
    elif kind == "parquet":
        with duckdb.connect(":memory:") as con:
            source = _quoted(str(path))
            try:
                rows = con.execute(f"describe select * from read_parquet({source})").fetchall()
            except duckdb.Error:
                raise damaged("parquet file", "it cannot be opened") from None
        headers = [tuple(str(row[0]) for row in rows)]
    elif kind == "workbook":
        headers = [tuple(header) for sheet in read_sheets(path, zipped) for _, header in sheet.top()]
    else:
        headers = [read_json(path, zipped).header]
    known = [format_ for header in dict.fromkeys(headers) if (format_ := recognise(header))]
    if not headers:
        raise Refusal("U102", "the workbook is empty", "export it again")
    if not known:
        raise unknown_header(headers[0])
    return known


def _plain(path: Path, stand_in: Path) -> Path:
    """The file under a name that DuckDB reads literally: brackets would be a glob, `~` a home folder."""
    path = path.resolve()
    if re.search(r"[*?\[\]{}~\ud800-\udfff]", str(path)):
        try:
            stand_in.symlink_to(path)
        except OSError:
            shutil.copyfile(path, stand_in)
        return stand_in
    return path


def even_lines(table: UsageTable, work: Path) -> UsageTable:
    """The text table with uniform line ends."""
    return _rewritten(table, work, "utf-8", "")


def western(con: duckdb.DuckDBPyConnection, table: UsageTable, work: Path) -> UsageTable | None:
    """The text table in another encoding, if rows below its first megabyte are not UTF-8."""
    if table.text is None or table.text.rewrite or table.text.supposed:
        return None
    rejects = f"rejects_{table.number}"
    known = "select count(*) from {} where error_type::varchar in ('INVALID ENCODING', 'INVALID UNICODE')"
    (row,) = con.execute(known.format(rejects)).fetchall()
    if not row[0] or not is_western(table.text.path, table.text.gzip):
        return None
    con.execute(f"delete from {rejects}")
    return _rewritten(table, work, WESTERN, WESTERN)


def _rewritten(table: UsageTable, work: Path, encoding: str, supposed: str) -> UsageTable:
    if table.text is None:
        return table
    text = replace(table.text, rewrite=encoding, supposed=supposed or table.text.supposed)
    text = rewrite(text, work / f"{encoding}-{table.number}.csv")
    return _text_table(table.number, table.file, table.format, replace(text, rewrite="utf-8"))


def open_frame(con: duckdb.DuckDBPyConnection, number: int, frame: pd.DataFrame, name: str) -> UsageTable:
    """The table of a frame with the columns of the plain format."""
    return _grid_table(con, number, name, frame_grid(frame), partial(_format, wanted=USAGE))


def _format(header: Sequence[str], wanted: frozenset[Kind], own: Format | None = None) -> Format:
    if len(header) > COLUMNS:
        message = f"the header has {len(header):,} columns, and a table at most {COLUMNS:,}"
        raise Refusal("U116", message, "export it again, or delete the columns that are empty", 1)
    known = recognise(header, own)
    if known is None:
        raise unknown_header(header, [name for names in own.roles.values() for name in names] if own else ())
    if known.kind not in wanted:
        why, repair = f"{known.name} exports have no days of use", known.repair
        if wanted != USAGE:
            why = f"this is not a Users export, but {known.name}"
            repair = "list it under `usage.files`" if known.kind in USAGE else known.repair
        raise Refusal("U118", why, repair, 1)
    if repeated := twice(known, header):
        raise Refusal(
            "U170",
            f"the column `{repeated[0][:60]}` appears twice",
            "delete or rename one of them",
            1,
            column=repeated[0],
        )
    if needed := missing(known, header):
        if needed == ("date",) and "month" in roles_of(known, header):
            raise Refusal(
                "U119", "the export has months, not days", f"every row needs a day: {known.repair}", 1
            )
        # a header that only looks like that of the export, and has columns of other names
        if is_mappable(header, needed):
            raise unknown_header(header)
        columns = " or ".join(
            f"`{spelt(known, known.roles[role][0])}`" for role in needed if role in known.roles
        )
        raise Refusal("U117", f"{known.name}: there is no column {columns}", known.repair, 1)
    return known


def _text_table(number: int, name: str, known: Format, text: Text) -> UsageTable:
    width = len(text.header)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    # a file with a single wide row is still a table: that row is rejected and reported
    relation = (
        f"read_csv({_quoted(str(text.path))}, columns = {{{columns}}}, header = false, auto_detect = false, "
        f"skip = {text.skip}, delim = {_quoted(text.delimiter)}, quote = '\"', escape = '\"', "
        f"max_line_size = {HEAD}, compression = '{'gzip' if text.gzip else 'none'}', strict_mode = true, "
        f"store_rejects = true, rejects_table = 'rejects_{number}', rejects_scan = 'scans_{number}')"
    )
    return UsageTable(
        number=number,
        file=name,
        format=known,
        relation=relation,
        header=text.header,
        roles=roles_of(known, text.header),
        columns=tuple(f"c{i}" for i in range(width)),
        types=("VARCHAR",) * width,
        row="row_number() over ()",
        text=text,
    )


def _parquet_table(
    con: duckdb.DuckDBPyConnection, number: int, path: Path, name: str, format_of: FormatOf
) -> UsageTable:
    source = f"read_parquet({_quoted(str(path))}, file_row_number = true)"
    try:
        described = con.execute(f"describe select * from {source}").fetchall()
    except duckdb.Error:
        raise damaged("parquet file", "it cannot be opened") from None
    header = tuple(str(r[0]) for r in described if r[0] != "file_row_number")
    known = format_of(header)
    # numbered as for text files, so that no column name means something else in a query
    columns = tuple(f"c{i}" for i in range(len(header)))
    quoted = ('"' + c.replace('"', '""') + '"' for c in header)
    named = (f"{name} as {column}" for name, column in zip(quoted, columns, strict=True))
    return UsageTable(
        number=number,
        file=name,
        format=known,
        relation=f"(select {', '.join(named)}, file_row_number from {source})",
        header=header,
        roles=roles_of(known, header),
        columns=columns,
        types=tuple(str(r[1]) for r in described if r[0] != "file_row_number"),
        row="file_row_number + 2",
    )


def _grid_table(
    con: duckdb.DuckDBPyConnection, number: int, name: str, grid: Grid, format_of: FormatOf
) -> UsageTable:
    known = format_of(grid.header)
    con.register(f"grid_{number}", grid.table)
    width = len(grid.header)
    return UsageTable(
        number=number,
        file=name,
        format=known,
        relation=f"grid_{number}",
        header=grid.header,
        roles=roles_of(known, grid.header),
        columns=tuple(f"c{i}" for i in range(width)),
        types=("VARCHAR",) * width,
        row='"row"',
        page=grid.page,
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
